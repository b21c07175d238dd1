-- Named mines: after each refresh the same as mining everything, whatever came and went.
CREATE TABLE mined_lines (basket int, item text, bought_at timestamptz DEFAULT now());
CREATE FUNCTION pg_temp.bought(first int, last int, shift int) RETURNS void LANGUAGE sql AS $$
	INSERT INTO mined_lines (basket, item)
	SELECT b, 'i' || i FROM generate_series(first, last) b, generate_series(1, 9) i WHERE (hashint8(b * 100 + i) & 15) > (i + shift) % 9 + 3 $$;
\set differences 'SELECT (SELECT count(*) FROM ((SELECT items, count, support FROM uprofile_itemset_list WHERE mine = ''shop lines'' EXCEPT ALL SELECT items, count, support FROM uprofile_itemsets(''mined_lines'', ''basket'', ''item'', 0.1)) UNION ALL (SELECT items, count, support FROM uprofile_itemsets(''mined_lines'', ''basket'', ''item'', 0.1) EXCEPT ALL SELECT items, count, support FROM uprofile_itemset_list WHERE mine = ''shop lines'')) s) AS of_sets, (SELECT count(*) FROM (SELECT lhs, rhs, count, confidence, lift, zhang, p_value FROM uprofile_rules WHERE mine = ''shop lines'' EXCEPT ALL SELECT lhs, rhs, count, confidence, lift, zhang, p_value FROM uprofile_apriori(''mined_lines'', ''basket'', ''item'', 0.1, 0.4)) r) AS of_rules, (SELECT count(*) FROM uprofile_rules WHERE mine = ''shop lines'') - (SELECT count(*) FROM uprofile_apriori(''mined_lines'', ''basket'', ''item'', 0.1, 0.4)) AS more;'
SELECT pg_temp.bought(1, 3200, 0);
SELECT baskets, arrived, changed, gone, parts, parts_mined FROM uprofile_mine('shop lines', 'mined_lines', 'basket', 'item', 0.1, 0.4);
:differences
-- Nothing happened: nothing is mined.
SELECT baskets, arrived, changed, gone, parts_mined FROM uprofile_refresh_mine('shop lines');
-- A day more, and the oldest day gone.
SELECT pg_temp.bought(3201, 3300, 1);
DELETE FROM mined_lines WHERE basket <= 100;
SELECT baskets, arrived, changed, gone, parts, parts_mined FROM uprofile_refresh_mine('shop lines');
:differences
-- A basket with other items, one with the same ones in another order, and an item that nobody had.
UPDATE mined_lines SET item = 'new' WHERE basket = 2000;
DELETE FROM mined_lines WHERE basket = 2500;
SELECT pg_temp.bought(2500, 2500, 0);
SELECT baskets, arrived, changed, gone, parts_mined FROM uprofile_refresh_mine('shop lines');
:differences
-- Tastes change: what was rare is not.
SELECT pg_temp.bought(4000, 5500, 4);
SELECT baskets, arrived, gone FROM uprofile_refresh_mine('shop lines');
:differences
-- Nearly all of it goes, then all.
DELETE FROM mined_lines WHERE basket NOT BETWEEN 5000 AND 5010;
SELECT baskets, arrived, gone, parts FROM uprofile_refresh_mine('shop lines');
:differences
TRUNCATE mined_lines;
SELECT * FROM uprofile_refresh_mine('shop lines');
SELECT pg_temp.bought(1, 50, 0);
SELECT baskets, arrived FROM uprofile_refresh_mine('shop lines');
:differences
SELECT mine, source, min_support, baskets, refreshed_at > created_at AS refreshed FROM uprofile_mines;
-- A rolled back refresh leaves all as it was.
BEGIN;
DELETE FROM mined_lines WHERE basket < 40;
SELECT baskets, gone FROM uprofile_refresh_mine('shop lines');
ROLLBACK;
SELECT baskets, gone FROM uprofile_refresh_mine('shop lines');
:differences
-- Rules of a mine recommend.
SELECT item FROM uprofile_recommend($$SELECT * FROM uprofile_rules WHERE mine = 'shop lines'$$, '{i1}', 1);
SELECT uprofile_drop_mine('shop lines');
SELECT count(*) FROM uprofile_itemset_list;

