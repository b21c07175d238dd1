/*
 * hand_over.h - large arrays that a parallel worker of a plan leaves to its leader
 */
#ifndef UPROFILE_HAND_OVER_H
#define UPROFILE_HAND_OVER_H

#include "postgres.h"

extern void up_hand_over_init(void);
/*
 * In a worker: the array outlives it, and waits for the leader under a token, which is random, and a seal of what the leader is sent; false:
 * it cannot.
 */
extern bool up_hand_over(uint64 token, uint64 seal, const void *array);
/* Bytes of memory that wait for the leader. */
extern size_t up_hand_over_waiting(void);
/* In the leader: the array, as a large one of the current memory, and its size. NULL: no worker of this session sent that. */
extern void *up_take_over(uint64 token, uint64 seal, size_t *size);

#endif
