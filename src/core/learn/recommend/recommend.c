/*
 * recommend.c - trained recommenders: made, asked, and as bytes; see recommend.h
 */
#include "learn/recommend/recommend.h"

#include <math.h>
#include <string.h>

#include "learn/model.h"
#include "num/sort.h"
#include "prep/dictionary.h"

#define MAGIC_BYTES 4
#define SMOOTHING   10 /* users of all that are added to each segment, where popularity stands in */
#define MOST_SCORE  1e100

UpRecommendRequest *
up_recommend_request(const UpRecommender *recommender, const UpValue *given)
{
	UpRecommendRequest *q = up_alloc0(sizeof(*q));
	char *owner = up_format("recommender \"%s\"", recommender->name);
	const UpParamTable *common = &up_recommend_common, *own = &recommender->params;
	UpValue *others;

	q->recommender = recommender;
	q->ratings = recommender->ratings;
	q->fields = up_alloc0(UP_MAX(recommender->params_size, 1));
	q->params = up_params_parse(own, &common, 1, given, owner, q->fields);
	others = up_params_parse(common, &own, 1, given, owner, &q->common);
	for (uint32_t i = 0; i < others->n; i++)
		up_value_set(q->params, others->keys[i], others->items[i]);
	if (recommender->ratings && !isnan(q->common.half_life))
		up_fail_with(UP_INVALID_PARAMETER, "Of several ratings of an item the latest counts, whatever its age.",
					 "Leave half_life out, or choose older ratings away in the source.",
					 "%s takes no half-life", owner);
	return q;
}

/* ---- training ---- */

typedef struct Name
{
	const char *text;
	uint32_t number;
} Name;

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const Name *) a)->text, ((const Name *) b)->text);
}

/* Numbers by the order of the texts: number_of[what was i]. Returns copies of the texts in that order. */
static char **
order_names(const char *const *texts, uint32_t n, uint32_t *number_of)
{
	Name *names = up_alloc_array(UP_MAX(n, 1), sizeof(Name));
	char **ordered = up_alloc_array(UP_MAX(n, 1), sizeof(char *));

	for (uint32_t i = 0; i < n; i++)
		names[i] = (Name){texts[i], i};
	up_sort(names, n, sizeof(Name), compare_names);
	for (uint32_t i = 0; i < n; i++)
	{
		UP_ASSERT(i == 0 || strcmp(names[i - 1].text, names[i].text) < 0);
		number_of[names[i].number] = i;
		ordered[i] = up_strdup(names[i].text);
	}
	up_free(names);
	return ordered;
}

static void
check_training(const UpRecommendTraining *t)
{
	const UpRecommendRequest *q = t->request;

	if (t->events->n == 0 || t->n_items == 0 || t->n_users == 0)
		up_fail_with(UP_INVALID_DATA, "A user, an item and whatever else is named must not be NULL.", NULL,
					 "there are no events to learn from");
	if (t->n_segments > UP_SEGMENTS_LIMIT)
		up_fail_with(UP_LIMIT, NULL, "Use a column with fewer values.",
					 "%u segments are more than the possible %d", t->n_segments, UP_SEGMENTS_LIMIT);
	if (!isnan(q->common.half_life) && isnan(up_pairs_last(t->events)))
		up_fail_with(UP_INVALID_PARAMETER, "No event has a time.",
					 "Name the column that has the events' times.", "a half-life needs times");
}

static UpInteractions *
group(const UpRecommendTraining *t, const uint32_t *item_number, const uint32_t *segment_number)
{
	const UpRecommendRequest *q = t->request;
	UpGrouping g = {.n_users = t->n_users, .n_items = t->n_items, .item_number = item_number};
	uint32_t *segments = NULL;
	UpInteractions *x;

	g.ratings = q->ratings;
	g.half_life = q->common.half_life;
	g.now = NAN;
	if (t->segments != NULL && t->n_segments > 0)
	{
		segments = up_alloc_array(t->n_users, sizeof(uint32_t));
		for (uint32_t u = 0; u < t->n_users; u++)
			segments[u] = t->segments[u] < t->n_segments ? segment_number[t->segments[u]] : UP_NO_SEGMENT;
		g.segments = segments;
		g.n_segments = t->n_segments;
	}
	x = up_pairs_group(t->events, &g);
	up_free(segments);
	return x;
}

