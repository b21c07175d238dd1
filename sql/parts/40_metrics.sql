-- Metrics as aggregates over (actual, predicted) and (actual, score). All share one state, whose initial condition is the
-- metric's name, and one set of support functions. A pair with a NULL is passed over.

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.bool)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_boolean';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.bool) IS
'support function of metrics: takes an actual (boolean) and a predicted label (boolean)';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.bool, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_boolean';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.bool, pg_catalog.jsonb) IS
'support function of metrics: takes an actual (boolean) and a predicted label (boolean), with params';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_number';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8) IS
'support function of metrics: takes an actual (number) and a predicted label (number)';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_number';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'support function of metrics: takes an actual (number) and a predicted label (number), with params';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.text, pg_catalog.text)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_text';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.text, pg_catalog.text) IS
'support function of metrics: takes an actual (text) and a predicted label (text)';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_text';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb) IS
'support function of metrics: takes an actual (text) and a predicted label (text), with params';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.text)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_boolean_text';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.text) IS
'support function of metrics: takes an actual (boolean) and a predicted label (text)';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.text, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_boolean_text';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.text, pg_catalog.jsonb) IS
'support function of metrics: takes an actual (boolean) and a predicted label (text), with params';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.text)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_number_text';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.text) IS
'support function of metrics: takes an actual (number) and a predicted label (text)';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.text, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_number_text';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.text, pg_catalog.jsonb) IS
'support function of metrics: takes an actual (number) and a predicted label (text), with params';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_boolean_number';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8) IS
'support function of metrics: takes an actual (boolean) and a predicted label (number)';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_boolean_number';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb) IS
'support function of metrics: takes an actual (boolean) and a predicted label (number), with params';

CREATE FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_scores_boolean';
COMMENT ON FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8) IS
'support function of metrics: takes an actual label (boolean) and a score';

CREATE FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_scores_boolean';
COMMENT ON FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb) IS
'support function of metrics: takes an actual label (boolean) and a score, with params';

CREATE FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_scores_number';
COMMENT ON FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8) IS
'support function of metrics: takes an actual label (number) and a score';

CREATE FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_scores_number';
COMMENT ON FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'support function of metrics: takes an actual label (number) and a score, with params';

CREATE FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_scores_text';
COMMENT ON FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8) IS
'support function of metrics: takes an actual label (text) and a score';

CREATE FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_scores_text';
COMMENT ON FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb) IS
'support function of metrics: takes an actual label (text) and a score, with params';

