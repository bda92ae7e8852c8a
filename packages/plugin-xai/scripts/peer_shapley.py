"""Writes fixtures/shapley.json: Shapley values of shap's model-agnostic and linear explainers, for functions that the test writes down again.

python -m venv v && v/bin/pip install shap==0.51.0 torch==2.13.0 && v/bin/python packages/plugin-xai/scripts/peer_shapley.py

The functions have no interactions of more than two columns where the permutation explainer is asked, so that a walk forth and back is exact; the kernel
explainer sees every coalition (fewer than its 2 M + 2048 samples).
"""

import json
import struct
from pathlib import Path

import numpy as np
import shap
import torch
import torch.nn.functional as F

folder = Path(__file__).parent.parent / "fixtures"
rng = np.random.default_rng(17)


def rounded(values):
    return np.round(values, 3)


def pairs(x):
    """Columns, their squares, and products of neighbours."""
    return (x * np.arange(1, 9)).sum(1) + (x**2).sum(1) + (x[:, :-1] * x[:, 1:]).sum(1)


def rough(x):
    """Interactions of all orders."""
    return np.tanh((x * np.array([1, -2, 3, -1, 2, 1, -3, 1])).sum(1)) + x.prod(1)


def agnostic(function, exact_only):
    background, rows = rounded(rng.normal(size=(5, 8))), rounded(rng.normal(size=(3, 8)))
    found = {
        "kernel": shap.KernelExplainer(function, background).shap_values(rows, silent=True),
        "exact": shap.explainers.Exact(function, shap.maskers.Independent(background, max_samples=5))(rows).values,
    }
    if not exact_only:
        found["permutation"] = shap.explainers.Permutation(function, shap.maskers.Independent(background, max_samples=5), seed=1)(rows, silent=True).values
    for values in found.values():
        assert np.abs(values - found["exact"]).max() < 1e-6
    return dict(
        background=background.tolist(),
        rows=rows.tolist(),
        base=float(function(background).mean()),
        values={name: values.tolist() for name, values in found.items()},
    )


def linear():
    background = rounded(rng.normal(size=(40, 6)) @ rng.normal(size=(6, 6)) + 2)
    rows = rounded(rng.normal(size=(4, 6)))
    weights, intercepts = rounded(rng.normal(size=(3, 6))), rounded(rng.normal(size=3))
    masker = shap.maskers.Independent(background, max_samples=len(background))
    values = [shap.LinearExplainer((w, b), masker).shap_values(rows) for w, b in zip(weights, intercepts)]
    return dict(
        background=background.tolist(), rows=rows.tolist(), weights=weights.tolist(), intercepts=intercepts.tolist(), values=np.array(values).tolist()
    )


def classifier():
    """Probabilities of three classes of six columns, in 64ths: what float32 holds exactly. The kernel explainer sees every coalition."""
    halves = lambda size: np.round(rng.normal(size=size) * 64) / 64
    background, rows, weights = halves((7, 6)), halves((4, 6)), halves((3, 6))

    def probabilities(x):
        z = x @ weights.T + np.stack([x[:, 0] * x[:, 1], x[:, 2] ** 2, x[:, 3] * x[:, 4] * x[:, 5]], 1)
        e = np.exp(z - z.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    values = shap.KernelExplainer(probabilities, background).shap_values(rows, silent=True)
    return dict(
        background=background.tolist(),
        rows=rows.tolist(),
        weights=weights.tolist(),
        base=probabilities(background).mean(0).tolist(),
        values=np.moveaxis(values, 2, 1).tolist(),
    )


def small_cnn():
    """The kernel explainer of a network of shared weights: players are the eight blocks of 4 x 2 pixels of its picture, absent ones are grey."""
    data = (folder / "small-cnn.safetensors").read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    w = {
        name: torch.tensor(np.frombuffer(data[8 + size :][slice(*entry["data_offsets"])], np.float32).reshape(entry["shape"]).astype(np.float64))
        for name, entry in json.loads(data[8 : 8 + size]).items()
    }
    peer = json.loads((folder / "small-cnn.json").read_text())
    picture = torch.tensor(np.array(peer["picture"]).reshape(8, 8, 3) / 127.5 - 1)

    def logit(players):
        mask = torch.tensor(players, dtype=torch.float64).reshape(-1, 2, 4).repeat_interleave(4, 1).repeat_interleave(2, 2)[..., None]
        x = (picture * mask).permute(0, 3, 1, 2)
        for name in ("conv1", "conv2"):
            x = F.relu(F.conv2d(x, w[f"{name}/kernel"].permute(3, 2, 0, 1), w[f"{name}/bias"], padding=1))
        hidden = F.relu(x.mean(dim=(2, 3)) @ w["hidden/kernel"] + w["hidden/bias"])
        return (hidden @ w["logits/kernel"] + w["logits/bias"])[:, peer["target"]].numpy()

    values = shap.KernelExplainer(logit, np.zeros((1, 8))).shap_values(np.ones((1, 8)), silent=True)[0]
    return dict(values=values.tolist(), base=float(logit(np.zeros((1, 8)))[0]))


json.dump(
    dict(peer=f"shap {shap.__version__}, torch {torch.__version__}", pairs=agnostic(pairs, False), rough=agnostic(rough, True), linear=linear(), smallCnn=small_cnn(), classifier=classifier()),
    open(folder / "shapley.json", "w"),
)
