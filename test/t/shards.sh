#!/bin/bash
# Tables in parts: every aggregate over a partitioned table, part by part (enable_partitionwise_aggregate), and over foreign
# tables of two other databases (postgres_fdw), beside the same rows in one table.
. "$(dirname "$0")/common.bash"
. test/t/aggregate_calls.bash
scratch_database shards
createdb shards_1 && createdb shards_2 || { fail "shards: set-up"; finish; }
trap 'for d in shards shards_1 shards_2; do PGDATABASE=postgres dropdb --if-exists --force $d; done' EXIT
setup=$(psql -qXAt -v ON_ERROR_STOP=1 2>&1 <<SQL
CREATE EXTENSION uprofile;
$rows_sql
CREATE TABLE parts (LIKE one) PARTITION BY HASH (id);
SELECT format('CREATE TABLE parts_%s PARTITION OF parts FOR VALUES WITH (MODULUS 4, REMAINDER %s)', i, i) FROM generate_series(0, 3) i \gexec
INSERT INTO parts SELECT * FROM one;
CREATE TABLE parts_part (LIKE one_part) PARTITION BY HASH (id);
SELECT format('CREATE TABLE parts_part_%s PARTITION OF parts_part FOR VALUES WITH (MODULUS 2, REMAINDER %s)', i, i) FROM generate_series(0, 1) i \gexec
INSERT INTO parts_part SELECT * FROM one_part;
ANALYZE;
SQL
) || fail "shards: set-up" "$setup"

make_calls shards
by_parts="SET enable_partitionwise_aggregate = on"
check "shards: every aggregate runs in one table" "$(run_calls one one)"
check "shards: every aggregate runs part by part" "$(run_calls parts parts '' "$by_parts")"
check_equal "shards: each has a state for every part, and one of them all" "$(call_statements parts parts "WHERE call !~ '^uprofile_(merge|update|interests\(x)'" | sed "s/.*\(SELECT 'uprofile\)/EXPLAIN \1/" |
	psql -qXAt -c "$by_parts" -c 'SET cpu_tuple_cost = 1000' -c 'SET max_parallel_workers_per_gather = 0' -f - 2>&1 | grep -oE 'Partial Aggregate|Finalize Aggregate' | sort | uniq -c | sed 's/^ *//')" \
	"$(psql -qXAtc "SELECT count(*) || ' Finalize Aggregate', chr(10) || 4 * count(*) || ' Partial Aggregate' FROM calls WHERE call !~ '^uprofile_(merge|update|interests\(x)'" | tr -d '|')"
compare_calls "shards: part by part" parts
psql -qXAt -c 'DELETE FROM got'
check "shards: and with states that are combined" "$(run_calls one one; run_calls parts parts "WHERE call !~ '^uprofile_(merge|update|interests\(x)'" "$by_parts; SET cpu_tuple_cost = 1000; SET max_parallel_workers_per_gather = 0")"
compare_calls "shards: combined" parts
check_query "shards: groups that are parts, and groups that are not" "$by_parts; WITH m AS (SELECT c, uprofile_svm(ARRAY[a, b], f) AS model FROM parts GROUP BY c), o AS (SELECT c, uprofile_svm(ARRAY[a, b], f) AS model FROM one GROUP BY c)
	SELECT c FROM m JOIN o USING (c) WHERE m.model <> o.model
	UNION ALL SELECT id::text FROM (SELECT id, uprofile_rmse(y, y2) FROM parts GROUP BY id) m JOIN (SELECT id, uprofile_rmse(y, y2) FROM one GROUP BY id) o USING (id) WHERE m.uprofile_rmse <> o.uprofile_rmse"

# ---- postgres_fdw ----------------------------------------------------------------------------------------------------------------

if [ "$(psql -qXAtc "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'")" = 0 ]; then
	echo "skip shards: postgres_fdw is not installed"
	finish
fi
columns="id int NOT NULL, a float8, b float8, c text, f bool, f2 bool, y float8, p float8, w float8, t timestamptz, l1 text[], l2 text[], n float8, n2 float8, y2 float8, c2 text"
for d in 1 2; do
	setup=$(psql -qXAt -d shards_$d -v ON_ERROR_STOP=1 -c 'SET client_min_messages = error' -c 'CREATE EXTENSION uprofile' -c "CREATE TABLE rows ($columns)" \
		-c 'CREATE TABLE rows_part (id int, model bytea)' 2>&1) || fail "shards: set-up of database $d" "$setup"
done
setup=$(psql -qXAt -v ON_ERROR_STOP=1 2>&1 <<SQL
CREATE EXTENSION postgres_fdw;
CREATE TABLE far ($columns) PARTITION BY LIST (mod(id, 2));
CREATE TABLE far_part (id int, model bytea) PARTITION BY LIST (mod(id, 2));
SELECT format('CREATE SERVER s%1\$s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %2\$L, port %3\$L, dbname %4\$L)', d, split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), 'shards_' || d),
	format('CREATE USER MAPPING FOR CURRENT_USER SERVER s%s OPTIONS (user %L)', d, current_user),
	format('CREATE FOREIGN TABLE far_%1\$s PARTITION OF far FOR VALUES IN (%2\$s) SERVER s%1\$s OPTIONS (table_name ''rows'')', d, d - 1),
	format('CREATE FOREIGN TABLE far_part_%1\$s PARTITION OF far_part FOR VALUES IN (%2\$s) SERVER s%1\$s OPTIONS (table_name ''rows_part'')', d, d - 1)
FROM generate_series(1, 2) d \gexec
INSERT INTO far SELECT * FROM one;
INSERT INTO far_part SELECT * FROM one_part;
SQL
) || fail "shards: set-up of postgres_fdw" "$setup"
check "shards: every aggregate runs over foreign tables" "$(run_calls far far '' "$by_parts")"
compare_calls "shards: foreign tables" far

