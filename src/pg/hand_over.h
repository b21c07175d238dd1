/*
 * hand_over.h - large arrays that a parallel worker of a plan leaves to its leader
 */
#ifndef UPROFILE_HAND_OVER_H
#define UPROFILE_HAND_OVER_H

#include "base/codec.h"

extern void up_hand_over_init(void);
/* In a worker: what the leader needs to take the array goes to w, and the array outlives the worker; false: it cannot be. */
extern bool up_hand_over(UpWriter *w, const void *array);
/* In the leader: the array, as a large one of the current memory, and its size; bytes that no worker of this session wrote are corrupt. */
extern void *up_take_over(UpReader *r, size_t *size);

#endif
