#!/bin/bash
# Tables of numbers that the workers of a search read with their leader: the same scores as where it reads alone, of the same rows, and the same
# failures; what they cannot read is read by the leader.
. "$(dirname "$0")/common.bash"
. "$(dirname "$0")/together.bash"
scratch_database read_together
scratch=$(mktemp -d) || exit 1
trap 'PGDATABASE=postgres dropdb --if-exists --force read_together; rm -rf "$scratch"' EXIT
psql -qX -v ON_ERROR_STOP=1 <<'SQL' >/dev/null || fail "read_together: set-up"
CREATE EXTENSION uprofile;
CREATE TABLE numbers AS
SELECT i AS gone, (i % 7)::int2 AS small, i % 89 AS whole, i::int8 * 7919 % 104729 AS large, sin(i * 0.7)::float4 AS real, CASE WHEN i % 13 > 0 THEN cos(i * 1.7) END AS double,
       (sin(i) * 1000)::numeric AS exact, (i % 997 * 0.01)::float8::numeric::money AS paid, i % 5 = 0 AS flag, '2020-01-01'::date + i % 1000 AS day,
       '2020-01-01 UTC'::timestamptz + i * interval '1 minute' AS moment, (i % 86400) * interval '1 second' AS lasted,
       CASE WHEN i % 101 > 0 THEN sin(i) + cos(i * 1.7) * (i % 5) > 0.3 END AS good, CASE WHEN i % 50 = 0 THEN 'NaN' ELSE sin(i) * 9 END::float8 AS amount
FROM generate_series(1, 20000) i;
ALTER TABLE numbers DROP gone, ADD later float8 DEFAULT 0.5;
UPDATE numbers SET later = whole * 0.1, real = NULL WHERE whole > 60;
CREATE VIEW seen AS SELECT good, double AS first, exact, later, small FROM numbers;
CREATE MATERIALIZED VIEW kept AS TABLE numbers;
CREATE UNLOGGED TABLE unlogged AS TABLE numbers;
CREATE TABLE stale WITH (autovacuum_enabled = off) AS SELECT n.* FROM numbers n, generate_series(1, 4);
CREATE TABLE infinite AS SELECT * FROM numbers ORDER BY moment;
INSERT INTO infinite (good, exact) VALUES (true, 'Infinity');
INSERT INTO infinite (good, double) VALUES (NULL, '-Infinity'), (false, '-Infinity');
CREATE TABLE texts AS SELECT n.*, 'k' || small AS kind FROM numbers n;
CREATE TABLE keyed AS SELECT row_number() OVER (ORDER BY moment) AS number, CASE WHEN whole > 3 THEN 'w' || whole * 100 + small END AS word, small, whole, double, later, exact, day, good
FROM numbers;
CREATE TABLE arrays AS SELECT good, ARRAY[double, later] AS place, small FROM numbers;
CREATE TABLE parts (LIKE numbers) PARTITION BY HASH (moment);
CREATE TABLE part PARTITION OF parts FOR VALUES WITH (MODULUS 1, REMAINDER 0);
INSERT INTO parts TABLE numbers;
CREATE TABLE guarded AS TABLE numbers;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON guarded USING (small < 5);
CREATE TABLE empty (LIKE numbers);
VACUUM ANALYZE;
UPDATE pg_class SET reltuples = 15000 WHERE relname = 'stale';
DO $$ BEGIN CREATE ROLE read_together_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT SELECT ON guarded TO read_together_reader;
SQL

# tuned SOURCE [TARGET]: a search over it, as a statement.
tuned()
{
	echo "SELECT md5(string_agg(concat(trial, mean, std), ',' ORDER BY trial)) FROM uprofile_tune('$1', '${2:-good}', 'bayes', '{\"var_smoothing\": [1e-9, 1e-3]}', folds => 3)"
}

