/* SPDX-License-Identifier: MIT */
#include "ptr.h"
#include "special.h"

#include <string.h>
#include <strings.h>

/* What the user says the server greets with. */
struct helo {
    const char *name;
    const struct ma_answer *v4, *v6;
};

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 4.1.3). */
static bool parse_literal(struct ma_address *address_r, const char *name)
{
    static const char tag[] = "IPv6:";
    size_t size = strlen(name);
    char text[64];

    if (size < 3 || size > sizeof(text) || name[0] != '[' || name[size - 1] != ']')
        return false;
    memcpy(text, name + 1, size - 2);
    text[size - 2] = '\0';
    if (strncasecmp(text, tag, sizeof(tag) - 1) == 0)
        return ma_address_parse(address_r, text + sizeof(tag) - 1);
    return ma_address_parse(address_r, text);
}

/* What the server should greet with: a good reverse name of the addresses, or one to be made. */
static const char *proposed_name(struct ma_run *run, const struct ptr_audit *audit)
{
    for (size_t i = 0; i < audit->count; i++)
        if (ptr_good_name(&audit->list[i]) != NULL)
            return ptr_good_name(&audit->list[i]);
    return ma_text(run, "mail.%s", ma_target(run)->domain);
}

/* The same for one address. */
static const char *own_name(const struct ptr_address *address)
{
    const char *good = ptr_good_name(address);

    return good != NULL ? good : "a name that leads to the address, and back";
}

static bool is_asked(const char *helo)
{
    return helo != NULL && ma_is_hostname(helo);
}

static struct ma_finding *report(struct ma_run *run, struct ptr_audit *audit, enum ptr_rule rule,
    const char *subject, const char *name, const char *text)
{
    struct ma_finding *finding = ma_report_also(run, &ptr_rules[rule], subject, "%s", text);

    if (!audit->reported[rule]) {
        ma_fix(finding, "name", "%s", name);
        ma_fix(finding, "helo", "%s", ma_target(run)->helo);
        audit->reported[rule] = true;
    }
    return finding;
}

/* A greeting that is no host name. */
static void judge_other(struct ma_run *run, struct ptr_audit *audit, const char *helo)
{
    const char *name = proposed_name(run, audit);
    struct ma_address address;
    bool ours = false;

    if (!parse_literal(&address, helo)) {
        report(run, audit, PTR_RULE_HELO_NOT_FQDN, helo, name,
            ma_address_parse(&address, helo) ? "an address without brackets"
            : strchr(helo, '.') == NULL      ? "a name without a domain"
                                             : "not letters, digits and hyphens");
        return;
    }
    for (size_t i = 0; i < audit->count; i++)
        ours = ours || ma_address_equal(&audit->list[i].sender->address, &address);
    report(run, audit, PTR_RULE_HELO_LITERAL, helo, name,
        ours || audit->count == 0 ? helo : ma_text(run, "%s, and not the sending address", helo));
}

static bool leads_to(const struct ma_answer *answer, const struct ma_address *address)
{
    for (size_t i = 0; i < answer->rr_count; i++)
        if (ma_address_equal(&answer->rrs[i].address, address))
            return true;
    return false;
}

static bool is_ptr_name(const struct ptr_address *address, const char *helo)
{
    for (size_t i = 0; i < address->name_count; i++)
        if (strcasecmp(address->names[i].name, helo) == 0)
            return true;
    return false;
}

/* The finding on its reverse names, none of which is good; its fix makes the HELO name the reverse
   name. NULL: there is a good one, or that is not known. */
static const char *cause_of(const struct ptr_address *address)
{
    enum ptr_rule rule = address->confirming > 0 ? PTR_RULE_NOT_HOSTNAME : PTR_RULE_NOT_CONFIRMED;

    if (ptr_good_name(address) != NULL || address->failed > 0 ||
        special_use(&address->sender->address) != NULL)
        return NULL;
    for (size_t i = 0; i < address->name_count; i++) {
        const struct ptr_name *name = &address->names[i];
        if (name->confirms && name->verdict.kind == PTR_GENERIC_DYNAMIC)
            rule = PTR_RULE_GENERIC_DYNAMIC;
        else if (name->confirms && name->verdict.kind == PTR_GENERIC_STATIC &&
                 rule != PTR_RULE_GENERIC_DYNAMIC)
            rule = PTR_RULE_GENERIC_STATIC;
    }
    return ptr_rules[rule].id;
}

