#!/bin/bash
# Recommendations read users' events with the rights of who asks: row-level security, tables that he may not read, models shared with
# him, sources that call functions of others; and they work in parallel workers and READ ONLY transactions.
. "$(dirname "$0")/common.bash"
for role in up_shop up_clerk up_other; do
	psql -qX -d postgres -c "CREATE ROLE $role LOGIN" 2>/dev/null
done
scratch_database recommend

check "recommend: set-up" "$(as postgres -c 'CREATE EXTENSION uprofile' -c 'GRANT CREATE ON SCHEMA public TO PUBLIC'
	as up_shop -c "CREATE TABLE bought AS SELECT u AS customer, i AS product, CASE WHEN u % 2 = 0 THEN 'up_clerk' ELSE 'up_other' END AS clerk
		FROM generate_series(1, 80) u, generate_series(1, 30) i WHERE (u * i) % 7 < 2 OR (i % 5 = u % 5 AND (u + i) % 4 > 0)" \
	-c "CREATE TABLE people AS SELECT DISTINCT customer FROM bought; GRANT SELECT ON people TO PUBLIC" \
	-c "DO \$\$ BEGIN
		PERFORM uprofile_train_recommender('shop', 'bought', 'customer', 'product', algorithm => 'item_knn', deploy => 'always');
		PERFORM uprofile_share('shop', 'up_clerk'); END \$\$")"
one="SELECT count(*), count(*) FILTER (WHERE reason LIKE 'because of%') FROM uprofile_recommend_for('shop', 2, 3)"
check_equal "recommend: the owner" "$(as up_shop -c "$one")" "3|3"
check_equal "recommend: one that it is not shared with" "$(as up_other -c "$one" | grep -c 'model "shop" does not exist')" 1
got=$(as up_clerk -c "$one")
check_equal "recommend: shared, without the right to read" "$(grep -c 'permission denied for table bought' <<<"$got") $(grep -c 'HINT:.*own rights' <<<"$got") $(
	grep -c 'SELECT s' <<<"$got")" "1 1 0"
check_equal "recommend: shared, by items" "$(as up_clerk -c "SELECT count(*) FROM uprofile_recommend_for('shop', NULL, 3, items => '{1}')")" 3
check_equal "recommend: shared, what it is" "$(as up_clerk -c "SELECT uprofile_model_info('shop')")" '{"task": "recommendation", "items": 30, "segments": 0, "algorithm": "item_knn"}'
as up_shop -c "GRANT SELECT ON bought TO up_clerk" -c "ALTER TABLE bought ENABLE ROW LEVEL SECURITY" \
	-c "CREATE POLICY own ON bought USING (clerk = current_user)"
check_equal "recommend: shared, with it" "$(as up_clerk -c "$one")" "3|3"
check_equal "recommend: rows that are not his do not count" "$(as up_clerk -c "SELECT DISTINCT reason FROM uprofile_recommend_for('shop', 1)")" \
	"popular with everybody: nothing is known of this user"
check_equal "recommend: nor where all are read at once" "$(as up_clerk -c "SELECT count(*), count(*) FILTER (WHERE reason LIKE 'because of%')
	FROM generate_series(1, 80) u, uprofile_recommend_for('shop', u, 1)")" "75|35"

# In one session, whoever asks.
check_equal "recommend: a role changes within a session" "$(as postgres -c "SET ROLE up_clerk" -c "$one" -c "SET ROLE up_shop" -c "$one" \
	-c "SET ROLE up_clerk" -c "SELECT DISTINCT reason FROM uprofile_recommend_for('shop', 1)" -c "RESET ROLE" -c "SELECT count(DISTINCT reason) > 1 FROM
		uprofile_recommend_for('shop', 1)")" "3|3
3|3
popular with everybody: nothing is known of this user
t"

# What calls another's function never runs with the rights of who asks, be it in the source, a view or a policy.
check "recommend: sources with functions" "$(as up_shop -c "CREATE FUNCTION grab(x int) RETURNS int LANGUAGE plpgsql AS \$\$ BEGIN
		IF current_user <> 'up_shop' THEN RAISE EXCEPTION 'ran as %', current_user; END IF; RETURN x; END \$\$" \
	-c "CREATE VIEW seen AS SELECT grab(customer) AS customer, product FROM bought; GRANT SELECT ON seen TO PUBLIC" \
	-c "CREATE TABLE open_bought AS TABLE bought; GRANT SELECT ON open_bought TO PUBLIC" \
	-c "DO \$\$ BEGIN
		PERFORM uprofile_train_recommender('seen', 'seen', 'customer', 'product', algorithm => 'item_knn', deploy => 'always');
		PERFORM uprofile_train_recommender('called', 'SELECT grab(customer) AS customer, product FROM open_bought', 'customer', 'product',
			algorithm => 'item_knn', deploy => 'always');
		PERFORM uprofile_train_recommender('policy', 'open_bought', 'customer', 'product', algorithm => 'item_knn', deploy => 'always');
		PERFORM uprofile_share(m, 'up_clerk') FROM unnest('{seen,called,policy}'::text[]) m; END \$\$" \
	-c "ALTER TABLE open_bought ENABLE ROW LEVEL SECURITY" -c "CREATE POLICY all_of_them ON open_bought USING (grab(product) > 0)")"
