/*
 * boost_parts.c - parts of the work on a boosting's tree; see boost_parts.h
 *
 * Gradients in steps: of as many as their sums over all rows fit into 32 bits with, and one row's into 16 (Shi et al. 2022 show that far
 * fewer do). What rounding leaves goes to the next row: the many small gradients beside a rare class would all round alike, and their
 * sum be off by up to half a step a row. Splits are chosen by these sums; the values of leaves come from exact ones.
 *
 * Cost: counting, rows × features additions of a word, the greater sibling's by subtraction; looking, 256 cells a feature and node.
 */
#include "learn/tree/boost_parts.h"

#include "num/vec_gradient.h"

#include <math.h>
#include <string.h>

#define TICK_ROWS 65536
#define FEW_ROWS  256
#define AHEAD     16 /* rows whose codes are fetched before they are needed */
#define LANES     8  /* of a search for the greatest value */

#define INLINE static inline __attribute__((always_inline))

/* ---- rows ---- */

static uint32_t
block_rows(const UpBoostHow *how, uint32_t block, uint32_t *first)
{
	*first = block * how->block_rows;
	return UP_MIN(how->block_rows, how->n_rows - *first);
}

UpBoostMeasure
up_boost_measure(const double *gradient, const double *hessian, const uint32_t *rows, uint32_t n)
{
	UpBoostMeasure sum = {0};

	for (uint32_t i = 0; i < n; i++)
	{
		double g = fabs(gradient[rows[i]]), h = hessian[rows[i]];

		sum.most_g = g > sum.most_g ? g : sum.most_g;
		sum.most_h = h > sum.most_h ? h : sum.most_h;
		sum.sum_g += g;
		sum.sum_h += h;
	}
	return sum;
}

void
up_boost_measure_part(const void *fixed, void *const *arrays, uint32_t block)
{
	uint32_t first, n = block_rows(fixed, block, &first);

	up_tick();
	((UpBoostMeasure *) arrays[UP_BOOST_OUT])[block] =
		up_boost_measure(arrays[UP_BOOST_GRADIENT], arrays[UP_BOOST_HESSIAN],
						 (const uint32_t *) arrays[UP_BOOST_ROWS] + first, n);
}

void
up_boost_quantize_part(const void *fixed, void *const *arrays, uint32_t block)
{
	const UpBoostHow *how = fixed;
	const double *gradient = arrays[UP_BOOST_GRADIENT], *hessian = arrays[UP_BOOST_HESSIAN];
	UpBoostBlock *out = (UpBoostBlock *) arrays[UP_BOOST_OUT] + block;
	uint32_t first, n = block_rows(how, block, &first);
	const uint32_t *rows = (const uint32_t *) arrays[UP_BOOST_ROWS] + first;
	uint32_t *steps = arrays[UP_BOOST_STEPS];
	uint64_t word = 0;
	double few[2][FEW_ROWS], rest[2 * UP_STEP_LANES] = {0};
	int32_t g[FEW_ROWS], h[FEW_ROWS], most = 1;

	up_tick();
	memcpy((uint32_t *) arrays[UP_BOOST_ITEMS] + first, rows, n * sizeof(uint32_t));
	for (uint32_t at = 0; at < n; at += FEW_ROWS)
	{
		uint32_t here = UP_MIN(FEW_ROWS, n - at);
		const double *of_g = gradient + rows[at], *of_h = hessian + rows[at];

		/* Rows that do not stand one after the other, or are too few, are gathered. */
		if (here < FEW_ROWS || rows[at + here - 1] - rows[at] != here - 1)
		{
			memset(few, 0, sizeof(few));
			for (uint32_t i = 0; i < here; i++)
			{
				few[0][i] = gradient[rows[at + i]];
				few[1][i] = hessian[rows[at + i]];
			}
			of_g = few[0];
			of_h = few[1];
		}
		up_vec_steps(of_g, of_h, FEW_ROWS, 1 / how->step_g, 1 / how->step_h, rest, g, h);
		for (uint32_t i = 0; i < here; i++)
		{
			most = UP_MAX(most, h[i]);
			word += ((uint64_t) (uint32_t) g[i] << 32) + (uint32_t) h[i];
			steps[rows[at + i]] = (uint32_t) (uint16_t) g[i] << 16 | (uint16_t) h[i];
		}
	}
	out->word = word;
	out->most_part = (uint32_t) most;
}

