"""What test/t/clients.sh tries with psycopg and with ODBC: clients.py psycopg | odbc."""
import os
import sys

PROBA = float(os.environ["PROBA"])
failed = False


def check(name, got, wanted):
    global failed
    name = f"clients: {sys.argv[1]}: {name}"
    if got == wanted:
        print(f"ok {name}", flush=True)
    else:
        failed = True
        print(f"FAIL {name}\n    got:    {got}\n    wanted: {wanted}", flush=True)


def deploy(execute, factor):
    execute(f"SELECT 1 FROM uprofile_train('line', 'SELECT id, x, z, {factor} * x + z AS w FROM points', target => 'w', algorithm => 'linear', key => 'id', deploy => 'always')")


def with_psycopg():
    import psycopg
    from psycopg.types.json import Jsonb
    c = psycopg.connect(autocommit=True)
    ways = [dict(prepare=p, binary=b) for p in (False, True) for b in (False, True)]

    def one(sql, *values, **way):
        return c.execute(sql, values or None, **way).fetchone()[0]

    def error(sql, *values, **way):
        try:
            return one(sql, *values, **way)
        except psycopg.Error as e:
            return type(e).__name__, e.sqlstate, e.diag.message_primary, e.diag.message_hint
    features = "SELECT round(uprofile_predict(m, %s::float8[])) FROM kept"
    for sent in ("%s", "%t", "%b"):
        sql = features.replace("%s", sent)
        check(f"arrays as {sent}, six times each way", [[one(sql, [i, 2.0], **way) for i in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)] for way in ways], [[12, 22, 32, 42, 52, 62]] * 4)
        check(f"whole numbers as {sent}", [one(sql, [3, 2], **way) for way in ways], [32] * 4)
        check(f"an array with None as {sent}", [error(sql, [3.0, None], **way)[1:] for way in ways],
              [("22004", "element 2 of the features is NULL", "Leave such rows out, or use the row form, which imputes missing values.")] * 4)
        check(f"None as {sent}", [one(sql, None, **way) for way in ways], [None] * 4)
        check(f"one feature too few as {sent}", [error(sql, [3.0], **way)[:3] for way in ways], [("ArraySubscriptError", "2202E", "1 features were given, and the model was trained on 2")] * 4)
    try:
        import numpy
    except ImportError:
        print("skip clients: psycopg: arrays of numpy (python3-numpy is not installed)")
    else:
        check("arrays of numpy", [one(features, numpy.array([3.0, 2.0], kind).tolist(), **way) for way in ways for kind in ("f8", "f4", "i4")], [32] * 12)
        x = numpy.array([c.execute("SELECT x, z FROM points ORDER BY id").fetchall()])[0]
        rows = c.execute("SELECT p.n, round(uprofile_predict('line', p)) FROM (SELECT n, x, z, n AS id FROM unnest(%s::float8[], %s::float8[]) WITH ORDINALITY AS u (x, z, n)) AS p ORDER BY n",
                         (x[:, 0].tolist(), x[:, 1].tolist()), binary=True).fetchall()
        check("many rows at once by unnest", [r[1] for r in rows], [float(round(10 * a + b)) for a, b in x])
    check("rows of a table by name", [one("SELECT uprofile_predict_proba(%s, p) FROM points p WHERE id = %s", "class", 7, **way) for way in ways for _ in range(7)], [PROBA] * 28)
    check("a row of values", [one("SELECT uprofile_predict_proba('class', r) FROM (SELECT %s::float8 AS x, %s::int AS z, %s AS kind, 1 AS id) AS r", 7, 2, "b", **way) for way in ways], [PROBA] * 4)

    # Generic plans follow deployments.
    sql = "SELECT round(uprofile_predict('line', p)) FROM lines p WHERE id = %s"
    got = [one(sql, 5, prepare=True) for _ in range(8)]
    plans = one("SELECT generic_plans > 0 FROM pg_prepared_statements WHERE statement LIKE %s", "SELECT round(uprofile_predict('line', p))%")
    deploy(c.execute, 20)
    got.append(one(sql, 5, prepare=True))
    c.execute("SELECT uprofile_rollback('line')")
    got.append(one(sql, 5, prepare=True))
    check("a prepared statement follows deployments, by a generic plan", (got, plans), ([50] * 8 + [100, 50], True))
    sql = "SELECT round(uprofile_predict(m, ARRAY[%s, 2])) FROM kept"
    got = [one(sql, 3.0, prepare=True) for _ in range(8)]
    c.execute("UPDATE kept SET m = (SELECT uprofile_linear(ARRAY[x, z], 20 * x + z) FROM points)")
    got.append(one(sql, 3.0, prepare=True))
    c.execute("UPDATE kept SET m = (SELECT uprofile_linear(ARRAY[x, z], 10 * x + z) FROM points)")
    check("and models in a column", got, [32] * 8 + [62])

    # Models out and in.
    c.execute("CREATE TABLE copies (m bytea)")
    for way in ways:
        model = one("SELECT m FROM kept", **way)
        c.execute("INSERT INTO copies VALUES (%s)", (model,), prepare=way["prepare"])
        c.execute("INSERT INTO copies VALUES (%b)", (model,), prepare=way["prepare"])
    check("models that went out and came back are the same", one("SELECT count(*) = 8 AND bool_and(copies.m = kept.m) FROM copies, kept"), True)
    check("a model as a parameter", [one("SELECT round(uprofile_predict(%s, %s))", model, [3.0, 2.0], **way) for way in ways for _ in range(6)], [32] * 24)
    with c.cursor().copy("COPY copies TO STDOUT (FORMAT binary)") as out:
        copied = b"".join(out)
    c.execute("TRUNCATE copies")
    with c.cursor().copy("COPY copies FROM STDIN (FORMAT binary)") as back:
        back.write(copied)
    check("and by COPY", one("SELECT count(*) = 8 AND bool_and(copies.m = kept.m) FROM copies, kept"), True)
    check("damaged bytes", [error("SELECT uprofile_predict(%s, %s)", model[:-9], [3.0, 2.0], **way)[:3] for way in ways], [("DataCorrupted", "XX001", "damaged model")] * 4)
    check("bytes sent as text", [error("SELECT uprofile_predict(%s, %s)", "\\x" + model.hex(), [3.0, 2.0], **way)[1:] for way in ways],
          [("42704", "model \"\\x" + model.hex()[:62] + "...\" does not exist", "These are the bytes of a model as text: cast them to bytea.")] * 4)

    # Errors.
    check("a model that is not there", [error("SELECT uprofile_predict(%s, p) FROM points p", "none", **way) for way in ways],
          [("UndefinedObject", "42704", 'model "none" does not exist', "uprofile_models lists the models that you may use.")] * 4)
    check("a misspelt parameter", [error("SELECT version FROM uprofile_train(%s, %s, target => %s, algorithm => 'tree', params => %s)", "other", "points", "y", Jsonb({"max_deth": 3}), **way)
                                   for way in ways], [("InvalidParameterValue", "22023", 'algorithm "tree" has no parameter "max_deth"', 'Perhaps you meant "max_depth".')] * 4)
    check("training with parameters", [one("SELECT version FROM uprofile_train(%s, %s, target => %s, algorithm => 'tree', params => %s)", "other", "points", "y", Jsonb({"max_depth": 3}), **way)
                                       for way in ways], [1, 2, 3, 4])
    check("aggregates with parameters", [one("SELECT uprofile_model_info(uprofile_svm(ARRAY[x, z], y, %s)) -> 'params' -> 'C' FROM points", Jsonb({"C": 3}), **way) for way in ways], [3] * 4)
    with c.pipeline():
        cursors = [c.execute(features, ([float(i), 2.0],)) for i in range(6)]
        check("a pipeline", [cursor.fetchone()[0] for cursor in cursors], [2, 12, 22, 32, 42, 52])


