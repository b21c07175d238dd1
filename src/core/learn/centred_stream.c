/*
 * centred_stream.c - centred products as the sums of a learner that streams; see centred_stream.h
 */
#include "learn/centred_stream.h"

#include "learn/combine.h"

void
up_centred_stream_merge(void *sums, const void *other)
{
	up_centred_merge(sums, other);
}

void
up_centred_stream_write(const void *sums, UpWriter *w)
{
	up_centred_put(sums, w);
}

void
up_centred_take_away(UpCentred *sums, const UpCentred *part)
{
	if (!up_centred_subtract(sums, part))
		up_fail_not_a_part();
}
