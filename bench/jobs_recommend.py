"""Alternating least squares of implicit feedback, in the style of the package implicit with numpy and scipy: its exact steps and its steps of
conjugate gradients, one thread each."""
import os
import time

import numpy as np

from common import QUICK, REPEAT, median, psql, report, timed_sql

FACTORS, ITERATIONS, ALPHA, REGULARIZATION, STEPS = 64, 3 if QUICK else 15, 2, 0.015, 3
USERS, ITEMS, EVENTS = (int(v) for v in os.environ.get("RECOMMEND_SIZE", "600,200,10000" if QUICK else "6000,2000,250000").split(","))


def draw():
    """Users of eight tastes, items of falling popularity."""
    rng = np.random.default_rng(4)
    u = rng.integers(0, USERS, EVENTS)
    i = np.minimum(ITEMS * rng.random(EVENTS) ** 2, ITEMS - 1).astype(int)
    i = np.where(rng.random(EVENTS) < 0.7, i // 8 * 8 + u % 8, i) % ITEMS
    w = rng.integers(1, 6, EVENTS)
    psql("DROP TABLE IF EXISTS re; CREATE TABLE re (u integer, i integer, w float8)")
    psql("COPY re FROM STDIN", "".join(f"{a}\t{b}\t{c}\n" for a, b, c in zip(u.tolist(), i.tolist(), w.tolist())))
    psql("VACUUM ANALYZE re")


def read():
    data = psql("COPY re TO STDOUT WITH (FORMAT binary)", text=False)
    kind = np.dtype([("n", ">i2"), ("l0", ">i4"), ("u", ">i4"), ("l1", ">i4"), ("i", ">i4"), ("l2", ">i4"), ("w", ">f8")])
    rows = np.frombuffer(data, kind, count=(len(data) - 21) // kind.itemsize, offset=19)
    return rows["u"].astype(int), rows["i"].astype(int), rows["w"].astype(float)


def matrices(u, i, w):
    """c - 1 as sparse matrices by user and by item, and the penalties of rows."""
    from scipy.sparse import csr_matrix
    by_user = csr_matrix((w, (u, i)), shape=(USERS, ITEMS))
    by_user.sum_duplicates()
    by_user.data = (ALPHA * np.log1p(by_user.data)).astype(np.float32)
    return by_user, by_user.T.tocsr()


def exact(rows, y, out):
    gram, unit = y.T @ y, np.eye(FACTORS, dtype=np.float32)
    for r in range(rows.shape[0]):
        part = slice(rows.indptr[r], rows.indptr[r + 1])
        extra, mine = rows.data[part], y[rows.indices[part]]
        a = gram + (mine.T * extra) @ mine + REGULARIZATION * (rows.shape[1] + extra.sum()) * unit
        out[r] = np.linalg.solve(a, mine.T @ (1 + extra))


def by_steps(rows, y, out):
    gram = y.T @ y
    for row in range(rows.shape[0]):
        part = slice(rows.indptr[row], rows.indptr[row + 1])
        extra, mine, x = rows.data[part], y[rows.indices[part]], out[row]
        penalty = REGULARIZATION * (rows.shape[1] + extra.sum())
        r = (1 + extra - extra * (mine @ x)) @ mine - gram @ x - penalty * x
        p, square = r.copy(), r @ r
        for _ in range(STEPS):
            if square < 1e-20:
                break
            ap = gram @ p + penalty * p + (extra * (mine @ p)) @ mine
            along = square / (p @ ap)
            x += along * p
            r -= along * ap
            new = r @ r
            p = r + new / square * p
            square = new


def peer(step, u, i, w):
    by_user, by_item = matrices(u, i, w)
    rng = np.random.default_rng(0)
    x = np.zeros((USERS, FACTORS), np.float32)
    y = (rng.normal(size=(ITEMS, FACTORS)) * 0.1 / np.sqrt(FACTORS)).astype(np.float32)
    for _ in range(ITERATIONS):
        step(by_user, y, x)
        step(by_item, x, y)
    return by_user, by_item, x, y


def loss(by_user, by_item, x, y):
    users = np.repeat(np.arange(USERS), np.diff(by_user.indptr))
    s = np.einsum("ij,ij->i", x[users], y[by_user.indices])
    total = (x.T @ x * (y.T @ y)).sum() + ((1 + by_user.data) * (1 - s) ** 2 - s ** 2).sum()
    for rows, f in ((by_user, x), (by_item, y)):
        total += (REGULARIZATION * (rows.shape[1] + np.asarray(rows.sum(1)).ravel()) * (f ** 2).sum(1)).sum()
    return total / USERS / ITEMS


def compare(name, step, solver, aim):
    mine, fits, peers, got = [], [], [], None
    for _ in range(REPEAT):
        psql("SELECT uprofile_drop_model(model) FROM uprofile_models WHERE model = 'bench_als'")
        seconds, _ = timed_sql(
            f"SELECT * FROM uprofile_train_recommender('bench_als', 're', 'u', 'i', 'w', algorithm => 'als', test_size => 0, "
            f"params => '{{\"factors\": {FACTORS}, \"iterations\": {ITERATIONS}, \"alpha\": {ALPHA}, \"solver\": \"{solver}\", "
            f"\"regularization\": {REGULARIZATION}, \"cg_steps\": {STEPS}}}')")
        mine.append(seconds)
        start = time.perf_counter()
        data = read()
        middle = time.perf_counter()
        got = peer(step, *data)
        fits.append(time.perf_counter() - middle)
        peers.append(time.perf_counter() - start)
    told = psql("SELECT uprofile_model_info('bench_als') ->> 'loss'").strip()
    report(name, median(mine), median(fits), median(peers), aim, f"loss {float(told):.6f}, peer {loss(*got):.6f}", group="Mining and recommending")


def recommend():
    draw()
    compare(f"ALS, exact ÷ numpy and scipy, {EVENTS:,} events", exact, "cholesky", 0.3)
    compare(f"ALS, conjugate gradients ÷ numpy and scipy, {EVENTS:,} events", by_steps, "cg", 0.3)


JOBS = {"recommend": recommend}
