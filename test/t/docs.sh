#!/bin/bash
# The documents: docs/reference.md is what make docs makes and names every object of the extension, comments fit a terminal, the
# pages' statements run, links lead somewhere, and README.md stays short.
. "$(dirname "$0")/common.bash"
scratch_database docs
psql -qX -c 'CREATE EXTENSION uprofile'

made=$(mktemp) || exit 1
trap 'rm -f "$made"' EXIT
said=$(perl docs/make-reference sql/parts/*.sql 2>&1 >"$made")
check "docs: the reference can be made" "$said"
check "docs: docs/reference.md is what make docs makes" "$(diff docs/reference.md "$made" | head -20)"

check "docs: the reference names every object" "$(psql -qXAt -c "
	SELECT DISTINCT name FROM (
		SELECT p.proname AS name FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'uprofile'
		JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid WHERE d.deptype = 'e'
		UNION ALL
		SELECT c.relname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'uprofile'
		JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
		WHERE d.deptype = 'e' AND c.relkind IN ('r', 'v')
		UNION ALL
		SELECT name FROM pg_settings WHERE name LIKE 'uprofile.%') AS o
	WHERE name NOT LIKE 'uprofile\_agg\_%' ORDER BY 1" | while read -r name; do
	grep -qw "$name" docs/reference.md || echo "$name"
done)"

check "docs: the pages name every parameter of every algorithm, and every setting" "$(psql -qXAt -c "
	SELECT a.algorithm || ' ' || p.name FROM (SELECT algorithm FROM uprofile_algorithms() UNION ALL SELECT algorithm FROM uprofile_recommenders()
		UNION ALL SELECT unnest('{tune,policy,drift}'::text[])) AS a, uprofile_params(a.algorithm) AS p
	UNION ALL SELECT 'setting ' || name FROM pg_settings WHERE name LIKE 'uprofile.%' AND name <> 'uprofile.debug_workers'
	ORDER BY 1" | while read -r whose name; do
	grep -qE "[\`\"]$name[\`\"]|\\b(uprofile[.])${name#uprofile.}\\b" $(ls docs/*.md | grep -v reference.md) || echo "$whose: $name"
done)"

check "docs: comments have at most 300 characters" "$(psql -qXAt -F ' ' -c "
	SELECT pg_describe_object(d.classid, d.objid, 0), length(c.description) FROM pg_depend d
	JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'uprofile'
	JOIN pg_description c ON c.classoid = d.classid AND c.objoid = d.objid AND c.objsubid = 0
	WHERE d.deptype = 'e' AND length(c.description) > 300 ORDER BY 1")"

# The pages' statements run as printed, on the tables of the tour and some of their own.
sed -n '/^## Five-minute tour/,/^## How fast/p' README.md | sed -n '/^```sql$/,/^```$/p' | grep -v '^```' | psql -qX >/dev/null 2>&1
psql -qX <<'SQL' >/dev/null
DROP TABLE rules;
CREATE TABLE scored AS SELECT country, churned, country AS kind, uprofile_predict_label('churn', c) AS predicted,
	uprofile_predict_proba('churn', c) AS probability, 1 + id % 3 AS weight FROM customers AS c;
CREATE TABLE page_views AS SELECT i % 40 AS visitor, now() - i * i * interval '1 minute' AS viewed_at,
	(ARRAY['home', 'search', 'cart', 'order'])[1 + i * i % 7 % 4] AS page FROM generate_series(1, 400) i;
CREATE TABLE raw_customers AS SELECT id, 'UK'::text AS country, '01.02.2024'::text AS joined, now() AS updated_at, id % 200 AS age, 'x'::text AS email
FROM generate_series(1, 50) AS id;
CREATE TABLE sales AS SELECT i % 90 AS customer, timestamp '2025-01-01' + i * interval '2 hours' AS bought_at, i % 17 AS amount, (i % 3)::text AS kind
FROM generate_series(1, 3000) AS i WHERE i % 90 < 40 OR i % 7 = 0;
CREATE TABLE bought AS SELECT i % 60 AS customer_id, 'p' || (i * i / 60) % 23 AS product_id, 1 + i % 3 AS quantity, timestamp '2025-01-01' + i * interval '2 hours' AS
	bought_at, CASE WHEN i % 2 = 0 THEN 'DE' ELSE 'FR' END AS country FROM generate_series(1, 3000) AS i;
CREATE TABLE pictures AS SELECT (i % 3)::text AS kind, ARRAY[i % 3, sin(i), i % 5]::real[] AS embedding FROM generate_series(1, 30) AS i;
COPY (SELECT customer, bought_at, amount FROM sales) TO PROGRAM 'cat > sales.csv' (FORMAT csv, HEADER);
CREATE EXTENSION postgres_fdw;
SELECT format('CREATE SERVER shop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)', split_part(current_setting('unix_socket_directories'), ',', 1),
	current_setting('port'), current_database()) \gexec
CREATE USER MAPPING FOR CURRENT_USER SERVER shop;
CREATE TABLE users AS SELECT g AS id FROM generate_series(1, 20) AS g;
CREATE TABLE stock AS SELECT 'p' || g AS product_id, g % 3 AS amount FROM generate_series(1, 23) AS g;
SQL
for page in prepare clean traits train events explain mine recommend profiles segments report privacy servers; do
	check "docs: the statements of $page.md run" "$(sed -n '/^```sql$/,/^```$/p' "docs/$page.md" | grep -v '^```' | psql -qX 2>&1 | grep -A2 ERROR)"
done

# [words](page#heading) of every page; what has a scheme is somebody else's.
check "docs: links lead somewhere" "$(project_files | grep '\.md$' | while read -r page; do
	grep -oE '\]\([^)]+\)' "$page" | sed 's/^](//; s/)$//; s/#.*//' | sort -u | while read -r link; do
		case $link in
		'' | *://*) ;;
		*) [ -e "$(dirname "$page")/$link" ] || echo "$page: $link" ;;
		esac
	done
done)"
check "docs: README.md has at most 200 lines" "$(awk 'END { if (NR > 200) print NR }' README.md)"
finish
