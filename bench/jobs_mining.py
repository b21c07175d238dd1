"""Frequent item sets, beside a native miner that has to fetch the baskets first.

The peer (bench/peers/frequent.c) is published algorithms written plainly in C and compiled for this machine: Eclat with bit sets
(Zaki 2000) and LCM's delivery of occurrences (Uno, Asai, Uchida, Arimura 2004); the faster one counts. Its time is that of COPY
into its standard input, of reading, mining, and writing the sets as text to /dev/null. Ours is the statement that counts the sets.
"""
import csv
import gzip
import os
import subprocess
import tempfile
import time

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


def peer_run(program, algorithm, support):
    """Seconds, item sets and the miner's peak memory in MB."""
    start = time.perf_counter()
    copy = subprocess.Popen(["psql", "-qXAt", "-c", "COPY b TO STDOUT WITH (FORMAT csv)"], stdout=subprocess.PIPE)
    with open(os.devnull, "w") as out:
        mine = subprocess.Popen([program, algorithm, str(support)], stdin=copy.stdout, stdout=out, stderr=subprocess.PIPE)
        copy.stdout.close()
        errors = mine.stderr.read().decode()
        mine.wait()
    copy.wait()
    seconds = time.perf_counter() - start
    n, kilobytes = errors.split()
    return seconds, int(n), int(kilobytes) / 1024


def peak_memory(sql):
    """How much the session's memory grows by the statement at its peak, in MB."""
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], capture_output=True, text=True, input=f"""
SET log_statement_stats = on; SET client_min_messages = log;
SELECT 1;
{sql};
""")
    sizes = [int(line.split()[1]) for line in done.stderr.splitlines() if "max resident size" in line]
    return (sizes[-1] - sizes[0]) / 1024 if len(sizes) > 1 else float("nan")


def itemsets():
    if not os.environ.get("UPROFILE_DATA"):
        print("skip itemsets: UPROFILE_DATA is not set")
        return
    program = peer_program()
    for name, supports in (("fimi_t10i4d100k", [100]), ("fimi_mushroom", [1200, 800]), ("online_retail", [50])):
        psql("DROP TABLE IF EXISTS b; CREATE TABLE b (basket integer, item integer)")
        psql("COPY b FROM STDIN", rows_of(name))
        psql("VACUUM ANALYZE b")
        for support in supports:
            ours = f"SELECT count(*) FROM uprofile_itemsets('b', 'basket', 'item', {support}, max_itemsets => 10000000)"
            mine, peers, memory = [], {"eclat": [], "lcm": []}, {}
            for _ in range(REPEAT):
                seconds, out = timed_sql(ours)
                mine.append(seconds)
                for algorithm in peers:
                    seconds, n, memory[algorithm] = peer_run(program, algorithm, support)
                    peers[algorithm].append(seconds)
            best = min(peers, key=lambda a: median(peers[a]))
            report(f"{name} >= {support}", median(mine), None, median(peers[best]), 0.8,
                   f"{out.strip()} item sets, {n} by {best}; peak memory {peak_memory(ours):.0f} MB, {memory[best]:.0f} MB")


JOBS = {"itemsets": itemsets}
