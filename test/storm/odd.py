"""odd.py SEED CALLS - calls every function of the extension with odd arguments, chosen by the seed

Any answer will do, and any error but an internal one; the server must not fall, and the registry must be sound after it.
"""
import json
import random
import sys

from common import broken_invariants, finish, literal, query, report, run_batch, show_wrong

SETTINGS = """
SET statement_timeout = '400ms';
SET client_min_messages = error;
SET uprofile.max_memory = '256MB';
"""

SETUP = """
CREATE TABLE source AS SELECT i AS id, i % 7 AS a, (i * 37 % 101)::float8 AS b, 'text ' || i % 4 AS t, i % 7 > 3 AS y,
	i % 3 AS kind, DATE '2024-01-01' + i % 50 AS day, ARRAY[i % 5, i % 9]::float8[] AS v, CASE WHEN i % 9 > 0 THEN i END AS gap
	FROM generate_series(1, 60) AS i;
CREATE TABLE nothing (a float8, b text);
CREATE TABLE odd (a float8, b float8, y text, big numeric);
INSERT INTO odd VALUES ('NaN', 1e308, '', 1e100), ('Infinity', -1e308, NULL, -1e100), (NULL, 5e-324, repeat('x', 3000), 'NaN');
CREATE TABLE models (what text PRIMARY KEY, model bytea);
CREATE FUNCTION golden(text) RETURNS bytea LANGUAGE sql STABLE AS 'SELECT model FROM public.models WHERE what = $1';
SELECT uprofile_train('known', 'source', target => 'y', algorithm => 'forest', key => 'id', params => '{"n_estimators": 3}');
SELECT uprofile_train('line', 'source', target => 'b', algorithm => 'linear', key => 'id');
SELECT uprofile_create('club', source => 'source', key => 'id', models => '{"segment": {"algorithm": "kmeans", "k": 2}}');
SELECT uprofile_refresh('club');
"""

NUMBERS = ["NULL", "0", "1", "-1", "2", "0.5", "1e-300", "1e308", "-1e308", "'NaN'", "'Infinity'", "'-Infinity'", "2147483647",
           "9007199254740993", "5e-324"]
INTEGERS = ["NULL", "0", "1", "-1", "2", "3", "100", "2147483647", "-2147483648"]
BIGINTS = INTEGERS + ["9223372036854775807", "-9223372036854775808"]
TEXTS = ["", " ", "source", "nothing", "odd", "nowhere", "public.source", "pg_class", "SELECT * FROM source", "SELECT 1",
         "SELECT a, y FROM source WHERE false", "TABLE odd", "VALUES (1, 2), (3, NULL)", "SELECT", "SELECT 1; SELECT 2",
         "DELETE FROM source", "SELECT $1", "SELECT 1/0", "known", "line", "club", "id", "a", "b", "t", "y", "kind", "day", "v", "gap",
         "forest", "kmeans", "logistic", "svm", "mlp", "tree", "bayes", "linear", "boost", "auto", "always", "never", "due", "all", "none",
         "record", "raise", "pearson", "mutual_info", "zscore", "minmax", "quantile", "grid", "true", "false", "1", "text 1", "'", '"', "\\",
         "{}", "[]", "{a}", "\u2603", "\U0001f600" * 50, "x" * 70, "x" * 5000, "a.b.c.d", '"A".b', "--", "/*", "$$"]
JSONS = ["{}", "[]", "null", "0", '"x"', "true", '{"": 1}', '{"a": null}', '[[[[1]]]]', '{"n_estimators": 2}', '{"C": -1}', '{"C": 1e308}',
         '{"k": 1e300}', '{"max_iter": 1}', '{"scale": "none"}', '{"features": []}', '{"features": ["a"]}', '{"exclude": ["a", "a"]}',
         '{"prepare": {"scale": "robust"}}', '{"segment": {"algorithm": "kmeans", "k": 2}}', '{"m": {"algorithm": "tree", "target": "y"}}',
         '{"m": 1}', '[{"rule": "trim"}]', '[{"rule": "fill", "column": "gap", "with": "median"}]', '[{"rule": 1}]', '[{}]',
         '[{"rule": "outliers", "column": "b"}]', '[{"rule": "type", "column": "t", "type": "integer"}]', '{"average": "macro"}',
         '{"positive": "text 1"}', "[" * 300 + "]" * 300, '{"x": "' + "y" * 5000 + '"}']
ARRAYS = ["NULL", "'{}'", "'{1}'", "'{1,2}'", "'{1,2,3,4,5,6,7,8,9}'", "'{NULL}'", "'{1,NULL}'", "'{NaN,1}'", "'{Infinity,1}'",
          "'{{1,2},{3,4}}'", "'[5:6]={1,2}'", "'{1e308,-1e308}'", "array_fill(1, ARRAY[3000])"]
TEXT_ARRAYS = ["NULL", "'{}'", "'{a}'", "'{a,b}'", "'{a,a}'", "'{NULL}'", "'{{a,b},{c,d}}'", "'{\"\"}'", "'{source.id}'", "'{nowhere.x}'",
               "array_fill('x'::text, ARRAY[2000])"]
ROWS = ["NULL::source", "ROW()", "ROW(1)", "ROW(1, 'x', NULL)", "(SELECT s FROM source AS s WHERE id = 3)",
        "(SELECT o FROM odd AS o LIMIT 1)", "ROW(NULL, NULL)", "(SELECT r FROM (SELECT a, b, NULL::text AS t FROM source) AS r LIMIT 1)"]


