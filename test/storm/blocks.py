"""blocks.py SEED N - random statements that predict, with predictions of blocks of rows and without: the same rows, and the same side effects.

Statements are run to their end, in part (LIMIT, cursors, loops, functions), again and again (laterals, correlated subqueries), by parallel
workers, over partitions, views, row-level security and foreign tables, and as part of what writes. Some rows are bad, so that a block that
is read too far raises an error that nobody asked for; functions that are volatile say when they are called.
"""
import random
import sys

from common import Session, finish, query, report

seed, count = int(sys.argv[1]), int(sys.argv[2])
rnd = random.Random(seed)

SETUP = """
SET client_min_messages = error;
DROP SCHEMA IF EXISTS sb CASCADE; CREATE SCHEMA sb; SET search_path = sb, public;
CREATE EXTENSION IF NOT EXISTS uprofile SCHEMA public;
CREATE TABLE t AS SELECT i AS id, (sin(i) * 3)::float8 AS a, (i % 7)::float8 AS b, CASE WHEN i % 11 > 0 THEN 'k' || i % 5 END AS c, i % 3 = 0 AS y,
	(ARRAY['low', 'mid', 'top'])[1 + i % 3] AS l, ARRAY[sin(i) * 3, i % 7]::float8[] AS f, repeat('x', i % 50) AS note, i % 9 AS i, (i / 8.0)::numeric AS n FROM generate_series(1, 600) AS i;
CREATE TABLE models AS SELECT 'tree' AS name, uprofile_tree(ARRAY[a, b], y) AS m, uprofile_tree(ARRAY[a, b], l) AS several FROM t
	UNION ALL SELECT 'logistic', uprofile_logistic(ARRAY[a, b], y), uprofile_logistic(ARRAY[a, b], l) FROM t;
ALTER TABLE models ALTER m SET STORAGE EXTERNAL;
INSERT INTO models SELECT 'forest', uprofile_forest(ARRAY[a, b], y, '{"n_estimators": 20}'), uprofile_bayes(ARRAY[a, b], l) FROM t;
CREATE TABLE of_rows AS SELECT uprofile_forest(r, 'y', '{"features": ["a", "b", "c"], "n_estimators": 5}') AS m FROM t AS r;
SELECT count(*) FROM uprofile_train('sb_named', 'SELECT id, a, b, c, y FROM sb.t', target => 'y', key => 'id', algorithm => 'tree', deploy => 'always');
UPDATE t SET a = 'NaN', f[1] = 'NaN' WHERE id IN (140, 420, 421);
UPDATE t SET b = NULL, f = ARRAY[a, NULL] WHERE id IN (77, 300);
UPDATE t SET f = ARRAY[a] WHERE id = 501;
UPDATE t SET f = NULL WHERE id % 50 = 9;
UPDATE t SET n = 1e400 WHERE id IN (200, 455);
UPDATE t SET i = NULL WHERE id = 310;
CREATE INDEX ON t (id);
CREATE TABLE p (LIKE t) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (200);
CREATE TABLE p2 (n numeric, note text, i int, f float8[], l text, y bool, c text, b float8, a float8, id int);
ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (200) TO (10000);
INSERT INTO p SELECT * FROM t;
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM t WHERE id % 2 = 0;
CREATE TABLE ruled AS SELECT * FROM t;
ALTER TABLE ruled ENABLE ROW LEVEL SECURITY;
CREATE POLICY only_some ON ruled USING (id % 3 > 0);
CREATE TABLE u AS SELECT i AS id, i % 20 AS g, i % 4 AS x FROM generate_series(1, 80) AS i;
CREATE TABLE target (id int, p text, n int DEFAULT 0);
INSERT INTO target SELECT i, i::text FROM generate_series(1, 30) AS i;
CREATE SEQUENCE called; CREATE SEQUENCE fired; CREATE SEQUENCE plain;
CREATE FUNCTION tells(i int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RETURN nextval('sb.called') > 0; END $$;
CREATE FUNCTION sees(i int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM sb.target) < 100; END $$;
CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.n = nextval('sb.fired') * 100 + (SELECT count(*) FROM sb.target) % 100; RETURN NEW; END $$;
CREATE TRIGGER before_row BEFORE INSERT OR UPDATE ON target FOR EACH ROW EXECUTE FUNCTION fires();
ANALYZE;
DO $$ BEGIN CREATE ROLE sb_reader; EXCEPTION WHEN duplicate_object THEN END $$;
GRANT USAGE ON SCHEMA sb TO sb_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA sb TO sb_reader;
"""
FOREIGN = """
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS postgres_fdw SCHEMA public;
DROP SERVER IF EXISTS sb_here CASCADE;
DO $$ BEGIN EXECUTE format('CREATE SERVER sb_here FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)',
	split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_database()); END $$;
CREATE USER MAPPING FOR PUBLIC SERVER sb_here OPTIONS (user 'postgres', password_required 'false');
IMPORT FOREIGN SCHEMA sb LIMIT TO (t, u) FROM SERVER sb_here INTO sb_far;
"""


