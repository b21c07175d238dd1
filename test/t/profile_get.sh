#!/bin/bash
# uprofile_get: who may ask, what others are told, row-level security, a renamed owner, another session's changes.
. "$(dirname "$0")/common.bash"
scratch_database profile_get
as() { local role=$1; shift; psql -qXAt -U "$role" "$@" 2>&1; }
trap 'PGDATABASE=postgres dropdb --if-exists --force profile_get; psql -qX -d postgres -c "DROP ROLE IF EXISTS up_keeper, up_renamed, up_clerk, up_guest"' EXIT
export PGOPTIONS='-c client_min_messages=error'
psql -qX -c 'CREATE ROLE up_keeper LOGIN' -c 'CREATE ROLE up_clerk LOGIN' -c 'CREATE ROLE up_guest LOGIN' \
	-c 'CREATE SCHEMA tools' -c 'CREATE EXTENSION uprofile SCHEMA tools' -c 'GRANT USAGE ON SCHEMA tools TO up_keeper, up_clerk, up_guest' \
	-c 'CREATE SCHEMA mart AUTHORIZATION up_keeper' -c 'ALTER DATABASE profile_get SET search_path = mart, tools'
as up_keeper -c "CREATE TABLE users AS SELECT i AS id, i % 7 AS visits, 1 AS part FROM generate_series(1, 50) i" \
	-c "SELECT uprofile_create('club', 'SELECT id, visits, 6 / part AS share FROM users', 'id', models => '{\"kind\": {\"algorithm\": \"kmeans\", \"k\": 2, \"features\": [\"visits\"]}}',
		policy => '{\"live\": {\"often\": \"visits > 3\"}}')" \
	-c "SELECT status FROM uprofile_refresh('club')" -c "UPDATE users SET part = 0 WHERE id = 4" -c "SELECT failed FROM uprofile_refresh('club')" \
	-c "UPDATE users SET visits = 10 WHERE id = 3" >/dev/null
ask() { echo "SELECT g -> 'found', g -> 'stale', g -> 'error', g #> '{values,kind,version}', g #> '{values,often,value}' FROM uprofile_get('$1', $2) g"; }
check_equal "get: the owner is told all" "$(as up_keeper -c "$(ask club 3)" -c "$(ask club 4)" -c "$(ask club 5)" -c "$(ask club 60)")" \
	'true|true||1|false
true|true|"division by zero"|1|true
true|false||1|true
false|false|||'
check_equal "get: others need the view" "$(as up_guest -c "$(ask club 3)"; as up_keeper -c 'GRANT USAGE ON SCHEMA mart TO up_guest'; as up_guest -c "$(ask club 3)" -c "$(ask other 3)")" \
	'ERROR:  permission denied for schema mart
ERROR:  permission denied for view club_current
ERROR:  profile "other" does not exist
HINT:  uprofile_profiles lists the profiles that you may use.'
misspelled() { as "$1" -c "$(ask clubb 3)" -c "SELECT uprofile_report('clubb')" -c "SELECT * FROM uprofile_history('clubb', 3)" | sort -u; }
check_equal "get: the nearest name is told to those who may know it" "$(misspelled up_keeper; misspelled up_guest)" \
	'ERROR:  profile "clubb" does not exist
HINT:  Perhaps you meant "club".
ERROR:  profile "clubb" does not exist
HINT:  uprofile_profiles lists the profiles that you may use.'
check_equal "get: SELECT on the view is enough, also for parts of it that are all, and errors are the owner's" \
	"$(as up_keeper -c 'GRANT SELECT ON club_current TO up_guest' -c "DO \$\$ BEGIN PERFORM uprofile_grant('club', 'up_clerk'); END \$\$"
	as up_guest -c "$(ask club 3)" -c "$(ask club 4)" -c "BEGIN READ ONLY" -c "$(ask club 5)" -c 'COMMIT'
	as up_clerk -c "$(ask club 4)")" 'true|true||1|false
true|true||1|true
true|false||1|true
true|true||1|true'
check_equal "get: ... until it is taken back" "$(as up_keeper -c 'REVOKE SELECT ON club_current FROM up_guest'; as up_guest -c "$(ask club 3)")" \
	'ERROR:  permission denied for view club_current'
check_equal "get: row-level security of the table holds, and those not seen are as nobody" \
	"$(as up_keeper -c 'ALTER TABLE club_profile ENABLE ROW LEVEL SECURITY' -c 'CREATE POLICY not_the_first ON club_profile FOR SELECT TO up_clerk USING (id > 4)'
	as up_clerk -c "$(ask club 5)" -c "$(ask club 3)" -c "$(ask club 4)" -c "$(ask club 60)" -c 'SELECT count(*) FROM club_current'
	as up_keeper -c "$(ask club 3)" -c 'SELECT count(*) > 10 FROM club_current' -c 'ALTER TABLE club_profile DISABLE ROW LEVEL SECURITY')" 'true|false||1|true
