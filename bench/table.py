"""The one table of results: rows of many invocations merged in a JSON file, printed, and written as markdown beside it."""
import datetime
import json
import os
import subprocess

from sides import HERE, QUICK

# Where it is only tried, what is kept stays as it is.
FOLDER = os.environ.get("BENCH_RESULTS") or (os.path.join(HERE, "..", "build", "bench") if QUICK else HERE)
GROUPS = ["Boosting", "Forests and trees", "Predictions on fresh rows, table to table", "Clusters", "Linear machines", "Kernel machines",
          "Neural networks", "Training by name", "Preparing, describing, measuring", "Mining and recommending", "Tuning",
          "The first row of a model", "Several processes", "Growth", "Memory", "Profiles"]
told = []


def path(name):
    return os.path.join(FOLDER, name)


def known():
    try:
        with open(path("results.json")) as f:
            return json.load(f)
    except OSError:
        return {"rows": {}}


def machine():
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "unknown processor")
    with open("/proc/meminfo") as f:
        memory = round(int(f.readline().split()[1]) / 2 ** 20)
    return f"{os.cpu_count()} × {model}, {memory} GB"


def versions():
    from importlib import metadata
    found = [subprocess.run(["psql", "-qXAt", "-c", "SELECT 'PostgreSQL ' || current_setting('server_version')"], capture_output=True,
                            text=True).stdout.strip().split(" (")[0]]
    for name in ("numpy", "scikit-learn", "xgboost", "lightgbm", "pandas", "joblib"):
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"{name} not packaged here")
    return ", ".join(found)


def met(row):
    if row["aim"] is None:
        return None
    return row["figure"] >= row["aim"] if row["measure"] == "speed-up" else row["figure"] <= row["aim"]


FORMS = {"ratio": "{:.3f}", "exponent": "n^{:.2f}", "speed-up": "{:.2f} ×", "seconds": "{:.4f} s", "MB": "{:.0f} MB"}


def number(v, form="{:.3f}"):
    return "" if v is None else form.format(v)


def seconds(v):
    return "" if v is None else f"{v:.2f}" if v >= 10 else f"{v:.3f}" if v >= 0.01 else f"{v:.5f}"


def cells(row):
    figure = number(row["figure"], FORMS[row["measure"]])
    sign = "≥ " if row["measure"] == "speed-up" else "≤ "
    reached = met(row)
    quality = row["quality"] or ""
    memory = " / ".join(number(m, "{:.0f}") or "–" for m in row["memory"]) if any(row["memory"]) else ""
    return [row["what"], row["rows"], str(row["threads"]), seconds(row["ours"]), ("> " if row["over"] else "") + seconds(row["peer"]),
            ("≤ " if row["over"] else "") + figure, sign + f"{row['aim']:g}" if row["aim"] is not None else "",
            "" if reached is None else "yes" if reached else "**no**", quality, memory]


def add(job, group, what, rows, threads, mine=None, peer=None, aim=None, quality="", figure=None, measure="ratio", note=""):
    """A row. mine, peer: Side or seconds; figure: where it is not their ratio."""
    side = lambda s: s.seconds if hasattr(s, "seconds") else s
    memory = lambda s: getattr(s, "memory", None)
    if figure is None:
        figure = side(mine) / side(peer)
    row = {"job": job, "group": group, "what": what, "rows": str(rows), "threads": threads, "ours": side(mine), "peer": side(peer),
           "peer_fit": getattr(peer, "fit", None), "over": bool(getattr(peer, "over", False)), "figure": figure, "measure": measure, "aim": aim,
           "quality": quality, "memory": [memory(mine), memory(peer)], "note": note,
           "date": datetime.date.today().isoformat()}
    told.append(row)
    print("  ".join(c for c in cells(row) if c) + (f"  ({note})" if note else ""), flush=True)
    keep(row)


def keep(row):
    """Merges one row into the file at once: a run that is broken off loses nothing."""
    kept = known()
    kept["rows"]["|".join((row["job"], row["what"], row["rows"], str(row["threads"])))] = row
    kept.update(machine=machine(), versions=versions())
    write(kept)


def spent(job, seconds):
    """What a job took as a whole, with its tables and both sides."""
    kept = known()
    kept.setdefault("spent", {})[job] = round(seconds, 1)
    write(kept)


def write(kept):
    os.makedirs(FOLDER, exist_ok=True)
    with open(path("results.json.new"), "w") as f:
        json.dump(kept, f, indent=1, ensure_ascii=False)
        f.write("\n")
    os.replace(path("results.json.new"), path("results.json"))


def markdown(kept):
    rows = list(kept["rows"].values())
    dates = sorted({r["date"] for r in rows})
    head = "| what | rows | threads | uprofile s | peer s | ratio | aim | met | quality, uprofile / peer | MB, uprofile / peer |\n" + "|---" * 10 + "|\n"
    text = [f"# Results of make bench\n\nMade by `make bench`, which README.md here explains; do not edit.\n\n- {kept['machine']}\n"
            f"- {kept['versions']}\n- {' to '.join(dict.fromkeys((dates[0], dates[-1])))}\n"]
    for group in GROUPS + sorted({r["group"] for r in rows} - set(GROUPS)):
        mine = [r for r in rows if r["group"] == group]
        if mine:
            text.append(f"\n## {group}\n\n" + head + "".join("| " + " | ".join(c.replace("|", "\\|") for c in cells(r)) + " |\n" for r in mine))
            notes = [f"- {r['what']}, {r['rows']}, {r['threads']}: {r['note']}\n" for r in mine if r["note"]]
            text.append("\n" + "".join(notes) if notes else "")
    judged = [r for r in rows if r["aim"] is not None]
    text.append(f"\n{sum(map(met, judged))} of {len(judged)} aims are met.\n")
    took = sorted(kept.get("spent", {}).items(), key=lambda s: -s[1])
    if took:
        text.append(f"\nThe jobs took {sum(s for _, s in took) / 60:.0f} minutes, with making their tables, each as it was run last; seconds: "
                    + ", ".join(f"{job} {s:.0f}" for job, s in took) + ".\n")
    return "".join(text)


def finish():
    """Prints all of this run as one table, and writes the markdown of all that is known."""
    if not told:
        return
    head = ["what", "rows", "threads", "uprofile s", "peer s", "ratio", "aim", "met", "quality", "MB"]
    table = [head] + [[c.replace("**", "") for c in cells(r)] for r in told]
    widths = [max(len(r[i]) for r in table) for i in range(10)]
    print()
    for r in table:
        print("  ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip())
    with open(path("results.md"), "w") as f:
        f.write(markdown(known()))
    print(f"\nwritten to {os.path.relpath(path('results.md'))}")
