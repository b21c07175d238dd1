#!/usr/bin/python3
"""What comes next, and sequences of real users, against an independent computation in plain Python.

Needs a server with the extension (PGHOST, PGPORT, PGDATABASE). One line a check: ok, FAIL or skip; status 1 after a failure.
"""
import collections
import itertools
import random
import subprocess
import sys

failures = 0


def check(what, good, detail):
    global failures
    failures += not good
    print(f"{'ok' if good else 'FAIL'} sequences: {what}: {detail}", flush=True)


def run_sql(script):
    done = subprocess.run(["psql", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1"], input=script, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"FAIL sequences: psql: {done.stderr.strip()}")
        sys.exit(1)
    return [line.split("\t") for line in done.stdout.splitlines()]


def random_walks(seed, users, items):
    """Rows (user, second, item): each item makes some others likelier."""
    rng = random.Random(seed)
    rows = []
    for user in range(users):
        second, item = 0, rng.randrange(items)
        for _ in range(rng.randrange(1, 30)):
            second += rng.choice([1, 5, 60, 4000])
            item = (item * 3 + 1) % items if rng.random() < 0.6 else rng.randrange(items)
            rows.append((user, second, f"i{item:02d}"))
    return rows


def table(rows):
    lines = "\n".join(f"{u}\t{s}\t{i}" for u, s, i in rows)
    return ("SET client_min_messages = warning;\nCREATE TEMP TABLE raw (u int, s int, i text);\nCOPY raw FROM STDIN;\n" + lines +
            "\n\\.\nCREATE TEMP TABLE t AS SELECT u, timestamptz '2024-01-01' + s * interval '1 second' AS at, i FROM raw;\n")


def visits(rows, pause):
    found, last = [], None
    for user, second, item in sorted(rows):
        if last is None or last[0] != user or second - last[1] > pause:
            found.append([])
        found[-1].append(item)
        last = (user, second)
    return found


def blended(walks, history, max_order, min_count, items):
    """Interpolated Witten-Bell, from the empty context up."""
    p = {x: 1 / len(items) for x in items}
    used = None
    for order in range(max_order + 1):
        if order > len(history):
            break
        context = tuple(history[len(history) - order:])
        follow = collections.Counter(w[k] for w in walks for k in range(order, len(w)) if tuple(w[k - order:k]) == context)
        n, d = sum(follow.values()), len(follow)
        if n == 0 or (order > 0 and n < min_count):
            break
        p = {x: (follow[x] + d * p[x]) / (n + d) for x in items}
        used = list(context)
    return p, used


def check_next():
    rows = random_walks(1, 60, 12)
    items = sorted({i for _, _, i in rows})
    walks = visits(rows, 600)
    rng = random.Random(2)
    histories = [[rng.choice(items) for _ in range(rng.randrange(5))] for _ in range(12)] + [w[:6] for w in walks[:12]]
    script = table(rows) + "CREATE TEMP TABLE m AS SELECT uprofile_train_next('t', 'u', 'at', 'i', 4, 2, '600 s') AS model;\n"
    for k, h in enumerate(histories):
        script += f"SELECT {k}, item, probability, array_to_string(context, ' ') FROM m, uprofile_next(model, '{{{','.join(h)}}}', 100);\n"
    worst, contexts = 0.0, 0
    got = collections.defaultdict(dict)
    for k, item, probability, context in run_sql(script):
        got[int(k)][item] = (float(probability), context.split())
    for k, h in enumerate(histories):
        p, used = blended(walks, h, 4, 2, items)
        worst = max([worst] + [abs(got[k][x][0] - p[x]) for x in items])
        contexts += all(got[k][x][1] == used for x in items)
    check("probabilities of what comes next", worst < 1e-12, f"{worst:.1e} off at most, {len(histories)} histories")
    check("contexts that are used", contexts == len(histories), f"{contexts} of {len(histories)}")


def within(times, sequence, trail, max_gap, span):
    """Whether a trail has the items one after the other, by trying all ways."""
    def go(k, last, first):
        if k == len(sequence):
            return True
        return any(trail[j] == sequence[k] and (k == 0 or (times[last] < times[j] and times[j] - times[last] <= max_gap and
                                                          times[j] - times[first] <= span)) and go(k + 1, j, j if k == 0 else first)
                   for j in range(last + 1 if k > 0 else 0, len(trail)))
    return go(0, 0, 0)


def check_sequences():
    rows = random_walks(3, 40, 6)
    trails = collections.defaultdict(lambda: ([], []))
    for user, second, item in sorted(rows):
        trails[user][0].append(second)
        trails[user][1].append(item)
    items = sorted({i for _, _, i in rows})
    wanted = {}
    for n in (1, 2, 3):
        for s in itertools.product(items, repeat=n):
            count = sum(within(times, s, trail, 120, 150) for times, trail in trails.values())
            if count >= 3:
                wanted[" ".join(s)] = count
    out = run_sql(table(rows) + "SELECT array_to_string(sequence, ' '), count FROM uprofile_sequences('t', 'u', 'at', 'i', 3, max_len => 3, "
                  "max_gap => '2 minutes', span => '150 s');\n")
    check("sequences with limits", {s: int(c) for s, c in out} == wanted, f"{len(out)} found, {len(wanted)} expected")


check_next()
check_sequences()
sys.exit(failures > 0)
