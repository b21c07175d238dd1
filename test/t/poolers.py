"""What test/t/poolers.sh tries, through the pooler in the folder POOL: transactions go to the sessions behind it in turn."""
import os
import sys
import threading

import psycopg

SESSIONS = 3
failed = False


def check(name, got, wanted):
    global failed
    if got == wanted:
        print(f"ok poolers: {name}", flush=True)
    else:
        failed = True
        print(f"FAIL poolers: {name}\n    got:    {got}\n    wanted: {wanted}", flush=True)


def client(role=None, database="poolers"):
    """A connection of a client; a statement outside of a transaction is one. What it prepared would stay behind in a session."""
    return psycopg.connect(host=os.environ["POOL"], port=6432, user=role or os.environ["PGUSER"], dbname=database, autocommit=True, prepare_threshold=None)


def ask(c, sql, *values):
    """The rows, of one column its values alone; or the SQLSTATE and the message."""
    try:
        cursor = c.execute(sql, values or None)
        if cursor.description is None:
            return None
        rows = cursor.fetchall()
        return [r[0] if len(r) == 1 else r for r in rows]
    except psycopg.Error as error:
        return error.sqlstate, (error.diag.message_primary or str(error))


def everywhere(c, sql, *values, times=2):
    """What each session says, several times: they take turns."""
    return [ask(c, sql, *values) for _ in range(times * SESSIONS)]


def same(answer, times=2):
    return [answer] * (times * SESSIONS)


def set_up(c):
    c.execute("""
        CREATE TABLE points (id int PRIMARY KEY, x float8, y float8);
        INSERT INTO points SELECT i, i % 17, 3 * (i % 17) FROM generate_series(1, 200) i;
        CREATE TABLE events AS SELECT i % 20 AS u, (i * i) % 11 AS i FROM generate_series(1, 300) i;
        GRANT SELECT ON points, events TO PUBLIC""")
    # As many sessions as there are to be, and no fewer.
    held = [client() for _ in range(SESSIONS)]
    for h in held:
        h.execute("BEGIN")
    for h in held:
        h.execute("COMMIT")
        h.close()


def train(c, factor, name="line"):
    return ask(c, f"SELECT deployed FROM uprofile_train('{name}', 'SELECT id, x, {factor} * x AS y FROM points', target => 'y', algorithm => 'linear', key => 'id', deploy => 'always')")


PREDICT = "SELECT round(uprofile_predict('line', p)) FROM points p WHERE id = 10"
HERS = PREDICT.replace("line", "hers")


def models_by_name(a, b):
    check("there are as many sessions as should be", len({ask(a, "SELECT pg_backend_pid()")[0] for _ in range(2 * SESSIONS)}), SESSIONS)
    check("a model is trained", train(a, 1), [True])
    check("every session reads it", everywhere(b, PREDICT), same([10]))
    train(a, 2)
    check("a version deployed through one is seen by all at once", everywhere(b, PREDICT), same([20]))
    ask(a, "SELECT uprofile_rollback('line')")
    check("and one that was rolled back to", everywhere(b, PREDICT), same([10]))
    ask(a, "SELECT uprofile_drop_model('line')")
    check("a model that was dropped is nowhere", everywhere(b, PREDICT), same(("42704", 'model "line" does not exist')))
    train(b, 3)
    check("another one of its name is everywhere", everywhere(a, PREDICT), same([30]))
    # A transaction that holds its session sees its own version, the others none of it before it ends.
    with a.transaction(force_rollback=True):
        train(a, 5)
        check("what is not committed is seen within", [ask(a, PREDICT) for _ in range(2)], [[50]] * 2)
        check("and by nobody else", everywhere(b, PREDICT), same([30]))
    check("and by nobody after a rollback", everywhere(a, PREDICT), same([30]))
    ask(a, "SELECT uprofile_train_recommender('offers', 'events', 'u', 'i', algorithm => 'popular', deploy => 'always')")
    offers = "SELECT count(*) FROM uprofile_recommend_for('offers', 3, 4)"
    before = everywhere(b, offers)
    check("a recommender is read everywhere", before, same(before[0]))
    ask(a, "SELECT uprofile_drop_model('offers')")
    check("and gone everywhere", [r[0] for r in everywhere(b, offers)], ["42704"] * 2 * SESSIONS)


def stored_models(a, b):
    a.execute("CREATE TABLE kept AS SELECT uprofile_linear(ARRAY[x], y) AS m FROM points")
    kept = "SELECT round(uprofile_predict(m, ARRAY[2])) FROM kept"
    check("a model in a column", everywhere(b, kept), same([6]))
    a.execute("UPDATE kept SET m = (SELECT uprofile_linear(ARRAY[x], 7 * x) FROM points)")
    check("another one in its place", everywhere(b, kept), same([14]))