static void report_not_ptr(
    struct ma_run *run, struct ptr_audit *audit, const char *helo, struct ptr_address *address)
{
    bool first = !audit->reported[PTR_RULE_HELO_NOT_PTR];
    const char *cause = cause_of(address);
    struct ma_finding *finding = report(run, audit, PTR_RULE_HELO_NOT_PTR, address->sender->text,
        own_name(address),
        ma_text(run, "the server says %s; the reverse name is %s", helo, address->names[0].name));

    if (first)
        ma_fix(finding, "whom", "%s", ptr_whom(run, address));
    if (first && cause != NULL && audit->count == 1)
        ma_effect_of(finding, cause);
    ma_publish(finding, ptr_record_owner(address), MA_PTR, ma_text(run, "%s.", helo));
}

static void judge_address(struct ma_run *run, struct ptr_audit *audit, const struct helo *helo,
    struct ptr_address *address)
{
    const struct ma_answer *forward = address->sender->address.family == 6 ? helo->v6 : helo->v4;
    const char *text = address->sender->text;
    struct ma_finding *finding;

    if (forward->status == MA_FAILED) {
        finding = report(run, audit, PTR_RULE_HELO_UNKNOWN, text, "",
            ma_text(run, "%s %s: %s", helo->name, ma_type_name(run, forward->type),
                ma_failure_phrase(forward->failure)));
        ma_failed(finding, forward);
    } else if (!leads_to(forward, &address->sender->address)) {
        finding = report(run, audit, PTR_RULE_HELO_ELSEWHERE, text, own_name(address),
            ma_text(run, "%s %s, not to %s", helo->name,
                forward->rr_count > 0
                    ? ma_text(run, "leads to %s", ma_address_text(run, &forward->rrs[0].address))
                    : ma_text(run, "has no %s record", ma_type_name(run, forward->type)),
                text));
        ma_publish(finding, helo->name, forward->type, text);
    } else if (is_ptr_name(address, helo->name)) {
        report(run, audit, PTR_RULE_HELO_OK, text, "", ma_text(run, "%s is %s", text, helo->name));
    } else if (address->name_count > 0) {
        report_not_ptr(run, audit, helo->name, address);
    }
}

void ptr_helo_ask(struct ma_run *run)
{
    const char *helo = ma_target(run)->helo;

    if (!is_asked(helo))
        return;
    (void)ma_dns(run, MA_A, "%s", helo);
    (void)ma_dns(run, MA_AAAA, "%s", helo);
}

void ptr_helo_judge(struct ma_run *run, struct ptr_audit *audit)
{
    struct helo helo = {.name = ma_target(run)->helo};

    if (helo.name == NULL)
        return;
    if (!is_asked(helo.name)) {
        judge_other(run, audit, helo.name);
        return;
    }
    helo.v4 = ma_dns(run, MA_A, "%s", helo.name);
    helo.v6 = ma_dns(run, MA_AAAA, "%s", helo.name);
    if (helo.v4->rr_count + helo.v6->rr_count == 0 && helo.v4->status != MA_FAILED &&
        helo.v6->status != MA_FAILED) {
        report(run, audit, PTR_RULE_HELO_UNRESOLVABLE, helo.name, proposed_name(run, audit),
            ma_text(run, "%s %s", helo.name,
                helo.v4->status == MA_NXDOMAIN ? "does not exist (NXDOMAIN)"
                                               : "has no A and no AAAA record"));
        return;
    }
    for (size_t i = 0; i < audit->count; i++)
        judge_address(run, audit, &helo, &audit->list[i]);
}
