#!/bin/bash
# Keys of a profile are compared as its unique index does: by the type's own equality, under the column's collation.
. "$(dirname "$0")/common.bash"
scratch_database profile_keys
export PGOPTIONS='-c client_min_messages=error'
psql -qX -c 'CREATE EXTENSION uprofile'

# keys TYPE: a key changes its case, then a second row has it in another case, then one goes.
keys()
{
	psql -qXAt <<-SQL 2>&1
		CREATE TABLE users (name $1, n int);
		INSERT INTO users SELECT 'User' || i, i FROM generate_series(1, 20) i;
		SELECT uprofile_create('club', 'users', 'name');
		SELECT status, inserted FROM uprofile_refresh('club');
		UPDATE users SET name = 'USER3' WHERE n = 3;
		SELECT n, count(*) FROM club_current WHERE stale GROUP BY 1;
		SELECT status, inserted, updated, deleted FROM uprofile_refresh('club');
		SELECT name, n, (SELECT count(*) FROM club_profile) FROM club_profile WHERE n = 3;
		SELECT status, inserted, updated, deleted FROM uprofile_refresh('club');
		INSERT INTO users VALUES ('uSER3', 99);
		SELECT status, message FROM uprofile_refresh('club');
		DELETE FROM users WHERE n IN (3, 99);
		SELECT status, inserted, updated, deleted FROM uprofile_refresh('club');
		SELECT uprofile_drop('club');
		DROP TABLE users;
	SQL
}

wanted='public.club_profile
succeeded|20
3|1
succeeded|0|1|0
USER3|3|20
succeeded|0|0|0
failed|2 rows of the source have the same "name", which is the key: USER3; uprofile_alter('\''club'\'', clean => '\''[{"rule": "duplicate_keys"}]'\'') keeps one of them
succeeded|0|0|1
'
if psql -qX -c 'CREATE EXTENSION citext' >/dev/null 2>&1; then
	check_equal "profile keys: citext" "$(keys citext)" "${wanted%$'\n'}"
else
	echo "skip profile keys: citext is not installed"
fi
if psql -qX -c "CREATE SCHEMA other; CREATE COLLATION other.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)" \
	>/dev/null 2>&1; then
	check_equal "profile keys: a collation that is not deterministic" "$(keys 'text COLLATE other.ci')" "${wanted%$'\n'}"
else
	echo "skip profile keys: the server has no ICU"
fi
check_equal "profile keys: text" "$(keys text | sed -n '4,5p')" "succeeded|1|0|1
USER3|3|20"
# A type whose equality is in no search path, and a key of a domain.
check_equal "profile keys: numeric, where 1.0 is 1, and a domain" "$(psql -qXAt <<-SQL 2>&1
	CREATE DOMAIN number AS numeric;
	CREATE TABLE users (id number, n int);
	INSERT INTO users VALUES (1, 1), (2, 2);
	SELECT uprofile_create('club', 'users', 'id');
	SELECT status, inserted FROM uprofile_refresh('club');
	UPDATE users SET id = 1.0 WHERE id = 1;
	SELECT status, inserted, updated, deleted FROM uprofile_refresh('club');
	SELECT id FROM club_profile ORDER BY 1;
	INSERT INTO users VALUES (1.00, 3);
	SELECT status, message FROM uprofile_refresh('club');
	SQL
)" 'public.club_profile
succeeded|2
succeeded|0|1|0
1.0
2
failed|2 rows of the source have the same "id", which is the key: 1.0; uprofile_alter('\''club'\'', clean => '\''[{"rule": "duplicate_keys"}]'\'') keeps one of them'
check_equal "profile keys: a type without an order" "$(psql -qXAt -c "SELECT uprofile_create('points', 'SELECT point(1, 2) AS id', 'id')" 2>&1 |
	head -1)" 'ERROR:  key column "id" is of type point, which cannot be compared'
finish
