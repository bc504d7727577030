/* SPDX-License-Identifier: MIT */
#include "mailbox.h"

#include "words.h"

#include <string.h>

/* An address as its words come in. */
struct item {
    char text[MA_MAILBOX_BYTES_MAX];
    size_t size, at_sign; /* index of the last '@' + 1; 0: none */
    bool any;             /* words, of a display name too */
    bool angle, closed;   /* in <>; behind it */
    bool word_before;     /* the next word follows a word: that is a phrase, no address */
    bool bad;
};

static void restart(struct item *i)
{
    i->size = i->at_sign = 0;
    i->word_before = i->bad = false;
}

static void put(struct item *i, const char *bytes, size_t size)
{
    if (size > sizeof i->text - i->size) {
        i->bad = true;
        return;
    }
    memcpy(i->text + i->size, bytes, size);
    i->size += size;
}

/* The address is done: one more, or something bad. */
static void finish(struct ma_mailboxes *m, struct ma_arena *arena, struct item *i)
{
    bool null = i->angle && i->size == 0 && !i->bad;
    bool good = !i->bad && i->at_sign > 1 && i->at_sign < i->size;
    if (!i->any)
        return;
    if (!null && !good) {
        m->bad = true;
    } else if (m->count == MA_MAILBOXES_MAX) {
        m->left_out++;
    } else {
        struct ma_span domain = {null ? 0 : i->at_sign, null ? 0 : i->size - i->at_sign};
        m->list[m->count++] = (struct ma_mailbox){
            .address = ma_word_text(arena, i->text, (struct ma_span){0, i->size}),
            .domain = ma_word_lower(arena, i->text, domain)};
    }
    *i = (struct item){.size = 0};
}

static void take_special(struct item *i, char c)
{
    i->any = true;
    i->word_before = false;
    switch (c) {
    case '<': /* what came before was a name */
        restart(i);
        i->bad = i->angle;
        i->angle = true;
        break;
    case '>':
        i->bad |= !i->angle;
        i->closed = true;
        break;
    case ':': /* the name of a group, or a source route */
        restart(i);
        break;
    default:
        put(i, &c, 1);
        i->at_sign = c == '@' ? i->size : i->at_sign;
    }
}

static void take_word(struct item *i, const char *bytes, const struct ma_word *w)
{
    const char *mark = w->kind == MA_WORD_QUOTED ? "\"\"" : "[]";
    bool bare = w->kind == MA_WORD_ATOM;
    i->any = true;
    i->bad |= i->word_before;
    i->word_before = true;
    if (!bare)
        put(i, mark, 1);
    put(i, bytes + w->at.offset, w->at.size);
    if (!bare)
        put(i, mark + 1, 1);
}

void ma_mailboxes_read(
    struct ma_mailboxes *m, struct ma_arena *arena, const struct ma_mail_field *field)
{
    struct ma_words words;
    struct ma_word w;
    struct item i = {.size = 0};
    *m = (struct ma_mailboxes){.count = 0};
    ma_words_init(&words, field->bytes, field->value, "<>@,;:");
    while (ma_words_next(&words, &w)) {
        if (w.kind == MA_WORD_COMMENT)
            continue;
        if (w.special == ',' || (w.special == ';' && (!i.angle || i.closed)))
            finish(m, arena, &i);
        else if (i.closed)
            m->bad = true;
        else if (w.kind == MA_WORD_SPECIAL)
            take_special(&i, w.special);
        else
            take_word(&i, field->bytes, &w);
    }
    finish(m, arena, &i);
}
