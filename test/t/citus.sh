#!/bin/bash
# Citus: a coordinator and two workers of one machine. With coordinator_aggregation_strategy = 'disabled' whatever is not
# pushed down to the shards fails. Skipped where the extension citus is not installed.
. "$(dirname "$0")/common.bash"
. test/t/aggregate_calls.bash
. test/t/releases.bash
. test/cluster
config=$(up_pg_config) || { fail "citus: set-up"; finish; }
if [ ! -e "$("$config" --sharedir)/extension/citus.control" ]; then
	echo "skip citus: the extension citus is not installed for $config"
	exit 0
fi

preload="-c shared_preload_libraries=citus -c max_prepared_transactions=20"
UP_SHARED_BUFFERS=64MB UP_POSTGRES_OPTIONS=$preload up_cluster_start || { fail "citus: set-up"; finish; }

worker()
{
	up_as_owner "$up_bin/pg_ctl" -D "$up_dir/worker$1" -l "$up_dir/log$1" -m immediate -w -s "$2" -o "$preload -c port=543$((2 + $1))"
}

stop_all()
{
	worker 1 stop
	worker 2 stop
	up_cluster_stop
} 2>/dev/null
trap stop_all EXIT

on_worker()
{
	PGPORT=543$((2 + $1)) psql -qXAt -c "$2" 2>&1
}

for w in 1 2; do
	up_as_owner "$up_bin/initdb" -D "$up_dir/worker$w" -U postgres -A trust -E UTF8 --locale=C -N >/dev/null 2>&1 &&
		up_as_owner cp "$up_dir/data/postgresql.conf" "$up_dir/worker$w/" && worker $w start &&
		PGPORT=543$((2 + w)) PGDATABASE=postgres createdb uprofile && on_worker $w 'CREATE EXTENSION citus' || { fail "citus: worker $w"; finish; }
done
psql -qXAt -v ON_ERROR_STOP=1 >"$up_dir/setup" 2>&1 <<SQL || { fail "citus: set-up" "$(cat "$up_dir/setup")"; finish; }
CREATE EXTENSION citus;
SELECT citus_set_coordinator_host('$up_dir', 5432), citus_add_node('$up_dir', 5433), citus_add_node('$up_dir', 5434);
CREATE EXTENSION uprofile;
$rows_sql
CREATE TABLE many (LIKE one);
SELECT create_distributed_table('many', 'id', shard_count => 6);
INSERT INTO many SELECT * FROM one;
SELECT create_reference_table('old');
CREATE TABLE many_part (LIKE one_part);
SELECT create_distributed_table('many_part', 'id', shard_count => 6);
INSERT INTO many_part SELECT * FROM one_part;
SQL
ok "citus: $(psql -qXAtc "SELECT extversion FROM pg_extension WHERE extname = 'citus'") with $(psql -qXAtc "SELECT count(*) FROM citus_get_active_worker_nodes()") workers"

# ---- every aggregate -------------------------------------------------------------------------------------------------------

make_calls citus
check "citus: every aggregate runs in one place" "$(run_calls one one 'WHERE NOT alone')"
check "citus: every aggregate is pushed down to shards" "$(run_calls many many 'WHERE NOT alone' "SET citus.coordinator_aggregation_strategy = 'disabled'")"
check_equal "citus: no rows travel for them" "$(call_statements many many 'WHERE NOT alone' | sed "s/.*\(SELECT 'uprofile\)/EXPLAIN \1/" | psql -qXAt -c "SET citus.coordinator_aggregation_strategy = 'disabled'" -f - 2>&1 |
	grep -oE 'Subplan|ERROR.*|worker_partial_agg|Task Count: [0-9]+' | sort | uniq -c | sed 's/^ *//')" "$(psql -qXAtc "SELECT count(*) FROM calls WHERE NOT alone") Task Count: 6"
check_equal "citus: as many as there are" "$(psql -qXAtc "SELECT count(*) FROM got WHERE place = 'many'")" \
	"$(psql -qXAtc "SELECT count(*) FROM calls WHERE NOT alone")"
