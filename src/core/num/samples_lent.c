/*
 * samples_lent.c - rows as parts of jobs see them; see samples.h
 *
 * A part is told of each block which of the job's arrays it stands in, and where: in a home, that this process or one
 * of a parallel scan filled, or among copies of the few blocks that processes have for themselves, where the rows of a scan begin and end.
 */
#include "num/samples.h"

#include <string.h>

#define MOST_COPIED 16 /* blocks, that stand where workers do not see them */

/* Which of the job's arrays a block stands in, and where. */
typedef struct LentBlock
{
	uint64_t array;
	uint64_t offset;
} LentBlock;

enum
{
	BLOCKS,
	COPIES,
	HOMES
};

struct UpLent
{
	LentBlock *blocks;
	char *copies;
};

static LentBlock
find_home(const UpSamples *s, const char *rows)
{
	for (uint32_t i = 0; i < s->n_homes; i++)
	{
		if (rows >= s->homes[i] && rows < s->homes[i] + s->home_bytes[i])
			return (LentBlock){HOMES + i, (uint64_t) (rows - s->homes[i])};
	}
	return (LentBlock){COPIES, 0};
}

bool
up_samples_lend(UpSamples *s)
{
	size_t size = up_samples_row_bytes(s) << s->shift, copied = 0, n = s->n_blocks;
	struct UpLent *lent;

	if (s->n_homes == 0 || up_samples_packed(s))
		return false;
	for (size_t i = 0; i < n; i++)
		copied += find_home(s, s->blocks[i].rows).array == COPIES;
	if (copied > UP_MIN(MOST_COPIED, n / 2))
		return false;
	lent = up_alloc(sizeof(struct UpLent));
	lent->blocks = up_alloc_large_array(n, sizeof(LentBlock));
	lent->copies = copied > 0 ? up_alloc_large_array(copied, size) : NULL;
	copied = 0;
	for (size_t i = 0; i < n; i++)
	{
		LentBlock b = find_home(s, s->blocks[i].rows);

		if (b.array == COPIES)
		{
			uint64_t rows = UP_MIN(UINT64_C(1) << s->shift, s->n_rows - ((uint64_t) i << s->shift));

			b.offset = copied++ * size;
			memcpy(lent->copies + b.offset, s->blocks[i].rows, (size_t) rows * up_samples_row_bytes(s));
		}
		lent->blocks[i] = b;
	}
	s->lent = lent;
	return true;
}

UpSamples *
up_samples_lend_to_workers(UpSamples *s)
{
	return s->lent == NULL && up_workers() > 1 && up_samples_lend(s) ? s : NULL;
}

void
up_samples_take_back(UpSamples *s)
{
	if (s == NULL || s->lent == NULL)
		return;
	up_free_large(s->lent->blocks);
	up_free_large(s->lent->copies);
	up_free(s->lent);
	s->lent = NULL;
}

UpSamplesForm
up_samples_form(const UpSamples *s, void **arrays)
{
	memset(arrays, 0, UP_SAMPLES_ARRAYS * sizeof(void *));
	if (s->lent == NULL)
		arrays[0] = (void *) s;
	else
	{
		arrays[BLOCKS] = s->lent->blocks;
		arrays[COPIES] = s->lent->copies;
		memcpy(arrays + HOMES, s->homes, s->n_homes * sizeof(char *));
	}
	return (UpSamplesForm){s->n_columns, s->lent != NULL, s->n_rows};
}

const UpSamples *
up_samples_open(const UpSamplesForm *form, void *const *arrays)
{
	const LentBlock *blocks = arrays[BLOCKS];
	UpSamples *s;

	if (!form->lent)
		return arrays[0];
	s = up_samples_new(form->n_columns);
	s->n_rows = form->n_rows;
	s->n_blocks = (size_t) ((s->n_rows + (UINT64_C(1) << s->shift) - 1) >> s->shift);
	s->blocks = up_realloc(s->blocks, UP_MAX(s->n_blocks, 1) * sizeof(UpSampleBlock));
	for (size_t i = 0; i < s->n_blocks; i++)
		s->blocks[i] = (UpSampleBlock){(char *) arrays[blocks[i].array] + blocks[i].offset, NULL};
	return s;
}
