"""Trees, forests and boosting: trained from a table and stored."""
import math

from common import QUICK, Mixture, auc, both, columns, load, ours, peer_auc, race, read, repeat, results, rows_name, rows_table, size

DEPTH_SIX = '"max_depth": 6, "max_leaf_nodes": null, "min_samples_leaf": 1, "l2_regularization": 1, "learning_rate": 0.3'


def stored(model, expression, source):
    return {"statement": f"CREATE TABLE {model} AS SELECT {expression} AS m FROM {source}", "before": f"DROP TABLE IF EXISTS {model}"}


def peer_boost(clock, threads, table, fresh, rounds, width, package="xgboost"):
    if package == "xgboost":
        from xgboost import XGBClassifier
        model = XGBClassifier(n_estimators=rounds, max_depth=6, learning_rate=0.3, tree_method="hist", n_jobs=threads)
    else:
        from lightgbm import LGBMClassifier
        model = LGBMClassifier(n_estimators=rounds, max_depth=6, num_leaves=64, learning_rate=0.3, n_jobs=threads)
    clock.start()
    d = read(table, width + 1)
    clock.fitting()
    model.fit(d[:, :width], d[:, width])
    clock.fitted()
    clock.store(model)
    clock.stop()
    if width == 20:
        return peer_auc(model, fresh)
    from sklearn.metrics import roc_auc_score
    d = read(fresh, width + 1)
    return f"{roc_auc_score(d[:, width], model.predict_proba(d[:, :width])[:, 1]):.4f}"


def boost_against(job, table, fresh, rows, rounds, width, aim, quality_sql):
    import importlib.util
    params = f'{{"n_estimators": {rounds}, {DEPTH_SIX}}}'
    packages = [p for p in ("xgboost", "lightgbm") if importlib.util.find_spec(p)]
    for package in packages:
        race(job, "Boosting", f"boosting, {rounds} rounds of depth 6 ÷ {'XGBoost hist' if package == 'xgboost' else 'LightGBM'}", rows,
             peer=peer_boost, aim=aim, quality=both("AUC, fresh rows:"), after=quality_sql,
             **stored("boosted", f"uprofile_boost({columns(width)}, y, '{params}')", table),
             table=table, fresh=fresh, rounds=rounds, width=width, package=package)


def boost_rows(job, n, aim):
    n = size(n)
    fresh = rows_table(size(100000), True)
    boost_against(job, rows_table(n), fresh, rows_name(n), 100, 20, aim, auc(fresh, "boosted"))


def boost_1m():
    boost_rows("boost_1m", 1000000, 0.5)


def boost():
    boost_rows("boost", 100000, 0.4)


def boost_wide():
    n, d = size(20000, 1000), 100 if QUICK else 1000
    x, y = Mixture(d, 20, 4, 3).rows(n + n // 5)
    load("wide", x[:n], y[:n])
    load("wide_fresh", x[n:], y[n:])
    boost_against("boost_wide", "wide", "wide_fresh", rows_name(n, d), 20, d, 0.5,
                  f"SELECT round(uprofile_auc(y, uprofile_predict_proba(m, {columns(d)}))::numeric, 4) FROM wide_fresh, boosted")


def peer_trees(clock, threads, table, fresh, trees):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.tree import DecisionTreeClassifier
    clock.start()
    d = read(table, 21)
    clock.fitting()
    model = RandomForestClassifier(trees, n_jobs=threads, random_state=0) if trees > 1 else DecisionTreeClassifier(random_state=0)
    model.fit(d[:, :20], d[:, 20])
    clock.fitted()
    clock.store(model)
    clock.stop()
    return peer_auc(model, fresh)


def trees_race(job, what, expression, n, trees, aim, threads):
    n = size(n)
    fresh = rows_table(size(100000), True)
    table = rows_table(n)
    race(job, "Forests and trees", what, rows_name(n), peer=peer_trees, aim=aim, quality=both("AUC, fresh rows:"), after=auc(fresh, "grown"),
         threads=threads, **stored("grown", expression, table), table=table, fresh=fresh, trees=trees)


def tree():
    trees_race("tree", "a tree ÷ DecisionTreeClassifier", f"uprofile_tree({columns(20)}, y)", 100000, 1, 0.12, (1,))


def forest():
    trees_race("forest", "forest of 100 trees ÷ RandomForestClassifier", f"uprofile_forest({columns(20)}, y)", 100000, 100, 0.06, (1, 2))


def forest_1m():
    trees_race("forest_1m", "forest of 10 trees ÷ RandomForestClassifier", f"uprofile_forest({columns(20)}, y, '{{\"n_estimators\": 10}}')", 1000000, 10, None,
               (1, 2))


def forest_growth():
    """Seconds of ten trees of 100,000 and of 5,000,000 rows: the exponent between them."""
    few, many = size(100000), size(5000000)
    sides = []
    for n in (few, many):
        sides.append(repeat(lambda: ours(f"CREATE TABLE grown AS SELECT uprofile_forest({columns(20)}, y, '{{\"n_estimators\": 10}}') AS m "
                                         f"FROM {rows_table(n)}", 1, "DROP TABLE IF EXISTS grown")))
    exponent = math.log(sides[1].seconds / sides[0].seconds) / math.log(many / few)
    results.add("forest_growth", "Growth", "forest of 10 trees", f"{few:,} → {many:,}", 1, sides[1], None, 1.1, figure=exponent,
                measure="exponent", note=f"{sides[0].seconds:.2f} s → {sides[1].seconds:.2f} s")


JOBS = {"boost_1m": boost_1m, "boost": boost, "boost_wide": boost_wide, "tree": tree, "forest": forest, "forest_1m": forest_1m, "forest_growth": forest_growth}
