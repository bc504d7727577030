/* SPDX-License-Identifier: MIT */
/*
 * nametable.h - a hash table over lower-case wire names. Intrusive: the entries are the owner's
 * (first member struct ma_named), only the buckets are the table's.
 */
#ifndef MA_NAMETABLE_H
#define MA_NAMETABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ma_named {
    struct ma_named *next;
    const uint8_t *name; /* lives as long as the entry */
    uint8_t size;
    uint32_t hash;
};

struct ma_nametable { /* {0} is an empty one */
    struct ma_named **buckets;
    size_t bucket_count; /* 0 or a power of two */
    size_t count;
};

struct ma_named *ma_nametable_find(const struct ma_nametable *, const uint8_t *name, size_t size);
/* The name must not be there yet; name and size are set. False without memory. */
bool ma_nametable_add(struct ma_nametable *, struct ma_named *);
void ma_nametable_clear(struct ma_nametable *); /* frees the buckets */

#endif
