"""uprofile_compare against scipy's tests and numpy's bootstrap, from the predictions of the same versions."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, load_table, psql, rows

import numpy as np
from scipy import stats
from sklearn import metrics as sk

spec = Spec("compare")


def mcnemar(right_a, right_b):
    """As statsmodels' mcnemar: exact below 25 discordant pairs, else chi-squared with the correction for continuity."""
    only_a, only_b = int(np.sum(right_a & ~right_b)), int(np.sum(right_b & ~right_a))
    n = only_a + only_b
    if n < 25:
        return min(1, 2 * stats.binom.cdf(min(only_a, only_b), n, 0.5)) if n else 1
    return stats.chi2.sf((abs(only_a - only_b) - 1) ** 2 / n, 1) if only_a != only_b else 1


def bootstrap(figure, n, samples, rng):
    drawn = []
    for _ in range(samples):
        i = rng.integers(0, n, n)
        drawn.append(figure(i))
    drawn = np.array(drawn)
    p = min(1, 2 * (min(np.sum(drawn <= 0), np.sum(drawn >= 0)) + 1) / (samples + 1))
    return (*np.percentile(drawn, [2.5, 97.5]), p)


def predictions(model, version):
    got = rows(f"SELECT uprofile_predict_label(m, t) AS l, uprofile_predict_proba(m, t) AS p FROM t, uprofile_model('{model}', {version}) AS m ORDER BY id")
    return np.array([r["l"] == "true" for r in got]), np.array([r["p"] for r in got])


for case, (n, noise) in enumerate(((60, 1), (300, 3), (2000, 1.5))):
    rng = np.random.default_rng(case)
    x = rng.normal(size=(n, 3))
    y = x @ [1, 1, 0.3] + noise * rng.normal(size=n) > 0
    load_table("t", [("id", "integer"), ("a", "float8"), ("b", "float8"), ("c", "float8"), ("y", "boolean")],
               [[i, *map(float, r), bool(v)] for i, (r, v) in enumerate(zip(x, y))])
    model = f"spec compare {case}"
    for columns, algorithm in (("a, c", "logistic"), ("a, b, c", "forest")):
        psql(f"SELECT uprofile_train('{model}', 'SELECT id, {columns}, y FROM t', target => 'y', algorithm => '{algorithm}', key => 'id', deploy => 'never')")
    got = {r["metric"]: r for r in rows(f"SELECT * FROM uprofile_compare('{model}', 1, 2, 'SELECT * FROM t', bootstrap => 2000)")}
    (label_a, proba_a), (label_b, proba_b) = predictions(model, 1), predictions(model, 2)
    spec.close(f"{n} rows: accuracy", [got["accuracy"][k] for k in ("value_a", "value_b", "difference")],
               [np.mean(label_a == y), np.mean(label_b == y), np.mean(label_b == y) - np.mean(label_a == y)], 1e-12)
    spec.close(f"{n} rows: McNemar", got["accuracy"]["p_value"], mcnemar(label_a == y, label_b == y), 1e-10)
    for metric, figure in (("auc", lambda i: sk.roc_auc_score(y[i], proba_b[i]) - sk.roc_auc_score(y[i], proba_a[i])),
                           ("brier", lambda i: sk.brier_score_loss(y[i], proba_b[i]) - sk.brier_score_loss(y[i], proba_a[i]))):
        low, high, p = bootstrap(figure, n, 1000, rng)
        g = got[metric]
        spec.close(f"{n} rows: {metric}", g["difference"], figure(np.arange(n)), 1e-12)
        # Ends of an interval are known to about a tenth of its width from so many samples.
        spec.check(f"{n} rows: {metric}: interval", max(abs(g["low"] - low), abs(g["high"] - high)) < 0.15 * (high - low), f"{g['low']:.4f} to {g['high']:.4f}, numpy {low:.4f} to {high:.4f}")
        spec.check(f"{n} rows: {metric}: p", abs(g["p_value"] - p) < 0.08, f"{g['p_value']:.4f}, numpy {p:.4f}")
    psql(f"SELECT uprofile_drop_model('{model}')")
spec.finish()
