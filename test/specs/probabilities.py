"""Calibration, thresholds and intervals against scikit-learn on the same out-of-fold scores, and on real data.

With as many folds as rows there is one way to deal them, so that the scores are scikit-learn's own by leaving one out."""
import json
import os
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, data_file, load_frame, psql, read_csv, rows

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV, _SigmoidCalibration
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

spec = Spec("probabilities")
warnings.simplefilter("ignore")
LONG = bool(os.environ.get("UP_LONG"))


def train(name, target, algorithm, params, source="SELECT * FROM t", key="id", test_size=0, seed=0):
    psql(f"SELECT uprofile_train('{name}', '{source}', target => '{target}', algorithm => '{algorithm}', key => '{key}', deploy => 'always', "
         f"test_size => {test_size}, params => '{json.dumps(params)}', seed => {seed})")


def info(name):
    return rows(f"SELECT uprofile_model_info('{name}') AS i")[0]["i"]


def probabilities(name, classes):
    return np.array([list(r.values()) for r in rows("SELECT " + ", ".join(f"uprofile_predict_proba('{name}', t, '{c}') AS p{i}" for i, c in enumerate(classes)) +
                                                    " FROM t ORDER BY id")])


def load(x, y, n, seed=0):
    """n rows of them, drawn at random; x without a unit, so that scaling is no part of the folds."""
    pick = np.random.default_rng(seed).permutation(len(x))[:n]
    x, y = np.round(x[pick], 6), y[pick]
    load_frame("t", pd.concat([pd.DataFrame({"id": range(n)}), pd.DataFrame(x, columns=[f"x{j}" for j in range(x.shape[1])]), pd.DataFrame({"y": y})], axis=1))
    return x, y


def newton():
    return make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cg", tol=1e-10, max_iter=100))


# ---- scikit-learn's own calibrator, on the same folds ----

cancer, wine, diabetes = load_breast_cancer(), load_wine(), load_diabetes()
for case in range(10 if LONG else 1):
    for name, data, columns in (("breast_cancer", cancer, [0, 1, 4]), ("wine", wine, [0, 1, 9])):
        x, y = load(data.data[:, columns], data.target, 50 + 10 * case, case)
        for method in ("sigmoid", "isotonic"):
            train("spec calibrated", "y", "logistic", {"calibrate": method, "cv": len(y), "task": "classification"})
            peer = CalibratedClassifierCV(newton(), method=method, cv=list(LeaveOneOut().split(x)), ensemble=False).fit(x, y)
            got = probabilities("spec calibrated", np.unique(y))
            spec.close(f"{name}, {len(y)} rows: logistic, {method}", got, peer.predict_proba(x), 1e-6)
            label = [int(r["l"]) for r in rows("SELECT uprofile_predict_label('spec calibrated', t) AS l FROM t ORDER BY id")]
            spec.check(f"{name}, {len(y)} rows: labels, {method}", label == list(got.argmax(1)))


# Naive Bayes is calibrated by its log-odds, of several classes too, since probabilities round to 0 and 1 where they differ by much.
class LogOdds(GaussianNB):
    def decision_function(self, x):
        p = self.predict_joint_log_proba(x)
        rest = np.stack([np.logaddexp.reduce(np.delete(p, k, 1), axis=1) for k in range(p.shape[1])], 1)
        return (p - rest)[:, 1] if p.shape[1] == 2 else p - rest


for name, data, n in (("breast_cancer", cancer, 60), ("wine", wine, 70)):
    x, y = load(data.data[:, :4], data.target, n)
    for method in ("sigmoid", "isotonic"):
        train("spec calibrated", "y", "bayes", {"calibrate": method, "cv": n, "task": "classification"})
        peer = LogOdds()
        held, scores = cross_val_predict(peer, x, y, cv=LeaveOneOut(), method="decision_function"), clone(peer).fit(x, y).decision_function(x)
        columns = []
        for k in range(1 if held.ndim == 1 else held.shape[1]):
            of, at = (held, scores) if held.ndim == 1 else (held[:, k], scores[:, k])
            map = _SigmoidCalibration() if method == "sigmoid" else IsotonicRegression(out_of_bounds="clip", y_min=0, y_max=1)
            columns.append(map.fit(of, (y == (1 if held.ndim == 1 else k)).astype(float)).predict(at))
        want = np.stack([1 - columns[0], columns[0]], 1) if len(columns) == 1 else np.stack(columns, 1) / np.sum(columns, 0)[:, None]
        spec.close(f"{name}: bayes, {method}", probabilities("spec calibrated", np.unique(y)), want, 1e-6)

# ---- thresholds: as good as any that there is, on the same probabilities ----

x, y = load(cancer.data[:, [1, 4]], cancer.target.astype(bool), 100, 7)
held = cross_val_predict(newton(), x, y, cv=LeaveOneOut(), method="predict_proba")[:, 1]
cuts = [held >= t for t in np.append(np.unique(held), 2)]
for params, name, best in (
        ({"threshold": "f1"}, "f1", max(2 * (c & y).sum() / (c.sum() + y.sum()) for c in cuts)),
        ({"threshold": "cost", "cost_matrix": [[-1, 6], [2, 0]]}, "mean_cost", min(np.where(c, np.where(y, 0, 6), np.where(y, 2, -1)).mean() for c in cuts)),
        ({"threshold": "rate", "positive_rate": 0.37}, "rate", 0.37)):
    train("spec threshold", "y", "logistic", {**params, "cv": 100})
    found = info("spec threshold")["threshold"]
    spec.close(f"threshold by {params['threshold']}: its figure", [found[name]], [best], 1e-9)
    called = held >= found["value"]
    reached = {"f1": 2 * (called & y).sum() / (called.sum() + y.sum()), "mean_cost": np.where(called, np.where(y, 0, 6), np.where(y, 2, -1)).mean(), "rate": called.mean()}[name]
    spec.close(f"threshold by {params['threshold']}: what it reaches", [reached], [best], 1e-9)

