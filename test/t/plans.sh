#!/bin/bash
# The same rows give the same model under every plan: serial, parallel with partial aggregates, in reverse order, in
# groups, as a window. Learners that hold rows: byte for byte. The scaler, which keeps sums: to 1e-12.
#
# Aggregates that hold rows are planned in parallel only where a leader takes these over as they stand, and there are many of them. Here few
# rows cost as little to combine as sums, and all aggregates are marked safe in the end, since servers that are spread over nodes combine
# their states all the same. parallel_scan.sh takes many rows.
. "$(dirname "$0")/common.bash"
scratch_database plans
psql -qX -v ON_ERROR_STOP=1 <<'SQL' || fail "plans: set-up"
CREATE EXTENSION uprofile;
CREATE TABLE forth AS
SELECT i AS id, i % 2 AS g, ((hashint8(i) & 65535) / 655.36)::float8 AS a, ((hashint8(i * 7) & 65535) / 6553.6 - 5)::float8 AS b,
       CASE WHEN i % 11 > 0 THEN (ARRAY['red', 'green', 'blue'])[1 + i % 3] END AS colour,
       CASE WHEN i % 5 > 1 THEN ARRAY[i % 7, hashint8(i) & 15]::real[] END AS place,
       'says ' || (ARRAY['red', 'green and blue', 'Red'])[1 + i % 3] AS note,
       (hashint8(i) & 65535) / 655.36 + (hashint8(i * 3) & 255) / 10.0 > 60 AS label
FROM generate_series(1, 3000) i;
CREATE TABLE back AS SELECT * FROM forth ORDER BY id DESC;
ALTER TABLE forth SET (parallel_workers = 3);
VACUUM ANALYZE forth, back;
SQL
serial="SET max_parallel_workers_per_gather = 0;"
parallel="SET max_parallel_workers_per_gather = 3; SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0;
          SET parallel_tuple_cost = 0; SET parallel_leader_participation = off;"

run()
{
	PGOPTIONS='-c client_min_messages=error' psql -qXAt -v ON_ERROR_STOP=1 -c "$1" -c "$2" 2>&1
}

check_equal "plans: few rows are collected in one process" \
	"$(run "$parallel" "EXPLAIN SELECT uprofile_kmeans(ARRAY[a, b], 4) FROM forth c" | grep -c 'Partial Aggregate')" 0
run "" "ALTER FUNCTION uprofile_agg_combine_rows(bytea, bytea) COST 1"
for call in "uprofile_svm(ARRAY[a, b], note)" "uprofile_svm(c, 'label')" "uprofile_linear(c, 'a')" "uprofile_bayes(ARRAY[a, b], note)"; do
	check_equal "plans: $call, rows are collected in one process" \
		"$(run "$parallel" "EXPLAIN SELECT $call FROM forth c" | grep -c 'Partial Aggregate')" 0
done
for call in "uprofile_kmeans(ARRAY[a, b], 4)" "uprofile_scaler(ARRAY[a, b])" "uprofile_linear(ARRAY[a], b)" "uprofile_bayes(ARRAY[a, b], label)"; do
	check_equal "plans: $call, in parallel" \
		"$(run "$parallel" "EXPLAIN SELECT $call FROM forth c" | grep -c 'Partial Aggregate')" 1
done
check_equal "plans: rows from a parallel scan, collected in one process" \
	"$(run "$parallel" "SELECT md5(uprofile_kmeans(ARRAY[a, b], 4)) FROM forth WHERE a < 50")" \
	"$(run "$serial" "SELECT md5(uprofile_kmeans(ARRAY[a, b], 4)) FROM forth WHERE a < 50")"
run "" "UPDATE pg_proc SET proparallel = 's' FROM pg_aggregate WHERE aggfnoid = pg_proc.oid AND aggfinalfn::text = 'uprofile_agg_final'"

