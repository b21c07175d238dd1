#!/usr/bin/python3
"""Gaussian mixtures and the choice of k through SQL against scikit-learn.

Log-likelihoods, BIC and AIC are those of sklearn's GaussianMixture started from the same clusters or from several; memberships
are worked out from the model's own parameters by scipy. Inertia and silhouette of uprofile_choose_k are sklearn's.
"""
import json
import os
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Kept, Spec, load_arrays, psql

try:
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.datasets import load_digits, load_iris, load_wine
    from sklearn.decomposition import PCA
    from sklearn.metrics import silhouette_score
    from sklearn.mixture import GaussianMixture
except ImportError as e:
    print(f"skip gmm: {e}")
    sys.exit(0)

warnings.simplefilter("ignore")
spec = Spec("gmm")
kept = Kept("gmm")
LONG = os.environ.get("UP_LONG") == "1"


def scaled(x):
    return (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1)


def synthetic(seed, overlap):
    rng = np.random.default_rng(seed)
    parts = []
    for c in range(4):
        a = rng.normal(size=(3, 3))
        parts.append(rng.normal(size=(150 + 100 * c, 3)) @ a + rng.normal(size=3) * 6 / overlap)
    return np.vstack(parts)


# Name, rows, k, how many starts each has.
worlds = [
    ("wine", scaled(load_wine().data), 3, ["full", "tied", "diag", "spherical"]),
    ("digits_pca", PCA(10, random_state=0).fit_transform(load_digits().data), 10, ["full", "diag"]),
    ("digits_pixels", load_digits().data / 16, 10, ["diag"]),
    ("apart", synthetic(1, 1), 4, ["full", "tied", "diag", "spherical"]),
    ("overlapping", synthetic(2, 3), 4, ["full", "tied"]),
]
for name, x, k, types in worlds:
    table = "gmm_" + name
    load_arrays(table, x)
    for kind in types:
        starts = 10 if LONG else 4
        params = json.dumps({"covariance_type": kind, "n_init": starts, "tol": 1e-5, "max_iter": 500})
        info = json.loads(psql(f"SELECT uprofile_model_info(uprofile_gmm(x, {k}, '{params}')) FROM {table}"))

        def ask():
            peer = GaussianMixture(k, covariance_type=kind, n_init=starts, tol=1e-5, max_iter=500, random_state=0).fit(x)
            return [peer.score(x), peer._n_parameters()]

        theirs, p = kept.get(f"{table} {kind} {starts}", [x], ask)
        ours = info["log_likelihood"]
        # Each keeps the best of the maxima that it has found, which need not be the same.
        spec.check(f"{name} {kind} k={k}", ours >= theirs - abs(theirs) * (1e-2 if name == "digits_pixels" else 2e-3 if name == "digits_pca" else 1e-3),
                   f"log-likelihood {ours:.5f}, scikit-learn {theirs:.5f}")
        spec.close(f"{name} {kind}: BIC and AIC", [info["bic"], info["aic"]],
                   [-2 * ours * len(x) + p * np.log(len(x)), -2 * ours * len(x) + 2 * p], 1e-9)

# From the same start, on clusters that are apart, the same steps: equal to the last digits that the order of sums decides.
x = synthetic(1, 1)
info = json.loads(psql("SELECT uprofile_model_info(uprofile_gmm(x, 4, '{\"tol\": 1e-9, \"max_iter\": 2000}')) FROM gmm_apart"))
peer = GaussianMixture(4, tol=1e-9, max_iter=2000, n_init=3, random_state=1).fit(x)
spec.close("apart: weights", sorted(info["weights"]), sorted(peer.weights_), 1e-6)
spec.close("apart: means", sorted(map(tuple, info["centres"])), sorted(map(tuple, peer.means_)), 1e-5)
spec.check("components are numbered by weight", info["weights"] == sorted(info["weights"], reverse=True))

# Soft membership: what scikit-learn says with the same parameters, of rows and of the hardest cluster.
for kind in ["full", "tied", "diag", "spherical"] if LONG else ["full", "diag"]:
    order = json.loads(psql(f"SELECT uprofile_model_info(uprofile_gmm(x, 4, '{{\"covariance_type\": \"{kind}\", \"tol\": 1e-10, \"max_iter\": 5000, \"n_init\": 3}}')) FROM gmm_overlapping"))
    x = worlds[4][1]
    peer = GaussianMixture(4, covariance_type=kind, tol=1e-10, max_iter=5000, means_init=order["centres"], weights_init=order["weights"], random_state=0).fit(x)
    if abs(peer.score(x) - order["log_likelihood"]) > 1e-6:
        spec.skip(f"membership {kind}: scikit-learn went to another maximum")
        continue
    peer_order = np.argsort(-peer.weights_)
    lines = psql("SELECT uprofile_predict(m, x), " + ", ".join(f"uprofile_predict_proba(m, x, '{c}')" for c in range(4)) +
                 f", uprofile_predict_proba(m, x) FROM gmm_overlapping, (SELECT uprofile_gmm(x, 4, '{{\"covariance_type\": \"{kind}\", \"tol\": 1e-10, "
                 f"\"max_iter\": 5000, \"n_init\": 3}}') AS m FROM gmm_overlapping) AS t").split("\n")
    got = np.array([[float(v) for v in line.split("|")] for line in lines if line])
    table = psql("SELECT x FROM gmm_overlapping").split("\n")
    rows = np.array([[float(v) for v in line.strip("{}").split(",")] for line in table if line])
    want = peer.predict_proba(rows)[:, peer_order]
    spec.close(f"membership {kind}", got[:, 1:5], want, 1e-4)
    spec.check(f"the hardest cluster {kind}", (got[:, 0] == got[:, 1:5].argmax(axis=1)).all() and np.abs(got[:, 5] - got[:, 1:5].max(axis=1)).max() < 1e-12)

# The choice of k: k-means' inertia, at which scikit-learn's KMeans stays as well, and the silhouette of its labels.
for name, x, best in [("iris", load_iris().data, 2), ("wine", scaled(load_wine().data), 3)]:
    load_arrays("gmm_k", x)
    got = [line.split("|") for line in psql(
        "SELECT k, inertia, silhouette, chosen, uprofile_model_info((SELECT uprofile_kmeans(x, k) FROM gmm_k)) -> 'centres' "
        "FROM uprofile_choose_k('SELECT x FROM gmm_k', 2, 6, '{\"scale\": \"none\", \"references\": 5}')").splitlines()]
    peers = [KMeans(int(g[0]), init=np.array(json.loads(g[4])), n_init=1).fit(x) for g in got]
    spec.close(f"choose_k {name}: inertia", [float(g[1]) for g in got], [p.inertia_ for p in peers], 1e-9)
    spec.close(f"choose_k {name}: silhouette", [float(g[2]) for g in got], [silhouette_score(x, p.labels_) for p in peers], 1e-9)
    spec.check(f"choose_k {name}: chosen", [int(g[0]) for g in got if g[3] == "t"] == [best])
psql("".join(f"DROP TABLE IF EXISTS gmm_{w[0]}; " for w in worlds) + "DROP TABLE IF EXISTS gmm_k;")
spec.finish()
