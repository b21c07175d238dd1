#!/usr/bin/python3
"""Recommenders on real purchases, split in time, against independent implementations in numpy.

The first 80 % of the events are learned from; what users buy for the first time in the rest should stand among the ten items
that each is recommended. NDCG@10 must not be below the peer's by more than 2 %, and is above popularity's. Figures of peers are kept in
test/data/recommend.csv (WRITE=1 makes them anew). Short: complete_journey by type of product; UP_LONG=1: Online Retail as well.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Kept, Spec, data_file, load_table, psql, read_csv, rows

try:
    import numpy as np
    import pandas as pd
except ImportError:
    print("skip recommend: python3-numpy or python3-pandas is missing")
    sys.exit(0)

LONG = os.environ.get("UP_LONG") == "1"
TOP = 10
spec = Spec("recommend")
kept = Kept("recommend")


class Split:
    """Events in two parts by time, users and items as numbers. draws: trainings whose mean counts, where each differs."""
    def __init__(self, name, events, draws):
        events = events.sort_values("at", kind="stable")
        cut = int(len(events) * 0.8)
        learn, rest = events.iloc[:cut], events.iloc[cut:]
        self.name, self.draws = name, draws
        self.users, self.items = np.unique(learn["who"]), np.unique(learn["what"])
        learn = learn.assign(u=np.searchsorted(self.users, learn["who"]), i=np.searchsorted(self.items, learn["what"]))
        self.learn = learn
        sums = learn.groupby(["u", "i"], as_index=False)["weight"].sum()
        self.u, self.i, self.w = sums["u"].to_numpy(), sums["i"].to_numpy(), sums["weight"].to_numpy(float)
        self.starts = np.searchsorted(self.u, np.arange(len(self.users) + 1))
        rest = rest[rest["who"].isin(self.users) & rest["what"].isin(self.items)]
        owned = set(zip(self.u.tolist(), self.i.tolist()))
        self.new = {}
        for u, i in zip(np.searchsorted(self.users, rest["who"]).tolist(), np.searchsorted(self.items, rest["what"]).tolist()):
            if (u, i) not in owned:
                self.new.setdefault(u, set()).add(i)

    def items_of(self, u):
        return self.i[self.starts[u]:self.starts[u + 1]]

    def weights_of(self, u):
        return self.w[self.starts[u]:self.starts[u + 1]]

    def matrix(self, values):
        m = np.zeros((len(self.users), len(self.items)), np.float32)
        m[self.u, self.i] = values
        return m

    def ndcg(self, top):
        """The mean over users with new items; top: user -> items."""
        discount = 1 / np.log2(np.arange(2, TOP + 2))
        total = 0
        for u, new in self.new.items():
            hits = np.array([i in new for i in top[u][:TOP]], float)
            total += (hits * discount[:len(hits)]).sum() / discount[:min(TOP, len(new))].sum()
        return total / len(self.new)

    def ndcg_of(self, score):
        """score(u): a number an item."""
        top = {}
        for u in self.new:
            s = np.array(score(u), float)
            s[self.items_of(u)] = -np.inf
            top[u] = np.argsort(-s, kind="stable")[:TOP]
        return self.ndcg(top)


# ---- the peers ----

def popularity(s):
    counts = np.bincount(s.i, minlength=len(s.items))
    return s.ndcg_of(lambda u: counts)


def item_knn(s, k=20, shrinkage=10):
    """Cosine of logarithms of weights, shrunk by the users in common, the k nearest of each."""
    x = s.matrix(np.log1p(s.w)).astype(float)
    both = x.T @ x
    common = s.matrix(1).T.astype(float) @ s.matrix(1).astype(float)
    norms = np.sqrt(np.diag(both))
    alike = both / np.outer(norms, norms) * common / (common + shrinkage)
    np.fill_diagonal(alike, 0)
    for j in range(len(alike)):
        alike[j, np.argsort(-alike[j], kind="stable")[k:]] = 0
    return s.ndcg_of(lambda u: x[u] @ alike)


def ease(s, regularization=500):
    x = s.matrix(1).astype(float)
    p = np.linalg.inv(x.T @ x + regularization * np.eye(len(s.items)))
    b = -p / np.diag(p)
    np.fill_diagonal(b, 0)
    return s.ndcg_of(lambda u: x[u] @ b)


def als_row(gram, y, extra, regularization, n_others):
    """(Y'Y + l I + sum (c - 1) y y') x = sum c y, l = regularization times the confidence of the whole row."""
    a = gram + (y.T * extra) @ y + regularization * (n_others + extra.sum()) * np.eye(len(gram))
    return np.linalg.solve(a, y.T @ (1 + extra))


def als(s, seed, factors=64, regularization=0.015, alpha=2, iterations=15):
    rng = np.random.default_rng(seed)
    extra = alpha * np.log1p(s.w)
    order = np.argsort(s.i, kind="stable")
    item_starts = np.searchsorted(s.i[order], np.arange(len(s.items) + 1))
    x = np.zeros((len(s.users), factors))
    y = rng.normal(0, 0.1 / np.sqrt(factors), (len(s.items), factors))
    for _ in range(iterations):
        gram = y.T @ y
        for u in range(len(x)):
            part = slice(s.starts[u], s.starts[u + 1])
            x[u] = als_row(gram, y[s.i[part]], extra[part], regularization, len(y))
        gram = x.T @ x
        for i in range(len(y)):
            part = order[item_starts[i]:item_starts[i + 1]]
            y[i] = als_row(gram, x[s.u[part]], extra[part], regularization, len(x))
    gram = y.T @ y
    for u in s.new:
        part = slice(s.starts[u], s.starts[u + 1])
        x[u] = als_row(gram, y[s.i[part]], extra[part], regularization, len(y))
    return s.ndcg_of(lambda u: y @ x[u])


def bpr(s, seed, factors=64, rate=0.05, regularization=0.01, iterations=25):
    """Plain stochastic gradient steps; users keep the factors of their training."""
    rng = np.random.default_rng(seed)
    n, n_items = len(s.u), len(s.items)
    has = [set(s.items_of(u).tolist()) for u in range(len(s.users))]
    x = rng.normal(0, 0.1 / np.sqrt(factors), (len(s.users), factors))
    y = rng.normal(0, 0.1 / np.sqrt(factors), (n_items, factors))
    bias = np.zeros(n_items)
    for _ in range(iterations):
        for at, other in zip(rng.integers(0, n, n).tolist(), rng.integers(0, n_items, n).tolist()):
            u, i = s.u[at], s.i[at]
            while other in has[u]:
                other = int(rng.integers(0, n_items))
            user, first, second = x[u].copy(), y[i], y[other]
            difference = first - second
            pull = 1 / (1 + np.exp(user @ difference + bias[i] - bias[other]))
            x[u] += rate * (pull * difference - regularization * user)
            first += rate * (pull * user - regularization * first)
            second += rate * (-pull * user - regularization * second)
            bias[i] += rate * (pull - regularization * bias[i])
            bias[other] += rate * (-pull - regularization * bias[other])
    return s.ndcg_of(lambda u: y @ x[u] + bias)


PEERS = {"popularity": popularity, "item_knn": item_knn, "ease": ease, "als": lambda s: als(s, 0),
         "bpr": lambda s: np.mean([bpr(s, seed) for seed in range(s.draws)])}


# ---- through SQL ----

def load(s):
    load_table("recommend_events", [("who", "integer"), ("what", "integer"), ("weight", "float8")],
               zip(s.learn["u"].tolist(), s.learn["i"].tolist(), s.learn["weight"].tolist()))
    load_table("recommend_who", [("who", "integer")], ([u] for u in s.new))
    psql("CREATE INDEX ON recommend_events (who); ANALYZE recommend_events; ANALYZE recommend_who")


def mine(s, algorithm, seed):
    name = f"recommend_{algorithm}"
    psql(f"SELECT uprofile_train_recommender('{name}', 'recommend_events', 'who', 'what', 'weight', algorithm => '{algorithm}', "
         f"test_size => 0, deploy => 'always', seed => {seed})")
    top = {u: [] for u in s.new}
    for r in rows(f"SELECT w.who, r.item::integer AS item FROM recommend_who AS w, "
                  f"LATERAL uprofile_recommend_for('{name}', w.who, {TOP}) AS r ORDER BY w.who, r.rank"):
        top[r["who"]].append(r["item"])
    psql(f"SELECT uprofile_drop_model('{name}')")
    return s.ndcg(top)


def compare(s, algorithms):
    load(s)
    data = [s.u.astype(float), s.i.astype(float), s.w, np.array([len(v) for v in s.new.values()], float)]
    base = kept.get(f"{s.name} popularity", data, lambda: [PEERS["popularity"](s)])[0]
    for algorithm in algorithms:
        peer = kept.get(f"{s.name} {algorithm}", data, lambda: [PEERS[algorithm](s)])[0]
        got = np.mean([mine(s, algorithm, seed) for seed in range(s.draws if algorithm == "bpr" else 1)])
        good = got >= 0.98 * peer and (algorithm == "popularity" or got > base)
        spec.check(f"{s.name}, {algorithm}", good, f"NDCG@{TOP} {got:.4f}, peer {peer:.4f}, popularity {base:.4f}")
    psql("DROP TABLE recommend_events, recommend_who")


def complete_journey():
    path, products = (data_file(spec, "complete_journey", f) for f in ("transactions_sample*", "products*"))
    if path is None or products is None:
        return
    events = read_csv(path).merge(read_csv(products)[["product_id", "product_type"]], on="product_id")
    events = events[events["product_type"].notna() & (events["quantity"] > 0)]
    compare(Split("complete_journey", pd.DataFrame({
        "who": events["household_id"], "what": events["product_type"], "weight": events["quantity"],
        "at": events["transaction_timestamp"]}), 4), list(PEERS))


def online_retail():
    path = data_file(spec, "online_retail")
    if path is None:
        return
    events = pd.read_csv(path, dtype={"stock_code": str, "invoice_no": str}, keep_default_na=False, na_values=[""])
    events = events[(events["quantity"] > 0) & (events["unit_price"] > 0) & events["customer_id"].notna()]
    compare(Split("Online Retail", pd.DataFrame({
        "who": events["customer_id"], "what": events["stock_code"], "weight": events["quantity"],
        "at": events["invoice_date"]}), 2), list(PEERS))


complete_journey()
if LONG:
    online_retail()
spec.finish()
