"""What the jobs share: tables made and loaded, the peer's round trip, and the plain races; see bench/README.md."""
import struct
import subprocess
import time

import numpy as np

import table as results
from sides import QUICK, REPEAT, Side, median, numbers_of_threads, ours, repeat, script, size, theirs, together


def psql(sql, stdin=None, text=True):
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", sql], input=stdin, capture_output=True,
                          text=text)
    if done.returncode != 0:
        raise RuntimeError(done.stderr if text else done.stderr.decode())
    return done.stdout


def timed_sql(sql, threads=1):
    """Seconds of the statement in the server's client, and its output."""
    side = ours(sql, threads)
    return side.seconds, side.answer


# ---- tables -------------------------------------------------------------------------------------------------------

BEGIN, END = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0), struct.pack(">h", -1)
PART = 200000


def copy_in(name, kind, fill, n):
    """Rows 0 … n - 1 by binary COPY; fill(part, rows) fills an array of the kind."""
    copy = subprocess.Popen(["psql", "-qX", "-c", f"COPY {name} FROM STDIN WITH (FORMAT binary)"], stdin=subprocess.PIPE)
    copy.stdin.write(BEGIN)
    for first in range(0, n, PART):
        part = slice(first, min(n, first + PART))
        rows = np.empty(part.stop - part.start, kind)
        fill(rows, part)
        copy.stdin.write(rows.tobytes())
    copy.stdin.write(END)
    copy.stdin.close()
    if copy.wait() != 0:
        raise RuntimeError(f"COPY {name} failed")


def number_kind(d):
    return np.dtype([("n", ">i2")] + [(f"{p}{j}", t) for j in range(d) for p, t in (("l", ">i4"), ("v", ">f8"))])


