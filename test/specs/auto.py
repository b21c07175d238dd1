"""algorithm => 'auto' against XGBoost as tuned offline (lib/auto_tables.py), on noise, and on odd tables; stacks against scikit-learn.

UP_LONG=1: all six tables with the minute that auto takes by default, which a machine that is busy otherwise may not give it. Without it
two of them, on fewer trials.
"""
import os
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, load_frame, psql, rows

import numpy as np
import pandas as pd
from auto_tables import TABLES, stored, table
from sklearn.ensemble import StackingClassifier, StackingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

spec = Spec("auto")
LONG = os.environ.get("UP_LONG") == "1"
warnings.simplefilter("ignore")


def auto(train, test, tune="{}"):
    """AUC on the rows held out, and what the note says."""
    load_frame("auto_train", train)
    load_frame("auto_test", test)
    note = rows(f"SELECT note FROM uprofile_train('auto_spec', 'auto_train', 'y', 'auto', test_size => 0, deploy => 'always', tune => '{tune}')")[0]["note"]
    got = rows("SELECT y, uprofile_predict_proba('auto_spec', t) AS p FROM auto_test t")
    psql("SELECT uprofile_drop_model('auto_spec')")
    return roc_auc_score([r["y"] for r in got], [r["p"] for r in got]), note


for name in TABLES if LONG else ("breast_cancer",):
    parts = table(name)
    if parts is None:
        spec.skip(f"{name}: UPROFILE_DATA is not set, or has no such file")
        continue
    want = float(stored()[name]["auc"])
    got, note = auto(*parts, "{}" if LONG else '{"max_trials": 10, "folds": 3, "time_budget": "10 minutes"}')
    # On a few hundred rows held out, and a dozen trials, figures differ by chance.
    slack = 0.005 if LONG else 0.015
    spec.check(f"{name}: not below XGBoost by more than {100 * slack:.1f} points", got >= want - slack, f"{got:.4f}, XGBoost {want:.4f} ({note[:60]} …)")

# Noise has nothing to be found in, nor have categories of many values.
rng = np.random.default_rng(3)
short = '{"max_trials": 6, "folds": 3, "time_budget": "10 minutes"}'
for name, frame in (("noise", pd.DataFrame({"a": rng.normal(size=3000), "b": rng.exponential(size=3000), "c": rng.choice(list("uvw"), 3000)})),
                    ("a category of many values", pd.DataFrame({"a": rng.normal(size=3000), "c": "c" + pd.Series(rng.integers(0, 200, 3000)).astype(str)}))):
    frame["y"] = rng.random(len(frame)) < 0.5
    got, note = auto(frame[:1500], frame[1500:], short)
    spec.check(f"{name}: nothing is found", abs(got - 0.5) < 0.045, f"auc {got:.3f}")

# Rare classes, more columns than rows, a few rows.
frame = pd.DataFrame(rng.normal(size=(4000, 4)), columns=list("abcd"))
frame["y"] = frame.a + frame.b + rng.normal(size=4000) > 4.3
got, note = auto(frame[:2000], frame[2000:], short)
spec.check(f"{frame.y[:2000].sum()} of 2000 rows of a class", got > 0.9, f"auc {got:.3f}")
frame = pd.DataFrame(rng.normal(size=(400, 300)), columns=[f"x{j}" for j in range(300)])
frame["y"] = frame.x0 + frame.x1 > 0
got, note = auto(frame[:150], frame[150:], short)
spec.check("300 columns, 150 rows", got > 0.7, f"auc {got:.3f}")
got, note = auto(frame[["x0", "x1", "y"]][:12], frame[["x0", "x1", "y"]][12:], short)
spec.check("12 rows", got > 0.6, f"auc {got:.3f}")

# A stack of deterministic members equals scikit-learn's on the same folds.
cancer, wine, diabetes = load_breast_cancer(), load_wine(), load_diabetes()


def newton(**kw):
    return LogisticRegression(solver="newton-cg", tol=1e-10, max_iter=200, **kw)


def compare(name, data, target, members, peer, split):
    frame = pd.DataFrame(data, columns=[f"x{j}" for j in range(data.shape[1])])
    load_frame("stack_t", pd.concat([frame, pd.DataFrame({"fold": split, "y": target})], axis=1))
    for algorithm in members:
        psql(f"SELECT uprofile_train('stack_{algorithm}', 'stack_t', 'y', '{algorithm}', test_size => 0, params => '{{\"exclude\": [\"fold\"]}}')")
    psql("SELECT uprofile_stack('stack_spec', 'stack_t', 'y', ARRAY[" + ", ".join(f"'stack_{a}'" for a in members) +
         "], split => '{\"method\": \"column\", \"column\": \"fold\"}', test_size => 0, deploy => 'always')")
    peer.fit(frame, target)
    if hasattr(peer, "predict_proba"):
        classes = sorted(set(target))
        asked = ", ".join(f"uprofile_predict_proba('stack_spec', t, '{c}') AS p{k}" for k, c in enumerate(classes))
        want = peer.predict_proba(frame)
    else:
        classes, asked = [0], "uprofile_predict('stack_spec', t) AS p0"
        want = peer.predict(frame)[:, None]
    got = rows(f"SELECT {asked} FROM stack_t t ORDER BY ctid")
    spec.close(f"stack: {name}", [[r[f"p{k}"] for k in range(len(classes))] for r in got], want, 1e-5)
    psql("SELECT uprofile_drop_model('stack_spec')")
    for algorithm in members:
        psql(f"SELECT uprofile_drop_model('stack_{algorithm}')")


def folds_of(n, seed):
    fold = np.random.default_rng(seed).integers(0, 4, n)
    return fold, [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(4)]


for name, data, target in (("breast_cancer", cancer.data, cancer.target.astype(str)), ("wine", wine.data, wine.target.astype(str))):
    fold, pairs = folds_of(len(target), 5)
    compare(name, data, target, ("logistic", "bayes"), StackingClassifier(
        [("a", make_pipeline(StandardScaler(), newton())), ("b", GaussianNB())], newton(), cv=pairs, stack_method="predict_proba"), fold)
spec.finish()
