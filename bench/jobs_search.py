"""Searchers at equal budget: Hyperband and TPE against random search, by the best cross-validated figure that each finds."""
import io
import os

from common import median, psql
import table as results

FIRST, _, LAST = os.environ.get("SEARCH_SEEDS", "10").rpartition("-")
SEEDS = range(int(FIRST or 1), int(LAST) + 1)
ROWS = int(os.environ.get("SEARCH_ROWS", "4500"))
TRIALS = int(os.environ.get("SEARCH_TRIALS", "40"))
FOLDS = 3
SPACE = """{"learning_rate": {"log_uniform": [0.005, 1]}, "n_estimators": {"log_integer": [5, 100]}, "max_leaf_nodes": {"log_integer": [2, 128]},
    "min_samples_leaf": {"log_integer": [1, 300]}, "l2_regularization": {"log_uniform": [0.001, 1000]}, "colsample": {"uniform": [0.2, 1]}}"""


def table(name, path, drop):
    """ROWS rows; numbers as float8, anything else as text."""
    import pandas
    frame = pandas.read_csv(os.path.join(os.environ["UPROFILE_DATA"], path)).sample(frac=1, random_state=0).head(ROWS).drop(columns=drop)
    numbers = [pandas.api.types.is_numeric_dtype(frame[c]) for c in frame]
    psql(f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} (" +
         ", ".join(f'"{c}" {"float8" if n else "text"}' for c, n in zip(frame, numbers)) + ")")
    out = io.StringIO()
    frame.to_csv(out, index=False, header=False)
    psql(f"COPY {name} FROM STDIN WITH (FORMAT csv)", out.getvalue())
    return len(frame)


def hyperband_cost(rows):
    """Trainings on all rows that Hyperband's brackets are worth, each rung by the share of the rows that it sees."""
    brackets = 1
    while brackets < 5 and 3.0 ** -brackets >= 100 / (rows * (FOLDS - 1) / FOLDS):
        brackets += 1
    cost = 0
    for s in range(brackets):
        n = -(-brackets * 3 ** s // (s + 1))
        cost += sum(n // 3 ** i * 3.0 ** (i - s) for i in range(s + 1))
    return cost


def best(name, target, metric, method, seed, trials):
    limit = "" if method == "hyperband" else f", max_trials => {trials}"
    return float(psql(f"SELECT mean FROM uprofile_tune('{name}', '{target}', 'boost', '{SPACE}', '{method}', '{metric}', folds => {FOLDS}, "
                      f"split => '{{\"seed\": 0}}', seed => {seed}{limit}) ORDER BY rank LIMIT 1"))


def compare(name, path, target, metric, drop=()):
    """TPE at TRIALS trials, Hyperband at what its brackets cost; random search at as many trainings on all rows as either."""
    if "UPROFILE_DATA" not in os.environ:
        print(f"{name}: skipped, UPROFILE_DATA is not set")
        return
    rows = table(name, path, list(drop))
    for method, trials in (("tpe", TRIALS), ("hyperband", round(hyperband_cost(rows)))):
        found = {m: [best(name, target, metric, m, seed, trials) for seed in SEEDS] for m in ("random", method)}
        wins = sum(a < b for a, b in zip(found[method], found["random"]))
        results.add("search", "Tuning", f"{method} on {name}: the best {metric} ÷ that of random search", f"{rows:,}", 1, None, None, 1,
                    f"{median(found[method]):.5f} / {median(found['random']):.5f}, medians of {len(SEEDS)} seeds", median(found[method]) / median(found["random"]),
                    note=f"better with {wins} seeds; {trials} trainings of {FOLDS} folds")


def search():
    compare("adult", "adult/adult_train.csv.gz", "income", "log_loss")
    compare("credit_data", "credit_data/credit_data.csv", "status", "log_loss")
    compare("bike_hour", "bike_hour/bike_hour.csv.gz", "cnt", "rmse", ("instant", "dteday", "casual", "registered"))


JOBS = {"search": search}
