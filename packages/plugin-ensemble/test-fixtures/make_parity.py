#!/usr/bin/env python3
"""Writes the parity fixtures beside this file: small public tables with what scikit-learn and xgboost make of them.

usage: make_parity.py        needs numpy, scikit-learn 1.9.1, xgboost 1.7.4

Each <set>.json holds the float32 table (digits: one character a pixel, base 36; else base64), labels, the number of
training rows (first), and per method the predicted class of every test row, one character each.
"""
import base64, json, os, warnings
import numpy as np, sklearn, xgboost
from sklearn import datasets
from sklearn.decomposition import PCA, FastICA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC, SVC

warnings.filterwarnings("ignore")
here = os.path.dirname(os.path.abspath(__file__))


def text(classes):
    return "".join(str(int(c)) for c in classes)


def numbers(values):
    return [None if not np.isfinite(v) else float(v) for v in np.ravel(values)]


for name, rows in (("wine", 178), ("breast-cancer", 569), ("digits", 900)):
    b = getattr(datasets, "load_" + name.replace("-", "_"))()
    X, y = b.data[:rows].astype(np.float32), b.target[:rows].astype(int)
    Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)
    A, B = Xa.astype(float), Xb.astype(float)
    s = StandardScaler().fit(A)
    As, Bs = s.transform(A), s.transform(B)
    K = len(set(y))
    params = dict(booster="gbtree", eta=0.9, max_depth=10, nthread=1, seed=0, tree_method="exact")
    params.update(dict(objective="multi:softprob", num_class=K) if K > 2 else dict(objective="binary:logistic"))
    P = xgboost.train(params, xgboost.DMatrix(Xa, ya), 100).predict(xgboost.DMatrix(Xb))
    forests = [RandomForestClassifier(100, max_features="log2", min_samples_split=3, random_state=r).fit(Xa, ya) for r in range(5)]
    logistic = LogisticRegression(tol=1e-10, max_iter=100000).fit(As, ya)
    lda = LinearDiscriminantAnalysis().fit(As, ya)
    svm = LinearSVC(dual=False, tol=1e-10, max_iter=100000).fit(As, ya)
    rbf = SVC().fit(As, ya)
    pca = PCA(5, svd_solver="full").fit(A)
    X_, Y_ = np.vstack([Xa, Xb]), np.concatenate([ya, yb])
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    x = ("".join(digits[int(v)] for v in X_.ravel()) if name == "digits"
         else base64.b64encode(np.ascontiguousarray(X_, "<f4").tobytes()).decode())
    out = dict(
        name=name, peers=dict(sklearn=sklearn.__version__, xgboost=xgboost.__version__),
        numTrain=len(ya), numFeatures=X.shape[1], numClasses=K, x=x, y=text(Y_),
        predicted=dict(
            naiveBayes=text(GaussianNB().fit(A, ya).predict(B)),
            knnL1Distance3=text(KNeighborsClassifier(3, weights="distance", p=1).fit(A, ya).predict(B)),
            knnL2Uniform5=text(KNeighborsClassifier(5).fit(A, ya).predict(B)),
            linearSvmScaled=text(svm.predict(Bs)),
            logisticScaled=text(logistic.predict(Bs)),
            ldaScaled=text(lda.predict(Bs)),
            svmRbfScaled=text(rbf.predict(Bs)),
            xgboost=text(P.argmax(1) if K > 2 else (P > 0.5)),
        ),
        xgboostProbabilities=numbers(P[:20]),
        logisticProbabilities=numbers(logistic.predict_proba(Bs)[:5]),
        ldaProbabilities=numbers(lda.predict_proba(Bs)[:5]),
        linearSvmIntercepts=numbers(svm.intercept_),
        forestAccuracies=[float((f.predict(Xb) == yb).mean()) for f in forests],
        anovaF=numbers(f_classif(A, ya)[0]),
        pcaVariances=numbers(pca.explained_variance_),
    )
    with open(os.path.join(here, name + ".json"), "w") as f:
        json.dump(out, f)
    print(name, len(ya), len(yb), out["forestAccuracies"])

rng = np.random.default_rng(0)
t = np.arange(300)
S = np.c_[np.sign(np.sin(t / 7)) + 0.05 * rng.normal(size=300), (t % 37 - 18) / 18, rng.uniform(-1, 1, 300)]
X = np.round(S @ rng.normal(size=(3, 5)), 6)
w = np.round(rng.normal(size=(3, 3)), 6)
m = FastICA(3, w_init=w, whiten_solver="svd").fit(X)
with open(os.path.join(here, "fast-ica.json"), "w") as f:
    json.dump(dict(x=X.tolist(), wInit=w.tolist(), components=m.components_.tolist(), numIterations=int(m.n_iter_)), f)
