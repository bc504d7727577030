/* SPDX-License-Identifier: MIT */
#include "sheet.h"
#include "escape.h"

#include <stdlib.h>
#include <string.h>

void ma_sheet_init(struct ma_sheet *s, FILE *file, unsigned columns, bool colour)
{
    if (columns == 0)
        columns = 80;
    columns = columns < MA_COLUMNS_MIN ? MA_COLUMNS_MIN : columns;
    columns = columns > MA_COLUMNS_MAX ? MA_COLUMNS_MAX : columns;
    *s = (struct ma_sheet){.file = file, .columns = columns, .colour = colour, .item_indent = 9};
}

/* Prints size bytes, escaped; NULL only measures. Returns the columns. */
static unsigned show(FILE *file, const char *text, size_t size)
{
    const unsigned char *p = (const unsigned char *)text;
    unsigned columns = 0;
    struct ma_piece piece;
    for (size_t done = 0; done < size; done += piece.consumed) {
        ma_piece_next(&piece, p + done, size - done);
        columns += piece.columns;
        if (file != NULL)
            fwrite(piece.text, 1, piece.length, file);
    }
    return columns;
}

void ma_sheet_ink(struct ma_sheet *s, enum ma_ink ink, const char *text)
{
    static const char *const codes[] = {
        [MA_INK_PLAIN] = NULL,
        [MA_INK_BOLD] = "\033[1m",
        [MA_INK_DIM] = "\033[2m",
        [MA_INK_RED] = "\033[1;31m",
        [MA_INK_YELLOW] = "\033[1;33m",
        [MA_INK_GREEN] = "\033[1;32m",
        [MA_INK_CYAN] = "\033[1;36m",
    };
    bool inked = s->colour && codes[ink] != NULL && text[0] != '\0';
    if (inked)
        fputs(codes[ink], s->file);
    s->at += show(s->file, text, strlen(text));
    if (inked)
        fputs("\033[0m", s->file);
}

void ma_sheet_tab(struct ma_sheet *s, unsigned column)
{
    do {
        putc(' ', s->file);
    } while (++s->at < column);
}

void ma_sheet_end_line(struct ma_sheet *s)
{
    putc('\n', s->file);
    s->at = 0;
}

void ma_sheet_words(struct ma_sheet *s, unsigned indent, const char *text)
{
    while (*text != '\0') {
        size_t spaces = strspn(text, " ");
        size_t length = strcspn(text + spaces, " ");
        unsigned columns = show(NULL, text + spaces, length);
        bool fits = s->at + spaces + columns <= s->columns;
        if (length > 0 && !fits && s->at > indent && spaces > 0) {
            ma_sheet_end_line(s);
            ma_sheet_tab(s, indent);
        } else if (length > 0) {
            s->at += show(s->file, text, spaces);
        }
        s->at += show(s->file, text + spaces, length);
        text += spaces + length;
    }
}

__attribute__((format(printf, 3, 0))) static void print(
    struct ma_sheet *s, unsigned indent, const char *fmt, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    ma_sheet_words(s, indent, text != NULL ? text : "(no memory)");
    free(text);
}

void ma_sheet_print(struct ma_sheet *s, unsigned indent, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print(s, indent, fmt, args);
    va_end(args);
}

void ma_sheet_item(struct ma_sheet *s, const char *label, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    ma_sheet_tab(s, 2);
    ma_sheet_ink(s, MA_INK_DIM, label);
    ma_sheet_tab(s, s->item_indent);
    print(s, s->item_indent, fmt, args);
    ma_sheet_end_line(s);
    va_end(args);
}

/* ---- places ---------------------------------------------------------------------------------- */

#define ELLIPSIS "..."

/* Bytes, not characters: in a record that has to be ASCII the odd byte is what must be seen. */
static unsigned byte_columns(unsigned char c)
{
    return c >= 0x20 && c < 0x7F ? 1 : 4;
}

static unsigned span_columns(const struct ma_place *p, size_t from, size_t to)
{
    unsigned columns = 0;
    for (size_t i = from; i < to; i++)
        columns += byte_columns((unsigned char)p->record[i]);
    return columns;
}

struct window {
    size_t from, to; /* bytes of the record */
};

/* Some of what stands before the place, then as much as there is room for. */
static struct window choose_window(const struct ma_place *p, size_t offset, unsigned columns)
{
    struct window w = {0, p->record_size};
    if (p->record_size <= columns && span_columns(p, 0, p->record_size) <= columns)
        return w;
    unsigned room = columns - 2 * (unsigned)strlen(ELLIPSIS);
    unsigned used = 0;
    w.from = w.to = offset;
    while (w.from > 0 && used + 4 <= room / 3)
        used += byte_columns((unsigned char)p->record[--w.from]);
    while (w.to < p->record_size && used + 4 <= room)
        used += byte_columns((unsigned char)p->record[w.to++]);
    while (w.from > 0 && used + 4 <= room)
        used += byte_columns((unsigned char)p->record[--w.from]);
    return w;
}

