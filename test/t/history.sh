#!/bin/bash
# The past of a profile: random changes over 200 refreshes, undone to every one of them; rights; dump and restore; and sessions
# that refresh one profile together.
. "$(dirname "$0")/common.bash"
psql -qX -d postgres -c "CREATE ROLE up_keeper LOGIN" -c "CREATE ROLE up_looker LOGIN" 2>/dev/null
scratch_database past
dump=$(mktemp -d) || exit 1
trap 'rm -rf "$dump"; for d in past past_again; do PGDATABASE=postgres dropdb --if-exists --force $d; done' EXIT
export PGOPTIONS='-c client_min_messages=error'

check "history: set-up" "$(psql -qXAt -v ON_ERROR_STOP=1 2>&1 <<'SQL'
CREATE EXTENSION uprofile;
GRANT CREATE ON SCHEMA public TO up_keeper;
CREATE SCHEMA mart AUTHORIZATION up_keeper;
SET ROLE up_keeper;
CREATE TABLE people (id int PRIMARY KEY, spent float8, visits int, town text, tags text[], seen timestamptz);
INSERT INTO people SELECT i, random() * 1000, i % 7, 'town ' || i % 3, ARRAY['a', 'b'], now() FROM generate_series(1, 50) i;
SELECT FROM uprofile_create('mart.past', 'people', 'id', models => '{"segment": {"algorithm": "kmeans", "k": 3, "features": ["spent", "visits"]}}',
	policy => '{"history": "2 years", "max_deleted": 1}');
-- Copies of the whole table after each refresh, as of then and as of the last time that the history has.
CREATE TABLE copies (n int, at timestamptz, stamp timestamptz, rows bigint, copy jsonb);
CREATE PROCEDURE copy_it(n int) LANGUAGE sql AS $$
	INSERT INTO copies SELECT $1, clock_timestamp(), (SELECT max(changed_at) FROM mart.past_history), count(*),
		jsonb_object_agg(p.id, to_jsonb(p)) FROM mart.past_profile p $$;
CREATE PROCEDURE change_some() LANGUAGE plpgsql AS $$
DECLARE who int; what float8;
BEGIN
	FOR i IN 1 .. 1 + random() * 6 LOOP
		who := 1 + random() * 49; what := random();
		IF what < .15 THEN DELETE FROM people WHERE id = who;
		ELSIF what < .4 THEN INSERT INTO people (id, spent, visits, town, seen) VALUES (who, random(), 1, NULL, '-infinity') ON CONFLICT DO NOTHING;
		ELSIF what < .6 THEN UPDATE people SET spent = (random() * 1e6) ^ (random() * 9 - 4)::int, town = nullif(town, 'town 1') WHERE id = who;
		ELSIF what < .8 THEN UPDATE people SET tags = CASE WHEN random() < .3 THEN NULL ELSE tags[2:2] || ARRAY[NULL, md5(random()::text)] END WHERE id = who;
		ELSE UPDATE people SET visits = visits + 1, seen = clock_timestamp(), town = md5(random()::text) WHERE id % 7 = who % 7;
		END IF;
	END LOOP;
END $$;
CREATE PROCEDURE play(n_rounds int) LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	PERFORM setseed(0.25);
	FOR n IN 1 .. n_rounds LOOP
		CALL change_some();
		CASE n
			WHEN 40 THEN ALTER TABLE people ADD COLUMN later text; UPDATE people SET later = 'later ' || id WHERE id < 30;
			WHEN 80 THEN PERFORM uprofile_alter('mart.past', source => 'SELECT id, spent, visits, town, seen, later FROM people', drop_columns => '{tags}');
			WHEN 120 THEN PERFORM uprofile_alter('mart.past', source => 'people');
			WHEN 160 THEN PERFORM uprofile_alter('mart.past', models => '{"segment": {"algorithm": "kmeans", "k": 5, "features": ["spent", "visits"]}, "many":
				{"algorithm": "linear", "target": "visits", "test_size": 0}}');
			ELSE NULL;
		END CASE;
		SELECT * INTO r FROM uprofile_refresh('mart.past', on_error => 'raise', retrain => CASE WHEN n % 50 = 0 THEN 'all' ELSE 'due' END, all_users => n % 30 = 0,
			max_users => CASE WHEN n % 9 = 0 THEN 3 END, time_budget => CASE WHEN n % 11 = 0 THEN interval '5 s' END);
		CALL copy_it(n);
		COMMIT;
	END LOOP;
