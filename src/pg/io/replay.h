/*
 * replay.h - a reading that is gone through more than once, with the same rows each time
 */
#ifndef UPROFILE_REPLAY_H
#define UPROFILE_REPLAY_H

#include "pg/io/query.h"

typedef struct UpReplay UpReplay;
/* In the current memory, where rows may be kept. */
extern UpReplay *up_replay_new(UpReading *reading);
extern void up_replay_run(UpReplay *r, UpRowFn row, void *arg);
/* Ends the reading as well. */
extern void up_replay_end(UpReplay *r);

#endif