compare_calls citus many
check_equal "citus: a row alone is not pushed down" "$(psql -qXAt -c "SELECT format('SELECT %s FROM %s;', call, format(source, 'many')) FROM calls WHERE alone ORDER BY 1" |
	psql -qXAt -c "SET citus.coordinator_aggregation_strategy = 'disabled'" -f - 2>&1 | sed -n 's/.*ERROR: *//p' | sort | uniq -c | sed 's/^ *//')" \
	"$(psql -qXAtc 'SELECT count(*) FROM calls WHERE alone') worker_partial_agg_sfunc could not confirm type correctness"

check_equal "citus: how much of a state with rows travels is told" \
	"$(psql -qXAt -c "SET citus.coordinator_aggregation_strategy = 'disabled'" -c "SELECT length(uprofile_kmeans(array_fill(a, ARRAY[16000]), 1, '{\"max_iter\": 1, \"n_init\": 1}')) > 0 FROM many" 2>&1 | sed 's/, [12][0-9] MB,/, N MB,/' | grep -v DETAIL | sort | uniq -c | sed 's/^ *//')" \
	'6 HINT:  uprofile_merge makes one model of models by shard, so that no rows travel.
6 NOTICE:  the aggregate state of a shard, N MB, travels to another node
1 t'
check_equal "citus: sums are not" "$(psql -qXAt -c "SET citus.coordinator_aggregation_strategy = 'disabled'" -c "SELECT length(uprofile_linear(ARRAY[a, b], y)) > 0 FROM many" 2>&1)" t

# ---- whole rows ------------------------------------------------------------------------------------------------------------

pushed()
{
	psql -qXAt -c "SET citus.coordinator_aggregation_strategy = 'disabled'" -c "SET client_min_messages = error" -c "$1" 2>&1 | sed '/^CONTEXT/d'
}
check_equal "citus: a row of the table itself is refused by Citus" "$(pushed "SELECT uprofile_svm(m, 'f') FROM many m")" \
	"ERROR:  worker_partial_agg_sfunc could not confirm type correctness"
check_equal "citus: a row of a sub-select that is dissolved loses its names, and is told of" "$(pushed "SELECT uprofile_svm(x, 'f') FROM (SELECT a, b, c, f FROM many) x")" \
	"ERROR:  target column \"f\" does not exist
HINT:  The row has lost the names of its columns: uprofile_row('{a,b}', a, b) gives them."
check_equal "citus: uprofile_row makes a row of a table one that is pushed down" \
	"$(pushed "SELECT uprofile_model_info(uprofile_svm(uprofile_row(m), 'f', '{\"features\": [\"a\", \"b\", \"c\"]}')) -> 'features' FROM many m")" '["a", "b", "c=c0", "c=c1", "c=c2"]'

# ---- predictions ---------------------------------------------------------------------------------------------------------------

psql -qXAt -c "SET client_min_messages = error" -c "SELECT version FROM uprofile_train('m', 'SELECT id, a, b, c, f FROM many', target => 'f', algorithm => 'svm', key => 'id', test_size => 0)" >/dev/null 2>&1
psql -qXAt -c "SET client_min_messages = error" -c "SELECT version FROM uprofile_train('same', 'SELECT id, a, b, c, f FROM one', target => 'f', algorithm => 'svm', key => 'id', test_size => 0)" >/dev/null 2>&1
check_equal "citus: training by name reads a distributed table" "$(psql -qXAtc "SELECT (SELECT bool_and(uprofile_predict('m', x) = uprofile_predict('same', x)) FROM one x), n_rows FROM uprofile_model_versions WHERE model = 'm'")" "t|900"
check_equal "citus: a name that a worker does not know" "$(pushed "SELECT count(uprofile_predict('m', x)) FROM many x")" \
	"ERROR:  model \"m\" does not exist on this node
