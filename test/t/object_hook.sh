#!/bin/bash
# Tables created of predictions beside another extension that hears of each new table, and then creates one of predictions of its own: rows go to the right one.
. "$(dirname "$0")/common.bash"
. test/cluster
config=$(up_pg_config)
work=$(mktemp -d) || exit 1
scratch_database object_hook
trap 'rm -rf "$work"; PGDATABASE=postgres dropdb --if-exists --force object_hook' EXIT

tee "$work/hook.c" >/dev/null <<'C'
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "fmgr.h"

PG_MODULE_MAGIC;
extern void _PG_init(void);

static object_access_hook_type next_hook;
static bool at_work;

static void
hear(ObjectAccessType access, Oid class, Oid object, int column, void *arg)
{
	if (next_hook != NULL)
		next_hook(access, class, object, column, arg);
	if (access != OAT_POST_CREATE || class != RelationRelationId || column != 0 || at_work)
		return;
	at_work = true;
	SPI_connect();
	SPI_execute("CREATE TABLE IF NOT EXISTS heard AS SELECT id, uprofile_predict(m, ARRAY[a, b]) AS p FROM points, models WHERE id > 2000",
				false, 0);
	SPI_finish();
	at_work = false;
}

void
_PG_init(void)
{
	next_hook = object_access_hook;
	object_access_hook = hear;
}
C
# The server reads the library as a user of its own.
chmod 755 "$work"
${CC:-cc} -shared -fPIC -I"$("$config" --includedir-server)" "$work/hook.c" -o "$work/hook.so" || fail "object_hook: set-up"

psql -qX -v ON_ERROR_STOP=1 <<'SQL' >/dev/null || fail "object_hook: set-up"
CREATE EXTENSION uprofile;
CREATE TABLE points AS SELECT i AS id, sin(i) AS a, cos(i) AS b FROM generate_series(1, 3000) AS i;
CREATE TABLE models AS SELECT uprofile_linear(ARRAY[a, b], a * 2 + b) AS m FROM points;
ANALYZE;
SQL
check_equal "object_hook: another table is created within" "$(psql -qXAt 2>&1 <<SQL
LOAD '$work/hook.so';
SET client_min_messages = error;
CREATE TABLE made AS SELECT id, uprofile_predict(m, ARRAY[a, b]) AS p FROM points, models;
SELECT (SELECT count(*) FROM made), (SELECT count(*) FROM heard);
-- The hook hears of tables as before, also after an error.
DROP TABLE heard;
CREATE TEMP TABLE pg_class AS SELECT id AS ctid, uprofile_predict(m, ARRAY[a, b]) AS p FROM points, models;
CREATE TABLE plain (i int);
SELECT count(*) FROM heard;
SQL
)" "3000|1000
ERROR:  column name \"ctid\" conflicts with a system column name
1000"
finish
