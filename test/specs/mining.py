#!/usr/bin/python3
"""Item sets and rules of real baskets through SQL against published and recomputed counts.

Needs a server with the extension (PGHOST, PGPORT, PGDATABASE); UPROFILE_DATA names the folder of real data. One line a
check: ok, FAIL or skip; status 1 after a failure. Counts of mushroom and T10I4D100K: FIMI'04, recomputed; Online
Retail: known results that came with the data. Rules are checked against enumeration here.
"""
import csv
import gzip
import itertools
import math
import os
import subprocess
import sys
from fractions import Fraction

import numpy

failures = 0
DATA = os.environ.get("UPROFILE_DATA")


def check(what, good, detail):
    global failures
    failures += not good
    print(f"{'ok' if good else 'FAIL'} mining: {what}: {detail}", flush=True)


def run_sql(script):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1"], input=script, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"FAIL mining: psql: {done.stderr.strip()}")
        sys.exit(1)
    return done.stdout.splitlines()


def with_rows(rows, types, query):
    """The query's lines beside a temporary table t(basket, item)."""
    lines = "\n".join(f"{basket}\t{item}" for basket, item in rows)
    return run_sql("SET client_min_messages = warning;\nCREATE EXTENSION IF NOT EXISTS uprofile;\n"
                   f"CREATE TEMP TABLE t (basket {types[0]}, item {types[1]});\nCOPY t FROM STDIN;\n{lines}\n\\.\n" + query)


def read_csv(*path):
    with gzip.open(os.path.join(DATA, *path), "rt", newline="") as f:
        return list(csv.DictReader(f))


def count_query(counts):
    """Every miner has its turn."""
    return "".join(f"SELECT count(*) FROM uprofile_itemsets('t', 'basket', 'item', {c}, method => '{m}');\n"
                   for c, m in zip(counts, itertools.cycle(("auto", "fpgrowth", "apriori", "eclat"))))


def check_counts(name, rows, types, known, more=""):
    out = with_rows(rows, types, count_query(known) + more)
    for count, got in zip(known, out):
        check(f"{name} in at least {count}", int(got) == known[count], f"{got} item sets, {known[count]} expected")
    return out[len(known):]


def check_fimi():
    if DATA is None:
        print("skip mining: UPROFILE_DATA is not set: counts of mushroom, T10I4D100K and Online Retail")
        return
    rows = [(r["tid"], r["item"]) for r in read_csv("fimi_t10i4d100k", "fimi_t10i4d100k.csv.gz")]
    check_counts("T10I4D100K", rows, ("int", "int"),
                 {1000: 385, 900: 421, 800: 494, 700: 603, 600: 772, 500: 1073, 400: 2001, 300: 4552, 200: 13255, 100: 27532})
    rows = [(r["tid"], r["item"]) for r in read_csv("fimi_mushroom", "fimi_mushroom.csv.gz")]
    lengths = check_counts(
        "mushroom", rows, ("int", "int"), {2000: 6623, 1500: 56693, 1000: 123277, 800: 576309, 600: 945309},
        "SELECT count(*) FROM uprofile_itemsets('t', 'basket', 'item', 0.25) GROUP BY cardinality(items) "
        "ORDER BY cardinality(items);\n")
    wanted = [35, 241, 749, 1323, 1433, 1005, 498, 192, 57, 11, 1]
    check("mushroom at 25 % by length", [int(n) for n in lengths] == wanted, lengths)


def check_online_retail():
    if DATA is None:
        return
    rows = read_csv("online_retail", "online_retail.csv.gz")
    names = {n.lower().replace("_", "").replace(" ", ""): n for n in rows[0]}

    def column(*wanted):
        return next(names[w] for w in wanted if w in names)

    invoice, stock = column("invoiceno", "invoice"), column("stockcode")
    customer, quantity, price = column("customerid"), column("quantity"), column("unitprice", "price")
    good = [(r[invoice], r[stock]) for r in rows if r[customer] and float(r[quantity]) > 0 and float(r[price]) > 0]
    check("Online Retail's lines", len(good) == 397884, len(good))
    check_counts("Online Retail", good, ("text", "text"), {371: 251, 186: 1031})
    check_rules("Online Retail", good, 150, 0.1)


def hypergeometric_tail(n, x, y, c):
    """P(at least c in common) of sets of x and y among n: the first term as a product, the others by their ratios, in 64 bits of mantissa."""
    ld = numpy.longdouble
    first = numpy.arange(c, dtype=ld)
    rest = numpy.arange(x - c, dtype=ld)
    term = numpy.prod((y - first) / (n - first) * (x - first) / (c - first)) * numpy.prod((n - y - rest) / (n - c - rest))
    k = numpy.arange(c, min(x, y), dtype=ld)
    return term * (1 + numpy.sum(numpy.cumprod((x - k) * (y - k) / ((k + 1) * (n - x - y + k + 1)))))


def measures(n, x, y, c, simpler):
    """All numbers of a rule, in the order of the function's columns from count on."""
    conviction = float("inf") if c == x else (1 - y / n) / (1 - c / x)
    zhang = (c / n - x * y / n**2) / max(c / n * (1 - x / n), x / n * (y - c) / n) if c * n != x * y else 0
    expected = [[x * y / n, x * (n - y) / n], [(n - x) * y / n, (n - x) * (n - y) / n]]
    seen = [[c, x - c], [y - c, n - x - y + c]]
    chi = sum((seen[i][j] - expected[i][j])**2 / expected[i][j] for i in (0, 1) for j in (0, 1)) if x < n and y < n else 0
    return [c, c / n, c / x, c * n / (x * y), c / n - x * y / n**2, conviction, zhang, c / (x + y - c), c / math.sqrt(x * y),
            (c / x + c / y) / 2, abs(x - y) / (x + y - c), chi, float(hypergeometric_tail(n, x, y, c)), c / x - simpler]


