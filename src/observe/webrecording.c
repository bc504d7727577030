/* SPDX-License-Identifier: MIT */
/* webrecording.c - https.txt of a recording: written, read, and the source that answers from it. */
#include "webrecording.h"

#include "../file.h"
#include "../url.h"
#include "recording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARENA_CHUNK_BYTES 16384u
#define ARENA_BYTES_MAX   (512u * 1024 * 1024)
#define LINE_BYTES        100 /* of a body, as written: longer ones are continued */

/* ---- writing --------------------------------------------------------------------------------- */

static int compare_requests(const struct ma_request *a, const struct ma_request *b)
{
    int order = strcmp(a->url, b->url);
    if (order == 0)
        order = (int)a->follow - (int)b->follow;
    return order != 0 ? order : (a->cap_bytes > b->cap_bytes) - (a->cap_bytes < b->cap_bytes);
}

static int by_request(const void *a, const void *b)
{
    const struct ma_fetched *x = a, *y = b;
    return compare_requests(x->request, y->request);
}

/* Returns how many columns it took. */
static unsigned put_byte(FILE *out, unsigned char c)
{
    if (c == '\\' || c == '"')
        return (unsigned)fprintf(out, "\\%c", c);
    if (c >= 0x20 && c < 0x7f)
        return (unsigned)fprintf(out, "%c", c);
    return (unsigned)fprintf(out, "\\%03u", c);
}

static void put_text(FILE *out, const char *key, const char *text)
{
    if (*text == '\0')
        return;
    fprintf(out, " %s=\"", key);
    while (*text != '\0')
        put_byte(out, (unsigned char)*text++);
    fputc('"', out);
}

/* A quote needs no escape here: bodies are there to be read. */
static void put_body(FILE *out, const struct ma_body *b)
{
    unsigned column = 0;
    for (size_t i = 0; i < b->size; i++) {
        if (column == 0)
            fputc(' ', out);
        if (b->bytes[i] == '\n') {
            fputc('\n', out);
            column = 0;
            continue;
        }
        if (b->bytes[i] == '"')
            column += fputc('"', out) == '"';
        else
            column += put_byte(out, (unsigned char)b->bytes[i]);
        if (column >= LINE_BYTES || i + 1 == b->size) {
            fputs("\\\n", out);
            column = 0;
        }
    }
}

static void put_fetched(FILE *out, const struct ma_fetched *f)
{
    const struct ma_body *b = f->body;
    fprintf(out, "%s ", f->request->url);
    if (b->status == MA_OK)
        fprintf(out, "ok code=%u", b->code);
    else /* still pending: the audit's time ran out */
        fprintf(out, "failed:%s",
            ma_failure_name(b->status == MA_FAILED ? b->failure : MA_FAIL_BUDGET));
    fprintf(out, " cap=%zu%s", f->request->cap_bytes, f->request->follow ? " follow" : "");
    if (strcmp(b->final_url, b->url) != 0)
        put_text(out, "final", b->final_url);
    put_text(out, "type", b->type);
    put_text(out, "location", b->location);
    put_text(out, "certificate", b->certificate);
    put_text(out, "detail", b->detail);
    fputc('\n', out);
    put_body(out, b);
}

bool ma_web_recording_write(FILE *out, struct ma_fetched *list, size_t count)
{
    if (count > 0)
        qsort(list, count, sizeof *list, by_request);
    fputs(MA_RECORDING_HTTPS "\n", out);
    for (size_t i = 0; i < count; i++)
        put_fetched(out, &list[i]);
    return !ferror(out);
}

/* ---- reading --------------------------------------------------------------------------------- */

struct recorded {
    struct ma_request request; /* cap_bytes 0: any */
    struct ma_response response;
    unsigned line;
};

struct recording {
    struct ma_arena arena;
    struct recorded *list; /* by request */
    size_t count, room;
};

/* A file while it is read. */
struct reading {
    struct recording *recording;
    const char *path;
    const char *at;   /* the next line */
    const char *line; /* the current one */
    size_t size;      /* of it, without the line feed */
    unsigned number;
    bool body; /* may one follow here? */
    FILE *err;
};

static bool complain_at(const struct reading *r, unsigned line, const char *what)
{
    fprintf(r->err, "%s:%u: %s\n", r->path, line, what);
    return false;
}

