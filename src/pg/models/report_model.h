/*
 * report_model.h - a version of a model as a page for people, and as a part of other pages
 */
#ifndef UPROFILE_REPORT_MODEL_H
#define UPROFILE_REPORT_MODEL_H

#include "pg/io/page.h"
#include "pg/models/appraisal.h"

/* What a version is worth: figures beside the best constant, a curve, what matters most. least: fewer rows of a kind are not told. */
extern void up_report_worth(UpPage *p, const UpAppraisal *a, int64 least);
/* The caption of figures that its training measured, on so many rows held out. */
extern const char *up_report_of_training(const char *tested);
/* One sentence on what it is. */
extern void up_report_what_model(UpPage *p, const UpAppraisal *a);
/* The whole page of a version, which the caller may read. */
extern char *up_report_model(const char *schema, const char *name, int64 id);

#endif
