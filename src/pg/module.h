/*
 * module.h - settings, and how long work in this backend is told about
 */
#ifndef UPROFILE_MODULE_H
#define UPROFILE_MODULE_H

extern int up_max_memory_kb;  /* uprofile.max_memory */
extern int up_processors;     /* uprofile.processors; 0: those that there are */
extern int up_max_workers;    /* uprofile.max_workers; -1: as many as max_parallel_workers_per_gather */
extern bool up_debug_workers; /* uprofile.debug_workers */
extern bool up_show_progress; /* uprofile.progress */
/* uprofile.deploy_margin: a share of what the deployed version reaches */
extern double up_deploy_margin;
extern int up_max_continuous_workers;
extern int up_continuous_interval_ms;

extern bool up_block_predictions; /* uprofile.block_predictions */

/* At start: see pg/io/stream_scan.h, pg/workers.c, pg/sql/predict_plan.c, pg/sql/array_plan.c. */
extern void up_stream_init(void);
extern void up_workers_init(void);
extern void up_predict_init(void);
extern void up_arrays_init(void);
extern void up_describe_plan_init(void);

#endif
