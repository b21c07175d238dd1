-- Item sets, rules and what follows from rules.

CREATE FUNCTION uprofile_itemsets(
	source pg_catalog.text,
	basket pg_catalog.text,
	item pg_catalog.text,
	min_support pg_catalog.float8 DEFAULT 0.01,
	min_len pg_catalog.int4 DEFAULT 1,
	max_len pg_catalog.int4 DEFAULT 0,
	max_itemsets pg_catalog.int8 DEFAULT 1000000,
	OUT items pg_catalog.text[],
	OUT count pg_catalog.int8,
	OUT support pg_catalog.float8,
	OUT truncated pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_itemsets';
COMMENT ON FUNCTION uprofile_itemsets(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8,
	pg_catalog.int4, pg_catalog.int4, pg_catalog.int8) IS
'The sets of items that occur together in many baskets, most frequent first. source: a relation or a query as text, one
row an item, or an array of items; basket, item: its columns, of any type with a text form; what is NULL does not count,
an item counts once a basket. min_support: up to 1 a share of the baskets, above 1 a number of them. min_len, max_len: items
of a set (0: any). Where there are more than max_itemsets the most frequent are returned, among equals the shortest,
with a warning and truncated true on every row.';

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
	OUT lhs pg_catalog.text[],
	OUT rhs pg_catalog.text[],
	OUT count pg_catalog.int8,
	OUT support pg_catalog.float8,
	OUT confidence pg_catalog.float8,
	OUT lift pg_catalog.float8,
	OUT leverage pg_catalog.float8,
	OUT conviction pg_catalog.float8,
	OUT truncated pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_apriori';
COMMENT ON FUNCTION uprofile_apriori(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8,
	pg_catalog.float8, pg_catalog.int4, pg_catalog.int4, pg_catalog.int4, pg_catalog.text[], pg_catalog.text[],
	pg_catalog.text[], pg_catalog.text[], pg_catalog.float8, pg_catalog.int8) IS
'Rules "who has lhs has rhs" by lift, support and items; source, basket, item and min_support as in uprofile_itemsets.
min_len, max_len: items of both sides (0: any), with min_len 1 there are also rules with an empty lhs, what everybody
has; max_rhs: items of rhs (0: any). lhs_items, rhs_items: the items
allowed on a side; either_items: allowed on both; a side is open to all items if neither its list nor either_items is
given. exclude_items: not mined. conviction is Infinity where confidence is 1. Where there are more than max_rules the
first are returned, with a warning and truncated true on every row.';

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
'The items that rules suggest to who has these items and not yet those, best first, each with the rule that fired.
rules: a relation or a query as text with the columns lhs, rhs, confidence and lift of uprofile_apriori (the others are
shown where they are there). The score is the greatest confidence; ties go by lift, then item. n: how many at most.';
