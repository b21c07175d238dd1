/*
 * suppress.c - complementary suppression; see suppress.h
 *
 * A table with hidden cells is a graph: rows and columns are its nodes, a hidden cell is an edge between its row and its column. Sums
 * being known, a cell follows from the others exactly where its edge is a bridge, that is, where it lies on no circle
 * (Gusfield 1988, "A graph theoretic approach to statistical data security"). So cells are hidden until no bridge is left.
 * Where a line has nothing left to hide, its sum is itself that of a small group, which whoever shows sums hides. Cost:
 * O(hidden cells × cells) for each cell that is added.
 */
#include "assess/suppress.h"

#include <string.h>

typedef struct Table
{
	const int64_t *counts;
	size_t n_rows, n_columns;
	uint8_t *hidden;
	uint8_t *seen;  /* nodes: rows, then columns */
	size_t *queue;
} Table;

/* A line: a row or a column, cell by cell. */
typedef struct Line
{
	size_t first, step, n;
} Line;

static Line
row_of(const Table *t, size_t i)
{
	return (Line){i * t->n_columns, 1, t->n_columns};
}

static Line
column_of(const Table *t, size_t j)
{
	return (Line){j, t->n_columns, t->n_rows};
}

/* Hides the smallest cell of a line that is shown; one of 0 only where there is no other. False: there is none. */
static bool
hide_next(Table *t, Line line)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < line.n; i++)
	{
		size_t cell = line.first + i * line.step;

		if (t->hidden[cell])
			continue;
		if (best == SIZE_MAX || (t->counts[cell] > 0 && (t->counts[best] == 0 || t->counts[cell] < t->counts[best])))
			best = cell;
	}
	if (best == SIZE_MAX)
		return false;
	t->hidden[best] = 1;
	return true;
}

/* The hidden cells of a line come to k users together, and are two at least. */
static bool
settle_line(Table *t, Line line, int64_t k)
{
	bool changed = false;

	for (;;)
	{
		int64_t sum = 0;
		size_t n = 0;

		for (size_t i = 0; i < line.n; i++)
		{
			if (t->hidden[line.first + i * line.step])
			{
				sum += t->counts[line.first + i * line.step];
				n++;
			}
		}
		if (n == 0 || (n >= 2 && sum >= k) || !hide_next(t, line))
			return changed;
		changed = true;
	}
}

static bool
settle_lines(Table *t, int64_t k)
{
	bool changed = false;

	for (size_t i = 0; i < t->n_rows; i++)
		changed = settle_line(t, row_of(t, i), k) || changed;
	for (size_t j = 0; t->n_rows > 1 && j < t->n_columns; j++)
		changed = settle_line(t, column_of(t, j), k) || changed;
	return changed;
}

/* Whether the hidden cell's row and column are joined without it. */
static bool
is_on_circle(Table *t, size_t row, size_t column)
{
	size_t head = 0, tail = 0, nodes = t->n_rows + t->n_columns;

	memset(t->seen, 0, nodes);
	t->seen[row] = 1;
	t->queue[tail++] = row;
	while (head < tail && !t->seen[t->n_rows + column])
	{
		size_t node = t->queue[head++];
		bool is_row = node < t->n_rows;

		for (size_t i = 0; i < (is_row ? t->n_columns : t->n_rows); i++)
		{
			size_t r = is_row ? node : i, c = is_row ? i : node - t->n_rows, next = is_row ? t->n_rows + i : i;

			if (!t->hidden[r * t->n_columns + c] || (r == row && c == column) || t->seen[next])
				continue;
			t->seen[next] = 1;
			t->queue[tail++] = next;
		}
	}
	return t->seen[t->n_rows + column];
}

/* Hides one more cell where one follows from the others; false where none does, or nothing helps. */
static bool
break_bridge(Table *t)
{
	for (size_t i = 0; i < t->n_rows; i++)
	{
		for (size_t j = 0; j < t->n_columns; j++)
		{
			up_tick();
			if (!t->hidden[i * t->n_columns + j] || is_on_circle(t, i, j))
				continue;
			if (hide_next(t, row_of(t, i)) || hide_next(t, column_of(t, j)))
				return true;
		}
	}
	return false;
}

void
up_suppress(const int64_t *counts, size_t n_rows, size_t n_columns, int64_t k, uint8_t *hidden)
{
	size_t cells = n_rows * n_columns;
	Table t = {counts, n_rows, n_columns, hidden};

	for (size_t i = 0; i < cells; i++)
		hidden[i] = counts[i] > 0 && counts[i] < k;
	if (k < 2 || cells == 0)
		return;
	t.seen = up_alloc0(n_rows + n_columns);
	t.queue = up_alloc_array(n_rows + n_columns, sizeof(size_t));
	do
	{
		while (settle_lines(&t, k))
			up_tick();
	} while (n_rows > 1 && break_bridge(&t));
	up_free(t.seen);
	up_free(t.queue);
}
