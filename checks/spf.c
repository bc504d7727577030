/* SPDX-License-Identifier: MIT */
/*
 * spf.c - the domain's SPF policy: evaluated for every audited address, and looked through as a
 * whole. The work is done by src/spf; the parts of the report are in spf_*.c.
 */
#include "spf_report.h"

#include "org_domain.h"

#include <stdlib.h>
#include <string.h>

#define FAMILY_4 1u
#define FAMILY_6 2u

/* Which address records the walk asks for: those that the audited addresses make receivers ask
   for. As long as none is known, IPv4, which hardly any sender is without. */
static unsigned families(const struct ma_senders *senders)
{
    unsigned found = 0;
    for (size_t i = 0; i < senders->count; i++)
        found |= senders->list[i].address.family == 6 ? FAMILY_6 : FAMILY_4;
    return found != 0 ? found : FAMILY_4;
}

/* %{h} where no HELO name was given: the host whose address it is, or else the domain. */
static const char *assumed_helo(const struct spf_audit *a, const struct ma_sender *sender)
{
    if (a->target->helo != NULL)
        return a->target->helo;
    return sender != NULL && sender->host != NULL ? sender->host : a->target->domain;
}

/* What lives as long as the process. */
struct state {
    char *receiver; /* %{r}: whose refusal is explained, or NULL */
    bool authorize;
    unsigned voids_max;
    void *suffixes; /* for org_domain.h */
};

static struct ma_spf_client client_of(
    const struct spf_audit *a, const struct ma_sender *sender, bool is_helo)
{
    return (struct ma_spf_client){.address = sender->address,
        .sender = is_helo ? a->target->helo : a->target->sender,
        .helo = assumed_helo(a, sender),
        .receiver = a->receiver,
        .now_secs = a->target->now_secs,
        .own_domain = a->target->domain};
}

struct spf_evaluation spf_evaluation_of(
    struct spf_audit *a, const struct ma_sender *sender, bool is_helo)
{
    struct ma_spf_client client = client_of(a, sender, is_helo);
    return (struct spf_evaluation){.sender = sender,
        .is_helo = is_helo,
        .client = client,
        .outcome = ma_spf_evaluate(&a->spf, &client)};
}

static bool evaluate(struct spf_audit *a, const struct ma_sender *sender, bool is_helo)
{
    struct spf_evaluation *e = &a->evaluations[a->evaluation_count++];
    *e = spf_evaluation_of(a, sender, is_helo);
    return e->outcome->pending;
}

static bool walk(struct spf_audit *a)
{
    const char *domain = a->target->domain;
    const struct ma_spf_name *name = ma_spf_name(a->run, domain, strlen(domain));
    struct ma_spf_client client;
    bool known = a->senders->count > 0;
    if (known)
        client = client_of(a, &a->senders->list[0], false);
    a->walk = ma_spf_walk(&a->spf, name, families(a->senders), known ? &client : NULL);
    return a->walk->pending;
}

static void check_spf(struct ma_run *run)
{
    static const struct state unopened = {.voids_max = MA_SPF_VOIDS_MAX};
    const struct state *opened = ma_state(run), *state = opened != NULL ? opened : &unopened;
    struct spf_audit a = {.run = run,
        .target = ma_target(run),
        .senders = ma_senders(run),
        /* else we are nobody's receiver (RFC 7208 7.3) */
        .receiver = state->receiver != NULL ? state->receiver : "unknown",
        .authorize = state->authorize,
        .suffixes = state->suffixes};
    enum ma_role role = ma_role(run);
    a.sends = role == MA_SENDS_AND_RECEIVES || role == MA_SENDS_ONLY;
    ma_spf_init(&a.spf, run);
    a.spf.voids_max = state->voids_max;
    a.evaluations = ma_alloc(run, (2 * a.senders->count + 1) * sizeof *a.evaluations);
    bool pending = walk(&a);
    for (size_t i = 0; i < a.senders->count; i++) {
        pending |= evaluate(&a, &a.senders->list[i], false);
        if (a.target->helo != NULL)
            pending |= evaluate(&a, &a.senders->list[i], true);
    }
    pending |= spf_ask_relays(&a);
    if (pending)
        return;
    spf_propose(&a);
    spf_report_result(&a);
    spf_report_records(&a);
    spf_report_lint(&a);
    spf_report_terms(&a);
    spf_report_senders(&a);
    spf_report_opinion(&a);
}

/* --void-limit, which is a number by then; other receivers than those of RFC 7208 have others. */
static unsigned voids_max_of(const struct ma_setup *setup)
{
    const char *text = ma_setting(setup, "void-limit");
    unsigned long value = text != NULL ? strtoul(text, NULL, 10) : MA_SPF_VOIDS_MAX;
    return value <= MA_SPF_LOOKUPS_MAX ? (unsigned)value : MA_SPF_VOIDS_MAX;
}

static bool open_spf(const struct ma_setup *setup, void **state_r)
{
    const char *receiver = ma_setting(setup, "receiver");
    struct state *state = calloc(1, sizeof *state);
    if (state == NULL || (receiver != NULL && (state->receiver = strdup(receiver)) == NULL)) {
        free(state);
        ma_setup_error(setup, "no memory left");
        return false;
    }
    *state_r = state;
    state->voids_max = voids_max_of(setup);
    state->authorize = ma_setting(setup, "authorize") != NULL;
    return ma_org_domain_open(setup, &state->suffixes);
}

static void close_spf(void *opened)
{
    struct state *state = opened;
    if (state == NULL)
        return;
    free(state->receiver);
    ma_org_domain_close(state->suffixes);
    free(state);
}

MA_CHECK(spf, .area = "spf", .title = "Sender Policy Framework",
    .empty_result =
        "{\"results\":[{\"address\":null,\"identity\":null,\"domain\":null,\"result\":null,"
        "\"explanation\":null,\"matched\":null,\"lookups\":null,\"voids\":null,\"doubt\":null,"
        "\"trace\":[]}],"
        "\"record\":null,\"valid\":null,\"lookups_worst_case\":null,\"voids_worst_case\":null,"
        "\"void_limit\":null,\"ipv4_authorised\":null,"
        "\"second_opinion\":{\"libspf2\":null}}",
    .rules = spf_rules, .rule_count = SPF_RULE_COUNT, .open = open_spf, .run = check_spf,
    .close = close_spf);
