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
'The n users whose events now are most like those of a user, by the cosine of what a recommender makes of them (als, bpr, mf: factors; else what they have). Reads all events of the model''s source, or of another, with your rights.';

-- Ranked lists: a row a user. Coverage and novelty are of items, the others means over users to whom anything is relevant.

CREATE FUNCTION uprofile_agg_ranking(pg_catalog.bytea, pg_catalog.text[], pg_catalog.text[])
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_ranking';
COMMENT ON FUNCTION uprofile_agg_ranking(pg_catalog.bytea, pg_catalog.text[], pg_catalog.text[]) IS
'support function of figures of ranked lists: takes a user';

CREATE FUNCTION uprofile_agg_ranking(pg_catalog.bytea, pg_catalog.text[], pg_catalog.text[], pg_catalog.int4)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_ranking';
COMMENT ON FUNCTION uprofile_agg_ranking(pg_catalog.bytea, pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'support function of figures of ranked lists: takes a user';

CREATE FUNCTION uprofile_agg_ranking_combine(pg_catalog.bytea, pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_ranking_combine';
COMMENT ON FUNCTION uprofile_agg_ranking_combine(pg_catalog.bytea, pg_catalog.bytea) IS
'support function of figures of ranked lists: joins the states of two parts';

CREATE FUNCTION uprofile_agg_ranking_final(pg_catalog.bytea)
RETURNS pg_catalog.float8 LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_ranking_final';
COMMENT ON FUNCTION uprofile_agg_ranking_final(pg_catalog.bytea) IS
'support function of figures of ranked lists: the figure, or NULL where there is none';

CREATE AGGREGATE uprofile_precision_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'precision_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision_at_k(pg_catalog.text[], pg_catalog.text[]) IS
'Of the recommended items, the share that are relevant.';

CREATE AGGREGATE uprofile_precision_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'precision_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision_at_k(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'Of the recommended items, the share that are relevant. Of what is recommended the first k count.';

CREATE AGGREGATE uprofile_recall_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'recall_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall_at_k(pg_catalog.text[], pg_catalog.text[]) IS
'Of the relevant items, the share that are recommended.';

CREATE AGGREGATE uprofile_recall_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'recall_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall_at_k(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'Of the relevant items, the share that are recommended. Of what is recommended the first k count.';

CREATE AGGREGATE uprofile_ndcg_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'ndcg_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_ndcg_at_k(pg_catalog.text[], pg_catalog.text[]) IS
'Normalized discounted cumulative gain: relevant items by 1 / log2(rank + 1), by the best there could be.';

CREATE AGGREGATE uprofile_ndcg_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'ndcg_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_ndcg_at_k(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'Normalized discounted cumulative gain: relevant items by 1 / log2(rank + 1), by the best there could be. Of what is recommended the first k count.';

CREATE AGGREGATE uprofile_map_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'map_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_map_at_k(pg_catalog.text[], pg_catalog.text[]) IS
'Mean average precision: the precision at the rank of each relevant item, summed up, by the most there could be.';

CREATE AGGREGATE uprofile_map_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'map_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_map_at_k(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'Mean average precision: the precision at the rank of each relevant item, summed up, by the most there could be. Of what is recommended the first k count.';

CREATE AGGREGATE uprofile_mrr(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'mrr',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mrr(pg_catalog.text[], pg_catalog.text[]) IS
'Mean reciprocal rank: 1 / rank of the first relevant item, 0 if none is.';

CREATE AGGREGATE uprofile_mrr(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'mrr',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mrr(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'Mean reciprocal rank: 1 / rank of the first relevant item, 0 if none is. Of what is recommended the first k count.';

CREATE AGGREGATE uprofile_hit_rate(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'hit_rate',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_hit_rate(pg_catalog.text[], pg_catalog.text[]) IS
'The share of users with a relevant item among the recommended ones.';

CREATE AGGREGATE uprofile_hit_rate(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'hit_rate',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_hit_rate(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'The share of users with a relevant item among the recommended ones. Of what is recommended the first k count.';

CREATE AGGREGATE uprofile_coverage(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'coverage',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_coverage(pg_catalog.text[], pg_catalog.text[]) IS
'Of all items that are recommended or relevant to anybody, the share that are recommended.';

CREATE AGGREGATE uprofile_coverage(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'coverage',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_coverage(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'Of all items that are recommended or relevant to anybody, the share that are recommended. Of what is recommended the first k count.';

CREATE AGGREGATE uprofile_novelty(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'novelty',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_novelty(pg_catalog.text[], pg_catalog.text[]) IS
'Mean of -log2 of the share of users to whom a recommended item is relevant (nobody: as if one half were).';

CREATE AGGREGATE uprofile_novelty(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'novelty',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_novelty(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'Mean of -log2 of the share of users to whom a recommended item is relevant (nobody: as if one half were). Of what is recommended the first k count.';
