"""Profiles that follow their users, beside a materialized view and scores from Python; see bench/README.md."""
import os
import subprocess
import time

import numpy as np

from common import QUICK, REPEAT, median, psql, report, size

USERS = int(os.environ.get("PROFILE_USERS", "10000" if QUICK else "1000000"))
EVENTS_A_USER = 5
COPIED = size(100000)
WHAT = {"profiles_1000": "1,000 changed ÷ everybody", "profiles_one": "one changed", "profiles_none": "nobody changed",
        "profiles_flat": "time a changed user, most ÷ least", "profiles_copy": "triggers: added to a COPY", "profiles_insert": "triggers: added to an INSERT",
        "profiles_peer": "1,000 changed ÷ REFRESH MATERIALIZED VIEW and scores of scikit-learn", "profiles_get": "uprofile_get, warm",
        "profiles_follow": "commit to refreshed row"}


def told(name, *arguments):
    report(f"{WHAT[name]}, {USERS:,} users", *arguments, group="Profiles")

SETUP = """
SET client_min_messages = error;
DO $$ BEGIN PERFORM uprofile_drop(profile) FROM uprofile_profiles; END $$;
DROP TABLE IF EXISTS people, events, plain, scores CASCADE;
CREATE TABLE people (id int PRIMARY KEY, country text, born date);
CREATE TABLE events (event_id bigint PRIMARY KEY, user_id int NOT NULL, at timestamp NOT NULL, kind text, amount float8);
SELECT setseed(0.5);
INSERT INTO people SELECT i, (ARRAY['DE', 'FR', 'GB', 'IT'])[1 + i % 4], DATE '1960-01-01' + i % 15000 FROM generate_series(1, {users}) i;
INSERT INTO events SELECT i, 1 + (random() * ({users} - 1))::int, TIMESTAMP '2026-01-01' + i % 7776000 * interval '1 second',
	(ARRAY['view', 'buy', 'return'])[1 + i % 3], random() * 100 FROM generate_series(1, {events}) i;
CREATE INDEX ON events (user_id);
CREATE VIEW features AS
SELECT p.id, p.country, p.born, coalesce(e.n, 0) AS n, coalesce(e.bought, 0) AS bought, e.last, coalesce(e.total, 0) AS total,
	coalesce(e.n, 0) > 4 AS active
FROM people p LEFT JOIN (SELECT user_id, count(*) AS n, count(*) FILTER (WHERE kind = 'buy') AS bought, max(at) AS last, sum(amount) AS total
	FROM events GROUP BY user_id) e ON e.user_id = p.id;
VACUUM ANALYZE people, events;
"""
PROFILE = """
SET client_min_messages = error;
SELECT uprofile_create('bench', 'features', 'id', models => '{
	"segment": {"algorithm": "kmeans", "k": 5, "features": ["n", "bought", "total"]},
	"regular": {"algorithm": "logistic", "target": "active", "features": ["bought", "total", "country"]}}');
SELECT uprofile_refresh('bench', on_error => 'raise', retrain => 'all');
VACUUM ANALYZE bench_profile;
"""
REFRESH = "SELECT mode, inserted + updated + deleted FROM uprofile_refresh('bench', retrain => 'none')"


def script(sql):
    """Statements each on their own, since VACUUM is among them."""
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], input=sql, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def session(statements):
    """Milliseconds and output of each statement, in one session."""
    script = "SET client_min_messages = error;\n\\timing on\n" + "".join(s + ";\n\\echo @end\n" for s in statements)
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], input=script, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    results = []
    for part in done.stdout.split("@end\n")[:-1]:
        lines = part.strip().split("\n")
        results.append((float(lines[-1].split()[1]), "\n".join(lines[:-1])))
    return results


def act(users, changed):
    """One event each for as many users, spread over all."""
    return ("INSERT INTO events SELECT (SELECT max(event_id) FROM events) + i, 1 + (i * 7919::bigint) %% %d, now(), 'buy', 5"
            " FROM generate_series(1, %d) i" % (users, changed))


def refreshes(users, changed):
    """Milliseconds of refreshes after so many users acted: the first of a session, and the median of the others."""
    times = session([s for _ in range(REPEAT + 1) for s in ((act(users, changed) if changed else "SELECT 1"), REFRESH)])[1::2]
    for _, out in times:
        mode, written = out.split("|")
        if mode != ("keys" if changed else "none") or int(written) != changed:
            raise RuntimeError("a refresh after %d changes answers %s" % (changed, out))
    return times[0][0], median([t for t, _ in times[1:]])


