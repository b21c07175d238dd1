#!/bin/bash
# pgvector: vectors and half vectors as arrays of features without a cast (uprofile_vector), all three kinds in rows, clear errors for
# another dimension, nearest users by an index that the refresh keeps; dumps restore it, and either extension goes without the other's data.
. "$(dirname "$0")/common.bash"
scratch_database vectors
dump=$(mktemp) || exit 1
trap 'rm -f "$dump"; for d in vectors vectors_back; do PGDATABASE=postgres dropdb --if-exists --force $d; done; psql -qX -d postgres -c "DROP ROLE IF EXISTS up_vectors"' EXIT
if [ "$(psql -qXAtc "SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'")" = 0 ]; then
	echo "skip pgvector: extension vector (pgvector) is not installed"
	finish
fi

sql()
{
	psql -qXAt -v ON_ERROR_STOP=1 "$@" 2>&1
}

# Somebody who owns nothing but the right to create, and pgvector in a schema of its own beside a type that looks like its.
check "pgvector: set-up" "$(sql -c 'CREATE ROLE up_vectors' -c 'GRANT CREATE ON DATABASE vectors TO up_vectors' -c 'CREATE SCHEMA space' -c 'CREATE EXTENSION vector SCHEMA space' \
	-c 'CREATE EXTENSION uprofile' -c 'CREATE SCHEMA hers AUTHORIZATION up_vectors' -c 'GRANT USAGE ON SCHEMA space TO up_vectors' -c "CREATE TYPE hers.vector AS (x int)" \
	-c 'SET ROLE up_vectors' -c 'CREATE EXTENSION uprofile_vector SCHEMA hers' -c 'RESET ROLE' -c 'ALTER DATABASE vectors SET search_path = public, space' \
	-c "ALTER ROLE postgres IN DATABASE vectors SET client_min_messages = warning")"
check_equal "pgvector: the casts are those of pgvector's types" "$(sql -c "SELECT castsource::regtype, castcontext FROM pg_cast WHERE casttarget = 'float8[]'::regtype AND castsource::regtype::text ~ 'vec' ORDER BY 1")" \
	"$(if sql -c "SELECT 'halfvec'::regtype" >/dev/null; then printf 'vector|i\nhalfvec|i\nsparsevec|a'; else printf 'vector|i'; fi)"
if ! sql -c "SELECT 'halfvec'::regtype" >/dev/null; then
	echo "skip pgvector: this pgvector has neither halfvec nor sparsevec"
	finish
fi
check "pgvector: comments" "$(sql -c "SELECT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'uprofile_vector'
	WHERE d.deptype = 'e' AND obj_description(d.objid, (SELECT relname FROM pg_class WHERE oid = d.classid)) IS NULL")"

check "pgvector: tables" "$(sql -c "CREATE TABLE plain AS SELECT i AS id, ARRAY[sin(i), cos(i * i), (i * 7 % 11) / 8.0]::real[]::float8[] AS x, sin(i) + cos(i * i) > 0.2 AS good, i % 5 AS number,
	(ARRAY['a', 'b', 'c'])[1 + i % 3] AS kind FROM generate_series(1, 400) i" \
	-c "CREATE TABLE things AS SELECT id, x::vector(3) AS v, x::vector::halfvec(3) AS h, x::vector::sparsevec AS s, good, number, kind FROM plain")"

# Each form of each function that takes an array takes a vector.
check "pgvector: every function takes vectors" "$(sql -c "
	SELECT format('EXPLAIN SELECT %s(%s);', p.proname, (SELECT string_agg(CASE WHEN t = 'float8[]'::regtype THEN 'NULL::vector' ELSE 'NULL::' || format_type(t, NULL) END, ', ' ORDER BY i)
	       FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS x (t, i)))
	FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'uprofile'
	WHERE 'float8[]'::regtype = ANY (p.proargtypes::oid[]) AND p.proname !~ '^uprofile_agg_' AND NOT p.proretset" | sort -u | psql -qXAt 2>&1 | grep ERROR)"
check_equal "pgvector: models of vectors are those of arrays" "$(sql -c "
	SELECT uprofile_svm(v, good) = uprofile_svm(v::real[]::float8[], good), uprofile_kmeans(v, 3) = uprofile_kmeans(v::real[]::float8[], 3), uprofile_pca(v) = uprofile_pca(v::real[]::float8[]),
	       uprofile_linear(v, number) = uprofile_linear(v::real[]::float8[], number), uprofile_tree(h, kind) = uprofile_tree(h::real[]::float8[], kind),
	       uprofile_scaler(h, '{}') = uprofile_scaler(h::real[]::float8[], '{}') FROM things")" "t|t|t|t|t|t"
check_equal "pgvector: predictions of them" "$(sql -c "
	SELECT count(*) FROM things, (SELECT uprofile_svm(v, good) AS m FROM things) AS s
	WHERE uprofile_predict(m, v) = uprofile_predict(m, v::real[]::float8[]) AND uprofile_predict(m, h) IS NOT NULL AND uprofile_predict(m, s::float8[]) = uprofile_predict(m, v)")" 400
check "pgvector: by name" "$(sql -c "SELECT FROM uprofile_train('vec', 'SELECT v, good FROM things', target => 'good', algorithm => 'svm')" \
	-c "SELECT 'differs' FROM things AS t WHERE uprofile_predict('vec', t) IS DISTINCT FROM uprofile_predict('vec', (SELECT r FROM (SELECT t.v) AS r))")"
check_equal "pgvector: an update, and a state in parallel" "$(sql -c "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0" \
	-c "SELECT uprofile_model_info(uprofile_update(m, v)) -> 'rows' FROM things, (SELECT uprofile_pca(v) AS m FROM things) AS s")" 800

# What the planner sees is pgvector's own cast, not a call of ours for each row.
check "pgvector: the functions are put in their place" "$(sql -c "EXPLAIN (VERBOSE, COSTS OFF) SELECT uprofile_svm(v, good), uprofile_svm(h, good) FROM things" | grep uprofile_vector_to_array)"

# All three kinds in rows: one feature an element, for training, describing and selecting alike.
check_equal "pgvector: elements of a row are features" "$(sql -c "SELECT uprofile_model_info(uprofile_svm(r, 'good')) -> 'features' FROM (SELECT v, h, s, good FROM things) AS r")" \
	'["v[1]", "v[2]", "v[3]", "h[1]", "h[2]", "h[3]", "s[1]", "s[2]", "s[3]"]'
check_equal "pgvector: describe knows them" "$(sql -c "SELECT string_agg(DISTINCT kind || ': ' || advice, ' ') FROM uprofile_describe('SELECT v, h, s FROM things')")" "array: numbers: each element is a feature"
check_equal "pgvector: select_features tells the same features" "$(sql -c "SELECT string_agg(feature, ' ' ORDER BY feature) FROM uprofile_select_features('SELECT v, h, s, good FROM things', 'good')")" \
	"h[1] h[2] h[3] s[1] s[2] s[3] v[1] v[2] v[3]"
check_equal "pgvector: sparse rows say what dense ones say" "$(sql -c "
	SELECT count(*) FROM (SELECT s AS x, good FROM things) AS r, (SELECT uprofile_svm(r, 'good') AS m FROM (SELECT v AS x, good FROM things) AS r) AS m,
	LATERAL (SELECT r.x::vector AS x) AS q WHERE uprofile_predict(m, r) = uprofile_predict(m, q)")" 400

# Another dimension.
said()
{
	psql -qXAt -c "$1" 2>&1 | grep -v '^LINE\|^ *^\|^HINT\|^CONTEXT'
}
check_equal "pgvector: another dimension in an array" "$(said "SELECT uprofile_predict(m, '[1,2]'::vector) FROM (SELECT uprofile_kmeans(v, 3) AS m FROM things) AS s")" \
	"ERROR:  2 features were given, and the model was trained on 3"
check_equal "pgvector: another dimension among the rows" "$(said "SELECT uprofile_kmeans(x, 2) FROM (VALUES ('[1,2]'::vector), ('[1,2,3]')) AS v (x)")" \
	"ERROR:  a row has 3 features, and the rows before it have 2"
check_equal "pgvector: another dimension in a row" "$(said "SELECT uprofile_predict(m, r) FROM (SELECT uprofile_kmeans(r, 3) AS m FROM (SELECT s FROM things) AS r) AS k, (SELECT '{1:2}/4'::sparsevec AS s) AS r")" \
	'ERROR:  column "s" has an array of 4 elements, and the model was trained on 3'
check_equal "pgvector: more dimensions than a dense vector has" "$(said "SELECT uprofile_kmeans(r, 2) FROM (SELECT '{1:2}/20000'::sparsevec AS s) AS r")" "ERROR:  vector cannot have more than 16000 dimensions"

# Users like this one.
check "pgvector: a profile with a space" "$(sql -c "CREATE TABLE people AS SELECT id, x[1] AS a, x[2] AS b, x[3] AS c, kind FROM plain" -c "ALTER TABLE people ADD PRIMARY KEY (id)" \
	-c "SELECT FROM uprofile_create('like', 'people', 'id', watch => 'auto', models => '{\"taste\": {\"algorithm\": \"pca\", \"n_components\": 3, \"whiten\": true}}')" \
	-c "SELECT 'failed' FROM uprofile_refresh('like') WHERE status <> 'succeeded'" \
	-c "CREATE INDEX like_taste ON like_profile USING hnsw ((taste::vector(3)) vector_l2_ops)")"
nearest="SELECT id FROM like_profile ORDER BY taste::vector(3) <-> (SELECT taste::vector(3) FROM like_profile WHERE id = 42) LIMIT 6"
check_equal "pgvector: the index answers" "$(sql -c 'SET enable_seqscan = off' -c "EXPLAIN (COSTS OFF) $nearest" | grep -c 'Index Scan using like_taste')" 1
check_equal "pgvector: the nearest are the nearest" "$(sql -c 'SET enable_seqscan = off' -c "$nearest")" "$(sql -c 'SET enable_indexscan = off' -c "$nearest")"
check_equal "pgvector: who changes moves, by his key alone" "$(sql -c "UPDATE people SET (a, b, c, kind) = (SELECT a, b, c, kind FROM people WHERE id = 42) WHERE id = 7" \
	-c "SELECT status, mode, updated FROM uprofile_refresh('like')" -c 'SET enable_seqscan = off' -c "SELECT 7 IN (SELECT id FROM ($nearest) AS n LIMIT 6)")" "succeeded|keys|1
t"
check_equal "pgvector: a refresh into another dimension fails as a whole" "$(sql -c "SELECT FROM uprofile_alter('like', models => '{\"taste\": {\"algorithm\": \"pca\", \"n_components\": 2}}')" \
	-c "SELECT status, message FROM uprofile_refresh('like')" -c "SELECT count(*) FROM like_profile WHERE cardinality(taste) = 3" 2>&1 | grep -v '^WARNING\|^DETAIL')" "failed|expected 3 dimensions, not 2
400"
check_equal "pgvector: without the index it goes on" "$(sql -c "DROP INDEX like_taste" -c "SELECT status FROM uprofile_refresh('like')" -c "CREATE INDEX like_taste ON like_profile USING hnsw ((taste::vector(2)) vector_l2_ops)" \
	-c "SELECT count(*) FROM like_profile WHERE cardinality(taste) = 2")" "succeeded
400"
check_equal "pgvector: embeddings go into a column of vectors" "$(sql -c "CREATE TABLE kept (id int, e vector(2))" -c "INSERT INTO kept SELECT id, uprofile_embed(m, v) FROM things, (SELECT uprofile_pca(v, '{\"n_components\": 2}') AS m FROM things) AS s" \
	-c "SELECT count(*) FROM kept")" 400

# Dump and restore; and either extension without the other.
pg_dump -Fc -f "$dump" vectors 2>&1 && createdb vectors_back && restored=$(pg_restore -d vectors_back "$dump" 2>&1)
check "pgvector: a dump comes back" "$restored"
check_equal "pgvector: with the casts, the models and the index" "$(PGDATABASE=vectors_back sql -c "SET search_path = public, space" -c "SELECT count(*) FROM things WHERE uprofile_predict('vec', things) IS NOT NULL" \
	-c "SELECT uprofile_kmeans(v, 2) IS NOT NULL FROM things" -c "SELECT count(*) FROM pg_indexes WHERE indexname = 'like_taste'" -c "SELECT status FROM uprofile_refresh('like')")" "400
t
1
succeeded"
check_equal "pgvector: it keeps pgvector from being dropped by mistake" "$(sql -c 'DROP EXTENSION vector' | grep -c 'extension uprofile_vector depends on extension vector')" 1
check_equal "pgvector: without pgvector uprofile stays, with its models and profiles" "$(sql -c 'DROP EXTENSION vector CASCADE' \
	-c "SELECT count(*) FROM pg_extension WHERE extname ~ '^(vector|uprofile)'" -c "SELECT count(DISTINCT model) FROM uprofile_models" -c "SELECT status FROM uprofile_refresh('like')" | grep -v '^NOTICE\|^DETAIL\|^drop\|^and')" "1
2
succeeded"
check_equal "pgvector: without uprofile vectors stay" "$(PGDATABASE=vectors_back sql -c 'SET search_path = public, space' -c 'DROP EXTENSION uprofile CASCADE' -c "SELECT v IS NOT NULL FROM things LIMIT 1" | tail -1)" "t"
finish
