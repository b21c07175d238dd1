"""Describing a table: uprofile_describe beside pandas with its round trip, time and peak memory."""
import os
import subprocess
import sys

import numpy as np

from common import REPEAT, load, median, psql, report, rows_name, size, timed_sql

PEER = r"""
import sys, time
sys.path.insert(0, sys.argv[1])
start = time.perf_counter()
import numpy as np
import pandas as pd
from common import read
from sides import most_memory
loaded = time.perf_counter()
frame = pd.DataFrame(read("d", 20))
fetched = time.perf_counter()
frame.describe(percentiles=[.01, .05, .25, .5, .75, .95, .99])
frame.skew()
frame.nunique()
for c in frame:
    frame[c].value_counts().head(5)
end = time.perf_counter()
print(end - fetched, end - loaded, most_memory() * 1024)
"""


def describe():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(size(1000000), 20))
    x[:, 10:] = np.round(x[:, 10:] * 100)
    load("d", x)
    mine, fits, peers, memory, peer_memory = [], [], [], 0, 0
    for _ in range(REPEAT):
        seconds, _ = timed_sql("SELECT count(*) FROM uprofile_describe('d')")
        mine.append(seconds)
        done = subprocess.run([sys.executable, "-c", PEER, os.path.dirname(os.path.abspath(__file__))],
                              capture_output=True, text=True, check=True)
        fit, whole, peak = map(float, done.stdout.split())
        fits.append(fit)
        peers.append(whole)
        peer_memory = max(peer_memory, peak / 1024)
    # private memory of a backend at its peak: what it takes beyond the shared buffers that it touched
    out = psql("SELECT count(*) FROM uprofile_describe('d'); SELECT pg_read_file('/proc/' || pg_backend_pid() || '/status')")
    peak = int([line.split()[1] for line in out.split("\n") if line.startswith("VmHWM")][0]) / 1024
    shared = int([line.split()[1] for line in out.split("\n") if line.startswith("RssShmem")][0]) / 1024
    memory = peak - shared
    report(f"describe ÷ pandas, {rows_name(size(1000000))}", median(mine), median(fits), median(peers), 0.3,
           f"memory {memory:.0f} MB, pandas {peer_memory:.0f} MB: ratio {memory / peer_memory:.2f}, aim 0.5")


JOBS = {"describe": describe}
