/* SPDX-License-Identifier: MIT */
#include "zonefile.h"

#include "../file.h"
#include "rrtext.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- lines ----------------------------------------------------------------------------------- */

bool ma_lines_init(struct ma_lines *l, const char *text)
{
    *l = (struct ma_lines){.at = text, .line = 1, .text = malloc(MA_RRTEXT_MAX + 1)};
    return l->text != NULL;
}

void ma_lines_clear(struct ma_lines *l)
{
    free(l->text);
    l->text = NULL;
}

/* The state of one line while it is read. */
struct joining {
    size_t size;
    unsigned depth; /* 1 within parentheses */
    bool quoted;
};

static bool wrong(struct ma_lines *l, const char *what)
{
    l->wrong = what;
    return false;
}

static bool keep(struct ma_lines *l, struct joining *j, char c)
{
    if (j->size >= MA_RRTEXT_MAX)
        return wrong(l, "a record of more than 140,000 bytes as text");
    l->text[j->size++] = c;
    return true;
}

/* A backslash and what it escapes, so that neither opens, closes nor ends anything. */
static bool keep_escape(struct ma_lines *l, struct joining *j)
{
    if (*l->at == '\0' || *l->at == '\n' || *l->at == '\r')
        return wrong(l, "a backslash at the end of a line");
    return keep(l, j, '\\') && keep(l, j, *l->at++);
}

static bool keep_parenthesis(struct ma_lines *l, struct joining *j, char c)
{
    if (c == '(' && j->depth > 0)
        return wrong(l, "an opening parenthesis within parentheses");
    if (c == ')' && j->depth == 0)
        return wrong(l, "a closing parenthesis without an opening one");
    j->depth = c == '(' ? 1 : 0;
    return j->size == 0 || keep(l, j, ' '); /* a leading blank would stand for the last owner */
}

/* One character that is neither the end of the text nor of the line. */
static bool keep_any(struct ma_lines *l, struct joining *j, char c)
{
    switch (c) {
    case '\\':
        return keep_escape(l, j);
    case '"':
        j->quoted = !j->quoted;
        return keep(l, j, c);
    case '(':
    case ')':
        return j->quoted ? keep(l, j, c) : keep_parenthesis(l, j, c);
    case ';':
        if (j->quoted)
            return keep(l, j, c);
        l->at += strcspn(l->at, "\n");
        return true;
    default:
        return keep(l, j, c);
    }
}

/* Up to the end of the line, or of the text. */
static bool join(struct ma_lines *l, struct joining *j)
{
    while (*l->at != '\0') {
        char c = *l->at++;
        if (c != '\n') {
            if (!keep_any(l, j, c))
                return false;
            continue;
        }
        l->line++;
        if (j->quoted)
            return wrong(l, "a quote is not closed on its line");
        if (j->depth == 0)
            return true;
        if (!keep(l, j, ' '))
            return false;
    }
    if (j->quoted)
        return wrong(l, "a quote is not closed at the end of the file");
    return j->depth == 0 || wrong(l, "a parenthesis is not closed at the end of the file");
}

bool ma_lines_next(struct ma_lines *l)
{
    while (*l->at != '\0') {
        struct joining j = {0};
        l->start = l->line;
        if (!join(l, &j))
            return false;
        l->text[j.size] = '\0';
        if (l->text[strspn(l->text, " \t\r\f\v")] != '\0')
            return true;
    }
    return false;
}

/* ---- directives and records ------------------------------------------------------------------ */

struct reader {
    struct ma_zonefile *file;
    struct ma_rrtext context;
    struct ma_lines lines;
};

static bool set_origin(struct ma_rrtext *c, const struct ma_word *w)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    size_t size = ma_rrtext_name(c, w, wire);
    memcpy(c->origin, wire, size);
    if (size > 0)
        c->origin_size = (uint8_t)size;
    return size > 0;
}

static bool set_default_ttl(struct ma_rrtext *c, const struct ma_word *w)
{
    uint64_t ttl;
    if (!ma_rrtext_ttl(w, &ttl) || ttl > MA_RRTEXT_TTL_MAX)
        return ma_rrtext_wrong(c, "'%s' is no time to live", ma_rrtext_shown(w).text);
    c->has_default_ttl = true;
    c->default_ttl_secs = (uint32_t)ttl;
    return true;
}

