/*
 * recommend.h - a trained recommender: what it was trained on, what is popular, and the recommender's body
 *
 * As bytes, by the codec (a text is u32 length and bytes, a value as in base/value.h):
 *
 *   byte   0  "UPRC"
 *          4  u16 format: 1
 *          6  u16 number of the algorithm, never used again
 *          8  u32 flags: 0
 *         12  u32 items
 *         16  u32 bytes of the payload: all that follow
 *         20  u32 crc32c of the payload
 *         24  the payload:
 *             the items' texts, ascending by bytes
 *             u32 segments; their names, each another
 *             f64 time of the latest event or NaN, f64 half-life in days or NaN
 *             u64 seed, value params, value summary
 *             popularity of items (popularity.h); of algorithm popularity it is the body
 *             the body: what the recommender's write puts, to the end
 *
 * Reading validates everything, counts before anything is allocated; a matching checksum proves nothing.
 */
#ifndef UPROFILE_RECOMMEND_H
#define UPROFILE_RECOMMEND_H

#include "learn/recommend/pairs.h"
#include "learn/recommend/popularity.h"

#define UP_RECOMMEND_FORMAT       1
#define UP_RECOMMEND_HEADER_BYTES 24
#define UP_SEGMENTS_LIMIT         10000 /* the most segments */

/* What is asked for: parsed once, before the events are read. */
typedef struct UpRecommendRequest
{
	const UpRecommender *recommender;
	void *fields; /* of the recommender's params */
	bool ratings; /* what weights are: as the recommender says, unless the caller says otherwise afterwards */
	UpRecommendCommon common; /* half_life other than NaN: times are needed */
	UpValue *params;          /* all, with their values */
} UpRecommendRequest;

extern UpRecommendRequest *up_recommend_request(const UpRecommender *recommender, const UpValue *given);

typedef struct UpRecommendTraining
{
	const UpRecommendRequest *request;
	const UpPairs *events; /* users and items by numbers of order of appearance, or any */
	uint32_t n_users;
	uint32_t n_items;
	const char *const *items; /* [n_items] their texts, each another; copied */
	const uint32_t *segments; /* [n_users] or UP_NO_SEGMENT; NULL: none */
	uint32_t n_segments;
	const char *const *segment_names; /* [n_segments], each another; copied */
} UpRecommendTraining;

typedef struct UpRecommendModel
{
	uint16_t format;
	const UpRecommender *recommender;
	uint32_t n_items;
	char **items; /* ascending by bytes */
	uint32_t n_segments;
	char **segments;
	double last_time; /* of training's events; NaN: no times */
	double half_life; /* NaN: nothing decays */
	int64_t seed;
	UpValue *params;
	UpValue *summary; /* users, items, interactions, density, and what the recommender said of its training */
	UpPopularity *popular;
	void *body;
} UpRecommendModel;

/* In the current memory. Fails without an event. The same events, in any order, and seed give the same bytes. */
extern UpRecommendModel *up_recommend_train(const UpRecommendTraining *t);

extern void up_put_recommender(UpWriter *w, const UpRecommendModel *m);
extern UpRecommendModel *up_get_recommender(const void *bytes, size_t len);
/* Whether bytes begin as a recommender does. */
extern bool up_is_recommender(const void *bytes, size_t len);

/* The number of an item or segment by its text; UP_NO_ITEM, UP_NO_SEGMENT: it was not there. */
extern uint32_t up_recommend_item(const UpRecommendModel *m, const char *text);
extern uint32_t up_recommend_segment(const UpRecommendModel *m, const char *name);

/*
 * The history of one user: events by the model's items (others are left out by the caller), of user 0. Ages are reckoned from the later
 * of the training's and the user's last event. In the current memory; events may have none.
 */
extern UpHistory *up_recommend_history(const UpRecommendModel *m, const UpPairs *events, uint32_t segment);
/*
 * Those of all users, a row each, without segments; item_number: of each item of the events that of the model, or UP_NO_ITEM. NULL: they have to
 * be made one by one, since each would reckon from times of its own, or as memory has no room to make them at once.
 */
extern UpInteractions *up_recommend_histories(const UpRecommendModel *m, const UpPairs *events,
											  uint32_t n_users, const uint32_t *item_number);

/* What an answer comes from. */
typedef enum UpRecommendBasis
{
	UP_BY_HISTORY, /* what the user has */
	UP_BY_SEGMENT, /* nothing is known of the user but the segment: what is popular there */
	UP_BY_ALL      /* what is popular with all */
} UpRecommendBasis;

/* out: n_items scores, the more the better. An empty history, and one that says nothing, gets what is popular. */
extern UpRecommendBasis up_recommend_score(const UpRecommendModel *m, const UpHistory *h, double *out);
/* Of one item's score: what each item of the history adds to it (out: h->n numbers) if UP_BY_HISTORY; else nothing is written. */
extern UpRecommendBasis up_recommend_reason(const UpRecommendModel *m, const UpHistory *h, uint32_t item,
											double *out);
/* Why an item is recommended, where the algorithm has words of its own for it; else NULL. */
extern char *up_recommend_words(const UpRecommendModel *m, const UpHistory *h, uint32_t item);
/*
 * The best n, in order, of those whose byte in excluded is 0 (NULL: of all); equal ones by popularity, then by text. out: n
 * places; returns how many there are.
 */
extern uint32_t up_recommend_top(const UpRecommendModel *m, const double *scores, const uint8_t *excluded,
								 uint32_t n, uint32_t *out);
/* out: n_items; above 0: alike, itself 0. Fails with UP_WRONG_KIND where the algorithm knows no such thing. */
extern void up_recommend_similar(const UpRecommendModel *m, uint32_t item, double *out);
/* A user as a vector, by cosine; length 0: the algorithm has none. */
extern uint32_t up_recommend_vector_length(const UpRecommendModel *m);
extern void up_recommend_vector(const UpRecommendModel *m, const UpHistory *h, double *out);

extern UpValue *up_recommend_info(const UpRecommendModel *m);

#endif
