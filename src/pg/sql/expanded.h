/*
 * expanded.h - aggregate states as expanded objects: what states of learners and of metrics have in common
 *
 * The life of a state. In SQL it is a bytea. The first transition finds its initial value, a name, and makes an object of it below
 * the aggregate's memory; from then on the executor hands the same object, read-write, from row to row, and a transition
 * changes it in place. It is flattened where it travels: to the leader of a parallel plan, to another node, into a table.
 * Flat bytes come back as a new object; any role can forge them, so kind->get checks all of them. A final function reads only:
 * other aggregates, and later rows of a window, may use the same state. The object, and all that it holds, lives in a memory
 * context below the aggregate's, header.eoh_context, and goes with that. The states of all groups share it: of each new group of a
 * hash the server asks how much memory there is, context by context, so that a hundred thousand of them take minutes. So no
 * state may be deleted alone, which the executor does with one that is not returned again: transitions and combinations return the same.
 */
#ifndef UPROFILE_PG_EXPANDED_H
#define UPROFILE_PG_EXPANDED_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/expandeddatum.h"
#include "utils/jsonb.h"

#include "base/codec.h"

typedef struct UpExpandedKind
{
	const char *name; /* of its memory context */
	Size size;        /* of the struct, whose first member is UpExpanded */
	void (*put)(UpWriter *w, const void *state);
	/* Flat bytes, or an initial value, into an empty state; called in the state's memory. */
	void (*get)(void *state, const char *bytes, Size len);
	/* Refuses another state that is of another aggregate. */
	void (*check)(const void *state, const void *other);
	/* Takes in another state; both have begun. Called in the state's memory. */
	void (*merge)(void *state, void *other);
	/* The same, where other was made of flat bytes; true: the state uses what other holds, which must be there as long. NULL: merge does. */
	bool (*adopt)(void *state, void *other);
	const char *too_large; /* the hint where it does not fit into a value */
} UpExpandedKind;

typedef struct UpExpanded
{
	ExpandedObjectHeader header;
	const UpExpandedKind *kind;
	UpWriter flat;         /* between get_flat_size and flatten_into */
	bool told;             /* that it travels to another node */
	bool flat_is_small;    /* for it names what stays where it is */
	bool begun;            /* has seen a row, which set what later rows must repeat */
	Jsonb *raw_params;     /* as that row gave them, or NULL: compared first */
	const Jsonb *constant; /* where the plan has them, if each row gives just these; or NULL */
} UpExpanded;

/* The state of argument 0, to be changed; created below the aggregate's memory where it is not there yet. */
extern void *up_expanded_writable(FunctionCallInfo fcinfo, const UpExpandedKind *kind);
/* Says that flat bytes are of another version of the extension, which another node may have. */
extern UP_NORETURN void up_expanded_refuse_format(unsigned format);
/* Any state datum, to be read: the object itself, or one made from flat bytes in the current memory. */
extern void *up_expanded_readable(Datum datum, const UpExpandedKind *kind);

/* A combine function: either argument may be NULL. */
extern Datum up_expanded_combine(FunctionCallInfo fcinfo, const UpExpandedKind *kind);

/* Params, the last argument of forms that have them, or NULL; whether they are byte for byte those of the first row; keeps these. */
extern Jsonb *up_expanded_params(FunctionCallInfo fcinfo, int argument);
extern bool up_expanded_has_params(const UpExpanded *e, const Jsonb *params);
/* After the first row: where they are a constant of the plan, the same address is enough from then on. */
extern void up_expanded_note_constant(UpExpanded *e, FunctionCallInfo fcinfo, int argument,
									  const Jsonb *params);
extern void up_expanded_keep_params(UpExpanded *e, const Jsonb *params);

#define UP_RETURN_STATE(s) PG_RETURN_DATUM(EOHPGetRWDatum(&(s)->expanded.header))

#endif
