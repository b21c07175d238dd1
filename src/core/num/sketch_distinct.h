/*
 * sketch_distinct.h - how many different values there are, in 16 kB
 */
#ifndef UPROFILE_SKETCH_DISTINCT_H
#define UPROFILE_SKETCH_DISTINCT_H

#include "base/platform.h"

#define UP_DISTINCT_BITS      14
#define UP_DISTINCT_REGISTERS (1 << UP_DISTINCT_BITS)
/* Standard error of the estimate, relative: 1.04 / sqrt(registers). */
#define UP_DISTINCT_ERROR 0.0081

typedef struct UpDistinct
{
	uint8_t registers[UP_DISTINCT_REGISTERS];
} UpDistinct;

extern UpDistinct *up_distinct_new(void);
/* hash: 64 well mixed bits. */
extern void up_distinct_add(UpDistinct *d, uint64_t hash);
extern double up_distinct_estimate(const UpDistinct *d);

#endif
