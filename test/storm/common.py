"""What the storms share: batches of statements through psql, every error by its SQLSTATE, and the invariants.

A storm prints lines "ok …" and "FAIL …" and ends with status 1 after a failure. It works in the database that PGDATABASE
names, which is its own. The same seed makes the same statements.
"""
import os
import re
import subprocess
import sys
import time

failed = False

# Not errors of ours: internal_error and index corrupted are. XX001 (data_corrupted) is what a forged model deserves.
INTERNAL = ("XX000", "XX002")


def report(name, found=""):
    """One line of the result; found: what is wrong."""
    global failed
    if not found:
        print("ok " + name, flush=True)
        return
    failed = True
    print("FAIL " + name)
    for line in str(found).splitlines()[:40]:
        print("    " + line[:2000])
    sys.stdout.flush()


def finish():
    sys.exit(1 if failed else 0)


def psql(sql, **options):
    return subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-F", "|"], input=sql, capture_output=True, text=True,
                          **options)


def query(sql):
    """Rows of a query, as lists of texts."""
    done = psql(sql)
    if done.returncode != 0:
        raise RuntimeError(done.stderr + "\n" + sql)
    return [line.split("|") for line in done.stdout.splitlines()]


class Session:
    """One connection that stays, for questions that must not cost a start of psql."""

    def __init__(self):
        self.psql = subprocess.Popen(["psql", "-qXAt", "-F", "|", "-v", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)

    def query(self, sql):
        self.psql.stdin.write(sql + ";\n\\echo @end\n")
        lines = []
        for line in self.psql.stdout:
            if line == "@end\n":
                return [line.split("|") for line in lines]
            lines.append(line.rstrip("\n"))
        raise RuntimeError("\n".join(lines) + "\n" + sql)

    def query_all(self, sql):
        """Every line, errors among them (with their SQLSTATE)."""
        self.psql.stdin.write("\\set ON_ERROR_STOP 0\n\\set VERBOSITY verbose\n" + sql + ";\n\\echo @end\n")
        lines = []
        for line in self.psql.stdout:
            if line == "@end\n":
                return lines
            lines.append(line.rstrip("\n"))
        return lines + ["ERROR:  server closed the connection"]

    def wait_for_end(self):
        """Until the server ends it, as it does with all when it begins anew: before that it still takes new ones."""
        try:
            while True:
                self.query("SELECT 1")
                time.sleep(0.01)
        except (RuntimeError, BrokenPipeError):
            self.psql.wait()

    def close(self):
        self.psql.stdin.close()
        self.psql.wait()


def wait_for_server():
    for _ in range(300):
        if psql("SELECT 1").returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError("the server does not come back")


def literal(text):
    return "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def run_batch(statements, settings):
    """Runs all, each on its own; returns {SQLSTATE: how many} and the list of (statement, what is wrong)."""
    states, wrong, first = {}, [], 0
    while first < len(statements):
        script = settings + "\n" + "".join("\\warn @%d\n%s;\n" % (i, statements[i]) for i in range(first, len(statements)))
        try:
            done = subprocess.run(["psql", "-qXAt", "-v", "VERBOSITY=verbose", "-o", os.devnull], input=script.encode(),
                                  capture_output=True, timeout=900)
            stderr = done.stderr.decode("utf-8", "replace")
        except subprocess.TimeoutExpired as e:
            stderr = (e.stderr or b"").decode("utf-8", "replace") + "\nnever ended"
        at = first
        for line in stderr.splitlines():
            if re.fullmatch(r"@\d+", line):
                at = int(line[1:])
                continue
            error = re.search(r"(?:ERROR|FATAL|PANIC):  ([0-9A-Z]{5}):", line)
            if error:
                states[error.group(1)] = states.get(error.group(1), 0) + 1
                if error.group(1) in INTERNAL or "PANIC" in line:
                    wrong.append((statements[at], line))
            elif "server closed the connection" in line or "connection to server was lost" in line or line == "never ended":
                wrong.append((statements[at], line))
        if "connection to server was lost" in stderr or "never ended" in stderr:
            wait_for_server()
            first = at + 1
        else:
            first = len(statements)
    return states, wrong


def show_wrong(wrong):
    return "\n".join("%s\n  %s" % (what, statement[:1500]) for statement, what in wrong[:8])


# No row may come. A version without a model or a model without a version, a profile without its table, a step of
# cleaning without the others, files of a spilled sort.
INVARIANTS = """
SELECT 'a version of no model', count(*)::text FROM uprofile_model_versions
	HAVING count(*) <> (SELECT count(*) FROM uprofile_models);
SELECT 'a model without a version', count(*)::text FROM uprofile_model_names
	HAVING count(*) <> (SELECT count(*) FROM (SELECT DISTINCT model, owner FROM uprofile_models) AS m);
SELECT 'two versions deployed', model FROM uprofile_models WHERE deployed GROUP BY model, owner HAVING count(*) > 1;
SELECT 'a number of a version twice', model FROM uprofile_models GROUP BY model, owner, version HAVING count(*) > 1;
SELECT 'a profile without its table', profile FROM uprofile_profiles WHERE to_regclass(table_name) IS NULL;
SELECT 'half of a cleaning', c.relname::text FROM pg_class AS c WHERE c.relname ~ '_(quarantine|changes)$' AND c.relkind = 'r'
	AND to_regclass(regexp_replace(c.oid::regclass::text, '_(quarantine|changes)("?)$', '\\2')) IS NULL;
SELECT 'a temporary file', name FROM pg_ls_tmpdir();
"""


def broken_invariants(session=None):
    rows = (session or Session()).query(INVARIANTS.rstrip().rstrip(";"))
    return "\n".join(" | ".join(row) for row in rows)
