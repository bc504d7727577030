/* SPDX-License-Identifier: MIT */
#include "netset.h"

#include <stdlib.h>
#include <string.h>

static const struct ma_number zero = {0, 0};

static int compare(struct ma_number a, struct ma_number b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return a.low < b.low ? -1 : a.low > b.low;
}

static struct ma_number after(struct ma_number n)
{
    n.low++;
    n.high += n.low == 0;
    return n;
}

static struct ma_number before(struct ma_number n)
{
    n.high -= n.low == 0;
    n.low--;
    return n;
}

/* The low bits set, up to 128. */
static struct ma_number mask_of(unsigned bits)
{
    struct ma_number mask = zero;
    if (bits > 64)
        mask.high = bits == 128 ? UINT64_MAX : (UINT64_C(1) << (bits - 64)) - 1;
    if (bits > 0)
        mask.low = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    return mask;
}

static unsigned width_of(unsigned family)
{
    return family == 4 ? 32 : 128;
}

static struct ma_number number_of(const struct ma_address *address)
{
    struct ma_number n = zero;
    for (unsigned i = 0; i < width_of(address->family) / 8; i++) {
        n.high = n.high << 8 | n.low >> 56;
        n.low = n.low << 8 | address->bytes[i];
    }
    return n;
}

static struct ma_address address_of(struct ma_number n, unsigned family)
{
    struct ma_address address = {.family = (uint8_t)family};
    for (unsigned i = width_of(family) / 8; i > 0; i--) {
        address.bytes[i - 1] = (uint8_t)n.low;
        n.low = n.low >> 8 | n.high << 56;
        n.high >>= 8;
    }
    return address;
}

void ma_netspace_init(struct ma_netspace *space, struct ma_run *run)
{
    *space = (struct ma_netspace){.run = run, .ranges_left = MA_NETSET_RANGES_MAX};
}

/* Room for a set that is not yet written; NULL when there is none. */
static struct ma_range *reserve(struct ma_netspace *space, size_t count)
{
    if (count > space->ranges_left) {
        space->ranges_left = 0;
        space->full = true;
    }
    if (space->full || count == 0)
        return NULL;
    space->ranges_left -= count;
    return ma_alloc(space->run, count * sizeof(struct ma_range));
}

struct ma_netset ma_netset_all(struct ma_netspace *space, unsigned family)
{
    struct ma_range *range = reserve(space, 1);
    if (range == NULL)
        return (struct ma_netset){NULL, 0};
    *range = (struct ma_range){zero, mask_of(width_of(family))};
    return (struct ma_netset){range, 1};
}

struct ma_range ma_range_of(const struct ma_address *address, unsigned prefix)
{
    struct ma_number n = number_of(address);
    struct ma_number host = mask_of(width_of(address->family) - prefix);
    struct ma_number first = {n.high & ~host.high, n.low & ~host.low};
    return (struct ma_range){first, {first.high | host.high, first.low | host.low}};
}

static int by_first(const void *a, const void *b)
{
    return compare(((const struct ma_range *)a)->first, ((const struct ma_range *)b)->first);
}

/* Adds a range that begins no earlier than the last one. */
static void append(struct ma_range *list, size_t *count, struct ma_range range)
{
    struct ma_range *last = *count > 0 ? &list[*count - 1] : NULL;
    if (last == NULL || compare(range.first, last->last) > 0) {
        if (last != NULL && compare(after(last->last), range.first) == 0)
            last->last = range.last;
        else
            list[(*count)++] = range;
    } else if (compare(range.last, last->last) > 0) {
        last->last = range.last;
    }
}

struct ma_netset ma_netset_of(struct ma_netspace *space, struct ma_range *ranges, size_t count)
{
    struct ma_range *list = reserve(space, count);
    size_t size = 0;
    if (list == NULL)
        return (struct ma_netset){NULL, 0};
    qsort(ranges, count, sizeof *ranges, by_first);
    for (size_t i = 0; i < count; i++)
        append(list, &size, ranges[i]);
    return (struct ma_netset){list, size};
}

struct ma_netset ma_netset_union(struct ma_netspace *space, struct ma_netset a, struct ma_netset b)
{
    if (a.count == 0 || b.count == 0)
        return a.count == 0 ? b : a;
    struct ma_range *list = reserve(space, a.count + b.count);
    size_t size = 0, i = 0, k = 0;
    while (list != NULL && (i < a.count || k < b.count)) {
        bool from_a =
            k == b.count || (i < a.count && compare(a.ranges[i].first, b.ranges[k].first) <= 0);
        append(list, &size, from_a ? a.ranges[i++] : b.ranges[k++]);
    }
    return (struct ma_netset){list, size};
}

static struct ma_number larger(struct ma_number a, struct ma_number b)
{
    return compare(a, b) > 0 ? a : b;
}

static struct ma_number smaller(struct ma_number a, struct ma_number b)
{
    return compare(a, b) < 0 ? a : b;
}

