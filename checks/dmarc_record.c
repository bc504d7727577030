/* SPDX-License-Identifier: MIT */
#include "dmarc_record.h"

#include "typography.h"

#include <string.h>

static const char *const tag_names[MA_DMARC_TAG_COUNT] = {[MA_DMARC_P] = "p",
    [MA_DMARC_SP] = "sp",
    [MA_DMARC_NP] = "np",
    [MA_DMARC_PSD] = "psd",
    [MA_DMARC_T] = "t",
    [MA_DMARC_ADKIM] = "adkim",
    [MA_DMARC_ASPF] = "aspf",
    [MA_DMARC_RUA] = "rua",
    [MA_DMARC_RUF] = "ruf",
    [MA_DMARC_FO] = "fo",
    [MA_DMARC_PCT] = "pct",
    [MA_DMARC_RF] = "rf",
    [MA_DMARC_RI] = "ri"};

static const char *const policy_names[] = {
    [MA_DMARC_NONE] = "none", [MA_DMARC_QUARANTINE] = "quarantine", [MA_DMARC_REJECT] = "reject"};

const char *ma_dmarc_policy_name(enum ma_dmarc_policy policy)
{
    return policy_names[policy];
}

static void fault(struct ma_dmarc_record *r, enum ma_dmarc_fault f, struct ma_span place)
{
    if (!ma_dmarc_record_has(r, f))
        r->places[f] = place;
    r->faults |= UINT32_C(1) << f;
}

/* ---- is it one? ---------------------------------------------------------------------------- */

bool ma_dmarc_is_record(const char *bytes, size_t size)
{
    struct ma_taglist list;
    struct ma_tag tag;
    ma_taglist_init(&list, bytes, size);
    return ma_taglist_next(&list, &tag) && tag.shape == MA_TAG_GOOD && tag.whole.offset == 0 &&
           ma_span_is_nocase(bytes, tag.name, "v") && ma_span_is(bytes, tag.value, "DMARC1");
}

static enum ma_dmarc_policy policy_of(const char *bytes, struct ma_span value)
{
    for (unsigned i = MA_DMARC_NONE; i <= MA_DMARC_REJECT; i++)
        if (ma_span_is_nocase(bytes, value, policy_names[i]))
            return (enum ma_dmarc_policy)i;
    return MA_DMARC_UNSET;
}

static bool starts_nocase(const char *bytes, struct ma_span s, const char *text)
{
    size_t size = strlen(text);
    return s.size >= size && ma_span_is_nocase(bytes, (struct ma_span){s.offset, size}, text);
}

/* What is wrong with a v= tag that has DMARC as its value, or nearly so. */
static enum ma_dmarc_miss version_miss(const char *bytes, const struct ma_tag *tag, bool first)
{
    struct ma_span next;
    if (!starts_nocase(bytes, tag->value, "DMARC"))
        return MA_DMARC_MISS_NOT;
    if (ma_tag_runs_on(bytes, tag, &next))
        return MA_DMARC_MISS_SEMICOLON;
    if (!ma_span_is_nocase(bytes, tag->value, "DMARC1"))
        return MA_DMARC_MISS_VERSION;
    if (!first)
        return MA_DMARC_MISS_LATE;
    return ma_span_is(bytes, tag->value, "DMARC1") ? MA_DMARC_MISS_BLANK : MA_DMARC_MISS_CASE;
}

static enum ma_dmarc_miss tag_miss(const char *bytes, const struct ma_tag *tag, bool first)
{
    if (tag->shape == MA_TAG_NO_EQUALS && first && starts_nocase(bytes, tag->whole, "DMARC"))
        return MA_DMARC_MISS_VERSION;
    if (tag->shape != MA_TAG_GOOD)
        return MA_DMARC_MISS_NOT;
    if (ma_span_is_nocase(bytes, tag->name, "v"))
        return version_miss(bytes, tag, first);
    bool policy =
        ma_span_is_nocase(bytes, tag->name, "p") && policy_of(bytes, tag->value) != MA_DMARC_UNSET;
    return policy ? MA_DMARC_MISS_NO_V : MA_DMARC_MISS_NOT;
}

static bool find_typography(const char *bytes, size_t size, struct ma_span *at_r)
{
    char instead;
    if (!ma_typography_find(bytes, size, &at_r->offset))
        return false;
    at_r->size = ma_typography(bytes + at_r->offset, size - at_r->offset, &instead);
    return true;
}

