"""A peer of bench/ensemble.mjs: scikit-learn's SVC on the features that ensemble-stage.mjs wrote.

usage: ensemble-kernel-svm-peer.py DIR WIDTH        prints {fit_s, predict_s, accuracy, version}
"""
import json, os, sys, time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np, sklearn
from sklearn.svm import SVC

folder, width = sys.argv[1], int(sys.argv[2])
n = json.load(open(os.path.join(folder, "header.json")))["n_train"]
x = np.fromfile(os.path.join(folder, "ours.f32"), "<f4").reshape(-1, width).astype(float)
y = np.fromfile(os.path.join(folder, "y.i32"), "<i4")
for warm in range(2):
    SVC(break_ties=True).fit(x[:n], y[:n]).predict(x[n:])
start = time.perf_counter()
model = SVC(break_ties=True).fit(x[:n], y[:n])
fitted = time.perf_counter()
predicted = model.predict(x[n:])
done = time.perf_counter()
print(json.dumps(dict(
    fit_s=fitted - start, predict_s=done - fitted, accuracy=float((predicted == y[n:]).mean()), version=sklearn.__version__,
)))
