#!/usr/bin/python3
"""Cleaning through SQL: Online Retail's known faults with exact counts, fillings and bounds against scikit-learn and
numpy on credit_data, repaired types against pandas, and every source put together again from what cleaning leaves.

Needs a server with the extension (PGHOST, PGPORT, PGDATABASE); UPROFILE_DATA names the folder of real data. The counts
of Online Retail are the known results that came with the data. UP_LONG=1: more tables, and Online Retail put together again too.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, data_file, load_frame, load_table, open_text, psql, read_csv, rows

import json

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer

spec = Spec("clean")
LONG = os.environ.get("UP_LONG") == "1"
TABLES = 300 if LONG else 15  # of any rows

# The source again: rows that left as they came, rows that stayed with their first values.
RESTORED = """
    WITH kept AS (SELECT row_number() OVER (ORDER BY d.ctid) AS place, to_jsonb(d) AS now FROM {to} d),
    numbers AS (
        SELECT n AS row_number, row_number() OVER (ORDER BY n) AS place
        FROM generate_series(1, (SELECT count(*) FROM {to}) + (SELECT count(*) FROM {to}_quarantine)) AS n
        WHERE n NOT IN (SELECT row_number FROM {to}_quarantine)),
    undone AS (
        SELECT row_number, jsonb_object_agg(column_name, before) AS before FROM (
            SELECT DISTINCT ON (row_number, column_name) row_number, column_name, before
            FROM {to}_changes ORDER BY row_number, column_name, step) AS c GROUP BY row_number)
    SELECT (jsonb_populate_record(NULL::{source}, image)).* FROM (
        SELECT original AS image FROM {to}_quarantine
        UNION ALL
        SELECT now || coalesce(before, '{{}}') FROM kept JOIN numbers USING (place) LEFT JOIN undone USING (row_number)) AS i"""


def differences(source, to):
    """How many rows one of them has and the other has not, of equal rows each counted: what EXCEPT ALL finds in both
    directions, in one pass."""
    restored = RESTORED.format(source=source, to=to)
    return int(psql(f"SET work_mem = '256MB'; SELECT coalesce(sum(abs(n)), 0) FROM (SELECT sum(way) AS n FROM ("
                    f"SELECT r::text AS line, 1 AS way FROM ({restored}) r UNION ALL SELECT s::text, -1 FROM {source} s) AS b "
                    f"GROUP BY line) AS d"))


def literal(value):
    return "'" + json.dumps(value).replace("'", "''") + "'"


def clean(source, rules, to=None, key=None):
    """The report."""
    return rows("SELECT * FROM uprofile_clean({}, {}, {}, {}, {})".format(
        f"'{source}'", f"'{to}'" if to else "NULL", f"'{key}'" if key else "NULL", literal(rules), str(to is None)))


def total(report, rule):
    return next(r["rows"] for r in report if r["rule"] == rule)


def add_up(report):
    return total(report, "input") == sum(total(report, name) for name in ("cleaned", "quarantined", "merged"))


def online_retail():
    path = data_file(spec, "online_retail", "*.csv.gz")
    if path is None:
        return
    psql("DROP TABLE IF EXISTS retail, tidy, tidy_quarantine, tidy_changes;"
         "CREATE TABLE retail (invoice_no text, stock_code text, description text, quantity integer, invoice_date timestamp,"
         " unit_price numeric, customer_id integer, country text)")
    with open_text(path) as file:
        psql("COPY retail FROM STDIN WITH (FORMAT csv, HEADER)", file.read())
    known = [
        ("exact duplicates", {"rule": "duplicates"}, "merged", 5268),
        ("missing customers", {"rule": "required", "column": "customer_id"}, "quarantined", 135080),
        ("quantity not positive", {"rule": "range", "column": "quantity", "min": 1}, "quarantined", 10624),
        ("price not positive", {"rule": "range", "column": "unit_price", "min": 0, "min_open": True}, "quarantined", 2517),
        ("blank descriptions", {"rule": "required", "column": "description"}, "quarantined", 1454),
    ]
    for what, rule, where, want in known if LONG else known[:2]:
        report = clean("retail", [rule])
        spec.check(f"Online Retail: {what}", total(report, where) == want and add_up(report), f"{total(report, where):,}")

    cancelled = {"rule": "match", "column": "invoice_no", "pattern": "^C", "negate": True}
    if LONG:
        report = clean("retail", [cancelled], "tidy")
        invoices = int(psql("SELECT count(DISTINCT original->>'invoice_no') FROM tidy_quarantine"))
        spec.check("Online Retail: cancelled invoices", invoices == 3836 and add_up(report), f"{invoices:,}")
        psql("DROP TABLE tidy, tidy_quarantine, tidy_changes")

    start = time.time()
    report = clean("retail", [
        {"rule": "trim", "collapse": True}, cancelled, known[3][1], known[2][1], known[1][1]], "tidy")
    spec.check("Online Retail: cleaned into a table", total(report, "cleaned") == 397884 and add_up(report),
               f"{total(report, 'cleaned'):,} lines, {time.time() - start:.1f} s")
    facts = rows("SELECT count(*) AS n, count(DISTINCT customer_id) AS customers, count(DISTINCT invoice_no) AS invoices,"
                 " round(sum(quantity * unit_price), 2)::text AS revenue FROM tidy")[0]
    spec.check("Online Retail: what remains", facts == {"n": 397884, "customers": 4338, "invoices": 18532, "revenue": "8911407.90"},
               str(facts))
    left = int(psql("SELECT count(*) FROM tidy_quarantine WHERE action = 'quarantined' AND reason <> ''"))
    spec.check("Online Retail: every row that left has a reason", left == total(report, "quarantined"), f"{left:,}")
    changed = int(psql("SELECT count(*) FROM tidy_changes"))
    reported = sum(r["rows"] for r in report if r["rule"] == "trim" and r["after"] is not None)
    spec.check("Online Retail: the report counts every change", changed == reported > 0, f"{changed:,}")
    if LONG:
        bad = differences("retail", "tidy")
        spec.check("Online Retail: the source again, row by row", bad == 0, f"{bad} differences")
    psql("DROP TABLE tidy, tidy_quarantine, tidy_changes")

    if not LONG:
        return
    # Everything that is known, with duplicates merged first, against pandas.
    frame = pd.read_csv(path, dtype={"invoice_no": str, "stock_code": str, "unit_price": str})
    frame = frame.drop_duplicates()
    frame = frame[frame.customer_id.notna() & (frame.quantity > 0) & (frame.unit_price.astype(float) > 0)]
    report = clean("retail", [{"rule": "duplicates"}, known[1][1], known[2][1], known[3][1]], "tidy")
    spec.check("Online Retail: the same lines as pandas", total(report, "cleaned") == len(frame) and add_up(report), f"{len(frame):,}")
    bad = differences("retail", "tidy")
    spec.check("Online Retail: merged rows come back too", bad == 0, f"{bad} differences")
    psql("DROP TABLE retail, tidy, tidy_quarantine, tidy_changes")


def credit_data():
    path = data_file(spec, "credit_data", "*.csv*")
    if path is None:
        return
    frame = read_csv(path)
    frame.insert(0, "id", range(len(frame)))
    numbers = [c for c in frame.columns if pd.api.types.is_numeric_dtype(frame[c]) and c != "id"]
    frame[numbers] = frame[numbers].astype(float)
    texts = [c for c in frame.columns if frame[c].dtype == object]
    load_frame("credit", frame)
    for method, strategy in (("mean", "mean"), ("median", "median"), ("mode", "most_frequent")):
        psql("DROP TABLE IF EXISTS c, c_quarantine, c_changes")
        clean("credit", [{"rule": "fill", "columns": numbers, "with": method}], "c", "id")
        got = pd.DataFrame(rows("SELECT * FROM c ORDER BY id"))[numbers].to_numpy(float)
        spec.close(f"credit_data: fill with the {method}", got, SimpleImputer(strategy=strategy).fit_transform(frame[numbers]), 1e-9)
        bad = differences("credit", "c")
        spec.check(f"credit_data: undone ({method})", bad == 0, f"{bad} differences")
    clean_texts = clean("credit", [{"rule": "fill", "columns": texts, "with": "mode"}])
    want = {c: frame[c].mode()[0] for c in texts if frame[c].isna().any()}
    got = {r["column_name"]: r["after"] for r in clean_texts if r["before"] is None and r["after"] is not None}
    spec.check("credit_data: fill text with the mode", got == want, str(want))

    def bounds(x, method):
        if method == "iqr":
            low, high = np.percentile(x, [25, 75])
            return low - 1.5 * (high - low), high + 1.5 * (high - low)
        if method == "zscore":
            return x.mean() - 3 * x.std(), x.mean() + 3 * x.std()
        return np.percentile(x, 5), np.percentile(x, 95)

    for method in ("iqr", "zscore", "winsorize"):
        used = [c for c in numbers if np.subtract(*np.nanpercentile(frame[c], [75, 25])) > 0]
        psql("DROP TABLE IF EXISTS c, c_quarantine, c_changes")
        clean("credit", [{"rule": "outliers", "columns": used, "method": method}], "c", "id")
        got = pd.DataFrame(rows("SELECT * FROM c ORDER BY id"))[used].to_numpy(float)
        want = np.column_stack([frame[c].clip(*bounds(frame[c].dropna().to_numpy(), method)) for c in used])
        spec.close(f"credit_data: outliers by {method}", got, want, 1e-9)
        bad = differences("credit", "c")
        spec.check(f"credit_data: undone ({method})", bad == 0, f"{bad} differences")
    psql("DROP TABLE credit, c, c_quarantine, c_changes")


def types():
    rng = np.random.default_rng(5)
    n = 2000
    amounts = np.round(rng.normal(0, 1e5, n), 2)
    days = pd.to_datetime("1990-01-01") + pd.to_timedelta(rng.integers(0, 15000, n), unit="D")
    frame = pd.DataFrame({
        "id": range(n),
        "english": [f"{a:,.2f}" for a in amounts],
        "german": [f"{a:,.2f}".translate(str.maketrans(",.", ".,")) + " €" for a in amounts],
        "brackets": [f"({-a:.2f})" if a < 0 else f"{a:.2f}" for a in amounts],
        "dmy": days.strftime("%d/%m/%Y"),
        "named": days.strftime("%b %d, %Y"),
        "moment": (days + pd.to_timedelta(rng.integers(0, 86400, n), unit="s")).strftime("%m/%d/%Y %I:%M:%S %p"),
    })
    load_frame("messy", frame)
    psql("DROP TABLE IF EXISTS c, c_quarantine, c_changes")
    report = clean("messy", [
        {"rule": "type", "columns": ["english", "brackets"], "to": "float"},
        {"rule": "type", "column": "german", "to": "float", "decimal": ","},
        {"rule": "type", "column": "dmy", "to": "date", "date_order": "dmy"},
        {"rule": "type", "column": "named", "to": "date"},
        {"rule": "type", "column": "moment", "to": "timestamp", "date_order": "mdy"}], "c", "id")
    got = pd.DataFrame(rows("SELECT * FROM c ORDER BY id"))
    spec.check("types: nothing is lost", total(report, "cleaned") == n)
    for column in ("english", "german", "brackets"):
        spec.close(f"types: {column} numbers", got[column], amounts, 1e-12)
    for column in ("dmy", "named"):
        spec.check(f"types: {column} dates", (pd.to_datetime(got[column]) == days).all())
    spec.check("types: moments", (pd.to_datetime(got["moment"]) == pd.to_datetime(frame["moment"])).all())
    bad = differences("messy", "c")
    spec.check("types: undone", bad == 0, f"{bad} differences")
    psql("DROP TABLE messy, c, c_quarantine, c_changes")


def random_rule(rng):
    def pick(values):
        return values[rng.integers(len(values))]

    text, number = pick(["a", "b", "c"]), pick(["i", "f", "n"])
    order = {"order": pick(["i", "at", "n"])} if rng.random() < 0.5 else {}
    kinds = [
        {"rule": "duplicates", "keep": pick(["first", "last"]), **order},
        {"rule": "duplicates", "exclude": ["id", "at", pick(["a", "f"])]},
        {"rule": "duplicate_keys", "columns": [text, number], "keep": pick(["first", "last", "complete"]), **order},
        {"rule": "trim", "collapse": bool(rng.random() < 0.5)},
        {"rule": "case", "column": text, "to": pick(["lower", "upper", "title"])},
        {"rule": "replace", "column": text, "pattern": pick(["[0-9]", "x", "^ +"]), "with": pick(["", "y", "<\\\\&>"])},
        {"rule": "synonyms", "column": text, "table": {"x": "y", "1": "2", "X1": ""}, "ignore_case": bool(rng.random() < 0.5)},
        {"rule": "missing", "values": pick([["", "x"], ["1", "2"], ["nothing"]])},
        {"rule": "match", "column": text, "pattern": pick(["^[a-z]", "1", "."]), "negate": bool(rng.random() < 0.5),
         "action": pick(["quarantine", "missing"])},
        {"rule": "range", "column": number, "min": float(rng.integers(-3, 1)), "max": float(rng.integers(2, 6)),
         "action": pick(["quarantine", "missing", "clip"])},
        {"rule": "allowed", "column": "i", "values": [1, 2, 3, 4], "action": "replace", "with": 0},
        {"rule": "allowed", "column": text, "values": ["x", "1", "2", "y"], "action": pick(["quarantine", "missing"])},
        {"rule": "outliers", "column": number, "method": pick(["iqr", "zscore", "winsorize"]), "action": pick(["clip", "missing", "quarantine"])},
        {"rule": "fill", "column": number, "with": pick(["mean", "median", "mode"])},
        {"rule": "fill", "columns": [text, number], "with": "previous", "by": pick(["a", "g"]), **order},
        {"rule": "fill", "column": text, "with": "constant", "value": 1},
        {"rule": "required", "column": pick(["a", "i", "at"])},
        {"rule": "type", "column": "t", "to": pick(["number", "float", "integer", "boolean"]), "action": pick(["quarantine", "missing"])},
    ]
    return pick(kinds)


def anything():
    """Any rules on any rows: the totals add up, the changes in the report and in the table agree, the source comes back."""
    rng = np.random.default_rng(11)
    wrong = []
    removed = changed = 0
    for trial in range(TABLES):
        n = int(rng.integers(0, 60))
        texts = np.array(["x", " x", "X1 ", "1", "2", "", "y  z", "1,000", "Ä\u00a0", "yes"], object)

        def column(values, missing=0.2):
            return [None if rng.random() < missing else v for v in values]

        frame = pd.DataFrame({
            "id": np.arange(n), "a": column(rng.choice(texts, n)), "b": column(rng.choice(texts[:4], n)), "c": column(rng.choice(texts, n)),
            "t": column(rng.choice(texts, n)), "g": column(rng.choice(texts[:3], n)),
            "i": column(rng.integers(-4, 8, n)), "f": column(np.round(rng.standard_cauchy(n), 3)), "n": column(rng.integers(0, 3, n)),
            "at": column(["2024-01-%02d 00:00:00" % d for d in rng.integers(1, 28, n)])}, dtype=object)
        types = dict(id="int", i="int", f="float8", n="numeric(8, 3)", at="timestamp")
        load_table("anything", [(c, types.get(c, "text")) for c in frame.columns], frame.itertuples(index=False, name=None))
        psql("DROP TABLE IF EXISTS c, c_quarantine, c_changes")
        rules, retyped = [], False
        for _ in range(rng.integers(1, 8)):
            rule = random_rule(rng)
            if rule["rule"] == "type":
                if retyped:
                    continue
                retyped = True
            rules.append(rule)
        trial_report = clean("anything", rules)
        report = clean("anything", rules, "c", "id")
        counts = rows("SELECT (SELECT count(*) FROM c) AS kept, (SELECT count(*) FROM c_changes) AS changes,"
                      " (SELECT count(*) FROM c_quarantine WHERE action = 'quarantined') AS quarantined,"
                      " (SELECT count(*) FROM c_quarantine WHERE action = 'merged') AS merged")[0]
        details = sum(r["rows"] for r in report if (r["before"] is not None or r["after"] is not None) and r["after"] != "(quarantined)")
        good = (add_up(report) and report == trial_report and total(report, "input") == n and details == counts["changes"]
                and [total(report, k) for k in ("cleaned", "quarantined", "merged")] == [counts[k] for k in ("kept", "quarantined", "merged")]
                and differences("anything", "c") == 0)
        if not good:
            wrong.append((trial, rules, counts))
        removed += counts["quarantined"] + counts["merged"]
        changed += counts["changes"]
    spec.check("any rules on any rows: totals add up, the source comes back", not wrong and min(removed, changed) > 3 * TABLES,
               str(wrong[:1]) if wrong else f"{TABLES} tables, {changed} changes, {removed} rows removed")
    psql("DROP TABLE anything, c, c_quarantine, c_changes")


types()
anything()
credit_data()
online_retail()
spec.finish()
