/*
 * recommender_measure.h - events held out, and how well a recommender names what they bring
 *
 * Events are held out in the order of time where they have one: the last test_size of them; else, and where nobody has events before and
 * after that, pairs of user and item by a stable hash. Whoever has events on both sides is recommended ten items from what he had before, and not what he had. What is
 * relevant is what he then comes to have and had not; of ratings only those that are at least the mean.
 */
#ifndef UPROFILE_RECOMMENDER_MEASURE_H
#define UPROFILE_RECOMMENDER_MEASURE_H

#include "pg/models/recommender_source.h"

#define UP_RECOMMEND_K 10 /* items that are recommended to each */

typedef struct UpRecommendSplit
{
	const UpRecommendRead *read;
	UpPairs train, test;
	bool by_time;
	uint64_t *train_starts, *test_starts; /* [n_users + 1] into places of pairs, a user's together */
	uint32_t *train_places, *test_places;
	uint32_t *users; /* those that are measured */
	uint32_t n_users;
	double least; /* a rating from which an item is relevant */
} UpRecommendSplit;

/* NULL where nobody has events on both sides; *why says so. */
extern UpRecommendSplit *up_recommend_split(const UpRecommendRead *read, double test_size, uint64_t seed,
											const char **why);

typedef enum UpRecommendFigure
{
	UP_FIGURE_NDCG,
	UP_FIGURE_RECALL,
	UP_FIGURE_PRECISION,
	UP_FIGURE_MAP,
	UP_FIGURE_MRR,
	UP_FIGURE_HIT_RATE,
	UP_FIGURE_COVERAGE,
	UP_FIGURE_NOVELTY,
	UP_N_FIGURES
} UpRecommendFigure;

extern const char *const up_recommend_figures[UP_N_FIGURES]; /* their names */

/* ratings: only items rated high enough are relevant. Returns for how many users something is: the figures are of these. */
extern uint32_t up_recommend_measure(const UpRecommendModel *m, const UpRecommendSplit *s, bool ratings,
									 double *figures);
/* The same as an object. */
extern UpValue *up_recommend_figures_value(const double *figures);

#endif