for model in seen called policy; do
	check_equal "recommend: $model: its owner" "$(as up_shop -c "SELECT count(*) FROM uprofile_recommend_for('$model', 2, 3)")" 3
	check_equal "recommend: $model: another" "$(as up_clerk -c "SELECT count(*) FROM uprofile_recommend_for('$model', 2, 3)" |
		grep -c 'cannot be read with your rights: it calls the function grab of role "up_shop"')" 1
done
for model in seen called; do
	check_equal "recommend: $model: a superuser" "$(as postgres -c "SELECT count(*) FROM uprofile_recommend_for('$model', 2, 3)" |
		grep -c 'cannot be read with your rights')" 1
done
# Nor to plan it: what is immutable runs then, and what is stable for a guess.
check "recommend: sources with functions of what is known before they run" "$(as postgres -c "CREATE SCHEMA up_own AUTHORIZATION up_shop"
	as up_shop -c "CREATE FUNCTION grab_now(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS \$\$ BEGIN
		IF current_user <> 'up_shop' THEN RAISE EXCEPTION 'ran as %', current_user; END IF; RETURN x; END \$\$" \
	-c "CREATE FUNCTION grab_soon(x int) RETURNS int STABLE LANGUAGE plpgsql AS \$\$ BEGIN
		IF current_user <> 'up_shop' THEN RAISE EXCEPTION 'ran as %', current_user; END IF; RETURN x; END \$\$" \
	-c "CREATE FUNCTION up_own.grab_key(x bigint, y bigint) RETURNS bool LANGUAGE plpgsql AS \$\$ BEGIN
		IF current_user <> 'up_shop' THEN RAISE EXCEPTION 'ran as %', current_user; END IF; RETURN x OPERATOR(pg_catalog.=) y; END \$\$" \
	-c "CREATE OPERATOR up_own.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = up_own.grab_key); GRANT USAGE ON SCHEMA up_own TO PUBLIC" \
	-c "DO \$\$ BEGIN
		PERFORM uprofile_train_recommender('now', 'SELECT customer, product FROM bought WHERE grab_now(1) > 0', 'customer', 'product',
			algorithm => 'item_knn', deploy => 'always');
		PERFORM uprofile_train_recommender('soon', 'SELECT customer, product FROM bought WHERE customer > grab_soon(0)', 'customer', 'product',
			algorithm => 'item_knn', deploy => 'always');
		PERFORM set_config('search_path', 'up_own, pg_catalog, public', true);
		PERFORM uprofile_train_recommender('key', 'SELECT customer::bigint AS customer, product FROM public.bought', 'customer', 'product',
			algorithm => 'item_knn', deploy => 'always'); END \$\$")"
for model in now soon key; do
	check_equal "recommend: $model: its owner" "$(as up_shop -c "SELECT count(*) FROM uprofile_recommend_for('$model', 2, 3)")" 3
done
for model in now soon; do
	check_equal "recommend: $model: a superuser" "$(as postgres -c "SELECT count(*) FROM uprofile_recommend_for('$model', 2, 3)" |
		grep -oE 'ran as|cannot be read with your rights: it calls the function grab')" "cannot be read with your rights: it calls the function grab"
done
# An operator = of the path that it was trained with is not asked at all.
check_equal "recommend: key: a superuser" "$(as postgres -c "SELECT count(*) FROM uprofile_recommend_for('key', 2, 3)")" 3
check_equal "recommend: a view is replaced after it was looked at" "$(as up_shop -c "CREATE VIEW later AS SELECT customer, product FROM bought" \
	-c "SELECT deployed FROM uprofile_train_recommender('later', 'later', 'customer', 'product', algorithm => 'item_knn', deploy => 'always')"
	as postgres -c "SELECT count(*) FROM uprofile_recommend_for('later', 2, 3)" -c "SET ROLE up_shop" \
		-c "CREATE OR REPLACE VIEW later AS SELECT grab(customer) AS customer, product FROM bought" -c "RESET ROLE" \
		-c "SELECT count(*) FROM uprofile_recommend_for('later', 2, 3)" | grep -o '^3$\|cannot be read')" "t
3
cannot be read"

# Parallel workers and READ ONLY.
parallel="SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2"
many="SELECT count(*), sum(r.rank), count(DISTINCT r.reason) FROM people p, uprofile_recommend_for('shop', p.customer, 3) r"
serial=$(as up_shop -c "$many")
check_equal "recommend: a parallel plan" "$(as up_shop -c "$parallel" -c "EXPLAIN (COSTS OFF) $many" | grep -c Gather)" 1
check_equal "recommend: in parallel" "$(as up_shop -c "$parallel" -c "$many" -c "SET parallel_leader_participation = off" -c "$many")" "$serial
$serial"
check_equal "recommend: candidates in parallel" "$(as up_shop -c "$parallel" -c "SELECT max(r.item::int) FROM people p, uprofile_recommend_for('shop', p.customer, 3,
	candidates => 'SELECT g FROM generate_series(1, 4) g') r")" 4
check_equal "recommend: READ ONLY" "$(as up_shop -c "BEGIN READ ONLY" -c "$many" -c "COMMIT")" "$serial"
finish
