/* SPDX-License-Identifier: MIT */
/*
 * ptr - reverse DNS: the PTR names of each address that the domain sends from, whether each name
 * leads back to the address (forward-confirmed), and whether it is a mail server's own name.
 */
#include "ptr.h"
#include "rdap_lookup.h"
#include "special.h"

#include <string.h>

#define NAMES_SHOWN 8 /* of one address, in evidence */

/* ---- asking ---------------------------------------------------------------------------------- */

static void ask_ptr(struct ma_run *run, struct ptr_address *address, const struct ma_sender *sender)
{
    address->sender = sender;
    address->owner = ma_text(run, "%s.%s", ma_address_reversed(run, &sender->address),
        sender->address.family == 6 ? "ip6.arpa" : "in-addr.arpa");
    address->ptr = ma_dns(run, MA_PTR, "%s", address->owner);
}

static void ask_names(struct ma_run *run, struct ptr_address *address)
{
    const struct ma_answer *ptr = address->ptr;
    enum ma_rrtype type = address->sender->address.family == 6 ? MA_AAAA : MA_A;

    address->name_count = ptr->rr_count < PTR_NAMES_MAX ? ptr->rr_count : PTR_NAMES_MAX;
    address->left_out = ptr->rr_count - address->name_count;
    address->names = ma_alloc(run, sizeof(struct ptr_name) * (address->name_count + 1));
    for (size_t i = 0; i < address->name_count; i++) {
        address->names[i].name = ptr->rrs[i].name;
        address->names[i].forward = ma_dns(run, type, "%s", ptr->rrs[i].name);
    }
}

static void judge_names(struct ptr_address *address)
{
    for (size_t i = 0; i < address->name_count; i++) {
        struct ptr_name *name = &address->names[i];
        for (size_t k = 0; k < name->forward->rr_count; k++)
            name->confirms = name->confirms || ma_address_equal(&name->forward->rrs[k].address,
                                                   &address->sender->address);
        name->verdict = ptr_classify(name->name, &address->sender->address);
        address->confirming += name->confirms;
        address->failed += name->forward->status == MA_FAILED;
    }
}

/* ---- words ----------------------------------------------------------------------------------- */

const char *ptr_record_owner(const struct ptr_address *address)
{
    const struct ma_answer *ptr = address->ptr;

    for (size_t i = ptr->chain_count; i > 0; i--)
        if (ptr->chain[i - 1].type == MA_CNAME)
            return ptr->chain[i - 1].name;
    return address->owner;
}

static bool is_taken(const struct ptr_audit *audit, const struct ptr_address *own, const char *name)
{
    for (size_t i = 0; i < audit->count; i++) {
        const struct ptr_address *other = &audit->list[i];
        if (other == own || other->sender->address.family != own->sender->address.family)
            continue;
        for (size_t k = 0; k < other->name_count; k++)
            if (strcmp(other->names[k].name, name) == 0)
                return true;
    }
    return false;
}

static bool is_good(const struct ptr_name *name)
{
    return name->confirms && name->verdict.kind == PTR_NAMED && ma_is_hostname(name->name);
}

const char *ptr_good_name(const struct ptr_address *address)
{
    const char *first = NULL;

    for (size_t i = 0; i < address->name_count; i++) {
        const struct ptr_name *name = &address->names[i];
        if (!is_good(name))
            continue;
        if (name->verdict.heuristic == PTR_BY_MAIL_WORD)
            return name->name;
        first = first != NULL ? first : name->name;
    }
    return first;
}

/* How many addresses of the family come before this one and need a name as it does. */
static size_t rank_in_family(const struct ptr_audit *audit, const struct ptr_address *address)
{
    size_t rank = 0;

    for (const struct ptr_address *other = audit->list; other < address; other++)
        rank += other->sender->address.family == address->sender->address.family &&
                other->sender->host == NULL && ptr_good_name(other) == NULL;
    return rank;
}

/* The name that the address should have: the HELO name, the host that it was found by, or "mail",
   "mail2"... of the domain, each of them once in a family. */
static const char *proposed_name(
    struct ma_run *run, const struct ptr_audit *audit, const struct ptr_address *address)
{
    const struct ma_target *target = ma_target(run);
    const char *host = address->sender->host, *name;
    size_t number;

    if (target->helo != NULL && ma_is_hostname(target->helo))
        return target->helo;
    if (host != NULL && ma_is_hostname(host) &&
        ptr_classify(host, &address->sender->address).kind == PTR_NAMED)
        return host;
    number = 1 + rank_in_family(audit, address);
    do {
        name = number > 1 ? ma_text(run, "mail%zu.%s", number, target->domain)
                          : ma_text(run, "mail.%s", target->domain);
    } while (number++ <= 2 * audit->count && is_taken(audit, address, name));
    return name;
}

