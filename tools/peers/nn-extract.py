"""The Python side of bench/nn-extract.mjs: onnxruntime on our file, and torch (channels_last) with 2 DataLoader workers on JPEGs.

    python tools/peers/nn-extract.py ARCHITECTURE SIZE ONNX IMAGES BATCH THREADS
"""

import json
import sys
import time
import types
from pathlib import Path

sys.modules.setdefault("torchvision._meta_registrations", types.ModuleType("torchvision._meta_registrations"))
import numpy as np
import onnxruntime as ort
import torch
import torchvision
from PIL import Image
from torchvision import transforms

architecture, size, onnx, images, batch, threads = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5]), int(sys.argv[6])
MODELS = {"mobilenetV2": "mobilenet_v2", "resnet50": "resnet50", "efficientnetB0": "efficientnet_b0"}


def inference():
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = ort.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    x = np.random.default_rng(1).uniform(-1, 1, (batch, size, size, 3)).astype(np.float32)
    session.run(None, {"input": x})
    best = np.inf
    for _ in range(60):
        start = time.perf_counter()
        session.run(None, {"input": x})
        best = min(best, time.perf_counter() - start)
    return best * 1000 / batch


class Pictures(torch.utils.data.Dataset):
    def __init__(self):
        self.files = sorted(Path(images).iterdir())
        self.transform = transforms.Compose(
            [
                transforms.Resize((size, size)),
                transforms.ToTensor(),
                transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            ]
        )

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return self.transform(Image.open(self.files[index]).convert("RGB"))


def extraction():
    torch.set_num_threads(threads)
    model = getattr(torchvision.models, MODELS[architecture])(weights=None).eval().to(memory_format=torch.channels_last)
    trunk = model.features if hasattr(model, "features") else torch.nn.Sequential(*list(model.children())[:-2])
    loader = torch.utils.data.DataLoader(Pictures(), batch_size=batch, num_workers=2, persistent_workers=True)
    best = np.inf
    # The first pass starts the workers, the second counts.
    for _ in range(2):
        start = time.perf_counter()
        table = []
        with torch.no_grad():
            for x in loader:
                table.append(trunk(x.to(memory_format=torch.channels_last)).mean((2, 3)).numpy())
        best = min(best, time.perf_counter() - start)
    return best * 1000 / len(loader.dataset)


print(json.dumps({"inference": inference(), "extraction": extraction()}))
