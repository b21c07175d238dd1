/*
 * tree_compact.h - trees as they stand in a model's bytes: asked as they are, opened where more is wanted
 */
#ifndef UPROFILE_TREE_COMPACT_H
#define UPROFILE_TREE_COMPACT_H

#include "learn/tree/tree_nodes.h"

/* What a leaf's token says of the values behind it. */
enum
{
	UP_LEAF_ALONE = 0,        /* all of one class; of two: the first */
	UP_LEAF_ALONE_SECOND = 1, /* all of the second class of two */
	UP_LEAF_WHOLE = 2,        /* weights of the classes; of two: of the second */
	UP_LEAF_PLAIN = 3         /* values as they are */
};

#define UP_MOST_WHOLE 9007199254740992.0 /* up to which whole numbers are exact */
#define UP_LONG       128 /* bytes of a split with all below it, from which on it says where its right side begins */

/* What the trees of a model have in common. */
typedef struct UpCompactModel UpCompactModel;

/* For the trees that the reader comes to; shares: their values are shares of classes; lengths: they say how long they are. */
extern UpCompactModel *up_compact_begin(const UpReader *r, const UpBins *bins, uint32_t width, bool shares,
										bool lengths);
/*
 * The tree that the reader comes to, and past it. Where bytes last and say lengths, nothing is looked at now: whoever uses the tree checks
 * what it comes by. Else all is checked now; and a tree that does not say how long it is is opened.
 */
extern void up_compact_get(UpReader *r, UpCompactModel *of, UpTree *t);
/* All trees were read: keeps their bytes. */
extern void up_compact_keep(UpReader *r, UpCompactModel *of);

/* Of a tree that is not opened; they fail where its bytes are damaged. */

/* That all of it is in order, and nothing that is done with it fails any more. */
extern void up_compact_check(const UpTree *t);
/* Adds what the leaf says that a row of codes falls to: the last of one or two values, or all of more. */
extern void up_compact_add(const UpTree *t, const uint8_t *codes, double *out);
/* The tree with its nodes, in the current memory; its arrays may be given to up_free. */
extern UpTree up_compact_nodes(const UpTree *t);
/* The bytes that it was read from. */
extern void up_compact_put(UpWriter *w, const UpTree *t);

#endif
