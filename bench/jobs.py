"""Runs the jobs of bench/run: every jobs_*.py beside this file has a table JOBS, name -> function."""
import glob
import importlib
import os
import sys
import time
import traceback

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
import table

# Minutes each, or gigabytes of disk, or a test of the bench itself: only where they are asked for by name.
APART = {"search", "memory_10m", "smoke"}
# Take a server that has the library in shared_preload_libraries.
PRELOADED = {"profiles_follow"}


def main():
    jobs = {}
    for path in sorted(glob.glob(os.path.join(here, "jobs_*.py"))):
        jobs.update(importlib.import_module(os.path.basename(path)[:-3]).JOBS)
    any_left = "--any" in sys.argv
    wanted = [a for a in sys.argv[1:] if a != "--any"] or os.environ.get("JOBS", "").split() or [j for j in jobs if j not in APART]
    if wanted == ["list"]:
        if not os.environ.get("UP_PRELOADED"):
            print(" ".join(jobs))
        return 1
    unknown = [name for name in wanted if name not in jobs]
    if unknown:
        if not os.environ.get("UP_PRELOADED"):
            print(f"no such job: {', '.join(unknown)}; there are: {', '.join(jobs)}", file=sys.stderr)
        return 2
    wanted = [j for j in wanted if (j in PRELOADED) == bool(os.environ.get("UP_PRELOADED"))]
    if any_left:
        return 0 if wanted else 1
    failed = []
    for name in wanted:
        began = time.perf_counter()
        print(f"== {name}", flush=True)
        try:
            jobs[name]()
        except Exception:
            traceback.print_exc()
            failed.append(name)
        else:
            table.spent(name, time.perf_counter() - began)
        print(f"   {time.perf_counter() - began:.1f} s in all", flush=True)
    table.finish()
    if failed:
        print(f"failed: {' '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
