/*
 * trained.h - what functions that train by name have in common: arguments, and the row that they return
 */
#ifndef UPROFILE_TRAINED_H
#define UPROFILE_TRAINED_H

#include "fmgr.h"

#include "pg/io/srf.h"
#include "pg/models/train_named.h"

extern UpDeployRule up_deploy_argument(FunctionCallInfo fcinfo, int argument);
extern double up_test_size_argument(FunctionCallInfo fcinfo, int argument);
extern void up_send_trained(UpSrf *srf, const char *name, const UpTrained *t);

#endif
