#!/bin/bash
# Tables of baskets that workers read with their leader: the same item sets and rules as where it reads alone, and the same failures; what they
# cannot read is read by the leader.
. "$(dirname "$0")/common.bash"
. "$(dirname "$0")/together.bash"
scratch_database baskets_together
scratch=$(mktemp -d) || exit 1
trap 'PGDATABASE=postgres dropdb --if-exists --force baskets_together; rm -rf "$scratch"' EXIT
psql -qX -v ON_ERROR_STOP=1 <<'SQL' >/dev/null || fail "baskets_together: set-up"
CREATE EXTENSION uprofile;
CREATE TYPE size AS ENUM ('large', 'small');
CREATE DOMAIN code AS varchar(20);
CREATE TABLE lines (gone int, line bigint, basket int, item int);
INSERT INTO lines SELECT i, i, CASE WHEN i % 501 > 0 THEN i / 9 END, CASE WHEN i % 97 > 0 THEN (i * 7919::int8 % 104729 % (i % 40 + 1))::int END FROM generate_series(1, 60000) i;
ALTER TABLE lines DROP gone;
INSERT INTO lines SELECT line, basket, item FROM lines WHERE line % 11 = 0;
DELETE FROM lines WHERE line BETWEEN 20000 AND 29000;
CREATE TABLE mixed AS TABLE lines ORDER BY line * 7919 % 60013;
CREATE VIEW seen AS SELECT item AS what, basket FROM lines;
CREATE MATERIALIZED VIEW kept AS TABLE lines;
CREATE UNLOGGED TABLE unlogged AS TABLE lines;
CREATE TABLE forms AS SELECT line, 'invoice ' || basket AS invoice, ('SKU-' || item * 37 || 'é')::code AS code, lpad(to_hex(basket), 32, '0')::uuid AS id, item * 0.10 AS exact,
	item::float8 / 3 AS ratio, item % 2 = 0 AS even, CASE item % 2 WHEN 0 THEN 'large' ELSE 'small' END::size AS size, '2020-01-01'::date + item AS day,
	item::text::name AS name, CASE WHEN item = 1 THEN '' ELSE 'n' || item END AS word
FROM lines;
CREATE TABLE held AS SELECT basket, array_agg(item ORDER BY line) AS items, array_agg('n' || item ORDER BY line) AS words, basket % 3 AS part
FROM (SELECT line, basket * 4 + k AS basket, item FROM lines, generate_series(0, 3) k) l GROUP BY basket;
INSERT INTO held VALUES (7, '{}', '{}', 0), (8, '{NULL,NULL}', '{NULL}', 1), (NULL, '{1,2}', '{n1}', 2), (9, NULL, NULL, 0), (900001, '{{1,2},{3,NULL}}', '{{a,b}}', 1);
CREATE TABLE long AS SELECT basket, 'n' || item AS item FROM lines;
INSERT INTO long VALUES (1, repeat('long', 2000)), (2, repeat('long', 2000));
CREATE TABLE outside (basket int, item text);
ALTER TABLE outside ALTER item SET STORAGE EXTERNAL;
INSERT INTO outside TABLE long;
CREATE TABLE whole AS SELECT 1 AS basket, array_agg(i) AS items, repeat('padded', 200) AS beside FROM generate_series(1, 3000) i;
INSERT INTO whole SELECT b, '{1,2,3}', repeat('padded', 200) FROM generate_series(2, 3000) b;
CREATE TABLE parts (LIKE lines) PARTITION BY HASH (line);
CREATE TABLE part PARTITION OF parts FOR VALUES WITH (MODULUS 1, REMAINDER 0);
INSERT INTO parts TABLE lines;
CREATE TABLE guarded AS TABLE lines;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON guarded USING (item < 5);
CREATE TABLE nothing (basket int, item int);
CREATE TABLE nulls AS SELECT NULL::int AS basket, i AS item FROM generate_series(1, 60000) i;
CREATE TABLE few AS SELECT * FROM lines LIMIT 2000;
VACUUM ANALYZE;
DO $$ BEGIN CREATE ROLE baskets_together_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT SELECT ON guarded TO baskets_together_reader;
SQL

# sets SOURCE [BASKET [ITEM [MORE]]]: its item sets, as a statement; rules: its rules.
sets()
{
	echo "SELECT md5(string_agg(t::text, ',')), count(*) FROM uprofile_itemsets('$1', '${2:-basket}', '${3:-item}', 0.003${4:+, $4}) t"
}
rules()
{
	echo "SELECT md5(string_agg(t::text, ',')), count(*) FROM uprofile_apriori('$1', '${2:-basket}', '${3:-item}', 0.003, 0.1${4:+, $4}) t"
}

