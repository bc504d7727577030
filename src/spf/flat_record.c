/* SPDX-License-Identifier: MIT */
/* The flat record, piece by piece, and the list of what is in no network. */
#include "flat_work.h"

#include <string.h>

bool ma_flat_is_empty(const struct ma_netsets *s)
{
    return s->v4.count == 0 && s->v6.count == 0;
}

/* ---- what is left ---------------------------------------------------------------------------- */

const char *ma_flat_owner(const struct ma_flat_frame *frame)
{
    return frame->domain->text != NULL ? frame->domain->text : frame->domain->raw;
}

void ma_flat_leave(struct ma_flattener *f, const struct ma_flat_frame *frame,
    const struct ma_spf_term *term, enum ma_spf_why why, const char *name,
    const struct ma_answer *answer)
{
    struct ma_spf_flat *out = f->out;
    out->broken |= why >= MA_SPF_WHY_SYNTAX;
    out->cut |= why == MA_SPF_WHY_BOUND;
    out->partial |= why != MA_SPF_WHY_MODIFIER && why != MA_SPF_WHY_IGNORED;
    if (why == MA_SPF_WHY_FAILED && out->failed == NULL)
        out->failed = answer;
    for (const struct ma_spf_left *l = out->lefts; l != NULL; l = l->next)
        if (l->why == why && l->record == frame->policy->record && l->term == term &&
            l->answer == answer)
            return;
    if (out->left_count++ >= MA_SPF_FLAT_LEFTS_MAX)
        return;
    struct ma_spf_left *left = ma_alloc(f->run, sizeof *left);
    *left = (struct ma_spf_left){.why = why,
        .owner = ma_flat_owner(frame),
        .record = frame->policy->record,
        .term = term,
        .name = name,
        .answer = answer};
    *f->lefts_end = left;
    f->lefts_end = &left->next;
}

/* ---- the pieces of the flat record ----------------------------------------------------------- */

struct ma_spf_piece *ma_flat_piece(struct ma_flattener *f)
{
    struct ma_spf_piece *piece = ma_alloc(f->run, sizeof *piece);
    *f->pieces_end = piece;
    f->pieces_end = &piece->next;
    return piece;
}

void ma_flat_take_back(struct ma_flattener *f, struct ma_spf_piece **end)
{
    *end = NULL;
    f->pieces_end = end;
}

bool ma_flat_has_let_go(const struct ma_flat_frame *frame)
{
    for (const struct ma_flat_frame *p = frame; p != NULL && !p->own; p = p->parent)
        if (p->flow->let_go || !ma_flat_is_empty(&p->flow->refused))
            return true;
    return false;
}

