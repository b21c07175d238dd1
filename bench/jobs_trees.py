"""Trees, forests and boosting: training from a table, and a million predictions."""
import time

import numpy as np

from common import REPEAT, columns, compare, load, made, median, psql, read, report, timed_sql


def data():
    x, y = made(100000)
    load("tr", x, y)
    return x, y


def accuracy(x, y):
    return lambda out, m: f"accuracy on the training rows: scikit-learn {m.score(x, y):.4f}; {out.strip()} leaves"


def tree():
    from sklearn.tree import DecisionTreeClassifier
    x, y = data()
    compare("tree 100k x 20", "tr", 20, 1, f"SELECT uprofile_model_info(uprofile_tree({columns(20)}, y))->'leaves' FROM tr",
            lambda a, b: DecisionTreeClassifier(random_state=0).fit(a, b), 0.12, accuracy(x, y))


def forest():
    from sklearn.ensemble import RandomForestClassifier
    x, y = data()
    compare("forest of 100, 100k x 20", "tr", 20, 1,
            f"SELECT uprofile_model_info(uprofile_forest({columns(20)}, y))->'leaves' FROM tr",
            lambda a, b: RandomForestClassifier(100, n_jobs=1, random_state=0).fit(a, b), 0.08, accuracy(x, y))


def boost(threads=1):
    x, y = data()
    params = '{"n_estimators": 100, "max_depth": 6, "max_leaf_nodes": null, "min_samples_leaf": 1, "l2_regularization": 1, "learning_rate": 0.3}'
    try:
        import xgboost
        peer = lambda a, b: xgboost.XGBClassifier(n_estimators=100, max_depth=6, tree_method="hist", n_jobs=threads).fit(a, b)
        name, aim = "XGBoost", 0.6
    except ImportError:
        from sklearn.ensemble import HistGradientBoostingClassifier
        peer = lambda a, b: HistGradientBoostingClassifier(max_depth=6, max_leaf_nodes=None, early_stopping=False).fit(a, b)
        name, aim = "HistGradientBoosting", 0.6
    compare(f"boost 100 rounds, 100k x 20 ({name}{', two threads' if threads == 2 else ''})", "tr", 20, 1,
            f"SELECT uprofile_model_info(uprofile_boost({columns(20)}, y, '{params}'))->'leaves' FROM tr", peer, aim,
            accuracy(x, y))


def forest_predict():
    """A million predictions in a plain SELECT beside predict with the table out and the result back."""
    from sklearn.ensemble import RandomForestClassifier
    x, y = data()
    million = np.tile(x, (10, 1))
    load("big", million)
    psql(f"DROP TABLE IF EXISTS fm; CREATE TABLE fm AS SELECT uprofile_forest({columns(20)}, y) AS m FROM tr")
    peer = RandomForestClassifier(100, n_jobs=2, random_state=0).fit(x, y)
    peer.set_params(n_jobs=1)
    mine, fits, peers = [], [], []
    for _ in range(min(REPEAT, 2)):
        seconds, out = timed_sql(f"SELECT sum(uprofile_predict(m, {columns(20)})) FROM big, fm")
        mine.append(seconds)
        start = time.perf_counter()
        fetched = read("big", 20)
        middle = time.perf_counter()
        predicted = peer.predict(fetched)
        end = time.perf_counter()
        psql("DROP TABLE IF EXISTS back; CREATE TABLE back (p float8)")
        psql("COPY back FROM STDIN", "\n".join(map(str, predicted.astype(int))) + "\n")
        peers.append(time.perf_counter() - start)
        fits.append(end - middle)
    report("predict 1M, forest of 100", median(mine), median(fits), median(peers), 0.4, f"sums {out.strip()} and {predicted.sum()}")


def boost_two():
    """One process of ours against two threads of XGBoost: rounds follow one another, so that sessions cannot share them."""
    boost(2)


def forest_two():
    """Two workers: two sessions grow half the trees each, and a merge; RandomForest with n_jobs=2."""
    import subprocess
    from sklearn.ensemble import RandomForestClassifier
    x, y = data()
    mine, fits, peers = [], [], []
    for _ in range(min(REPEAT, 2)):
        # A model hardly compresses: it is stored as it is.
        psql("DROP TABLE IF EXISTS halves; CREATE UNLOGGED TABLE halves (m bytea); ALTER TABLE halves ALTER COLUMN m SET STORAGE EXTERNAL")
        start = time.perf_counter()
        halves = [subprocess.Popen(["psql", "-qX", "-c", f"INSERT INTO halves SELECT uprofile_forest({columns(20)}, y, "
                                    f"'{{\"n_estimators\": 50, \"seed\": {k}}}') FROM tr"]) for k in (1, 2)]
        for half in halves:
            half.wait()
        out = psql("SELECT uprofile_model_info(uprofile_merge(m))->'trees' FROM halves")
        mine.append(time.perf_counter() - start)
        start = time.perf_counter()
        fetched = read("tr", 21)
        middle = time.perf_counter()
        m = RandomForestClassifier(100, n_jobs=2, random_state=0).fit(fetched[:, :20], fetched[:, 20])
        fits.append(time.perf_counter() - middle)
        peers.append(time.perf_counter() - start)
    report("forest of 100, two workers", median(mine), median(fits), median(peers), 0.08, f"{out.strip()} trees")


def forest_predict_two():
    """Two workers: a parallel plan of two processes; predict with n_jobs=2."""
    from sklearn.ensemble import RandomForestClassifier
    x, y = data()
    load("big", np.tile(x, (10, 1)))
    psql(f"DROP TABLE IF EXISTS fm; CREATE TABLE fm AS SELECT uprofile_forest({columns(20)}, y) AS m FROM tr")
    peer = RandomForestClassifier(100, n_jobs=2, random_state=0).fit(x, y)
    start = time.perf_counter()
    out = psql("SET max_parallel_workers_per_gather = 1; SET parallel_setup_cost = 0; "
               f"SELECT sum(uprofile_predict((SELECT m FROM fm), {columns(20)})) FROM big")
    mine = time.perf_counter() - start
    start = time.perf_counter()
    fetched = read("big", 20)
    middle = time.perf_counter()
    predicted = peer.predict(fetched)
    end = time.perf_counter()
    psql("DROP TABLE IF EXISTS back; CREATE TABLE back (p float8)")
    psql("COPY back FROM STDIN", "\n".join(map(str, predicted.astype(int))) + "\n")
    report("predict 1M, two workers", mine, end - middle, time.perf_counter() - start, 0.4, f"sums {out.strip()} and {predicted.sum()}")


JOBS = {"tree": tree, "forest": forest, "boost": boost, "forest_predict": forest_predict, "boost_two": boost_two, "forest_two": forest_two,
        "forest_predict_two": forest_predict_two}
