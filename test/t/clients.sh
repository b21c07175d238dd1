#!/bin/bash
# Clients: psycopg, JDBC and ODBC, each skipped where it is missing, predict through prepared statements (custom plans and then generic ones),
# from arrays and rows, take models out and bring them back, and see of errors code and hint.
. "$(dirname "$0")/common.bash"
scratch_database clients
psql -qX -v ON_ERROR_STOP=1 <<'SQL' >/dev/null || fail "clients: set-up"
SET client_min_messages = error;
CREATE EXTENSION uprofile;
CREATE TABLE points AS SELECT i AS id, (i % 17)::float8 AS x, (i % 5)::float8 AS z, i % 17 > 8 AS y, (ARRAY['a', 'b', 'c'])[1 + i % 3] AS kind FROM generate_series(1, 300) i;
CREATE TABLE lines AS SELECT id, x, z, 10 * x + z AS w FROM points;
CREATE TABLE kept AS SELECT uprofile_linear(ARRAY[x, z], w) AS m FROM lines;
SELECT uprofile_train('line', 'lines', target => 'w', algorithm => 'linear', key => 'id');
SELECT uprofile_train('class', 'points', target => 'y', algorithm => 'svm', key => 'id');
SQL
proba=$(psql -qXAt -c "SELECT uprofile_predict_proba('class', p) FROM points p WHERE id = 7")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"; PGDATABASE=postgres dropdb --if-exists --force clients' EXIT
python=/usr/bin/python3
[ -x $python ] || python=python3

# run MODULE PACKAGE FUNCTION: a part of clients.py, where its module is there.
run()
{
	if $python -c "import $1" 2>/dev/null; then
		PROBA=$proba timeout 60 $python test/t/clients.py "$3" || up_failed=1
	else
		echo "skip clients: $3 ($2 is not installed)"
	fi
}

run psycopg python3-psycopg psycopg
jar=${JDBC_JAR:-/usr/share/java/postgresql.jar}
if [ ! -e "$jar" ]; then
	echo "skip clients: JDBC (libpostgresql-jdbc-java is not installed)"
elif ! command -v javac >/dev/null; then
	echo "skip clients: JDBC (there is no javac)"
elif check "clients: JDBC: its test compiles" "$(javac -proc:none -cp "$jar" -d "$work" test/t/Clients.java 2>&1)"; then
	PROBA=$proba timeout 120 java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -cp "$work:$jar" Clients || up_failed=1
fi
if [ -z "$(odbcinst -q -d -n 'PostgreSQL Unicode' 2>/dev/null)" ]; then
	echo "skip clients: ODBC (odbc-postgresql is not installed)"
else
	run pyodbc python3-pyodbc odbc
fi
finish
