/* SPDX-License-Identifier: MIT */
#include "mta_sts_parse.h"

#include <string.h>
#include <strings.h>

#define VERSION_SIZE (sizeof(MTA_STS_VERSION) - 1)
#define NAME_MAX     32 /* characters of a field's name */

static bool is_wsp(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool begins(const char *bytes, size_t size, const char *word)
{
    return size >= strlen(word) && memcmp(bytes, word, strlen(word)) == 0;
}

static bool begins_nocase(const char *bytes, size_t size, const char *word)
{
    return size >= strlen(word) && strncasecmp(bytes, word, strlen(word)) == 0;
}

/* (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".") */
static bool is_field_name(const char *bytes, struct ma_span name)
{
    if (name.size == 0 || name.size > NAME_MAX || !is_alnum(bytes[name.offset]))
        return false;
    for (size_t i = 1; i < name.size; i++) {
        char c = bytes[name.offset + i];
        if (!is_alnum(c) && c != '_' && c != '-' && c != '.')
            return false;
    }
    return true;
}

/* ---- the record ------------------------------------------------------------------------------ */

bool mta_sts_is_record(const char *bytes, size_t size)
{
    return begins(bytes, size, MTA_STS_VERSION ";");
}

bool mta_sts_is_lone_record(const char *bytes, size_t size)
{
    size_t at = VERSION_SIZE;

    if (!begins(bytes, size, MTA_STS_VERSION))
        return false;
    while (at < size && is_wsp(bytes[at]))
        at++;
    return at == size || bytes[at] == ';' || at > VERSION_SIZE;
}

bool mta_sts_is_lookalike(const char *bytes, size_t size)
{
    size_t at = 0;

    while (at < size && (is_wsp(bytes[at]) || bytes[at] == '"'))
        at++;
    if (begins_nocase(bytes + at, size - at, "v")) {
        at++;
        while (at < size && (is_wsp(bytes[at]) || bytes[at] == '='))
            at++;
    }
    return begins_nocase(bytes + at, size - at, "stsv") ||
           begins_nocase(bytes + at, size - at, "mta-sts") ||
           begins_nocase(bytes + at, size - at, "id=");
}

static void record_fault(struct mta_sts_record *r, struct ma_span at, const char *expected)
{
    if (r->fault != NULL)
        return;
    r->fault = expected;
    r->at = at;
}

static const char *id_fault(const char *bytes, struct ma_span id)
{
    if (id.size == 0)
        return "give id= a value of letters and digits, such as the date of the last change";
    for (size_t i = 0; i < id.size; i++)
        if (!is_alnum(bytes[id.offset + i]))
            return "write the id with letters and digits only";
    return id.size > MTA_STS_ID_MAX ? "shorten the id to 32 characters" : NULL;
}

static void read_id(struct mta_sts_record *r, const char *bytes, const struct ma_tag *tag)
{
    const char *fault;

    if (r->id.size > 0) {
        r->again = tag->whole;
        return;
    }
    r->id = tag->value;
    fault = id_fault(bytes, tag->value);
    if (fault != NULL)
        record_fault(r, tag->whole, fault);
}

static void read_field(struct mta_sts_record *r, const char *bytes, const struct ma_tag *tag)
{
    bool tight = tag->whole.size == tag->name.size + 1 + tag->value.size;

    if (tag->shape == MA_TAG_EMPTY) {
        record_fault(r, tag->whole, "remove the semicolon that nothing follows");
    } else if (tag->shape == MA_TAG_NO_EQUALS) {
        record_fault(r, tag->whole, "write each field as name=value, separated by semicolons");
    } else if (ma_span_is_nocase(bytes, tag->name, "id") && !ma_span_is(bytes, tag->name, "id")) {
        record_fault(r, tag->name, "write id= in lower case");
        read_id(r, bytes, tag);
    } else if (!is_field_name(bytes, tag->name)) {
        record_fault(r, tag->name, "begin the field with a name of letters and digits");
    } else if (!tight) {
        record_fault(r, tag->whole, "write the field without blanks around '='");
        if (ma_span_is(bytes, tag->name, "id"))
            read_id(r, bytes, tag);
    } else if (ma_span_is(bytes, tag->name, "id")) {
        read_id(r, bytes, tag);
    } else if (tag->value.size == 0) {
        record_fault(r, tag->whole, "give the field a value, or remove it");
    }
}

void mta_sts_record_parse(struct mta_sts_record *r, const char *bytes, size_t size)
{
    struct ma_taglist list;
    struct ma_tag tag;
    bool first = true;

    *r = (struct mta_sts_record){.fault = NULL};
    ma_taglist_init(&list, bytes, size);
    while (ma_taglist_next(&list, &tag)) {
        if (first && tag.whole.size > VERSION_SIZE)
            record_fault(r, tag.whole, "put a semicolon after " MTA_STS_VERSION);
        if (!first)
            read_field(r, bytes, &tag);
        first = false;
    }
    if (r->id.size == 0)
        record_fault(r, (struct ma_span){0, size},
            "add id= with letters and digits, such as the date of the last change");
}

/* ---- the policy ------------------------------------------------------------------------------ */

/* One line: where it is, without its end. */
struct line {
    unsigned number;
    struct ma_span whole;
};

/* The fields that count once. */
enum field { VERSION, MODE, MAX_AGE, FIELD_COUNT };

struct reading {
    struct mta_sts_policy *policy;
    const char *bytes;
    size_t size, at;
    struct line line;
    bool seen[FIELD_COUNT];
};

static void fault(
    struct reading *in, enum mta_sts_fault_kind kind, struct ma_span at, const char *expected)
{
    struct mta_sts_policy *p = in->policy;

    p->by_kind[kind]++;
    if (p->fault_count < MTA_STS_FAULTS_MAX)
        p->faults[p->fault_count++] = (struct mta_sts_fault){kind, in->line.number, at, expected};
}

/* LF or CRLF ends a line; so does the end of the text. */
static bool next_line(struct reading *in)
{
    const char *end;
    struct line *l = &in->line;

    if (in->at >= in->size)
        return false;
    end = memchr(in->bytes + in->at, '\n', in->size - in->at);
    l->number++;
    l->whole.offset = in->at;
    l->whole.size = (end != NULL ? (size_t)(end - in->bytes) : in->size) - in->at;
    in->at += l->whole.size + 1;
    if (l->whole.size > 0 && in->bytes[l->whole.offset + l->whole.size - 1] == '\r')
        l->whole.size--;
    return true;
}

#define NO_HOST "name a host, such as mail.example.com, or *.example.com"

/* One label: letters and digits, hyphens between them. */
static const char *label_fault(const char *text, size_t size)
{
    if (size == 0 || size > 63 || text[0] == '-' || text[size - 1] == '-')
        return NO_HOST;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '*')
            return "an asterisk stands for the whole first label only: *.example.com";
        if (!is_alnum(text[i]) && text[i] != '-')
            return "write a host name of letters, digits and hyphens, one on each mx line";
    }
    return NULL;
}

