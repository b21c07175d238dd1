"""follow.py FIRST SEEDS [sigkill] - profiles that follow their users while 8 writers, 2 refreshers and a killer are at work

Writers insert, move users, delete, truncate, COPY, MERGE, roll back, and attach and detach partitions, in transactions of
all levels; sessions of both kinds are cancelled and terminated, with sigkill also killed by the system (the server
recovers as after a crash, so only for a cluster of one's own). Then one last refresh must leave what the source says,
cleaned by the profile's rules where it has some, with the same versions of the models, and a refresh of everybody must
find nothing to write. A seed makes the same
statements; how they meet is up to the machine.
"""
import os
import random
import signal
import subprocess
import sys
import threading
import time

from common import Session, finish, psql, query, report, wait_for_server

SETUP = """
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS uprofile;
DO $$ BEGIN PERFORM uprofile_drop(profile) FROM uprofile_profiles; END $$;
DROP TABLE IF EXISTS customers, orders, lines, aside CASCADE;
CREATE TABLE customers (id int PRIMARY KEY, country text);
CREATE TABLE orders (customer_id bigint, order_no int, total int) PARTITION BY RANGE (order_no);
CREATE TABLE orders_0 PARTITION OF orders FOR VALUES FROM (MINVALUE) TO (40);
CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (40) TO (80);
CREATE TABLE aside (LIKE orders);
CREATE TABLE lines (order_no int, quantity int);
INSERT INTO customers SELECT i, 'A' FROM generate_series(1, 150) i;
INSERT INTO orders SELECT i % 150, i % 80, i % 7 FROM generate_series(1, 500) i;
INSERT INTO aside SELECT i % 150, 80 + i % 40, i % 5 FROM generate_series(1, 50) i;
INSERT INTO lines SELECT i % 80, i % 3 FROM generate_series(1, 200) i;
CREATE INDEX ON orders (customer_id);
CREATE VIEW features AS SOURCE;
SELECT uprofile_create('stormy', 'features', 'THE KEY', watch => WATCH, clean => RULES,
	models => '{"segment": {"algorithm": "kmeans", "k": 3, "features": ["n", "total"]}}');
SELECT uprofile_refresh('stormy', on_error => 'raise');
"""

# Rules that need the row alone, and such that need all rows of its user.
OF_ROWS = """'[{"rule": "case", "column": "country", "to": "upper"}, {"rule": "synonyms", "column": "country", "table": {"AGAIN": "new"}},
	{"rule": "allowed", "column": "country", "values": ["A", "NEW", "new", "GONE"]}, {"rule": "range", "column": "total", "max": 12, "action": "clip"},
	{"rule": "range", "column": "n", "max": 8}, {"rule": "fill", "columns": ["n", "total"], "with": "constant", "value": 0}]'"""
OF_USERS = """'[{"rule": "range", "column": "total", "max": 5, "action": "missing"}, {"rule": "duplicates"},
	{"rule": "fill", "column": "total", "with": "previous", "by": "id", "order": "n"},
	{"rule": "duplicate_keys", "keep": "last", "order": "n"}, {"rule": "required", "column": "total"}]'"""

