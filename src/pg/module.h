/*
 * module.h - settings, and how long work in this backend is told about
 */
#ifndef UPROFILE_MODULE_H
#define UPROFILE_MODULE_H

extern int up_max_memory_kb;  /* uprofile.max_memory */
extern bool up_show_progress; /* uprofile.progress */
extern int up_max_continuous_workers;
extern int up_continuous_interval_ms;

#endif
