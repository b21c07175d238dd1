-- Privacy: users who are forgotten, and stay so.
--
-- Who is forgotten is known by a keyed hash of his key alone. The secret of a profile is its owner's, as all of its rows are, and
-- goes with a dump, as the hashes do: one without the other would let the forgotten come back.

CREATE TABLE uprofile_secrets
(
	profile pg_catalog.text PRIMARY KEY REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	secret pg_catalog.bytea NOT NULL CHECK (pg_catalog.octet_length(secret) OPERATOR(pg_catalog.=) 32)
);
COMMENT ON TABLE uprofile_secrets IS 'The secret of each profile by which the keys of forgotten users are hashed.';
ALTER TABLE uprofile_secrets ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_secrets
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_secrets OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_secrets TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_secrets', '');

CREATE TABLE uprofile_forgotten
(
	id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	profile pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	user_hash pg_catalog.bytea NOT NULL, -- HMAC-SHA256 of his key
	forgotten_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	forgotten_by pg_catalog.name NOT NULL,
	lifted_at pg_catalog.timestamptz, -- when he was let back; NULL: he is barred
	retrain pg_catalog.text[] NOT NULL, -- models that may have seen him, by their columns
	receipt pg_catalog.jsonb NOT NULL
);
COMMENT ON TABLE uprofile_forgotten IS 'Receipts of users who were forgotten, by the keyed hash of their key, and whether they are barred.';
CREATE INDEX uprofile_forgotten_user ON uprofile_forgotten (profile, user_hash);
ALTER TABLE uprofile_forgotten ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_forgotten
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_forgotten OWNER TO @extowner@;
GRANT SELECT, INSERT (profile, user_hash, forgotten_by, retrain, receipt), UPDATE (lifted_at), DELETE ON uprofile_forgotten TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_forgotten', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_forgotten_id_seq', '');

-- What runs said of a user is taken out of them, and his hash out of what counts changes and folds.
GRANT UPDATE (message) ON uprofile_refresh_log TO PUBLIC;
GRANT UPDATE (users) ON uprofile_model_folds TO PUBLIC;

CREATE FUNCTION uprofile_forget(
	profile pg_catalog.text,
	user_key pg_catalog."any",
	OUT what pg_catalog.text,
	OUT place pg_catalog.text,
	OUT rows pg_catalog.int8,
	OUT note pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_forget';
COMMENT ON FUNCTION uprofile_forget(pg_catalog.text, pg_catalog."any") IS
'Erases a user from all that a profile keeps, bars him from coming back, and returns the receipt: what was erased, which models saw him and are retrained, who still holds him. user_key: as in uprofile_user_key.';

CREATE FUNCTION uprofile_unforget(profile pg_catalog.text, user_key pg_catalog."any")
RETURNS pg_catalog.bool LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_unforget';
COMMENT ON FUNCTION uprofile_unforget(pg_catalog.text, pg_catalog."any") IS
'Lets a forgotten user back into a profile: the next refresh computes him, if the source still has him. False where he was not barred. What was erased stays so, and the receipt is kept.';

CREATE FUNCTION uprofile_is_forgotten(profile pg_catalog.text, user_key pg_catalog."any")
RETURNS pg_catalog.bool LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'uprofile_is_forgotten';
COMMENT ON FUNCTION uprofile_is_forgotten(pg_catalog.text, pg_catalog."any") IS
'Whether a user of a profile of yours is forgotten, and barred from coming back. NULL where user_key is. For sources of models beside the profile: … WHERE NOT uprofile_is_forgotten(''shop'', customer_id).';

CREATE VIEW uprofile_receipts WITH (security_barrier) AS
SELECT f.id AS receipt, f.profile, pg_catalog.encode(f.user_hash, 'hex') AS user_hash, f.forgotten_at, f.forgotten_by, f.lifted_at,
	   r.what, r.place, r.rows, r.note
FROM @extschema@.uprofile_forgotten f
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) f.profile
CROSS JOIN LATERAL pg_catalog.jsonb_to_recordset(f.receipt)
	AS r (what pg_catalog.text, place pg_catalog.text, rows pg_catalog.int8, note pg_catalog.text)
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_receipts IS
'What uprofile_forget did for users of your profiles, who are named by a keyed hash alone. lifted_at: when uprofile_unforget let one back.';
ALTER VIEW uprofile_receipts OWNER TO @extowner@;
GRANT SELECT ON uprofile_receipts TO PUBLIC;
