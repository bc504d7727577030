/* SPDX-License-Identifier: MIT */
/*
 * message - one mail message: who vouches for it, what a receiver makes of that, and what broke on
 * the way. The message is read in open(); its keys, policies and records are observations.
 */
#include "message_check.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_CHUNK_BYTES 65536
#define ARENA_BYTES_MAX   (4 * MA_MAIL_BYTES_MAX)

/* ---- the message ----------------------------------------------------------------------------- */

static void close_setup(void *state)
{
    struct message_setup *s = state;
    if (s == NULL)
        return;
    ma_org_domain_close(s->psl);
    ma_arena_clear(&s->arena);
    free(s);
}

static bool read_message(struct message_setup *s, const struct ma_setup *setup, const char *text)
{
    ma_arena_init(&s->arena, ARENA_CHUNK_BYTES, ARENA_BYTES_MAX);
    ma_mail_read(&s->mail, &s->arena, text, strlen(text));
    if (s->mail.fault == MA_MAIL_GOOD) {
        s->facts = ma_mail_facts_read(&s->arena, &s->mail);
        if (s->facts == NULL)
            s->mail.fault = MA_MAIL_NO_MEMORY;
    }
    if (s->mail.fault != MA_MAIL_GOOD)
        ma_setup_error(setup, "%s", ma_mail_fault_phrase(s->mail.fault));
    return s->mail.fault == MA_MAIL_GOOD;
}

static bool open_setup(const struct ma_setup *setup, void **state_r)
{
    const char *text = ma_setting(setup, "message-text");
    if (text == NULL) {
        ma_setup_error(setup, "no message is given: mailaudit message FILE");
        return false;
    }
    struct message_setup *s = calloc(1, sizeof *s);
    if (s == NULL) {
        ma_setup_error(setup, "out of memory");
        return false;
    }
    *state_r = s;
    s->from_nowhere = ma_setting(setup, "message-from-nowhere") != NULL;
    return ma_org_domain_open(setup, &s->psl) && read_message(s, setup, text);
}

/* ---- domains --------------------------------------------------------------------------------- */

static const struct message_domain *ask_domain(struct message *m, const char *name)
{
    for (size_t i = 0; i < m->domain_count; i++)
        if (strcmp(m->domains[i].name, name) == 0)
            return &m->domains[i];
    struct message_domain *d = &m->domains[m->domain_count++];
    d->name = name;
    d->org_psl = ma_org_domain(m->setup->psl, name);
    if (d->org_psl == NULL && m->setup->psl != NULL)
        d->org_psl = name; /* a public suffix itself */
    d->count = ma_dmarc_walk_names(name, d->names);
    for (size_t i = 0; i < d->count; i++) {
        d->asked[i].answer = ma_dns(m->run, MA_TXT, "_dmarc.%s", d->names[i]);
        m->pending |= d->asked[i].answer->status == MA_PENDING;
    }
    return d;
}

static void discover(struct message *m, struct message_domain *d)
{
    for (size_t i = 0; i < d->count; i++) {
        d->steps[i].name = d->names[i];
        dmarc_read_name(m->run, &d->asked[i], &d->steps[i]);
        d->steps[i].failed &=
            !dmarc_may_be_left_out(m->setup->psl, i, d->names[i], d->asked[i].answer);
    }
    ma_dmarc_discover(&d->found, d->name, d->steps, d->count);
}

void message_ask_domains(struct message *m)
{
    m->domains = ma_alloc(m->run, (m->signature_count + 2) * sizeof *m->domains);
    if (m->author != NULL) {
        m->author_domain = ask_domain(m, m->author);
        m->exists = ma_dns(m->run, MA_MX, "%s", m->author);
        m->pending |= m->exists->status == MA_PENDING;
    }
    if (m->spf != NULL && ma_is_hostname(m->spf->domain))
        m->spf_domain = ask_domain(m, m->spf->domain);
    for (size_t i = 0; i < m->signature_count; i++)
        if (m->signatures[i].is->domain[0] != '\0')
            m->signatures[i].domain = ask_domain(m, m->signatures[i].is->domain);
}

