-- Miners, targets, the best of them, hierarchies, time: on the five baskets of mining.sql.
\set VERBOSITY default
CREATE TABLE mined_lines (basket int, item text);
INSERT INTO mined_lines
SELECT b, unnest(string_to_array(items, ' '))
FROM (VALUES (1, 'bread milk'), (2, 'bread diapers beer eggs'), (3, 'milk diapers beer cola'),
             (4, 'bread milk diapers beer'), (5, 'bread milk diapers cola')) AS v (b, items);
-- bread, diapers, milk 4, beer 3, cola 2, eggs 1
SELECT items, count, truncated FROM uprofile_itemsets('mined_lines', 'basket', 'item', 2, target => 'closed');
SELECT items, count FROM uprofile_itemsets('mined_lines', 'basket', 'item', 2, target => 'maximal');
SELECT items, count FROM uprofile_itemsets('mined_lines', 'basket', 'item', 0.01, target => 'generators', min_len => 2);
-- Closed is what no larger set says as well, whatever lengths are asked for.
SELECT items, count FROM uprofile_itemsets('mined_lines', 'basket', 'item', 2, target => 'closed', min_len => 2, max_len => 2);
-- Every miner finds the same.
SELECT m, count(*), md5(string_agg(items::text || count, ' ')) = min(md5(string_agg(items::text || count, ' '))) OVER () AS same
FROM unnest('{auto,apriori,eclat,fpgrowth}'::text[]) WITH ORDINALITY AS u (m, i),
     LATERAL uprofile_itemsets('mined_lines', 'basket', 'item', 0.01, method => m)
GROUP BY m, i ORDER BY i;
-- The best: no truncation, as no more was asked for.
SELECT items, count, truncated FROM uprofile_itemsets('mined_lines', 'basket', 'item', 0.01, top_k => 4);
SELECT items, count, truncated FROM uprofile_itemsets('mined_lines', 'basket', 'item', 0.01, top_k => 4, max_itemsets => 2);
-- Only these items; none of those. What is closed is a question of the items that are mined.
SELECT items, count FROM uprofile_itemsets('mined_lines', 'basket', 'item', 2, either_items => '{beer,cola,diapers,caviar,NULL}');
SELECT items, count FROM uprofile_itemsets('mined_lines', 'basket', 'item', 3, exclude_items => '{bread}', target => 'closed');
SELECT count(*) FROM uprofile_itemsets('mined_lines', 'basket', 'item', 0.01, either_items => '{}');

-- Rules by any measure.
SELECT lhs, rhs, round(confidence::numeric, 3) AS confidence, round(lift::numeric, 3) AS lift, truncated
FROM uprofile_apriori('mined_lines', 'basket', 'item', 2, 0.1, top_k => 4, order_by => 'confidence');
SELECT lhs, rhs, round(p_value::numeric, 3) AS p_value, truncated
FROM uprofile_apriori('mined_lines', 'basket', 'item', 2, 0.1, max_rules => 3, order_by => 'p_value');
SELECT lhs, rhs, round(improvement::numeric, 3) AS improvement
FROM uprofile_apriori('mined_lines', 'basket', 'item', 2, 0.1, top_k => 2, order_by => 'improvement');
SELECT DISTINCT m FROM unnest('{lift,support,confidence,leverage,conviction,zhang,jaccard,cosine,kulczynski,imbalance,chi_squared}'::text[]) AS m,
    LATERAL (SELECT row_number() OVER () AS i, to_jsonb(r) ->> m AS v FROM uprofile_apriori('mined_lines', 'basket', 'item', 0.01, 0.1, order_by => m) AS r) AS s,
    LATERAL (SELECT row_number() OVER () AS i, to_jsonb(r) ->> m AS v FROM uprofile_apriori('mined_lines', 'basket', 'item', 0.01, 0.1, order_by => m) AS r) AS t
WHERE t.i = s.i + 1 AND t.v::float8 > s.v::float8;
-- Items of the right alone: a set has at most max_rhs of them.
SELECT lhs, rhs, count FROM uprofile_apriori('mined_lines', 'basket', 'item', 2, 0, lhs_items => '{bread,milk}', rhs_items => '{beer,cola,diapers}', max_len => 3);
SELECT count(*) FROM uprofile_apriori('mined_lines', 'basket', 'item', 0.01, 0, lhs_items => '{bread,milk}', rhs_items => '{beer,cola,diapers}', max_rhs => 2);

