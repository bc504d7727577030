/* SPDX-License-Identifier: MIT */
/*
 * name.h - domain names: wire format (RFC 1035 3.1) and presentation format (5.1).
 *
 * Throughout the program a name in text is lower case and without a trailing dot; bytes outside
 * printable ASCII, and dots and backslashes inside a label, are escaped. The root is ".".
 */
#ifndef MA_NAME_H
#define MA_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MA_NAME_WIRE_MAX 255  /* bytes, RFC 1035 2.3.4 */
#define MA_LABEL_MAX     63   /* bytes */
#define MA_NAME_TEXT_MAX 1024 /* bytes, with every byte escaped and the NUL */

/* Text to wire, lower-cased. Returns the size in bytes, or 0 when text cannot be a name. */
size_t ma_name_to_wire(uint8_t wire[static MA_NAME_WIRE_MAX], const char *text);
/* Uncompressed, valid wire to text, lower-cased; returns the length. */
size_t ma_name_to_text(char text[static MA_NAME_TEXT_MAX], const uint8_t *wire);
/* The size of an uncompressed name that starts at wire, or 0 if it does not end within size. */
size_t ma_name_wire_size(const uint8_t *wire, size_t size);
/* Is the (lower-case) wire name equal to or below the other? */
bool ma_name_is_below(const uint8_t *name, const uint8_t *ancestor);
/* The canonical order of (lower-case) wire names (RFC 4034 6.1): by label, the last one first. */
int ma_name_compare(const uint8_t *, const uint8_t *);
/* Labels, the root's not counted. */
unsigned ma_name_labels(const uint8_t *wire);

#endif
