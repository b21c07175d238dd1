"""Metrics with weights of the rows against scikit-learn's sample_weight: random cases with ties, an absent class, weights that repeat rows.

UP_LONG=1 takes 50 cases of each, else a tenth of them."""
import os
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, load_table, psql, rows

import numpy as np
from sklearn import metrics as sk

warnings.filterwarnings("ignore")
spec = Spec("weights")
CASES = 50 if os.environ.get("UP_LONG") else 8


def weighted_median(x, w):
    """The least value up to which half of the weight lies (newer scikit-learn takes the mean of two)."""
    order = np.argsort(x, kind="stable")
    total = np.cumsum(w[order])
    return x[order][np.searchsorted(total, total[-1] / 2)]


def calibration_error(y, p, w, bins=10):
    at = np.clip(np.searchsorted(np.arange(1, bins) / bins, p, side="left"), 0, bins - 1)
    return sum(abs(np.sum((w * (y - p))[at == k])) for k in range(bins)) / np.sum(w)


def weights(rng, n, case):
    w = rng.integers(1, 4, n).astype(float) if case % 3 == 0 else rng.exponential(size=n) + 1e-3
    return w * (1e6 if case % 5 == 4 else 1)


# All cases stand in one table, and are measured by one query.
def compare(what, kinds, cases, expressions):
    """cases: [(columns, {name: value})]; expressions: name → SQL."""
    load_table("m", [("case_id", "integer")] + kinds, ([i, *r] for i, (columns, _) in enumerate(cases) for r in zip(*columns)))
    names = list(expressions)
    got = rows("SELECT " + ", ".join(f"{expressions[n]} AS m{k}" for k, n in enumerate(names)) + " FROM m GROUP BY case_id ORDER BY case_id")
    for k, n in enumerate(names):
        mine = np.array([np.nan if r[f"m{k}"] is None else r[f"m{k}"] for r in got])
        spec.close(f"{what}: {n}, {len(cases)} cases", mine, [c[1][n] for c in cases], 1e-12)


labels, scores, values = [], [], []
for case in range(CASES):
    rng = np.random.default_rng(case)
    n = int(rng.integers(2, 400))
    w = weights(rng, n, case)
    # A class that never occurs among the actual labels, and one that is never predicted.
    a, p = rng.integers(0, 4, n), rng.integers(1, 5, n)
    want = {"accuracy": sk.accuracy_score(a, p, sample_weight=w), "balanced_accuracy": sk.balanced_accuracy_score(a, p, sample_weight=w),
            "mcc": sk.matthews_corrcoef(a, p, sample_weight=w), "kappa": sk.cohen_kappa_score(a, p, sample_weight=w)}
    for average in ("macro", "micro", "weighted"):
        for f, g in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
            want[f"{f} {average}"] = g(a, p, average=average, sample_weight=w, zero_division=0)
    for f, g in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        want[f"{f} of 2"] = g(a, p, labels=[2], average="macro", sample_weight=w, zero_division=0)
    labels.append(([a.tolist(), p.tolist(), w], want))

    y = rng.random(n) < 0.4
    y[:2] = [True, False]
    s = np.round(np.clip(rng.normal(y * 0.3 + 0.35, 0.25), 0.001, 0.999), (1, 2, 15)[case % 3])
    inner = np.clip(s, 1e-9, 1 - 1e-9)
    scores.append(([y, s, inner, w], {"auc": sk.roc_auc_score(y, s, sample_weight=w), "average_precision": sk.average_precision_score(y, s, sample_weight=w),
                                      "log_loss": sk.log_loss(y, inner, sample_weight=w), "brier": sk.brier_score_loss(y, inner, sample_weight=w),
                                      "calibration_error": calibration_error(y, s, w)}))

    v = rng.normal(size=n) * 10 ** (case % 4) + 5
    q = np.round(v + rng.normal(size=n), 2)
    r2 = sk.r2_score(v, q, sample_weight=w)
    values.append(([v, q, w], {"rmse": np.sqrt(sk.mean_squared_error(v, q, sample_weight=w)), "mae": sk.mean_absolute_error(v, q, sample_weight=w), "r2": r2,
                               "mape": sk.mean_absolute_percentage_error(v, q, sample_weight=w), "median_absolute_error": weighted_median(np.abs(v - q), w),
                               "quantile_loss": sk.mean_pinball_loss(v, q, sample_weight=w, alpha=0.3),
                               "adjusted_r2": 1 - (1 - r2) * (n - 1) / (n - 2) if n > 2 else np.nan}))