static bool is_directive(const struct ma_word *w, const char *name)
{
    return w->size == strlen(name) && strncasecmp(w->at, name, w->size) == 0;
}

static bool read_directive(struct ma_rrtext *c, const char *line)
{
    struct ma_word name, value, more;
    if (!ma_rrtext_word(c, &line, &name))
        return false;
    if (is_directive(&name, "$INCLUDE"))
        return ma_rrtext_wrong(c, "$INCLUDE is not followed: put that file's records here");
    if (is_directive(&name, "$GENERATE"))
        return ma_rrtext_wrong(c, "$GENERATE is not known: write its records out");
    bool origin = is_directive(&name, "$ORIGIN");
    if (!origin && !is_directive(&name, "$TTL"))
        return ma_rrtext_wrong(c, "unknown directive '%s'", ma_rrtext_shown(&name).text);
    if (!ma_rrtext_word(c, &line, &value))
        return c->why[0] == '\0' &&
               ma_rrtext_wrong(c, "%s without a value", origin ? "$ORIGIN" : "$TTL");
    if (ma_rrtext_word(c, &line, &more) || c->why[0] != '\0')
        return ma_rrtext_wrong(c, "too much behind %s", origin ? "$ORIGIN" : "$TTL");
    return origin ? set_origin(c, &value) : set_default_ttl(c, &value);
}

static bool add_record(struct ma_zonefile *f, struct ma_rrtext *c, ldns_rr *rr, unsigned line)
{
    if (f->count >= MA_ZONE_RECORDS_MAX)
        return ma_rrtext_wrong(c, "more than %u records", MA_ZONE_RECORDS_MAX);
    if (f->count >= f->room) {
        size_t room = f->room > 0 ? f->room * 2 : 64;
        struct ma_zone_record *p = realloc(f->records, room * sizeof *p);
        if (p == NULL)
            return ma_rrtext_wrong(c, "out of memory");
        f->records = p;
        f->room = room;
    }
    f->records[f->count++] = (struct ma_zone_record){rr, line};
    return true;
}

static bool read_record(struct reader *r)
{
    ldns_rr *rr = ma_rrtext_parse(&r->context, r->lines.text);
    if (rr == NULL)
        return false;
    if (add_record(r->file, &r->context, rr, r->lines.start))
        return true;
    ldns_rr_free(rr);
    return false;
}

static bool complain(const struct reader *r, unsigned line, const char *what, FILE *err)
{
    fprintf(err, "%s:%u: %s\n", r->file->path, line, what);
    return false;
}

static bool read_text(struct reader *r, const char *text, FILE *err)
{
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        return complain(r, 1, "a byte order mark: save the file without it", err);
    if (!ma_lines_init(&r->lines, text))
        return complain(r, 1, "out of memory", err);
    while (ma_lines_next(&r->lines)) {
        bool directive = r->lines.text[0] == '$';
        if (!(directive ? read_directive(&r->context, r->lines.text) : read_record(r)))
            return complain(r, r->lines.start, r->context.why, err);
    }
    return r->lines.wrong == NULL || complain(r, r->lines.start, r->lines.wrong, err);
}

bool ma_zonefile_read(struct ma_zonefile *f, const char *path, const uint8_t *origin, FILE *err)
{
    struct reader r = {.file = f, .context = {.soa_gives_origin = true}};
    struct ma_file text = {0};
    *f = (struct ma_zonefile){.path = strdup(path)};
    if (origin != NULL) {
        r.context.origin_size = (uint8_t)ma_name_wire_size(origin, MA_NAME_WIRE_MAX);
        memcpy(r.context.origin, origin, r.context.origin_size);
    }
    bool ok = f->path != NULL && ma_file_read(&text, path, MA_ZONE_FILE_BYTES_MAX, err) &&
              read_text(&r, text.bytes, err);
    ma_lines_clear(&r.lines);
    ma_file_clear(&text);
    if (!ok)
        ma_zonefile_clear(f);
    return ok;
}

void ma_zonefile_clear(struct ma_zonefile *f)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->records[i].rr != NULL)
            ldns_rr_free(f->records[i].rr);
    }
    free(f->records);
    free(f->path);
    *f = (struct ma_zonefile){0};
}
