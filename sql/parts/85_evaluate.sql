
-- Measuring registered models.

CREATE FUNCTION uprofile_evaluate(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	by pg_catalog.text DEFAULT NULL,
	rows pg_catalog.text DEFAULT 'all',
	bootstrap pg_catalog.int4 DEFAULT 0,
	seed pg_catalog.int8 DEFAULT 0,
	weight pg_catalog.text DEFAULT NULL,
	min_group pg_catalog.int4 DEFAULT 1,
	OUT metric pg_catalog.text,
	OUT value pg_catalog.float8,
	OUT baseline pg_catalog.float8,
	OUT low pg_catalog.float8,
	OUT high pg_catalog.float8,
	OUT group_value pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_evaluate';
COMMENT ON FUNCTION uprofile_evaluate(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.text, pg_catalog.int4, pg_catalog.int8, pg_catalog.text, pg_catalog.int4) IS
'Measures the deployed version of a model on a source. baseline: the best constant answer for these rows. by: a column, one report a value of min_group rows, and what differs between them. rows: all, or held_out. bootstrap: samples for low and high, which hold 95 % of them. weight: a column.';

CREATE FUNCTION uprofile_held_out(
	model pg_catalog.text,
	source pg_catalog.text,
	OUT user_key pg_catalog.text)
RETURNS SETOF pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_held_out';
COMMENT ON FUNCTION uprofile_held_out(pg_catalog.text, pg_catalog.text) IS
'The keys of a source whose rows the deployed version of a model held out of its training, or would have: each once, by bytes.';

CREATE FUNCTION uprofile_roc(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	label pg_catalog.text DEFAULT NULL,
	rows pg_catalog.text DEFAULT 'all',
	weight pg_catalog.text DEFAULT NULL,
	OUT threshold pg_catalog.float8,
	OUT false_positive_rate pg_catalog.float8,
	OUT true_positive_rate pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_roc';
COMMENT ON FUNCTION uprofile_roc(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text) IS
'The ROC curve of a classifier on a source, from the highest threshold down; points on a straight line are left out. label: the class that counts, of two the second. rows: all, or held_out. weight: a column of them.';

CREATE FUNCTION uprofile_precision_recall(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	label pg_catalog.text DEFAULT NULL,
	rows pg_catalog.text DEFAULT 'all',
	weight pg_catalog.text DEFAULT NULL,
	OUT threshold pg_catalog.float8,
	OUT precision_at pg_catalog.float8,
	OUT recall_at pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_precision_recall';
COMMENT ON FUNCTION uprofile_precision_recall(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text) IS
'Precision and recall of a classifier at every threshold, ascending; the last row has none, precision 1 and recall 0. label: the class that counts, of two the second. rows: all, or held_out. weight: a column of them.';

CREATE FUNCTION uprofile_calibration(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	label pg_catalog.text DEFAULT NULL,
	rows pg_catalog.text DEFAULT 'all',
	bins pg_catalog.int4 DEFAULT 10,
	method pg_catalog.text DEFAULT 'uniform',
	weight pg_catalog.text DEFAULT NULL,
	OUT bin pg_catalog.int4,
	OUT low pg_catalog.float8,
	OUT high pg_catalog.float8,
	OUT n_rows pg_catalog.int8,
	OUT predicted pg_catalog.float8,
	OUT observed pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_calibration';
COMMENT ON FUNCTION uprofile_calibration(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.int4, pg_catalog.text, pg_catalog.text) IS
'Whether probabilities are what happens: by ranges of the predicted probability (uniform: equally wide, quantile: equally many rows) its mean and the share of rows of the class. Ranges without rows are left out. label, rows, weight: as uprofile_roc.';

CREATE FUNCTION uprofile_lift(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	label pg_catalog.text DEFAULT NULL,
	rows pg_catalog.text DEFAULT 'all',
	parts pg_catalog.int4 DEFAULT 10,
	weight pg_catalog.text DEFAULT NULL,
	OUT part pg_catalog.int4,
	OUT n_rows pg_catalog.int8,
	OUT low pg_catalog.float8,
	OUT high pg_catalog.float8,
	OUT positives pg_catalog.float8,
	OUT rate pg_catalog.float8,
	OUT lift pg_catalog.float8,
	OUT gain pg_catalog.float8,
	OUT cumulative_lift pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_lift';
COMMENT ON FUNCTION uprofile_lift(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.int4, pg_catalog.text) IS
'Lift and gain by parts of the rows, the highest probabilities first: the share of the class in each beside that of all rows, and what share of the class is found so far. Rows of one probability share. label, rows, weight: as uprofile_roc.';
