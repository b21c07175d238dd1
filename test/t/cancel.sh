#!/bin/bash
# Long work can be cancelled: what has worked for a while ends within 100 ms more of the processor, its workers too, and leaves nothing.
# UP_LONG=1 (make test-long): two more that are cancelled after ever more work, and all of them more often.
. "$(dirname "$0")/common.bash"
scratch_database cancel
psql -qX -v ON_ERROR_STOP=1 <<'SQL' || fail "cancel: set-up"
CREATE EXTENSION uprofile;
CREATE TABLE points AS
SELECT i AS id, ARRAY(SELECT ((hashint8(i * 31 + j) & 1023) / 512.0 - 1)::float8 FROM generate_series(1, 12) j) AS x,
       (hashint8(i) & 1) = 1 AS label
FROM generate_series(1, 20000) i;
CREATE TABLE wide AS SELECT id, x[1] AS a, x[2] AS b, x[3] AS c, x[4] AS d, label FROM points;
CREATE TABLE baskets AS
SELECT b AS basket, 'item ' || i AS item FROM generate_series(1, 3000) b, generate_series(1, 120) i
WHERE (hashint8(b * 1000 + i) & 15) < 11;
VACUUM ANALYZE points, wide, baskets;
SQL

# cancelled NAME STATEMENT: the best of three, as what is done at once is sometimes a new page of memory or a wait.
cancelled()
{
	local output over best=100000 i

	for i in 1 2 3; do
		run_cancelled 100 "$2"
		if ! grep -q 'canceling statement due to user request' <<<"$output"; then
			fail "cancel: $1" "$output"
			return
		fi
		[ "$over" -ge "$best" ] || best=$over
		[ "$best" -gt 100 ] || break
	done
	if [ "$best" -le 100 ]; then ok "cancel: $1"; else fail "cancel: $1" "it took $best ms of the processor more"; fi
}

cancelled "k-means" "SELECT uprofile_kmeans(x, 200, '{\"n_init\": 1000, \"max_iter\": 1000, \"tol\": 0}') FROM points"
cancelled "neural network" "SELECT uprofile_mlp(x, label, '{\"max_iter\": 100000, \"tol\": 0, \"n_iter_no_change\": 100000,
	\"hidden_layer_sizes\": [100, 100]}') FROM points"
cancelled "linear SVM with probabilities, again and again" "SELECT count(m) FROM generate_series(1, 1000) g, LATERAL (
	SELECT uprofile_svm(x, label, '{\"loss\": \"hinge\", \"tol\": 1e-10, \"max_iter\": 1000000, \"probability\": true}') AS m
	FROM points WHERE g > 0) s"
cancelled "item sets" "SELECT count(*) FROM uprofile_itemsets('baskets', 'basket', 'item', 2)"
cancelled "sequences" "SELECT count(*) FROM uprofile_sequences('SELECT *, hashtext(item) AS at FROM baskets', 'basket', 'at', 'item', 2, max_len => 0)"
cancelled "item sets by FP-growth" "SELECT count(*) FROM uprofile_itemsets('baskets', 'basket', 'item', 2, method => 'fpgrowth')"
cancelled "maximal item sets" "SELECT count(*) FROM uprofile_itemsets('baskets', 'basket', 'item', 100, target => 'maximal')"
cancelled "generators" "SELECT count(*) FROM uprofile_itemsets('baskets', 'basket', 'item', 100, target => 'generators')"
cancelled "training with a name" "SELECT uprofile_train('long', 'wide', target => 'label', algorithm => 'mlp',
	params => '{\"max_iter\": 1000000, \"tol\": 0, \"n_iter_no_change\": 1000000, \"hidden_layer_sizes\": [200, 200]}')"
