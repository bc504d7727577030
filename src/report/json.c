/* SPDX-License-Identifier: MIT */
/*
 * One JSON object on one line: every key of the schema, always, in its order. A batch writes
 * thousands of these a second, so nothing here goes through printf or allocates.
 */
#include "config.h"
#include "escape.h"
#include "report.h"

#include "../data.h"

#include <string.h>
#include <time.h>

#define OUT_BYTES 8192

struct out {
    FILE *file;
    size_t used;
    bool comma; /* the next value of this object or array needs one before it */
    char bytes[OUT_BYTES];
};

static void flush(struct out *o)
{
    /* What cannot be written is seen by the caller: ferror() stays set. */
    fwrite(o->bytes, 1, o->used, o->file);
    o->used = 0;
}

static void put_raw(struct out *o, const char *bytes, size_t size)
{
    if (size > OUT_BYTES - o->used)
        flush(o);
    if (size > OUT_BYTES) {
        fwrite(bytes, 1, size, o->file);
        return;
    }
    memcpy(o->bytes + o->used, bytes, size);
    o->used += size;
}

static void put_char(struct out *o, char c)
{
    if (o->used == OUT_BYTES)
        flush(o);
    o->bytes[o->used++] = c;
}

/* ---- values ---------------------------------------------------------------------------------- */

static void put_unicode(struct out *o, unsigned unit)
{
    static const char hex[] = "0123456789abcdef";
    const char text[6] = {
        '\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]};
    put_raw(o, text, sizeof text);
}

static void put_code(struct out *o, uint32_t code)
{
    if (code >= 0x10000) {
        put_unicode(o, 0xD800 + ((code - 0x10000) >> 10));
        put_unicode(o, 0xDC00 + ((code - 0x10000) & 0x3FF));
    } else {
        put_unicode(o, code);
    }
}

/* The next character, one that is not plain ASCII; returns the bytes that it took. */
static size_t put_special(struct out *o, const unsigned char *p, size_t size)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; *p < 0x80 && i < sizeof shorts - 1; i += 2) {
        if (*p == (unsigned char)shorts[i]) {
            put_char(o, '\\');
            put_char(o, shorts[i + 1]);
            return 1;
        }
    }
    uint32_t code = *p;
    size_t length = ma_utf8_decode(p, size, &code);
    /* The same string to a parser, but harmless when somebody looks at it on a terminal. */
    if (length == 0 || !ma_is_printable(code))
        put_code(o, code);
    else
        put_raw(o, (const char *)p, length);
    return length > 0 ? length : 1;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* In the high bit of each byte: is the byte zero? (Bytes above the first zero may be wrong.) */
static uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH_BYTE(1)) & ~word & EACH_BYTE(0x80);
}

/* Eight bytes at once: nearly all of a report is plain. */
static bool are_plain(const unsigned char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    uint64_t below_20 = (word - EACH_BYTE(0x20)) & ~word;
    uint64_t odd = word | below_20 | zero_bytes(word ^ EACH_BYTE('"')) |
                   zero_bytes(word ^ EACH_BYTE('\\')) | zero_bytes(word ^ EACH_BYTE(0x7F));
    return (odd & EACH_BYTE(0x80)) == 0;
}

/* Copies plain bytes up to the first that is not, or as many as there is room for; at most size.
   Returns how many. */
static size_t copy_plain(char *to, size_t room, const char *text, size_t size)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t n = 0, most = size < room ? size : room;
    for (; most - n >= 8 && are_plain(p + n); n += 8)
        memcpy(to + n, p + n, 8);
    for (; n < most && is_plain(p[n]); n++)
        to[n] = text[n];
    return n;
}

static void put_string(struct out *o, const char *text, size_t size)
{
    size_t done = 0;
    put_char(o, '"');
    while (done < size) {
        size_t run = copy_plain(o->bytes + o->used, OUT_BYTES - o->used, text + done, size - done);
        o->used += run;
        done += run;
        if (o->used == OUT_BYTES)
            flush(o);
        else if (done < size)
            done += put_special(o, (const unsigned char *)text + done, size - done);
    }
    put_char(o, '"');
}