# Sources, how they are watched, their columns but the key, and how they are cleaned.
KINDS = [
    ("SELECT c.id, c.country, o.n, o.total FROM customers c LEFT JOIN (SELECT customer_id, count(*) AS n, sum(total) AS total"
     " FROM orders GROUP BY 1) o ON o.customer_id = c.id", "'auto'", "country, n, total"),
    ("SELECT c.id, c.country, o.n, o.total, o.quantity FROM customers c LEFT JOIN (SELECT customer_id, count(*) AS n, sum(total) AS total,"
     " sum(quantity) AS quantity FROM orders LEFT JOIN lines USING (order_no) GROUP BY 1) o ON o.customer_id = c.id",
     """'["customers.id", {"table": "lines", "key": "SELECT customer_id FROM orders JOIN changed USING (order_no)"}]'""", "country, n, total, quantity"),
    ("SELECT customer_id AS id, count(*) AS n, sum(total) AS total, max(order_no) AS last FROM orders WHERE customer_id IS NOT NULL"
     " AND NOT EXISTS (SELECT FROM customers c WHERE c.id = customer_id AND country = 'gone') GROUP BY 1", "'{orders.customer_id, customers.id}'",
     "n, total, last"),
    ("SELECT customer_id AS id, order_no, count(*) AS n, sum(total) AS total FROM orders WHERE customer_id IS NOT NULL AND order_no IS NOT NULL"
     " GROUP BY 1, 2", "'auto'", "n, total"),
    ("SELECT c.id, c.country, o.n, o.total FROM customers c LEFT JOIN (SELECT customer_id, count(*) AS n, sum(total) AS total"
     " FROM orders GROUP BY 1) o ON o.customer_id = c.id", "'auto'", "country, n, total", OF_ROWS),
    ("SELECT customer_id AS id, order_no * 1000 + total AS n, total FROM orders WHERE customer_id IS NOT NULL", "'auto'", "n, total", OF_USERS),
]

# What may happen to a statement: lock and deadlock, serialization, unique keys, what others attached or detached, an end.
ALLOWED = ("40P01", "40001", "55P03", "23505", "25P01", "25P02", "57014", "57P01", "57P02", "57P03", "23514", "42P17", "42P16", "42809", "3B001",
           "42P01", "42710", "42P07", "08006", "55000", "21000")
LIMITS = "SET deadlock_timeout = '30ms'; SET lock_timeout = '4s'; SET client_min_messages = error;\n"


def ended(statement):
    """The data of a COPY end by themselves."""
    return statement + ("\n" if statement.endswith("\\.") else ";\n")


def writer_script(r, merge, calm):
    """Statements of one session, a few transactions; calm: none that makes everybody stale."""
    def user():
        return r.randint(1, 160)

    def no():
        return r.randint(0, 99)

    def rows(n):
        return ", ".join("(%s, %d, %d)" % ("NULL" if r.random() < .05 else user(), no(), r.randint(0, 9)) for _ in range(n))

    def statement():
        x = r.random()
        if calm and .87 <= x < .97:
            x -= .87
        if x < .2:
            return "INSERT INTO %s VALUES %s" % (r.choice(["orders", "orders", "orders", "orders_1"]), rows(r.randint(1, 4)))
        if x < .28:
            data = "".join("%d\t%d\t%d\n" % (user(), no(), r.randint(0, 9)) for _ in range(r.choice([1, 3, 40])))
            return "COPY %s FROM STDIN;\n%s\\." % (r.choice(["orders", "orders", "orders_0"]), data)
        if x < .4:
            return "UPDATE orders SET customer_id = %d WHERE customer_id = %d" % (user(), user())
        if x < .46:
            return "UPDATE %s SET total = total + 1, order_no = %d WHERE customer_id = %d" % (r.choice(["orders", "orders_0"]), no(), user())
        if x < .54:
            return "DELETE FROM %s WHERE customer_id = %d" % (r.choice(["orders", "orders_1"]), user())
        if x < .6:
            return "DELETE FROM customers WHERE id = %d" % user()
        if x < .68:
            return "INSERT INTO customers VALUES (%d, 'new') ON CONFLICT (id) DO UPDATE SET country = '%s'" % (user(), r.choice(["again", "gone"]))
        if x < .72:
            return "UPDATE customers SET id = %d WHERE id = %d" % (user(), user())
        if x < .8:
            return "INSERT INTO lines VALUES (%d, 1), (%d, 2)" % (no(), no())
        if x < .84:
            return "UPDATE lines SET order_no = %d WHERE order_no = %d" % (no(), no())
        if x < .87:
            return "DELETE FROM lines WHERE order_no = %d" % no()
        if x < .89:
            return "TRUNCATE %s" % r.choice(["orders", "lines", "orders_0", "customers", "aside"])
        if x < .92:
            return "INSERT INTO aside VALUES (%d, %d, 1)" % (user(), 80 + r.randint(0, 30))
        if x < .945:
            return "ALTER TABLE orders ATTACH PARTITION aside FOR VALUES FROM (80) TO (120)"
        if x < .97:
            return "ALTER TABLE orders DETACH PARTITION aside"
        if merge:
            return ("MERGE INTO orders o USING (VALUES (%d, %d), (%d, 0)) v (id, c) ON o.customer_id = v.id"
                    " WHEN MATCHED AND v.c = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET customer_id = v.c"
                    " WHEN NOT MATCHED THEN INSERT VALUES (v.id, 5, v.c)" % (user(), user(), user()))
        return "WITH gone AS (DELETE FROM orders WHERE customer_id = %d RETURNING *) INSERT INTO orders SELECT %d, order_no, total FROM gone" % (user(), user())

    lines = [LIMITS]
    for _ in range(3):
        if r.random() < .3:
            lines.append(ended(statement()))
            continue
        lines.append("BEGIN%s;\n" % r.choice(["", "", " ISOLATION LEVEL REPEATABLE READ", " ISOLATION LEVEL SERIALIZABLE"]))
        for _ in range(r.randint(1, 4)):
            lines.append(ended(statement()))
            if r.random() < .15:
                lines.append("SAVEPOINT s;\n%sROLLBACK TO s;\n" % ended(statement()))
            if r.random() < .2:
                lines.append("SELECT pg_sleep(%.3f);\n" % (r.random() / 20))
        lines.append(r.choice(["COMMIT", "COMMIT", "COMMIT", "ROLLBACK"]) + ";\n")
    return "".join(lines)


