/* SPDX-License-Identifier: MIT */
/*
 * slow.h - which zones keep a batch waiting: answers that took long, and those that never came, by
 * the domain that was asked about. A table of fixed size: of two that fall on one place the one
 * with more waiting stays.
 */
#ifndef MA_SLOW_H
#define MA_SLOW_H

#include "../name.h"

#include <stdbool.h>
#include <stdint.h>

#define MA_SLOW_MSECS  500 /* an answer that takes longer is slow */
#define MA_SLOW_PLACES 512
#define MA_SLOW_NAME   128 /* bytes, with the NUL; longer names are cut */

struct ma_slow_zone {
    char name[MA_SLOW_NAME];
    uint32_t answers, timeouts; /* slow answers; questions without one */
    uint64_t waited_msecs;      /* for both */
};

struct ma_slow {
    struct ma_slow_zone zones[MA_SLOW_PLACES];
};

/* name in wire format: counted under the domain that it belongs to, by its last labels. */
void ma_slow_note(struct ma_slow *, const uint8_t *name, uint64_t msecs, bool timeout);
void ma_slow_add(struct ma_slow *, const struct ma_slow_zone *);
/* The zones with the most waiting first; returns how many of most there are. */
size_t ma_slow_worst(const struct ma_slow *, const struct ma_slow_zone **zones, size_t most);

#endif
