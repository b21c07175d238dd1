"""One small race of the bench with itself, for test/t/bench.sh."""
import numpy as np

from common import both_sql, load


def smoke():
    load("smoked", np.arange(2000.0)[:, None])
    both_sql("one statement, 2,000 × 1", "SELECT uprofile_rmse(c1, c1) FROM smoked", "SELECT avg(c1) FROM smoked", None, threads=(1, 2))


JOBS = {"smoke": smoke}
