/*
 * recommender_site.h - a named recommender as one call site uses it
 */
#ifndef UPROFILE_RECOMMENDER_SITE_H
#define UPROFILE_RECOMMENDER_SITE_H

#include "fmgr.h"

#include "pg/profiles/user_events.h"

typedef struct UpRecommenderSite
{
	Oid function;
	MemoryContext context; /* of what follows; goes when the recommender is another */
	char *name;
	char *source; /* as UpUserEvents.source */
	UpMoment moment;
	UpNamedRecommender *recommender;
	UpUserEvents users;
	double *scores; /* n_items */
	uint8_t *excluded;
	bool told; /* that an item, or a segment, is not known */
	/* The candidates of this moment: */
	char *candidates; /* the source that names them, or NULL */
	uint8_t *allowed;
	/* Of similar users, by their numbers: */
	double *vectors;
	UpInteractions *owned; /* where the algorithm makes no vectors of them: what they have, to length 1 */
	MemoryContextCallback callback;
} UpRecommenderSite;

/* The recommender that argument 0 names, looked up anew when the moment is another; source: the caller's own, or NULL. */
extern UpRecommenderSite *up_recommender_site(FunctionCallInfo fcinfo, const char *source);
/* Of the model's items those that a source names; kept for the moment. */
extern const uint8_t *up_recommender_candidates(UpRecommenderSite *s, const char *source);
/* The argument n. */
extern uint32_t up_recommender_count(FunctionCallInfo fcinfo, int argument);
/* The text of an item that is given as a value of any type. */
extern char *up_recommender_item_text(FunctionCallInfo fcinfo, int argument);

#endif
