/* SPDX-License-Identifier: MIT */
/* recording.c - the reading side: the source that answers from a recording. */
#include "recording.h"

#include "../file.h"
#include "rrtext.h"
#include "sources.h"
#include "zonefile.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARENA_CHUNK_BYTES 16384u
#define ARENA_BYTES_MAX   (1024u * 1024 * 1024)

struct recorded {
    struct ma_question question;
    struct ma_reply reply;
    ldns_rr **rrs; /* reply.rrs */
    size_t room;
    unsigned line;
};

struct recording {
    struct ma_arena arena;  /* owns the rrs by ma_arena_defer() */
    struct recorded **list; /* by question */
    size_t count, room;
};

/* A file while it is read. */
struct reading {
    struct recording *recording;
    struct ma_rrtext context; /* without an origin: names are absolute */
    struct ma_lines lines;
    const char *path;
    FILE *err;
};

static bool complain(const struct reading *r, const char *what)
{
    fprintf(r->err, "%s:%u: %s\n", r->path, r->lines.start, what);
    return false;
}

static bool complain_word(const struct reading *r, const char *what, const struct ma_word *w)
{
    fprintf(r->err, "%s:%u: %s: '%s'\n", r->path, r->lines.start, what, ma_rrtext_shown(w).text);
    return false;
}

static bool no_memory(const struct reading *r)
{
    return complain(r, "no memory left");
}

static bool equals(const struct ma_word *w, const char *text)
{
    return w->size == strlen(text) && memcmp(w->at, text, w->size) == 0;
}

/* ---- questions ------------------------------------------------------------------------------- */

static int by_question(const void *a, const void *b)
{
    const struct recorded *x = *(struct recorded *const *)a, *y = *(struct recorded *const *)b;
    return ma_question_compare(&x->question, &y->question);
}

/* ---- the words of a question's line ---------------------------------------------------------- */

static bool read_outcome(const struct reading *r, struct ma_reply *reply, const struct ma_word *w)
{
    static const char failed[] = "failed:";
    size_t n = sizeof failed - 1;
    if (equals(w, "ok"))
        reply->status = MA_OK;
    else if (equals(w, "nodata"))
        reply->status = MA_NODATA;
    else if (equals(w, "nxdomain"))
        reply->status = MA_NXDOMAIN;
    else if (w->size > n && memcmp(w->at, failed, n) == 0)
        reply->status = MA_FAILED;
    else
        return complain_word(r, "not an outcome (ok, nodata, nxdomain, failed:WHY)", w);
    if (reply->status != MA_FAILED)
        return true;
    struct ma_word why = {w->at + n, w->size - n, false};
    for (enum ma_failure f = MA_FAIL_NONE + 1; f < MA_FAIL_COUNT; f++) {
        reply->failure = f;
        if (equals(&why, ma_failure_name(f)))
            return true;
    }
    return complain_word(r, "not a failure", w);
}

/* A number of at most that many digits, up to max; false when it is none. */
static bool read_digits(const char *at, size_t size, size_t digits, unsigned max, unsigned *out)
{
    *out = 0;
    for (size_t i = 0; i < size; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        *out = *out * 10 + (unsigned)(at[i] - '0');
    }
    return size > 0 && size <= digits && *out <= max;
}

/* The text between quotes, with \" \\ and \DDD resolved; NULL: not such a text. */
static char *unquote(struct ma_arena *arena, const struct ma_word *w)
{
    char *text = ma_arena_copy(arena, w->at, w->size), *to = text;
    if (text == NULL || w->size < 2 || w->at[0] != '"' || w->at[w->size - 1] != '"')
        return NULL;
    const char *end = w->at + w->size - 1;
    for (const char *p = w->at + 1; p < end; p++) {
        unsigned value;
        if (*p != '\\') {
            *to++ = *p;
        } else if (end - p > 3 && read_digits(p + 1, 3, 3, 255, &value)) {
            *to++ = (char)value;
            p += 3;
        } else if (++p < end) {
            *to++ = *p;
        }
    }
    *to = '\0';
    return text;
}

static bool read_security(const struct reading *r, struct ma_reply *reply, const struct ma_word *w)
{
    if (equals(w, "secure"))
        reply->security = MA_SECURE;
    else if (equals(w, "insecure"))
        reply->security = MA_INSECURE;
    else if (equals(w, "bogus"))
        reply->security = MA_BOGUS;
    else
        return complain_word(r, "not a security status", w);
    return true;
}

/* ADDR#PORT */
static bool read_server(const struct reading *r, struct ma_question *q, const struct ma_word *w)
{
    char text[64];
    unsigned port;
    const char *hash = memchr(w->at, '#', w->size);
    size_t size = hash != NULL ? (size_t)(hash - w->at) : 0;
    if (size == 0 || w->size >= sizeof text)
        return complain_word(r, "not a server (ADDR#PORT)", w);
    memcpy(text, w->at, size);
    text[size] = '\0';
    if (!ma_address_parse(&q->server, text) ||
        !read_digits(hash + 1, w->size - size - 1, 5, UINT16_MAX, &port))
        return complain_word(r, "not a server (ADDR#PORT)", w);
    q->port = (uint16_t)port;
    return true;
}

