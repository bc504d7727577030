/* SPDX-License-Identifier: MIT */
/*
 * dns - whose fault is a missing answer: our resolver's, or the domain's name servers'?
 *
 * As long as the domain's questions are answered, only the domain itself is asked about, so that a
 * zone file, its server and a recording give the same report. Once one fails, the canary tells a
 * resolver of ours that is dead; with one that lives, the zone's servers are asked themselves. The
 * same is done on request (--name-servers), and so is validation (--dnssec).
 */
#include "dns_check.h"

#include <stdlib.h>

bool dns_is_trouble(const struct ma_answer *a)
{
    return a->failure == MA_FAIL_TIMEOUT || a->failure == MA_FAIL_NETWORK ||
           a->failure == MA_FAIL_SERVFAIL;
}

bool dns_is_heard(const struct ma_answer *a)
{
    switch (a->failure) {
    case MA_FAIL_NONE:
        return a->status != MA_PENDING;
    case MA_FAIL_SERVFAIL:
    case MA_FAIL_REFUSED:
    case MA_FAIL_RCODE:
    case MA_FAIL_MALFORMED:
    case MA_FAIL_TRUNCATED:
    case MA_FAIL_TOO_LARGE:
    case MA_FAIL_CNAME_LOOP:
    case MA_FAIL_BOGUS:
        return true;
    default:
        return false;
    }
}

/* The one to look into: that which a server is to blame for, or else any. */
static const struct ma_answer *worse(const struct ma_answer *a, const struct ma_answer *b)
{
    if (a->status != MA_FAILED)
        return b->status == MA_FAILED ? b : NULL;
    return b->status == MA_FAILED && dns_is_trouble(b) && !dns_is_trouble(a) ? b : a;
}

/* What else was found out on the way. */
static const char *what_is_known(struct dns *d, enum dns_health health)
{
    const char *text = health == DNS_ALIVE ? "; our resolver answers other questions" : "";
    if (d->good_servers > 0)
        return ma_text(
            d->run, "%s; name servers of the domain, asked by us, answer for its SOA", text);
    if (d->unfound != NULL)
        return ma_text(
            d->run, "%s; the domain's name servers could not be asked: %s", text, d->unfound);
    return text;
}

static void report_failed(struct dns *d, enum dns_health health)
{
    const struct ma_answer *a = d->failed;
    ma_failed(ma_report(d->run, &dns_rules[DNS_LOOKUP_FAILED], d->domain, "%s %s: %s%s%s%s",
                  a->name, ma_type_name(d->run, a->type), ma_failure_phrase(a->failure),
                  *a->detail != '\0' ? ": " : "", a->detail, what_is_known(d, health)),
        a);
}

/* The servers have answers, but a resolver that validates may not let us have them. */
static bool is_perhaps_bogus(const struct dns *d)
{
    if (d->failed == NULL)
        return false;
    return d->failed->failure == MA_FAIL_BOGUS || (d->trouble && d->good_servers > 0);
}

/* With a resolver that lives, or may. */
static void judge_domain(struct dns *d, enum dns_health health)
{
    if (d->settings->name_servers || (d->trouble && health == DNS_ALIVE))
        dns_servers_judge(d);
    dns_probe_judge(d);
    if (d->settings->dnssec)
        dns_dnssec_judge(d, true);
    else if (is_perhaps_bogus(d))
        dns_dnssec_judge(d, false);
    if (d->failed == NULL)
        ma_report(d->run, &dns_rules[DNS_ANSWERS], d->domain, "questions for its MX and TXT");
    else if (!d->explained)
        report_failed(d, health);
}

static void run(struct ma_run *run)
{
    const char *domain = ma_target(run)->domain;
    struct dns d = {.run = run,
        .settings = ma_state(run),
        .domain = domain,
        .mx = ma_dns(run, MA_MX, "%s", domain),
        .txt = ma_dns(run, MA_TXT, "%s", domain)};
    d.probe = dns_probe_ask(&d);
    d.failed = worse(d.mx, d.txt);
    d.trouble = d.failed != NULL && dns_is_trouble(d.failed);
    enum dns_health health = dns_resolver_health(&d);
    if (health != DNS_DEAD)
        judge_domain(&d, health);
}

static bool open_settings(const struct ma_setup *setup, void **state_r)
{
    const char *canary = ma_setting(setup, "canary");
    struct dns_settings *s = calloc(1, sizeof *s);
    if (s == NULL) {
        ma_setup_error(setup, "out of memory");
        return false;
    }
    s->canary = canary != NULL ? canary : ".";
    s->dnssec = ma_setting(setup, "dnssec") != NULL;
    s->name_servers = ma_setting(setup, "name-servers") != NULL;
    *state_r = s;
    return true;
}

MA_CHECK(dns, .area = "dns", .title = "Name servers, resolver and DNSSEC",
    .empty_result =
        "{\"resolver\": {\"alive\": null, \"canary\": null, \"rewrites\": null, "
        "\"strips_dnssec\": null}, \"wildcard\": null, \"zone\": null, \"servers\": [{\"name\": "
        "null, \"address\": null, \"state\": null, \"serial\": null, \"failure\": null}], "
        "\"dnssec\": null, \"dnssec_reason\": null}",
    .rules = dns_rules, .rule_count = DNS_RULE_COUNT, .open = open_settings, .run = run,
    .close = free);
