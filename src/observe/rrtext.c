/* SPDX-License-Identifier: MIT */
#include "rrtext.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TTL_SATURATED ((uint64_t)UINT32_MAX + 1)
#define LDNS_TEXT_MAX 65000u /* bytes of one record that ldns' own buffers surely hold */

/* The text for ldns. Quotes and blanks are added: at most three bytes for each word. */
struct out {
    char *bytes;
    size_t size, room;
};

bool ma_rrtext_wrong(struct ma_rrtext *c, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(c->why, sizeof c->why, fmt, args);
    va_end(args);
    return false;
}

struct ma_shown ma_rrtext_shown(const struct ma_word *w)
{
    struct ma_shown s;
    size_t room = sizeof s.text - 4, n = w->size < room ? w->size : room;
    for (size_t i = 0; i < n; i++)
        s.text[i] = w->at[i] >= 0x20 && w->at[i] < 0x7f ? w->at[i] : '?';
    memcpy(s.text + n, n < w->size ? "..." : "", n < w->size ? 4 : 1);
    return s;
}

#define SHOWN(word) ma_rrtext_shown(word).text

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f' || c == '\r' || c == '\v';
}

/* Where the word ends; open_r: within a quote. */
static const char *word_end(const char *p, bool quoted, bool *open_r)
{
    bool open = quoted; /* or a quoted part of a word: alpn="h2,h3" (RFC 9460 2.1) */
    for (; *p != '\0'; p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
        else if (*p == '"')
            open = !open;
        else if (is_blank(*p) && !open)
            break;
        if (quoted && !open)
            break;
    }
    *open_r = open;
    return p;
}

bool ma_rrtext_word(struct ma_rrtext *c, const char **line, struct ma_word *w)
{
    const char *p = *line;
    bool open;
    c->why[0] = '\0';
    while (is_blank(*p))
        p++;
    w->quoted = *p == '"';
    w->at = w->quoted ? p + 1 : p;
    p = word_end(w->at, w->quoted, &open);
    w->size = (size_t)(p - w->at);
    if (open)
        return ma_rrtext_wrong(c, "a quote is not closed: '%s'", SHOWN(w));
    *line = w->quoted ? p + 1 : p;
    return w->quoted || w->size > 0;
}

/* A dot at the end that is not escaped. */
static bool is_absolute(const struct ma_word *w)
{
    if (w->size == 0 || w->at[w->size - 1] != '.')
        return false;
    size_t slashes = 0;
    while (slashes + 1 < w->size && w->at[w->size - 2 - slashes] == '\\')
        slashes++;
    return slashes % 2 == 0;
}

static bool is_word(const struct ma_word *w, const char *text)
{
    return w->size == strlen(text) && strncasecmp(w->at, text, w->size) == 0;
}

size_t ma_rrtext_name(
    struct ma_rrtext *c, const struct ma_word *w, uint8_t wire[static MA_NAME_WIRE_MAX])
{
    char text[MA_NAME_TEXT_MAX];
    bool at_origin = is_word(w, "@") && !w->quoted;
    bool relative = at_origin || !is_absolute(w);
    if (relative && c->origin_size == 0)
        return ma_rrtext_wrong(
            c, "relative name '%s', but there is no origin yet (no $ORIGIN)", SHOWN(w));
    size_t size = 1;
    wire[0] = 0;
    if (!at_origin && w->size < sizeof text) {
        memcpy(text, w->at, w->size);
        text[w->size] = '\0';
        size = ma_name_to_wire(wire, text);
    }
    if (size == 0 || w->size >= sizeof text)
        return ma_rrtext_wrong(c, "'%s' is no domain name", SHOWN(w));
    if (!relative)
        return size;
    if (size - 1 + c->origin_size > MA_NAME_WIRE_MAX)
        return ma_rrtext_wrong(c, "the name '%s' is longer than 255 bytes", SHOWN(w));
    memcpy(wire + size - 1, c->origin, c->origin_size);
    return size - 1 + c->origin_size;
}

static uint64_t unit_secs(char c)
{
    switch (c) {
    case 's':
    case 'S':
        return 1;
    case 'm':
    case 'M':
        return 60;
    case 'h':
    case 'H':
        return 3600;
    case 'd':
    case 'D':
        return 86400;
    case 'w':
    case 'W':
        return 604800;
    default:
        return 0;
    }
}