-- A window: rows of the last ten days.
TRUNCATE mined_lines;
INSERT INTO mined_lines SELECT b, i, now() - b * interval '1 day' FROM generate_series(0, 19) b, unnest('{a,b}'::text[]) i;
SELECT baskets, itemsets FROM uprofile_mine('shop days', 'SELECT basket, item, bought_at AS "When" FROM mined_lines', 'basket', 'item', 1, 0,
	event_time => 'When', time_window => '9 days 12 hours');
UPDATE mined_lines SET bought_at = bought_at - interval '3 days';
SELECT baskets, gone FROM uprofile_refresh_mine('shop days');
SELECT uprofile_drop_mine('shop days');
-- Arrays, numbers, one basket with everything.
SELECT baskets, itemsets, rules FROM uprofile_mine('shop arrays', $$VALUES (1.50, '{1,2,NULL}'::int[]), (1.5, '{3}'), (2, '{}'), (3, '{1,1}')$$, 'column1', 'column2', 1e-9);
SELECT items, count FROM uprofile_itemset_list ORDER BY count DESC, items;
-- A window that begins before our era.
SELECT baskets FROM uprofile_mine('ancient', $$SELECT 1 AS b, 2 AS i, date '0100-01-01' AS d$$, 'b', 'i', event_time => 'd', time_window => '3000 years');
SELECT uprofile_drop_mine('ancient');
\set VERBOSITY default
SELECT * FROM uprofile_mine('shop arrays', 'mined_lines', 'basket', 'item');
SELECT * FROM uprofile_mine('', 'mined_lines', 'basket', 'item');
SELECT * FROM uprofile_mine(NULL, 'mined_lines', 'basket', 'item');
SELECT * FROM uprofile_mine('shop none', 'mined_lines', 'basket', 'items');
SELECT * FROM uprofile_mine('shop none', 'mined_lines', 'basket', 'item', 0);
SELECT * FROM uprofile_mine('shop none', 'mined_lines', 'basket', 'item', time_window => '1 day');
SELECT * FROM uprofile_mine('shop none', 'mined_lines', 'basket', 'item', event_time => 'basket', time_window => '1 day');
SELECT * FROM uprofile_mine('shop none', 'mined_lines', 'basket', 'item', event_time => 'bought_at', time_window => '-1 day');
SELECT * FROM uprofile_mine('shop none', 'DELETE FROM mined_lines', 'basket', 'item');
SELECT * FROM uprofile_refresh_mine('shop none');
SELECT * FROM uprofile_drop_mine('shop none');
BEGIN READ ONLY;
SELECT * FROM uprofile_refresh_mine('shop arrays');
ROLLBACK;
DROP TABLE mined_lines;
-- Watched: a refresh reads the baskets that changed.
\set VERBOSITY terse
CREATE TABLE mined_lines (basket int, item text, bought_at timestamptz DEFAULT now());
SELECT pg_temp.bought(1, 1200, 0);
SELECT baskets, parts, parts_mined, mode, reason FROM uprofile_mine('shop lines', 'mined_lines', 'basket', 'item', 0.1, 0.4, watch => 'auto');
SELECT baskets, arrived, changed, gone, parts_mined, mode, reason FROM uprofile_refresh_mine('shop lines');
SELECT pg_temp.bought(1201, 1206, 1);
DELETE FROM mined_lines WHERE basket BETWEEN 11 AND 15;
UPDATE mined_lines SET item = 'new' WHERE basket = 700;
UPDATE mined_lines SET basket = 1300 WHERE basket = 900;
UPDATE mined_lines SET item = item WHERE basket = 500;
SELECT baskets, arrived, changed, gone, parts, parts_mined, mode, reason FROM uprofile_refresh_mine('shop lines');
:differences
CREATE FUNCTION pg_temp.differ(OUT modes text, OUT wrong bigint) LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	PERFORM setseed(0.5);
	wrong := 0;
	modes := '';
	FOR round IN 1 .. 12 LOOP
		PERFORM pg_temp.bought(2000 + 40 * round, 2000 + 40 * round + (random() * 30)::int, round / 3);
		DELETE FROM mined_lines WHERE basket BETWEEN 60 * round AND 60 * round + (random() * 40)::int;
		UPDATE mined_lines SET item = 'i' || (random() * 9)::int WHERE basket % 97 = round;
		BEGIN
			DELETE FROM mined_lines WHERE basket % 3 = 0;
			RAISE division_by_zero;
		EXCEPTION WHEN division_by_zero THEN
		END;
		IF round = 7 THEN
			TRUNCATE mined_lines;
			PERFORM pg_temp.bought(1, 1000, 1);
		END IF;
		SELECT mode INTO r FROM uprofile_refresh_mine('shop lines');
		modes := modes || ' ' || r.mode;
		wrong := wrong + (SELECT count(*) FROM (SELECT items, count, support FROM uprofile_itemset_list WHERE mine = 'shop lines'
			EXCEPT ALL SELECT items, count, support FROM uprofile_itemsets('mined_lines', 'basket', 'item', 0.1)) s)
			+ abs((SELECT count(*) FROM uprofile_itemset_list WHERE mine = 'shop lines') - (SELECT count(*) FROM uprofile_itemsets('mined_lines', 'basket', 'item', 0.1)));
	END LOOP;
