"""The Python side of bench/method.mjs: the whole method, from JPEG files to a vote, in torch, torchvision, scikit-learn and xgboost.

    python tools/peers/method.py start MODEL WIDTH OUT      torchvision's state dict of MobileNetV2 from a model directory of ours, for both sides
    python tools/peers/method.py run CONFIG                 the method; the last line names the class of every test picture
    python tools/peers/method.py votes CONFIG               the vote on features that a run left, with further seeds

Two base models start from the same weights. One is trained on a source set with labels, the other by SimCLR without them; both are
fine-tuned on the target set, head first. Their features are fused, standardised and projected by FastICA for five classifiers and
a vote. Pictures are decoded once and kept, and what a frozen backbone says is computed once, as on the other side.
"""

import csv
import json
import math
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
from torch import nn
from torch.nn import functional as F
from torchvision import transforms
from torchvision.transforms import functional as change

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def mobilenet(width):
    return torchvision.models.mobilenet_v2(weights=None, width_mult=width)


def start(model, width, out):
    """Keras' weights in torchvision's network: kernels transposed, epsilon and the scale of its input moved into the weights."""
    from safetensors.torch import load_file, save_file

    given = load_file(model / "weights.safetensors")
    network = mobilenet(width).features
    blocks = ["expanded_conv", *(f"block_{i}" for i in range(1, 17))]
    layers = [("Conv1", "bn_Conv1")]
    for block in blocks:
        parts = ("depthwise", "project") if block == "expanded_conv" else ("expand", "depthwise", "project")
        layers += [(f"{block}_{part}", f"{block}_{part}_BN") for part in parts]
    layers.append(("Conv_1", "Conv_1_bn"))
    modules = [each for each in network.modules() if isinstance(each, (nn.Conv2d, nn.BatchNorm2d))]
    with torch.no_grad():
        for (conv_name, norm_name), conv, norm in zip(layers, modules[::2], modules[1::2], strict=True):
            kernel = given[f"{conv_name}/kernel"]
            order = (2, 3, 0, 1) if conv.groups > 1 else (3, 2, 0, 1)
            conv.weight.copy_(kernel.permute(order))
            norm.weight.copy_(given[f"{norm_name}/gamma"])
            norm.bias.copy_(given[f"{norm_name}/beta"])
            norm.running_mean.copy_(given[f"{norm_name}/movingMean"])
            norm.running_var.copy_(given[f"{norm_name}/movingVariance"] + 1e-3 - norm.eps)
        # Pixels in [-1, 1] there, with mean and deviation of ImageNet here.
        conv, norm = modules[:2]
        mean, std = torch.tensor(MEAN), torch.tensor(STD)
        norm.running_mean -= (conv.weight.sum((2, 3)) * (2 * mean - 1)).sum(1)
        conv.weight *= (2 * std)[None, :, None, None]
    state = {f"features.{key}": value.contiguous() for key, value in network.state_dict().items() if "num_batches" not in key}
    save_file(state, out)


class Rows:
    """Rows of a split file."""

    def __init__(self, folder, table):
        with open(table, newline="") as file:
            rows = list(csv.DictReader(file))
        self.files = [Path(folder) / row["file"] for row in rows]
        self.names = sorted({row["label"] for row in rows})
        self.labels = torch.tensor([self.names.index(row["label"]) for row in rows])
        self.partitions = np.array([row["partition"] for row in rows])
        self.groups = np.array([row["group"] for row in rows])

    def part(self, name):
        return torch.from_numpy(np.flatnonzero(self.partitions == name))


class Decoded(torch.utils.data.Dataset):
    def __init__(self, files, side):
        self.files, self.resize = files, transforms.Resize((side, side))

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return torch.from_numpy(np.array(self.resize(Image.open(self.files[index]).convert("RGB")))).permute(2, 0, 1)


