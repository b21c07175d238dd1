"""Linear and logistic regression through SQL: NIST's certified values, scikit-learn's coefficients, textbook errors.

What scikit-learn's logistic regressions come to is kept in test/data/linear.csv (see Kept of lib/common.py).
UP_LONG=1: pipelines on four tables, else on two.
"""
import os
import sys
import json

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Kept, Spec, data_file, load_arrays, load_frame, psql, read_csv, rows

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_classification, make_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

spec = Spec("linear")
kept = Kept("linear")

# J. W. Longley 1967; certified values: NIST Statistical Reference Datasets, Longley
LONGLEY = np.array([
    [60323, 83.0, 234289, 2356, 1590, 107608, 1947], [61122, 88.5, 259426, 2325, 1456, 108632, 1948],
    [60171, 88.2, 258054, 3682, 1616, 109773, 1949], [61187, 89.5, 284599, 3351, 1650, 110929, 1950],
    [63221, 96.2, 328975, 2099, 3099, 112075, 1951], [63639, 98.1, 346999, 1932, 3594, 113270, 1952],
    [64989, 99.0, 365385, 1870, 3547, 115094, 1953], [63761, 100.0, 363112, 3578, 3350, 116219, 1954],
    [66019, 101.2, 397469, 2904, 3048, 117388, 1955], [67857, 104.6, 419180, 2822, 2857, 118734, 1956],
    [68169, 108.4, 442769, 2936, 2798, 120445, 1957], [66513, 110.8, 444546, 4681, 2637, 121950, 1958],
    [68655, 112.6, 482704, 3813, 2552, 123366, 1959], [69564, 114.2, 502601, 3931, 2514, 125368, 1960],
    [69331, 115.7, 518173, 4806, 2572, 127852, 1961], [70551, 116.9, 554894, 4007, 2827, 130081, 1962]])
CERTIFIED = np.array([-3482258.63459582, 15.0618722713733, -0.358191792925910e-01, -2.02022980381683,
                      -1.03322686717359, -0.511041056535807e-01, 1829.15146461355])
CERTIFIED_ERRORS = np.array([890420.383607373, 84.9149257747669, 0.334910077722432e-01, 0.488399681651699,
                             0.214274163161675, 0.226073200069370, 455.478499142212])


def relative(what, got, want, tolerance):
    got, want = np.asarray(got, float), np.asarray(want, float)
    error = np.max(np.abs(got - want) / np.maximum(np.abs(want), 1e-6)) if got.shape == want.shape else np.inf
    spec.check(what, error <= tolerance, f"largest relative difference {error:.1e}")


def coefficients(algorithm, params, table="t"):
    psql(f"DROP TABLE IF EXISTS fitted; CREATE TABLE fitted AS SELECT uprofile_{algorithm}(x, y, '{json.dumps(params)}') AS m FROM {table}")
    return rows("SELECT c.* FROM fitted, uprofile_coefficients(m) c")


def estimates(found):
    return np.array([r["estimate"] for r in found])


def info():
    return json.loads(psql("SELECT uprofile_model_info(m) FROM fitted"))


def textbook(x, y):
    """Errors by the normal equations in long double."""
    z = np.column_stack([np.ones(len(x)), x])
    q, r = np.linalg.qr(z)
    w = np.linalg.solve(r, q.T @ y)
    s2 = ((y - z @ w) ** 2).sum() / (len(x) - z.shape[1])
    inverse = np.linalg.inv(r)
    errors = np.sqrt(s2 * (inverse ** 2).sum(1))
    return w, errors, 2 * stats.t.sf(np.abs(w / errors), len(x) - z.shape[1])


load_arrays("t", LONGLEY[:, 1:], LONGLEY[:, 0])
found = coefficients("linear", {})
relative("Longley: coefficients, certified", estimates(found), CERTIFIED, 1e-6)
relative("Longley: standard errors, certified", [r["std_error"] for r in found], CERTIFIED_ERRORS, 1e-6)
told = info()
relative("Longley: residual deviation, R2", [told["sigma"], told["r2"]], [304.854073561965, 0.995479004577296], 1e-8)
relative("Longley: F", [told["f"]], [330.285339234588], 1e-8)

