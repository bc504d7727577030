/* SPDX-License-Identifier: MIT */
#include "slow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many labels make a domain, about: "example.co.uk" 3, "example.com" 2, reverse names more. */
static unsigned labels_of(const char *name, unsigned labels)
{
    static const char v4[] = ".in-addr.arpa", v6[] = ".ip6.arpa";
    size_t size = strlen(name);
    if (size > sizeof v4 && strcmp(name + size - (sizeof v4 - 1), v4) == 0)
        return labels < 5 ? labels : 5; /* a /24 */
    if (size > sizeof v6 && strcmp(name + size - (sizeof v6 - 1), v6) == 0)
        return labels < 14 ? labels : 14; /* a /48 */
    const char *last = strrchr(name, '.'), *second = last;
    while (second != NULL && second > name && second[-1] != '.')
        second--;
    return last != NULL && last - second <= 3 && strlen(last) == 3 ? 3 : 2;
}

static struct ma_slow_zone *place_of(struct ma_slow *s, const char *name)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (const char *p = name; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * 0x100000001b3u;
    return &s->zones[(h ^ h >> 32) % MA_SLOW_PLACES];
}

void ma_slow_add(struct ma_slow *s, const struct ma_slow_zone *z)
{
    struct ma_slow_zone *at = place_of(s, z->name);
    if (strcmp(at->name, z->name) == 0) {
        at->answers += z->answers;
        at->timeouts += z->timeouts;
        at->waited_msecs += z->waited_msecs;
    } else if (at->waited_msecs < z->waited_msecs) {
        *at = *z;
    }
}

void ma_slow_note(struct ma_slow *s, const uint8_t *name, uint64_t msecs, bool timeout)
{
    char text[MA_NAME_TEXT_MAX];
    struct ma_slow_zone z = {.answers = !timeout, .timeouts = timeout, .waited_msecs = msecs};
    ma_name_to_text(text, name);
    unsigned labels = ma_name_labels(name), kept = labels_of(text, labels);
    for (; labels > kept; labels--)
        name += 1 + *name;
    ma_name_to_text(text, name);
    snprintf(z.name, sizeof z.name, "%.*s", MA_SLOW_NAME - 1, text);
    ma_slow_add(s, &z);
}

static int by_waiting(const void *a, const void *b)
{
    const struct ma_slow_zone *x = *(const struct ma_slow_zone *const *)a;
    const struct ma_slow_zone *y = *(const struct ma_slow_zone *const *)b;
    if (x->waited_msecs != y->waited_msecs)
        return x->waited_msecs < y->waited_msecs ? 1 : -1;
    return strcmp(x->name, y->name);
}

size_t ma_slow_worst(const struct ma_slow *s, const struct ma_slow_zone **zones, size_t most)
{
    const struct ma_slow_zone *all[MA_SLOW_PLACES] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < MA_SLOW_PLACES; i++)
        if (s->zones[i].waited_msecs > 0)
            all[count++] = &s->zones[i];
    qsort(all, count, sizeof *all, by_waiting);
    count = count < most ? count : most;
    memcpy(zones, all, count * sizeof *all);
    return count;
}
