/*
 * stream_scan.h - functions that hand on their rows one by one, where they stand in FROM
 *
 * The server's own scan of a function keeps all rows, on disk beyond work_mem, before it hands on the first. A function whose SUPPORT is
 * uprofile_stream_support is asked for a stream instead.
 */
#ifndef UPROFILE_STREAM_SCAN_H
#define UPROFILE_STREAM_SCAN_H

#include "postgres.h"

#include "nodes/execnodes.h"

typedef struct UpRowStream
{
	bool (*next)(void *arg, Datum *values,
				 bool *nulls); /* false: there is none; values hold until the next call */
	void (*rewind)(void *arg); /* from the first row again */
	void *arg;
} UpRowStream;

/* In allowedModes: the caller takes a stream, in what its resultinfo points to. */
#define UP_SRF_STREAM 0x10000

typedef struct UpStreamCall
{
	ReturnSetInfo info;
	UpRowStream stream;
} UpStreamCall;

#endif
