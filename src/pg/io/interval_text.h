/*
 * interval_text.h - intervals that users write
 */
#ifndef UPROFILE_INTERVAL_TEXT_H
#define UPROFILE_INTERVAL_TEXT_H

#include "datatype/timestamp.h"

/* What a text says; where it is no interval, an error that begins with what it should be: "parameter \"ttl\" of policy". */
extern Interval *up_interval_of(const char *text, const char *what);

#endif
