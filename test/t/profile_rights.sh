#!/bin/bash
# A profile is refreshed with the rights of its owner, whoever starts it: nothing that an ordinary role puts into its
# source, its table or its functions runs with those of the superuser who refreshes it, then or later.
. "$(dirname "$0")/common.bash"
for role in up_mallory up_member up_stranger; do
	psql -qX -d postgres -c "CREATE ROLE $role LOGIN" 2>/dev/null
done
psql -qX -d postgres -c "ALTER ROLE up_mallory NOSUPERUSER" -c "GRANT up_mallory TO up_member" 2>/dev/null
scratch_database profile_rights

# What stored text ran, and with whose rights.
seen()
{
	as postgres -c "SELECT string_agg(DISTINCT place || ' as ' || who, ', ' ORDER BY place || ' as ' || who) FROM mallory.seen" \
		-c "TRUNCATE mallory.seen"
}

check "profile rights: set-up" "$(as postgres -c 'CREATE EXTENSION uprofile' \
	-c 'CREATE SCHEMA mallory AUTHORIZATION up_mallory' -c 'GRANT USAGE ON SCHEMA mallory TO PUBLIC')"
check "profile rights: mallory's traps" "$(as up_mallory -v ON_ERROR_STOP=1 <<-'SQL'
	SET search_path = mallory, public;
	CREATE TABLE seen (place text, who name, session name);
	CREATE FUNCTION attack(place text) RETURNS boolean LANGUAGE plpgsql AS $$
	DECLARE attempt text;
	BEGIN
		INSERT INTO mallory.seen VALUES (place, current_user, session_user);
		FOREACH attempt IN ARRAY ARRAY['ALTER ROLE up_mallory SUPERUSER', 'RESET ROLE', 'SET ROLE postgres',
			'SET SESSION AUTHORIZATION DEFAULT', 'SET SESSION AUTHORIZATION postgres', 'CREATE TEMPORARY TABLE trap (x int)']
		LOOP
			BEGIN
				EXECUTE attempt;
				INSERT INTO mallory.seen VALUES (attempt || ' in ' || place, current_user, session_user);
			EXCEPTION WHEN OTHERS THEN NULL;
			END;
		END LOOP;
		PERFORM set_config('search_path', 'mallory, public', false);
		PERFORM set_config('statement_timeout', '1h', false);
		RETURN true;
	END $$;
	CREATE FUNCTION attack_of(x int, place text) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
		$$ BEGIN PERFORM mallory.attack(place); RETURN x; END $$;
	CREATE FUNCTION attack_by_trigger() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN PERFORM mallory.attack('trigger'); RETURN new; END $$;
	CREATE FUNCTION equals(a int, b int) RETURNS boolean LANGUAGE plpgsql AS
		$$ BEGIN PERFORM mallory.attack('operator'); RETURN a OPERATOR(pg_catalog.=) b; END $$;
	CREATE OPERATOR mallory.= (leftarg = int, rightarg = int, function = mallory.equals);
	CREATE FUNCTION count() RETURNS bigint LANGUAGE plpgsql AS
		$$ BEGIN PERFORM mallory.attack('count'); RETURN 1; END $$;
	CREATE DOMAIN trapped AS int CHECK (mallory.attack('domain'));
	CREATE TABLE users AS SELECT i AS id, (i * 37) % 101 AS age, (i * 53) % 29 AS orders, i % 3 > 0 AS churned
		FROM generate_series(1, 60) i;
	CREATE VIEW source AS SELECT id, attack_of(age, 'source') AS age, orders, churned FROM users;
	SET search_path = mallory, pg_catalog, public;
	DO $$ BEGIN PERFORM uprofile_create('club', 'SELECT * FROM source WHERE id = id', 'id',
		models => '{"segment": {"algorithm": "kmeans", "k": 2}, "churn": {"algorithm": "tree", "target": "churned"}}'); END $$;
	DROP VIEW club_current;
	ALTER TABLE club_profile ADD COLUMN mine int DEFAULT attack_of(1, 'default'), ADD COLUMN checked trapped DEFAULT 1,
		ADD CONSTRAINT trap CHECK (attack_of(age, 'check') > -1), ALTER COLUMN orders TYPE trapped;
	CREATE INDEX ON club_profile (attack_of(age, 'index'));
	CREATE TRIGGER trap BEFORE INSERT OR UPDATE ON club_profile FOR EACH ROW EXECUTE FUNCTION attack_by_trigger();
	ALTER TABLE club_profile SET (autovacuum_enabled = off); -- it would compute the index at a time of its own
	TRUNCATE seen;
	SQL
)"
check_equal "profile rights: a superuser's refresh succeeds, and leaves his role and his settings as they were" "$(
	as postgres -c "SELECT status, users FROM uprofile_refresh('club')" \
		-c "SELECT current_user, session_user, current_setting('search_path'), current_setting('statement_timeout')")" "succeeded|60
