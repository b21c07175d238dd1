"""Training under a memory setting that the rows do not fit into: the same model, byte for byte, as with room for all.

UP_LONG=1: 1,000,000 rows of 20 columns under 64 MB: what the processes hold at most (RssAnon summed over them, and shared segments once)
is the setting and 64 MB; and 10,000,000 rows under 1 GB.
"""
import glob
import os
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, psql

LONG = os.environ.get("UP_LONG") == "1"
ROWS, LIMIT = (1000000, 64) if LONG else (8000, 1)
spec = Spec("memory")


def make_rows(n):
    columns = ", ".join(f"hashint8(i * 21 + {j}) / 1e9" for j in range(20))
    psql(f"""DROP TABLE IF EXISTS memory_rows;
             CREATE TABLE memory_rows AS SELECT i, ARRAY[{columns}]::float8[] AS x,
               (hashint8(i * 21) + hashint8(i * 21 + 1) / 2.0 > 0)::int AS y
             FROM generate_series(1::bigint, {n}) i""")


make_rows(ROWS)

LEARNERS = {
    "k-means": "uprofile_kmeans(x, 5, '{\"n_init\": 1, \"max_iter\": 5}')",
    "mixture": "uprofile_gmm(x, 3, '{\"max_iter\": 3}')",
    "linear svm": "uprofile_svm(x, y)",
    "linear svm, hinge": "uprofile_svm(x, y, '{\"loss\": \"hinge\", \"max_iter\": 50}')",
    "logistic": "uprofile_logistic(x, y)",
    "network": "uprofile_mlp(x, y, '{\"max_iter\": 2, \"hidden_layer_sizes\": [8]}')",
    "tree": "uprofile_tree(x, y)",
    "tree of absolute errors": "uprofile_tree(x, x[1] + x[2], '{\"criterion\": \"absolute_error\", \"max_depth\": 4}')",
    "forest": "uprofile_forest(x, y, '{\"n_estimators\": 4}')",
    "boosting": "uprofile_boost(x, y, '{\"n_estimators\": 5}')",
    "robust scaler": "uprofile_scaler(x, '{\"method\": \"robust\"}')",
    "linear regression": "uprofile_linear(x, x[1] * 2 + x[3])",
}
# Sums of parts have other last digits where workers of a parallel scan took other parts.
ONE_PROCESS = {"linear regression"}


def shared_segments():
    total = 0
    for name in glob.glob("/dev/shm/PostgreSQL.*"):
        try:
            total += os.stat(name).st_blocks * 512
        except OSError:
            pass
    return total


def held(pid):
    """RssAnon of a backend and of its parallel workers, in bytes."""
    total = 0
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            with open(folder + "/cmdline") as f:
                title = f.read()
            if folder != f"/proc/{pid}" and f"PID {pid}" not in title:
                continue
            with open(folder + "/status") as f:
                found = re.search(r"RssAnon:\s+(\d+) kB", f.read())
            total += int(found.group(1)) * 1024 if found else 0
        except OSError:
            pass
    return total


def watched(statement):
    """What a statement answers, and the most that its processes held meanwhile."""
    session = subprocess.Popen(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    session.stdin.write("SET client_min_messages = error; SELECT pg_backend_pid();\n")
    session.stdin.flush()
    pid, before, peak, done = int(session.stdout.readline()), shared_segments(), 0, threading.Event()

    def sample():
        nonlocal peak
        while not done.is_set():
            peak = max(peak, held(pid) + max(0, shared_segments() - before))
            time.sleep(0.02)

    sampler = threading.Thread(target=sample)
    sampler.start()
    answer, errors = session.communicate(statement + "\n")
    done.set()
    sampler.join()
    return answer.strip() or errors.strip(), peak


for name, call in LEARNERS.items():
    scan = f"SET max_parallel_workers_per_gather = {0 if name in ONE_PROCESS else 2}"
    wide = psql(f"SET client_min_messages = error; {scan}; SET uprofile.max_memory = '4GB'; SELECT md5({call}) FROM memory_rows").strip()
    started = time.perf_counter()
    narrow, peak = watched(f"{scan}; SET uprofile.max_memory = '{LIMIT}MB'; SELECT md5({call}) FROM memory_rows;")
    spec.check(f"{name}: as with room for all rows", len(wide) == 32 and narrow == wide, narrow if narrow != wide else "")
    if LONG:
        spec.check(f"{name}: {LIMIT} MB and 64 at most", peak <= (LIMIT + 64) * 1024 * 1024,
                   f"{peak / 1024 / 1024:.0f} MB, {time.perf_counter() - started:.1f} s")

trained = {}
for limit in ("4GB", f"{LIMIT}MB"):
    trained[limit], peak = watched(f"""SET uprofile.max_memory = '{limit}';
        SELECT rows_trained, metrics FROM uprofile_train('memory_model', 'SELECT i, x, y > 0 AS y FROM memory_rows', target => 'y',
            algorithm => 'logistic', key => 'i');
        SELECT uprofile_drop_model('memory_model');""")
spec.check("uprofile_train: as with room for all rows", trained["4GB"] == trained[f"{LIMIT}MB"] and trained["4GB"] != "")
if LONG:
    spec.check(f"uprofile_train: {LIMIT} MB and 64 at most", peak <= (LIMIT + 64) * 1024 * 1024, f"{peak / 1024 / 1024:.0f} MB")
if LONG:
    make_rows(10000000)
    for name in ("k-means", "logistic"):
        started = time.perf_counter()
        model, peak = watched(f"SET uprofile.max_memory = '1GB'; SELECT md5({LEARNERS[name]}) FROM memory_rows;")
        spec.check(f"{name}: 10,000,000 rows under 1 GB", len(model) == 32 and peak <= (1024 + 64) * 1024 * 1024,
                   f"{peak / 1024 / 1024:.0f} MB, {time.perf_counter() - started:.1f} s" if len(model) == 32 else model)
spec.check("no file is left", psql("SELECT count(*) FROM pg_ls_tmpdir()").strip() == "0")
psql("DROP TABLE memory_rows")
spec.finish()
