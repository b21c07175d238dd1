"""Runs the jobs of bench/run: every jobs_*.py beside this file has a table JOBS, name -> function."""
import glob
import importlib
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
jobs = {}
for path in sorted(glob.glob(os.path.join(here, "jobs_*.py"))):
    jobs.update(importlib.import_module(os.path.basename(path)[:-3]).JOBS)
wanted = sys.argv[1:] or os.environ.get("JOBS", "").split() or list(jobs)
unknown = [name for name in wanted if name not in jobs]
if unknown:
    sys.exit(f"no such job: {', '.join(unknown)}; there are: {', '.join(jobs)}")
for name in wanted:
    jobs[name]()
