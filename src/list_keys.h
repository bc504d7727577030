/* SPDX-License-Identifier: MIT */
/*
 * list_keys.h - keys that stand in the names of block lists, as postscreen, rspamd and check_rbl
 * are told of them: KEY.zen.dq.spamhaus.net.
 */
#ifndef MA_LIST_KEYS_H
#define MA_LIST_KEYS_H

#include "observe/keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * The catalogue's row "{key}.zen.dq.spamhaus.net\t..." of the list whose name, with a customer's
 * key as its first label, is text; the key's size. NULL where text names no such list. The row
 * lives as long as the program.
 */
const char *ma_list_keyed(const char *text, size_t *key_size_r);
/*
 * Adds the keys in the names of a file of lists (--lists). One that cannot be a key is told to err
 * as "FILE:LINE: what", without it; false then. A file that cannot be read, or but once (a pipe),
 * has none.
 */
bool ma_list_keys_load(struct ma_keys *, const char *file, FILE *err);

#endif