CREATE FUNCTION uprofile_agg_values(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_values';
COMMENT ON FUNCTION uprofile_agg_values(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8) IS
'support function of metrics: takes an actual and a predicted value';

CREATE FUNCTION uprofile_agg_metric_combine(pg_catalog.bytea, pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_metric_combine';
COMMENT ON FUNCTION uprofile_agg_metric_combine(pg_catalog.bytea, pg_catalog.bytea) IS
'support function of metrics: joins the states of two parts';

CREATE FUNCTION uprofile_agg_metric_final(pg_catalog.bytea)
RETURNS pg_catalog.float8 LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_metric_final';
COMMENT ON FUNCTION uprofile_agg_metric_final(pg_catalog.bytea) IS
'support function of metrics: the figure, or NULL where it has no meaning';

CREATE FUNCTION uprofile_agg_metric_confusion(pg_catalog.bytea)
RETURNS pg_catalog.jsonb LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_metric_confusion';
COMMENT ON FUNCTION uprofile_agg_metric_confusion(pg_catalog.bytea) IS
'support function of metrics: the confusion matrix';

CREATE AGGREGATE uprofile_accuracy(actual pg_catalog.bool, predicted pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_accuracy(pg_catalog.bool, pg_catalog.bool) IS
'Share of rows whose predicted label is the actual one.';

CREATE AGGREGATE uprofile_accuracy(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_accuracy(pg_catalog.float8, pg_catalog.float8) IS
'Share of rows whose predicted label is the actual one.';

CREATE AGGREGATE uprofile_accuracy(actual pg_catalog.text, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_accuracy(pg_catalog.text, pg_catalog.text) IS
'Share of rows whose predicted label is the actual one.';

CREATE AGGREGATE uprofile_accuracy(actual pg_catalog.bool, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_accuracy(pg_catalog.bool, pg_catalog.text) IS
'Share of rows whose predicted label is the actual one.';

CREATE AGGREGATE uprofile_accuracy(actual pg_catalog.float8, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_accuracy(pg_catalog.float8, pg_catalog.text) IS
'Share of rows whose predicted label is the actual one.';

CREATE AGGREGATE uprofile_accuracy(actual pg_catalog.bool, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_accuracy(pg_catalog.bool, pg_catalog.float8) IS
'Share of rows whose predicted label is the actual one.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.bool, predicted pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.bool, pg_catalog.bool) IS
'Of the rows predicted as positive, the share that are. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.bool, predicted pg_catalog.bool, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.bool, pg_catalog.bool, pg_catalog.jsonb) IS
'Of the rows predicted as positive, the share that are. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.float8, pg_catalog.float8) IS
'Of the rows predicted as positive, the share that are. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.float8, predicted pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'Of the rows predicted as positive, the share that are. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.text, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.text, pg_catalog.text) IS
'Of the rows predicted as positive, the share that are. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.text, predicted pg_catalog.text, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.text, pg_catalog.text, pg_catalog.jsonb) IS
'Of the rows predicted as positive, the share that are. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.bool, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.bool, pg_catalog.text) IS
'Of the rows predicted as positive, the share that are. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.bool, predicted pg_catalog.text, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.bool, pg_catalog.text, pg_catalog.jsonb) IS
'Of the rows predicted as positive, the share that are. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.float8, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.float8, pg_catalog.text) IS
'Of the rows predicted as positive, the share that are. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.float8, predicted pg_catalog.text, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.float8, pg_catalog.text, pg_catalog.jsonb) IS
'Of the rows predicted as positive, the share that are. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.bool, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.bool, pg_catalog.float8) IS
'Of the rows predicted as positive, the share that are. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.bool, predicted pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb) IS
'Of the rows predicted as positive, the share that are. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.bool, predicted pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.bool, pg_catalog.bool) IS
'Of the positive rows, the share predicted as such. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.bool, predicted pg_catalog.bool, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.bool, pg_catalog.bool, pg_catalog.jsonb) IS
'Of the positive rows, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.float8, pg_catalog.float8) IS
'Of the positive rows, the share predicted as such. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.float8, predicted pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'Of the positive rows, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.text, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.text, pg_catalog.text) IS
'Of the positive rows, the share predicted as such. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.text, predicted pg_catalog.text, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.text, pg_catalog.text, pg_catalog.jsonb) IS
'Of the positive rows, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.bool, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.bool, pg_catalog.text) IS
'Of the positive rows, the share predicted as such. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.bool, predicted pg_catalog.text, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.bool, pg_catalog.text, pg_catalog.jsonb) IS
'Of the positive rows, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.float8, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.float8, pg_catalog.text) IS
'Of the positive rows, the share predicted as such. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.float8, predicted pg_catalog.text, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.float8, pg_catalog.text, pg_catalog.jsonb) IS
'Of the positive rows, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.bool, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.bool, pg_catalog.float8) IS
'Of the positive rows, the share predicted as such. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.bool, predicted pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb) IS
'Of the positive rows, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.bool, predicted pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.bool, pg_catalog.bool) IS
'Harmonic mean of precision and recall. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.bool, predicted pg_catalog.bool, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.bool, pg_catalog.bool, pg_catalog.jsonb) IS
'Harmonic mean of precision and recall. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.float8, pg_catalog.float8) IS
'Harmonic mean of precision and recall. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.float8, predicted pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'Harmonic mean of precision and recall. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.text, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.text, pg_catalog.text) IS
'Harmonic mean of precision and recall. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.text, predicted pg_catalog.text, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.text, pg_catalog.text, pg_catalog.jsonb) IS
'Harmonic mean of precision and recall. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.bool, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.bool, pg_catalog.text) IS
'Harmonic mean of precision and recall. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.bool, predicted pg_catalog.text, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.bool, pg_catalog.text, pg_catalog.jsonb) IS
'Harmonic mean of precision and recall. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.float8, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.float8, pg_catalog.text) IS
'Harmonic mean of precision and recall. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.float8, predicted pg_catalog.text, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.float8, pg_catalog.text, pg_catalog.jsonb) IS
'Harmonic mean of precision and recall. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.bool, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.bool, pg_catalog.float8) IS
'Harmonic mean of precision and recall. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.bool, predicted pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb) IS
'Harmonic mean of precision and recall. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_balanced_accuracy(actual pg_catalog.bool, predicted pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'balanced_accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_balanced_accuracy(pg_catalog.bool, pg_catalog.bool) IS
'Mean recall of the labels that occur.';

CREATE AGGREGATE uprofile_balanced_accuracy(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'balanced_accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_balanced_accuracy(pg_catalog.float8, pg_catalog.float8) IS
'Mean recall of the labels that occur.';

CREATE AGGREGATE uprofile_balanced_accuracy(actual pg_catalog.text, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'balanced_accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_balanced_accuracy(pg_catalog.text, pg_catalog.text) IS
'Mean recall of the labels that occur.';

CREATE AGGREGATE uprofile_balanced_accuracy(actual pg_catalog.bool, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'balanced_accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_balanced_accuracy(pg_catalog.bool, pg_catalog.text) IS
'Mean recall of the labels that occur.';

CREATE AGGREGATE uprofile_balanced_accuracy(actual pg_catalog.float8, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'balanced_accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_balanced_accuracy(pg_catalog.float8, pg_catalog.text) IS
'Mean recall of the labels that occur.';

CREATE AGGREGATE uprofile_balanced_accuracy(actual pg_catalog.bool, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'balanced_accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_balanced_accuracy(pg_catalog.bool, pg_catalog.float8) IS
'Mean recall of the labels that occur.';

CREATE AGGREGATE uprofile_mcc(actual pg_catalog.bool, predicted pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mcc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mcc(pg_catalog.bool, pg_catalog.bool) IS
'Matthews correlation coefficient of actual and predicted labels, for any number of labels.';

CREATE AGGREGATE uprofile_mcc(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mcc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mcc(pg_catalog.float8, pg_catalog.float8) IS
'Matthews correlation coefficient of actual and predicted labels, for any number of labels.';

CREATE AGGREGATE uprofile_mcc(actual pg_catalog.text, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mcc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mcc(pg_catalog.text, pg_catalog.text) IS
'Matthews correlation coefficient of actual and predicted labels, for any number of labels.';

CREATE AGGREGATE uprofile_mcc(actual pg_catalog.bool, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mcc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mcc(pg_catalog.bool, pg_catalog.text) IS
'Matthews correlation coefficient of actual and predicted labels, for any number of labels.';

CREATE AGGREGATE uprofile_mcc(actual pg_catalog.float8, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mcc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mcc(pg_catalog.float8, pg_catalog.text) IS
'Matthews correlation coefficient of actual and predicted labels, for any number of labels.';

CREATE AGGREGATE uprofile_mcc(actual pg_catalog.bool, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mcc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mcc(pg_catalog.bool, pg_catalog.float8) IS
'Matthews correlation coefficient of actual and predicted labels, for any number of labels.';

CREATE AGGREGATE uprofile_kappa(actual pg_catalog.bool, predicted pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'kappa',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kappa(pg_catalog.bool, pg_catalog.bool) IS
'Cohen''s kappa: agreement of actual and predicted labels beyond chance; NULL where chance alone agrees.';

CREATE AGGREGATE uprofile_kappa(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'kappa',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kappa(pg_catalog.float8, pg_catalog.float8) IS
'Cohen''s kappa: agreement of actual and predicted labels beyond chance; NULL where chance alone agrees.';

CREATE AGGREGATE uprofile_kappa(actual pg_catalog.text, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'kappa',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kappa(pg_catalog.text, pg_catalog.text) IS
'Cohen''s kappa: agreement of actual and predicted labels beyond chance; NULL where chance alone agrees.';

CREATE AGGREGATE uprofile_kappa(actual pg_catalog.bool, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'kappa',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kappa(pg_catalog.bool, pg_catalog.text) IS
'Cohen''s kappa: agreement of actual and predicted labels beyond chance; NULL where chance alone agrees.';

CREATE AGGREGATE uprofile_kappa(actual pg_catalog.float8, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'kappa',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kappa(pg_catalog.float8, pg_catalog.text) IS
'Cohen''s kappa: agreement of actual and predicted labels beyond chance; NULL where chance alone agrees.';

CREATE AGGREGATE uprofile_kappa(actual pg_catalog.bool, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'kappa',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kappa(pg_catalog.bool, pg_catalog.float8) IS
'Cohen''s kappa: agreement of actual and predicted labels beyond chance; NULL where chance alone agrees.';

CREATE AGGREGATE uprofile_confusion(actual pg_catalog.bool, predicted pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_confusion,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'confusion',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_confusion(pg_catalog.bool, pg_catalog.bool) IS
'Confusion matrix as an object: actual label, predicted label, rows.';

CREATE AGGREGATE uprofile_confusion(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_confusion,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'confusion',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_confusion(pg_catalog.float8, pg_catalog.float8) IS
'Confusion matrix as an object: actual label, predicted label, rows.';

CREATE AGGREGATE uprofile_confusion(actual pg_catalog.text, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_confusion,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'confusion',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_confusion(pg_catalog.text, pg_catalog.text) IS
'Confusion matrix as an object: actual label, predicted label, rows.';

CREATE AGGREGATE uprofile_confusion(actual pg_catalog.bool, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_confusion,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'confusion',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_confusion(pg_catalog.bool, pg_catalog.text) IS
'Confusion matrix as an object: actual label, predicted label, rows.';

CREATE AGGREGATE uprofile_confusion(actual pg_catalog.float8, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_confusion,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'confusion',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_confusion(pg_catalog.float8, pg_catalog.text) IS
'Confusion matrix as an object: actual label, predicted label, rows.';

CREATE AGGREGATE uprofile_confusion(actual pg_catalog.bool, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_confusion,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'confusion',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_confusion(pg_catalog.bool, pg_catalog.float8) IS
'Confusion matrix as an object: actual label, predicted label, rows.';

CREATE AGGREGATE uprofile_auc(actual pg_catalog.bool, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'auc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_auc(pg_catalog.bool, pg_catalog.float8) IS
'Area under the ROC curve: the probability that a positive row scores above another, ties one half. NULL without rows of both kinds. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_auc(actual pg_catalog.bool, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'auc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_auc(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb) IS
'Area under the ROC curve: the probability that a positive row scores above another, ties one half. NULL without rows of both kinds. params: {"positive": label}.';

CREATE AGGREGATE uprofile_auc(actual pg_catalog.float8, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'auc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_auc(pg_catalog.float8, pg_catalog.float8) IS
'Area under the ROC curve: the probability that a positive row scores above another, ties one half. NULL without rows of both kinds. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_auc(actual pg_catalog.float8, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'auc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_auc(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'Area under the ROC curve: the probability that a positive row scores above another, ties one half. NULL without rows of both kinds. params: {"positive": label}.';

CREATE AGGREGATE uprofile_auc(actual pg_catalog.text, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'auc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_auc(pg_catalog.text, pg_catalog.float8) IS
'Area under the ROC curve: the probability that a positive row scores above another, ties one half. NULL without rows of both kinds. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_auc(actual pg_catalog.text, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'auc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_auc(pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb) IS
'Area under the ROC curve: the probability that a positive row scores above another, ties one half. NULL without rows of both kinds. params: {"positive": label}.';

CREATE AGGREGATE uprofile_average_precision(actual pg_catalog.bool, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'average_precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_average_precision(pg_catalog.bool, pg_catalog.float8) IS
'Average precision: the precision at each score of a positive row, averaged over them. NULL without any. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_average_precision(actual pg_catalog.bool, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'average_precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_average_precision(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb) IS
'Average precision: the precision at each score of a positive row, averaged over them. NULL without any. params: {"positive": label}.';

CREATE AGGREGATE uprofile_average_precision(actual pg_catalog.float8, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'average_precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_average_precision(pg_catalog.float8, pg_catalog.float8) IS
'Average precision: the precision at each score of a positive row, averaged over them. NULL without any. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_average_precision(actual pg_catalog.float8, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'average_precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_average_precision(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'Average precision: the precision at each score of a positive row, averaged over them. NULL without any. params: {"positive": label}.';

CREATE AGGREGATE uprofile_average_precision(actual pg_catalog.text, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'average_precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_average_precision(pg_catalog.text, pg_catalog.float8) IS
'Average precision: the precision at each score of a positive row, averaged over them. NULL without any. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_average_precision(actual pg_catalog.text, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'average_precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_average_precision(pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb) IS
'Average precision: the precision at each score of a positive row, averaged over them. NULL without any. params: {"positive": label}.';

CREATE AGGREGATE uprofile_log_loss(actual pg_catalog.bool, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'log_loss',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.bool, pg_catalog.float8) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_log_loss(actual pg_catalog.bool, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'log_loss',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. params: {"positive": label}.';

CREATE AGGREGATE uprofile_log_loss(actual pg_catalog.float8, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'log_loss',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.float8, pg_catalog.float8) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_log_loss(actual pg_catalog.float8, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'log_loss',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. params: {"positive": label}.';

CREATE AGGREGATE uprofile_log_loss(actual pg_catalog.text, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'log_loss',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.text, pg_catalog.float8) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_log_loss(actual pg_catalog.text, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'log_loss',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. params: {"positive": label}.';

CREATE AGGREGATE uprofile_brier(actual pg_catalog.bool, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'brier',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_brier(pg_catalog.bool, pg_catalog.float8) IS
'Mean squared difference of the probability of the positive label and what happened. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_brier(actual pg_catalog.bool, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'brier',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_brier(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb) IS
'Mean squared difference of the probability of the positive label and what happened. params: {"positive": label}.';

CREATE AGGREGATE uprofile_brier(actual pg_catalog.float8, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'brier',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_brier(pg_catalog.float8, pg_catalog.float8) IS
'Mean squared difference of the probability of the positive label and what happened. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_brier(actual pg_catalog.float8, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'brier',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_brier(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'Mean squared difference of the probability of the positive label and what happened. params: {"positive": label}.';

CREATE AGGREGATE uprofile_brier(actual pg_catalog.text, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'brier',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_brier(pg_catalog.text, pg_catalog.float8) IS
'Mean squared difference of the probability of the positive label and what happened. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_brier(actual pg_catalog.text, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'brier',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_brier(pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb) IS
'Mean squared difference of the probability of the positive label and what happened. params: {"positive": label}.';

CREATE AGGREGATE uprofile_rmse(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'rmse',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_rmse(pg_catalog.float8, pg_catalog.float8) IS
'Root of the mean squared error.';

CREATE AGGREGATE uprofile_mae(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mae',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mae(pg_catalog.float8, pg_catalog.float8) IS
'Mean absolute error.';

CREATE AGGREGATE uprofile_r2(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'r2',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_r2(pg_catalog.float8, pg_catalog.float8) IS
'Coefficient of determination: 1 - squared errors / squared deviations of the actual values. NULL where these do not vary.';

CREATE AGGREGATE uprofile_mape(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mape',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mape(pg_catalog.float8, pg_catalog.float8) IS
'Mean of the absolute errors as shares of the actual values'' size (at least 2.2e-16).';

CREATE AGGREGATE uprofile_median_absolute_error(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'median_absolute_error',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_median_absolute_error(pg_catalog.float8, pg_catalog.float8) IS
'Median of the absolute errors.';
