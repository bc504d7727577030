/* SPDX-License-Identifier: MIT */
/* message_way.c - who wrote it and who sent it: From, the envelope, and SPF for both. */
#include "message_check.h"

#include "spf_report.h"

#include <string.h>

/* ---- asking ---------------------------------------------------------------------------------- */

void message_ask_spf(struct message *m)
{
    const struct ma_target *t = m->target;
    m->spf_passes = MESSAGE_UNKNOWN;
    if (m->setup->from_nowhere || !t->sender_given)
        return;
    const struct ma_senders *senders = ma_senders(m->run);
    if (senders->count == 0)
        return;
    if (*t->sender == '\0' && t->helo == NULL) /* nobody to be evaluated */
        return;
    struct ma_spf *spf = ma_alloc(m->run, sizeof *spf);
    ma_spf_init(spf, m->run);
    m->sender = &senders->list[0];
    m->client = (struct ma_spf_client){.address = m->sender->address,
        .sender = t->sender,
        .helo = t->helo != NULL ? t->helo : "unknown",
        .receiver = "unknown",
        .now_secs = t->now_secs};
    m->spf = ma_spf_evaluate(spf, &m->client);
    m->pending |= m->spf->pending;
    if (m->spf->result == MA_SPF_PASS)
        m->spf_passes = MESSAGE_YES;
    else if (m->spf->result != MA_SPF_TEMPERROR && m->spf->doubt == NULL)
        m->spf_passes = MESSAGE_NO;
}

/* ---- From ------------------------------------------------------------------------------------ */

static const char *author_list(struct message *m)
{
    const struct ma_mailboxes *a = &m->facts->authors;
    const char *list = "";
    for (size_t i = 0; i < a->count; i++)
        list = ma_text(m->run, "%s%s%s", list, i > 0 ? ", " : "", a->list[i].address);
    return list;
}

static bool has_other_domains(const struct ma_mailboxes *a)
{
    for (size_t i = 1; i < a->count; i++)
        if (strcmp(a->list[i].domain, a->list[0].domain) != 0)
            return true;
    return a->left_out > 0;
}

/* Which of several From fields is signed: the last one first (RFC 6376 5.4.2). */
static const char *signed_from(struct message *m)
{
    for (size_t i = 0; i < m->signature_count; i++) {
        const struct message_signature *s = &m->signatures[i];
        size_t names = ma_signature_names(s->is, "from");
        if (s->good == MESSAGE_YES && names < m->facts->from_count)
            return ma_text(m->run, "; %s holds, and covers %zu of them, from the last one on",
                s->label, names);
    }
    return "";
}

void message_report_author(struct message *m)
{
    const struct ma_mail_facts *f = m->facts;
    if (f->from == NULL) {
        message_report(m, MESSAGE_NO_AUTHOR, "From", "there is no such field");
        return;
    }
    const char *where = ma_text(m->run, "From (line %zu)", f->from->line);
    if (m->author == NULL)
        message_report(m, MESSAGE_NO_AUTHOR, where,
            f->authors.bad ? "there is no address in it that can be read" : "it is empty");
    if (f->from_count > 1)
        message_report(m, MESSAGE_SEVERAL_FROM, "From",
            ma_text(m->run, "%zu fields, the first in line %zu: %s%s", f->from_count, f->from->line,
                author_list(m), signed_from(m)));
    if (has_other_domains(&f->authors))
        message_report(m, MESSAGE_SEVERAL_AUTHORS, where, author_list(m));
}

/* ---- SPF ------------------------------------------------------------------------------------- */

static const char *decided_by(struct message *m)
{
    const struct ma_spf_outcome *out = m->spf;
    if (out->matched == NULL)
        return "";
    return ma_text(m->run, " (%s)",
        spf_term_excerpt(m->run, out->decisive->policy->record, out->matched->term));
}

static const char *spf_evidence(struct message *m)
{
    return ma_text(m->run, "%s for %s from %s%s", ma_spf_result_name(m->spf->result),
        m->spf->domain, m->sender->text, decided_by(m));
}

static void report_lost(struct message *m)
{
    const struct ma_answer *a = m->spf->doubt != NULL ? m->spf->doubt : m->spf->problem.answer;
    const char *why = "a look-up failed";
    if (a != NULL && a->status == MA_FAILED)
        why = ma_text(m->run, "%s %s: %s", a->name, ma_type_name(m->run, a->type),
            ma_failure_phrase(a->failure));
    struct ma_finding *f = message_report(m, MESSAGE_SPF_UNKNOWN, m->spf->domain, why);
    if (a != NULL && a->status == MA_FAILED)
        ma_failed(f, a);
}

/* What is missing to evaluate it. */
static void report_no_envelope(struct message *m)
{
    bool address = !m->setup->from_nowhere, sender = m->target->sender_given;
    const char *what = "the HELO name, which stands for the null sender";
    if (!address || !sender)
        what = address  ? "the envelope sender"
               : sender ? "the sending address"
                        : "the sending address and the envelope sender";
    else if (m->sender == NULL)
        what = "an address of the host that was named";
    message_report(
        m, MESSAGE_NO_ENVELOPE, "Received, Return-Path", ma_text(m->run, "not found: %s", what));
}

static bool is_dkim_aligned(const struct message *m)
{
    for (size_t i = 0; i < m->signature_count; i++)
        if (message_counts(&m->signatures[i], MESSAGE_RFC9989) == MESSAGE_YES)
            return true;
    return false;
}

void message_report_spf(struct message *m)
{
    enum message_truth aligned = m->spf_alignment.relaxed[MESSAGE_RFC9989];
    if (m->spf == NULL) {
        report_no_envelope(m);
        return;
    }
    if (m->spf_passes == MESSAGE_UNKNOWN)
        report_lost(m);
    else if (m->spf_passes == MESSAGE_NO && is_dkim_aligned(m))
        message_report(m, MESSAGE_FORWARDED, m->spf->domain, spf_evidence(m));
    else if (m->spf_passes == MESSAGE_NO)
        ma_fix(message_report(m, MESSAGE_SPF_FAILS, m->spf->domain, spf_evidence(m)), "address",
            "%s", m->sender->text);
    else if (aligned == MESSAGE_NO && m->author != NULL)
        message_report(m, MESSAGE_SPF_OTHER_DOMAIN, m->spf->domain,
            ma_text(m->run, "%s; it does not belong to %s, the domain in From", spf_evidence(m),
                m->author));
    else if (aligned == MESSAGE_YES || m->author == NULL) /* not known: told with DMARC */
        message_report(m, MESSAGE_SPF_PASS, m->spf->domain, spf_evidence(m));
}