def pick(*choices):
    return rnd.choice(choices)


def chance(share):
    return rnd.random() < share


tables = ["t", "t", "t", "p", "barrier", "ruled", "(SELECT * FROM t ORDER BY id OFFSET 0)", "(SELECT * FROM t UNION ALL SELECT * FROM p)",
          "(SELECT DISTINCT ON (id) * FROM p ORDER BY id)", "(TABLE t)"]


class Level:
    """What a query's expressions may take: a table of rows as t, the models as mo where they are joined, numbers as g."""

    def __init__(self, depth):
        self.depth = depth
        self.joined, self.numbers = chance(.4), chance(.25)

    def model(self, of="m"):
        if self.joined and chance(.7):
            return pick(f"mo.{of}", f"mo.{of}", f"CASE WHEN t.id % 3 > 0 THEN mo.{of} END")
        return pick(*[f"(SELECT {of} FROM models WHERE name = '{pick('tree', 'logistic', 'forest')}')"] * 3, "NULL::bytea",
                    f"(SELECT {of} FROM models AS q WHERE q.name = CASE WHEN t.id % 2 = 0 THEN 'tree' ELSE 'forest' END)")

    def features(self):
        return pick("ARRAY[t.a, t.b]", "ARRAY[t.a, t.b]", "ARRAY[t.i, t.i]", "ARRAY[t.i, t.n]", "ARRAY[t.a, t.id % 5]", "t.f", "ARRAY[t.id, 1 / (t.id - 333)]", "ARRAY[sqrt(t.id - 3), 2]",
                    "ARRAY[t.a, g.x]" if self.numbers else "ARRAY[t.id, coalesce(t.b, 1)]", "CASE WHEN t.id % 4 > 0 THEN ARRAY[t.id, 3]::float8[] END",
                    "ARRAY[1, 2]", "ARRAY[t.id, (SELECT max(x) FROM u WHERE u.g = t.id % 20)]")

    def several(self):
        """Calls of one model and the same features."""
        if chance(.3):
            return "uprofile_predict('sb_named', t) + uprofile_predict_proba('sb_named', t)"
        model, features = self.model("several"), self.features()
        return pick(f"length(uprofile_predict_label({model}, {features})) + uprofile_predict_proba({model}, {features}{pick('', ', ' + chr(39) + 'mid' + chr(39), ', t.l')})",
                    f"uprofile_predict_proba({model}, {features}) - uprofile_predict_proba({model}, {features}, 'low')")

    def call(self):
        if chance(.15):
            return self.several()
        if chance(.2):
            return pick("uprofile_predict('sb_named', t)", "uprofile_predict_proba('sb_named', t, 'true')", "uprofile_predict_proba((SELECT m FROM of_rows), t)")
        if chance(.1):
            return f"hashtext(array_to_string(uprofile_transform({self.model()}, {self.features()}), ','))"
        if chance(.3):
            return pick(f"length(uprofile_predict_label({self.model('several')}, {self.features()}))",
                        f"uprofile_predict_proba({self.model('several')}, {self.features()}, {pick(chr(39) + 'mid' + chr(39), 't.l')})")
        return f"uprofile_predict{pick('', '_proba')}({self.model()}, {self.features()})"

    def value(self):
        c = self.call()
        return pick(c, c, c, f"{c} + 1", f"round(({c})::numeric, 4)", f"CASE WHEN t.id % 3 = 0 THEN {c} END", f"coalesce({c}, 0)", f"{c} > 0.5 OR t.id % 2 = 0",
                    f"1 / ({c} - 5)", f"ARRAY[{c}, t.id]", f"{c} IS NULL", f"uprofile_predict({self.model()}, ARRAY[{c}, 1])", "t.note", "t.id", f"t.note || ({c})::text")

    def source(self):
        table = pick(*tables)
        s = f"{table} AS t" + (" TABLESAMPLE BERNOULLI (60) REPEATABLE (1)" if table in ("t", "p") and chance(.08) else "")
        if self.numbers:
            s += pick(" JOIN u AS g ON g.id = t.id", " LEFT JOIN u AS g ON g.g = t.id", " JOIN u AS g ON g.id = t.id AND t.a > 0",
                      " CROSS JOIN (VALUES (1), (2)) AS g (x)", " CROSS JOIN LATERAL (SELECT t.id % 3 AS x OFFSET 0) AS g")
        if self.joined:
            s += pick(" CROSS JOIN models AS mo", " JOIN models AS mo ON mo.name = CASE WHEN t.id % 2 = 0 THEN 'tree' ELSE 'logistic' END")
        return s

    def condition(self):
        return pick("true", f"t.id < {rnd.choice([1, 30, 76, 77, 139, 200, 600])}", f"t.id BETWEEN {rnd.randrange(1, 76)} AND 76", f"t.id > {rnd.randrange(140, 430)}",
                    "t.a > 0", "t.id NOT IN (77, 140, 300, 420, 421, 501)", "t.id NOT IN (77, 140, 300, 420, 421, 501)", "tells(t.id)", "sees(t.id)",
                    "t.id IN (SELECT id FROM u WHERE tells(id))", "EXISTS (SELECT 1 FROM u WHERE u.id = t.id)", "t.id % 10 = 3", f"{self.call()} > 0.4", "false")

    def select(self):
        where = " AND ".join(self.condition() for _ in range(pick(1, 1, 2)))
        tail = f" FROM {self.source()} WHERE {where}"
        kind = rnd.random()
        if kind < .12:
            return f"SELECT count(*) AS id, sum({self.call()}) AS p{tail}", False
        if kind < .2:
            return f"SELECT t.y::int AS id, max({self.call()}) AS p{tail} GROUP BY 1" + pick("", " HAVING count(*) > 3"), False
        if kind < .25:
            return f"SELECT DISTINCT t.id, {self.call()} AS p{tail}", False
        if kind < .3:
            return f"SELECT t.id, sum({self.call()}) OVER (ORDER BY t.id) AS p{tail}", False
        if kind < .34:
            return f"SELECT nextval('plain') * 0 + t.id AS id, {self.call()} AS p{tail}", False
        return f"SELECT t.id, {self.value()} AS p{tail}" + pick("", "", f" ORDER BY t.id", " ORDER BY p, t.id", " OFFSET 0"), True


