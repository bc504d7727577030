/* SPDX-License-Identifier: MIT */
#include "macro.h"

#include <stdio.h>
#include <string.h>

#define DELIMITERS "-+,/_=" /* beside '.', which is bit 0 */
/* More parts than any value has: what a larger number means is the same (7.3). */
#define KEEP_MAX 100000u
/* A name's bytes that are looked at: 253 and a whole label before them, with room to slide. */
#define NAME_WINDOW_BYTES 2048
#define NAME_TAIL_BYTES   512

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static uint8_t delimiter_bit(char c)
{
    if (c == '.')
        return 1;
    const char *found = c != '\0' ? strchr(DELIMITERS, c) : NULL;
    return found != NULL ? (uint8_t)(2u << (found - DELIMITERS)) : 0;
}

/* transformers (7.1): digits, then 'r'. Returns the bytes read; 0 as a number is a fault (7.3). */
static size_t read_transformers(
    const char *text, size_t size, struct ma_spf_macro *macro, enum ma_spf_fault_code *code_r)
{
    size_t i = 0;
    while (i < size && is_digit(text[i])) {
        if (macro->keep < KEEP_MAX)
            macro->keep = macro->keep * 10 + (unsigned)(text[i] - '0');
        i++;
    }
    if (i > 0 && macro->keep == 0)
        *code_r = MA_SPF_ZERO_DIGIT;
    if (i < size && lower(text[i]) == 'r') {
        macro->reverse = true;
        i++;
    }
    return i;
}

size_t ma_spf_macro_read(
    const char *text, size_t size, struct ma_spf_macro *macro_r, enum ma_spf_fault_code *code_r)
{
    *macro_r = (struct ma_spf_macro){0};
    *code_r = MA_SPF_BAD_PERCENT;
    if (size < 2)
        return size;
    if (text[1] == '%' || text[1] == '_' || text[1] == '-') {
        macro_r->letter = text[1];
        *code_r = MA_SPF_FINE;
        return 2;
    }
    if (text[1] != '{')
        return 2;
    const char *brace = memchr(text, '}', size);
    size_t whole = brace != NULL ? (size_t)(brace + 1 - text) : size;
    *code_r = MA_SPF_BAD_MACRO;
    if (brace == NULL || whole == 3)
        return whole;
    macro_r->letter = lower(text[2]);
    macro_r->escape = text[2] != macro_r->letter;
    if (strchr("slodipvhcrt", macro_r->letter) == NULL || macro_r->letter == '\0') {
        *code_r = MA_SPF_UNKNOWN_MACRO;
        return whole;
    }
    enum ma_spf_fault_code code = MA_SPF_FINE;
    size_t i = 3 + read_transformers(text + 3, whole - 4, macro_r, &code);
    for (; i < whole - 1; i++) {
        uint8_t bit = delimiter_bit(text[i]);
        if (bit == 0)
            return whole;
        macro_r->delimiters |= bit;
    }
    *code_r = code;
    return whole;
}

/* ---- output ---------------------------------------------------------------------------------- */

struct sink {
    char *bytes;
    size_t size, room;
    bool slide; /* keep the right end instead of the left one */
};

static void put(struct sink *s, char c)
{
    if (s->size == s->room) {
        if (!s->slide)
            return;
        memmove(s->bytes, s->bytes + s->size - NAME_TAIL_BYTES, NAME_TAIL_BYTES);
        s->size = NAME_TAIL_BYTES;
    }
    s->bytes[s->size++] = c;
}

static void put_escaped(struct sink *s, char c, bool escape)
{
    static const char hex[] = "0123456789ABCDEF";
    uint8_t byte = (uint8_t)c;
    bool unreserved = is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
                      (c != '\0' && strchr("-._~", c) != NULL);
    if (!escape || unreserved) {
        put(s, c);
        return;
    }
    put(s, '%');
    put(s, hex[byte >> 4]);
    put(s, hex[byte & 15]);
}

