/*
 * clean_form.h - the rows that a cleaning leaves, formed and written
 */
#ifndef UPROFILE_CLEAN_FORM_H
#define UPROFILE_CLEAN_FORM_H

#include "pg/clean/clean_record.h"
#include "pg/io/table_writer.h"

/* All rows of the three tables, which are open. Rows that left have their first values back. Workers count for the report, too (t->counts). */
extern void up_clean_form(UpCleanTable *t, UpTableWriter *const *writers);

#endif
