/*
 * rules.c - association rules as a recommender: who has lhs has rhs
 *
 * Each user is a basket of the items that he has. A rule fires where all items of its left side are there; an item scores the
 * greatest confidence of the rules that fire for it. Frequent sets and rules are those of mine/ (see mine/rules.h for their measures).
 *
 * Rules stand below the first item of their left side, so that a history looks only at those that may fire: cost of an answer, the
 * rules of its items. 24 bytes a rule and 4 an item of lhs.
 */
#include "learn/recommend/recommender.h"

#include <math.h>
#include <string.h>

#include "mine/miner.h"
#include "mine/rules.h"

#define MOST_RULES 10000000
#define MOST_SETS  10000000
#define MOST_LHS   16

typedef struct RulesParams
{
	double min_support, min_confidence, min_lift;
	int64_t max_len, max_rules;
} RulesParams;

#define UP_PARAMS_OF RulesParams
static const UpParam rules_params[] = {
	UP_REAL_PARAM("min_support", min_support, "0.01", 0, 1e9,
				  "users that have all items of a rule: up to 1 a share, above 1 a number", .min_open = true),
	UP_REAL_PARAM("min_confidence", min_confidence, "0.1", 0, 1,
				  "of the users who have lhs, the share with rhs"),
	UP_REAL_PARAM("min_lift", min_lift, "1", 0, 1e9, "how much more often than by chance"),
	UP_INT_PARAM("max_len", max_len, "2", 2, MOST_LHS, "items of both sides"),
	UP_INT_PARAM("max_rules", max_rules, "100000", 1, MOST_RULES, "rules that are kept, by confidence"),
};

typedef struct Rule
{
	uint32_t lhs, n_lhs; /* place in items */
	uint32_t rhs;
	uint32_t count; /* of users */
	double confidence, lift;
} Rule;

typedef struct Rules
{
	uint32_t n_items;
	uint32_t n;
	uint32_t n_all_items;
	Rule *rules;      /* by the first item of lhs, then by confidence, as they came */
	uint32_t *items;  /* of all left sides, ascending in each */
	uint32_t *starts; /* [n_items + 1] into rules */
} Rules;

/* ---- training ---- */

static void
baskets_of(const UpInteractions *x, UpBaskets *b)
{
	uint64_t n = x->starts[x->n_users];

	if (n > UINT32_MAX)
		up_fail(UP_LIMIT, "%llu interactions are more than rules can be mined from", (unsigned long long) n);
	memset(b, 0, sizeof(*b));
	b->n_baskets = x->n_users;
	b->n_items = x->n_items;
	b->items = x->items;
	b->starts = up_alloc_array((size_t) x->n_users + 1, sizeof(uint32_t));
	b->counts = up_alloc0(x->n_items * sizeof(uint32_t));
	for (uint32_t u = 0; u <= x->n_users; u++)
		b->starts[u] = (uint32_t) x->starts[u];
	for (uint64_t i = 0; i < n; i++)
		b->counts[x->items[i]]++;
}

static void
mine(const RulesParams *p, const UpBaskets *b, UpItemsets *sets, UpRules *rules)
{
	uint32_t *number = up_alloc_array(b->n_items, sizeof(uint32_t));
	UpMining mining = {.min_count = (uint32_t) UP_MAX(2, up_min_count(p->min_support, b->n_baskets)),
					   .min_len = 1,
					   .max_len = (uint32_t) p->max_len,
					   .max_sets = MOST_SETS,
					   .number = number,
					   .n_numbers = b->n_items};
	UpRuleOptions options = {.n_baskets = b->n_baskets,
							 .n_items = b->n_items,
							 .min_confidence = p->min_confidence,
							 .min_lift = p->min_lift,
							 .min_len = 2,
							 .max_rhs = 1,
							 .max_rules = (uint32_t) p->max_rules,
							 .order_by = UP_BY_CONFIDENCE,
							 .min_improvement = -1,
							 .max_p_value = 1};

	for (uint32_t i = 0; i < b->n_items; i++)
		number[i] = i;
	up_mine_itemsets(b, &mining, sets);
	up_mine_rules(sets, &options, rules);
}

