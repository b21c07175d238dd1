"""kills.py SEED ROUNDS [sigkill] - cancels and kills sessions at random moments while they train, refresh, clean and normalize

A source changes its generation in one transaction before each round, so that a profile with two generations is half of
a refresh. Between rounds the registry must be sound, a table that a function makes is there with all of its rows or not
at all, and the run that is said to have succeeded did all of its work. With sigkill a backend is killed by the system
(the server recovers as after a crash, and says so in its log: only for a cluster of one's own).
"""
import os
import random
import signal
import subprocess
import sys
import time

from common import Session, broken_invariants, finish, psql, query, report, wait_for_server

ROWS = 10000

SETUP = """
SET client_min_messages = error;
CREATE EXTENSION uprofile;
CREATE TABLE source (id integer PRIMARY KEY, generation integer, a float8, b float8, name text, kind text, y boolean);
CREATE TABLE rounds (generation integer);
INSERT INTO rounds VALUES (0);
CREATE PROCEDURE next_generation() LANGUAGE sql AS $$
	UPDATE rounds SET generation = generation + 1;
	TRUNCATE source;
	INSERT INTO source SELECT i + 7 * generation, generation, i % 97, i * 7919 % 1009, ' name ' || i % 50, 'kind ' || i % 5, i % 97 > i * 7919 % 1009 / 10.0
	FROM rounds, generate_series(1, ROWS) AS i;
$$;
CALL next_generation();
SELECT uprofile_create('club', source => 'source', key => 'id',
	models => '{"segment": {"algorithm": "kmeans", "k": 3}, "churn": {"algorithm": "tree", "target": "y"}}');
SELECT uprofile_refresh('club', on_error => 'raise');
SELECT uprofile_train('model', 'source', target => 'y', algorithm => 'logistic', key => 'id');
""".replace("ROWS", str(ROWS))

WORK = {
    "train": "SELECT model_name, version FROM uprofile_train('model', 'source', target => 'y', algorithm => '%s', key => 'id',"
             " params => '{\"exclude\": [\"generation\"]}')",
    "refresh": "SELECT profile_name, status FROM uprofile_refresh('club', retrain => '%s', on_error => 'raise')",
    "clean": "SELECT count(*) FROM uprofile_clean('source', 'cleaned', 'id', '[{\"rule\": \"trim\", \"column\": \"name\"},"
             " {\"rule\": \"match\", \"column\": \"kind\", \"pattern\": \"kind [0-3]\", \"action\": \"quarantine\"}]')",
    "normalize": "SELECT count(*) FROM uprofile_normalize('source', 'normal', NULL, 'quantile')",
}


def choose(r):
    what = r.choice(list(WORK))
    sql = WORK[what]
    if what == "train":
        sql = sql % r.choice(["tree", "boost", "forest", "logistic", "svm", "mlp"])
    elif what == "refresh":
        sql = sql % r.choice(["all", "none", "due"])
    return what, sql


def usual_times():
    """How long each takes here when nobody disturbs it."""
    times = {}
    for what, sql in WORK.items():
        sql = sql.replace("%s", "all" if what == "refresh" else "forest")
        start = time.monotonic()
        query("SET client_min_messages = error; " + sql)
        times[what] = time.monotonic() - start
    query("DROP TABLE cleaned, cleaned_quarantine, cleaned_changes, normal")
    return times


def disturb(session, worker, how, delay, marker):
    """The worker's backend is found by its application_name; the delay counts from when it works. True: the server begins anew."""
    pid = []
    while not pid and worker.poll() is None:
        pid = session.query("SELECT pid FROM pg_stat_activity WHERE application_name = '%s' AND state = 'active' AND query ~ 'uprofile'" % marker)
    time.sleep(delay)
    if worker.poll() is not None:
        return False
    if how == "sigkill":
        os.kill(int(pid[0][0]), signal.SIGKILL)
        return True
    session.query("SELECT %s(%s)" % (how, pid[0][0]))
    return False


