/*
 * profile_offers.h - what is offered to each user of a profile: columns offer_1, offer_1_reason, …
 *
 * Offers come from a recommender: the profile's own, <profile>.offers, which refreshes make anew, or one of the registry. Who
 * has nothing that speaks for an item is offered what sells best in his segment.
 */
#ifndef UPROFILE_PROFILE_OFFERS_H
#define UPROFILE_PROFILE_OFFERS_H

#include "lib/stringinfo.h"

#include "pg/profiles/profile.h"
#include "pg/profiles/source_analysis.h"

#define UP_OFFERS_MODEL   "offers"
#define UP_MOST_OFFERS    100                /* a user */
#define UP_OFFERS_SEGMENT "uprofile_segment" /* the column of events that says whose segment it is */

typedef struct UpOffers
{
	const char *source; /* as given */
	const char *query;
	const char *basket, *item; /* columns */
	const char *weight, *event_time;
	int n;
	bool exclude_owned;
	const char *candidates; /* a query of one column, the items that may be offered; or NULL */
	const char *algorithm;
	UpValue *params;
	const char *registered; /* the recommender */
	bool own;               /* the profile makes it */
	const char *segment;    /* an expression over uprofile_row; or NULL */
	bool manual;
	const char *retrain_after; /* or NULL */
	bool usable;
	const char *state; /* what offers depend on beside users: version and items */
} UpOffers;

/* Sets p->offering, checked against the sources and the models, or NULL. After
 * up_profile_resolve. */
extern void up_offers_resolve(UpProfile *p);
/* The name of a column: the offer's, or its reason's. */
extern char *up_offer_name(int i, bool reason);
extern bool up_offer_is(const char *name);
/* Their expressions over a row, and what stands behind uprofile_row for them. */
extern void up_offers_append(StringInfo sql, const UpProfile *p);
extern const char *up_offers_join(const UpProfile *p);
/* The tables that tell of changed baskets are looked at as those of the profile's source are. */
extern void up_offers_analyse(const char *query, const char *basket, UpSourceAnalysis *source);
/* Fills usable and state. */
extern void up_offers_find_state(UpProfile *p);
/* The model that is called so, or the first clustering (NULL); and what it says of a row, as an expression over uprofile_row. */
extern const UpProfileModel *up_offers_segment_model(const UpProfile *p, const char *name);
extern const char *up_offers_segment(const UpProfile *p, const char *name);
/* The recommender in use, or the last that was made where that one is pinned, may have seen somebody who was forgotten since. */
extern bool up_offers_must_forget(const UpProfile *p);
/* The own recommender goes. */
extern void up_offers_forget(const UpProfile *p);

#endif
