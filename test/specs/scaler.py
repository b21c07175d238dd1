"""Scalers through SQL against scikit-learn, to 1e-12; columns around 1e9 against exact rationals, to 1e-9."""
import os
import sys
from fractions import Fraction

import numpy as np
from sklearn.preprocessing import (MaxAbsScaler, MinMaxScaler, PowerTransformer, QuantileTransformer, RobustScaler,
                                   StandardScaler)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import psql

failed = False


def check(name, good, detail):
    global failed
    failed = failed or not good
    print(("ok" if good else "FAIL") + f" scaler: {name}: {detail}", flush=True)


def load(x):
    psql("DROP TABLE IF EXISTS s; CREATE TABLE s (id integer, x float8[])")
    lines = "".join(f"{i}\t{{{','.join(repr(float(v)) for v in row)}}}\n" for i, row in enumerate(x))
    psql("COPY s FROM STDIN", lines)


def arrays(expression, params):
    out = psql(f"WITH m AS (SELECT uprofile_scaler(x, '{params}') AS m FROM s) "
               f"SELECT {expression} FROM s, m ORDER BY id")
    return np.array([[float(v) for v in line.strip("{}").split(",")] for line in out.split()])


rng = np.random.default_rng(7)
x = np.column_stack([rng.normal(size=997), rng.exponential(3, 997) * 100, rng.integers(0, 5, 997) * 1.0,
                     rng.normal(1e4, 2, 997), np.full(997, 3.5)])
load(x)
for name, params, peer in (
        ("zscore", "{}", StandardScaler()),
        ("zscore without centering", '{"with_centering": false}', StandardScaler(with_mean=False)),
        ("zscore without scaling", '{"with_scaling": false}', StandardScaler(with_std=False)),
        ("minmax", '{"method": "minmax"}', MinMaxScaler()),
        ("minmax -2 to 5", '{"method": "minmax", "feature_range": [-2, 5]}', MinMaxScaler((-2, 5))),
        ("maxabs", '{"method": "maxabs"}', MaxAbsScaler()),
        ("robust", '{"method": "robust"}', RobustScaler()),
        ("robust 5 to 95", '{"method": "robust", "quantile_range": [5, 95]}', RobustScaler(quantile_range=(5, 95))),
        ("quantile", '{"method": "quantile", "n_quantiles": 100}', QuantileTransformer(n_quantiles=100, subsample=10**9)),
        ("normal quantiles", '{"method": "quantile", "n_quantiles": 100, "output_distribution": "normal"}',
         QuantileTransformer(n_quantiles=100, output_distribution="normal", subsample=10**9)),
        ("yeo_johnson", '{"method": "yeo_johnson"}', PowerTransformer())):
    # The power that makes 10000 ± 2 normal is anybody's guess: the likelihood is flat to the last digit.
    n = 3 if name == "yeo_johnson" else 4
    want = peer.fit_transform(x)[:, :n]
    got = arrays("uprofile_scale(m, x)", params)
    error = np.abs(got[:, :n] - want).max() / max(1, np.abs(want).max())
    check(name, error <= (1e-6 if name == "yeo_johnson" else 1e-12), f"largest difference {error:.1e}")
    constant = got[:, 4]
    low = -2 if "-2" in params else 0
    check(name + ", a constant column", np.all(constant == low), f"becomes {constant[0]}")
    back = arrays("uprofile_unscale(m, uprofile_scale(m, x))", params)
    error = (np.abs(back - x) / np.maximum(1, np.abs(x)))[:, :n].max()
    check(name + ", undone", error <= 1e-12, f"largest difference {error:.1e}")

big = np.column_stack([1e9 + rng.normal(size=5000), -1e9 + rng.normal(size=5000)])
load(big)
got = arrays("uprofile_scale(m, x)", "{}")
for j in range(2):
    exact = [Fraction(float(v)) for v in big[:, j]]
    mean = sum(exact) / len(exact)
    deviation = float(sum((v - mean) ** 2 for v in exact) / len(exact)) ** 0.5
    want = np.array([float(v - mean) for v in exact]) / deviation
    error = np.abs(got[:, j] - want).max()
    check(f"values around {big[0, j]:.0e} with variance 1, exact rationals", error <= 1e-9, f"largest difference {error:.1e}")
sys.exit(failed)