/* Takes over what was mined; rules keep their order below their first item. */
static void
keep_rules(Rules *body, const UpRules *mined)
{
	const UpItemsets *sets = mined->sets;
	uint32_t *at = up_alloc0(((size_t) body->n_items + 2) * sizeof(uint32_t));
	size_t n_items = 0;

	for (uint32_t i = 0; i < mined->n; i++)
	{
		at[sets->sets[mined->rules[i].lhs]->items[0] + 2]++;
		n_items += sets->sets[mined->rules[i].lhs]->len;
	}
	for (uint32_t i = 0; i < body->n_items; i++)
		at[i + 2] += at[i + 1];
	body->rules = up_alloc_array(UP_MAX(mined->n, 1), sizeof(Rule));
	body->items = up_alloc_array(UP_MAX(n_items, 1), sizeof(uint32_t));
	for (uint32_t i = 0; i < mined->n; i++)
	{
		const UpRule *from = &mined->rules[i];
		const uint32_t *lhs = sets->sets[from->lhs]->items;
		Rule *rule = &body->rules[at[lhs[0] + 1]++];
		UpRuleNumbers numbers = up_rule_numbers(mined, i);

		rule->n_lhs = sets->sets[from->lhs]->len;
		rule->lhs = body->n_all_items;
		memcpy(body->items + rule->lhs, lhs, rule->n_lhs * sizeof(uint32_t));
		body->n_all_items += rule->n_lhs;
		rule->rhs = sets->sets[from->rhs]->items[0];
		rule->count = (uint32_t) numbers.count;
		rule->confidence = numbers.confidence;
		rule->lift = numbers.lift;
	}
	body->n = mined->n;
	body->starts = at;
}

static void *
rules_fit(const UpRecommendFit *fit)
{
	Rules *body = up_alloc0(sizeof(*body));
	UpArena *arena = up_arena_enter();
	UpBaskets baskets;
	UpItemsets sets;
	UpRules mined;

	body->n_items = fit->data->n_items;
	baskets_of(fit->data, &baskets);
	mine(fit->params, &baskets, &sets, &mined);
	up_arena_suspend(arena);
	keep_rules(body, &mined);
	up_value_set(fit->info, "rules_truncated", up_value_bool(mined.truncated || sets.truncated));
	up_arena_resume(arena);
	up_arena_leave(arena);
	return body;
}

/* ---- as bytes ---- */

static void
rules_write(const void *body, UpWriter *w)
{
	const Rules *b = body;

	up_put_u32(w, b->n);
	up_put_u32(w, b->n_all_items);
	for (uint32_t i = 0; i < b->n; i++)
	{
		const Rule *rule = &b->rules[i];

		up_put_u8(w, (uint8_t) rule->n_lhs);
		for (uint32_t k = 0; k < rule->n_lhs; k++)
			up_put_u32(w, b->items[rule->lhs + k]);
		up_put_u32(w, rule->rhs);
		up_put_u32(w, rule->count);
		up_put_f64(w, rule->confidence);
		up_put_f64(w, rule->lift);
	}
}

static void
get_rule(UpReader *r, Rules *b, Rule *rule, uint32_t n_all_items)
{
	rule->n_lhs = up_get_u8(r);
	rule->lhs = b->n_all_items;
	if (rule->n_lhs == 0 || rule->n_lhs > n_all_items - b->n_all_items)
		up_corrupt(r, "left side of a rule");
	for (uint32_t k = 0; k < rule->n_lhs; k++)
	{
		uint32_t item = up_get_u32(r);

		if (item >= b->n_items || (k > 0 && item <= b->items[b->n_all_items - 1]))
			up_corrupt(r, "item of a rule");
		b->items[b->n_all_items++] = item;
	}
	rule->rhs = up_get_u32(r);
	rule->count = up_get_u32(r);
	rule->confidence = up_get_f64(r);
	rule->lift = up_get_f64(r);
	if (rule->rhs >= b->n_items || rule->confidence < 0 || rule->confidence > 1 || rule->lift < 0)
		up_corrupt(r, "rule");
}

static void *
rules_read(UpReader *r, uint32_t n_items, uint32_t n_segments)
{
	Rules *b = up_alloc0(sizeof(*b));
	uint32_t n_all_items, last = 0;

	(void) n_segments;
	b->n_items = n_items;
	b->n = up_get_count(r, 29, MOST_RULES, "rules");
	n_all_items = up_get_count(r, 4, UINT32_MAX, "items of rules");
	b->rules = up_alloc_array(UP_MAX(b->n, 1), sizeof(Rule));
	b->items = up_alloc_array(UP_MAX(n_all_items, 1), sizeof(uint32_t));
	b->starts = up_alloc0(((size_t) n_items + 2) * sizeof(uint32_t));
	for (uint32_t i = 0; i < b->n; i++)
	{
		uint32_t first;

		if ((i & 65535) == 65535)
			up_tick();
		get_rule(r, b, &b->rules[i], n_all_items);
		first = b->items[b->rules[i].lhs];
		if (first < last)
			up_corrupt(r, "order of rules");
		last = first;
		b->starts[first + 1]++;
	}
	if (b->n_all_items != n_all_items)
		up_corrupt(r, "items of rules");
	for (uint32_t i = 0; i < n_items; i++)
		b->starts[i + 1] += b->starts[i];
	return b;
}

