"""What is said of segments holds: each number in each description is computed again, and so are indices, silhouettes and typical users.

Customers of Online Retail, households of complete_journey and wines. Descriptions are parsed, and their medians, means, shares and
ratios must be those of SQL, rounded as they are; TGI must be what plain counts by its own labels give. Then min_group: whoever knows
the sizes of all segments and all sums must not be able to compute a hidden count (by linear algebra over all tables of a column).
UP_LONG=1: all rows.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, data_file, load_frame, psql, quoted, rows

import numpy as np
import pandas as pd

spec = Spec("segments")
LONG = os.environ.get("UP_LONG") == "1"
K = 15


def readable(v):
    a = abs(v)
    if a >= 99.95:
        return f"{v:,.0f}" if a >= 9999.5 else f"{v:.0f}"
    if a == 0:
        return "0"
    text = f"{v:.1f}" if a >= 9.995 else f"{v:.2f}" if a >= 1 else f"{v:.2g}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def times(r):
    text = f"{r:.0f}" if r >= 9.95 else f"{r:.1f}" if r >= 0.095 else f"{r:.2f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "×"


def three_digits(v):
    return readable(v if v < 9999.5 else float(f"{v:.2e}"))


def number(sql):
    return float(psql(sql).strip())


def told(profile, phrase, where):
    """The same phrase from SQL; where: the segment's users."""
    column = re.match(r"(\w+)(?::| = )", phrase)[1]
    name, table = quoted(column), f"{profile}_current"
    share = re.match(rf"{re.escape(column)} = (.*) for [\d.]+ %, ", phrase)
    if share:
        value = share[1].replace("'", "''")
        s = number(f"SELECT avg(({name}::text IS NOT DISTINCT FROM '{value}')::int) FROM {table} WHERE {where}")
        e = number(f"SELECT avg(({name}::text IS NOT DISTINCT FROM '{value}')::int) FROM {table}")
        return f"{column} = {share[1]} for {readable(100 * s)} %, {times(s / e)} as often as among all ({readable(100 * e)} %)"
    median = f"{column}: median" in phrase
    call = f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {name}::float8)" if median else f"avg({name}::float8)"
    s, e = (number(f"SELECT {call} FROM {table} WHERE {w}") for w in (where, "true"))
    if e > 0 and s / e >= 0.005 and number(f"SELECT min({name}::float8) FROM {table}") >= 0:
        return (f"{column}: median {three_digits(s)}, {times(s / e)} that of all ({three_digits(e)})" if median else
                f"{column}: {three_digits(s)} on average, {times(s / e)} that of all ({three_digits(e)})")
    return f"{column}: median {readable(s)} (all: {readable(e)})" if median else f"{column}: {readable(s)} on average (all: {readable(e)})"


def condition(column, label):
    """What a bin's label says, or a value's."""
    c = quoted(column)
    n = r"(-?[\d,.e+-]+)"
    plain = lambda text: text.replace(",", "")
    for form, sql in ((f"up to {n}", "{c} <= {0}"), (f"above {n} to {n}", "{c} > {0} AND {c} <= {1}"), (f"above {n}", "{c} > {0}"),
                      (f"{n} to {n}", "{c} >= {0} AND {c} <= {1}")):
        found = re.fullmatch(form, label or "")
        if found:
            return sql.format(*map(plain, found.groups()), c=c)
    return f"{c} IS NULL" if label is None else f"{c}::text = '{label}'" if label != "(other)" else None


def check_descriptions(name):
    wrong, phrases = [], 0
    found = rows(f"SELECT * FROM uprofile_segments('{name}')")
    for s in found:
        where = f"segment = {s['segment']}" if s["model"] else quoted(s["name"])
        text = s["description"] if s["model"] else s["description"].split("; ", 1)[1]
        for phrase in text.split("; "):
            if ":" in phrase or " = " in phrase:
                phrases += 1
                again = told(name, phrase, where)
                wrong += [] if again == phrase else [f"{phrase} / {again}"]
    spec.check(f"{name}: descriptions hold", not wrong and phrases >= 8, f"{phrases} phrases" + "".join("\n  " + w for w in wrong))
    spec.check(f"{name}: no name twice", len({s["name"] for s in found}) == len(found))
    return found


def check_tgi(name, segment, where):
    wrong = []
    cells = rows(f"SELECT * FROM uprofile_tgi('{name}', '{segment}')")
    size, everybody = (number(f"SELECT count(*) FROM {name}_current WHERE {w}") for w in (where, "true"))
    conditions = [condition(c["column_name"], c["value"]) for c in cells]
    counts = psql(f"SELECT {', '.join(f'count(*) FILTER (WHERE ({w}) AND {where}), count(*) FILTER (WHERE {w})' for w in conditions if w)} "
                  f"FROM {name}_current").strip().split("|")
    for c, w in zip(cells, conditions):
        if w is None:
            continue
        n, base = int(counts.pop(0)), int(counts.pop(0))
        tgi = 100 * (n / size) / (base / everybody)
        if (c["segment_count"], c["base_count"]) != (n, base) or abs(c["tgi"] - tgi) > 1e-9 * max(1, tgi):
            wrong.append(f"{c} / {n} {base}")
    spec.check(f"{name}: TGI is what counting gives", not wrong and len(cells) > 10, f"{len(cells)} cells" + "".join("\n  " + w for w in wrong[:5]))


def determined(hidden):
    """The hidden cells of a table that follow from all sums of rows and columns."""
    cells = np.argwhere(hidden)
    if len(cells) == 0:
        return 0
    a = np.zeros((sum(hidden.shape), len(cells)))
    for j, (r, c) in enumerate(cells):
        a[r, j] = a[hidden.shape[0] + c, j] = 1
    rank = np.linalg.matrix_rank(a)
    return sum(np.linalg.matrix_rank(np.vstack([a, np.eye(len(cells))[j]])) == rank for j in range(len(cells)))


