/*
 * pace.h - how long a training on more rows will take, by what it took on fewer
 */
#ifndef UPROFILE_PACE_H
#define UPROFILE_PACE_H

/* What was measured: 0 rows are what it takes whatever their number. */
typedef struct UpPace
{
	double rows, seconds;
} UpPace;

/*
 * Seconds on so many rows, of a training whose time grows with them to this power: what two measurements differ by is taken to grow so, and
 * the rest to stay, but for a fifth of the later one, since clocks are not exact.
 */
extern double up_pace_on(UpPace fewer, UpPace more, double growth, double rows);

#endif
