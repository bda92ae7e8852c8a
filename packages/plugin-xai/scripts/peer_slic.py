"""Writes fixtures/slic.json: superpixels of made pictures by scikit-image's slic.

python -m venv v && v/bin/pip install scikit-image==0.26.0 && v/bin/python packages/plugin-xai/scripts/peer_slic.py
"""

import json
from pathlib import Path

import numpy as np
import skimage
from skimage.segmentation import slic


def picture(kind, height, width, channels):
    y, x = np.mgrid[:height, :width]
    if kind == "constant":
        plain = np.full((height, width), 90)
    elif kind == "disc":
        plain = np.where((y - height * 0.4) ** 2 + (x - width * 0.6) ** 2 < (0.2 * min(height, width)) ** 2, 220, 40 + x // 2)
    else:
        plain = (y * 7919 + x * 104729 + (y * x) % 31 * 57) % 256
    plain = np.stack([(plain * (c + 2) // (channels + 1)) % 256 for c in range(channels)], axis=-1)
    return plain.astype(np.uint8)


CASES = [
    ("disc", 32, 32, 1, 16, 0.1),
    ("disc", 48, 32, 3, 36, 0.2),
    ("disc", 30, 45, 3, 20, 0.05),
    ("noise", 24, 24, 3, 9, 0.3),
    ("noise", 17, 40, 1, 12, 1.0),
    ("constant", 20, 28, 3, 12, 0.1),
    ("disc", 3, 40, 1, 8, 0.1),
    ("noise", 4, 4, 1, 64, 0.1),
]

cases = []
for kind, height, width, channels, segments, compactness in CASES:
    image = picture(kind, height, width, channels)
    labels = slic(image, n_segments=segments, compactness=compactness, convert2lab=False, start_label=0, channel_axis=-1)
    cases.append(
        dict(
            name=f"{kind} {height} x {width} x {channels}, {segments} segments",
            shape=[height, width, channels],
            numSegments=segments,
            compactness=compactness,
            pixels=image.ravel().tolist(),
            labels=labels.ravel().tolist(),
        )
    )

target = Path(__file__).parent.parent / "fixtures" / "slic.json"
target.write_text(json.dumps(dict(peer=f"scikit-image {skimage.__version__}", cases=cases), separators=(",", ":")) + "\n")
print(target.stat().st_size)