cancelled "cross-validation" "SELECT count(*) FROM uprofile_cross_validate('wide', 'label', 'boost', '{\"n_estimators\": 1000}', folds => 100)"
cancelled "tuning of boosting" "SELECT count(*) FROM uprofile_tune('wide', 'label', 'boost', '{\"n_estimators\": [2000, 3000], \"max_depth\": [3, 6]}')"
cancelled "tuning of logistic regression" "SELECT count(*) FROM uprofile_tune('wide', 'label', 'logistic', '{\"C\": {\"log_uniform\": [0.001, 1000]}}', 'random', max_trials => 10000)"
cancelled "tuning within a training" "SELECT uprofile_train('long', 'wide', target => 'label', algorithm => 'svm', tune => '{\"search\": {\"C\":
	{\"log_uniform\": [0.001, 1000]}}, \"method\": \"tpe\", \"max_trials\": 10000}')"
psql -qX -v ON_ERROR_STOP=1 -c "CREATE TABLE much AS SELECT i AS id, i % 1000 * random() AS a, random() AS b, 'text ' || i % 5000 AS t,
	random() < 0.5 AS y FROM generate_series(1, 600000) AS i"
cancelled "describe" "SELECT * FROM uprofile_describe('SELECT m.* FROM much AS m, generate_series(1, 8)', 'y')"
cancelled "correlation" "SELECT * FROM uprofile_correlation('SELECT m.* FROM much AS m, generate_series(1, 8)')"
cancelled "feature selection" "SELECT * FROM uprofile_select_features('SELECT m.* FROM much AS m, generate_series(1, 8)', 'y', 'mrmr')"
cancelled "mutual information by neighbours" "SELECT * FROM uprofile_select_features('SELECT a, b FROM much LIMIT 90000', 'b', 'mutual_info')"
cancelled "normalize" "SELECT * FROM uprofile_normalize('much', 'normal', method => 'yeo_johnson')"
cancelled "normalize, while it writes" "SELECT * FROM uprofile_normalize('SELECT m.* FROM much AS m, generate_series(1, 5)', 'normal')"
cancelled "tree" "SELECT uprofile_tree(m, 'y') FROM much AS m, generate_series(1, 2)"
cancelled "random forest" "SELECT uprofile_forest(x, label, '{\"n_estimators\": 1000}') FROM points"
cancelled "boosting" "SELECT uprofile_boost(x, label, '{\"n_estimators\": 10000}') FROM points"
cancelled "tree by absolute error" "SELECT uprofile_tree(x, x[1] + x[2], '{\"criterion\": \"absolute_error\", \"task\": \"regression\"}') FROM points, generate_series(1, 4)"
cancelled "kernel machine" "SELECT uprofile_svm(x, label, '{\"kernel\": \"rbf\", \"tol\": 1e-9, \"C\": 100000}') FROM points"
cancelled "support vector regression" "SELECT uprofile_svr(x, x[1], '{\"epsilon\": 0, \"tol\": 1e-9, \"C\": 1000}') FROM points"
cancelled "one-class machine" "SELECT uprofile_one_class(x, '{\"tol\": 1e-9}') FROM points, generate_series(1, 2)"
cancelled "linear regression" "SELECT uprofile_linear(x || x || x, x[1]) FROM points, generate_series(1, 60)"
cancelled "principal components" "SELECT uprofile_pca(x || x || x) FROM points, generate_series(1, 60)"
cancelled "principal components of many columns" "SELECT uprofile_pca(ARRAY(SELECT sin(i * j) FROM generate_series(1, 2500) AS j)) FROM generate_series(1, 30) AS i"
cancelled "logistic regression" "SELECT uprofile_logistic(x, label, '{\"penalty\": \"none\", \"tol\": 1e-300, \"max_iter\": 1000000}') FROM points, generate_series(1, 20)"
cancelled "an update" "SELECT uprofile_update(m, x, label, '{\"n_estimators\": 5000}') FROM points, (SELECT uprofile_forest(x, label, '{\"n_estimators\": 1}') AS m FROM points) AS f"
cancelled "linear regression of whole rows" "SELECT uprofile_linear(m, 'b') FROM (SELECT m.id, a, b FROM much AS m, generate_series(1, 8)) AS m"
cancelled "naive Bayes" "SELECT uprofile_bayes(m, 'y') FROM much AS m, generate_series(1, 2)"
cancelled "area under the curve" "SELECT uprofile_auc(y, a) FROM much, generate_series(1, 20)"
cancelled "pipeline" "SELECT uprofile_pipeline(m, '{\"prepare\": {\"*\": {\"scale\": \"yeo_johnson\"}}}') FROM much AS m, generate_series(1, 4)"
more=12
[ -z "${UP_LONG:-}" ] || more=6
# swept NAME STATEMENT: cancelled after so many times the work again and again, until it has the time to end; each time it must end
# within 100 ms of the processor, best of three.
swept()
{
	local after=60 output over best worst=0 late=""

	while [ $after -le 2500 ]; do
		best=100000
		for _ in 1 2 3; do
			run_cancelled $after "$2"
			[ $over -ge $best ] || best=$over
			[ $best -gt 100 ] || break
		done
		over=$best
		[ $over -le $worst ] || worst=$over
		if ! grep -q 'canceling statement due to user request' <<<"$output"; then
			! grep -q 'ERROR' <<<"$output" || late=$output
			break
		fi
		after=$((after * more))
	done
	[ -z "${UP_VERBOSE:-}" ] || echo "# $1: cancelled at most $worst ms late, the last time after $((after / more)) ms"
	[ $worst -le 100 ] || late="it worked on for $worst ms"
	[ $after -gt 60 ] || late="it was never cancelled"
	check "cancel: $1" "$late"
}

# serially NAME STATEMENT: the same without workers.
serially()
{
	PGOPTIONS="-c uprofile.max_workers=0" swept "$@"
}

swept "kernel machine of 140,000 rows" "SELECT length(uprofile_svm(x, label, '{\"kernel\": \"rbf\", \"tol\": 1e-9, \"C\": 1000}')) FROM points, generate_series(1, 7)"
[ -z "${UP_LONG:-}" ] || swept "regression by a kernel of 140,000 rows" "SELECT length(uprofile_svr(x, x[1] * x[2], '{\"epsilon\": 0, \"tol\": 1e-9}')) FROM points, generate_series(1, 7)"
swept "robust scaler of 6,000,000 values" "SELECT length(uprofile_scaler(x || x, '{\"method\": \"robust\"}')) FROM points, generate_series(1, 13)"
psql -qX -v ON_ERROR_STOP=1 -c "CREATE TABLE wider AS SELECT x || array_agg(v ORDER BY j) AS x, label FROM points,
	LATERAL (SELECT j, (hashint8(id * 1031 + j) & 1023) / 512.0 - 1 AS v FROM generate_series(1, 988) AS j) AS more WHERE id <= 2500 GROUP BY id, x, label"
swept "svm of 1,000 columns" "SELECT length(uprofile_svm(x, label, '{\"tol\": 1e-12}')) FROM wider"
[ -z "${UP_LONG:-}" ] || swept "svm of 1,000 columns, hinge" "SELECT length(uprofile_svm(x, label, '{\"tol\": 1e-12, \"loss\": \"hinge\"}')) FROM wider"
swept "svm of 1,000 columns and as many rows" "SELECT length(uprofile_svm(x, label, '{\"tol\": 1e-15, \"max_iter\": 1000000}')) FROM (SELECT * FROM wider LIMIT 1000) AS w"
psql -qX -v ON_ERROR_STOP=1 -c "CREATE TABLE widest AS SELECT i % 10 AS class, (SELECT array_agg((hashint8(i * 2003 + j) & 1023) / 512.0 - 1)
	FROM generate_series(1, 2000) AS j)::float8[] AS x FROM generate_series(1, 3000) AS i" -c "CREATE TABLE liked AS
	SELECT i % 4999 AS who, (i::bigint * 7919 % 1009) * (i % 3 + 1) % 3001 AS what FROM generate_series(1, 600000) AS i" -c "VACUUM ANALYZE"