DETAIL:  Each node has models of its own; this one works for another.
HINT:  Give the model itself: uprofile_predict((SELECT uprofile_model('m')), …), or a column of a reference table that keeps it."
wanted=$(psql -qXAtc "SELECT sum(uprofile_predict('m', x)), round(sum(uprofile_predict_proba('m', x))::numeric, 6) FROM one x")
check_equal "citus: the coordinator binds the model" \
	"$(pushed "SELECT sum(uprofile_predict((SELECT uprofile_model('m')), x)), round(sum(uprofile_predict_proba((SELECT uprofile_model('m')), x))::numeric, 6) FROM many x")" "$wanted"
psql -qXAt -c "CREATE TABLE scoring (name text PRIMARY KEY, model bytea NOT NULL)" -c "SELECT create_reference_table('scoring')" \
	-c "INSERT INTO scoring VALUES ('m', uprofile_model('m'))" >/dev/null 2>&1
check_equal "citus: or a reference table keeps it" \
	"$(pushed "SELECT sum(uprofile_predict(model, x)), round(sum(uprofile_predict_proba(model, x))::numeric, 6) FROM many x, scoring WHERE name = 'm'")" "$wanted"
check_equal "citus: also for one row, which one worker answers alone" \
	"$(pushed "SELECT uprofile_predict(model, x) FROM many x, scoring WHERE name = 'm' AND x.id = 7")" "$(psql -qXAtc "SELECT uprofile_predict('m', x) FROM one x WHERE x.id = 7")"
check_equal "citus: arrays of another length are refused" "$(pushed "SELECT count(uprofile_predict(truth, ARRAY[a])) FROM many, old" | grep -v '^$')" \
	"$(psql -qXAtc "SELECT count(uprofile_predict(truth, ARRAY[a])) FROM one, old" 2>&1)"
check_equal "citus: shards whose arrays differ in length do not become one model" \
	"$(pushed "SELECT uprofile_linear(CASE WHEN tableoid = (SELECT max(tableoid::int) FROM many) THEN ARRAY[a] ELSE ARRAY[a, b] END, y) FROM many" | grep -c ERROR)" 1
# A right to predict is no right to the model's bytes, on any node.
psql -qXAt >/dev/null 2>&1 <<'SQL'
CREATE ROLE up_citus_other LOGIN;
GRANT SELECT ON many TO up_citus_other;
SQL
check_equal "citus: another role gets no model" "$(PGUSER=up_citus_other pushed "SELECT sum(uprofile_predict((SELECT uprofile_model('m')), x)) FROM many x" | head -1)" \
	'ERROR:  model "m" does not exist'

# ---- a model for each shard ------------------------------------------------------------------------------------------------

by_shard()
{
	echo "SELECT uprofile_merge(result::bytea) AS model FROM run_command_on_shards('many', \$\$SELECT $1 FROM %s\$\$)"
}
check_query "citus: linear models of shards become the one of all rows" "WITH m AS ($(by_shard 'uprofile_linear(ARRAY[a, b], y)')) SELECT id FROM one, m, old
	WHERE uprofile_predict(m.model, ARRAY[a, b]) IS NULL OR abs(uprofile_predict(m.model, ARRAY[a, b]) - uprofile_predict(old.number, ARRAY[a, b])) > 1e-9"
for call in "uprofile_svm(ARRAY[b, a], c2 = 'c1' OR a > 5)" "uprofile_logistic(ARRAY[b, a], c2 = 'c1' OR a > 5)" "uprofile_forest(ARRAY[b, a], c2 = 'c1' OR a > 5, '{\"n_estimators\": 5, \"max_depth\": 4}')"; do
	check_query "citus: $call for each shard is as good as for all" "WITH m AS ($(by_shard "$call")), w AS (SELECT $call AS model FROM one), s AS (SELECT uprofile_accuracy(c2 = 'c1' OR a > 5, uprofile_predict(m.model, ARRAY[b, a]) = 1) AS merged,
		uprofile_accuracy(c2 = 'c1' OR a > 5, uprofile_predict(w.model, ARRAY[b, a]) = 1) AS whole FROM one, m, w) SELECT * FROM s WHERE merged < whole - 0.02 OR merged IS NULL"