END $$;
CALL play(200);
SQL
)"
# What a column of a copy was, where it has been dropped since, or is another one of that name; and whether the profile has it now.
psql -qXAt -v ON_ERROR_STOP=1 <<'SQL' || fail "history: comparison"
CREATE FUNCTION past_of(at timestamptz) RETURNS jsonb STABLE LANGUAGE sql AS $$
	SELECT jsonb_object_agg(p.id, jsonb_strip_nulls(to_jsonb(p))) FROM uprofile_as_of(NULL::mart.past_profile, at) p $$;
CREATE FUNCTION copy_of(n int, copy jsonb) RETURNS jsonb STABLE LANGUAGE sql AS $$
	SELECT jsonb_object_agg(e.key, jsonb_strip_nulls(e.value - CASE WHEN n < 120 THEN '{tags}'::text[] ELSE '{}' END)) FROM jsonb_each(copy) e $$;
SQL
check_equal "history: changes of all kinds came" "$(psql -qXAt -c "SELECT string_agg(operation, ' ' ORDER BY operation) FROM
	(SELECT operation FROM mart.past_history GROUP BY operation HAVING count(*) > CASE operation WHEN 'begin' THEN 0 ELSE 50 END) o")" "begin delete insert update"
check_query "history: as of each refresh the profile is as it was" "SELECT n, rows FROM copies WHERE past_of(at) IS DISTINCT FROM copy_of(n, copy)"
check_query "history: and as of its last time" "SELECT n, rows FROM copies WHERE past_of(stamp) IS DISTINCT FROM copy_of(n, copy)"
check_query "history: just before it is as after the refresh before" "SELECT c.n FROM copies c JOIN copies b ON b.n = c.n - 1 JOIN LATERAL
	(SELECT min(changed_at) AS at FROM mart.past_history WHERE changed_at > b.at AND changed_at <= c.at) s ON s.at IS NOT NULL
	WHERE past_of(s.at - interval '1 microsecond') IS DISTINCT FROM copy_of(b.n, b.copy) AND c.n NOT IN (80, 120, 160)"
check_query "history: times never go back" "SELECT n FROM (SELECT n, stamp, lag(stamp) OVER (ORDER BY n) AS before FROM copies) c WHERE stamp < before"
played="
	WITH RECURSIVE changes AS (SELECT u.id, h.*, row_number() OVER (PARTITION BY u.id ORDER BY h.changed_at) AS i
			FROM (SELECT DISTINCT key_1 AS id FROM mart.past_history WHERE key_1 IS NOT NULL) u, uprofile_history('mart.past', u.id) h),
	played AS (SELECT id, i, values_after AS v FROM changes WHERE i = 1
		UNION ALL SELECT c.id, c.i, CASE c.operation WHEN 'update' THEN p.v || c.values_after ELSE c.values_after END FROM played p JOIN changes c ON c.id = p.id AND c.i = p.i + 1),
	last AS (SELECT DISTINCT ON (id) id, v FROM played ORDER BY id, i DESC)
	SELECT count(*), count(*) FILTER (WHERE (l.v IS NULL) <> (p.id IS NULL) OR l.v ->> 'town' IS DISTINCT FROM p.town
		OR (l.v ->> 'spent')::float8 IS DISTINCT FROM p.spent OR (l.v ->> 'segment')::int IS DISTINCT FROM p.segment) FROM last l LEFT JOIN mart.past_profile p USING (id)"