static UpValue *
summarize(const UpRecommendTraining *t, const UpInteractions *x)
{
	UpValue *summary = up_value_object();
	double n = (double) x->starts[x->n_users];

	up_value_set(summary, "users", up_value_number(x->n_users));
	up_value_set(summary, "items", up_value_number(x->n_items));
	up_value_set(summary, "events", up_value_number((double) t->events->n));
	up_value_set(summary, "interactions", up_value_number(n));
	up_value_set(summary, "density", up_value_number(n / x->n_users / x->n_items));
	return summary;
}

UpRecommendModel *
up_recommend_train(const UpRecommendTraining *t)
{
	const UpRecommendRequest *q = t->request;
	UpRecommendModel *m = up_alloc0(sizeof(*m));
	uint32_t *item_number, *segment_number;
	UpInteractions *x;
	UpRecommendFit fit = {0};

	check_training(t);
	m->format = UP_RECOMMEND_FORMAT;
	m->recommender = q->recommender;
	m->n_items = t->n_items;
	m->n_segments = t->segments != NULL ? t->n_segments : 0;
	m->last_time = up_pairs_last(t->events);
	m->half_life = q->common.half_life;
	m->seed = q->common.seed;
	m->params = q->params;
	item_number = up_alloc_array(t->n_items, sizeof(uint32_t));
	segment_number = up_alloc_array((size_t) m->n_segments + 1, sizeof(uint32_t));
	m->items = order_names(t->items, t->n_items, item_number);
	m->segments = order_names(t->segment_names, m->n_segments, segment_number);
	x = group(t, item_number, segment_number);
	up_free(item_number);
	up_free(segment_number);
	m->summary = summarize(t, x);
	fit.data = x;
	fit.params = q->fields;
	fit.seed = (uint64_t) q->common.seed;
	fit.info = m->summary;
	m->body = q->recommender->fit(&fit);
	m->popular = q->recommender == &up_recommend_popularity ? m->body : up_popularity_fit(x, false, SMOOTHING);
	up_interactions_free(x);
	return m;
}

/* ---- as bytes ---- */

static void
put_times(UpWriter *w, double v)
{
	up_put_u8(w, !isnan(v));
	if (!isnan(v))
		up_put_f64(w, v);
}

void
up_put_recommender(UpWriter *w, const UpRecommendModel *m)
{
	UpWriter payload;

	up_writer_init(&payload);
	for (uint32_t i = 0; i < m->n_items; i++)
		up_put_text(&payload, m->items[i]);
	up_put_u32(&payload, m->n_segments);
	for (uint32_t s = 0; s < m->n_segments; s++)
		up_put_text(&payload, m->segments[s]);
	put_times(&payload, m->last_time);
	put_times(&payload, m->half_life);
	up_put_u64(&payload, (uint64_t) m->seed);
	up_put_value(&payload, m->params);
	up_put_value(&payload, m->summary);
	if (m->recommender != &up_recommend_popularity)
		up_put_popularity(&payload, m->popular);
	m->recommender->write(m->body, &payload);
	if (payload.len > UINT32_MAX)
		up_fail(UP_LIMIT, "the recommender takes %zu bytes, more than the 4 GB that a model can have",
				payload.len);

	up_put_bytes(w, UP_RECOMMENDER_MAGIC, MAGIC_BYTES);
	up_put_u16(w, UP_RECOMMEND_FORMAT);
	up_put_u16(w, m->recommender->number);
	up_put_u32(w, 0);
	up_put_u32(w, m->n_items);
	up_put_sealed(w, &payload);
}

bool
up_is_recommender(const void *bytes, size_t len)
{
	return len >= MAGIC_BYTES && memcmp(bytes, UP_RECOMMENDER_MAGIC, MAGIC_BYTES) == 0;
}