done
check "citus: the statements of shards.md run" "$(psql -qXAt >/dev/null 2>&1 -c "CREATE TABLE customers AS SELECT id, a AS age, (b * 3)::int AS visits, c AS country, f AS churned FROM one" \
	-c "SELECT create_distributed_table('customers', 'id')"; psql -qXAtc 'DROP TABLE scoring' >/dev/null; sed -n '/^```sql$/,/^```$/p' docs/shards.md | grep -v '^```' | psql -qXAt -c 'SET client_min_messages = error' -f - 2>&1 | grep -A2 ERROR)"

# ---- profiles ------------------------------------------------------------------------------------------------------------------

quiet()
{
	psql -qXAt -c "SET client_min_messages = error" "$@" 2>&1
}
check_equal "citus: a distributed table is not watched" "$(quiet -c "SELECT uprofile_create('club', 'many', 'id', watch => '{many.id}')")" \
	'ERROR:  distributed table public.many cannot be watched
DETAIL:  What changes its shards on other nodes fires no trigger here.
HINT:  Leave it out: then each refresh computes everybody, or with the policy "full_every" who changed elsewhere, and all at that interval.'
models='{"s": {"algorithm": "kmeans", "k": 3}, "churn": {"algorithm": "forest", "target": "f", "n_estimators": 10}}'
check_equal "citus: a profile over a distributed table computes everybody" \
	"$(quiet -c "SELECT uprofile_create('club', 'SELECT id, a, b, c, f FROM many', 'id', models => '$models')" -c "SELECT status, users, mode, message FROM uprofile_refresh('club')" \
		-c 'UPDATE many SET a = a + 1 WHERE id IN (3, 5)' -c "SELECT status, updated, message FROM uprofile_refresh('club')" \
		-c "SELECT count(*) FROM club_profile p JOIN (SELECT * FROM many OFFSET 0) m USING (id) WHERE p.a = m.a AND p.s IS NOT NULL AND p.churn IS NOT NULL")" \
	'public.club_profile
succeeded|900|full|
succeeded|2|
900'
check_equal "citus: with full_every local changes are followed, by their keys" \
	"$(quiet -c 'CREATE TABLE visits AS SELECT i AS id, i % 9 AS v FROM generate_series(1, 900) i' \
		-c "SELECT uprofile_create('mixed', 'SELECT id, a, v FROM many JOIN visits USING (id)', 'id', policy => '{\"full_every\": \"1 day\"}', models => '{\"s\": {\"algorithm\": \"kmeans\", \"k\": 2}}')" \
		-c "SELECT mode, users FROM uprofile_refresh('mixed')" -c 'UPDATE visits SET v = 77 WHERE id IN (7, 8)' \
		-c "SELECT item, decision, reason FROM uprofile_explain_refresh('mixed') WHERE part = 'query'" -c "SELECT mode, updated FROM uprofile_refresh('mixed')" -c 'SELECT v FROM mixed_profile WHERE id = 8')" \
	'public.mixed_profile
full|900
each key|not chosen|other nodes are not asked for each
set of keys|chosen|
all users|not chosen|
keys|2
77'
check_equal "citus: which it says where there is nothing else to follow" "$(quiet -c "SELECT uprofile_create('alone', 'SELECT id, a FROM many', 'id', policy => '{\"full_every\": \"1 day\"}')" -c "SELECT mode, users, reason FROM uprofile_refresh('alone')")" \
	'public.alone_profile
full|900|public.many shows no changes that could be followed'