END $$;
SELECT * FROM pg_temp.differ();
:differences
TRUNCATE mined_lines;
SELECT pg_temp.bought(1, 900, 0);
SELECT baskets, mode, reason FROM uprofile_refresh_mine('shop lines');
ALTER TABLE mined_lines ALTER item TYPE varchar USING upper(item);
SELECT baskets, changed, mode, reason FROM uprofile_refresh_mine('shop lines');
SELECT baskets, changed, mode FROM uprofile_refresh_mine('shop lines');
ALTER TABLE mined_lines DISABLE TRIGGER USER;
SELECT mode, reason FROM uprofile_refresh_mine('shop lines');
ALTER TABLE mined_lines ENABLE TRIGGER USER;
UPDATE mined_lines SET basket = basket + 1000 WHERE basket <= 300;
SELECT arrived, gone, mode, reason FROM uprofile_refresh_mine('shop lines');
:differences
SELECT uprofile_rename_mine('shop lines', 'shop arrays');
SELECT uprofile_rename_mine('shop lines', 'lines of the shop');
SELECT uprofile_rename_mine('shop lines', 'nothing');
DELETE FROM mined_lines WHERE basket = 700;
SELECT baskets, gone, mode FROM uprofile_refresh_mine('lines of the shop');
SELECT mine, watch, baskets, (SELECT count(*) FROM uprofile_rules r WHERE r.mine = m.mine) = rules AS rules FROM uprofile_mines m ORDER BY mine;
ALTER TABLE mined_lines RENAME item TO article;
SELECT * FROM uprofile_refresh_mine('lines of the shop');
ALTER TABLE mined_lines RENAME article TO item;
ALTER TABLE mined_lines RENAME TO mined_rows;
SELECT * FROM uprofile_refresh_mine('lines of the shop');
ALTER TABLE mined_rows RENAME TO mined_lines;
SELECT baskets, arrived, changed, gone FROM uprofile_refresh_mine('lines of the shop');
SELECT relname FROM pg_class WHERE relname ~ 'mine.*_queue';
SELECT uprofile_drop_mine('lines of the shop');
SELECT (SELECT count(*) FROM pg_class WHERE relname ~ 'mine.*_queue') AS queues, (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'mined_lines'::regclass) AS triggers;
-- A window that time alone empties.
TRUNCATE mined_lines;
SELECT pg_temp.bought(1, 300, 0);
BEGIN;
UPDATE mined_lines SET bought_at = now() - interval '1 hour' + interval '0.1 s' WHERE basket <= 20;
SELECT baskets, mode FROM uprofile_mine('shop hour', 'mined_lines', 'basket', 'item', 0.1, event_time => 'bought_at', time_window => '1 hour',
	watch => '{mined_lines.basket}');
COMMIT;
SELECT pg_sleep(0.2);
SELECT baskets, gone, mode FROM uprofile_refresh_mine('shop hour');
SELECT uprofile_drop_mine('shop hour');
-- Baskets that another table changes.
CREATE TABLE mined_products AS SELECT 'i' || i AS product, 'family ' || i % 3 AS family FROM generate_series(1, 9) i;
SELECT baskets FROM uprofile_mine('shop families', 'SELECT basket, family FROM mined_lines JOIN mined_products ON product = item', 'basket', 'family', 0.1,
	watch => '["mined_lines.basket", {"table": "mined_products", "key": "SELECT l.basket FROM mined_lines l JOIN changed c ON c.product = l.item"}]');