/* Codes of a feature: code[row * stride]. */
static const uint8_t *
codes_of(const UpBoostHow *how, void *const *arrays, uint32_t feature, uint32_t *stride)
{
	uint32_t first = feature / how->panel * how->panel;

	if (how->columns)
	{
		*stride = 1;
		return (const uint8_t *) arrays[UP_BOOST_COLUMNS] + (size_t) feature * how->n_all;
	}
	*stride = UP_MIN(how->panel, how->n_features - first);
	return (const uint8_t *) arrays[UP_BOOST_CODES] + (size_t) first * how->n_all + (feature - first);
}

/* Parts items, each side in its order; returns how many went left. */
static uint32_t
part_items(uint32_t *items, uint32_t n, uint32_t *spare, const uint8_t *codes, size_t stride,
		   const uint8_t *goes_left)
{
	uint32_t n_left = 0, n_right = 0;

	/* Both sides are written and one of them counts, since a processor cannot guess which. */
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t item = items[i], left = goes_left[codes[item * stride]];

		items[n_left] = item;
		spare[n_right] = item;
		n_left += left;
		n_right += 1 - left;
	}
	memcpy(items + n_left, spare, n_right * sizeof(uint32_t));
	return n_left;
}

void
up_boost_part_part(const void *fixed, void *const *arrays, uint32_t block)
{
	const UpBoostHow *how = fixed;
	const UpBoostSplit *splits = arrays[UP_BOOST_WORK];
	uint32_t *out = arrays[UP_BOOST_OUT];
	uint32_t *items = arrays[UP_BOOST_ITEMS];
	uint32_t *spare = (uint32_t *) arrays[UP_BOOST_SPARE] + (size_t) block * how->block_rows;

	for (uint32_t s = 0; s < how->n_work; s++)
	{
		const UpBoostPiece *piece =
			(const UpBoostPiece *) arrays[UP_BOOST_PIECES] + (size_t) splits[s].node * how->n_blocks + block;
		uint32_t stride;
		const uint8_t *codes = codes_of(how, arrays, splits[s].feature, &stride);

		up_tick();
		out[(size_t) s * how->n_blocks + block] =
			part_items(items + piece->first, piece->n, spare, codes, stride,
					   (const uint8_t *) arrays[UP_BOOST_TABLES] + (size_t) s * UP_CELLS);
	}
}

/* ---- histograms ---- */

/* Adds rows to the histograms of a panel; width is a constant where this is called. */
INLINE void
count_items(const uint8_t *UP_RESTRICT panel, size_t width, const uint32_t *UP_RESTRICT items, uint32_t n,
			const uint32_t *UP_RESTRICT steps, uint64_t *UP_RESTRICT cells)
{
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t step = steps[items[i]];
		uint64_t word = (step & 0xffff) + ((uint64_t) ((int32_t) step >> 16) << 32);
		const uint8_t *codes = panel + items[i] * width;

		__builtin_prefetch(panel + items[i + AHEAD < n ? i + AHEAD : i] * width);
#pragma GCC unroll 32
		for (size_t j = 0; j < width; j++)
			cells[j * UP_CELLS + codes[j]] += word;
	}
}

#define WIDTH(w)                                                                                               \
	case w:                                                                                                    \
		count_items(panel, w, items, n, steps, cells);                                                         \
		break

