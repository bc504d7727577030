/* SPDX-License-Identifier: MIT */
/*
 * DNS block lists (RFC 5782): are the addresses that the domain's mail comes from, or the domain
 * itself, on a list by which receivers refuse mail?
 *
 * All lists are asked at once, each for every subject and for an entry of its own that must be
 * listed. Only where something seems to be listed, the entries that must not be listed and the
 * list's reason are asked as well, all at once again. Special-purpose addresses are asked like any
 * other: check target names them, and a list that knows them is right or shown to be wrong.
 */
#include "dnsbl_report.h"

#include <string.h>

/* ---- who is looked up ------------------------------------------------------------------------ */

/* The senders' addresses count unless they are only guessed from the MX of a domain that does not
   send. */
static bool wants_addresses(struct ma_run *run, const struct ma_senders *senders)
{
    if (!senders->from_mx || senders->count == 0)
        return senders->count > 0;
    enum ma_role role = ma_role(run);
    return role != MA_RECEIVES_ONLY && role != MA_PARKED;
}

static void collect_subjects(struct dnsbl_view *v)
{
    const struct ma_senders *senders = ma_senders(v->run);
    const char *domain = ma_target(v->run)->domain;
    struct dnsbl_subject *s = ma_alloc(v->run, (senders->count + 1) * sizeof *s);
    size_t count = 0;
    for (size_t i = 0; wants_addresses(v->run, senders) && i < senders->count; i++) {
        const struct ma_sender *sender = &senders->list[i];
        s[count++] = (struct dnsbl_subject){.text = sender->text,
            .label = ma_address_reversed(v->run, &sender->address),
            .kind = sender->address.family == 6 ? DNSBL_IP6 : DNSBL_IP4};
    }
    if (strcmp(domain, ".") != 0)
        s[count++] = (struct dnsbl_subject){.text = domain, .label = domain, .kind = DNSBL_DOMAIN};
    v->subjects = s;
    v->subject_count = count;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* A list that has not answered by then is dead: the audit does not wait for it as for the domain's
   own name servers. Of 2 s at most, a little is left for all else. */
#define DEADLINE_MSECS 1800

static const struct ma_how how_to_ask = {.deadline_msecs = DEADLINE_MSECS};

static const struct ma_answer *ask(
    struct dnsbl_view *v, enum ma_rrtype type, const char *label, const char *zone, bool *pending_r)
{
    const struct ma_answer *a = ma_dns_how(v->run, &how_to_ask, type, "%s.%s", label, zone);
    *pending_r |= a->status == MA_PENDING;
    return a;
}

/* Is the subject of a kind that the list is for? A list of one address family says that it has no
   word on the other; a list of domains is silent on addresses. */
static bool applies(const struct dnsbl_zone *z, const struct dnsbl_subject *s)
{
    return (z->kind == DNSBL_DOMAIN) == (s->kind == DNSBL_DOMAIN);
}

static struct dnsbl_verdict left_out(const char *reason)
{
    return (struct dnsbl_verdict){.state = DNSBL_STATE_NOT_ASKED, .reason = reason};
}

/* Returns whether any question is sent to the list. */
static bool ask_subjects(struct dnsbl_view *v, const struct dnsbl_zone *z, bool *pending_r)
{
    bool any = false;
    for (size_t i = 0; i < v->subject_count; i++) {
        const struct dnsbl_subject *s = &v->subjects[i];
        struct dnsbl_row *row = dnsbl_row(v, z, i);
        row->applies = applies(z, s);
        if (!row->applies)
            continue;
        if (z->not_asked != NULL) {
            row->verdict = left_out(z->not_asked);
            ma_not_asked(v->run);
        } else if ((z->kind & s->kind) == 0) {
            row->verdict = left_out(s->kind == DNSBL_IP6 ? "the list keeps no IPv6 addresses"
                                                         : "the list keeps no IPv4 addresses");
        } else {
            row->answer = ask(v, MA_A, s->label, z->name, pending_r);
            any = true;
        }
    }
    return any;
}

static struct dnsbl_reading ask_health(
    struct dnsbl_view *v, const struct dnsbl_zone *z, bool *pending_r)
{
    struct dnsbl_reading health = DNSBL_HEALTH_UNTESTED;
    for (size_t i = 0; i < z->listed_test_count; i++) {
        const struct ma_answer *a = ma_dns_how(v->run, &how_to_ask, MA_A, "%s", z->listed_tests[i]);
        *pending_r |= a->status == MA_PENDING;
        health = dnsbl_health_fold(health, dnsbl_read(z, a), i == 0);
    }
    return health;
}

/* False while answers are missing. */
static bool look(struct dnsbl_view *v)
{
    bool pending = false;
    struct dnsbl_reading *health = ma_alloc(v->run, (v->lists->count + 1) * sizeof *health);
    v->rows = ma_alloc(v->run, (v->lists->count * v->subject_count + 1) * sizeof *v->rows);
    for (size_t k = 0; k < v->lists->count; k++)
        if (ask_subjects(v, &v->lists->zones[k], &pending))
            health[k] = ask_health(v, &v->lists->zones[k], &pending);
    if (pending)
        return false;
    for (size_t k = 0; k < v->lists->count; k++) {
        for (size_t i = 0; i < v->subject_count; i++) {
            struct dnsbl_row *row = &v->rows[k * v->subject_count + i];
            if (row->answer != NULL)
                row->verdict = dnsbl_judge(v->run, &v->lists->zones[k], row->answer, &health[k]);
        }
    }
    return true;
}

/* What seems to be listed: is the list right, and what does it say? */
static void prove(struct dnsbl_view *v, const struct dnsbl_zone *z, const char *label,
    struct dnsbl_row *row, bool *pending_r)
{
    bool listed = row->verdict.state == DNSBL_STATE_LISTED;
    if (listed)
        row->why = ask(v, MA_TXT, label, z->name, pending_r);
    for (size_t i = 0; i < z->clean_test_count; i++) {
        const struct ma_answer *a = ma_dns_how(v->run, &how_to_ask, MA_A, "%s", z->clean_tests[i]);
        if (a->status == MA_PENDING)
            *pending_r = true;
        else if (row->verdict.wants_proof)
            row->verdict = dnsbl_judge_proof(v->run, z, row->verdict, a);
    }
}

static bool prove_all(struct dnsbl_view *v)
{
    bool pending = false;
    for (size_t k = 0; k < v->lists->count; k++) {
        for (size_t i = 0; i < v->subject_count; i++) {
            struct dnsbl_row *row = &v->rows[k * v->subject_count + i];
            if (row->verdict.wants_proof)
                prove(v, &v->lists->zones[k], v->subjects[i].label, row, &pending);
        }
    }
    return !pending;
}

/* ---- the check ------------------------------------------------------------------------------- */

static void run(struct ma_run *run)
{
    struct dnsbl_view v = {.run = run, .lists = ma_state(run)};
    collect_subjects(&v);
    if (!look(&v) || !prove_all(&v))
        return;
    dnsbl_put_rows(&v);
    dnsbl_put_findings(&v);
}

static bool open_lists(const struct ma_setup *setup, void **state_r)
{
    char error[DNSBL_ERROR_BYTES_MAX] = "";
    const char *file = ma_setting(setup, "lists");
    const char *servers = ma_setting(setup, "servers");
    if (servers != NULL)
        *state_r = dnsbl_lists_parse(servers, strlen(servers), "--server", error);
    else
        *state_r = file != NULL ? dnsbl_lists_load(file, error) : dnsbl_lists_default(error);
    if (*state_r == NULL)
        ma_setup_error(setup, "%s", error);
    return *state_r != NULL;
}

static void close_lists(void *state)
{
    dnsbl_lists_free(state);
}

MA_CHECK(dnsbl, .area = "dnsbl", .title = "DNS block lists",
    .empty_result = "{\"lists\": [{\"zone\": null, \"subject\": null, \"class\": null, "
                    "\"weight\": null, \"state\": null, \"codes\": [], \"meaning\": null, "
                    "\"reason\": null, \"removal\": null}]}",
    .rules = dnsbl_rules, .rule_count = DNSBL_RULE_COUNT, .open = open_lists, .run = run,
    .close = close_lists);
