-- Where to cut probabilities.

CREATE FUNCTION uprofile_thresholds(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	label pg_catalog.text DEFAULT NULL,
	rows pg_catalog.text DEFAULT 'all',
	cost_matrix pg_catalog.jsonb DEFAULT '[[0, 1], [1, 0]]',
	weight pg_catalog.text DEFAULT NULL,
	OUT threshold pg_catalog.float8,
	OUT true_positives pg_catalog.float8,
	OUT false_positives pg_catalog.float8,
	OUT false_negatives pg_catalog.float8,
	OUT true_negatives pg_catalog.float8,
	OUT precision_at pg_catalog.float8,
	OUT recall_at pg_catalog.float8,
	OUT f1_at pg_catalog.float8,
	OUT cost pg_catalog.float8,
	OUT best pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_thresholds';
COMMENT ON FUNCTION uprofile_thresholds(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.text) IS
'What a classifier does at every threshold from which its probability counts as yes, from the highest down. cost: the mean of a row by cost_matrix (rows: what is so, columns: what is answered; no, then yes); best: the row of the least. label, rows, weight: as uprofile_roc.';
