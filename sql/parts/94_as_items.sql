-- Rows as items.

CREATE FUNCTION uprofile_as_items(
	source pg_catalog.text,
	key pg_catalog.text,
	bins pg_catalog.jsonb DEFAULT NULL,
	OUT user_key pg_catalog.text,
	OUT item pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_as_items';
COMMENT ON FUNCTION uprofile_as_items(pg_catalog.text, pg_catalog.text, pg_catalog.jsonb) IS
'What each column of each row says, as an item such as age=30-40 or country=DE, to be mined. bins: of numbers, how many (4) or {"age": [18, 30, 65], "income": 5}; by default of as many rows each. Left out: NULL, the key, text of more than 255 values or nearly one a row.';
