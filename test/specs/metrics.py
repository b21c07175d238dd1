"""Metrics as aggregates against scikit-learn's: random labels, scores with ties, values, groups of many sizes."""
import os
import sys
import json
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, load_table, psql, rows

import numpy as np
from sklearn import metrics as sk

warnings.filterwarnings("ignore")
spec = Spec("metrics")
rng = np.random.default_rng(5)


def compare(name, table, expected, tolerance=1e-12):
    """expected: SQL expression → value."""
    names = list(expected)
    got = rows("SELECT " + ", ".join(f"{e} AS m{i}" for i, e in enumerate(names)) + f" FROM {table}")[0]
    for i, e in enumerate(names):
        mine, theirs = got[f"m{i}"], expected[e]
        if theirs is None or (isinstance(theirs, float) and np.isnan(theirs)):
            spec.check(f"{name}: {e} is NULL", mine is None, mine)
        else:
            spec.check(f"{name}: {e}", mine is not None and abs(mine - theirs) <= tolerance * max(1, abs(theirs)), f"{mine}, scikit-learn {theirs}")


def labels(name, actual, predicted, kind, positive=None):
    load_table("m", [("a", kind), ("p", kind)], zip(actual, predicted))
    a, p = np.array(actual).astype(str), np.array(predicted).astype(str)
    expected = {"uprofile_accuracy(a, p)": sk.accuracy_score(a, p), "uprofile_balanced_accuracy(a, p)": sk.balanced_accuracy_score(a, p),
                "uprofile_mcc(a, p)": sk.matthews_corrcoef(a, p), "uprofile_kappa(a, p)": sk.cohen_kappa_score(a, p)}
    for average in ("macro", "micro", "weighted"):
        for f, g in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
            expected[f"uprofile_{f}(a, p, '{{\"average\": \"{average}\"}}')"] = g(a, p, average=average)
    for label in ([positive] if positive is not None else np.unique(np.concatenate([a, p]))[:3]):
        given = label if kind == "text" else json.loads(label.lower()) if kind == "boolean" else float(label)
        for f, g in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
            expected[f"uprofile_{f}(a, p, '{json.dumps({'positive': given})}')"] = g(a, p, labels=[label], average="macro")
    compare(name, "m", expected)
    confusion = rows("SELECT uprofile_confusion(a, p) AS c FROM m")[0]["c"]
    want = sk.confusion_matrix(a, p)
    keys = {k.lower() if kind == "boolean" else (str(int(float(k))) if kind == "float8" else k): i for i, k in enumerate(np.unique(np.concatenate([a, p])))}
    spec.check(f"{name}: confusion", all(confusion[k][l] == want[i][j] for k, i in keys.items() for l, j in keys.items()))


for n in (1, 2, 7, 5000):
    labels(f"{n} booleans", list(rng.random(n) < 0.4), list(rng.random(n) < 0.5), "boolean")
    labels(f"{n} texts", [f"l{v}" for v in rng.integers(0, 6, n)], [f"l{v}" for v in rng.integers(0, 5, n)], "text")
    labels(f"{n} numbers", [int(v) for v in rng.integers(-3, 40, n)], [int(v) for v in rng.integers(-2, 45, n)], "float8")
many = rng.integers(0, 900, 20000)
labels("900 labels", [f"l{v}" for v in many], [f"l{v}" for v in np.where(rng.random(20000) < 0.7, many, rng.integers(0, 900, 20000))], "text")

for name, n, digits in (("ties", 3000, 1), ("few ties", 3000, 3), ("no ties", 3000, 15), ("small", 9, 1)):
    actual = rng.random(n) < 0.3
    actual[:2] = [True, False]
    score = np.round(np.clip(rng.normal(actual * 0.3 + 0.35, 0.25), 0.001, 0.999), digits)
    inner = np.clip(score, 1e-9, 1 - 1e-9)
    load_table("m", [("a", "boolean"), ("s", "float8"), ("p", "float8")], zip(actual, score, inner))
    compare(name, "m", {"uprofile_auc(a, s)": sk.roc_auc_score(actual, score), "uprofile_average_precision(a, s)": sk.average_precision_score(actual, score),
                        "uprofile_log_loss(a, p)": sk.log_loss(actual, inner), "uprofile_brier(a, s)": sk.brier_score_loss(actual, score),
                        "uprofile_auc(a::int, -s * 1e9)": sk.roc_auc_score(actual, -score), "uprofile_auc(a, s, '{\"positive\": false}')": sk.roc_auc_score(~actual, score)})

# Certain predictions, some of them wrong: the clip is scikit-learn's.
actual = rng.random(500) < 0.3
certain = actual ^ (rng.random(500) < 0.1)
load_table("m", [("a", "boolean"), ("p", "float8")], zip(actual, certain.astype(float)))
compare("certain", "m", {"uprofile_log_loss(a, p)": sk.log_loss(actual, certain.astype(float), labels=[False, True])})

for name, actual in (("normal", rng.normal(size=20000)), ("far from 0", 1e9 + rng.normal(size=20000)), ("heavy tails", rng.standard_cauchy(20000)),
                     ("an outlier first", np.append(1e6, rng.normal(size=999))), ("one row", np.array([3.0]))):
    predicted = actual + rng.normal(size=len(actual)) * 0.4
    load_table("m", [("a", "float8"), ("p", "float8")], zip(actual.tolist(), predicted.tolist()))
    compare(name, "m", {"uprofile_rmse(a, p)": np.sqrt(sk.mean_squared_error(actual, predicted)), "uprofile_mae(a, p)": sk.mean_absolute_error(actual, predicted),
                        "uprofile_r2(a, p)": sk.r2_score(actual, predicted) if len(actual) > 1 else None,
                        "uprofile_mape(a, p)": sk.mean_absolute_percentage_error(actual, predicted),
                        "uprofile_median_absolute_error(a, p)": sk.median_absolute_error(actual, predicted)})
spec.finish()