/* Magic, versions, lengths and checksum; leaves the reader at the payload. */
static void
get_header(UpReader *r, UpRecommendModel *m)
{
	static const char *const hint = "Update the extension to the version that wrote the recommender.";
	char start[MAGIC_BYTES];
	uint16_t number;

	if (r->len >= sizeof(start) && memcmp(r->bytes, UP_MODEL_MAGIC, sizeof(start)) == 0)
		up_fail_with(UP_WRONG_KIND, NULL, "Use uprofile_predict(model, x) and what else goes with it.",
					 "this is a model that predicts, not a recommender");
	if (r->len < UP_RECOMMEND_HEADER_BYTES)
		up_corrupt(r, "shorter than a header");
	up_get_bytes(r, start, sizeof(start));
	if (memcmp(start, UP_RECOMMENDER_MAGIC, MAGIC_BYTES) != 0)
		up_corrupt(r, "does not begin as a recommender does");
	m->format = up_get_u16(r);
	if (m->format > UP_RECOMMEND_FORMAT)
		up_fail_with(UP_NEWER_FORMAT, NULL, hint,
					 "the recommender has format %u, and this version reads up to %d", m->format,
					 UP_RECOMMEND_FORMAT);
	if (m->format == 0)
		up_corrupt(r, "format");
	number = up_get_u16(r);
	m->recommender = up_recommender_by_number(number);
	if (up_get_u32(r) != 0)
		up_corrupt(r, "flags");
	m->n_items = up_get_u32(r);
	up_get_seal(r);
	if (m->recommender == NULL)
		up_fail_with(UP_NEWER_FORMAT, NULL, hint,
					 "the recommender's algorithm (number %u) is not known to this version", number);
}

static char **
get_names(UpReader *r, uint32_t n, const char *what)
{
	char **names;

	if (n > (r->len - r->pos) / sizeof(uint32_t))
		up_corrupt(r, what);
	names = up_alloc_array(UP_MAX(n, 1), sizeof(char *));
	for (uint32_t i = 0; i < n; i++)
	{
		names[i] = up_get_text(r);
		if (names[i] == NULL || (i > 0 && strcmp(names[i - 1], names[i]) >= 0))
			up_corrupt(r, what);
	}
	return names;
}

static double
get_time(UpReader *r)
{
	return up_get_bool(r) ? up_get_f64(r) : NAN;
}

UpRecommendModel *
up_get_recommender(const void *bytes, size_t len)
{
	UpRecommendModel *m = up_alloc0(sizeof(*m));
	UpReader r;

	up_reader_init(&r, bytes, len, "recommender");
	get_header(&r, m);
	if (m->n_items == 0)
		up_corrupt(&r, "items");
	m->items = get_names(&r, m->n_items, "items");
	m->n_segments = up_get_count(&r, sizeof(uint32_t), UP_SEGMENTS_LIMIT, "segments");
	m->segments = get_names(&r, m->n_segments, "segments");
	m->last_time = get_time(&r);
	m->half_life = get_time(&r);
	if (!isnan(m->half_life) && (!(m->half_life > 0) || isnan(m->last_time) || m->recommender->ratings))
		up_corrupt(&r, "half-life");
	m->seed = (int64_t) up_get_u64(&r);
	m->params = up_get_value(&r);
	m->summary = up_get_value(&r);
	if (m->params->type != UP_OBJECT || m->summary->type != UP_OBJECT)
		up_corrupt(&r, "summary");
	if (m->recommender != &up_recommend_popularity)
		m->popular = up_get_popularity(&r, m->n_items, m->n_segments);
	m->body = m->recommender->read(&r, m->n_items, m->n_segments);
	if (m->recommender == &up_recommend_popularity)
		m->popular = m->body;
	up_get_end(&r);
	return m;
}

/* ---- asked ---- */

static uint32_t
find(char *const *names, uint32_t n, const char *text)
{
	int64_t at = up_sorted_texts_find(names, n, text, strlen(text));

	return at >= 0 ? (uint32_t) at : UINT32_MAX;
}

uint32_t
up_recommend_item(const UpRecommendModel *m, const char *text)
{
	return find(m->items, m->n_items, text);
}

uint32_t
up_recommend_segment(const UpRecommendModel *m, const char *name)
{
	return find(m->segments, m->n_segments, name);
}

