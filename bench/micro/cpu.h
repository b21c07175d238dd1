/*
 * cpu.h - processor time of this process
 */
#ifndef UPROFILE_CPU_H
#define UPROFILE_CPU_H

#include <sys/resource.h>

static double
cpu_seconds(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double) (r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
		   1e-6 * (double) (r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

#endif
