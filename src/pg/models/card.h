/*
 * card.h - a model card: what is to be known of a version, as markdown
 */
#ifndef UPROFILE_CARD_H
#define UPROFILE_CARD_H

#include "postgres.h"

typedef struct UpCardOrder
{
	const char *schema; /* of the extension, quoted */
	const char *name;
	int64 id;           /* of the version */
	const char *source; /* to measure on, or NULL: the rows held out of the one that it was trained on */
	const char *by;     /* a column of groups, or NULL */
	uint32 resamples;   /* for intervals; 0: none */
	uint64 seed;
} UpCardOrder;

/* The card, in the current memory. */
extern char *up_card(const UpCardOrder *order);

#endif