def load(table, x, y=None):
    """A table of 20 (or so) float8 columns c1… and label y, by binary COPY."""
    d = x.shape[1]
    psql(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (" + ", ".join(f"c{j + 1} float8" for j in range(d)) +
         (", y float8" if y is not None else "") + ")")

    def fill(rows, part):
        rows["n"] = d + (y is not None)
        for j in range(d):
            rows[f"l{j}"], rows[f"v{j}"] = 8, x[part, j]
        if y is not None:
            rows[f"l{d}"], rows[f"v{d}"] = 8, y[part]

    copy_in(table, number_kind(d + (y is not None)), fill, len(x))
    psql(f"VACUUM ANALYZE {table}")


def array_kind(d, label=False):
    return np.dtype([("n", ">i2"), ("l0", ">i4"), ("id", ">i4"), ("l1", ">i4"), ("dims", ">i4"), ("nulls", ">i4"), ("type", ">i4"),
                     ("length", ">i4"), ("first", ">i4")] + [("cells", [("l", ">i4"), ("v", ">f8")], (d,))] +
                    ([("l2", ">i4"), ("y", ">f8")] if label else []))


def load_features(table, ids, x, y=None):
    """A table (id, x float8[] [, y]) by binary COPY."""
    d = x.shape[1]
    psql(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (id integer, x float8[]{', y float8' if y is not None else ''})")

    def fill(rows, part):
        for name, v in (("n", 2 + (y is not None)), ("l0", 4), ("id", ids[part]), ("l1", 20 + 12 * d), ("dims", 1), ("nulls", 0), ("type", 701),
                        ("length", d), ("first", 1)):
            rows[name] = v
        rows["cells"]["l"], rows["cells"]["v"] = 8, x[part]
        if y is not None:
            rows["l2"], rows["y"] = 8, y[part]

    copy_in(table, array_kind(d, y is not None), fill, len(x))
    psql(f"VACUUM ANALYZE {table}")


def fetch(what, kind):
    """A binary COPY out, as rows of the kind."""
    data = psql(f"COPY {what} TO STDOUT WITH (FORMAT binary)", text=False)
    return np.frombuffer(data, kind, count=(len(data) - 21) // kind.itemsize, offset=19)


def read(table, columns):
    """The same table as an array: binary COPY, parsed by numpy."""
    rows = fetch(table, number_kind(columns))
    x = np.empty((len(rows), columns))
    for j in range(columns):
        x[:, j] = rows[f"v{j}"]
    return x


def read_features(table, d):
    """A table of load_features with labels: ids, features, labels."""
    rows = fetch(table, array_kind(d, True))
    return rows["id"].astype(np.int32), rows["cells"]["v"].astype(float), rows["y"].astype(float)


def write_back(table, ids, values):
    """The peer's predictions as a new table (id, p), by binary COPY."""
    psql(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (id float8, p float8)")
    rows = np.empty(len(ids), number_kind(2))
    rows["n"], rows["l0"], rows["v0"], rows["l1"], rows["v1"] = 2, 8, ids, 8, values
    psql(f"COPY {table} FROM STDIN WITH (FORMAT binary)", BEGIN + rows.tobytes() + END, text=False)


def columns(d):
    return "ARRAY[" + ", ".join(f"c{j + 1}" for j in range(d)) + "]"


class Mixture:
    """Rows of two classes as scikit-learn's make_classification makes them, in parts: of 20 columns 10 inform (two clusters a class at
    corners of a cube, each with a covariance of its own), 2 are sums of those, 8 say nothing; 5 % of the labels are turned."""
    def __init__(self, d=20, inform=10, sums=2, seed=2):
        rng = np.random.default_rng(seed)
        self.d, self.inform, self.sums, self.seed = d, inform, sums, seed
        corners = set()
        while len(corners) < 4:
            corners.add(tuple(rng.choice((-1.0, 1.0), inform)))
        self.centres = np.array(sorted(corners))
        self.spread = rng.uniform(-1, 1, (4, inform, inform))
        self.mixed = rng.uniform(-1, 1, (inform, sums))
        self.order = rng.permutation(d)

    def rows(self, n, part=0):
        rng = np.random.default_rng([self.seed, part])
        x, cluster = rng.normal(size=(n, self.d)), rng.integers(0, 4, n)
        for c in range(4):
            here = cluster == c
            x[here, :self.inform] = x[here, :self.inform] @ self.spread[c] + self.centres[c]
        x[:, self.inform:self.inform + self.sums] = x[:, :self.inform] @ self.mixed
        y = (cluster % 2).astype(float)
        turned = rng.random(n) < 0.05
        y[turned] = 1 - y[turned]
        return x[:, self.order], y


def made(n):
    return Mixture().rows(n)


loaded = {}


def rows_table(n, fresh=False):
    """The name of a table of n rows of the mixture: c1 … c20, y; a fresh one, of other rows, has id before them as column c0."""
    name = f"{'fresh' if fresh else 'rows'}_{n}"
    if name not in loaded:
        x, y = Mixture().rows(n, 1 if fresh else 0)
        if fresh:
            load(name, np.column_stack([np.arange(n), x]), y)
            psql(f"ALTER TABLE {name} RENAME c1 TO id;" + "".join(f"ALTER TABLE {name} RENAME c{j + 2} TO c{j + 1};" for j in range(20)))
        else:
            load(name, x, y)
        loaded[name] = True
    return name


def rows_name(n, d=20):
    return f"{n:,} × {d:,}"


# ---- plain races --------------------------------------------------------------------------------------------------

def race(job, group, what, rows, statement, peer, aim, quality=lambda mine, other: "", threads=(1, 2), before="", after="", patience=None,
         note="", slow=20, one_thread=False, **arguments):
    """The statement beside the peer's function by each number of threads; aim: one figure, or one for each number. one_thread: the peer
    cannot use another, so that its first figure counts for all."""
    both, best = [], None
    for t in numbers_of_threads(*threads):
        mine = repeat(lambda: ours(statement, t, before, after), slow)
        other = best if one_thread and best else repeat(lambda: theirs(peer, t, patience, **arguments), slow)
        # Some are slower by two threads: at its best means by one, then.
        slower = best is not None and best.seconds < other.seconds
        best = best if slower else other
        results.add(job, group, what, rows, t, mine, best, aim.get(t) if isinstance(aim, dict) else aim, quality(mine.answer, best.answer),
                    note=f"the peer takes {other.seconds:.2f} s by {t} threads, so one counts" if slower else note)
        both.append((mine, other))
    return both


def auc(table, model):
    """A query: the area under the curve on fresh rows, of a model stored in a table."""
    return f"SELECT round(uprofile_auc(y, uprofile_predict_proba(m, {columns(20)}))::numeric, 4) FROM {table}, {model}"


def peer_auc(model, table):
    from sklearn.metrics import roc_auc_score
    d = read(table, 22)
    return f"{roc_auc_score(d[:, 21], model.predict_proba(d[:, 1:21])[:, 1]):.4f}"


def both(name):
    return lambda mine, other: f"{name} {mine} / {other}"


def report(job, mine, peer_fit, peer, aim, quality, absolute=False, group="Preparing, describing, measuring", threads=1):
    """A row of a job that takes the seconds itself."""
    what, _, rows = job.rpartition(", ")
    results.add(job, group, what, rows, threads, Side(mine), Side(peer, fit=peer_fit) if not absolute else None, aim, quality,
                mine if absolute else None, "seconds" if absolute else "ratio")


def compare(job, table, d, labelled, sql, fit, aim, quality, group="Preparing, describing, measuring"):
    """A peer that is fitted in this process, on one thread."""
    mine, fits, peers, memory = [], [], [], 0
    for _ in range(REPEAT):
        side = ours(sql)
        mine.append(side)
        start = time.perf_counter()
        data = read(table, d + labelled)
        middle = time.perf_counter()
        result = fit(np.ascontiguousarray(data[:, :d]), data[:, d] if labelled else None)
        end = time.perf_counter()
        fits.append(end - middle)
        peers.append(end - start)
    what, _, rows = job.rpartition(", ")
    results.add(job, group, what, rows, 1, together(mine), Side(median(peers), fit=median(fits)), aim, quality(side.answer, result))




def both_sql(job, mine_sql, peer_sql, aim, before="", quality=lambda a, b: "", group="Preparing, describing, measuring", threads=(1,), floor=""):
    """Two statements beside each other, by the same number of processes. floor: one that only moves what both have to move."""
    what, _, rows = job.rpartition(", ")
    for t in numbers_of_threads(*threads):
        mine = repeat(lambda: ours(mine_sql, t, before))
        other = repeat(lambda: ours(peer_sql, t, before))
        note = f"a plain copy of the table alone takes {repeat(lambda: ours(floor, t, before)).seconds:.2f} s" if floor else ""
        results.add(job, group, what, rows, t, mine, other, aim.get(t) if isinstance(aim, dict) else aim, quality(mine.answer, other.answer), note=note)