# ---- intervals: the quantile of the residuals ----

x, y = load(diabetes.data[:, :5] * 20, diabetes.target, 80)
residuals = np.sort(np.abs(y - cross_val_predict(LinearRegression(), x, y, cv=LeaveOneOut())))
for level in (0.5, 0.8, 0.9):
    train("spec intervals", "y", "linear", {"intervals": level, "cv": 80, "task": "regression"})
    width = residuals[int(np.ceil(81 * level)) - 1]
    guess = LinearRegression().fit(x, y).predict(x)
    got = rows("SELECT low, high FROM t, uprofile_predict_interval('spec intervals', t) ORDER BY id")
    spec.close(f"intervals of {level}", [[r["low"], r["high"]] for r in got], np.c_[guess - width, guess + width], 1e-6)


# ---- real data ----

def expected_error(name, source="t", rows_of="held_out"):
    bins = rows(f"SELECT n_rows, predicted, observed FROM uprofile_calibration('{name}', '{source}', rows => '{rows_of}')")
    return sum(b["n_rows"] * abs(b["predicted"] - b["observed"]) for b in bins) / sum(b["n_rows"] for b in bins)


def margin_error(name, target, positive):
    """Of a logistic curve over the margins of a machine that knows no probabilities, as log-odds."""
    got = rows(f"""SELECT (t."{target}" = '{positive}')::int AS y, 1 / (1 + exp(-(sum(e.contribution) + min(e.base_value)))) AS p
        FROM t, uprofile_explain('{name}', t) AS e WHERE t.id::text IN (SELECT user_key FROM uprofile_held_out('{name}', 't')) GROUP BY t.id, t."{target}" """)
    y, p = np.array([r["y"] for r in got]), np.array([r["p"] for r in got])
    bin = np.minimum((p * 10).astype(int), 9)
    return sum(abs((p - y)[bin == b].sum()) for b in range(10)) / len(y)


for folder, pattern, target, positive, left_out in (("adult", "*train*", "income", ">50K", []), ("telco_churn", "*.csv*", "churn", "Yes", ["customer_id"]),
                                                    ("credit_data", "*.csv*", "status", "good", [])):
    if folder != "credit_data" and not LONG:
        continue
    path = data_file(spec, folder, pattern)
    if not path:
        continue
    frame = read_csv(path)
    frame.insert(0, "id", range(len(frame)))
    load_frame("t", frame)
    for algorithm in ("bayes", "svm"):
        error = {}
        for method in ("none", "sigmoid", "isotonic"):
            train("spec real", target, algorithm, {"calibrate": method, "exclude": left_out, **({"probability": False} if algorithm == "svm" and method == "none" else {})}, "t", test_size=0.3)
            error[method] = margin_error("spec real", target, positive) if algorithm == "svm" and method == "none" else expected_error("spec real")
        best = "sigmoid" if algorithm == "svm" else "isotonic"
        spec.check(f"{folder}: {algorithm}: calibration halves the expected calibration error", error[best] <= error["none"] / 2,
                   ", ".join(f"{m} {e:.4f}" for m, e in error.items()))

# Coverage over splits: what is held out, 90 % of it.
for folder, target, algorithm, left_out, splits in (("bike_hour", "cnt", "boost", ["casual", "registered", "dteday", "instant"], 1),
                                                    ("hotel_rates", "avg_price_per_room", "boost" if LONG else "tree", ["historical_adr"], 1), ("diabetes", "target", "linear", [], 60 if LONG else 10)):
    path = data_file(spec, folder, "*.csv*")
    if not path:
        continue
    frame = read_csv(path)
    frame.insert(0, "id", range(len(frame)))
    load_frame("t", frame)
    covered, width = [], []
    for seed in range(splits):
        train("spec coverage", target, algorithm, {"intervals": 0.9, "exclude": left_out, "task": "regression", **({"max_depth": 8} if algorithm == "tree" else {})},
              f"SELECT *, md5(id || $${seed}$$) AS split FROM t", "split", 0.3, seed)
        m = rows("SELECT metrics FROM uprofile_models WHERE model = 'spec coverage' AND deployed")[0]["metrics"]
        covered.append(m["interval_coverage"])
        width.append(m["interval_width"])
    spec.check(f"{folder}: intervals of {algorithm} cover 90 ± 2 %", abs(np.mean(covered) - 0.9) <= 0.02, f"{np.mean(covered):.4f}, {np.mean(width):.1f} wide, {splits} splits")
for name in ("calibrated", "threshold", "intervals", "real", "coverage"):
    psql(f"SELECT uprofile_drop_model('spec {name}') WHERE EXISTS (SELECT FROM uprofile_models WHERE model = 'spec {name}')")
spec.finish()