static bool is_plain_name(const char *text)
{
    return text[strspn(
               text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

/* A domain-spec, with %{d} replaced by what it is in that record; NULL where that cannot be
   written. */
static const char *without_d(
    struct ma_flattener *f, const struct ma_flat_frame *frame, const char *text, size_t size)
{
    struct ma_spf_values values = {.domain = frame->domain->raw};
    const char *out = "";
    for (size_t at = 0; at < size;) {
        const char *percent = memchr(text + at, '%', size - at);
        size_t plain = percent != NULL ? (size_t)(percent - text) - at : size - at;
        out = ma_text(f->run, "%s%.*s", out, (int)plain, text + at);
        at += plain;
        if (percent == NULL)
            break;
        struct ma_spf_macro macro;
        enum ma_spf_fault_code code = MA_SPF_FINE;
        size_t length = ma_spf_macro_read(percent, size - at, &macro, &code);
        const char *written = ma_text(f->run, "%.*s", (int)length, percent);
        if (macro.letter == 'd')
            written = ma_spf_expand_name(f->run, &values, percent, length)->raw;
        if (macro.letter == 'd' && !is_plain_name(written))
            return NULL;
        out = ma_text(f->run, "%s%s", out, written);
        at += length;
    }
    return out;
}

static bool looks_up(const struct ma_spf_term *term)
{
    return term->kind != MA_SPF_IP4 && term->kind != MA_SPF_IP6 && term->kind != MA_SPF_ALL;
}

static bool is_top(const struct ma_flat_frame *frame)
{
    return frame->parent == NULL;
}

const char *ma_flat_rewritten(
    struct ma_flattener *f, const struct ma_flat_frame *frame, const struct ma_spf_term *term)
{
    const struct ma_spf_record *record = frame->policy->record;
    const char *text = record->text + term->offset;
    if (is_top(frame) || !looks_up(term))
        return ma_text(f->run, "%.*s", (int)term->length, text);
    size_t head = term->qualifier != '\0' && strchr("+-~?", text[0]) != NULL;
    head += strlen(ma_spf_kind_name((enum ma_spf_kind)term->kind));
    size_t tail = head; /* what follows the domain-spec: prefix lengths */
    const char *spec = ma_flat_owner(frame);
    if (term->spec_length > 0) {
        spec = without_d(f, frame, record->text + term->spec, term->spec_length);
        tail = term->spec + term->spec_length - term->offset;
    }
    if (spec == NULL || (term->spec_length == 0 && !is_plain_name(spec)))
        return NULL;
    const char *written = ma_text(f->run, "%.*s%c%s%.*s", (int)head, text,
        term->kind >= MA_SPF_REDIRECT ? '=' : ':', spec, (int)(term->length - tail), text + tail);
    /* what %{d} stood for may be no name by itself */
    const char *whole = ma_text(f->run, "v=spf1 %s", written);
    return ma_spf_record_parse(f->run, whole, strlen(whole), NULL)->fault_count == 0 ? written
                                                                                     : NULL;
}

void ma_flat_keep(struct ma_flattener *f, const struct ma_flat_frame *frame,
    const struct ma_spf_term *term, unsigned lookups)
{
    bool alone = frame->own || (frame->grants && term->qualifier == '+' && looks_up(term) &&
                                   !ma_flat_has_let_go(frame));
    const char *text = alone ? ma_flat_rewritten(f, frame, term) : NULL;
    if (text == NULL) {
        *frame->stuck = true;
        f->loose = true;
        return;
    }
    struct ma_spf_piece *piece = ma_flat_piece(f);
    piece->term = text;
    piece->lookups = lookups;
}

static const struct {
    const char *name, *text;
} whys[] = {
    [MA_SPF_WHY_MACRO] = {"macro", "its name depends on the message or on the client"},
    [MA_SPF_WHY_EXISTS] = {"exists", "it asks the DNS at each message"},
    [MA_SPF_WHY_PTR] = {"ptr", "it asks for the client's host name"},
    [MA_SPF_WHY_MODIFIER] = {"modifier", "receivers do not know it and ignore it"},
    [MA_SPF_WHY_IGNORED] = {"ignored", "an all term stands before or beside it"},
    [MA_SPF_WHY_BEHIND] = {"behind-error", "an error before it ends the evaluation"},
    [MA_SPF_WHY_FAILED] = {"failed", "a look-up failed: what it authorises is not known"},
    [MA_SPF_WHY_BOUND] = {"bound", "a bound was reached: what it authorises is not known"},
    [MA_SPF_WHY_SYNTAX] = {"syntax", "the record cannot be read: permerror"},
    [MA_SPF_WHY_SEVERAL] = {"several-records", "there is more than one SPF record: permerror"},
    [MA_SPF_WHY_NO_RECORD] = {"no-record", "there is no SPF record there: permerror"},
    [MA_SPF_WHY_LOOP] = {"loop", "it leads back to a record that leads here: permerror"},
};

const char *ma_spf_why_name(enum ma_spf_why why)
{
    return whys[why].name;
}

const char *ma_spf_why_text(enum ma_spf_why why)
{
    return whys[why].text;
}
