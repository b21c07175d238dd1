"""Drift on real data: what has not changed is not called changed, what has is found, and the figures are scipy's.

Models of three tables are trained on every other row. Resamples of all rows, and of those that no model has seen, must not drift:
of all of them at most one in twenty may have anything flagged. A number moved by one deviation either way, and a category that is new
in a tenth of the rows, must be found in samples of 200 and of thousands. FULL=1: many more resamples, of all rows of the tables.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, data_file, load_frame, load_table, psql, quoted, read_csv, rows

import numpy as np

spec = Spec("drift")
FULL = os.environ.get("FULL") == "1"
SIZES, DRAWS = ((200, 1000, 10000), 40) if FULL else ((200, 2000), 5)
TABLES = (("adult", "*train*", "income", "boost", []), ("telco_churn", "*", "churn", "forest", ["customer_id"]),
          ("bank_marketing", "*", "y", "logistic", []))


def flags(model, query):
    return rows(f"SELECT column_name, statistic, value, threshold FROM uprofile_drift('{model}', $q${query}$q$) WHERE drifted")


def resamples(model, where):
    """How many resamples have anything flagged, of how many, and what."""
    drawn, found = 0, []
    for size in SIZES:
        sql = "SELECT setseed(0.25);" + "".join(
            f"CREATE TABLE draw AS SELECT * FROM {model} WHERE {where} ORDER BY random() LIMIT {size}; "
            f"SELECT '{size}:' || coalesce(string_agg(coalesce(column_name, '') || ' ' || statistic, ', ' ORDER BY statistic), '') "
            f"FROM uprofile_drift('{model}', 'draw') WHERE drifted; DROP TABLE draw;" for _ in range(DRAWS))
        lines = [line for line in psql(sql).splitlines() if ":" in line]
        drawn += len(lines)
        found += [line for line in lines if not line.endswith(":")]
    return drawn, found


def changed(model, columns, expressions, size):
    """What drifts where columns are something else in unseen rows: (column, statistic). Each column is judged by itself."""
    listed = ", ".join(f"{expressions[c]} AS {quoted(c)}" if c in expressions else quoted(c) for c in columns)
    return {(f["column_name"], f["statistic"]) for f in flags(
        model, f"SELECT {listed} FROM (SELECT * FROM {model} WHERE id % 2 = 1 ORDER BY hashint8(id) LIMIT {size}) AS s")}


def real(model, pattern, target, algorithm, exclude):
    """One table; how many resamples were drawn, and what was flagged."""
    path = data_file(spec, model, pattern)
    if path is None:
        return 0, []
    frame = read_csv(path)
    if not FULL:
        frame = frame[::max(1, len(frame) // 8000)].copy()
    frame.columns = [c.lower() for c in frame.columns]
    numbers = [c for c in frame.columns if frame[c].dtype.kind in "if"]
    columns = list(frame.columns)
    frame.insert(0, "id", range(len(frame)))
    load_frame(model, frame)
    excluded = ", ".join(f'"{c}"' for c in exclude)
    psql(f"ANALYZE {model}; SELECT uprofile_train('{model}', 'SELECT * FROM {model} WHERE id % 2 = 0', target => '{target}', "
         f"algorithm => '{algorithm}', key => 'id', deploy => 'always', params => '{{\"exclude\": [{excluded}]}}')")
    all_drawn, all_found = 0, []
    for where in ("true", "id % 2 = 1"):
        drawn, found = resamples(model, where)
        all_drawn, all_found = all_drawn + drawn, all_found + found
    texts = [c for c in columns if c not in numbers + [target] + exclude]
    new = {c: f"CASE WHEN hashint8(id + 7) % 10 = 0 THEN 'new' ELSE {quoted(c)} END" for c in texts}
    for size in (200, 5000):
        missed = []
        for sign in "+-":
            found = changed(model, columns, {c: f"{quoted(c)} {sign} {float(np.nanstd(frame[c]))}" for c in numbers}, size)
            missed += [sign + c for c in numbers if not {(c, "psi"), (c, "ks")} & found]
        spec.check(f"{model}: numbers moved by a deviation are found in {size} rows", not missed, ", ".join(missed))
        found = changed(model, columns, new, size)
        missed = [c for c in texts if (c, "unseen") not in found]
        spec.check(f"{model}: new categories of a tenth are found in {size} rows", not missed, ", ".join(missed))
    psql(f"SELECT uprofile_drop_model('{model}'); DROP TABLE {model}")
    return all_drawn, all_found


def by_scipy():
    """Columns of so few values that no sketch loses anything."""
    from scipy import stats
    rng = np.random.default_rng(1)
    old = [(i, int(rng.integers(0, 12)), str(rng.choice(list("abcd"), p=[.4, .3, .2, .1]))) for i in range(900)]
    new = [(i, int(rng.integers(2, 12)), str(rng.choice(list("abcd"), p=[.3, .3, .2, .2]))) for i in range(300)]
    load_table("old", [("id", "integer"), ("n", "float8"), ("c", "text")], old)
    load_table("new", [("id", "integer"), ("n", "float8"), ("c", "text")], new)
    psql("SELECT uprofile_train('few', 'SELECT *, n > 6 AS y FROM old', target => 'y', algorithm => 'tree', key => 'id', test_size => 0, "
         "deploy => 'always')")
    got = {(r["column_name"], r["statistic"]): r["value"] for r in rows("SELECT * FROM uprofile_drift('few', 'new')")}
    n, m = np.array([r[1] for r in old]), np.array([r[1] for r in new])
    spec.close("Kolmogorov-Smirnov", got["n", "ks"], stats.ks_2samp(n, m).statistic, 1e-12)
    a, b = (np.array([sum(r[2] == c for r in t) for c in "abcd"], float) for t in (old, new))
    spec.close("chi-squared", got["c", "chi_squared"], stats.chi2_contingency([a, b], correction=False)[0], 1e-9)
    p, q = (a + .5) / (a + .5).sum(), (b + .5) / (b + .5).sum()
    spec.close("population stability index", got["c", "psi"], ((q - p) * np.log(q / p)).sum(), 1e-12)
    psql("SELECT uprofile_drop_model('few'); DROP TABLE old, new")


by_scipy()
results = [real(*table) for table in TABLES]
drawn, found = sum(r[0] for r in results), [f for r in results for f in r[1]]
if drawn > 0:
    spec.check("resamples without change", len(found) <= 0.05 * drawn, f"{len(found)} of {drawn} have anything flagged; {'; '.join(found[:3])}")
spec.finish()
