/* SPDX-License-Identifier: MIT */
#include "gate.h"

#include <string.h>

/* A message on its way in: lines that end in CRLF. */
struct text {
    const char *bytes;
    size_t size, at;
    size_t line;
};

const char *ma_mail_fault_phrase(enum ma_mail_fault fault)
{
    static const char *const phrases[MA_MAIL_FAULT_COUNT] = {
        [MA_MAIL_GOOD] = "",
        [MA_MAIL_EMPTY] = "there is no message in it",
        [MA_MAIL_TOO_LARGE] = "the message is larger than 32 MiB",
        [MA_MAIL_NUL] = "there is a NUL byte in it",
        [MA_MAIL_BARE_CR] = "there is a carriage return in the middle of a header line",
        [MA_MAIL_NOT_A_FIELD] = "a line of the header is no field: there is no name and colon",
        [MA_MAIL_HEADER_TOO_LARGE] = "the header is larger than 60,000 bytes",
        [MA_MAIL_TOO_MANY_FIELDS] = "the header has more than 1,000 fields",
        [MA_MAIL_NO_MEMORY] = "there is not enough memory for it",
    };
    return phrases[fault];
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* A copy in which every line, the last one too, ends in CRLF. NULL: no memory. */
static char *normalise(struct ma_arena *arena, const char *bytes, size_t size, size_t *size_r)
{
    size_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += bytes[i] == '\n';
    char *out = ma_arena_bytes(arena, size + 2 * lines);
    size_t n = 0;
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r'))
            out[n++] = '\r';
        out[n++] = bytes[i];
    }
    if (size > 0 && bytes[size - 1] != '\n') {
        out[n++] = '\r';
        out[n++] = '\n';
    }
    *size_r = n;
    return out;
}

/* The bytes of the next line without its CRLF; false at the end. */
static bool next_line(struct text *t, const char **line_r, size_t *size_r)
{
    if (t->at == t->size)
        return false;
    const char *start = t->bytes + t->at;
    const char *end = memchr(start, '\n', t->size - t->at);
    *line_r = start;
    *size_r = (size_t)(end - start) - 1;
    t->at += *size_r + 2;
    t->line++;
    return true;
}

/* The line in which mail boxes say where a message begins. */
static void skip_mbox_line(struct text *t)
{
    static const char from[] = "From ";
    const char *line;
    size_t size;
    if (t->size > strlen(from) && memcmp(t->bytes, from, strlen(from)) == 0)
        next_line(t, &line, &size);
}

/* ---- fields ---------------------------------------------------------------------------------- */

static bool is_name_byte(char c)
{
    return c > ' ' && c < 0x7f && c != ':';
}

/* A line that begins a field: a name, blanks perhaps, and a colon (RFC 5322 2.2, 4.5.3). */
static bool read_name(struct ma_mail_field *f)
{
    size_t at = 0;
    while (at < f->size && is_name_byte(f->bytes[at]))
        at++;
    f->name_size = at;
    while (at < f->size && (f->bytes[at] == ' ' || f->bytes[at] == '\t'))
        at++;
    f->value = (struct ma_span){at + 1, f->size - at - 1};
    return f->name_size > 0 && at < f->size && f->bytes[at] == ':';
}

bool ma_mail_field_is(const struct ma_mail_field *f, const char *name)
{
    return ma_span_is_nocase(f->bytes, (struct ma_span){0, f->name_size}, name);
}

static enum ma_mail_fault add_line(struct ma_mail *m, struct ma_arena *arena, size_t *room,
    const char *line, size_t size, size_t number)
{
    bool continues = line[0] == ' ' || line[0] == '\t';
    if (memchr(line, '\r', size) != NULL)
        return MA_MAIL_BARE_CR;
    if (continues && m->field_count == 0)
        return MA_MAIL_NOT_A_FIELD;
    if (continues) {
        struct ma_mail_field *last = &m->fields[m->field_count - 1];
        last->size += 2 + size;
        last->value.size += 2 + size;
        return MA_MAIL_GOOD;
    }
    struct ma_mail_field f = {.bytes = line, .size = size, .line = number};
    if (!read_name(&f))
        return MA_MAIL_NOT_A_FIELD;
    if (m->field_count == MA_MAIL_FIELDS_MAX)
        return MA_MAIL_TOO_MANY_FIELDS;
    m->fields = ma_arena_grow(arena, m->fields, m->field_count, room, sizeof *m->fields);
    if (m->fields == NULL)
        return MA_MAIL_NO_MEMORY;
    m->fields[m->field_count++] = f;
    return MA_MAIL_GOOD;
}

static enum ma_mail_fault read_header(struct ma_mail *m, struct ma_arena *arena, struct text *t)
{
    const char *line;
    size_t size, room = 0, first = t->at;
    enum ma_mail_fault fault = MA_MAIL_GOOD;
    while (fault == MA_MAIL_GOOD && next_line(t, &line, &size) && size > 0) {
        fault = add_line(m, arena, &room, line, size, t->line);
        if (t->at - first > MA_MAIL_HEADER_BYTES_MAX)
            fault = MA_MAIL_HEADER_TOO_LARGE;
    }
    return fault == MA_MAIL_GOOD && m->field_count == 0 ? MA_MAIL_EMPTY : fault;
}

static void read_signatures(struct ma_mail *m, struct ma_arena *arena)
{
    for (size_t i = 0; i < m->field_count; i++) {
        if (!ma_mail_field_is(&m->fields[i], "DKIM-Signature"))
            continue;
        if (m->signature_count == MA_MAIL_SIGNATURES_MAX)
            m->signatures_left_out++;
        else
            ma_signature_read(&m->signatures[m->signature_count++], arena, &m->fields[i]);
    }
}

void ma_mail_read(struct ma_mail *m, struct ma_arena *arena, const char *bytes, size_t size)
{
    struct text t = {.size = 0};
    *m = (struct ma_mail){.fault = MA_MAIL_EMPTY};
    if (size == 0)
        return;
    m->fault = MA_MAIL_TOO_LARGE;
    if (size > MA_MAIL_BYTES_MAX)
        return;
    m->fault = MA_MAIL_NUL;
    if (memchr(bytes, '\0', size) != NULL)
        return;
    m->fault = MA_MAIL_NO_MEMORY;
    t.bytes = normalise(arena, bytes, size, &t.size);
    if (t.bytes == NULL)
        return;
    skip_mbox_line(&t);
    m->fault = read_header(m, arena, &t);
    m->line = m->fault != MA_MAIL_GOOD ? t.line : 0;
    if (m->fault != MA_MAIL_GOOD)
        return;
    m->body = t.bytes + t.at;
    m->body_size = t.size - t.at;
    read_signatures(m, arena);
}
