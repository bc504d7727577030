/* SPDX-License-Identifier: MIT */
/*
 * escape.h - text from outside, made safe for one output each.
 *
 * A report's strings may hold any byte. A character is shown as itself when it is valid UTF-8 and
 * does nothing but print: not a control (C0, DEL, C1: they drive terminals), not one that changes
 * the direction of what follows or that cannot be seen.
 */
#ifndef MA_ESCAPE_H
#define MA_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at bytes (size > 0): its length of 1 to 4 bytes, or 0 where there is none
   (RFC 3629: no overlong forms, no surrogates). */
size_t ma_utf8_decode(const unsigned char *bytes, size_t size, uint32_t *code_r);
/* May the character be printed as it is? */
bool ma_is_printable(uint32_t code);
/* Columns that a printable character takes on a terminal: 0, 1 or 2. */
unsigned ma_code_columns(uint32_t code);

#define MA_PIECE_MAX 17 /* four bytes as \xNN and the NUL */

/* What is shown of a text, character by character. */
struct ma_piece {
    char text[MA_PIECE_MAX];
    unsigned length;  /* bytes of text */
    unsigned columns; /* on a terminal */
    size_t consumed;  /* bytes of the input that it stands for */
    bool escaped;
};

/* The next piece for a terminal; each byte that may not be shown is \xNN. size > 0. */
void ma_piece_next(struct ma_piece *, const unsigned char *bytes, size_t size);

#endif
