-- Scaling and prediction: of arrays (with a model, immutable) and of rows, matched by column name (stable).

-- also for: rows
CREATE FUNCTION uprofile_scale(model pg_catalog.bytea, features pg_catalog.float8[])
RETURNS pg_catalog.float8[] LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
SUPPORT @extschema@.uprofile_predict_support
AS 'MODULE_PATHNAME', 'uprofile_scale';
COMMENT ON FUNCTION uprofile_scale(pg_catalog.bytea, pg_catalog.float8[]) IS
'Scales {features with a model of uprofile_scaler|the columns of a row with a model of uprofile_scaler trained on rows; missing values are imputed}.';

CREATE FUNCTION uprofile_unscale(model pg_catalog.bytea, features pg_catalog.float8[])
RETURNS pg_catalog.float8[] LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_unscale';
COMMENT ON FUNCTION uprofile_unscale(pg_catalog.bytea, pg_catalog.float8[]) IS
'Undoes uprofile_scale.';

-- also for: rows names
CREATE FUNCTION uprofile_predict(model pg_catalog.bytea, features pg_catalog.float8[])
RETURNS pg_catalog.float8 LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
SUPPORT @extschema@.uprofile_predict_support
AS 'MODULE_PATHNAME', 'uprofile_predict';
COMMENT ON FUNCTION uprofile_predict(pg_catalog.bytea, pg_catalog.float8[]) IS
'Regression value, cluster number, or numeric or boolean label as a number, {for an array of features|for a row: columns are matched by name|by the deployed version of a model, for an array|by the deployed version of a model, for a row}.';

-- also for: rows names
CREATE FUNCTION uprofile_predict_label(model pg_catalog.bytea, features pg_catalog.float8[])
RETURNS pg_catalog.text LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
SUPPORT @extschema@.uprofile_predict_support
AS 'MODULE_PATHNAME', 'uprofile_predict_label';
COMMENT ON FUNCTION uprofile_predict_label(pg_catalog.bytea, pg_catalog.float8[]) IS
'The predicted label (or cluster, or value) as text, {for an array of features|for a row: columns are matched by name|by the deployed version of a model, for an array|by the deployed version of a model, for a row}.';

-- also for: rows names
CREATE FUNCTION uprofile_predict_proba(model pg_catalog.bytea, features pg_catalog.float8[])
RETURNS pg_catalog.float8 LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
SUPPORT @extschema@.uprofile_predict_support
AS 'MODULE_PATHNAME', 'uprofile_predict_proba';
COMMENT ON FUNCTION uprofile_predict_proba(pg_catalog.bytea, pg_catalog.float8[]) IS
'Probability of the last of two classes, or of the predicted one of several, {for an array of features|for a row: columns are matched by name|by the deployed version of a model, for an array|by the deployed version of a model, for a row}.';

-- also for: rows names
CREATE FUNCTION uprofile_predict_proba(model pg_catalog.bytea, features pg_catalog.float8[], label pg_catalog.text)
RETURNS pg_catalog.float8 LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
SUPPORT @extschema@.uprofile_predict_support
AS 'MODULE_PATHNAME', 'uprofile_predict_proba';
COMMENT ON FUNCTION uprofile_predict_proba(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text) IS
'Probability of the class with this label, {for an array of features|for a row: columns are matched by name|by the deployed version of a model, for an array|by the deployed version of a model, for a row}.';