x, y = load_diabetes(return_X_y=True, scaled=False)
load_arrays("t", x, y)
found = coefficients("linear", {})
w, errors, p = textbook(x, y)
relative("diabetes: least squares", estimates(found), w, 1e-8)
relative("diabetes: standard errors", [r["std_error"] for r in found], errors, 1e-8)
relative("diabetes: p-values", [r["p_value"] for r in found], p, 1e-6)
for name, params, peer in (("ridge", {"penalty": "l2", "alpha": 10}, Ridge(10)),
                           ("ridge without intercept", {"penalty": "l2", "alpha": 3, "fit_intercept": False}, Ridge(3, fit_intercept=False)),
                           ("lasso", {"penalty": "l1", "alpha": 0.5}, Lasso(0.5, tol=1e-13, max_iter=1000000)),
                           ("elastic net", {"penalty": "elasticnet", "alpha": 0.3, "l1_ratio": 0.3}, ElasticNet(0.3, l1_ratio=0.3, tol=1e-13, max_iter=1000000))):
    peer.fit(x, y)
    mine = estimates(coefficients("linear", params))
    want = peer.coef_ if not peer.fit_intercept else np.r_[peer.intercept_, peer.coef_]
    relative(f"diabetes: {name}", mine, want, 1e-6)
got = psql("SELECT uprofile_predict(m, x) FROM t, fitted ORDER BY id").split()
relative("diabetes: predictions of the elastic net", [float(v) for v in got], peer.predict(x), 1e-8)

# Far from zero, few rows, collinear and constant columns.
x, y = make_regression(200, 6, noise=3, random_state=1)
x = x + 1e9
load_arrays("t", x, y)
relative("offset of 1e9", estimates(coefficients("linear", {}))[1:], LinearRegression().fit(x - 1e9, y).coef_, 1e-4)
x = np.column_stack([x[:, 0] - 1e9, x[:, 1] - 1e9, 2 * (x[:, 0] - 1e9) - (x[:, 1] - 1e9), np.full(200, 7.5)])
load_arrays("t", x, y)
found = coefficients("linear", {})
spec.check("a combination of columns before it, and a constant, are left out", info()["aliased"] == [3, 4] and found[3]["estimate"] == 0 and found[3]["std_error"] is None)
relative("the others have lm's coefficients", estimates(found)[:3], textbook(x[:, :2], y)[0], 1e-8)

# Whole rows of which most are kept as sums, some without a value.
random = np.random.default_rng(5)
many = pd.DataFrame({"a": 1e6 + random.integers(0, 2000, 60000) / 7, "b": random.normal(size=60000), "c": random.lognormal(sigma=2, size=60000)})
many["y"] = 3 * many.a - 2 * many.b + 0.1 * many.c + random.normal(size=60000)
many.loc[random.random(60000) < 0.1, "a"] = np.nan
load_frame("many", many)
psql("DROP TABLE IF EXISTS fitted; SET uprofile.max_memory = '2MB'; CREATE TABLE fitted AS SELECT uprofile_linear(m, 'y') AS m FROM many AS m")
pipeline = make_pipeline(SimpleImputer(strategy="median"), LinearRegression()).fit(many[["a", "b", "c"]], many.y)
relative("many whole rows: coefficients of a pipeline that imputes", estimates(rows("SELECT c.* FROM fitted, uprofile_coefficients(m) c"))[1:], pipeline[1].coef_, 1e-9)
medians = [i["impute"] for i in info()["inputs"]]
relative("many whole rows: the median of few different values", medians[0], pipeline[0].statistics_[0], 1e-15)
ranks = [(many[c] < m).mean() for c, m in zip("bc", medians[1:])]
spec.check("many whole rows: that of many is near", np.max(np.abs(np.array(ranks) - 0.5)) < 1e-3, f"ranks {ranks}")

spec.name = "logistic"


def fitted(name, x, y, peer):
    """The peer with the intercepts and coefficients that it comes to."""
    figures = kept.get(name, [x, y], lambda: np.column_stack([peer.fit(x, y).intercept_, peer.coef_]).ravel())
    peer.classes_, peer.n_features_in_ = np.unique(y), x.shape[1]
    found = np.array(figures).reshape(-1, x.shape[1] + 1)
    peer.intercept_, peer.coef_ = found[:, 0].copy(), found[:, 1:].copy()
    return peer


