/*
 * learn_transitions.h - which functions are those of aggregates that learn from arrays of features
 */
#ifndef UPROFILE_LEARN_TRANSITIONS_H
#define UPROFILE_LEARN_TRANSITIONS_H

#include "fmgr.h"

extern bool up_learns_from_array(PGFunction transition);

#endif
