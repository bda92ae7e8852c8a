"""Reference outputs of published networks, for packages/nn/src/architectures/peer-fixtures.test.ts.

Weights and input are a deterministic function of (name, flat index), which the test repeats in TypeScript, so a fixture holds
only outputs. Names and layouts of weights are the peer's own: the test also covers our import of them.

    python -m venv venv && venv/bin/pip install torch==2.13.0 torchvision==0.28.0 timm==1.0.29 tensorflow-cpu==2.21.0 keras==3.15.1
    venv/bin/python tools/peers/nn-fixtures.py [case …]
"""

import base64
import json
import os
import sys
import types
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import numpy as np

OUT = Path(__file__).parents[2] / "packages/nn/src/architectures/peer-fixtures.json"
CLASSES = 7
# Kernels are uniform with variance gain / (3 fan-in). Chosen so that outputs depend on the input
# (by 2 to 50 %) and float32 stays within 4e-6 of float64: higher gains make deep swish networks chaotic.
GAINS = {
    "mobilenetV1": 8, "mobilenetV2": 6, "mobilenetV3Large": 5.5, "mobilenetV3Small": 6.5, "inceptionResnetV2": 5,
    "efficientnetB0": 8, "efficientnetB1": 6.5, "efficientnetB2": 6.5, "efficientnetB3": 6, "efficientnetV2S": 4,
}

# architecture, variant, width, input size, peer, name in the peer
CASES = [
    ("resnet18", "torch", 1, 64, "torchvision", "resnet18"),
    ("resnet34", "torch", 1, 64, "torchvision", "resnet34"),
    ("resnet50", "torch", 1, 64, "torchvision", "resnet50"),
    ("resnet50", "keras", 1, 64, "keras", "ResNet50"),
    ("resnet101", "torch", 1, 65, "torchvision", "resnet101"),
    ("resnet101", "keras", 1, 64, "keras", "ResNet101"),
    ("xception", "keras", 1, 96, "keras", "Xception"),
    ("xception", "torch", 1, 96, "timm", "legacy_xception"),
    ("inceptionResnetV2", "keras", 1, 96, "keras", "InceptionResNetV2"),
    ("inceptionResnetV2", "torch", 1, 96, "timm", "inception_resnet_v2"),
    ("mobilenetV1", "keras", 1, 64, "keras", "MobileNet"),
    ("mobilenetV1", "keras", 0.25, 96, "keras", "MobileNet"),
    ("mobilenetV1", "keras", 0.25, 99, "keras", "MobileNet"),
    ("mobilenetV1", "keras", 0.25, 100, "keras", "MobileNet"),
    ("mobilenetV1", "keras", 0.25, 150, "keras", "MobileNet"),
    ("mobilenetV2", "keras", 1, 65, "keras", "MobileNetV2"),
    ("mobilenetV2", "keras", 0.35, 96, "keras", "MobileNetV2"),
    ("mobilenetV2", "torch", 1, 65, "torchvision", "mobilenet_v2"),
    ("mobilenetV2", "torch", 1, 64, "timm", "mobilenetv2_100"),
    ("mobilenetV3Large", "keras", 1, 64, "keras", "MobileNetV3Large"),
    ("mobilenetV3Large", "torch", 1, 64, "torchvision", "mobilenet_v3_large"),
    ("mobilenetV3Large", "timm", 1, 65, "timm", "mobilenetv3_large_100"),
    ("mobilenetV3Large", "keras", 1, 65, "timm", "tf_mobilenetv3_large_100"),
    ("mobilenetV3Small", "keras", 1, 64, "keras", "MobileNetV3Small"),
    ("mobilenetV3Small", "torch", 1, 64, "torchvision", "mobilenet_v3_small"),
    ("mobilenetV3Small", "timm", 1, 64, "timm", "mobilenetv3_small_100"),
    ("efficientnetB0", "keras", 1, 64, "keras", "EfficientNetB0"),
    ("efficientnetB0", "torch", 1, 64, "torchvision", "efficientnet_b0"),
    ("efficientnetB0", "torch", 1, 65, "timm", "efficientnet_b0"),
    ("efficientnetB0", "keras", 1, 65, "timm", "tf_efficientnet_b0"),
    ("efficientnetB1", "keras", 1, 64, "keras", "EfficientNetB1"),
    ("efficientnetB1", "torch", 1, 64, "torchvision", "efficientnet_b1"),
    ("efficientnetB2", "keras", 1, 64, "keras", "EfficientNetB2"),
    ("efficientnetB2", "torch", 1, 64, "torchvision", "efficientnet_b2"),
    ("efficientnetB3", "keras", 1, 64, "keras", "EfficientNetB3"),
    ("efficientnetB3", "torch", 1, 64, "torchvision", "efficientnet_b3"),
    ("efficientnetV2S", "keras", 1, 64, "keras", "EfficientNetV2S"),
    ("efficientnetV2S", "torch", 1, 64, "torchvision", "efficientnet_v2_s"),
    ("efficientnetV2S", "timm", 1, 65, "timm", "efficientnetv2_s"),
    ("efficientnetV2S", "keras", 1, 65, "timm", "tf_efficientnetv2_s"),
]