same "numbers of every type" 1 "$(tuned numbers)"
same "a target that is a number" 1 "SELECT * FROM uprofile_cross_validate('numbers', 'amount', 'linear', folds => 4)"
same "some columns, in another order" 1 "$(tuned "SELECT later, good, small, double FROM numbers")"
same "a view" 1 "$(tuned seen)"
same "a materialized view" 1 "$(tuned kept)"
same "an unlogged table" 1 "$(tuned unlogged)"
same "more rows than the planner foresaw" 1 "$(tuned stale)"
same "rows of a transaction's own" 1 "BEGIN" "DELETE FROM numbers WHERE small = 3" "SAVEPOINT s" "INSERT INTO numbers (small, good, later) SELECT i % 9, i % 2 = 0, i FROM generate_series(1, 500) i" \
	"UPDATE numbers SET double = 1 WHERE small = 4" "$(tuned numbers)" "ROLLBACK TO s" "ROLLBACK"
same "a serializable transaction" 1 "BEGIN ISOLATION LEVEL SERIALIZABLE" "$(tuned numbers)" "SELECT mode FROM pg_locks WHERE relation = 'numbers'::regclass AND mode = 'SIReadLock' AND page IS NULL" "COMMIT"
same "no row" 0 "$(tuned empty)"
same "values that are infinite" 0 "BEGIN" "SAVEPOINT s" "$(tuned infinite)" "ROLLBACK TO s" "$(tuned "SELECT good, double, small FROM infinite")" "ROLLBACK TO s" "SELECT count(*) FROM infinite" "COMMIT"
same "a table with text" 0 "$(tuned texts)"
same "a table with arrays" 0 "$(tuned arrays)"
same "categories of numbers" 0 "SELECT md5(string_agg(mean::text, ',' ORDER BY trial)) FROM uprofile_tune('numbers', 'good', 'bayes', '{\"prepare\": [{\"small\": {\"encode\": \"onehot\"}}]}', folds => 3)"
keyed() { echo "SELECT md5(string_agg(mean::text, ',' ORDER BY trial)) FROM uprofile_tune('SELECT $1, exact, double, whole, good FROM keyed', 'good', 'bayes', '{\"var_smoothing\": [1e-9, 1e-3]}', key => '$1', folds => 3)"; }
same "rows with a key" 1 "$(keyed number)"
same "a key of text, some of it NULL" 1 "$(keyed word)"
same "a key of several columns that comes again" 1 "$(keyed small,day)"
same "a key of fractions" 0 "$(keyed later)"
same "rows that are held out by a key" 1 "SELECT version, metrics FROM uprofile_train('tuned', 'SELECT number, exact, double, whole, good FROM keyed', target => 'good', algorithm => 'bayes', key => 'number', tune => '{\"search\": {\"var_smoothing\": [1e-9, 1e-3]}}', deploy => 'always')" \
	"SELECT md5(bytes) FROM uprofile_model_versions ORDER BY id DESC LIMIT 1" "SELECT uprofile_drop_model('tuned')"
same "rows that are held out by what they are" 1 "SELECT metrics FROM uprofile_train('tuned', 'numbers', target => 'good', algorithm => 'bayes', tune => '{\"search\": {\"var_smoothing\": [1e-9, 1e-3]}}', deploy => 'always')" \
	"SELECT md5(bytes) FROM uprofile_model_versions ORDER BY id DESC LIMIT 1" "SELECT uprofile_drop_model('tuned')"
