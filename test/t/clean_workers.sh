#!/bin/bash
# Cleaning whose rules over texts, whose search for equal rows and whose new rows are shared out to workers: the same three tables for 0, 1, 2 and 4 of them, whatever the texts are like; the
# same errors; and none where they would not pay, or must not be there.
. "$(dirname "$0")/common.bash"
. test/cluster
UP_SHARED_BUFFERS=32MB UP_POSTGRES_OPTIONS="-c max_worker_processes=16 -c max_parallel_workers=8 -c log_min_messages=debug1" up_cluster_start ||
	{ fail "clean workers: set-up"; finish; }

sql() { PGOPTIONS="-c client_min_messages=error -c uprofile.processors=8 ${PGOPTIONS_MORE:-}" psql -qXAt -v ON_ERROR_STOP=1 "$@" 2>&1; }

# The first texts of "late" are missing. Of "long", few fill a batch, and two fit in none.
check "clean workers: set-up" "$(sql <<'S'
CREATE EXTENSION uprofile;
CREATE TABLE noted (n bigint);
CREATE FUNCTION is_short(t text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO noted VALUES (length(t)); RETURN length(t) < 60; END $$;
CREATE DOMAIN short AS text CHECK (is_short(VALUE));
CREATE COLLATION apart (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE spellings AS SELECT 'Town ' || i AS a, 'City ' || i % 50 AS b FROM generate_series(1, 2000) i;
CREATE TABLE people AS SELECT i AS id, CASE WHEN i % 8 = 0 THEN '  Customer' || i ELSE 'customer' || i END || '@example.' || (array['com', 'org', 'c m', ''])[1 + i % 4] AS email,
	('+49 (0)' || i % 900 || '/' || i::bigint * 7919 % 8999999)::varchar(24) AS phone, CASE WHEN i % 3 > 0 THEN substr(md5(i::text), 1, 8) ELSE '' END::char(12) AS code,
	CASE i % 50 WHEN 0 THEN 'n/a' WHEN 1 THEN ' ' WHEN 2 THEN NULL ELSE (i::bigint * 7919 % 99991)::text || (array['.5', ',50', '', '.50'])[1 + i % 4] END AS amount,
	CASE WHEN i % 9 > 0 THEN to_char(DATE '1990-01-01' + i % 9000, (array['DD.MM.YYYY', 'YYYY-MM-DD', 'DD/MM/YY'])[1 + i % 3]) || CASE WHEN i % 4 = 0 THEN ' 10:30' ELSE '' END END AS joined,
	(i % 7 || (array['ß', 'Straße', 'ŒUVRE', 'İstanbul', 'ÀÉ', 'e' || chr(769)])[1 + i % 6] || i) COLLATE "de-x-icu" AS name,
	('Town ' || i % 5000) COLLATE apart AS town, CASE WHEN i > 6000 THEN md5(i::text) END AS late, NULL::text AS nothing, '' AS empty, (array['yes', 'No', '1', '?'])[1 + i % 4] || repeat(' ', i % 5) AS member,
	('s' || i)::short AS short, CASE WHEN i % 1000 = 7 THEN repeat(md5(i::text), 8000 - i / 10) WHEN i IN (5001, 30001) THEN repeat('long ', 400000) END AS long
	FROM generate_series(1, 40000) i;
CREATE TABLE many AS SELECT md5(i::text) AS a, md5((i % 20)::text) AS few FROM generate_series(1, 150000) i;
ANALYZE people, many;
S
)"

# rule RULES: as JSON, from lines of "rule column parameters".
rules()
{
	local rule column more comma=

	echo '['
	while read -r rule column more; do
		echo "$comma{\"rule\": \"$rule\", \"column\": \"$column\"${more:+, $more}}"
		comma=,
	done
	echo ']'
}

# cleaned RULES [SOURCE]: digests of what is reported, and of what is left, or the error.
cleaned()
{
	sql -v "rules=$1" -v "source=${2:-people}" <<'S'
DROP TABLE IF EXISTS tidy, tidy_changes, tidy_quarantine;
SELECT md5(string_agg(r::text, ',')) FROM uprofile_clean(:'source', 'tidy', 'id', :'rules') AS r;
SELECT count(*), md5(string_agg(t::text, ',' ORDER BY ctid)) FROM tidy AS t;
SELECT count(*), md5(string_agg(t::text, ',' ORDER BY ctid)) FROM tidy_changes AS t;
SELECT count(*), md5(string_agg(t::text, ',' ORDER BY ctid)) FROM tidy_quarantine AS t;
S
}

mark_log() { log_at=$(stat -c %s "$up_dir/log"); }
# shared: how many jobs were since then.
shared() { tail -c "+$((log_at + 1))" "$up_dir/log" | awk '/DEBUG:  [0-9]+ jobs shared out/ { sub(/.*DEBUG:  /, ""); n += $1 } END { print n + 0 }'; }

# started: whether workers were; what fails tells of no jobs.
started() { tail -c "+$((log_at + 1))" "$up_dir/log" | grep -q 'starting background worker process "parallel worker'; }

# same WHAT LEAST RULES [SOURCE [SETTINGS]]: the same by other numbers of workers (next_counts) as by none, to whom at least so many jobs go; 0: they start, and it fails.
same()
{
	local alone n got

	alone=$(PGOPTIONS_MORE="-c uprofile.max_workers=0 ${5:-}" cleaned "$3" "${4:-}")
	next_counts
	for n in $counts; do
		mark_log
		got=$(PGOPTIONS_MORE="-c uprofile.debug_workers=on -c uprofile.max_workers=$n ${5:-}" cleaned "$3" "${4:-}")
		check_equal "clean workers: $1, the same with $n" "$got" "$alone"
		check "clean workers: $1, $n share it" "$(started && [ "$(shared)" -ge "$2" ] || echo "$(shared) jobs")"
	done
	answer=$alone
}

texts=$(rules <<'R'
trim email "collapse": true
case email "to": "lower"
match email "pattern": "^[[:alnum:]._%+-]+@[[:alnum:].-]+[.][[:alpha:]]{2,}$"
replace phone "pattern": "\\(0\\)|[^[:digit:]+]", "with": ""
match phone "pattern": "^[+]49[0-9]{5,}$", "action": "missing"
missing code "values": ["", "0"]
case code "to": "upper"
match code "pattern": "[AB]{3}", "negate": true
case name "to": "title"
allowed name "values": ["1SS2", "0İstanbul21", "3œuvre15"], "ignore_case": true, "action": "replace", "with": "3œuvre15"
synonyms town "table": {"town 17": "Rome", "TOWN 18": "Paris"}, "ignore_case": true
synonyms town "table": "spellings", "ignore_case": true
replace name "pattern": "s", "with": "<\\&>", "all": false, "ignore_case": true
match name "pattern": "1É", "ignore_case": true, "negate": true
missing amount "values": ["N/A"], "ignore_case": true
type amount "to": "number"
type joined "to": "timestamp", "date_order": "dmy", "action": "missing"
type member "to": "boolean", "action": "missing"
replace late "pattern": "[a-f]+", "with": "-"
trim nothing
case nothing
match empty "pattern": "^$"
trim empty
range id "min": 100
duplicates phone
replace long "pattern": "a(.)", "with": "\\1\\1\\1\\1\\1\\1\\1\\1"
R
)
texts=${texts/'"column": "phone"}'/'"exclude": ["id"]}'}
same "rules of all kinds" 40 "$texts"
check "clean workers: … which change and remove rows" "$(awk -F'|' 'NF > 1 && $1 < 1000' <<<"$answer"; [ "$(wc -l <<<"$answer")" = 4 ] || echo "$answer")"
for to in integer float date timestamptz; do
	same "texts as $to" 1 "$(rules <<<"type $([[ $to =~ ^[dt] ]] && echo 'joined "date_order": "mdy"' || echo 'amount "decimal": ",", "unit": "kg"'), \"to\": \"$to\"")"
