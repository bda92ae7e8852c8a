"""Pictures resized by PIL, for packages/nn/src/images/resize.test.ts. The source is a function of the index (see nn-fixtures.py).

    venv/bin/python tools/peers/nn-resize.py
"""

import base64
import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

OUT = Path(__file__).parents[2] / "packages/nn/src/images/resize-fixtures.json"
HEIGHT, WIDTH = 37, 23


def noise():
    h = np.arange(1, HEIGHT * WIDTH * 3 + 1, dtype=np.uint64) * 0x9E3779B9 & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return ((h ^ (h >> 16)) >> 24).astype(np.uint8).reshape(HEIGHT, WIDTH, 3)


cases = []
for name, method in [("bilinear", Image.Resampling.BILINEAR), ("bicubic", Image.Resampling.BICUBIC)]:
    for height, width in [(16, 16), (12, 40), (50, 31)]:
        pixels = np.asarray(Image.fromarray(noise()).resize((width, height), method))
        cases.append({"interpolation": name, "height": height, "width": width, "pixels": base64.b64encode(pixels.tobytes()).decode()})
OUT.write_text(json.dumps({"peer": f"PIL {PIL.__version__}", "height": HEIGHT, "width": WIDTH, "cases": cases}) + "\n")