def compare(name, x, y, params, peer, tolerance=1e-6):
    load_arrays("t", x, y, "integer")
    peer = fitted(name, x, y, peer)
    mine = estimates(coefficients("logistic", params)).reshape(len(peer.coef_), -1)
    want = np.column_stack([peer.intercept_, peer.coef_])
    if len(want) > 1:  # moving all intercepts together changes nothing
        mine[:, 0] -= mine[:, 0].mean()
        want[:, 0] -= want[:, 0].mean()
    spec.check(name, np.max(np.abs(mine - want)) <= tolerance * max(1, np.abs(want).max()),
               f"largest difference {np.max(np.abs(mine - want)):.1e} of {np.abs(want).max():.3g}; {info()['iterations']} steps")
    told = np.array([[float(v) for v in line.split("|")] for line in psql(
        "SELECT " + ", ".join(f"uprofile_predict_proba(m, x, '{c}')" for c in np.unique(y)) + " FROM t, fitted ORDER BY id").splitlines()])
    error = np.abs(told - peer.predict_proba(x)).max()
    spec.check(f"{name}: probabilities", error <= 1e-5, f"largest difference {error:.1e}")


def newton(**kw):
    return LogisticRegression(solver="newton-cg", tol=1e-10, max_iter=100000, **kw)


x, y = load_breast_cancer(return_X_y=True)
x = StandardScaler().fit_transform(x)
compare("breast_cancer, l2", x, y, {}, newton())
compare("breast_cancer, C = 100", x, y, {"C": 100}, newton(C=100), 2e-6)  # its line search ends by rounding
compare("breast_cancer, balanced", x, y, {"class_weight": "balanced"}, newton(class_weight="balanced"))
compare("breast_cancer, l1", x, y, {"penalty": "l1", "C": 0.5},
        LogisticRegression(penalty="l1", C=0.5, solver="saga", tol=1e-12, max_iter=1000000), 1e-5)
compare("breast_cancer, elastic net", x, y, {"penalty": "elasticnet", "C": 0.5, "l1_ratio": 0.4},
        LogisticRegression(penalty="elasticnet", C=0.5, l1_ratio=0.4, solver="saga", tol=1e-12, max_iter=1000000), 1e-5)
x, y = load_iris(return_X_y=True)
compare("iris, multinomial", x, y, {}, newton())
compare("iris, multinomial l1", x, y, {"penalty": "l1"},
        LogisticRegression(penalty="l1", solver="saga", tol=1e-12, max_iter=1000000), 1e-4)
x, y = make_classification(5000, 60, n_informative=20, n_classes=25, n_clusters_per_class=1, random_state=2)
compare("25 classes of 60 features", x, y, {"C": 0.1, "tol": 1e-9, "max_iter": 500, "task": "classification"}, newton(C=0.1), 1e-5)

# No penalty: Wald's errors by the inverse of Fisher's information.
x, y = make_classification(2000, 6, n_informative=4, n_redundant=0, flip_y=0.2, random_state=5)
x = x * [1, 10, 0.01, 1, 1, 1] + [0, 50, 3, 0, -2, 0]
load_arrays("t", x, y, "integer")
found = coefficients("logistic", {"penalty": "none"})
peer = newton(penalty=None).fit(StandardScaler().fit_transform(x), y)
z = np.column_stack([np.ones(len(x)), x])
w = estimates(found)
p = 1 / (1 + np.exp(-z @ w))
errors = np.sqrt(np.diag(np.linalg.inv((z * (p * (1 - p))[:, None]).T @ z)))
spec.check("no penalty: gradient", np.abs(z.T @ (p - y)).max() < 1e-5, f"{np.abs(z.T @ (p - y)).max():.1e}")
relative("no penalty: coefficients", w[1:] * x.std(0), peer.coef_[0], 1e-5)
relative("no penalty: standard errors", [r["std_error"] for r in found], errors, 1e-6)
relative("no penalty: p-values", [r["p_value"] for r in found], 2 * stats.norm.sf(np.abs(w / errors)), 1e-5)

# Several classes: coefficients whose sum over the classes is 0; errors by the inverse for all classes but the last, and the delta method.
x, y = make_classification(3000, 5, n_informative=4, n_redundant=0, n_classes=4, n_clusters_per_class=1, flip_y=0.3, random_state=7)
x = x * [1, 10, 0.01, 1, 1] + [0, 50, 3, 0, -2]
for intercept in (True, False):
    load_arrays("t", x, y, "integer")
    found = coefficients("logistic", {"penalty": "none", "task": "classification", "fit_intercept": intercept})
    name = "no penalty, four classes" + ("" if intercept else ", no intercept")
    z = np.column_stack([np.ones(len(x)), x]) if intercept else x
    w = estimates(found).reshape(4, -1)
    p = np.exp(z @ w.T)
    p /= p.sum(1, keepdims=True)
    spec.check(f"{name}: gradient, sum over the classes", max(np.abs(z.T @ (p - np.eye(4)[y])).max(), np.abs(w.sum(0)).max()) < 1e-4)
    fisher = np.block([[(z * (p[:, a] * ((a == b) - p[:, b]))[:, None]).T @ z for b in range(3)] for a in range(3)])
    centred = np.kron(np.vstack([np.eye(3), np.zeros(3)]) - 0.25, np.eye(z.shape[1]))
    errors = np.sqrt(np.diag(centred @ np.linalg.inv(fisher) @ centred.T))
    relative(f"{name}: standard errors", [r["std_error"] for r in found], errors, 1e-5)
    relative(f"{name}: p-values", [r["p_value"] for r in found], 2 * stats.norm.sf(np.abs(w.ravel() / errors)), 1e-4)

