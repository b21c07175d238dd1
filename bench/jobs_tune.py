"""Tuning: cross-validated grids beside scikit-learn's GridSearchCV with its export."""
import os

import numpy as np

from common import QUICK, race, read, rows_name, rows_table, size

ROWS = int(os.environ.get("TUNE_ROWS", str(size(100000))))
C = [float(f"{v:.4g}") for v in np.logspace(-3, 3, 3 if QUICK else 20)]


def peer_grid(clock, threads, kind, search, scoring):
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    if kind == "svm":
        from sklearn.svm import LinearSVC
        estimator = make_pipeline(StandardScaler(), LinearSVC(dual=False))
    elif kind == "logistic":
        from sklearn.linear_model import LogisticRegression
        estimator = make_pipeline(StandardScaler(), LogisticRegression())
    else:
        import xgboost
        estimator = xgboost.XGBClassifier(tree_method="hist", n_jobs=1)
    clock.start()
    data = read(f"rows_{ROWS}", 21)
    clock.fitting()
    result = GridSearchCV(estimator, search, scoring=scoring, cv=5, n_jobs=threads, refit=False).fit(data[:, :20], data[:, 20])
    clock.fitted()
    clock.stop()
    return f"{abs(result.best_score_):.5f} {result.best_params_}"


def grid(job, algorithm, search, metric, peer_search, scoring, aim):
    """5 folds × 20 candidates: the statement, and a COPY of the table with GridSearchCV on it, by one process and by two."""
    table = rows_table(ROWS)
    race(job, "Tuning", f"tune {algorithm}, 20 × 5 folds ÷ GridSearchCV", rows_name(ROWS), f"SELECT round(mean::numeric, 5), params FROM "
         f"uprofile_tune('{table}', 'y', '{algorithm}', '{search}', metric => '{metric}') ORDER BY rank LIMIT 1", peer_grid, aim,
         lambda mine, other: f"best {metric} {mine.replace('|', ' ')[:120]} / {other}", kind=algorithm, search=peer_search, scoring=scoring)


def tune_svm():
    grid("tune_svm", "svm", f'{{"C": {C}}}', "accuracy", {"linearsvc__C": C}, "accuracy", 0.15)


def tune_logistic():
    grid("tune_logistic", "logistic", f'{{"C": {C}}}', "log_loss", {"logisticregression__C": C}, "neg_log_loss", 0.2)


def tune_boost():
    rates, depths, rounds = ([0.3], [4], [20, 40]) if QUICK else ([0.1, 0.3], [4, 6], [20, 40, 60, 80, 100])
    search = f'{{"learning_rate": {rates}, "max_depth": {depths}, "n_estimators": {rounds}, "max_leaf_nodes": null, "min_samples_leaf": 1}}'
    grid("tune_boost", "boost", search, "log_loss", {"learning_rate": rates, "max_depth": depths, "n_estimators": rounds}, "neg_log_loss", 0.4)


JOBS = {"tune_svm": tune_svm, "tune_logistic": tune_logistic, "tune_boost": tune_boost}