/* ABNF "Domain" of RFC 5321 4.1.2, behind "*." or not. */
static const char *pattern_fault(const char *text, size_t size)
{
    size_t at = begins(text, size, "*.") ? 2 : 0, labels = 0;
    const char *wrong = NULL;

    if (at == size)
        return NO_HOST;
    if (text[at] == '.')
        return "write *.example.com, with the asterisk, for all hosts right below example.com";
    if (text[size - 1] == '.')
        return "write the host name without the dot at the end";
    while (wrong == NULL && at <= size) {
        const char *dot = at < size ? memchr(text + at, '.', size - at) : NULL;
        size_t length = (dot != NULL ? (size_t)(dot - text) : size) - at;
        wrong = label_fault(text + at, length);
        at += length + 1;
        labels++;
    }
    if (wrong == NULL && labels < 2)
        wrong = "write the host's whole name, with its domain";
    return wrong;
}

static bool has_pattern(const struct reading *in, struct ma_span value)
{
    const struct mta_sts_policy *p = in->policy;

    for (size_t i = 0; i < p->pattern_count; i++)
        if (p->patterns[i].size == value.size && strncasecmp(in->bytes + p->patterns[i].offset,
                                                     in->bytes + value.offset, value.size) == 0)
            return true;
    return false;
}

static void read_mx(struct reading *in, struct ma_span value)
{
    struct mta_sts_policy *p = in->policy;
    const char *wrong = pattern_fault(in->bytes + value.offset, value.size);

    if (wrong != NULL)
        fault(in, MTA_STS_PATTERN, value, wrong);
    else if (has_pattern(in, value))
        fault(in, MTA_STS_REPEATED, in->line.whole, "remove the line: the same host is there");
    else if (p->pattern_count < MTA_STS_PATTERNS_MAX)
        p->patterns[p->pattern_count++] = value;
    else
        p->patterns_left_out++;
}

static void read_mode(struct reading *in, struct ma_span value)
{
    for (unsigned m = MTA_STS_NONE; m <= MTA_STS_ENFORCE; m++)
        if (ma_span_is(in->bytes, value, mta_sts_mode_name((enum mta_sts_mode)m)))
            in->policy->mode = (enum mta_sts_mode)m;
    if (in->policy->mode == MTA_STS_NO_MODE)
        fault(in, MTA_STS_SYNTAX, value, "write enforce, testing or none, in lower case");
}

static void read_version(struct reading *in, struct ma_span value)
{
    if (!ma_span_is(in->bytes, value, "STSv1"))
        fault(in, MTA_STS_SYNTAX, value, "write STSv1");
}

static void read_max_age(struct reading *in, struct ma_span value)
{
    struct mta_sts_policy *p = in->policy;
    bool good = value.size > 0 && value.size <= 10;

    p->max_age_secs = 0;
    for (size_t i = 0; good && i < value.size; i++) {
        char c = in->bytes[value.offset + i];
        good = c >= '0' && c <= '9';
        p->max_age_secs = p->max_age_secs * 10 + (good ? (uint64_t)(c - '0') : 0);
    }
    if (good)
        return;
    p->max_age_secs = 0;
    fault(in, MTA_STS_SYNTAX, value, "write a number of seconds, such as 604800");
}

