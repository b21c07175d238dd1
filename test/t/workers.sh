#!/bin/bash
# Work shared out to parallel workers: the same bytes for any number of them; a caller that is cancelled, a worker that is ended or killed leave
# neither process, nor shared memory, nor file, and the session goes on.
. "$(dirname "$0")/common.bash"
. test/cluster
UP_SHARED_BUFFERS=32MB UP_POSTGRES_OPTIONS="-c max_worker_processes=16 -c max_parallel_workers=8 -c restart_after_crash=on -c log_statement=all -c log_min_messages=debug1" up_cluster_start ||
	{ fail "workers: set-up"; finish; }

sql() { PGOPTIONS="-c client_min_messages=error ${PGOPTIONS_MORE:-}" psql -qXAt -v ON_ERROR_STOP=1 "$@" 2>&1; }

# jobs: of each kind of work, how many jobs were shared out since mark_log.
jobs()
{
	tail -c "+$((log_at + 1))" "$up_dir/log" | awk -F "'" '
		/LOG:  statement: / { kind = /statement: SELECT \047/ ? $2 : "" }
		/DEBUG:  [0-9]+ jobs shared out/ && kind != "" { split($0, words, /DEBUG:  /); print kind "|" words[2] + 0 }'
}
# kinds_alone: the kinds of work (texts that statements since mark_log begin with) of which no job was shared out with workers that started.
mark_log() { log_at=$(stat -c %s "$up_dir/log"); }
kinds_alone()
{
	tail -c "+$((log_at + 1))" "$up_dir/log" | awk -F "'" '
		/LOG:  statement: / { kind = /statement: SELECT \047/ ? $2 : ""; if (kind != "" && !(kind in shared)) { kinds[++n] = kind; shared[kind] = 0 } }
		/DEBUG:  [0-9]+ jobs shared out/ { shared[kind]++ }
		END { for (i = 1; i <= n; i++) if (!shared[kinds[i]]) print kinds[i] }'
}

check "workers: set-up" "$(sql <<'S'
CREATE EXTENSION uprofile;
CREATE TABLE seen AS SELECT i % 997 AS who, (i * 7919 % 1009) * (i % 3 + 1) % 401 AS what FROM generate_series(1, 40000) i;
CREATE TABLE liked AS SELECT i % 499 AS who, (i * 7919 % 1009) * (i % 3 + 1) % 1201 AS what FROM generate_series(1, 200000) i;
CREATE TABLE points AS SELECT i AS id, sin(i) AS a, cos(i * 1.7) AS b, i % 89 AS c, sin(i) + cos(i * 1.7) * (i % 5) > 0.3 AS good
	FROM generate_series(1, 40000) i;
CREATE TABLE lots AS SELECT i AS id, sin(i) AS a, cos(i * 1.7) AS b, i % 89 AS c, sin(i) + cos(i * 1.7) * (i % 5) AS y FROM generate_series(1, 110000) i;
CREATE TABLE wide AS SELECT (SELECT array_agg(sin(i * j * 1.7)) FROM generate_series(1, 250) j) AS many, sin(i * 1.7) + cos(i) > 0.3 AS good
	FROM generate_series(1, 8000) i;
CREATE TABLE flat AS SELECT ARRAY(SELECT sin(v * k * 1e4) FROM unnest(many) AS v, generate_series(1, 5) AS k) AS x, good FROM (SELECT * FROM wide LIMIT 1800) AS w;
CREATE TABLE narrow AS SELECT array_append(many[1:19], sin(g * many[2])) AS x, floor(many[5] * 2.4) AS class FROM wide, generate_series(1, 3) g;
S
)"

