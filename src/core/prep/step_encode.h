/*
 * step_encode.h - replays a fitted step, and tells about it
 */
#ifndef UPROFILE_STEP_ENCODE_H
#define UPROFILE_STEP_ENCODE_H

#include "prep/step.h"

/* width values → n_features numbers. fold: of a training row, else -1. */
extern void up_step_encode(const UpStep *step, const double *v, int fold, double *out);
/* The number of the category of a text; NaN, or the shared one, if it is not among them. */
extern double up_step_category(const UpStep *step, const char *text, size_t len);
/* Appends the names of the features. position: of the first one, for the array form. */
extern void up_step_names(const UpStep *step, uint32_t position, UpValue *names);
extern UpValue *up_step_describe(const UpStep *step, uint32_t position);

#endif