def wrong_after(session, what, done, before):
    """What is wrong with the result; done: whether the session says that it was."""
    problems = [broken_invariants(session)]
    versions, generation, latest = session.query("""
        SELECT (SELECT count(*) FROM uprofile_model_versions), (SELECT string_agg(DISTINCT generation::text, ' ') FROM club_profile),
               (SELECT generation FROM rounds)""")[0]
    rows = int(session.query("SELECT count(*) FROM club_profile")[0][0])
    if " " in generation or rows != ROWS:
        problems.append("half a profile: generations %s, %d rows" % (generation, rows))
    if done and what == "refresh" and generation != latest:
        problems.append("a refresh that succeeded left generation %s instead of %s" % (generation, latest))
    if done and what == "train" and int(versions) != before + 1:
        problems.append("%s versions after one more than %d" % (versions, before))
    if not done and what == "train" and int(versions) not in (before, before + 1):
        problems.append("%s versions after at most one more than %d" % (versions, before))
    made = {}
    for name, table in session.query("""SELECT relname, oid::regclass FROM pg_class
            WHERE relname IN ('cleaned', 'cleaned_quarantine', 'cleaned_changes', 'normal')"""):
        made[name] = int(session.query("SELECT count(*) FROM " + table)[0][0])
    if "normal" in made and made["normal"] != ROWS:
        problems.append("a table normal of %d rows" % made["normal"])
    if {n for n in made if n != "normal"} not in (set(), {"cleaned", "cleaned_quarantine", "cleaned_changes"}):
        problems.append("half a cleaning: " + " ".join(sorted(made)))
    if "cleaned" in made and made["cleaned"] + made["cleaned_quarantine"] != ROWS:
        problems.append("a cleaning that lost rows: %s" % made)
    if done and (what == "clean") != ("cleaned" in made):
        problems.append("%s succeeded and left %s" % (what, sorted(made)))
    for name in made:
        session.query("DROP TABLE " + name)
    return "\n".join(p for p in problems if p)


def one_round(session, r, i, times, how):
    session.query("CALL next_generation()")
    what, sql = choose(r)
    before = int(session.query("SELECT count(*) FROM uprofile_model_versions")[0][0])
    marker = "storm worker %d" % i
    worker = subprocess.Popen(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose",
                               "-c", "SET client_min_messages = error", "-c", sql], env={**os.environ, "PGAPPNAME": marker},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    restarts = disturb(session, worker, how, r.random() * times[what], marker)
    try:
        _, stderr = worker.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        worker.kill()
        return False, session, "%s: %s was not heard within 60 s" % (sql, how)
    if restarts:
        session.wait_for_end()
        wait_for_server()
        session = Session()
    done = worker.returncode == 0
    problem = wrong_after(session, what, done, before)
    if not done and not any(s in stderr for s in ("57014", "57P01", "57P02", "57P03", "server closed the connection")):
        problem += "\nfailed in another way: " + stderr
    return not done, session, problem and "%s, %s: %s" % (sql, how, problem)


def main():
    seed, rounds = int(sys.argv[1]), int(sys.argv[2])
    by_signal = len(sys.argv) > 3 and sys.argv[3] == "sigkill"
    r = random.Random(seed)
    done = psql(SETUP)
    if done.returncode != 0:
        report("storm: set-up of kills", done.stderr)
        finish()
    times = usual_times()
    hits, problems, session = 0, [], Session()
    for i in range(rounds):
        how = "sigkill" if by_signal else r.choice(["pg_cancel_backend", "pg_terminate_backend"])
        hit, session, problem = one_round(session, r, i, times, how)
        hits += hit
        if problem:
            problems.append(problem)
    kind = "killed by the system" if by_signal else "cancelled and terminated"
    print("# %s, seed %d: %d rounds, %d of them ended in the middle" % (kind, seed, rounds, hits))
    report("storm: %s in the middle (seed %d)" % (kind, seed), "\n".join(problems))
    done = query("SET client_min_messages = error; CALL next_generation(); SELECT status FROM uprofile_refresh('club', retrain => 'all')")
    report("storm: a refresh works after it (seed %d)" % seed, "" if done == [["succeeded"]] else str(done))
    finish()


main()