postgres|postgres|\"\$user\", public|0"
check_equal "profile rights: all that ran ran as the owner, and reached nothing" "$(seen)" "$(echo \
	"check as up_mallory, default as up_mallory, domain as up_mallory, index as up_mallory, operator as up_mallory, " \
	"source as up_mallory, trigger as up_mallory" | sed 's/  */ /g')"
check_equal "profile rights: the owner is no superuser" \
	"$(as postgres -c "SELECT rolsuper FROM pg_roles WHERE rolname = 'up_mallory'")" f
check_equal "profile rights: the run says who started it and as whom" \
	"$(as up_mallory -c "SELECT run_by, run_as FROM uprofile_runs")" "postgres|up_mallory"
check_equal "profile rights: its models are the owner's, trained and deployed by him" "$(as postgres \
	-c "SELECT model, owner, trained_by FROM uprofile_models ORDER BY 1" \
	-c "SELECT DISTINCT deployed_by FROM uprofile_deployments")" "club.churn|up_mallory|up_mallory
club.segment|up_mallory|up_mallory
up_mallory"

# A later refresh updates and deletes, and trains again.
check_equal "profile rights: the same for updates and deletions" "$(as postgres \
	-c "UPDATE mallory.users SET age = 7 WHERE id = 1" -c "DELETE FROM mallory.users WHERE id = 2" \
	-c "SELECT status, updated > 0, deleted FROM uprofile_refresh('club', retrain => 'all')"; seen)" "succeeded|t|1
check as up_mallory, default as up_mallory, domain as up_mallory, index as up_mallory, operator as up_mallory, source as up_mallory, trigger as up_mallory"

check_equal "profile rights: a member of the owner refreshes it" "$(as up_member \
	-c "SELECT status FROM uprofile_refresh('club')" \
	-c "SELECT run_by, run_as FROM uprofile_runs ORDER BY run DESC LIMIT 1")" "succeeded
up_member|up_mallory"
check_equal "profile rights: a stranger does not" "$(as up_stranger -c "SELECT uprofile_refresh('club')")" \
	"ERROR:  profile \"club\" does not exist
HINT:  uprofile_profiles lists the profiles that you may use."
check_equal "profile rights: nor does a stranger see runs and steps" "$(as up_stranger \
	-c "SELECT count(*) FROM uprofile_runs" -c "SELECT count(*) FROM uprofile_run_steps" \
	-c "SELECT count(*) FROM uprofile_refresh_log" -c "SELECT count(*) FROM uprofile_refresh_steps")" "0
0
0
0"
check "profile rights: a user who failed" "$(as up_mallory \
	-c "INSERT INTO uprofile_refresh_failures (profile, user_key, sqlstate, message) VALUES ('club', '1', '22012', 'secret')")"
check_equal "profile rights: the owner and his members see who failed and why, a stranger does not, nor can he add to them" "$(
	for role in up_mallory up_member up_stranger; do
		as $role -c "SELECT count(*) FROM uprofile_failures" -c "SELECT count(*) FROM uprofile_refresh_failures"
	done
	as up_stranger -c "INSERT INTO uprofile_refresh_failures (profile, user_key, sqlstate, message) VALUES ('club', '2', '22012', 'x')" |
		grep -c 'violates row-level security')" "1
