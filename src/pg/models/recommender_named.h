/*
 * recommender_named.h - recommenders of the registry, kept by the backend
 *
 * Versions are immutable: parsed ones stay in a bounded cache. With each stands what reads the events of one user, planned once,
 * for the role that asked last.
 */
#ifndef UPROFILE_RECOMMENDER_NAMED_H
#define UPROFILE_RECOMMENDER_NAMED_H

#include "pg/io/query.h"
#include "pg/models/recommender_source.h"

typedef struct UpNamedRecommender
{
	Oid registry; /* table of versions */
	int64 id;
	Size size;
	uint64 last_used;
	uint64 pins; /* call sites that point to it */
	MemoryContext context;
	const UpRecommendModel *model;
	/* The source that it was trained on, as it is stored. */
	const char *source;
	const char *path;    /* its search_path */
	Oid trainer;         /* who gave it; InvalidOid: there is no such role */
	const char *why_not; /* it is never read: why; else NULL */
	/* Of the reader (pg/profiles/user_events.h): */
	MemoryContext reader_context; /* NULL: there is none */
	void *reader;
	UpKept *reader_plan;
	bool reading; /* it is in use */
} UpNamedRecommender;

/*
 * The deployed version of a recommender by its name, as the caller may use it. shared: he may use it, and not read its source's text.
 * registry: the table of versions. Fails in words. It stays as long as it is pinned, or until the next look-up.
 */
extern UpNamedRecommender *up_named_recommender(Oid function, const char *name, bool *shared);
/* Whether the deployed version of a model that the caller may use is one. */
extern bool up_named_is_recommender(Oid function, const char *name);
extern void up_named_recommender_forget_reader(UpNamedRecommender *r);

#endif