static bool read_key(struct reading *r, struct recorded *o, const struct ma_word *w)
{
    const char *sign = memchr(w->at, '=', w->size);
    size_t size = sign != NULL ? (size_t)(sign - w->at) : w->size;
    struct ma_word key = {w->at, size, false};
    struct ma_word value = {w->at + size + 1, sign != NULL ? w->size - size - 1 : 0, false};
    uint64_t secs;
    if (equals(w, "validate"))
        return o->question.validate = true;
    if (equals(w, "recursive"))
        return o->question.recursive = true;
    if (equals(&key, "security"))
        return read_security(r, &o->reply, &value);
    if (equals(&key, "server"))
        return read_server(r, &o->question, &value);
    if (equals(&key, "detail")) {
        o->reply.detail = unquote(&r->recording->arena, &value);
        return o->reply.detail != NULL || complain_word(r, "not a quoted text", &value);
    }
    if (!equals(&key, "negative-ttl"))
        return complain_word(r, "not known here", w);
    if (!ma_rrtext_ttl(&value, &secs) || secs > UINT32_MAX)
        return complain_word(r, "not a number of seconds", &value);
    o->reply.negative_ttl_secs = (uint32_t)secs;
    return true;
}

static bool read_type(const struct reading *r, struct ma_question *q, const struct ma_word *w)
{
    struct ma_shown shown = ma_rrtext_shown(w);
    ldns_rr_type type = w->size < sizeof shown.text ? ldns_get_rr_type_by_name(shown.text) : 0;
    q->type = (uint16_t)type;
    return type != 0 || complain_word(r, "not a type of record", w);
}

/* The name of a question; it needs no dot at its end. */
static bool read_name(struct reading *r, struct ma_question *q, const struct ma_word *w)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    r->context.origin_size = 1; /* the root */
    size_t size = ma_rrtext_name(&r->context, w, wire);
    r->context.origin_size = 0;
    if (size == 0)
        return complain(r, r->context.why);
    q->name = (const uint8_t *)ma_arena_copy(&r->recording->arena, wire, size);
    q->name_size = (uint8_t)size;
    return q->name != NULL || no_memory(r);
}

static bool read_question(struct reading *r)
{
    struct recorded *o = ma_arena_alloc(&r->recording->arena, sizeof *o);
    const char *line = r->lines.text;
    struct ma_word name, type, outcome, key;
    if (o == NULL)
        return no_memory(r);
    o->line = r->lines.start;
    if (!ma_rrtext_word(&r->context, &line, &name) || !ma_rrtext_word(&r->context, &line, &type) ||
        !ma_rrtext_word(&r->context, &line, &outcome))
        return complain(r, "a question needs OWNER TYPE OUTCOME");
    if (!read_name(r, &o->question, &name))
        return false;
    if (!read_type(r, &o->question, &type) || !read_outcome(r, &o->reply, &outcome))
        return false;
    while (ma_rrtext_word(&r->context, &line, &key)) {
        if (!read_key(r, o, &key))
            return false;
    }
    if (r->context.why[0] != '\0')
        return complain(r, r->context.why);
    struct recording *rec = r->recording;
    struct recorded **list =
        ma_arena_grow(&rec->arena, rec->list, rec->count, &rec->room, sizeof(struct recorded *));
    if (list == NULL)
        return no_memory(r);
    rec->list = list;
    rec->list[rec->count++] = o;
    return true;
}

/* ---- records --------------------------------------------------------------------------------- */

static void free_rr(void *rr)
{
    ldns_rr_free(rr);
}

static bool read_record(struct reading *r)
{
    struct recording *rec = r->recording;
    if (rec->count == 0)
        return complain(r, "a record before the first question");
    struct recorded *o = rec->list[rec->count - 1];
    r->context.owner_size = 0; /* none is taken over from the line before */
    ldns_rr *rr = ma_rrtext_parse(&r->context, r->lines.text + 1);
    if (rr == NULL)
        return complain(r, r->context.why);
    ma_arena_defer(&rec->arena, free_rr, rr);
    ldns_rr_type type = ldns_rr_get_type(rr);
    if (type != o->question.type && type != LDNS_RR_TYPE_CNAME && type != LDNS_RR_TYPE_DNAME)
        return complain(r, "neither an alias nor of the type that was asked for");
    ldns_rr **rrs = ma_arena_grow(&rec->arena, o->rrs, o->reply.rr_count, &o->room, sizeof *rrs);
    if (rrs == NULL)
        return no_memory(r);
    o->rrs = rrs;
    o->rrs[o->reply.rr_count++] = rr;
    o->reply.rrs = o->rrs;
    return true;
}

