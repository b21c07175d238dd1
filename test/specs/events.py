"""Event training on real data: its rows are those of leak-free tables written by hand in SQL, row by row.

CDNOW (dates, the customers' first purchases) and Online Retail (times, cancelled invoices, a query as source). Then nothing that
happens from the anchor on may change a feature: with all later events gone, or turned into nonsense, features stay as they are.
Of the customers one in ten is taken; UP_LONG=1: all of them.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, data_file, load_frame, psql, read_csv, rows

spec = Spec("events")
SOURCES = ((None, ""), ("cd_users", ", since => 'first_day'"))
EVERY = 1 if os.environ.get("UP_LONG") == "1" else 10


def quoted(text):
    return "$q$" + text + "$q$"


def call(function, users, events, key, time, target, horizon, anchors, features, more=""):
    listed = "[" + ", ".join(f'"{a}"' for a in anchors) + "]"
    return (f"{function}(users => {quoted(users) if users else 'NULL'}, events => {quoted(events)}, key => '{key}', event_time => '{time}', "
            f"target => {quoted(target)}, horizon => '{horizon}', anchors => '{listed}', features => {quoted(features)}{more})")


def differences(made, by_hand):
    """Rows that only one of the two has, either way; and how many there are."""
    count, differ = psql(f"""
        CREATE TEMP TABLE made AS {made};
        CREATE TEMP TABLE by_hand AS {by_hand};
        SELECT (SELECT count(*) FROM made) || ' ' || (SELECT count(*) FROM (
            (SELECT * FROM made EXCEPT ALL SELECT * FROM by_hand) UNION ALL (SELECT * FROM by_hand EXCEPT ALL SELECT * FROM made)) d)
    """).split()[-2:]
    return int(count), int(differ)


def cdnow():
    path = data_file(spec, "cdnow", "cdnow.csv*")
    if path is None:
        return
    frame = read_csv(path)
    frame.columns = ["customer", "day", "cds", "amount"]
    frame = frame[frame["customer"] % EVERY == 0]
    customers = frame["customer"].nunique()
    load_frame("cd_text", frame)
    psql("CREATE TABLE cd AS SELECT customer::int4, day::text::date AS day, cds::int4, amount::float8 FROM cd_text; "
         "CREATE TABLE cd_users AS SELECT customer, min(day) AS first_day FROM cd GROUP BY customer; ANALYZE cd; ANALYZE cd_users")
    anchors = ["1997-07-01", "1997-10-01", "1998-01-01", "1998-03-30"]
    features = """SELECT customer, count(*) AS n, sum(cds) AS cds, round(sum(amount)::numeric, 2) AS spent,
        uprofile_anchor()::date - max(day) AS recency, count(*) FILTER (WHERE day >= uprofile_anchor()::date - 60) AS n_60
        FROM events GROUP BY customer"""
    listed = ", ".join(f"date '{a}'" for a in anchors)
    for target, label in (("exists(cd)", "bool_or(l.customer IS NOT NULL)::int::float8"),
                          ("not exists(*)", "(NOT bool_or(l.customer IS NOT NULL))::int::float8"),
                          ("count(cds > 1)", "count(*) FILTER (WHERE l.cds > 1)::float8"),
                          ("sum(amount) WHERE cds < 5", "coalesce(sum(l.amount) FILTER (WHERE l.cds < 5), 0)::float8")):
        for users, more in SOURCES if EVERY == 1 else SOURCES[len(target) % 2:][:1]:
            made = f"""SELECT user_key::int4, anchor::date, round(label::numeric, 6) AS label, (feature_values ->> 'n')::int8 AS n,
                (feature_values ->> 'cds')::int8 AS cds, (feature_values ->> 'spent')::numeric AS spent, (feature_values ->> 'recency')::int4 AS recency,
                (feature_values ->> 'n_60')::int8 AS n_60
                FROM {call('uprofile_event_rows', users, 'cd', 'customer', 'day', target, '90 days', anchors, features, more)}"""
            by_hand = f"""WITH anchors AS (SELECT unnest(ARRAY[{listed}]) AS a),
                past AS (SELECT a, c.customer, count(*) AS n, sum(c.cds) AS cds, round(sum(c.amount)::numeric, 2) AS spent, a - max(c.day) AS recency,
                    count(*) FILTER (WHERE c.day >= a - 60) AS n_60 FROM anchors JOIN cd c ON c.day < a GROUP BY a, c.customer),
                labels AS (SELECT p.a, p.customer, {label} AS label FROM past p LEFT JOIN cd l ON l.customer = p.customer AND l.day >= p.a AND l.day < p.a + 90
                    GROUP BY p.a, p.customer)
                SELECT p.customer, p.a, round(l.label::numeric, 6), p.n, p.cds, p.spent, p.recency, p.n_60 FROM past p JOIN labels l USING (a, customer)"""
            count, differ = differences(made, by_hand)
            spec.check(f"CDNOW, {target}, {users or 'whoever has bought'}: {count} rows as by hand", count > 3 * customers and differ == 0, f"{differ} differ")
    psql("CREATE TABLE cd_nonsense AS SELECT customer, day, CASE WHEN day < date '1997-10-01' THEN cds ELSE 1000000 END AS cds, "
         "CASE WHEN day < date '1997-10-01' THEN amount ELSE -1e9 END AS amount FROM cd UNION ALL SELECT customer, date '1997-10-01', 5, 7 FROM cd")
    for name, source in (("gone", "SELECT * FROM cd WHERE day < date '1997-10-01'"), ("nonsense", "cd_nonsense")):
        differ = psql(f"""CREATE TEMP TABLE was AS SELECT user_key, feature_values FROM {call('uprofile_event_rows', None, 'cd', 'customer', 'day', 'exists(*)', '90 days', anchors[1:2], features)};
            SET client_min_messages = error;
            CREATE TEMP TABLE is_now AS SELECT user_key, feature_values FROM {call('uprofile_event_rows', None, source, 'customer', 'day', 'exists(*)', '90 days', anchors[1:2], features)};
            SELECT count(*) FROM (SELECT * FROM was EXCEPT SELECT * FROM is_now UNION ALL (SELECT * FROM is_now EXCEPT SELECT * FROM was)) d""").split()[-1]
        spec.check(f"CDNOW: features stay as they are with the future {name}", differ == "0", f"{differ} differ")
    psql("""SET client_min_messages = error;
        SELECT uprofile_train_event('cd_buys', NULL, 'cd', 'customer', 'day', 'exists(*)', '90 days', algorithm => 'logistic', deploy => 'always')""")
    tests = rows("SELECT rows_trained, rows_tested, (metrics ->> 'auc')::float8 AS auc FROM uprofile_backtests WHERE model = 'cd_buys' ORDER BY anchor")
    spec.check("CDNOW: a backtest an anchor, each but the first better than chance", len(tests) >= 3 and all(t["auc"] > 0.7 for t in tests[1:]), str(tests))
    scored = rows("SELECT count(*) AS n, count(probability) AS p FROM uprofile_score_event('cd_buys', '1998-07-01')")[0]
    spec.check("CDNOW: every customer is scored", scored["n"] == scored["p"] == customers, str(scored))


def retail():
    path = data_file(spec, "online_retail", "*.csv*")
    if path is None:
        return
    frame = read_csv(path)
    frame = frame[frame["customer_id"].isna() | (frame["customer_id"] % EVERY == 0)]
    frame = frame[frame["customer_id"].notna() | (frame.index % (10 * EVERY) == 0)]
    customers = frame["customer_id"].nunique()
    load_frame("retail_text", frame)
    psql("CREATE TABLE retail AS SELECT invoice_no::text, stock_code::text, quantity::int4, invoice_date::text::timestamp AS at, unit_price::numeric, "
         "customer_id::float8::int4 AS customer_id, country::text FROM retail_text; ANALYZE retail")
    events = "SELECT *, invoice_no LIKE 'C%' AS cancelled, quantity * unit_price AS worth FROM retail WHERE customer_id IS NOT NULL"
    users = "SELECT customer_id, min(country) AS country FROM retail WHERE customer_id IS NOT NULL GROUP BY customer_id"
    anchors = ["2011-04-01", "2011-06-15 12:00", "2011-09-01", "2011-11-09"]
    features = """SELECT u.customer_id, count(DISTINCT e.invoice_no) FILTER (WHERE NOT e.cancelled) AS invoices, round(sum(e.worth), 2) AS worth,
        extract(epoch FROM uprofile_anchor()::timestamp - max(e.at)) AS recency, count(*) FILTER (WHERE e.cancelled) AS back
        FROM users u JOIN events e USING (customer_id) GROUP BY 1"""
    listed = ", ".join(f"timestamp '{a}'" for a in anchors)
    made = f"""SELECT user_key::int4, anchor::timestamp, label, feature_values ->> 'country' AS country, (feature_values ->> 'invoices')::int8 AS invoices,
        (feature_values ->> 'worth')::numeric AS worth, (feature_values ->> 'recency')::numeric AS recency, (feature_values ->> 'back')::int8 AS back
        FROM {call('uprofile_event_rows', users, events, 'customer_id', 'at', 'exists(NOT cancelled AND worth > 0)', '30 days', anchors, features)}"""
    by_hand = f"""WITH anchors AS (SELECT unnest(ARRAY[{listed}]) AS a),
        e AS NOT MATERIALIZED (SELECT *, invoice_no LIKE 'C%' AS cancelled, quantity * unit_price AS worth FROM retail WHERE customer_id IS NOT NULL),
        past AS (SELECT a, customer_id, count(DISTINCT invoice_no) FILTER (WHERE NOT cancelled) AS invoices, round(sum(worth), 2) AS worth,
            extract(epoch FROM a - max(at)) AS recency, count(*) FILTER (WHERE cancelled) AS back FROM anchors JOIN e ON at < a GROUP BY a, customer_id)
        SELECT p.customer_id, p.a, (EXISTS (SELECT FROM e WHERE e.customer_id = p.customer_id AND e.at >= p.a AND e.at < p.a + interval '30 days'
            AND NOT e.cancelled AND e.worth > 0))::int::float8, (SELECT min(country) FROM retail r WHERE r.customer_id = p.customer_id),
            p.invoices, p.worth, p.recency, p.back FROM past p"""
    psql("CREATE INDEX ON retail (customer_id, at)")
    count, differ = differences(made, by_hand)
    spec.check(f"Online Retail: {count} rows as by hand", count > 2 * customers and differ == 0, f"{differ} differ")


cdnow()
retail()
spec.finish()
