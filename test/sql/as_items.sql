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
\set VERBOSITY default
SELECT * FROM uprofile_as_items('people', 'ID');
SELECT * FROM uprofile_as_items('people', NULL);
SELECT * FROM uprofile_as_items('people', 'id', '{"agee": 3}');
SELECT * FROM uprofile_as_items('people', 'id', '{"age": 0}');
SELECT * FROM uprofile_as_items('people', 'id', '{"age": [3, 3]}');
SELECT * FROM uprofile_as_items('people', 'id', '{"country": 3}');
SELECT * FROM uprofile_as_items('people', 'id', '[3]');
SELECT * FROM uprofile_as_items('people', 'id', '1e9');
DROP TABLE people;