-- A hierarchy: ancestors are items, and never stand with what belongs to them.
CREATE TABLE mined_kinds (item text, parent text);
INSERT INTO mined_kinds VALUES ('beer', 'drink'), ('cola', 'drink'), ('milk', 'drink'), ('bread', 'food'), ('eggs', 'food'),
    ('drink', 'groceries'), ('food', 'groceries'), ('wine', 'drink'), ('bread', 'food'), (NULL, 'food'), ('diapers', NULL);
SELECT items, count FROM uprofile_itemsets('mined_lines', 'basket', 'item', 4, hierarchy => 'mined_kinds');
SELECT method, count(*) FROM unnest('{apriori,eclat,fpgrowth}'::text[]) AS method,
    LATERAL uprofile_itemsets('mined_lines', 'basket', 'item', 0.01, hierarchy => 'mined_kinds', method => method)
GROUP BY method ORDER BY method;
SELECT lhs, rhs, count, round(lift::numeric, 3) AS lift
FROM uprofile_apriori('mined_lines', 'basket', 'item', 3, 0.7, hierarchy => 'SELECT * FROM mined_kinds', lhs_items => '{drink,diapers}');
-- Items that are numbers, and names of other types.
SELECT items, count FROM uprofile_itemsets('VALUES (1, 10), (1, 11), (2, 12)', 'column1', 'column2', 2,
    hierarchy => 'SELECT i AS item, i / 10 AS parent FROM generate_series(10::bigint, 12) AS i');
SELECT items, count FROM uprofile_itemsets('SELECT 1 AS b, ARRAY[''x'', ''y''] AS i', 'b', 'i', hierarchy => 'SELECT ''x'' AS item, ''z'' AS parent');
-- Without rows it is none.
SELECT count(*) FROM uprofile_itemsets('mined_lines', 'basket', 'item', 0.01, hierarchy => 'SELECT * FROM mined_kinds WHERE false');
INSERT INTO mined_kinds VALUES ('groceries', 'beer');
SELECT * FROM uprofile_itemsets('mined_lines', 'basket', 'item', 0.01, hierarchy => 'mined_kinds');
SELECT * FROM uprofile_apriori('mined_lines', 'basket', 'item', 0.01, hierarchy => 'VALUES (1, 2)');
SELECT * FROM uprofile_itemsets('mined_lines', 'basket', 'item', 0.01, hierarchy => 'SELECT ''a'' AS item, ''a'' AS parent');
SELECT * FROM uprofile_itemsets('mined_lines', 'basket', 'item', 0.01, hierarchy => 'mined_kinds', target => 'closed');
SELECT * FROM uprofile_itemsets('mined_lines', 'basket', 'item', 0.01, hierarchy => 'SELECT ''a'' AS item, interval ''1 day'' AS parent');

-- An explosion ends with its time; what was found is said to be not all.
SELECT count(*) > 100 AS some, bool_and(truncated), max(count)
FROM uprofile_itemsets('SELECT b, i FROM generate_series(1, 40) b, generate_series(1, 40) i WHERE i <> b', 'b', 'i', 0.01, max_itemsets => 1000000000,
    time_budget => '200 ms');
SELECT count(*), bool_and(truncated) FROM uprofile_apriori('SELECT b, i FROM generate_series(1, 40) b, generate_series(1, 40) i WHERE i <> b', 'b', 'i', 0.01,
    0.5, top_k => 5, time_budget => '200 ms');
SELECT count(*), bool_or(truncated) FROM uprofile_itemsets('mined_lines', 'basket', 'item', 0.01, time_budget => '1 hour');
-- While baskets are read as well: of some of them counts would be wrong.
SELECT count(*) FROM uprofile_itemsets('SELECT b, 1 AS i, pg_sleep(0.001) FROM generate_series(1, 100000) b', 'b', 'i', 0.01, time_budget => '100 ms');
SELECT count(*) FROM uprofile_apriori('SELECT b, 1 AS i, pg_sleep(0.001) FROM generate_series(1, 100000) b', 'b', 'i', 0.01, time_budget => '100 ms');
-- ... and with its memory.
SET client_min_messages = error;
SET uprofile.max_memory = '3 MB';
SELECT count(*) > 1000 AS some, bool_and(truncated), max(cardinality(items))
FROM uprofile_itemsets('SELECT b, i FROM generate_series(1, 40) b, generate_series(1, 40) i WHERE i <> b', 'b', 'i', 0.01, max_itemsets => 1000000000) \gset
\echo :some :bool_and :max
RESET uprofile.max_memory;
RESET client_min_messages;