/* The name that the address has and may keep, or the proposed one. */
static const char *best_name(
    struct ma_run *run, const struct ptr_audit *audit, const struct ptr_address *address)
{
    const char *good = ptr_good_name(address);

    return good != NULL ? good : proposed_name(run, audit, address);
}

static const char *through(struct ma_run *run, const struct ptr_address *address)
{
    const char *owner = ptr_record_owner(address);

    return strcmp(owner, address->owner) == 0 ? "" : ma_text(run, " (an alias of %s)", owner);
}

static const char *forward_text(struct ma_run *run, const struct ptr_name *name)
{
    const struct ma_answer *forward = name->forward;
    const char *type = ma_type_name(run, forward->type);

    if (name->confirms)
        return ma_text(run, "%s leads back", name->name);
    switch (forward->status) {
    case MA_NXDOMAIN:
        return ma_text(run, "%s does not exist (NXDOMAIN)", name->name);
    case MA_NODATA:
        return ma_text(run, "%s has no %s record", name->name, type);
    case MA_FAILED:
        return ma_text(run, "%s %s: %s", name->name, type, ma_failure_phrase(forward->failure));
    case MA_PENDING:
        return name->name;
    default:
        return ma_text(run, "%s leads to %s%s", name->name,
            ma_address_text(run, &forward->rrs[0].address),
            forward->rr_count > 1 ? " and others, but not back" : "");
    }
}

/* What each name leads to, those that do not lead back first. */
static const char *names_text(struct ma_run *run, const struct ptr_address *address)
{
    const char *text = "";
    size_t shown = 0, total = address->name_count + address->left_out;

    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < address->name_count && shown < NAMES_SHOWN; i++) {
            const struct ptr_name *name = &address->names[i];
            if (name->confirms == (pass == 1))
                text =
                    ma_text(run, "%s%s%s", text, shown++ > 0 ? "; " : "", forward_text(run, name));
        }
    if (shown < total)
        text = ma_text(run, "%s; and %zu more names", text, total - shown);
    if (address->left_out > 0)
        text = ma_text(run, "%s, of which %zu were not looked at", text, address->left_out);
    return text;
}

/* ---- reporting ------------------------------------------------------------------------------- */

static bool needs_whom(const struct ma_rule *rule)
{
    return rule->fix != NULL && strstr(rule->fix, "{whom}") != NULL;
}

/* A further address joins the finding of the first: the fix is worded for that one. */
static struct ma_finding *report(struct ma_run *run, struct ptr_audit *audit,
    struct ptr_address *address, enum ptr_rule rule, const char *text, const char *name)
{
    struct ma_finding *finding = ma_report_also(run, &ptr_rules[rule], address->sender->text,
        "%s%s: %s", address->sender->text, through(run, address), text);

    if (!audit->reported[rule]) {
        if (needs_whom(&ptr_rules[rule]))
            ma_fix(finding, "whom", "%s", ptr_whom(run, address));
        ma_fix(finding, "name", "%s", name);
        ma_fix(finding, "owner", "%s", address->owner);
        audit->reported[rule] = true;
    }
    return finding;
}

/* The reverse name to publish and, unless it is known to lead back, the address record to it. */
static void publish(struct ma_run *run, struct ma_finding *finding,
    const struct ptr_address *address, const char *name)
{
    const struct ma_sender *sender = address->sender;
    bool known = sender->host != NULL && strcmp(sender->host, name) == 0;

    for (size_t i = 0; i < address->name_count; i++)
        known = known || (address->names[i].confirms && strcmp(address->names[i].name, name) == 0);
    ma_publish(finding, ptr_record_owner(address), MA_PTR, ma_text(run, "%s.", name));
    if (!known)
        ma_publish(finding, name, sender->address.family == 6 ? MA_AAAA : MA_A, sender->text);
}

static void report_none(struct ma_run *run, struct ptr_audit *audit, struct ptr_address *address)
{
    const char *name = proposed_name(run, audit, address);
    struct ma_finding *finding = report(run, audit, address, PTR_RULE_NONE,
        ma_text(run, "%s %s", ptr_record_owner(address),
            address->ptr->status == MA_NXDOMAIN ? "does not exist (NXDOMAIN)"
                                                : "has no PTR record"),
        name);

    publish(run, finding, address, name);
}

