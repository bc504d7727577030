/* SPDX-License-Identifier: MIT */
/*
 * flatten.c - the networks that an SPF policy authorises, whosever it is, and the record with which
 * they could stand in it themselves. Runs for `mailaudit flatten` and where --check names it.
 */
#include <mailaudit/check.h>

#include "spf/flat.h"

#include <string.h>

/* Networks and sources that are listed; more is no list that anybody can use. */
#define FLATTEN_NETWORKS_MAX 10000
#define TERMS_SHOWN          6

enum { RULE_INCOMPLETE, RULE_PARTIAL, RULE_NETWORKS };

static const struct ma_rule rules[] = {
    [RULE_INCOMPLETE] = {.id = "flatten.incomplete",
        .severity = MA_UNKNOWN,
        .could_be = MA_WARNING,
        .title = "networks are missing from what the SPF record was flattened to",
        .why = "who is in a network that is not known yet would be left out of a record or list "
               "made of it",
        .fix = "run it again; if it stays so, have the name servers of {subject} mended",
        .reference = "RFC 7208 4.4"},
    [RULE_PARTIAL] = {.id = "flatten.partial",
        .severity = MA_INFO,
        .title = "not all of the SPF record can be said as networks",
        .why = "these terms are decided anew for each message, or end in an error: a list of "
               "networks does not have what they allow",
        .fix = "keep these terms where the networks take the record's place, or mend them",
        .reference = "RFC 7208 5 and 7"},
    [RULE_NETWORKS] = {.id = "flatten.networks",
        .severity = MA_PASS,
        .title = "the networks that the SPF record authorises are known",
        .why = "they can stand in the record themselves, or in a list of known senders",
        .reference = "RFC 7208 5"},
};

struct flattening {
    struct ma_run *run;
    const char *domain;
    const struct ma_spf_flat *flat;
    const struct ma_spf_walk *walk;
    struct ma_data *result;
    size_t room; /* for networks */
    bool cut;
};

/* ---- the parts of the result ----------------------------------------------------------------- */

static void put_networks(
    struct flattening *f, struct ma_data *data, struct ma_netset set, unsigned family)
{
    struct ma_networks networks;
    struct ma_address address;
    unsigned prefix, width = family == 4 ? 32 : 128;
    ma_networks_begin(&networks, set, family);
    while (ma_networks_next(&networks, &address, &prefix)) {
        const char *text = ma_address_text(f->run, &address);
        if (f->room == 0) {
            f->cut = true;
            return;
        }
        f->room--;
        ma_append_text(
            data, "networks", prefix == width ? text : ma_text(f->run, "%s/%u", text, prefix));
    }
}

static void put_sources(struct flattening *f)
{
    f->room = FLATTEN_NETWORKS_MAX;
    for (const struct ma_spf_grant *g = f->flat->grants; g != NULL && f->room > 0; g = g->next) {
        struct ma_data *row = ma_append(f->result, "sources");
        ma_put(row, "domain", g->owner);
        ma_put_bytes(row, "term", g->record->text + g->term->offset, g->term->length);
        put_networks(f, row, g->networks.v4, 4);
        put_networks(f, row, g->networks.v6, 6);
    }
}

static const char *detail_of(struct ma_run *run, const struct ma_spf_left *left)
{
    const struct ma_answer *answer = left->answer;
    if (answer == NULL || answer->status != MA_FAILED)
        return NULL;
    return ma_text(run, "%s %s: %s%s%s", answer->name, ma_type_name(run, answer->type),
        ma_failure_phrase(answer->failure), answer->detail[0] != '\0' ? ": " : "", answer->detail);
}

static void put_lefts(struct flattening *f)
{
    for (const struct ma_spf_left *l = f->flat->lefts; l != NULL; l = l->next) {
        struct ma_data *row = ma_append(f->result, "left");
        ma_put(row, "domain", l->owner);
        if (l->term != NULL)
            ma_put_bytes(row, "term", l->record->text + l->term->offset, l->term->length);
        ma_put(row, "why", ma_spf_why_name(l->why));
        ma_put(row, "text", ma_spf_why_text(l->why));
        ma_put(row, "name", l->name);
        ma_put(row, "detail", detail_of(f->run, l));
    }
}

/* Only of a record that can be read: nothing is lost then. */
static void put_records(struct flattening *f)
{
    const struct ma_spf_record *own = f->flat->policy->record;
    if (f->flat->policy->found != MA_SPF_FOUND || own->fault_count > 0 || f->flat->cut || f->cut)
        return;
    const struct ma_spf_flat_records *records = ma_spf_flat_write(f->run, f->flat, f->domain);
    if (records == NULL)
        return;
    for (const struct ma_spf_flat_record *r = records->list; r != NULL; r = r->next) {
        struct ma_data *row = ma_append(f->result, "records");
        ma_put(row, "owner", r->owner);
        ma_put(row, "rdata", ma_txt_rdata(f->run, r->text, strlen(r->text)));
    }
    ma_put_int(f->result, "records_lookups", records->lookups);
    ma_put_bool(f->result, "records_fit", !records->over);
}