done
same "in little memory" 1 "$(rules <<<'match email "pattern": "@example[.]com$"')" 'SELECT id, email FROM people' '-c uprofile.max_memory=16MB'
same "texts that are too much for the type" 0 "$(rules <<<'replace phone "pattern": "7", "with": "sieben"')" 'SELECT * FROM people WHERE id > 20000 OR phone !~ $$7.*7$$'
check "clean workers: … which is an error" "$(grep -v 'value too long for type character varying(24)' <<<"$(head -1 <<<"$answer")")"
same "a pattern that is none, first seen by a part" 0 "$(rules <<<'match late "pattern": "a("')"
check_equal "clean workers: … which is an error" "$(head -1 <<<"$answer")" "ERROR:  invalid regular expression: parentheses () not balanced"
check_equal "clean workers: … said as by one process" "$(PGOPTIONS_MORE="-c uprofile.debug_workers=on -c uprofile.max_workers=2" cleaned "$(rules <<<'match late "pattern": "a("')" | grep CONTEXT)" \
	"CONTEXT:  rule 1 (match) of uprofile_clean"

# No domain is in the way of forming rows, some of which are longer than there is room for.
plain='SELECT id, id % 77 / 7.0 AS n, email, phone, code, amount, joined, name, town, late, nothing, empty, member, left(long, 300000) AS long, ARRAY[id] AS a, id * interval $$1 s$$ AS i FROM people'
same "rows of all kinds" 20 "$(rules <<'R'
trim email "collapse": true
match phone "pattern": "7$"
type amount "to": "number", "action": "missing"
type joined "to": "timestamp", "date_order": "dmy"
range n "min": 2, "action": "clip"
fill n "with": "mean"
duplicate_keys town
trim name
R
)" "$plain"
check "clean workers: … which removes rows and changes others" "$(awk -F'|' 'NF > 1 && $1 < 1000' <<<"$answer"; [ "$(wc -l <<<"$answer")" = 4 ] || echo "$answer")"
same "rows without rules for texts" 2 '[{"rule": "required", "column": "late"}, {"rule": "range", "column": "n", "max": 9}]' "$plain"
same "rows of values that hardly repeat" 4 '[{"rule": "case", "column": "a", "to": "upper"}, {"rule": "required", "column": "few"}]' 'SELECT row_number() OVER () AS id, a, nullif(few, md5($$7$$)) AS few FROM many'
alone=$(PGOPTIONS_MORE="-c uprofile.max_workers=0" cleaned '[{"rule": "required", "column": "late"}]' 'SELECT id, late, name FROM people')
for memory in 6 7 9; do
	check_equal "clean workers: rows in little memory, $memory MB" "$alone" \
		"$(PGOPTIONS_MORE="-c uprofile.debug_workers=on -c uprofile.max_workers=2 -c uprofile.max_memory=${memory}MB" cleaned '[{"rule": "required", "column": "late"}]' 'SELECT id, late, name FROM people')"
