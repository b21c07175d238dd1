/*
 * sketch_distinct.c - HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) with Ertl's estimator (2017)
 *
 * A register keeps the longest run of zeros of the hashes that fall to it. The estimator needs no correction for few or many
 * values: alpha m^2 / (m sigma(C_0 / m) + sum_k C_k 2^-k + m tau(1 - C_(q+1) / m) 2^-q), C_k registers of value k.
 */
#include "num/sketch_distinct.h"

#include <math.h>
#include <string.h>

#define REST (64 - UP_DISTINCT_BITS)

UpDistinct *
up_distinct_new(void)
{
	return up_alloc0(sizeof(UpDistinct));
}

void
up_distinct_add(UpDistinct *d, uint64_t hash)
{
	uint32_t at = (uint32_t) (hash >> REST);
	uint64_t rest = hash << UP_DISTINCT_BITS;
	uint8_t run = (uint8_t) (rest == 0 ? REST + 1 : __builtin_clzll(rest) + 1);

	if (run > d->registers[at])
		d->registers[at] = run;
}

static double
sigma(double x)
{
	double y = 1, z = x, before;

	if (x == 1)
		return INFINITY;
	do
	{
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

static double
tau(double x)
{
	double y = 1, z = 1 - x, before;

	if (x == 0 || x == 1)
		return 0;
	do
	{
		x = sqrt(x);
		before = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

double
up_distinct_estimate(const UpDistinct *d)
{
	double count[REST + 2] = {0}, m = UP_DISTINCT_REGISTERS, z;

	for (int i = 0; i < UP_DISTINCT_REGISTERS; i++)
		count[d->registers[i]]++;
	z = m * tau(1 - count[REST + 1] / m);
	for (int k = REST; k >= 1; k--)
		z = 0.5 * (z + count[k]);
	z += m * sigma(count[0] / m);
	return m * m / (2 * log(2) * z);
}