static bool complain(const struct reading *r, const char *what)
{
    return complain_at(r, r->number, what);
}

static bool next_line(struct reading *r)
{
    if (*r->at == '\0')
        return false;
    r->line = r->at;
    r->size = strcspn(r->at, "\n");
    r->at += r->size + (r->at[r->size] != '\0');
    r->number++;
    return true;
}

/* Resolves \DDD, \\ and \". Returns the size, SIZE_MAX when an escape is none. A backslash at the
   end makes *open_r true. */
static size_t unescape(char *to, const char *from, size_t size, bool *open_r)
{
    char *start = to;
    *open_r = false;
    for (size_t i = 0; i < size; i++) {
        if (from[i] != '\\') {
            *to++ = from[i];
            continue;
        }
        if (++i == size) {
            *open_r = true;
            break;
        }
        if (from[i] == '\\' || from[i] == '"') {
            *to++ = from[i];
            continue;
        }
        unsigned value = 0, digits = 0;
        for (; digits < 3 && i + digits < size; digits++) {
            char c = from[i + digits];
            if (c < '0' || c > '9')
                break;
            value = value * 10 + (unsigned)(c - '0');
        }
        if (digits < 3 || value > 255)
            return SIZE_MAX;
        *to++ = (char)value;
        i += 2;
    }
    return (size_t)(to - start);
}

struct word {
    const char *at;
    size_t size;
};

static bool equals(const struct word *w, const char *text)
{
    return w->size == strlen(text) && memcmp(w->at, text, w->size) == 0;
}

/* The next word of the line; a blank between quotes does not end it. */
static bool next_word(const struct reading *r, size_t *offset, struct word *w)
{
    size_t i = *offset;
    bool quoted = false;
    while (i < r->size && r->line[i] == ' ')
        i++;
    w->at = r->line + i;
    for (; i < r->size && (quoted || r->line[i] != ' '); i++) {
        if (r->line[i] == '"')
            quoted = !quoted;
        if (r->line[i] == '\\' && i + 1 < r->size)
            i++;
    }
    w->size = (size_t)(r->line + i - w->at);
    *offset = i;
    return w->size > 0;
}

static bool complain_word(const struct reading *r, const char *what, const struct word *w)
{
    fprintf(r->err, "%s:%u: %s: '", r->path, r->number, what);
    for (size_t i = 0; i < w->size && i < 60; i++)
        fputc(w->at[i] >= 0x20 && w->at[i] < 0x7f ? w->at[i] : '?', r->err);
    fputs("'\n", r->err);
    return false;
}

static bool read_number(const struct word *w, size_t max, size_t *out)
{
    *out = 0;
    for (size_t i = 0; i < w->size; i++) {
        if (w->at[i] < '0' || w->at[i] > '9' || *out > max / 10)
            return false;
        *out = *out * 10 + (size_t)(w->at[i] - '0');
    }
    return w->size > 0 && *out <= max;
}

static bool read_outcome(const struct reading *r, struct recorded *o, const struct word *w)
{
    static const char failed[] = "failed:";
    size_t n = sizeof failed - 1;
    if (equals(w, "ok")) {
        o->response.code = 200;
        return true;
    }
    if (w->size <= n || memcmp(w->at, failed, n) != 0)
        return complain_word(r, "not an outcome (ok, failed:WHY)", w);
    struct word why = {w->at + n, w->size - n};
    for (enum ma_failure f = MA_FAIL_NONE + 1; f < MA_FAIL_COUNT; f++) {
        o->response.failure = f;
        if (equals(&why, ma_failure_name(f)))
            return true;
    }
    return complain_word(r, "not a failure", w);
}

