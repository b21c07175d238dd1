/*
 * recommend.c - times of recommenders, and what they recommend, without a server
 *
 *   recommend FILE ALGORITHM [NAME=VALUE…]
 *
 * FILE: uint32 users, items, events, then as many uint32 users, uint32 items and doubles of weights. Prints CPU seconds of the training and
 * of the answers to all users; to FILE.top go 10 items a user (uint32; those that he has left out, UINT32_MAX where there are
 * no more). Build from the root:
 *
 *   cc -std=gnu11 -O3 -Isrc/core -Itest/unit -o recommend bench/micro/recommend.c test/unit/platform_libc.c \
 *      $(find src/core -name "*.c") -lm
 */
#include "check.h"
#include "cpu.h"

#include "learn/recommend/recommend.h"

#include <stdlib.h>

#define TOP 10

static void *
get(FILE *file, size_t n, size_t size)
{
	void *v = up_alloc_array(n, size);

	if (fread(v, size, n, file) != n)
		up_fail(UP_CORRUPT, "the file is too short");
	return v;
}

static UpValue *
params_of(int n, char **given)
{
	UpValue *params = up_value_object();

	for (int i = 0; i < n; i++)
	{
		char *name = up_strdup(given[i]), *value = strchr(name, '='), *end;
		double number;

		*value++ = '\0';
		number = strtod(value, &end);
		up_value_set(params, name, *end == '\0' ? up_value_number(number) : up_value_string(value));
	}
	return params;
}

/* 10 items a user, whose events follow one another. */
static void
answer(const UpRecommendModel *m, const UpPairs *events, const uint32_t *item_number, uint32_t n_users,
	   FILE *out)
{
	double *scores = up_alloc_array(m->n_items, sizeof(double));
	uint8_t *owned = up_alloc0(m->n_items);
	size_t *starts = up_alloc0((n_users + 1) * sizeof(size_t)), *at = up_alloc_array(n_users, sizeof(size_t));
	size_t *order = up_alloc_array(events->n, sizeof(size_t));

	for (size_t i = 0; i < events->n; i++)
		starts[events->pairs[2 * i] + 1]++;
	for (uint32_t u = 0; u < n_users; u++)
		at[u] = starts[u + 1] += starts[u];
	for (size_t i = events->n; i-- > 0;)
		order[--at[events->pairs[2 * i]]] = i;
	for (uint32_t u = 0; u < n_users; u++)
	{
		uint32_t top[TOP], found;
		UpArena *arena = up_arena_enter();
		UpPairs mine;
		UpHistory *h;

		up_pairs_init(&mine, true, false);
		for (size_t i = starts[u]; i < starts[u + 1]; i++)
			up_pairs_add(&mine, 0, item_number[events->pairs[2 * order[i] + 1]], events->weights[order[i]],
						 NAN);
		h = up_recommend_history(m, &mine, UP_NO_SEGMENT);
		up_recommend_score(m, h, scores);
		for (uint32_t i = 0; i < h->n; i++)
			owned[h->items[i]] = 1;
		found = up_recommend_top(m, scores, owned, TOP, top);
		for (uint32_t i = 0; i < h->n; i++)
			owned[h->items[i]] = 0;
		for (uint32_t i = 0; i < TOP; i++)
			top[i] = i < found ? (uint32_t) atoi(m->items[top[i]]) : UINT32_MAX;
		fwrite(top, sizeof(uint32_t), TOP, out);
		up_arena_leave(arena);
	}
}

int
main(int argc, char **argv)
{
	FILE *file = argc >= 3 ? fopen(argv[1], "rb") : NULL, *out;
	uint32_t *head, *users, *items, *numbers;
	double *weights, start, fitted;
	UpRecommendTraining t = {0};
	UpRecommendModel *m;
	const char **texts;
	UpPairs events;

	if (file == NULL)
		return 1;
	head = get(file, 3, sizeof(uint32_t));
	users = get(file, head[2], sizeof(uint32_t));
	items = get(file, head[2], sizeof(uint32_t));
	weights = get(file, head[2], sizeof(double));
	up_test_memory_limit = (size_t) 8 << 30;
	up_pairs_init(&events, true, false);
	for (uint32_t i = 0; i < head[2]; i++)
		up_pairs_add(&events, users[i], items[i], weights[i], NAN);
	texts = up_alloc_array(head[1], sizeof(char *));
	for (uint32_t i = 0; i < head[1]; i++)
		texts[i] = up_format("%08u", i);
	t.request = up_recommend_request(up_recommender_by_name(argv[2]), params_of(argc - 3, argv + 3));
	t.events = &events;
	t.n_users = head[0];
	t.n_items = head[1];
	t.items = texts;
	start = cpu_seconds();
	m = up_recommend_train(&t);
	fitted = cpu_seconds();
	numbers = up_alloc_array(head[1], sizeof(uint32_t));
	for (uint32_t i = 0; i < head[1]; i++)
		numbers[i] = up_recommend_item(m, texts[i]);
	out = fopen(up_format("%s.top", argv[1]), "wb");
	answer(m, &events, numbers, head[0], out);
	fclose(out);
	printf("fit %.3f s, %.3f ms a user; %s\n", fitted - start, 1e3 * (cpu_seconds() - fitted) / head[0],
		   up_value_text(m->summary));
	return 0;
}
