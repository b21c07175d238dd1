"""Training with weights of the rows: scikit-learn's sample_weight where it is deterministic, rows that come again where weights are whole numbers."""
import json
import os
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, load_table, psql, rows

import numpy as np
from sklearn import metrics as sk
from sklearn.linear_model import ElasticNet, LinearRegression, LogisticRegression, Ridge
from sklearn.svm import SVC, SVR, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

warnings.filterwarnings("ignore")
spec = Spec("train_weights")
rng = np.random.default_rng(5)
n = 300
x = np.c_[rng.normal(size=n), rng.integers(0, 12, n), rng.integers(0, 9, n)].astype(float)
y = (x @ [1, 0.3, -0.2] + rng.normal(0, 1.5, n) > 0.8).astype(int)
z = np.round(x @ [2, 0.5, -1] + rng.normal(size=n), 3)
w, whole = rng.exponential(size=n) + 0.01, rng.integers(0, 4, n).astype(float)
load_table("tw", [("id", "integer"), ("a", "float8"), ("b", "float8"), ("c", "float8"), ("y", "boolean"), ("z", "float8"), ("w", "float8"), ("k", "float8")],
           [[i, *map(float, x[i]), bool(y[i]), float(z[i]), float(w[i]), float(whole[i])] for i in range(n)])


def said(algorithm, target, params, source="tw", keep="w"):
    """What a model that was trained on a source says of all rows of the table."""
    params = {"scale": "none", "features": ["a", "b", "c"], **params}
    psql(f"SELECT uprofile_train('tw', '{source}', target => '{target}', algorithm => '{algorithm}', test_size => 0, deploy => 'always', params => '{json.dumps(params)}')")
    what = "uprofile_predict('tw', t)" if target == "z" or algorithm == "svm" else "uprofile_predict_proba('tw', t)"
    return np.array([r["v"] for r in rows(f"SELECT {what} AS v FROM tw t ORDER BY id")], float)


# Without an explicit list of features the weights are none.
psql("SELECT uprofile_train('tw', 'SELECT a, y, w FROM tw', target => 'y', algorithm => 'logistic', test_size => 0, deploy => 'always', params => '{\"weight\": \"w\"}')")
spec.check("weights are no feature", rows("SELECT uprofile_model_info('tw') -> 'features' AS f")[0]["f"] == ["a"])

spec.close("logistic", said("logistic", "y", {"weight": "w", "C": 0.3}),
           LogisticRegression(C=0.3, solver="newton-cg", tol=1e-10, max_iter=500).fit(x, y, w).predict_proba(x)[:, 1], 1e-6)
# Balanced by the numbers of rows; what scikit-learn means by "balanced" has come to count the weights as well.
balance = n / (2 * np.bincount(y))
spec.close("logistic, classes balanced", said("logistic", "y", {"weight": "w", "class_weight": "balanced"}),
           LogisticRegression(solver="newton-cg", tol=1e-10, max_iter=500).fit(x, y, w * balance[y]).predict_proba(x)[:, 1], 1e-6)
for name, params, peer in (("least squares", {}, LinearRegression()), ("least squares through 0", {"fit_intercept": False}, LinearRegression(fit_intercept=False)),
                           ("ridge", {"penalty": "l2", "alpha": 20}, Ridge(alpha=20)),
                           ("ridge through 0", {"penalty": "l2", "alpha": 20, "fit_intercept": False}, Ridge(alpha=20, fit_intercept=False)),
                           ("elastic net", {"penalty": "elasticnet", "alpha": 0.3, "l1_ratio": 0.4}, ElasticNet(alpha=0.3, l1_ratio=0.4, tol=1e-12, max_iter=100000))):
    spec.close(name, said("linear", "z", {"weight": "w", **params}), peer.fit(x, z, w).predict(x), 1e-6)
for target, name, peer in (("y", "tree", DecisionTreeClassifier), ("z", "regression tree", DecisionTreeRegressor)):
    got, want = said("tree", target, {"weight": "w", "max_depth": 3, "features": ["b", "c"]}), peer(max_depth=3).fit(x[:, 1:], y if target == "y" else z, w)
    spec.close(name, got, want.predict_proba(x[:, 1:])[:, 1] if target == "y" else want.predict(x[:, 1:]), 1e-6)
