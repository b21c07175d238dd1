"""The two sides of a race: a statement in a session of its own, and a peer in a process of its own; both timed and looked at for memory.

Of the server's processes counts what they have for themselves (RssAnon) at one moment, summed over the session and its parallel workers,
and once each shared memory segment that they made; of the peer the most it came to have (VmHWM: Python and its packages within it).
"""
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings

from peak import Peak, read_file

HERE = os.path.dirname(os.path.abspath(__file__))
QUICK = os.environ.get("QUICK", "") not in ("", "0")
REPEAT = 1 if QUICK else int(os.environ.get("REPEAT", "3"))
PATIENCE = float(os.environ.get("BENCH_TIMEOUT", "300"))


def size(n, least=2000):
    """n rows, or few where the bench is only tried."""
    return max(least, n // 50) if QUICK else n


def median(v):
    return sorted(v)[len(v) // 2]


class Side:
    """What one side took: seconds of each run, those of the fit alone, the peak of memory in MB, an answer."""
    def __init__(self, seconds, memory=None, answer="", fit=None, over=False):
        self.seconds, self.memory, self.answer, self.fit, self.over = seconds, memory, answer, fit, over


def together(runs):
    """Of several runs the median, and the most memory."""
    memory = [r.memory for r in runs if r.memory is not None]
    middle = sorted(runs, key=lambda r: r.seconds)[len(runs) // 2]
    return Side(middle.seconds, max(memory) if memory else None, middle.answer, middle.fit, middle.over)


def repeat(run, slow=20):
    """REPEAT runs and their median; what takes long once."""
    runs = [run()]
    while len(runs) < REPEAT and runs[0].seconds < slow:
        runs.append(run())
    return together(runs)


def in_turn(*runs):
    """Several sides, one after the other again and again, so that what the machine does meanwhile falls on all; the median of each.
    For what is short: three times as often as others are repeated."""
    taken = [[run() for run in runs] for _ in range(1 if QUICK else 3 * REPEAT)]
    return [together(side) for side in zip(*taken)]


# ---- the server's side --------------------------------------------------------------------------------------------

def numbers_of_threads(*threads):
    """Of processes or threads; a try takes one."""
    return threads[:1] if QUICK else threads


def processes(threads):
    """Settings for so many processes at work; None: the server's defaults."""
    return {} if threads is None else {"max_parallel_workers_per_gather": threads - 1, "uprofile.max_workers": threads - 1}


def ours(sql, threads=1, before="", after="", settings=None, pause=0.01):
    """A statement in a new session of so many processes. before: what is not counted; after: a query whose answer is the side's.
    pause: seconds between two looks at its memory; None: it is not looked at, since looking takes a twentieth of a processor."""
    options = {**processes(threads), **(settings or {})}
    env = {**os.environ, "PGOPTIONS": " ".join(f"-c {k}={v}" for k, v in options.items())}
    if before:
        script(before)
    session = subprocess.Popen(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, env=env)
    session.stdin.write("SELECT pg_backend_pid();\n")
    session.stdin.flush()
    pid = int(session.stdout.readline())
    peak = Peak(pid, pause=pause) if pause else None
    out, errors = session.communicate(f"SET statement_timeout = '{PATIENCE}s';\n\\timing on\n{sql};\n")
    memory = peak.end() if peak else None
    if session.returncode != 0:
        if "statement timeout" in errors:
            return Side(PATIENCE, memory, over=True)
        raise RuntimeError(f"{errors}\n{sql[:500]}")
    lines = out.strip().split("\n")
    took = next(i for i in range(len(lines) - 1, -1, -1) if lines[i].startswith("Time: "))
    answer = "\n".join(lines[:took])
    return Side(float(lines[took].split()[1]) / 1000, memory, script(after).strip() if after else answer)


def script(sql):
    """Statements each on their own, in one session of the server's defaults."""
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], input=sql + ";\n", capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{done.stderr}\n{sql[:500]}")
    return done.stdout


# ---- the peer's side ----------------------------------------------------------------------------------------------

def most_memory():
    """The most that this process has had since forget_memory, or ever, in MB. (getrusage would tell of what it was forked from.)"""
    return next(int(line.split()[1]) / 1024 for line in read_file("/proc/self/status").split("\n") if line.startswith("VmHWM"))


def forget_memory():
    with open("/proc/self/clear_refs", "w") as f:
        f.write("5")


class Clock:
    """The peer's: from start to stop everything counts, from fitting to fitted the fit."""
    def __init__(self):
        self.fit = 0

    def start(self):
        forget_memory()
        self.began = time.perf_counter()

    def fitting(self):
        self.middle = time.perf_counter()

    def fitted(self):
        self.fit += time.perf_counter() - self.middle

    def store(self, model):
        """The model in a file, as our statement leaves it in a table."""
        import joblib
        with tempfile.TemporaryDirectory() as folder:
            joblib.dump(model, os.path.join(folder, "model"))

    def stop(self):
        self.seconds = time.perf_counter() - self.began
        self.memory = most_memory()


def theirs(function, threads=1, patience=None, **arguments):
    """Calls function(clock, threads=…, …) of a jobs_*.py in a new process whose libraries take so many threads; it answers a JSON value.
    A try calls it here: to start anew takes longer than what is tried."""
    threads = threads or 2
    if QUICK and threads == 1:
        clock = Clock()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = function(clock, threads=threads, **arguments)
        return Side(clock.seconds, clock.memory, json.loads(json.dumps(answer)), clock.fit or None)
    patience = min(patience or PATIENCE, PATIENCE)
    env = {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads), "PYTHONWARNINGS": "ignore"}
    try:
        done = subprocess.run([sys.executable, os.path.join(HERE, "sides.py"), function.__module__, function.__name__,
                               json.dumps({"threads": threads, **arguments})], capture_output=True, text=True, env=env, timeout=patience)
    except subprocess.TimeoutExpired:
        return Side(patience, over=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    told = json.loads(done.stdout.strip().split("\n")[-1])
    return Side(told["seconds"], told["memory"], told["answer"], told["fit"])


if __name__ == "__main__":
    sys.path.insert(0, HERE)
    import importlib
    import sides
    clock = sides.Clock()
    answer = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])(clock, **json.loads(sys.argv[3]))
    print(json.dumps({"seconds": clock.seconds, "fit": clock.fit or None, "memory": clock.memory, "answer": answer}))
