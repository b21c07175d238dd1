/*
 * workers.h - what of workers.c stands beside core's platform.h
 */
#ifndef UPROFILE_WORKERS_H
#define UPROFILE_WORKERS_H

/* Processors that this process may run on, or as many as the setting says. */
extern int up_processors_here(void);
/* How many a scope that began now could have. */
extern int up_workers_allowed(void);
/*
 * For who catches a failure within a part, without a subtransaction: the scopes that began since, which are none that workers started
 * for, are over.
 */
extern int up_workers_depth(void);
extern void up_workers_return(int depth);
/* Whether workers that run now were begun by a scope beyond this depth. */
extern bool up_workers_began_since(int depth);

#endif
