"""The first blocks of a seeded MobileNetV2 in every weight format, for packages/plugin-backbones/src/pretrained.

reference.json has the pooled values of `block_2_add` for one picture, as Keras and torchvision compute them.

    venv/bin/python tools/peers/backbones-weight-files.py
"""

import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
import tensorflow as tf
import torch
import torchvision
from safetensors.torch import save_file

OUT = Path(__file__).parents[2] / "packages/plugin-backbones/src/pretrained/fixtures"
OUT.mkdir(parents=True, exist_ok=True)
SIZE = 32
i = np.arange(SIZE * SIZE * 3)
PICTURE = ((i * 37 + i // 7 * 11) % 256).astype(np.uint8).reshape(1, SIZE, SIZE, 3)


def rounded(values):
    return [round(float(v), 7) for v in np.asarray(values).ravel()]


def randomise(name, shape, rng):
    if "variance" in name or name.endswith("running_var"):
        return rng.uniform(0.5, 1.5, shape)
    if "gamma" in name:
        return rng.uniform(0.7, 1.3, shape)
    fan = np.prod(shape[:-1]) if len(shape) > 1 else 1
    return rng.normal(0, 0.3 if len(shape) == 1 else np.sqrt(2 / fan), shape)


def write_keras():
    whole = keras.applications.MobileNetV2((SIZE, SIZE, 3), alpha=0.35, include_top=False, weights=None)
    model = keras.Model(whole.input, whole.get_layer("block_2_add").output)
    rng = np.random.default_rng(1)
    for variable in model.variables:
        variable.assign(randomise(variable.path, tuple(variable.shape), rng))
    model.save(OUT / "keras.keras")
    model.save(OUT / "keras.h5")
    model.save_weights(OUT / "keras.weights.h5")
    write_tfjs_layers(model)
    (OUT / "keras.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    values = model(PICTURE / np.float32(127.5) - np.float32(1), training=False)
    return rounded(np.mean(values, axis=(1, 2)))


def write_tfjs_layers(model):
    folder = OUT / "tfjs-layers"
    folder.mkdir(exist_ok=True)
    weights = [
        {"name": "/".join(v.path.split("/")[-2:]), "shape": list(v.shape), "dtype": "float32"} for v in model.variables
    ]
    (folder / "weights.bin").write_bytes(b"".join(np.asarray(v).astype("<f4").tobytes() for v in model.variables))
    manifest = [{"paths": ["weights.bin"], "weights": weights}]
    topology = {"class_name": "Functional", "config": {"name": "mobilenetv2"}}
    model_json = {"format": "layers-model", "modelTopology": topology, "weightsManifest": manifest}
    (folder / "model.json").write_text(json.dumps(model_json, indent=1) + "\n")


def write_torch():
    model = torchvision.models.mobilenet_v2(width_mult=0.35).eval()
    kept = ("features.0.", "features.1.", "features.2.", "features.3.")
    rng = np.random.default_rng(2)
    state = {}
    for name, value in model.state_dict().items():
        if not name.startswith(kept):
            continue
        if value.dtype == torch.float32:
            shape = tuple(value.shape)
            fan = np.prod(shape[1:]) if len(shape) > 1 else 1
            scale = 0.3 if len(shape) == 1 else np.sqrt(2 / fan)
            drawn = rng.uniform(0.5, 1.5, shape) if "running_var" in name else rng.normal(0, scale, shape)
            value = torch.from_numpy(drawn.astype(np.float32))
        state[name] = value
    model.load_state_dict(state, strict=False)
    torch.save(state, OUT / "torch.pth")
    save_file({k: v.contiguous() for k, v in state.items()}, str(OUT / "torch.safetensors"))
    x = torch.from_numpy(PICTURE.astype(np.float32) / 255).permute(0, 3, 1, 2)
    x = (x - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    with torch.no_grad():
        return rounded(model.features[:4](x).mean(dim=(2, 3)))


reference = {
    "peers": f"Keras {keras.__version__}, TensorFlow {tf.__version__}, torch {torch.__version__}, torchvision {torchvision.__version__}",
    "keras": write_keras(),
    "torch": write_torch(),
}
(OUT / "reference.json").write_text(json.dumps(reference, indent=1) + "\n")
