"""The jobs of bench/run: see bench/README.md."""
import json
import os
import struct
import subprocess
import sys
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


def kmeans():
    from sklearn.cluster import KMeans
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(16, 16)) * 1.5
    x = centres[rng.integers(0, 16, 1000000)] + rng.normal(size=(1000000, 16))
    load("k", x)
    init = x[rng.choice(len(x), 16, replace=False)]
    iterations = 61
    params = json.dumps({"n_init": 1, "tol": 0, "max_iter": iterations, "init": init.tolist()})
    sql = (f"SELECT i->'inertia', i->'iterations' FROM (SELECT uprofile_model_info(uprofile_kmeans({columns(16)}, 16, "
           f"'{params}')) AS i FROM k) AS m")

    def fit(data, _):
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return KMeans(16, init=init, n_init=1, tol=0, max_iter=iterations, algorithm="lloyd").fit(data)

    compare("k-means 1M x 16", "k", 16, 0, sql, fit, 0.3, lambda out, m: f"inertia, iterations {out.strip()}; scikit-learn "
            f"{m.inertia_:.6f}|{m.n_iter_}")


def made(n):
    from sklearn.datasets import make_classification
    return make_classification(n, 20, n_informative=10, n_redundant=2, flip_y=0.05, random_state=2)


def linear(job, loss, dual, aim):
    from sklearn.svm import LinearSVC
    x, y = made(500000)
    load("v", x, y)
    sql = (f"SELECT i->'objective' FROM (SELECT uprofile_model_info(uprofile_svm({columns(20)}, y, "
           f"'{{\"loss\": \"{loss}\"}}')) AS i FROM v) AS m")

    def quality(out, m):
        z = np.maximum(0, 1 - (2 * y - 1) * (x @ m.coef_[0] + m.intercept_[0]))
        w = np.append(m.coef_[0], m.intercept_[0])
        return f"objective {float(out):.2f}; scikit-learn {w @ w / 2 + (z if loss == 'hinge' else z * z).sum():.2f}"

    compare(job, "v", 20, 1, sql, lambda a, b: LinearSVC(loss=loss, dual=dual).fit(a, b), aim, quality)


def svm():
    linear("svm squared hinge 500k", "squared_hinge", False, 0.2)


def hinge():
    linear("svm hinge 500k", "hinge", True, 0.06)


def mlp():
    from sklearn.neural_network import MLPClassifier
    x, y = made(100000)
    load("n", x, y)
    params = '{"hidden_layer_sizes": [128, 64], "batch_size": 32, "max_iter": 10}'
    sql = (f"SELECT avg((uprofile_predict(m, {columns(20)}) = y)::int) FROM n, (SELECT uprofile_mlp({columns(20)}, y, "
           f"'{params}') AS m FROM n) AS t")

    def fit(a, b):
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return MLPClassifier((128, 64), batch_size=32, max_iter=10, random_state=0).fit(a, b)

    compare("mlp 100k, 10 epochs", "n", 20, 1, sql, fit, 0.12,
            lambda out, m: f"accuracy {float(out):.4f} (scored as well); scikit-learn {m.score(x, y):.4f}")


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


def zscore():
    rng = np.random.default_rng(3)
    load("z", rng.normal(size=(1000000, 20)) * 3 + 5)
    names = [f"c{j + 1}" for j in range(20)]
    stats = ", ".join(f"avg({c}) AS m{c}, stddev_pop({c}) AS s{c}" for c in names)
    scaled = ", ".join(f"({c} - m{c}) / s{c}" for c in names)
    both_sql("z-score 1M x 20, columns", f"CREATE TABLE z1 AS SELECT uprofile_scale(m, {columns(20)}) AS x FROM z, "
             f"(SELECT uprofile_scaler({columns(20)}) AS m FROM z OFFSET 0) AS t",
             f"CREATE TABLE z1 AS SELECT ARRAY[{scaled}] AS x FROM z, (SELECT {stats} FROM z) AS t", 0.5,
             "DROP TABLE IF EXISTS z1")
    psql(f"DROP TABLE IF EXISTS za; CREATE TABLE za AS SELECT {columns(20)} AS x FROM z")
    psql("VACUUM ANALYZE za")
    stats = ", ".join(f"avg(x[{j}]) AS m{j}, stddev_pop(x[{j}]) AS s{j}" for j in range(1, 21))
    scaled = ", ".join(f"(x[{j}] - m{j}) / s{j}" for j in range(1, 21))
    both_sql("z-score 1M x 20, arrays", "CREATE TABLE z1 AS SELECT uprofile_scale(m, x) AS x FROM za, "
             "(SELECT uprofile_scaler(x) AS m FROM za OFFSET 0) AS t",
             f"CREATE TABLE z1 AS SELECT ARRAY[{scaled}] AS x FROM za, (SELECT {stats} FROM za) AS t", 0.5,
             "DROP TABLE IF EXISTS z1")


def predict():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(1000000, 20))
    load("p", x, (x[:, 0] + x[:, 1] > 0).astype(float))
    psql(f"DROP TABLE IF EXISTS pm; CREATE TABLE pm AS SELECT uprofile_svm({columns(20)}, y) AS m FROM p")
    both_sql("predict 1M, linear", f"SELECT sum(uprofile_predict(m, {columns(20)})) FROM p, pm",
             f"SELECT sum(array_length({columns(20)}, 1)) FROM p, pm", 1.5)


def itemsets():
    folder = os.environ.get("UPROFILE_DATA")
    if not folder:
        print("skip itemsets: UPROFILE_DATA is not set")
        return
    import glob
    import gzip
    for name, support, aim in (("fimi_t10i4d100k", 100, 0.5), ("fimi_mushroom", 1200, 0.15)):
        path = [f for f in glob.glob(os.path.join(folder, name, "*")) if "README" not in f][0]
        text = (gzip.open if path.endswith(".gz") else open)(path, "rt").read()
        psql("DROP TABLE IF EXISTS b; CREATE TABLE b (basket integer, item integer)")
        lines = text.strip().split("\n")
        if "," in lines[0]:
            rows = "\n".join(line.replace(",", "\t") for line in lines[1:]) + "\n"
        else:
            rows = "".join(f"{i}\t{item}\n" for i, line in enumerate(lines) for item in line.split())
        psql("COPY b FROM STDIN", rows)
        psql("VACUUM ANALYZE b")
        peer = (f"SELECT count(*) FROM (SELECT one.item, other.item FROM b AS one JOIN b AS other USING (basket) "
                f"WHERE one.item < other.item GROUP BY 1, 2 HAVING count(*) >= {support}) AS pairs")
        mine, peers = [], []
        for _ in range(REPEAT):
            seconds, out = timed_sql(f"SELECT count(*) FROM uprofile_itemsets('b', 'basket', 'item', {support}, "
                                     f"max_itemsets => 10000000)")
            mine.append(seconds)
            seconds, pairs = timed_sql(peer)
            peers.append(seconds)
        report(f"{name} >= {support}", median(mine), None, median(peers), aim,
               f"{out.strip()} item sets; the self-join counts {pairs.strip()} pairs", absolute=True)


jobs = sys.argv[1:] or os.environ.get("JOBS", "").split() or ["kmeans", "svm", "hinge", "mlp", "zscore", "predict", "itemsets"]
for job in jobs:
    globals()[job]()
