"""Cross-validation and tuning through SQL against scikit-learn on the same folds: every metric of deterministic learners."""
import os
import sys
import json
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, load_frame, psql, rows

import numpy as np
import pandas as pd
from sklearn import metrics as m
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, PredefinedSplit, TimeSeriesSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

spec = Spec("tune")
warnings.simplefilter("ignore")  # the peer's line search ends by rounding


def newton(**kw):
    return LogisticRegression(solver="newton-cg", tol=1e-9, max_iter=50, **kw)


def calibration_error(y, p, bins=10):
    at = np.clip(np.searchsorted(np.arange(1, bins) / bins, p, side="left"), 0, bins - 1)
    return sum(abs(np.sum((y - p)[at == k])) for k in range(bins)) / len(y)


def scores(model, x, y):
    """All metrics of a fitted classifier or regression on the rows of a fold."""
    guess = model.predict(x)
    if not hasattr(model, "predict_proba"):
        return {"rows": len(y), "rmse": m.mean_squared_error(y, guess) ** 0.5, "mae": m.mean_absolute_error(y, guess), "r2": m.r2_score(y, guess),
                "mape": m.mean_absolute_percentage_error(y, guess), "median_absolute_error": m.median_absolute_error(y, guess)}
    proba, classes = model.predict_proba(x), model.classes_
    two = len(classes) == 2
    average = dict(average="binary" if two else "macro", zero_division=0)
    hot = (y[:, None] == classes).astype(int)
    out = {"rows": len(y), "accuracy": m.accuracy_score(y, guess), "balanced_accuracy": m.balanced_accuracy_score(y, guess),
           "precision": m.precision_score(y, guess, **average), "recall": m.recall_score(y, guess, **average),
           "specificity": np.mean([m.recall_score(y == c, guess == c, pos_label=False) for c in (classes[1:] if two else classes)]),
           "f1": m.f1_score(y, guess, **average), "mcc": m.matthews_corrcoef(y, guess), "kappa": m.cohen_kappa_score(y, guess),
           "log_loss": m.log_loss(y, proba, labels=classes),
           "calibration_error": np.mean([calibration_error(hot[:, k], proba[:, k]) for k in ([1] if two else range(len(classes)))])}
    if two:
        return {**out, "brier": m.brier_score_loss(y, proba[:, 1]), "auc": m.roc_auc_score(y, proba[:, 1]),
                "average_precision": m.average_precision_score(y, proba[:, 1])}
    return {**out, "brier": np.mean(np.sum((proba - hot) ** 2, 1)), "auc": np.mean([m.roc_auc_score(hot[:, k], proba[:, k]) for k in range(len(classes))]),
            "average_precision": np.mean([m.average_precision_score(hot[:, k], proba[:, k]) for k in range(len(classes))])}


def compare(name, x, y, algorithm, peer, params=None, split=None, folds=None, extra=None):
    """folds: pairs of rows to train on and to test; by default those of a column fold. extra: columns that are no features of the peer."""
    frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(x.shape[1])]) if not isinstance(x, pd.DataFrame) else x
    if extra is None:
        extra = pd.DataFrame({"fold": np.random.default_rng(len(y)).integers(-1, 4, len(y))})
        split, folds = {"method": "column", "column": "fold"}, PredefinedSplit(extra.fold).split()
    load_frame("cv", pd.concat([frame, extra, pd.DataFrame({"y": y})], axis=1))
    got = {(r["fold"], r["metric"]): r["value"] for r in rows(
        f"SELECT fold, metric, value FROM uprofile_cross_validate('cv', 'y', '{algorithm}', '{json.dumps(params or {})}', split => '{json.dumps(split)}')")
           if r["metric"] != "adjusted_r2"}
    want = {(number, metric): value for number, (train, test) in enumerate(folds, 1)
            for metric, value in scores(clone(peer).fit(frame.iloc[train], y[train]), frame.iloc[test], y[test]).items()}
    spec.check(f"{name}: {algorithm}, the same metrics", set(got) == set(want), len(want) if set(got) == set(want) else set(got) ^ set(want))
    keys = sorted(set(got) & set(want))
    spec.close(f"{name}: {algorithm}", [got[k] for k in keys], [want[k] for k in keys], 1e-6)