trained() { echo "SELECT metrics, note FROM uprofile_train('trained', '$1', target => '$2', algorithm => '$3', params => '$4', deploy => 'always' $5)"; }
bytes="SELECT md5(bytes) FROM uprofile_model_versions ORDER BY id DESC LIMIT 1"
drop="SELECT uprofile_drop_model('trained')"
same "rows to train on" 1 "$(trained numbers good svm '{}')" "$bytes" "$drop"
same "rows to train on, measured by sums" 1 "$(trained numbers amount linear '{}')" "$bytes" "$drop"
same "rows to train on with a key" 1 "$(trained "SELECT number, exact, double, whole, good FROM keyed" good forest '{"n_estimators": 5, "calibrate": "sigmoid"}' ", key => 'number'")" "$bytes" "$drop"
same "rows to train on, none of them held out" 1 "$(trained numbers amount linear '{}' ", test_size => 0")" "$bytes" "$drop"
same "rows to find clusters in" 1 "SELECT metrics FROM uprofile_train('trained', 'SELECT double, later, exact FROM numbers WHERE true', algorithm => 'kmeans', params => '{\"k\": 3}', deploy => 'always')" "$bytes" "$drop"
same "versions after each other" 2 "$(trained numbers good logistic '{}')" "SELECT note FROM uprofile_train('trained', 'numbers', target => 'good', algorithm => 'logistic', deploy => 'always')" "$bytes" "$drop"
same "rows that cannot be trained on" 0 "BEGIN" "SAVEPOINT s" "$(trained infinite good svm '{}')" "ROLLBACK TO s" "SELECT count(*) FROM infinite" "COMMIT"
same "a training that fails" 1 "BEGIN" "SAVEPOINT s" "$(trained "SELECT good, small FROM numbers" good svm '{"exclude": ["small"]}')" "ROLLBACK TO s" "SELECT count(*) FROM numbers" "COMMIT"
same "a partitioned table" 1 "$(tuned parts)"
same "a table of the session's own" 0 "CREATE TEMP TABLE own AS TABLE numbers" "$(tuned own)"
same "a condition" 0 "$(tuned "SELECT * FROM numbers WHERE small > 2")"
same "little memory" 0 "SET uprofile.max_memory = '8MB'" "$(tuned numbers)"
same "rows that a policy hides" 0 "SET ROLE read_together_reader" "$(tuned guarded)"
same "a table that may not be read" 0 "SET ROLE read_together_reader" "$(tuned numbers)" "SELECT 'goes on'"

# Rows that are summed up and not kept, by steps; each bit as where they come one by one.
told() { echo "SELECT md5(string_agg(t::text, ',')) FROM $1 t"; }
psql -qX <<'SQL' >/dev/null
CREATE UNLOGGED TABLE wide AS SELECT n.*, row_number() OVER (ORDER BY random()) AS number, random() AS noise FROM numbers n, generate_series(1, 10);
CREATE UNLOGGED TABLE holes WITH (autovacuum_enabled = off) AS SELECT * FROM wide ORDER BY number;
DELETE FROM holes WHERE number % 50000 > 12000;
CREATE UNLOGGED TABLE gone WITH (autovacuum_enabled = off) AS TABLE wide;
DELETE FROM gone WHERE number > 2000;
CREATE UNLOGGED TABLE bad AS SELECT double, later, CASE WHEN number = 199999 THEN 'Infinity' ELSE noise END AS noise, good FROM wide ORDER BY number;
CREATE UNLOGGED TABLE pairs AS SELECT CASE WHEN number % 3 = 0 THEN 1e9 ELSE noise END AS a, CASE WHEN number % 3 > 0 THEN noise + 1e7 END AS b, noise AS c FROM wide ORDER BY number;
ANALYZE wide;
ANALYZE bad;
ANALYZE pairs;
UPDATE pg_class SET reltuples = 200000 WHERE relname IN ('holes', 'gone');
GRANT SELECT ON wide TO read_together_reader;
SQL
for method in pearson anova_f variance chi2 spearman; do
	same "features by $method" 1 "$(told "uprofile_select_features('wide', 'good', '$method')")"