1
1
1
0
0
1"
check_equal "profile rights: nor sees a stranger corrections, nor can he add to them" "$(as up_mallory \
	-c "INSERT INTO uprofile_corrected (profile, user_key, step, rule, action) VALUES ('club', '1', 1, 'trim', 'changed')"
	for role in up_mallory up_member up_stranger; do
		as $role -c "SELECT count(*) FROM uprofile_corrections" -c "SELECT count(*) FROM uprofile_corrected"
	done
	as up_stranger -c "INSERT INTO uprofile_corrected (profile, user_key, step, rule, action) VALUES ('club', '2', 1, 'trim', 'changed')" |
		grep -c 'violates row-level security')" "1
1
1
1
0
0
1"
check_equal "profile rights: a stranger adds no step to another's run" "$(as up_stranger \
	-c "INSERT INTO uprofile_refresh_steps (run, profile, model, attempted, decision) SELECT 1, 'club', 'm', true, 'failed'" |
	grep -c 'violates row-level security')" 1

# The caller gets his role back also when it ends badly.
as up_mallory -c "SET search_path = mallory" -c "CREATE VIEW broken AS SELECT id, 1 / (id - id) AS x FROM users" \
	-c "CREATE FUNCTION slow(x int) RETURNS int LANGUAGE sql AS 'SELECT x FROM pg_sleep(x)'" \
	-c "CREATE VIEW slow AS SELECT id, slow(id) AS x FROM users" -c "SET search_path = mallory, public" \
	-c "SELECT uprofile_create('broken', 'broken', 'id'), uprofile_create('slow', 'slow', 'id')" >/dev/null
who="SELECT current_user, current_setting('search_path'), current_setting('is_superuser')"
check_equal "profile rights: after a failure the caller is himself" "$(as postgres -c "BEGIN" \
	-c "SELECT status, message FROM uprofile_refresh('broken')" -c "$who" -c "COMMIT" -c "$who")" "failed|division by zero
postgres|\"\$user\", public|on
postgres|\"\$user\", public|on"
check_equal "profile rights: after one that is raised as well" "$(as postgres -v ON_ERROR_STOP=0 -c "BEGIN" -c "SAVEPOINT s" \
	-c "SELECT uprofile_refresh('broken', on_error => 'raise')" -c "ROLLBACK TO s" -c "$who" -c "COMMIT" -c "$who")" \
	"ERROR:  division by zero
postgres|\"\$user\", public|on
postgres|\"\$user\", public|on"
check_equal "profile rights: after a cancellation as well" "$(as postgres -v ON_ERROR_STOP=0 -c "BEGIN" -c "SAVEPOINT s" \
	-c "SET LOCAL statement_timeout = 2000" -c "SELECT uprofile_refresh('slow')" -c "ROLLBACK TO s" -c "$who" \
	-c "COMMIT" -c "$who" -c "SELECT count(*) FROM uprofile_runs WHERE profile = 'slow'")" \
	"ERROR:  canceling statement due to statement timeout
postgres|\"\$user\", public|on
postgres|\"\$user\", public|on
0"

# What would run at commit, with the starter's rights, is refused.
as up_mallory -c "SET search_path = mallory, public" -c "CREATE TABLE later (x int)" \
	-c "CREATE CONSTRAINT TRIGGER later AFTER INSERT ON later DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION attack_by_trigger()" \
	-c "CREATE FUNCTION put(x int) RETURNS int LANGUAGE plpgsql AS \$\$ BEGIN INSERT INTO mallory.later VALUES (x); RETURN x; END \$\$" \
	-c "SELECT uprofile_create('later', 'SELECT id, mallory.put(age) AS age FROM users', 'id'), uprofile_create('plain', 'users', 'id')" \
	-c "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON plain_profile DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION attack_by_trigger()" \
	-c "TRUNCATE seen" >/dev/null
