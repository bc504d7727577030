/* SPDX-License-Identifier: MIT */
/*
 * keys.h - keys of block lists that answer their customers only, as a label of the name asked for.
 *
 * Everybody else in the program says {key} for the label: checks, the store, recordings and
 * reports never see a key. The sources that ask the network put it in, and take it out of what
 * comes back. A key goes out only in names below the zone that it is for.
 */
#ifndef MA_KEYS_H
#define MA_KEYS_H

#include "../name.h"
#include "store.h"

#include <stdio.h>

#define MA_KEYS_MAX       16
#define MA_KEY_BYTES_MIN  8 /* shorter ones would be found everywhere */
#define MA_KEYS_FILE_MAX  16384u
#define MA_KEYS_ZONES_MAX (MA_KEYS_MAX * 256)
#define MA_KEY_LABEL      "{key}"

struct ma_keys {
    struct ma_key {
        uint8_t zone[MA_NAME_WIRE_MAX];
        char key[MA_LABEL_MAX + 1];
    } list[MA_KEYS_MAX];
    size_t count;
};

/*
 * Adds the keys of a file: lines of ZONE KEY, where ZONE may be one of the words spamhaus and
 * abusix. What is wrong goes to err as "FILE:LINE: what", never with a key in it; false then. That
 * others can read the file is told to err, too, and no error.
 */
bool ma_keys_load(struct ma_keys *, const char *file, FILE *err);
/* Adds one; returns what is wrong with it (static, without the key), or NULL. */
const char *ma_keys_add(struct ma_keys *, const char *zone, const char *key, size_t size);
/* Adds those of the environment, MAILAUDIT_SPAMHAUS_KEY and MAILAUDIT_ABUSIX_KEY, where none is
   known for their zone. */
bool ma_keys_environment(struct ma_keys *, FILE *err);
/* "dq.spamhaus.net mail.abusix.zone" */
void ma_keys_zones(char text[static MA_KEYS_ZONES_MAX], const struct ma_keys *);

/* The key for a name below {key}, that of the longest zone; or NULL. keys may be NULL. */
const struct ma_key *ma_keys_for(const struct ma_keys *, const uint8_t *name);
/* The name with the key in it; its size, or 0 when it is too long for a name. */
size_t ma_key_put(const struct ma_key *, uint8_t out[static MA_NAME_WIRE_MAX], const uint8_t *name);
/* Takes the key out of a reply to the question of that name. */
void ma_key_hide(const struct ma_key *, const uint8_t *name, struct ma_reply *);

#endif
