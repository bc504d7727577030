/* SPDX-License-Identifier: MIT */
/* dns_servers.c - what the name servers of the domain's zone are worth. */
#include "dns_check.h"

#include <string.h>

/* How many of the zone's servers, each at each of its addresses, are what. */
struct census {
    size_t asked, state[DNS_NOT_ASKED + 1];
    size_t unknown;   /* servers or addresses that could not be asked */
    size_t addressed; /* servers that have an address */
    bool serials_differ;
    uint32_t serial;
};

struct view {
    struct dns *dns;
    struct ma_run *run;
    const struct dns_zone *zone;
    struct census census;
};

static const char *const state_names[] = {
    [DNS_GOOD] = "good",
    [DNS_SILENT] = "silent",
    [DNS_LAME] = "lame",
    [DNS_REFUSING] = "refusing",
    [DNS_NOT_ASKED] = "unknown",
};

/* ---- counting -------------------------------------------------------------------------------- */

static void count_asked(struct census *c, const struct dns_asked *a)
{
    c->asked++;
    c->state[a->state]++;
    c->unknown += a->state == DNS_NOT_ASKED;
    if (a->state != DNS_GOOD)
        return;
    uint32_t serial = a->soa->rrs[0].soa.serial;
    c->serials_differ = c->serials_differ || (c->state[DNS_GOOD] > 1 && serial != c->serial);
    c->serial = serial;
}

static void count_servers(struct view *v)
{
    struct census *c = &v->census;
    c->unknown = v->zone->left_out;
    for (size_t i = 0; i < v->zone->count; i++) {
        const struct dns_server *s = &v->zone->servers[i];
        c->unknown += s->left_out + (s->failed != NULL);
        c->addressed += s->count > 0;
        for (size_t k = 0; k < s->count; k++)
            count_asked(c, &s->asked[k]);
    }
    v->dns->good_servers = c->state[DNS_GOOD];
}

/* ---- words ----------------------------------------------------------------------------------- */

static const char *place_of(
    struct view *v, const struct dns_server *s, const struct dns_asked *asked)
{
    return ma_text(v->run, "%s (%s)", s->name, ma_address_text(v->run, &asked->address));
}

static const char *failure_text(struct view *v, const struct ma_answer *a)
{
    return ma_text(
        v->run, "%s%s%s", ma_failure_phrase(a->failure), *a->detail != '\0' ? ": " : "", a->detail);
}

static const char *words_for(struct view *v, const struct dns_asked *a)
{
    if (a->state == DNS_GOOD)
        return ma_text(v->run, "serial %lu", (unsigned long)a->soa->rrs[0].soa.serial);
    if (a->soa->status == MA_FAILED)
        return failure_text(v, a->soa);
    return ma_text(v->run, "there is no SOA record of %s", v->zone->name);
}

/* "ns1.example.net (192.0.2.1): no answer in time; ns2 ..." */
static const char *all_in_words(struct view *v, bool good_only)
{
    const char *text = "";
    for (size_t i = 0; i < v->zone->count; i++) {
        const struct dns_server *s = &v->zone->servers[i];
        if (s->count == 0 && s->failed == NULL && !good_only)
            text = ma_text(v->run, "%s%s%s: no address", text, *text != '\0' ? "; " : "", s->name);
        for (size_t k = 0; k < s->count; k++)
            if (s->asked[k].state == DNS_GOOD || !good_only)
                text = ma_text(v->run, "%s%s%s: %s", text, *text != '\0' ? "; " : "",
                    place_of(v, s, &s->asked[k]), words_for(v, &s->asked[k]));
    }
    return text;
}

static void put_servers(struct view *v)
{
    struct ma_data *result = ma_result(v->run);
    ma_put(result, "zone", v->zone->name);
    for (size_t i = 0; i < v->zone->count; i++) {
        const struct dns_server *s = &v->zone->servers[i];
        for (size_t k = 0; k < s->count; k++) {
            const struct dns_asked *a = &s->asked[k];
            struct ma_data *row = ma_append(result, "servers");
            ma_put(row, "name", s->name);
            ma_put(row, "address", ma_address_text(v->run, &a->address));
            ma_put(row, "state", state_names[a->state]);
            if (a->state == DNS_GOOD)
                ma_put_int(row, "serial", a->soa->rrs[0].soa.serial);
            if (a->soa->status == MA_FAILED)
                ma_put(row, "failure", ma_failure_name(a->soa->failure));
        }
        if (s->count == 0) {
            struct ma_data *row = ma_append(result, "servers");
            ma_put(row, "name", s->name);
            ma_put(row, "state", s->failed != NULL ? "unknown" : "no-address");
        }
    }
}

