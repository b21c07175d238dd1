/*
 * registry_guard.c - the extension's tables run nothing but what the extension put there; see registry_guard.h
 *
 * A database's owner may create the extension, and then owns its tables. Whatever code he attaches to them runs as
 * whoever trains or predicts, so that has to be ours. What was found is kept until the server says that one of the
 * tables, or a function, is another: a prediction by name pays for locks and nothing else.
 * Expressions may call the extension's own C functions and the server's immutable ones; volatile ones of the server
 * can run statements given as text (query_to_xml).
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pg_list.h"
#include "parser/parse_func.h"
#include "rewrite/rowsecurity.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/rel.h"
#include "utils/reltrigger.h"
#include "utils/syscache.h"

#include "pg/models/registry_guard.h"

#define STAMP   "uprofile_stamp_owner"
#define MAY_USE "uprofile_may_use"
#define POLICY  "uprofile_owner"
#define GRANTEE "uprofile_grantee"
#define TRAINER "uprofile_trainer"

#define MAX_LOOKS 5

/* The first PREDICTION_TABLES are what a prediction by name reads, and what their policies read. */
#define PREDICTION_TABLES 5

static const char *const table_names[] = {
	"uprofile_installation",
	"uprofile_model_names",
	"uprofile_model_versions",
	"uprofile_granted",
	"uprofile_model_folds",
	"uprofile_deployments",
	"uprofile_profile_definitions",
	"uprofile_refresh_log",
	"uprofile_refresh_steps",
	"uprofile_watches",
	"uprofile_refresh_failures",
	"uprofile_corrected",
	"uprofile_drift_measured",
	"uprofile_drift_state",
	"uprofile_schedules",
	"uprofile_retrain_state",
	"uprofile_model_trials",
	"uprofile_model_designs",
	"uprofile_model_backtests",
	"uprofile_mine_definitions",
	"uprofile_mine_parts",
	"uprofile_mined_sets",
	"uprofile_secrets",
	"uprofile_forgotten",
	"uprofile_mine_watches",
	"uprofile_segments_described",
};

typedef struct Guard
{
	Oid tables[lengthof(table_names)];
	Oid stamp;
	Oid may_use;
} Guard;

/* The registry last found in order. */
static struct
{
	bool listening;
	size_t n;     /* tables that are in order, the first ones */
	bool changed; /* since the look at it began */
	Oid namespace;
	Guard g;
} checked;

/* Of our schema and in C, which none but a superuser can write. */
static Oid
own_function(char *schema, char *name, int n_args, const Oid *types)
{
	Oid function = LookupFuncName(list_make2(makeString(schema), makeString(name)), n_args, types, true);
	HeapTuple tuple;
	bool is_c;

	if (!OidIsValid(function))
		return InvalidOid;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	is_c = ((Form_pg_proc) GETSTRUCT(tuple))->prolang == ClanguageId;
	ReleaseSysCache(tuple);
	return is_c ? function : InvalidOid;
}

static bool
is_own_table(const Guard *g, Oid table)
{
	for (size_t i = 0; i < lengthof(table_names); i++)
	{
		if (g->tables[i] == table)
			return true;
	}
	return false;
}

static bool
is_foreign_function(Oid function, void *guard)
{
	static const char *const harmless[] = {"clock_timestamp", "now", "gen_random_uuid", "pg_has_role"};
	const Guard *g = guard;
	char *name;

	if (OidIsValid(g->may_use) && function == g->may_use)
		return false;
	if (function >= FirstNormalObjectId)
		return true;
	if (func_volatile(function) == PROVOLATILE_IMMUTABLE)
		return false;
	name = get_func_name(function);
	for (size_t i = 0; name != NULL && i < lengthof(harmless); i++)
	{
		if (strcmp(name, harmless[i]) == 0)
			return false;
	}
	return true;
}

static bool
runs_foreign(Node *node, void *guard)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		const RangeTblEntry *rte = (const RangeTblEntry *) node;

		return rte->rtekind == RTE_RELATION && rte->relid >= FirstNormalObjectId &&
			   !is_own_table(guard, rte->relid);
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, runs_foreign, guard, QTW_EXAMINE_RTES_BEFORE);
	if (IsA(node, CoerceToDomain) && ((const CoerceToDomain *) node)->resulttype >= FirstNormalObjectId)
		return true;
	if (check_functions_in_node(node, is_foreign_function, guard))
		return true;
	return expression_tree_walker(node, runs_foreign, guard);
}

static void
refuse(Relation table, const char *what, const char *name)
{
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("table \"%s\" carries a %s that is not the extension's",
						   RelationGetRelationName(table), what),
					name != NULL ? errdetail("\"%s\" would run with your rights.", name)
								 : errdetail("It would run with your rights."),
					errhint("The table's owner can remove it.")));
}

static void
check_triggers(const Guard *g, Relation table)
{
	const TriggerDesc *triggers = table->trigdesc;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *t = &triggers->triggers[i];

		/* Those of a foreign key from another table would run that table's triggers. */
		if (t->tgisinternal ? (OidIsValid(t->tgconstrrelid) && !is_own_table(g, t->tgconstrrelid)) ||
								  t->tgfoid >= FirstNormalObjectId
							: strcmp(t->tgname, STAMP) != 0 || t->tgfoid != g->stamp || t->tgqual != NULL)
			refuse(table, "trigger", t->tgname);
	}
}

