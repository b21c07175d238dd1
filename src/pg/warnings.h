/*
 * warnings.h - warnings of core (up_warn) that another hears in place of the user: to tell them later, in an order of one's own, or at once, and
 * fewer of them
 */
#ifndef UPROFILE_WARNINGS_H
#define UPROFILE_WARNINGS_H

typedef struct UpHear
{
	void (*warning)(void *arg, const char *hint, const char *message); /* NULL: the user is told at once */
	void *arg;
} UpHear;

/* From here on; returns who heard before, who must hear again also after an error. */
extern UpHear up_warn_to(UpHear hear);

#endif
