"""One process of nn-train for a peer. argv: torch|keras, network, side, batch, steps, threads."""
import json, os, sys, time

peer, network, side, batch, steps, threads = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:7])
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ[name] = str(threads)
os.environ.update(TF_NUM_INTEROP_THREADS="1", TF_ENABLE_ONEDNN_OPTS="1", TF_CPP_MIN_LOG_LEVEL="2", KERAS_BACKEND="tensorflow")


def torch_step():
    import torch, torchvision

    torch.set_num_threads(threads)
    names = {"mobilenetV2": "mobilenet_v2", "resnet50": "resnet50", "efficientnetB0": "efficientnet_b0"}
    model = getattr(torchvision.models, names[network])(num_classes=10).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    x = torch.rand(batch, 3, side, side).to(memory_format=torch.channels_last)
    y = torch.arange(batch) % 10

    def step():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    return step, "torch " + torch.__version__


def keras_step():
    import keras, numpy

    names = {"mobilenetV2": "MobileNetV2", "resnet50": "ResNet50", "efficientnetB0": "EfficientNetB0"}
    base = getattr(keras.applications, names[network])(weights=None, include_top=False, pooling="avg", input_shape=(side, side, 3))
    model = keras.Sequential([base, keras.layers.Dense(10)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False)
    x = numpy.random.rand(batch, side, side, 3).astype("float32")
    y = numpy.arange(batch) % 10
    return lambda: model.train_on_batch(x, y), "keras " + keras.__version__


step, version = {"torch": torch_step, "keras": keras_step}[peer]()
for _ in range(3):
    step()
wall, cpu = [], []
for _ in range(steps):
    start, used = time.perf_counter(), time.process_time()
    step()
    wall.append((time.perf_counter() - start) * 1000)
    cpu.append((time.process_time() - used) * 1000)
print(json.dumps({"peer": version, "wall": min(wall) / batch, "cpu": min(cpu) / batch}))
