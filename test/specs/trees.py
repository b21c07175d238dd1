"""Trees and forests through SQL against scikit-learn, on the same folds: accuracy, AUC, R2 of held-out rows.

scikit-learn's figures are kept in test/data/trees.csv (see Kept of lib/common.py). UP_LONG=1: all folds, and more tables.
"""
import os
import sys
import json

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Kept, Spec, data_file, load_frame, psql, quoted, read_csv, rows

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import (HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier,
                              RandomForestRegressor)
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.preprocessing import OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

spec = Spec("trees")
LONG = os.environ.get("UP_LONG") == "1"
FOLDS = 5
kept = Kept("trees")


def prepared(frame):
    """What people do for scikit-learn: medians, and categories by number."""
    out = pd.DataFrame(index=frame.index)
    for c in frame:
        if frame[c].dtype == object or frame[c].dtype == bool:
            out[c] = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit_transform(
                frame[[c]].astype(object).fillna("missing").astype(str))[:, 0]
        else:
            out[c] = SimpleImputer(strategy="median").fit_transform(frame[[c]])[:, 0]
    return out.to_numpy()


def fold(frame, target, algorithm, params, seeds, classes, k):
    """Metrics of fold k of table t, means over seeds: (accuracy or R2, AUC or NaN)."""
    mine = []
    truth = frame[target].to_numpy()[np.arange(len(frame)) % FOLDS == k]
    for seed in seeds:
        given = json.dumps(dict(params, exclude=["row_id", "fold"], seed=seed))
        psql(f"DROP TABLE IF EXISTS fitted; CREATE TABLE fitted AS SELECT uprofile_{algorithm}(t, '{target}', '{given}') AS m "
             f"FROM t WHERE fold <> {k}")
        out = rows(f"SELECT row_id, uprofile_predict_label(m, t) AS p" +
                   (f", uprofile_predict_proba(m, t, '{classes[-1]}') AS s" if classes is not None and len(classes) == 2 else "") +
                   f" FROM t, fitted WHERE fold = {k} ORDER BY row_id")
        if classes is None:
            mine.append((r2_score(truth, [float(r["p"]) for r in out]), np.nan))
        else:
            mine.append((accuracy_score(truth, [r["p"] for r in out]),
                         roc_auc_score(truth == classes[1], [r["s"] for r in out]) if len(classes) == 2 else np.nan))
    return np.mean(mine, 0)


def peers_fold(frame, target, peers, classes, test):
    """The same of scikit-learn's."""
    truth = frame[target].to_numpy()[test]
    x = prepared(frame.drop(columns=[target]))
    theirs = []
    for make in peers:
        p = make.fit(x[~test], frame[target].to_numpy()[~test])
        if classes is None:
            theirs.append((r2_score(truth, p.predict(x[test])), np.nan))
        else:
            theirs.append((accuracy_score(truth, p.predict(x[test])),
                           roc_auc_score(truth == classes[1], p.predict_proba(x[test])[:, 1]) if len(classes) == 2 else np.nan))
    return np.mean(theirs, 0)


def load_folds(frame):
    loaded = frame.copy()
    loaded.insert(0, "row_id", np.arange(len(frame)))
    loaded.insert(1, "fold", np.arange(len(frame)) % FOLDS)
    load_frame("t", loaded)


def dealt_anew(frame):
    """The same rows in other folds: in one deal of a small table the difference of two learners varies by .2 points."""
    others = 3 if LONG and len(frame) < 2000 else 0
    return [frame] + [frame.sample(frac=1, random_state=deal).reset_index(drop=True) for deal in range(others)]