static void
rules_describe(const void *body, UpValue *info)
{
	up_value_set(info, "rules", up_value_number(((const Rules *) body)->n));
}

/* ---- answers ---- */

static bool
has_item(const UpHistory *h, uint32_t item)
{
	uint32_t low = 0, high = h->n;

	while (low < high)
	{
		uint32_t mid = low + (high - low) / 2;

		if (h->items[mid] == item)
			return true;
		if (h->items[mid] < item)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* Whether all of lhs is there; its first item is. */
static bool
fires(const Rules *b, const Rule *rule, const UpHistory *h)
{
	for (uint32_t k = 1; k < rule->n_lhs; k++)
	{
		if (!has_item(h, b->items[rule->lhs + k]))
			return false;
	}
	return true;
}

static void
rules_score(const void *body, const UpHistory *h, double *out)
{
	const Rules *b = body;

	memset(out, 0, b->n_items * sizeof(double));
	for (uint32_t i = 0; i < h->n; i++)
	{
		for (uint32_t k = b->starts[h->items[i]]; k < b->starts[h->items[i] + 1]; k++)
		{
			const Rule *rule = &b->rules[k];

			if (rule->confidence > out[rule->rhs] && fires(b, rule, h))
				out[rule->rhs] = rule->confidence;
		}
	}
}

/* Of the rules that fire for an item that of the greatest confidence, then lift; NULL: none does. */
static const Rule *
best_rule(const Rules *b, const UpHistory *h, uint32_t item)
{
	const Rule *best = NULL;

	for (uint32_t i = 0; i < h->n; i++)
	{
		for (uint32_t k = b->starts[h->items[i]]; k < b->starts[h->items[i] + 1]; k++)
		{
			const Rule *rule = &b->rules[k];

			if (rule->rhs != item ||
				(best != NULL && (rule->confidence < best->confidence ||
								  (rule->confidence == best->confidence && rule->lift <= best->lift))))
				continue;
			if (fires(b, rule, h))
				best = rule;
		}
	}
	return best;
}

/* Its left side shares what it gives. */
static bool
rules_reason(const void *body, const UpHistory *h, uint32_t item, double *out)
{
	const Rules *b = body;
	const Rule *rule = best_rule(b, h, item);

	if (rule == NULL)
		return false;
	for (uint32_t i = 0; i < h->n; i++)
	{
		out[i] = 0;
		for (uint32_t k = 0; k < rule->n_lhs; k++)
		{
			if (b->items[rule->lhs + k] == h->items[i])
				out[i] = rule->confidence / rule->n_lhs;
		}
	}
	return true;
}

static char *
rules_words(const void *body, const UpHistory *h, uint32_t item, char *const *names)
{
	const Rules *b = body;
	const Rule *rule = best_rule(b, h, item);
	char *lhs;

	if (rule == NULL)
		return NULL;
	lhs = up_strdup(names[b->items[rule->lhs]]);
	for (uint32_t k = 1; k < rule->n_lhs; k++)
		lhs = up_format("%s, %s", lhs, names[b->items[rule->lhs + k]]);
	return up_format("rule {%s} -> %s: confidence %.2f, lift %.2f, %u users", lhs, names[item],
					 rule->confidence, rule->lift, rule->count);
}

static void
rules_similar(const void *body, uint32_t item, double *out)
{
	UpHistory h = {.n = 1, .items = &item, .segment = UP_NO_SEGMENT};

	rules_score(body, &h, out);
}

const UpRecommender up_recommend_rules = {
	.name = "rules",
	.number = 7,
	.help = "association rules: who has some items has another; the rule of the greatest confidence counts",
	.params = {rules_params, UP_LENGTH(rules_params)},
	.params_size = sizeof(RulesParams),
	.fit = rules_fit,
	.write = rules_write,
	.read = rules_read,
	.describe = rules_describe,
	.score = rules_score,
	.reason = rules_reason,
	.words = rules_words,
	.similar = rules_similar,
};
