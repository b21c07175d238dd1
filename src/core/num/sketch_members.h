/*
 * sketch_members.h - a set that counts its different members and forgets who they are, in at most 8 kB
 */
#ifndef UPROFILE_SKETCH_MEMBERS_H
#define UPROFILE_SKETCH_MEMBERS_H

#include "base/codec.h"

/* Up to so many different members the count is exact; beyond, its standard error is 1 / sqrt(UP_MEMBERS_KEPT). */
#define UP_MEMBERS_KEPT 1024

typedef struct UpMembers
{
	uint32_t n;
	uint64_t least[UP_MEMBERS_KEPT]; /* the smallest hashes, ascending */
} UpMembers;

extern UpMembers *up_members_new(void);
/* hash: 64 well mixed bits. False where the set stays as it is. */
extern bool up_members_add(UpMembers *m, uint64_t hash);
/*
 * Puts another hash between its neighbours in its place, drawn by random bits, so that the set counts as before and does not know
 * the member any more; false where it is not among those that are kept.
 */
extern bool up_members_forget(UpMembers *m, uint64_t hash, uint64_t random);
extern double up_members_count(const UpMembers *m);
extern void up_put_members(UpWriter *w, const UpMembers *m);
/* What was put; NULL where the bytes are anything else. */
extern UpMembers *up_members_of(const uint8_t *bytes, size_t len);

#endif