static void
count_piece(const uint8_t *panel, uint32_t width, const uint32_t *items, uint32_t n, const uint32_t *steps,
			uint64_t *cells)
{
	switch (width)
	{
		WIDTH(1);
		WIDTH(2);
		WIDTH(3);
		WIDTH(4);
		WIDTH(5);
		WIDTH(6);
		WIDTH(7);
		WIDTH(8);
		WIDTH(10);
		WIDTH(12);
		WIDTH(14);
		WIDTH(16);
		WIDTH(20);
		WIDTH(24);
		default:
			count_items(panel, width, items, n, steps, cells);
	}
}

/* The rows of a node in blocks from first to before end, in one panel. */
static void
count_blocks(const UpBoostHow *how, void *const *arrays, uint32_t node, uint32_t panel, uint32_t first,
			 uint32_t end, uint64_t *cells)
{
	const UpBoostPiece *pieces = (const UpBoostPiece *) arrays[UP_BOOST_PIECES] + (size_t) node * how->n_blocks;
	const uint32_t *items = arrays[UP_BOOST_ITEMS], *steps = arrays[UP_BOOST_STEPS];
	uint32_t feature = panel * how->panel, width = UP_MIN(how->panel, how->n_features - feature), rows = 0;
	const uint8_t *codes = (const uint8_t *) arrays[UP_BOOST_CODES] + (size_t) feature * how->n_all;

	memset(cells, 0, (size_t) width * UP_CELLS * sizeof(uint64_t));
	for (uint32_t block = first; block < end; block++)
	{
		count_piece(codes, width, items + pieces[block].first, pieces[block].n, steps, cells);
		rows += pieces[block].n;
		if (rows > TICK_ROWS)
		{
			up_tick();
			rows = 0;
		}
	}
}

void
up_boost_count_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const UpBoostHow *how = fixed;
	const UpBoostTask *task = arrays[UP_BOOST_WORK];
	uint32_t panel, group;

	/* Tasks that are counted whole have no parts. */
	while (task->groups == 1 || part >= task->partial + task->groups * how->n_panels)
		task++;
	panel = (part - task->partial) / task->groups;
	group = (part - task->partial) % task->groups;
	count_blocks(how, arrays, task->counted.node, panel, how->n_blocks * group / task->groups,
				 how->n_blocks * (group + 1) / task->groups,
				 (uint64_t *) arrays[UP_BOOST_PARTIAL] + (size_t) part * how->panel * UP_CELLS);
}

/* ---- splits ---- */

typedef struct Looking
{
	const UpBoostHow *how;
	void *const *arrays;
	const UpBoostLook *at;
	double whole_h, whole_g, parent;
	UpBoostFound *best;
} Looking;

static inline double
score(const UpBoostHow *how, double g, double h)
{
	return h + how->l2 > 0 ? 0.5 * g * g / (h + how->l2) : 0;
}

/* Whether both sides of a split are certain to have the rows that leaves need, each of which has no more hessian than most_h. */
static bool
has_rows(const UpBoostHow *how, uint64_t left, uint64_t all)
{
	double least = how->min_samples_leaf * how->most_h;

	return how->min_samples_leaf <= 1 || ((uint32_t) left >= least && (uint32_t) (all - left) >= least);
}

/* The place of the greatest value, the first of such, if it is above most, which becomes it; else NONE. */
static uint32_t
find_most(const double *v, uint32_t n, double *most)
{
	double lanes[LANES], found;
	uint32_t i = 0;

	for (int l = 0; l < LANES; l++)
		lanes[l] = *most;
	for (; i + LANES <= n; i += LANES)
	{
		for (int l = 0; l < LANES; l++)
			lanes[l] = v[i + l] > lanes[l] ? v[i + l] : lanes[l];
	}
	found = lanes[0];
	for (int l = 1; l < LANES; l++)
		found = UP_MAX(found, lanes[l]);
	for (; i < n; i++)
		found = UP_MAX(found, v[i]);
	if (!(found > *most))
		return UP_BOOST_NONE;
	*most = found;
	for (i = 0; v[i] != found;)
		i++;
	return i;
}