bool ma_rrtext_ttl(const struct ma_word *w, uint64_t *secs_r)
{
    uint64_t sum = 0, number = 0;
    bool digits = false;
    for (size_t i = 0; i < w->size; i++) {
        char c = w->at[i];
        if (c >= '0' && c <= '9') {
            number = number * 10 + (uint64_t)(c - '0');
            digits = true;
        } else if (digits && unit_secs(c) > 0) {
            sum += number * unit_secs(c);
            number = 0;
            digits = false;
        } else {
            return false;
        }
        if (number >= TTL_SATURATED)
            number = TTL_SATURATED;
        if (sum >= TTL_SATURATED)
            sum = TTL_SATURATED;
    }
    *secs_r = sum + number < TTL_SATURATED ? sum + number : TTL_SATURATED;
    return w->size > 0;
}

struct head {
    uint8_t owner[MA_NAME_WIRE_MAX];
    size_t owner_size;
    bool has_ttl;
    uint32_t ttl_secs;
    ldns_rr_type type;
    struct ma_word type_word;
};

/* ---- rdata ----------------------------------------------------------------------------------- */

static void put(struct out *o, const char *bytes, size_t size)
{
    if (size > o->room - o->size)
        size = o->room - o->size; /* cannot be: see struct out */
    memcpy(o->bytes + o->size, bytes, size);
    o->size += size;
}

/* The bytes of a character-string with its escapes resolved, or -1: a bad escape. */
static int string_size(const struct ma_word *w)
{
    int n = 0;
    for (size_t i = 0; i < w->size; i++, n++) {
        if (w->at[i] != '\\')
            continue;
        if (++i >= w->size)
            return -1;
        if (w->at[i] < '0' || w->at[i] > '9')
            continue;
        int value = 0;
        for (size_t end = i + 3; i < end; i++) {
            if (i >= w->size || w->at[i] < '0' || w->at[i] > '9')
                return -1;
            value = value * 10 + w->at[i] - '0';
        }
        i--;
        if (value > 255)
            return -1;
    }
    return n;
}

static bool has_bare_quote(const struct ma_word *w)
{
    for (size_t i = 0; i < w->size; i++) {
        if (w->at[i] == '"')
            return true;
        i += w->at[i] == '\\';
    }
    return false;
}

static bool put_string(struct ma_rrtext *c, struct out *o, const struct ma_word *w, int max_bytes)
{
    int n = string_size(w);
    if (n < 0)
        return ma_rrtext_wrong(
            c, "a bad escape in '%s': \\DDD is a byte from 000 to 255", SHOWN(w));
    if (n > max_bytes)
        return ma_rrtext_wrong(c,
            "a string of %d bytes: one holds at most %d, write it as several strings in a row", n,
            max_bytes);
    if (!w->quoted && has_bare_quote(w))
        return ma_rrtext_wrong(c, "a quote inside a word: '%s'", SHOWN(w));
    put(o, "\"", 1);
    put(o, w->at, w->size);
    put(o, "\"", 1);
    return true;
}

/* The greatest number of a field, or 0 where the field is none. words_r: it may be a mnemonic. */
static uint64_t greatest(ldns_rdf_type kind, bool *words_r)
{
    *words_r = kind == LDNS_RDF_TYPE_ALG || kind == LDNS_RDF_TYPE_CERT_ALG ||
               kind == LDNS_RDF_TYPE_CERTIFICATE_USAGE || kind == LDNS_RDF_TYPE_SELECTOR ||
               kind == LDNS_RDF_TYPE_MATCHING_TYPE;
    switch (kind) {
    case LDNS_RDF_TYPE_INT16:
    case LDNS_RDF_TYPE_CERT_ALG:
        return UINT16_MAX;
    case LDNS_RDF_TYPE_INT32:
    case LDNS_RDF_TYPE_PERIOD:
        return UINT32_MAX;
    default:
        return *words_r || kind == LDNS_RDF_TYPE_INT8 ? UINT8_MAX : 0;
    }
}

static bool check_number(struct ma_rrtext *c, const struct ma_word *w, ldns_rdf_type kind)
{
    bool words, digits = w->size > 0;
    uint64_t value, most = greatest(kind, &words);
    if (most == 0)
        return true;
    for (size_t i = 0; i < w->size; i++)
        digits = digits && w->at[i] >= '0' && w->at[i] <= '9';
    if (!digits && words)
        return true;
    if (!ma_rrtext_ttl(w, &value) || (!digits && kind != LDNS_RDF_TYPE_PERIOD))
        return ma_rrtext_wrong(c, "'%s' where a number belongs", SHOWN(w));
    return value <= most || ma_rrtext_wrong(c, "the number %s is too large here", SHOWN(w));
}

