/* SPDX-License-Identifier: MIT */
/*
 * words.h - a bounded cursor over the words of a structured header field (RFC 5322 3.2): atoms,
 * quoted strings, comments, literals. It reads any bytes, goes down no stack and never leaves the
 * field; what is not closed ends with the field.
 */
#ifndef MA_MESSAGE_WORDS_H
#define MA_MESSAGE_WORDS_H

#include "arena.h"
#include "taglist.h"

enum ma_word_kind {
    MA_WORD_END,
    MA_WORD_ATOM,
    MA_WORD_QUOTED,  /* "..." */
    MA_WORD_COMMENT, /* (...), with what is nested in it */
    MA_WORD_LITERAL, /* [...] */
    MA_WORD_SPECIAL  /* one of the special bytes */
};

struct ma_word {
    enum ma_word_kind kind;
    struct ma_span at; /* without quotes, parentheses or brackets around it */
    char special;      /* of MA_WORD_SPECIAL, else '\0' */
};

struct ma_words {
    const char *bytes; /* borrowed */
    size_t at, end;
    const char *specials; /* what parts atoms, beside blanks, quotes, '(' and '[' */
};

void ma_words_init(
    struct ma_words *, const char *bytes, struct ma_span within, const char *specials);
/* False at the end; the word is MA_WORD_END then. */
bool ma_words_next(struct ma_words *, struct ma_word *word_r);

/* The bytes in the arena, quoted pairs and folds resolved. "" without memory. */
const char *ma_word_text(struct ma_arena *, const char *bytes, struct ma_span);
/* The same in lower case. */
const char *ma_word_lower(struct ma_arena *, const char *bytes, struct ma_span);

#endif
