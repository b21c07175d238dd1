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

CREATE FUNCTION uprofile_class_rules(
	source pg_catalog.text,
	target pg_catalog.text,
	key pg_catalog.text DEFAULT NULL,
	bins pg_catalog.jsonb DEFAULT NULL,
	min_support pg_catalog.float8 DEFAULT 0.01,
	min_confidence pg_catalog.float8 DEFAULT 0.5,
	max_len pg_catalog.int4 DEFAULT 4,
	min_lift pg_catalog.float8 DEFAULT 0,
	max_rules pg_catalog.int8 DEFAULT 100000,
	min_improvement pg_catalog.float8 DEFAULT NULL,
	max_p_value pg_catalog.float8 DEFAULT NULL,
	correction pg_catalog.text DEFAULT 'none',
	order_by pg_catalog.text DEFAULT 'lift',
	time_budget pg_catalog.interval DEFAULT NULL,
	OUT lhs pg_catalog.text[],
	OUT rhs pg_catalog.text[],
	OUT count pg_catalog.int8,
	OUT support pg_catalog.float8,
	OUT confidence pg_catalog.float8,
	OUT lift pg_catalog.float8,
	OUT leverage pg_catalog.float8,
	OUT conviction pg_catalog.float8,
	OUT zhang pg_catalog.float8,
	OUT jaccard pg_catalog.float8,
	OUT cosine pg_catalog.float8,
	OUT kulczynski pg_catalog.float8,
	OUT imbalance pg_catalog.float8,
	OUT chi_squared pg_catalog.float8,
	OUT p_value pg_catalog.float8,
	OUT improvement pg_catalog.float8,
	OUT truncated pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_class_rules';
COMMENT ON FUNCTION uprofile_class_rules(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8,
	pg_catalog.float8, pg_catalog.int4, pg_catalog.float8, pg_catalog.int8, pg_catalog.float8, pg_catalog.float8, pg_catalog.text,
	pg_catalog.text, pg_catalog.interval) IS
'Rules "rows with these values have this target" of a table: items as of uprofile_as_items, the target''s alone on the right; columns, measures and the other arguments as of uprofile_apriori. Rows without a target do not count. key: a column that is no item. max_len: items of both sides.';