class Arguments:
    def __init__(self, random_, models, params):
        self.random = random_
        self.models = models
        self.params = params

    def json(self):
        r = self.random
        if self.params and r.random() < 0.5:
            odd = r.choice([0, 1, -1, 2, 0.5, 1e308, 1e-308, 2147483648, "", "x", None, [], {}, [1], True, "auto"])
            return json.dumps({r.choice(self.params): odd, **({r.choice(self.params): 1} if r.random() < 0.3 else {})})
        return r.choice(JSONS)

    def bytes(self):
        r = self.random
        kind = r.random()
        if kind < 0.5 and self.models:
            return "golden(%s)" % literal(r.choice(self.models))
        if kind < 0.7:
            return "set_byte(golden(%s), %d, %d)" % (literal(r.choice(self.models)), r.randrange(20), r.randrange(256))
        if kind < 0.8:
            return "substr(golden(%s), 1, %d)" % (literal(r.choice(self.models)), r.randrange(60))
        return r.choice(["NULL::bytea", "''::bytea", "'\\x00'::bytea", "decode(repeat('ff', 400), 'hex')", "decode(repeat('00', 100), 'hex')",
                         "'UPRF'::bytea"])

    def one(self, type_):
        r = self.random
        if type_ == "bytea":
            return self.bytes()
        if type_ == "jsonb":
            return "NULL::jsonb" if r.random() < 0.1 else literal(self.json()) + "::jsonb"
        if type_ in ("text", "name"):
            return "NULL::text" if r.random() < 0.1 else literal(r.choice(TEXTS)) + "::" + type_
        if type_ == "double precision":
            return r.choice(NUMBERS) + "::float8"
        if type_ == "integer":
            return r.choice(INTEGERS) + "::int4"
        if type_ == "bigint":
            return r.choice(BIGINTS) + "::int8"
        if type_ == "boolean":
            return r.choice(["true", "false", "NULL::boolean"])
        if type_ == "double precision[]":
            return r.choice(ARRAYS) + "::float8[]"
        if type_ == "text[]":
            return r.choice(TEXT_ARRAYS) + "::text[]"
        if type_ == "record":
            return r.choice(ROWS)
        if type_ in ('"any"', "anyelement", "anynonarray"):
            return self.one(r.choice(["text", "integer", "double precision", "text[]", "record"]))
        if type_ == "oid" or type_.startswith("reg"):
            return r.choice(["0::oid", "NULL::oid", "1259::oid", "'source'::regclass::oid", "4294967295::oid"]) + "::" + type_
        return "NULL::" + type_


COLUMNS = {"double precision": ["b", "a", "gap", "1"], "boolean": ["y", "a = gap"], "text": ["t", "y::text"], "record": ["s"],
           "double precision[]": ["v", "v || b", "ARRAY[a, b, id]::float8[]"], "integer": ["2", "a::int4"], "bytea": []}


def call(arguments, name, kind, types, defaults):
    r = arguments.random
    n = len(types) - (r.randint(0, defaults) if defaults and r.random() < 0.4 else 0)
    values = []
    for type_ in types[:n]:
        # An aggregate mostly sees columns of a table.
        columns = COLUMNS.get(type_) if kind == "a" and r.random() < 0.7 else None
        values.append(r.choice(columns) if columns else arguments.one(type_))
    if kind == "a":
        rows = r.choice(["source AS s", "source AS s WHERE id < 4", "source AS s WHERE false", "source AS s WHERE id = 1"])
        return "SELECT length(x::text) FROM (SELECT %s(%s) AS x FROM %s) AS q" % (name, ", ".join(values), rows)
    return "SELECT length(x::text) FROM (SELECT %s(%s) AS x) AS q" % (name, ", ".join(values))


def load_models():
    """The golden models, and one state of each transition function that can be fed with a row."""
    lines, names = [], []
    for file in ("test/data/golden_1.csv", "test/data/golden_2.csv", "test/data/golden_7.csv"):
        for line in open(file):
            what, hex_ = line.rstrip("\n").rsplit(",", 1)
            names.append(file[-5] + " " + what.strip('"'))
            lines.append("INSERT INTO models VALUES (%s, decode('%s', 'hex'));" % (literal(names[-1]), hex_))
    lines.append("INSERT INTO models SELECT 'version ' || id, bytes FROM uprofile_model_versions;")
    query("\n".join(lines))
    return names + ["version 1", "version 2"]


def main():
    seed, calls = int(sys.argv[1]), int(sys.argv[2])
    query("SET client_min_messages = error; CREATE EXTENSION uprofile;" + SETUP)
    models = load_models()
    functions = query("""
        SELECT p.oid::regproc, p.prokind, array_to_string(ARRAY(SELECT format_type(t, NULL)
                 FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, i) ORDER BY i), ';'), p.pronargdefaults
        FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'uprofile'
        WHERE NOT 'internal'::regtype = ANY (p.proargtypes) AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
          AND p.prokind IN ('f', 'a') ORDER BY p.oid::regprocedure::text""")
    params = sorted({row[0] for row in query("SELECT p.name FROM uprofile_algorithms() AS a, uprofile_params(a.algorithm) AS p")})
    arguments = Arguments(random.Random(seed), models, params)
    statements = []
    for round_ in range(max(1, calls // len(functions))):
        for name, kind, types, defaults in functions:
            statements.append(call(arguments, name, kind, types.split(";") if types else [], int(defaults)))
    states, wrong = run_batch(statements, SETTINGS)
    print("# odd, seed %d: %d calls of %d functions; errors by SQLSTATE: %s" % (
        seed, len(statements), len(functions), " ".join("%s:%d" % s for s in sorted(states.items()))))
    report("storm: odd arguments (seed %d)" % seed, show_wrong(wrong))
    report("storm: sound after odd arguments (seed %d)" % seed, broken_invariants())
    finish()


main()
