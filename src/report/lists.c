/* SPDX-License-Identifier: MIT */
/* The table of `mailaudit lists`: a line a list. */
#include "../data.h"
#include "escape.h"
#include "report.h"

#include <string.h>

static const struct ma_data *cell(const struct ma_data *row, const char *key)
{
    const struct ma_data *d = row->children.first;
    while (d != NULL && strcmp(d->key, key) != 0)
        d = d->next;
    return d != NULL && d->kind == MA_DATA_TEXT ? d : NULL;
}

/* Safe for a terminal, and filled up with blanks. */
static void put(FILE *out, const struct ma_data *d, size_t width)
{
    size_t columns = 0;
    for (size_t at = 0; d != NULL && at < d->text.size;) {
        struct ma_piece p;
        ma_piece_next(&p, (const unsigned char *)d->text.bytes + at, d->text.size - at);
        fwrite(p.text, 1, p.length, out);
        columns += p.columns;
        at += p.consumed;
    }
    for (; columns < width; columns++)
        fputc(' ', out);
}

static size_t widest(const struct ma_data *rows, const char *key)
{
    size_t width = 0;
    for (const struct ma_data *row = rows->children.first; row != NULL; row = row->next) {
        const struct ma_data *d = cell(row, key);
        if (d != NULL && d->text.size > width)
            width = d->text.size;
    }
    return width;
}

void ma_report_lists(FILE *out, const struct ma_data *rows)
{
    static const char *const keys[] = {"zone", "state", "class", "weight"};
    size_t widths[4];
    for (size_t i = 0; i < 4; i++)
        widths[i] = widest(rows, keys[i]);
    for (const struct ma_data *row = rows->children.first; row != NULL; row = row->next) {
        const struct ma_data *reason = cell(row, "reason");
        for (size_t i = 0; i < 4; i++) {
            bool last = i == 3 && reason == NULL;
            put(out, cell(row, keys[i]), last ? 0 : widths[i] + 2);
        }
        put(out, reason, 0);
        fputc('\n', out);
    }
}
