/*
 * rewritten.h - relations that are not what the transaction's snapshot knew
 */
#ifndef UPROFILE_REWRITTEN_H
#define UPROFILE_REWRITTEN_H

#include "nodes/pg_list.h"

/*
 * Fails where one that these planned statements read was rewritten since. Where one snapshot serves the whole transaction, a relation that was
 * truncated, loaded and committed since looks empty (storage is exchanged at once, for old snapshots too). The transaction can only be
 * tried again.
 */
extern void up_refuse_rewritten(const List *statements);

#endif