enum ma_dmarc_miss ma_dmarc_near_miss(const char *bytes, size_t size, struct ma_span *at_r)
{
    if (ma_find_zone_quoting(bytes, size, at_r))
        return memmem(bytes, size, "DMARC", 5) != NULL ? MA_DMARC_MISS_QUOTES : MA_DMARC_MISS_NOT;
    if (memmem(bytes, size, "DMARC", 5) != NULL && find_typography(bytes, size, at_r))
        return MA_DMARC_MISS_TYPOGRAPHY;
    struct ma_taglist list;
    struct ma_tag tag;
    enum ma_dmarc_miss found = MA_DMARC_MISS_NOT;
    ma_taglist_init(&list, bytes, size);
    for (bool first = true; ma_taglist_next(&list, &tag); first = false) {
        enum ma_dmarc_miss miss = tag_miss(bytes, &tag, first);
        if (miss == MA_DMARC_MISS_NOT)
            continue;
        if (found == MA_DMARC_MISS_NOT || miss != MA_DMARC_MISS_NO_V)
            *at_r = tag.whole;
        if (miss != MA_DMARC_MISS_NO_V)
            return miss;
        found = miss; /* a v= may still come */
    }
    return found;
}

/* ---- report destinations -------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Cuts an obsolete "!10m" off the end; true when there was one. */
static bool cut_size_limit(const char *bytes, struct ma_span *s)
{
    size_t end = s->offset + s->size;
    if (end > s->offset && strchr("kmgtKMGT", bytes[end - 1]) != NULL && bytes[end - 1] != '\0')
        end--;
    size_t digits = end;
    while (end > s->offset && is_digit(bytes[end - 1]))
        end--;
    if (end == digits || end == s->offset || bytes[end - 1] != '!')
        return false;
    s->size = end - 1 - s->offset;
    return true;
}

/* Characters that a URI may hold (RFC 3986 2); '!' and ',' must be encoded here. */
static bool uri_characters(const char *bytes, struct ma_span s)
{
    for (size_t i = s.offset; i < s.offset + s.size; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}!", c) != NULL)
            return false;
    }
    return true;
}

static bool host_characters(const char *bytes, struct ma_span s)
{
    for (size_t i = s.offset; i < s.offset + s.size; i++)
        if (!is_letter(bytes[i]) && !is_digit(bytes[i]) && strchr("-._", bytes[i]) == NULL)
            return false;
    return s.size > 0 && memchr(bytes + s.offset, '\0', s.size) == NULL;
}

/* The host of "mailto:local@host?..."; s is what follows the colon. */
static bool mailto_host(const char *bytes, struct ma_span s, struct ma_span *host_r)
{
    const char *start = bytes + s.offset;
    const char *query = memchr(start, '?', s.size);
    size_t size = query != NULL ? (size_t)(query - start) : s.size;
    const char *at = memrchr(start, '@', size);
    if (at == NULL || at == start)
        return false;
    *host_r = (struct ma_span){(size_t)(at + 1 - bytes), size - (size_t)(at + 1 - start)};
    return host_characters(bytes, *host_r);
}

static void read_uri(const char *bytes, struct ma_span text, struct ma_dmarc_uri *uri)
{
    *uri = (struct ma_dmarc_uri){.kind = MA_DMARC_NO_URI, .text = text};
    const char *colon = memchr(bytes + text.offset, ':', text.size);
    if (colon == NULL || !uri_characters(bytes, text) || !is_letter(bytes[text.offset]))
        return;
    size_t scheme = (size_t)(colon - bytes) - text.offset;
    for (size_t i = 0; i < scheme; i++) {
        char c = bytes[text.offset + i];
        if (!is_letter(c) && !is_digit(c) && strchr("+-.", c) == NULL)
            return;
    }
    struct ma_span rest = {text.offset + scheme + 1, text.size - scheme - 1};
    if (!ma_span_is_nocase(bytes, (struct ma_span){text.offset, scheme}, "mailto"))
        uri->kind = rest.size > 0 ? MA_DMARC_SCHEME : MA_DMARC_NO_URI;
    else if (mailto_host(bytes, rest, &uri->host))
        uri->kind = MA_DMARC_MAILTO;
}