# A profile whose table the user distributes, beside the users themselves.
psql -qXAt >/dev/null 2>&1 <<'SQL'
CREATE TABLE users (id int PRIMARY KEY, age float8, spent float8, country text, churned boolean, quota float8 DEFAULT 1);
SELECT create_distributed_table('users', 'id', shard_count => 6);
INSERT INTO users SELECT id, a, b, c, f FROM one;
CREATE TABLE local_users AS SELECT id, age, spent, country, churned, quota FROM users;
ALTER TABLE local_users ADD PRIMARY KEY (id);
SQL
models='{"s": {"algorithm": "kmeans", "k": 3}, "churn": {"algorithm": "forest", "target": "churned", "n_estimators": 10}}'
source='SELECT id, age, spent, country, churned, 10 / quota AS share FROM'
check_equal "citus: a profile is made beside its users, by keys they share" \
	"$(quiet -c "SELECT uprofile_create('far', '$source users', 'id', models => '$models', policy => '{\"history\": \"1 year\"}')" \
		-c "SELECT create_distributed_table('far_profile', 'id', colocate_with => 'users')" -c 'ALTER TABLE far_profile ADD COLUMN own text DEFAULT $$mine$$' \
		-c "SELECT status, users, inserted, mode, message FROM uprofile_refresh('far')" -c "SELECT count(*) FROM far_profile JOIN users USING (id, age, spent)" \
		-c "EXPLAIN (COSTS OFF) SELECT count(*) FROM far_profile JOIN users USING (id)" | grep -v '^$' | grep -vE '^ *(->|Hash|Tasks|Node)' | head -6)" \
	'public.far_profile
succeeded|900|900|full|
900
Aggregate
        Task Count: 6'
check_equal "citus: what the same profile of one table has" "$(quiet -c "SELECT uprofile_create('near', '$source local_users', 'id', watch => '{local_users.id}', models => '$models')" \
	-c "SELECT status, inserted FROM uprofile_refresh('near')" -c "SELECT count(*), bool_and(f.s = n.s AND f.churn = n.churn AND f.churn_probability = n.churn_probability AND f.share = n.share) FROM (SELECT * FROM far_profile OFFSET 0) f JOIN near_profile n USING (id)")" \
	'public.near_profile
succeeded|900
900|t'
check_equal "citus: it is written where it lies: new, other and gone users, and one who fails" \
	"$(quiet -c 'UPDATE users SET age = age + 1 WHERE id IN (3, 5)' -c 'DELETE FROM users WHERE id = 7' -c "INSERT INTO users VALUES (1001, 1, 2, 'c1', true)" -c 'UPDATE users SET quota = 0 WHERE id = 9' \
		-c "SELECT status, users, inserted, updated, deleted, message FROM uprofile_refresh('far')" -c "SELECT id, p.age = u.age, own, s IS NULL FROM far_profile p JOIN users u USING (id) WHERE id IN (3, 5, 7, 9, 1001) ORDER BY 1" \
		-c "SELECT status, updated FROM uprofile_refresh('far')")" \
	'succeeded|900|1|2|1|user 9 cannot be computed and stays as before: division by zero
3|t|mine|f
5|t|mine|f
9|t|mine|f
1001|t|mine|f
succeeded|0'
check_equal "citus: many are sent shard by shard" "$(quiet -c 'UPDATE users SET quota = 1 WHERE id = 9' -c 'INSERT INTO users SELECT i, 1, 2, $$c1$$, true FROM generate_series(2001, 3500) i' \
	-c "SELECT status, inserted FROM uprofile_refresh('far', retrain => 'none')" -c 'UPDATE users SET spent = spent + 1' -c "SELECT status, updated FROM uprofile_refresh('far', retrain => 'none')" \
	-c 'SELECT count(*) FROM far_profile JOIN users USING (id, age, spent)' -c 'DELETE FROM users WHERE id > 2000' -c "SELECT status, deleted FROM uprofile_refresh('far', retrain => 'none', max_deleted => 1)")" \
	'succeeded|1500
succeeded|2400
2400
succeeded|1500'
check_equal "citus: its views, its history and its reasons are told here" \
	"$(quiet -c "SELECT id, age, computed_at IS NOT NULL, stale FROM far_current WHERE id IN (3, 7) ORDER BY id" -c 'SELECT count(computed_at) FROM far_current' \
		-c "SELECT uprofile_get('far', 3) ->> 'found', uprofile_get('far', 7) ->> 'found'" -c "SELECT operation, values_after ->> 'age' FROM uprofile_history('far', 7)" \
		-c "SELECT count(*) > 2 FROM uprofile_explain_user('far', 3) WHERE model_name = 'churn'" -c "SELECT model, sum(users) FROM uprofile_segments('far') GROUP BY 1" -c "SELECT count(*) > 0 FROM uprofile_tgi('far', 's_1')")" \
	"3|$(psql -qXAtc 'SELECT age FROM users WHERE id = 3')|t|