def fnv1a(text):
    h = 0x811C9DC5
    for byte in text.encode("ascii"):
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return h


def uniform(name, count):
    """Numbers in [-1, 1): MurmurHash3's finaliser over a counter that starts at the name's hash."""
    h = (np.arange(1, count + 1, dtype=np.uint64) * 0x9E3779B9 + fnv1a(name)) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    h = h ^ (h >> 16)
    return h.astype(np.float64) / 2**32 * 2 - 1


def weight(name, role, shape, fan_in, gain):
    """One weight in the peer's layout. Deviations are large enough that epsilon, momentum order and padding show."""
    u = uniform(name, int(np.prod(shape)))
    if role == "kernel":
        values = u * np.sqrt(gain / fan_in)
    elif role == "gamma":
        values = 1 + 0.2 * u
    elif role == "variance":
        values = 1 + 0.5 * u
    else:
        values = 0.2 * u
    return values.astype(np.float32).reshape(shape)


def picture(size):
    return uniform("input", size * size * 3).astype(np.float32).reshape(1, size, size, 3)


def checksum(entries):
    """Order-free check that the test made the same set of weights."""
    return fnv1a("\n".join(sorted(f"{name} {'x'.join(map(str, shape))}" for name, shape in entries)))


def run_torch(library, name, size, gain):
    import torch

    # torchvision's compiled operators are not needed here, and may be built for another torch.
    sys.modules.setdefault("torchvision._meta_registrations", types.ModuleType("torchvision._meta_registrations"))
    torch.set_num_threads(1)
    if library == "torchvision":
        import torchvision

        model = getattr(torchvision.models, name)(weights=None, num_classes=CLASSES)
        version = torchvision.__version__.split("+")[0]
    else:
        import timm

        model = timm.create_model(name, pretrained=False, num_classes=CLASSES)
        version = timm.__version__
    state = {}
    for key, tensor in model.state_dict().items():
        if key.endswith("num_batches_tracked"):
            continue
        shape = tuple(tensor.shape)
        leaf = key.rsplit(".", 1)[1]
        role = {"running_mean": "mean", "running_var": "variance", "bias": "bias"}.get(leaf, "kernel" if len(shape) > 1 else "gamma")
        fan_in = int(np.prod(shape[1:])) if role == "kernel" else 0
        state[key] = torch.from_numpy(weight(key, role, shape, fan_in, gain))
    model.load_state_dict(state, strict=False)
    model.eval()
    captured = {}
    pools = [m for n, m in model.named_modules() if n in ("avgpool", "global_pool")]
    if name == "mobilenet_v2":  # pools with a function
        model.features.register_forward_hook(lambda module, inputs, output: captured.update(features=output.mean((2, 3))))
    else:
        pools[0].register_forward_hook(lambda module, inputs, output: captured.update(features=inputs[0].mean((2, 3))))
    with torch.no_grad():
        logits = model(torch.from_numpy(picture(size)).permute(0, 3, 1, 2))
    entries = [(key, tuple(tensor.shape)) for key, tensor in state.items()]
    backbone = sum(int(np.prod(s)) for k, s in entries if not k.startswith(("fc.", "classifier.", "classif.", "head.")) and not (library == "timm" and "mobilenetv3" in name and k.startswith("conv_head.")))
    return captured["features"].numpy()[0], logits.numpy()[0], entries, backbone, f"{library} {version}"


