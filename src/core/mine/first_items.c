/*
 * first_items.c - a search shared out by first items; see first_items.h
 *
 * How long a search takes nobody knows before: it begins in one process, and goes on with workers when the time that has passed, for each
 * pair of the items that were gone through, makes that seem worth while for the pairs that are left. Sets of a part come in a slab, packed as they
 * are (packed_sets.h), which is large enough for several times what one has held so far; an item with more is gone through again by the
 * caller itself.
 *
 * Cost: to copy them together, which is done by one process.
 */
#include "mine/first_items.h"

#include <string.h>

#define PACE          0.005 /* seconds that a search takes before it is asked how long it goes on */
#define SLABS         ((size_t) 16 << 20) /* bytes of a round, … */
#define MOST_SLABS    ((size_t) 32 << 20) /* … or more, … */
#define SLABS_SHARE   16                  /* … of memory */
#define FIRST_SLAB    ((size_t) 1 << 20)  /* at least, */
#define MOST_SLAB     ((size_t) 4 << 20)
#define MORE_BYTES    ((size_t) 256 << 10) /* that blocks take beside what is in them */
#define PARTS_A_ROUND 16                   /* for each process: at the end of a round it waits for others */
#define LEVELS        8 /* of intersections that may stand in memory, each as large as all baskets */
#define TOO_MANY      UINT64_MAX

enum
{
	SLABS_AT = UP_ROOT_ARRAYS,
	N_ARRAYS
};

typedef struct Job
{
	uint32_t k, n_rows, n_baskets, first; /* first: of this round, counted from the last item */
	uint32_t min_count, min_len, max_len, limit;
	size_t memory, slab;
} Job;

/* What a part found. */
typedef struct Slab
{
	uint64_t used; /* TOO_MANY: they had no room */
	UpPackedImage image;
} Slab;

static Slab *
slab_of(void *slabs, const Job *j, uint32_t part)
{
	return (Slab *) (void *) ((char *) slabs + part * j->slab);
}

void
up_first_part_begin(UpFirstPart *p, const void *fixed, uint32_t part)
{
	const Job *j = fixed;

	memset(p, 0, sizeof(*p));
	p->a = j->k - 1 - (j->first + part);
	p->sets.least_count = j->min_count;
	p->sets.most_len = UINT32_MAX;
	/* It gives up as soon as they do not fit, be they too short to be counted. */
	up_packed_init(&p->packed, j->n_baskets, j->min_len,
				   (uint32_t) UP_MIN(j->limit, j->slab / UP_PACKED_SHORT / 2));
	p->packed.most_bytes = j->slab + MORE_BYTES;
	p->s = (UpSearch){.sets = &p->sets,
					  .packed = &p->packed,
					  .min_len = j->min_len,
					  .max_len = j->max_len,
					  .n_baskets = j->n_baskets,
					  .n_rows = j->n_rows,
					  .k = j->k,
					  .memory = j->memory};
	up_search_begin(&p->s);
}

void
up_first_part_end(UpFirstPart *p, const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *j = fixed;
	Slab *slab = slab_of(arrays[SLABS_AT], j, part);

	slab->used = up_packed_image_bytes(&p->packed);
	if (p->sets.gave_up || slab->used > j->slab - sizeof(Slab))
		slab->used = TOO_MANY;
	else
		up_packed_write_image(&p->packed, j->min_count, &slab->image);
	up_packed_free(&p->packed);
}

/* One after the other, as they would have been found. Returns the bytes of the largest slab. */
static size_t
take_round(UpSearch *s, const UpFirstItems *f, const Job *j, void *slabs, uint32_t parts)
{
	size_t largest = 0;

	for (uint32_t part = 0; part < parts && !s->sets->gave_up; part++)
	{
		const Slab *slab = slab_of(slabs, j, part);

		largest = UP_MAX(largest, UP_MIN(slab->used, j->slab));
		if (slab->used == TOO_MANY)
			f->mine(f->miner, j->k - 1 - (j->first + part));
		else
			up_search_take_packed(s, &slab->image);
	}
	return largest;
}

/* Whether memory has room for what workers see, and for what they hold, beside what one process would. */
static bool
has_room(const UpSearch *s, size_t root, size_t slabs)
{
	return s->memory + s->packed->bytes + LEVELS * root * up_workers() + 2 * slabs <= up_memory_limit();
}

/*
 * The items from done on, counted from the last, by workers if there are any; returns how many are done then. alone: there are some, but memory
 * has no room for what they would hold, and will have none.
 */
static uint32_t
mine_shared(UpSearch *s, const UpFirstItems *f, uint32_t done, double seconds, bool *alone)
{
	Job j = {.k = s->k,
			 .n_rows = s->n_rows,
			 .n_baskets = s->n_baskets,
			 .min_len = s->min_len,
			 .max_len = s->max_len,
			 .limit = s->packed->limit,
			 .memory = s->at_root};
	void *arrays[N_ARRAYS];
	size_t root = 0, slabs = UP_MAX(SLABS, UP_MIN(MOST_SLABS, up_memory_limit() / SLABS_SHARE));

	for (uint32_t i = 0; i < UP_ROOT_ARRAYS; i++)
		root += f->bytes[i];
	up_workers_begin(seconds);
	*alone = up_workers() > 1 && !has_room(s, root, slabs);
	if (up_workers() == 1 || *alone)
	{
		up_workers_end();
		return done;
	}
	for (uint32_t i = 0; i < UP_ROOT_ARRAYS; i++)
		arrays[i] = memcpy(up_alloc_large(UP_MAX(f->bytes[i], 1)), f->arrays[i], f->bytes[i]);
	arrays[SLABS_AT] = up_alloc_large(slabs);
	j.slab = UP_MAX(slabs / (PARTS_A_ROUND * up_workers()) / 8 * 8, FIRST_SLAB);
	while (done < s->k && !s->sets->gave_up)
	{
		uint32_t most = (uint32_t) UP_MIN(PARTS_A_ROUND * up_workers(), slabs / j.slab);
		uint32_t parts = UP_MIN(most, s->k - done);
		size_t largest;

		up_progress("mining item sets", done, s->k);
		j.first = done;
		j.min_count = s->sets->least_count;
		up_parallel(parts, f->part, &j, sizeof(j), arrays, N_ARRAYS);
		largest = take_round(s, f, &j, arrays[SLABS_AT], parts);
		while (j.slab < 4 * largest && 2 * j.slab <= MOST_SLAB)
			j.slab *= 2;
		done += parts;
	}
	for (uint32_t i = 0; i < N_ARRAYS; i++)
		up_free_large(arrays[i]);
	up_workers_end();
	return done;
}

void
up_search_first_items(UpSearch *s, const UpFirstItems *f)
{
	/* What may not follow a set is told by labels of all items; and time that is over ends a search where it stands. */
	bool alone = s->packed == NULL || s->relatives != NULL || s->limited != NULL || s->deadline != 0;
	double began = up_seconds();

	for (uint32_t done = 0; done < s->k && !s->sets->gave_up;)
	{
		double spent = alone || done == 0 ? 0 : up_seconds() - began, share = (double) s->k / UP_MAX(done, 1);

		if (spent > PACE)
			done = mine_shared(s, f, done, spent * (share * share - 1), &alone);
		if (done == s->k)
			break;
		up_progress("mining item sets", done, s->k);
		f->mine(f->miner, s->k - 1 - done);
		done++;
	}
}
