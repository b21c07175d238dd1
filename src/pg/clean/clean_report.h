/*
 * clean_report.h - what a cleaning did, in rows
 */
#ifndef UPROFILE_CLEAN_REPORT_H
#define UPROFILE_CLEAN_REPORT_H

#include "pg/clean/clean_table.h"
#include "pg/io/srf.h"

extern void up_clean_report(UpCleanTable *t, UpSrf *srf);

#endif