/* All that is no string. Quotes around a plain word are left off: ldns would keep them in a name.
 */
static bool put_word(
    struct ma_rrtext *c, struct out *o, const struct ma_word *w, ldns_rdf_type kind)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    if (w->quoted && (w->size == 0 || memchr(w->at, ' ', w->size) != NULL))
        return ma_rrtext_wrong(c, "a quoted string where none belongs: '%s'", SHOWN(w));
    if (kind == LDNS_RDF_TYPE_DNAME && ma_rrtext_name(c, w, wire) == 0)
        return false;
    if (!check_number(c, w, kind))
        return false;
    put(o, w->at, w->size);
    return true;
}

static bool put_field(
    struct ma_rrtext *c, struct out *o, const struct ma_word *w, ldns_rdf_type kind)
{
    put(o, " ", 1);
    switch (kind) {
    case LDNS_RDF_TYPE_STR:
        return put_string(c, o, w, UINT8_MAX);
    case LDNS_RDF_TYPE_LONG_STR:
        return put_string(c, o, w, UINT16_MAX);
    default:
        return put_word(c, o, w, kind);
    }
}

/* What word I of the rdata is. Behind the last field there may be more words of a hexadecimal or
   base64 one; ldns has an assert() in the way of whoever asks. */
static ldns_rdf_type field_kind(const ldns_rr_descriptor *d, size_t i)
{
    size_t most = ldns_rr_descriptor_maximum(d);
    bool endless = most == SIZE_MAX; /* ldns' way to say that the last kind repeats */
    if (endless || i < most)
        return ldns_rr_descriptor_field_type(d, i);
    ldns_rdf_type last = most > 0 ? ldns_rr_descriptor_field_type(d, most - 1) : LDNS_RDF_TYPE_NONE;
    return last == LDNS_RDF_TYPE_HEX || last == LDNS_RDF_TYPE_B64 ? last : LDNS_RDF_TYPE_NONE;
}

static bool put_rdata(struct ma_rrtext *c, struct out *o, const char *line, ldns_rr_type type)
{
    struct ma_word w;
    const char *rest = line;
    const ldns_rr_descriptor *d = ldns_rr_descript((uint16_t)type);
    bool any = ma_rrtext_word(c, &rest, &w);
    if (d == NULL || d->_type != type)
        return c->why[0] == '\0' &&
               ma_rrtext_wrong(c, "the data of this type must be written as \\# SIZE HEXADECIMAL");
    size_t hex_digits = 0;
    for (size_t i = 0; any; i++) {
        ldns_rdf_type kind = field_kind(d, i);
        if (!put_field(c, o, &w, kind))
            return false;
        hex_digits += kind == LDNS_RDF_TYPE_HEX ? w.size : 0;
        any = ma_rrtext_word(c, &rest, &w);
    }
    if (hex_digits % 2 != 0)
        return ma_rrtext_wrong(c, "an odd number of hexadecimal digits");
    return c->why[0] == '\0';
}

/* ---- the record ------------------------------------------------------------------------------ */

static bool read_owner(struct ma_rrtext *c, const char **line, struct ma_word *w)
{
    if (is_blank(**line)) {
        w->size = 0;
        return c->owner_size > 0 || ma_rrtext_wrong(c, "no owner name, and no record before");
    }
    if (!ma_rrtext_word(c, line, w))
        return false;
    return !w->quoted || ma_rrtext_wrong(c, "a quoted owner name: '%s'", SHOWN(w));
}

static bool set_ttl(struct ma_rrtext *c, struct head *h, const struct ma_word *w, uint64_t ttl)
{
    if (ttl > MA_RRTEXT_TTL_MAX)
        return ma_rrtext_wrong(c, "the TTL %s is too large", SHOWN(w));
    h->has_ttl = true;
    h->ttl_secs = (uint32_t)ttl;
    return true;
}

static bool set_type(struct ma_rrtext *c, struct head *h, const struct ma_word *w)
{
    struct ma_shown shown = ma_rrtext_shown(w);
    if (is_word(w, "CH") || is_word(w, "HS") || is_word(w, "CS"))
        return ma_rrtext_wrong(c, "class %s: only IN is of use here", shown.text);
    h->type = w->size < sizeof shown.text ? ldns_get_rr_type_by_name(shown.text) : 0;
    h->type_word = *w;
    /* OPT and 128 to 255 exist in messages only (RFC 6895 3.1) */
    bool meta = h->type == LDNS_RR_TYPE_OPT || (h->type >= 128 && h->type <= 255);
    return (h->type != 0 && !meta) || ma_rrtext_wrong(c, "'%s' is no type of record", shown.text);
}

