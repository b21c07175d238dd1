-- Watching: which users a change of a row concerns, and the queue of those that changed.

CREATE FUNCTION uprofile_dependencies(
	source pg_catalog.text,
	key pg_catalog.text,
	OUT kind pg_catalog.text,
	OUT table_name pg_catalog.text,
	OUT column_names pg_catalog.text[],
	OUT watchable pg_catalog.bool,
	OUT reason pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_dependencies';
COMMENT ON FUNCTION uprofile_dependencies(pg_catalog.text, pg_catalog.text) IS
'What a source depends on. kind table: a table, its columns that equal the key wherever a row matters to a user, or why there are none; users: why one user''s values depend on others; clock: columns that change with time alone. key: columns of the source, joined by commas.';

CREATE TABLE uprofile_watches
(
	id pg_catalog.int8 PRIMARY KEY,
	profile pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	table_schema pg_catalog.text NOT NULL,
	table_name pg_catalog.text NOT NULL,
	table_oid pg_catalog.oid NOT NULL,
	queue_schema pg_catalog.text NOT NULL,
	queue_name pg_catalog.text NOT NULL,
	queue_oid pg_catalog.oid NOT NULL,
	oids_of pg_catalog.text NOT NULL,
	leaves pg_catalog.oid[] NOT NULL,
	column_names pg_catalog.text[] NOT NULL,
	key_query pg_catalog.text,
	found pg_catalog.text NOT NULL CHECK (found IN ('auto', 'given', 'on the way')),
	form pg_catalog.text NOT NULL CHECK (form IN ('statement', 'row', 'always'))
);
COMMENT ON TABLE uprofile_watches IS
'Watched tables: the columns whose values a change puts on a profile''s queue. oids_of: the database in which the OIDs hold.';
CREATE INDEX uprofile_watches_profile ON uprofile_watches (profile);

ALTER TABLE uprofile_watches ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_watches
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_watches OWNER TO @extowner@;
GRANT SELECT, INSERT, UPDATE, DELETE ON uprofile_watches TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_watches', '');

CREATE FUNCTION uprofile_watch_trigger()
RETURNS pg_catalog.trigger LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_watch_trigger';
COMMENT ON FUNCTION uprofile_watch_trigger() IS
'Puts the users whom a statement changed on the queue of a profile. Its triggers are made and removed with the profile.';

CREATE FUNCTION uprofile_watched(
	profile pg_catalog.text,
	OUT table_name pg_catalog.text,
	OUT column_names pg_catalog.text[],
	OUT key_query pg_catalog.text,
	OUT found pg_catalog.text,
	OUT form pg_catalog.text,
	OUT state pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_watched';
COMMENT ON FUNCTION uprofile_watched(pg_catalog.text) IS
'The tables that a profile watches: the columns that are put on its queue, the query that finds the key by them (none
where they are the key), how each was found (auto, given, on the way), the form of its triggers (statement, row, always),
and its state (ok, or what is wrong).';