/* Numbers without missing values, whatever rows a side has: every edge after a bin that occurs. */
static void
scan_number(const Looking *l, const uint64_t *cells, uint32_t n_bins, UpBoostFound *found)
{
	const UpBoostHow *how = l->how;
	UpGains of = {l->whole_g, l->whole_h, how->l2, how->min_weight * (1 - 1e-4)};
	double g[UP_CELLS], h[UP_CELLS], gain[UP_CELLS], most = found->split.gain;
	uint64_t sums[UP_CELLS], sum = 0;
	uint32_t first = 0, last = n_bins, at, next;

	while (first < last && cells[first] == 0)
		first++;
	while (last > first && cells[last - 1] == 0)
		last--;
	if (last - first < 2)
		return;
	/* A bin that does not occur has the sums and the gain of the one before, which is found first. */
	for (uint32_t c = first; c < last - 1; c++)
	{
		sum += cells[c];
		sums[c - first] = sum;
	}
	up_vec_halves(sums, last - 1 - first, how->step_h, g, h);
	up_vec_gains(g, h, last - 1 - first, &of, gain);
	for (uint32_t i = 0; i < last - 1 - first; i++)
		gain[i] -= l->parent;
	at = find_most(gain, last - 1 - first, &most);
	if (at == UP_BOOST_NONE)
		return;
	for (next = first + at + 1; cells[next] == 0;)
		next++;
	found->split.gain = most;
	found->split.missing_left = h[at] >= l->whole_h - h[at];
	found->split.by_subset = false;
	/* Codes between two that occur go with the nearer one. */
	found->split.bin = (uint8_t) (first + at + (next - (first + at)) / 2);
	found->left = sums[at];
}

/* How many rows of the node have each code. */
static void
count_codes(const Looking *l, uint32_t feature, uint32_t *counts)
{
	const UpBoostHow *how = l->how;
	const UpBoostPiece *pieces =
		(const UpBoostPiece *) l->arrays[UP_BOOST_PIECES] + (size_t) l->at->node * how->n_blocks;
	const uint32_t *items = l->arrays[UP_BOOST_ITEMS];
	uint32_t stride, rows = 0;
	const uint8_t *codes = codes_of(how, l->arrays, feature, &stride);

	memset(counts, 0, UP_CELLS * sizeof(uint32_t));
	for (uint32_t block = 0; block < how->n_blocks; block++)
	{
		const uint32_t *here = items + pieces[block].first;

		for (uint32_t i = 0; i < pieces[block].n; i++)
			counts[codes[(size_t) here[i] * stride]]++;
		rows += pieces[block].n;
		if (rows > TICK_ROWS)
		{
			up_tick();
			rows = 0;
		}
	}
}

/* The way for all kinds of features, of tree_split.c; counts: of rows, or NULL: whatever rows a side has. */
static void
scan_any(const Looking *l, uint32_t feature, const uint64_t *cells, const uint32_t *counts, UpBoostFound *found)
{
	const UpBoostHow *how = l->how;
	const UpBoostFeature *f = (const UpBoostFeature *) l->arrays[UP_BOOST_FEATURES] + feature;
	UpBinning binning = {.n_bins = f->n_bins, .n_values = f->is_category};
	UpBins bins = {1, &binning};
	UpGrowing g = {.bins = &bins,
				   .criterion = UP_GRADIENT,
				   .min_samples_leaf = counts != NULL ? how->min_samples_leaf : 1,
				   .min_weight = how->min_weight * (1 - 1e-4),
				   .l2 = how->l2,
				   .monotone = how->directions ? &f->direction : NULL};
	double wide[UP_CELLS * 3];
	double sums[3] = {counts != NULL ? l->at->n : (uint32_t) l->at->word, l->whole_h, l->whole_g};
	UpSplitNode node = {sums, l->at->low / how->step_g, l->at->high / how->step_g};
	double before = found->split.gain;
	uint8_t present[UP_CELLS + 1];
	uint32_t n_present = 0;

	for (uint32_t code = 0; code < UP_CELLS; code++)
	{
		if (cells[code] == 0 && code != UP_BIN_MISSING)
			continue;
		wide[code * 3] = counts != NULL ? counts[code] : (uint32_t) cells[code];
		wide[code * 3 + 1] = (uint32_t) cells[code] * how->step_h;
		wide[code * 3 + 2] = up_boost_g(cells[code]);
		if (code != UP_BIN_MISSING)
			present[n_present++] = (uint8_t) code;
	}
	up_split_find(&g, 0, wide, present, n_present, &node, &found->split);
	if (!(found->split.gain > before))
		return;
	found->left = 0;
	for (uint32_t code = 0; code < UP_CELLS; code++)
	{
		if (up_split_goes_left(&found->split, (uint8_t) code))
			found->left += cells[code];
	}
}

