#!/bin/bash
# Reading functions work where nothing can be written: in a READ ONLY transaction and on a standby.
. "$(dirname "$0")/common.bash"
. test/cluster
# A cluster of its own: the standby is the same one, restarted in recovery.
UP_SHARED_BUFFERS=32MB UP_POSTGRES_OPTIONS="-c wal_level=replica" up_cluster_start || { fail "standby: set-up"; finish; }
psql -qX -v ON_ERROR_STOP=1 <<'SQL' >/dev/null || fail "standby: set-up"
SET client_min_messages = error;
CREATE EXTENSION uprofile;
CREATE TABLE people AS SELECT i AS id, (i * 37) % 101 AS x, (i * 53) % 97 AS z, (i * 37) % 101 > 50 AS label
FROM generate_series(1, 300) i;
SELECT uprofile_train('m', 'people', target => 'label', algorithm => 'svm', key => 'id');
SELECT uprofile_train_recommender('rec', 'SELECT id % 40 AS u, (x * z) % 15 AS i FROM people', 'u', 'i', algorithm => 'item_knn', deploy => 'always');
CREATE TABLE kept AS SELECT uprofile_kmeans(ARRAY[x, z], 3) AS model, uprofile_scaler(ARRAY[x, z]) AS scaler FROM people;
SELECT uprofile_create('club', 'people', 'id', models => '{"s": {"algorithm": "kmeans", "k": 2}}', policy => '{"live": {"later": "x + 1"}, "ttl": "1 day", "history": "1 year"}');
SELECT uprofile_refresh('club');
CREATE TABLE earlier AS SELECT clock_timestamp() AS at;
UPDATE people SET x = x + 1000 WHERE id = 9;
SELECT uprofile_refresh('club');
UPDATE people SET x = 0 WHERE id = 7;
CREATE ROLE up_reader LOGIN;
GRANT SELECT ON people TO up_reader;
SELECT uprofile_share('m', 'up_reader');
CHECKPOINT;
SQL
reads="SELECT count(uprofile_predict_label('m', p)) + count(uprofile_predict_proba('m', p)) FROM people p;
SELECT count(DISTINCT uprofile_predict(k.model, ARRAY[x, z])) FROM people, kept k;
SELECT count(uprofile_scale(k.scaler, ARRAY[x, z])) FROM people, kept k;
SELECT uprofile_model_info('m'::text) ->> 'algorithm';
SELECT count(*) > 0, count(r.reason) > 0 FROM generate_series(1, 40) u, uprofile_recommend_for('rec', u, 2, candidates => 'SELECT g FROM generate_series(1, 9) g') r;
SELECT round(value::numeric, 6) FROM uprofile_evaluate('m', 'people') WHERE metric = 'accuracy';
SELECT count(*) FROM uprofile_models;
SELECT octet_length(uprofile_svm(ARRAY[x, z], label)) > 0 FROM people;
SELECT md5(uprofile_forest(ARRAY[x + g, z, g], label, '{\"n_estimators\": 10}')) FROM people, generate_series(1, 60) g;
SELECT count(*) > 0 FROM uprofile_algorithms();
SELECT string_agg(rows::text, ' ') FROM uprofile_clean('people', 'tidy', 'id', dry_run => true);
SELECT uprofile_clean_rules('people', 'id');
SELECT count(s), sum(later - x), min(id) FILTER (WHERE stale), count(DISTINCT computed_at) FROM club_current;
SELECT g -> 'found', g -> 'stale', g #> '{values,later,value}', g #> '{values,s,version}' FROM (VALUES (7), (8), (1000)) u (id), uprofile_get('club', id) g;
SELECT operation, values_before ->> 'x', values_after ->> 'x' FROM uprofile_history('club', 9) WHERE operation = 'update';
SELECT count(*), min(p.x) FILTER (WHERE p.id = 9) FROM earlier, uprofile_as_of(NULL::club_profile, at) p;
SELECT page LIKE '%</html>_', page ~ 'could not be made', length(page) > 4000 FROM (VALUES (uprofile_report('club')), (uprofile_report('club', 8)), (uprofile_report_model('m'))) p (page);"
want=$(psql -qXAt -v ON_ERROR_STOP=1 2>&1 <<<"$reads")
check_equal "standby: there is something to read" "$(head -2 <<<"$want" | tr '\n' ' ')" "600 3 "
check_equal "standby: pages of a profile, a user and a model can be made" "$(tail -3 <<<"$want" | tr '\n' ' ')" "t|f|t t|f|t t|f|t "
check_equal "standby: READ ONLY transactions read" \
	"$(psql -qXAt -v ON_ERROR_STOP=1 2>&1 <<<"SET default_transaction_read_only = on; $reads")" "$want"
