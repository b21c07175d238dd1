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
UPDATE uprofile_mine_parts SET sets = '\x0100000001000000ffffffff';
SELECT * FROM uprofile_refresh_mine('shop arrays');
SELECT uprofile_drop_mine('shop arrays');
SELECT count(*) FROM uprofile_mine_parts;
