-- Pages for people: what a profile, one of its users, or a model is, as HTML.

CREATE FUNCTION uprofile_report(profile pg_catalog.text)
RETURNS pg_catalog.text LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_report';
COMMENT ON FUNCTION uprofile_report(pg_catalog.text) IS
'A profile as one page of HTML that needs nothing else: how fresh it is, its segments, what its models are worth, drift, rules, the quality of its data, its runs. What the caller may not read is left out, and said.';

CREATE FUNCTION uprofile_report(profile pg_catalog.text, user_key pg_catalog."any")
RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
AS 'MODULE_PATHNAME', 'uprofile_report_user';
COMMENT ON FUNCTION uprofile_report(pg_catalog.text, pg_catalog."any") IS
'One user of a profile as a page of HTML: his values, where they are from and as of when, predictions with their reasons, what changed. Takes SELECT on the view <profile>_current. user_key: as in uprofile_user_key.';

CREATE FUNCTION uprofile_report_model(model pg_catalog.text, version pg_catalog.int4 DEFAULT NULL)
RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_report_model';
COMMENT ON FUNCTION uprofile_report_model(pg_catalog.text, pg_catalog.int4) IS
'A model of yours as a page of HTML: the deployed version, or the one given: what it predicts, its figures on rows held out beside the best constant, curves, importance, limits, columns, parameters, versions.';