static void
look(const Looking *l, uint32_t feature, const uint64_t *cells)
{
	const UpBoostFeature *f = (const UpBoostFeature *) l->arrays[UP_BOOST_FEATURES] + feature;
	UpBoostFound found = *l->best;
	uint32_t counts[UP_CELLS];

	if (cells[UP_BIN_MISSING] == 0 && !l->how->directions && !f->is_category)
		scan_number(l, cells, f->n_bins, &found);
	else
		scan_any(l, feature, cells, NULL, &found);
	if (!(found.split.gain > l->best->split.gain))
		return;
	/* Where it is not certain that leaves have the rows that they need, these are counted. */
	if (!has_rows(l->how, found.left, l->at->word))
	{
		found = *l->best;
		count_codes(l, feature, counts);
		scan_any(l, feature, cells, counts, &found);
		if (!(found.split.gain > l->best->split.gain))
			return;
	}
	*l->best = found;
	l->best->split.feature = feature;
}

/* The best split of a node by features from first to before end, which begin with these cells. */
static void
look_features(const UpBoostHow *how, void *const *arrays, uint32_t first, uint32_t end, const UpBoostLook *at,
			  const uint64_t *cells, UpBoostFound *found)
{
	Looking l = {how, arrays, at, (uint32_t) at->word * how->step_h, up_boost_g(at->word), 0, found};

	l.parent = score(how, l.whole_g, l.whole_h);
	for (uint32_t j = first; at->wanted && j < end; j++)
		look(&l, j, cells + (size_t) (j - first) * UP_CELLS);
}

/* What is counted in groups is added up and looked at slice by slice, the rest is the first slice's. */
void
up_boost_find_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const UpBoostHow *how = fixed;
	const UpBoostTask *task = (const UpBoostTask *) arrays[UP_BOOST_WORK] + part / how->slices / how->n_panels;
	UpBoostFound *found = (UpBoostFound *) arrays[UP_BOOST_OUT] + (size_t) part * 2;
	uint32_t panel = part / how->slices % how->n_panels, slice = part % how->slices;
	uint32_t begin = panel * how->panel, width = UP_MIN(how->panel, how->n_features - begin);
	uint32_t slices = task->groups > 1 ? how->slices : 1;
	uint32_t first = begin + width * slice / slices, end = begin + width * (slice + 1) / slices;
	size_t n = (size_t) (end - first) * UP_CELLS;
	size_t slot = (size_t) how->n_features * UP_CELLS, at = (size_t) first * UP_CELLS;
	uint64_t scratch[UP_BOOST_PANEL * UP_CELLS], *all = arrays[UP_BOOST_CELLS];
	uint64_t *UP_RESTRICT cells =
		task->counted.slot != UP_BOOST_NONE ? all + task->counted.slot * slot + at : scratch;

	up_tick();
	found[0].split.gain = found[1].split.gain = -INFINITY;
	if (slice >= slices)
		return;
	if (task->groups == 1)
		count_blocks(how, arrays, task->counted.node, panel, 0, how->n_blocks, cells);
	else
	{
		size_t place = task->partial + (size_t) panel * task->groups;
		const uint64_t *partial = (const uint64_t *) arrays[UP_BOOST_PARTIAL] + place * how->panel * UP_CELLS +
								  (size_t) (first - begin) * UP_CELLS;

		memcpy(cells, partial, n * sizeof(uint64_t));
		for (uint32_t group = 1; group < task->groups; group++)
		{
			partial += (size_t) how->panel * UP_CELLS;
			for (size_t i = 0; i < n; i++)
				cells[i] += partial[i];
		}
	}
	look_features(how, arrays, first, end, &task->counted, cells, &found[0]);
	if (task->other.node != UP_BOOST_NONE)
	{
		uint64_t *UP_RESTRICT rest = all + task->other.slot * slot + at;

		for (size_t i = 0; i < n; i++)
			rest[i] -= cells[i];
		look_features(how, arrays, first, end, &task->other, rest, &found[1]);
	}
}