def check_rules(name, rows, least, confidence):
    """Every rule of real baskets, found and measured independently: sets by their baskets as bits of whole numbers."""
    numbers, items = {}, {}
    for basket, item in rows:
        bit = 1 << numbers.setdefault(basket, len(numbers))
        items[item] = items.get(item, 0) | bit
    n = len(numbers)
    level = {(i,): bits for i, bits in sorted(items.items()) if bits.bit_count() >= least}
    first, count = dict(level), {}
    while level:
        count.update((s, bits.bit_count()) for s, bits in level.items())
        level = {s + (i,): both for s, bits in level.items() for (i,), more in first.items()
                 if i > s[-1] and (both := bits & more).bit_count() >= least}
    wanted = {}
    for whole, c in count.items():
        for k in range(1, len(whole)):
            for rhs in itertools.combinations(whole, k):
                lhs = tuple(i for i in whole if i not in rhs)
                if c / count[lhs] >= confidence:
                    simpler = max(count[tuple(sorted(sub + rhs))] / count[sub] if sub else count[rhs] / n
                                  for j in range(len(lhs)) for sub in itertools.combinations(lhs, j))
                    wanted["\x01".join(lhs), "\x01".join(rhs)] = measures(n, count[lhs], count[rhs], c, simpler)
    out = with_rows(rows, ("text", "text"),
                    "SELECT array_to_string(lhs, E'\\x01'), array_to_string(rhs, E'\\x01'), count, support, confidence, lift, leverage, "
                    "conviction, zhang, jaccard, cosine, kulczynski, imbalance, chi_squared, p_value, improvement "
                    f"FROM uprofile_apriori('t', 'basket', 'item', {least}, {confidence}, max_rhs => 0, min_improvement => -1);\n")
    got = {tuple(line.split("|")[:2]): [float(v) for v in line.split("|")[2:]] for line in out}
    worst = max((abs(a - b) / max(1, abs(b)) for rule in wanted if rule in got for a, b in zip(got[rule], wanted[rule]) if a != b),
                default=0)
    check(f"rules of {name} by another way", got.keys() == wanted.keys() and worst <= 1e-12 and len(wanted) > 500,
          f"{len(got)} rules, {len(wanted)} expected, measures to {worst:.1e}")


def check_adult():
    if DATA is None:
        return
    columns = ("workclass", "education", "marital_status", "occupation", "relationship", "race", "sex", "native_country", "income")
    rows = []
    for i, person in enumerate(read_csv("adult", "adult_train.csv.gz")):
        person = {k.lower().replace("-", "_").replace(".", "_"): v for k, v in person.items()}
        rows += [(i, f"{c}={person[c]}") for c in columns if person.get(c)]
        rows.append((i, f"age={int(float(person['age'])) // 10 * 10}"))
    check_rules("adult", rows, 2500, 0.5)


def check_rules_by_enumeration():
    """200 baskets over 9 items, from a fixed linear congruence; every split of every set."""
    state, baskets = 12345, []
    for _ in range(200):
        basket = set()
        for item in range(9):
            state = (state * 1103515245 + 12345) % 2**31
            if (state >> 8) % 12 <= item:
                basket.add(f"i{item}")
        if basket:
            baskets.append(basket)
    rows = [(i, item) for i, basket in enumerate(baskets) for item in basket]
    out = with_rows(rows, ("int", "text"),
                    "SELECT array_to_string(lhs, ' '), array_to_string(rhs, ' '), count, support, confidence, lift, leverage, "
                    "conviction, zhang, jaccard, cosine, kulczynski, imbalance, chi_squared, p_value, improvement "
                    "FROM uprofile_apriori('t', 'basket', 'item', 4, 0.3, max_rhs => 0, min_improvement => -1);\n")
    got = {tuple(line.split("|")[:2]): [float(v) for v in line.split("|")[2:]] for line in out}
    n, wanted = len(baskets), {}

    def count(items):
        return sum(items <= basket for basket in baskets)

    items = sorted(set().union(*baskets))
    for size in range(2, len(items) + 1):
        for whole in itertools.combinations(items, size):
            c = count(set(whole))
            if c < 4:
                continue
            for k in range(1, size):
                for rhs in itertools.combinations(whole, k):
                    lhs = [i for i in whole if i not in rhs]
                    x, y = count(set(lhs)), count(set(rhs))
                    if c / x >= 0.3:
                        simpler = max(count(set(sub) | set(rhs)) / count(set(sub)) if sub else y / n
                                      for k in range(len(lhs)) for sub in itertools.combinations(lhs, k))
                        tail = Fraction(sum(math.comb(y, k) * math.comb(n - y, x - k) for k in range(c, min(x, y) + 1)),
                                        math.comb(n, x))
                        numbers = measures(n, x, y, c, simpler)
                        numbers[12] = float(tail)
                        wanted[" ".join(lhs), " ".join(rhs)] = numbers
    near = all(abs(a - b) <= 1e-12 * max(1, abs(b)) or a == b
               for rule in wanted if rule in got for a, b in zip(got[rule], wanted[rule]))
    check("rules and their numbers by enumeration", got.keys() == wanted.keys() and near and len(wanted) > 500,
          f"{len(got)} rules, {len(wanted)} expected")


check_rules_by_enumeration()
check_fimi()
check_online_retail()
check_adult()
sys.exit(failures > 0)
