/*
 * local_setting.c - settings of the server that hold for a while; see local_setting.h
 */
#include "postgres.h"

#include "utils/guc.h"

#include "pg/io/local_setting.h"

void
up_set_locally(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}