/* ---- the file -------------------------------------------------------------------------------- */

static bool has_answer(const struct recorded *o)
{
    for (size_t i = 0; i < o->reply.rr_count; i++) {
        if (ldns_rr_get_type(o->reply.rrs[i]) == o->question.type)
            return true;
    }
    return o->reply.status != MA_OK;
}

static bool complain_at(const struct reading *r, unsigned line, const char *what)
{
    fprintf(r->err, "%s:%u: %s\n", r->path, line, what);
    return false;
}

static bool finish(const struct reading *r)
{
    struct recording *rec = r->recording;
    for (size_t i = 0; i < rec->count; i++) {
        if (!has_answer(rec->list[i]))
            return complain_at(r, rec->list[i]->line, "ok, but no record of the type follows");
    }
    if (rec->count > 0)
        qsort(rec->list, rec->count, sizeof rec->list[0], by_question);
    for (size_t i = 1; i < rec->count; i++) {
        const struct recorded *a = rec->list[i - 1], *b = rec->list[i];
        if (ma_question_compare(&a->question, &b->question) == 0)
            return complain_at(r, a->line > b->line ? a->line : b->line, "a question twice");
    }
    return true;
}

static bool read_header(struct reading *r)
{
    static const char format[] = MA_RECORDING_DNS;
    size_t n = strcspn(format, " ") + 1; /* the number of the version follows */
    if (!ma_lines_next(&r->lines) || strncmp(r->lines.text, format, n) != 0)
        return complain_at(r, 1, "not a recording: no line '" MA_RECORDING_DNS "'");
    return strcmp(r->lines.text, format) == 0 ||
           complain(r, "a recording of a version that is not known here");
}

static bool read_text(struct reading *r, const char *text)
{
    if (!ma_lines_init(&r->lines, text))
        return no_memory(r);
    if (!read_header(r))
        return false;
    while (ma_lines_next(&r->lines)) {
        bool record = r->lines.text[0] == ' ' || r->lines.text[0] == '\t';
        if (record ? !read_record(r) : !read_question(r))
            return false;
    }
    return r->lines.wrong == NULL ? finish(r) : complain(r, r->lines.wrong);
}

/* ---- the source ------------------------------------------------------------------------------ */

static void close_recording(void *state)
{
    struct recording *rec = state;
    ma_arena_clear(&rec->arena);
    free(rec);
}

static bool ask(void *state, struct ma_store *store, struct ma_entry *entry)
{
    const struct recording *rec = state;
    struct recorded key = {.question = *ma_entry_question(entry)};
    const struct recorded *k = &key, **found = NULL;
    if (rec->count > 0)
        found = bsearch(&k, rec->list, rec->count, sizeof rec->list[0], by_question);
    if (found != NULL)
        ma_store_settle(store, entry, &(*found)->reply);
    else
        ma_store_fail(store, entry, MA_FAIL_NOT_RECORDED, NULL);
    return true;
}

/* The number of observations that audit.txt speaks of; as many as there are when it does not. */
static size_t announced(const struct recording *rec, const char *text)
{
    static const char key[] = "\nobservations ";
    const char *line = strstr(text, key);
    return line != NULL ? strtoul(line + sizeof key - 1, NULL, 10) : rec->count;
}

/* Has nothing been cut off the end of dns.txt? */
static bool is_whole(struct recording *rec, const char *dir, FILE *err)
{
    struct ma_file file;
    const char *path = ma_arena_printf(&rec->arena, "%s/audit.txt", dir);
    if (path == NULL || access(path, F_OK) != 0)
        return path != NULL;
    if (!ma_file_read(&file, path, MA_RECORDING_BYTES_MAX, err))
        return false;
    size_t count = announced(rec, file.bytes);
    ma_file_clear(&file);
    if (count != rec->count)
        fprintf(
            err, "%s/dns.txt: %zu observations, but audit.txt says %zu\n", dir, rec->count, count);
    return count == rec->count;
}

static bool read_dir(struct recording *rec, const char *dir, FILE *err)
{
    struct reading r = {.recording = rec, .err = err};
    struct ma_file file = {0};
    r.path = ma_arena_printf(&rec->arena, "%s/dns.txt", dir);
    bool ok = r.path != NULL && ma_file_read(&file, r.path, MA_RECORDING_BYTES_MAX, err) &&
              read_text(&r, file.bytes) && is_whole(rec, dir, err);
    ma_lines_clear(&r.lines);
    ma_file_clear(&file);
    return ok;
}

bool ma_replay_open(struct ma_source *source, const char *dir, FILE *err)
{
    struct recording *rec = calloc(1, sizeof *rec);
    if (rec == NULL)
        return false;
    ma_arena_init(&rec->arena, ARENA_CHUNK_BYTES, ARENA_BYTES_MAX);
    if (!read_dir(rec, dir, err)) {
        close_recording(rec);
        return false;
    }
    *source = (struct ma_source){"recording", ask, close_recording, rec};
    return true;
}
