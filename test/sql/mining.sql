-- Item sets, rules and recommendations, on five baskets that can be counted by hand.
SET client_min_messages = warning;
RESET client_min_messages;
\set VERBOSITY default
CREATE TABLE lines (basket int, item text);
INSERT INTO lines
SELECT b, unnest(string_to_array(items, ' '))
FROM (VALUES (1, 'bread milk'), (2, 'bread diapers beer eggs'), (3, 'milk diapers beer cola'),
             (4, 'bread milk diapers beer'), (5, 'bread milk diapers cola')) AS v (b, items);
-- An item counts once a basket; a NULL on either side does not count, and makes no basket.
INSERT INTO lines VALUES (1, 'milk'), (1, 'milk'), (2, NULL), (NULL, 'bread'), (6, NULL);

-- n = 5: bread, diapers, milk 4, beer 3, cola 2, eggs 1
SELECT * FROM uprofile_itemsets('lines', 'basket', 'item', min_support => 0.6);
-- The same, as a count, from a query; longer sets only.
SELECT items, count FROM uprofile_itemsets('SELECT * FROM lines', 'basket', 'item', 3, min_len => 2);
SELECT items, count FROM uprofile_itemsets('lines', 'basket', 'item', 2, min_len => 3, max_len => 3);
SELECT cardinality(items) AS length, count(*) FROM uprofile_itemsets('lines', 'basket', 'item', 0.01) GROUP BY 1 ORDER BY 1;
-- A share that the last bit of 0.6 must not spoil: 3 of 5.
SELECT count(*) FROM uprofile_itemsets('lines', 'basket', 'item', 0.6 + 1e-16);
-- 1 is a share (all baskets), 1.5 a count (2 at least).
SELECT count(*) FROM uprofile_itemsets('lines', 'basket', 'item', 1);
SELECT count(*) FROM uprofile_itemsets('lines', 'basket', 'item', 1.5);
SELECT min(count) FROM uprofile_itemsets('lines', 'basket', 'item', 1.5);

-- Every kind of key gives the same sets.
SELECT q.what, (SELECT md5(string_agg(items::text || count, ' ' ORDER BY count DESC, items)) = min(w.md5)
                FROM uprofile_itemsets(q.source, 'b', 'i', 2))
FROM (VALUES ('bigint', 'SELECT basket::bigint b, item i FROM lines'),
             ('numeric', 'SELECT basket::numeric / 10 b, item::varchar i FROM lines'),
             ('float8', 'SELECT basket::float8 b, item::name i FROM lines'),
             ('date', 'SELECT date ''2020-01-01'' + basket b, item::char(10) i FROM lines'),
             ('uuid', 'SELECT md5(basket::text)::uuid b, item i FROM lines'),
             ('reversed', 'SELECT basket b, item i FROM lines ORDER BY item, basket')) AS q (what, source),
     LATERAL (SELECT md5(string_agg(items::text || count, ' ' ORDER BY count DESC, items))
              FROM uprofile_itemsets('lines', 'basket', 'item', 2)) AS w
GROUP BY q.what, q.source ORDER BY q.what;
-- Text does not depend on settings; 1.0 and 1.00 are the same number, -0 is 0.
SET datestyle = 'German';
SELECT * FROM uprofile_itemsets('VALUES (1, date ''2020-02-03''), (2, ''2020-02-03'')', 'column1', 'column2');
SELECT * FROM uprofile_itemsets('VALUES (1, timestamp ''2020-02-03 04:05'')', 'column1', 'column2');
RESET datestyle;
SET extra_float_digits = 0;
SELECT items, count FROM uprofile_itemsets('VALUES (1, 0.1::float8 + 0.2), (2, ''-0''), (3, 0)', 'column1', 'column2');
RESET extra_float_digits;
SELECT items, count FROM uprofile_itemsets('VALUES (1, 1.0), (2, 1.00), (3, 1)', 'column1', 'column2');
SELECT items, count FROM uprofile_itemsets('VALUES (1, true), (2, false), (3, true)', 'column1', 'column2');
-- Items are ordered by their bytes, whatever the collation, and may hold anything.
SELECT items FROM uprofile_itemsets($$VALUES (1, 'b'), (1, 'B'), (1, '~'), (1, 'a, "b"'), (1, '')$$, 'column1', 'column2', 1)
ORDER BY cardinality(items) DESC LIMIT 1;
CREATE TYPE fruit AS ENUM ('pear', 'apple');
SELECT items, count FROM uprofile_itemsets($$SELECT 1 AS b, unnest(enum_range(NULL::fruit)) AS i$$, 'b', 'i');