same "item sets" 1 "$(sets lines)"
same "rules" 1 "$(rules lines)"
same "closed sets" 1 "$(sets lines basket item "target => 'closed'")"
same "baskets that come back" 1 "$(sets mixed)"
# Sets of many items are left out where few baskets share nearly all.
same "baskets and items the other way round" 1 "$(sets lines item basket "max_len => 2")"
same "items by themselves" 1 "$(sets lines item item)"
same "a view" 1 "$(sets seen basket what)"
same "a materialized view" 1 "$(sets kept)"
same "an unlogged table" 1 "$(sets unlogged)"
same "texts" 1 "$(sets forms invoice code)"
for item in exact ratio even size day name word; do
	same "items of $item" 1 "$(sets forms id $item)"
done
same "arrays of numbers" 1 "$(sets held basket items)"
same "arrays of texts" 1 "$(rules held basket words)"
same "arrays of few baskets" 1 "$(sets held part words "max_len => 3")"
same "texts that are compressed" 0 "$(sets long)"
same "texts that stand elsewhere" 0 "$(sets outside)"
same "an array that is compressed" 0 "$(sets whole basket items)"
same "rows of a transaction's own" 1 "BEGIN" "DELETE FROM lines WHERE item = 3" "SAVEPOINT s" "INSERT INTO lines SELECT i, i % 70, i % 9 FROM generate_series(1, 500) i" \
	"UPDATE lines SET item = 77 WHERE item = 4" "$(sets lines)" "ROLLBACK TO s" "ROLLBACK"
same "a serializable transaction" 1 "BEGIN ISOLATION LEVEL SERIALIZABLE" "$(sets lines)" "SELECT mode FROM pg_locks WHERE relation = 'lines'::regclass AND mode = 'SIReadLock' AND page IS NULL" "COMMIT"
same "a partitioned table" 1 "$(sets parts)"
same "no basket" 1 "$(sets nulls)"
same "no row" 0 "$(sets nothing)"
same "few rows" 0 "$(sets few)"
same "a part of a table" 0 "$(sets "SELECT * FROM lines WHERE item > 2")"
same "what is computed" 0 "$(sets "SELECT basket, item + 1 AS item FROM lines")"
same "a table of the session's own" 0 "CREATE TEMP TABLE own AS TABLE lines" "$(sets own)"
same "rows that a policy hides" 0 "SET ROLE baskets_together_reader" "$(sets guarded)"
same "a table that may not be read" 0 "SET ROLE baskets_together_reader" "$(sets lines)" "SELECT 'goes on'"
same "little memory" 0 "SET uprofile.max_memory = '8MB'" "$(sets lines)"
same "a time budget that ends" 0 "$(sets lines basket item "time_budget => '10 us'")" "$(rules lines basket item "time_budget => '10 us'")"
same "a time budget that does not" 1 "$(sets lines basket item "time_budget => '1 h'")"
same "a hierarchy" 1 "CREATE TEMP TABLE above AS SELECT DISTINCT item::text AS item, 'kind ' || item % 3 AS parent FROM lines WHERE item IS NOT NULL" \
	"$(sets lines basket item "hierarchy => 'above'")"
same "a mine, and one more refresh" 2 "BEGIN" "SELECT baskets, itemsets FROM uprofile_mine('shop', 'forms', 'invoice', 'code', 0.003)" "DELETE FROM forms WHERE line % 50 = 1" \
	"SELECT baskets, changed, gone FROM uprofile_refresh_mine('shop')" "SELECT md5(string_agg(t::text, ',' ORDER BY t)) FROM (SELECT items, count FROM uprofile_itemset_list WHERE mine = 'shop') t" "ROLLBACK"

psql -qX -c "CREATE UNLOGGED TABLE many AS SELECT l.basket + k * 10000 AS basket, item FROM generate_series(0, 40) k, lines l" -c "ANALYZE many"
goes_on="SELECT md5(string_agg(t::text, ',')) FROM uprofile_itemsets('lines', 'basket', 'item', 0.01) t"
wanted=$(by 0 "$goes_on")
for ms in 2 5 8 12 16 20 30 50 80; do
	said=$(by 2 "SET statement_timeout = $ms" "$(sets many)" "RESET statement_timeout" "$goes_on" | grep -v ^together | tail -1)
	check_equal "baskets_together: goes on after it was cancelled in $ms ms" "$said" "$wanted"
done
for ms in 20 60 100; do
	PGOPTIONS="-c uprofile.max_workers=2 -c uprofile.processors=8" run_cancelled $ms "$(sets many)"
	check "baskets_together: cancelled after $ms ms of work" "$([ "$over" -le 100 ] || echo "worked on for $over ms")"
done
ended "a worker is ended while it reads" 0.05 "$(sets many)"
check "baskets_together: no worker is left" "$(psql -qXAt -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'parallel worker' AND datname = current_database()")"
psql -qX -c "DROP OWNED BY baskets_together_reader" -c "DROP ROLE baskets_together_reader"
finish
