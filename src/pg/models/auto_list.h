/*
 * auto_list.h - which algorithms are tried on a table, and where their parameters are looked for
 */
#ifndef UPROFILE_AUTO_LIST_H
#define UPROFILE_AUTO_LIST_H

#include "learn/learners.h"

typedef struct UpCandidate
{
	const char *algorithm;
	const char *space;  /* as for up_space_parse; "{}": nothing is searched */
	const char *starts; /* an array of points that are tried first: objects with a value for each dimension */
	uint32_t first;     /* trials before the first halving, those included */
	double growth;      /* its time grows as this power of the rows */
} UpCandidate;

/* What decides on the list. */
typedef struct UpTableShape
{
	size_t rows;        /* to train on */
	uint32_t values;    /* of a row */
	uint32_t n_classes; /* 0: a regression */
	bool weighted;      /* rows have weights */
} UpTableShape;

/* The candidates for such a table, the likeliest winner first. */
extern const UpCandidate **up_auto_list(const UpTableShape *shape, uint32_t *n);
/* What the list would say of this algorithm, or NULL. */
extern const UpCandidate *up_auto_candidate(const char *algorithm, bool classify);

#endif