REFRESH = "SELECT uprofile_refresh('stormy', retrain => 'none', max_deleted => 1, wait => %s)"


def refresher_script(r):
    refresh = REFRESH % r.choice(["true", "true", "false"])
    return LIMITS + r.choice([
        refresh + ";\n",
        refresh + ";\n" + refresh + ";\n",
        "CALL uprofile_run('stormy', retrain => 'none', max_deleted => 1);\n",
        "CALL uprofile_run('stormy', retrain => 'none', max_deleted => 1);\n",
        "BEGIN;\n%s;\nSELECT pg_sleep(.02);\nROLLBACK;\n" % refresh,
        "BEGIN;\n%s;\nSELECT pg_sleep(.02);\n%s;\nCOMMIT;\n" % (refresh, refresh),
        "BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT count(*) FROM orders;\n%s;\nCOMMIT;\n" % refresh,
    ])


def run_script(script, problems):
    """One session; what it is told that may not be goes to problems. Waits where the server is down."""
    for _ in range(100):
        done = subprocess.run(["psql", "-qXAt", "-v", "VERBOSITY=verbose", "-o", os.devnull], input=script, capture_output=True, text=True,
                              env={**os.environ, "PGAPPNAME": "storm"})
        if "the database system is" not in done.stderr and "could not connect" not in done.stderr and \
                "connection to server on socket" not in done.stderr:
            break
        time.sleep(.05)
    for line in done.stderr.splitlines():
        words = line.replace("psql:<stdin>:", "").split()
        for kind in ("ERROR:", "FATAL:", "PANIC:"):
            if kind in words and words[words.index(kind) + 1].rstrip(":") not in ALLOWED:
                problems.append(line + "\n" + script)


def killer(r, stop, by_signal, problems):
    session = None
    killed = False
    while not stop.wait(.05 + r.random() / 3):
        try:
            session = session or Session()
            # Not the one that asks.
            pids = session.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'storm' AND state <> 'idle'")
            if not pids:
                continue
            pid = r.choice(pids)[0]
            if by_signal and not killed:
                os.kill(int(pid), signal.SIGKILL)
                killed = True
                session = None
                wait_for_server()
            else:
                session.query("SELECT %s(%s)" % (r.choice(["pg_cancel_backend", "pg_terminate_backend"]), pid))
        except (RuntimeError, OSError):
            session = None
            wait_for_server()


def key_of(kind):
    return "id, order_no" if "order_no, count" in kind[0] else "id"


def rules_of(kind):
    return kind[3] if len(kind) > 3 else "NULL"


CORRECTIONS = "SELECT user_key, step, rule, column_name, action, before, after, reason, original FROM uprofile_corrections WHERE profile = 'stormy'"


