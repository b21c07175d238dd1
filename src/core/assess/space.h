/*
 * space.h - where the best parameters are looked for
 *
 * An object with a key for each parameter, of the learner or of its pipeline: {"C": [0.1, 1, 10]} are choices, {"C":
 * {"log_uniform": [0.001, 1000]}} and {"max_depth": {"integer": [2, 10]}} ranges, {"max_iter": 200} is fixed. A point has one
 * number a dimension: the position of a choice, or the value itself.
 */
#ifndef UPROFILE_SPACE_H
#define UPROFILE_SPACE_H

#include "base/rng.h"
#include "learn/request.h"

typedef enum UpDimensionKind
{
	UP_DIMENSION_CHOICE,
	UP_DIMENSION_UNIFORM,
	UP_DIMENSION_LOG_UNIFORM,
	UP_DIMENSION_INTEGER, /* both ends included */
	UP_DIMENSION_LOG_INTEGER
} UpDimensionKind;

typedef struct UpDimension
{
	const char *name;
	UpDimensionKind kind;
	double low, high;
	uint32_t n; /* choices */
	UpValue **choices;
} UpDimension;

typedef struct UpSpace
{
	uint32_t n;
	UpDimension *dimensions;
	UpValue *fixed; /* object */
	uint32_t inner; /* of a grid: the dimension that changes first; n: the last */
} UpSpace;

/*
 * Words its errors: every choice and both ends of every range must be allowed. fixed: parameters that hold for all points, an
 * object; those that the space has come before them.
 */
extern UpSpace *up_space_parse(const UpValue *given, const UpLearner *learner, const UpValue *fixed);
/* The dimension of this name, or NULL. */
extern const UpDimension *up_space_dimension(const UpSpace *s, const char *name);
/* Sets a request's features and exclude to what all points see together, and to what none of them sees. */
extern void up_space_see_all(const UpSpace *s, UpRequest *q);
/* The number of points; 0: there are ranges, or too many to be counted. */
extern uint64_t up_space_points(const UpSpace *s);
/* Points in order: the dimension along which trainings share most changes first, then the last one. */
extern void up_space_point(const UpSpace *s, uint64_t number, double *x);
extern void up_space_draw(const UpSpace *s, UpRng *rng, double *x);
/* What a point says, as parameters: only the dimensions; together with the fixed ones. */
extern UpValue *up_space_varied(const UpSpace *s, const double *x);
extern UpValue *up_space_params(const UpSpace *s, const double *x);

/* A range stretched to where its values are spread evenly, and back. */
extern double up_dimension_warp(const UpDimension *d, double v);
extern double up_dimension_unwarp(const UpDimension *d, double w);
/* The ends of the stretched range: of integers half a step further. */
extern double up_dimension_from(const UpDimension *d);
extern double up_dimension_to(const UpDimension *d);

#endif