svc = SVC(C=2, gamma=0.2, tol=1e-6).fit(x, y, w)
got = said("svm", "y", {"weight": "w", "kernel": "rbf", "C": 2, "gamma": 0.2, "tol": 1e-6})
spec.check("svm with a kernel", np.mean(got == svc.predict(x)) > 0.995, f"{np.mean(got == svc.predict(x)):.3f} alike")
linear = LinearSVC(C=0.5, loss="squared_hinge", dual=False, tol=1e-8).fit(x, y, w)
got = said("svm", "y", {"weight": "w", "C": 0.5, "loss": "squared_hinge", "tol": 1e-8})
spec.check("linear svm", np.mean(got == linear.predict(x)) > 0.995, f"{np.mean(got == linear.predict(x)):.3f} alike")
spec.close("svr", said("svr", "z", {"weight": "w", "gamma": 0.2, "tol": 1e-6}), SVR(gamma=0.2, tol=1e-6).fit(x, z, w).predict(x), 1e-3)

# Whole weights are rows that come again; 0 leaves a row out.
again = "SELECT a, b, c, y, z FROM tw, generate_series(1, k::int)"
for algorithm, target, params in (("logistic", "y", {}), ("linear", "z", {}), ("tree", "y", {"max_depth": 4}), ("tree", "z", {"criterion": "absolute_error", "max_depth": 3}),
                                  ("forest", "y", {"bootstrap": False, "n_estimators": 3, "max_features": None, "max_depth": 4}),
                                  ("boost", "y", {"n_estimators": 8, "max_depth": 3, "min_samples_leaf": 1, "min_child_weight": 0}),
                                  ("boost", "z", {"n_estimators": 8, "max_depth": 3, "min_samples_leaf": 1, "min_child_weight": 0}),
                                  ("boost", "z", {"n_estimators": 8, "max_depth": 3, "min_samples_leaf": 1, "loss": "absolute_error"}),
                                  ("boost", "z", {"n_estimators": 8, "max_depth": 3, "min_samples_leaf": 1, "loss": "quantile", "quantile": 0.8})):
    params = {"features": ["b", "c"], **params}
    spec.close(f"rows that come again: {algorithm} of {target}", said(algorithm, target, {**params, "weight": "k"}), said(algorithm, target, params, again), 1e-6)
# Probabilities and thresholds are of the rows as they weigh, here of a class that counts ten times: its share is that of the weights.
ten = "SELECT *, CASE WHEN y THEN 10 ELSE 1 END AS ten FROM tw"
share = 10 * y.sum() / (10 * y.sum() + (~y.astype(bool)).sum())
for algorithm, params in (("logistic", {"calibrate": "sigmoid"}), ("logistic", {"calibrate": "isotonic"}), ("svm", {}), ("svm", {"kernel": "rbf", "gamma": 0.2}), ("svm", {"calibrate": "sigmoid"})):
    said(algorithm, "y", {"weight": "ten", **params}, ten)
    got = np.array([r["v"] for r in rows("SELECT uprofile_predict_proba('tw', t) AS v FROM tw t ORDER BY id")], float)
    mean = np.average(got, weights=np.where(y == 1, 10, 1))
    spec.check(f"weights in probabilities: {algorithm}, {params}", abs(mean - share) < 0.03, f"{mean:.3f} of {share:.3f}")
