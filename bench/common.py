"""What the jobs share: loading, the peer's round trip, timing, the report; see bench/README.md."""
import os
import struct
import subprocess
import time

import numpy as np

REPEAT = int(os.environ.get("REPEAT", "3"))
rows_out = []


def psql(sql, stdin=None, text=True):
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", sql], input=stdin, capture_output=True,
                          text=text)
    if done.returncode != 0:
        raise RuntimeError(done.stderr if text else done.stderr.decode())
    return done.stdout


def timed_sql(sql):
    """Seconds of the statement in the server's client, and its output."""
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], input="\\timing on\n" + sql + ";\n",
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    lines = done.stdout.strip().split("\n")
    return float(lines[-1].split()[1]) / 1000, "\n".join(lines[:-1])


def load(table, x, y=None):
    """A table of 20 (or so) float8 columns c1… and label y, by binary COPY."""
    n, d = x.shape
    psql(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (" + ", ".join(f"c{j + 1} float8" for j in range(d)) +
         (", y float8" if y is not None else "") + ")")
    m = x if y is None else np.column_stack([x, y])
    kind = np.dtype([("n", ">i2")] + [(f"{p}{j}", t) for j in range(m.shape[1]) for p, t in (("l", ">i4"), ("v", ">f8"))])
    rows = np.empty(n, kind)
    rows["n"] = m.shape[1]
    for j in range(m.shape[1]):
        rows[f"l{j}"], rows[f"v{j}"] = 8, m[:, j]
    data = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0) + rows.tobytes() + struct.pack(">h", -1)
    psql(f"COPY {table} FROM STDIN WITH (FORMAT binary)", data, text=False)
    psql(f"VACUUM ANALYZE {table}")


def load_features(table, ids, x):
    """A table (id, x float8[]) by binary COPY."""
    n, d = x.shape
    psql(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (id integer, x float8[])")
    kind = np.dtype([("n", ">i2"), ("l0", ">i4"), ("id", ">i4"), ("l1", ">i4"), ("dims", ">i4"), ("nulls", ">i4"), ("type", ">i4"),
                     ("length", ">i4"), ("first", ">i4")] + [(f"{p}{j}", t) for j in range(d) for p, t in (("k", ">i4"), ("v", ">f8"))])
    rows = np.empty(n, kind)
    for name, v in (("n", 2), ("l0", 4), ("id", ids), ("l1", 20 + 12 * d), ("dims", 1), ("nulls", 0), ("type", 701), ("length", d),
                    ("first", 1)):
        rows[name] = v
    for j in range(d):
        rows[f"k{j}"], rows[f"v{j}"] = 8, x[:, j]
    data = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0) + rows.tobytes() + struct.pack(">h", -1)
    psql(f"COPY {table} FROM STDIN WITH (FORMAT binary)", data, text=False)


def read(table, columns):
    """The same table as an array: binary COPY, parsed by numpy."""
    data = psql(f"COPY {table} TO STDOUT WITH (FORMAT binary)", text=False)
    kind = np.dtype([("n", ">i2")] + [(f"{p}{j}", t) for j in range(columns) for p, t in (("l", ">i4"), ("v", ">f8"))])
    rows = np.frombuffer(data, kind, count=(len(data) - 21) // kind.itemsize, offset=19)
    return np.column_stack([rows[f"v{j}"].astype(float) for j in range(columns)])


def median(v):
    return sorted(v)[len(v) // 2]


def report(job, mine, peer_fit, peer, aim, quality, absolute=False):
    ratio = mine if absolute else mine / peer
    rows_out.append((job, mine, peer_fit, peer, ratio, mine / peer_fit if peer_fit else None, aim, ratio <= aim, quality))
    print(f"{job:24} uprofile {mine:7.3f} s   peer {peer:7.3f} s (fit {peer_fit or peer:7.3f})   "
          f"{'seconds' if absolute else 'ratio'} {ratio:6.3f}   to fit {mine / (peer_fit or peer):6.3f}   aim {aim:5.2f}   "
          f"{'ok' if ratio <= aim else 'MISS'}   {quality}", flush=True)


def columns(d):
    return "ARRAY[" + ", ".join(f"c{j + 1}" for j in range(d)) + "]"


def compare(job, table, d, labelled, sql, fit, aim, quality):
    mine, fits, peers = [], [], []
    for _ in range(REPEAT):
        seconds, out = timed_sql(sql)
        mine.append(seconds)
        start = time.perf_counter()
        data = read(table, d + labelled)
        middle = time.perf_counter()
        result = fit(np.ascontiguousarray(data[:, :d]), data[:, d] if labelled else None)
        end = time.perf_counter()
        fits.append(end - middle)
        peers.append(end - start)
    report(job, median(mine), median(fits), median(peers), aim, quality(out, result))


def both_sql(job, mine_sql, peer_sql, aim, before="", quality=lambda a, b: ""):
    mine, peers = [], []
    for _ in range(REPEAT):
        if before:
            psql(before)
        seconds, a = timed_sql(mine_sql)
        mine.append(seconds)
        if before:
            psql(before)
        seconds, b = timed_sql(peer_sql)
        peers.append(seconds)
    report(job, median(mine), None, median(peers), aim, quality(a, b))


def made(n):
    from sklearn.datasets import make_classification
    return make_classification(n, 20, n_informative=10, n_redundant=2, flip_y=0.05, random_state=2)