/* [TTL] [CLASS] TYPE or [CLASS] [TTL] TYPE */
static bool read_type(struct ma_rrtext *c, const char **line, struct head *h)
{
    struct ma_word w;
    uint64_t ttl;
    bool has_class = false;
    while (ma_rrtext_word(c, line, &w)) {
        bool class_in = is_word(&w, "IN") || is_word(&w, "CLASS1");
        if (!h->has_ttl && ma_rrtext_ttl(&w, &ttl)) {
            if (!set_ttl(c, h, &w, ttl))
                return false;
        } else if (!has_class && class_in) {
            has_class = true;
        } else {
            return set_type(c, h, &w);
        }
    }
    if (c->why[0] == '\0')
        ma_rrtext_wrong(c, "no type of record");
    return false;
}

static bool read_head(struct ma_rrtext *c, const char **line, struct head *h)
{
    struct ma_word owner;
    if (!read_owner(c, line, &owner) || !read_type(c, line, h))
        return false;
    bool bare_soa = c->origin_size == 0 && c->soa_gives_origin && h->type == LDNS_RR_TYPE_SOA;
    if (owner.size == 0) {
        h->owner_size = c->owner_size;
        memcpy(h->owner, c->owner, c->owner_size);
    } else {
        h->owner_size = ma_rrtext_name(c, &owner, h->owner);
    }
    if (h->owner_size > 0 && bare_soa) {
        memcpy(c->origin, h->owner, h->owner_size);
        c->origin_size = (uint8_t)h->owner_size;
    }
    return h->owner_size > 0;
}

/* ---- RFC 3597 5: "\\# 4 c0000201" stands for the data of any type -----------------------------
 */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The digits of all words that are left, as bytes; false when there are not size of them. */
static bool read_hex(struct ma_rrtext *c, const char *line, uint8_t *bytes, size_t size)
{
    struct ma_word w;
    size_t digits = 0;
    while (ma_rrtext_word(c, &line, &w)) {
        for (size_t i = 0; i < w.size; i++, digits++) {
            int value = hex_value(w.at[i]);
            if (value < 0)
                return ma_rrtext_wrong(c, "'%s' is not hexadecimal", SHOWN(&w));
            if (digits < 2 * size)
                bytes[digits / 2] = (uint8_t)(bytes[digits / 2] << 4 | value);
        }
    }
    if (c->why[0] == '\0' && digits != 2 * size)
        return ma_rrtext_wrong(
            c, "%zu hexadecimal digits where %zu bytes were announced", digits, size);
    return c->why[0] == '\0';
}

/* line stands behind the "\\#". */
static ldns_rr *make_generic(struct ma_rrtext *c, const char *line, const struct head *h)
{
    struct ma_word w;
    uint64_t size;
    size_t at = 0;
    if (!ma_rrtext_word(c, &line, &w) || !check_number(c, &w, LDNS_RDF_TYPE_INT16) ||
        !ma_rrtext_ttl(&w, &size)) {
        ma_rrtext_wrong(c, "no size behind \\#");
        return NULL;
    }
    uint8_t *wire = calloc(1, 2 + size);
    ldns_rr *rr = ldns_rr_new();
    bool ok = wire != NULL && rr != NULL && read_hex(c, line, wire + 2, size);
    if (ok) {
        wire[0] = (uint8_t)(size >> 8);
        wire[1] = (uint8_t)size;
        ldns_rr_set_type(rr, h->type);
        ldns_rr_set_class(rr, LDNS_RR_CLASS_IN);
        ok = ldns_wire2rdf(rr, wire, 2 + size, &at) == LDNS_STATUS_OK ||
             ma_rrtext_wrong(c, "these bytes are no data of a %s record", SHOWN(&h->type_word));
    }
    free(wire);
    if (!ok && rr != NULL)
        ldns_rr_free(rr);
    return ok ? rr : NULL;
}

