/*
 * user_events.h - what users have, read for recommendations from the source that a recommender was trained on
 *
 * It is read with the rights of who asks, under the path of who trained: rows that he may not see do not count, and a table that he may not
 * read is an error. One user is a plan with the key as its parameter, kept by the backend. Where one call site asks for so
 * many users that reading all of them would have been cheaper, it reads all, once.
 */
#ifndef UPROFILE_USER_EVENTS_H
#define UPROFILE_USER_EVENTS_H

#include "pg/models/moment.h"
#include "pg/models/recommender_named.h"
#include "pg/profiles/key_type.h"

/* Of a call site; begins as zeros but for these. */
typedef struct UpUserEvents
{
	UpNamedRecommender *recommender;
	const char *name;   /* of the model */
	bool shared;        /* the text of its source is not for the caller */
	const char *source; /* the caller's own, in place of the one it was trained on; or NULL */
	MemoryContext context;
	/* All users, if they were read: */
	UpRecommendRead *all;
	MemoryContext all_context;
	UpKey key;
	uint64_t *starts;
	uint32_t *places;
	uint32_t *item_number; /* of each item read, the model's */
	uint32_t *segment_number;
	double spent;    /* what single users cost so far, as the planner counts */
	double cost_all; /* 0: not looked at; infinite: all users are never read */
} UpUserEvents;

/* What belongs to another moment or another recommender is forgotten. */
extern void up_user_events_forget(UpUserEvents *u);
/*
 * The events of the user of an argument, by the model's items (what it does not know is left out), and his segment. Both in the current
 * memory.
 */
extern void up_user_events_get(UpUserEvents *u, FunctionCallInfo fcinfo, int argument, UpPairs *pairs,
							   uint32_t *segment);
/* All of them: u->all and what belongs to it. */
extern void up_user_events_all(UpUserEvents *u);
/* The number in u->all of the user of an argument; UINT32_MAX: he has none. */
extern uint32_t up_user_events_number(UpUserEvents *u, FunctionCallInfo fcinfo, int argument);
/* The same as up_user_events_get, of all that were read. */
extern void up_user_events_of(const UpUserEvents *u, uint32_t user, UpPairs *pairs, uint32_t *segment);

#endif