static void read_uris(struct ma_dmarc_record *r, struct ma_dmarc_uris *uris, struct ma_span value)
{
    struct ma_items items;
    struct ma_span item;
    ma_items_init(&items, r->bytes, value, ',');
    while (ma_items_next(&items, &item)) {
        struct ma_dmarc_uri uri;
        size_t end = item.offset + item.size;
        if (cut_size_limit(r->bytes, &item)) {
            size_t limit = item.offset + item.size;
            fault(r, MA_DMARC_SIZE_LIMIT, (struct ma_span){limit, end - limit});
        }
        read_uri(r->bytes, item, &uri);
        if (uri.kind == MA_DMARC_NO_URI)
            fault(r, MA_DMARC_BAD_URI, item.size > 0 ? item : value);
        if (uri.kind == MA_DMARC_SCHEME)
            fault(r, MA_DMARC_OTHER_SCHEME, item);
        uris->usable |= uri.kind != MA_DMARC_NO_URI;
        if (uris->count < MA_DMARC_URIS_MAX)
            uris->list[uris->count++] = uri;
        if (++uris->seen == 3)
            fault(r, MA_DMARC_MANY_URIS, item);
    }
}

/* ---- the tags ------------------------------------------------------------------------------- */

static void bad_value(struct ma_dmarc_record *r, enum ma_dmarc_tag tag, const struct ma_tag *at)
{
    r->bad |= UINT32_C(1) << tag;
    fault(r, tag <= MA_DMARC_NP ? MA_DMARC_BAD_POLICY : MA_DMARC_BAD_VALUE, at->whole);
}

/* One of the letters, whatever its case; NUL for anything else. */
static char one_letter(const char *bytes, struct ma_span value, const char *letters)
{
    for (; *letters != '\0'; letters++)
        if (ma_span_is_nocase(bytes, value, (char[]){*letters, '\0'}))
            return *letters;
    return '\0';
}

static bool fo_is_valid(const char *bytes, struct ma_span value)
{
    struct ma_items items;
    struct ma_span item;
    ma_items_init(&items, bytes, value, ':');
    while (ma_items_next(&items, &item))
        if (one_letter(bytes, item, "01ds") == '\0')
            return false;
    return true;
}

/* 0 to 100, or -1. */
static int percentage(const char *bytes, struct ma_span value)
{
    int number = 0;
    if (value.size == 0 || value.size > 3)
        return -1;
    for (size_t i = 0; i < value.size; i++) {
        if (!is_digit(bytes[value.offset + i]))
            return -1;
        number = number * 10 + (bytes[value.offset + i] - '0');
    }
    return number <= 100 ? number : -1;
}

static void read_pct(struct ma_dmarc_record *r, const struct ma_tag *tag)
{
    int pct = percentage(r->bytes, tag->value);
    if (pct < 0) {
        bad_value(r, MA_DMARC_PCT, tag);
        return;
    }
    r->pct = pct;
    fault(r, pct < 100 ? MA_DMARC_PCT_PART : MA_DMARC_HISTORIC, tag->whole);
}

static enum ma_dmarc_policy read_policy(
    struct ma_dmarc_record *r, enum ma_dmarc_tag which, const struct ma_tag *tag)
{
    enum ma_dmarc_policy policy = policy_of(r->bytes, tag->value);
    if (policy == MA_DMARC_UNSET)
        bad_value(r, which, tag);
    return policy;
}

/* psd, t, adkim, aspf and fo: one of some letters. */
static void read_letter(
    struct ma_dmarc_record *r, enum ma_dmarc_tag which, const struct ma_tag *tag)
{
    static const char *const letters[MA_DMARC_TAG_COUNT] = {[MA_DMARC_PSD] = "ynu",
        [MA_DMARC_T] = "yn",
        [MA_DMARC_ADKIM] = "rs",
        [MA_DMARC_ASPF] = "rs"};
    char letter = one_letter(r->bytes, tag->value, letters[which]);
    if (letter == '\0')
        bad_value(r, which, tag);
    else if (which == MA_DMARC_PSD)
        r->psd = letter;
    else if (which == MA_DMARC_T)
        r->testing = letter == 'y';
}

static void read_value(struct ma_dmarc_record *r, enum ma_dmarc_tag which, const struct ma_tag *tag)
{
    switch (which) {
    case MA_DMARC_P:
        r->p = read_policy(r, which, tag);
        break;
    case MA_DMARC_SP:
        r->sp = read_policy(r, which, tag);
        break;
    case MA_DMARC_NP:
        r->np = read_policy(r, which, tag);
        break;
    case MA_DMARC_RUA:
        read_uris(r, &r->rua, tag->value);
        break;
    case MA_DMARC_RUF:
        read_uris(r, &r->ruf, tag->value);
        break;
    case MA_DMARC_FO:
        if (!fo_is_valid(r->bytes, tag->value))
            bad_value(r, which, tag);
        break;
    case MA_DMARC_PCT:
        read_pct(r, tag);
        break;
    case MA_DMARC_RF:
    case MA_DMARC_RI:
        fault(r, MA_DMARC_HISTORIC, tag->whole);
        break;
    default:
        read_letter(r, which, tag);
        break;
    }
}