UPDATE mined_products SET family = 'other' WHERE product = 'i8';
INSERT INTO mined_lines VALUES (10000, 'i8');
SELECT arrived, changed > 0 AS changed, mode FROM uprofile_refresh_mine('shop families');
SELECT count(*) FROM (SELECT items, count FROM uprofile_itemset_list WHERE mine = 'shop families' EXCEPT ALL SELECT items, count
	FROM uprofile_itemsets('SELECT basket, family FROM mined_lines JOIN mined_products ON product = item', 'basket', 'family', 0.1)) s;
SELECT uprofile_drop_mine('shop families');
DROP TABLE mined_products;
-- Partitions, and what cannot be followed.
CREATE TABLE mined_parts (basket int, item text) PARTITION BY RANGE (basket);
CREATE TABLE mined_parts_1 PARTITION OF mined_parts FOR VALUES FROM (0) TO (100);
INSERT INTO mined_parts SELECT b, 'i' || i FROM generate_series(1, 99) b, generate_series(1, b % 4 + 1) i;
SELECT baskets FROM uprofile_mine('parts of it', 'mined_parts', 'basket', 'item', 0.1, watch => 'auto');
CREATE TABLE mined_parts_2 PARTITION OF mined_parts FOR VALUES FROM (100) TO (200);
INSERT INTO mined_parts_2 VALUES (150, 'i1');
SELECT baskets, mode, reason FROM uprofile_refresh_mine('parts of it');
INSERT INTO mined_parts_2 VALUES (151, 'i1');
SELECT baskets, mode, reason FROM uprofile_refresh_mine('parts of it');
DROP TABLE mined_parts;
SELECT * FROM uprofile_refresh_mine('parts of it');
SELECT uprofile_drop_mine('parts of it');
\set VERBOSITY default
CREATE TEMP TABLE mined_for_now (basket int, item text);
SELECT * FROM uprofile_mine('shop none', 'mined_for_now', 'basket', 'item');
SELECT * FROM uprofile_mine('shop none', $$SELECT * FROM mined_lines WHERE bought_at > now() - interval '1 day'$$, 'basket', 'item', watch => 'auto');
SELECT * FROM uprofile_mine('shop none', 'SELECT a.basket, b.item FROM mined_lines a, mined_lines b WHERE a.item = b.item', 'basket', 'item', watch => 'auto');
SELECT * FROM uprofile_mine('shop none', 'SELECT basket::varchar::bpchar AS basket, item FROM mined_lines', 'basket', 'item', watch => 'auto');
SELECT * FROM uprofile_mine('shop none', 'VALUES (1, 2)', 'column1', 'column2', watch => 'auto');
SELECT * FROM uprofile_mine('shop none', 'mined_lines', 'basket', 'item', watch => '{mined_lines.item}');
SELECT * FROM uprofile_mine('shop none', 'mined_lines', 'basket', 'item', watch => 'always');
DROP TABLE mined_lines;
UPDATE uprofile_mine_parts SET sets = '\x0100000001000000ffffffff';
SELECT * FROM uprofile_refresh_mine('shop arrays');
SELECT uprofile_drop_mine('shop arrays');
SELECT count(*) FROM uprofile_mine_parts;
-- Baskets get another type: all are read once, and then again those that changed.
CREATE TABLE mined_typed AS SELECT i / 3 AS basket, 'item ' || i % 5 AS item FROM generate_series(1, 900) i;
SELECT baskets, mode FROM uprofile_mine('typed', 'mined_typed', 'basket', 'item', 0.1, watch => 'auto');
ALTER TABLE mined_typed ALTER basket TYPE bigint;
INSERT INTO mined_typed VALUES (2, 'item 9');
SELECT baskets, changed, mode, reason FROM uprofile_refresh_mine('typed');
INSERT INTO mined_typed VALUES (3, 'item 9'), (12345678900, 'item 1');
SELECT baskets, arrived, changed, mode, reason FROM uprofile_refresh_mine('typed');
SELECT uprofile_drop_mine('typed');
DROP TABLE mined_typed;
