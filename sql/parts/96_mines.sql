-- Named mines: item sets and rules that are kept exact while baskets come and go. Rights are those of the registry: a mine belongs to the role that made it.

CREATE TABLE uprofile_mine_definitions
(
	name pg_catalog.text PRIMARY KEY CHECK (name <> ''),
	owner pg_catalog.name NOT NULL,
	source pg_catalog.text NOT NULL,
	source_path pg_catalog.text NOT NULL,
	basket pg_catalog.text NOT NULL,
	item pg_catalog.text NOT NULL,
	event_time pg_catalog.text,
	time_window pg_catalog.interval,
	min_support pg_catalog.float8 NOT NULL,
	min_confidence pg_catalog.float8 NOT NULL,
	max_len pg_catalog.int4 NOT NULL,
	max_rhs pg_catalog.int4 NOT NULL,
	max_rules pg_catalog.int8 NOT NULL,
	created_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	owner_oid pg_catalog.oid NOT NULL,
	owner_mark pg_catalog.uuid NOT NULL,
	refreshed_at pg_catalog.timestamptz,
	baskets pg_catalog.int8,
	items pg_catalog.bytea,
	watch pg_catalog.text,
	covered pg_catalog.text,
	covered_since pg_catalog.timestamptz,
	itemsets pg_catalog.int8,
	rules pg_catalog.int8
);
COMMENT ON TABLE uprofile_mine_definitions IS 'Named mines: source, bounds, the texts of their items by number, and what the source depended on (covered) and where the window began at the last refresh.';
CREATE TRIGGER uprofile_stamp_owner BEFORE INSERT OR UPDATE OF owner, owner_oid, owner_mark
	ON uprofile_mine_definitions FOR EACH ROW EXECUTE FUNCTION @extschema@.uprofile_stamp_owner();
ALTER TABLE uprofile_mine_definitions ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_mine_definitions
	USING (@extschema@.uprofile_may_use(owner_oid, owner_mark OPERATOR(pg_catalog.=)
									   (SELECT i.mark FROM @extschema@.uprofile_installation i)));
ALTER TABLE uprofile_mine_definitions OWNER TO @extowner@;
GRANT SELECT, INSERT (name, source, source_path, basket, item, event_time, time_window, min_support, min_confidence, max_len, max_rhs, max_rules, watch),
	DELETE ON uprofile_mine_definitions TO PUBLIC;
GRANT UPDATE (name, owner_oid, refreshed_at, baskets, items, covered, covered_since, itemsets, rules) ON uprofile_mine_definitions TO PUBLIC;
-- As with models, the owner's name of today.
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_mine_definitions',
	'd (name, stored_owner, source, source_path, basket, item, event_time, time_window, min_support, min_confidence, max_len, max_rhs, '
	'max_rules, created_at, stored_oid) CROSS JOIN LATERAL '
	'(SELECT coalesce(max(r.rolname::text), stored_owner) AS owner, coalesce(max(r.oid::text), ''0'') AS owner_oid '
	'FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) stored_oid) o');

CREATE TABLE uprofile_mine_parts
(
	mine pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_mine_definitions (name) ON DELETE CASCADE ON UPDATE CASCADE,
	part pg_catalog.int4 NOT NULL,
	place pg_catalog.int4 NOT NULL,
	baskets pg_catalog.bytea NOT NULL,
	sets pg_catalog.bytea NOT NULL,
	gone pg_catalog.bytea,
	PRIMARY KEY (mine, part)
);
COMMENT ON TABLE uprofile_mine_parts IS 'The baskets of mines in parts, the item sets that are known of each, and which baskets have left since.';
ALTER TABLE uprofile_mine_parts ALTER COLUMN baskets SET STORAGE EXTERNAL, ALTER COLUMN sets SET STORAGE EXTERNAL;
ALTER TABLE uprofile_mine_parts ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_mine_parts
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_mine_definitions d WHERE d.name OPERATOR(pg_catalog.=) mine));
ALTER TABLE uprofile_mine_parts OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE, UPDATE (place, sets, gone) ON uprofile_mine_parts TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_mine_parts', '');

