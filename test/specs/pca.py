"""Principal components through SQL against scikit-learn, to 1e-8; columns around 1e9 against exact rationals."""
import json
import os
import sys
from fractions import Fraction

import numpy as np
from sklearn.decomposition import PCA

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import psql

failed = False


def check(name, good, detail):
    global failed
    failed = failed or not good
    print(("ok" if good else "FAIL") + f" pca: {name}: {detail}", flush=True)


def load(x):
    psql("DROP TABLE IF EXISTS p; CREATE TABLE p (id integer, x float8[])")
    lines = "".join(f"{i}\t{{{','.join(repr(float(v)) for v in row)}}}\n" for i, row in enumerate(x))
    psql("COPY p FROM STDIN", lines)


def info(params="{}"):
    return json.loads(psql(f"SELECT uprofile_model_info(uprofile_pca(x, '{params}')) FROM p"))


def arrays(expression, params="{}"):
    out = psql(f"WITH m AS (SELECT uprofile_pca(x, '{params}') AS m FROM p) SELECT {expression} FROM p, m ORDER BY id")
    return np.array([[float(v) for v in line.strip("{}").split(",")] for line in out.split()])


def gap(got, want):
    got, want = np.asarray(got, float), np.asarray(want, float)
    if got.shape != want.shape:
        return np.inf
    return float(np.abs(got - want).max() / max(np.abs(want).max(), 1e-300))


def flipped(peer):
    """Signs as scikit-learn has them since 1.5: the largest loading is positive."""
    w = peer.components_
    w *= np.sign(w[np.arange(len(w)), np.abs(w).argmax(axis=1)])[:, None]
    return peer


def compare(name, x, params, peer, most=1e-8, reference=None):
    """reference: the same rows without what both cannot hold exactly."""
    load(x)
    flipped(peer.fit(x if reference is None else reference))
    i = info(params)
    gaps = {"components": gap(i["components"], peer.components_),
            "variance": gap(i["explained_variance"], peer.explained_variance_),
            "ratio": gap(i["explained_variance_ratio"], peer.explained_variance_ratio_),
            "singular values": gap(i["singular_values"], peer.singular_values_),
            "noise": abs(i["noise_variance"] - peer.noise_variance_) / peer.explained_variance_[0]}
    if reference is None:
        gaps["mean"] = gap(i["mean"], peer.mean_)
    z = arrays("uprofile_transform(m, x)", params)
    gaps["rows"] = gap(z, peer.transform(x if reference is None else reference))
    # Embeddings are real: what is beyond their last digit.
    gaps["embedded"] = max(gap(arrays("uprofile_embed(m, x)", params), z) - 2.0 ** -23, 0)
    back = arrays("uprofile_unscale(m, uprofile_transform(m, x))", params)
    gaps["undone"] = gap(back, peer.inverse_transform(peer.transform(x if reference is None else reference))
                         if reference is None else back)
    worst = max(gaps, key=gaps.get)
    check(name, gaps[worst] <= most, f"{i['n_components']} components, largest difference {gaps[worst]:.1e} ({worst})")
    return i


rng = np.random.default_rng(11)
base = rng.normal(size=(1500, 6)) @ rng.normal(size=(6, 9)) * np.geomspace(1, 40, 9) + rng.normal(size=(1500, 9))
base += np.arange(9) * 7.0
compare("9 features", base, "{}", PCA(), 1e-10)
compare("3 components", base, '{"n_components": 3}', PCA(3), 1e-10)
compare("whitened", base, '{"n_components": 4, "whiten": true}', PCA(4, whiten=True), 1e-9)
for share in (0.5, 0.9, 0.99, 0.9999):
    compare(f"{share:%} of the variance", base, json.dumps({"n_components": share}), PCA(share, svd_solver="full"), 1e-9)