static void put_limits(struct flattening *f)
{
    if (f->walk->cut || f->walk->endless)
        return;
    ma_put_int(f->result, "lookups", f->walk->lookups);
    for (const struct ma_spf_problem *p = f->walk->problems; p != NULL; p = p->next) {
        if (p->kind == MA_SPF_LOOKUP_LIMIT)
            ma_append_text(f->result, "over_limits",
                ma_text(f->run, "%u look-ups of %d", f->walk->lookups, MA_SPF_LOOKUPS_MAX));
        if (p->kind == MA_SPF_VOID_LIMIT)
            ma_append_text(f->result, "over_limits",
                ma_text(
                    f->run, "%u names without records of %d", f->walk->voids, MA_SPF_VOIDS_MAX));
        if (p->kind == MA_SPF_MX_LIMIT)
            ma_append_text(f->result, "over_limits",
                ma_text(f->run, "%zu mail exchangers of %s, of %d", p->answer->rr_count, p->name,
                    MA_SPF_HOSTS_MAX));
    }
}

/* ---- what it comes to ------------------------------------------------------------------------ */

static bool is_incomplete(const struct flattening *f)
{
    return f->flat->failed != NULL || f->flat->cut || f->cut;
}

static const char *state_of(const struct flattening *f)
{
    if (is_incomplete(f))
        return "incomplete";
    if (f->flat->policy->found == MA_SPF_NONE_THERE)
        return "none";
    if (f->flat->broken)
        return "broken";
    return f->flat->partial ? "partial" : "complete";
}

/* "exists:%{i}.example.com of example.com, ...": those that matter. */
static const char *left_terms(struct flattening *f)
{
    const char *text = "";
    size_t shown = 0;
    for (const struct ma_spf_left *l = f->flat->lefts; l != NULL; l = l->next) {
        if (l->why == MA_SPF_WHY_MODIFIER || l->why == MA_SPF_WHY_IGNORED)
            continue;
        if (shown == TERMS_SHOWN)
            return ma_text(f->run, "%s, and more", text);
        const char *term =
            l->term == NULL
                ? "the record"
                : ma_bytes_text(f->run, l->record->text + l->term->offset, l->term->length);
        text = ma_text(f->run, "%s%s%s of %s", text, shown++ > 0 ? ", " : "", term, l->owner);
    }
    return text;
}

static void report_incomplete(struct flattening *f)
{
    const struct ma_answer *failed = f->flat->failed;
    if (failed == NULL) {
        ma_report(f->run, &rules[RULE_INCOMPLETE], f->domain,
            "a bound was reached: %d records, %d networks", MA_SPF_NAMES_MAX, FLATTEN_NETWORKS_MAX);
        return;
    }
    ma_failed(ma_report(f->run, &rules[RULE_INCOMPLETE], failed->name, "%s %s: %s", failed->name,
                  ma_type_name(f->run, failed->type), ma_failure_phrase(failed->failure)),
        failed);
}

static void report(struct flattening *f)
{
    if (is_incomplete(f))
        report_incomplete(f);
    else if (f->flat->partial)
        ma_report(f->run, &rules[RULE_PARTIAL], f->domain, "%s", left_terms(f));
    else if (f->flat->policy->found == MA_SPF_FOUND)
        ma_report(f->run, &rules[RULE_NETWORKS], f->domain, "%zu networks, %llu IPv4 addresses",
            FLATTEN_NETWORKS_MAX - f->room,
            (unsigned long long)ma_netset_size4(f->flat->passed.v4));
}

static void check_flatten(struct ma_run *run)
{
    struct flattening f = {.run = run, .domain = ma_target(run)->domain};
    struct ma_spf spf;
    ma_spf_init(&spf, run);
    const struct ma_spf_name *name = ma_spf_name(run, f.domain, strlen(f.domain));
    f.flat = ma_spf_flatten(&spf, name);
    f.walk = ma_spf_walk(&spf, name, 1, NULL);
    if (f.flat->pending || f.walk->pending)
        return;
    f.result = ma_result(run);
    ma_put(f.result, "domain", f.domain);
    put_sources(&f);
    f.room = FLATTEN_NETWORKS_MAX;
    put_networks(&f, f.result, f.flat->passed.v4, 4);
    put_networks(&f, f.result, f.flat->passed.v6, 6);
    put_lefts(&f);
    put_limits(&f);
    put_records(&f);
    ma_put(f.result, "default", f.flat->tail[0] != '\0' ? f.flat->tail : NULL);
    ma_put_int(f.result, "ipv4_addresses", (int64_t)ma_netset_size4(f.flat->passed.v4));
    ma_put(f.result, "state", state_of(&f));
    report(&f);
}

MA_CHECK(flatten, .area = "spf", .title = "SPF as networks",
    .empty_result =
        "{\"domain\":null,\"state\":null,\"networks\":[],\"ipv4_addresses\":null,\"default\":null,"
        "\"left\":[{\"domain\":null,\"term\":null,\"why\":null,\"text\":null,\"name\":null,"
        "\"detail\":null}],\"lookups\":null,\"over_limits\":[],"
        "\"sources\":[{\"domain\":null,\"term\":null,\"networks\":[]}],"
        "\"records\":[{\"owner\":null,\"rdata\":null}],\"records_lookups\":null,"
        "\"records_fit\":null}",
    .rules = rules, .rule_count = sizeof rules / sizeof *rules, .run = check_flatten,
    .on_demand = true);
