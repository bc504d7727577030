/* SPDX-License-Identifier: MIT */
/*
 * Mail exchangers of somebody else beside own ones: what they take in the own ones' absence they
 * pass on to them, and there it comes from an address that no sender's SPF record has. That is no
 * matter of the domain's own record.
 */
#include "spf_report.h"

#include "org_domain.h"

#include <string.h>

#define HOSTS_MAX 8 /* of somebody else that are looked at */
#define HOME_MAX  3 /* own ones that are named */

static bool is_home(const struct spf_audit *a, const char *host)
{
    return ma_is_within(host, a->home);
}

static bool is_host(const char *exchange)
{
    struct ma_address address;
    return ma_is_hostname(exchange) && !ma_address_parse(&address, exchange);
}

/* Do own and foreign hosts stand side by side? */
static bool is_mixed(struct spf_audit *a)
{
    bool home = false, foreign = false;
    if (!a->sends)
        return false;
    const struct ma_answer *mx = ma_dns(a->run, MA_MX, "%s", a->target->domain);
    if (mx->rr_count < 2)
        return false;
    const char *org = ma_org_domain(a->suffixes, a->target->domain);
    a->home = org != NULL ? org : a->target->domain;
    for (size_t i = 0; i < mx->rr_count; i++) {
        const char *host = mx->rrs[i].mx.exchange;
        if (!is_host(host))
            continue;
        if (is_home(a, host))
            home = true;
        else
            foreign = true;
    }
    return home && foreign;
}

bool spf_is_relay(const struct spf_audit *a, const struct ma_sender *sender)
{
    return a->mixed_mx && a->senders->from_mx && sender->host != NULL && !is_home(a, sender->host);
}

static bool is_refused(const struct ma_spf_outcome *out)
{
    return out->doubt == NULL && (out->result == MA_SPF_FAIL || out->result == MA_SPF_SOFTFAIL ||
                                     out->result == MA_SPF_NEUTRAL);
}

/* Asks for the addresses of a foreign host, and evaluates them. */
static void add_host(struct spf_audit *a, const char *host, const struct ma_answer *answer)
{
    for (size_t i = 0; i < answer->rr_count && i < HOSTS_MAX; i++) {
        struct ma_sender *sender = ma_alloc(a->run, sizeof *sender);
        *sender = (struct ma_sender){.address = answer->rrs[i].address,
            .text = ma_address_text(a->run, &answer->rrs[i].address),
            .host = host};
        struct spf_evaluation *e = ma_alloc(a->run, sizeof *e);
        *e = spf_evaluation_of(a, sender, false);
        struct spf_evaluation **end = &a->relays;
        while (*end != NULL)
            end = &(*end)->next;
        *end = e;
    }
}

bool spf_ask_relays(struct spf_audit *a)
{
    a->mixed_mx = is_mixed(a);
    if (!a->mixed_mx || a->senders->from_mx) /* evaluated already */
        return false;
    const struct ma_answer *mx = ma_dns(a->run, MA_MX, "%s", a->target->domain);
    size_t hosts = 0;
    for (size_t i = 0; i < mx->rr_count && hosts < HOSTS_MAX; i++) {
        const char *host = mx->rrs[i].mx.exchange;
        if (!is_host(host) || is_home(a, host))
            continue;
        hosts++;
        const struct ma_answer *four = ma_dns(a->run, MA_A, "%s", host);
        const struct ma_answer *six = ma_dns(a->run, MA_AAAA, "%s", host);
        add_host(a, host, four);
        add_host(a, host, six);
    }
    bool pending = false;
    for (const struct spf_evaluation *e = a->relays; e != NULL; e = e->next)
        pending |= e->outcome->pending;
    return pending;
}

/* "mail.example.com, mail2.example.com" */
static const char *home_hosts(const struct spf_audit *a)
{
    const struct ma_answer *mx = ma_dns(a->run, MA_MX, "%s", a->target->domain);
    const char *text = "";
    size_t count = 0;
    for (size_t i = 0; i < mx->rr_count && count < HOME_MAX; i++) {
        const char *host = mx->rrs[i].mx.exchange;
        if (is_host(host) && is_home(a, host))
            text = ma_text(a->run, "%s%s%s", text, count++ > 0 ? ", " : "", host);
    }
    return text;
}

struct told { /* the finding, while it grows */
    struct ma_finding *finding;
    const char *first, *last, *also; /* hosts */
};

static void report_relay(struct spf_audit *a, struct told *t, const struct spf_evaluation *e)
{
    const char *host = e->sender->host;
    if (!is_refused(e->outcome))
        return;
    t->finding = ma_report_also(a->run, &spf_rules[SPF_MX_RELAY], host, "%s (%s): %s", host,
        e->sender->text, ma_spf_result_name(e->outcome->result));
    if (t->first == NULL)
        t->first = host;
    else if (strcmp(host, t->first) != 0 && strcmp(host, t->last) != 0)
        t->also = ma_text(a->run, "%s and %s", t->also, host);
    t->last = host;
}

void spf_report_relays(struct spf_audit *a)
{
    struct told told = {.also = ""};
    for (const struct spf_evaluation *e = a->relays; e != NULL; e = e->next)
        report_relay(a, &told, e);
    for (size_t i = 0; i < a->evaluation_count; i++) {
        const struct spf_evaluation *e = &a->evaluations[i];
        if (!e->is_helo && spf_is_relay(a, e->sender))
            report_relay(a, &told, e);
    }
    if (told.finding == NULL)
        return;
    ma_fix(told.finding, "home", "%s", home_hosts(a));
    ma_fix(told.finding, "also", "%s", told.also);
}
