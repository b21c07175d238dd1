/*
 * cron_text.h - what is wrong with the five fields of a schedule, in words
 */
#ifndef UPROFILE_CRON_TEXT_H
#define UPROFILE_CRON_TEXT_H

/* A sentence about a schedule that pg_cron refused, for people: the first field that cannot be. */
extern const char *up_cron_fault(const char *text);

#endif