asked = {m: f"uprofile_{m}(a, p, w)" for m in ("accuracy", "balanced_accuracy", "mcc", "kappa")}
for f in ("precision", "recall", "f1"):
    asked.update({f"{f} {v}": f"uprofile_{f}(a, p, '{{\"average\": \"{v}\"}}', w)" for v in ("macro", "micro", "weighted")})
for kind in ("float8", "text"):
    of = {f"{f} of 2": f"uprofile_{f}(a, p, '{{\"positive\": {2 if kind == 'float8' else chr(34) + '2' + chr(34)}}}', w)" for f in ("precision", "recall", "f1")}
    compare(f"labels ({kind})", [("a", kind), ("p", kind), ("w", "float8")], labels, {**asked, **of})
compare("scores", [("y", "boolean"), ("s", "float8"), ("i", "float8"), ("w", "float8")], scores,
        {"auc": "uprofile_auc(y, s, '{}', w)", "average_precision": "uprofile_average_precision(y, s, '{}', w)", "log_loss": "uprofile_log_loss(y, i, '{}', w)",
         "brier": "uprofile_brier(y, i, '{}', w)", "calibration_error": "uprofile_calibration_error(y, s, '{\"bins\": 10}', w)"})
compare("values", [("v", "float8"), ("q", "float8"), ("w", "float8")], values,
        {**{m: f"uprofile_{m}(v, q, w)" for m in ("rmse", "mae", "r2", "mape", "median_absolute_error")},
         "quantile_loss": "uprofile_quantile_loss(v, q, '{\"quantile\": 0.3}', w)", "adjusted_r2": "uprofile_adjusted_r2(v, q, '{\"features\": 1}', w)"})

# A weight of 2 is a row that comes twice, and one of 0 or NULL is none; parallel parts meet.
same = rows("""WITH d AS (SELECT y, s, i, 1 + case_id % 2 AS w FROM m_scores), twice AS (SELECT d.* FROM d, generate_series(1, w))
SELECT abs(a.auc - b.auc) + abs(a.acc - b.acc) + abs(a.ce - b.ce) + abs(a.ap - b.ap) AS off FROM
(SELECT uprofile_auc(y, s, '{}', w) AS auc, uprofile_accuracy(y, s > 0.5, w) AS acc, uprofile_calibration_error(y, s, '{}', w) AS ce, uprofile_average_precision(y, s, '{}', w) AS ap FROM d) a,
(SELECT uprofile_auc(y, s) AS auc, uprofile_accuracy(y, s > 0.5) AS acc, uprofile_calibration_error(y, s) AS ce, uprofile_average_precision(y, s) AS ap FROM twice) b""".replace("m_scores", "(VALUES " + ", ".join(
    f"({'true' if t else 'false'}, {v!r}::float8, {v!r}::float8, {k})" for k, (t, v) in enumerate(zip(scores[1][0][0], scores[1][0][1].tolist()))) + ") AS x(y, s, i, case_id)"))
spec.close("a weight of 2 is a row twice", [same[0]["off"]], [0], 1e-12)
psql("CREATE TABLE w_big AS SELECT i % 7 > 3 AS a, (i * 31 % 101) / 101.0 AS s, (i % 5) / 4.0 AS w FROM generate_series(1, 50000) i; ALTER TABLE w_big SET (parallel_workers = 2)")
figures = "uprofile_auc(a, s, '{}', w) AS auc, uprofile_accuracy(a, s > 0.5, w) AS acc, uprofile_rmse(a::int, s, w) AS rmse, uprofile_r2(a::int, s, w) AS r2, uprofile_median_absolute_error(a::int, s, w) AS med"
serial = rows(f"SELECT {figures} FROM (SELECT * FROM w_big OFFSET 0) x")[0]
got = psql("SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SELECT row_to_json(r) FROM (SELECT " + figures + " FROM w_big) r")
import json
spec.close("parallel parts", list(json.loads(got).values()), list(serial.values()), 1e-12)