def with_odbc():
    import pyodbc
    for prepared in (1, 0):
        c = pyodbc.connect(f"DRIVER={{PostgreSQL Unicode}};Servername={os.environ['PGHOST']};Port={os.environ['PGPORT']};Database={os.environ['PGDATABASE']};UID={os.environ['PGUSER']};"
                           f"UseServerSidePrepare={prepared};ByteaAsLongVarBinary=1", autocommit=True)
        cursor = c.cursor()

        def one(sql, *values):
            return cursor.execute(sql, *values).fetchone()[0]

        def error(sql, *values):
            try:
                return one(sql, *values)
            except pyodbc.Error as e:
                return e.args[0], e.args[1].split("ERROR: ")[-1].split(";\n")[0]
        how = "prepared by the server" if prepared else "by itself"
        check(f"arrays as text, {how}", [one("SELECT round(uprofile_predict(m, ?::float8[])) FROM kept", f"{{{i},2}}") for i in range(1, 8)], [10 * i + 2 for i in range(1, 8)])
        check(f"arrays of values, {how}", [one("SELECT round(uprofile_predict(m, ARRAY[?::float8, ?::float8])) FROM kept", i, 2.0) for i in range(1, 8)], [10 * i + 2 for i in range(1, 8)])
        check(f"no array, {how}", one("SELECT uprofile_predict(m, ?::float8[]) FROM kept", None), None)
        check(f"an array with NULL, {how}", error("SELECT uprofile_predict(m, ?::float8[]) FROM kept", "{1,NULL}"), ("22004", "element 2 of the features is NULL"))
        check(f"rows by name, {how}", [one("SELECT uprofile_predict_proba(?, p) FROM points p WHERE id = ?", "class", 7) for _ in range(8)], [PROBA] * 8)
        check(f"a row of values, {how}", one("SELECT uprofile_predict_proba('class', r) FROM (SELECT ?::float8 AS x, ?::float8 AS z, ?::text AS kind, 1 AS id) AS r", 7, 2, "b"), PROBA)
        sql = "SELECT round(uprofile_predict('line', p)) FROM lines p WHERE id = ?"
        got = [one(sql, 5) for _ in range(8)]
        deploy(c.execute, 20)
        got.append(one(sql, 5))
        c.execute("SELECT uprofile_rollback('line')").fetchall()
        check(f"what is deployed meanwhile, {how}", got + [one(sql, 5)], [50] * 8 + [100, 50])
        model = one("SELECT m FROM kept")
        c.execute("CREATE TABLE brought (m bytea)")
        c.execute("INSERT INTO brought VALUES (?)", model)
        check(f"a model that went out and came back, {how}", one("SELECT brought.m = kept.m FROM brought, kept"), "1")
        check(f"a model as a parameter, {how}", one("SELECT round(uprofile_predict(?::bytea, ?::float8[]))", model, "{3,2}"), 32)
        c.execute("DROP TABLE brought")
        check(f"a model that is not there, {how}", error("SELECT uprofile_predict(?, p) FROM points p", "none"), ("42704", 'model "none" does not exist'))
        check(f"a misspelt parameter, {how}", error("SELECT version FROM uprofile_train('other', 'points', target => 'y', algorithm => 'tree', params => ?::jsonb)", '{"max_deth": 3}'),
              ("22023", 'algorithm "tree" has no parameter "max_deth"'))
        c.execute("SELECT uprofile_create('club', 'points', 'id')").fetchall()
        c.execute("CALL uprofile_run(?)", "club")
        check(f"a procedure that commits, {how}", one("SELECT count(*) FROM club_profile"), 300)
        c.execute("SELECT uprofile_drop('club')").fetchall()
        c.close()


if __name__ == "__main__":
    {"psycopg": with_psycopg, "odbc": with_odbc}[sys.argv[1]]()
    sys.exit(1 if failed else 0)
