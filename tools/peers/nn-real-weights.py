"""Reference outputs of the published weights in the shared folder, for packages/nn/src/weights/real-weights.test.ts.

The picture is a deterministic function of the flat index (see nn-fixtures.py). Keras runs the TF.js files' weights in its own
networks; the TFLite files are dequantised from the interpreter's tensors and run operator by operator in float32.

    venv/bin/python tools/peers/nn-real-weights.py ../shared/weights
"""

import base64
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import keras
import numpy as np
import tensorflow as tf

OUT = Path(__file__).parents[2] / "packages/nn/src/weights/real-weights.json"
ROOT = Path(sys.argv[1])


def fnv1a(text):
    h = 0x811C9DC5
    for byte in text.encode("ascii"):
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return h


def picture(size):
    """Pixels in [-1, 1), smooth enough to excite real filters: a coarse random grid, enlarged."""
    count = 8 * 8 * 3
    h = (np.arange(1, count + 1, dtype=np.uint64) * 0x9E3779B9 + fnv1a("picture")) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    h = h ^ (h >> 16)
    grid = (h.astype(np.float64) / 2**32 * 2 - 1).astype(np.float32).reshape(8, 8, 3)
    index = np.arange(size) * 8 // size
    return grid[index][:, index][None]


def tfjs_weights(folder):
    model = json.loads((folder / "model.json").read_text())
    found = {}
    for group in model["weightsManifest"]:
        paths = [folder / p for p in group["paths"]]
        if not all(p.exists() for p in paths):
            continue
        data = b"".join(p.read_bytes() for p in paths)
        offset = 0
        for entry in group["weights"]:
            size = int(np.prod(entry["shape"])) * 4
            found[entry["name"]] = np.frombuffer(data[offset : offset + size], np.float32).reshape(entry["shape"])
            offset += size
    return found


def run_keras(model, weights, size):
    for layer in model.layers:
        for variable in layer.weights:
            leaf = variable.path.split("/")[-1]
            if leaf == "kernel" and isinstance(layer, keras.layers.DepthwiseConv2D):
                leaf = "depthwise_kernel"
            variable.assign(weights[f"{layer.name}/{leaf}"])
    return model(picture(size), training=False).numpy().mean((1, 2))[0]


def run_tflite(path, size):
    interpreter = tf.lite.Interpreter(str(path), experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    details = {d["index"]: d for d in interpreter.get_tensor_details()}

    def constant(index):
        raw = interpreter.get_tensor(index).astype(np.float64)
        parameters = details[index]["quantization_parameters"]
        return ((raw - parameters["zero_points"][0]) * parameters["scales"][0]).astype(np.float32)

    values = {interpreter.get_input_details()[0]["index"]: tf.constant(picture(size))}
    features = None
    for op in interpreter._get_ops_details():
        inputs, output, name = op["inputs"], op["outputs"][0], op["op_name"]
        x = values.get(inputs[0])
        if name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            kernel = constant(inputs[1])
            height_in, height_out = details[inputs[0]]["shape"][1], details[output]["shape"][1]
            stride = int(np.ceil(height_in / height_out))
            if name == "CONV_2D":
                y = tf.nn.conv2d(x, kernel.transpose(1, 2, 3, 0), stride, "SAME")
            else:
                y = tf.nn.depthwise_conv2d(x, kernel.transpose(1, 2, 3, 0), [1, stride, stride, 1], "SAME")
            y = y + constant(inputs[2])
            # Relu6 is fused wherever the output range starts at zero; only linear bottlenecks and logits reach below.
            if details[output]["quantization_parameters"]["zero_points"][0] == 0:
                y = tf.nn.relu6(y)
        elif name == "ADD":
            y = x + values[inputs[1]]
        elif name in ("AVERAGE_POOL_2D", "MEAN"):
            y = tf.reduce_mean(x, (1, 2), keepdims=True)
            features = y.numpy().reshape(-1)
        elif name in ("RESHAPE", "SQUEEZE", "QUANTIZE", "DEQUANTIZE"):
            y = x if name not in ("RESHAPE", "SQUEEZE") else tf.reshape(x, (1, -1))
        elif name == "SOFTMAX":
            return features, values[inputs[0]].numpy().reshape(-1)
        else:
            raise NotImplementedError(name)
        values[output] = y
    last = values[output].numpy().reshape(-1)
    return (last, None) if features is None or len(last) == len(features) else (features, last)


def encode(values):
    return base64.b64encode(np.ascontiguousarray(values, np.float32).tobytes()).decode()


def fixture(path, architecture, size, width, features, logits=None, cut=None):
    entry = {"path": path, "architecture": architecture, "inputSize": size, "width": width, "features": encode(features[::16])}
    if cut:
        entry["cut"] = cut
    if logits is not None:
        entry["topClass"] = int(np.argmax(logits))
        entry["logits"] = encode(logits[::16])
    print(path, features.shape, features.mean(), None if logits is None else (logits.shape, int(np.argmax(logits))))
    return entry


def main():
    out = []
    folder = "teachable-mobilenet-v2-0.35-224"
    model = keras.applications.MobileNetV2(alpha=0.35, weights=None, include_top=False, input_shape=(224, 224, 3))
    out.append(fixture(folder, "mobilenetV2", 224, 0.35, run_keras(model, tfjs_weights(ROOT / folder), 224)))
    folder = "mobilenet-v1-1.0-224-tfjs-partial"
    whole = keras.applications.MobileNet(weights=None, include_top=False, input_shape=(224, 224, 3))
    model = keras.Model(whole.inputs, whole.get_layer("conv_dw_13_relu").output)
    out.append(fixture(folder, "mobilenetV1", 224, 1, run_keras(model, tfjs_weights(ROOT / folder), 224), cut="conv_dw_13_relu"))
    for name, architecture, size, width in [
        ("mobilenet_v1_0.25_128_quant", "mobilenetV1", 128, 0.25),
        ("mobilenet_v1_0.5_160_quant", "mobilenetV1", 160, 0.5),
        ("mobilenet_v1_0.75_192_quant", "mobilenetV1", 192, 0.75),
        ("mobilenet_v1_1.0_224_quant_embedding_extractor", "mobilenetV1", 224, 1),
        ("mobilenet_v2_1.0_224_quant", "mobilenetV2", 224, 1),
    ]:
        path = f"coral-imagenet-tflite/{name}.tflite"
        features, logits = run_tflite(ROOT / path, size)
        out.append(fixture(path, architecture, size, width, features, logits))
    OUT.write_text("[\n" + ",\n".join(json.dumps(f) for f in out) + "\n]\n")


main()
