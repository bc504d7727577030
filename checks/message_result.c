/* SPDX-License-Identifier: MIT */
/* message_result.c - checks.message in JSON. */
#include "message_check.h"

#include "spf_report.h"

#include "message/maildate.h"

#include <string.h>

static void put_truth(struct ma_data *row, const char *key, enum message_truth t)
{
    if (t != MESSAGE_UNKNOWN)
        ma_put_bool(row, key, t == MESSAGE_YES);
}

static void put_time(struct ma_data *row, const char *key, int64_t secs)
{
    char text[MA_MAIL_DATE_MAX];
    ma_mail_date_print(text, secs);
    if (text[0] != '\0')
        ma_put(row, key, text);
}

static void put_line(struct ma_data *row, const char *key, const struct ma_mail_field *f)
{
    if (f != NULL)
        ma_put_int(row, key, (int64_t)f->line);
}

static void put_author(struct message *m)
{
    struct ma_data *row = ma_object(m->result, "author");
    const struct ma_mailboxes *a = &m->facts->authors;
    ma_put(row, "domain", m->author);
    for (size_t i = 0; i < a->count; i++)
        ma_append_text(row, "addresses", a->list[i].address);
    put_line(row, "line", m->facts->from);
    ma_put_int(row, "fields", (int64_t)m->facts->from_count);
}

/* What was found in the message, or given beside it. */
static void put_envelope(struct message *m)
{
    static const char *const sources[] = {"given", "return-path", "received", "results"};
    struct ma_data *row = ma_object(m->result, "envelope");
    const struct ma_mail_facts *f = m->facts;
    const struct ma_received *hop = f->received.taken;
    if (m->target->sender_given) {
        bool found = f->sender != NULL && strcmp(f->sender, m->target->sender) == 0;
        ma_put(row, "sender", m->target->sender);
        ma_put(row, "sender_from", sources[found ? f->sender_source : MA_SENDER_NOT_FOUND]);
        put_line(row, "sender_line", found ? f->sender_field : NULL);
    }
    ma_put(row, "helo", m->target->helo);
    if (m->sender != NULL) {
        bool found = hop != NULL && ma_address_equal(&hop->address, &m->sender->address);
        ma_put(row, "address", m->sender->text);
        ma_put(row, "address_from", found ? "received" : "given");
        put_line(row, "address_line", found ? hop->field : NULL);
    }
    if (f->received.count > 0)
        put_time(row, "received_at", m->at_secs);
}

static void put_received(struct message *m)
{
    const struct ma_received_chain *c = &m->facts->received;
    for (size_t i = 0; i < c->count; i++) {
        const struct ma_received *r = &c->list[i];
        struct ma_data *row = ma_append(m->result, "received");
        put_line(row, "line", r->field);
        ma_put(row, "helo", r->helo);
        if (r->has_address) {
            ma_put(row, "address", ma_address_text(m->run, &r->address));
            ma_put_bool(row, "internal", r->internal);
        }
        ma_put(row, "by", r->by);
        ma_put(row, "with", r->with);
        put_time(row, "at", r->at_secs);
        ma_put_bool(row, "taken", r == c->taken);
    }
}

static void put_spf(struct message *m)
{
    struct ma_data *row = ma_object(m->result, "spf");
    const struct ma_spf_outcome *out = m->spf;
    if (out == NULL)
        return;
    ma_put(row, "result", ma_spf_result_name(out->result));
    ma_put(row, "domain", out->domain);
    ma_put(row, "identity", *m->client.sender != '\0' ? "mailfrom" : "helo");
    if (out->matched != NULL)
        ma_put(row, "matched",
            spf_term_excerpt(m->run, out->decisive->policy->record, out->matched->term));
    ma_put(row, "explanation", out->explanation);
    put_truth(row, "aligned_relaxed", m->spf_alignment.relaxed[MESSAGE_RFC9989]);
    put_truth(row, "aligned_strict", m->spf_alignment.strict);
}

