"""run.py FOLDER SPEC…: runs specs, each in a process forked from this one, which has read the libraries.

Reading numpy, pandas and scikit-learn takes longer than the shorter specs do. As many work at once as there are processors, one
fewer until FOLDER/alone is there. For each spec FOLDER has, by the name spec_NAME: .out (what it printed), .status, and the time()
of its .start and .end, which is written last. Each works in a database of its own, a copy of spec_template, which has the extension.
"""
import gc
import importlib
import os
import runpy
import signal
import subprocess
import sys
import time
import traceback

LIBRARIES = ("numpy", "pandas", "scipy.stats", "sklearn.compose", "sklearn.datasets", "sklearn.ensemble", "sklearn.impute",
             "sklearn.linear_model", "sklearn.metrics", "sklearn.model_selection", "sklearn.naive_bayes", "sklearn.neural_network",
             "sklearn.pipeline", "sklearn.preprocessing", "sklearn.svm", "sklearn.tree", "psycopg.pq")
TIMEOUT = int(os.environ.get("UP_TEST_TIMEOUT", 3600))


def put(folder, name, kind, value):
    with open(os.path.join(folder, name + "." + kind), "w") as file:
        file.write(f"{value}\n")


def run_spec(path, folder, name):
    """In a process of its own; its status is the spec's."""
    os.setpgrp()
    with open(os.path.join(folder, name + ".out"), "w") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    subprocess.run(["createdb", "-T", "spec_template", name], check=True)
    os.environ["PGDATABASE"] = name
    sys.argv = [path]
    signal.alarm(TIMEOUT)  # ends the process, also while it waits for the server
    runpy.run_path(path, run_name="__main__")


def forked(path, folder, name):
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    status = 0
    try:
        run_spec(path, folder, name)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main():
    folder, specs = sys.argv[1], sys.argv[2:]
    for library in LIBRARIES:
        try:
            importlib.import_module(library)
        except ImportError:
            pass  # whoever needs it says so
    gc.freeze()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    running, parent = {}, os.getppid()
    try:
        while specs or running:
            if os.getppid() != parent:  # it was killed
                sys.exit(1)
            slots = max(1, len(os.sched_getaffinity(0)) - (not os.path.exists(os.path.join(folder, "alone"))))
            if specs and len(running) < slots:
                path = specs.pop(0)
                name = "spec_" + os.path.basename(path).removesuffix(".py")
                put(folder, name, "start", time.time())
                running[forked(path, folder, name)] = name
                continue
            child, status = os.waitpid(-1, os.WNOHANG)
            if child not in running:
                time.sleep(0.1)
                continue
            name = running.pop(child)
            put(folder, name, "status", os.waitstatus_to_exitcode(status))
            subprocess.run(["dropdb", "--if-exists", "--force", name])
            put(folder, name, "end", time.time())
    finally:
        for child in running:
            os.killpg(child, signal.SIGTERM)


main()
