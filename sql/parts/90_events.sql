-- What users will do: rows that are correct at a point in time, models of them, and what these would have been in the past.

CREATE TABLE uprofile_model_backtests
(
	version_id pg_catalog.int8 NOT NULL REFERENCES @extschema@.uprofile_model_versions (id) ON DELETE CASCADE,
	anchor pg_catalog.timestamptz NOT NULL,
	rows_trained pg_catalog.int8 NOT NULL,
	rows_tested pg_catalog.int8 NOT NULL,
	metric pg_catalog.text,
	value pg_catalog.float8,
	baseline pg_catalog.float8,
	metrics pg_catalog.jsonb NOT NULL,
	PRIMARY KEY (version_id, anchor)
);
COMMENT ON TABLE uprofile_model_backtests IS 'What versions that were trained on events would have been at earlier anchors; uprofile_backtests shows them.';
ALTER TABLE uprofile_model_backtests ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_model_backtests
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_model_versions v WHERE v.id OPERATOR(pg_catalog.=) version_id));
ALTER TABLE uprofile_model_backtests OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_model_backtests TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_model_backtests', '');

CREATE VIEW uprofile_backtests WITH (security_barrier) AS
SELECT v.model, v.version, b.anchor, b.rows_trained, b.rows_tested, b.metric, b.value, b.baseline, b.metrics
FROM @extschema@.uprofile_model_backtests b
JOIN @extschema@.uprofile_model_versions v ON v.id OPERATOR(pg_catalog.=) b.version_id
JOIN @extschema@.uprofile_model_names n ON n.name OPERATOR(pg_catalog.=) v.model
WHERE @extschema@.uprofile_may_use(n.owner_oid, n.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i))
   OR EXISTS (SELECT 1 FROM @extschema@.uprofile_granted g WHERE g.model OPERATOR(pg_catalog.=) n.name
	   AND g.privilege OPERATOR(pg_catalog.=) 'own' AND g.owner_oid OPERATOR(pg_catalog.=) n.owner_oid
	   AND g.owner_mark OPERATOR(pg_catalog.=) n.owner_mark AND g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
	   AND pg_catalog.pg_has_role(g.grantee_oid, 'USAGE'));
COMMENT ON VIEW uprofile_backtests IS 'Of each version trained on events, a row an anchor: trained on what was known then, measured on what came after it; the best constant answer of then beside it.';
ALTER VIEW uprofile_backtests OWNER TO @extowner@;
GRANT SELECT ON uprofile_backtests TO PUBLIC;

CREATE FUNCTION uprofile_anchor()
RETURNS pg_catalog.timestamptz LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_anchor';
COMMENT ON FUNCTION uprofile_anchor() IS
'In features and sources of uprofile_train_event: the moment at which users are looked at. By itself: now.';

CREATE FUNCTION uprofile_event_features(
	events pg_catalog.text,
	key pg_catalog.text,
	event_time pg_catalog.text,
	windows pg_catalog.interval[] DEFAULT '{30 days,90 days}',
	until pg_catalog.timestamptz DEFAULT NULL)
RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_event_features';
COMMENT ON FUNCTION uprofile_event_features(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.interval[],
	pg_catalog.timestamptz) IS
'A features query that suits the columns of the events: counts, sums, values and times since, ever and in windows before the anchor. What uprofile_train_event uses where none is given; to be read, changed and given back.';

CREATE FUNCTION uprofile_event_source(
	users pg_catalog.text,
	events pg_catalog.text,
	key pg_catalog.text,
	event_time pg_catalog.text,
	target pg_catalog.text DEFAULT 'exists(*)',
	horizon pg_catalog.interval DEFAULT '30 days',
	anchors pg_catalog.jsonb DEFAULT NULL,
	features pg_catalog.text DEFAULT NULL,
	since pg_catalog.text DEFAULT NULL,
	windows pg_catalog.interval[] DEFAULT '{30 days,90 days}')
RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_event_source';
COMMENT ON FUNCTION uprofile_event_source(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.interval, pg_catalog.jsonb, pg_catalog.text, pg_catalog.text, pg_catalog.interval[]) IS
'The rows that uprofile_train_event trains on, as one SELECT: a source for uprofile_evaluate, uprofile_cross_validate, uprofile_leaks and the like, with the columns anchor and label.';

CREATE FUNCTION uprofile_event_rows(
	users pg_catalog.text,
	events pg_catalog.text,
	key pg_catalog.text,
	event_time pg_catalog.text,
	target pg_catalog.text DEFAULT 'exists(*)',
	horizon pg_catalog.interval DEFAULT '30 days',
	anchors pg_catalog.jsonb DEFAULT NULL,
	features pg_catalog.text DEFAULT NULL,
	since pg_catalog.text DEFAULT NULL,
	windows pg_catalog.interval[] DEFAULT '{30 days,90 days}',
	OUT user_key pg_catalog.text,
	OUT anchor pg_catalog.timestamptz,
	OUT label pg_catalog.float8,
	OUT feature_values pg_catalog.jsonb)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_event_rows';
COMMENT ON FUNCTION uprofile_event_rows(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.interval, pg_catalog.jsonb, pg_catalog.text, pg_catalog.text, pg_catalog.interval[]) IS
'The rows that uprofile_train_event trains on, to be looked at: each user at each anchor, features of what was before, label of what came within the horizon.';

CREATE FUNCTION uprofile_train_event(
	model pg_catalog.text,
	users pg_catalog.text,
	events pg_catalog.text,
	key pg_catalog.text,
	event_time pg_catalog.text,
	target pg_catalog.text DEFAULT 'exists(*)',
	horizon pg_catalog.interval DEFAULT '30 days',
	anchors pg_catalog.jsonb DEFAULT NULL,
	features pg_catalog.text DEFAULT NULL,
	since pg_catalog.text DEFAULT NULL,
	windows pg_catalog.interval[] DEFAULT '{30 days,90 days}',
	algorithm pg_catalog.text DEFAULT 'boost',
	params pg_catalog.jsonb DEFAULT '{}',
	test_anchors pg_catalog.int4 DEFAULT 1,
	backtest pg_catalog.bool DEFAULT true,
	deploy pg_catalog.text DEFAULT 'auto',
	seed pg_catalog.int8 DEFAULT NULL,
	tune pg_catalog.jsonb DEFAULT NULL,
	OUT model_name pg_catalog.text,
	OUT version pg_catalog.int4,
	OUT algorithm_name pg_catalog.text,
	OUT task pg_catalog.text,
	OUT rows_trained pg_catalog.int8,
	OUT rows_tested pg_catalog.int8,
	OUT n_features pg_catalog.int4,
	OUT metrics pg_catalog.jsonb,
	OUT deployed pg_catalog.bool,
	OUT note pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_train_event';
COMMENT ON FUNCTION uprofile_train_event(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.interval, pg_catalog.jsonb, pg_catalog.text, pg_catalog.text, pg_catalog.interval[], pg_catalog.text,
	pg_catalog.jsonb, pg_catalog.int4, pg_catalog.bool, pg_catalog.text, pg_catalog.int8, pg_catalog.jsonb) IS
'Trains a model of what users do within a horizon, from what they did before each anchor. target: exists(…), not exists(…), count(…), sum(…) of events. The last test_anchors are held out; those whose horizon reaches into them are not trained on. uprofile_score_event scores.';

CREATE FUNCTION uprofile_score_event(
	model pg_catalog.text,
	as_of pg_catalog.timestamptz DEFAULT NULL,
	OUT user_key pg_catalog.text,
	OUT prediction pg_catalog.float8,
	OUT probability pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_score_event';
COMMENT ON FUNCTION uprofile_score_event(pg_catalog.text, pg_catalog.timestamptz) IS
'What a model of uprofile_train_event says of each user who is there now, or was at as_of: by the definition kept with the deployed version, with the rights of the model''s owner.';
