/*
 * pace.c - how long a training on more rows will take; see pace.h
 *
 * A line through both measurements, over rows^growth. Times of trees and of networks grow slower than their rows at first, and never faster
 * than that in the end: so it is a bound from above, which comes nearer as measurements are made on more rows.
 */
#include "assess/pace.h"

#include "base/platform.h"

#include <math.h>

#define GROWS 0.2 /* of the later measurement, at least */

double
up_pace_on(UpPace fewer, UpPace more, double growth, double rows)
{
	double before = pow(fewer.rows, growth), at = pow(more.rows, growth), grows;

	UP_ASSERT(more.rows > fewer.rows);
	grows = (more.seconds - fewer.seconds) * at / (at - before);
	grows = UP_MAX(UP_MIN(grows, more.seconds), GROWS * more.seconds);
	return more.seconds - grows + grows * pow(rows, growth) / at;
}
