#!/usr/bin/python3
"""k-means through SQL against scikit-learn.

Needs a server with the extension (PGHOST, PGPORT, PGDATABASE) and python3-sklearn; UPROFILE_DATA names the folder of
real data. One line a check: ok, FAIL or skip; status 1 after a failure.
"""
import json
import os
import subprocess
import sys

try:
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.datasets import load_digits, load_iris, load_wine
except ImportError as e:
    print(f"skip kmeans: {e}")
    sys.exit(0)

SEEDS = range(1, 11)
failures = 0


def check(what, good, detail):
    global failures
    failures += not good
    print(f"{'ok' if good else 'FAIL'} kmeans: {what}: {detail}", flush=True)


def run_sql(script):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1"], input=script, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"FAIL kmeans: psql: {done.stderr.strip()}")
        sys.exit(1)
    return done.stdout.splitlines()


def with_rows(x, query):
    """The query's lines beside a temporary table t(id, x float8[])."""
    lines = "\n".join(f"{i}\t{{{','.join(repr(float(v)) for v in row)}}}" for i, row in enumerate(x))
    return run_sql("SET client_min_messages = warning;\nCREATE EXTENSION IF NOT EXISTS uprofile;\n"
                   "CREATE TEMP TABLE t (id int8, x float8[]);\nCOPY t FROM STDIN;\n" + lines + "\n\\.\n" + query)


def model_info(x, k, params):
    literal = json.dumps(params).replace("'", "''")
    return json.loads(with_rows(x, f"SELECT uprofile_model_info(uprofile_kmeans(x, {k}, '{literal}')) FROM t;")[0])


def zscore(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


def check_iris():
    x = load_iris().data
    for seed in (1, 2, 3):
        info = model_info(x, 3, {"seed": seed})
        check(f"iris k=3 seed {seed}", abs(info["inertia"] - 78.851) <= 1e-3 and info["sizes"] == [62, 50, 38],
              f"inertia {info['inertia']}, sizes {info['sizes']}")
    info = model_info(x, 2, {"seed": 1})
    check("iris k=2", abs(info["inertia"] - 152.348) <= 1e-3, f"inertia {info['inertia']}")


def check_given(name, x, k):
    """The same first centres give the same run."""
    first = x[:: len(x) // k][:k]
    info = model_info(x, k, {"init": first.tolist()})
    peer = KMeans(k, init=first, n_init=1, algorithm="lloyd").fit(x)
    # Each cluster by its nearest centre: clusters of equal size may be numbered either way.
    own = np.asarray(info["centres"])
    distance = max(np.abs(own - c).max(axis=1).min() for c in peer.cluster_centers_)
    sizes = sorted(np.bincount(peer.labels_).tolist(), reverse=True)
    check(f"{name} k={k}, given centres", info["iterations"] == peer.n_iter_ and info["sizes"] == sizes
          and distance <= 1e-9 * np.abs(x).max() and abs(info["inertia"] / peer.inertia_ - 1) <= 1e-9,
          f"{info['iterations']} iterations ({peer.n_iter_}), inertia {info['inertia']} ({peer.inertia_}), "
          f"centres within {distance:.1e}")


def check_predict(name, x, k):
    lines = with_rows(x, f"CREATE TEMP TABLE m AS SELECT uprofile_kmeans(x, {k}, '{{\"seed\": 1}}') AS model FROM t;\n"
                         "SELECT uprofile_model_info(model) FROM m;\n"
                         "SELECT uprofile_predict(model, x) FROM t, m ORDER BY id;")
    info = json.loads(lines[0])
    labels = np.array([float(v) for v in lines[1:]]).astype(int)
    centres = np.asarray(info["centres"])
    distances = ((x[:, None, :] - centres[None]) ** 2).sum(axis=2)
    excess = (distances[np.arange(len(x)), labels] - distances.min(axis=1)).max()
    check(f"{name} k={k}, predict", np.bincount(labels, minlength=k).tolist() == info["sizes"]
          and info["sizes"] == sorted(info["sizes"], reverse=True) and excess <= 1e-9 * distances.max(),
          f"sizes {info['sizes']}, nearest within {excess:.1e}")


def check_quality(name, x, k, n_init):
    """Means of 10 seeds: at most 1 % above scikit-learn's."""
    lines = with_rows(x, f"""
        SELECT uprofile_model_info(uprofile_kmeans(x, {k}, jsonb_build_object('seed', s, 'n_init', {n_init})))
        FROM t, generate_series({SEEDS[0]}, {SEEDS[-1]}) AS s GROUP BY s;""")
    own = np.mean([json.loads(line)["inertia"] for line in lines])
    peer = np.mean([KMeans(k, n_init=n_init, random_state=s, algorithm="lloyd").fit(x).inertia_ for s in SEEDS])
    check(f"{name} k={k} n_init={n_init}, mean inertia of {len(SEEDS)} seeds",
          len(lines) == len(SEEDS) and own <= 1.01 * peer, f"{own:.6g}, scikit-learn {peer:.6g}: {own / peer:.5f}")


def online_retail_customers(folder):
    """Recency, frequency, monetary value of every customer: log1p, standardized."""
    import pandas as pd

    lines = pd.read_csv(os.path.join(folder, "online_retail", "online_retail.csv.gz"), parse_dates=["invoice_date"])
    lines = lines[lines.customer_id.notna() & (lines.quantity > 0) & (lines.unit_price > 0)]
    lines = lines.assign(amount=lines.quantity * lines.unit_price)
    rfm = lines.groupby("customer_id").agg(last=("invoice_date", "max"), frequency=("invoice_no", "nunique"),
                                           amount=("amount", "sum"))
    recency = (lines.invoice_date.max() - rfm["last"]).dt.total_seconds() / 86400
    return zscore(np.log1p(np.column_stack([recency, rfm.frequency, rfm.amount])))


def main():
    wine, digits = load_wine().data, load_digits().data
    check_iris()
    check_given("iris", load_iris().data, 5)
    check_given("wine standardized", zscore(wine), 4)
    check_given("digits", digits, 10)
    check_predict("wine", wine, 5)
    check_predict("digits", digits, 10)
    check_quality("wine", wine, 3, 10)
    check_quality("wine standardized", zscore(wine), 3, 10)
    check_quality("digits", digits, 10, 10)
    folder = os.environ.get("UPROFILE_DATA")
    if not folder or not os.path.exists(os.path.join(folder, "online_retail")):
        print("skip kmeans: Online Retail's customers: UPROFILE_DATA is not set")
    else:
        customers = online_retail_customers(folder)
        check("Online Retail: customers with a valid purchase", len(customers) == 4338, str(len(customers)))
        check_given("Online Retail", customers, 6)
        for k in (4, 6):
            check_quality("Online Retail", customers, k, 10)
    sys.exit(failures > 0)


main()
