#!/usr/bin/python3
"""Cleaning through SQL: Online Retail's known faults with exact counts, fillings and bounds against scikit-learn and
numpy on credit_data, repaired types against pandas, and every source put together again from what cleaning leaves.

Needs a server with the extension (PGHOST, PGPORT, PGDATABASE); UPROFILE_DATA names the folder of real data. The counts
of Online Retail are the known results that came with the data.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, data_file, load_frame, open_text, psql, read_csv, rows

import json

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer

spec = Spec("clean")

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
    restored = RESTORED.format(source=source, to=to)
    return int(psql(f"SELECT count(*) FROM ((SELECT r::text FROM ({restored}) r EXCEPT ALL SELECT s::text FROM {source} s) "
                    f"UNION ALL (SELECT s::text FROM {source} s EXCEPT ALL SELECT r::text FROM ({restored}) r)) AS d"))


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
    for what, rule, where, want in known:
        report = clean("retail", [rule])
        spec.check(f"Online Retail: {what}", total(report, where) == want and add_up(report), f"{total(report, where):,}")

    cancelled = {"rule": "match", "column": "invoice_no", "pattern": "^C", "negate": True}
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
    bad = differences("retail", "tidy")
    spec.check("Online Retail: the source again, row by row", bad == 0, f"{bad} differences")
    psql("DROP TABLE tidy, tidy_quarantine, tidy_changes")

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


types()
credit_data()
online_retail()
spec.finish()
