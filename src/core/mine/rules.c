/*
 * rules.c - rules lhs → rhs from frequent item sets (see rules.h)
 *
 * Every subset of a frequent set is frequent, so all counts are in the store; it is hashed by the exclusive or of
 * the items' hashes, from which that of a set without some items follows in one step. Confidence falls as items move
 * from lhs to rhs (Agrawal, Srikant 1994), so rhs grows item by item only while the confidence holds. Lift and other measures have no such
 * order: all rules are looked at, the best max_rules kept, twice as many held at a time.
 *
 * Cost: one probe for each split that is tried, two for each subset of lhs where the improvement is asked for; 48 bytes a rule, 4 to 8
 * bytes a set for the table.
 */
#include "mine/rules.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "num/distributions.h"
#include "num/hash_table.h"

#define NOT_FOUND UINT32_MAX

/* Where an item of the set that is being split stands; flags. */
#define ON_LEFT  1
#define ON_RIGHT 2
#define DROPPED  4 /* by best_simpler */

typedef struct Search
{
	const UpItemsets *sets;
	const UpRuleOptions *options;
	UpRules *out;
	size_t capacity;
	UpHashTable table; /* the sets */
	uint32_t *single;  /* [n_items] the set of this item alone */
	/* the set that is being split */
	uint32_t whole;
	const uint32_t *items;
	uint32_t len;
	uint8_t *place; /* [len] ON_LEFT, ON_RIGHT or DROPPED */
	uint32_t n_right;
	uint32_t must_right; /* items that may not stand on the left and do */
	bool cut;            /* rules were left out: score at least the last kept one's from now on */
	double least_score;
	uint32_t ticks;
} Search;

static uint64_t
item_hash(uint32_t item)
{
	return up_mix64((uint64_t) item + 1);
}

static uint64_t
set_hash(const UpItemsets *sets, size_t i)
{
	uint64_t hash = 0;

	for (uint32_t j = 0; j < sets->sets[i]->len; j++)
		hash ^= item_hash(sets->sets[i]->items[j]);
	return hash;
}

/* The n items that stand in these places of the present split. */
typedef struct Side
{
	unsigned places;
	uint32_t n;
} Side;

static inline bool
is_side(const Search *s, uint32_t set, Side side)
{
	const uint32_t *item = s->sets->sets[set]->items;

	if (s->sets->sets[set]->len != side.n)
		return false;
	for (uint32_t i = 0; i < s->len; i++)
	{
		if ((s->place[i] & side.places) != 0 && *item++ != s->items[i])
			return false;
	}
	return true;
}

#define UP_HASH_NAME              set
#define UP_HASH_OWNER             Search
#define UP_HASH_KEY               Side
#define UP_HASH_EQUAL(s, i, side) is_side(s, i, side)
#define UP_HASH_OF(s, i)          set_hash((s)->sets, i)
#include "num/hash_table.h"

