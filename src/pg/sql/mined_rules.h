/*
 * mined_rules.h - rules as rows, and what they have in common with class rules
 */
#ifndef UPROFILE_MINED_RULES_H
#define UPROFILE_MINED_RULES_H

#include "mine/rules.h"
#include "pg/io/srf.h"
#include "pg/sql/mined_items.h"

/* As many sets as fit into the memory allowed while they are sorted, for sets of about ten items. */
extern uint32_t up_mined_sets_in_memory(void);
/* Rows of the 17 columns of uprofile_apriori. */
extern void up_mined_rules_return(UpSrf *srf, const UpRules *rules, const UpMinedItems *items, bool truncated);
/* top: no more were asked for. */
extern void up_mined_rules_warn(const UpItemsets *sets, const UpRules *rules, const UpRuleOptions *options,
								bool top);
/* The arguments order_by and correction. */
extern UpMeasure up_mined_measure(FunctionCallInfo fcinfo, int i);
extern UpCorrection up_mined_correction(FunctionCallInfo fcinfo, int i);

#endif
