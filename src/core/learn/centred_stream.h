/*
 * centred_stream.h - centred products as the sums of a learner that streams, and of a model that can be taken apart
 */
#ifndef UPROFILE_CENTRED_STREAM_H
#define UPROFILE_CENTRED_STREAM_H

#include "learn/learner.h"
#include "num/centred.h"

/* What is alike in every UpStream whose sums are an UpCentred. */
extern void up_centred_stream_merge(void *sums, const void *other);
extern void up_centred_stream_write(const void *sums, UpWriter *w);

/* Takes the rows of a part away; fails in words where they were not among these. */
extern void up_centred_take_away(UpCentred *sums, const UpCentred *part);

#endif