done

same "equal rows and keys" 4 '[{"rule": "duplicates", "exclude": ["id"]}, {"rule": "outliers", "columns": ["n", "f", "m"], "action": "missing"},
	{"rule": "duplicate_keys", "columns": ["s", "n"], "keep": "last"}, {"rule": "outliers", "columns": ["n", "f"], "method": "zscore", "factor": 1},
	{"rule": "fill", "columns": ["m", "d"], "with": "median"}, {"rule": "fill", "column": "n", "with": "mean"}, {"rule": "range", "column": "f", "min": 4.5, "action": "clip"},
	{"rule": "fill", "column": "f", "with": "mode"}, {"rule": "fill", "column": "g", "with": "previous", "by": "s", "order": "id"}]' \
	"SELECT i AS id, (i % 21000 * 0.01)::numeric AS n, nullif(i % 7, 3) / 3.0::float8 * (i % 21000) AS f, nullif(i % 21000, 500)::money AS m, 's' || i % 21000 % 9000 AS s,
		date '2020-02-02' + i % 21000 % 700 AS d, CASE WHEN i % 3 = 0 THEN i END AS g FROM generate_series(1, 40000) i"
check "clean workers: … which removes rows and changes others" "$(awk -F'|' 'NF > 1 && $1 < 1000' <<<"$answer"; [ "$(wc -l <<<"$answer")" = 4 ] || echo "$answer")"

# What a domain asks for is done as it always was, also after a rule for which workers came.
same "a domain whose check writes" 1 "$(rules <<<'case late "to": "upper"
case short "to": "upper"
case late "to": "lower"')"
times=$(wc -w <<<"$counts")
check_equal "clean workers: … and all that it wrote is there" "$(sql -c "SELECT count(*) / 4 FROM noted WHERE n < 60")" $((20000 + times * 10000))

# Where the clock decides.
mark_log
PGOPTIONS_MORE="-c uprofile.max_workers=2" cleaned "$(rules <<<'match a "pattern": "^[[:alnum:]]+[b-f]?[[:alnum:]]*$"')" "SELECT row_number() OVER () AS id, * FROM many" >/dev/null
check "clean workers: many texts are shared out" "$([ "$(shared)" -ge 4 ] || shared)"
mark_log
PGOPTIONS_MORE="-c uprofile.max_workers=2" cleaned "$(rules <<<'match few "pattern": "^[[:alnum:]]+[b-f]?[[:alnum:]]*$"')" "SELECT row_number() OVER () AS id, * FROM many" >/dev/null
check_equal "clean workers: few that repeat are not" "$(shared)" 0
scratch='SELECT i AS id, md5(i::text) AS a FROM generate_series(1, 40000) i'
mark_log
PGOPTIONS_MORE="-c uprofile.max_workers=2 -c uprofile.debug_workers=on -c uprofile.max_memory=7MB" cleaned "$(rules <<<'case a "to": "upper"')" "$scratch" >/dev/null
check_equal "clean workers: nor are those for which memory is too small" "$(shared)" 0
finish
