/*
 * rules.h - rules lhs → rhs from frequent item sets
 *
 * With n baskets and c(S) those that have all items of S, for a frequent set Z split into lhs X and rhs Y:
 *   support = c(Z) / n                  confidence = c(Z) / c(X)
 *   lift = n c(Z) / (c(X) c(Y))         leverage = c(Z) / n - c(X) c(Y) / n²
 *   conviction = (1 - c(Y) / n) / (1 - confidence), Infinity where confidence is 1
 *
 *   zhang = (s(Z) - s(X) s(Y)) / max(s(Z) (1 - s(X)), s(X) (s(Y) - s(Z))), s(.) = c(.) / n  (Yan et al., Zhang's metric; -1 to 1)
 *   jaccard = c(Z) / (c(X) + c(Y) - c(Z))            cosine = c(Z) / sqrt(c(X) c(Y))
 *   kulczynski = (c(Z) / c(X) + c(Z) / c(Y)) / 2     imbalance = |c(X) - c(Y)| / (c(X) + c(Y) - c(Z))  (Wu, Chen, Han 2010)
 *   chi_squared = n (n c(Z) - c(X) c(Y))² / (c(X) c(Y) (n - c(X)) (n - c(Y))); 0 where a side is in every basket
 *   p_value: Fisher's exact test, one-sided: of c(Z) baskets or more with both sides, were they independent
 *   improvement = confidence - that of the best rule with the same rhs and fewer items in lhs, none among them (Bayardo 1999)
 *
 * A rule with an empty lhs says what everybody has: c(X) is n, its confidence is the support of rhs and its lift 1.
 */
#ifndef UPROFILE_RULES_H
#define UPROFILE_RULES_H

#include "mine/itemsets.h"

/* Where an item may stand; flags, one byte for each item number. */
#define UP_ON_LEFT  1
#define UP_ON_RIGHT 2

/* Of p-values for the number of rules that were looked at: those with enough support and confidence. */
typedef enum UpCorrection
{
	UP_CORRECT_NONE,
	UP_CORRECT_BONFERRONI,
	UP_CORRECT_BH /* Benjamini, Hochberg 1995 */
} UpCorrection;

/* What rules are ordered by, the greatest first, of p-values the least. */
typedef enum UpMeasure
{
	UP_BY_LIFT,
	UP_BY_SUPPORT,
	UP_BY_CONFIDENCE,
	UP_BY_LEVERAGE,
	UP_BY_CONVICTION,
	UP_BY_ZHANG,
	UP_BY_JACCARD,
	UP_BY_COSINE,
	UP_BY_KULCZYNSKI,
	UP_BY_IMBALANCE,
	UP_BY_CHI_SQUARED,
	UP_BY_P_VALUE,
	UP_BY_IMPROVEMENT,
	UP_MEASURES
} UpMeasure;

/* As the columns are called. */
extern const char *up_measure_name(UpMeasure m);

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
	UpMeasure order_by;
	bool improvement;       /* is wanted, at least as much as … */
	double min_improvement; /* (-1: any) */
	double max_p_value;     /* after the correction; 1: any */
	UpCorrection correction;
	double deadline;   /* as up_seconds counts; 0: none */
	bool only_counted; /* n_tested is all that is wanted: no rule is kept */
} UpRuleOptions;

#define UP_EMPTY_SET UINT32_MAX

/* A rule by the places of its sets in the store; lhs may be UP_EMPTY_SET. */
typedef struct UpRule
{
	double lift;
	double score;       /* what it is ordered by, the greatest first */
	double p_value;     /* uncorrected */
	double improvement; /* NaN where it was not asked for */
	uint32_t whole, lhs, rhs;
} UpRule;

typedef struct UpRules
{
	const UpItemsets *sets;
	uint64_t n_baskets;
	UpRule *rules; /* by score, lift, support (all greatest first), items of lhs, of rhs */
	uint32_t n;
	bool truncated;
	bool out_of_time;
	uint64_t n_tested; /* rules with enough support and confidence */
	double *p_values;  /* [n] corrected */
} UpRules;

/* sets: all frequent sets of any length (min_len 1), or, when truncated, some, with all their subsets. */
extern void up_mine_rules(const UpItemsets *sets, const UpRuleOptions *options, UpRules *rules);
extern void up_rules_free(UpRules *rules);

typedef struct UpRuleNumbers
{
	uint64_t count;
	double support, confidence, lift, leverage, conviction;
	double zhang, jaccard, cosine, kulczynski, imbalance, chi_squared;
	double p_value;     /* corrected */
	double improvement; /* NaN where it was not asked for */
} UpRuleNumbers;

extern UpRuleNumbers up_rule_numbers(const UpRules *rules, uint32_t i);

#endif