-- Too many sets: the most frequent, then the shortest, then by items.
SELECT items, count, truncated FROM uprofile_itemsets('lines', 'basket', 'item', 0.01, max_itemsets => 5);
SELECT items, count, truncated FROM uprofile_itemsets('lines', 'basket', 'item', 3, max_itemsets => 8);
-- An explosion, 2^60 sets, ends.
SELECT count(*), max(cardinality(items)), bool_and(truncated)
FROM uprofile_itemsets('SELECT b, i FROM generate_series(1, 3) b, generate_series(1, 60) i', 'b', 'i', max_itemsets => 2000);

-- Rules: beer → diapers holds in 3 of 3; lift 3 * 5 / (3 * 4), leverage 3/5 - 3/5 * 4/5.
SELECT lhs, rhs, count, support, round(confidence::numeric, 4) AS confidence, round(lift::numeric, 4) AS lift,
       round(leverage::numeric, 4) AS leverage, conviction::numeric(9, 4), truncated
FROM uprofile_apriori('lines', 'basket', 'item', 0.6, 0.7) WHERE conviction < 'Infinity';
SELECT lhs, rhs, count, support, confidence, lift, leverage, conviction, truncated FROM uprofile_apriori('lines', 'basket', 'item', 0.6, 1);
-- What a plain-SQL count says of every rule with one item on each side.
WITH l AS (SELECT DISTINCT basket, item FROM lines WHERE basket IS NOT NULL AND item IS NOT NULL),
     c AS (SELECT item, count(*) AS c FROM l GROUP BY 1),
     pairs AS (SELECT a.item AS x, b.item AS y, count(*) AS c FROM l a JOIN l b USING (basket) WHERE a.item <> b.item GROUP BY 1, 2),
     wanted AS (SELECT x, y, pairs.c, pairs.c::float8 / cx.c AS confidence, pairs.c::float8 * 5 / (cx.c * cy.c) AS lift
                FROM pairs JOIN c cx ON cx.item = x JOIN c cy ON cy.item = y WHERE pairs.c >= 2)
SELECT count(*), count(*) FILTER (WHERE r.count = w.c AND abs(r.confidence - w.confidence) < 1e-12 AND abs(r.lift - w.lift) < 1e-12) AS equal
FROM wanted w FULL JOIN uprofile_apriori('lines', 'basket', 'item', 2, 0, max_len => 2) r ON r.lhs = ARRAY[w.x] AND r.rhs = ARRAY[w.y];
-- Right sides of any length; 2 = one more item than 1.
SELECT max(cardinality(rhs)), count(*) FROM uprofile_apriori('lines', 'basket', 'item', 1.5, 0);
SELECT max(cardinality(rhs)), count(*) FROM uprofile_apriori('lines', 'basket', 'item', 1.5, 0, max_rhs => 2);
SELECT max(cardinality(rhs)), count(*) FROM uprofile_apriori('lines', 'basket', 'item', 1.5, 0, max_rhs => 0);
-- ... as many as the non-empty splits of all sets.
SELECT sum(2 ^ cardinality(items) - 2) FROM uprofile_itemsets('lines', 'basket', 'item', 1.5, min_len => 2);
-- Items on a side.
SELECT lhs, rhs, count FROM uprofile_apriori('lines', 'basket', 'item', 2, 0, rhs_items => '{beer}', max_len => 2);
SELECT lhs, rhs, count FROM uprofile_apriori('lines', 'basket', 'item', 2, 0, lhs_items => '{beer,milk}', rhs_items => '{cola,diapers}');
SELECT lhs, rhs, count FROM uprofile_apriori('lines', 'basket', 'item', 2, 0, either_items => '{beer,bread}');
SELECT lhs, rhs, count FROM uprofile_apriori('lines', 'basket', 'item', 2, 0, either_items => '{beer}', lhs_items => '{cola}');
SELECT lhs, rhs, count FROM uprofile_apriori('lines', 'basket', 'item', 3, 0, exclude_items => '{bread,milk}');
SELECT count(*) FROM uprofile_apriori('lines', 'basket', 'item', 2, 0, rhs_items => '{caviar}');
-- min_len, min_lift, and more rules than wanted.
SELECT lhs, rhs, count FROM uprofile_apriori('lines', 'basket', 'item', 2, 0.9, min_len => 3);
SELECT lhs, rhs, round(lift::numeric, 4) AS lift FROM uprofile_apriori('lines', 'basket', 'item', 2, 0, min_lift => 1.25, max_len => 2);
SELECT lhs, rhs, round(zhang::numeric, 4) AS zhang, round(jaccard::numeric, 4) AS jaccard, round(cosine::numeric, 4) AS cosine, round(kulczynski::numeric, 4) AS kulczynski,
	round(imbalance::numeric, 4) AS imbalance, round(chi_squared::numeric, 4) AS chi_squared, round(p_value::numeric, 4) AS p_value, improvement
