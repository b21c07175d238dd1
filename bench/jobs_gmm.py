"""Gaussian mixtures against scikit-learn's GaussianMixture, as many iterations on both sides."""
import json

import numpy as np

from common import columns, compare, load, size


def mixture(kind, n, d, k, aim):
    from sklearn.mixture import GaussianMixture
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(k, d)) * 1.2
    x = centres[rng.integers(0, k, n)] + rng.normal(size=(n, d))
    name = f"gm_{kind}"
    load(name, x)
    iterations = 20
    params = json.dumps({"covariance_type": kind, "tol": 0, "max_iter": iterations})
    sql = (f"SELECT i->'log_likelihood', i->'iterations' FROM (SELECT uprofile_model_info(uprofile_gmm({columns(d)}, {k}, "
           f"'{params}')) AS i FROM {name}) AS m")

    def fit(data, _):
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return GaussianMixture(k, covariance_type=kind, tol=0, max_iter=iterations, random_state=0).fit(data)

    compare(f"mixture of 8, {kind} ÷ GaussianMixture, {n:,} × {d}", name, d, 0, sql, fit, aim, lambda out, m: f"log-likelihood, iterations {out.strip()}; scikit-learn "
            f"{m.score(x):.6f}|{m.n_iter_}", group="Clusters")


def of(kind):
    return lambda: mixture(kind, size(200000), 16, 8, 0.3)


JOBS = {"gmm": of("full"), "gmm_tied": of("tied"), "gmm_diag": of("diag"), "gmm_spherical": of("spherical")}