UpHistory *
up_recommend_history(const UpRecommendModel *m, const UpPairs *events, uint32_t segment)
{
	UpHistory *h = up_alloc0(sizeof(*h) + sizeof(void *));
	UpGrouping g = {.n_users = 1, .keep_users = true, .half_life = m->half_life, .now = m->last_time};
	double last = up_pairs_last(events);
	UpPairs few = *events;
	UpInteractions *x;

	h->segment = segment;
	h->memo = (void **) (h + 1);
	if (events->n == 0)
		return h;
	/* Items by their places among those of the history: nothing is as long as the model's. */
	few.pairs = up_alloc_array(2 * events->n, sizeof(uint32_t));
	few.capacity = events->n;
	/* What is popular asks for no weights: they may be ratings. */
	if (m->recommender == &up_recommend_popularity)
		few.weights = NULL;
	h->items = up_pairs_places(events, few.pairs, &g.n_items);
	if (!(last <= m->last_time))
		g.now = last;
	g.ratings = m->recommender->ratings;
	x = up_pairs_group(&few, &g);
	h->n = g.n_items;
	h->weights = x->weights;
	h->recency = x->recency;
	up_free(few.pairs);
	return h;
}

/* Whether sums of weights depend on times that some events have. */
static bool
asks_for_times(const UpRecommendModel *m, const UpPairs *events)
{
	size_t missing = 0;

	if (!isnan(m->half_life) || m->recommender->ratings)
		return true;
	for (size_t i = 0; events->times != NULL && i < events->n; i++)
		missing += isnan(events->times[i]);
	return missing > 0 && events->weights != NULL;
}

UpInteractions *
up_recommend_histories(const UpRecommendModel *m, const UpPairs *events, uint32_t n_users,
					   const uint32_t *item_number)
{
	UpGrouping g = {.n_users = n_users,
					.n_items = m->n_items,
					.item_number = item_number,
					.half_life = NAN,
					.now = NAN,
					.keep_users = true};
	UpPairs known = *events;

	known.capacity = events->n;
	if (asks_for_times(m, events) || up_pairs_group_bytes(&known, &g) > up_memory_limit())
		return NULL;
	if (m->recommender == &up_recommend_popularity)
		known.weights = NULL;
	/* Without weights each event counts as one, whenever it was. */
	if (known.weights == NULL)
		known.times = NULL;
	return up_pairs_group(&known, &g);
}

/*
 * Where a recommender says nothing against any item, those that it has no word for come in the order in which they are popular in the
 * user's segment, below all others.
 */
static void
order_rest_by_segment(const UpRecommendModel *m, uint32_t segment, double *scores)
{
	double least = INFINITY, most = 0, *popular;

	for (uint32_t i = 0; i < m->n_items; i++)
	{
		if (scores[i] < 0)
			return;
		if (scores[i] > 0)
			least = UP_MIN(least, scores[i]);
	}
	if (segment >= m->n_segments)
		return;
	popular = up_alloc_array(m->n_items, sizeof(double));
	up_popularity_score(m->popular, segment, popular);
	for (uint32_t i = 0; i < m->n_items; i++)
		most = UP_MAX(most, popular[i]);
	for (uint32_t i = 0; most > 0 && i < m->n_items; i++)
	{
		if (scores[i] == 0)
			scores[i] = popular[i] / most * 1e-9 * least;
	}
	up_free(popular);
}

UpRecommendBasis
up_recommend_score(const UpRecommendModel *m, const UpHistory *h, double *out)
{
	UpHistory nothing = {.segment = h->segment};
	bool differ = false;

	if (h->n > 0 && m->recommender != &up_recommend_popularity)
	{
		m->recommender->score(m->body, h, out);
		for (uint32_t i = 0; i < m->n_items; i++)
		{
			out[i] = isnan(out[i]) ? 0 : UP_MAX(UP_MIN(out[i], MOST_SCORE), -MOST_SCORE);
			differ |= out[i] != out[0];
		}
		if (differ || m->n_items == 1)
		{
			order_rest_by_segment(m, h->segment, out);
			return UP_BY_HISTORY;
		}
	}
	if (m->recommender == &up_recommend_popularity)
		m->recommender->score(m->body, &nothing, out);
	else
		up_popularity_score(m->popular, h->segment, out);
	return h->segment < m->n_segments ? UP_BY_SEGMENT : UP_BY_ALL;
}