# uprofile_evaluate with a column of weights.
rng = np.random.default_rng(3)
x = rng.normal(size=(300, 2))
y = x @ [1, -1] + rng.normal(size=300) > 0.3
w = np.where(rng.random(300) < 0.2, 0, rng.exponential(size=300))
load_table("t", [("id", "integer"), ("a", "float8"), ("b", "float8"), ("y", "boolean"), ("w", "float8")], [[i, *map(float, r), bool(v), float(k)] for i, (r, v, k) in enumerate(zip(x, y, w))])
psql("SELECT uprofile_train('spec weights', 'SELECT id, a, b, y FROM t', target => 'y', algorithm => 'logistic', key => 'id', deploy => 'always')")
psql("SELECT uprofile_train('spec weights v', 'SELECT id, a, b, 3 * a - b + abs(b) AS v FROM t', target => 'v', algorithm => 'linear', key => 'id', deploy => 'always')")
proba = np.array([r["p"] for r in rows("SELECT uprofile_predict_proba('spec weights', t) AS p FROM t ORDER BY id")])
got = {r["metric"]: r for r in rows("SELECT * FROM uprofile_evaluate('spec weights', 'SELECT * FROM t', weight => 'w')")}
k = w > 0
share = np.average(y, weights=w)
want = {"rows": k.sum(), "accuracy": sk.accuracy_score(y, proba > 0.5, sample_weight=w), "auc": sk.roc_auc_score(y, proba, sample_weight=w), "log_loss": sk.log_loss(y, proba, sample_weight=w),
        "f1": sk.f1_score(y, proba > 0.5, sample_weight=w), "brier": sk.brier_score_loss(y, proba, sample_weight=w), "calibration_error": calibration_error(y, proba, w)}
spec.close("evaluate", [got[m]["value"] for m in want], list(want.values()), 1e-12)
spec.close("evaluate: the constant", [got[m]["baseline"] for m in ("accuracy", "brier")], [max(share, 1 - share), share * (1 - share)], 1e-12)
value = np.array([r["p"] for r in rows("SELECT uprofile_predict('spec weights v', t) AS p FROM t ORDER BY id")])
v = 3 * x[:, 0] - x[:, 1] + abs(x[:, 1])
got = {r["metric"]: r["value"] for r in rows("SELECT * FROM uprofile_evaluate('spec weights v', 'SELECT *, 3 * a - b + abs(b) AS v FROM t', weight => 'w')")}
r2 = sk.r2_score(v, value, sample_weight=w)
spec.close("evaluate: regression", [got["rmse"], got["r2"], got["adjusted_r2"]],
           [np.sqrt(sk.mean_squared_error(v, value, sample_weight=w)), r2, 1 - (1 - r2) * (k.sum() - 1) / (k.sum() - 3)], 1e-12)
psql("SELECT uprofile_drop_model(m) FROM unnest(ARRAY['spec weights', 'spec weights v']) AS m")

# Clusters.
x = np.concatenate([rng.normal(c, s, size=(80, 2)) for c, s in ((0, 1), (4, 0.5), (-3, 2))])
load_table("t", [("id", "integer"), ("a", "float8"), ("b", "float8")], [[i, *map(float, r)] for i, r in enumerate(x)])
psql("SELECT uprofile_train('spec weights c', 'SELECT a, b FROM t', algorithm => 'kmeans', params => '{\"k\": 4, \"scale\": \"none\"}', deploy => 'always')")
got = {r["metric"]: r["value"] for r in rows("SELECT * FROM uprofile_evaluate('spec weights c', 'SELECT * FROM t')")}
c = np.array([r["c"] for r in rows("SELECT uprofile_predict('spec weights c', t) AS c FROM t ORDER BY id")])
scaled = (x - x.mean(0)) / x.std(0)
best = min((x, scaled), key=lambda z: abs(got["silhouette"] - sk.silhouette_score(z, c)))
spec.close("clusters", [got["silhouette"], got["davies_bouldin"], got["calinski_harabasz"]],
           [sk.silhouette_score(best, c), sk.davies_bouldin_score(best, c), sk.calinski_harabasz_score(best, c)], 1e-10)
psql("SELECT uprofile_drop_model('spec weights c')")
spec.finish()
