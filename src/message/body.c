/* SPDX-License-Identifier: MIT */
#include "body.h"

#include "dkim_der.h"

#include <openssl/evp.h>
#include <string.h>

static bool is_relaxed(const struct ma_signature *s)
{
    static const char tail[] = "/relaxed";
    struct ma_span c = s->values[MA_SIG_C];
    size_t size = sizeof tail - 1;
    return c.size >= size &&
           ma_span_is(s->field->bytes, (struct ma_span){c.offset + c.size - size, size}, tail);
}

/* The canonical form, piece by piece: each is counted and, up to the bound, hashed. */
struct canonical {
    EVP_MD_CTX *hash; /* NULL: only counted */
    uint64_t left;    /* that are hashed */
    size_t size;      /* up to the last line that is not empty */
    size_t empty;     /* lines since */
    bool relaxed;
};

static void take(struct canonical *c, const char *bytes, size_t size)
{
    size_t hashed = size < c->left ? size : (size_t)c->left;
    c->size += size;
    c->left -= hashed;
    if (c->hash != NULL && hashed > 0)
        EVP_DigestUpdate(c->hash, bytes, hashed);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A run of blanks as one, none at the end. */
static void take_relaxed(struct canonical *c, const char *line, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t from = i;
        while (i < size && !is_blank(line[i]))
            i++;
        take(c, line + from, i - from);
        while (i < size && is_blank(line[i]))
            i++;
        if (i < size && is_blank(line[i - 1]))
            take(c, " ", 1);
    }
}

static void take_line(struct canonical *c, const char *line, size_t size)
{
    while (c->relaxed && size > 0 && is_blank(line[size - 1]))
        size--;
    if (size == 0) { /* at the end they do not count */
        c->empty++;
        return;
    }
    for (; c->empty > 0; c->empty--)
        take(c, "\r\n", 2);
    if (c->relaxed)
        take_relaxed(c, line, size);
    else
        take(c, line, size);
    take(c, "\r\n", 2);
}

static void take_body(struct canonical *c, const struct ma_mail *m)
{
    for (size_t at = 0; at < m->body_size;) {
        const char *line = m->body + at;
        const char *end = memchr(line, '\n', m->body_size - at);
        size_t size = (size_t)(end - line) - 1; /* each line ends in CRLF */
        at += size + 2;
        take_line(c, line, size);
    }
    if (c->size == 0 && !c->relaxed)
        take(c, "\r\n", 2);
}

size_t ma_mail_body_size(const struct ma_mail *m, const struct ma_signature *s)
{
    struct canonical c = {.relaxed = is_relaxed(s)};
    take_body(&c, m);
    return c.size;
}

/* Without the blanks that fold it. */
static bool is_base64_of(const struct ma_signature *s, const unsigned char *hash, size_t size)
{
    char text[MA_BASE64_TEXT_SIZE(EVP_MAX_MD_SIZE) + 1];
    size_t length = ma_base64_encode(text, hash, size), n = 0;
    struct ma_span bh = s->values[MA_SIG_BH];
    for (size_t i = 0; i < bh.size; i++) {
        char c = s->field->bytes[bh.offset + i];
        if (ma_is_blank(c))
            continue;
        if (n == length || text[n++] != c)
            return false;
    }
    return n == length;
}

bool ma_mail_body_matches(const struct ma_mail *m, const struct ma_signature *s)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    const EVP_MD *kind = s->algorithm == MA_RSA_SHA1 ? EVP_sha1() : EVP_sha256();
    struct canonical c = {.hash = EVP_MD_CTX_new(),
        .left = s->has_length ? s->length_bytes : UINT64_MAX,
        .relaxed = is_relaxed(s)};
    bool good = c.hash != NULL && EVP_DigestInit_ex(c.hash, kind, NULL) == 1;
    if (good)
        take_body(&c, m);
    good = good && EVP_DigestFinal_ex(c.hash, hash, &size) == 1 &&
           (!s->has_length || s->length_bytes <= c.size) && is_base64_of(s, hash, size);
    EVP_MD_CTX_free(c.hash);
    return good;
}

/* Is what was hashed so far the whole of what was signed? */
static bool is_whole(const struct canonical *c, EVP_MD_CTX *copy, const struct ma_signature *s)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    return EVP_MD_CTX_copy_ex(copy, c->hash) == 1 && EVP_DigestFinal_ex(copy, hash, &size) == 1 &&
           is_base64_of(s, hash, size);
}

static size_t count_lines(const struct ma_mail *m)
{
    size_t lines = 0;
    for (size_t i = 0; i < m->body_size; i++)
        lines += m->body[i] == '\n';
    return lines;
}

static size_t find_signed(
    struct canonical *c, EVP_MD_CTX *copy, const struct ma_mail *m, const struct ma_signature *s)
{
    size_t left = count_lines(m);
    for (size_t at = 0; at < m->body_size; left--) {
        const char *line = m->body + at;
        const char *end = memchr(line, '\n', m->body_size - at);
        size_t size = (size_t)(end - line) - 1, before = c->size;
        at += size + 2;
        take_line(c, line, size);
        if (left <= MA_MAIL_ADDED_LINES_MAX && c->size > before && is_whole(c, copy, s))
            return at;
    }
    return 0;
}

size_t ma_mail_body_signed(const struct ma_mail *m, const struct ma_signature *s)
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    struct canonical c = {.hash = EVP_MD_CTX_new(), .left = UINT64_MAX, .relaxed = is_relaxed(s)};
    size_t found = 0;
    if (copy != NULL && c.hash != NULL && !s->has_length &&
        EVP_DigestInit_ex(c.hash, EVP_sha256(), NULL) == 1)
        found = find_signed(&c, copy, m, s);
    EVP_MD_CTX_free(c.hash);
    EVP_MD_CTX_free(copy);
    return found;
}

size_t ma_signature_names(const struct ma_signature *s, const char *field)
{
    struct ma_items items;
    struct ma_span item;
    size_t count = 0;
    if ((s->tags >> MA_SIG_H & 1) == 0)
        return 0;
    ma_items_init(&items, s->field->bytes, s->values[MA_SIG_H], ':');
    while (ma_items_next(&items, &item))
        count += ma_span_is_nocase(s->field->bytes, item, field);
    return count;
}

size_t ma_mail_count(const struct ma_mail *m, const char *field)
{
    size_t count = 0;
    for (size_t i = 0; i < m->field_count; i++)
        count += ma_mail_field_is(&m->fields[i], field);
    return count;
}
