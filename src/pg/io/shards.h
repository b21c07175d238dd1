/*
 * shards.h - what is known of tables whose rows lie on other nodes (Citus), where it is installed
 */
#ifndef UPROFILE_SHARDS_H
#define UPROFILE_SHARDS_H

#include "postgres.h"

/* Whether the rows of a relation lie in shards, or are copied to every node: changes of them fire no trigger here. */
extern bool up_is_sharded(Oid relation);
/* Whether a query, or a view in it, reads such a relation: then parts of it run on other nodes. */
extern bool up_reads_shards(const char *query);
/* Whether a relation of this node was also made on others. */
extern bool up_is_on_other_nodes(Oid relation);
/* Whether this backend works for another node. */
extern bool up_works_for_node(void);

#endif
