/* SPDX-License-Identifier: MIT */
/*
 * netset.h - sets of addresses of one family, as ranges: what an SPF policy says of all addresses
 * at once.
 *
 * Ranges are sorted, and neither overlap nor touch. Sets are never changed: each operation makes a
 * new one, in the run's memory. Bounded: once a space has given MA_NETSET_RANGES_MAX ranges away it
 * is full, every further set is empty, and what was found is to be told as cut short.
 */
#ifndef MA_SPF_NETSET_H
#define MA_SPF_NETSET_H

#include "mailaudit/check.h"

#define MA_NETSET_RANGES_MAX 250000u /* of all sets of a run; 32 bytes each */

struct ma_number { /* an address; of IPv4 the low 32 bits */
    uint64_t high, low;
};

struct ma_range {
    struct ma_number first, last;
};

struct ma_netset {
    const struct ma_range *ranges;
    size_t count;
};

struct ma_netspace { /* where sets are made */
    struct ma_run *run;
    size_t ranges_left;
    bool full;
};

void ma_netspace_init(struct ma_netspace *, struct ma_run *);

/* Every address of the family, 4 or 6. */
struct ma_netset ma_netset_all(struct ma_netspace *, unsigned family);
/* The addresses that agree with this one in prefix bits. */
struct ma_range ma_range_of(const struct ma_address *, unsigned prefix);
/* Of ranges in any order, which are put in order; they may overlap. */
struct ma_netset ma_netset_of(struct ma_netspace *, struct ma_range *ranges, size_t count);

struct ma_netset ma_netset_union(struct ma_netspace *, struct ma_netset, struct ma_netset);
struct ma_netset ma_netset_both(struct ma_netspace *, struct ma_netset, struct ma_netset);
/* In the first, and not in the second. */
struct ma_netset ma_netset_minus(struct ma_netspace *, struct ma_netset, struct ma_netset);
/* What of a set lies in a range; costs no more than what is found. */
struct ma_netset ma_netset_clip(struct ma_netspace *, struct ma_netset, struct ma_range);
bool ma_netset_has(struct ma_netset, const struct ma_address *);
/* How many addresses of IPv4. */
uint64_t ma_netset_size4(struct ma_netset);

/* A set as the fewest networks that make it up, in order. */
struct ma_networks {
    struct ma_netset set;
    unsigned family;
    size_t range;
    struct ma_number next; /* of the range */
    bool started;          /* next counts */
};

void ma_networks_begin(struct ma_networks *, struct ma_netset, unsigned family);
/* False: that was all. */
bool ma_networks_next(struct ma_networks *, struct ma_address *, unsigned *prefix_r);

#endif
