-- Item sets, rules and what follows from rules.

CREATE FUNCTION uprofile_stream_support(pg_catalog.internal)
RETURNS pg_catalog.internal LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_stream_support';
COMMENT ON FUNCTION uprofile_stream_support(pg_catalog.internal) IS
'Planner support of functions that hand on their rows one by one where they stand in FROM.';

CREATE FUNCTION uprofile_itemsets(
	source pg_catalog.text,
	basket pg_catalog.text,
	item pg_catalog.text,
	min_support pg_catalog.float8 DEFAULT 0.01,
	min_len pg_catalog.int4 DEFAULT 1,
	max_len pg_catalog.int4 DEFAULT 0,
	max_itemsets pg_catalog.int8 DEFAULT 1000000,
	target pg_catalog.text DEFAULT 'frequent',
	top_k pg_catalog.int8 DEFAULT NULL,
	either_items pg_catalog.text[] DEFAULT NULL,
	exclude_items pg_catalog.text[] DEFAULT NULL,
	hierarchy pg_catalog.text DEFAULT NULL,
	method pg_catalog.text DEFAULT 'auto',
	time_budget pg_catalog.interval DEFAULT NULL,
	OUT items pg_catalog.text[],
	OUT count pg_catalog.int8,
	OUT support pg_catalog.float8,
	OUT truncated pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
SUPPORT @extschema@.uprofile_stream_support
AS 'MODULE_PATHNAME', 'uprofile_itemsets';
COMMENT ON FUNCTION uprofile_itemsets(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8,
	pg_catalog.int4, pg_catalog.int4, pg_catalog.int8, pg_catalog.text, pg_catalog.int8, pg_catalog.text[],
	pg_catalog.text[], pg_catalog.text, pg_catalog.text, pg_catalog.interval) IS
'Sets of items that are often in a basket together, by frequency. source: a row an item, or arrays. min_support: to 1 a share, above a count. target: frequent, closed, maximal, generators. hierarchy: a source (item, parent). method: auto, apriori, eclat, fpgrowth. Cut by max_itemsets or time.';

CREATE FUNCTION uprofile_apriori(
	source pg_catalog.text,
	basket pg_catalog.text,
	item pg_catalog.text,
	min_support pg_catalog.float8 DEFAULT 0.01,
	min_confidence pg_catalog.float8 DEFAULT 0.5,
	min_len pg_catalog.int4 DEFAULT 2,
	max_len pg_catalog.int4 DEFAULT 0,
	max_rhs pg_catalog.int4 DEFAULT 1,
	lhs_items pg_catalog.text[] DEFAULT NULL,
	rhs_items pg_catalog.text[] DEFAULT NULL,
	either_items pg_catalog.text[] DEFAULT NULL,
	exclude_items pg_catalog.text[] DEFAULT NULL,
	min_lift pg_catalog.float8 DEFAULT 0,
	max_rules pg_catalog.int8 DEFAULT 100000,
	min_improvement pg_catalog.float8 DEFAULT NULL,
	max_p_value pg_catalog.float8 DEFAULT NULL,
	correction pg_catalog.text DEFAULT 'none',
	top_k pg_catalog.int8 DEFAULT NULL,
	order_by pg_catalog.text DEFAULT 'lift',
	hierarchy pg_catalog.text DEFAULT NULL,
	method pg_catalog.text DEFAULT 'auto',
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
AS 'MODULE_PATHNAME', 'uprofile_apriori';
COMMENT ON FUNCTION uprofile_apriori(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8,
	pg_catalog.float8, pg_catalog.int4, pg_catalog.int4, pg_catalog.int4, pg_catalog.text[], pg_catalog.text[],
	pg_catalog.text[], pg_catalog.text[], pg_catalog.float8, pg_catalog.int8, pg_catalog.float8, pg_catalog.float8, pg_catalog.text,
	pg_catalog.int8, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.interval) IS
'Rules "who has lhs has rhs", by order_by (a measure). min_support: to 1 a share, above a count of baskets; others as in uprofile_itemsets. min_len, max_len: items of both sides, max_rhs: of rhs (0: any). …_items: may stand on a side, either, or nowhere. max_p_value: corrected (none, bonferroni, bh).';

CREATE FUNCTION uprofile_recommend(
	rules pg_catalog.text,
	items pg_catalog.text[],
	n pg_catalog.int4 DEFAULT 10,
	OUT item pg_catalog.text,
	OUT score pg_catalog.float8,
	OUT lhs pg_catalog.text[],
	OUT rhs pg_catalog.text[],
	OUT count pg_catalog.int8,
	OUT support pg_catalog.float8,
	OUT confidence pg_catalog.float8,
	OUT lift pg_catalog.float8,
	OUT leverage pg_catalog.float8,
	OUT conviction pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
AS 'MODULE_PATHNAME', 'uprofile_recommend';
COMMENT ON FUNCTION uprofile_recommend(pg_catalog.text, pg_catalog.text[], pg_catalog.int4) IS
'What rules suggest to somebody who has these items, and not what is among them; the best n, each with the rule that fired. rules: a source with columns lhs, rhs, confidence and lift, as of uprofile_apriori. score: the greatest confidence; ties go by lift, then item.';