def check_hidden(name, segments):
    """All tables that a reader can ask for, of the segments of a model and all users, beside the truth."""
    psql(f"SELECT uprofile_alter('{name}', policy => '{{\"min_group\": {K}}}')")
    truth = {}
    told = {s: rows(f"SELECT * FROM uprofile_tgi('{name}', 'segment_{s}')") for s in segments}
    small = sum(0 < c[k] < K for s in segments for c in told[s] for k in ("segment_count", "base_count") if c[k] is not None)
    open_cells = hidden_cells = followed = 0
    for column in dict.fromkeys(c["column_name"] for c in told[segments[0]]):
        table = np.array([[c["segment_count"] is None for c in told[s] if c["column_name"] == column] for s in segments] +
                         [[c["base_count"] is None for c in told[segments[0]] if c["column_name"] == column]])
        hidden_cells += table.sum()
        open_cells += (~table).sum()
        followed += determined(table)
    spec.check(f"{name}: no small group is told or follows", small == 0 and followed == 0 and hidden_cells > 0 and open_cells > 0,
               f"{hidden_cells} of {hidden_cells + open_cells} counts are hidden, {followed} follow, {small} are small")
    shown = rows(f"SELECT * FROM uprofile_segments('{name}')")
    spec.check(f"{name}: no single user is named", all(s["typical_user"] is None for s in shown))


def profile(name, frame, models, rules):
    load_frame(f"{name}_users", frame)
    psql(f"SELECT uprofile_create('{name}', '{name}_users', 'id', models => '{models}', segments => '{rules}'); "
         f"SELECT uprofile_refresh('{name}')")


def retail():
    path = data_file(spec, "online_retail")
    if path is None:
        return
    lines = pd.read_csv(path, usecols=["invoice_no", "stock_code", "quantity", "invoice_date", "unit_price", "customer_id", "country"],
                        parse_dates=["invoice_date"], nrows=None if LONG else 60000)
    lines = lines[lines.customer_id.notna() & (lines.quantity > 0) & (lines.unit_price > 0)]
    lines["amount"] = lines.quantity * lines.unit_price
    end = lines.invoice_date.max().normalize() + pd.Timedelta(days=1)
    users = lines.groupby("customer_id").agg(orders=("invoice_no", "nunique"), monetary=("amount", "sum"), products=("stock_code", "nunique"),
                                             last=("invoice_date", "max"), country=("country", "first")).reset_index()
    users["recency_days"] = (end - users["last"].dt.normalize()).dt.days
    users = users.drop(columns="last").rename(columns={"customer_id": "id"})
    users["id"] = users.id.astype(int)
    profile("retail", users, '{"segment": {"algorithm": "kmeans", "k": 4, "exclude": ["country"]}}',
            '{"champions": "monetary > 1000 AND recency_days < 20", "abroad": "country <> $$United Kingdom$$"}')
    check_descriptions("retail")
    check_tgi("retail", "champions", "champions")
    check_tgi("retail", "segment_1", "segment = 1")
    check_hidden("retail", range(4))


def journey():
    path = data_file(spec, "complete_journey", "transactions*")
    if path is None:
        return
    tx = pd.read_csv(path, nrows=None if LONG else 30000)
    users = tx.groupby("household_id").agg(baskets=("basket_id", "nunique"), spent=("sales_value", "sum"), saved=("retail_disc", "sum"),
                                           stores=("store_id", "nunique"), last_week=("week", "max")).reset_index()
    people = pd.read_csv(data_file(spec, "complete_journey", "demographics*"))
    users = users.merge(people[["household_id", "age", "income", "kids_count"]], how="left").rename(columns={"household_id": "id"})
    users["kids_count"] = users.kids_count.astype("object")
    profile("journey", users, '{"segment": {"algorithm": "kmeans", "k": 5}}', '{"regulars": "baskets >= 5"}')
    check_descriptions("journey")
    check_tgi("journey", "regulars", "regulars")
    check_hidden("journey", range(5))


def wine():
    from sklearn.datasets import load_wine
    from sklearn.metrics import silhouette_samples
    data = load_wine(as_frame=True).data
    data.columns = [c.replace("/", "_") for c in data.columns]
    data.insert(0, "id", range(len(data)))
    profile("wine", data, '{"segment": {"algorithm": "kmeans", "k": 3}}', '{}')
    found = sorted(check_descriptions("wine"), key=lambda s: s["segment"])
    x = data.drop(columns="id").to_numpy()
    x = (x - x.mean(0)) / x.std(0)
    label = np.array([r["segment"] for r in rows("SELECT segment FROM wine_profile ORDER BY id")])
    each = silhouette_samples(x, label)
    spec.close("wine: silhouettes are sklearn's", [s["silhouette"] for s in found], [each[label == int(s["segment"])].mean() for s in found], 1e-9)
    typical = []
    for s in found:
        members = np.flatnonzero(label == int(s["segment"]))
        typical.append(members[((x[members] - x[members].mean(0)) ** 2).sum(1).argmin()])
    spec.check("wine: typical users", typical == [int(s["typical_user"]) for s in found])
    spec.check("wine: steady segments are said to be", all(0.7 < s["stability"] <= 1 for s in found), f"{found[0]['stability']:.2f}")


psql("CREATE EXTENSION IF NOT EXISTS uprofile")
wine()
retail()
journey()
psql("SELECT uprofile_drop(profile) FROM uprofile_profiles WHERE profile IN ('wine', 'retail', 'journey')")
psql("DROP TABLE IF EXISTS wine_users, retail_users, journey_users")
spec.finish()