static void
table_build(Search *s)
{
	up_reserve(up_hash_table_slots(s->sets->n) * sizeof(uint32_t) +
				   (size_t) s->options->n_items * sizeof(uint32_t),
			   "the rules");
	set_resize(&s->table, s, s->sets->n, s->sets->n);
	s->single = up_alloc0(UP_MAX(s->options->n_items, 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < s->sets->n; i++)
	{
		if (s->sets->sets[i]->len == 1)
			s->single[s->sets->sets[i]->items[0]] = i;
	}
}

/* The set of the items that stand in these places of the present split. */
static uint32_t
find_side(const Search *s, uint64_t hash, unsigned places, uint32_t n)
{
	uint32_t set = *set_find(&s->table, s, hash, (Side){places, n});

	return set == 0 ? NOT_FOUND : set - 1;
}

static int
compare_sets(const UpItemsets *s, uint32_t a, uint32_t b)
{
	if (a == UP_EMPTY_SET || b == UP_EMPTY_SET)
		return (a != UP_EMPTY_SET) - (b != UP_EMPTY_SET);
	return up_items_compare(s->sets[a]->items, s->sets[a]->len, s->sets[b]->items, s->sets[b]->len);
}

/* Every basket has the empty set. */
static uint64_t
count_of(const UpItemsets *s, uint64_t n_baskets, uint32_t set)
{
	return set == UP_EMPTY_SET ? n_baskets : s->sets[set]->count;
}

/* The sign of lift a - lift b: exactly where the rounded quotients are too near to tell. */
static int
compare_lifts(const UpItemsets *s, uint64_t n, const UpRule *a, const UpRule *b)
{
	if (fabs(a->lift - b->lift) > 1e-12 * a->lift)
		return a->lift < b->lift ? -1 : 1;
#ifdef __SIZEOF_INT128__
	unsigned __int128 left =
		(unsigned __int128) count_of(s, n, a->whole) * count_of(s, n, b->lhs) * count_of(s, n, b->rhs);
	unsigned __int128 right =
		(unsigned __int128) count_of(s, n, b->whole) * count_of(s, n, a->lhs) * count_of(s, n, a->rhs);

	return left < right ? -1 : left > right;
#else
	(void) s;
	(void) n;
	return 0;
#endif
}

typedef struct RuleOrder
{
	const UpItemsets *sets;
	uint64_t n_baskets;
	const UpRule *rules;
	bool by_lift;
} RuleOrder;

static bool
rule_before(const void *context, uint32_t i, uint32_t j)
{
	const RuleOrder *o = context;
	const UpRule *a = &o->rules[i], *b = &o->rules[j];
	uint32_t count_a = o->sets->sets[a->whole]->count, count_b = o->sets->sets[b->whole]->count;
	int by;

	if (!o->by_lift && a->score != b->score)
		return a->score > b->score;
	by = compare_lifts(o->sets, o->n_baskets, a, b);
	if (by != 0)
		return by > 0;
	if (count_a != count_b)
		return count_a > count_b;
	by = compare_sets(o->sets, a->lhs, b->lhs);
	return by != 0 ? by < 0 : compare_sets(o->sets, a->rhs, b->rhs) < 0;
}

/* Orders the rules and keeps the first max_rules of them. */
static void
keep_best(Search *s)
{
	UpRules *out = s->out;
	uint32_t *order = up_alloc_array(UP_MAX(out->n, 1), sizeof(uint32_t));
	UpRule *rules = up_alloc_array(UP_MAX(s->capacity, 1), sizeof(UpRule));
	RuleOrder context = {s->sets, out->n_baskets, out->rules, s->options->order_by == UP_BY_LIFT};

	for (uint32_t i = 0; i < out->n; i++)
		order[i] = i;
	up_sort_numbers(order, out->n, rule_before, &context);
	if (out->n > s->options->max_rules)
	{
		out->n = s->options->max_rules;
		out->truncated = s->cut = true;
		s->least_score = out->rules[order[out->n - 1]].score;
		/* Equal quotients may differ in their last digit. */
		if (context.by_lift)
			s->least_score *= 1 - 1e-12;
	}
	for (uint32_t i = 0; i < out->n; i++)
		rules[i] = out->rules[order[i]];
	up_free(out->rules);
	up_free(order);
	out->rules = rules;
}

static void
push_rule(Search *s, UpRule rule)
{
	UpRules *out = s->out;

	if (s->cut && rule.score < s->least_score)
		return;
	if (out->n >= 2 * (uint64_t) s->options->max_rules && out->n >= 1024)
		keep_best(s);
	if (out->n == s->capacity)
	{
		s->capacity *= 2;
		up_reserve(2 * s->capacity * sizeof(UpRule), "the rules");
		out->rules = up_realloc(out->rules, s->capacity * sizeof(UpRule));
	}
	out->rules[out->n++] = rule;
}

/* up_tick; true: the time is over. */
static bool
is_over(Search *s)
{
	up_tick();
	if (s->options->deadline != 0 && !s->out->out_of_time && ++s->ticks % 64 == 0)
		s->out->out_of_time = up_seconds() >= s->options->deadline;
	return s->out->out_of_time;
}

static bool
may_stand(const Search *s, uint32_t item, uint8_t side)
{
	return s->options->sides == NULL || (s->options->sides[item] & side) != 0;
}

/*
 * The best confidence of rules with this rhs and some items of lhs fewer, of which those from place start on may go next. left:
 * hash of what is there, of n_left items. Every subset of a frequent set is in the store.
 */
static double
best_simpler(Search *s, uint32_t rhs, uint64_t right, uint32_t start, uint64_t left, uint32_t n_left)
{
	uint32_t n_right = s->sets->sets[rhs]->len, n = n_left - 1;
	const UpItemset *const *sets = s->sets->sets;
	double best = -INFINITY;

	up_tick();
	for (uint32_t i = start; i < s->len; i++)
	{
		uint64_t hash = left ^ item_hash(s->items[i]);
		double confidence;

		if (s->place[i] != ON_LEFT)
			continue;
		s->place[i] = DROPPED;
		if (n == 0)
			confidence = (double) sets[rhs]->count / (double) s->options->n_baskets;
		else
		{
			confidence = (double) sets[find_side(s, hash ^ right, ON_LEFT | ON_RIGHT, n + n_right)]->count /
						 (double) sets[find_side(s, hash, ON_LEFT, n)]->count;
			confidence = UP_MAX(confidence, best_simpler(s, rhs, right, i + 1, hash, n));
		}
		best = UP_MAX(best, confidence);
		s->place[i] = ON_LEFT;
	}
	return best;
}

/* NaN without a left side: there is no simpler rule. */
static double
improvement_of(Search *s, uint32_t lhs, uint32_t rhs)
{
	const UpItemsets *sets = s->sets;

	if (lhs == UP_EMPTY_SET)
		return NAN;
	return (double) sets->sets[s->whole]->count / (double) sets->sets[lhs]->count -
		   best_simpler(s, rhs, set_hash(sets, rhs), 0, set_hash(sets, lhs), sets->sets[lhs]->len);
}

static UpRuleNumbers
rule_numbers(const UpItemsets *sets, uint64_t n_baskets, const UpRule *rule)
{
	double n = (double) n_baskets, lhs = (double) count_of(sets, n_baskets, rule->lhs);
	uint32_t whole = sets->sets[rule->whole]->count, rhs = sets->sets[rule->rhs]->count;
	double either = lhs + rhs - whole,
		   beyond = n * whole - lhs * rhs; /* n² times the leverage, exact below 2^53 */
	UpRuleNumbers v = {.count = whole, .lift = rule->lift, .p_value = rule->p_value};

	v.improvement = rule->improvement;
	v.support = whole / n;
	v.confidence = whole / lhs;
	v.leverage = rule->lhs == UP_EMPTY_SET ? 0 : v.support - lhs / n * (rhs / n);
	v.conviction = whole == lhs ? INFINITY : (1 - rhs / n) / (1 - v.confidence);
	v.zhang = beyond == 0 ? 0 : beyond / UP_MAX(whole * (n - lhs), lhs * (rhs - (double) whole));
	v.jaccard = whole / either;
	v.cosine = whole / sqrt(lhs * rhs);
	v.kulczynski = (v.confidence + (double) whole / rhs) / 2;
	v.imbalance = fabs(lhs - rhs) / either;
	v.chi_squared = lhs == n || rhs == n ? 0 : beyond / (lhs * (n - lhs)) * (beyond / (rhs * (n - rhs))) * n;
	return v;
}

static const char *const measures[UP_MEASURES] = {
	[UP_BY_LIFT] = "lift",
	[UP_BY_SUPPORT] = "support",
	[UP_BY_CONFIDENCE] = "confidence",
	[UP_BY_LEVERAGE] = "leverage",
	[UP_BY_CONVICTION] = "conviction",
	[UP_BY_ZHANG] = "zhang",
	[UP_BY_JACCARD] = "jaccard",
	[UP_BY_COSINE] = "cosine",
	[UP_BY_KULCZYNSKI] = "kulczynski",
	[UP_BY_IMBALANCE] = "imbalance",
	[UP_BY_CHI_SQUARED] = "chi_squared",
	[UP_BY_P_VALUE] = "p_value",
	[UP_BY_IMPROVEMENT] = "improvement",
};

const char *
up_measure_name(UpMeasure m)
{
	return measures[m];
}

static double
measure(const UpItemsets *sets, uint64_t n_baskets, const UpRule *rule, UpMeasure m)
{
	UpRuleNumbers v = rule_numbers(sets, n_baskets, rule);
	const double of[UP_MEASURES] = {v.lift,        v.support, v.confidence, v.leverage,   v.conviction,
									v.zhang,       v.jaccard, v.cosine,     v.kulczynski, v.imbalance,
									v.chi_squared, v.p_value, v.improvement};

	return of[m];
}

static double
p_value(const Search *s, const UpRule *rule)
{
	return up_hypergeometric_tail(s->sets->sets[rule->whole]->count, s->sets->sets[rule->rhs]->count,
								  (double) count_of(s->sets, s->options->n_baskets, rule->lhs),
								  (double) s->options->n_baskets);
}

static void
try_rule(Search *s, uint32_t lhs, uint32_t rhs)
{
	const UpRuleOptions *o = s->options;
	const UpItemset *const *sets = s->sets->sets;
	double n = (double) o->n_baskets, c_lhs = (double) count_of(s->sets, o->n_baskets, lhs);
	UpRule rule = {.whole = s->whole, .lhs = lhs, .rhs = rhs, .p_value = NAN, .improvement = NAN};

	rule.score = rule.lift = (double) sets[s->whole]->count * n / (c_lhs * (double) sets[rhs]->count);
	s->out->n_tested++;
	if (o->only_counted || rule.lift < o->min_lift * (1 - 1e-12))
		return;
	if (o->order_by != UP_BY_LIFT && o->order_by != UP_BY_P_VALUE && o->order_by != UP_BY_IMPROVEMENT)
		rule.score = measure(s->sets, o->n_baskets, &rule, o->order_by);
	if (o->order_by == UP_BY_P_VALUE)
	{
		rule.p_value = p_value(s, &rule);
		rule.score = -rule.p_value;
	}
	if (o->order_by != UP_BY_IMPROVEMENT && s->cut && rule.score < s->least_score)
		return;
	/* No correction makes it smaller. Where it does not matter it is left to the rules that are kept. */
	if (o->max_p_value < 1)
	{
		if (isnan(rule.p_value))
			rule.p_value = p_value(s, &rule);
		if (rule.p_value > o->max_p_value)
			return;
	}
	if (o->improvement)
	{
		rule.improvement = improvement_of(s, lhs, rhs);
		if (rule.improvement < o->min_improvement - 1e-12)
			return;
	}
	if (o->order_by == UP_BY_IMPROVEMENT)
		rule.score = isnan(rule.improvement) ? -INFINITY : rule.improvement;
	push_rule(s, rule);
}

/* Moves one more item, from place start on, to the right. left, right: hashes of the sides. */
static void
grow_right(Search *s, uint32_t start, uint64_t left, uint64_t right)
{
	const UpRuleOptions *o = s->options;
	double least = o->min_confidence * (1 - 1e-12);

	for (uint32_t i = start; i < s->len && s->n_right + 1 < s->len; i++)
	{
		uint32_t item = s->items[i], lhs;
		uint64_t hash = item_hash(item);
		bool forced = !may_stand(s, item, UP_ON_LEFT);

		if (!may_stand(s, item, UP_ON_RIGHT))
			continue;
		s->place[i] = ON_RIGHT;
		s->n_right++;
		s->must_right -= forced;
		lhs = find_side(s, left ^ hash, ON_LEFT, s->len - s->n_right);
		if (lhs != NOT_FOUND && s->sets->sets[s->whole]->count >= least * s->sets->sets[lhs]->count)
		{
			if (s->must_right == 0)
			{
				uint32_t rhs =
					s->n_right == 1 ? s->single[item] : find_side(s, right ^ hash, ON_RIGHT, s->n_right);

				if (rhs != NOT_FOUND)
					try_rule(s, lhs, rhs);
			}
			if (o->max_rhs == 0 || s->n_right < o->max_rhs)
				grow_right(s, i + 1, left ^ hash, right ^ hash);
		}
		s->place[i] = ON_LEFT;
		s->n_right--;
		s->must_right += forced;
		if (is_over(s))
			return;
	}
}

/* The whole set on the right, and nothing on the left. */
static void
try_empty_left(Search *s)
{
	const UpRuleOptions *o = s->options;

	if (o->min_len > 1 || (o->max_rhs > 0 && s->len > o->max_rhs))
		return;
	for (uint32_t i = 0; i < s->len; i++)
	{
		if (!may_stand(s, s->items[i], UP_ON_RIGHT))
			return;
	}
	if (s->sets->sets[s->whole]->count >= o->min_confidence * (1 - 1e-12) * (double) o->n_baskets)
		try_rule(s, UP_EMPTY_SET, s->whole);
}

static void
split_set(Search *s, uint32_t whole)
{
	uint64_t hash = 0;

	s->whole = whole;
	s->items = s->sets->sets[whole]->items;
	s->len = s->sets->sets[whole]->len;
	s->n_right = s->must_right = 0;
	try_empty_left(s);
	if (s->len < 2 || s->len < s->options->min_len)
		return;
	for (uint32_t i = 0; i < s->len; i++)
	{
		hash ^= item_hash(s->items[i]);
		s->must_right += !may_stand(s, s->items[i], UP_ON_LEFT);
	}
	if (s->must_right == s->len || (s->options->max_rhs > 0 && s->must_right > s->options->max_rhs))
		return;
	grow_right(s, 0, hash, 0);
}

static bool
less_likely(const void *context, uint32_t i, uint32_t j)
{
	const UpRule *rules = context;

	return rules[i].p_value < rules[j].p_value;
}

/*
 * The step-up procedure: the least of p_j m / j of this and all greater p-values. Those above max_p_value have been left out; theirs
 * are above it too, so what is kept is the same.
 */
static void
correct_bh(UpRules *out)
{
	uint32_t *order = up_alloc_array(UP_MAX(out->n, 1), sizeof(uint32_t));
	double least = 1;

	for (uint32_t i = 0; i < out->n; i++)
		order[i] = i;
	up_sort_numbers(order, out->n, less_likely, out->rules);
	for (uint32_t i = out->n; i > 0; i--)
	{
		least = UP_MIN(least, out->rules[order[i - 1]].p_value * (double) out->n_tested / i);
		out->p_values[order[i - 1]] = least;
	}
	up_free(order);
}

/* Gives the rules that are kept their corrected p-values, and drops those that are too likely by them. */
static void
correct(Search *s)
{
	UpRules *out = s->out;
	uint32_t n = 0;

	up_reserve((size_t) out->n * (sizeof(double) + sizeof(uint32_t)), "the rules");
	out->p_values = up_alloc_array(UP_MAX(out->n, 1), sizeof(double));
	for (uint32_t i = 0; i < out->n; i++)
	{
		UpRule *rule = &out->rules[i];

		if ((i & 1023) == 0)
			up_tick();
		if (isnan(rule->p_value))
			rule->p_value = p_value(s, rule);
		out->p_values[i] = rule->p_value;
		if (s->options->correction == UP_CORRECT_BONFERRONI)
			out->p_values[i] = UP_MIN(1, rule->p_value * (double) out->n_tested);
	}
	if (s->options->correction == UP_CORRECT_BH)
		correct_bh(out);
	for (uint32_t i = 0; i < out->n; i++)
	{
		if (out->p_values[i] > s->options->max_p_value)
			continue;
		out->rules[n] = out->rules[i];
		out->p_values[n++] = out->p_values[i];
	}
	out->n = n;
}

void
up_mine_rules(const UpItemsets *sets, const UpRuleOptions *options, UpRules *rules)
{
	Search s = {.sets = sets, .options = options, .out = rules, .capacity = 1024};
	uint32_t longest = 1;

	memset(rules, 0, sizeof(*rules));
	rules->sets = sets;
	rules->n_baskets = options->n_baskets;
	rules->rules = up_alloc_array(s.capacity, sizeof(UpRule));
	for (uint32_t i = 0; i < sets->n; i++)
		longest = UP_MAX(longest, sets->sets[i]->len);
	s.place = up_alloc_array(longest, 1);
	memset(s.place, ON_LEFT, longest);
	table_build(&s);
	for (uint32_t i = 0; i < sets->n; i++)
	{
		if ((i & 1023) == 0)
			up_progress("deriving rules", i, sets->n);
		/* From the first set on: rules of the most frequent sets are what there is when time is over. */
		split_set(&s, i);
		if (is_over(&s))
			break;
	}
	keep_best(&s);
	correct(&s);
	rules->truncated |= sets->truncated || rules->out_of_time;
	up_free(s.place);
	up_free(s.table.slots);
	up_free(s.single);
}

void
up_rules_free(UpRules *rules)
{
	up_free(rules->rules);
	up_free(rules->p_values);
	memset(rules, 0, sizeof(*rules));
}

UpRuleNumbers
up_rule_numbers(const UpRules *r, uint32_t i)
{
	UpRuleNumbers v = rule_numbers(r->sets, r->n_baskets, &r->rules[i]);

	v.p_value = r->p_values[i];
	return v;
}