900
true|false
insert|5.7
delete|
t
s|900
t"
check_equal "citus: a user is forgotten there, and stays so" \
	"$(quiet -c "SELECT place, rows FROM uprofile_forget('far', 5) WHERE what = 'erased' AND rows > 0" -c "SELECT status, users FROM uprofile_refresh('far')" -c 'SELECT count(*) FROM far_profile WHERE id = 5' -c "SELECT uprofile_unforget('far', 5)" |
		grep -v '^$')" \
	'public.far_profile|1
public.far_history|3
succeeded|899
0
t'
check_equal "citus: its view is of this node alone, so that columns can come and go" \
	"$(quiet -c "SELECT uprofile_create('short', 'SELECT id, age, spent FROM users', 'id')" -c 'GRANT SELECT ON short_current TO PUBLIC' -c "SELECT create_distributed_table('short_profile', 'id', colocate_with => 'users')" \
		-c "SELECT status FROM uprofile_refresh('short')" -c "SELECT uprofile_alter('short', source => 'SELECT id, age FROM users', drop_columns => '{spent}')" -c "SELECT status FROM uprofile_refresh('short')" \
		-c "SELECT count(*), has_table_privilege('up_citus_other', 'short_current', 'SELECT') FROM short_current" | grep -v '^$')
$(on_worker 1 "SELECT count(*) FROM pg_views WHERE viewname = 'short_current'")" \
	'public.short_profile
succeeded
public.short_profile
succeeded
900|t
0'
check_equal "citus: models that score when it is read are refused there" \
	"$(quiet -c "SELECT uprofile_create('read', 'SELECT id, age, spent FROM users', 'id', models => '{\"y\": {\"algorithm\": \"linear\", \"target\": \"spent\"}}', policy => '{\"score\": \"read\", \"live\": {\"l\": \"extract(epoch FROM now())::float8 + profile.age\"}}')" \
		-c "SELECT create_distributed_table('read_profile', 'id', colocate_with => 'users')" -c "SELECT status, users, message FROM uprofile_refresh('read')" -c "SELECT count(*) FROM read_profile" | grep -v '^$')" \
	'public.read_profile
failed|0|model "read.y" scores when the profile is read, and its table public.read_profile is distributed
0'
check_equal "citus: of a local source that is watched, the users who changed" \
	"$(quiet -c "SELECT create_distributed_table('near_profile', 'id', colocate_with => 'users')" -c "SELECT mode, updated FROM uprofile_refresh('near')" -c 'UPDATE local_users SET age = 77 WHERE id IN (3, 5)' \
		-c 'DELETE FROM local_users WHERE id = 7' -c "SELECT status, mode, updated, deleted FROM uprofile_refresh('near')" -c 'SELECT count(*) FROM near_profile WHERE age = 77' \
		-c "SELECT uprofile_alter('near', source => 'SELECT *, 10 / quota AS share, spent * 2 AS twice FROM local_users')" -c "SELECT status, mode, updated FROM uprofile_refresh('near')" \
		-c 'SELECT count(*) FROM near_profile WHERE twice = 2 * spent' -c "SELECT undistribute_table('near_profile')" -c 'UPDATE local_users SET age = 78 WHERE id = 3' -c "SELECT status, mode, updated FROM uprofile_refresh('near')" | grep -v '^$')" \
	'none|0
succeeded|keys|2|1
2
public.near_profile
succeeded|full|899
899
succeeded|keys|1'
check_equal "citus: also one copied to every node, and of a role of its own" "$(quiet -c 'CREATE ROLE up_citus_owner LOGIN' -c 'GRANT CREATE ON SCHEMA public TO up_citus_owner' -c 'GRANT SELECT ON users TO up_citus_owner' >/dev/null
	PGUSER=up_citus_owner quiet -c "SELECT uprofile_create('hers', 'SELECT id, age FROM users', 'id')" -c "SELECT create_reference_table('hers_profile')" -c "SELECT status, inserted FROM uprofile_refresh('hers')" -c "SELECT uprofile_grant('hers', 'up_citus_other')" | grep -v '^$'
	PGUSER=up_citus_other quiet -c 'SELECT count(*) FROM hers_profile' -c "SELECT uprofile_get('hers', 3) ->> 'found'" -c "SELECT uprofile_refresh('hers')" | head -3
	quiet -c 'UPDATE users SET age = 0 WHERE id < 10' -c "SELECT status, updated FROM uprofile_refresh('hers')" -c "SELECT uprofile_drop('hers')" -c "SELECT count(*) FROM pg_dist_partition WHERE logicalrelid::text ~ 'hers'" | grep -v '^$')" \
	'public.hers_profile