def rights(a):
    reader = client("pool_bert")
    check("who has no right predicts nothing", [r[0] for r in everywhere(reader, PREDICT, times=1)], ["42704"] * SESSIONS)
    ask(a, "SELECT uprofile_share('line', 'pool_bert')")
    check("who was given one predicts everywhere", everywhere(reader, PREDICT), same([30]))
    ask(a, "SELECT uprofile_unshare('line', 'pool_bert')")
    check("who lost it nowhere", [r[0] for r in everywhere(reader, PREDICT)], ["42704"] * 2 * SESSIONS)
    # A gate that becomes a role for a transaction, as web services do.
    gate = client("pool_gate")

    def become(role, *statements):
        with gate.transaction():
            gate.execute(f"SET LOCAL ROLE {role}")
            return [ask(gate, s) for s in statements]
    check("a role of one transaction trains", become("pool_anna", "SELECT deployed FROM uprofile_train('hers', 'points', target => 'y', algorithm => 'linear', key => 'id')"), [[True]])
    check("and predicts, in each session", [become("pool_anna", HERS, "SELECT current_user::text") for _ in range(SESSIONS)], [[[30], ["pool_anna"]]] * SESSIONS)

    def refused(role):
        with gate.transaction(force_rollback=True):
            gate.execute(f"SET LOCAL ROLE {role}")
            return ask(gate, HERS)[0]
    check("the next role does not, though the session has the model", [refused("pool_bert") for _ in range(SESSIONS)], ["42704"] * SESSIONS)
    check("nothing of the role stays", everywhere(gate, "SELECT current_user::text"), same(["pool_gate"]))
    check("the model's owner is the role", ask(a, "SELECT owner::text FROM uprofile_models WHERE model = 'hers'"), ["pool_anna"])


def search_paths(a, b):
    a.execute("""CREATE SCHEMA one; CREATE SCHEMA two;
        CREATE TABLE one.people AS SELECT i AS id, i % 5 AS x FROM generate_series(1, 50) i;
        CREATE TABLE two.people AS SELECT i AS id, 100 + i % 5 AS x FROM generate_series(1, 50) i""")

    def within(c, path, sql):
        with c.transaction():
            c.execute(f"SET LOCAL search_path = {path}, public")
            return ask(c, sql)
    for schema in ("one", "two"):
        within(a, schema, f"SELECT uprofile_create('{schema}.club', 'people', 'id', models => '{{\"s\": {{\"algorithm\": \"kmeans\", \"k\": 2}}}}')")
    check("profiles of two tenants are made from each other's session", [ask(b, f"SELECT users FROM uprofile_refresh('{s}.club')") for s in ("one", "two", "one", "two")][:2],
          [[50], [50]])
    check("each from the tables of its path", ask(a, "SELECT (SELECT max(x) FROM one.club_profile), (SELECT min(x) FROM two.club_profile)"), [(4, 100)])
    get = "SELECT (uprofile_get('{0}.club', 7) #>> '{{values,x,value}}')::int"
    check("and read so", [within(c, path, get.format(s)) for path in ("one", "two", "public") for c in (a, b) for s in ("one", "two")], [[2], [102]] * 6)
    people = "SELECT sum(uprofile_predict('one.club.s', p)) IS NOT NULL, min(x) FROM people p"
    check("a row's table follows the path of its transaction", [within(b, s, people) for s in ("one", "two") * SESSIONS], [[(True, 0)], [(True, 100)]] * SESSIONS)
    check("and none after it", [r[0] for r in everywhere(b, people)], ["42P01"] * 2 * SESSIONS)


def settings(a, b):
    for c in (a, client()):
        with c.transaction(force_rollback=c is a):
            c.execute("SET LOCAL uprofile.max_memory = '1MB'; SET LOCAL uprofile.progress = on")
            c.execute("SELECT uprofile_kmeans(ARRAY[x, y], 2) IS NOT NULL FROM points")
    check("a setting of a transaction ends with it", everywhere(b, "SELECT current_setting('uprofile.max_memory'), current_setting('uprofile.progress')"), same([("1GB", "off")]))
    everywhere(b, "DISCARD ALL", times=1)
    check("DISCARD ALL does no harm to what sessions keep", everywhere(b, PREDICT) + everywhere(b, HERS), same([30]) * 2)


def watched(a, b):
    a.execute("CREATE TABLE users AS SELECT i AS id, i % 9 AS x FROM generate_series(1, 100) i; ALTER TABLE users ADD PRIMARY KEY (id)")
    ask(a, "SELECT uprofile_create('watched', 'users', 'id', watch => 'auto')")
    ask(b, "SELECT uprofile_refresh('watched')")
    wrong = []
    for i in range(2 * SESSIONS):
        with a.transaction():
            a.execute(f"UPDATE users SET x = 1000 + {i} WHERE id = 5")
            seen = ask(b, "SELECT updated, mode FROM uprofile_refresh('watched')")
        after = ask(b, "SELECT updated, mode FROM uprofile_refresh('watched')")
        value = ask(b, "SELECT x FROM watched_profile WHERE id = 5")
        got = ask(a, "SELECT (uprofile_get('watched', 5) #>> '{values,x,value}')::int")
        if (after, value, got) != ([(1, "keys")], [1000 + i], [1000 + i]):
            wrong.append((seen, after, value, got))
    check("changes through one session are refreshed through another", wrong, [])
    check("a procedure that commits", ask(b, "CALL uprofile_run('watched')"), None)
    ask(a, "SELECT uprofile_alter('watched', policy => '{\"live\": {\"twice\": \"2 * x\"}}')")
    ask(b, "SELECT uprofile_refresh('watched')")
    check("an altered profile is read anew by all", everywhere(a, "SELECT (uprofile_get('watched', 5) #>> '{values,twice,value}')::int"), same([2010]))
    ask(a, "SELECT uprofile_drop('watched')")
    check("a dropped one by none", [r[0] for r in everywhere(b, "SELECT uprofile_get('watched', 5)")], ["42704"] * 2 * SESSIONS)


