/* SPDX-License-Identifier: MIT */
/* typography.h - characters beyond ASCII that word processors and web pages leave in a record that
   was pasted: curly quotation marks, no-break spaces, dashes. */
#ifndef MA_TYPOGRAPHY_H
#define MA_TYPOGRAPHY_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes at the start of text are one such character, 0 for none. *instead_r is what was
   meant: an ASCII character, or NUL for nothing at all. */
size_t ma_typography(const char *text, size_t size, char *instead_r);
/* Is there one? *at_r: where the first one begins. */
bool ma_typography_find(const char *text, size_t size, size_t *at_r);

#endif