done
same "features of a number" 1 "$(told "uprofile_select_features('wide', 'noise', 'pearson')")"
same "features of classes that are numbers" 1 "$(told "uprofile_select_features('wide', 'small', 'anova_f')")"
same "features without a target" 1 "$(told "uprofile_select_features('wide', NULL, 'variance')")"
same "correlations, some of rows that are wanted once more" 2 "$(told "uprofile_correlation('wide', methods => '{pearson}')")"
same "correlations of a table with holes" 2 "$(told "uprofile_correlation('holes', methods => '{pearson}')")"
same "correlations that all need the rows once more" 2 "$(told "uprofile_correlation('pairs', methods => '{pearson}')")"
same "correlations of a view's columns" 1 "$(told "uprofile_correlation('SELECT noise, later, exact FROM wide', methods => '{pearson}')")"
same "correlations of few rows, where many were foreseen" 0 "$(told "uprofile_correlation('gone', methods => '{pearson}')")"
same "correlations of few rows" 0 "$(told "uprofile_correlation('numbers', methods => '{pearson}')")"
# What needs all rows at a time keeps them in the order of the table.
same "correlations of ranks" 1 "$(told "uprofile_correlation('wide', '{small,noise,exact}', '{spearman}')")"
same "correlations of ranks, where values are missing" 1 "$(told "uprofile_correlation('holes', '{small,double,good,moment}')")"
same "features by permutation" 1 "$(told "uprofile_select_features('numbers', 'good', 'permutation')")"
same "leaks" 1 "$(told "uprofile_leaks('numbers', 'good', 'whole', 'moment', 0.55)")"
same "correlations with little memory" 0 "SET uprofile.max_memory = '8MB'" "$(told "uprofile_correlation('wide', methods => '{pearson}')")"
same "correlations of a part of a table" 0 "$(told "uprofile_correlation('SELECT * FROM wide WHERE small > 2', methods => '{pearson}')")"
same "correlations of what may not be read" 0 "SET ROLE read_together_reader" "$(told "uprofile_correlation('pairs', methods => '{pearson}')")" "SELECT 'goes on'"
same "correlations with a value that is infinite" 0 "BEGIN" "SAVEPOINT s" "$(told "uprofile_correlation('bad', methods => '{pearson}')")" "ROLLBACK TO s" \
	"$(told "uprofile_select_features('bad', 'good', 'pearson')")" "ROLLBACK TO s" "$(told "uprofile_correlation('bad', methods => '{spearman}')")" "ROLLBACK TO s" "SELECT count(*) FROM bad" "SHOW synchronize_seqscans" "COMMIT"
same "drift of a model" 1 "SELECT version FROM uprofile_train('trained', 'SELECT * FROM numbers WHERE small < 5', target => 'good', algorithm => 'bayes', deploy => 'always')" \
	"$(told "uprofile_drift('trained', 'wide')")" "$drop"
same "drift of some of its columns" 1 "SELECT version FROM uprofile_train('trained', 'SELECT * FROM numbers WHERE small < 5', target => 'good', algorithm => 'bayes', deploy => 'always')" \
	"$(told "uprofile_drift('trained', 'SELECT later, noise AS real FROM wide')")" "$drop"
# Rows that a training sums up, with what it keeps of them.
psql -qX <<'SQL' >/dev/null
CREATE UNLOGGED TABLE late AS SELECT number, CASE WHEN number > 150000 THEN noise END AS late, noise, exact, good FROM wide ORDER BY number;
CREATE UNLOGGED TABLE more WITH (autovacuum_enabled = off) AS TABLE wide;
ANALYZE late;
ANALYZE more;
UPDATE pg_class SET reltuples = 15000 WHERE relname = 'more';
SQL
same "rows that are summed up" 1 "$(trained wide noise linear '{}')" "$bytes" "$drop"
same "rows that are summed up and have a key" 1 "$(trained wide noise linear '{}' ", key => 'number'")" "$bytes" "$drop"
same "rows of classes that are summed up" 1 "$(trained wide good bayes '{}' ", key => 'number'")" "$bytes" "$drop"
same "rows of seven classes that are summed up" 1 "$(trained "SELECT number, small, noise, real, exact FROM wide" small bayes '{}' ", key => 'number'")" "$bytes" "$drop"
same "rows that are summed up, none of them held out" 1 "$(trained wide noise linear '{}' ", test_size => 0")" "$bytes" "$drop"
same "components of rows that are summed up" 1 "SELECT note FROM uprofile_train('trained', 'SELECT noise, real, exact FROM wide', algorithm => 'pca', deploy => 'always')" "$bytes" "$drop"
same "rows that are summed up, more than the planner foresaw" 1 "$(trained more noise linear '{}' ", key => 'number'")" "$bytes" "$drop"
same "rows that were to be summed up, and are few" 0 "$(trained gone noise linear '{}' ", key => 'number'")" "$bytes" "$drop"
same "rows of a column that is known late" 1 "$(trained late noise linear '{}' ", key => 'number'")" "$bytes" "$drop"
same "rows that are summed up up to one that is infinite" 0 "BEGIN" "SAVEPOINT s" "$(trained bad noise linear '{}')" "ROLLBACK TO s" "SELECT count(*) FROM bad" "COMMIT"
# Many steps, the last of which meets the value.
same "rows that are summed up beside a column that is left out and infinite" 1 "SET uprofile.max_memory = '24MB'" "SELECT rows_trained, metrics FROM uprofile_train('trained', 'bad', target => 'double', algorithm => 'linear', params => '{\"exclude\": [\"noise\"]}', deploy => 'always')" "$bytes" "$drop"
same "rows that are summed up with little memory" 1 "SET uprofile.max_memory = '24MB'" "$(trained wide noise linear '{}' ", key => 'number'")" "$bytes" "$drop"
# What the planner would have processes of its own read as well, in an order that none foresees.
gathered=("SET parallel_setup_cost = 0" "SET parallel_tuple_cost = 0" "SET min_parallel_table_scan_size = 0" "SET max_parallel_workers_per_gather = 2")
for call in "uprofile_correlation('wide', methods => '{pearson}')" "uprofile_correlation('SELECT noise, later, exact FROM wide WHERE small > 2', methods => '{pearson}')" \
	"uprofile_correlation('SELECT noise, real, exact FROM wide', methods => '{spearman}')" "uprofile_select_features('wide', 'noise', 'pearson')" "uprofile_select_features('wide', NULL, 'variance')"; do
	wanted=$(by 0 "$(told "$call")")
	for n in 0 2; do
		check_equal "read_together: $call where rows might be gathered, with $n" "$(by $n "${gathered[@]}" "$(told "$call")" | grep -v '^together')" "$wanted"
	done
