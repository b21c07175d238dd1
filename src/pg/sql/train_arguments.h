/*
 * train_arguments.h - what the functions that train a version have in common
 */
#ifndef UPROFILE_TRAIN_ARGUMENTS_H
#define UPROFILE_TRAIN_ARGUMENTS_H

#include "pg/io/srf.h"
#include "pg/models/train_named.h"

/* auto, always or never. */
extern UpDeployRule up_deploy_argument(FunctionCallInfo fcinfo, int argument);
/* At least 0 and below 1. */
extern double up_test_size_argument(FunctionCallInfo fcinfo, int argument);
/* The row that says what was trained. */
extern void up_send_trained(UpSrf *srf, const char *name, const UpTrained *t);

#endif
