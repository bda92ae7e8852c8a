"""Tiny weight files of Keras and PyTorch, for packages/nn/src/weights/weight-files.test.ts.

Every value is a function of its name and index: the test knows them without Python.

    venv/bin/python tools/peers/nn-weight-files.py [keras | nested | torch …]
"""

import os
import sys
from collections import OrderedDict
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
import torch

OUT = Path(__file__).parents[2] / "packages/nn/src/weights/fixtures"
OUT.mkdir(exist_ok=True)


def values(shape, start):
    return (np.arange(np.prod(shape)) + start).astype(np.float32).reshape(shape)


class Evil:
    def __reduce__(self):
        return (os.system, ("touch /tmp/etsef-was-here",))


def write_keras():
    layers = keras.layers
    inputs = layers.Input((4, 4, 2), name="pixels")
    x = layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 4.0], name="scaled")(inputs)  # constants, no weights
    x = layers.Normalization(name="counted")(x)  # mean, variance and an integer count
    x = layers.Conv2D(3, 1, name="first")(x)
    x = layers.BatchNormalization(name="first_bn")(x)
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="dw")(x)
    x = layers.BatchNormalization(scale=False, name="dw_bn")(x)
    x = layers.SeparableConv2D(2, 3, padding="same", use_bias=False, name="separable")(x)
    x = layers.Conv2D(2, 1, use_bias=False)(x)  # numbered by Keras
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, layers.Dense(2, name="predictions")(x))
    for index, variable in enumerate(v for layer in model.layers if layer.name != "counted" for v in layer.weights):
        variable.assign(values(variable.shape, 100 * index))
    model.save(OUT / "tiny.keras")
    model.save(OUT / "tiny.h5")
    model.save_weights(OUT / "tiny.weights.h5")


def write_nested():
    """A network inside a model, as in most notebooks, after a session's other layers: its unnamed ones are numbered on."""
    layers = keras.layers
    for _ in range(9):
        layers.Conv2D(1, 1)
    inputs = layers.Input((4, 4, 2))
    x = layers.Conv2D(3, 1, use_bias=False)(inputs)
    x = layers.Conv2D(2, 1, use_bias=False)(x)
    network = keras.Model(inputs, x, name="network")
    model = keras.Sequential([network, layers.GlobalAveragePooling2D(), layers.Dense(2, name="classes")])
    for index, variable in enumerate(model.weights):
        variable.assign(values(variable.shape, 100 * index))
    model.save(OUT / "nested.h5")


def write_torch():
    state = OrderedDict()
    state["conv.weight"] = torch.from_numpy(values((3, 2, 1, 1), 0))
    state["bn.running_var"] = torch.from_numpy(values((3,), 100))
    state["bn.num_batches_tracked"] = torch.tensor(7)
    state["half"] = torch.tensor([1.5, -2], dtype=torch.float16)
    state["bfloat"] = torch.tensor([3.0], dtype=torch.bfloat16)
    state["transposed"] = torch.from_numpy(values((2, 3), 0)).t()
    torch.save(state, OUT / "tiny.pth")
    torch.save({"epoch": 3, "best": 0.5, "state_dict": state, "tags": ["a", None, True]}, OUT / "wrapped.pth")
    torch.save({"state_dict": state, "callback": Evil()}, OUT / "evil.pth")
    torch.save(state, OUT / "legacy.pth", _use_new_zipfile_serialization=False)


WRITERS = {"keras": write_keras, "nested": write_nested, "torch": write_torch}
for name in sys.argv[1:] or WRITERS:
    WRITERS[name]()
for path in sorted(OUT.iterdir()):
    print(path.name, path.stat().st_size)