CREATE TABLE uprofile_mined_sets
(
	mine pg_catalog.text PRIMARY KEY REFERENCES @extschema@.uprofile_mine_definitions (name) ON DELETE CASCADE ON UPDATE CASCADE,
	sets pg_catalog.bytea NOT NULL
);
COMMENT ON TABLE uprofile_mined_sets IS 'The frequent item sets of mines as of their last refresh; uprofile_mine_sets and uprofile_mine_rules make rows of them.';
ALTER TABLE uprofile_mined_sets ALTER COLUMN sets SET STORAGE EXTERNAL;
ALTER TABLE uprofile_mined_sets ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_mined_sets
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_mine_definitions d WHERE d.name OPERATOR(pg_catalog.=) mine));
ALTER TABLE uprofile_mined_sets OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE, UPDATE (sets) ON uprofile_mined_sets TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_mined_sets', '');

CREATE TABLE uprofile_mine_watches
(
	id pg_catalog.int8 PRIMARY KEY,
	mine pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_mine_definitions (name) ON DELETE CASCADE ON UPDATE CASCADE,
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
COMMENT ON TABLE uprofile_mine_watches IS
'Tables that mines watch: the columns whose values a change puts on a mine''s queue. oids_of: the database in which the OIDs hold.';
CREATE INDEX uprofile_mine_watches_mine ON uprofile_mine_watches (mine);
ALTER TABLE uprofile_mine_watches ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_mine_watches
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_mine_definitions d WHERE d.name OPERATOR(pg_catalog.=) mine));
ALTER TABLE uprofile_mine_watches OWNER TO @extowner@;
GRANT SELECT, INSERT, UPDATE, DELETE ON uprofile_mine_watches TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_mine_watches', '');

