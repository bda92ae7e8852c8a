"""What Python's onnxruntime and xgboost say of files that a bundle holds for other programs.

    python tools/peers/open-formats.py ASKED.json

ASKED.json is a list of {"file", "columns", "values"}: an .onnx or xgboost.json, and rows of features one after the other.
Prints {"versions", "answers"}: scores or features a file, one after the other.
"""

import json
import sys

import numpy as np

versions, answers = {}, []
for asked in json.load(open(sys.argv[1])):
    rows = np.array(asked["values"], dtype=np.float32).reshape((-1, asked["columns"]))
    if asked["file"].endswith(".onnx"):
        import onnxruntime

        versions["onnxruntime"] = onnxruntime.__version__
        session = onnxruntime.InferenceSession(asked["file"], providers=["CPUExecutionProvider"])
        answers.append(session.run(None, {"input": rows})[0].ravel().tolist())
    else:
        import debian_xgboost

        xgboost = debian_xgboost.load()
        versions["xgboost"] = xgboost.__version__
        booster = xgboost.Booster(model_file=asked["file"])
        is_forest = booster.attr("read") is not None
        scores = booster.predict(xgboost.DMatrix(rows), output_margin=is_forest)
        answers.append((scores if scores.ndim == 2 else np.stack([1 - scores, scores], 1)).ravel().tolist())
print(json.dumps({"versions": versions, "answers": answers}))