FROM uprofile_apriori('lines', 'basket', 'item', 3, 0.7);
SELECT lhs, rhs, round(improvement::numeric, 4) AS improvement FROM uprofile_apriori('lines', 'basket', 'item', 2, 0, min_improvement => 0.2);
SELECT count(*) FROM uprofile_apriori('lines', 'basket', 'item', 2, 0, max_p_value => 0.5);
SELECT count(*), max(p_value) FROM uprofile_apriori('lines', 'basket', 'item', 2, 0, max_p_value => 0.5, correction => 'bonferroni');
SELECT DISTINCT p_value FROM uprofile_apriori('lines', 'basket', 'item', 2, 0, correction => 'bonferroni') ORDER BY 1;
SELECT * FROM uprofile_apriori('lines', 'basket', 'item', 2, 0, correction => 'holm');
SELECT * FROM uprofile_apriori('lines', 'basket', 'item', 2, 0, max_p_value => 2);
SELECT * FROM uprofile_apriori('lines', 'basket', 'item', 2, 0, min_improvement => -2);
SELECT lhs, rhs, truncated FROM uprofile_apriori('lines', 'basket', 'item', 2, 0, max_rules => 2);
-- What everybody has: an empty left side on request.
SELECT lhs, rhs, count, support, confidence, lift, leverage, conviction FROM uprofile_apriori('lines', 'basket', 'item', 3, 0.7, min_len => 1, max_len => 1);
SELECT lhs, rhs, count, round(confidence::numeric, 3) AS confidence FROM uprofile_apriori('lines', 'basket', 'item', 3, 0.6, min_len => 1, max_len => 2, max_rhs => 0, exclude_items => '{bread,milk}');
SELECT lhs, rhs, conviction FROM uprofile_apriori('SELECT 1 AS b, 1 AS i', 'b', 'i', min_len => 1);
SELECT item, score, lhs FROM uprofile_recommend('SELECT * FROM uprofile_apriori(''lines'', ''basket'', ''item'', 3, 0.7, min_len => 1, max_len => 1)', '{milk}');

-- Baskets as arrays: each element is an item; NULL ones and empty arrays are none, and make no basket.
SELECT bool_and(a = l) AS alike, count(*) FROM (
  SELECT l, a FROM uprofile_itemsets('lines', 'basket', 'item', 0.1) AS l
  FULL JOIN uprofile_itemsets('SELECT basket, array_agg(item) AS items FROM lines GROUP BY basket', 'basket', 'items', 0.1) AS a USING (items)) AS s;