def compare(name, frame, target, algorithm, peers, params, points):
    """Fold k: every fifth row from the k-th. All five below 8,000 rows, else the first; UP_LONG=1: all, and of small tables in four deals."""
    classify = frame[target].dtype == object
    classes = np.unique(frame[target]) if classify else None
    folds = range(FOLDS if LONG or len(frame) < 8000 else 1)
    seeds = range(1 if algorithm != "forest" else seeds_of(frame) if LONG else min(seeds_of(frame), 2))
    deals, mine = dealt_anew(frame), []
    for dealt in deals:
        load_folds(dealt)
        mine += [fold(dealt, target, algorithm, params, seeds, classes, k) for k in folds]
    mine = np.mean(mine, 0)
    theirs = kept.get(f"{name}: {algorithm}, {len(deals) * len(folds)} folds, {len(peers)} seeds", [frame.to_csv(index=False)],
                      lambda: np.mean([peers_fold(dealt, target, peers, classes, np.arange(len(frame)) % FOLDS == k) for dealt in deals for k in folds], 0))
    spec.check(f"{name}: {algorithm}, {'accuracy' if classify else 'R2'}", mine[0] >= theirs[0] - points / 100,
               f"{mine[0]:.4f}, scikit-learn {theirs[0]:.4f}")
    if not np.isnan(mine[1]) and algorithm != "tree":
        spec.check(f"{name}: {algorithm}, AUC", mine[1] >= theirs[1] - (0.003 if algorithm == "boost" else 0.005), f"{mine[1]:.4f}, scikit-learn {theirs[1]:.4f}")


def seeds_of(frame):
    """Of forests, scikit-learn's always, ours in the long form: those of small tables vary by .3 points from seed to seed."""
    return 1 if len(frame) >= 8000 else 4 if LONG or len(frame) < 5000 else 1


def both(name, frame, target, regress=False):
    frame = frame.copy()
    if frame[target].dtype == bool or frame[target].nunique() <= 20:
        frame[target] = frame[target].astype(str)
    trees = [(DecisionTreeRegressor if regress else DecisionTreeClassifier)(max_depth=8, min_samples_leaf=5, random_state=s) for s in range(3)]
    compare(name, frame, target, "tree", trees, {"max_depth": 8, "min_samples_leaf": 5}, 3 if regress else 1.5)
    forests = [(RandomForestRegressor if regress else RandomForestClassifier)(100, random_state=s, n_jobs=2) for s in range(seeds_of(frame))]
    compare(name, frame, target, "forest", forests, {}, 1 if regress else 0.5)
    boosts = [(HistGradientBoostingRegressor if regress else HistGradientBoostingClassifier)(early_stopping=False)]
    compare(name, frame, target, "boost", boosts, {}, 1 if regress else 0.6)


def small(load, name, regress=False):
    data = load()
    frame = pd.DataFrame(data.data, columns=[f"x{j}" for j in range(data.data.shape[1])])
    frame["y"] = data.target.astype(float) if regress else data.target
    both(name, frame, "y", regress)


small(load_breast_cancer, "breast_cancer")
small(load_diabetes, "diabetes", True)
if LONG:
    small(load_digits, "digits")
for folder, pattern, target in (("credit_data", "*.csv*", "status"), ("adult", "*train*", "income"), ("telco_churn", "*.csv*", "churn"),
                                ("bank_marketing", "*.csv*", "y"))[:4 if LONG else 2]:
    path = data_file(spec, folder, pattern)
    if path:
        frame = read_csv(path)
        names = {c.lower(): c for c in frame.columns}
        column = names.get(target, frame.columns[-1])
        both(folder, frame[[c for c in frame.columns if c == column or frame[c].nunique() <= 255 or frame[c].dtype != object]], column)
for folder, target in (("hotel_rates", "avg_price_per_room"), ("bike_hour", "cnt"))[:2 if LONG else 1]:
    path = data_file(spec, folder)
    if path:
        frame = read_csv(path)
        frame[target] = frame[target].astype(float)
        keep = [c for c in frame.columns if (frame[c].dtype != object or frame[c].nunique() <= 255) and c not in ("casual", "registered")]
        both(folder, frame[keep].iloc[:20000], target, True)
spec.finish()