# An update stands for both parts: close to the model of all rows, closer than the first part's.
x, y = make_classification(6000, 8, n_informative=5, flip_y=0.15, random_state=9)
load_arrays("t", x, y, "integer")
out = rows("""WITH first AS (SELECT uprofile_logistic(x, y) AS m FROM t WHERE id < 3000), whole AS (SELECT uprofile_logistic(x, y) AS m FROM t),
    updated AS (SELECT uprofile_update(m, x, y) AS m FROM t, first WHERE id >= 3000)
    SELECT uprofile_model_info(f.m)->'coef' AS first, uprofile_model_info(w.m)->'coef' AS whole, uprofile_model_info(u.m)->'coef' AS updated
    FROM first f, whole w, updated u""")[0]
far, near = (np.abs(np.array(out[k]) - out["whole"]).max() for k in ("first", "updated"))
spec.check("an update stands for the rows of both parts", near < 0.2 * far, f"{near:.1e} from the model of all rows, the first part's {far:.1e}")

# Real tables, in the row form: the same accuracy and AUC as scikit-learn on the same encoding.
from sklearn.compose import make_column_transformer
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import OneHotEncoder

for folder, pattern, target in (("credit_data", "*.csv*", "status"), ("telco_churn", "*.csv*", "churn"), ("adult", "*train*", "income"), ("bank_marketing", "*.csv*", "y"))[:4 if os.environ.get("UP_LONG") == "1" else 2]:
    path = data_file(spec, folder, pattern)
    if not path:
        continue
    frame = read_csv(path)
    column = {c.lower(): c for c in frame.columns}.get(target, frame.columns[-1])
    frame = frame[[c for c in frame.columns if c == column or frame[c].nunique() <= 255 or frame[c].dtype != object]]
    test = np.arange(len(frame)) % 5 == 0
    frame.insert(0, "row_id", np.arange(len(frame)))
    frame.insert(1, "fold", test)
    load_frame("t", frame)
    psql(f"DROP TABLE IF EXISTS fitted; CREATE TABLE fitted AS SELECT uprofile_logistic(t, '{column}', '{{\"exclude\": [\"row_id\", \"fold\"]}}') AS m FROM t WHERE NOT fold")
    out = rows("SELECT uprofile_predict_label(m, t) AS p, uprofile_predict_proba(m, t) AS s FROM t, fitted WHERE fold ORDER BY row_id")
    y = frame[column].astype(str).to_numpy()
    x = frame.drop(columns=[column, "row_id", "fold"])
    last = np.unique(y)[-1]
    text = [c for c in x if x[c].dtype == object or x[c].dtype == bool]
    numbers = [c for c in x if c not in text]
    x[text] = x[text].astype(object).where(x[text].notna(), None)
    pipe = make_pipeline(make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (make_pipeline(SimpleImputer(strategy="most_frequent", missing_values=None), OneHotEncoder(handle_unknown="ignore")), text)),
        LogisticRegression(max_iter=5000))

    def ask():
        pipe.fit(x[~test], y[~test])
        return roc_auc_score(y[test] == last, pipe.predict_proba(x[test])[:, 1]), np.mean(pipe.predict(x[test]) == y[test])

    mine = roc_auc_score(y[test] == last, [r["s"] for r in out])
    theirs, their_hits = kept.get(f"{folder}: AUC, accuracy", [frame.to_csv(index=False)], ask)
    hits = np.mean(y[test] == [r["p"] for r in out]), their_hits
    spec.check(f"{folder}: as scikit-learn's pipeline", abs(mine - theirs) < 0.003 and abs(hits[0] - hits[1]) < 0.004,
               f"AUC {mine:.4f} and {theirs:.4f}, accuracy {hits[0]:.4f} and {hits[1]:.4f}")
spec.finish()
