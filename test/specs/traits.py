#!/usr/bin/python3
"""Traits of users on real purchases, against pandas: recency, frequency and money, scores, visits, habits, trends, streaks, favourites.

Needs a server with the extension (PGHOST, PGPORT, PGDATABASE). UP_LONG=1 takes all users, else one in so many.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, data_file, load_frame, psql, read_csv, rows  # noqa: E402

spec = Spec("traits")
try:
    import numpy as np
    import pandas as pd
    from scipy import stats
except ImportError as missing:
    spec.skip(f"needs pandas and scipy: {missing}")
    spec.finish()

DAY = pd.Timedelta(days=1)
LONG = os.environ.get("UP_LONG") == "1"
ZONE = "America/New_York"


def cdnow():
    path = data_file(spec, "cdnow", "cdnow.csv.gz")
    if path is None:
        return None
    d = read_csv(path)
    return pd.DataFrame({"u": d.customer_id, "t": pd.to_datetime(d.purchase_date), "a": d.amount.astype(float), "c": d.cds.astype(str)}), 100, "30 days"


def online_retail():
    path = data_file(spec, "online_retail", "online_retail.csv.gz")
    if path is None:
        return None
    d = read_csv(path)
    d = d[d.customer_id.notna() & (d.quantity > 0) & (d.unit_price > 0)]
    return pd.DataFrame({"u": d.customer_id.astype(int), "t": pd.to_datetime(d.invoice_date), "a": d.quantity * d.unit_price, "c": d.stock_code.astype(str)}), 100, "1 day"


def complete_journey():
    path = data_file(spec, "complete_journey", "transactions_sample*")
    if path is None:
        return None
    d = read_csv(path)
    return pd.DataFrame({"u": d.household_id, "t": pd.to_datetime(d.transaction_timestamp), "a": d.sales_value.astype(float), "c": d.store_id.astype(str)}), 50, "2 hours"


def in_days(delta):
    return delta / DAY


def rfm(g, at):
    t = np.sort(g.t.unique())
    days = np.sort(g.t.dt.normalize().unique())
    gap = np.mean(np.diff(t)) / np.timedelta64(1, "D") if len(t) > 1 else np.nan
    day_gap = np.mean(np.diff(days)) / np.timedelta64(1, "D") if len(days) > 1 else np.nan
    return [in_days(at - g.t.max()), in_days(at - g.t.min()), len(t), g.a.sum(), gap, len(days), day_gap]


def visits(g, gap):
    t = g.t.sort_values()
    number = (t.diff() > gap).cumsum()
    visit = t.groupby(number)
    spans = (visit.max() - visit.min()) / pd.Timedelta(minutes=1)
    return [number.max() + 1, len(t) / (number.max() + 1), spans.mean(), spans.max()]


def entropy(counts):
    return stats.entropy(counts, base=2)


def habits(g):
    local = g.t.dt.tz_localize("UTC").dt.tz_convert(ZONE)
    hours = local.dt.hour.value_counts().reindex(range(24), fill_value=0)
    days = local.dt.dayofweek.value_counts().reindex(range(7), fill_value=0)
    gaps = np.diff(np.sort(g.t.unique())) / np.timedelta64(1, "s")
    regular = 1 / (1 + gaps.std() / gaps.mean()) if len(gaps) > 1 else np.nan
    return [*(hours / len(g)), *(days / len(g)), hours.idxmax(), 1 + days.idxmax(), entropy(hours), entropy(days), regular]


def trend(g, until):
    """Months before until, from the first one."""
    months = g.t.dt.to_period("M")
    last = until.to_period("M") - 1
    inside = months <= last
    if not inside.any():
        return None
    sums = g.a[inside].groupby(months[inside]).sum().reindex(pd.period_range(months.min(), last, freq="M"), fill_value=0.0)
    if len(sums) < 2:
        return [len(sums), sums.mean(), np.nan, np.nan]
    line = stats.linregress(np.arange(len(sums)), sums.values)
    # Newer versions of scipy give a line through equal values no error of its slope: it is 0.
    error = 0.0 if np.ptp(sums.values) == 0 else line.stderr
    return [len(sums), sums.mean(), line.slope, error if len(sums) > 2 else np.nan]


def streak(g, at):
    weeks = sorted(set((g.t.dt.normalize() - pd.to_timedelta(g.t.dt.dayofweek, unit="D")).tolist()))
    runs = [1]
    for before, after in zip(weeks, weeks[1:]):
        runs.append(runs[-1] + 1 if after - before == 7 * DAY else 1)
    now = at.normalize() - at.dayofweek * DAY
    return [max(runs), runs[-1] if now - weeks[-1] <= 7 * DAY else 0, len(weeks)]


def scores(all_users):
    """1 and the whole fifths of all users that are surpassed."""
    n = len(all_users)
    return pd.DataFrame({name: 1 + (5 * (column.rank(method="min", ascending=up) - 1) // n).astype(int)
                         for name, column, up in [("r", all_users[0], False), ("f", all_users[2], True), ("m", all_users[3].round(9), True)]})


def numbers(records):
    """A matrix; what is missing, also at the end of a row, is NaN."""
    filled = [[np.nan if v is None else float(v) for v in record] for record in records]
    width = max(map(len, filled))
    return np.array([record + [np.nan] * (width - len(record)) for record in filled])


def compare(name, what, query, want):
    """want: by user, a list of numbers. query: u and as many columns."""
    got = {r["u"]: [x for v in list(r.values())[1:] for x in (v if isinstance(v, list) else [v])] for r in rows(query)}
    want = {u: v for u, v in want.items() if v is not None}
    if set(got) != set(want):
        spec.check(f"{name}: {what}", False, f"{len(set(got) ^ set(want))} users on one side")
        return
    spec.close(f"{name}: {what}, {len(want)} users", numbers(got[u] for u in sorted(want)), numbers(want[u] for u in sorted(want)), 1e-9)


def run(name, found):
    if found is None:
        return
    frame, one_in, gap = found
    if not LONG:
        frame = frame[frame.u % one_in == 1]
    frame = frame.reset_index(drop=True)
    load_frame("trait_rows", frame)
    psql("ALTER TABLE trait_rows ALTER t TYPE timestamptz USING t AT TIME ZONE 'UTC'")
    at = frame.t.max() + pd.Timedelta(days=3, hours=5)
    asof = f'"at": "{at.isoformat()}+00", "time_zone": "UTC"'
    groups = dict(list(frame.groupby("u")))
    facts = {u: rfm(g, at) for u, g in groups.items()}
    compare(name, "rfm", f"""SELECT u, (x).recency_days, (x).tenure_days, (x).frequency, (x).monetary, (x).mean_gap_days, (y).frequency AS days, (y).mean_gap_days AS day_gap
        FROM (SELECT u, uprofile_rfm(t, a, '{{{asof}}}') AS x, uprofile_rfm(t, a, '{{{asof}, "count": "days"}}') AS y FROM trait_rows GROUP BY u) AS s""", facts)
    table = pd.DataFrame.from_dict(facts, orient="index")
    told = scores(table)
    compare(name, "scores", f"""SELECT user_key::int AS u, r AS r_score, f, m FROM uprofile_rfm_score('SELECT u, (x).recency_days, (x).frequency, round((x).monetary::numeric, 9)::float8 AS money
        FROM (SELECT u, uprofile_rfm(t, a, ''{{{asof}}}'') AS x FROM trait_rows GROUP BY u) AS s', 'u', recency => 'recency_days', frequency => 'frequency', monetary => 'money')""",
            {u: list(row) for u, row in zip(told.index, told.values)})
    seen = {u: visits(g, pd.Timedelta(gap)) for u, g in groups.items()}
    compare(name, "visits", f"""SELECT u, (x).sessions, (x).mean_events, (x).mean_minutes, (x).longest_minutes
        FROM (SELECT u, uprofile_sessions(t, '{{"gap": "{gap}"}}') AS x FROM trait_rows GROUP BY u) AS s""", seen)
    compare(name, "visits of a source", f"""SELECT user_key::int AS u, count(*), max(session_number), sum(events) AS n FROM uprofile_sessions('trait_rows', 'u', 't', '{gap}') GROUP BY 1""",
            {u: [seen[u][0]] * 2 + [len(g)] for u, g in groups.items()})
    compare(name, "habits", f"""SELECT u, (x).hours, (x).weekdays, (x).top_hour, (x).top_weekday, (x).hour_entropy, (x).weekday_entropy, (x).regularity
        FROM (SELECT u, uprofile_habits(t, '{{"time_zone": "{ZONE}"}}') AS x FROM trait_rows GROUP BY u) AS s""", {u: habits(g) for u, g in groups.items()})
    compare(name, "trends", f"""SELECT u, (x).periods, (x).mean, (x).slope, (x).slope_error
        FROM (SELECT u, uprofile_trend(t, a, '{{{asof}}}') AS x FROM trait_rows GROUP BY u) AS s WHERE x IS DISTINCT FROM NULL""", {u: trend(g, at) for u, g in groups.items()})
    compare(name, "streaks of weeks", f"""SELECT u, (x).longest, (x).current_run, (x).periods
        FROM (SELECT u, uprofile_streak(t, '{{{asof}, "period": "7 days"}}') AS x FROM trait_rows GROUP BY u) AS s""", {u: streak(g, at) for u, g in groups.items()})
    # What favourites weigh, not which of equals they are.
    weights = {u: g.a.groupby(g.c).sum().sort_values(ascending=False).head(3).tolist() for u, g in groups.items()}
    compare(name, "favourites", """SELECT u, array_agg(w ORDER BY w DESC) AS weights FROM (SELECT u, sum(a) AS w FROM trait_rows AS r
        JOIN (SELECT u, uprofile_top(c, a, 3) AS top FROM trait_rows GROUP BY u) AS s USING (u) WHERE r.c = ANY (top) GROUP BY u, c) AS x GROUP BY u""", weights)
    psql("DROP TABLE trait_rows")


run("CDNOW", cdnow())
run("Online Retail", online_retail())
run("complete_journey", complete_journey())
spec.finish()
