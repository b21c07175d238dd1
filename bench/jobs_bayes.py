"""Naive Bayes, and metrics of a million rows."""
import time

import numpy as np

from common import REPEAT, columns, compare, load, made, median, read, report, rows_name, size, timed_sql


def bayes():
    from sklearn.naive_bayes import GaussianNB
    x, y = made(size(1000000))
    load("tr", x, y)
    compare(f"naive Bayes ÷ GaussianNB, {rows_name(size(1000000))}", "tr", 20, 1, f"SELECT uprofile_model_info(uprofile_bayes({columns(20)}, y))->'class_counts' FROM tr",
            lambda a, b: GaussianNB().fit(a, b), 1.0, lambda out, m: f"rows of the classes {out.strip()} and {m.class_count_.tolist()}")


def metrics():
    """Accuracy, F1, area under the curve, log loss and RMSE of one table."""
    from sklearn.metrics import accuracy_score, f1_score, log_loss, mean_squared_error, roc_auc_score
    rng = np.random.default_rng(3)
    y = (rng.random(size(1000000)) < 0.3).astype(float)
    score = np.clip(rng.normal(0.35 + 0.3 * y, 0.2), 0.01, 0.99)
    load("scored", np.column_stack([y, score, (score > 0.5).astype(float)]))
    mine, fits, peers = [], [], []
    for _ in range(REPEAT):
        seconds, out = timed_sql("SELECT uprofile_accuracy(c1, c3), uprofile_f1(c1, c3), uprofile_auc(c1, c2), uprofile_log_loss(c1, c2), "
                                 "uprofile_rmse(c1, c2) FROM scored")
        mine.append(seconds)
        start = time.perf_counter()
        a, s, p = read("scored", 3).T
        middle = time.perf_counter()
        theirs = [accuracy_score(a, p), f1_score(a, p), roc_auc_score(a, s), log_loss(a, s), mean_squared_error(a, s) ** 0.5]
        peers.append(time.perf_counter() - start)
        fits.append(time.perf_counter() - middle)
    off = max(abs(float(m) - t) for m, t in zip(out.strip().split("|"), theirs))
    report(f"five metrics ÷ scikit-learn, {size(1000000):,} rows", median(mine), median(fits), median(peers), 1.0, f"largest difference {off:.0e}")


JOBS = {"bayes": bayes, "metrics": metrics}