static void put_tag(
    struct ma_data *row, const char *key, const struct ma_signature *s, enum ma_signature_tag tag)
{
    if ((s->tags >> tag & 1) != 0)
        ma_put_bytes(row, key, s->field->bytes + s->values[tag].offset, s->values[tag].size);
}

static void put_signed(struct message *m, struct ma_data *row, const struct ma_signature *s)
{
    struct ma_items items;
    struct ma_span item;
    if ((s->tags >> MA_SIG_H & 1) == 0)
        return;
    ma_items_init(&items, s->field->bytes, s->values[MA_SIG_H], ':');
    while (ma_items_next(&items, &item))
        ma_append_text(
            row, "signed", ma_bytes_text(m->run, s->field->bytes + item.offset, item.size));
}

static void put_verdict(struct ma_data *row, const struct message_signature *s)
{
    const struct ma_verdict *v = s->verdict;
    ma_put(row, "result", ma_signature_result_name(v->result));
    if (v->why == MA_WHY_GATE)
        ma_put(row, "why", ma_signature_fault_phrase(s->is->fault));
    else if (v->why != MA_WHY_NONE)
        ma_put(row, "why", ma_signature_why_phrase(v->why));
    if (v->key_bits > 0) {
        ma_put_int(row, "key_bits", v->key_bits);
        ma_put_bool(row, "key_testing", v->key_testing);
    }
    ma_put_bool(row, "expired", v->expired);
    ma_put_bool(row, "future", v->future);
    if (v->result == MA_SIGNATURE_PASS || v->result == MA_SIGNATURE_FAIL)
        ma_put_bool(row, "body_matches", v->body_matches);
    put_truth(row, "counts", s->good);
    put_truth(row, "aligned_relaxed", s->alignment.relaxed[MESSAGE_RFC9989]);
    put_truth(row, "aligned_strict", s->alignment.strict);
}

static void put_signatures(struct message *m)
{
    for (size_t i = 0; i < m->signature_count; i++) {
        const struct message_signature *s = &m->signatures[i];
        struct ma_data *row = ma_append(m->result, "signatures");
        put_line(row, "line", s->is->field);
        ma_put(row, "domain", s->is->domain[0] != '\0' ? s->is->domain : NULL);
        ma_put(row, "selector", s->is->selector[0] != '\0' ? s->is->selector : NULL);
        put_tag(row, "algorithm", s->is, MA_SIG_A);
        put_tag(row, "canonicalization", s->is, MA_SIG_C);
        put_tag(row, "identity", s->is, MA_SIG_I);
        put_time(row, "made_at", s->is->made_secs);
        put_time(row, "expires_at", s->is->expires_secs);
        put_signed(m, row, s->is);
        if (s->is->has_length) {
            ma_put_int(row, "length", (int64_t)s->is->length_bytes);
            ma_put_int(row, "unsigned_bytes", (int64_t)(s->body_size - s->signed_size));
        }
        put_verdict(row, s);
    }
}

static void put_dmarc(struct message *m)
{
    static const char *const standards[] = {"RFC 9989", "RFC 7489"};
    for (int r = 0; r < MESSAGE_READINGS && m->author != NULL; r++) {
        const struct message_dmarc *d = &m->dmarc[r];
        struct ma_data *row = ma_append(m->result, "dmarc");
        ma_put(row, "standard", standards[r]);
        ma_put(row, "org_domain", d->org);
        if (d->step != NULL)
            ma_put(row, "found_at", ma_text(m->run, "_dmarc.%s", d->step->name));
        ma_put(row, "policy", ma_dmarc_policy_name(d->policy));
        put_truth(row, "spf", d->spf);
        put_truth(row, "dkim", d->dkim);
        ma_put(row, "result", message_result_name(d->result));
        if (d->result == MESSAGE_RESULT_FAIL || d->result == MESSAGE_RESULT_PASS)
            ma_put(row, "applied", ma_dmarc_policy_name(d->applied));
    }
}

void message_put_result(struct message *m)
{
    put_author(m);
    put_envelope(m);
    put_received(m);
    put_spf(m);
    put_signatures(m);
    put_dmarc(m);
}