said("logistic", "y", {"weight": "ten", "threshold": "rate", "positive_rate": 0.5}, ten)
got = rows("SELECT metrics -> 'threshold' AS t, uprofile_model_info('tw') -> 'threshold' AS i FROM uprofile_models WHERE model = 'tw' ORDER BY version DESC LIMIT 1")[0]
spec.check("weights in a threshold", abs(got["i"]["rate"] - 0.5) < 0.04 and got["t"] > 0.93, got)
# The same in folds and trials.
got = rows("""SELECT t.mean, v.mean AS apart FROM uprofile_tune('tw', 'y', 'logistic', '{"C": [0.1, 1, 10], "weight": ["w", null], "exclude": [["z", "k"]]}', metric => 'log_loss', key => 'id', split => '{"method": "hash"}') t,
    LATERAL (SELECT avg(value) AS mean FROM uprofile_cross_validate('tw', 'y', 'logistic', t.params, key => 'id', split => '{"method": "hash"}') WHERE metric = 'log_loss') v""")
spec.close("trials", [r["mean"] for r in got], [r["apart"] for r in got], 1e-6)

# Curves, thresholds and comparisons.
psql("SELECT uprofile_train('tw', 'SELECT id, a, b, c, y FROM tw', target => 'y', algorithm => 'tree', key => 'id', deploy => 'always', params => '{\"max_depth\": 4}')")
psql("SELECT uprofile_train('tw', 'SELECT id, a, b, c, y FROM tw', target => 'y', algorithm => 'logistic', key => 'id', deploy => 'always')")
proba = np.array([r["v"] for r in rows("SELECT uprofile_predict_proba('tw', t) AS v FROM tw t ORDER BY id")])
source = "'tw', 'SELECT * FROM tw', weight => 'w'"
fpr, tpr, threshold = sk.roc_curve(y, proba, sample_weight=w)
got = rows(f"SELECT * FROM uprofile_roc({source})")
spec.close("ROC", [np.interp(fpr, [r["false_positive_rate"] for r in got], [r["true_positive_rate"] for r in got]).max(), len(got)], [tpr.max(), len(fpr)], 1e-9)
spec.close("ROC: area", sk.auc([r["false_positive_rate"] for r in got], [r["true_positive_rate"] for r in got]), sk.roc_auc_score(y, proba, sample_weight=w), 1e-9)
precision, recall, threshold = sk.precision_recall_curve(y, proba, sample_weight=w)
got = rows(f"SELECT * FROM uprofile_precision_recall({source})")
spec.close("precision and recall", [[r["precision_at"], r["recall_at"]] for r in got], np.c_[precision, recall], 1e-9)
for form in ("uprofile_calibration({}, bins => 5)", "uprofile_thresholds({})"):
    skip = ("n_rows",)
    one, two = (rows(f"SELECT * FROM {form.format(s)}") for s in ("'tw', 'SELECT * FROM tw', weight => 'k'", "'tw', 'SELECT tw.* FROM tw, generate_series(1, k::int)'"))
    keys = [k for k in one[0] if k not in skip]
    spec.close(f"rows that come again: {form[:form.index('(')]}", *([[float(np.nan if r[k] is None else r[k]) for k in keys[1:]] for r in t] for t in (one, two)), 1e-9)
one, two = (rows(f"SELECT * FROM uprofile_lift({s}, parts => {int(whole.sum())})") for s in (
    "'tw', 'SELECT * FROM tw', weight => 'k'", "'tw', 'SELECT tw.* FROM tw, generate_series(1, k::int)'"))
spec.close("rows that come again: uprofile_lift", [[r["lift"], r["gain"]] for r in one], [[r["lift"], r["gain"]] for r in two], 1e-9)
versions = rows("SELECT max(version) - 1 || ', ' || max(version) AS v FROM uprofile_models WHERE model = 'tw'")[0]["v"]
one = {r["metric"]: r for r in rows("SELECT * FROM uprofile_compare('tw', v - 1, v, 'SELECT * FROM tw', bootstrap => 50, weight => 'w')".replace('v - 1, v', versions))}
two = {r["metric"]: r["value"] for r in rows("SELECT * FROM uprofile_evaluate('tw', 'SELECT * FROM tw', weight => 'w')")}
names = [k for k in one if k in two and k != "rows"]
spec.close("two versions", [one[k]["value_b"] for k in names], [two[k] for k in names], 1e-12)
spec.check("two versions: accuracy by samples", one["accuracy"]["test"] == "paired bootstrap")
spec.finish()
