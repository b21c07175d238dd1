/*
 * sketch_members.c - different members by their least hashes; see sketch_members.h
 *
 * The k least of n evenly spread hashes reach up to a share x of the range with E[(k - 1) / x] = n (Bar-Yossef et al. 2002).
 * A set that is full changes only where a new hash is among the least: about k ln(n / k) times in all, so one that is stored
 * is seldom written.
 */
#include "num/sketch_members.h"

#include <string.h>

UpMembers *
up_members_new(void)
{
	return up_alloc0(sizeof(UpMembers));
}

bool
up_members_add(UpMembers *m, uint64_t hash)
{
	uint32_t low = 0, high = m->n;

	while (low < high)
	{
		uint32_t mid = low + (high - low) / 2;

		if (m->least[mid] < hash)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == UP_MEMBERS_KEPT || (low < m->n && m->least[low] == hash))
		return false;
	if (m->n < UP_MEMBERS_KEPT)
		m->n++;
	memmove(m->least + low + 1, m->least + low, (m->n - 1 - low) * sizeof(uint64_t));
	m->least[low] = hash;
	return true;
}

bool
up_members_forget(UpMembers *m, uint64_t hash, uint64_t random)
{
	for (uint32_t i = 0; i < m->n; i++)
	{
		uint64_t low = i > 0 ? m->least[i - 1] + 1 : 0, high = i + 1 < m->n ? m->least[i + 1] - 1 : UINT64_MAX;

		if (m->least[i] != hash)
			continue;
		/* Of the values from low to high, of which the hash is one, another if there is any. */
		if (high > low)
			m->least[i] = low + random % (high - low);
		if (high > low && m->least[i] >= hash)
			m->least[i]++;
		return true;
	}
	return false;
}

double
up_members_count(const UpMembers *m)
{
	if (m->n < UP_MEMBERS_KEPT)
		return m->n;
	return (UP_MEMBERS_KEPT - 1) / (((double) m->least[m->n - 1] + 1) * 0x1p-64);
}

void
up_put_members(UpWriter *w, const UpMembers *m)
{
	up_put_u32(w, m->n);
	for (uint32_t i = 0; i < m->n; i++)
		up_put_u64(w, m->least[i]);
}

static uint64_t
number_at(const uint8_t *bytes, int n)
{
	uint64_t v = 0;

	for (int i = n - 1; i >= 0; i--)
		v = v << 8 | bytes[i];
	return v;
}

UpMembers *
up_members_of(const uint8_t *bytes, size_t len)
{
	UpMembers *m = up_members_new();
	uint64_t n = len >= 4 ? number_at(bytes, 4) : UINT64_MAX;
	bool sound = n <= UP_MEMBERS_KEPT && len == 4 + 8 * (size_t) n;

	for (uint32_t i = 0; sound && i < n; i++)
	{
		m->least[i] = number_at(bytes + 4 + 8 * (size_t) i, 8);
		sound = i == 0 || m->least[i] > m->least[i - 1];
	}
	if (!sound)
	{
		up_free(m);
		return NULL;
	}
	m->n = (uint32_t) n;
	return m;
}
