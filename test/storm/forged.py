"""forged.py SEED CALLS - gives changed models to every function that takes one

Bytes of golden models, of models trained here and of states of aggregates are changed: bits, numbers at the edge of
their range, pieces cut out, doubled or taken from another; the checksum is made to fit again in most of them, so that
the readers behind it are reached. The answer may be anything but an internal error, and the server must not fall.
"""
import csv
import glob
import random
import struct
import sys

from common import finish, literal, query, report, run_batch, show_wrong

SETTINGS = """
SET statement_timeout = '2s';
SET client_min_messages = error;
SET uprofile.max_memory = '256MB';
"""

SETUP = """
CREATE TABLE source AS SELECT i AS id, i % 7 AS n, (i * 37 % 101)::float8 AS skewed, 'abcd'::text AS name, i % 7 > 3 AS flag,
	chr(97 + i % 3) AS kind, TIMESTAMP '2024-01-01' + i % 50 * interval '1 day' AS at, 'Red cup' AS note,
	ARRAY[i % 5, i % 9]::float4[] AS place, i % 2 AS amount, i % 4 > 1 AS hit, 'mid' AS grade, i % 5 AS a
	FROM generate_series(1, 60) AS i;
"""

HEADER = 24
EDGES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0x10000000, 0x00ffffff]
DOUBLES = [0.0, -0.0, float("nan"), float("inf"), -float("inf"), 1e308, -1e308, 5e-324, 1.5, -1.0, 4294967296.0, 2.0 ** 63]

TABLE = []
for i in range(256):
    c = i
    for _ in range(8):
        c = c >> 1 ^ (0x82f63b78 if c & 1 else 0)
    TABLE.append(c)


def crc32c(data):
    c = 0xffffffff
    for b in data:
        c = c >> 8 ^ TABLE[(c ^ b) & 0xff]
    return c ^ 0xffffffff


def seal(model):
    """A checksum and a length that fit."""
    if len(model) < HEADER or model[:4] not in (b"UPRF", b"UPRC"):
        return bytes(model)
    struct.pack_into("<II", model, 16, len(model) - HEADER, crc32c(model[HEADER:]))
    return bytes(model)


def change(r, model, others):
    m = bytearray(model)
    for _ in range(1 if r.random() < 0.7 else r.randint(2, 4)):
        if not m:
            break
        at = r.randrange(len(m)) if r.random() < 0.15 or len(m) <= HEADER else r.randrange(HEADER, len(m))
        kind = r.randrange(9)
        if kind == 0:
            m[at] ^= 1 << r.randrange(8)
        elif kind == 1:
            m[at] = r.choice([0, 1, 2, 3, 127, 128, 255, r.randrange(256)])
        elif kind == 2 and at + 4 <= len(m):
            struct.pack_into("<I", m, at, r.choice(EDGES))
        elif kind == 3 and at + 8 <= len(m):
            struct.pack_into("<d", m, at, r.choice(DOUBLES))
        elif kind == 4:
            del m[at:at + r.choice([1, 4, 8, r.randint(1, 64)])]
        elif kind == 5:
            m[at:at] = m[at:at + r.randint(1, 64)]
        elif kind == 6:
            other = r.choice(others)
            start = r.randrange(max(len(other), 1))
            n = r.randint(1, 64)
            m[at:at + n] = other[start:start + n]
        elif kind == 7:
            del m[at:]
        elif at + 4 <= len(m):
            struct.pack_into("<I", m, at, (struct.unpack_from("<I", m, at)[0] + r.choice([1, -1, 8, -8])) & 0xffffffff)
    return seal(m) if r.random() < 0.9 else bytes(m)


