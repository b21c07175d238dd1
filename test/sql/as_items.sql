-- Rows as items, and the rules that they make.
CREATE TABLE people (id int, age int, income float8, country text, vip boolean, joined date, mail text, always text, tags text[], balance numeric);
INSERT INTO people
SELECT i, 20 + i % 7 * 5, CASE WHEN i % 2 = 0 THEN 0 ELSE 1000 + i * 10.123 END, CASE WHEN i % 9 < 6 THEN 'DE' WHEN i % 9 < 8 THEN 'fr, "x"' END,
	CASE WHEN i % 5 > 0 THEN i % 5 = 1 END, date '2024-01-01' + i % 3, 'm' || i, 'same', '{a}', i % 8 - 4.5 FROM generate_series(1, 40) i;
SELECT * FROM uprofile_as_items('people', 'id') WHERE user_key IN ('1', '2') ORDER BY user_key::int, item;
-- Half of the incomes are 0: they are one bin, the others are cut.
SELECT item, count(*) FROM uprofile_as_items('people', 'id') WHERE item ~ 'income|age|balance' GROUP BY 1 ORDER BY 1;
SELECT item, count(*) FROM uprofile_as_items('people', 'id', '{"age": [25, 40], "income": 2, "balance": [-3, -1.5, 0]}') WHERE item ~ 'income|age|balance'
GROUP BY 1 ORDER BY 1;
SELECT count(DISTINCT item) FROM uprofile_as_items('SELECT id, age FROM people', 'id', '1000');
SELECT item, count(*) FROM uprofile_as_items('SELECT id, age FROM people', 'id', '{"age": []}') GROUP BY 1;
-- NaN is missing, infinity is above all cuts, a row without a key is nobody's.
SELECT * FROM uprofile_as_items($$VALUES (1, 'NaN'::float8), (2, 'infinity'), (3, 1), (4, 2), (5, 3), (6, 4), (NULL, 5)$$, 'column1');
SELECT * FROM uprofile_as_items('SELECT * FROM people WHERE false', 'id');
SELECT items, count FROM uprofile_itemsets($$SELECT * FROM uprofile_as_items('SELECT id, vip, country FROM people', 'id')$$, 'user_key', 'item', 0.2);

-- Rules of a target: those of uprofile_apriori with the target's items on the right, over the rows that have one.
SELECT lhs, rhs, count, support, round(confidence::numeric, 4) AS confidence, round(lift::numeric, 4) AS lift
FROM uprofile_class_rules('people', 'vip', 'id', min_support => 0.2, min_confidence => 0.8, min_lift => 1.05);
CREATE TABLE by_hand AS SELECT * FROM uprofile_as_items('SELECT id, age, income, country, vip, balance FROM people WHERE vip IS NOT NULL', 'id');
SELECT count(*) AS rules, count(a.lhs) AS same
FROM uprofile_class_rules('SELECT id, age, income, country, vip, balance FROM people WHERE vip IS NOT NULL', 'vip', 'id', '4', 0.05, 0.3) c

LEFT JOIN uprofile_apriori('by_hand', 'user_key', 'item', 0.05, 0.3, max_len => 4, rhs_items => '{vip=true,vip=false}',
	lhs_items => (SELECT array_agg(DISTINCT item) FROM by_hand WHERE item !~ 'vip')) a
ON (a.lhs, a.rhs, a.count, a.lift, a.p_value, a.zhang) = (c.lhs, c.rhs, c.count, c.lift, c.p_value, c.zhang);
-- Rows without a target do not move the cuts either, nor those without a key.
SELECT count(*) FROM (SELECT lhs, rhs, count FROM uprofile_class_rules('SELECT i AS id, CASE WHEN i % 3 = 0 THEN i * 100 ELSE i END AS a, 1 AS b, CASE WHEN i % 3 > 0 THEN i % 3 END AS c
	FROM generate_series(1, 60) i', 'c', 'id', min_confidence => 0.3)
EXCEPT SELECT lhs, rhs, count FROM uprofile_class_rules('SELECT i AS id, i AS a, 1 AS b, i % 3 AS c
	FROM generate_series(1, 60) i WHERE i % 3 > 0', 'c', 'id', min_confidence => 0.3)) r;
SELECT * FROM uprofile_as_items('SELECT i AS id, 1 AS a, chr(65 + i % 2) AS b FROM generate_series(1, 2) i UNION ALL SELECT NULL, 1, NULL', 'id') ORDER BY 1, 2;
-- A target with more values than text may have; a target of numbers is cut as others are.
SELECT count(DISTINCT rhs) FROM uprofile_class_rules('SELECT country, mail FROM people', 'mail', min_support => 0.001, min_confidence => 0);
SELECT DISTINCT rhs FROM uprofile_class_rules('people', 'income', 'id', '{"income": [1200]}', min_confidence => 0) ORDER BY 1;
SELECT * FROM uprofile_class_rules('SELECT * FROM people WHERE false', 'vip');
\set VERBOSITY default
SELECT * FROM uprofile_as_items('people', 'ID');
SELECT * FROM uprofile_as_items('people', NULL);
SELECT * FROM uprofile_as_items('people', 'id', '{"agee": 3}');
SELECT * FROM uprofile_as_items('people', 'id', '{"age": 0}');
SELECT * FROM uprofile_as_items('people', 'id', '{"age": [3, 3]}');
SELECT * FROM uprofile_as_items('people', 'id', '{"country": 3}');
SELECT * FROM uprofile_as_items('people', 'id', '[3]');
SELECT * FROM uprofile_as_items('people', 'id', '1e9');
SELECT * FROM uprofile_class_rules('people', NULL);
SELECT * FROM uprofile_class_rules('people', 'VIP');
SELECT * FROM uprofile_class_rules('people', 'id', 'id');
SELECT * FROM uprofile_class_rules('people', 'tags', 'id');
SELECT * FROM uprofile_class_rules('people', 'vip', order_by => 'luck');
DROP TABLE people, by_hand;
-- Whole numbers that double precision may not tell apart are no items; bins of such are.
SELECT item, count(*) FROM uprofile_as_items('SELECT i AS id, 9007199254740992 + i % 6 AS n, i % 2 AS a FROM generate_series(1, 60) i', 'id') GROUP BY 1 ORDER BY 1;
SELECT count(DISTINCT item) FROM uprofile_as_items('SELECT i AS id, (9007199254740992 + i % 6)::text AS n FROM generate_series(1, 60) i', 'id');
SELECT count(DISTINCT item) FROM uprofile_as_items('SELECT i AS id, CASE i WHEN 1 THEN 9007199254740999 ELSE i END AS n FROM generate_series(1, 60) i', 'id');
SELECT * FROM uprofile_class_rules('SELECT i AS id, 9007199254740992 + i % 6 AS n, i % 2 AS a FROM generate_series(1, 60) i', 'n');
-- Bins are of the rows that become items, also of a source that is another one each time it is run.
SELECT count(*), max(count) - min(count) <= 5 AS alike FROM (SELECT item, count(*) FROM uprofile_as_items('SELECT i AS id, random() AS x FROM generate_series(1, 3000) AS i WHERE random() < 0.9', 'id', '10') GROUP BY 1) AS i;
