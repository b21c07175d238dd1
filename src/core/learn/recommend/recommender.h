/*
 * recommender.h - the one interface of everything that recommends
 *
 * A recommender is a constant struct of functions and a table of parameters; recommenders.list names them all. Training,
 * recommending and the documentation work on that list and name no algorithm. How its model is kept, and what is asked of it
 * from outside, is in recommend.h.
 *
 * All answer from what a user has now (a history), never from what was kept of users: new events count without a new training.
 */
#ifndef UPROFILE_RECOMMENDER_H
#define UPROFILE_RECOMMENDER_H

#include "base/params.h"

#define UP_NO_SEGMENT UINT32_MAX
#define UP_NO_ITEM    UINT32_MAX

/* Who has to do with what, and how much: rows of a sparse matrix, a user each. Made by up_pairs_group (pairs.h). */
typedef struct UpInteractions
{
	uint32_t n_users;
	uint32_t n_items;
	uint32_t n_segments;
	uint64_t *starts; /* [n_users + 1] into what follows */
	uint32_t *items;  /* ascending within a user, each once */
	double *
		weights; /* finite and above 0, of all events of the pair and already decayed; ratings: any finite number */
	double *recency; /* above 0, up to 1: what the decay left of the pair's latest event; NULL: no half-life */
	uint32_t *segments; /* [n_users] or UP_NO_SEGMENT; NULL: none has one */
} UpInteractions;

/* What one user has: a row of the same, by the items of the model. */
typedef struct UpHistory
{
	uint32_t n;
	const uint32_t *items; /* ascending, each once */
	const double *weights;
	const double *recency; /* or NULL */
	uint32_t segment;      /* or UP_NO_SEGMENT */
	void **
		memo; /* where a recommender keeps what it made of the history, in its memory, for the next question; or NULL */
} UpHistory;

typedef struct UpRecommendFit
{
	const UpInteractions *data;
	const void *params; /* the recommender's own struct, parsed */
	uint64_t seed;
	UpValue *info; /* object: what training has to say goes here */
} UpRecommendFit;

typedef struct UpRecommender
{
	const char *name;
	uint16_t number;  /* in model bytes; never reused */
	const char *help; /* one line */
	UpParamTable params;
	size_t params_size;
	bool
		ratings; /* weights are ratings of any sign: of a pair's events the latest counts, not their sum, and nothing decays */

	/* Trains; returns a body in the current memory. The data are not kept. At least one user, item and interaction. */
	void *(*fit)(const UpRecommendFit *fit);
	void (*write)(const void *body, UpWriter *w);
	void *(*read)(UpReader *r, uint32_t n_items, uint32_t n_segments); /* validates everything */
	void (*describe)(const void *body, UpValue *info);
	/* out: n_items finite numbers, the more the better; those of the history's own items count too. */
	void (*score)(const void *body, const UpHistory *h, double *out);

	/* What follows may be NULL. */

	/*
	 * What each item of the history adds to the score of item: h->n numbers of any sign. False where none has a part
	 * in it (an empty history, no neighbour).
	 */
	bool (*reason)(const void *body, const UpHistory *h, uint32_t item, double *out);
	/* The same in words of its own, in the current memory; names are the items' texts. NULL: it has none. */
	char *(*words)(const void *body, const UpHistory *h, uint32_t item, char *const *names);
	/* How alike items are: n_items numbers, itself 0; those not above 0 are not alike. */
	void (*similar)(const void *body, uint32_t item, double *out);
	/* A history as a vector, so that alike users have a high cosine. */
	uint32_t (*vector_length)(const void *body);
	void (*vector)(const void *body, const UpHistory *h, double *out);
} UpRecommender;

#define UP_RECOMMENDER(name) extern const UpRecommender up_recommend_##name;
#include "learn/recommend/recommenders.list"
#undef UP_RECOMMENDER

extern const UpRecommender *const up_recommenders[];
extern const int up_n_recommenders;
extern const UpRecommender *up_recommender_by_number(uint16_t number); /* NULL if unknown */
extern const UpRecommender *
up_recommender_by_name(const char *name); /* fails with the nearest name as a hint */

/* Parameters that every recommender takes. */
typedef struct UpRecommendCommon
{
	int64_t seed;
	double half_life; /* days after which an event counts half; NaN: all count the same */
} UpRecommendCommon;
extern const UpParamTable up_recommend_common;

#endif
