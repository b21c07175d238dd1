-- Why a model says what it says of a user, by the columns of the data.

CREATE FUNCTION uprofile_reasons(model pg_catalog.text, features pg_catalog.record, n pg_catalog.int4)
RETURNS pg_catalog.text[] LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME', 'uprofile_reasons';
COMMENT ON FUNCTION uprofile_reasons(pg_catalog.text, pg_catalog.record, pg_catalog.int4) IS
'The n columns of a row that speak most for what a named model predicts of it, as {column = value, …} in the data''s own units; fewer where fewer do. Contributions as of uprofile_explain_columns. NULL where the model cannot tell.';

CREATE FUNCTION uprofile_explain_columns(
	model pg_catalog.text,
	features pg_catalog.record,
	OUT label pg_catalog.text,
	OUT column_name pg_catalog.text,
	OUT column_value pg_catalog.text,
	OUT contribution pg_catalog.float8,
	OUT base_value pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_explain_columns';
COMMENT ON FUNCTION uprofile_explain_columns(pg_catalog.text, pg_catalog.record) IS
'uprofile_explain by columns of the data, what they became added up: exact where that is (large forests: some of their trees), else about 200 predictions. Of classes the predicted one (of two the second); of clusters by how much nearer the column brings the row to its own centre than to the others.';

CREATE FUNCTION uprofile_explain_user(
	profile pg_catalog.text,
	user_key pg_catalog."any",
	model pg_catalog.text DEFAULT NULL,
	OUT model_name pg_catalog.text,
	OUT label pg_catalog.text,
	OUT column_name pg_catalog.text,
	OUT column_value pg_catalog.text,
	OUT contribution pg_catalog.float8,
	OUT base_value pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE PARALLEL UNSAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_explain_user';
COMMENT ON FUNCTION uprofile_explain_user(pg_catalog.text, pg_catalog."any", pg_catalog.text) IS
'What each column of a user''s stored row adds to what the models of a profile of yours (or one of them) predict of him, the greatest first, as uprofile_explain_columns has it. user_key: a value of the key''s type, its text, or ROW(…). No row where there is no such user.';