serially "linear regression by support vectors, of 2,000 columns" "SELECT length(uprofile_svr(x, x[1] * x[2], '{\"kernel\": \"linear\", \"tol\": 1e-14}')) FROM widest"
swept "linear regression by support vectors, of 2,000 columns, with workers" "SELECT length(uprofile_svr(x, x[1] * x[2], '{\"kernel\": \"linear\", \"tol\": 1e-14}')) FROM widest"
serially "svm of ten classes and 2,000 columns" "SELECT length(uprofile_svm(x, class, '{\"tol\": 1e-14, \"probability\": true}')) FROM widest"
serially "logistic regression of 2,000 columns" "SELECT length(uprofile_logistic(x, x[1] * x[2] > 0.1, '{\"tol\": 1e-300, \"max_iter\": 100000}')) FROM widest"
serially "logistic regression of ten classes and 2,000 columns" "SELECT length(uprofile_logistic(x, class, '{\"tol\": 1e-300, \"max_iter\": 100000}')) FROM widest"
swept "svm" "SELECT length(uprofile_svm(x, label, '{\"tol\": 1e-14}')) FROM points, generate_series(1, 20)"
swept "svm of ten classes" "SELECT length(uprofile_svm(x, id % 10, '{\"tol\": 1e-14, \"probability\": true}')) FROM points, generate_series(1, 20)"
swept "linear regression by support vectors" "SELECT length(uprofile_svr(x, x[1] * x[2], '{\"kernel\": \"linear\", \"tol\": 1e-14, \"max_iter\": 100000}')) FROM points, generate_series(1, 20)"
swept "Gaussian mixture" "SELECT length(uprofile_gmm(x, 20, '{\"max_iter\": 10000, \"tol\": 0}')) FROM points, generate_series(1, 3)"
swept "importance" "SELECT count(*) FROM uprofile_importance((SELECT uprofile_forest(w, 'label', '{\"n_estimators\": 30}') FROM wide AS w), 'SELECT w.* FROM wide AS w, generate_series(1, 10)')"
swept "number of clusters" "SELECT count(*) FROM uprofile_choose_k('SELECT a, b, c, d FROM wide', 1, 30, '{\"sample\": 20000, \"references\": 50}')"
psql -qX -v ON_ERROR_STOP=1 -c "SELECT FROM uprofile_train('judged', 'wide', target => 'label', algorithm => 'svm', params => '{\"kernel\": \"rbf\", \"max_iter\": 2000}', deploy => 'always')" >/dev/null 2>&1
swept "evaluation of a kernel machine" "SELECT count(*) FROM uprofile_evaluate('judged', 'SELECT w.* FROM wide AS w, generate_series(1, 20)')"
psql -qX -c "SELECT uprofile_drop_model('judged')" >/dev/null
for algorithm in als bpr item_knn ease; do
	swept "recommender $algorithm" "SELECT count(*) FROM uprofile_train_recommender('ended', 'SELECT who, what + 3001 * g AS what FROM liked, generate_series(0, 1) AS g', 'who', 'what', algorithm => '$algorithm')"
	# Where there was the time to end.
	psql -qX -c "SELECT uprofile_drop_model('ended')" >/dev/null 2>&1
done
check_query "cancel: no table is left" "SELECT relname FROM pg_class WHERE relname = 'normal'"
check_query "cancel: no model, no lock and no file is left" "
	SELECT model FROM uprofile_models
	UNION ALL SELECT relation::regclass::text FROM pg_locks WHERE relation::regclass::text LIKE 'uprofile%'
	AND pid <> pg_backend_pid()
	UNION ALL SELECT name FROM pg_ls_tmpdir()"
check_equal "cancel: the same connection goes on" "$(printf '%s\n' "SET statement_timeout = '100ms';" \
	"SELECT uprofile_kmeans(x, 200, '{\"n_init\": 1000, \"max_iter\": 1000, \"tol\": 0}') FROM points;" \
	"SET statement_timeout = 0;" \
	"SELECT jsonb_array_length(uprofile_model_info(uprofile_kmeans(x, 2, '{\"n_init\": 1}')) -> 'sizes') FROM points;" |
	psql -qXAt 2>/dev/null)" 2
finish
