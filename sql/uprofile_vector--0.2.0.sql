-- uprofile_vector: where uprofile and pgvector are both there, every function of uprofile that takes an array of features takes a vector.
--
-- An implicit cast to double precision[] does it: pgvector has one to real[], and PostgreSQL takes no two casts by itself. It
-- is an extension of its own, so that dumps restore it by name, and that dropping pgvector leaves uprofile as it is. The functions are
-- put in the place of their call by the planner. That of a sparse vector calls pgvector's functions, since pg_upgrade makes it before
-- the casts between pgvector's types are there again. Types are those of pgvector's own schema, whatever stands in the search path.

DO $do$
DECLARE
	vectors pg_catalog.text;
BEGIN
	SELECT n.nspname INTO STRICT vectors
	FROM pg_catalog.pg_extension AS e
	JOIN pg_catalog.pg_depend AS d ON d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass::pg_catalog.oid
		AND d.refobjid OPERATOR(pg_catalog.=) e.oid AND d.deptype OPERATOR(pg_catalog.=) 'e'
		AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid
	JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) d.objid AND t.typname OPERATOR(pg_catalog.=) 'vector'
	JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) t.typnamespace
	WHERE e.extname OPERATOR(pg_catalog.=) 'vector';

	EXECUTE pg_catalog.format($sql$
		CREATE FUNCTION uprofile_vector_to_array(%1$I.vector)
		RETURNS double precision[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
		RETURN $1::real[]::double precision[];
		COMMENT ON FUNCTION uprofile_vector_to_array(%1$I.vector) IS
		'The numbers of a vector, as an array of features.';
		CREATE CAST (%1$I.vector AS double precision[]) WITH FUNCTION uprofile_vector_to_array(%1$I.vector) AS IMPLICIT;
		COMMENT ON CAST (%1$I.vector AS double precision[]) IS
		'Lets a vector stand where uprofile takes an array of features.';
	$sql$, vectors);

	-- pgvector has half vectors and sparse ones since 0.7.
	IF EXISTS (SELECT FROM pg_catalog.pg_type AS t
		WHERE t.typname OPERATOR(pg_catalog.=) 'halfvec' AND t.typnamespace OPERATOR(pg_catalog.=)
			(SELECT n.oid FROM pg_catalog.pg_namespace AS n WHERE n.nspname OPERATOR(pg_catalog.=) vectors))
	THEN
		EXECUTE pg_catalog.format($sql$
			CREATE FUNCTION uprofile_vector_to_array(%1$I.halfvec)
			RETURNS double precision[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
			RETURN $1::real[]::double precision[];
			COMMENT ON FUNCTION uprofile_vector_to_array(%1$I.halfvec) IS
			'The numbers of a half vector, as an array of features.';
			CREATE CAST (%1$I.halfvec AS double precision[]) WITH FUNCTION uprofile_vector_to_array(%1$I.halfvec) AS IMPLICIT;
			COMMENT ON CAST (%1$I.halfvec AS double precision[]) IS
			'Lets a half vector stand where uprofile takes an array of features.';
			CREATE FUNCTION uprofile_vector_to_array(%1$I.sparsevec)
			RETURNS double precision[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
			RETURN %1$I.vector_to_float4(%1$I.sparsevec_to_vector($1, -1, false), -1, false)::double precision[];
			COMMENT ON FUNCTION uprofile_vector_to_array(%1$I.sparsevec) IS
			'The numbers of a sparse vector, zeros and all, as an array of features.';
			CREATE CAST (%1$I.sparsevec AS double precision[]) WITH FUNCTION uprofile_vector_to_array(%1$I.sparsevec) AS ASSIGNMENT;
			COMMENT ON CAST (%1$I.sparsevec AS double precision[]) IS
			'A sparse vector with its zeros, as an array of features.';
		$sql$, vectors);
	END IF;
END
$do$;
