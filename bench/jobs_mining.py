"""Frequent item sets."""
import glob
import gzip
import os

from common import REPEAT, median, psql, report, timed_sql


def itemsets():
    folder = os.environ.get("UPROFILE_DATA")
    if not folder:
        print("skip itemsets: UPROFILE_DATA is not set")
        return
    for name, support, aim in (("fimi_t10i4d100k", 100, 0.5), ("fimi_mushroom", 1200, 0.15)):
        path = [f for f in glob.glob(os.path.join(folder, name, "*")) if "README" not in f][0]
        text = (gzip.open if path.endswith(".gz") else open)(path, "rt").read()
        psql("DROP TABLE IF EXISTS b; CREATE TABLE b (basket integer, item integer)")
        lines = text.strip().split("\n")
        if "," in lines[0]:
            rows = "\n".join(line.replace(",", "\t") for line in lines[1:]) + "\n"
        else:
            rows = "".join(f"{i}\t{item}\n" for i, line in enumerate(lines) for item in line.split())
        psql("COPY b FROM STDIN", rows)
        psql("VACUUM ANALYZE b")
        peer = (f"SELECT count(*) FROM (SELECT one.item, other.item FROM b AS one JOIN b AS other USING (basket) "
                f"WHERE one.item < other.item GROUP BY 1, 2 HAVING count(*) >= {support}) AS pairs")
        mine, peers = [], []
        for _ in range(REPEAT):
            seconds, out = timed_sql(f"SELECT count(*) FROM uprofile_itemsets('b', 'basket', 'item', {support}, "
                                     f"max_itemsets => 10000000)")
            mine.append(seconds)
            seconds, pairs = timed_sql(peer)
            peers.append(seconds)
        report(f"{name} >= {support}", median(mine), None, median(peers), aim,
               f"{out.strip()} item sets; the self-join counts {pairs.strip()} pairs", absolute=True)


JOBS = {"itemsets": itemsets}