static void put_range(
    struct sink *s, const char *text, size_t from, size_t to, const struct ma_spf_macro *macro)
{
    for (size_t i = from; i < to; i++)
        put_escaped(s, text[i], macro->escape);
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool splits(const struct ma_spf_macro *macro, char c)
{
    return (delimiter_bit(c) & (macro->delimiters != 0 ? macro->delimiters : 1)) != 0;
}

/* Reversed, the right-hand parts are the left-hand parts of the value, last one first. */
static void put_reversed(
    struct sink *s, const char *value, size_t size, const struct ma_spf_macro *macro)
{
    size_t end = size, parts = 0;
    for (size_t i = 0; i < size && macro->keep > 0; i++) {
        if (splits(macro, value[i]) && ++parts == macro->keep) {
            end = i;
            break;
        }
    }
    for (;;) {
        size_t start = end;
        while (start > 0 && !splits(macro, value[start - 1]))
            start--;
        put_range(s, value, start, end, macro);
        if (start == 0)
            return;
        put_escaped(s, '.', macro->escape);
        end = start - 1;
    }
}

static void put_forward(
    struct sink *s, const char *value, size_t size, const struct ma_spf_macro *macro)
{
    size_t start = size, parts = 0;
    while (start > 0) {
        if (splits(macro, value[start - 1]) && ++parts == macro->keep)
            break;
        start--;
    }
    for (size_t i = start; i < size; i++)
        put_escaped(s, splits(macro, value[i]) ? '.' : value[i], macro->escape);
}

static void put_value(
    struct sink *s, const char *value, size_t size, const struct ma_spf_macro *macro)
{
    if (macro->reverse)
        put_reversed(s, value, size, macro);
    else if (macro->keep > 0 || macro->delimiters != 0)
        put_forward(s, value, size, macro);
    else
        put_range(s, value, 0, size, macro);
}

/* %{i}: dotted quads, or 32 nibbles with dots between them (7.3); upper case as in the suite. */
static size_t client_dotted(char text[64], const struct ma_address *client)
{
    static const char hex[] = "0123456789ABCDEF";
    const uint8_t *b = client->bytes;
    if (client->family == 4)
        return (size_t)snprintf(text, 64, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    for (size_t i = 0; i < 32; i++) {
        text[2 * i] = hex[i % 2 == 0 ? b[i / 2] >> 4 : b[i / 2] & 15];
        text[2 * i + 1] = '.';
    }
    return 63;
}

/* "%%", "%_" and "%-" (7.1). */
static bool put_literal(struct sink *s, char letter)
{
    if (letter == '_') {
        put(s, ' ');
        return true;
    }
    if (letter != '%' && letter != '-')
        return false;
    put(s, '%');
    if (letter == '-') {
        put(s, '2');
        put(s, '0');
    }
    return true;
}

static void put_macro(struct ma_run *run, struct sink *s, const struct ma_spf_values *v,
    const struct ma_spf_macro *macro)
{
    char dotted[64];
    const char *value = "";
    switch (macro->letter) {
    case 'i':
        put_value(s, dotted, client_dotted(dotted, &v->client), macro);
        return;
    case 's':
        value = v->sender;
        break;
    case 'l':
        value = v->local;
        break;
    case 'o':
        value = v->sender_domain;
        break;
    case 'd':
        value = v->domain;
        break;
    case 'p':
        value = v->validated;
        break;
    case 'v':
        value = v->client.family == 4 ? "in-addr" : "ip6";
        break;
    case 'h':
        value = v->helo;
        break;
    case 'c':
        value = ma_address_text(run, &v->client);
        break;
    case 'r':
        value = v->receiver;
        break;
    case 't':
        value = ma_text(run, "%lld", (long long)v->now_secs);
        break;
    }
    put_value(s, value, strlen(value), macro);
}

static void expand(struct ma_run *run, struct sink *s, const struct ma_spf_values *v,
    const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        if (text[i] != '%') {
            put(s, text[i++]);
            continue;
        }
        struct ma_spf_macro macro;
        enum ma_spf_fault_code code;
        i += ma_spf_macro_read(text + i, size - i, &macro, &code);
        if (code == MA_SPF_FINE && !put_literal(s, macro.letter))
            put_macro(run, s, v, &macro);
    }
}

const struct ma_spf_name *ma_spf_expand_name(
    struct ma_run *run, const struct ma_spf_values *values, const char *text, size_t size)
{
    char window[NAME_WINDOW_BYTES];
    struct sink s = {.bytes = window, .room = sizeof(window), .slide = true};
    expand(run, &s, values, text, size);
    return ma_spf_name(run, s.bytes, s.size);
}

/* ---- explanations ---------------------------------------------------------------------------- */

enum ma_spf_fault_code ma_spf_explanation_check(
    const char *text, size_t size, size_t *offset_r, size_t *length_r, uint32_t *letters_r)
{
    *letters_r = 0;
    for (size_t i = 0; i < size;) {
        *offset_r = i;
        *length_r = 1;
        if (text[i] < ' ' || text[i] > '~')
            return MA_SPF_BAD_BYTE;
        if (text[i] != '%') {
            i++;
            continue;
        }
        struct ma_spf_macro macro;
        enum ma_spf_fault_code code;
        *length_r = ma_spf_macro_read(text + i, size - i, &macro, &code);
        if (code != MA_SPF_FINE)
            return code;
        if (macro.letter >= 'a' && macro.letter <= 'z')
            *letters_r |= MA_SPF_LETTER(macro.letter);
        i += *length_r;
    }
    return MA_SPF_FINE;
}

const char *ma_spf_explanation_expand(
    struct ma_run *run, const struct ma_spf_values *values, const char *text, size_t size)
{
    char *bytes = ma_alloc(run, MA_SPF_EXPLANATION_BYTES_MAX + 1);
    struct sink s = {.bytes = bytes, .room = MA_SPF_EXPLANATION_BYTES_MAX};
    expand(run, &s, values, text, size);
    bytes[s.size] = '\0';
    return bytes;
}
