"""Reads an export with TensorBoard's own reader and holds every figure against the CSV of the same run.

    etsef export RUN --to tensorboard -o curves && etsef export RUN --to csv -o figures.csv
    PEERS/bin/python tools/peers/runner-tensorboard.py curves figures.csv
"""

import csv
import struct
import sys

import tensorboard
from tensorboard.backend.event_processing import event_multiplexer

folder, table = sys.argv[1:]
read = event_multiplexer.EventMultiplexer().AddRunsFromDirectory(folder)
read.Reload()
theirs = sorted(
    (run.split("/")[0], tag, event.step, event.value, round(event.wall_time, 3))
    for run, tags in read.Runs().items()
    for tag in tags["scalars"]
    for event in read.Scalars(run, tag)
)


def single(value):
    """As event files keep it."""
    return struct.unpack("f", struct.pack("f", value))[0]


def seconds(time):
    from datetime import datetime

    return round(datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp(), 3)


with open(table, newline="") as file:
    ours = sorted(
        (row["run"], row["name"], int(row["step"] or 0), single(float(row["value"])), seconds(row["time"]))
        for row in csv.DictReader(file)
    )

print(f"TensorBoard {tensorboard.__version__}: {len(theirs)} figures read, {len(ours)} written")
sys.exit(theirs != ours)