succeeded|900
900
true
ERROR:  permission denied for profile "hers"
succeeded|8
0'

# ---- what goes wrong -----------------------------------------------------------------------------------------------------------

before=$(quiet -c "SELECT count(*), max(version), (SELECT count(*) FROM club_profile) FROM uprofile_model_versions WHERE model = 'm'")
# An older extension: its states are of another format.
check_equal "citus: states of another version are told of" "$(quiet -c "SELECT uprofile_agg_combine(NULL, '\\x55505354010001'::bytea)" -c "SELECT uprofile_agg_metric_combine(NULL, overlay(uprofile_agg_values('rmse'::bytea, 1, 2) placing '\\x63' from 5))" | grep -v '^\\x')" \
	'ERROR:  an aggregate state of format 1 cannot be read by this version of uprofile
HINT:  All nodes of a cluster need the same version: ALTER EXTENSION uprofile UPDATE.
ERROR:  an aggregate state of format 99 cannot be read by this version of uprofile
HINT:  All nodes of a cluster need the same version: ALTER EXTENSION uprofile UPDATE.'
on_worker 2 'ALTER EXTENSION uprofile DROP AGGREGATE uprofile_linear(float8[], float8); DROP AGGREGATE uprofile_linear(float8[], float8)' >/dev/null
check_equal "citus: what a worker's extension does not have" "$(pushed "SELECT uprofile_linear(ARRAY[a, b], y) FROM many" | head -1)" 'ERROR:  function "public.uprofile_linear(double precision[],double precision)" does not exist'
worker 2 stop 2>/dev/null
check_equal "citus: a worker is down during the training" "$(quiet -c "SELECT uprofile_train('m', 'SELECT id, a, b, c, f FROM many', target => 'f', algorithm => 'svm', key => 'id')" | grep -c "ERROR: .*connection to the remote node")" 1
check_equal "citus: and during a refresh" "$(quiet -c "SELECT status, message FROM uprofile_refresh('club')" | head -1 | sed 's/ postgres@.*//; s/ \/.*//')" "failed|connection to the remote node"
check_equal "citus: and during one whose table lies there" "$(quiet -c "SELECT status, message FROM uprofile_refresh('far')" | head -1 | sed 's/ postgres@.*//; s/ \/.*//')" "failed|connection to the remote node"
check_equal "citus: nothing is lost" "$(quiet -c "SELECT count(*), max(version), (SELECT count(*) FROM club_profile) FROM uprofile_model_versions WHERE model = 'm'")" "$before"
worker 2 start
check_equal "citus: it comes back, and so does the training" "$(quiet -c "SELECT version, rows_trained + rows_tested FROM uprofile_train('m', 'SELECT id, a, b, c, f FROM many', target => 'f', algorithm => 'svm', key => 'id')" \
	-c "SELECT status, users FROM uprofile_refresh('club')" -c "SELECT status, users, updated FROM uprofile_refresh('far', retrain => 'none')" -c 'SELECT count(*) FROM far_profile JOIN users USING (id, age, spent)')" "2|900
succeeded|900
succeeded|900|7
900"

# ---- an older version on a worker ----------------------------------------------------------------------------------------------

read -r old commit <<<"$(grep -v '^#' test/data/releases | tail -1)"
work=$up_dir
if [ ! -e .git ] || ! copy_server || ! folder=$(build_release "$old" "$commit" 2>&1 | tail -1) || ! install_tree "$folder"; then
	echo "skip citus: there is no version $old to be had"
	finish