# models WORKERS: digests of what is trained with so many, however little there is to do. A version's bytes follow the statement that made it.
models()
{
	PGOPTIONS_MORE="-c uprofile.processors=8 -c uprofile.max_workers=$1 -c uprofile.debug_workers=on -c max_parallel_workers_per_gather=0" sql <<'S'
SELECT 'als', count(*) FROM uprofile_train_recommender('who', 'seen', 'who', 'what', algorithm => 'als', params => '{"iterations": 10}', deploy => 'always');
SELECT md5(bytes) FROM uprofile_model_versions ORDER BY id DESC LIMIT 1;
SELECT 'similar users', md5(string_agg(similar_user || ' ' || score, ',' ORDER BY rank)) FROM uprofile_similar_users('who', 5, 1000);
SELECT 'item_knn', count(*) FROM uprofile_train_recommender('item_knn', 'liked', 'who', 'what', algorithm => 'item_knn', deploy => 'always', test_size => 0);
SELECT md5(bytes) FROM uprofile_model_versions ORDER BY id DESC LIMIT 1;
SELECT 'ease', count(*) FROM uprofile_train_recommender('ease', 'liked', 'who', 'what', algorithm => 'ease', deploy => 'always', test_size => 0);
SELECT md5(bytes) FROM uprofile_model_versions ORDER BY id DESC LIMIT 1;
SELECT 'measured', metrics FROM uprofile_train_recommender('measured', 'liked', 'who', 'what', algorithm => 'als', params => '{"iterations": 2}', deploy => 'always');
SELECT 'kmeans', md5(uprofile_kmeans(ARRAY[a, b, c], 12)) FROM points;
SELECT 'gmm', md5(uprofile_gmm(ARRAY[a, b, c], 4)) FROM points;
SELECT 'tree', md5(uprofile_tree(ARRAY[a, b, c], good)) FROM points;
SELECT 'tree, entropy', md5(uprofile_tree(p, 'good', '{"criterion": "entropy", "max_depth": 7}')) FROM (SELECT a, b, nullif(c, 7) AS c, 'k' || id % 30 AS k, good FROM points) AS p;
SELECT 'tree, ten classes', md5(uprofile_tree(p, 'ten', '{"class_weight": "balanced"}')) FROM (SELECT a, b, nullif(c, 7) AS c, 'k' || (c + id) % 10 AS ten FROM points) AS p;
SELECT 'tree, leaves', md5(uprofile_tree(ARRAY[a, b, c], good, '{"max_leaf_nodes": 50}')) FROM points;
SELECT 'tree, squared error', md5(uprofile_tree(p, 'y', '{"min_samples_leaf": 3}')) FROM (SELECT a, b, nullif(c, 7) AS c, sin(c) + a * b AS y FROM points) AS p;
SELECT 'tree, absolute error', md5(uprofile_tree(p, 'y', '{"criterion": "absolute_error"}')) FROM (SELECT a, b, nullif(c, 7) AS c, sin(c) + a * b AS y FROM points) AS p;
SELECT 'tree, absolute error, leaves', md5(uprofile_tree(ARRAY[a, b, c], sin(c) + a * b, '{"criterion": "absolute_error", "max_leaf_nodes": 50}')) FROM points;
SELECT 'one tree of a forest', md5(uprofile_forest(ARRAY[a, b, c], good, '{"n_estimators": 1, "max_features": null}')) FROM points;
SELECT 'forest', md5(uprofile_forest(ARRAY[a, b, c], good)) FROM points;
SELECT 'boost', md5(uprofile_boost(ARRAY[a, b, c], good, '{"n_estimators": 30}')) FROM points;
SELECT 'boost wide', md5(uprofile_boost(many, good, '{"n_estimators": 3}')) FROM wide;
SELECT 'svm', md5(uprofile_svm(ARRAY[a, b, c], good)) FROM points;
SELECT 'svm hinge', md5(uprofile_svm(ARRAY[a, b, c], good, '{"loss": "hinge", "probability": true}')) FROM points;
SELECT 'svm classes', md5(uprofile_svm(ARRAY[a, b, c], c % 4)) FROM points;
SELECT 'svm texts', md5(uprofile_svm(t, 'good', '{"probability": true}')) FROM (SELECT a + g * 0.1 AS a, b, good, 'k' || c % 40 AS k, 'm' || (c * 7 + id) % 30 AS m
	FROM points, generate_series(1, 2) g) AS t;
SELECT 'svm wide', md5(uprofile_svm(many, good)) FROM wide;
SELECT 'svm flat', md5(uprofile_svm(x, good)) FROM flat;
SELECT 'svr linear', md5(uprofile_svr(ARRAY[a + g * 0.1, b, c], sin(c) + a, '{"kernel": "linear"}')) FROM points, generate_series(1, 2) g;
SELECT 'svm rbf', md5(uprofile_svm(ARRAY[a, b, c], good, '{"kernel": "rbf"}')) FROM points WHERE id % 3 = 0;
SELECT 'svm rbf, probabilities', md5(uprofile_svm(ARRAY[a, b, c], good, '{"kernel": "rbf", "probability": true}')) FROM points WHERE id % 6 = 0;
SELECT 'svm rbf, classes', md5(uprofile_svm(ARRAY[a, b, c], c % 4, '{"kernel": "rbf"}')) FROM points WHERE id % 4 = 0;
SELECT 'svm sigmoid', md5(uprofile_svm(ARRAY[a, b, c], good, '{"kernel": "sigmoid", "max_iter": 1000}')) FROM points WHERE id % 4 = 0;
SELECT 'svm poly', md5(uprofile_svm(many, good, '{"kernel": "poly", "degree": 2, "max_iter": 1000}')) FROM wide;
SELECT 'one class', md5(uprofile_one_class(ARRAY[a, b, c], '{"nu": 0.1}')) FROM points WHERE id % 2 = 0;
SELECT 'svr', md5(uprofile_svr(ARRAY[a, b], c)) FROM points WHERE id % 4 = 0;
SELECT 'logistic', md5(uprofile_logistic(ARRAY[a, b, c], good)) FROM points;
SELECT 'logistic wide', md5(uprofile_logistic(many || many || many[1:100], good)) FROM wide;
SELECT 'logistic classes', md5(uprofile_logistic(many, floor(many[3] * 4))) FROM wide WHERE many[1] > 0;
SELECT 'logistic matrices', md5(uprofile_logistic(x, class)) FROM narrow;
SELECT 'mlp', md5(uprofile_mlp(ARRAY[a, b, c], good, '{"max_iter": 3, "batch_size": 1000}')) FROM points;
SELECT 'linear', md5(uprofile_linear(w, 'y')) FROM (SELECT many AS x, sin(many[3] * 9) AS y FROM wide) w;
SELECT 'pca', md5(uprofile_pca(w)) FROM (SELECT many FROM wide) w;
SELECT 'importance', md5(string_agg(i::text, ',')) FROM uprofile_importance((SELECT uprofile_forest(p, 'good', '{"n_estimators": 5}') FROM points p WHERE id % 4 = 0), 'points') i;
SELECT 'scored', count(*) FROM uprofile_train('scored', 'SELECT * FROM points WHERE id % 8 = 0', target => 'good', algorithm => 'svm', params => '{"kernel": "rbf"}', deploy => 'always');
SELECT md5(bytes) FROM uprofile_model_versions ORDER BY id DESC LIMIT 1;
SELECT 'named', metrics FROM uprofile_train('named', 'points', target => 'good', algorithm => 'svm', params => '{"exclude": ["id"], "probability": true}', deploy => 'always');
SELECT md5(bytes) FROM uprofile_model_versions ORDER BY id DESC LIMIT 1;
SELECT 'summed up', metrics FROM uprofile_train('summed', 'lots', target => 'y', algorithm => 'linear', key => 'id', deploy => 'always');
SELECT md5(bytes) FROM uprofile_model_versions ORDER BY id DESC LIMIT 1;
SELECT 'evaluated', md5(string_agg(e::text, ',')) FROM uprofile_evaluate('scored', 'points') e;
SELECT 'choose k', md5(string_agg(k::text, ',')) FROM uprofile_choose_k('SELECT a, b, c FROM points', 1, 4, '{"sample": 3000, "references": 2}') k;
SELECT 'correlation', md5(string_agg(c::text, ',')) FROM uprofile_correlation('SELECT a, b, c, nullif(c, 7) AS d, good, (c % 3)::text AS t FROM points') c;
SELECT 'describe', md5(string_agg(d::text, ',')) FROM uprofile_describe('SELECT p.*, c / 7 AS e, nullif(b, 0) AS f FROM points p, generate_series(1, 5)') d;
SELECT 'information', md5(string_agg(f::text, ',')) FROM uprofile_select_features('points', 'good', 'information_gain') f;
SELECT 'neighbours', md5(string_agg(f::text, ',')) FROM uprofile_select_features('points', 'good', 'mutual_info') f;
SELECT 'l1', md5(string_agg(f::text, ',')) FROM uprofile_select_features('points', 'good', 'l1') f;
SELECT 'permutation', md5(string_agg(f::text, ',')) FROM uprofile_select_features('points', 'good', 'permutation') f;
SELECT 'ranks', md5(string_agg(f::text, ',')) FROM uprofile_select_features('points', 'good', 'spearman') f;
SELECT 'leaks', md5(string_agg(l::text, ',')) FROM uprofile_leaks('SELECT *, good::int::text AS g FROM points', 'good') l;
SELECT 'clean', md5(string_agg(c::text, ',')) FROM uprofile_clean('SELECT md5(id::text) AS t FROM points', dry_run => true, rules => '[{"rule": "replace", "column": "t", "pattern": "[a-f]+", "with": "-"}]') c;
SELECT 'clean units', md5(string_agg(c::text, ',')) FROM uprofile_clean('SELECT id || CASE WHEN id % 3 = 0 THEN '' kg'' ELSE ''.5kg'' END AS t FROM points', dry_run => true, rules => '[{"rule": "type", "column": "t", "unit": "kg"}]') c;
SELECT 'clean rows', md5(string_agg(c::text, ',')) FROM uprofile_clean('SELECT id % 700 AS a, (id % 300)::text AS b FROM points', dry_run => true, rules => '[{"rule": "duplicates"}]') c;
SELECT 'mrmr', md5(string_agg(f::text, ',')) FROM uprofile_select_features('points', 'good', 'mrmr') f;
S
}
alone=$(models 0)
check_equal "workers: each kind of work is done" "$(grep -c '|' <<<"$alone")|$(grep -cE '^[0-9a-f]{32}$' <<<"$alone")" "57|6"
for n in 1 2 4; do
	mark_log
	check_equal "workers: the same bytes with $n" "$(models $n)" "$alone"
	# Whether rows to be evaluated are shared out, the clock decides.
	check_equal "workers: $n share each kind of work" "$(kinds_alone | grep -vx evaluated)" ""
	# Those that find bins are fewer than ten.
	check_equal "workers: $n share the nodes of each kind of tree" "$(jobs | awk -F '|' '$1 ~ /^(tree|one tree)/ && $2 < 10')" ""
