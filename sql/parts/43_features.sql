-- Which columns tell something: about each other, and about a target.

CREATE FUNCTION uprofile_correlation
(
	source pg_catalog.text,
	columns pg_catalog.text[] DEFAULT NULL,
	methods pg_catalog.text[] DEFAULT NULL,
	OUT column_a pg_catalog.text,
	OUT column_b pg_catalog.text,
	OUT method pg_catalog.text,
	OUT value pg_catalog.float8,
	OUT p_value pg_catalog.float8,
	OUT n pg_catalog.int8
)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 100000 ROWS 100
AS 'MODULE_PATHNAME', 'uprofile_correlation';
COMMENT ON FUNCTION uprofile_correlation(pg_catalog.text, pg_catalog.text[], pg_catalog.text[]) IS
'Associations of all pairs of columns, or of those named, over the n rows where both are known. methods, by default all that fit: pearson, spearman (two numbers), correlation_ratio (a category and a number), cramers_v (two categories). Booleans count as 0 and 1.';

CREATE FUNCTION uprofile_select_features
(
	source pg_catalog.text,
	target pg_catalog.text,
	method pg_catalog.text DEFAULT 'mutual_info',
	k pg_catalog.int4 DEFAULT NULL,
	seed pg_catalog.int8 DEFAULT 0,
	OUT feature pg_catalog.text,
	OUT score pg_catalog.float8,
	OUT p_value pg_catalog.float8,
	OUT rank pg_catalog.int4,
	OUT selected pg_catalog.bool,
	OUT statistic pg_catalog.text
)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 100000 ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_select_features';
COMMENT ON FUNCTION uprofile_select_features(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.int4, pg_catalog.int8) IS
'Columns ranked by what they tell about the target, the best k (default: all) selected. method: pearson, spearman, information_gain, gain_ratio, mutual_info, chi2, anova_f, variance, l1, permutation, rfe or mrmr. statistic says how the score was found.';