static void report_unknown(struct ma_run *run, struct ptr_audit *audit, struct ptr_address *address)
{
    struct ptr_blame *blame = ptr_zone_blame(run, audit, address);
    bool lame = blame != NULL && blame->lame;
    struct ma_finding *finding;

    finding = report(run, audit, address, lame ? PTR_RULE_ZONE_LAME : PTR_RULE_UNKNOWN,
        ma_text(run, "%s PTR: %s%s", address->owner, ma_failure_phrase(address->ptr->failure),
            blame != NULL && !blame->told ? blame->text : ""),
        "");
    if (blame != NULL)
        blame->told = true;
    if (lame)
        ma_fix(finding, "zone", "%s", blame->zone);
    else
        ma_failed(finding, address->ptr);
}

/* Some names could not be looked up: what could be worse than what was seen? */
static void report_forward_unknown(
    struct ma_run *run, struct ptr_audit *audit, struct ptr_address *address)
{
    enum ptr_rule rule =
        address->confirming > 0 ? PTR_RULE_SOME_FORWARD_UNKNOWN : PTR_RULE_FORWARD_UNKNOWN;

    for (size_t i = 0; i < address->name_count; i++) {
        const struct ptr_name *name = &address->names[i];
        if (name->forward->status == MA_FAILED) {
            ma_failed(report(run, audit, address, rule, names_text(run, address), name->name),
                name->forward);
            return;
        }
    }
}

/* Returns whether the names lead back to the address, as far as is known. */
static bool judge_confirmation(
    struct ma_run *run, struct ptr_audit *audit, struct ptr_address *address)
{
    const char *name = best_name(run, audit, address), *text = names_text(run, address);
    size_t unconfirmed = address->name_count - address->confirming - address->failed;
    struct ma_finding *finding;

    if (address->failed > 0)
        report_forward_unknown(run, audit, address);
    if (address->confirming == 0 && address->failed == 0) {
        const struct ptr_name *first = &address->names[0];
        bool keep = first->verdict.kind == PTR_NAMED && ma_is_hostname(first->name);
        finding = report(run, audit, address, PTR_RULE_NOT_CONFIRMED, text, address->names[0].name);
        if (keep && ma_is_within(first->name, ma_target(run)->domain))
            ma_publish(finding, first->name, first->forward->type, address->sender->text);
        else
            publish(run, finding, address, name);
    } else if (address->confirming > 0 && unconfirmed > 0) {
        finding = report(run, audit, address, PTR_RULE_SOME_NOT_CONFIRMED, text, name);
        publish(run, finding, address, name);
    } else if (address->name_count > 1) {
        finding = report(run, audit, address, PTR_RULE_SEVERAL, text, name);
        publish(run, finding, address, name);
    } else {
        return address->failed == 0;
    }
    return false;
}

/* The name that decides: the most generic of those that lead back, or of all where none does. */
static const struct ptr_name *deciding_name(const struct ptr_address *address)
{
    const struct ptr_name *worst = NULL;

    for (size_t i = 0; i < address->name_count; i++) {
        const struct ptr_name *name = &address->names[i];
        if (address->confirming > 0 && !name->confirms)
            continue;
        if (worst == NULL || name->verdict.kind > worst->verdict.kind)
            worst = name;
    }
    return worst;
}

/* Returns whether it is a mail server's own name. */
static bool judge_kind(struct ma_run *run, struct ptr_audit *audit, struct ptr_address *address,
    const struct ptr_name *name)
{
    const struct ptr_verdict *verdict = &name->verdict;
    const char *proposed = best_name(run, audit, address), *part;
    struct ma_finding *finding;

    if (verdict->kind == PTR_NAMED)
        return true;
    part = ma_bytes_text(run, name->name + verdict->offset, verdict->length);
    finding = report(run, audit, address,
        verdict->kind == PTR_GENERIC_DYNAMIC ? PTR_RULE_GENERIC_DYNAMIC : PTR_RULE_GENERIC_STATIC,
        ma_text(run, "%s: '%s' %s", name->name, part, ptr_heuristic_phrase(verdict->heuristic)),
        proposed);
    ma_place(finding, &address->ptr->rrs[name - address->names], verdict->offset, verdict->length);
    publish(run, finding, address, proposed);
    return false;
}

static bool judge_syntax(struct ma_run *run, struct ptr_audit *audit, struct ptr_address *address)
{
    bool good = true;

    for (size_t i = 0; i < address->name_count; i++) {
        const char *name = address->names[i].name, *proposed = best_name(run, audit, address);
        if (ma_is_hostname(name))
            continue;
        publish(run, report(run, audit, address, PTR_RULE_NOT_HOSTNAME, name, proposed), address,
            proposed);
        good = false;
        break;
    }
    return good;
}

