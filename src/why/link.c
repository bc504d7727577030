/* SPDX-License-Identifier: MIT */
/* link.c - the parameters of a link, of a log line, of a Received-SPF header. */
#include "question.h"

#include <string.h>
#include <strings.h>

#define BLANKS     " \t\r\n\v\f"
#define SEPARATORS "?&;"
#define SHOWN      120 /* bytes of a bad value in an error */

struct key {
    const char *name;
    enum ma_link_key key;
    bool anywhere; /* outside a link, too: where it is, it cannot mean anything else */
};

/* What the libraries and their users call them. Longer names first where one begins another. */
static const struct key keys[] = {
    {"client-ip", MA_LINK_ADDRESS, true},    /* Received-SPF (RFC 7208 9.1) */
    {"envelope-from", MA_LINK_SENDER, true}, /* Received-SPF */
    {"from", MA_LINK_SENDER, true},          /* Postfix' log */
    {"helo", MA_LINK_HELO, true},            /* Received-SPF, Postfix' log */
    {"id", MA_LINK_SENDER, false},           /* Mail::SPF, pyspf, libspf2 */
    {"identity", MA_LINK_SENDER, true},      /* Exim's ACLs; in Received-SPF it is the scope */
    {"ip", MA_LINK_ADDRESS, false},          /* all */
    {"mailfrom", MA_LINK_SENDER, true},      /* local pages */
    {"r", MA_LINK_RECEIVER, false},          /* Mail::SPF, pyspf */
    {"receiver", MA_LINK_RECEIVER, true},    /* Mail::SPF::Query, libspf2, Received-SPF */
    {"s", MA_LINK_SCOPE, false},             /* Mail::SPF, pyspf */
    {"scope", MA_LINK_SCOPE, true},          /* Exim's ACLs */
    {"sender", MA_LINK_SENDER, true},        /* Mail::SPF::Query */
};

static const char *const scopes[] = {"mfrom", "mailfrom", "mail-from", "helo", "ehlo", "pra"};

struct reader {
    struct ma_why_link *link;
    struct ma_arena *arena;
    FILE *err;
    bool ok;
};

