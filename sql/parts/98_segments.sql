-- Segments with meaning: what users of a segment have in common, in words that hold, and who moved from where to where.

CREATE TABLE uprofile_segments_described
(
	profile pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	set_name pg_catalog.text NOT NULL,
	segment pg_catalog.text NOT NULL,
	by_rule pg_catalog.bool NOT NULL,
	place pg_catalog.int4 NOT NULL,
	version_id pg_catalog.int8,
	users pg_catalog.int8,
	everybody pg_catalog.int8,
	name pg_catalog.text,
	description pg_catalog.text,
	statistics pg_catalog.jsonb,
	typical_user pg_catalog.text,
	silhouette pg_catalog.float8,
	stability pg_catalog.float8,
	min_group pg_catalog.int8 NOT NULL,
	described_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	PRIMARY KEY (profile, by_rule, set_name, segment)
);
COMMENT ON TABLE uprofile_segments_described IS 'The segments of profiles as the last refresh that described them found them; uprofile_segment_list shows them.';
ALTER TABLE uprofile_segments_described ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_segments_described
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_segments_described OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE, UPDATE (typical_user) ON uprofile_segments_described TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_segments_described', '');

CREATE VIEW uprofile_segment_list WITH (security_barrier) AS
SELECT s.profile, CASE WHEN NOT s.by_rule THEN s.set_name END AS model, s.segment,
	   CASE WHEN s.by_rule OR t.told THEN s.name END AS name,
	   CASE WHEN t.told THEN s.users END AS users,
	   CASE WHEN t.told AND s.everybody OPERATOR(pg_catalog.>) 0
			THEN s.users::pg_catalog.float8 OPERATOR(pg_catalog./) s.everybody::pg_catalog.float8 END AS share,
	   CASE WHEN t.told THEN s.description END AS description,
	   CASE WHEN t.told THEN s.statistics END AS statistics,
	   CASE WHEN t.told THEN s.typical_user END AS typical_user,
	   CASE WHEN t.told THEN s.silhouette END AS silhouette,
	   CASE WHEN t.told THEN s.stability END AS stability,
	   s.described_at, s.users IS NULL OR NOT t.told AS hidden
FROM @extschema@.uprofile_segments_described s
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) s.profile
CROSS JOIN LATERAL (SELECT COALESCE((d.policy OPERATOR(pg_catalog.->>) 'min_group')::pg_catalog.int8, 1)
						   OPERATOR(pg_catalog.<=) s.min_group AS told) t
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_segment_list IS 'The segments of your profiles as the last refresh that described them found them: sizes, names, what stands out, typical users. uprofile_segments counts anew. hidden: smaller than the policy''s min_group, or it would tell of one that is.';
ALTER VIEW uprofile_segment_list OWNER TO @extowner@;
GRANT SELECT ON uprofile_segment_list TO PUBLIC;

CREATE FUNCTION uprofile_segments(
	profile pg_catalog.text,
	OUT model pg_catalog.text,
	OUT segment pg_catalog.text,
	OUT name pg_catalog.text,
	OUT users pg_catalog.int8,
	OUT share pg_catalog.float8,
	OUT description pg_catalog.text,
	OUT statistics pg_catalog.jsonb,
	OUT typical_user pg_catalog.text,
	OUT silhouette pg_catalog.float8,
	OUT stability pg_catalog.float8,
	OUT described_at pg_catalog.timestamptz,
	OUT hidden pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_segments';
COMMENT ON FUNCTION uprofile_segments(pg_catalog.text) IS
'The segments of a profile, of its models and by rule (model is NULL): users and share of now; name, what stands out, the figures of that, the user nearest to the centre, silhouette and stability (adjusted Rand index of trainings on halves) as of described_at.';

CREATE FUNCTION uprofile_overlap(
	profile pg_catalog.text,
	OUT a pg_catalog.text,
	OUT b pg_catalog.text,
	OUT in_both pg_catalog.int8,
	OUT only_a pg_catalog.int8,
	OUT only_b pg_catalog.int8,
	OUT jaccard pg_catalog.float8,
	OUT lift pg_catalog.float8,
	OUT hidden pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_overlap';
COMMENT ON FUNCTION uprofile_overlap(pg_catalog.text) IS
'How segments of a profile overlap: each two of different models or rules that have users (those of one model never do). jaccard: in_both by users in either; lift: in_both by what chance would give.';

CREATE FUNCTION uprofile_segment_members(profile pg_catalog.text, expression pg_catalog.text, OUT user_key pg_catalog.text)
RETURNS SETOF pg_catalog.text LANGUAGE c STABLE STRICT PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_segment_members';
COMMENT ON FUNCTION uprofile_segment_members(pg_catalog.text, pg_catalog.text) IS
'The keys (as uprofile_user_key tells them) of users in segments: names, or model_number, with AND, OR, NOT and parentheses, as in vip AND NOT (churning OR segment_3); other names in double quotes.';

CREATE FUNCTION uprofile_tgi(
	profile pg_catalog.text,
	segment pg_catalog.text,
	base pg_catalog.text DEFAULT NULL,
	OUT column_name pg_catalog.text,
	OUT value pg_catalog.text,
	OUT segment_count pg_catalog.int8,
	OUT segment_share pg_catalog.float8,
	OUT base_count pg_catalog.int8,
	OUT base_share pg_catalog.float8,
	OUT tgi pg_catalog.float8,
	OUT hidden pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_tgi';
COMMENT ON FUNCTION uprofile_tgi(pg_catalog.text, pg_catalog.text, pg_catalog.text) IS
'Target group index: for each category, and each quintile of numbers, its share among a segment''s users by that among the base''s (NULL: all), times 100. segment, base: as expression of uprofile_segment_members. value NULL: users without one.';

CREATE FUNCTION uprofile_migration(
	profile pg_catalog.text,
	since pg_catalog.timestamptz,
	OUT model pg_catalog.text,
	OUT movement pg_catalog.text,
	OUT from_segment pg_catalog.text,
	OUT from_name pg_catalog.text,
	OUT to_segment pg_catalog.text,
	OUT to_name pg_catalog.text,
	OUT users pg_catalog.int8,
	OUT share pg_catalog.float8,
	OUT reason pg_catalog.text,
	OUT statistics pg_catalog.jsonb,
	OUT hidden pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_migration';
COMMENT ON FUNCTION uprofile_migration(pg_catalog.text, pg_catalog.timestamptz) IS
'Who moved from which segment of a model to which since a time (moved, stayed, came, left), the share of those who were there, and what moved them: the columns whose means changed most. Needs the policy history. Names are those of today.';