/* list may be NULL: then they are only counted. */
static size_t meet(struct ma_range *list, struct ma_netset a, struct ma_netset b)
{
    size_t size = 0, i = 0, k = 0;
    while (i < a.count && k < b.count) {
        struct ma_range part = {larger(a.ranges[i].first, b.ranges[k].first),
            smaller(a.ranges[i].last, b.ranges[k].last)};
        bool is_met = compare(part.first, part.last) <= 0;
        if (is_met && list != NULL)
            list[size] = part;
        size += is_met;
        if (compare(a.ranges[i].last, b.ranges[k].last) < 0)
            i++;
        else
            k++;
    }
    return size;
}

struct ma_netset ma_netset_both(struct ma_netspace *space, struct ma_netset a, struct ma_netset b)
{
    size_t size = meet(NULL, a, b);
    struct ma_range *list = reserve(space, size);
    if (list == NULL)
        return (struct ma_netset){NULL, 0};
    meet(list, a, b);
    return (struct ma_netset){list, size};
}

/* The first range that ends no earlier. */
static size_t find(struct ma_netset set, struct ma_number n)
{
    size_t low = 0, high = set.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(set.ranges[middle].last, n) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct ma_netset ma_netset_clip(
    struct ma_netspace *space, struct ma_netset set, struct ma_range range)
{
    if (set.count == 0) /* its list may be NULL */
        return set;
    size_t from = find(set, range.first), end = from;
    while (end < set.count && compare(set.ranges[end].first, range.last) <= 0)
        end++;
    struct ma_netset part = {set.ranges + from, end - from};
    return ma_netset_both(space, part, (struct ma_netset){&range, 1});
}

/* What is left of one range. k: the first range of b that may reach into it. */
static void cut_range(
    struct ma_range *list, size_t *size, struct ma_range range, struct ma_netset b, size_t *k)
{
    while (*k < b.count && compare(b.ranges[*k].last, range.first) < 0)
        (*k)++;
    for (size_t i = *k; i < b.count && compare(b.ranges[i].first, range.last) <= 0; i++) {
        if (compare(b.ranges[i].first, range.first) > 0)
            list[(*size)++] = (struct ma_range){range.first, before(b.ranges[i].first)};
        if (compare(b.ranges[i].last, range.last) >= 0)
            return;
        range.first = after(b.ranges[i].last);
    }
    list[(*size)++] = range;
}

struct ma_netset ma_netset_minus(struct ma_netspace *space, struct ma_netset a, struct ma_netset b)
{
    if (a.count == 0 || b.count == 0)
        return a;
    struct ma_range *list = reserve(space, a.count + b.count);
    size_t size = 0, k = 0;
    for (size_t i = 0; list != NULL && i < a.count; i++)
        cut_range(list, &size, a.ranges[i], b, &k);
    return (struct ma_netset){list, size};
}

bool ma_netset_has(struct ma_netset set, const struct ma_address *address)
{
    struct ma_number n = number_of(address);
    size_t at = find(set, n);
    return at < set.count && compare(set.ranges[at].first, n) <= 0;
}

uint64_t ma_netset_size4(struct ma_netset set)
{
    uint64_t total = 0;
    for (size_t i = 0; i < set.count; i++)
        total += set.ranges[i].last.low - set.ranges[i].first.low + 1;
    return total;
}

void ma_networks_begin(struct ma_networks *n, struct ma_netset set, unsigned family)
{
    *n = (struct ma_networks){.set = set, .family = family};
}

static unsigned zeros_below(struct ma_number n)
{
    if (n.low != 0)
        return (unsigned)__builtin_ctzll(n.low);
    return n.high != 0 ? 64 + (unsigned)__builtin_ctzll(n.high) : 128;
}

/* The widest network that begins there and ends within the range. */
static unsigned widest(struct ma_number first, struct ma_number last, unsigned width)
{
    unsigned bits = zeros_below(first);
    if (bits > width)
        bits = width;
    for (; bits > 0; bits--) {
        struct ma_number host = mask_of(bits);
        struct ma_number end = {first.high | host.high, first.low | host.low};
        if (compare(end, last) <= 0)
            break;
    }
    return bits;
}

bool ma_networks_next(struct ma_networks *n, struct ma_address *address_r, unsigned *prefix_r)
{
    if (n->range == n->set.count)
        return false;
    const struct ma_range *range = &n->set.ranges[n->range];
    if (!n->started)
        n->next = range->first;
    unsigned bits = widest(n->next, range->last, width_of(n->family));
    struct ma_number host = mask_of(bits);
    struct ma_number end = {n->next.high | host.high, n->next.low | host.low};
    *address_r = address_of(n->next, n->family);
    *prefix_r = width_of(n->family) - bits;
    n->started = compare(end, range->last) < 0;
    n->next = after(end);
    n->range += !n->started;
    return true;
}