class Views(torch.utils.data.Dataset):
    """Two views of a row in an epoch, cut from the picture as it was decoded and changed as was drawn for both sides."""

    def __init__(self, files, rows, drawn, side):
        self.pictures = {row: Image.open(files[row]).convert("RGB") for row in rows}
        self.drawn, self.side = drawn, side

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, at):
        epoch, row = at
        return tuple(self.view(self.pictures[row], drawn) for drawn in self.drawn[epoch][str(row)])

    def view(self, picture, drawn):
        pixels = change.resized_crop(picture, *drawn["crop"], [self.side, self.side])
        if drawn["isFlipped"]:
            pixels = change.hflip(pixels)
        for name, factor in drawn["changes"]:
            pixels = {"brightness": change.adjust_brightness, "contrast": change.adjust_contrast}[name](pixels, factor)
        pixels = change.to_tensor(pixels)
        sigma = drawn["sigma"] * self.side
        if sigma > 0:
            pixels = change.gaussian_blur(pixels, 2 * math.ceil(3 * 2 / 224 * self.side) + 1, sigma)
        return change.normalize(pixels, MEAN, STD)


class EpochRows(torch.utils.data.Sampler):
    """The rows of each epoch in turn, in the order drawn for both sides."""

    def __init__(self, orders):
        self.orders, self.epoch = orders, 0

    def __len__(self):
        return len(self.orders[0])

    def __iter__(self):
        epoch, self.epoch = self.epoch, self.epoch + 1
        return iter([(epoch, row) for row in self.orders[epoch]])


def decode(files, side, workers):
    loader = torch.utils.data.DataLoader(Decoded(files, side), batch_size=32, num_workers=workers)
    return torch.cat(list(loader))


def network_input(pixels):
    mean, std = (torch.tensor(each).view(1, 3, 1, 1) * 255 for each in (MEAN, STD))
    return ((pixels.float() - mean) / std).contiguous(memory_format=torch.channels_last)


class Backbone(nn.Module):
    def __init__(self, config):
        super().__init__()
        from safetensors.torch import load_file

        whole = mobilenet(config["width"])
        missing = whole.load_state_dict(load_file(config["weights"]), strict=False).missing_keys
        if any(key.startswith("features") and "num_batches" not in key for key in missing):
            raise ValueError(f"weights are missing: {missing}")
        self.layers, self.width = whole.features.to(memory_format=torch.channels_last), whole.last_channel

    def forward(self, x):
        return self.layers(x).mean((2, 3))


class Draws:
    """What is random, as bench/method-draws.mjs drew it for both sides."""

    def __init__(self, folder):
        self.drawn = json.loads((folder / "draws.json").read_text())
        self.weights = np.fromfile(folder / "heads.bin", "<f4")

    def dense(self, at, inputs, outputs):
        layer = nn.Linear(inputs, outputs)
        start = self.drawn["starts"][at] // 4
        kernel = torch.from_numpy(self.weights[start : start + inputs * outputs].reshape(inputs, outputs).copy())
        with torch.no_grad():
            layer.weight.copy_(kernel.T)
            layer.bias.zero_()
        return layer


class Head(nn.Module):
    def __init__(self, hidden, logits):
        super().__init__()
        self.hidden = nn.Sequential(hidden, nn.ReLU()) if hidden else nn.Identity()
        self.logits = logits

    def forward(self, x):
        return self.logits(self.hidden(x))


def cosine(done, total, warmup=0.0):
    if done < warmup:
        return done / warmup
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1, (done - warmup) / max(1e-9, total - warmup))))


def train(model, read, labels, orders, val, rate, config):
    """Adam on a cosine; the epoch with the least loss on validation rows is kept."""
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, eps=1e-7)
    size = config["batchSize"]
    best = (math.inf, None)
    for epoch, order in enumerate(torch.tensor(orders)):
        model.train()
        steps = math.ceil(len(order) / size)
        for step, batch in enumerate(order.split(size)):
            for group in optimizer.param_groups:
                group["lr"] = rate * cosine(epoch + (step + 1) / steps, len(orders))
            optimizer.zero_grad()
            F.cross_entropy(model(read(batch)), labels[batch]).backward()
            optimizer.step()
        model.eval()
        with torch.inference_mode():
            loss = sum(F.cross_entropy(model(read(part)), labels[part], reduction="sum").item() for part in val.split(32))
        if loss < best[0]:
            best = (loss, {key: value.clone() for key, value in model.state_dict().items()})
    if best[1] is not None:
        model.load_state_dict(best[1])
    model.eval()


