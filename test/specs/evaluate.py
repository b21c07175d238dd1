"""Figures and curves of uprofile_evaluate and its kin against scikit-learn, from the predictions of the same model."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, load_table, psql, rows

import numpy as np
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

spec = Spec("evaluate")
TOLERANCE = 1e-12


def close(what, got, want):
    spec.close(what, got, want, TOLERANCE)


def report(model, **arguments):
    """The figures of all rows: name → (value, baseline)."""
    given = "".join(f", {k} => {v}" for k, v in arguments.items())
    return {r["metric"]: r for r in rows(f"SELECT * FROM uprofile_evaluate('{model}', 'SELECT * FROM t'{given})")}


def calibration_error(y, p, bins=10):
    at = np.clip(np.searchsorted(np.arange(1, bins) / bins, p, side="left"), 0, bins - 1)
    return sum(abs(np.sum((y - p)[at == k])) for k in range(bins)) / len(y)


def two_classes(y, label, proba):
    share, flat = np.mean(y), np.zeros(len(y))

    def figures(label, proba):
        return {"accuracy": sk.accuracy_score(y, label), "balanced_accuracy": sk.balanced_accuracy_score(y, label),
                "precision": sk.precision_score(y, label, zero_division=0), "recall": sk.recall_score(y, label), "f1": sk.f1_score(y, label),
                "specificity": sk.recall_score(y, label, pos_label=0), "mcc": sk.matthews_corrcoef(y, label), "kappa": sk.cohen_kappa_score(y, label),
                "auc": sk.roc_auc_score(y, proba), "average_precision": sk.average_precision_score(y, proba),
                "brier": sk.brier_score_loss(y, proba), "calibration_error": calibration_error(y, proba), "log_loss": sk.log_loss(y, proba)}
    return figures(label, proba), figures(flat + (share > 0.5), flat + share)


def several_classes(y, label, proba):
    onehot = (y[:, None] == np.arange(proba.shape[1])).astype(float)
    share = onehot.mean(0)

    def figures(label, proba):
        out = {"accuracy": sk.accuracy_score(y, label), "balanced_accuracy": sk.balanced_accuracy_score(y, label),
               "precision": sk.precision_score(y, label, average="macro", zero_division=0), "recall": sk.recall_score(y, label, average="macro"),
               "f1": sk.f1_score(y, label, average="macro"), "mcc": sk.matthews_corrcoef(y, label), "kappa": sk.cohen_kappa_score(y, label),
               "auc": np.mean([sk.roc_auc_score(onehot[:, k], proba[:, k]) for k in range(proba.shape[1])]),
               "average_precision": np.mean([sk.average_precision_score(onehot[:, k], proba[:, k]) for k in range(proba.shape[1])]),
               "brier": np.mean(np.sum((proba - onehot) ** 2, 1)),
               "calibration_error": np.mean([calibration_error(onehot[:, k], proba[:, k]) for k in range(proba.shape[1])]), "log_loss": sk.log_loss(y, proba, labels=range(proba.shape[1]))}
        cells = [sk.recall_score(1 - onehot[:, k], label != k) for k in range(proba.shape[1])]
        return dict(out, specificity=np.mean(cells))
    return figures(label, proba), figures(np.full(len(y), share.argmax()), np.tile(share, (len(y), 1)))


def regression(y, value):
    def figures(value, features):
        r2 = sk.r2_score(y, value)
        return {"rmse": np.sqrt(sk.mean_squared_error(y, value)), "mae": sk.mean_absolute_error(y, value), "r2": r2,
                "adjusted_r2": 1 - (1 - r2) * (len(y) - 1) / (len(y) - features - 1),
                "mape": sk.mean_absolute_percentage_error(y, value), "median_absolute_error": sk.median_absolute_error(y, value)}
    return figures(value, 3), figures(np.full(len(y), y.mean()), 0)


def compare(name, got, wanted):
    names = sorted(wanted[0])
    spec.check(f"{name}: names", names == sorted(n for n in got if n != "rows" and "[" not in n), ", ".join(got))
    close(f"{name}: figures", [got[n]["value"] for n in names], [wanted[0][n] for n in names])
    close(f"{name}: of the constant", [np.nan if got[n]["baseline"] is None else got[n]["baseline"] for n in names], [wanted[1][n] for n in names])


def curves(name, y, proba, label):
    """y: 0 or 1; curves in scikit-learn's order."""
    source = f"'{name}', 'SELECT * FROM t', label => '{label}'"
    fpr, tpr, threshold = sk.roc_curve(y, proba)
    got = rows(f"SELECT * FROM uprofile_roc({source})")
    close(f"{name}: ROC", [[r["false_positive_rate"], r["true_positive_rate"]] for r in got], np.c_[fpr, tpr])
    close(f"{name}: its thresholds", [float(r["threshold"]) for r in got[1:]], threshold[1:])
    precision, recall, threshold = sk.precision_recall_curve(y, proba)
    got = rows(f"SELECT * FROM uprofile_precision_recall({source})")
    close(f"{name}: precision and recall", [[r["precision_at"], r["recall_at"]] for r in got], np.c_[precision, recall])
    close(f"{name}: their thresholds", [r["threshold"] for r in got[:-1]], threshold)
    got = rows(f"SELECT * FROM uprofile_thresholds({source}, cost_matrix => '[[0.5, 2], [7, -1]]')")
    cells = np.array([[np.sum((proba >= t) & (y == 1)), np.sum((proba >= t) & (y == 0)), np.sum((proba < t) & (y == 1)), np.sum((proba < t) & (y == 0))]
                      for t in [np.inf, *np.unique(proba)[::-1]]])
    close(f"{name}: thresholds", [[r[k] for k in ("true_positives", "false_positives", "false_negatives", "true_negatives")] for r in got], cells)
    cost = cells @ [-1, 2, 7, 0.5] / len(y)
    close(f"{name}: costs", [r["cost"] for r in got], cost)
    best = [r["best"] for r in got]
    spec.check(f"{name}: the best threshold", sum(best) == 1 and cost[best.index(True)] - cost.min() < 1e-12)
    for method in ("uniform", "quantile"):
        got = rows(f"SELECT * FROM uprofile_calibration({source}, bins => 7, method => '{method}')")
        observed, predicted = calibration_curve(y, proba, n_bins=7, strategy=method)
        close(f"{name}: calibration, {method}", [[r["observed"], r["predicted"]] for r in got], np.c_[observed, predicted])
    # By definition, where equal probabilities share their positives.
    got = rows(f"SELECT * FROM uprofile_lift({source}, parts => 6)")
    shared = np.array([y[proba == p].mean() for p in proba])[np.argsort(-proba, kind="stable")]
    ends = [len(y) * k // 6 for k in range(7)]
    parts = [shared[a:b] for a, b in zip(ends, ends[1:])]
    close(f"{name}: lift and gain", [[r["lift"], r["gain"]] for r in got],
          np.c_[[p.mean() / y.mean() for p in parts], np.cumsum([p.sum() for p in parts]) / y.sum()])


def load(case, n_classes):
    """Random rows; every second case has many equal probabilities."""
    rng = np.random.default_rng(case)
    n = int(rng.integers(60, 400))
    x = rng.normal(size=(n, 3))
    if case % 2:
        x = x.round()
    noise = rng.normal(size=n)
    if n_classes == 0:
        y = np.round(x @ [3, -2, 1] + 10 * noise + 5, 3)
    else:
        y = np.digitize(x @ [1, 1, -0.5] + noise, np.quantile(noise, np.linspace(0, 1, n_classes + 1)[1:-1] * rng.uniform(0.5, 1.5)))
    load_table("t", [("id", "integer"), ("a", "float8"), ("b", "float8"), ("c", "float8"), ("y", "float8" if n_classes == 0 else "text")],
               [[i, *map(float, row), float(y[i]) if n_classes == 0 else f"k{y[i]}"] for i, row in enumerate(x)])
    return y


def proba_of(model, n_classes):
    return np.array([[r[f"p{k}"] for k in range(n_classes)] for r in rows(
        "SELECT " + ", ".join(f"uprofile_predict_proba('{model}', t, 'k{k}') AS p{k}" for k in range(n_classes)) + " FROM t ORDER BY id")])


for case in range(4):
    for n_classes, algorithm in ((2, ("logistic", "tree", "bayes", "forest")[case]), (3, ("tree", "logistic")[case % 2])):
        y = load(case, n_classes)
        model = f"spec {n_classes} {case}"
        psql(f"SELECT uprofile_train('{model}', 'SELECT * FROM t', target => 'y', algorithm => '{algorithm}', key => 'id', deploy => 'always')")
        proba = proba_of(model, n_classes)
        label = np.array([int(r["l"][1:]) for r in rows(f"SELECT uprofile_predict_label('{model}', t) AS l FROM t ORDER BY id")])
        compare(f"{algorithm}, {n_classes} classes, case {case}", report(model), (two_classes(y, label, proba[:, 1]) if n_classes == 2
                                                                                 else several_classes(y, label, proba)))
        curves(model, (y == n_classes - 1).astype(int), proba[:, -1], f"k{n_classes - 1}")
    y = load(case, 0)
    psql(f"SELECT uprofile_train('spec 0 {case}', 'SELECT * FROM t', target => 'y', algorithm => 'linear', key => 'id', deploy => 'always')")
    value = np.array([r["v"] for r in rows(f"SELECT uprofile_predict('spec 0 {case}', t) AS v FROM t ORDER BY id")])
    compare(f"linear, case {case}", report(f"spec 0 {case}"), regression(y, value))

# An interval is what samples of the same rows vary by: the standard error of a share, 1.96 times each way.
y = load(0, 2)
psql("SELECT uprofile_train('spec interval', 'SELECT * FROM t', target => 'y', algorithm => 'logistic', key => 'id', deploy => 'always')")
found = report("spec interval", bootstrap=2000, seed=3)["accuracy"]
error = 1.96 * np.sqrt(found["value"] * (1 - found["value"]) / len(y))
spec.check("the interval of accuracy is as wide as its standard error says", abs((found["high"] - found["low"]) / (2 * error) - 1) < 0.1,
           f"{found['low']:.4f} to {found['high']:.4f}, {found['value'] - error:.4f} to {found['value'] + error:.4f} expected")
spec.finish()