static uint32_t choose_ttl(struct ma_rrtext *c, const struct head *h, const ldns_rr *rr)
{
    uint32_t ttl = MA_RRTEXT_TTL_NONE;
    if (h->has_ttl)
        ttl = h->ttl_secs;
    else if (c->has_default_ttl)
        ttl = c->default_ttl_secs;
    else if (c->has_last_ttl)
        ttl = c->last_ttl_secs;
    else if (h->type == LDNS_RR_TYPE_SOA && ldns_rr_rd_count(rr) == 7)
        ttl = ldns_rdf2native_int32(ldns_rr_rdf(rr, 6)) & MA_RRTEXT_TTL_MAX;
    c->has_last_ttl = true;
    c->last_ttl_secs = ttl;
    return ttl;
}

static ldns_rr *make(struct ma_rrtext *c, const struct out *o, const struct head *h)
{
    ldns_rdf origin = {c->origin_size, LDNS_RDF_TYPE_DNAME, c->origin};
    ldns_rr *rr = NULL;
    ldns_status s =
        ldns_rr_new_frm_str(&rr, o->bytes, 0, c->origin_size > 0 ? &origin : NULL, NULL);
    if (s == LDNS_STATUS_OK && ldns_rr_get_type(rr) == h->type)
        return rr;
    const char *what = "cannot be read";
    if (s == LDNS_STATUS_SYNTAX_MISSING_VALUE_ERR)
        what = "is not complete";
    else if (s == LDNS_STATUS_SYNTAX_SUPERFLUOUS_TEXT_ERR)
        what = "has more in it than belongs there";
    struct ma_word data = {o->bytes, o->size, false};
    const char *space = strchr(o->bytes + sizeof ". 0 IN " - 1, ' ');
    data.at = space != NULL ? space + 1 : o->bytes + o->size;
    data.size = (size_t)(o->bytes + o->size - data.at);
    ma_rrtext_wrong(
        c, "the data of this %s record %s: '%s'", SHOWN(&h->type_word), what, SHOWN(&data));
    if (rr != NULL)
        ldns_rr_free(rr);
    return NULL;
}

/* Owner, TTL and lower-case names; false without memory. */
static bool finish(struct ma_rrtext *c, ldns_rr *rr, const struct head *h)
{
    const ldns_rr_descriptor *d = ldns_rr_descript((uint16_t)h->type);
    if (d != NULL && d->_type == h->type && ldns_rr_rd_count(rr) < ldns_rr_descriptor_minimum(d))
        return ma_rrtext_wrong(
            c, "the data of this %s record is not complete", SHOWN(&h->type_word));
    ldns_rdf *owner = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, h->owner_size, h->owner);
    if (owner == NULL)
        return ma_rrtext_wrong(c, "out of memory");
    ldns_rdf_deep_free(ldns_rr_owner(rr));
    ldns_rr_set_owner(rr, owner);
    ldns_rr_set_ttl(rr, choose_ttl(c, h, rr));
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        ldns_rdf *f = ldns_rr_rdf(rr, i);
        if (ldns_rdf_get_type(f) == LDNS_RDF_TYPE_DNAME)
            ldns_dname2canonical(f);
    }
    memcpy(c->owner, h->owner, h->owner_size);
    c->owner_size = (uint8_t)h->owner_size;
    return true;
}

static ldns_rr *make_from_text(struct ma_rrtext *c, const char *line, const struct head *h)
{
    static const char start[] = ". 0 IN ";
    struct out o = {.room = 3 * strlen(line) + h->type_word.size + sizeof start};
    ldns_rr *rr = NULL;
    o.bytes = malloc(o.room + 1);
    if (o.bytes == NULL) {
        ma_rrtext_wrong(c, "out of memory");
        return NULL;
    }
    put(&o, start, sizeof start - 1);
    put(&o, h->type_word.at, h->type_word.size);
    if (put_rdata(c, &o, line, h->type)) {
        o.bytes[o.size] = '\0';
        if (o.size > LDNS_TEXT_MAX)
            ma_rrtext_wrong(c, "a record of more than %u bytes as text", LDNS_TEXT_MAX);
        else
            rr = make(c, &o, h);
    }
    free(o.bytes);
    return rr;
}

ldns_rr *ma_rrtext_parse(struct ma_rrtext *c, const char *line)
{
    struct head h = {0};
    struct ma_word w;
    if (!read_head(c, &line, &h))
        return NULL;
    const char *rest = line;
    bool generic = ma_rrtext_word(c, &rest, &w) && !w.quoted && is_word(&w, "\\#");
    ldns_rr *rr = generic ? make_generic(c, rest, &h) : make_from_text(c, line, &h);
    if (rr != NULL && !finish(c, rr, &h)) {
        ldns_rr_free(rr);
        rr = NULL;
    }
    return rr;
}
