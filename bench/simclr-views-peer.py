"""Two SimCLR views of every JPEG by torchvision v2 in DataLoader workers. argv: file with the paths, side, workers, batch, passes."""
import json, re, sys, time

import torch

# A torchvision whose compiled operations were built for another torch still makes views: they are none of these.
while True:
    try:
        import torchvision
        break
    except RuntimeError as error:
        missing = re.search(r"operator torchvision::(\w+) does not exist", str(error))
        if not missing:
            raise
        torch.library.define("torchvision::" + missing[1], "(Tensor a) -> Tensor")
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
from PIL import Image
from torchvision.transforms import v2

listing, side, workers, batch, passes = sys.argv[1], *map(int, sys.argv[2:6])
paths = open(listing).read().split("\n")
torch.set_num_threads(1)
blur = v2.GaussianBlur(side // 10 | 1, (0.1 * side / 224, 2 * side / 224))
recipe = [
    v2.RandomResizedCrop(side, (0.08, 1), antialias=True),
    v2.RandomHorizontalFlip(),
    v2.RandomApply([v2.ColorJitter(0.8, 0.8, 0.8, 0.2)], p=0.8),
    v2.RandomGrayscale(0.2),
    v2.RandomApply([blur], p=0.5),
]
# Which is faster depends on the machine: changes of PIL pictures, or of tensors of bytes. The caller takes the faster.
kinds = {
    "pil": v2.Compose([*recipe, v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True)]),
    "tensor": v2.Compose([v2.PILToTensor(), *recipe, v2.ToDtype(torch.float32, scale=True)]),
}


class Views(torch.utils.data.Dataset):
    def __init__(self, transform):
        self.transform = transform

    def __len__(self):
        return len(paths)

    def __getitem__(self, index):
        with Image.open(paths[index]) as file:
            picture = file.convert("RGB")
        return self.transform(picture), self.transform(picture)


results = {}
for kind, transform in kinds.items():
    loader = torch.utils.data.DataLoader(Views(transform), batch_size=batch, num_workers=workers, persistent_workers=True)
    best = float("inf")
    for number in range(passes + 1):
        start = time.perf_counter()
        for _ in loader:
            pass
        # The first pass starts the workers.
        if number > 0:
            best = min(best, time.perf_counter() - start)
    results[kind] = best * 1000 / len(paths)
print(json.dumps({"peer": "torchvision " + torchvision.__version__, "wall": min(results.values()), **results}))