/* Where the text of a key goes, or NULL. */
static const char **text_of(struct recorded *o, const struct word *key)
{
    const struct {
        const char *name;
        const char **text;
    } keys[] = {
        {"type", &o->response.type},
        {"final", &o->response.final_url},
        {"location", &o->response.location},
        {"certificate", &o->response.certificate},
        {"detail", &o->response.detail},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (equals(key, keys[i].name))
            return keys[i].text;
    return NULL;
}

static const char *unquote(struct ma_arena *arena, const struct word *w)
{
    bool open;
    if (w->size < 2 || w->at[0] != '"' || w->at[w->size - 1] != '"')
        return NULL;
    char *text = ma_arena_alloc(arena, w->size);
    if (text == NULL)
        return NULL;
    size_t size = unescape(text, w->at + 1, w->size - 2, &open);
    return size == SIZE_MAX || open || strlen(text) != size ? NULL : text;
}

static bool read_key(const struct reading *r, struct recorded *o, const struct word *w)
{
    const char *sign = memchr(w->at, '=', w->size);
    struct word key = {w->at, sign != NULL ? (size_t)(sign - w->at) : w->size};
    struct word value = {w->at + key.size + 1, sign != NULL ? w->size - key.size - 1 : 0};
    size_t number = 0;
    if (equals(w, "follow"))
        return o->request.follow = true;
    if (equals(&key, "code")) {
        bool ok = read_number(&value, 599, &number) && number >= 200 && o->response.code != 0;
        o->response.code = (unsigned)number;
        return ok || complain_word(r, "not the code of a response", w);
    }
    if (equals(&key, "cap")) {
        bool ok = read_number(&value, MA_BODY_CAP_MAX, &o->request.cap_bytes);
        return ok || complain_word(r, "not a number of bytes that is taken", &value);
    }
    const char **text = text_of(o, &key);
    if (text == NULL)
        return complain_word(r, "not known here", w);
    *text = unquote(&r->recording->arena, &value);
    return *text != NULL || complain_word(r, "not a quoted text", &value);
}

static bool read_url(const struct reading *r, struct recorded *o, const struct word *w)
{
    struct ma_url url;
    struct ma_arena *arena = &r->recording->arena;
    const char *text = ma_arena_copy(arena, w->at, w->size);
    if (text == NULL || !ma_url_parse(&url, text, false))
        return complain_word(r, "not an https URL", w);
    o->request.url = ma_arena_strdup(arena, url.text);
    return o->request.url != NULL || complain(r, "no memory left");
}

static bool read_page(struct reading *r)
{
    struct recording *rec = r->recording;
    struct recorded *list =
        ma_arena_grow(&rec->arena, rec->list, rec->count, &rec->room, sizeof *list);
    struct word url, outcome, key;
    size_t offset = 0;
    if (list == NULL)
        return complain(r, "no memory left");
    rec->list = list;
    struct recorded *o = &list[rec->count];
    *o = (struct recorded){.line = r->number};
    if (!next_word(r, &offset, &url) || !next_word(r, &offset, &outcome))
        return complain(r, "a page needs URL OUTCOME");
    if (!read_url(r, o, &url) || !read_outcome(r, o, &outcome))
        return false;
    while (next_word(r, &offset, &key))
        if (!read_key(r, o, &key))
            return false;
    rec->count++;
    r->body = true;
    return true;
}

/* The first line of a body is the current one: takes them all. */
static bool read_body(struct reading *r)
{
    struct recording *rec = r->recording;
    if (!r->body)
        return complain(r, "a body without its URL");
    struct recorded *o = &rec->list[rec->count - 1];
    if (o->response.code < 200 || o->response.code > 299)
        return complain(r, "a body, but not of a 2xx response");
    const char *end = r->at;
    while (*end == ' ') {
        end += strcspn(end, "\n");
        end += *end != '\0';
    }
    char *body = ma_arena_bytes(&rec->arena, (size_t)(end - r->line) + 2);
    if (body == NULL)
        return complain(r, "no memory left");
    for (size_t size = 0;;) {
        bool open;
        size_t n = unescape(body + size, r->line + 1, r->size - 1, &open);
        if (n == SIZE_MAX)
            return complain(r, "a backslash that is no escape (\\DDD, \\\\, \\\")");
        size += n;
        if (!open)
            body[size++] = '\n';
        if (size > MA_BODY_CAP_MAX)
            return complain(r, "a body larger than any that is taken");
        o->response.bytes = body;
        o->response.size = size;
        if (r->at == end)
            break;
        next_line(r);
    }
    r->body = false;
    return true;
}

static int by_recorded(const void *a, const void *b)
{
    const struct recorded *x = a, *y = b;
    return compare_requests(&x->request, &y->request);
}

static bool finish(const struct reading *r)
{
    struct recording *rec = r->recording;
    if (rec->count > 0)
        qsort(rec->list, rec->count, sizeof *rec->list, by_recorded);
    for (size_t i = 1; i < rec->count; i++) {
        const struct recorded *a = &rec->list[i - 1], *b = &rec->list[i];
        if (compare_requests(&a->request, &b->request) == 0)
            return complain_at(r, a->line > b->line ? a->line : b->line, "a URL twice");
    }
    return true;
}

static bool read_text(struct reading *r)
{
    struct word head = {NULL, 0};
    if (next_line(r))
        head = (struct word){r->line, r->size};
    if (!equals(&head, MA_RECORDING_HTTPS))
        return complain_at(r, 1, "not a recording: no line '" MA_RECORDING_HTTPS "'");
    while (next_line(r)) {
        if (r->size == 0 || r->line[0] == ';')
            r->body = false;
        else if (r->line[0] == ' ' ? !read_body(r) : !read_page(r))
            return false;
    }
    return finish(r);
}

/* ---- the source ------------------------------------------------------------------------------ */

static void close_recording(void *state)
{
    struct recording *rec = state;
    ma_arena_clear(&rec->arena);
    free(rec);
}

static const struct recorded *find(const struct recording *rec, const struct ma_request *request)
{
    struct recorded key = {.request = *request};
    const struct recorded *found = NULL;
    if (rec->count > 0)
        found = bsearch(&key, rec->list, rec->count, sizeof *rec->list, by_recorded);
    key.request.cap_bytes = 0;
    if (found == NULL && rec->count > 0)
        found = bsearch(&key, rec->list, rec->count, sizeof *rec->list, by_recorded);
    return found;
}

static void fetch(void *state, struct ma_web *web, struct ma_page *page)
{
    const struct recorded *found = find(state, ma_page_request(page));
    (void)web;
    if (found == NULL)
        ma_web_fail(page, MA_FAIL_NOT_RECORDED, NULL);
    else if (found->response.size > ma_page_request(page)->cap_bytes)
        ma_web_fail(page, MA_FAIL_TOO_LARGE, NULL);
    else
        ma_web_settle(page, &found->response);
}

/* Whether audit.txt speaks of bodies, so that a file that went missing or was cut off is noticed.
 */
static bool is_whole(struct recording *rec, const char *dir, FILE *err)
{
    static const char key[] = "\nbodies ";
    struct ma_file file;
    const char *path = ma_arena_printf(&rec->arena, "%s/audit.txt", dir);
    if (path == NULL || access(path, F_OK) != 0)
        return path != NULL;
    if (!ma_file_read(&file, path, MA_RECORDING_BYTES_MAX, err))
        return false;
    const char *line = strstr(file.bytes, key);
    size_t count = line != NULL ? strtoul(line + sizeof key - 1, NULL, 10) : rec->count;
    ma_file_clear(&file);
    if (count != rec->count)
        fprintf(err, "%s/https.txt: %zu bodies, but audit.txt says %zu\n", dir, rec->count, count);
    return count == rec->count;
}

static bool read_dir(struct recording *rec, const char *dir, FILE *err)
{
    struct reading r = {.recording = rec, .err = err};
    struct ma_file file = {0};
    r.path = ma_arena_printf(&rec->arena, "%s/https.txt", dir);
    if (r.path == NULL)
        return false;
    if (access(r.path, F_OK) != 0 && errno == ENOENT)
        return is_whole(rec, dir, err);
    if (!ma_file_read(&file, r.path, MA_RECORDING_BYTES_MAX, err))
        return false;
    r.at = file.bytes;
    bool ok = read_text(&r) && is_whole(rec, dir, err);
    ma_file_clear(&file);
    return ok;
}

bool ma_web_replay_open(struct ma_web_source *source, const char *dir, FILE *err)
{
    struct recording *rec = calloc(1, sizeof *rec);
    if (rec == NULL)
        return false;
    ma_arena_init(&rec->arena, ARENA_CHUNK_BYTES, ARENA_BYTES_MAX);
    if (!read_dir(rec, dir, err)) {
        close_recording(rec);
        return false;
    }
    *source = (struct ma_web_source){"recording", fetch, close_recording, NULL, rec};
    return true;
}
