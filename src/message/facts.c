/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include <string.h>

const struct ma_mail_field *ma_mail_find(const struct ma_mail *m, const char *name)
{
    for (size_t i = 0; i < m->field_count; i++)
        if (ma_mail_field_is(&m->fields[i], name))
            return &m->fields[i];
    return NULL;
}

const char *ma_mail_value(struct ma_arena *arena, const struct ma_mail_field *f)
{
    struct ma_span s = ma_span_trim(f->bytes, f->value);
    char *out = ma_arena_copy(arena, f->bytes + s.offset, s.size);
    size_t n = 0;
    for (size_t i = 0; out != NULL && i < s.size; i++)
        if (out[i] != '\r' && out[i] != '\n')
            out[n++] = out[i];
    if (out == NULL)
        return "";
    out[n] = '\0';
    return out;
}

static void read_authors(struct ma_mail_facts *f, struct ma_arena *arena)
{
    for (size_t i = 0; i < f->mail->field_count; i++) {
        const struct ma_mail_field *field = &f->mail->fields[i];
        if (!ma_mail_field_is(field, "From"))
            continue;
        if (f->from_count++ == 0) {
            f->from = field;
            ma_mailboxes_read(&f->authors, arena, field);
        }
    }
}

static void set_sender(struct ma_mail_facts *f, enum ma_sender_source source, const char *sender,
    const struct ma_mail_field *field)
{
    bool usable = sender != NULL && (*sender == '\0' || strchr(sender, '@') != NULL);
    if (f->sender != NULL || !usable)
        return;
    f->sender = sender;
    f->sender_source = source;
    f->sender_field = field;
}

static void read_sender(struct ma_mail_facts *f, struct ma_arena *arena)
{
    const struct ma_mail_field *path = ma_mail_find(f->mail, "Return-Path");
    const struct ma_received *hop = f->received.taken;
    struct ma_mailboxes m;
    if (path != NULL) {
        ma_mailboxes_read(&m, arena, path);
        if (m.count == 1 && !m.bad)
            set_sender(f, MA_SENDER_RETURN_PATH, m.list[0].address, path);
    }
    if (hop != NULL)
        set_sender(f, MA_SENDER_RECEIVED, hop->envelope_from, hop->field);
    for (size_t i = 0; i < f->results.count; i++) {
        const struct ma_results *r = &f->results.list[i];
        for (size_t k = 0; !r->arc && k < r->item_count; k++)
            set_sender(
                f, MA_SENDER_RESULTS, ma_result_property(&r->items[k], "smtp.mailfrom"), r->field);
    }
}

struct ma_mail_facts *ma_mail_facts_read(struct ma_arena *arena, const struct ma_mail *m)
{
    struct ma_mail_facts *f = ma_arena_alloc(arena, sizeof *f);
    if (f == NULL)
        return NULL;
    f->mail = m;
    read_authors(f, arena);
    ma_received_read(&f->received, arena, m);
    ma_results_read(&f->results, arena, m);
    read_sender(f, arena);
    return f;
}