/* ---- the zone as a whole --------------------------------------------------------------------- */

/*
 * Critical only if the domain's questions go unanswered, and no server of its zone, asked at each
 * of its addresses, gives an answer. It says all that there is to say of the single servers.
 */
static bool judge_zone(struct view *v)
{
    const struct census *c = &v->census;
    if (c->state[DNS_GOOD] > 0 || c->unknown > 0 || c->asked == 0 || !v->dns->trouble)
        return false;
    enum dns_rule rule = c->state[DNS_SILENT] == c->asked ? DNS_ALL_SILENT : DNS_ALL_LAME;
    ma_report(v->run, &dns_rules[rule], v->zone->name, "%s", all_in_words(v, false));
    v->dns->explained = true;
    return true;
}

static void judge_serials(struct view *v)
{
    if (v->census.serials_differ)
        ma_report(
            v->run, &dns_rules[DNS_SERIAL_DIFFERS], v->zone->name, "%s", all_in_words(v, true));
}

static void judge_whole(struct view *v)
{
    const struct census *c = &v->census;
    if (c->asked == 0 || c->unknown > 0 || c->state[DNS_GOOD] < c->asked ||
        c->addressed < v->zone->count)
        return;
    ma_report(v->run, &dns_rules[DNS_SERVERS_GOOD], v->zone->name, "%s", all_in_words(v, false));
}

/* ---- each server ----------------------------------------------------------------------------- */

static void report_asked(struct view *v, const struct dns_server *s, const struct dns_asked *a)
{
    static const enum dns_rule by_state[] = {
        [DNS_SILENT] = DNS_SERVER_SILENT,
        [DNS_LAME] = DNS_SERVER_LAME,
        [DNS_REFUSING] = DNS_SERVER_REFUSES,
        [DNS_NOT_ASKED] = DNS_SERVERS_UNKNOWN,
    };
    const char *place = place_of(v, s, a);
    if (a->state == DNS_GOOD)
        return;
    struct ma_finding *f = ma_report_also(
        v->run, &dns_rules[by_state[a->state]], place, "%s: %s", place, words_for(v, a));
    ma_fix(f, "zone", "%s", v->zone->name);
    if (a->state == DNS_NOT_ASKED)
        ma_failed(f, a->soa);
}

static void report_server(struct view *v, const struct dns_server *s)
{
    if (s->failed != NULL) {
        ma_failed(ma_report_also(v->run, &dns_rules[DNS_SERVERS_UNKNOWN], s->name, "%s %s: %s",
                      s->name, ma_type_name(v->run, s->failed->type), failure_text(v, s->failed)),
            s->failed);
    } else if (s->count == 0) {
        struct ma_finding *f = ma_report_also(v->run, &dns_rules[DNS_SERVER_WITHOUT_ADDRESS],
            s->name, "%s has neither A nor AAAA records", s->name);
        ma_fix(f, "zone", "%s", v->zone->name);
    }
    for (size_t k = 0; k < s->count; k++)
        report_asked(v, s, &s->asked[k]);
}

static void report_left_out(struct view *v)
{
    size_t addresses = 0;
    for (size_t i = 0; i < v->zone->count; i++)
        addresses += v->zone->servers[i].left_out;
    if (v->zone->left_out + addresses > 0)
        ma_report_also(v->run, &dns_rules[DNS_SERVERS_UNKNOWN], v->zone->name,
            "more than %d servers, or more than %d addresses of one: %zu and %zu were left out",
            DNS_SERVERS_MAX, DNS_ADDRESSES_MAX, v->zone->left_out, addresses);
}

static void report_not_found(struct view *v)
{
    const struct dns_zone *z = v->zone;
    const char *text = z->unfound;
    if (z->failed != NULL)
        text = ma_text(v->run, "%s: %s", z->unfound, failure_text(v, z->failed));
    v->dns->unfound = text;
    if (!v->dns->settings->name_servers)
        return;
    struct ma_finding *f =
        ma_report(v->run, &dns_rules[DNS_SERVERS_UNKNOWN], v->dns->domain, "%s", text);
    if (z->failed != NULL)
        ma_failed(f, z->failed);
}

void dns_servers_judge(struct dns *d)
{
    struct dns_zone zone;
    dns_walk(d, &zone);
    struct view v = {.dns = d, .run = d->run, .zone = &zone};
    if (zone.name == NULL) {
        report_not_found(&v);
        return;
    }
    count_servers(&v);
    put_servers(&v);
    if (judge_zone(&v))
        return;
    for (size_t i = 0; i < zone.count; i++)
        report_server(&v, &zone.servers[i]);
    report_left_out(&v);
    judge_serials(&v);
    judge_whole(&v);
}
