"""Scaling of whole tables, and the full pipeline: imputed, encoded, scaled."""
import os
import subprocess
import sys

import numpy as np

from common import REPEAT, both_sql, columns, load, median, psql, report, rows_name, size, timed_sql


def zscore():
    rng = np.random.default_rng(3)
    load("z", rng.normal(size=(size(1000000), 20)) * 3 + 5)
    names = [f"c{j + 1}" for j in range(20)]
    stats = ", ".join(f"avg({c}) AS m{c}, stddev_pop({c}) AS s{c}" for c in names)
    scaled = ", ".join(f"({c} - m{c}) / s{c}" for c in names)
    both_sql(f"z-score by uprofile_scale ÷ plain SQL, {rows_name(size(1000000))}", f"CREATE TABLE z1 AS SELECT uprofile_scale(m, {columns(20)}) AS x FROM z, "
             f"(SELECT uprofile_scaler({columns(20)}) AS m FROM z OFFSET 0) AS t",
             f"CREATE TABLE z1 AS SELECT ARRAY[{scaled}] AS x FROM z, (SELECT {stats} FROM z) AS t", 0.5,
             "DROP TABLE IF EXISTS z1", threads=(1, 2), floor=f"CREATE TABLE z1 AS SELECT {columns(20)} AS x FROM z")
    both_sql(f"z-score by uprofile_normalize ÷ plain SQL, {rows_name(size(1000000))}", "SELECT count(*) FROM uprofile_normalize('z', 'z1')",
             f"CREATE TABLE z1 AS SELECT " + ", ".join(f"({c} - m{c}) / s{c} AS {c}" for c in names) +
             f" FROM z, (SELECT {stats} FROM z) AS t", 0.5, "DROP TABLE IF EXISTS z1", threads=(1, 2), floor="CREATE TABLE z1 AS SELECT * FROM z")
    psql(f"DROP TABLE IF EXISTS za; CREATE TABLE za AS SELECT {columns(20)} AS x FROM z")
    psql("VACUUM ANALYZE za")
    stats = ", ".join(f"avg(x[{j}]) AS m{j}, stddev_pop(x[{j}]) AS s{j}" for j in range(1, 21))
    scaled = ", ".join(f"(x[{j}] - m{j}) / s{j}" for j in range(1, 21))
    both_sql(f"z-score of arrays ÷ plain SQL, {rows_name(size(1000000))}", "CREATE TABLE z1 AS SELECT uprofile_scale(m, x) AS x FROM za, "
             "(SELECT uprofile_scaler(x) AS m FROM za OFFSET 0) AS t",
             f"CREATE TABLE z1 AS SELECT ARRAY[{scaled}] AS x FROM za, (SELECT {stats} FROM za) AS t", 0.5,
             "DROP TABLE IF EXISTS z1", threads=(1, 2), floor="CREATE TABLE z1 AS SELECT x FROM za")


# The peer reads the table as people do who know numpy, and writes the result back the same way.
PEER = r"""
import subprocess, sys, time
start = time.perf_counter()
sys.path.insert(0, sys.argv[1])
import io
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from common import load_features
from sides import most_memory
loaded = time.perf_counter()
out = subprocess.run(["psql", "-qXAt", "-c", "COPY m TO STDOUT WITH (FORMAT csv)"], capture_output=True, check=True).stdout
names = [f"n{i}" for i in range(16)] + [f"t{i}" for i in range(4)]
frame = pd.read_csv(io.BytesIO(out), names=["id"] + names)
fetched = time.perf_counter()
made = ColumnTransformer([("n", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), names[:16]),
                          ("t", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(sparse_output=False)), names[16:])])
x = made.fit_transform(frame)
fitted = time.perf_counter()
load_features("m_peer", frame["id"].to_numpy(), x)
end = time.perf_counter()
print(fitted - fetched, end - loaded, most_memory() * 1024, x[:, 0].sum(), x.shape[1])
"""


def pipeline():
    psql("SELECT setseed(0.5); DROP TABLE IF EXISTS m; CREATE TABLE m AS SELECT i AS id, " +
         ", ".join(f"CASE WHEN random() < 0.05 THEN NULL ELSE random() * {j + 1} END AS n{j}" for j in range(16)) + ", " +
         ", ".join(f"CASE WHEN random() < 0.02 THEN NULL ELSE 'value ' || (random() * {3 + j})::int END AS t{j}" for j in range(4)) +
         f" FROM generate_series(1, {size(1000000)}) AS i")
    psql("VACUUM ANALYZE m")
    mine, fits, peers, peer_memory = [], [], [], 0
    sql = ("CREATE TABLE m_features AS SELECT id, uprofile_transform(fitted.m, r) AS x FROM m AS r, (SELECT "
           "uprofile_pipeline(r, '{\"exclude\": [\"id\"]}') AS m FROM m AS r OFFSET 0) AS fitted")
    for _ in range(REPEAT):
        psql("DROP TABLE IF EXISTS m_features, m_peer")
        seconds, _ = timed_sql(sql)
        mine.append(seconds)
        done = subprocess.run([sys.executable, "-c", PEER, os.path.dirname(os.path.abspath(__file__))],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        fit, whole, peak, _, width = done.stdout.split()
        fits.append(float(fit))
        peers.append(float(whole))
        peer_memory = max(peer_memory, float(peak) / 1024)
    same = psql("SELECT array_length(a.x, 1), max(abs(a.x[i] - b.x[i])) FROM m_features AS a JOIN m_peer AS b USING (id), "
                "generate_series(1, array_length(a.x, 1)) AS i WHERE id % 1000 = 0 GROUP BY 1").strip()
    psql("DROP TABLE m_features")
    out = psql(sql + "; SELECT pg_read_file('/proc/' || pg_backend_pid() || '/status')")
    value = lambda key: int([line.split()[1] for line in out.split("\n") if line.startswith(key)][0]) / 1024
    memory = value("VmHWM") - value("RssShmem")
    report(f"impute, one-hot, scale ÷ pandas and scikit-learn, {rows_name(size(1000000))}", median(mine), median(fits), median(peers), 0.3,
           f"features, largest difference: {same}; memory {memory:.0f} MB, peer {peer_memory:.0f} MB: ratio "
           f"{memory / peer_memory:.2f}, aim 0.5")


JOBS = {"zscore": zscore, "pipeline": pipeline}