def run_keras(name, width, size, gain):
    import keras

    keras.utils.clear_session()
    options = {"alpha": width} if name.startswith("MobileNet") else {}
    if name.startswith(("MobileNetV3", "EfficientNetV2")):
        options["include_preprocessing"] = False
    model = getattr(keras.applications, name)(weights=None, include_top=False, input_shape=(size, size, 3), **options)
    entries = []
    backbone = 0
    for layer in model.layers:
        if layer.__class__.__name__ == "Normalization":
            continue
        for variable in layer.weights:
            leaf = variable.path.split("/")[-1]
            key = f"{layer.name}/{leaf}"
            shape = tuple(variable.shape)
            role = {"gamma": "gamma", "moving_mean": "mean", "moving_variance": "variance", "beta": "bias", "bias": "bias"}.get(leaf, "kernel")
            is_depthwise = leaf == "depthwise_kernel" or (leaf == "kernel" and layer.__class__.__name__ == "DepthwiseConv2D")
            fan_in = (int(np.prod(shape[:2])) if is_depthwise else int(np.prod(shape[:-1]))) if role == "kernel" else 0
            variable.assign(weight(key, role, shape, fan_in, gain))
            entries.append((key, shape))
            backbone += int(np.prod(shape))
    pixels = picture(size)
    if name.startswith("EfficientNetB"):
        pixels = pixels * 255  # its Rescaling layer divides again
    features = model(pixels, training=False).numpy().mean((1, 2))[0]
    return features, None, entries, backbone, f"keras {keras.__version__}"


def encode(values):
    return base64.b64encode(np.asarray(values, np.float32).tobytes()).decode()


def main(wanted):
    fixtures = json.loads(OUT.read_text()) if OUT.exists() and wanted else []
    for architecture, variant, width, size, peer, name in CASES:
        if wanted and name not in wanted:
            continue
        gain = GAINS.get(architecture, 4)
        if peer == "keras":
            features, logits, entries, backbone, version = run_keras(name, width, size, gain)
        else:
            features, logits, entries, backbone, version = run_torch(peer, name, size, gain)
        assert np.isfinite(features).all()
        # Every 16th feature pins the network; all of them would only make the file larger.
        fixture = {
            "architecture": architecture, "variant": variant, "width": width, "inputSize": size, "peer": version, "peerName": name, "gain": gain,
            "parameters": backbone, "weights": len(entries), "checksum": checksum(entries), "featureWidth": len(features), "features": encode(features[::16]),
        }
        if logits is not None and "mobilenet_v3" not in name and "mobilenetv3" not in name:
            fixture["logits"] = encode(logits)
        print(f"{version} {name}: {backbone} parameters, features {features.std():.4g} ± around {features.mean():.4g}", flush=True)
        same = lambda f: (f["peerName"], f["inputSize"], f["width"]) == (name, size, width)
        fixtures = [f for f in fixtures if not same(f)] + [fixture]
    OUT.write_text("[\n" + ",\n".join(json.dumps(f) for f in fixtures) + "\n]\n")


main(sys.argv[1:])