check_equal "history: a user's changes, played forward, are his row" "$(psql -qXAt -c "$played")" "50|0"
# Sessions that refresh together wait for each other, and so do the times.
for i in 1 2; do
	for j in 1 2 3 4 5 6 7 8; do
		echo "UPDATE people SET town = 'by $i $j', visits = $i WHERE id % 3 < 2; SELECT status FROM uprofile_refresh('mart.past');"
	done | psql -qXAt >"$dump/$i" 2>&1 &
done
wait
check_equal "history: two sessions refresh" "$(sort "$dump/1" "$dump/2" | uniq -c | tr -s ' ')" " 16 succeeded"
check_equal "history: and each user's changes, played forward, are his row" "$(psql -qXAt -c "$played")" "50|0"
check_query "history: and nothing before has changed" "SELECT n, rows FROM copies WHERE past_of(at) IS DISTINCT FROM copy_of(n, copy)"

# Whose it is.
denied()
{
	PGUSER=$1 psql -qXAt -c "$2" 2>&1 | grep -o 'permission denied for [a-z]* [a-z_]*\|begins at\|^[0-9]*$' | head -1
}
psql -qXAt -c "SET ROLE up_keeper" -c "SELECT uprofile_grant('mart.past', 'up_looker')" >/dev/null
check_equal "history: uprofile_grant does not show it" "$(denied up_looker "SELECT count(*) FROM uprofile_history('mart.past', 1)")
$(denied up_looker "SELECT count(*) FROM uprofile_as_of(NULL::mart.past_profile, now())")" "permission denied for table past_history
permission denied for table past_history"
psql -qXAt -c "SET ROLE up_keeper" -c "GRANT SELECT ON mart.past_history TO up_looker" >/dev/null
check_equal "history: SELECT on it does" "$(denied up_looker "SELECT count(*) > 0 AND count(*) = 0 FROM uprofile_history('mart.past', 1)"; PGUSER=up_looker psql -qXAt \
	-c "SELECT count(*) > 1 FROM uprofile_history('mart.past', 1)" -c "SELECT count(*) = (SELECT count(*) FROM mart.past_profile) FROM uprofile_as_of(NULL::mart.past_profile, now())")" "t
t"

# Dump and restore: the past is there, and goes on.
check "history: pg_dump" "$(pg_dump -Fc -f "$dump/d" past 2>&1)"
createdb past_again
check "history: pg_restore" "$(pg_restore -d past_again "$dump/d" 2>&1)"
check_equal "history: it is in the dump, and goes on" "$(PGDATABASE=past_again psql -qXAt \
	-c "SELECT count(*) FROM copies WHERE past_of(at) IS DISTINCT FROM copy_of(n, copy)" -c "UPDATE people SET town = 'after' WHERE id = (SELECT min(id) FROM mart.past_profile)" \
	-c "SELECT status FROM uprofile_refresh('mart.past')" -c "SELECT town FROM mart.past_profile ORDER BY id LIMIT 1" \
	-c "SELECT count(*) FROM copies WHERE past_of(at) IS DISTINCT FROM copy_of(n, copy)" \
	-c "SELECT tableowner FROM pg_tables WHERE tablename = 'past_history'")" "0
succeeded
after
0
up_keeper"

# It goes to another owner, and with the profile.
check_equal "history: it is reassigned with the profile" "$(psql -qXAt -c "SELECT uprofile_reassign_profile('mart.past', 'postgres')" \
	-c "SELECT tableowner = 'postgres' FROM pg_tables WHERE tablename = 'past_history'" -c "SELECT count(*) FROM copies WHERE past_of(at) IS DISTINCT FROM copy_of(n, copy)")" "
t
0"
check_equal "history: it is dropped with the profile" "$(psql -qXAt -c "DROP FUNCTION past_of" -c "SELECT uprofile_drop('mart.past')" -c "SELECT to_regclass('mart.past_history') IS NULL")" "
t"
finish
