"""Writes fixtures/small-cnn.safetensors and fixtures/small-cnn.json: a small CNN of random weights, and its explanations by torch autograd.

python -m venv v && v/bin/pip install torch==2.13.0 && v/bin/python packages/plugin-xai/scripts/peer_pixels.py
"""

import json
import struct
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

SIDE, CLASSES, CHANNELS = 8, 3, 5
rng = np.random.default_rng(12)
weights = {
    "conv1/kernel": rng.normal(0, 0.4, (3, 3, 3, 4)),
    "conv1/bias": rng.normal(0, 0.1, 4),
    "conv2/kernel": rng.normal(0, 0.4, (3, 3, 4, CHANNELS)),
    "conv2/bias": rng.normal(0, 0.1, CHANNELS),
    "hidden/kernel": rng.normal(0, 1.5, (CHANNELS, 6)),
    "hidden/bias": rng.normal(0, 0.1, 6),
    "logits/kernel": rng.normal(0, 1.5, (6, CLASSES)),
    "logits/bias": rng.normal(0, 0.1, CLASSES),
}
weights = {name: value.astype(np.float32) for name, value in weights.items()}
folder = Path(__file__).parent.parent / "fixtures"

header, offset = {}, 0
for name, value in weights.items():
    header[name] = dict(dtype="F32", shape=list(value.shape), data_offsets=[offset, offset + value.nbytes])
    offset += value.nbytes
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
(folder / "small-cnn.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(v.tobytes() for v in weights.values()))

w = {name: torch.tensor(value, dtype=torch.float64) for name, value in weights.items()}


def layer(x):
    """[n, 3, h, w] to the second layer's activations."""
    for name in ("conv1", "conv2"):
        x = F.relu(F.conv2d(x, w[f"{name}/kernel"].permute(3, 2, 0, 1), w[f"{name}/bias"], padding=1))
    return x


def head(a):
    pooled = a.mean(dim=(2, 3))
    hidden = F.relu(pooled @ w["hidden/kernel"] + w["hidden/bias"])
    return hidden @ w["logits/kernel"] + w["logits/bias"]


def logits(x):
    return head(layer(x))


picture = rng.integers(0, 256, (SIDE, SIDE, 3))
x = torch.tensor(picture / 127.5 - 1).permute(2, 0, 1)[None]
target = int(logits(x).argmax())
a = layer(x).detach().requires_grad_()
y = head(a)[0, target]
(g,) = torch.autograd.grad(y, a)
a0, g0 = a.detach()[0], g[0]
hw = (a0.shape[1], a0.shape[2])


def weighted(v):
    return (v[:, None, None] * a0).sum(0)


def score_weights():
    scores = []
    for c in range(CHANNELS):
        m = a0[c]
        m = (m - m.min()) / (m.max() - m.min() + 1e-8)
        scores.append(logits(x * m)[0, target])
    return torch.softmax(torch.stack(scores), 0)


def ablation_weights():
    out = []
    for c in range(CHANNELS):
        b = a0.clone()
        b[c] = 0
        out.append((y - head(b[None])[0, target]) / y)
    return torch.stack(out).detach()


def eigen():
    flat = a0.reshape(CHANNELS, -1).T
    flat = flat - flat.mean(0)
    _, _, vt = torch.linalg.svd(flat, full_matrices=False)
    m = flat @ vt[0]
    return (m * torch.sign((m * flat.mean(1)).sum())).reshape(hw)


plus = g0.relu() * g0**2 / (2 * g0**2 + a0.sum((1, 2), keepdim=True) * g0**3 + 1e-6)
maps = {
    "grad-cam": weighted(g0.mean((1, 2))),
    "grad-cam++": weighted(plus.sum((1, 2))),
    "hires-cam": (g0 * a0).sum(0),
    "layer-cam": (g0.relu() * a0).sum(0),
    "x-grad-cam": weighted((g0 * a0).sum((1, 2)) / (a0.sum((1, 2)) + 1e-7)),
    "score-cam": weighted(score_weights()),
    "ablation-cam": weighted(ablation_weights()),
    "eigen-cam": eigen(),
}


def gradient(points):
    p = points.detach().requires_grad_()
    (grad,) = torch.autograd.grad(logits(p)[:, target].sum(), p)
    return grad


baseline = torch.zeros_like(x)
steps = 64
shares = (torch.arange(steps, dtype=torch.float64) + 0.5) / steps
ig = gradient(baseline + shares[:, None, None, None] * (x - baseline)).mean(0) * (x - baseline)[0]

patch, stride = 3, 2
own = logits(x)[0, target]
sums, counts = torch.zeros(hw, dtype=torch.float64), torch.zeros(hw, dtype=torch.float64)
for top in range(0, 7, stride):
    for left in range(0, 7, stride):
        if top >= SIDE or left >= SIDE:
            continue
        z = x.clone()
        z[:, :, top : top + patch, left : left + patch] = baseline[:, :, top : top + patch, left : left + patch]
        sums[top : top + patch, left : left + patch] += own - logits(z)[0, target]
        counts[top : top + patch, left : left + patch] += 1

flat = lambda m: [float(f"{v:.9g}") for v in m.detach().reshape(-1).tolist()]
json.dump(
    dict(
        peer=f"torch {torch.__version__}, autograd in float64",
        picture=picture.reshape(-1).tolist(),
        target=target,
        logits=flat(logits(x)[0]),
        maps={name: flat(m) for name, m in maps.items()},
        integratedGradients=flat(ig.permute(1, 2, 0)),
        occlusion=flat(sums / counts),
    ),
    open(folder / "small-cnn.json", "w"),
)
