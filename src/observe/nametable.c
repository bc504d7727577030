/* SPDX-License-Identifier: MIT */
#include "nametable.h"

#include <stdlib.h>
#include <string.h>

#define MA_NAMETABLE_FIRST 64u /* buckets */

static uint32_t hash_name(const uint8_t *name, size_t size)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        h = (h ^ name[i]) * 16777619u;
    return h ^ h >> 15;
}

struct ma_named *ma_nametable_find(const struct ma_nametable *t, const uint8_t *name, size_t size)
{
    if (t->bucket_count == 0)
        return NULL;
    uint32_t hash = hash_name(name, size);
    struct ma_named *n = t->buckets[hash & (t->bucket_count - 1)];
    while (n != NULL && (n->hash != hash || n->size != size || memcmp(n->name, name, size) != 0))
        n = n->next;
    return n;
}

static bool grow(struct ma_nametable *t)
{
    size_t count = t->bucket_count > 0 ? t->bucket_count * 2 : MA_NAMETABLE_FIRST;
    struct ma_named **buckets = calloc(count, sizeof(struct ma_named *));
    if (buckets == NULL)
        return false;
    for (size_t i = 0; i < t->bucket_count; i++) {
        while (t->buckets[i] != NULL) {
            struct ma_named *n = t->buckets[i];
            t->buckets[i] = n->next;
            n->next = buckets[n->hash & (count - 1)];
            buckets[n->hash & (count - 1)] = n;
        }
    }
    free(t->buckets);
    t->buckets = buckets;
    t->bucket_count = count;
    return true;
}

bool ma_nametable_add(struct ma_nametable *t, struct ma_named *n)
{
    if (t->count >= t->bucket_count && !grow(t))
        return false;
    n->hash = hash_name(n->name, n->size);
    struct ma_named **bucket = &t->buckets[n->hash & (t->bucket_count - 1)];
    n->next = *bucket;
    *bucket = n;
    t->count++;
    return true;
}

void ma_nametable_clear(struct ma_nametable *t)
{
    free(t->buckets);
    *t = (struct ma_nametable){0};
}