compare("one feature", base[:, :1], "{}", PCA(), 1e-12)
compare("two rows", base[:2, :3], '{"n_components": 1}', PCA(1), 1e-10)
compare("a constant among others", np.column_stack([base[:, :3], np.full(1500, 5.5)]), '{"n_components": 3}', PCA(3), 1e-10)
compare("fewer rows than columns", rng.normal(size=(12, 40)) * np.geomspace(1, 9, 40), '{"n_components": 11}', PCA(11), 1e-9)
compare("600 columns", rng.normal(size=(700, 600)) * np.geomspace(1, 30, 600), '{"n_components": 5}', PCA(5, svd_solver="full"), 1e-8)
wide = rng.normal(size=(3000, 4)) * (5, 3, 2, 1) + rng.normal(size=(3000, 1))
compare("values around 1e12", np.round(wide * 1024) / 1024 + 2.0 ** 40, '{"n_components": 4}', PCA(4), 1e-9,
        np.round(wide * 1024) / 1024)
shifted = wide + np.array([1e9, -1e9, 1e9, 0])
compare("values around 1e9", shifted, "{}", PCA(), 1e-8, shifted - np.array([1e9, -1e9, 1e9, 0]))

# The same in exact arithmetic, as far as covariances.
exact = [[Fraction(float(v)) for v in row] for row in shifted[:400]]
n = len(exact)
mean = [sum(row[j] for row in exact) / n for j in range(4)]
covariance = np.array([[float(sum((r[a] - mean[a]) * (r[b] - mean[b]) for r in exact) / (n - 1)) for b in range(4)]
                       for a in range(4)])
load(shifted[:400])
i = info()
w = np.array(i["components"])
error = gap(w.T @ np.diag(i["explained_variance"]) @ w, covariance)
check("covariances around 1e9, exact rationals", error <= 1e-13, f"largest difference {error:.1e}")

# Equal eigenvalues: any basis of their space will do, and it must be one.
cross = np.vstack([s * e for e in np.eye(5) * np.array([3, 3, 3, 1, 1]) for s in (1, -1)])
load(cross)
i = info()
w = np.array(i["components"])
check("equal eigenvalues", gap(i["explained_variance"], PCA().fit(cross).explained_variance_) < 1e-14 and
      np.abs(w @ w.T - np.eye(5)).max() < 1e-14 and np.abs(w[:3, 3:]).max() < 1e-14, str(np.round(i["explained_variance"], 6)))
check("signs", all(row[np.argmax(np.abs(row) > np.abs(row).max() * (1 - 1e-9))] > 0 for row in w), "the largest loading is positive")

# Rows in any order, in parallel, and as a merge of parts.
load(base)
serial = psql("SET max_parallel_workers_per_gather = 0; SELECT uprofile_model_info(uprofile_pca(x))->'components' FROM p").split("\n")[-2]
parallel = psql("SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2; "
                "SELECT uprofile_model_info(uprofile_pca(x))->'components' FROM p").split("\n")[-2]
parts = psql("SELECT uprofile_model_info(uprofile_merge(m))->'components' FROM (SELECT uprofile_pca(x) AS m FROM p GROUP BY id % 7) AS q")
for name, other in (("in parallel", parallel), ("merged", parts)):
    error = gap(json.loads(other), json.loads(serial))
    check(name, error <= 1e-10, f"largest difference {error:.1e}")

# Weights: a row that weighs 3 counts as three, but for the degrees of freedom.
psql("DROP TABLE IF EXISTS q; CREATE TABLE q AS SELECT x[1] AS a, x[2] AS b, x[3] AS c, 1 + id % 3 AS w FROM p")
i = json.loads(psql("""SELECT uprofile_model_info(uprofile_pca(q, '{"weight": "w", "scale": "none"}')) FROM q"""))
peer = flipped(PCA().fit(np.repeat(base[:, :3], 1 + np.arange(1500) % 3, axis=0)))
error = max(gap(i["components"], peer.components_), gap(i["explained_variance_ratio"], peer.explained_variance_ratio_))
check("weights", error <= 1e-10, f"largest difference {error:.1e}")
sys.exit(failed)
