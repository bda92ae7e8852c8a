#!/usr/bin/env python3
"""Writes hard-tables.json beside this file: recipes of 20 tables, and what the peers make of each.

usage: make_hard_tables.py        needs numpy, scikit-learn 1.9.1, xgboost 1.7.4

The tables are made here and in src/testing/hard-tables.ts alike, to the bit; only recipes and peer values are kept.
"""
import json, math, os, warnings
import numpy as np, sklearn, xgboost
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import mutual_info_classif
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
here = os.path.dirname(os.path.abspath(__file__))


def recipe(rows, columns, classes, repeats, *extras):
    name = f"{rows} × {columns}, {classes} classes, {repeats}" + "".join(", " + e for e in extras)
    keys = {"missing class": "missing", "constant column": "constant", "huge columns": "huge", "rows of zeros": "zeroRows"}
    return dict(name=name, rows=rows, columns=columns, classes=classes, informative=max(2, columns // 5), repeats=repeats,
                **{keys[e]: True for e in extras})


recipes = [
    recipe(10, 4, 2, "nothing"),
    recipe(12, 6, 3, "integers", "missing class"),
    recipe(20, 30, 2, "relu", "rows of zeros"),
    recipe(30, 8, 3, "nothing", "huge columns"),
    recipe(40, 60, 2, "decimals", "constant column"),
    recipe(60, 20, 4, "binary"),
    recipe(80, 10, 3, "zeros", "missing class", "rows of zeros"),
    recipe(100, 40, 2, "zeros"),
    recipe(120, 15, 3, "relu", "huge columns"),
    recipe(150, 100, 2, "relu"),
    recipe(200, 100, 2, "nothing"),
    recipe(200, 100, 2, "zeros"),
    recipe(200, 100, 2, "decimals"),
    recipe(300, 20, 4, "integers", "rows of zeros", "constant column"),
    recipe(300, 12, 5, "decimals", "missing class", "huge columns"),
    recipe(500, 25, 2, "binary", "constant column"),
    recipe(800, 16, 3, "relu", "rows of zeros"),
    recipe(1500, 12, 4, "nothing", "huge columns", "constant column"),
    recipe(3000, 10, 3, "decimals", "missing class"),
    recipe(5000, 8, 2, "zeros", "rows of zeros", "huge columns"),
]


def repeat(kind, value, chance):
    return dict(nothing=value, zeros=0.0 if chance < 0.1 else value, relu=max(0.0, value),
                decimals=math.floor(20 * value + 0.5) / 100, integers=float(math.floor(value + 0.5)),
                binary=1.0 if value > 0.5 else 0.0)[kind]


def make(r, seed):
    state = [seed]

    def uniform():
        state[0] = (1664525 * state[0] + 1013904223) % 2**32
        return (state[0] >> 8) / 2**24

    n, d, K = 2 * r["rows"], r["columns"], r["classes"]
    present = [k for k in range(K) if not r.get("missing") or k != 1]
    informative = [j for j in range(d) if j % 3 == 1][: r["informative"]]
    y = np.array([present[i % len(present)] for i in range(n)])
    x = np.zeros((n, d), np.float32)
    for i in range(n):
        for j in range(d):
            rest = uniform() + uniform() + uniform() + uniform() - 2
            moves = j in informative and (int(y[i]) + j) % K < K / 2
            value, chance = 1.75 * rest + (0.75 if moves else 0), uniform()
            if r.get("zeroRows") and i % 9 == 4:
                x[i, j] = 0
            elif r.get("constant") and j == d - 1:
                x[i, j] = 12345.678
            else:
                v = repeat(r["repeats"], value, chance)
                x[i, j] = 1e7 + 1e6 * v if r.get("huge") and j % 5 == 0 else v
    m = r["rows"]
    return x[:m], y[:m], x[m:], y[m:], informative


def numbers(values):
    return [float(v) for v in np.ravel(values)]


def boosted(method, xa, ya, xb, yb):
    present = np.unique(ya)
    params = dict(booster="gbtree", eta=0.9, max_depth=8, nthread=1, seed=0, tree_method=method, gamma=1)
    params.update(dict(objective="multi:softprob", num_class=len(present)) if len(present) > 2 else dict(objective="binary:logistic"))
    booster = xgboost.train(params, xgboost.DMatrix(xa, np.searchsorted(present, ya)), 20)
    p = booster.predict(xgboost.DMatrix(xb))
    margins = booster.predict(xgboost.DMatrix(xb[:10]), output_margin=True)
    guess = present[p.argmax(1) if len(present) > 2 else (p > 0.5).astype(int)]
    return dict(leaves=sum(tree.count("leaf=") for tree in booster.get_dump()), accuracy=float((guess == yb).mean()), margins=numbers(margins))


tables = []
for seed, r in enumerate(recipes):
    xa, ya, xb, yb, informative = make(r, seed)
    A, B = xa.astype(float), xb.astype(float)
    scaler = StandardScaler().fit(A)
    As, Bs = scaler.transform(A), scaler.transform(B)
    k = len(informative)

    def precision(scores):
        return len(set(np.argsort(-scores, kind="stable")[:k]) & set(informative)) / k

    whole = RandomForestClassifier(20, bootstrap=False, max_features=None, random_state=0).fit(xa, ya)
    forests = [RandomForestClassifier(50, random_state=s).fit(xa, ya) for s in range(3)]
    neighbours = min(3, r["rows"])
    distances = NearestNeighbors(n_neighbors=neighbours, metric="cosine", algorithm="brute").fit(A).kneighbors(B[:20])[0]
    logistic = LogisticRegression(C=50, solver="newton-cholesky", tol=1e-13, max_iter=10000).fit(As, ya)
    l1 = LogisticRegression(C=1, l1_ratio=1, solver="saga", tol=1e-8, max_iter=200000 if r["rows"] <= 500 else 20000, random_state=0).fit(As, ya)
    W = l1.coef_
    top = np.argsort(-abs(W).max(0), kind="stable")[:k]
    peer = dict(
        sum=float(A.sum() + B.sum()),
        informationPrecisions=[precision(mutual_info_classif(xa, ya, random_state=s)) for s in range(5)],
        boosted={method: boosted(method, xa, ya, xb, yb) for method in ("exact", "hist")},
        forest=dict(trainAccuracy=float((whole.predict(xa) == ya).mean()), accuracies=[float((f.predict(xb) == yb).mean()) for f in forests]),
        cosineDistances=numbers(distances),
        lda=numbers(LinearDiscriminantAnalysis().fit(A, ya).predict_proba(B)[:10]),
        logistic=numbers(logistic.predict_proba(Bs)[:10]),
        l1=dict(size=float(abs(W).sum()), columns=sorted(int(j) for j in top)),
    )
    tables.append(dict(recipe=r, peer=peer))
    print(r["name"], flush=True)
with open(os.path.join(here, "hard-tables.json"), "w") as f:
    json.dump(dict(peers=dict(sklearn=sklearn.__version__, xgboost=xgboost.__version__), tables=tables), f)