/* ---- leaves ---- */

void
up_boost_assign_part(const void *fixed, void *const *arrays, uint32_t block)
{
	const UpBoostHow *how = fixed;
	const UpBoostLeaf *leaves = arrays[UP_BOOST_WORK];
	const double *gradient = arrays[UP_BOOST_GRADIENT], *hessian = arrays[UP_BOOST_HESSIAN];
	uint32_t *leaf_of = arrays[UP_BOOST_LEAF_OF];
	const UpBoostPiece *pieces = (const UpBoostPiece *) arrays[UP_BOOST_PIECES] + block;
	UpBoostSums *out = arrays[UP_BOOST_OUT];
	uint32_t n_leaves = 0;

	for (uint32_t i = 0; i < how->n_work; i++)
		n_leaves += leaves[i].other != UP_BOOST_NONE ? 2 : 1;
	out += (size_t) block * n_leaves;
	memset(out, 0, n_leaves * sizeof(UpBoostSums));
	for (uint32_t i = 0; i < how->n_work; i++)
	{
		const UpBoostLeaf *leaf = &leaves[i];
		const UpBoostPiece *piece = pieces + (size_t) leaf->node * how->n_blocks;
		const uint32_t *items = (const uint32_t *) arrays[UP_BOOST_ITEMS] + piece->first;
		UpBoostSums sums = {0, 0, 0}, others = {0, 0, 0};

		if ((i & 255) == 0)
			up_tick();
		if (leaf->other == UP_BOOST_NONE)
		{
			for (uint32_t k = 0; k < piece->n; k++)
			{
				uint32_t row = items[k];

				leaf_of[row] = leaf->leaf;
				sums.gradient += gradient[row];
				sums.hessian += hessian[row];
			}
			sums.rows = piece->n;
		}
		else
		{
			const uint8_t *goes_left =
				(const uint8_t *) arrays[UP_BOOST_TABLES] + (size_t) leaf->table * UP_CELLS;
			uint32_t stride;
			const uint8_t *codes = codes_of(how, arrays, leaf->feature, &stride);

			for (uint32_t k = 0; k < piece->n; k++)
			{
				uint32_t row = items[k], left = goes_left[codes[(size_t) row * stride]];
				double here = left, there = 1 - here;

				/* To one side the row adds zeros, as a processor cannot guess which. */
				leaf_of[row] = left ? leaf->leaf : leaf->other;
				sums.rows += here;
				sums.gradient += gradient[row] * here;
				sums.hessian += hessian[row] * here;
				others.gradient += gradient[row] * there;
				others.hessian += hessian[row] * there;
			}
			others.rows = piece->n - sums.rows;
			out[leaf->other] = others;
		}
		out[leaf->leaf] = sums;
	}
}
