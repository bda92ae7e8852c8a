"""Writes fixtures/tree-shap.json: tree ensembles of xgboost and scikit-learn, and their exact interventional SHAP values by shap's TreeExplainer.

python -m venv v && v/bin/pip install shap==0.51.0 scikit-learn==1.9.1 xgboost==1.7.4 && v/bin/python packages/plugin-xai/scripts/peer_tree_shap.py
"""

import json
import sys
from pathlib import Path

import numpy as np
import shap
import sklearn
import xgboost
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.ensemble import RandomForestClassifier

BACKGROUND, EXPLAINED = 20, 5


def xgb_trees(model):
    roots, features, thresholds, lefts, rights, leaves = [], [], [], [], [], []
    for text in model.get_booster().get_dump(dump_format="json"):
        roots.append(len(features))

        def add(node):
            at = len(features)
            features.append(-1)
            thresholds.append(0)
            lefts.append(0)
            rights.append(0)
            if "leaf" in node:
                lefts[at] = len(leaves)
                leaves.append(float(np.float32(node["leaf"])))
                return at
            by_id = {child["nodeid"]: child for child in node["children"]}
            features[at] = int(node["split"][1:])
            thresholds[at] = float(np.float32(node["split_condition"]))
            lefts[at] = add(by_id[node["yes"]])
            rights[at] = add(by_id[node["no"]])
            return at

        add(json.loads(text))
    return dict(roots=roots, features=features, thresholds=thresholds, lefts=lefts, rights=rights), leaves


def forest_trees(model):
    roots, features, thresholds, lefts, rights, leaves = [], [], [], [], [], []
    for estimator in model.estimators_:
        tree, start = estimator.tree_, len(features)
        roots.append(start)
        for i in range(tree.node_count):
            is_leaf = tree.children_left[i] < 0
            features.append(-1 if is_leaf else int(tree.feature[i]))
            thresholds.append(0 if is_leaf else float(tree.threshold[i]))
            lefts.append(len(leaves) if is_leaf else start + int(tree.children_left[i]))
            rights.append(0 if is_leaf else start + int(tree.children_right[i]))
            if is_leaf:
                value = tree.value[i, 0]
                leaves.append((value / value.sum()).tolist())
    return dict(roots=roots, features=features, thresholds=thresholds, lefts=lefts, rights=rights), leaves


def case(name, model, x, output):
    background, explained = x[:BACKGROUND], x[BACKGROUND : BACKGROUND + EXPLAINED]
    explainer = shap.TreeExplainer(model, background, feature_perturbation="interventional", model_output="raw")
    values = np.asarray(explainer.shap_values(explained, check_additivity=True))
    values = values.reshape(EXPLAINED, x.shape[1], -1).transpose(0, 2, 1)
    trees, leaves = xgb_trees(model) if hasattr(model, "get_booster") else forest_trees(model)
    return dict(
        name=name,
        numClasses=int(len(model.classes_)),
        trees=trees,
        leafValues=leaves,
        background=background.tolist(),
        explained=explained.tolist(),
        output=np.asarray(output(explained)).reshape(EXPLAINED, -1).tolist(),
        base=np.ravel(explainer.expected_value).tolist(),
        values=values.tolist(),
    )


def main():
    rng = np.random.default_rng(7)
    wine, cancer = load_wine(), load_breast_cancer()

    def shuffled(data):
        order = rng.permutation(len(data.target))
        # Values that float32 holds, so that every library compares the same numbers.
        return data.data[order].astype(np.float32).astype(np.float64), data.target[order]

    x3, y3 = shuffled(wine)
    x2, y2 = shuffled(cancer)
    options = dict(tree_method="exact", n_jobs=1, random_state=1)
    softmax = xgboost.XGBClassifier(n_estimators=6, max_depth=4, learning_rate=0.9, **options).fit(x3, y3)
    binary = xgboost.XGBClassifier(n_estimators=8, max_depth=5, learning_rate=0.9, **options).fit(x2[:, :12], y2)
    forest = RandomForestClassifier(8, max_features="log2", random_state=1).fit(x3, y3)
    cases = [
        case("xgboost, softmax of three classes", softmax, x3, lambda x: softmax.predict(x, output_margin=True)),
        case("xgboost, logistic of two classes", binary, x2[:, :12], lambda x: binary.predict(x, output_margin=True)),
        case("random forest of three classes", forest, x3, forest.predict_proba),
    ]
    peers = dict(shap=shap.__version__, xgboost=xgboost.__version__, sklearn=sklearn.__version__, numpy=np.__version__)
    target = Path(__file__).parent.parent / "fixtures" / "tree-shap.json"
    target.write_text(json.dumps(dict(peers=peers, cases=cases)) + "\n")
    print(target.stat().st_size, file=sys.stderr)


main()
