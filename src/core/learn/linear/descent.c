/*
 * descent.c - coordinate descent; see descent.h
 *
 * Cost: n for a coefficient that changes; a sweep over all of them n^2 at most.
 */
#include "learn/linear/descent.h"

#include "num/vec.h"

#include <math.h>

static double
shrunk(double v, double by)
{
	return v > by ? v - by : v < -by ? v + by : 0;
}

int64_t
up_descend(const UpDescent *d, double *w, double *rest, bool *converged)
{
	bool all = true, done = false;
	int64_t sweeps = 0;

	for (; sweeps < d->most && !done; sweeps++)
	{
		double largest = 0;

		up_tick();
		for (size_t j = 0; j < d->n; j++)
		{
			const double *row = d->h + j * d->n;
			double curve = d->unit ? 1 : row[j], next, change;

			if ((d->skipped != NULL && d->skipped[j]) || !(curve > 0) || (!all && w[j] == 0))
				continue;
			next = shrunk(w[j] + rest[j] / curve, d->l1[j] / curve);
			if (d->l2 != NULL)
				next /= 1 + d->l2[j] / curve;
			change = next - w[j];
			if (change == 0)
				continue;
			w[j] = next;
			up_vec_axpy(rest, -change, row, d->n);
			largest = UP_MAX(largest, fabs(change) * sqrt(curve));
		}
		done = largest <= d->enough && all;
		all = largest <= d->enough;
	}
	if (converged != NULL)
		*converged = done;
	return sweeps;
}