def bound():
    return rnd.choice([1, 3, 10, 25, 60, 76, 90, 139, 150])


def statement(depth=0):
    s, _ = Level(depth).select()
    for _ in range(rnd.choice([0, 0, 1, 1, 2])):
        k, wrap = bound(), rnd.randrange(13)
        if wrap == 0:
            s = f"SELECT * FROM ({s}) AS s LIMIT {k}"
        elif wrap == 1:
            s = f"WITH c AS {pick('', 'MATERIALIZED')} ({s}) SELECT id, p FROM c LIMIT {k}"
        elif wrap == 2:
            s = f"WITH c AS ({s}) SELECT id, p FROM c UNION ALL SELECT count(*), NULL FROM c"
        elif wrap == 3:
            s = f"SELECT s.id, s.p FROM ({s}) AS s JOIN u ON u.id = s.id {pick('', 'AND u.x > 1')}"
        elif wrap == 4:
            s = f"SELECT id, NULL AS p FROM u WHERE {pick('', 'NOT ')}EXISTS (SELECT 1 FROM ({s} OFFSET 0) AS s WHERE s.id {pick('=', '>', '<')} u.id)" if "OFFSET" not in s[-9:] else s
        elif wrap == 5:
            s = f"SELECT u.id, (SELECT count(*) FROM ({s}) AS s WHERE s.id < u.x * 10) AS p FROM u WHERE u.id < 8"
        elif wrap == 6:
            s = f"SELECT s.id, s.p FROM u, LATERAL (SELECT * FROM ({s}) AS i WHERE i.id < u.id LIMIT u.x) AS s WHERE u.id < 9"
        elif wrap == 7:
            s = f"SELECT id, p FROM (SELECT s.*, row_number() OVER () AS rn FROM ({s}) AS s) AS q WHERE rn < {k}"
        elif wrap == 8:
            s = f"({s}) UNION ALL (SELECT id, NULL FROM u WHERE id < 3)" if chance(.5) else f"SELECT * FROM ({s}) AS s FETCH FIRST {k} ROWS ONLY"
        elif wrap == 9:
            s = f"SELECT u.id, s.p FROM u LEFT JOIN ({s}) AS s ON s.id = u.id WHERE u.id < 70 ORDER BY u.id, s.p"
        elif wrap == 10:
            s = f"SELECT s.id, s.p FROM ({s}) AS s WHERE s.id IN (SELECT id FROM ({s}) AS i LIMIT {k})"
        elif wrap == 11:
            s = f"WITH RECURSIVE r AS (SELECT id, 0 AS n FROM ({s}) AS s UNION ALL SELECT id + 1, n + 1 FROM r WHERE n < 2) SELECT id, n AS p FROM r LIMIT {k}"
        else:
            s = f"SELECT s.id, s.p FROM ({s}) AS s WHERE sees(s.id::int)"
    return s


