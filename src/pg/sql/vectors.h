/*
 * vectors.h - arrays of float8 as they are made without the server's array functions, and with them
 */
#ifndef UPROFILE_VECTORS_H
#define UPROFILE_VECTORS_H

#include "postgres.h"

#include "utils/array.h"

extern Size up_vector_size(uint32_t n);
/* A vector of n values, which are not set yet: at a place of that size, or in new memory. */
extern ArrayType *up_vector_at(void *place, uint32_t n);
extern ArrayType *up_vector_new(uint32_t n);
/* As the server makes it of values that may be NULL. */
extern ArrayType *up_vector_of(Datum *values, bool *nulls, int n);

#endif