cancer, iris, wine, diabetes = load_breast_cancer(), load_iris(), load_wine(), load_diabetes()
scaled = make_pipeline(StandardScaler(), newton())
compare("breast_cancer", cancer.data, cancer.target.astype(bool), "logistic", scaled)
compare("breast_cancer", cancer.data, cancer.target, "bayes", GaussianNB())
for name, data in (("iris", iris), ("wine", wine)):
    compare(name, data.data, data.target, "logistic", scaled)
    compare(name, data.data, np.array(["b", "a", "c"])[data.target], "bayes", GaussianNB())
compare("diabetes", diabetes.data, diabetes.target, "linear", LinearRegression())

# Few different values, so that the places between them are the same for both; no two splits are alike.
rng = np.random.default_rng(1)
x = rng.integers(0, 15, (3000, 5)).astype(float)
y = ((x[:, 0] > 6) * 2.0 + (x[:, 1] > 4) * (x[:, 2] > 9) + rng.normal(0, 1, len(x))) > 1.4
compare("steps", x, y, "tree", DecisionTreeClassifier(max_depth=4, min_samples_leaf=20), {"max_depth": 4, "min_samples_leaf": 20})

# What is imputed, encoded and scaled is so by the rows that are trained on.
frame = pd.DataFrame({"a": rng.normal(size=600), "b": rng.exponential(size=600), "c": rng.choice(["u", "v", "w", "x"], 600)})
y = frame.a + (frame.c == "u") + rng.normal(size=600) > 0.5
frame.loc[rng.random(600) < 0.2, "b"] = np.nan
compare("mixed columns", frame, y.to_numpy(), "logistic", make_pipeline(make_column_transformer(
    (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["a", "b"]), (OneHotEncoder(handle_unknown="ignore"), ["c"])), newton()))

# Splits that are scikit-learn's own.
when = pd.DataFrame({"at": rng.permutation(len(cancer.data))})
order = np.argsort(when["at"].to_numpy())
compare("in the order of time", cancer.data, cancer.target.astype(bool), "logistic", scaled, {"exclude": ["at"]}, {"method": "time", "column": "at", "folds": 4},
        [(order[a], order[b]) for a, b in TimeSeriesSplit(4).split(order)], extra=when)

# A grid equals an exhaustive search.
fold = np.random.default_rng(7).integers(0, 5, len(cancer.target))
frame = pd.DataFrame(cancer.data, columns=[f"x{j}" for j in range(30)])
load_frame("cv", pd.concat([frame, pd.DataFrame({"fold": fold, "y": cancer.target.astype(bool)})], axis=1))
peer = GridSearchCV(make_pipeline(StandardScaler(), newton()), {"logisticregression__C": [0.001, 0.01, 0.1, 1, 10, 100]}, scoring="neg_log_loss", cv=PredefinedSplit(fold))
peer.fit(frame, cancer.target)
mine = rows("""SELECT mean, std, rank FROM uprofile_tune('cv', 'y', 'logistic', '{"C": [0.001, 0.01, 0.1, 1, 10, 100]}', metric => 'log_loss',
    split => '{"method": "column", "column": "fold"}') ORDER BY trial""")
spec.close("grid: means", [r["mean"] for r in mine], -peer.cv_results_["mean_test_score"], 1e-6)
spec.close("grid: deviations", [r["std"] for r in mine], peer.cv_results_["std_test_score"], 1e-6)
spec.check("grid: ranks", [r["rank"] for r in mine] == list(peer.cv_results_["rank_test_score"]))

# Noise has nothing to be found in, also where a category of many values is encoded by the target.
noise = pd.DataFrame({"a": rng.normal(size=2000), "c": rng.integers(0, 150, 2000).astype(str), "y": rng.random(2000) < 0.5})
load_frame("cv", noise)
for algorithm, params in (("logistic", {}), ("logistic", {"prepare": {"c": {"encode": "target"}}}), ("bayes", {}),
                          ("tree", {"max_depth": 5}), ("logistic", {"select": {"method": "mutual_info", "k": 5}})):
    auc = [r["value"] for r in rows(f"SELECT value FROM uprofile_cross_validate('cv', 'y', '{algorithm}', '{json.dumps(params)}') WHERE metric = 'auc'")]
    spec.check(f"noise: {algorithm} {json.dumps(params)}", abs(np.mean(auc) - 0.5) < 0.04, f"auc {np.mean(auc):.3f}")
spec.finish()