static void show_bytes(struct ma_sheet *s, const struct ma_place *p, struct window w)
{
    for (size_t i = w.from; i < w.to; i++) {
        unsigned char c = (unsigned char)p->record[i];
        if (byte_columns(c) == 1)
            putc(c, s->file);
        else
            fprintf(s->file, "\\x%02x", c);
    }
    s->at += span_columns(p, w.from, w.to);
}

void ma_sheet_place(struct ma_sheet *s, const struct ma_place *p)
{
    size_t offset = p->offset < p->record_size ? p->offset : p->record_size;
    size_t end = p->length < p->record_size - offset ? offset + p->length : p->record_size;
    struct window w = choose_window(p, offset, s->columns - s->item_indent);
    ma_sheet_tab(s, s->item_indent);
    if (w.from > 0)
        ma_sheet_ink(s, MA_INK_DIM, ELLIPSIS);
    unsigned column = s->at + span_columns(p, w.from, offset);
    show_bytes(s, p, w);
    if (w.to < p->record_size)
        ma_sheet_ink(s, MA_INK_DIM, ELLIPSIS);
    ma_sheet_end_line(s);

    unsigned width = span_columns(p, offset, end < w.to ? end : w.to);
    char carets[MA_COLUMNS_MAX + 1];
    width = width == 0 ? 1 : width < MA_COLUMNS_MAX ? width : MA_COLUMNS_MAX;
    memset(carets, '^', width);
    carets[width] = '\0';
    ma_sheet_tab(s, column);
    ma_sheet_ink(s, MA_INK_RED, carets);
    ma_sheet_end_line(s);
}

/* ---- records to paste ------------------------------------------------------------------------ */

/* What a zone file may hold; all else as \DDD (RFC 1035 5.1). */
static void show_zone_text(struct ma_sheet *s, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c < 0x7F)
            putc(c, s->file);
        else
            fprintf(s->file, "\\%03u", c);
    }
}

/* The length of the quoted string or word at text. */
static size_t token_length(const char *text)
{
    bool quoted = *text == '"';
    size_t i = quoted ? 1 : 0;
    for (; text[i] != '\0'; i++) {
        if (text[i] == '\\' && text[i + 1] != '\0')
            i++;
        else if (quoted && text[i] == '"')
            return i + 1;
        else if (!quoted && text[i] == ' ')
            return i;
    }
    return i;
}

static void show_strings(struct ma_sheet *s, const char *rdata)
{
    fputs("(", s->file);
    while (*rdata != '\0') {
        size_t length = token_length(rdata);
        fputs("\n    ", s->file);
        show_zone_text(s, rdata, length);
        rdata += length;
        rdata += strspn(rdata, " ");
    }
    fputs(" )", s->file);
}

void ma_sheet_record(struct ma_sheet *s, const struct ma_record *r)
{
    bool root = strcmp(r->owner, ".") == 0;
    size_t length = strlen(r->owner) + strlen(r->type_name) + strlen(r->rdata) + 6;
    bool several = r->rdata[0] == '"' && r->rdata[token_length(r->rdata)] == ' ';
    show_zone_text(s, r->owner, strlen(r->owner));
    fputs(root ? " IN " : ". IN ", s->file);
    show_zone_text(s, r->type_name, strlen(r->type_name));
    putc(' ', s->file);
    if (several && length > s->columns)
        show_strings(s, r->rdata);
    else
        show_zone_text(s, r->rdata, strlen(r->rdata));
    ma_sheet_end_line(s);
}

/* ---- durations ------------------------------------------------------------------------------- */

void ma_duration_text(char text[static MA_DURATION_MAX], int64_t secs)
{
    static const struct {
        int64_t secs;
        const char *name, *plural;
    } units[] = {{86400, "day", "days"}, {3600, "h", "h"}, {60, "min", "min"}, {1, "s", "s"}};
    size_t u = 0;
    secs = secs > 0 ? secs : 0;
    while (u < 3 && secs < units[u].secs)
        u++;
    /* rounded up to the second unit, which may complete the first */
    int64_t step = u < 3 ? units[u + 1].secs : 1;
    secs = (secs + step - 1) / step * step;
    if (u > 0 && secs == units[u - 1].secs)
        u--;
    int64_t whole = secs / units[u].secs, rest = secs % units[u].secs;
    const char *name = whole == 1 ? units[u].name : units[u].plural;
    if (rest == 0 || u == 3)
        snprintf(text, MA_DURATION_MAX, "%lld %s", (long long)whole, name);
    else
        snprintf(text, MA_DURATION_MAX, "%lld %s %lld %s", (long long)whole, name,
            (long long)(rest / units[u + 1].secs), units[u + 1].name);
}
