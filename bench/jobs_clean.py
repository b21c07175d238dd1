"""Cleaning of a whole table: uprofile_clean, which also records every change, beside pandas with the way out and back."""
import io
import json
import time

from common import REPEAT, median, psql, report, rows_name, size, timed_sql

RULES = [
    {"rule": "duplicates"},
    {"rule": "trim", "columns": ["description", "country"], "collapse": True},
    {"rule": "synonyms", "column": "country", "table": {"UK": "United Kingdom"}},
    {"rule": "match", "column": "invoice", "pattern": "^C", "negate": True},
    {"rule": "range", "column": "price", "min": 0, "min_open": True},
    {"rule": "fill", "column": "quantity", "with": "median"},
    {"rule": "required", "column": "customer"},
]

# What those who send letters and place calls ask of the people in a table.
CONTACT_RULES = [
    {"rule": "trim", "collapse": True},
    {"rule": "missing", "values": ["", "-", "n/a", "unknown"], "ignore_case": True},
    {"rule": "case", "column": "name", "to": "title"},
    {"rule": "case", "column": "email", "to": "lower"},
    {"rule": "match", "column": "email", "pattern": "^[[:alnum:]._%+-]+@[[:alnum:].-]+[.][[:alpha:]]{2,}$", "action": "missing"},
    {"rule": "replace", "column": "phone", "pattern": "[(]0[)]|[^[:digit:]+]", "with": ""},
    {"rule": "match", "column": "phone", "pattern": "^[+][[:digit:]]{7,15}$", "action": "missing"},
    {"rule": "case", "column": "code", "to": "upper"},
    {"rule": "match", "column": "code", "pattern": "^[[:alpha:]]{2}-[[:digit:]]{3,}-[[:alnum:]]{4}$"},
    {"rule": "synonyms", "column": "country", "table": {"deutschland": "Germany", "de": "Germany", "uk": "United Kingdom"}, "ignore_case": True},
    {"rule": "type", "column": "spent", "to": "number"},
    {"rule": "type", "column": "joined", "to": "timestamp"},
]


def with_pandas():
    import pandas as pd
    frame = pd.read_csv(io.StringIO(psql("COPY lines TO STDOUT WITH (FORMAT csv, HEADER)")), dtype={"invoice": str})
    start = time.perf_counter()
    frame = frame.drop_duplicates()
    for column in ("description", "country"):
        frame[column] = frame[column].str.replace(r"\s+", " ", regex=True).str.strip()
    frame["country"] = frame["country"].replace({"UK": "United Kingdom"})
    frame = frame[~frame["invoice"].str.match("^C", na=False)]
    frame = frame[~(frame["price"] <= 0)]
    frame = frame.assign(quantity=frame["quantity"].fillna(frame["quantity"].median()).round().astype(int))
    frame = frame[frame["customer"].notna()].astype({"customer": int})
    seconds = time.perf_counter() - start
    psql("DROP TABLE IF EXISTS tidy_pandas; CREATE TABLE tidy_pandas (LIKE lines)")
    psql("COPY tidy_pandas FROM STDIN WITH (FORMAT csv)", frame.to_csv(index=False, header=False))
    return seconds, len(frame)


def lines_table(rows):
    """Lines of a shop with blanks, synonyms, gaps, cancellations and duplicates."""
    psql("DROP TABLE IF EXISTS lines; CREATE TABLE lines AS SELECT CASE WHEN i % 53 = 0 THEN 'C' ELSE '' END || 500000 + i / 20 AS invoice, "
         "'ITEM  NO ' || i * 37 % 4000 || CASE WHEN i % 11 = 0 THEN ' ' ELSE '' END AS description, "
         "CASE WHEN i % 31 > 0 THEN 1 + i % 24 END AS quantity, '2025-01-01'::timestamp + i / 20 * interval '1 minute' AS sold_at, "
         "round((i * 7 % 400 - 2) / 20.0, 2) AS price, CASE WHEN i % 4 > 0 THEN 10000 + i / 20 % 4000 END AS customer, "
         "(ARRAY['UK', 'United Kingdom', 'DE', 'FR ', 'ES'])[1 + i % 5] AS country "
         f"FROM (SELECT i - CASE WHEN i % 100 = 0 THEN 1 ELSE 0 END AS i FROM generate_series(1, {rows}) AS i) AS g")
    psql("VACUUM ANALYZE lines")


def contacts_table(rows):
    """People whose names, addresses, numbers and codes hardly repeat, each written in two or three ways."""
    psql("DROP TABLE IF EXISTS contacts; CREATE TABLE contacts AS SELECT i AS id, CASE WHEN i % 20 = 0 THEN upper(name) ELSE initcap(name) END AS name, "
         "CASE WHEN i % 15 = 0 THEN upper(address) WHEN i % 97 = 0 THEN 'n/a' WHEN i % 89 = 0 THEN 'at home' ELSE address END || CASE WHEN i % 31 = 0 THEN ' ' ELSE '' END AS email, "
         "'+49' || CASE WHEN i % 12 = 0 THEN ' (0)' ELSE '' END || 100 + i % 900 || CASE WHEN i % 9 = 0 THEN ' / ' ELSE '' END || 1000000 + i::bigint * 7919 % 8999999 AS phone, "
         "CASE WHEN i % 10 = 0 THEN 'de' ELSE 'DE' END || '-' || i || '-' || upper(substr(md5(i::text), 1, 4)) AS code, "
         "(ARRAY['DE', 'Germany', 'Deutschland', 'France', 'UK'])[1 + i % 5] AS country, i::bigint * 7919 % 1000003 || '.' || lpad((i % 100)::text, 2, '0') AS spent, "
         "to_char('2015-01-01'::timestamp + i * interval '7 minutes', 'YYYY-MM-DD HH24:MI:SS') AS joined "
         "FROM (SELECT i, translate(substr(md5(i::text), 1, 6 + i % 4), '0123456789', 'aeioulmnrs') || ' ' || translate(substr(md5(i::text), 12, 8), '0123456789', 'aeioulmnrs') AS name, "
         f"'customer' || i || '@' || (ARRAY['example.com', 'mail.example.org', 'example.net'])[1 + i % 3] AS address FROM generate_series(1, {rows}) AS i) AS g")
    psql("VACUUM ANALYZE contacts")


def clean():
    lines_table(size(500000))
    mine, fits, peers = [], [], []
    rules = json.dumps(RULES).replace("'", "''")
    for _ in range(REPEAT):
        psql("DROP TABLE IF EXISTS tidy, tidy_changes, tidy_quarantine")
        seconds, out = timed_sql(f"SELECT rows FROM uprofile_clean('lines', 'tidy', rules => '{rules}') WHERE rule = 'cleaned'")
        mine.append(seconds)
        start = time.perf_counter()
        fit, kept = with_pandas()
        peers.append(time.perf_counter() - start)
        fits.append(fit)
    same = psql("SELECT count(*) FROM ((TABLE tidy EXCEPT ALL TABLE tidy_pandas) UNION ALL (TABLE tidy_pandas EXCEPT ALL TABLE tidy)) AS d")
    report(f"clean by 7 rules ÷ pandas, {rows_name(size(500000), 7)}", median(mine), median(fits), median(peers), 0.5,
           f"{out} and {kept} rows, {same.strip()} different")


JOBS = {"clean": clean}