static bool is_any(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* The key that a token "KEY=..." begins with, or NULL. */
static const struct key *key_of(const char *token, size_t size)
{
    const char *equals = memchr(token, '=', size);
    for (size_t i = 0; equals != NULL && i < sizeof keys / sizeof *keys; i++)
        if (strlen(keys[i].name) == (size_t)(equals - token) &&
            strncasecmp(token, keys[i].name, (size_t)(equals - token)) == 0)
            return &keys[i];
    return NULL;
}

/* ---- decoding -------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of two hexadecimal digits, or -1. The text is NUL-terminated. */
static int hex_byte(const char *text)
{
    int high = hex_digit(text[0]), low = high >= 0 ? hex_digit(text[1]) : -1;
    return low >= 0 ? high * 16 + low : -1;
}

/* In place; what is no %XX stays as it is. */
static void undo_percent(char *text)
{
    char *to = text;
    for (const char *p = text; *p != '\0'; p++) {
        int byte = *p == '%' ? hex_byte(p + 1) : -1;
        *to++ = byte > 0 ? (char)byte : *p;
        p += byte > 0 ? 2 : 0;
    }
    *to = '\0';
}

/* Is it quoted-printable (RFC 2045 6.7)? A line that ends with '=', or "ip=3D...": a value may
   begin with 3D by itself, but not that of every parameter. */
static bool is_quoted_printable(const char *text)
{
    unsigned encoded = 0, plain = 0;
    if (strstr(text, "=\n") != NULL || strstr(text, "=\r\n") != NULL)
        return true;
    for (const char *p = text; *p != '\0';) {
        size_t size = strcspn(p, SEPARATORS BLANKS);
        const char *equals = key_of(p, size) != NULL ? memchr(p, '=', size) : NULL;
        if (equals != NULL && strncasecmp(equals, "=3D", 3) == 0)
            encoded++;
        else if (equals != NULL)
            plain++;
        p += size + (p[size] != '\0');
    }
    return encoded > 0 && plain == 0;
}

/* In place. A soft line break may have become a blank on its way here. */
static void undo_quoted_printable(char *text)
{
    char *to = text;
    for (const char *p = text; *p != '\0';) {
        int byte = *p == '=' ? hex_byte(p + 1) : -1;
        if (byte > 0) {
            *to++ = (char)byte;
            p += 3;
        } else if (*p == '=' && is_any(p[1], BLANKS)) {
            p += 1 + strspn(p + 1, BLANKS);
        } else {
            *to++ = *p++;
        }
    }
    *to = '\0';
}

/* What stands around a value and is not part of it: quotes, brackets, the end of a sentence. */
static const char *trim(const char *text, size_t *size)
{
    while (*size > 0 && is_any(*text, "<\"'([" BLANKS)) {
        text++;
        (*size)--;
    }
    while (*size > 0 && is_any(text[*size - 1], ">\"')],." BLANKS))
        (*size)--;
    return text;
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return true;
    return false;
}

/* A plus sign is a space in a form's parameters, but it is itself in many a mail address, which
   never has a space: there it stays. */
static const char *decode(struct reader *r, const struct key *key, const char *value, size_t size)
{
    value = trim(value, &size);
    char *text = ma_arena_copy(r->arena, value, size);
    if (text == NULL)
        return NULL;
    for (char *p = text; *p != '\0'; p++)
        if (*p == '+' && key->key != MA_LINK_SENDER)
            *p = ' ';
    undo_percent(text);
    if (key->key == MA_LINK_SENDER && strchr(text, '@') == NULL)
        undo_percent(text); /* encoded once more on its way */
    if (has_control(text)) {
        fprintf(r->err, "why: %s=%.*s: holds a control character\n", key->name,
            (int)(size < SHOWN ? size : SHOWN), value);
        return NULL;
    }
    size = strlen(text);
    value = trim(text, &size);
    text[value - text + (ptrdiff_t)size] = '\0';
    return value;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static bool is_scope(const char *value)
{
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
        if (strcasecmp(value, scopes[i]) == 0)
            return true;
    return false;
}

/* "KEY=VALUE". The first of a key counts. */
static void take(struct reader *r, const char *token, size_t size, bool in_link)
{
    const struct key *key = key_of(token, size);
    if (key == NULL || !(key->anywhere || in_link))
        return;
    size_t name_size = strlen(key->name) + 1;
    const char *value = decode(r, key, token + name_size, size - name_size);
    if (value == NULL) {
        r->ok = false;
        return;
    }
    enum ma_link_key slot = key->key;
    if (strcmp(key->name, "identity") == 0 && is_scope(value))
        slot = MA_LINK_SCOPE;
    if (r->link->values[slot] != NULL)
        return;
    r->link->values[slot] = value;
    r->link->keys[slot] = key->name;
}

/* Where the parameters of a link begin: behind a '?' that a known one follows; or NULL. */
static const char *find_query(const char *text)
{
    for (const char *p = strchr(text, '?'); p != NULL; p = strchr(p + 1, '?')) {
        const char *first = p + 1 + strspn(p + 1, "&;");
        for (const char *q = first; !is_any(*q, BLANKS) && *q != '\0';) {
            size_t size = strcspn(q, "&;" BLANKS);
            if (key_of(q, size) != NULL)
                return first;
            q += size + is_any(q[size], "&;");
        }
    }
    return NULL;
}

/* A blank ends a link, unless a separator stands beside it: then it was wrapped. */
static void take_link(struct reader *r, const char *p)
{
    bool goes_on = true;
    while (*p != '\0' && r->ok) {
        size_t gap = strspn(p, SEPARATORS BLANKS);
        for (size_t i = 0; i < gap; i++)
            goes_on |= is_any(p[i], SEPARATORS);
        p += gap;
        if (!goes_on)
            return;
        size_t size = strcspn(p, SEPARATORS BLANKS);
        take(r, p, size, true);
        p += size;
        goes_on = false;
    }
}

/* "Bad SPF records for [example.org:192.0.2.2], see http://spf.pobox.com/": nothing is in the link,
   all of it before. */
static void take_pair(struct reader *r, const char *token, size_t size)
{
    struct ma_address address;
    const char **values = r->link->values;
    const char *colon = size > 0 && *token == '[' ? memchr(token, ':', size) : NULL;
    if (colon == NULL || values[MA_LINK_SENDER] != NULL || values[MA_LINK_ADDRESS] != NULL)
        return;
    size_t name_size = (size_t)(colon - token) - 1, rest = size - name_size - 2;
    const char *after = trim(colon + 1, &rest);
    const char *name = ma_arena_copy(r->arena, token + 1, name_size);
    const char *text = ma_arena_copy(r->arena, after, rest);
    if (name == NULL || text == NULL || !ma_is_hostname(name) || !ma_address_parse(&address, text))
        return;
    values[MA_LINK_SENDER] = name;
    values[MA_LINK_ADDRESS] = text;
    r->link->keys[MA_LINK_SENDER] = r->link->keys[MA_LINK_ADDRESS] = "";
}

/* Refusals that have no link but say it all: a word on either side of a phrase. */
struct phrase {
    const char *text;
    bool address_first;
};

static const struct phrase phrases[] = {
    {" does not designate ", false},              /* Google's and pyspf's Received-SPF, 2025 */
    {" is not allowed to send mail from ", true}, /* the example of Exim's manual, 4.97 */
    {"] with ip: [", false},                      /* Google, 550 5.7.26, 2025 */
};

static const char *word_copy(struct reader *r, const char *from, const char *end)
{
    size_t size = (size_t)(end - from);
    from = trim(from, &size);
    return ma_arena_copy(r->arena, from, size);
}

static bool take_words(struct reader *r, const char *name, const char *address)
{
    struct ma_address parsed;
    const char **values = r->link->values, *at = name != NULL ? strrchr(name, '@') : NULL;
    if (name == NULL || address == NULL || !ma_address_parse(&parsed, address) ||
        !ma_is_hostname(at != NULL ? at + 1 : name) || has_control(name))
        return false;
    values[MA_LINK_SENDER] = name;
    values[MA_LINK_ADDRESS] = address;
    r->link->keys[MA_LINK_SENDER] = r->link->keys[MA_LINK_ADDRESS] = "";
    return true;
}

static bool take_phrase(struct reader *r, const char *text, const struct phrase *phrase)
{
    for (const char *p = text; (p = strcasestr(p, phrase->text)) != NULL; p++) {
        const char *from = p, *behind = p + strlen(phrase->text);
        while (from > text && !is_any(from[-1], BLANKS))
            from--;
        const char *before = word_copy(r, from, p);
        const char *after = word_copy(r, behind, behind + strcspn(behind, BLANKS));
        if (phrase->address_first ? take_words(r, after, before) : take_words(r, before, after))
            return true;
    }
    return false;
}

static void take_phrases(struct reader *r, const char *text)
{
    bool known =
        r->link->values[MA_LINK_SENDER] != NULL || r->link->values[MA_LINK_ADDRESS] != NULL;
    for (size_t i = 0; !known && i < sizeof phrases / sizeof *phrases; i++)
        known = take_phrase(r, text, &phrases[i]);
}

static void take_rest(struct reader *r, const char *p)
{
    while (*p != '\0' && r->ok) {
        size_t size = strcspn(p, SEPARATORS BLANKS);
        take(r, p, size, false);
        take_pair(r, p, size);
        p += size;
        p += strspn(p, SEPARATORS BLANKS);
    }
}

bool ma_why_link_read(struct ma_why_link *link, struct ma_arena *arena, const char *text, FILE *err)
{
    *link = (struct ma_why_link){.values = {NULL}};
    struct reader r = {.link = link, .arena = arena, .err = err, .ok = true};
    char *copy = ma_arena_strdup(arena, text);
    if (copy == NULL) {
        fputs("why: no memory left\n", err);
        return false;
    }
    if (is_quoted_printable(copy))
        undo_quoted_printable(copy);
    const char *query = find_query(copy);
    if (query != NULL)
        take_link(&r, query);
    take_rest(&r, copy);
    if (r.ok)
        take_phrases(&r, copy);
    return r.ok;
}
