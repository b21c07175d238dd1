"""Frequent item sets, beside a native miner that has to fetch the baskets first.

The peer (bench/peers/frequent.c) is published algorithms written plainly in C and compiled for this machine: Eclat with bit sets
(Zaki 2000) and LCM's delivery of occurrences (Uno, Asai, Uchida, Arimura 2004); the faster one counts. Its time is that of COPY
into its standard input, of reading, mining, and writing the sets as text to /dev/null. Ours is the statement that counts the sets and
their items.
"""
import atexit
import csv
import gzip
import itertools
import os
import shutil
import subprocess
import tempfile
import time

import numpy as np

from common import QUICK, numbers_of_threads, ours, psql, repeat, results
from sides import Side

FOLDER = os.path.dirname(os.path.abspath(__file__))


def rows_of(name):
    """Lines "basket<tab>item", both numbers; the first of them where the bench is only tried."""
    some = 20000 if QUICK else None
    folder = os.environ["UPROFILE_DATA"]
    if name != "online_retail":
        with gzip.open(os.path.join(folder, name, name + ".csv.gz"), "rt", newline="") as f:
            return "".join(f"{r['tid']}\t{r['item']}\n" for r in itertools.islice(csv.DictReader(f), some))
    with gzip.open(os.path.join(folder, name, name + ".csv.gz"), "rt", newline="") as f:
        rows = list(itertools.islice(csv.DictReader(f), some))
    names = {n.lower().replace("_", "").replace(" ", ""): n for n in rows[0]}

    def column(*wanted):
        return next(names[w] for w in wanted if w in names)

    invoice, stock, customer = column("invoiceno", "invoice"), column("stockcode"), column("customerid")
    quantity, price = column("quantity"), column("unitprice", "price")
    baskets, items, pairs = {}, {}, set()
    for r in rows:
        if r[customer] and float(r[quantity]) > 0 and float(r[price]) > 0:
            pairs.add((baskets.setdefault(r[invoice], len(baskets)), items.setdefault(r[stock], len(items))))
    return "".join(f"{b}\t{i}\n" for b, i in sorted(pairs))


def peer_program():
    folder = tempfile.mkdtemp(prefix="uprofile-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    program = os.path.join(folder, "frequent")
    subprocess.run(["cc", "-O3", "-march=native", "-o", program, os.path.join(FOLDER, "peers", "frequent.c")], check=True)
    return program


def peer_run(program, algorithm, support):
    """A run of the peer; what it prints is its number of item sets and its peak of memory."""
    start = time.perf_counter()
    copy = subprocess.Popen(["psql", "-qXAt", "-c", "COPY b TO STDOUT WITH (FORMAT csv)"], stdout=subprocess.PIPE)
    with open(os.devnull, "w") as out:
        mine = subprocess.Popen([program, algorithm, str(support)], stdin=copy.stdout, stdout=out, stderr=subprocess.PIPE)
        copy.stdout.close()
        sets, kilobytes = mine.stderr.read().decode().split()[:2]
        mine.wait()
    copy.wait()
    return Side(time.perf_counter() - start, int(kilobytes) / 1024, int(sets))


def chess(rows=3196, attributes=37, seed=5):
    """Baskets like those of the endgames of the FIMI workshops, dense: of each of 37 attributes one of two values, one of three."""
    random = np.random.default_rng(seed)
    share, ease = 0.55 + 0.44 * random.random(attributes), random.random(rows)
    rare = random.random((rows, attributes)) >= share + (1 - share) * 0.5 * ease[:, None]
    items = 2 * np.arange(attributes) + rare
    items[rare[:, 0] & (random.random(rows) < 0.5), 0] = 2 * attributes
    return "".join(f"{b}\t{i}\n" for b, row in enumerate(items.tolist()) for i in row)


def shop(rows, items=100, seed=7):
    """Baskets of a shop, 23 of its items on average: each item at a rate of its own, each basket larger or smaller."""
    random = np.random.default_rng(seed)
    rate, size = 0.6 * random.random(items) ** 1.5, 0.4 + 1.2 * random.random(rows)
    baskets, held = np.nonzero(random.random((rows, items)) < rate * size[:, None])
    return "".join(f"{b}\t{i}\n" for b, i in zip(baskets.tolist(), held.tolist()))


def itemsets():
    if not os.environ.get("UPROFILE_DATA"):
        print("skip itemsets: UPROFILE_DATA is not set")
        return
    program = peer_program()
    for name, supports in (("fimi_t10i4d100k", [100]), ("fimi_mushroom", [1200, 800]), ("chess-like", [1800]),
                           ("online_retail", [50])):
        psql("DROP TABLE IF EXISTS b; CREATE TABLE b (basket integer, item integer)")
        psql("COPY b FROM STDIN", chess(800 if QUICK else 3196) if name == "chess-like" else rows_of(name))
        psql("VACUUM ANALYZE b")
        for support in [s // 4 for s in supports] if QUICK else supports:
            peers = {a: repeat(lambda: peer_run(program, a, support)) for a in ("eclat", "lcm")}
            best = min(peers.values(), key=lambda p: p.seconds)
            note = ", ".join(f"{a} {p.seconds:.3f} s" for a, p in peers.items())
            for t in numbers_of_threads(1, 2):
                mine = repeat(lambda: ours("SELECT count(*), sum(cardinality(items)) FROM uprofile_itemsets('b', 'basket', 'item', "
                                           f"{support}, max_itemsets => 10000000)", t, pause=0.001))
                results.add("itemsets", "Mining and recommending", f"item sets of {name} ÷ Eclat or LCM in C", f"support {support}", t, mine, best, 1,
                            f"{mine.answer.split('|')[0]} / {best.answer} sets", note=note)


JOBS = {"itemsets": itemsets}
