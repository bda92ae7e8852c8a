"""The Python side of bench/xai-gradcam.mjs: Grad-CAM of the predicted class by hooks, as torch scripts have it.

    python tools/peers/xai-gradcam.py weights DIR ARCHITECTURE       random weights, as torchvision draws them, for both sides
    python tools/peers/xai-gradcam.py serve DIR ARCHITECTURE THREADS SIDE NUMBER BATCH
        a round for each line on standard input: `whole` (backward goes through the network) or `head` (only back to the layer), then of what:
        `files` (DIR/pictures, decoded by as many workers as threads) or `pixels` (DIR/pixels.bin)
"""

import json
import sys
import time
import types
from pathlib import Path

# The CUDA build's operators, which nothing here uses, do not load beside a CPU build of torch.
sys.modules.setdefault("torchvision._meta_registrations", types.ModuleType("torchvision._meta_registrations"))
import numpy as np
import torch
import torchvision
from PIL import Image
from safetensors.torch import load_file, save_file
from torchvision import transforms

MODELS = {"mobilenetV2": "mobilenet_v2", "resnet18": "resnet18"}


class Files(torch.utils.data.Dataset):
    def __init__(self, files, side):
        self.files = files
        normalize = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
        self.transform = transforms.Compose([transforms.Resize((side, side)), transforms.ToTensor(), normalize])

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return self.transform(Image.open(self.files[index]).convert("RGB"))


def build(architecture):
    torch.manual_seed(1)
    return getattr(torchvision.models, MODELS[architecture])(weights=None)


def grad_cam(model, layer, x, through_network):
    """Maps `[batch, rows, columns]`: channels weighed by the mean gradient of the largest logit."""
    kept = {}

    def keep(_, __, output):
        if not through_network:
            output = output.detach().requires_grad_()
        output.retain_grad()
        kept["layer"] = output
        return output

    handle = layer.register_forward_hook(keep)
    model.zero_grad()
    logits = model(x)
    logits.max(1).values.sum().backward()
    handle.remove()
    activation, gradient = kept["layer"].detach(), kept["layer"].grad
    return (gradient.mean((2, 3), keepdim=True) * activation).sum(1), logits.detach()


def serve(folder, architecture, threads, side, number, batch):
    torch.set_num_threads(threads)
    model = build(architecture)
    model.load_state_dict(load_file(folder / f"{architecture}.safetensors"), strict=False)
    model = model.eval().to(memory_format=torch.channels_last)
    layer = model.layer4 if architecture == "resnet18" else model.features
    pixels = np.fromfile(folder / "pixels.bin", dtype=np.uint8).reshape(number, side, side, 3)
    mean, deviation = torch.tensor((0.485, 0.456, 0.406)), torch.tensor((0.229, 0.224, 0.225))
    files = sorted((folder / "pictures").glob("*"))[:number]
    loader = torch.utils.data.DataLoader(Files(files, side), batch_size=batch, num_workers=threads, persistent_workers=True)

    def batches(source):
        if source == "files":
            yield from (x.contiguous(memory_format=torch.channels_last) for x in loader)
            return
        for first in range(0, number, batch):
            x = (torch.from_numpy(pixels[first : first + batch]) / 255 - mean) / deviation
            yield x.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)

    # Workers are started, and kept.
    for x in batches("files"):
        model(x[:1])
    for line in sys.stdin:
        form, source = line.split()
        for parameter in model.parameters():
            parameter.requires_grad_(form == "whole")
        start = time.perf_counter()
        maps = [grad_cam(model, layer, x, form == "whole")[0] for x in batches(source)]
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "map": maps[0][0].flatten().tolist(), "version": torch.__version__}), flush=True)


task, folder, architecture, rest = sys.argv[1], Path(sys.argv[2]), sys.argv[3], [int(each) for each in sys.argv[4:]]
if task == "weights":
    state = build(architecture).state_dict()
    save_file({key: value.contiguous() for key, value in state.items() if "num_batches" not in key}, folder / f"{architecture}.safetensors")
else:
    serve(folder, architecture, *rest)