static enum ma_dmarc_tag tag_of(const char *bytes, struct ma_span name)
{
    unsigned i = 0;
    while (i < MA_DMARC_TAG_COUNT && !ma_span_is_nocase(bytes, name, tag_names[i]))
        i++;
    return (enum ma_dmarc_tag)i;
}

static void read_tag(struct ma_dmarc_record *r, const struct ma_tag *tag)
{
    enum ma_dmarc_tag which = tag_of(r->bytes, tag->name);
    struct ma_span next;
    if (which == MA_DMARC_TAG_COUNT) {
        fault(r,
            ma_span_is_nocase(r->bytes, tag->name, "v") ? MA_DMARC_DUPLICATE_TAG
                                                        : MA_DMARC_UNKNOWN_TAG,
            tag->whole);
        return;
    }
    if ((r->tags >> which & 1) != 0) {
        fault(r, MA_DMARC_DUPLICATE_TAG, tag->whole);
        return;
    }
    r->tags |= UINT32_C(1) << which;
    r->values[which] = tag->value;
    if (!ma_span_is(r->bytes, tag->name, tag_names[which]))
        fault(r, MA_DMARC_TAG_CASE, tag->name);
    if (!ma_tag_runs_on(r->bytes, tag, &next)) {
        read_value(r, which, tag);
        return;
    }
    fault(r, MA_DMARC_NO_SEMICOLON, next);
    r->bad |= UINT32_C(1) << which;
}

void ma_dmarc_record_parse(struct ma_dmarc_record *r, const char *bytes, size_t size)
{
    struct ma_taglist list;
    struct ma_tag tag;
    memset(r, 0, sizeof *r);
    r->bytes = bytes;
    r->size = size;
    r->psd = 'u';
    r->pct = 100;
    ma_taglist_init(&list, bytes, size);
    ma_taglist_next(&list, &tag); /* v=DMARC1 */
    struct ma_span version = tag.whole;
    if (!ma_span_is(bytes, tag.name, "v")) /* no fault by RFC 9989 4.8, but OpenDMARC drops it */
        fault(r, MA_DMARC_TAG_CASE, tag.name);
    while (ma_taglist_next(&list, &tag)) {
        if (tag.shape == MA_TAG_GOOD)
            read_tag(r, &tag);
        else
            fault(r, tag.shape == MA_TAG_EMPTY ? MA_DMARC_EMPTY_TAG : MA_DMARC_SYNTAX, tag.whole);
    }
    if ((r->tags >> MA_DMARC_P & 1) == 0)
        fault(r, MA_DMARC_NO_P, version);
}

bool ma_dmarc_record_valid(const struct ma_dmarc_record *r)
{
    return (r->faults & ((UINT32_C(1) << MA_DMARC_INVALID_COUNT) - 1)) == 0;
}

/* ---- what it does ---------------------------------------------------------------------------- */

enum ma_dmarc_effect ma_dmarc_record_effect(const struct ma_dmarc_record *r)
{
    const uint32_t policies =
        UINT32_C(1) << MA_DMARC_P | UINT32_C(1) << MA_DMARC_SP | UINT32_C(1) << MA_DMARC_NP;
    if (r->p != MA_DMARC_UNSET && (r->bad & policies) == 0)
        return MA_DMARC_AS_WRITTEN;
    return r->rua.usable ? MA_DMARC_AS_NONE : MA_DMARC_NO_EFFECT;
}

enum ma_dmarc_policy ma_dmarc_record_policy(
    const struct ma_dmarc_record *r, enum ma_dmarc_tag which)
{
    enum ma_dmarc_effect effect = ma_dmarc_record_effect(r);
    if (effect != MA_DMARC_AS_WRITTEN)
        return effect == MA_DMARC_AS_NONE ? MA_DMARC_NONE : MA_DMARC_UNSET;
    if (which == MA_DMARC_NP && r->np != MA_DMARC_UNSET)
        return r->np;
    if (which != MA_DMARC_P && r->sp != MA_DMARC_UNSET)
        return r->sp;
    return r->p;
}