def way(s):
    """The statements that run s in some way."""
    k, kind = bound(), rnd.randrange(17)
    if kind <= 5:
        return [s]
    if kind == 6:
        scroll = pick("", "SCROLL", "NO SCROLL")
        moves = [f"FETCH {bound()} FROM c" for _ in range(3)] + ([f"FETCH BACKWARD {bound()} FROM c", "FETCH LAST FROM c", "FETCH 1 FROM c"] if scroll == "SCROLL" else ["FETCH ALL FROM c"] if chance(.5) else [])
        return [f"SET LOCAL cursor_tuple_fraction = {pick('1', '0.1')}", f"DECLARE c {scroll} CURSOR FOR {s}"] + moves
    if kind == 7:
        return [f"DECLARE c CURSOR FOR {s}", f"FETCH {k} FROM c", "SAVEPOINT a", "SELECT 1 / 0", "ROLLBACK TO a", f"FETCH {k} FROM c"]
    if kind == 8:
        return ["DO $do$ DECLARE r record; n int := 0; BEGIN FOR r IN " + s + f" LOOP n := n + 1; EXIT WHEN n = {k}; END LOOP; "
                "PERFORM setval('sb.fired', n + 1000); END $do$"]
    if kind == 9:
        return ["DO $do$ DECLARE r record; BEGIN BEGIN FOR r IN " + s + " LOOP PERFORM 1; END LOOP; EXCEPTION WHEN OTHERS THEN NULL; END; "
                "SELECT * INTO r FROM (" + s + ") AS s; PERFORM setval('sb.fired', 7); EXCEPTION WHEN division_by_zero THEN NULL; END $do$"]
    if kind == 10:
        return ["SET LOCAL plan_cache_mode = force_generic_plan", f"PREPARE q (int) AS SELECT * FROM ({s}) AS s WHERE s.id < $1", "EXECUTE q (50)", "EXECUTE q (1000)", "DEALLOCATE q"]
    if kind == 11:
        return [f"CREATE TABLE made AS {s}", "SELECT * FROM made"]
    if kind == 12:
        return [f"INSERT INTO target (id, p) SELECT id, p::text FROM ({s}) AS s" + pick("", " RETURNING id, n"), "SELECT * FROM target ORDER BY n, id, p"]
    if kind == 13:
        return [f"UPDATE target SET p = s.p::text FROM ({s}) AS s WHERE s.id = target.id", "SELECT * FROM target ORDER BY n, id, p"]
    if kind == 14:
        return [f"DELETE FROM target USING ({s}) AS s WHERE s.id = target.id AND s.p IS NOT NULL", "SELECT * FROM target ORDER BY n, id, p"]
    if kind == 15:
        return ["MERGE INTO target USING (SELECT DISTINCT ON (id) id, p::text AS p FROM (" + s + ") AS i ORDER BY id, p) AS s ON s.id = target.id WHEN MATCHED THEN "
                "UPDATE SET p = s.p WHEN NOT MATCHED THEN INSERT (id, p) VALUES (s.id, s.p)", "SELECT * FROM target ORDER BY n, id, p"]
    return ["SET ROLE sb_reader", f"SELECT count(*) FROM ({s}) AS s", f"DO $do$ BEGIN EXECUTE $e$EXPLAIN (ANALYZE, VERBOSE) {s}$e$; END $do$", "RESET ROLE"]


def settings():
    out = [f"SET LOCAL enable_{name} = off" for name in ("hashjoin", "mergejoin", "nestloop", "seqscan", "indexscan", "material", "memoize", "hashagg", "sort") if chance(.15)]
    if chance(.2):
        out += ["SET LOCAL jit = on", "SET LOCAL jit_above_cost = 0"]
    if chance(.1):
        out += ["SET LOCAL work_mem = '64kB'"]
    if chance(.1):
        out += ["SET LOCAL enable_partitionwise_join = on", "SET LOCAL enable_partitionwise_aggregate = on"]
    return out


