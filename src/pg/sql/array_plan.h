/*
 * array_plan.h - the node that lays out arrays for learning aggregates
 */
#ifndef UPROFILE_ARRAY_PLAN_H
#define UPROFILE_ARRAY_PLAN_H

#include "postgres.h"

#include "nodes/execnodes.h"

/* The node below, where this is one of ours, else NULL. */
extern PlanState *up_arrays_below(PlanState *node);

#endif