def collect():
    """(name, bytes) of models and states."""
    found = []
    for file in sorted(glob.glob("test/data/golden_*.csv")):
        for row in csv.reader(open(file)):
            found.append((row[0], bytes.fromhex(row[1])))
    names = query("SELECT a.algorithm, a.tasks FROM uprofile_algorithms() AS a")
    for name, tasks in names:
        if "classification" in tasks:
            argument = "s, 'flag'"
        elif "regression" in tasks:
            argument = "s, 'skewed'"
        else:
            argument = "s, 2" if name == "kmeans" else "s"
        try:
            rows = query("SET client_min_messages = error; SELECT encode(uprofile_%s(%s), 'hex') FROM source AS s" % (name, argument))
        except RuntimeError:
            continue
        if rows and rows[-1][0]:
            found.append((name, bytes.fromhex(rows[-1][0])))
    # States: what a transition function makes of two rows.
    states = query("""
        SELECT a.aggtransfn::regproc, array_to_string(ARRAY(SELECT format_type(t, NULL)
               FROM unnest(p.proargtypes) WITH ORDINALITY AS u (t, i) ORDER BY i), ';')
        FROM pg_aggregate AS a JOIN pg_proc AS p ON p.oid = a.aggfnoid JOIN pg_depend AS d ON d.objid = p.oid AND d.deptype = 'e'
        JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'uprofile' WHERE a.aggtranstype = 'bytea'::regtype ORDER BY 1, 2""")
    values = {"double precision[]": "'{1,2}'::float8[]", "double precision": "1::float8", "text": "'kind'::text", "boolean": "true",
              "integer": "2", "jsonb": "'{}'::jsonb", "record": "s"}
    for function, types in states:
        if not all(t in values for t in types.split(";")):
            continue
        arguments = ", ".join(values[t] for t in types.split(";"))
        try:
            rows = query("SET client_min_messages = error; SELECT encode(%s(%s(NULL, %s), %s), 'hex') FROM (SELECT * FROM source LIMIT 1) AS s"
                         % (function, function, arguments, arguments))
        except RuntimeError:
            continue
        if rows and rows[-1][0]:
            found.append((function, bytes.fromhex(rows[-1][0])))
    return found


def main():
    seed, calls = int(sys.argv[1]), int(sys.argv[2])
    r = random.Random(seed)
    query("SET client_min_messages = error; CREATE EXTENSION uprofile;" + SETUP)
    functions = query("""
        SELECT p.oid::regproc, array_to_string(ARRAY(SELECT format_type(t, NULL)
                 FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, i) ORDER BY i), ';'), p.pronargdefaults
        FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'uprofile'
        WHERE p.prokind = 'f' AND 'bytea'::regtype = ANY (p.proargtypes) AND NOT 'internal'::regtype = ANY (p.proargtypes)
        ORDER BY p.oid::regprocedure::text""")
    models = collect()
    bodies = [m[1] for m in models]
    values = {"double precision[]": ["'{1,2}'::float8[]", "'{3,4,5}'::float8[]", "'{100,100}'::float8[]", "'{0}'::float8[]"],
              "double precision": ["1::float8"], "text": ["'flag'::text", "'source'::text", "'kind'::text"], "boolean": ["true"],
              "integer": ["1", "2"], "bigint": ["0::int8"], "jsonb": ["'{}'::jsonb"], "record": ["(SELECT s FROM source AS s LIMIT 1)"]}
    statements = []
    while len(statements) < calls:
        what, body = r.choice(models)
        forged = [change(r, body, bodies) for _ in range(4)]
        for function, types, defaults in functions:
            arguments = []
            types = types.split(";")
            for type_ in types[:len(types) - (r.randint(0, int(defaults)) if int(defaults) else 0)]:
                if type_ == "bytea":
                    bytes_ = r.choice(forged) if r.random() < 0.8 else body
                    arguments.append("'\\x%s'::bytea" % bytes_.hex())
                else:
                    arguments.append(r.choice(values.get(type_, ["NULL::" + type_])))
            if len(types) > 1 or r.random() < 0.5:
                statements.append("SELECT length(x::text) FROM (SELECT %s(%s) AS x) AS q" % (function, ", ".join(arguments)))
    states, wrong = run_batch(statements[:calls], SETTINGS)
    print("# forged, seed %d: %d calls of %d functions with changes of %d models and states; errors by SQLSTATE: %s" % (
        seed, calls, len(functions), len(models), " ".join("%s:%d" % s for s in sorted(states.items()))))
    report("storm: forged models (seed %d)" % seed, show_wrong(wrong))
    finish()


main()