false|null|||
false|null|||
false|null|||
ERROR:  row-level security of table mart.club_profile holds for you, and the view of the profile would show all of its rows
HINT:  Read the table, or users one by one by uprofile_get(profile, user_key).
true|true||1|false
t'
# Honest scores are those of others too, whose rights on the folds are none; a model may be called as a part of the view's query is.
as up_keeper -c "CREATE TABLE coins AS SELECT i AS id, hashint4(i) % 1000 AS a, hashint4(i + 5) % 2 = 0 AS label FROM generate_series(1, 500) i" \
	-c "SELECT uprofile_create('coin', 'coins', 'id', policy => '{\"live\": {\"c\": \"a + 0 * extract(epoch FROM now())::int\"}, \"score\": \"read\"}',
		models => '{\"t\": {\"algorithm\": \"tree\", \"target\": \"label\", \"test_size\": 0, \"honest\": true}}')" \
	-c "SELECT status FROM uprofile_refresh('coin')" -c "DO \$\$ BEGIN PERFORM uprofile_grant('coin', 'up_clerk'); END \$\$" >/dev/null
scores="SELECT md5(string_agg(uprofile_predict_proba('coin.t', p)::text, ',' ORDER BY id)), uprofile_auc(label, uprofile_predict_proba('coin.t', p)) BETWEEN 0.4 AND 0.6
	FROM (SELECT *, a AS c FROM coin_profile) p"
check_equal "get: honest scores are the same for those whom the profile is granted to" "$(as up_clerk -c "$scores" -c 'SELECT count(*) FROM tools.uprofile_model_folds' \
	-c 'SELECT uprofile_auc(label, t_probability) BETWEEN 0.4 AND 0.6 FROM coin_current' -c "SELECT uprofile_get('coin', 7) #> '{values,t,version}'")" "$(as up_keeper -c "$scores")
0
t
1"
# One session asks while another changes what it asked for.
coproc other { PGUSER=up_clerk psql -qXAt -v ON_ERROR_STOP=0 2>&1; }
exec {answers}<&"${other[0]}"
told() { echo "$1;" >&"${other[1]}"; read -r -t 30 line <&"$answers"; echo "$line"; }
check_equal "get: a session that has asked sees what others change" "$(told "$(ask club 3)"
	as up_keeper -c "SELECT status FROM uprofile_refresh('club')" >/dev/null; told "$(ask club 3)"
	as up_keeper -c "SELECT uprofile_alter('club', source => 'SELECT id, visits, 6 / part AS share, 8 AS kinds FROM users', policy => '{\"live\": {\"often\": \"visits > 30\"}}')" >/dev/null; told "$(ask club 3)"
	as up_keeper -c "SELECT status FROM uprofile_refresh('club', retrain => 'all')" >/dev/null; told "$(ask club 3)")" 'true|true||1|false
true|false||1|true
true|true||1|false
true|false||2|false'
# A condition of the reader's own is not asked of rows that he may not see, once a refresh has seen the policies.
check_equal "get: row-level security holds where the view is asked with conditions of the reader's, whatever they find" \
	"$(as up_keeper -c 'ALTER TABLE coin_profile ENABLE ROW LEVEL SECURITY' -c 'CREATE POLICY last ON coin_profile FOR SELECT TO up_clerk USING (id > 400)' -c "SELECT status FROM uprofile_refresh('coin')"
	as up_clerk -c 'SELECT id FROM coin_current WHERE id = 3 AND 1 / (c - c) > 0' -c 'SELECT id FROM coin_current WHERE id = 600' \
		-c 'SELECT count(*) FROM generate_series(1, 3) i WHERE EXISTS (SELECT FROM coin_current WHERE id = i AND 1 / (c - c) > 0)' \
		-c 'SELECT count(c.id) FROM (VALUES (3)) v (id) LEFT JOIN coin_current c ON c.id = v.id AND 1 / (c - c) > 0' | grep -v HINT
	psql -qX -c 'ANALYZE mart.coin_profile' -c "CREATE FUNCTION tools.up_told(boolean, boolean) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''told''; END'" \
		-c 'CREATE OPERATOR tools.=== (FUNCTION = tools.up_told, LEFTARG = boolean, RIGHTARG = boolean, RESTRICT = eqsel)'
	as up_clerk -c 'EXPLAIN SELECT FROM coin_current WHERE label === true' | grep -c told
	as up_keeper -c 'SELECT count(*) FROM coin_current')" 'succeeded
ERROR:  row-level security of table mart.coin_profile holds for you, and the view of the profile would show all of its rows
ERROR:  row-level security of table mart.coin_profile holds for you, and the view of the profile would show all of its rows
ERROR:  row-level security of table mart.coin_profile holds for you, and the view of the profile would show all of its rows
ERROR:  row-level security of table mart.coin_profile holds for you, and the view of the profile would show all of its rows
0
500'
psql -qX -c 'ALTER ROLE up_keeper RENAME TO up_renamed'
check_equal "get: the owner has another name" "$(told "$(ask club 3)"; as up_renamed -c "$(ask club 4)"; as up_clerk -c "$(ask club 4)")" 'true|false||2|false
true|true|"division by zero"|1|false
true|true||1|false'
check_equal "get: a view in its place is not read" "$(as up_renamed -c 'DROP VIEW club_current' -c 'CREATE VIEW club_current AS SELECT 3 AS id' -c "$(ask club 3)"
	told "$(ask club 3)")" 'ERROR:  profile "club" has no view to read
HINT:  The next refresh makes it.
ERROR:  profile "club" has no view to read'
exec {other[1]}>&-
psql -qX -c 'DROP OWNED BY up_renamed, up_clerk, up_guest CASCADE'
finish