static void
check_policies(const Guard *g, Relation table)
{
	ListCell *cell;

	if (table->rd_rsdesc == NULL)
		return;
	foreach (cell, table->rd_rsdesc->policies)
	{
		const RowSecurityPolicy *policy = lfirst(cell);

		if ((strcmp(policy->policy_name, POLICY) != 0 && strcmp(policy->policy_name, GRANTEE) != 0 &&
			 strcmp(policy->policy_name, TRAINER) != 0) ||
			runs_foreign((Node *) policy->qual, unconstify(Guard *, g)) ||
			runs_foreign((Node *) policy->with_check_qual, unconstify(Guard *, g)))
			refuse(table, "policy", policy->policy_name);
	}
}

static void
check_columns(const Guard *g, Relation table)
{
	TupleDesc desc = RelationGetDescr(table);
	const TupleConstr *constr = desc->constr;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(desc, i);

		if (!a->attisdropped && a->atttypid >= FirstNormalObjectId)
			refuse(table, "type", NameStr(a->attname));
	}
	for (int i = 0; constr != NULL && i < constr->num_defval; i++)
	{
		if (runs_foreign(stringToNode(constr->defval[i].adbin), unconstify(Guard *, g)))
			refuse(table, "default", NameStr(TupleDescAttr(desc, constr->defval[i].adnum - 1)->attname));
	}
	for (int i = 0; constr != NULL && i < constr->num_check; i++)
	{
		if (runs_foreign(stringToNode(constr->check[i].ccbin), unconstify(Guard *, g)))
			refuse(table, "check", constr->check[i].ccname);
	}
}

static void
check_indexes(Relation table)
{
	List *indexes = RelationGetIndexList(table);
	ListCell *cell;

	foreach (cell, indexes)
	{
		HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));
		bool plain;

		if (!HeapTupleIsValid(tuple))
			continue;
		plain = heap_attisnull(tuple, Anum_pg_index_indexprs, NULL) &&
				heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
		ReleaseSysCache(tuple);
		if (!plain)
			refuse(table, "index", get_rel_name(lfirst_oid(cell)));
	}
	list_free(indexes);
}

static void
check_table(const Guard *g, Oid relation)
{
	Relation table = table_open(relation, NoLock);

	if (table->rd_rel->relkind != RELKIND_RELATION || table->rd_rel->relispartition)
		refuse(table, "form", NULL);
	if (table->rd_rel->relhassubclass && find_inheritance_children(relation, NoLock) != NIL)
		refuse(table, "child table", NULL);
	if (table->rd_rules != NULL)
		refuse(table, "rule", NULL);
	check_triggers(g, table);
	check_policies(g, table);
	check_columns(g, table);
	check_indexes(table);
	table_close(table, NoLock);
}

static void
relation_changed(Datum unused, Oid relation)
{
	if (!OidIsValid(relation) || is_own_table(&checked.g, relation))
	{
		checked.n = 0;
		checked.changed = true;
	}
}

static void
function_changed(Datum unused, int cache, uint32 hash)
{
	checked.n = 0;
	checked.changed = true;
}

static void
listen(void)
{
	if (checked.listening)
		return;
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(PROCOID, function_changed, (Datum) 0);
	checked.listening = true;
}

/* Whether the first n tables were found in order and nothing has changed since; the locks bring news of changes. */
static bool
still_in_order(Oid namespace, LOCKMODE lock, size_t n)
{
	for (size_t i = 0; checked.n >= n && checked.namespace == namespace && i < n; i++)
		LockRelationOid(checked.g.tables[i], lock);
	return checked.n >= n && checked.namespace == namespace;
}

/* Looks at the first n tables once; true if all of them are there. */
static bool
look(Guard *g, char *schema, Oid namespace, LOCKMODE lock, size_t n)
{
	static const Oid may_use_types[] = {OIDOID, BOOLOID};
	bool complete = true;

	memset(g, 0, sizeof(*g));
	g->stamp = own_function(schema, STAMP, 0, NULL);
	g->may_use = own_function(schema, MAY_USE, lengthof(may_use_types), may_use_types);
	/* Predictions go on where the library is of this version and the tables are not yet; nothing is written there. */
	if (lock != AccessShareLock && (!OidIsValid(g->stamp) || !OidIsValid(g->may_use)))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("the extension's tables are those of an earlier version"),
						errhint("ALTER EXTENSION uprofile UPDATE brings them up to date.")));
	for (size_t i = 0; i < lengthof(table_names); i++)
	{
		g->tables[i] = get_relname_relid(table_names[i], namespace);
		complete = complete && (i >= n || OidIsValid(g->tables[i]));
		if (i < n && OidIsValid(g->tables[i]))
			LockRelationOid(g->tables[i], lock);
	}
	for (size_t i = 0; i < n; i++)
	{
		if (OidIsValid(g->tables[i]))
			check_table(g, g->tables[i]);
	}
	return complete;
}

static void
guard(const char *schema, LOCKMODE lock, size_t n)
{
	List *names = stringToQualifiedNameList(schema
#if PG_VERSION_NUM >= 160000
											,
											NULL
#endif
	);
	char *name = strVal(linitial(names));
	Oid namespace = get_namespace_oid(name, false);
	bool complete;

	if (still_in_order(namespace, lock, n))
		return;
	listen();
	checked.n = 0;
	checked.namespace = namespace;
	/* What changed meanwhile is looked at again; not for ever, since a server can be set to forget all the time. */
	for (int i = 0; i < MAX_LOOKS; i++)
	{
		checked.changed = false;
		complete = look(&checked.g, name, namespace, lock, n);
		if (!checked.changed)
		{
			checked.n = complete ? n : 0;
			return;
		}
	}
}

void
up_registry_guard(const char *schema, LOCKMODE lock)
{
	guard(schema, lock, lengthof(table_names));
}

void
up_registry_guard_prediction(const char *schema)
{
	guard(schema, AccessShareLock, PREDICTION_TABLES);
}
