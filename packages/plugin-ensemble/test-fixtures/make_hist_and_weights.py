#!/usr/bin/env python3
"""Writes xgboost-hist.json and class-weights.json beside this file, for the tables of make_parity.py (run that first).

usage: make_hist_and_weights.py        needs numpy, scikit-learn 1.9.1, xgboost 1.7.4

xgboost-hist.json: per set and number of bins, predicted classes of the test rows (one character each), probabilities of the
first 20, and the splits of the first tree, parents first. class-weights.json: per set and weighting,
what a classifier with these class weights gives; SVMs and logistic regression on standardised columns.
"""
import base64, json, os, warnings
import numpy as np, sklearn, xgboost
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC, SVC
from sklearn.utils.class_weight import compute_class_weight

warnings.filterwarnings("ignore")
here = os.path.dirname(os.path.abspath(__file__))


def text(classes):
    return "".join(str(int(c)) for c in classes)


def numbers(values):
    return [float(v) for v in np.ravel(values)]


def read(name):
    r = json.load(open(os.path.join(here, name + ".json")))
    x = np.array([int(c, 36) for c in r["x"]], np.float32) if name == "digits" else np.frombuffer(base64.b64decode(r["x"]), "<f4")
    x, y, n = x.reshape(-1, r["numFeatures"]), np.array([int(c) for c in r["y"]]), r["numTrain"]
    return x[:n], x[n:], y[:n], y[n:], r["numClasses"]


def boosted(Xa, ya, Xb, K, weight=None, rounds=100, **extra):
    params = dict(booster="gbtree", eta=0.9, max_depth=10, nthread=1, seed=0, **extra)
    params.update(dict(objective="multi:softprob", num_class=K) if K > 2 else dict(objective="binary:logistic"))
    booster = xgboost.train(params, xgboost.DMatrix(Xa, ya, weight=weight), rounds)
    P = booster.predict(xgboost.DMatrix(Xb))
    return booster, P, (P.argmax(1) if K > 2 else (P > 0.5).astype(int))


def splits(node):
    """Splits of a dumped tree, parents first."""
    if "leaf" in node:
        return []
    here = dict(feature=int(node["split"][1:]), threshold=node["split_condition"], gain=node["gain"], cover=node["cover"])
    below = {child["nodeid"]: child for child in node["children"]}
    return [here] + splits(below[node["yes"]]) + splits(below[node["no"]])


versions = dict(sklearn=sklearn.__version__, xgboost=xgboost.__version__)
hist, weighted = {}, {}
for name in ("wine", "breast-cancer", "digits"):
    Xa, Xb, ya, yb, K = read(name)
    hist[name] = {}
    for bins in (256, 32):
        booster, P, predicted = boosted(Xa, ya, Xb, K, tree_method="hist", max_bin=bins)
        hist[name][bins] = dict(
            predicted=text(predicted), probabilities=numbers(P[:20]),
            splits=splits(json.loads(booster.get_dump(dump_format="json", with_stats=True)[0])),
        )
    s = StandardScaler().fit(Xa.astype(float))
    A, B = s.transform(Xa.astype(float)), s.transform(Xb.astype(float))
    weighted[name] = {}
    for key, weight in (("balanced", "balanced"), ("named", {k: 1.0 for k in range(K)} | {0: 3.0, 1: 0.25})):
        per_class = compute_class_weight(weight, classes=np.arange(K), y=ya)
        rows = per_class[ya]
        svm = LinearSVC(dual=False, tol=1e-13, max_iter=1000000, class_weight=weight).fit(A, ya)
        rbf = SVC(tol=1e-12, class_weight=weight, break_ties=True).fit(A, ya)
        logistic = LogisticRegression(tol=1e-14, max_iter=100000, solver="newton-cholesky", class_weight=weight).fit(A, ya)
        bayes = GaussianNB().fit(Xa.astype(float), ya, sample_weight=rows)
        _, P, predicted = boosted(Xa, ya, Xb, K, weight=rows, tree_method="exact")
        _, H, predicted_hist = boosted(Xa, ya, Xb, K, weight=rows, tree_method="hist")
        forests = [RandomForestClassifier(100, max_features="log2", min_samples_split=3, class_weight=weight, random_state=r).fit(Xa, ya) for r in range(5)]
        weighted[name][key] = dict(
            weights=numbers(per_class),
            linearSvm=dict(weights=numbers(svm.coef_), intercepts=numbers(svm.intercept_)),
            kernelSvm=dict(predicted=text(rbf.predict(B)), decisions=numbers(rbf.decision_function(B)[:10])),
            logistic=numbers(logistic.predict_proba(B)[:10]),
            bayes=dict(priors=numbers(bayes.class_prior_), probabilities=numbers(bayes.predict_proba(Xb[:10].astype(float)))),
            xgboost=dict(predicted=text(predicted), probabilities=numbers(P[:20])),
            xgboostHist=dict(predicted=text(predicted_hist), probabilities=numbers(H[:20])),
            forestAccuracies=[float((f.predict(Xb) == yb).mean()) for f in forests],
        )
for name, content in (("xgboost-hist", hist), ("class-weights", weighted)):
    with open(os.path.join(here, name + ".json"), "w") as f:
        json.dump(dict(peers=versions, sets=content), f)