PARALLEL = ["SET LOCAL parallel_setup_cost = 0", "SET LOCAL parallel_tuple_cost = 0", "SET LOCAL min_parallel_table_scan_size = 0", "SET LOCAL min_parallel_index_scan_size = 0",
            "SET LOCAL max_parallel_workers_per_gather = 2"]


def run(session, blocks, statements):
    # What is rolled back makes the table longer, and the next run's plan another one, whose triggers fire in another order.
    if any("target" in x for x in statements):
        session.query_all("VACUUM ANALYZE target")
    lines = session.query_all(";\n".join(["BEGIN", f"SET LOCAL uprofile.block_predictions = {blocks}", "SET LOCAL statement_timeout = '2s'", "SELECT setval('called', 1), setval('fired', 1), setval('plain', 1)"] + statements +
                                         ["SAVEPOINT e", "ROLLBACK"]))
    after = session.query("SELECT 'sequences', c.last_value, f.last_value, s.last_value FROM called AS c, fired AS f, plain AS s")
    errors = [line for line in lines if line.startswith(("ERROR", "psql", "FATAL", "PANIC"))]
    rows = [line for line in lines if not line.startswith(("LOCATION", "DETAIL", "HINT", "CONTEXT", "ERROR", "LINE"))]
    return rows, errors, after


def fault(one, two, in_order, caught):
    """What differs; an error instead of another one does not count, nor how far a sequence is after an error that was caught."""
    if any("XX000" in e or "connection" in e for e in one[1]):
        return "an internal error: " + one[1][0]
    if any("57014" in e for e in one[1] + two[1]):
        return ""
    if bool(one[1]) != bool(two[1]):
        return f"errors: {one[1][:1]} with blocks, {two[1][:1]} without"
    if one[1]:
        return ""
    if (one[0] != two[0]) if in_order else (sorted(one[0]) != sorted(two[0])):
        a, b = (one[0], two[0]) if in_order else (sorted(one[0]), sorted(two[0]))
        first = next((i for i in range(min(len(a), len(b))) if a[i] != b[i]), min(len(a), len(b)))
        return f"rows: {a[first:first + 2]} of {len(a)} with blocks, {b[first:first + 2]} of {len(b)} without"
    if caught:
        one[2][0][3] = two[2][0][3]
    return f"side effects: {one[2]} with blocks, {two[2]} without" if one[2] != two[2] else ""


from common import psql
done = psql(SETUP)
if done.returncode != 0:
    raise RuntimeError(done.stderr)
done = psql("DROP SCHEMA IF EXISTS sb_far CASCADE; CREATE SCHEMA sb_far; GRANT USAGE ON SCHEMA sb_far TO sb_reader;" + FOREIGN + "GRANT SELECT ON ALL TABLES IN SCHEMA sb_far TO sb_reader;")
if done.returncode == 0:
    tables += ["sb_far.t", "(SELECT t.* FROM sb_far.t AS t JOIN sb_far.u AS v USING (id))"]
session = Session()
session.query_all("SET client_min_messages = error;\nSET search_path = sb, public")
wrong, failed, other_errors, in_blocks = [], 0, 0, 0
for i in range(count):
    s = statement()
    parallel = "LIMIT" not in s and "FETCH" not in s and "rn <" not in s and chance(.3)
    prelude = settings() + (PARALLEL if parallel else ["SET LOCAL max_parallel_workers_per_gather = 0"])
    statements = prelude + way(s)
    one, two = run(session, "on", statements), run(session, "off", statements)
    found = fault(one, two, not parallel, any("EXCEPTION" in x for x in statements))
    if found:
        wrong.append(found + "\n  " + ";\n  ".join(statements))
    failed += bool(two[1])
    other_errors += bool(one[1]) and one[1] != two[1]
    if i % 10 == 0:
        in_blocks += any("uprofile predict" in line for line in session.query_all(f"BEGIN; EXPLAIN {s}; ROLLBACK"))
session.close()
report(f"blocks: {count} statements of seed {seed} answer the same with and without blocks ({failed} fail, {other_errors} of them otherwise; {in_blocks * 10} or so in blocks)",
       "\n".join(wrong[:6]) and f"{len(wrong)} differ\n" + "\n".join(wrong[:6]))
psql("SET client_min_messages = error; SELECT uprofile_drop_model('sb_named'); DROP SCHEMA sb, sb_far CASCADE; DROP OWNED BY sb_reader; DROP ROLE sb_reader")
finish()