/* A field of another name is ignored; one that differs from ours by case is a mistake. */
static void check_other(struct reading *in, struct ma_span name, struct ma_span value)
{
    static const char *const ours[] = {"version", "mode", "max_age", "mx"};

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (ma_span_is_nocase(in->bytes, name, ours[i])) {
            fault(in, MTA_STS_SYNTAX, name, "write the field's name in lower case");
            return;
        }
    if (!is_field_name(in->bytes, name))
        fault(in, MTA_STS_SYNTAX, name, "write each line as name: value");
    else if (value.size == 0)
        fault(in, MTA_STS_SYNTAX, in->line.whole, "give the field a value, or remove the line");
}

/* No control characters but tabs among blanks. */
static bool is_text(const char *bytes, struct ma_span span)
{
    for (size_t i = 0; i < span.size; i++) {
        unsigned char c = (unsigned char)bytes[span.offset + i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static void read_field_line(struct reading *in, struct ma_span name, struct ma_span value)
{
    static const struct {
        const char *name;
        void (*read)(struct reading *, struct ma_span);
    } once[FIELD_COUNT] = {
        [VERSION] = {"version", read_version},
        [MODE] = {"mode", read_mode},
        [MAX_AGE] = {"max_age", read_max_age},
    };

    for (unsigned f = 0; f < FIELD_COUNT; f++) {
        if (!ma_span_is(in->bytes, name, once[f].name))
            continue;
        if (in->seen[f])
            fault(
                in, MTA_STS_REPEATED, in->line.whole, "remove the line: only the first one counts");
        else
            once[f].read(in, value);
        in->seen[f] = true;
        return;
    }
    if (ma_span_is(in->bytes, name, "mx"))
        read_mx(in, value);
    else
        check_other(in, name, value);
}

static void read_line(struct reading *in)
{
    struct ma_span whole = in->line.whole, name = whole, value;
    const char *colon = memchr(in->bytes + whole.offset, ':', whole.size);

    if (!is_text(in->bytes, whole)) {
        fault(in, MTA_STS_SYNTAX, whole, "end lines with LF or CRLF, without control characters");
        return;
    }
    if (colon == NULL) {
        fault(in, MTA_STS_SYNTAX, whole, "write each line as name: value");
        return;
    }
    name.size = (size_t)(colon - in->bytes) - whole.offset;
    value.offset = name.offset + name.size + 1;
    value.size = whole.offset + whole.size - value.offset;
    value = ma_span_trim(in->bytes, value);
    if (name.size > 0 && (is_wsp(*(colon - 1)) || is_wsp(in->bytes[name.offset])))
        fault(in, MTA_STS_SYNTAX, whole, "write the name without blanks before or after it");
    else
        read_field_line(in, name, value);
}

static void missing(struct reading *in, const char *expected)
{
    in->line.number = 0;
    fault(in, MTA_STS_SYNTAX, (struct ma_span){0, 0}, expected);
}

static bool is_blank_line(const struct reading *in)
{
    return ma_span_trim(in->bytes, in->line.whole).size == 0;
}

void mta_sts_policy_parse(struct mta_sts_policy *p, const char *bytes, size_t size)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct reading in = {.policy = p, .bytes = bytes, .size = size};

    *p = (struct mta_sts_policy){.mode = MTA_STS_NO_MODE};
    if (begins(bytes, size, mark)) {
        in.at = sizeof(mark) - 1;
        in.line.number = 1;
        fault(&in, MTA_STS_SYNTAX, (struct ma_span){0, in.at},
            "save the file without a byte order mark (as plain ASCII)");
        in.line.number = 0;
    }
    while (next_line(&in))
        if (!is_blank_line(&in)) /* senders pass over empty lines */
            read_line(&in);
    if (!in.seen[VERSION])
        missing(&in, "add the line version: STSv1");
    if (!in.seen[MODE])
        missing(&in, "add the line mode: testing, or mode: enforce");
    if (!in.seen[MAX_AGE])
        missing(&in, "add the line max_age: 604800");
    if (p->pattern_count == 0 && p->by_kind[MTA_STS_PATTERN] == 0 && p->mode != MTA_STS_NONE)
        missing(&in, "add a line mx: for each of the mail exchangers");
}

bool mta_sts_policy_holds(const struct mta_sts_policy *p)
{
    return p->by_kind[MTA_STS_SYNTAX] == 0;
}

const char *mta_sts_mode_name(enum mta_sts_mode mode)
{
    static const char *const names[] = {
        [MTA_STS_NO_MODE] = NULL,
        [MTA_STS_NONE] = "none",
        [MTA_STS_TESTING] = "testing",
        [MTA_STS_ENFORCE] = "enforce",
    };

    return names[mode];
}

bool mta_sts_matches(const char *pattern, size_t size, const char *host)
{
    if (begins(pattern, size, "*.")) {
        const char *dot = strchr(host, '.');
        if (dot == NULL || dot == host)
            return false;
        host = dot;
        pattern++;
        size--;
    }
    return strlen(host) == size && strncasecmp(pattern, host, size) == 0;
}