/* ---- the record in good form ----------------------------------------------------------------- */

static size_t append(char *out, size_t at, const char *bytes, size_t size)
{
    memcpy(out + at, bytes, size);
    return at + size;
}

static size_t append_text(char *out, size_t at, const char *text)
{
    return append(out, at, text, strlen(text));
}

static size_t append_name(enum ma_dmarc_tag which, char *out, size_t at)
{
    at = append_text(out, at, "; ");
    at = append_text(out, at, tag_names[which]);
    return append_text(out, at, "=");
}

static size_t append_tag(const struct ma_dmarc_record *r, const struct ma_dmarc_edit *edit,
    enum ma_dmarc_tag which, char *out, size_t at)
{
    if (edit->policy != MA_DMARC_UNSET && edit->which == which)
        return append_text(out, append_name(which, out, at), policy_names[edit->policy]);
    if (((r->tags & ~r->bad & ~edit->drop) >> which & 1) == 0)
        return at;
    at = append_name(which, out, at);
    return append(out, at, r->bytes + r->values[which].offset, r->values[which].size);
}

/* An address that lacks only its "mailto:". */
static bool is_bare_address(const char *bytes, struct ma_span s)
{
    struct ma_span host;
    return memchr(bytes + s.offset, ':', s.size) == NULL && uri_characters(bytes, s) &&
           mailto_host(bytes, s, &host);
}

static size_t append_uris(const struct ma_dmarc_record *r, const struct ma_dmarc_uris *uris,
    enum ma_dmarc_tag which, char *out, size_t at)
{
    bool first = true;
    for (unsigned i = 0; i < uris->count; i++) {
        const struct ma_dmarc_uri *uri = &uris->list[i];
        bool bare = uri->kind == MA_DMARC_NO_URI && is_bare_address(r->bytes, uri->text);
        if (uri->kind != MA_DMARC_MAILTO && !bare)
            continue;
        at = first ? append_name(which, out, at) : append_text(out, at, ",");
        at = append_text(out, at, bare ? "mailto:" : "");
        at = append(out, at, r->bytes + uri->text.offset, uri->text.size);
        first = false;
    }
    return at;
}

size_t ma_dmarc_record_write(
    const struct ma_dmarc_record *r, const struct ma_dmarc_edit *edit, char *out)
{
    size_t at = append_text(out, 0, "v=DMARC1");
    if (r->p == MA_DMARC_UNSET && (edit->policy == MA_DMARC_UNSET || edit->which != MA_DMARC_P))
        at = append_text(out, at, "; p=none");
    for (unsigned i = MA_DMARC_P; i <= MA_DMARC_ASPF; i++)
        at = append_tag(r, edit, (enum ma_dmarc_tag)i, out, at);
    if (r->pct == 0 && !r->testing) /* RFC 9989 A.6: t=y says today what pct=0 said */
        at = append_text(out, at, "; t=y");
    size_t before = at;
    at = append_uris(r, &r->rua, MA_DMARC_RUA, out, at);
    if (at == before && edit->default_rua != NULL)
        at = append_text(out, append_name(MA_DMARC_RUA, out, at), edit->default_rua);
    at = append_uris(r, &r->ruf, MA_DMARC_RUF, out, at);
    at = append_tag(r, edit, MA_DMARC_FO, out, at);
    out[at] = '\0';
    return at;
}

static bool starts_tag(const char *bytes, size_t size, size_t at)
{
    size_t end = at;
    while (end < size && is_letter(bytes[end]))
        end++;
    return end > at && end < size && bytes[end] == '=' &&
           tag_of(bytes, (struct ma_span){at, end - at}) != MA_DMARC_TAG_COUNT;
}

size_t ma_dmarc_record_mend(char *out, const char *bytes, size_t size)
{
    size_t n = append_text(out, 0, "v=DMARC1;"), odd;
    char instead;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '"' || bytes[i] == '\\')
            continue;
        odd = ma_typography(bytes + i, size - i, &instead);
        if (odd > 0 && instead != '\0')
            out[n++] = instead;
        i += odd > 0 ? odd - 1 : 0;
        if (odd > 0)
            continue;
        out[n++] = ma_is_blank(bytes[i]) && starts_tag(bytes, size, i + 1) ? ';' : bytes[i];
    }
    out[n] = '\0';
    return n;
}