fi
before=$(quiet -c "SELECT count(*), max(version), (SELECT count(*) FROM far_profile), (SELECT count(*) FROM club_profile) FROM uprofile_model_versions WHERE model = 'm'")
worker 2 stop
up_bin=$tree_bin worker 2 start
check_equal "citus: a worker has version $old, library and all" "$(on_worker 2 "SET client_min_messages = error; SET citus.enable_ddl_propagation = off; DROP EXTENSION uprofile CASCADE; CREATE EXTENSION uprofile VERSION '$old'; SELECT extversion FROM pg_extension WHERE extname = 'uprofile'")" "$old"
psql -qXAtc 'CREATE TABLE copied AS SELECT * FROM many' >/dev/null 2>&1
check_equal "citus: what it counts is still read right" "$(pushed "SELECT md5(uprofile_svm(ARRAY[a, b], f)), uprofile_rmse(y, y2), uprofile_auc(f, b) FROM many")
$(pushed "SELECT max(abs(uprofile_predict(m, ARRAY[a, b]) - uprofile_predict(o, ARRAY[a, b]))) < 1e-9 FROM copied, (SELECT uprofile_linear(ARRAY[a, b], y) AS m FROM many) x, (SELECT uprofile_linear(ARRAY[a, b], y) AS o FROM copied) z")" \
	"$(pushed "SELECT md5(uprofile_svm(ARRAY[a, b], f)), uprofile_rmse(y, y2), uprofile_auc(f, b) FROM copied")
t"
check_equal "citus: what it does not have is told of" "$(pushed "SELECT uprofile_pca(ARRAY[a, b]) FROM many"; pushed "SELECT uprofile_svm(uprofile_row(m), 'f', '{}') FROM many m" | head -1 | sed 's/many_[0-9]*/many/')" \
	'ERROR:  function "public.uprofile_pca(double precision[])" does not exist
ERROR:  function public.uprofile_row(many) does not exist'
check_equal "citus: a model that is newer than it is told of" "$(pushed "SELECT count(uprofile_predict((SELECT uprofile_model('m')), x)) FROM many x" | sed 's/format [0-9]*,/format N,/')" \
	'ERROR:  the model has format N, and this version reads up to 2
HINT:  Update the extension to the version that wrote the model.'
check_equal "citus: training and refreshing go on: they ask it for rows" "$(quiet -c "SELECT version FROM uprofile_train('m', 'SELECT id, a, b, c, f FROM many', target => 'f', algorithm => 'svm', key => 'id', deploy => 'never')" \
	-c "DELETE FROM uprofile_model_versions WHERE model = 'm' AND version = 3" -c "SELECT status FROM uprofile_refresh('club')" -c "SELECT status FROM uprofile_refresh('far', retrain => 'none')")" '3
succeeded
succeeded'
check_equal "citus: nothing is lost by it" "$(quiet -c "SELECT count(*), max(version), (SELECT count(*) FROM far_profile), (SELECT count(*) FROM club_profile) FROM uprofile_model_versions WHERE model = 'm'")" "$before"
install_tree .
check_equal "citus: the hint's update cures it" "$(on_worker 2 "SET citus.enable_ddl_propagation = off; ALTER EXTENSION uprofile UPDATE"; pushed "SELECT uprofile_pca(ARRAY[a, b]) IS NOT NULL FROM many"
	pushed "SELECT count(uprofile_predict((SELECT uprofile_model('m')), x)) FROM many x")" 't
900'

# ---- the figures of docs/shards.md ---------------------------------------------------------------------------------------------

said=$(UP_PREPARED=1 UP_ROWS=2000 UP_SHARDS=4 UP_USERS=200 UP_SHARED_BUFFERS=64MB bench/shards 2>&1)
check "citus: the figures of shards.md are taken" "$(grep ERROR <<<"$said"
	for what in '^| boost | .* s | .* s | .* s |$' '^mlp|rounds 10|' '^kmeans|merged|' '^far: .* s, .* s, .* s, .* s$'; do grep -q "$what" <<<"$said" || echo "lacks $what"; done)"
finish
