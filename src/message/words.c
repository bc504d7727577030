/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <string.h>

void ma_words_init(
    struct ma_words *w, const char *bytes, struct ma_span within, const char *specials)
{
    *w = (struct ma_words){.bytes = bytes, .at = within.offset, .end = within.offset + within.size};
    w->specials = specials;
}

static bool parts_atoms(const struct ma_words *w, char c)
{
    return ma_is_blank(c) || c == '"' || c == '(' || c == '[' ||
           (c != '\0' && strchr(w->specials, c) != NULL);
}

/* Behind the opening byte; the cursor ends up behind the closing one. A comment may hold others. */
static struct ma_span read_enclosed(struct ma_words *w, char open, char close)
{
    size_t from = w->at;
    for (unsigned depth = 1; w->at < w->end; w->at++) {
        char c = w->bytes[w->at];
        if (c == '\\' && w->at + 1 < w->end)
            w->at++;
        else if (c == close && --depth == 0)
            return (struct ma_span){from, w->at++ - from};
        else if (c == open && open != close)
            depth++;
    }
    return (struct ma_span){from, w->at - from};
}

static struct ma_span read_atom(struct ma_words *w)
{
    size_t from = w->at;
    while (w->at < w->end && !parts_atoms(w, w->bytes[w->at]))
        w->at++;
    return (struct ma_span){from, w->at - from};
}

bool ma_words_next(struct ma_words *w, struct ma_word *word_r)
{
    while (w->at < w->end && ma_is_blank(w->bytes[w->at]))
        w->at++;
    *word_r = (struct ma_word){.kind = MA_WORD_END, .at = {w->at, 0}};
    if (w->at == w->end)
        return false;
    char c = w->bytes[w->at];
    if (!parts_atoms(w, c)) {
        word_r->kind = MA_WORD_ATOM;
        word_r->at = read_atom(w);
        return true;
    }
    w->at++;
    switch (c) {
    case '"':
        word_r->kind = MA_WORD_QUOTED;
        word_r->at = read_enclosed(w, '"', '"');
        break;
    case '(':
        word_r->kind = MA_WORD_COMMENT;
        word_r->at = read_enclosed(w, '(', ')');
        break;
    case '[':
        word_r->kind = MA_WORD_LITERAL;
        word_r->at = read_enclosed(w, '[', ']');
        break;
    default:
        word_r->kind = MA_WORD_SPECIAL;
        word_r->at = (struct ma_span){w->at - 1, 1};
        word_r->special = c;
    }
    return true;
}

static char *copy(struct ma_arena *arena, const char *bytes, struct ma_span s)
{
    char *out = ma_arena_copy(arena, bytes + s.offset, s.size);
    size_t n = 0;
    for (size_t i = 0; out != NULL && i < s.size; i++) {
        if (out[i] == '\\' && i + 1 < s.size)
            i++;
        if (out[i] != '\r' && out[i] != '\n')
            out[n++] = out[i];
    }
    if (out != NULL)
        out[n] = '\0';
    return out;
}

const char *ma_word_text(struct ma_arena *arena, const char *bytes, struct ma_span s)
{
    const char *out = copy(arena, bytes, s);
    return out != NULL ? out : "";
}

const char *ma_word_lower(struct ma_arena *arena, const char *bytes, struct ma_span s)
{
    char *out = copy(arena, bytes, s);
    if (out == NULL)
        return "";
    for (char *p = out; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    return out;
}
