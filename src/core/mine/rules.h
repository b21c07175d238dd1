/*
 * rules.h - rules lhs → rhs from frequent item sets
 *
 * With n baskets and c(S) those that have all items of S, for a frequent set Z split into lhs X and rhs Y:
 *   support = c(Z) / n                  confidence = c(Z) / c(X)
 *   lift = n c(Z) / (c(X) c(Y))         leverage = c(Z) / n - c(X) c(Y) / n²
 *   conviction = (1 - c(Y) / n) / (1 - confidence), Infinity where confidence is 1
 * A rule with an empty lhs says what everybody has: c(X) is n, its confidence is the support of rhs and its lift 1.
 */
#ifndef UPROFILE_RULES_H
#define UPROFILE_RULES_H

#include "mine/itemsets.h"

/* Where an item may stand; flags, one byte for each item number. */
#define UP_ON_LEFT  1
#define UP_ON_RIGHT 2

typedef struct UpRuleOptions
{
	uint64_t n_baskets;
	uint32_t n_items;     /* numbers of items are below */
	const uint8_t *sides; /* [n_items]; NULL: both for all */
	double min_confidence;
	double min_lift;
	uint32_t min_len; /* items of both sides; 1: also rules with an empty lhs */
	uint32_t max_rhs; /* 0: any */
	uint32_t max_rules;
} UpRuleOptions;

#define UP_EMPTY_SET UINT32_MAX

/* A rule by the places of its sets in the store; lhs may be UP_EMPTY_SET. */
typedef struct UpRule
{
	double lift;
	uint32_t whole, lhs, rhs;
} UpRule;

typedef struct UpRules
{
	const UpItemsets *sets;
	uint64_t n_baskets;
	UpRule *rules; /* by lift, support (both greatest first), items of lhs, of rhs */
	uint32_t n;
	bool truncated;
} UpRules;

/* sets: all frequent sets of any length (min_len 1), or, when truncated, the first of them in their order. */
extern void up_mine_rules(const UpItemsets *sets, const UpRuleOptions *options, UpRules *rules);
extern void up_rules_free(UpRules *rules);

typedef struct UpRuleNumbers
{
	uint64_t count;
	double support, confidence, lift, leverage, conviction;
} UpRuleNumbers;

extern UpRuleNumbers up_rule_numbers(const UpRules *rules, uint32_t i);

#endif
