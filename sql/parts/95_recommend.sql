-- Recommenders: models that say what a user may want next, and why.

CREATE FUNCTION uprofile_recommenders(
	OUT algorithm pg_catalog.text,
	OUT description pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_recommenders';
COMMENT ON FUNCTION uprofile_recommenders() IS
'Lists the algorithms of uprofile_train_recommender; uprofile_params(algorithm) lists their parameters.';

CREATE FUNCTION uprofile_train_recommender(
	model pg_catalog.text,
	source pg_catalog.text,
	user_key pg_catalog.text,
	item pg_catalog.text,
	weight pg_catalog.text DEFAULT NULL,
	event_time pg_catalog.text DEFAULT NULL,
	algorithm pg_catalog.text DEFAULT 'auto',
	params pg_catalog.jsonb DEFAULT '{}',
	segment pg_catalog.text DEFAULT NULL,
	test_size pg_catalog.float8 DEFAULT 0.2,
	deploy pg_catalog.text DEFAULT 'auto',
	seed pg_catalog.int8 DEFAULT NULL,
	OUT model_name pg_catalog.text,
	OUT version pg_catalog.int4,
	OUT algorithm_name pg_catalog.text,
	OUT users pg_catalog.int8,
	OUT items pg_catalog.int8,
	OUT events pg_catalog.int8,
	OUT metrics pg_catalog.jsonb,
	OUT deployed pg_catalog.bool,
	OUT note pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_train_recommender';
COMMENT ON FUNCTION uprofile_train_recommender(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.text, pg_catalog.jsonb, pg_catalog.text, pg_catalog.float8, pg_catalog.text, pg_catalog.int8) IS
'Trains a version of a recommender on events of a source: columns user_key, item, weight, event_time, segment. Measured on the last test_size of the events (without times by a hash) beside popularity; deployed unless it is worse than that, or than the deployed one.';

CREATE FUNCTION uprofile_recommend_for(
	model pg_catalog.text,
	user_key "any",
	n pg_catalog.int4 DEFAULT 10,
	exclude_owned pg_catalog.bool DEFAULT true,
	candidates pg_catalog.text DEFAULT NULL,
	segment pg_catalog.text DEFAULT NULL,
	items pg_catalog.text[] DEFAULT NULL,
	events pg_catalog.text DEFAULT NULL,
	OUT item pg_catalog.text,
	OUT score pg_catalog.float8,
	OUT rank pg_catalog.int4,
	OUT reason pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 10
AS 'MODULE_PATHNAME', 'uprofile_recommend_for';
COMMENT ON FUNCTION uprofile_recommend_for(pg_catalog.text, "any", pg_catalog.int4, pg_catalog.bool, pg_catalog.text, pg_catalog.text,
	pg_catalog.text[], pg_catalog.text) IS
'The best n items for a user by what he has now: his events in the model''s source (or another, events), read with your rights, or items. candidates: a source of the items that may be named. segment: in place of that of his events. reason: his items that speak for it, or where it is popular.';

CREATE FUNCTION uprofile_similar_items(
	model pg_catalog.text,
	item "any",
	n pg_catalog.int4 DEFAULT 10,
	OUT similar_item pg_catalog.text,
	OUT score pg_catalog.float8,
	OUT rank pg_catalog.int4)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE PARALLEL SAFE COST 1000 ROWS 10
AS 'MODULE_PATHNAME', 'uprofile_similar_items';
COMMENT ON FUNCTION uprofile_similar_items(pg_catalog.text, "any", pg_catalog.int4) IS
'The n items that are most like an item, as the deployed version of a recommender has learnt it.';

CREATE FUNCTION uprofile_similar_users(
	model pg_catalog.text,
	user_key "any",
	n pg_catalog.int4 DEFAULT 10,
	events pg_catalog.text DEFAULT NULL,
	OUT similar_user pg_catalog.text,
	OUT score pg_catalog.float8,
	OUT rank pg_catalog.int4)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE PARALLEL SAFE COST 100000 ROWS 10
AS 'MODULE_PATHNAME', 'uprofile_similar_users';
COMMENT ON FUNCTION uprofile_similar_users(pg_catalog.text, "any", pg_catalog.int4, pg_catalog.text) IS
'The n users whose events now are most like those of a user, by the cosine of what a recommender makes of them. Reads all events of the model''s source, or of another, with your rights.';
