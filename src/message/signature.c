/* SPDX-License-Identifier: MIT */
/* signature.c - a DKIM-Signature field as a strict list of tags (RFC 6376 3.5). */
#include "gate.h"

#include <string.h>

/* Sizes beyond which libopendkim reads over its buffers, or a name cannot be asked for. */
#define NAME_BYTES_MAX     253
#define LABEL_BYTES_MAX    63
#define IDENTITY_BYTES_MAX 250
#define FIELDS_BYTES_MAX   3900
#define TAGS_MAX           64
#define DIGITS_MAX         12 /* of t= and x= (RFC 6376 3.5) */
#define LENGTH_DIGITS_MAX  18 /* of l= */

static const char *const tag_names[MA_SIG_TAG_COUNT] = {
    "v", "a", "b", "bh", "c", "d", "h", "i", "l", "q", "s", "t", "x", "z"};

const char *ma_signature_fault_phrase(enum ma_signature_fault fault)
{
    static const char *const phrases[MA_SIGNATURE_FAULT_COUNT] = {
        [MA_SIGNATURE_GOOD] = "",
        [MA_SIGNATURE_SYNTAX] = "it is not a list of tags",
        [MA_SIGNATURE_DUPLICATE] = "a tag stands twice",
        [MA_SIGNATURE_MISSING] = "a tag that must be there is missing or empty",
        [MA_SIGNATURE_VERSION] = "its version is not 1",
        [MA_SIGNATURE_ALGORITHM] = "there is no such algorithm (a=)",
        [MA_SIGNATURE_DOMAIN] = "d= cannot be a domain name",
        [MA_SIGNATURE_SELECTOR] = "s= cannot be a selector",
        [MA_SIGNATURE_IDENTITY] = "i= is not in the domain d=",
        [MA_SIGNATURE_FIELDS] = "h= is not a list of field names, or too long",
        [MA_SIGNATURE_NO_FROM] = "From is not signed",
        [MA_SIGNATURE_CANON] = "there is no such canonicalization (c=)",
        [MA_SIGNATURE_QUERY] = "keys can only be had by dns/txt (q=)",
        [MA_SIGNATURE_NUMBER] = "l=, t= or x= is no number, or it ends before it was made",
        [MA_SIGNATURE_BASE64] = "b= or bh= is not in base64",
    };
    return phrases[fault];
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool has(const struct ma_signature *s, enum ma_signature_tag tag)
{
    return (s->tags >> tag & 1) != 0;
}

static const char *value_of(const struct ma_signature *s, enum ma_signature_tag tag)
{
    return s->field->bytes + s->values[tag].offset;
}

/* ---- the list -------------------------------------------------------------------------------- */

static bool is_tag_name(const char *bytes, struct ma_span name)
{
    for (size_t i = 0; i < name.size; i++)
        if (!is_alnum(bytes[name.offset + i]) && bytes[name.offset + i] != '_')
            return false;
    return name.size > 0 && !(bytes[name.offset] >= '0' && bytes[name.offset] <= '9');
}

/* Also an unknown tag must stand only once: the names so far are looked through. */
static bool is_again(const struct ma_taglist *list, const struct ma_tag *tag, size_t from)
{
    struct ma_taglist before;
    struct ma_tag other;
    ma_taglist_init(&before, list->bytes, tag->whole.offset);
    before.at = from;
    while (ma_taglist_next(&before, &other))
        if (other.name.size == tag->name.size &&
            memcmp(list->bytes + other.name.offset, list->bytes + tag->name.offset,
                tag->name.size) == 0)
            return true;
    return false;
}

static enum ma_signature_fault read_tags(struct ma_signature *s)
{
    const size_t from = s->field->value.offset;
    struct ma_taglist list;
    struct ma_tag tag;
    ma_taglist_init(&list, s->field->bytes, s->field->size);
    list.at = from;
    for (unsigned count = 0; ma_taglist_next(&list, &tag); count++) {
        s->at = tag.whole;
        if (tag.shape != MA_TAG_GOOD || !is_tag_name(list.bytes, tag.name) || count == TAGS_MAX)
            return MA_SIGNATURE_SYNTAX;
        if (is_again(&list, &tag, from))
            return MA_SIGNATURE_DUPLICATE;
        for (unsigned i = 0; i < MA_SIG_TAG_COUNT; i++) {
            if (!ma_span_is(list.bytes, tag.name, tag_names[i]))
                continue;
            s->tags |= UINT32_C(1) << i;
            s->values[i] = tag.value;
        }
    }
    return MA_SIGNATURE_GOOD;
}

/* ---- the values ------------------------------------------------------------------------------ */

static bool has_all(struct ma_signature *s)
{
    static const enum ma_signature_tag due[] = {
        MA_SIG_V, MA_SIG_A, MA_SIG_B, MA_SIG_BH, MA_SIG_D, MA_SIG_H, MA_SIG_S};
    s->at = s->field->value;
    for (size_t i = 0; i < sizeof due / sizeof *due; i++)
        if (!has(s, due[i]) || s->values[due[i]].size == 0)
            return false;
    return true;
}

static bool is_label_byte(char c)
{
    return is_alnum(c) || c == '-' || c == '_';
}

/* Labels of letters, digits, hyphens and underscores; lower-cased into the arena. */
static const char *read_labels(struct ma_arena *arena, const char *bytes, size_t size)
{
    if (size == 0 || size > NAME_BYTES_MAX)
        return NULL;
    char *out = ma_arena_copy(arena, bytes, size);
    size_t label = 0;
    for (size_t i = 0; out != NULL && i < size; i++) {
        bool dot = out[i] == '.';
        if (dot ? label == 0 : !is_label_byte(out[i]) || label == LABEL_BYTES_MAX)
            return NULL;
        label = dot ? 0 : label + 1;
        if (out[i] >= 'A' && out[i] <= 'Z')
            out[i] = (char)(out[i] + 32);
    }
    return label > 0 ? out : NULL;
}

static bool read_number(
    const struct ma_signature *s, enum ma_signature_tag tag, size_t digits_max, uint64_t *out)
{
    const char *bytes = value_of(s, tag);
    size_t size = s->values[tag].size;
    *out = 0;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] < '0' || bytes[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(bytes[i] - '0');
        if (i >= digits_max)
            return false;
    }
    return size > 0;
}