done
# Then rows to train on are held: the bytes are those of the same rows in any other order.
gathered_bytes() { by "$1" "${gathered[@]}" "$(trained "$2" noise linear '{}' ", key => 'number'")" "$bytes" "$drop" | grep -v '^together\|^{'; }
for n in 0 2; do
	check_equal "read_together: a training where rows might be gathered, with $n" "$(gathered_bytes $n "SELECT number, noise, real, exact FROM wide WHERE small < 6")" \
		"$(gathered_bytes 0 "SELECT * FROM (SELECT number, noise, real, exact FROM wide WHERE small < 6 ORDER BY noise) w")"
done

sums="SELECT md5(string_agg(t::text, ',')) FROM uprofile_correlation('wide', methods => '{pearson}') t"
wanted=$(by 0 "$sums")
for ms in 5 12 20 40 60 90; do
	said=$(by 2 "SET statement_timeout = $ms" "$sums" "RESET statement_timeout" "$sums" | grep -v ^together | tail -1)
	check_equal "read_together: sums go on after they were cancelled in $ms ms" "$said" "$wanted"
done

summed="$(trained wide good bayes '{}' ", key => 'number'")"
wanted=$(by 0 "$summed" "$bytes" | tail -1)
for ms in 8 25 60 120 180; do
	said=$(by 2 "$drop" "SET statement_timeout = $ms" "$summed" "RESET statement_timeout" "$summed" "$bytes" | tail -1)
	check_equal "read_together: a training that sums up goes on after it was cancelled in $ms ms" "$said" "$wanted"
done
psql -qXAt -c "$drop" >/dev/null

# Cancelled while workers begin, while the table is read, and later: nothing is left, and the next statement finds all as it was.
goes_on=$(tuned stale)
wanted=$(by 0 "$goes_on")
for ms in 2 5 8 12 16 20 25 30 40 60; do
	said=$(by 2 "SET statement_timeout = $ms" "$(tuned stale)" "RESET statement_timeout" "$(tuned stale)" | grep -v ^together | tail -1)
	check_equal "read_together: goes on after it was cancelled in $ms ms" "$said" "$wanted"
done
psql -qX -c "CREATE UNLOGGED TABLE many AS SELECT n.* FROM numbers n, generate_series(1, 30)" -c "ANALYZE many"
ended "a worker is ended while it reads" 0.05 "$(tuned many)"
for seconds in 0.2 0.4; do
	ended "a worker is ended $seconds s after it began" $seconds "$(trained "SELECT good, double, exact, amount, large FROM many" good tree '{"max_depth": 20}')"
done
ended "a worker is ended while rows are summed up" 0.1 "$summed"
check "read_together: no worker is left" "$(psql -qXAt -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'parallel worker' AND datname = current_database()")"
psql -qX -c "DROP OWNED BY read_together_reader" -c "DROP ROLE read_together_reader"
finish
