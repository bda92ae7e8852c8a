#!/usr/bin/env python3
"""Writes kernel-svm.json beside this file: what SVC makes of 20 drawn tables, each described so that the test draws the same.

usage: make_kernel_svm.py        needs numpy and scikit-learn 1.9.1

Per table: its description, steps (n_iter_) and support vectors of each class at the default tolerance, predicted classes of 100 further
rows at both tolerances, and decisions of the first 10 at tolerance 1e-10.
"""
import json, math, os, warnings
import numpy as np, sklearn
from sklearn.svm import SVC

warnings.filterwarnings("ignore")
here = os.path.dirname(os.path.abspath(__file__))
held = 100


def draw(t):
    """The table and its labels; src/testing/drawn-table.ts draws the same numbers."""
    state = t["seed"]

    def uniform():
        nonlocal state
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (state >> 8) / 2**24

    n, d = t["rows"] + held, t["columns"]
    labels = np.array([i if i < t["classes"] else math.floor(uniform() * t["classes"]) for i in range(n)])
    x = np.empty((n, d))
    for i in range(n):
        for j in range(d):
            noise = uniform() + uniform() + uniform() + uniform() - 2
            value = noise + ((int(labels[i]) * 7 + j * 3) % 5 - 2) * t["shift"]
            if "ties" in t:
                value = math.floor(value * t["ties"] + 0.5) / t["ties"]
            if j == 0 and t.get("constant"):
                value = 3.0
            if j == d - 1 and "huge" in t:
                value *= t["huge"]
            x[i, j] = value
    if "missing" in t:
        labels = labels + (labels >= t["missing"])
    return x, labels


tables = [
    dict(rows=10, columns=3, classes=2, shift=0.25),
    dict(rows=12, columns=1, classes=2, shift=0.5, ties=2),
    dict(rows=20, columns=5, classes=3, shift=0.25, missing=1),
    dict(rows=30, columns=2, classes=2, shift=0.125, C=100),
    dict(rows=40, columns=8, classes=4, shift=0.25, kernel="linear"),
    dict(rows=60, columns=4, classes=2, shift=0.25, huge=1e6),
    dict(rows=80, columns=6, classes=3, shift=0.25, ties=1, constant=True),
    dict(rows=100, columns=10, classes=5, shift=0.25, kernel="poly", coef0=1),
    dict(rows=150, columns=7, classes=2, shift=0.125, C=0.1),
    dict(rows=200, columns=12, classes=3, shift=0.125, classWeight=[1, 3, 0.5]),
    dict(rows=300, columns=20, classes=2, shift=0.125, kernel="sigmoid", gamma=0.01),
    dict(rows=400, columns=3, classes=4, shift=0.25, ties=4, C=10),
    dict(rows=500, columns=40, classes=2, shift=0.125, gamma=0.5),
    dict(rows=700, columns=9, classes=6, shift=0.25, missing=0),
    dict(rows=1000, columns=16, classes=2, shift=0.0625, C=10),
    dict(rows=1200, columns=5, classes=3, shift=0.125, kernel="poly", degree=2, huge=1e3),
    dict(rows=1500, columns=24, classes=8, shift=0.125, constant=True),
    dict(rows=2000, columns=10, classes=2, shift=0.125, ties=1),
    dict(rows=3000, columns=30, classes=4, shift=0.0625, C=2),
    dict(rows=5000, columns=12, classes=3, shift=0.125, huge=1e-6),
]
results = []
for number, table in enumerate(tables):
    table["seed"] = 1000 + number
    x, y = draw(table)
    n = table["rows"]
    weights = table.get("classWeight")
    common = dict(
        kernel=table.get("kernel", "rbf"), C=table.get("C", 1), gamma=table.get("gamma", "scale"), degree=table.get("degree", 3),
        coef0=table.get("coef0", 0), class_weight=None if weights is None else dict(enumerate(weights)), break_ties=True, cache_size=1000,
    )
    loose, tight = [SVC(tol=tol, **common).fit(x[:n], y[:n]) for tol in (1e-3, 1e-10)]
    text = lambda classes: "".join(map(str, classes))
    results.append(dict(
        table=table, steps=loose.n_iter_.tolist(), supportVectors=loose.n_support_.tolist(), predicted=text(loose.predict(x[n:])),
        predictedTight=text(tight.predict(x[n:])), decisions=tight.decision_function(x[n : n + 10]).ravel().tolist(),
    ))
    print(number, n, results[-1]["steps"], results[-1]["supportVectors"])
with open(os.path.join(here, "kernel-svm.json"), "w") as f:
    json.dump(dict(peer="scikit-learn " + sklearn.__version__, held=held, results=results), f)
