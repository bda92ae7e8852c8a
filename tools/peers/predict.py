"""The Python side of bench/predict.mjs: networks of torchvision, FastICA and five classifiers of scikit-learn and xgboost, a vote.

    python tools/peers/predict.py weights DIR ARCHITECTURE…            random weights, as torchvision draws them, for both sides
    python tools/peers/predict.py fit DIR TRAIN SIDE THREADS ARCHITECTURE…      learns from a folder of classes; keeps it as data
    python tools/peers/predict.py changed DIR CASES SIDE THREADS ARCHITECTURE…    for bench/xai-vote.mjs: votes on pictures in which parts are replaced
    python tools/peers/predict.py answer DIR PICTURES SIDE THREADS ARCHITECTURE…    a line for the first picture, then one for all
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
from torchvision import transforms

MODELS = {"mobilenetV2": "mobilenet_v2", "resnet50": "resnet50", "efficientnetB0": "efficientnet_b0", "resnet18": "resnet18"}
BATCH = 64


def build(architecture):
    return getattr(torchvision.models, MODELS[architecture])(weights=None)


def network(folder, architecture):
    from safetensors.torch import load_file

    model = build(architecture)
    model.load_state_dict(load_file(folder / f"{architecture}.safetensors"), strict=False)
    model = model.eval().to(memory_format=torch.channels_last)
    return model.features if hasattr(model, "features") else torch.nn.Sequential(*list(model.children())[:-2])


class Pictures(torch.utils.data.Dataset):
    def __init__(self, files, side):
        self.files = files
        normalize = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
        self.transform = transforms.Compose([transforms.Resize((side, side)), transforms.ToTensor(), normalize])

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return self.transform(Image.open(self.files[index]).convert("RGB"))


def features(networks, files, side, workers):
    loader = torch.utils.data.DataLoader(Pictures(files, side), batch_size=min(BATCH, len(files)), num_workers=workers)
    with torch.inference_mode():
        for x in loader:
            x = x.to(memory_format=torch.channels_last)
            yield np.hstack([each(x).mean((2, 3)).numpy() for each in networks])


def fit(folder, train, side, networks, workers):
    import debian_xgboost
    import joblib
    from sklearn.decomposition import FastICA
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import LinearSVC

    files = sorted(train.glob("*/*"))
    names = sorted({file.parent.name for file in files})
    y = np.array([names.index(file.parent.name) for file in files])
    x = np.vstack(list(features(networks, files, side, workers)))
    ica = FastICA(n_components=50, whiten="unit-variance", random_state=0).fit(x)
    z = ica.transform(x)
    xgboost = debian_xgboost.load()
    classifiers = [
        LinearSVC(max_iter=5000).fit(z, y),
        xgboost.XGBClassifier(n_estimators=100, learning_rate=0.9, max_depth=10, tree_method="hist").fit(z, y),
        RandomForestClassifier(100, max_features="log2", random_state=0).fit(z, y),
        GaussianNB().fit(z, y),
        KNeighborsClassifier(3, weights="distance", metric="manhattan").fit(z, y),
    ]
    joblib.dump({"ica": ica, "classifiers": classifiers, "names": names}, folder / "vote.joblib")


def answer(folder, pictures, side, networks, workers):
    import debian_xgboost
    import joblib

    debian_xgboost.load()
    vote = joblib.load(folder / "vote.joblib")

    def ask(files, count):
        said = []
        for x in features(networks, files, side, count):
            z = vote["ica"].transform(x)
            ballots = np.stack([np.asarray(each.predict(z)) for each in vote["classifiers"]], 1)
            said += [vote["names"][np.bincount(row, minlength=len(vote["names"])).argmax()] for row in ballots]
        return said

    files = sorted(pictures.glob("*"))
    ask(files[:1], 0)
    print(json.dumps({"first": True}), flush=True)
    table = next(features(networks, files[:1], side, 0))
    best = 0
    for _ in range(2):
        start = time.perf_counter()
        said = ask(files[1:], workers)
        best = max(best, len(said) / (time.perf_counter() - start))
    import sklearn

    versions = {"torch": torch.__version__, "scikit-learn": sklearn.__version__}
    print(json.dumps({"rate": best, "features": table[0].tolist(), "versions": versions}), flush=True)


def changed(folder, cases, side, networks, _):
    """A round for each line on standard input: pictures with absent superpixels from the background, in batches, to the margin of the vote."""
    import debian_xgboost
    import joblib

    debian_xgboost.load()
    vote = joblib.load(folder / "vote.joblib")
    about = json.loads((cases / "cases.json").read_text())
    size, players, number = about["side"], about["players"], about["evaluations"]
    pictures = np.fromfile(cases / "pictures.bin", dtype=np.uint8).reshape(-1, size, size, 3)
    labels = np.fromfile(cases / "labels.bin", dtype=np.uint8).reshape(-1, size, size)
    background = np.fromfile(cases / "background.bin", dtype=np.uint8).reshape(size, size, 3)
    coalitions = np.fromfile(cases / "coalitions.bin", dtype=np.uint8).reshape(-1, number, players)
    mean, deviation = torch.tensor((0.485, 0.456, 0.406)), torch.tensor((0.229, 0.224, 0.225))

    def table(some):
        x = ((torch.from_numpy(some) / 255 - mean) / deviation).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            return np.hstack([each(x).mean((2, 3)).numpy() for each in networks])

    def margins(features):
        z = vote["ica"].transform(features)
        ballots = np.stack([np.asarray(each.predict(z)) for each in vote["classifiers"]], 1)
        shares = np.stack([(ballots == k).mean(1) for k in range(len(vote["names"]))], 1)
        target = shares[0].argmax()
        return shares[:, target] - np.delete(shares, target, 1).max(1)

    first = table(pictures[:1])
    margins(np.vstack([first, table(pictures[:1])]))
    for _ in sys.stdin:
        start, found = time.perf_counter(), []
        for picture, label, own in zip(pictures, labels, coalitions):
            for at in range(0, number, BATCH):
                present = own[at : at + BATCH][:, label].astype(bool)
                found.append(margins(table(np.where(present[..., None], picture, background))))
        rate = len(pictures) * number / (time.perf_counter() - start)
        print(json.dumps({"rate": rate, "features": first[0].tolist(), "torch": torch.__version__}), flush=True)


task, folder, rest = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
if task == "weights":
    from safetensors.torch import save_file

    for name in rest:
        torch.manual_seed(1)
        state = {key: value.contiguous() for key, value in build(name).state_dict().items() if "num_batches" not in key}
        save_file(state, folder / f"{name}.safetensors")
else:
    side, threads = int(rest[1]), int(rest[2])
    torch.set_num_threads(threads)
    arguments = (folder, Path(rest[0]), side, [network(folder, name) for name in rest[3:]], threads)
    {"fit": fit, "changed": changed, "answer": answer}[task](*arguments)