done
mark_log
check_equal "workers: the same bytes where the server has none" "$(PGOPTIONS_MORE="-c uprofile.max_workers=4 -c uprofile.debug_workers=on -c max_parallel_workers=0" \
	sql -c "SELECT 'kmeans', md5(uprofile_kmeans(ARRAY[a, b, c], 12)) FROM points")|$(kinds_alone)" "$(grep ^kmeans <<<"$alone")|kmeans"
# described PROCESSES SETTING…: a table of numbers and texts by a plan of so many workers.
described="SELECT md5(string_agg(d::text, ',')) FROM uprofile_describe('SELECT *, nullif(b, 0) / (c - 7 + (c = 7)::int) AS d, ''k '' || c % 40 AS k,
	CASE WHEN c > 9 THEN (DATE ''2020-01-01'' + c)::text END AS t, repeat(''x'', c) || c % 3 AS long FROM points, generate_series(1, 5)') AS d"
described()
{
	PGOPTIONS_MORE="-c uprofile.processors=8 -c max_parallel_workers_per_gather=$1 -c min_parallel_table_scan_size=0 -c parallel_setup_cost=0 $2" \
		sql -c "${3:-$described}"
}
for more in "" "-c uprofile.max_memory=8MB"; do
	alone_described=$(described 0 "$more")
	next_counts
	for n in $counts; do
		check_equal "workers: rows that $n collect to be described ${more#-c }" "$(described $n "$more")" "$alone_described"
	done
	check_equal "workers: rows that only they collect ${more#-c }" "$(described 2 "$more -c parallel_leader_participation=off")" "$alone_described"