-- Where it stands in FROM rows come one by one, unless they are numbered, depend on others, or are wanted whole.
CREATE FUNCTION mined_scans(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF line ~ 'Scan|Function:' THEN RETURN NEXT btrim(line, ' ->'); END IF;
	END LOOP;
END $$;
SELECT mined_scans($$SELECT max(count) FROM uprofile_itemsets('mined_lines', 'basket', 'item', 2) WHERE support > 0.5$$);
SELECT mined_scans($$SELECT * FROM uprofile_itemsets('mined_lines', 'basket', 'item', 2) WITH ORDINALITY$$);
SELECT mined_scans($$SELECT s FROM uprofile_itemsets('mined_lines', 'basket', 'item', 2) s$$);
SELECT mined_scans($$SELECT count FROM uprofile_itemsets('mined_lines', 'basket', 'item', 2) s WHERE s IS NOT NULL$$);
SELECT mined_scans($$SELECT * FROM generate_series(2, 3) g, uprofile_itemsets('mined_lines', 'basket', 'item', g)$$);
CREATE VIEW mined_view AS SELECT items, count, support FROM uprofile_itemsets('mined_lines', 'basket', 'item', 2);
-- The same rows in the same order, both ways; again and again; up to a limit.
SELECT (SELECT string_agg(items::text || count || support, ' ') FROM mined_view) =
	(SELECT string_agg(items::text || count || support, ' ' ORDER BY ordinality)
	 FROM uprofile_itemsets('mined_lines', 'basket', 'item', 2) WITH ORDINALITY) AS same;
SELECT g, (SELECT count(*) FROM mined_view WHERE count >= g) AS sets FROM generate_series(2, 5) g;
SELECT g, (SELECT string_agg(items::text, ' ') FROM uprofile_itemsets('mined_lines', 'basket', 'item', g, max_len => 1)) FROM generate_series(2, 4) g;
SELECT count(*), count(DISTINCT a.items) FROM mined_view a JOIN mined_view b ON a.count < b.count;
BEGIN;
DECLARE mined SCROLL CURSOR FOR SELECT items, count FROM mined_view;
FETCH 2 FROM mined;
FETCH BACKWARD 1 FROM mined;
FETCH LAST FROM mined;
MOVE FIRST FROM mined;
FETCH 1 FROM mined;
COMMIT;
PREPARE mined(float8) AS SELECT count(*) FROM uprofile_itemsets('mined_lines', 'basket', 'item', $1);
EXECUTE mined(2);
EXECUTE mined(4);
DEALLOCATE mined;
-- Held; with rows taken within what is undone; calls are counted.
BEGIN;
DECLARE mined CURSOR WITH HOLD FOR SELECT items, count FROM mined_view;
FETCH 1 FROM mined;
SAVEPOINT within;
FETCH 1 FROM mined;
ROLLBACK TO within;
FETCH 1 FROM mined;
COMMIT;
FETCH 1 FROM mined;
CLOSE mined;
BEGIN;
SET LOCAL track_functions = 'all';
SELECT count(*) > 0 AS some FROM mined_view a, mined_view b;
SELECT count(*) = 1 AS counted FROM pg_stat_xact_user_functions WHERE funcname = 'uprofile_itemsets' AND calls >= 1;
COMMIT;
DROP VIEW mined_view;
DROP FUNCTION mined_scans(text);

\set VERBOSITY terse
SELECT * FROM uprofile_itemsets('mined_lines', 'basket', 'item', target => 'open');
SELECT * FROM uprofile_itemsets('mined_lines', 'basket', 'item', target => NULL);
SELECT * FROM uprofile_itemsets('mined_lines', 'basket', 'item', method => 'dwarf');
SELECT * FROM uprofile_itemsets('mined_lines', 'basket', 'item', method => NULL);
SELECT * FROM uprofile_itemsets('mined_lines', 'basket', 'item', top_k => 0);
SELECT * FROM uprofile_itemsets('mined_lines', 'basket', 'item', time_budget => '-1 s');
SELECT * FROM uprofile_itemsets('mined_lines', 'basket', 'item', hierarchy => 'no_such_kinds');
SELECT * FROM uprofile_apriori('mined_lines', 'basket', 'item', order_by => 'price');
SELECT * FROM uprofile_apriori('mined_lines', 'basket', 'item', order_by => NULL);
SELECT * FROM uprofile_apriori('mined_lines', 'basket', 'item', top_k => -1);
DROP TABLE mined_lines, mined_kinds;
