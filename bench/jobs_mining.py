"""Frequent item sets, beside a native miner that has to fetch the baskets first.

The peer (bench/peers/frequent.c) is published algorithms written plainly in C and compiled for this machine: Eclat with bit sets
(Zaki 2000) and LCM's delivery of occurrences (Uno, Asai, Uchida, Arimura 2004); the faster one counts. Its time is that of COPY
into its standard input, of reading, mining, and writing the sets as text to /dev/null. Ours is the statement that counts the sets and
their items.
"""
import csv
import gzip
import os
import subprocess
import tempfile
import threading
import time

import numpy as np

from common import REPEAT, median, psql, report, timed_sql

FOLDER = os.path.dirname(os.path.abspath(__file__))


def rows_of(name):
    """Lines "basket<tab>item", both numbers."""
    folder = os.environ["UPROFILE_DATA"]
    if name != "online_retail":
        with gzip.open(os.path.join(folder, name, name + ".csv.gz"), "rt", newline="") as f:
            return "".join(f"{r['tid']}\t{r['item']}\n" for r in csv.DictReader(f))
    with gzip.open(os.path.join(folder, name, name + ".csv.gz"), "rt", newline="") as f:
        rows = list(csv.DictReader(f))
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
    program = os.path.join(tempfile.mkdtemp(prefix="uprofile-bench-"), "frequent")
    subprocess.run(["cc", "-O3", "-march=native", "-o", program, os.path.join(FOLDER, "peers", "frequent.c")], check=True)
    return program


def private_memory(pid):
    """What a process has for itself alone (RssAnon), in MB; 0: it is gone."""
    try:
        with open(f"/proc/{pid}/status") as f:
            return next((int(line.split()[1]) / 1024 for line in f if line.startswith("RssAnon")), 0)
    except OSError:
        return 0


class Peak:
    """The most private memory that a process comes to have, looked at again and again."""
    def __init__(self, pid):
        self.pid, self.first, self.most, self.over = pid, private_memory(pid), 0, False
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.over:
            self.most = max(self.most, private_memory(self.pid))
            time.sleep(0.0005)

    def end(self):
        self.over = True
        self.thread.join()
        return self.most


def peer_run(program, algorithm, support, memory=False):
    """Seconds and item sets or, with memory, its peak."""
    start = time.perf_counter()
    copy = subprocess.Popen(["psql", "-qXAt", "-c", "COPY b TO STDOUT WITH (FORMAT csv)"], stdout=subprocess.PIPE)
    with open(os.devnull, "w") as out:
        mine = subprocess.Popen([program, algorithm, str(support)], stdin=copy.stdout, stdout=out, stderr=subprocess.PIPE)
        copy.stdout.close()
        peak = Peak(mine.pid) if memory else None
        errors = mine.stderr.read().decode()
        mine.wait()
    copy.wait()
    seconds = time.perf_counter() - start
    return peak.end() if memory else (seconds, int(errors.split()[0]))


def peak_memory(sql):
    """How much the session's private memory grows by the statement at its peak, in MB."""
    session = subprocess.Popen(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    session.stdin.write("SELECT pg_backend_pid();\n")
    session.stdin.flush()
    peak = Peak(int(session.stdout.readline()))
    session.communicate(sql + ";\n")
    return peak.end() - peak.first


def chess(rows=3196, attributes=37, seed=5):
    """Baskets like those of the endgames of the FIMI workshops, dense: of each of 37 attributes one of two values, one of three."""
    random = np.random.default_rng(seed)
    share, ease = 0.55 + 0.44 * random.random(attributes), random.random(rows)
    rare = random.random((rows, attributes)) >= share + (1 - share) * 0.5 * ease[:, None]
    items = 2 * np.arange(attributes) + rare
    items[rare[:, 0] & (random.random(rows) < 0.5), 0] = 2 * attributes
    return "".join(f"{b}\t{i}\n" for b, row in enumerate(items.tolist()) for i in row)


def itemsets():
    if not os.environ.get("UPROFILE_DATA"):
        print("skip itemsets: UPROFILE_DATA is not set")
        return
    program = peer_program()
    for name, supports in (("fimi_t10i4d100k", [100]), ("fimi_mushroom", [1200, 800]), ("chess-like", [1800]),
                           ("online_retail", [50])):
        psql("DROP TABLE IF EXISTS b; CREATE TABLE b (basket integer, item integer)")
        psql("COPY b FROM STDIN", chess() if name == "chess-like" else rows_of(name))
        psql("VACUUM ANALYZE b")
        for support in supports:
            ours = f"SELECT count(*), sum(cardinality(items)) FROM uprofile_itemsets('b', 'basket', 'item', {support}, max_itemsets => 10000000)"
            mine, peers = [], {"eclat": [], "lcm": []}
            for _ in range(REPEAT):
                seconds, out = timed_sql(ours)
                mine.append(seconds)
                for algorithm in peers:
                    seconds, n = peer_run(program, algorithm, support)
                    peers[algorithm].append(seconds)
            best = min(peers, key=lambda a: median(peers[a]))
            report(f"{name} >= {support}", median(mine), None, median(peers[best]), 0.8,
                   f"{out.strip().split('|')[0]} item sets, {n} by {best}; peak private memory {peak_memory(ours):.1f} MB, "
                   f"{peer_run(program, best, support, memory=True):.1f} MB")


JOBS = {"itemsets": itemsets}