shared="SELECT count(uprofile_predict_label('m', p)) FROM people p; SELECT model, source IS NULL FROM uprofile_models"
check_equal "standby: READ ONLY transactions read what is shared" \
	"$(PGUSER=up_reader psql -qXAt -v ON_ERROR_STOP=1 2>&1 <<<"SET default_transaction_read_only = on; $shared")" "300
m|t"
refused=$(psql -qXAt -c 'SET default_transaction_read_only = on' \
	-c "SELECT uprofile_train('m', 'people', target => 'label', algorithm => 'svm')" 2>&1)
check_equal "standby: READ ONLY transactions refuse to train with a name" \
	"$(grep -c 'in a read-only transaction' <<<"$refused")" 1

up_as_owner "$up_bin/pg_ctl" -D "$up_dir/data" -m fast -w -s stop
up_as_owner touch "$up_dir/data/standby.signal"
up_as_owner "$up_bin/pg_ctl" -D "$up_dir/data" -l "$up_dir/log" -w -s -o "-c wal_level=replica" start
check_equal "standby: it is one" "$(psql -qXAtc 'SELECT pg_is_in_recovery()')" t
check_equal "standby: it reads" "$(psql -qXAt -v ON_ERROR_STOP=1 2>&1 <<<"$reads")" "$want"
check_equal "standby: a refresh is refused in words" "$(psql -qXAt -c "SELECT uprofile_refresh('club')" 2>&1; psql -qXAt -c "CALL uprofile_run('club')" 2>&1)" \
	"ERROR:  cannot execute uprofile_refresh() during recovery
ERROR:  cannot execute uprofile_run() during recovery"
check_equal "standby: what users do in order is read, and a mine's refresh refused in words" "$(psql -qXAt 2>&1 <<'SQL'
SET client_min_messages = warning;
SELECT (SELECT count(*) FROM uprofile_sequences(v, 'u', 't', 'i', 1)), (SELECT count(*) FROM uprofile_paths(v, 'u', 't', 'i')),
	(SELECT users FROM uprofile_funnel(v, 'u', 't', 'i', '{a,b}') WHERE step = 2), (SELECT item FROM uprofile_next(v, 'u', 't', 'i', '{a}', 1)),
	(SELECT count(*) FROM uprofile_class_rules(v, 'i')), (SELECT count(*) FROM uprofile_rules)
FROM (VALUES ($$VALUES (1, 1, 'a'), (1, 2, 'b')$$)) w (w), LATERAL (SELECT 'SELECT * FROM (' || w || ') x (u, t, i)') x (v);
SELECT uprofile_refresh_mine('club');
SQL
)" "3|1|1|a|2|0
ERROR:  mine \"club\" cannot be made or refreshed on a standby
HINT:  Do it on the primary. The views uprofile_rules and uprofile_itemset_list are read here."
check_equal "standby: it reads what is shared" "$(PGUSER=up_reader psql -qXAt -v ON_ERROR_STOP=1 2>&1 <<<"$shared")" "300
m|t"
up_cluster_stop
finish