done
mark_log
check_equal "workers: rows that no more collect than there are processors beside the session's" \
	"$(described 4 "-c uprofile.processors=2") $(tail -c "+$((log_at + 1))" "$up_dir/log" | grep -c 'starting background worker process "parallel worker')" "$(described 0 "") 1"
check_equal "workers: more rows to be described than the planner foresaw" "$(sql -c "BEGIN" -c "UPDATE pg_class SET reltuples = 100 WHERE relname = 'points'" -c "SET LOCAL min_parallel_table_scan_size = 0" \
	-c "SET LOCAL parallel_setup_cost = 0" -c "SET LOCAL uprofile.max_memory = '8MB'" \
	-c "$described" -c ROLLBACK)" "$alone_described"
texts="SELECT md5(string_agg(d::text, ',')) FROM uprofile_describe('SELECT id::text AS u, c FROM points') AS d"
for more in "-c uprofile.max_memory=1GB" "-c uprofile.max_memory=8MB"; do
	check_equal "workers: more different texts than processes tell apart ${more#-c }" "$(described 2 "$more" "BEGIN; UPDATE pg_class SET reltuples = 100 WHERE relname = 'points'; $texts; ROLLBACK")" \
		"$(described 0 "$more" "$texts")"
done
check_equal "workers: in a plan that is parallel itself" "$(sql -c "DO \$\$ BEGIN PERFORM set_config(name, 'on', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query'); END \$\$" -c 'SET parallel_setup_cost = 0' -c 'SET min_parallel_table_scan_size = 0' \
	-c 'SET parallel_tuple_cost = 0' -c "SELECT 'forest', md5(uprofile_forest(ARRAY[a, b, c], good)) FROM points")" "$(grep ^forest <<<"$alone")"
check_equal "workers: in a statement that writes" "$(sql -c "CREATE TABLE kept AS SELECT uprofile_forest(ARRAY[a, b, c], good) AS model FROM points" \
	-c "SELECT 'forest', md5(model) FROM kept")" "$(grep ^forest <<<"$alone")"

# scores WORKERS: digests of predictions in blocks, with so many; and how many of the plans had workers.
scores()
{
	PGOPTIONS_MORE="-c uprofile.processors=8 -c uprofile.max_workers=$1" sql <<'S'
\set scored 'FROM points, scorers, generate_series(1, 2) AS g WHERE name ='
SELECT 'rbf', md5(string_agg(concat(id, g, uprofile_predict(m, ARRAY[a, b, c])), ',' ORDER BY id, g)) :scored 'rbf';
SELECT 'probabilities', md5(string_agg(concat(id, g, uprofile_predict_proba(m, ARRAY[a, b, c])), ',' ORDER BY id, g)) :scored 'rbf';
SELECT 'labels', md5(string_agg(concat(id, g, uprofile_predict_label(several, ARRAY[a, b, c])), ',' ORDER BY id, g)) :scored 'rbf';
SELECT 'most likely', md5(string_agg(concat(id, g, uprofile_predict_proba(several, ARRAY[a, b, c])), ',' ORDER BY id, g)) :scored 'rbf';
SELECT 'forest', md5(string_agg(concat(id, g, uprofile_predict_proba(m, ARRAY[a, b, c]), uprofile_predict(m, ARRAY[b, a, c])), ',' ORDER BY id, g)) :scored 'forest';
SELECT 'together', md5(string_agg(concat(id, g, uprofile_predict_label(several, ARRAY[a, b, c]), uprofile_predict_proba(several, ARRAY[a, b, c]), uprofile_predict_proba(several, ARRAY[a, b, c], '2')), ',' ORDER BY id, g)) :scored 'rbf';
SELECT 'both', md5(string_agg(concat(id, g, name, uprofile_predict_proba(m, ARRAY[a, b, c])), ',' ORDER BY id, g, name)) FROM points, scorers, generate_series(1, 2) AS g;
SELECT 'by name', md5(string_agg(concat(id, g, uprofile_predict_label('scored', p)), ',' ORDER BY id, g)) FROM points AS p, generate_series(1, 2) AS g;
CREATE TEMP TABLE made AS SELECT id, uprofile_predict_proba(m, ARRAY[a, b, c]) AS p :scored 'rbf';
INSERT INTO made SELECT id, uprofile_predict(m, ARRAY[a, c, b]) :scored 'rbf';
SELECT 'into a table', md5(string_agg(concat(id, p), ',' ORDER BY id, p)) FROM made;
\o |grep -c 'Processes: [2-9]'
EXPLAIN (ANALYZE, COSTS off) SELECT id, uprofile_predict(m, ARRAY[a, b, c]) :scored 'rbf';
EXPLAIN (ANALYZE, COSTS off) INSERT INTO made SELECT id, uprofile_predict(m, ARRAY[a, b, c]) :scored 'rbf';
S
}
sql <<'S'
CREATE TABLE scorers AS SELECT 'rbf' AS name, uprofile_svm(ARRAY[a, b, c], good, '{"kernel": "rbf", "probability": true}') AS m,
	uprofile_svm(ARRAY[a, b, c], c % 4, '{"kernel": "rbf", "probability": true}') AS several FROM points WHERE id % 20 = 0;
INSERT INTO scorers SELECT 'forest', uprofile_forest(ARRAY[a, b, c], good), NULL FROM points;
ANALYZE points, scorers;
S
alone_scored=$(scores 0)
check_equal "workers: each kind of prediction is made, by one process" "$(grep -c '|' <<<"$alone_scored")|$(tail -1 <<<"$alone_scored")" "9|0"
for n in 1 2 4; do
	# Whether workers start for a block of an INSERT alone, the clock decides: of the two plans at least one has them.
	check_equal "workers: the same predictions with $n, shared out" "$(scores $n | sed '$s/[12]/shared/')" "$(sed '$s/.*/shared/' <<<"$alone_scored")"
done

# merged WORKERS: a digest of predictions whose nodes are at work at the same time, each for as many rows as seem to make it worth while.
merged()
{
	PGOPTIONS_MORE="-c uprofile.processors=8 -c uprofile.max_workers=$1 -c enable_sort=off -c parallel_setup_cost=1e9" sql <<'S'
BEGIN;
UPDATE pg_class SET reltuples = 1e7 WHERE relname ~ '^part[0-9]+$';
\o |grep -c -e 'Merge Append' -e 'uprofile predict'
EXPLAIN SELECT id, uprofile_predict('scored', p) AS p FROM parts AS p ORDER BY id;
\o
SELECT md5(string_agg(concat(id, p), ',')) FROM (SELECT id, uprofile_predict('scored', p) AS p FROM parts AS p ORDER BY id OFFSET 0) AS s;
S
}
sql <<'S'
CREATE TABLE parts (LIKE points) PARTITION BY HASH (id);
SELECT format('CREATE TABLE part%s PARTITION OF parts FOR VALUES WITH (MODULUS 20, REMAINDER %1$s)', i) FROM generate_series(0, 19) AS i \gexec
INSERT INTO parts SELECT * FROM points WHERE id <= 12000;
CREATE INDEX ON parts (id);
ANALYZE parts;
S
alone_merged=$(merged 0)
check_equal "workers: as many nodes as there are partitions, below one that merges their rows" "$(head -1 <<<"$alone_merged")" 21
check_equal "workers: the same predictions, merged of more nodes than can have workers" "$(merged 2)" "$alone_merged"

# searches WORKERS: digests of tunings and cross-validations, and what they warn of, with so many. "kinds" has text labels, categories and gaps.
searches()
{
	PGOPTIONS_MORE="-c client_min_messages=warning -c uprofile.processors=8 -c uprofile.max_workers=$1 -c uprofile.debug_workers=on" sql <<'S'
\set trials 'md5(string_agg(concat(trial, params, mean, std, rank, pruned), \',\' ORDER BY trial))'
SELECT 'tune svm', :trials FROM uprofile_tune('fewer', 'good', 'svm', '{"C": [0.01, 0.1, 1, 10, 100, 3, 0.3, 30, 300, 0.03]}', key => 'id');
SELECT 'tune svm, two losses', :trials FROM uprofile_tune('kinds', 'kind', 'svm', '{"C": [0.1, 1], "loss": ["hinge", "squared_hinge"], "fit_intercept": [true, false]}', key => 'id', folds => 3);
SELECT 'tune svm rbf', :trials FROM uprofile_tune('SELECT * FROM kinds WHERE id % 2 = 0', 'kind', 'svm', '{"C": [0.1, 1, 10], "kernel": ["rbf"], "probability": [true]}', folds => 3, seed => 5);
SELECT 'tune logistic', :trials FROM uprofile_tune('fewer', 'good', 'logistic', '{"C": [0.01, 0.1, 1, 10, 100, 3, 0.3, 30, 300, 0.03, 0.003, 1000, 5000], "fit_intercept": [true, false]}', key => 'id');
SELECT 'tune logistic, ways', :trials FROM uprofile_tune('kinds', 'good', 'logistic', '{"C": [0.1, 10, 1], "scale": ["none", "zscore"], "select": [null, {"method": "anova_f", "k": 2}], "penalty": ["l1", "l2"]}', key => 'id');
SELECT 'halving', :trials FROM uprofile_tune('points', 'good', 'logistic', '{"C": {"log_uniform": [0.001, 1000]}, "class_weight": [null, "balanced"]}', 'halving', key => 'id', seed => 7);
SELECT 'hyperband', :trials FROM uprofile_tune('kinds', 'good', 'boost', '{"n_estimators": {"integer": [5, 30]}, "learning_rate": {"log_uniform": [0.01, 1]}}', 'hyperband', max_trials => 20, seed => 7, folds => 3);
SELECT 'tune boost', :trials FROM uprofile_tune('fewer', 'good', 'boost', '{"n_estimators": [5, 15, 10], "learning_rate": [0.1, 0.3], "subsample": [1, 0.5]}', key => 'id');
SELECT 'tune forest', :trials FROM uprofile_tune('kinds', 'kind', 'forest', '{"n_estimators": [5, 9], "max_depth": [3, null]}', key => 'id');
SELECT 'tune tpe', :trials FROM uprofile_tune('points', 'good', 'logistic', '{"C": {"log_uniform": [0.001, 1000]}}', 'tpe', max_trials => 6, folds => 3);
SELECT 'tune, repeated', :trials FROM uprofile_tune('kinds', 'good', 'svm', '{"C": [0.01, 0.1, 1, 10, 100]}', split => '{"method": "stratified", "folds": 3, "repeats": 2}');
SELECT 'tune wide', :trials FROM uprofile_tune('SELECT * FROM wide WHERE many[1] > 0.5', 'good', 'svm', '{"C": [0.01, 0.02, 0.1, 1]}', folds => 3);
SELECT 'calibrated', :trials FROM uprofile_tune('kinds', 'good', 'svm', '{"C": [0.01, 1, 2, 3], "calibrate": ["sigmoid"], "cv": [3]}', metric => 'log_loss', key => 'shop', folds => 3);
SELECT 'warnings', :trials FROM uprofile_tune('points', 'good', 'logistic', '{"C": [1, 10, 100, 5, 0.01, 0.1], "max_iter": [1]}', key => 'id', folds => 3);
SELECT 'cross-validate ' || a, md5(string_agg(concat(fold, metric, value), ',' ORDER BY fold, metric)) FROM (VALUES ('svm', '{"probability": true}'), ('forest', '{"n_estimators": 9}'),
	('boost', '{"n_estimators": 9}'), ('mlp', '{"max_iter": 3}'), ('bayes', '{}')) v (a, p), LATERAL uprofile_cross_validate('kinds', 'kind', a, params => p::jsonb, key => 'id', seed => 3) GROUP BY a ORDER BY a;
SELECT 'tuned', version FROM uprofile_train('tuned', 'kinds', target => 'good', algorithm => 'logistic', key => 'id', tune => '{"search": {"C": [0.1, 1, 10, 100]}}', deploy => 'always');
SELECT md5(bytes) FROM uprofile_model_versions ORDER BY id DESC LIMIT 1;
SELECT uprofile_drop_model('tuned') IS NULL;
S
}
sql -c "CREATE TABLE kinds AS SELECT i AS id, i % 700 AS shop, sin(i) AS a, CASE WHEN i % 13 > 0 THEN cos(i * 1.7) END AS b, i % 89 AS c, (array['x', 'y', 'z', 'w'])[i % 4 + 1] AS t,
	sin(i) + cos(i * 1.7) * (i % 5) > 0.3 AS good, (array['low', 'middle', 'high'])[1 + (i * 7919 % 101 + i % 5) % 3] AS kind FROM generate_series(1, 4000) i" \
	-c "CREATE VIEW fewer AS SELECT * FROM points WHERE id % 4 = 0"
alone_searched=$(searches 0)
check_equal "workers: each kind of search is done" "$(grep -c '|' <<<"$alone_searched")|$(grep -c ^WARNING <<<"$alone_searched")" "20|23"
for n in 1 2 4; do
	mark_log
	check_equal "workers: the same scores and warnings with $n" "$(searches $n)" "$alone_searched"
	check "workers: $n share each kind of search" "$(kinds_alone)"
done

# failed WORKERS: what tunings say of which some trials fail.
failed()
{
	PGOPTIONS_MORE="-c uprofile.processors=8 -c uprofile.max_workers=$1" sql -v ON_ERROR_STOP=0 <<'S'
BEGIN;
SAVEPOINT s;
SELECT count(*) FROM uprofile_tune('kinds', 'good', 'logistic', '{"C": [0.01, 0.1, 3, 4, 5], "exclude": [[], ["a"], ["a", "b", "c", "t", "kind", "shop", "id"]]}', 'random', max_trials => 15, seed => 3);
ROLLBACK TO s;
SELECT count(*) FROM uprofile_tune('SELECT * FROM wide WHERE many[1] > 0.5', 'good', 'svm', '{"C": [0.01, 0.1, 3, 4, 5, 6, 7], "exclude": [[], ["many"]]}', folds => 4);
ROLLBACK TO s;
SELECT count(*) FROM uprofile_cross_validate('wide', 'good', 'svm', params => '{"exclude": ["many"]}');
ROLLBACK;
SELECT count(*) FROM uprofile_tune('points', 'good', 'svm', '{"C": [0.1, 1, 10]}');
S
}
alone_failed=$(failed 0)
check_equal "workers: a trial that fails is named, with its fold" "$(grep -E '^(ERROR|CONTEXT|[0-9])' <<<"$alone_failed")" \
"ERROR:  no column is left to learn from
CONTEXT:  trial 2, fold 1: {\"C\": 4, \"exclude\": [\"a\", \"b\", \"c\", \"t\", \"kind\", \"shop\", \"id\"]}
ERROR:  no column is left to learn from
CONTEXT:  trial 8, fold 1: {\"C\": 0.01, \"exclude\": [\"many\"]}
ERROR:  no column is left to learn from
CONTEXT:  fold 1
3"
for n in 1 4; do
	check_equal "workers: the same failure with $n" "$(failed $n)" "$alone_failed"
done

# sources WORKERS: of plain tables, whose workers begin while they are read, and of what writes, or goes back, as it is read; one table fails in its last row.
sources()
{
	PGOPTIONS_MORE="-c uprofile.processors=8 -c uprofile.max_workers=$1 -c uprofile.debug_workers=on" sql -v ON_ERROR_STOP=0 <<'S'
\set tune 'uprofile_tune(source, \'good\', \'svm\', (SELECT jsonb_build_object(\'C\', jsonb_agg(0.002 * i)) FROM generate_series(1, 8) i), folds => 2)'
SELECT source, count(*), max(mean) FROM (VALUES ('points'), ('SELECT writes(a) AS a, b, c, good FROM points'), ('SELECT goes_back(a) AS a, b, c, good FROM points')) v (source), LATERAL :tune GROUP BY 1 ORDER BY 1;
SELECT 'written', count(*) FROM written;
TRUNCATE written;
BEGIN;
SAVEPOINT s;
SELECT count(*) FROM (VALUES ('infinite')) v (source), LATERAL :tune;
ROLLBACK TO s;
INSERT INTO written SELECT count(*) FROM (VALUES ('points')) v (source), LATERAL :tune;
SELECT * FROM written;
ROLLBACK;
S
}
sql <<'S'
CREATE TABLE infinite AS TABLE points;
INSERT INTO infinite SELECT 0, 'Infinity', 0, 0, true;
CREATE TABLE written (n bigint);
CREATE FUNCTION writes(x float8) RETURNS float8 LANGUAGE plpgsql AS 'BEGIN IF x > 0.999 THEN INSERT INTO written VALUES (1); END IF; RETURN x; END';
CREATE FUNCTION goes_back(x float8) RETURNS float8 LANGUAGE plpgsql PARALLEL SAFE AS 'BEGIN RETURN x / 1; EXCEPTION WHEN OTHERS THEN RETURN 0; END';
S
alone_sources=$(sources 0)
check_equal "workers: what is read may write and go back, and a row that cannot be read ends a tuning" "$(sed -nE 's/\|[0-9.]*$//; /^(ERROR|SELECT|points|written|[0-9])/p' <<<"$alone_sources")" \
"SELECT goes_back(a) AS a, b, c, good FROM points|8
SELECT writes(a) AS a, b, c, good FROM points|8
points|8
written
ERROR:  column \"a\" has the value Infinity
8"
for n in 1 4; do
	check_equal "workers: the same of what is read with $n" "$(sources $n)" "$alone_sources"
done
check "workers: none is left of a tuning whose source cannot be read" "$(sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'parallel worker'")"

als="SELECT count(*) FROM uprofile_train_recommender('endless', 'seen', 'who', 'what', algorithm => 'als', params => '{\"iterations\": 10000, \"factors\": 256}')"

kernels="SELECT length(uprofile_svm(ARRAY[a, b, c, sin(id * 7.7)], sin(id * 3.3) > 0, '{\"kernel\": \"rbf\", \"C\": 1000000, \"gamma\": 1}')) FROM points"

# begin MEMORY STATEMENT SEGMENTS: an endless training in a session of its own, that says what became of it and trains again. Its worker, and what shared memory it maps.
begin()
{
	local before

	before=$(ls /dev/shm)
	sql -v ON_ERROR_STOP=0 -c "SET uprofile.max_workers = 4" -c "SET uprofile.processors = 2" -c "SET uprofile.max_memory = '$1'" -c "BEGIN" -c "SAVEPOINT s" -c "$2" -c "ROLLBACK TO s" \
		-c "SELECT 'goes on', $again" -c "COMMIT" >"$up_dir/said" &
	session=$!
	worker=
	for _ in $(seq 200); do
		worker=$(sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'parallel worker' AND leader_pid IS NOT NULL LIMIT 1")
		segments=$(sed -n 's|.* /dev/shm/\(PostgreSQL[.0-9]*\).*|\1|p' "/proc/${worker:-none}/maps" 2>/dev/null | sort -u | grep -vxF "$before")
		[ -n "$worker" ] && [ "$(wc -l <<<"$segments")" -ge "$3" ] && break
		sleep 0.05
	done
	leader=$(sql -c "SELECT leader_pid FROM pg_stat_activity WHERE pid = ${worker:-0}")
}

# left: workers, segments and temporary files that are still there.
left()
{
	local s

	sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'parallel worker'"
	for s in $segments; do
		[ ! -e "/dev/shm/$s" ] || echo "$s"
	done
	find "$up_dir" -path '*pgsql_tmp*' -type f
}
# A training for which workers start again.
again="md5(uprofile_forest(ARRAY[a, b, c], good, '{\"n_estimators\": 25}')) FROM points"
goes_on="goes on|$(PGOPTIONS_MORE="-c uprofile.max_workers=0" sql -c "SELECT $again")"

# is_cancelled WHAT: the caller is, after one worker was seen at work.
is_cancelled()
{
	check "workers: one works on $1" "$([ -n "$worker" ] || echo none)"
	sql -c "SELECT pg_cancel_backend($leader)" >/dev/null
	wait $session
	check_equal "workers: $1 is cancelled, and its session goes on" "$(grep -E '^(ERROR|goes on)' "$up_dir/said")" "ERROR:  canceling statement due to user request
$goes_on"
	check "workers: nothing is left of $1" "$(left)"
}

# loses_worker WHAT: one is ended. What workers of a tuning warned of before stands before its error.
loses_worker()
{
	sql -c "SELECT pg_terminate_backend($worker)" >/dev/null
	wait $session
	check_equal "workers: one of $1 is ended: its error is the caller's, who goes on" "$(grep -E '^(ERROR|goes on)' "$up_dir/said" | tail -2)" \
		"ERROR:  terminating background worker \"parallel worker\" due to administrator command
$goes_on"
	check "workers: nothing is left of $1, one of whose workers was ended" "$(left)"
}

# restarts_without WHAT: a worker is killed, and with it the server's other processes.
restarts_without()
{
	kill -9 "$worker"
	wait $session
	up_cluster_await
	check_equal "workers: one of $1 is killed: the server starts anew" "$(sql -c "SELECT $again")" "${goes_on#*|}"
	check "workers: nothing is left of $1, one of whose workers was killed" "$(left)"
}

# Files come and go with the steps of a training: none at one moment says nothing yet.
on_files()
{
	for _ in $(seq 200); do
		! find "$up_dir" -path '*pgsql_tmp*' -type f -size +200k 2>/dev/null | grep -q . || return
		sleep 0.05
	done
	echo none
}

tuning="SELECT count(*) FROM uprofile_tune('wide', 'good', 'mlp', '{\"alpha\": {\"log_uniform\": [0.001, 1]}, \"max_iter\": [1000000], \"tol\": [0], \"n_iter_no_change\": [1000000]}', max_trials => 40)"
predicting="SELECT sum(uprofile_predict(m, ARRAY[a, b, c])) FROM points, scorers, generate_series(1, 100000) WHERE name = 'rbf'"
cleaning="SELECT count(*) FROM uprofile_clean('SELECT md5((id + g * 100000)::text) AS t FROM points, generate_series(1, 10) AS g', dry_run => true, rules => ('[' || repeat('{\"rule\": \"match\", \"column\": \"t\", \"pattern\": \"^[[:alnum:]]+\$\"},', 1000) || '{\"rule\": \"trim\"}]')::jsonb)"

begin 1GB "$als" 4
check_equal "workers: no more than there are processors beside the session's" \
	"$(sql -c "SELECT count(*) FROM pg_stat_activity WHERE leader_pid = $leader AND pid <> leader_pid")" 1
is_cancelled "a long training"
begin 1GB "$kernels" 2
is_cancelled "a kernel machine"
begin 1GB "$tuning" 4
is_cancelled "a long tuning"
begin 1GB "$predicting" 2
is_cancelled "a statement of predictions"
begin 1GB "$cleaning" 2
is_cancelled "a cleaning"

begin 1GB "$tuning" 4
loses_worker "a tuning"
begin 1GB "$als" 4
loses_worker "a training"
begin 1GB "$predicting" 2
loses_worker "a statement of predictions"
begin 1GB "$cleaning" 2
loses_worker "a cleaning"

begin 1GB "$tuning" 4
restarts_without "a tuning"
begin 1GB "$cleaning" 2
restarts_without "a cleaning"
begin 3MB "$als" 4
check "workers: beyond the memory setting they work on files" "$(on_files)"
restarts_without "a training on files"
finish
