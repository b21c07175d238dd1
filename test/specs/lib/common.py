"""What the specs share: SQL, tables from arrays, one line a check, the real data.

A spec begins with

    import os, sys
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
    from common import Spec, psql, load_table, data_file

    spec = Spec("scaler")
    spec.check("zscore", error <= 1e-12, f"largest difference {error:.1e}")
    spec.finish()

The server is found by PGHOST, PGPORT, PGDATABASE; the extension is created there. UPROFILE_DATA names the folder of
real data; data_file gives None, and says that it skips, where it is unset or has no such file.
"""
import csv
import glob
import gzip
import hashlib
import io
import json
import math
import os
import subprocess
import sys

from session import ServerSession


class Spec:
    def __init__(self, name):
        self.name = name
        self.failures = 0

    def check(self, what, good, detail=""):
        self.failures += not good
        print(f"{'ok' if good else 'FAIL'} {self.name}: {what}" + (f": {detail}" if detail != "" else ""), flush=True)

    def skip(self, why):
        print(f"skip {self.name}: {why}", flush=True)

    def close(self, what, got, want, tolerance):
        """Largest difference, relative to values above 1; NaN must meet NaN."""
        import numpy as np
        got, want = np.asarray(got, float), np.asarray(want, float)
        if got.shape != want.shape:
            self.check(what, False, f"shape {got.shape}, expected {want.shape}")
            return
        odd = np.isnan(got) != np.isnan(want)
        error = np.nanmax(np.abs(got - want) / np.maximum(1, np.abs(want)), initial=0)
        self.check(what, not odd.any() and error <= tolerance,
                   f"largest difference {error:.1e}" + (f", {odd.sum()} are NaN on one side" if odd.any() else ""))

    def finish(self):
        sys.exit(self.failures > 0)


class Kept:
    """Figures of a peer that takes longer than what it is compared with, kept in test/data/NAME.csv.

    A figure goes with a sum over the data and the parameters that it is of; where none fits, the peer is asked. WRITE=1 asks it
    for all and writes the file (with UP_LONG=1, those of the long form; figures of the other form stay).
    """
    def __init__(self, name):
        self.path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", name + ".csv")
        self.write = os.environ.get("WRITE") == "1"
        self.figures = {}
        if os.path.exists(self.path):
            with open(self.path, newline="") as file:
                self.figures = {(r["what"], r["sum"]): [float(v) for v in r["figures"].split()] for r in csv.DictReader(file)}

    def get(self, what, data, ask):
        """The figures that ask() gives, a list of numbers, or None if it gives none; data: arrays and texts that they depend on,
        numbers to six digits."""
        digest = hashlib.sha256()
        for part in data:
            digest.update(part.encode() if isinstance(part, str) else (part.astype("<f8").round(6) + 0.0).tobytes())
        key = what, digest.hexdigest()[:16]
        if self.write or key not in self.figures:
            figures = ask()
            if figures is None:
                return None
            self.figures[key] = [float(v) for v in figures]
            if self.write:
                self.save()
        return self.figures[key]

    def save(self):
        with open(self.path, "w", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(["what", "sum", "figures"])
            out.writerows([*key, " ".join(repr(round(v, 9)) for v in self.figures[key])] for key in sorted(self.figures))


SETTINGS = ("SET extra_float_digits = 3", "SET client_min_messages = error")
session = ServerSession() if ServerSession else None


def run_psql(settings, sql, stdin=None):
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"] + [word for s in (*settings, sql) for word in ("-c", s)],
                          input=stdin, capture_output=True, text=True)
    return done.stdout, done.stderr if done.returncode != 0 else ""


def psql(sql, stdin=None):
    """Runs statements (one call, as if in a session of its own); the output of all of them, unaligned. A failure ends the spec."""
    out, error = (session.run if session else run_psql)(SETTINGS, sql, stdin)
    if error:
        print("FAIL psql: " + error.strip())
        sys.exit(1)
    return out


def rows(sql):
    """The rows of one query as a list of dictionaries, with JSON's types."""
    out = psql(f"SELECT row_to_json(r) FROM ({sql}) AS r")
    return [json.loads(line) for line in out.splitlines() if line]


def copy_text(value):
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "\\N"
    if isinstance(value, (list, tuple)) or type(value).__name__ == "ndarray":
        return "{" + ",".join(repr(float(v)) for v in value) + "}"
    if isinstance(value, float):
        return repr(float(value))
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def load_table(table, columns, data):
    """Creates a table. columns: [(name, type)]; data: rows; None and NaN become NULL."""
    psql(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (" +
         ", ".join(f"{quoted(name)} {kind}" for name, kind in columns) + ")")
    text = io.StringIO()
    for row in data:
        text.write("\t".join(copy_text(v) for v in row) + "\n")
    psql(f"COPY {table} FROM STDIN", text.getvalue())


def load_arrays(table, x, y=None, label="float8"):
    """A table (id, x float8[] [, y])."""
    columns = [("id", "integer"), ("x", "float8[]")] + ([("y", label)] if y is not None else [])
    load_table(table, columns, ([i, row] + ([y[i]] if y is not None else []) for i, row in enumerate(x)))


def load_frame(table, frame):
    """A pandas DataFrame as a table: float8, integer, boolean and text columns."""
    import pandas as pd
    kinds = []
    for name in frame.columns:
        dtype = frame[name].dtype
        kinds.append((name, "boolean" if pd.api.types.is_bool_dtype(dtype) else
                      "bigint" if pd.api.types.is_integer_dtype(dtype) else
                      "float8" if pd.api.types.is_float_dtype(dtype) else
                      "timestamp" if pd.api.types.is_datetime64_any_dtype(dtype) else "text"))
    load_table(table, kinds, ([None if pd.isna(v) else v for v in row]
                              for row in frame.itertuples(index=False, name=None)))


def data_file(spec, folder, pattern="*"):
    """The path of a file of the real data, or None after a line that says that it skips."""
    root = os.environ.get("UPROFILE_DATA")
    if not root:
        spec.skip(f"{folder}: UPROFILE_DATA is not set")
        return None
    found = sorted(f for f in glob.glob(os.path.join(root, folder, pattern)) if "README" not in os.path.basename(f))
    if not found:
        spec.skip(f"{folder}: no such file")
        return None
    return found[0]


def read_csv(path):
    """The file as a DataFrame; blank is missing, nothing else is."""
    import pandas as pd
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def open_text(path):
    return gzip.open(path, "rt", newline="") if path.endswith(".gz") else open(path, newline="")