def cancelled(a, b):
    endless = "SELECT uprofile_mlp(ARRAY[x], y, '{\"max_iter\": 1000000, \"tol\": 0, \"n_iter_no_change\": 1000000}') FROM points"
    said = []
    thread = threading.Thread(target=lambda: said.append(ask(a, endless)))
    thread.start()
    for _ in range(2000):
        if ask(b, "SELECT count(*) FROM uprofile_progress") == [1]:
            break
    a.cancel()
    thread.join()
    check("a cancel through the pooler reaches its call", said[0][0], "57014")
    check("which is at work no more", everywhere(b, "SELECT count(*) FROM uprofile_progress"), same([0]))
    # A client that is gone within its transaction takes its session along, not the others.
    gone = client()
    gone.execute("BEGIN")
    train(gone, 9)
    gone.pgconn.finish()
    check("what a client left behind is undone", everywhere(b, PREDICT), same([30]))


def by_statements():
    """Where the pooler allows no transaction of several statements."""
    c = client(database="statements")
    got = []
    for factor in (6, 7):
        train(c, factor, "stated")
        got += everywhere(c, PREDICT.replace("line", "stated"), times=1)
    ask(c, "SELECT uprofile_create('stated', 'points', 'id')")
    got += [ask(c, "CALL uprofile_run('stated')"), ask(c, "SELECT status FROM uprofile_runs WHERE profile = 'stated'")]
    check("a session for each statement", got, [[60]] * SESSIONS + [[70]] * SESSIONS + [None, ["succeeded"]])


def crowd():
    """More clients than sessions, of every kind of work, at once."""
    wrong = []

    def work(number):
        try:
            c = client()
            name = f"crowd_{number}"
            c.execute(f"CREATE TABLE {name} AS SELECT id, x, {number} * x AS y FROM points")
            for round in range(2):
                train(c, number, name)
                got = ask(c, f"SELECT round(uprofile_predict('{name}', p)) FROM points p WHERE id = 10")
                if got != [10 * number]:
                    wrong.append((name, "predict", got))
                normalized = ask(c, f"SELECT count(*) FROM uprofile_normalize('{name}', '{name}_z')" if round == 0 else "SELECT 1")
                if not isinstance(normalized, list):
                    wrong.append((name, "normalize", normalized))
                cleaned = ask(c, f"SELECT count(*) FROM uprofile_clean('{name}', '{name}_c', 'id', dry_run => true)")
                if not isinstance(cleaned, list):
                    wrong.append((name, "clean", cleaned))
            tuned = ask(c, f"SELECT count(*) FROM uprofile_tune('{name}', target => 'y', algorithm => 'tree', search => '{{\"max_depth\": [2, 3]}}', seed => {number})")
            if not isinstance(tuned, list):
                wrong.append((name, "tune", tuned))
            ask(c, f"SELECT uprofile_create('{name}_p', '{name}', 'id')")
            refreshed = ask(c, f"SELECT users FROM uprofile_refresh('{name}_p')")
            if refreshed != [200]:
                wrong.append((name, "refresh", refreshed))
            c.close()
        except Exception as error:
            wrong.append((number, repr(error)))
    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 9)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    check("eight clients at work in three sessions", wrong, [])


def nothing_stays(a):
    """In every session."""
    kept = everywhere(a, """SELECT (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors), (SELECT count(*) FROM pg_listening_channels()),
        (SELECT count(*) FROM pg_class WHERE relpersistence = 't'), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
        (SELECT count(*) FROM pg_settings WHERE source = 'session' AND name NOT IN ('application_name', 'client_encoding'))""")
    check("no statement, cursor, channel, temporary table, advisory lock or setting stays", kept, same([(0, 0, 0, 0, 0, 0)]))


def extension_again(a, b):
    a.execute("SET client_min_messages = warning; DROP EXTENSION uprofile CASCADE; CREATE EXTENSION uprofile")
    check("after DROP and CREATE EXTENSION no session knows an old model", [r[0] for r in everywhere(b, PREDICT)], ["42704"] * 2 * SESSIONS)
    train(a, 4)
    check("and each the new one, though its number is an old one's", everywhere(b, PREDICT), same([40]))


def main():
    a, b = client(), client()
    set_up(a)
    models_by_name(a, b)
    stored_models(a, b)
    rights(a)
    search_paths(a, b)
    settings(a, b)
    watched(a, b)
    cancelled(a, b)
    by_statements()
    crowd()
    nothing_stays(a)
    extension_again(a, b)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