remote()
{
	psql -qXAt -c "$by_parts" -c "EXPLAIN (VERBOSE, COSTS OFF) $1" 2>&1 | grep 'Remote SQL' | sed 's/^ *//'
}
per_shard="SELECT mod(id, 2), uprofile_linear(ARRAY[a, b], y) FROM far GROUP BY 1 ORDER BY 1"
check_equal "shards: a server that is not told of the extension gives rows" "$(remote "$per_shard" | sort -u)" "Remote SQL: SELECT id, a, b, y FROM public.rows ORDER BY mod(id, 2) ASC NULLS LAST"
psql -qXAt -c "ALTER SERVER s1 OPTIONS (ADD extensions 'uprofile')" -c "ALTER SERVER s2 OPTIONS (ADD extensions 'uprofile')"
check_equal "shards: one that is trains there, a model for each shard" "$(remote "$per_shard" | sort -u)" \
	"Remote SQL: SELECT mod(id, 2), public.uprofile_linear(ARRAY[a, b], y) FROM public.rows GROUP BY 1"
check_query "shards: and these models merge into the one of all rows" "$by_parts; WITH m AS (SELECT uprofile_merge(model) AS model FROM ($per_shard) s (shard, model)), o AS (SELECT uprofile_linear(ARRAY[a, b], y) AS model FROM one)
	SELECT id FROM one, m, o WHERE abs(uprofile_predict(m.model, ARRAY[a, b]) - uprofile_predict(o.model, ARRAY[a, b])) > 1e-9 OR m.model IS NULL"
check_equal "shards: conditions on a prediction are sent there" "$(remote "SELECT id FROM far_1 WHERE uprofile_predict((SELECT number FROM old), ARRAY[a, b]) > 5" | sed 's/\$1::bytea/MODEL/')" \
	"Remote SQL: SELECT id FROM public.rows WHERE ((public.uprofile_predict(MODEL, ARRAY[a, b]) > 5::double precision))"
check_equal "shards: a name is not, and is one of this database" "$(remote "SELECT id FROM far_1 WHERE uprofile_predict('m', ARRAY[a, b]) > 5")" "Remote SQL: SELECT id, a, b FROM public.rows"

quiet()
{
	psql -qXAt -c 'SET client_min_messages = error' "$@" 2>&1
}
check_equal "shards: training by name reads foreign tables" \
	"$(quiet -c "SELECT rows_trained + rows_tested FROM uprofile_train('m', 'SELECT id, a, b, c, f FROM far', target => 'f', algorithm => 'forest', params => '{\"n_estimators\": 10}', key => 'id')" \
		-c "SELECT count(uprofile_predict_label('m', x)), sum((uprofile_predict_label('m', x) = f::text)::int) > 850 FROM far x")" "900
900|t"
check_equal "shards: a profile computes everybody" \
	"$(quiet -c "SELECT uprofile_create('club', 'SELECT id, a, b, f FROM far', 'id', models => '{\"s\": {\"algorithm\": \"kmeans\", \"k\": 3}}')" -c "SELECT status, users, mode FROM uprofile_refresh('club')" \
		-c 'UPDATE far SET a = a + 1 WHERE id IN (3, 4)' -c "SELECT status, updated FROM uprofile_refresh('club')" -c "SELECT count(*) FROM club_profile p JOIN far USING (id) WHERE p.a = far.a")" \
	'public.club_profile
succeeded|900|full
succeeded|2
900'
check_equal "shards: foreign tables are not watched" "$(quiet -c "SELECT uprofile_create('other', 'far_1', 'id', watch => '{far_1.id}')" | head -1)" "ERROR:  foreign table public.far_1 cannot be watched"

# A shard that cannot be reached, or whose arrays are of another length.
before=$(quiet -c "SELECT count(*), max(version), (SELECT count(*) FROM club_profile) FROM uprofile_model_versions")
psql -qXAt -c "ALTER SERVER s2 OPTIONS (SET dbname 'nowhere')"
check_equal "shards: a shard that cannot be reached is told of" \
	"$(quiet -c "SELECT uprofile_train('m', 'SELECT id, a, b, c, f FROM far', target => 'f', algorithm => 'svm', key => 'id')" | head -1; quiet -c "SELECT status, regexp_replace(message, ' on socket .*failed: ', ' … ') FROM uprofile_refresh('club')")" \
	'ERROR:  could not connect to server "s2"
failed|could not connect to server "s2" (connection to server … FATAL:  database "nowhere" does not exist)'
check_equal "shards: and nothing is lost" "$(quiet -c "SELECT count(*), max(version), (SELECT count(*) FROM club_profile) FROM uprofile_model_versions")" "$before"
psql -qXAt -c "ALTER SERVER s2 OPTIONS (SET dbname 'shards_2')"
check_equal "shards: it comes back, and so does the refresh" "$(quiet -c "SELECT status, users FROM uprofile_refresh('club')")" "succeeded|900"
check_equal "shards: arrays of another length in one of them" "$(quiet -c "$by_parts" -c "SELECT uprofile_linear(CASE WHEN mod(id, 2) = 0 THEN ARRAY[a] ELSE ARRAY[a, b] END, y) FROM far" | grep -c '^ERROR:.* features')" 1
check_equal "shards: a row without names is told of" "$(quiet -c "SELECT uprofile_svm(ROW(a, b, c, f), 'f') FROM parts")" \
	"ERROR:  target column \"f\" does not exist
HINT:  The row has lost the names of its columns: uprofile_row('{a,b}', a, b) gives them."
finish