static bool read_numbers(struct ma_signature *s)
{
    uint64_t made = 0, expires = 0;
    s->made_secs = s->expires_secs = -1;
    s->has_length = has(s, MA_SIG_L);
    if (s->has_length && !read_number(s, MA_SIG_L, LENGTH_DIGITS_MAX, &s->length_bytes))
        return false;
    if (has(s, MA_SIG_T)) {
        if (!read_number(s, MA_SIG_T, DIGITS_MAX, &made))
            return false;
        s->made_secs = (int64_t)made;
    }
    if (has(s, MA_SIG_X)) {
        if (!read_number(s, MA_SIG_X, DIGITS_MAX, &expires))
            return false;
        s->expires_secs = (int64_t)expires;
    }
    return s->expires_secs < 0 || s->expires_secs > s->made_secs;
}

static bool read_algorithm(struct ma_signature *s)
{
    static const char *const names[] = {"rsa-sha1", "rsa-sha256", "ed25519-sha256"};
    for (unsigned i = 0; i < 3; i++) {
        s->algorithm = (enum ma_signature_algorithm)i;
        if (ma_span_is(s->field->bytes, s->values[MA_SIG_A], names[i]))
            return true;
    }
    return false;
}

/* [local-part]@d= or a name below it. */
static bool read_identity(struct ma_signature *s)
{
    if (!has(s, MA_SIG_I))
        return true;
    const char *bytes = value_of(s, MA_SIG_I);
    size_t size = s->values[MA_SIG_I].size, domain = strlen(s->domain);
    if (size > IDENTITY_BYTES_MAX || size <= domain || bytes[size - 1] == '=')
        return false;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] <= ' ' || bytes[i] >= 0x7f)
            return false;
    const char *end = bytes + size, *tail = end - domain;
    const char *sign = memrchr(bytes, '@', size);
    if (sign == NULL || !ma_span_is_nocase(tail, (struct ma_span){0, domain}, s->domain))
        return false;
    s->subdomain = sign + 1 != tail;
    return sign < tail && (!s->subdomain || tail[-1] == '.');
}