check_equal "profile rights: a source that would fire a trigger at commit fails" \
	"$(as postgres -c "SELECT status FROM uprofile_refresh('later')"; seen)" "failed"
check_equal "profile rights: a deferred constraint of the profile's table is refused in words" "$(as postgres \
	-c "SELECT status, message FROM uprofile_refresh('plain')"; seen)" \
	"failed|constraint \"at_commit\" of the profile's table mallory.plain_profile is deferred, which a refresh cannot wait for (Make it one that is checked at once: INITIALLY IMMEDIATE.)"
check_equal "profile rights: one that the caller defers as well" "$(as up_mallory -c "SET search_path = mallory, public" \
	-c "DROP TRIGGER at_commit ON plain_profile" \
	-c "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON plain_profile DEFERRABLE FOR EACH ROW EXECUTE FUNCTION attack_by_trigger()"
	as postgres -c "BEGIN" -c "SET CONSTRAINTS ALL DEFERRED" -c "SELECT status, message FROM uprofile_refresh('plain')" -c "COMMIT"
	seen)" "failed|a constraint of the profile's table is deferred, which a refresh cannot wait for"
check_equal "profile rights: checked at once it works" "$(as postgres -c "SELECT status FROM uprofile_refresh('plain')"
	seen)" "succeeded
trigger as up_mallory"

# A domain in the session's temporary schema would take the place of a type of the starter's next statement.
as up_mallory -c "SET search_path = mallory, public" \
	-c "CREATE FUNCTION hide(x int) RETURNS int LANGUAGE plpgsql AS \$\$ BEGIN
		CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (mallory.attack('domain')); RETURN x; END \$\$" \
	-c "SELECT uprofile_create('hidden', 'SELECT id, CASE id WHEN 1 THEN mallory.hide(age) END AS x FROM users', 'id')" >/dev/null
check_equal "profile rights: a type left in the starter's temporary schema does not catch him" "$(as postgres \
	-c "CREATE TEMPORARY TABLE mine (x int)" -c "SELECT status FROM uprofile_refresh('hidden')" -c "SELECT 'a'::text"
	seen)" "failed
a"

as up_mallory -c "SET search_path = mallory, public" \
	-c "CREATE OR REPLACE FUNCTION hide(x int) RETURNS int LANGUAGE plpgsql AS \$\$ BEGIN
		CREATE DOMAIN pg_temp.numbers AS int CHECK (mallory.attack('domain')); RETURN x; END \$\$" >/dev/null
check_equal "profile rights: nor does one of any other name stay there" "$(as postgres \
	-c "CREATE TEMPORARY TABLE mine (x int)" -c "CREATE DOMAIN pg_temp.own AS int" \
	-c "SELECT status, message ~ 'temporary schema' FROM uprofile_refresh('hidden')" -c "SELECT to_regtype('numbers') IS NULL, 1::own"
	seen)" "failed|t
t|1"

# The starter's temporary objects take nothing's place.
check_equal "profile rights: a temporary table of the starter is not the source" "$(as postgres \
	-c "CREATE TEMPORARY TABLE users AS SELECT 1 AS id" -c "SELECT status, users FROM uprofile_refresh('plain')")" "succeeded|59"
check_equal "profile rights: the owner needs the rights to read" "$(as postgres \
	-c "CREATE TABLE secret AS SELECT i AS id FROM generate_series(1, 3) i" \
	-c "GRANT SELECT ON secret TO up_mallory"
	as up_mallory -c "SET search_path = mallory, public" -c "SELECT uprofile_create('secrets', 'secret', 'id')"
	as postgres -c "REVOKE SELECT ON secret FROM up_mallory" -c "SELECT status, message FROM uprofile_refresh('secrets')")" \
	"mallory.secrets_profile
failed|permission denied for table secret"
as postgres -c "DROP OWNED BY up_mallory CASCADE" >/dev/null
finish
