/*
 * validate_image.h - a validation taken to another process, which goes on as this one would
 *
 * What grows with the rows stands in large arrays, which both see; the rest is written, and read there. What is kept of folds stays where
 * it is: it can be made anew, all but the solutions that others are found from, which can be sent (reuse.h).
 */
#ifndef UPROFILE_VALIDATE_IMAGE_H
#define UPROFILE_VALIDATE_IMAGE_H

#include "assess/validate.h"

enum
{
	UP_IMAGE_ROWS,
	UP_IMAGE_ORDER,
	UP_IMAGE_FOLDS,
	UP_IMAGE_HELD_OUT, /* NULL: none is */
	UP_IMAGE_GROUPS,   /* NULL: there are none */
	UP_IMAGE_ARRAYS
};

/* Writes it; the rows of its frame move into a large array. In a scope of workers (platform.h). */
extern void up_put_validation(UpWriter *w, UpValidation *v, void **arrays);
extern UpValidation *up_get_validation(UpReader *r, void *const *arrays);

extern void up_put_request(UpWriter *w, const UpRequest *q);
extern UpRequest *up_get_request(UpReader *r);

/* The solutions on one fold (0 …, over all repetitions), in every way that it is prepared. */
extern void up_put_validation_paths(UpWriter *w, const UpValidation *v, uint32_t fold);
extern void up_get_validation_paths(UpReader *r, UpValidation *v, uint32_t fold);

/* What training on one fold and trying it takes at most, but for what a learner holds: bytes. */
extern double up_validation_needs(const UpValidation *v);

#endif
