"""Scaling of whole tables."""
import numpy as np

from common import both_sql, columns, load, psql


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
    both_sql("z-score 1M x 20, uprofile_normalize", "SELECT count(*) FROM uprofile_normalize('z', 'z1')",
             f"CREATE TABLE z1 AS SELECT " + ", ".join(f"({c} - m{c}) / s{c} AS {c}" for c in names) +
             f" FROM z, (SELECT {stats} FROM z) AS t", 0.5, "DROP TABLE IF EXISTS z1")
    psql(f"DROP TABLE IF EXISTS za; CREATE TABLE za AS SELECT {columns(20)} AS x FROM z")
    psql("VACUUM ANALYZE za")
    stats = ", ".join(f"avg(x[{j}]) AS m{j}, stddev_pop(x[{j}]) AS s{j}" for j in range(1, 21))
    scaled = ", ".join(f"(x[{j}] - m{j}) / s{j}" for j in range(1, 21))
    both_sql("z-score 1M x 20, arrays", "CREATE TABLE z1 AS SELECT uprofile_scale(m, x) AS x FROM za, "
             "(SELECT uprofile_scaler(x) AS m FROM za OFFSET 0) AS t",
             f"CREATE TABLE z1 AS SELECT ARRAY[{scaled}] AS x FROM za, (SELECT {stats} FROM za) AS t", 0.5,
             "DROP TABLE IF EXISTS z1")


JOBS = {"zscore": zscore}
