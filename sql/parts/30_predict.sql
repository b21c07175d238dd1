-- Scaling and prediction with bytea models: of arrays (immutable) and of rows, matched by column name (stable).

CREATE FUNCTION uprofile_scale(model pg_catalog.bytea, features pg_catalog.float8[])
RETURNS pg_catalog.float8[] LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_scale';
COMMENT ON FUNCTION uprofile_scale(pg_catalog.bytea, pg_catalog.float8[]) IS
'Scales features with a model of uprofile_scaler.';

CREATE FUNCTION uprofile_scale(model pg_catalog.bytea, features pg_catalog.record)
RETURNS pg_catalog.float8[] LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_scale_row';
COMMENT ON FUNCTION uprofile_scale(pg_catalog.bytea, pg_catalog.record) IS
'Scales the columns of a row with a model of uprofile_scaler trained on rows; missing values are imputed.';

CREATE FUNCTION uprofile_unscale(model pg_catalog.bytea, features pg_catalog.float8[])
RETURNS pg_catalog.float8[] LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_unscale';
COMMENT ON FUNCTION uprofile_unscale(pg_catalog.bytea, pg_catalog.float8[]) IS
'Undoes uprofile_scale.';

CREATE FUNCTION uprofile_predict(model pg_catalog.bytea, features pg_catalog.float8[])
RETURNS pg_catalog.float8 LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_predict';
COMMENT ON FUNCTION uprofile_predict(pg_catalog.bytea, pg_catalog.float8[]) IS
'Regression value, cluster number, or numeric or boolean label as a number, for an array of features.';

CREATE FUNCTION uprofile_predict(model pg_catalog.bytea, features pg_catalog.record)
RETURNS pg_catalog.float8 LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_predict_row';
COMMENT ON FUNCTION uprofile_predict(pg_catalog.bytea, pg_catalog.record) IS
'Regression value, cluster number, or numeric or boolean label as a number, for a row: columns are matched by name.';

CREATE FUNCTION uprofile_predict_label(model pg_catalog.bytea, features pg_catalog.float8[])
RETURNS pg_catalog.text LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_predict_label';
COMMENT ON FUNCTION uprofile_predict_label(pg_catalog.bytea, pg_catalog.float8[]) IS
'The predicted label (or cluster, or value) as text, for an array of features.';

CREATE FUNCTION uprofile_predict_label(model pg_catalog.bytea, features pg_catalog.record)
RETURNS pg_catalog.text LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_predict_label_row';
COMMENT ON FUNCTION uprofile_predict_label(pg_catalog.bytea, pg_catalog.record) IS
'The predicted label (or cluster, or value) as text, for a row: columns are matched by name.';

CREATE FUNCTION uprofile_predict_proba(model pg_catalog.bytea, features pg_catalog.float8[])
RETURNS pg_catalog.float8 LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_predict_proba';
COMMENT ON FUNCTION uprofile_predict_proba(pg_catalog.bytea, pg_catalog.float8[]) IS
'Probability of the last of two classes, or of the predicted one of several, for an array of features.';

CREATE FUNCTION uprofile_predict_proba(model pg_catalog.bytea, features pg_catalog.record)
RETURNS pg_catalog.float8 LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_predict_proba_row';
COMMENT ON FUNCTION uprofile_predict_proba(pg_catalog.bytea, pg_catalog.record) IS
'Probability of the last of two classes, or of the predicted one of several, for a row: columns are matched by name.';

CREATE FUNCTION uprofile_predict_proba(model pg_catalog.bytea, features pg_catalog.float8[], label pg_catalog.text)
RETURNS pg_catalog.float8 LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_predict_proba';
COMMENT ON FUNCTION uprofile_predict_proba(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text) IS
'Probability of the class with this label, for an array of features.';

CREATE FUNCTION uprofile_predict_proba(model pg_catalog.bytea, features pg_catalog.record, label pg_catalog.text)
RETURNS pg_catalog.float8 LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_predict_proba_row';
COMMENT ON FUNCTION uprofile_predict_proba(pg_catalog.bytea, pg_catalog.record, pg_catalog.text) IS
'Probability of the class with this label, for a row: columns are matched by name.';