static enum ma_signature_fault read_fields(struct ma_signature *s)
{
    struct ma_items items;
    struct ma_span item;
    const char *bytes = s->field->bytes;
    bool from = false;
    if (s->values[MA_SIG_H].size > FIELDS_BYTES_MAX)
        return MA_SIGNATURE_FIELDS;
    ma_items_init(&items, bytes, s->values[MA_SIG_H], ':');
    while (ma_items_next(&items, &item)) {
        for (size_t i = 0; i < item.size; i++)
            if (bytes[item.offset + i] <= ' ' || bytes[item.offset + i] >= 0x7f ||
                bytes[item.offset + i] == ';')
                return MA_SIGNATURE_FIELDS;
        if (item.size == 0)
            return MA_SIGNATURE_FIELDS;
        from |= ma_span_is_nocase(bytes, item, "from");
    }
    return from ? MA_SIGNATURE_GOOD : MA_SIGNATURE_NO_FROM;
}

static bool is_canon(const struct ma_signature *s)
{
    static const char *const names[] = {"simple", "relaxed", "simple/simple", "simple/relaxed",
        "relaxed/simple", "relaxed/relaxed"};
    bool known = !has(s, MA_SIG_C);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        known |= ma_span_is(s->field->bytes, s->values[MA_SIG_C], names[i]);
    return known;
}

/* Of several methods, those that are not known are skipped (RFC 6376 3.5). */
static bool has_query(const struct ma_signature *s)
{
    struct ma_items items;
    struct ma_span item;
    ma_items_init(&items, s->field->bytes, s->values[MA_SIG_Q], ':');
    while (ma_items_next(&items, &item))
        if (ma_span_is(s->field->bytes, item, "dns/txt"))
            return true;
    return false;
}

/* Only its alphabet and blanks: how long it is, the library finds out. */
static bool is_base64(const struct ma_signature *s, enum ma_signature_tag tag)
{
    const char *bytes = value_of(s, tag);
    size_t pads = 0;
    for (size_t i = 0; i < s->values[tag].size; i++) {
        char c = bytes[i];
        pads += c == '=';
        if (!is_alnum(c) && !ma_is_blank(c) && strchr("+/=", c) == NULL)
            return false;
        if (pads > 0 && c != '=' && !ma_is_blank(c))
            return false;
    }
    return pads <= 2;
}

static enum ma_signature_fault read_who(struct ma_signature *s, struct ma_arena *arena)
{
    const char *domain = read_labels(arena, value_of(s, MA_SIG_D), s->values[MA_SIG_D].size);
    const char *selector = read_labels(arena, value_of(s, MA_SIG_S), s->values[MA_SIG_S].size);
    if (domain == NULL)
        return MA_SIGNATURE_DOMAIN;
    s->domain = domain;
    if (selector == NULL ||
        strlen(domain) + strlen(selector) + strlen("._domainkey.") > NAME_BYTES_MAX)
        return MA_SIGNATURE_SELECTOR;
    s->selector = selector;
    return read_identity(s) ? MA_SIGNATURE_GOOD : MA_SIGNATURE_IDENTITY;
}

static enum ma_signature_fault read_values(struct ma_signature *s, struct ma_arena *arena)
{
    if (!has_all(s))
        return MA_SIGNATURE_MISSING;
    if (!ma_span_is(s->field->bytes, s->values[MA_SIG_V], "1"))
        return MA_SIGNATURE_VERSION;
    if (!read_algorithm(s))
        return MA_SIGNATURE_ALGORITHM;
    enum ma_signature_fault fault = read_who(s, arena);
    if (fault == MA_SIGNATURE_GOOD)
        fault = read_fields(s);
    if (fault != MA_SIGNATURE_GOOD)
        return fault;
    if (!is_canon(s))
        return MA_SIGNATURE_CANON;
    if (has(s, MA_SIG_Q) && !has_query(s))
        return MA_SIGNATURE_QUERY;
    if (!is_base64(s, MA_SIG_B) || !is_base64(s, MA_SIG_BH))
        return MA_SIGNATURE_BASE64;
    return read_numbers(s) ? MA_SIGNATURE_GOOD : MA_SIGNATURE_NUMBER;
}

void ma_signature_read(
    struct ma_signature *s, struct ma_arena *arena, const struct ma_mail_field *field)
{
    *s = (struct ma_signature){
        .field = field, .domain = "", .selector = "", .made_secs = -1, .expires_secs = -1};
    s->fault = read_tags(s);
    if (s->fault == MA_SIGNATURE_GOOD)
        s->fault = read_values(s, arena);
}