CREATE FUNCTION uprofile_mine_sets(name pg_catalog.text, OUT items pg_catalog.text[], OUT count pg_catalog.int8, OUT support pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL UNSAFE COST 10000 ROWS 10000
AS 'MODULE_PATHNAME', 'uprofile_mine_sets';
COMMENT ON FUNCTION uprofile_mine_sets(pg_catalog.text) IS
'The frequent item sets of a named mine that you may use, as of its last refresh; the view uprofile_itemset_list has those of all.';

CREATE FUNCTION uprofile_mine_rules(
	name pg_catalog.text,
	OUT lhs pg_catalog.text[],
	OUT rhs pg_catalog.text[],
	OUT count pg_catalog.int8,
	OUT support pg_catalog.float8,
	OUT confidence pg_catalog.float8,
	OUT lift pg_catalog.float8,
	OUT leverage pg_catalog.float8,
	OUT conviction pg_catalog.float8,
	OUT zhang pg_catalog.float8,
	OUT jaccard pg_catalog.float8,
	OUT cosine pg_catalog.float8,
	OUT kulczynski pg_catalog.float8,
	OUT imbalance pg_catalog.float8,
	OUT chi_squared pg_catalog.float8,
	OUT p_value pg_catalog.float8,
	OUT improvement pg_catalog.float8,
	OUT truncated pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL UNSAFE COST 10000 ROWS 10000
AS 'MODULE_PATHNAME', 'uprofile_mine_rules';
COMMENT ON FUNCTION uprofile_mine_rules(pg_catalog.text) IS
'The rules of a named mine that you may use, made from its item sets as of its last refresh, as uprofile_apriori has them; the view uprofile_rules has those of all.';

CREATE VIEW uprofile_mines WITH (security_barrier) AS
SELECT d.name AS mine, d.source, d.basket, d.item, d.event_time, d.time_window, d.min_support, d.min_confidence, d.max_len, d.max_rhs, d.max_rules,
	   (SELECT r.rolname FROM pg_catalog.pg_roles r, @extschema@.uprofile_installation i
		WHERE r.oid OPERATOR(pg_catalog.=) d.owner_oid AND i.mark OPERATOR(pg_catalog.=) d.owner_mark) AS owner,
	   d.created_at, d.refreshed_at, d.baskets, d.itemsets, d.rules, d.watch
FROM @extschema@.uprofile_mine_definitions d
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_mines IS 'The named mines that you may use: what they mine, and when they were brought up to date.';
ALTER VIEW uprofile_mines OWNER TO @extowner@;
GRANT SELECT ON uprofile_mines TO PUBLIC;

CREATE VIEW uprofile_rules WITH (security_barrier) AS
SELECT d.name AS mine, r.lhs, r.rhs, r.count, r.support, r.confidence, r.lift, r.leverage, r.conviction, r.zhang, r.jaccard, r.cosine, r.kulczynski,
	   r.imbalance, r.chi_squared, r.p_value
FROM @extschema@.uprofile_mine_definitions d
CROSS JOIN LATERAL @extschema@.uprofile_mine_rules(d.name) r
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_rules IS 'The rules of the named mines that you may use, as of their last refresh.';
ALTER VIEW uprofile_rules OWNER TO @extowner@;
GRANT SELECT ON uprofile_rules TO PUBLIC;

CREATE VIEW uprofile_itemset_list WITH (security_barrier) AS
SELECT d.name AS mine, s.items, s.count, s.support
FROM @extschema@.uprofile_mine_definitions d
CROSS JOIN LATERAL @extschema@.uprofile_mine_sets(d.name) s
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_itemset_list IS 'The frequent item sets of the named mines that you may use, as of their last refresh.';
ALTER VIEW uprofile_itemset_list OWNER TO @extowner@;
GRANT SELECT ON uprofile_itemset_list TO PUBLIC;

CREATE FUNCTION uprofile_mine(
	name pg_catalog.text,
	source pg_catalog.text,
	basket pg_catalog.text,
	item pg_catalog.text,
	min_support pg_catalog.float8 DEFAULT 0.01,
	min_confidence pg_catalog.float8 DEFAULT 0.5,
	max_len pg_catalog.int4 DEFAULT 0,
	max_rhs pg_catalog.int4 DEFAULT 1,
	event_time pg_catalog.text DEFAULT NULL,
	time_window pg_catalog.interval DEFAULT NULL,
	max_rules pg_catalog.int8 DEFAULT 100000,
	watch pg_catalog.text DEFAULT NULL,
	OUT baskets pg_catalog.int8,
	OUT arrived pg_catalog.int8,
	OUT changed pg_catalog.int8,
	OUT gone pg_catalog.int8,
	OUT itemsets pg_catalog.int8,
	OUT rules pg_catalog.int8,
	OUT parts pg_catalog.int4,
	OUT parts_mined pg_catalog.int4,
	OUT mode pg_catalog.text,
	OUT reason pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_mine';
COMMENT ON FUNCTION uprofile_mine(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.float8,
	pg_catalog.int4, pg_catalog.int4, pg_catalog.text, pg_catalog.interval, pg_catalog.int8, pg_catalog.text) IS
'Makes a named mine: its sets and rules stand in uprofile_itemset_list and uprofile_rules, exact as of uprofile_refresh_mine. time_window: only rows of so long ago count. watch: auto or {table.column, …}: a refresh reads only what changed. Read as the owner; other arguments as of uprofile_apriori.';

CREATE FUNCTION uprofile_refresh_mine(
	name pg_catalog.text,
	OUT baskets pg_catalog.int8,
	OUT arrived pg_catalog.int8,
	OUT changed pg_catalog.int8,
	OUT gone pg_catalog.int8,
	OUT itemsets pg_catalog.int8,
	OUT rules pg_catalog.int8,
	OUT parts pg_catalog.int4,
	OUT parts_mined pg_catalog.int4,
	OUT mode pg_catalog.text,
	OUT reason pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_refresh_mine';
COMMENT ON FUNCTION uprofile_refresh_mine(pg_catalog.text) IS
'Brings a named mine up to date; the result is that of mining everything. mode baskets: only those that watched tables say changed were read; all: the source was read and compared, for this reason. Only parts_mined of its parts are mined again.';

CREATE FUNCTION uprofile_drop_mine(name pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_drop_mine';
COMMENT ON FUNCTION uprofile_drop_mine(pg_catalog.text) IS
'Drops a named mine with its baskets, sets and rules.';

CREATE FUNCTION uprofile_rename_mine(name pg_catalog.text, new_name pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_rename_mine';
COMMENT ON FUNCTION uprofile_rename_mine(pg_catalog.text, pg_catalog.text) IS
'Gives a named mine another name; its baskets, sets and watched tables go along.';

CREATE FUNCTION uprofile_reassign_mine(name pg_catalog.text, role pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_reassign_mine';
COMMENT ON FUNCTION uprofile_reassign_mine(pg_catalog.text, pg_catalog.text) IS
'Gives a named mine and its queue to another role, as which its source is read from then on. You must be a member of its owner (or own the database, if that role is gone) and of the other.';