static const char *kind_name(const struct ptr_address *address, const struct ptr_name *name)
{
    static const char *const names[] = {
        [PTR_NAMED] = "named",
        [PTR_GENERIC_STATIC] = "generic-static",
        [PTR_GENERIC_DYNAMIC] = "generic-dynamic",
    };

    if (address->ptr->status == MA_FAILED)
        return "unknown";
    return name != NULL ? names[name->verdict.kind] : "none";
}

static void put_result(
    struct ma_run *run, const struct ptr_address *address, const struct ptr_name *name)
{
    struct ma_data *row = ma_append(ma_result(run), "addresses");

    ma_put(row, "address", address->sender->text);
    for (size_t i = 0; i < address->name_count; i++)
        ma_append_text(row, "names", address->names[i].name);
    if (address->confirming > 0)
        ma_put_bool(row, "confirmed", true);
    else if (address->ptr->status != MA_FAILED && address->failed == 0)
        ma_put_bool(row, "confirmed", false);
    ma_put(row, "kind", kind_name(address, name));
    if (name != NULL)
        ma_put(row, "heuristic", ptr_heuristic_name(name->verdict.heuristic));
    if (name != NULL && name->verdict.length > 0)
        ma_put_bytes(row, "part", name->name + name->verdict.offset, name->verdict.length);
    ma_put(row, "zone", address->zone);
    ma_put(row, "contact", address->contact);
}

/* Of an address that has names. */
static void judge_named(struct ma_run *run, struct ptr_audit *audit, struct ptr_address *address,
    const struct ptr_name *name)
{
    bool good = judge_confirmation(run, audit, address);

    if (name->verdict.kind == PTR_GENERIC_DYNAMIC || judge_syntax(run, audit, address))
        good = judge_kind(run, audit, address, name) && good;
    else
        good = false; /* a name that is none needs no other reproach */
    if (good)
        report(run, audit, address, PTR_RULE_OK, names_text(run, address), name->name);
}

static void judge_address(struct ma_run *run, struct ptr_audit *audit, struct ptr_address *address)
{
    const struct ptr_name *name = deciding_name(address);

    if (special_use(&address->sender->address) != NULL)
        return; /* nobody outside sees this address; check "target" says so */
    if (address->ptr->status == MA_FAILED)
        report_unknown(run, audit, address);
    else if (name == NULL)
        report_none(run, audit, address);
    else
        judge_named(run, audit, address, name);
}

static void run_ptr(struct ma_run *run)
{
    enum ma_role role = ma_role(run);
    const struct ma_senders *senders = ma_senders(run);
    struct ptr_audit audit = {.count = senders->count};

    if ((role == MA_RECEIVES_ONLY || role == MA_PARKED) && senders->from_mx)
        return; /* nobody looks at the reverse name of a host that only takes mail */
    audit.list = ma_alloc(run, sizeof(struct ptr_address) * (audit.count + 1));
    ptr_helo_ask(run);
    for (size_t i = 0; i < audit.count; i++)
        ask_ptr(run, &audit.list[i], &senders->list[i]);
    for (size_t i = 0; i < audit.count; i++)
        ask_names(run, &audit.list[i]);
    for (size_t i = 0; i < audit.count; i++)
        judge_names(&audit.list[i]);
    for (size_t i = 0; i < audit.count; i++)
        judge_address(run, &audit, &audit.list[i]);
    ptr_helo_judge(run, &audit);
    for (size_t i = 0; i < audit.count; i++)
        put_result(run, &audit.list[i], deciding_name(&audit.list[i]));
}

/* With --rdap the holder of the address is looked up where somebody has to be asked. */
static bool open_ptr(const struct ma_setup *setup, void **state_r)
{
    return ma_setting(setup, "rdap") == NULL || rdap_open(setup, state_r);
}

MA_CHECK(ptr, .area = "ptr", .title = "reverse DNS (PTR)",
    .empty_result = "{\"addresses\":[{\"address\":null,\"names\":[],\"confirmed\":null,"
                    "\"kind\":\"unknown\",\"heuristic\":null,\"part\":null,"
                    "\"zone\":null,\"contact\":null}]}",
    .rules = ptr_rules, .rule_count = PTR_RULE_COUNT, .open = open_ptr, .run = run_ptr,
    .close = rdap_close);