SELECT items, count, support FROM uprofile_itemsets('SELECT 1 AS b, ARRAY[3, NULL, 1, 3] AS i UNION ALL SELECT 1, ''{2}'' UNION ALL SELECT 2, ''{{1,4},{5,6}}''
  UNION ALL SELECT 3, ''{}'' UNION ALL SELECT 4, ''{NULL}'' UNION ALL SELECT 5, NULL', 'b', 'i', 0.1, max_len => 2) WHERE count > 1 OR '1' = ANY (items);
SELECT lhs, rhs, count FROM uprofile_apriori('SELECT DISTINCT basket, ARRAY[''x'', item]::varchar[] AS items FROM lines', 'basket', 'items', 4, 0.9);
SELECT items, count FROM uprofile_itemsets('SELECT 1 AS b, ARRAY[date ''2024-02-29'', date ''2024-02-29''] AS i UNION ALL SELECT 2, ARRAY[date ''2024-02-29'']', 'b', 'i', 2);

-- Recommendations.
CREATE TABLE rules AS SELECT * FROM uprofile_apriori('lines', 'basket', 'item', 2, 0.5, max_rhs => 0);
SELECT item, score, lhs, rhs, count, round(lift::numeric, 4) AS lift, conviction FROM uprofile_recommend('rules', '{beer}');
SELECT item, score, lhs FROM uprofile_recommend('rules', '{beer,cola}', 1);
SELECT item FROM uprofile_recommend('rules', '{beer,bread,cola,diapers,milk}');
SELECT item FROM uprofile_recommend('rules', '{}');
SELECT item FROM uprofile_recommend('rules', '{caviar,NULL}');
SELECT item FROM uprofile_recommend('rules', '{beeer}');
SELECT i, r.item FROM unnest('{beer,colaa,breadd}'::text[]) i, uprofile_recommend('rules', ARRAY[i], 1) r;
SELECT item FROM uprofile_recommend('SELECT ''{a}''::varchar[] AS lhs, ''{b}''::text[] AS rhs, 1.0 AS confidence, 2 AS lift -- a comment', '{NULL,a,b}');
-- Many in one statement are as each alone.
SELECT count(*) FROM unnest('{beer,caviar,cola,milk}'::text[]) i, uprofile_recommend('rules', ARRAY[i]) r;
SELECT i, r.* FROM unnest('{beer,caviar,cola,milk}'::text[]) i, uprofile_recommend('rules', ARRAY[i]) r EXCEPT ALL (SELECT 'beer', r.* FROM uprofile_recommend('rules', '{beer}') r
	UNION ALL SELECT 'cola', r.* FROM uprofile_recommend('rules', '{cola}') r UNION ALL SELECT 'milk', r.* FROM uprofile_recommend('rules', '{milk}') r);
-- Ties of score go by lift, then item; rules with NULL do not fire; columns beyond the four may be missing.
SELECT * FROM uprofile_recommend($$VALUES (ARRAY['a'], ARRAY['x'], 0.5, 1), ('{a}', '{y}', 0.5, 2), ('{a}', '{w}', 0.5, 1),
	('{a}', '{v}', NULL, 9), ('{a,NULL}', '{u}', 1, 1), ('{a}', '{a}', 1, 1)$$, '{a}');
SELECT item, score, lhs, rhs, count, support, lift FROM uprofile_recommend($$SELECT * FROM (VALUES (ARRAY['a'], ARRAY['x'], 0.5, 1),
	('{a}', '{y}', 0.5, 2), ('{a}', '{w}', 0.5, 1), ('{a}', '{v}', NULL, 9), ('{a,NULL}', '{u}', 1, 1), ('{a}', '{a}', 1, 1))
	AS r (lhs, rhs, confidence, lift)$$, '{a}');

-- No rows, no answer; one row, one set.
SELECT * FROM uprofile_itemsets('SELECT 1 AS b, 2 AS i WHERE false', 'b', 'i');
SELECT * FROM uprofile_apriori('SELECT 1 AS b, 2 AS i WHERE false', 'b', 'i');
SELECT * FROM uprofile_itemsets('SELECT 1 AS b, 2 AS i', 'b', 'i');
SELECT * FROM uprofile_apriori('SELECT 1 AS b, 2 AS i', 'b', 'i');
SELECT * FROM uprofile_itemsets('SELECT 1 AS b, NULL::int AS i', 'b', 'i');

-- What cannot be mined.
SELECT * FROM uprofile_itemsets('lines', 'baskt', 'item');
SELECT * FROM uprofile_itemsets('lines', 'basket', 'item', -1);
\set VERBOSITY terse
SELECT * FROM uprofile_itemsets('no_such_lines', 'basket', 'item');
SELECT * FROM uprofile_itemsets('lines', 'baskt', 'item');
SELECT * FROM uprofile_itemsets('lines', 'basket', 'goods');
SELECT * FROM uprofile_itemsets('DELETE FROM lines', 'basket', 'item');
SELECT * FROM uprofile_itemsets('SELECT 1; SELECT 2', 'basket', 'item');
SELECT * FROM uprofile_itemsets('SELEC 1', 'basket', 'item');
SELECT * FROM uprofile_itemsets('', 'basket', 'item');
SELECT * FROM uprofile_itemsets(NULL, 'basket', 'item');
SELECT * FROM uprofile_itemsets('lines', NULL, 'item');
SELECT * FROM uprofile_itemsets('lines', 'basket', NULL);
SELECT * FROM uprofile_itemsets('lines', 'basket', 'item', 0);
SELECT * FROM uprofile_itemsets('lines', 'basket', 'item', -0.5);
SELECT * FROM uprofile_itemsets('lines', 'basket', 'item', 'NaN');
SELECT * FROM uprofile_itemsets('lines', 'basket', 'item', 'Infinity');
SELECT * FROM uprofile_itemsets('lines', 'basket', 'item', NULL);
SELECT * FROM uprofile_itemsets('lines', 'basket', 'item', min_len => 0);
SELECT * FROM uprofile_itemsets('lines', 'basket', 'item', min_len => 3, max_len => 2);
SELECT * FROM uprofile_itemsets('lines', 'basket', 'item', max_len => -1);
SELECT * FROM uprofile_itemsets('lines', 'basket', 'item', max_itemsets => 0);
SELECT * FROM uprofile_itemsets('SELECT 1 AS b, interval ''1 day'' AS i', 'b', 'i');
SELECT * FROM uprofile_itemsets('SELECT ARRAY[1] AS b, 1 AS i', 'b', 'i');
SELECT * FROM uprofile_itemsets('SELECT 1 AS b, ARRAY[interval ''1 day''] AS i', 'b', 'i');
SELECT * FROM uprofile_itemsets('SELECT 1 AS b, CAST(''sin'' AS regproc) AS i', 'b', 'i');
SELECT * FROM uprofile_itemsets('SELECT CAST(''pg_class'' AS regclass) AS b, 1 AS i', 'b', 'i');
SELECT * FROM uprofile_apriori('lines', 'basket', 'item', 0.5, 1.5);
SELECT * FROM uprofile_apriori('lines', 'basket', 'item', 0.5, 'NaN');
SELECT * FROM uprofile_apriori('lines', 'basket', 'item', min_len => 0);
SELECT * FROM uprofile_apriori('lines', 'basket', 'item', max_rhs => -1);
SELECT * FROM uprofile_apriori('lines', 'basket', 'item', min_lift => -1);
SELECT * FROM uprofile_apriori('lines', 'basket', 'item', max_rules => 0);
SELECT * FROM uprofile_recommend('no_such_rules', '{a}');
SELECT * FROM uprofile_recommend('lines', '{a}');
SELECT * FROM uprofile_recommend('rules', NULL);
SELECT * FROM uprofile_recommend('rules', '{a}', 0);
SELECT * FROM uprofile_recommend(NULL, '{a}');
DROP TABLE lines, rules;
DROP TYPE fruit;

-- A share up to 1, a count above: what finds nothing for that says so.
CREATE TABLE support_of AS SELECT i / 3 AS basket, 'p' || i * 7 % 5 AS item FROM generate_series(0, 89) i;
SELECT count(*) FROM uprofile_itemsets('support_of', 'basket', 'item', 2);
SELECT count(*) FROM uprofile_itemsets('support_of', 'basket', 'item', 1);
SELECT count(*) FROM uprofile_apriori('support_of', 'basket', 'item', 31);
SELECT count(*) FROM uprofile_apriori('support_of', 'basket', 'item', 30);
SELECT count(*) FROM uprofile_apriori('support_of', 'basket', 'item', 0);
DROP TABLE support_of;