/* ---- the check ------------------------------------------------------------------------------- */

struct ma_finding *message_report(
    struct message *m, enum message_rule rule, const char *subject, const char *evidence)
{
    return ma_report(m->run, &message_rules[rule], subject, "%s", evidence);
}

/* When it came in: receivers look at the times of signatures then, not when it is audited. */
static int64_t time_of(const struct message *m)
{
    const struct ma_received_chain *c = &m->facts->received;
    const struct ma_received *hop = c->taken != NULL ? c->taken : c->list;
    int64_t at = c->count > 0 ? hop->at_secs : -1;
    return at >= 0 && at < m->target->now_secs ? at : m->target->now_secs;
}

static void report_all(struct message *m)
{
    message_report_author(m);
    message_report_dmarc(m);
    message_report_spf(m);
    message_report_signatures(m);
    message_report_results(m);
    message_report_one_click(m);
    message_put_result(m);
}

static void run(struct ma_run *run)
{
    const struct message_setup *setup = ma_state(run);
    struct message *m = ma_alloc(run, sizeof *m);
    m->run = run;
    m->target = ma_target(run);
    m->setup = setup;
    m->mail = &setup->mail;
    m->facts = setup->facts;
    m->result = ma_result(run);
    if (strcmp(m->target->domain, MA_MAIL_NO_AUTHOR) != 0)
        m->author = m->target->domain;
    m->at_secs = time_of(m);
    message_ask_keys(m);
    message_ask_spf(m);
    message_ask_domains(m);
    if (m->pending)
        return;
    for (size_t i = 0; i < m->domain_count; i++)
        discover(m, &m->domains[i]);
    message_judge_signatures(m);
    message_judge_dmarc(m);
    report_all(m);
}

MA_CHECK(message, .area = "message", .title = "A mail message",
    .empty_result =
        "{\"author\": {\"domain\": null, \"addresses\": [], \"line\": null, \"fields\": null},"
        " \"envelope\": {\"sender\": null, \"sender_from\": null, \"sender_line\": null,"
        " \"helo\": null, \"address\": null, \"address_from\": null, \"address_line\": null,"
        " \"received_at\": null},"
        " \"received\": [{\"line\": null, \"helo\": null, \"address\": null, \"by\": null,"
        " \"with\": null, \"at\": null, \"internal\": null, \"taken\": null}],"
        " \"spf\": {\"result\": null, \"domain\": null, \"identity\": null, \"matched\": null,"
        " \"explanation\": null, \"aligned_relaxed\": null, \"aligned_strict\": null},"
        " \"signatures\": [{\"line\": null, \"domain\": null, \"selector\": null,"
        " \"algorithm\": null, \"canonicalization\": null, \"identity\": null, \"result\": null,"
        " \"why\": null, \"key_bits\": null, \"key_testing\": null, \"made_at\": null,"
        " \"expires_at\": null, \"expired\": null, \"future\": null, \"signed\": [],"
        " \"length\": null, \"unsigned_bytes\": null, \"body_matches\": null, \"counts\": null,"
        " \"aligned_relaxed\": null, \"aligned_strict\": null}],"
        " \"dmarc\": [{\"standard\": null, \"org_domain\": null, \"found_at\": null,"
        " \"policy\": null, \"spf\": null, \"dkim\": null, \"result\": null, \"applied\": null}],"
        " \"claims\": [{\"line\": null, \"server\": null, \"arc\": null, \"instance\": null,"
        " \"method\": null, \"result\": null, \"identity\": null, \"ours\": null,"
        " \"agrees\": null}],"
        " \"one_click\": {\"unsubscribe\": null, \"https\": null, \"post\": null,"
        " \"signed_by\": null}}",
    .rules = message_rules, .rule_count = MESSAGE_RULE_COUNT, .open = open_setup, .run = run,
    .close = close_setup, .on_demand = true);