static void put_number(struct out *o, int64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0)
        put_char(o, '-');
    put_raw(o, digits + at, sizeof digits - at);
}

/* ---- structure ------------------------------------------------------------------------------- */

static void separate(struct out *o)
{
    if (o->comma)
        put_char(o, ',');
    o->comma = true;
}

/* A key of ours with its quotes, and its size; or none, for an element of an array. */
#define KEY(name) "\"" name "\":", sizeof(name) + 2
#define ELEMENT   "", 0

/* Before every value: the comma and, for an object's member, the key. */
static void begin(struct out *o, const char *key, size_t key_size)
{
    separate(o);
    put_raw(o, key, key_size);
}

static void put_open(struct out *o, char bracket)
{
    put_char(o, bracket);
    o->comma = false;
}

static void open_value(struct out *o, const char *key, size_t key_size, char bracket)
{
    begin(o, key, key_size);
    put_open(o, bracket);
}

static void close_value(struct out *o, char bracket)
{
    put_char(o, bracket);
    o->comma = true;
}

static void put_null(struct out *o)
{
    put_raw(o, "null", 4);
}

static void null(struct out *o, const char *key, size_t key_size)
{
    begin(o, key, key_size);
    put_null(o);
}

static void bytes(struct out *o, const char *key, size_t key_size, const char *text, size_t size)
{
    begin(o, key, key_size);
    if (text != NULL)
        put_string(o, text, size);
    else
        put_null(o);
}

static void string(struct out *o, const char *key, size_t key_size, const char *text)
{
    bytes(o, key, key_size, text, text != NULL ? strlen(text) : 0);
}

static void number(struct out *o, const char *key, size_t key_size, int64_t value)
{
    begin(o, key, key_size);
    put_number(o, value);
}

static void put_truth(struct out *o, bool truth)
{
    put_raw(o, truth ? "true" : "false", truth ? 4 : 5);
}

static void truth(struct out *o, const char *key, size_t key_size, bool value)
{
    begin(o, key, key_size);
    put_truth(o, value);
}

/* ---- the report ------------------------------------------------------------------------------ */

static void put_data(struct out *, const struct ma_data *);

static void put_children(struct out *o, const struct ma_data *d)
{
    for (const struct ma_data *c = d->children.first; c != NULL; c = c->next) {
        separate(o);
        if (c->key != NULL) {
            put_string(o, c->key, strlen(c->key));
            put_char(o, ':');
        }
        put_data(o, c);
    }
}

static void put_data(struct out *o, const struct ma_data *d)
{
    switch (d->kind) {
    case MA_DATA_BOOL:
        put_truth(o, d->truth);
        return;
    case MA_DATA_INT:
        put_number(o, d->number);
        return;
    case MA_DATA_TEXT:
        put_string(o, d->text.bytes, d->text.size);
        return;
    case MA_DATA_ARRAY:
        put_open(o, '[');
        put_children(o, d);
        close_value(o, ']');
        return;
    case MA_DATA_OBJECT:
        put_open(o, '{');
        put_children(o, d);
        close_value(o, '}');
        return;
    case MA_DATA_NULL:
    default:
        put_null(o);
        return;
    }
}

