/*
 * gate.h - whether a new version of a model takes the place of the deployed one
 *
 * Two versions are compared on rows that neither was trained on, and that must be known, not hoped: with the same key,
 * the rows whose hash of the key falls below both versions' test_size; without a key, rows that the old version's list of
 * held-out rows names, value by value. Where there is none the versions cannot be compared: the note says why, and the new one is
 * deployed, since waiting would not make them comparable.
 */
#ifndef UPROFILE_GATE_H
#define UPROFILE_GATE_H

#include "assess/holdout.h"
#include "learn/model.h"
#include "pg/io/source_frame.h"

/* As notes say it. */
#define UP_NONE_HELD_OUT "no row was held out"

typedef struct UpGate
{
	const char *schema; /* of the extension, quoted */
	const char *name;
	const char *key;    /* of the new version, or NULL */
	const char *target; /* of the new version, or NULL */
	const UpSourceFrame *read;
	const UpModel *model;
	const UpValue *metrics; /* on all rows held out */
	const size_t *rows;     /* these */
	size_t n;
	const UpHoldout *split; /* how they were held out; NULL: by the hash */
} UpGate;

/* Whether the new version is to be deployed; *note says what was compared, or why nothing was. */
extern bool up_gate_passes(const UpGate *g, char **note);
/* The list of held-out rows that a version without a key keeps, or NULL. */
extern bytea *up_gate_holdout(const UpSourceFrame *read, const char *key);

#endif
