/* SPDX-License-Identifier: MIT */
/*
 * sheet.h - what the text report is set on: lines of at most so many columns, everything from
 * outside escaped for a terminal. A sheet allocates nothing that outlives a call.
 */
#ifndef MA_SHEET_H
#define MA_SHEET_H

#include "../finding.h"

#include <stdio.h>

#define MA_COLUMNS_MIN 40
#define MA_COLUMNS_MAX 100 /* longer lines are hard to read */

struct ma_sheet {
    FILE *file;
    unsigned columns;
    bool colour;
    unsigned at;          /* columns used on the present line */
    unsigned item_indent; /* where the text of an item starts */
};

enum ma_ink {
    MA_INK_PLAIN,
    MA_INK_BOLD,
    MA_INK_DIM,
    MA_INK_RED,
    MA_INK_YELLOW,
    MA_INK_GREEN,
    MA_INK_CYAN
};

void ma_sheet_init(struct ma_sheet *, FILE *, unsigned columns, bool colour);
/* Words in a colour, on the present line, never broken. */
void ma_sheet_ink(struct ma_sheet *, enum ma_ink, const char *text);
/* Fills up to the column with spaces; at least one where the line is longer already. */
void ma_sheet_tab(struct ma_sheet *, unsigned column);
void ma_sheet_end_line(struct ma_sheet *);
/*
 * Sets words from the present column on, further lines indented. A line is broken at spaces only:
 * what is longer than a line (a record, a URL) stays whole, so that it can be copied.
 */
void ma_sheet_words(struct ma_sheet *, unsigned indent, const char *text);
void ma_sheet_print(struct ma_sheet *, unsigned indent, const char *fmt, ...) MA_PRINTF(3, 4);
/* A paragraph of its own behind a label: "  why    ...". */
void ma_sheet_item(struct ma_sheet *, const char *label, const char *fmt, ...) MA_PRINTF(3, 4);
/* The record in one line, or the part of it around the place, and carets below the place. */
void ma_sheet_place(struct ma_sheet *, const struct ma_place *);
/* The record in zone-file form from the first column on, ready to paste: a line is broken only
   between the strings of a TXT record, inside parentheses. */
void ma_sheet_record(struct ma_sheet *, const struct ma_record *);

/* "1 h 30 min", in the two greatest units, rounded up. */
#define MA_DURATION_MAX 48
void ma_duration_text(char text[static MA_DURATION_MAX], int64_t secs);

#endif