def python_scores():
    """What a service beside the database does: reads the view, scores, writes everything back."""
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.linear_model import LogisticRegression
    import pandas

    def read():
        copy = subprocess.Popen(["psql", "-qXAt", "-c", "COPY (SELECT id, country, n, bought, total, active FROM stored) TO STDOUT (FORMAT csv)"],
                                stdout=subprocess.PIPE)
        table = pandas.read_csv(copy.stdout, header=None, names=["id", "country", "n", "bought", "total", "active"])
        copy.wait()
        return table

    table = read()
    numbers = ["n", "bought", "total"]
    mean, spread = table[numbers].mean(), table[numbers].std(ddof=0)
    one_hot = pandas.get_dummies(table["country"])
    kmeans = MiniBatchKMeans(5, n_init=1, random_state=0).fit(((table[numbers] - mean) / spread).values)
    logistic = LogisticRegression(max_iter=200).fit(np.column_stack([((table[numbers] - mean) / spread).values[:, 1:], one_hot.values]),
                                                    table["active"] == "t")
    psql("DROP TABLE IF EXISTS scores; CREATE TABLE scores (id int PRIMARY KEY, segment int, active float8)")

    def again():
        table = read()
        x = ((table[numbers] - mean) / spread).values
        table["segment"] = kmeans.predict(x)
        table["probability"] = logistic.predict_proba(np.column_stack([x[:, 1:], pandas.get_dummies(table["country"]).values]))[:, 1]
        data = table[["id", "segment", "probability"]].to_csv(header=False, index=False)
        psql("TRUNCATE scores")
        psql("COPY scores FROM STDIN (FORMAT csv)", data)

    return again


def peer():
    """Seconds of REFRESH MATERIALIZED VIEW CONCURRENTLY, and of that with the scores."""
    psql("CREATE MATERIALIZED VIEW stored AS TABLE features; CREATE UNIQUE INDEX ON stored (id)")
    score = python_scores()
    start = time.perf_counter()
    psql("REFRESH MATERIALIZED VIEW CONCURRENTLY stored")
    middle = time.perf_counter()
    score()
    return middle - start, time.perf_counter() - start


def triggers():
    """Overhead of the triggers: the same rows into the same table, with them and with none firing."""
    path = "/tmp/uprofile_bench_%d.csv" % os.getpid()
    rng = np.random.default_rng(1)
    with open(path, "w") as f:
        for i, (user, amount) in enumerate(zip(rng.integers(1, USERS, COPIED), rng.random(COPIED))):
            f.write("%d,%d,2026-03-01 10:00:00,buy,%.3f\n" % (10 ** 9 + i, user, amount * 100))
    roles = {"watched": "origin", "unwatched": "replica"}
    copied = {name: [] for name in roles}
    single = {name: [] for name in roles}
    load = "\\copy events FROM '%s' (FORMAT csv)" % path
    block = "DO $x$ BEGIN FOR i IN 1..10000 LOOP INSERT INTO events VALUES (2000000000 + i, i, now(), 'buy', 1); END LOOP; END $x$"
    for _ in range(1 if QUICK else max(REPEAT, 3)):
        for name, role in roles.items():
            for statement, times, rows in ((load, copied, 1), (block, single, 10)):
                times[name].append(session(["SET session_replication_role = %s" % role, statement])[1][0] / rows)
                script("SET session_replication_role = replica; DELETE FROM events WHERE event_id >= 1000000000; VACUUM events; CHECKPOINT;")
    os.unlink(path)
    return ({t: median(v) for t, v in copied.items()}, {t: median(v) for t, v in single.items()})