def outputs_of(model, pixels):
    model.eval()
    with torch.inference_mode():
        return torch.cat([model(network_input(part)) for part in pixels.split(64)])


def pretrain(backbone, source, pixels, draws, config):
    """On labels of the source set, with a head that is thrown away."""
    drawn = draws.drawn["tlSource"]
    model = nn.Sequential(backbone, Head(None, draws.dense(drawn["logits"], backbone.width, len(source.names))))
    train(model, lambda at: network_input(pixels[at]), source.labels, drawn["orders"], source.part("val"), config["rates"]["source"], config)


def nt_xent(z, temperature=0.5):
    z = F.normalize(z)
    similarity = (z @ z.T / temperature).fill_diagonal_(-1e9)
    half = len(z) // 2
    return F.cross_entropy(similarity, (torch.arange(len(z)) + half) % len(z))


def probe(backbone, source, pixels):
    """Whether it learns: what nearest neighbours and a ridge classifier make of the train rows' features, in three folds of groups."""
    from sklearn.linear_model import RidgeClassifier
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.neighbors import KNeighborsClassifier

    train = source.part("train")
    backbone.eval()
    with torch.inference_mode():
        features = F.normalize(torch.cat([backbone(network_input(pixels[part])) for part in train.split(32)])).numpy()
    backbone.train()
    y, groups = source.labels[train].numpy(), source.groups[train.numpy()]
    near = KNeighborsClassifier(20, weights=lambda distances: np.exp((1 - distances**2 / 2) / 0.07))
    linear = RidgeClassifier(alpha=0.1, class_weight="balanced")
    return [
        balanced_accuracy_score(y, cross_val_predict(each, features, y, groups=groups, cv=GroupKFold(3)))
        for each in (near, linear)
    ]


def simclr(backbone, source, pixels, draws, config):
    """On pairs of views of the source set, without its labels, which only tell after every epoch what the features are good for."""
    drawn = draws.drawn["sslSource"]
    hidden, projection = draws.dense(drawn["hidden"], backbone.width, 128), draws.dense(drawn["projection"], 128, 128)
    model = nn.Sequential(backbone, hidden, nn.ReLU(), projection).train()
    epochs, rate, size = config["sslEpochs"], config["rates"]["ssl"], 32
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, eps=1e-7)
    views = Views(source.files, drawn["orders"][0], drawn["views"], config["side"])
    rows, workers = EpochRows(drawn["orders"]), config["threads"]
    loader = torch.utils.data.DataLoader(views, size, sampler=rows, num_workers=workers, persistent_workers=workers > 0)
    scores = [probe(backbone, source, pixels)]
    for epoch in range(epochs):
        for step, (first, second) in enumerate(loader):
            if len(first) < min(3, len(views)):
                continue
            for group in optimizer.param_groups:
                group["lr"] = rate * cosine(epoch + (step + 1) / len(loader), epochs, 1)
            optimizer.zero_grad()
            nt_xent(model(torch.cat([first, second]).contiguous(memory_format=torch.channels_last))).backward()
            optimizer.step()
        scores.append(probe(backbone, source, pixels))
    return scores


def finetune(backbone, target, pixels, draws, drawn, config):
    """The head on a frozen backbone, then everything; features of all rows."""
    hidden = draws.dense(drawn["hidden"], backbone.width, config["numHidden"])
    head = Head(hidden, draws.dense(drawn["logits"], config["numHidden"], len(target.names)))
    val = target.part("val")
    known = torch.cat([target.part("train"), val])
    frozen = torch.zeros(len(pixels), backbone.width)
    frozen[known] = outputs_of(backbone, pixels[known])
    train(head, lambda at: frozen[at], target.labels, drawn["headOrders"], val, config["rates"]["head"], config)
    model = nn.Sequential(backbone, head)
    train(model, lambda at: network_input(pixels[at]), target.labels, drawn["orders"], val, config["rates"]["target"], config)
    return outputs_of(nn.Sequential(backbone, head.hidden), pixels).numpy()


