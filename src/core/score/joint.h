/*
 * joint.h - means, squares and products of values that come in chunks, and merge
 */
#ifndef UPROFILE_JOINT_H
#define UPROFILE_JOINT_H

#include "base/platform.h"

/* The mean is mean + rest, so that what tells values around 1e9 apart keeps its digits. */
typedef struct UpMoment
{
	double n, mean, rest;
	double squares; /* around the mean */
} UpMoment;

/* Of pairs of which both are known. */
typedef struct UpJoint
{
	UpMoment x, y;
	double products; /* around the means */
} UpJoint;

extern void up_moment_merge(UpMoment *m, const UpMoment *other);
extern void up_joint_merge(UpJoint *j, const UpJoint *other);
/* NaN is missing. */
extern void up_joint_add(UpJoint *j, const double *x, const double *y, size_t n);
/* Values v by group (numbers below n_groups); each group's are in a moment of its own. */
extern void up_moments_add(UpMoment *groups, uint32_t n_groups, const double *v, const uint32_t *group,
						   size_t n);
/* NaN where one of them is constant. */
extern double up_joint_correlation(const UpJoint *j);

#endif
