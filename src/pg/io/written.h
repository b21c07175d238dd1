/*
 * written.h - what core wrote, as a value
 */
#ifndef UPROFILE_WRITTEN_H
#define UPROFILE_WRITTEN_H

#include "base/codec.h"

/* In the current memory; the writer's bytes are freed. what: "the model", of too many of them; hint: what makes them fewer, or NULL. */
extern bytea *up_written(UpWriter *w, const char *what, const char *hint);

#endif
