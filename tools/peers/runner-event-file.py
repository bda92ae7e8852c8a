"""Event files of TensorBoard, by TensorFlow: the bytes that packages/runner/src/export/event-file.test.ts expects, and a reader for what etsef exports.

    python tools/peers/runner-event-file.py                 # prints the bytes, in hexadecimal
    etsef export --to tensorboard --out folder
    python tools/peers/runner-event-file.py folder          # prints what TensorFlow reads there: checksums are checked on the way
"""

import pathlib
import sys
import tempfile

import tensorflow as tf
from tensorflow.core.framework import summary_pb2
from tensorflow.core.util import event_pb2


def scalar(tag, step, value, wall_time):
    summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=tag, simple_value=value)])
    return event_pb2.Event(wall_time=wall_time, step=step, summary=summary)


def expected():
    events = [
        event_pb2.Event(wall_time=1700000000.25, file_version="brain.Event:2"),
        scalar("body.loss", 1, 0.1, 1700000000.25),
        scalar("body.loss", 300, -2.5, 1700000001.5),
        scalar("größe", 0, 7, 1700000002.0),
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "events")
        with tf.io.TFRecordWriter(str(path)) as writer:
            for event in events:
                writer.write(event.SerializeToString())
        return path.read_bytes()


def read(folder):
    for path in sorted(pathlib.Path(folder).rglob("events.out.tfevents.*")):
        print(path)
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            event = event_pb2.Event.FromString(record)
            for value in event.summary.value:
                print(f"  {event.wall_time:.3f} {event.step} {value.tag} {value.simple_value:.6g}")


if len(sys.argv) > 1:
    read(sys.argv[1])
else:
    print("TensorFlow", tf.__version__)
    print(expected().hex())