def vote(features, target, config, seed):
    import debian_xgboost
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.decomposition import FastICA
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    xgboost = debian_xgboost.load()
    rows, test = target.part("train").numpy(), target.part("test").numpy()
    y, classes, threads = target.labels.numpy()[rows], len(target.names), config["threads"]
    scaler = StandardScaler().fit(features[rows])
    ica = FastICA(n_components=config["components"], whiten="unit-variance", random_state=seed)
    z = ica.fit_transform(scaler.transform(features[rows]))
    asked = ica.transform(scaler.transform(features[test]))
    # Margins of folds inside the train rows set the temperature of a linear SVM's probabilities, which only ties ask for.
    linear = LinearSVC(dual="auto", max_iter=5000, random_state=0)
    classifiers = [
        CalibratedClassifierCV(linear, method="temperature", cv=3, ensemble=False),
        RandomForestClassifier(100, max_features="log2", min_samples_split=3, random_state=seed, n_jobs=threads),
        GaussianNB(),
        KNeighborsClassifier(3, weights="distance", p=1, n_jobs=threads),
    ]
    said = [each.fit(z, y).predict_proba(asked) for each in classifiers]
    # Its own interface: the wrapper of some releases breaks on newer scikit-learn.
    kind = {"objective": "multi:softprob", "num_class": classes} if classes > 2 else {"objective": "binary:logistic"}
    settings = {**kind, "eta": 0.9, "max_depth": 10, "tree_method": "exact", "nthread": threads, "seed": seed}
    boosted = xgboost.train(settings, xgboost.DMatrix(z, y), 100).predict(xgboost.DMatrix(asked))
    said.append(boosted if classes > 2 else np.stack([1 - boosted, boosted], 1))
    # A tie goes to the class with the largest sum of probabilities, not to the first: of five votes on four classes one in ten ties.
    votes = sum(np.eye(classes, dtype=int)[each.argmax(1)] for each in said)
    leads = votes == votes.max(1, keepdims=True)
    return test, np.where(leads, sum(said), -1).argmax(1)


def named(target, test, predicted, config):
    return {str(target.files[i].relative_to(config["target"]["folder"])): target.names[k] for i, k in zip(test, predicted)}


def votes(config):
    target, features = Rows(config["target"]["folder"], config["target"]["table"]), np.load(config["features"])
    seeds = range(config["seed"] + 100, config["seed"] + 99 + config["votes"])
    print(json.dumps([named(target, *vote(features, target, config, seed), config) for seed in seeds]))


def run(config):
    torch.set_num_threads(config["threads"])
    torch.manual_seed(config["seed"])
    seconds, last = {}, time.perf_counter()

    def done(name):
        nonlocal last
        now = time.perf_counter()
        seconds[name], last = round(now - last, 2), now

    source, target = (Rows(config[name]["folder"], config[name]["table"]) for name in ("source", "target"))
    side, workers = config["side"], config["threads"]
    pixels, source_pixels = (decode(each.files, side, workers) for each in (target, source))
    done("decode")
    draws, supervised, unsupervised = Draws(Path(config["draws"])), Backbone(config), Backbone(config)
    pretrain(supervised, source, source_pixels, draws, config)
    done("pretrain")
    probes = simclr(unsupervised, source, source_pixels, draws, config)
    done("simclr")
    pairs = ((supervised, "tl"), (unsupervised, "ssl"))
    features = [finetune(each, target, pixels, draws, draws.drawn[name], config) for each, name in pairs]
    done("finetune and features")
    fused = np.hstack(features)
    test, predicted = vote(fused, target, config, config["seed"])
    done("vote")
    import sklearn

    np.save(config["features"], fused)
    names = named(target, test, predicted, config)
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "scikit-learn": sklearn.__version__}
    print(json.dumps({"predicted": names, "seconds": seconds, "versions": versions, "probes": probes}))


if sys.argv[1] == "start":
    start(Path(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]))
else:
    {"run": run, "votes": votes}[sys.argv[1]](json.loads(Path(sys.argv[2]).read_text()))
