-- Keys of several columns: how they are written, training, cleaning.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE TABLE pairs_of_keys AS
SELECT s AS shop, 'c' || c AS customer, s * 100 + c AS "odd, name", s::float8 AS "Size", c % 7 + s AS x, (c % 7 + s > 5) AS buys
FROM generate_series(1, 5) s, generate_series(1, 100) c;
CREATE FUNCTION trained(key text, source text DEFAULT 'pairs_of_keys') RETURNS TABLE (key_column text, n_test_rows bigint, note text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM uprofile_train('pair_model', source, target => 'buys', algorithm => 'tree', key => trained.key, deploy => 'always');
	RETURN QUERY SELECT m.key_column, m.rows_tested, m.note FROM uprofile_models m WHERE m.model = 'pair_model' ORDER BY m.version DESC LIMIT 1;
END $$;
SELECT * FROM trained('shop, customer');
SELECT * FROM trained(' SHOP ,"customer"');
SELECT * FROM trained('odd, name');
SELECT * FROM trained('"odd, name"');
SELECT * FROM trained('"odd, name",Size');
SELECT * FROM trained('customer');
SELECT * FROM trained('customer, shop', 'SELECT * FROM pairs_of_keys UNION ALL SELECT * FROM pairs_of_keys WHERE shop = 1 AND customer < ''c5''');
-- Neither part is a feature.
SELECT uprofile_model_info('pair_model') -> 'features' AS features FROM trained('shop, customer');
-- A row without a part has no key: it is held out by its features.
SELECT * FROM trained('shop, customer', 'SELECT nullif(shop, 2) AS shop, customer, x, buys FROM pairs_of_keys');
-- Errors.
SELECT * FROM trained('shop, shop');
SELECT * FROM trained('shop, custommer');
SELECT * FROM trained('shop,');
SELECT * FROM trained('');
SELECT * FROM trained('"shop');
SELECT * FROM trained('"shop" x, customer');
SELECT * FROM trained('"Shop", customer');
SELECT * FROM trained('a,b,c,d,e,f,g,h,i', 'SELECT 1 AS a, 1 AS b, 1 AS c, 1 AS d, 1 AS e, 1 AS f, 1 AS g, 1 AS h, 1 AS i, true AS buys');
SELECT * FROM trained('a, b', 'SELECT 1 AS a, 1 AS b, 2 AS b, true AS buys');
SELECT uprofile_drop_model('pair_model');

-- Cleaning by such a key.
CREATE TABLE pair_rows (shop int, customer text, day int, city text);
INSERT INTO pair_rows VALUES (1, 'a', 1, 'Rome '), (1, 'b', 1, NULL), (1, 'a', 2, NULL), (2, 'a', 1, 'Bonn'), (1, 'a', 3, 'Oslo'), (2, NULL, 1, 'Paris');
SELECT step, rule, rows FROM uprofile_clean('pair_rows', 'pair_clean', 'shop, customer', '[{"rule": "trim"},
	{"rule": "fill", "column": "city", "with": "previous", "order": "day"}, {"rule": "duplicate_keys", "keep": "last", "order": "day"}]')
WHERE before IS NULL AND after IS NULL;
SELECT * FROM pair_clean ORDER BY 1, 2;
SELECT * FROM pair_clean_changes ORDER BY 1;
SELECT row_number, key, kept_row FROM pair_clean_quarantine ORDER BY 1;
SELECT count(*) FROM pair_clean c JOIN pair_clean_changes h ON h.key = ROW(c.shop, c.customer)::text;
SELECT rule FROM jsonb_array_elements(uprofile_clean_rules('pair_rows', 'shop, customer')) AS r (rule);
SELECT rows FROM uprofile_clean('pair_rows', key => 'shop, customer', rules => '[{"rule": "fill", "column": "city", "with": "predicted"}]', dry_run => true) WHERE rule = 'cleaned';
SELECT uprofile_clean('pair_rows', key => 'shop, costumer', dry_run => true);

DROP TABLE pairs_of_keys, pair_rows, pair_clean, pair_clean_changes, pair_clean_quarantine;
DROP FUNCTION trained;