UpRecommendBasis
up_recommend_reason(const UpRecommendModel *m, const UpHistory *h, uint32_t item, double *out)
{
	UP_ASSERT(item < m->n_items);
	if (h->n > 0 && m->recommender->reason != NULL && m->recommender->reason(m->body, h, item, out))
		return UP_BY_HISTORY;
	return h->segment < m->n_segments ? UP_BY_SEGMENT : UP_BY_ALL;
}

char *
up_recommend_words(const UpRecommendModel *m, const UpHistory *h, uint32_t item)
{
	UP_ASSERT(item < m->n_items);
	return m->recommender->words != NULL && h->n > 0 ? m->recommender->words(m->body, h, item, m->items) : NULL;
}

/* Whether item a comes after item b: a worse score, less popular, a later text. */
static bool
is_after(const UpRecommendModel *m, const double *scores, uint32_t a, uint32_t b)
{
	if (scores[a] != scores[b])
		return scores[a] < scores[b];
	if (m->popular->counts[a] != m->popular->counts[b])
		return m->popular->counts[a] < m->popular->counts[b];
	return a > b;
}

/* The last of a heap's n items stands first; what stands at place may come before those below it. */
static void
sift(const UpRecommendModel *m, const double *scores, uint32_t *heap, uint32_t n, uint32_t place)
{
	uint32_t item = heap[place];

	for (;;)
	{
		uint32_t child = 2 * place + 1;

		if (child >= n)
			break;
		if (child + 1 < n && is_after(m, scores, heap[child + 1], heap[child]))
			child++;
		if (!is_after(m, scores, heap[child], item))
			break;
		heap[place] = heap[child];
		place = child;
	}
	heap[place] = item;
}

uint32_t
up_recommend_top(const UpRecommendModel *m, const double *scores, const uint8_t *excluded, uint32_t n,
				 uint32_t *out)
{
	uint32_t count = 0;
	size_t work = 0;

	for (uint32_t i = 0; n > 0 && i < m->n_items; i++)
	{
		if (excluded != NULL && excluded[i] != 0)
			continue;
		if (count < n)
		{
			out[count++] = i;
			for (uint32_t k = count == n ? n / 2 : 0; k-- > 0;)
				sift(m, scores, out, n, k);
		}
		else if (is_after(m, scores, out[0], i))
		{
			out[0] = i;
			sift(m, scores, out, n, 0);
		}
	}
	if (count < n)
	{
		for (uint32_t k = count / 2; k-- > 0;)
			sift(m, scores, out, count, k);
	}
	for (uint32_t left = count; left > 1; left--)
	{
		uint32_t last = out[0];

		up_tick_work(&work, 64);
		out[0] = out[left - 1];
		sift(m, scores, out, left - 1, 0);
		out[left - 1] = last;
	}
	return count;
}

void
up_recommend_similar(const UpRecommendModel *m, uint32_t item, double *out)
{
	UP_ASSERT(item < m->n_items);
	if (m->recommender->similar == NULL)
		up_fail_with(UP_WRONG_KIND, NULL, "Train one with another algorithm, such as item_knn.",
					 "a recommender of algorithm \"%s\" knows no similar items", m->recommender->name);
	m->recommender->similar(m->body, item, out);
	out[item] = 0;
}

uint32_t
up_recommend_vector_length(const UpRecommendModel *m)
{
	return m->recommender->vector_length != NULL ? m->recommender->vector_length(m->body) : 0;
}

void
up_recommend_vector(const UpRecommendModel *m, const UpHistory *h, double *out)
{
	m->recommender->vector(m->body, h, out);
}

UpValue *
up_recommend_info(const UpRecommendModel *m)
{
	UpValue *info = up_value_object();

	up_value_set(info, "algorithm", up_value_string(m->recommender->name));
	up_value_set(info, "task", up_value_string("recommendation"));
	up_value_set(info, "format", up_value_number(m->format));
	for (uint32_t i = 0; i < m->summary->n; i++)
		up_value_set(info, m->summary->keys[i], m->summary->items[i]);
	up_value_set(info, "segments", up_value_number(m->n_segments));
	m->recommender->describe(m->body, info);
	up_value_set(info, "params", m->params);
	up_value_set(info, "seed", up_value_number((double) m->seed));
	return info;
}
