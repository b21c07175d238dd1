/*
 * tree_shared.h - one tree grown by all processes
 */
#ifndef UPROFILE_TREE_SHARED_H
#define UPROFILE_TREE_SHARED_H

#include "learn/tree/tree_grower.h"

/* Whether it is worth it to share the growing out, and no split depends on those before. */
extern bool up_shared_pays(const UpGrowing *g);
/* Makes w->shared, and the arrays of the grower that others see; root finds the split of the first node. */
extern void up_shared_start(UpGrower *w);
extern void up_shared_root(UpGrower *w);
/* Whether all processes split a node. */
extern bool up_shared_is_large(const UpGrower *w, const UpGrowth *node);
extern void up_shared_split(UpGrower *w, uint32_t at);
/* Grows the tree depth first: large nodes by all, what is below them each by one. */
extern void up_shared_grow(UpGrower *w);
extern void up_shared_drop_cells(UpGrower *w, UpGrowth *node);
extern void up_shared_end(UpGrower *w);

#endif