while IFS='|' read -r name call; do
	want=$(run "$serial" "SELECT md5($call) FROM forth c")
	[ ${#want} = 32 ] || { fail "plans: $name" "$want"; continue; }
	check_equal "plans: $name, the plan is parallel" \
		"$(run "$parallel" "EXPLAIN SELECT md5($call) FROM forth c" | grep -c 'Partial Aggregate')" 1
	check_equal "plans: $name, parallel" "$(run "$parallel" "SELECT md5($call) FROM forth c")" "$want"
	check_equal "plans: $name, in reverse order" "$(run "$serial" "SELECT md5($call) FROM back c")" "$want"
	check_equal "plans: $name, shuffled" "$(run "$serial" "SELECT md5($call) FROM (SELECT * FROM forth ORDER BY md5(id::text) OFFSET 0) c")" "$want"
	check_equal "plans: $name, in groups, sorted and hashed" \
		"$(run "$serial SET enable_hashagg = off;" "SELECT g, md5($call) FROM back c GROUP BY g ORDER BY g")" \
		"$(run "$parallel SET enable_sort = off;" "SELECT g, md5($call) FROM forth c GROUP BY g ORDER BY g")"
	check_equal "plans: $name, over a window" \
		"$(run "$serial" "SELECT DISTINCT md5($call OVER ()) FROM (SELECT * FROM forth WHERE id <= 300) c")" \
		"$(run "$serial" "SELECT md5($call) FROM forth c WHERE id <= 300")"
	check_equal "plans: $name, a model that grows over a window ends as the whole" \
		"$(run "$serial" "SELECT md5(last) FROM (SELECT id, $call OVER (ORDER BY id) AS last FROM (SELECT * FROM forth WHERE id <= 60) c) s
			ORDER BY id DESC LIMIT 1")" \
		"$(run "$serial" "SELECT md5($call) FROM forth c WHERE id <= 60")"
	check_equal "plans: $name, twice over the same input" \
		"$(run "$serial" "SELECT count(DISTINCT m) FROM (SELECT $call AS a, $call AS b, $call FILTER (WHERE true) AS c FROM forth c) s, unnest(ARRAY[a, b, c]) m")" 1
done <<'LIST'
k-means|uprofile_kmeans(ARRAY[a, b], 4)
k-means of rows|uprofile_kmeans(c, 4, '{"exclude": ["id", "g", "label"]}')
linear SVM|uprofile_svm(ARRAY[a, b], label)
linear SVM, hinge, with probabilities|uprofile_svm(ARRAY[a, b], label, '{"loss": "hinge", "probability": true}')
linear SVM of rows|uprofile_svm(c, 'label', '{"exclude": ["id", "g"]}')
neural network|uprofile_mlp(ARRAY[a / 100, b / 5], label, '{"max_iter": 3, "hidden_layer_sizes": [8]}')
neural network of rows|uprofile_mlp(c, 'label', '{"max_iter": 3, "hidden_layer_sizes": [8], "exclude": ["id", "g"]}')
pipeline of rows|uprofile_pipeline(c, '{"exclude": ["id", "g"], "prepare": {"a": {"scale": "quantile"}, "b": {"scale": "yeo_johnson"}, "note": {"encode": "words"}}}')
linear SVM with encoded targets and selection|uprofile_svm(c, 'label', '{"exclude": ["id", "g"], "prepare": {"colour": {"encode": "target"}, "note": {"encode": "hash", "buckets": 4}}, "select": {"method": "anova_f", "k": 4}}')
tree of rows|uprofile_tree(c, 'label', '{"exclude": ["id", "g", "note"]}')
random forest of rows|uprofile_forest(c, 'label', '{"exclude": ["id", "g"], "n_estimators": 5}')
random forest|uprofile_forest(ARRAY[a, b], a + b, '{"n_estimators": 3, "task": "regression"}')
boosting of rows|uprofile_boost(c, 'label', '{"exclude": ["id", "g", "note"], "n_estimators": 5, "subsample": 0.7, "colsample": 0.5, "early_stopping": true}')
quantile scaler|uprofile_scaler(ARRAY[a, b], '{"method": "quantile"}')
robust scaler|uprofile_scaler(ARRAY[a, b], '{"method": "robust"}')
LIST

scaled="SELECT uprofile_scale((SELECT uprofile_scaler(ARRAY[a, b]) FROM %s c), ARRAY[1.5, 2.5])"
check_equal "plans: z-score, parallel and serial agree to 1e-12" "$(
	one=$(run "$serial" "${scaled/\%s/forth}")
	two=$(run "$parallel" "${scaled/\%s/forth}")
	three=$(run "$serial" "${scaled/\%s/back}")
	run "" "SELECT bool_and(abs(o - p) <= 1e-12 AND abs(o - q) <= 1e-12)
		FROM unnest('$one'::float8[], '$two'::float8[], '$three'::float8[]) AS v (o, p, q)"
)" t
check_equal "plans: prediction runs in parallel" "$(run "$parallel" "EXPLAIN SELECT count(uprofile_predict(m.model, ARRAY[c.a, c.b]))
	FROM forth c, (SELECT uprofile_kmeans(ARRAY[a, b], 2) AS model FROM back OFFSET 0) m" | grep -m 1 -c 'Gather')" 1
finish
