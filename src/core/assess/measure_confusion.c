/*
 * measure_confusion.c - confusion matrices written out; see measure.h
 */
#include "assess/measure.h"

#define MOST_MATRIX  1000                /* labels of a matrix that is written out */
#define MOST_WRITTEN (128 * 1024 * 1024) /* bytes of its labels there; a jsonb holds twice as many */

/* Bytes of a label in JSON. */
static size_t
written_size(const char *label)
{
	size_t size = 0;

	for (const char *c = label; *c != '\0'; c++)
		size += (unsigned char) *c < 0x20 ? 6 : *c == '"' || *c == '\\' ? 2 : 1;
	return size;
}

/* Every label is written once a row and once for its own: refused before that is more than a value can be. */
static void
check_written_size(const char *const *label, uint32_t n)
{
	size_t labels = 0, most = MOST_WRITTEN / ((size_t) n + 1);

	for (uint32_t i = 0; i < n; i++)
	{
		labels += written_size(label[i]);
		if (labels > most)
			up_fail_with(
				UP_LIMIT,
				up_format("Each of the %u labels is written %u times; their texts may be %zu bytes in all.", n,
						  n + 1, most),
				"Compare shorter labels, such as numbers or md5(label).",
				"a confusion matrix of labels this long is not written out");
	}
}

UpValue *
up_measurement_confusion(const UpMeasurement *m)
{
	UpValue *all = up_value_object(), **rows;
	uint32_t n = up_label_pairs_n_labels(m->pairs), *rank;
	const char **label;

	if (n > MOST_MATRIX)
		up_fail(UP_LIMIT, "a confusion matrix of %u labels is not written out, the most are %d", n,
				MOST_MATRIX);
	rank = up_label_pairs_ranks(m->pairs);
	label = up_alloc_array(UP_MAX(n, 1), sizeof(char *));
	rows = up_alloc_array(UP_MAX((size_t) n * n, 1), sizeof(UpValue *));
	for (uint32_t i = 0; i < n; i++)
		label[rank[i]] = up_label_pairs_label(m->pairs, i);
	check_written_size(label, n);
	for (uint32_t i = 0; i < n; i++)
	{
		UpValue *row = up_value_object();

		up_tick();
		for (uint32_t j = 0; j < n; j++)
		{
			rows[(size_t) i * n + j] = up_value_number(0);
			up_value_add(row, label[j], rows[(size_t) i * n + j]);
		}
		up_value_add(all, label[i], row);
	}
	for (uint32_t i = 0; i < m->pairs->n_pairs; i++)
	{
		const UpLabelPair *pair = &m->pairs->pairs[i];

		rows[(size_t) rank[pair->actual] * n + rank[pair->predicted]]->number = pair->rows;
	}
	return all;
}
