/* SPDX-License-Identifier: MIT */
/* dns_resolver.c - is our own resolver to be believed? */
#include "dns_check.h"

#include <string.h>

/* FNV-1a: the same domain is always asked for the same name, so that a recording has it. */
static const char *invented_label(struct dns *d, const char *salt)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (const char *p = salt; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    for (const char *p = d->domain; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    return ma_text(d->run, "no-such-name-%08lx", (unsigned long)((h ^ h >> 32) & 0xffffffff));
}

const struct ma_answer *dns_probe_ask(struct dns *d)
{
    const char *label = invented_label(d, "probe");
    if (strcmp(d->domain, ".") == 0)
        return NULL;
    const struct ma_answer *a = ma_dns(d->run, MA_A, "%s.%s", label, d->domain);
    return a->failure != MA_FAIL_BAD_NAME ? a : NULL; /* the domain fills the 255 bytes */
}

/* ---- alive? ---------------------------------------------------------------------------------- */

static bool is_good_word(const struct ma_answer *a)
{
    return a != NULL && dns_is_heard(a) && a->failure != MA_FAIL_SERVFAIL;
}

static void put_alive(struct dns *d, bool alive)
{
    ma_put_bool(ma_object(ma_result(d->run), "resolver"), "alive", alive);
}

static const char *what_became(struct dns *d, const struct ma_answer *a)
{
    return ma_text(
        d->run, "%s %s: %s", a->name, ma_type_name(d->run, a->type), ma_failure_phrase(a->failure));
}

static enum dns_health ask_canary(struct dns *d)
{
    const struct ma_answer *canary = ma_dns(d->run, MA_NS, "%s", d->settings->canary);
    ma_put(ma_object(ma_result(d->run), "resolver"), "canary", d->settings->canary);
    if (is_good_word(canary)) {
        put_alive(d, true);
        return DNS_ALIVE;
    }
    if (!dns_is_trouble(canary))
        return DNS_HEALTH_UNKNOWN;
    put_alive(d, false);
    ma_failed(ma_report(d->run, &dns_rules[DNS_RESOLVER_DEAD], d->domain, "%s; the canary too: %s",
                  what_became(d, d->failed), what_became(d, canary)),
        canary);
    return DNS_DEAD;
}

enum dns_health dns_resolver_health(struct dns *d)
{
    if (is_good_word(d->mx) || is_good_word(d->txt) || is_good_word(d->probe)) {
        put_alive(d, true);
        return DNS_ALIVE;
    }
    return d->trouble ? ask_canary(d) : DNS_HEALTH_UNKNOWN;
}

/* ---- does it make up answers? ---------------------------------------------------------------- */

static bool has_address(const struct ma_answer *a)
{
    return a->status == MA_OK;
}

static bool is_absent(const struct ma_answer *a)
{
    return a->status == MA_NODATA || a->status == MA_NXDOMAIN;
}

/*
 * The invented name has an address. A wildcard has a name for every type: the name exists, and so
 * does the zone. A resolver that makes up addresses says of another type that there is no such
 * name, or has nothing but addresses for the domain, too.
 */
static bool is_odd(struct dns *d)
{
    const struct ma_answer *same = ma_dns(d->run, MA_TXT, "%s", d->probe->name);
    const struct ma_answer *soa = ma_dns(d->run, MA_SOA, "%s", d->domain);
    const struct ma_answer *ns = ma_dns(d->run, MA_NS, "%s", d->domain);
    if (d->settings->name_servers || d->trouble)
        return true;
    if (same->status == MA_NXDOMAIN || same->status == MA_FAILED)
        return true;
    return is_absent(d->mx) && is_absent(d->txt) && soa->status != MA_OK && ns->status != MA_OK;
}

static const char *last_label(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL ? dot + 1 : name;
}

static void report_rewrites(struct dns *d, const struct ma_answer *made_up)
{
    ma_put_bool(ma_object(ma_result(d->run), "resolver"), "rewrites", true);
    ma_report(d->run, &dns_rules[DNS_RESOLVER_REWRITES], d->domain,
        "%s, which cannot exist, has the address %s", made_up->name,
        ma_address_text(d->run, &made_up->rrs[0].address));
}

static void report_wildcard(struct dns *d)
{
    ma_put_bool(ma_object(ma_result(d->run), "resolver"), "rewrites", false);
    ma_put_bool(ma_result(d->run), "wildcard", true);
    ma_report(d->run, &dns_rules[DNS_WILDCARD], d->domain, "%s has the address %s", d->probe->name,
        ma_address_text(d->run, &d->probe->rrs[0].address));
}

static void report_unprobed(struct dns *d, const struct ma_answer *a)
{
    ma_failed(
        ma_report(d->run, &dns_rules[DNS_PROBE_FAILED], d->domain, "%s", what_became(d, a)), a);
}

/* Names that no zone has: "invalid" by RFC 6761 6.4, but some resolvers answer that one
   themselves; so also one below a top-level domain without a wildcard. */
static void judge_elsewhere(struct dns *d)
{
    const char *canary = d->settings->canary;
    const char *top = last_label(canary);
    const struct ma_answer *asked[] = {
        ma_dns(d->run, MA_A, "%s.invalid", invented_label(d, "invalid")),
        ma_dns(d->run, MA_A, "%s.%s", invented_label(d, "elsewhere"), *top != '\0' ? top : "com"),
    };
    for (size_t i = 0; i < 2; i++) {
        if (has_address(asked[i])) {
            report_rewrites(d, asked[i]);
            return;
        }
    }
    for (size_t i = 0; i < 2; i++) {
        if (asked[i]->status == MA_FAILED) {
            report_unprobed(d, asked[i]);
            return;
        }
    }
    report_wildcard(d);
}

void dns_probe_judge(struct dns *d)
{
    if (d->probe == NULL)
        return;
    if (is_absent(d->probe)) {
        ma_put_bool(ma_object(ma_result(d->run), "resolver"), "rewrites", false);
        ma_put_bool(ma_result(d->run), "wildcard", false);
    } else if (d->probe->status == MA_FAILED) {
        if (d->failed == NULL) /* else it is the same failure */
            report_unprobed(d, d->probe);
    } else if (has_address(d->probe)) {
        if (is_odd(d))
            judge_elsewhere(d);
        else
            report_wildcard(d);
    }
}