def one_seed(seed, by_signal, merge):
    r = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    done = psql(SETUP.replace("SOURCE", kind[0]).replace("WATCH", kind[1]).replace("THE KEY", key_of(kind)).replace("RULES", rules_of(kind)))
    if done.returncode != 0:
        report("storm: set-up of follow", done.stderr)
        finish()
    problems, stop = [], threading.Event()
    calm = r.random() < .5
    scripts = [[writer_script(r, merge, calm) for _ in range(3)] for _ in range(8)]
    refreshes = [[refresher_script(r) for _ in range(40)] for _ in range(2)]
    killing = random.Random(seed + 1)

    def write(mine):
        for script in mine:
            run_script(script, problems)

    def refresh(mine):
        for script in mine:
            if stop.is_set():
                break
            run_script(script, problems)

    writers = [threading.Thread(target=write, args=(s,)) for s in scripts]
    others = [threading.Thread(target=refresh, args=(s,)) for s in refreshes]
    others.append(threading.Thread(target=killer, args=(killing, stop, by_signal, problems)))
    for t in writers + others:
        t.start()
    for t in writers:
        t.join()
    stop.set()
    for t in others:
        t.join()
    wait_for_server()
    return problems + after(kind)


def after(kind):
    last = query("SET client_min_messages = error; SELECT status, mode, message FROM uprofile_refresh('stormy', retrain => 'none', max_deleted => 1)")
    if rules_of(kind) != "NULL":
        query("SET client_min_messages = error; DROP TABLE IF EXISTS cleaned, cleaned_changes, cleaned_quarantine, corrections;"
              "SELECT count(*) FROM uprofile_clean('features', 'cleaned', key => 'id', rules => %s);"
              "CREATE TABLE corrections AS %s" % (rules_of(kind), CORRECTIONS))
    wrong = query("""SELECT a, b FROM (SELECT f.*, uprofile_predict('stormy.segment', f)::int AS segment
        FROM %s f) a FULL JOIN (SELECT %s, %s, segment FROM stormy_profile) b USING (%s) WHERE a IS DISTINCT FROM b"""
                  % ("features" if rules_of(kind) == "NULL" else "cleaned", key_of(kind), kind[2], key_of(kind)))
    problems = []
    if last[0][0] != "succeeded":
        problems.append("the last refresh: " + str(last))
    if wrong:
        problems.append("the last refresh (%s) left %d wrong rows: %s" % (last[0][1], len(wrong), wrong[:5]))
    again = query("""SET client_min_messages = error; SELECT mode, inserted + updated + deleted
        FROM uprofile_refresh('stormy', retrain => 'none', max_deleted => 1, all_users => true)""")
    if again != [["full", "0"]]:
        problems.append("a refresh of everybody wrote: " + str(again))
    if rules_of(kind) != "NULL":
        told = query("(TABLE corrections EXCEPT ALL %s) UNION ALL (%s EXCEPT ALL TABLE corrections)" % (CORRECTIONS, CORRECTIONS))
        if told:
            problems.append("corrections are not those of everybody: " + str(told[:5]))
    return problems


def main():
    first, seeds = int(sys.argv[1]), int(sys.argv[2])
    by_signal = len(sys.argv) > 3 and sys.argv[3] == "sigkill"
    merge = int(query("SHOW server_version_num")[0][0]) >= 150000
    modes = {}
    for seed in range(first, first + seeds):
        problems = one_seed(seed, by_signal and seed % 2 == 0, merge)
        for mode, n in query("SELECT coalesce(mode, status), count(*) FROM uprofile_runs GROUP BY 1"):
            modes[mode] = modes.get(mode, 0) + int(n)
        if problems:
            report("storm: profiles follow their users (seed %d)" % seed, "\n".join(problems[:5]))
    print("# follow, seeds %d to %d: refreshes %s" % (first, first + seeds - 1, ", ".join("%s %d" % m for m in sorted(modes.items()))))
    report("storm: profiles follow their users (%d seeds)" % seeds)
    finish()


main()
