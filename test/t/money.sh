#!/bin/bash
# Amounts of money in currencies of no and of three decimals: as numbers to describe, clean, normalize and learn from, and back. The locales are made here, where the system has their sources.
. "$(dirname "$0")/common.bash"
. test/cluster
places=$(mktemp -d "${TMPDIR:-/tmp}/uprofile_money.XXXXXX") || exit 1
trap 'rm -rf "$places"' EXIT
chmod 755 "$places"
for name in ja_JP ar_KW; do
	localedef -c -i "$name" -f UTF-8 "$places/$name.UTF-8" >/dev/null 2>&1 || { echo "skip money: no locales can be made"; exit 0; }
done
export LOCPATH=$places
up_cluster_start || { fail "money: set-up"; finish; }
trap 'up_cluster_stop; rm -rf "$places"' EXIT
sql() { psql -qXAt -v ON_ERROR_STOP=1 "$@" 2>&1; }

# What a currency's amounts are: read, rounded to its smallest unit, and written.
told()
{
	sql -v locale="$1" <<'S'
SET lc_monetary = :'locale';
SELECT median, mean, maximum FROM uprofile_describe('SELECT paid FROM amounts');
SELECT rule, before::money::numeric, after::money::numeric FROM uprofile_clean('amounts', key => 'id', dry_run => true, rules => '[{"rule": "range", "column": "paid", "max": 90.7, "action": "clip"},
	{"rule": "missing", "column": "paid", "values": [1]}, {"rule": "fill", "column": "paid", "with": "mean"}]') WHERE after IS NOT NULL AND coalesce(before::money::numeric, 91) = 91 ORDER BY 1;
SELECT uprofile_predict(uprofile_linear(a, 'twice'), (SELECT a FROM amounts AS a WHERE id = 7))::numeric(12, 4) FROM (SELECT *, paid::numeric * 2 AS twice FROM amounts) AS a;
S
}

# An amount that was made in one currency is another in the next, as the server has it: so each makes its own.
check_currency()
{
	sql -v locale="$1" <<'S' >/dev/null || fail "money: amounts of $1"
CREATE EXTENSION IF NOT EXISTS uprofile;
SET lc_monetary = :'locale';
DROP TABLE IF EXISTS amounts;
CREATE TABLE amounts AS SELECT i AS id, CASE WHEN i <> 50 THEN i::numeric::money END AS paid FROM generate_series(1, 99) AS i;
S
	check_equal "money: amounts of $1" "$(told "$1" | paste -sd ' ')" "50|50|99 $2 14.0000"
}

check_currency ja_JP.UTF-8 "fill||50 range|91|90"
check_currency ar_KW.UTF-8 "fill||50.106 range|91.000|90.700"
check_currency C "fill||50.11 range|91.00|90.70"
finish
