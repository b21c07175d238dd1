"""Numbers of frequent item sets against those of the FIMI'04 workshop, and of Online Retail's invoices."""
import glob
import gzip
import os
import subprocess
import sys

folder = os.environ.get("UPROFILE_DATA")
if not folder:
    print("skip mining: UPROFILE_DATA is not set")
    sys.exit(0)
failed = False


def psql(sql, stdin=None):
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", sql], input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        print("FAIL mining: " + done.stderr.strip())
        sys.exit(1)
    return done.stdout.strip()


def check(name, got, want):
    global failed
    failed = failed or got != want
    print(("ok" if got == want else "FAIL") + f" mining: {name}: {got}, expected {want}", flush=True)


for name, known in (("fimi_mushroom", {2000: 6623, 1500: 56693, 1000: 123277, 800: 576309}),
                    ("fimi_t10i4d100k", {1000: 385, 900: 421, 800: 494, 700: 603, 100: 27532})):
    path = [f for f in glob.glob(os.path.join(folder, name, "*")) if "README" not in f][0]
    lines = (gzip.open if path.endswith(".gz") else open)(path, "rt").read().strip().split("\n")
    psql("DROP TABLE IF EXISTS b; CREATE TABLE b (basket integer, item integer)")
    if "," in lines[0]:
        rows = "\n".join(line.replace(",", "\t") for line in lines[1:]) + "\n"
    else:
        rows = "".join(f"{i}\t{item}\n" for i, line in enumerate(lines) for item in line.split())
    psql("COPY b FROM STDIN", rows)
    for support, number in known.items():
        got = int(psql(f"SELECT count(*) FROM uprofile_itemsets('b', 'basket', 'item', {support}, max_itemsets => 10000000)"))
        check(f"{name} >= {support}", got, number)
got = psql("SELECT count(*) || ' ' || bool_and(count >= 1000) FROM uprofile_itemsets('b', 'basket', 'item', 0.01)")
check("T10I4D100K, support as a share", got, "385 true")

path = glob.glob(os.path.join(folder, "online_retail", "*.csv.gz"))[0]
psql("""CREATE TABLE o (invoice text, item text, description text, quantity int, at timestamp, price float8, customer float8,
     country text)""")
psql("COPY o FROM STDIN WITH (FORMAT csv, HEADER)", gzip.open(path, "rt", encoding="utf-8").read())
for support, number in ((371, 251), (186, 1031)):
    got = int(psql("SELECT count(*) FROM uprofile_itemsets('SELECT invoice, item FROM o WHERE customer IS NOT NULL AND quantity > 0 "
                   f"AND price > 0', 'invoice', 'item', {support})"))
    check(f"Online Retail >= {support}", got, number)
sys.exit(failed)