static void put_time(struct out *o, const char *key, size_t key_size, int64_t at_secs)
{
    char text[32];
    struct tm tm;
    time_t at = (time_t)at_secs;
    if (at_secs >= 0 && gmtime_r(&at, &tm) != NULL &&
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
        string(o, key, key_size, text);
    else
        null(o, key, key_size);
}

static void put_target(struct out *o, const struct ma_report *r)
{
    const struct ma_target *t = r->target;
    const struct ma_senders *s = r->senders;
    bool role_known = r->role_given || r->status != MA_REPORT_FAILED;
    open_value(o, KEY("target"), '{');
    string(o, KEY("domain"), t != NULL ? t->domain : NULL);
    string(o, KEY("unicode"), t != NULL ? t->unicode : NULL);
    open_value(o, KEY("addresses"), '[');
    for (size_t i = 0; s != NULL && i < s->count; i++)
        string(o, ELEMENT, s->list[i].text);
    close_value(o, ']');
    string(o, KEY("addresses_from"), s == NULL ? NULL : s->from_mx ? "mx" : "arguments");
    string(o, KEY("sender"), t != NULL ? t->sender : NULL);
    string(o, KEY("helo"), t != NULL ? t->helo : NULL);
    string(o, KEY("role"), role_known ? ma_role_name(r->role) : NULL);
    close_value(o, '}');
}

/* A score, or null for an audit that came to none. */
static void put_points(
    struct out *o, const char *key, size_t key_size, const struct ma_report *r, int value)
{
    if (r->status == MA_REPORT_FAILED)
        null(o, key, key_size);
    else
        number(o, key, key_size, value);
}

static void put_grade(
    struct out *o, const char *key, size_t key_size, const struct ma_report *r, const char *grade)
{
    bytes(o, key, key_size, r->status == MA_REPORT_FAILED ? NULL : grade, 1);
}

static void put_score(struct out *o, const struct ma_report *r)
{
    const struct ma_score *s = &r->score;
    open_value(o, KEY("score"), '{');
    put_points(o, KEY("value"), r, s->value);
    put_points(o, KEY("lowest"), r, s->lowest);
    put_grade(o, KEY("grade"), r, &s->grade);
    put_grade(o, KEY("lowest_grade"), r, &s->lowest_grade);
    string(o, KEY("gate"), s->gate);
    open_value(o, KEY("deductions"), '[');
    for (size_t i = 0; i < s->deduction_count; i++) {
        const struct ma_deduction *d = &s->deductions[i];
        open_value(o, ELEMENT, '{');
        string(o, KEY("rule"), d->finding->rule->id);
        string(o, KEY("area"), d->finding->check->area);
        number(o, KEY("points"), d->points);
        close_value(o, '}');
    }
    close_value(o, ']');
    number(o, KEY("questions"), r->questions);
    number(o, KEY("unanswered"), r->unanswered);
    number(o, KEY("not_asked"), r->not_asked);
    close_value(o, '}');
}

static void put_records(struct out *o, const struct ma_record *records)
{
    open_value(o, KEY("records"), '[');
    for (const struct ma_record *r = records; r != NULL; r = r->next) {
        open_value(o, ELEMENT, '{');
        string(o, KEY("owner"), r->owner);
        string(o, KEY("type"), r->type_name);
        if (r->ttl_secs < 0)
            null(o, KEY("ttl_secs"));
        else
            number(o, KEY("ttl_secs"), r->ttl_secs);
        string(o, KEY("rdata"), r->rdata);
        close_value(o, '}');
    }
    close_value(o, ']');
}

static void put_place(struct out *o, const struct ma_place *p)
{
    if (p == NULL) {
        null(o, KEY("place"));
        return;
    }
    open_value(o, KEY("place"), '{');
    string(o, KEY("owner"), p->owner);
    string(o, KEY("type"), p->type_name);
    bytes(o, KEY("record"), p->record, p->record_size);
    number(o, KEY("offset"), (int64_t)p->offset);
    number(o, KEY("length"), (int64_t)p->length);
    close_value(o, '}');
}

static void put_finding(struct out *o, const struct ma_finding *f)
{
    bool unknown = f->severity == MA_UNKNOWN;
    open_value(o, ELEMENT, '{');
    string(o, KEY("id"), f->id);
    string(o, KEY("rule"), f->rule->id);
    string(o, KEY("check"), f->check->name);
    string(o, KEY("area"), f->check->area);
    string(o, KEY("severity"), ma_severity_name(f->severity));
    string(o, KEY("could_be"), unknown ? ma_severity_name(f->rule->could_be) : NULL);
    string(o, KEY("failure"), f->failure != MA_FAIL_NONE ? ma_failure_name(f->failure) : NULL);
    number(o, KEY("points"), f->points);
    string(o, KEY("subject"), f->subject);
    open_value(o, KEY("also"), '[');
    for (const struct ma_subject *s = f->also; s != NULL; s = s->next)
        string(o, ELEMENT, s->text);
    close_value(o, ']');
    string(o, KEY("title"), f->rule->title);
    string(o, KEY("why"), f->rule->why);
    string(o, KEY("evidence"), f->evidence);
    string(o, KEY("fix"), f->fix);
    put_records(o, f->records);
    string(o, KEY("cause"), f->cause);
    string(o, KEY("reference"), f->rule->reference);
    put_place(o, f->place);
    string(o, KEY("muted"), f->muted);
    truth(o, KEY("could_be_several"), unknown && f->hides_several);
    close_value(o, '}');
}

static void put_checks(struct out *o, const struct ma_report *r)
{
    open_value(o, KEY("checks"), '{');
    for (size_t i = 0; i < r->check_count; i++) {
        const struct ma_check_result *c = &r->checks[i];
        separate(o);
        put_string(o, c->check->name, strlen(c->check->name));
        put_char(o, ':');
        if (c->data != NULL)
            put_data(o, c->data);
        else
            put_raw(o, "{}", 2);
    }
    close_value(o, '}');
}

void ma_report_lists_json(FILE *file, const struct ma_data *rows)
{
    struct out o;
    o.file = file;
    o.used = 0;
    o.comma = false;
    open_value(&o, ELEMENT, '{');
    number(&o, KEY("schema"), 1);
    string(&o, KEY("program"), "mailaudit " MA_VERSION);
    begin(&o, KEY("lists"));
    put_data(&o, rows);
    close_value(&o, '}');
    put_char(&o, '\n');
    flush(&o);
}

void ma_report_object_json(FILE *file, const struct ma_data *object)
{
    struct out o;
    o.file = file;
    o.used = 0;
    o.comma = false;
    open_value(&o, ELEMENT, '{');
    number(&o, KEY("schema"), 1);
    string(&o, KEY("program"), "mailaudit " MA_VERSION);
    put_children(&o, object);
    close_value(&o, '}');
    put_char(&o, '\n');
    flush(&o);
}

static const char *status_name(enum ma_report_status status)
{
    return status == MA_REPORT_COMPLETE     ? "complete"
           : status == MA_REPORT_INCOMPLETE ? "incomplete"
                                            : "failed";
}

void ma_report_json(FILE *file, const struct ma_report *r, const struct ma_render_options *options)
{
    struct out o;
    o.file = file;
    o.used = 0;
    o.comma = false;
    (void)options;
    open_value(&o, ELEMENT, '{');
    number(&o, KEY("schema"), 1);
    string(&o, KEY("program"), "mailaudit " MA_VERSION);
    string(&o, KEY("status"), status_name(r->status));
    string(&o, KEY("failure"), r->failure);
    string(&o, KEY("label"), r->label);
    if (r->line > 0)
        number(&o, KEY("line"), r->line);
    else
        null(&o, KEY("line"));
    put_time(&o, KEY("audited_at"), r->audited_at);
    put_target(&o, r);
    put_score(&o, r);
    string(&o, KEY("verdict"), ma_severity_name(r->verdict));
    open_value(&o, KEY("findings"), '[');
    for (size_t i = 0; i < r->finding_count; i++)
        put_finding(&o, r->findings[i]);
    close_value(&o, ']');
    put_checks(&o, r);
    close_value(&o, '}');
    put_char(&o, '\n');
    flush(&o);
}