def profiles():
    per_user = {}
    for users in sorted({10000, 100000, USERS}):
        if users > USERS:
            continue
        script(SETUP.format(users=users, events=users * EVENTS_A_USER))
        script(PROFILE)
        # One more event a user of each, so that everybody's row is written.
        psql(act(users, users).replace("(i * 7919::bigint) %% %d" % users, "i - 1"))
        full = session(["SELECT mode, inserted + updated + deleted FROM uprofile_refresh('bench', retrain => 'none', all_users => true)"])[0][0]
        script("VACUUM ANALYZE events, bench_profile;")
        first, thousand = refreshes(users, 1000)
        per_user[users] = thousand / 1000
        print("profiles: %7d users: everybody %9.1f ms, 1,000 changed %7.1f ms (the first of a session %.1f), 1 / %.0f of it"
              % (users, full, thousand, first, full / thousand), flush=True)
    told("profiles_1000", thousand / 1000, None, full / 1000, 0.01, "of everybody")
    for changed, aim in ((1, 0.020), (0, 0.005)):
        first, warm = refreshes(USERS, changed)
        told("profiles_%s" % ("one" if changed else "none"), warm / 1000, None, 1, aim, "first of a session %.1f ms" % first, True)
    least, most = min(per_user.values()), max(per_user.values())
    told("profiles_flat", most / least, None, 1, 2, "ms a changed user: " + ", ".join("%d: %.3f" % u for u in per_user.items()), True)
    copied, single = triggers()
    told("profiles_copy", copied["watched"] / copied["unwatched"] - 1, None, 1, 0.15,
           "%s rows: %.0f ms, unwatched %.0f ms" % (f"{COPIED:,}", copied["watched"], copied["unwatched"]), True)
    told("profiles_insert", (single["watched"] - single["unwatched"]) / 1e6, None, 1, 30e-6,
           "%.1f us, unwatched %.1f us" % (single["watched"], single["unwatched"]), True)
    view, scored = peer()
    told("profiles_peer", thousand / 1000, view, scored, 0.01, "REFRESH MATERIALIZED VIEW CONCURRENTLY, then scikit-learn's scores")


def get():
    """Milliseconds of uprofile_get in a session that has asked before: of users who are as they should be, and who wait."""
    users = min(USERS, 100000)
    script(SETUP.format(users=users, events=users * EVENTS_A_USER))
    script(PROFILE)
    script(act(users, 100))
    waiting = "(1 + (i * 7919::bigint) %% %d)::int" % users
    block = ("DO $x$ DECLARE t timestamptz; ms float8[]; u int; BEGIN FOR i IN 1..1100 LOOP u := %s; t := clock_timestamp();"
             " PERFORM uprofile_get('bench', u); IF i > 100 THEN ms := ms || extract(epoch FROM clock_timestamp() - t)::float8; END IF; END LOOP;"
             " RAISE NOTICE 'median %%', (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY m) FROM unnest(ms) m); END $x$")
    medians = []
    for user in ("1 + (i * 104729::bigint) %% %d" % users, waiting.replace("i *", "(1 + i %% 100) *")):
        done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", block % (user.replace("%%", "%"))], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        medians.append(float(done.stderr.split("median ")[1].split()[0]))
    told("profiles_get", medians[0], None, 1, 0.001, "%.3f ms; where a change waits %.3f ms" % (medians[0] * 1000, medians[1] * 1000), True)


def follow():
    """Seconds between the commit of a change and the row that the background worker refreshed after it."""
    users = min(USERS, 100000)
    script(SETUP.format(users=users, events=users * EVENTS_A_USER))
    script(PROFILE)
    script("SELECT uprofile_alter('bench', policy => '{\"refresh\": \"continuous\"}');")
    # The pauses between changes are such that the worker is still there, has to wait for its interval, or has gone.
    block = ("DO $x$ DECLARE t timestamptz; s float8[]; u int; was int; BEGIN FOR i IN 1.." + ("3" if QUICK else "15") + " LOOP u := 1 + (i * 104729) % " + str(users) + ";"
             " was := (SELECT n FROM bench_profile WHERE id = u); INSERT INTO events SELECT max(event_id) + 1, u, now(), 'buy', 5 FROM events; COMMIT;"
             " t := clock_timestamp(); LOOP EXIT WHEN (SELECT n FROM bench_profile WHERE id = u) > was;"
             " IF clock_timestamp() > t + interval '60 s' THEN RAISE 'user % is not refreshed', u; END IF; PERFORM pg_sleep(0.002); END LOOP;"
             " s := s || extract(epoch FROM clock_timestamp() - t)::float8; PERFORM pg_sleep(0.2 + i % 5 * 0.7); END LOOP;"
             " RAISE NOTICE 'median % %', (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM unnest(s) x), (SELECT max(x) FROM unnest(s) x); END $x$")
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", block], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    middle, most = (float(x) for x in done.stderr.split("median ")[1].split()[:2])
    script("SELECT uprofile_drop('bench');")
    told("profiles_follow", middle, None, 1, 3, "%.0f ms, at most %.0f ms" % (middle * 1000, most * 1000), True)


JOBS = {"profiles": profiles, "profiles_get": get, "profiles_follow": follow}
