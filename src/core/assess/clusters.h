/*
 * clusters.h - clusters that keep their numbers from one version of a model to the next
 */
#ifndef UPROFILE_CLUSTERS_H
#define UPROFILE_CLUSTERS_H

#include "assess/evaluate.h"

/*
 * Gives the clusters of a model the numbers of those of the version before that they still are, on the rows of this frame, which
 * both score; all others get numbers from next on, which is above all that were ever given, and above those of before. Says
 * what came and went, or NULL where every cluster is still there. before may be NULL: then all of them are new.
 */
extern char *up_clusters_keep(const UpFrame *f, const UpModel *before, uint32_t next, UpModel *m);
/* The least number that no version up to this one has given to a cluster. */
extern uint32_t up_clusters_next(const UpModel *m);

#endif
