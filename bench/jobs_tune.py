"""Tuning: cross-validated grids beside scikit-learn's GridSearchCV with its export."""
import os
import time

import numpy as np

from common import REPEAT, columns, load, made, median, read, report, timed_sql

ROWS = int(os.environ.get("TUNE_ROWS", "100000"))
C = [float(f"{v:.4g}") for v in np.logspace(-3, 3, 20)]


def grid(name, algorithm, search, metric, estimator, peer_search, scoring, aim):
    """5 folds × 20 candidates: the statement, and a COPY of the table with GridSearchCV on it, by one process and by two."""
    from sklearn.model_selection import GridSearchCV
    x, y = made(ROWS)
    load("tuned", x, y)
    mine, peers, fits, out, result = [], {1: [], 2: []}, {1: [], 2: []}, None, None
    for _ in range(REPEAT):
        seconds, out = timed_sql(f"SELECT mean, params FROM uprofile_tune('tuned', 'y', '{algorithm}', '{search}', metric => '{metric}') "
                                 "ORDER BY rank LIMIT 1")
        mine.append(seconds)
        for jobs in (1, 2):
            start = time.perf_counter()
            data = read("tuned", 21)
            middle = time.perf_counter()
            result = GridSearchCV(estimator, peer_search, scoring=scoring, cv=5, n_jobs=jobs, refit=False).fit(data[:, :20], data[:, 20])
            end = time.perf_counter()
            peers[jobs].append(end - start)
            fits[jobs].append(end - middle)
    best = f"best {metric}: uprofile {out.split('|')[0][:7]}, scikit-learn {abs(result.best_score_):.5f} {result.best_params_}"
    rows = f"{ROWS // 1000}k x 20"
    report(f"{name}, {rows}, 2 jobs", median(mine), median(fits[2]), median(peers[2]), aim, best)
    report(f"{name}, {rows}, 1 job", median(mine), median(fits[1]), median(peers[1]), aim, best)


def tune_svm():
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC
    grid("tune svm", "svm", f'{{"C": {C}}}', "accuracy", make_pipeline(StandardScaler(), LinearSVC(dual=False)), {"linearsvc__C": C},
         "accuracy", 0.15)


def tune_logistic():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    grid("tune logistic", "logistic", f'{{"C": {C}}}', "log_loss", make_pipeline(StandardScaler(), LogisticRegression()),
         {"logisticregression__C": C}, "neg_log_loss", 0.2)


def tune_boost():
    rates, depths, rounds = [0.1, 0.3], [4, 6], [20, 40, 60, 80, 100]
    search = f'{{"learning_rate": {rates}, "max_depth": {depths}, "n_estimators": {rounds}, "max_leaf_nodes": null, "min_samples_leaf": 1}}'
    peer = {"learning_rate": rates, "max_depth": depths, "n_estimators": rounds}
    import xgboost
    grid("tune boost", "boost", search, "log_loss", xgboost.XGBClassifier(tree_method="hist", n_jobs=1), peer, "neg_log_loss", 0.4)


JOBS = {"tune_svm": tune_svm, "tune_logistic": tune_logistic, "tune_boost": tune_boost}
