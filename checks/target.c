/* SPDX-License-Identifier: MIT */
/*
 * target.c - what is audited: which addresses, where they came from, whether the world can reach
 * them at all. It asks for what the other checks share.
 */
#include <mailaudit/check.h>

enum {
    RULE_SPECIAL_ADDRESS,
    RULE_NO_ADDRESS,
    RULE_NO_HOST_ADDRESS,
    RULE_LOOKUP_FAILED,
    RULE_FROM_MX,
    RULE_TOO_MANY,
    RULE_ADDRESSES
};

static const struct ma_rule rules[] = {
    [RULE_SPECIAL_ADDRESS] = {.id = "target.special-address",
        .severity = MA_WARNING,
        .title = "an audited address is not one that the Internet can see",
        .why = "no mail comes from such an address: receivers see another one, and that one should "
               "be audited",
        .fix = "audit the address that your mail leaves from: the public one, after any NAT",
        .reference = "IANA Special-Purpose Address Registries (RFC 6890)"},
    [RULE_NO_ADDRESS] = {.id = "target.no-address",
        .severity = MA_NOTICE,
        .title = "no sending address is known",
        .why =
            "reverse DNS, address block lists and the SPF result cannot be looked at without one",
        .fix = "name the address that your mail leaves from: mailaudit {domain} ADDRESS",
        .reference = "mailaudit(1)"},
    [RULE_NO_HOST_ADDRESS] = {.id = "target.host-without-address",
        .severity = MA_ERROR,
        .title = "a sending host has no address",
        .why = "a name that does not resolve cannot be where mail comes from",
        .fix = "publish A or AAAA records for {subject}, or name the right host",
        .reference = "RFC 5321 2.3.5"},
    [RULE_LOOKUP_FAILED] = {.id = "target.address-lookup-failed",
        .severity = MA_UNKNOWN,
        .could_be = MA_CRITICAL,
        .title = "the addresses to audit could not all be looked up",
        .why = "an address that was not found was not audited",
        .fix = "run it again, or name the addresses: mailaudit {domain} ADDRESS",
        .reference = "mailaudit(1)"},
    [RULE_FROM_MX] = {.id = "target.addresses-from-mx",
        .severity = MA_INFO,
        .title = "no address was given: those of the mail exchangers are audited",
        .why = "many sites send from other addresses than those that receive",
        .fix = "name the address that your mail leaves from: mailaudit {domain} ADDRESS",
        .reference = "mailaudit(1)"},
    [RULE_TOO_MANY] = {.id = "target.too-many-addresses",
        .severity = MA_WARNING,
        .title = "there are more addresses than one audit looks at",
        .why = "the addresses that were left out were not audited",
        .fix = "audit them in several runs, each with some of the addresses",
        .reference = "mailaudit(1), BOUNDS"},
    [RULE_ADDRESSES] = {.id = "target.addresses",
        .severity = MA_PASS,
        .title = "the audited addresses are public ones",
        .why = "receivers can see them",
        .reference = "IANA Special-Purpose Address Registries (RFC 6890)"},
};

static void report_special(struct ma_run *run, const struct ma_senders *s)
{
    size_t special = 0;
    for (size_t i = 0; i < s->count; i++) {
        const char *use = ma_address_special(&s->list[i].address);
        if (use == NULL)
            continue;
        special++;
        ma_report_also(run, &rules[RULE_SPECIAL_ADDRESS], s->list[i].text, "%s is set aside for %s",
            s->list[i].text, use);
    }
    if (special == 0 && s->count > 0 && s->failed == NULL)
        ma_report(run, &rules[RULE_ADDRESSES], ma_target(run)->domain, "%zu address%s", s->count,
            s->count == 1 ? "" : "es");
}

static void report_lookup(struct ma_run *run, const struct ma_answer *failed)
{
    struct ma_finding *f = ma_report(run, &rules[RULE_LOOKUP_FAILED], failed->name, "%s %s: %s",
        failed->name, ma_type_name(run, failed->type), ma_failure_phrase(failed->failure));
    ma_failed(f, failed);
}

static void check_target(struct ma_run *run)
{
    const char *domain = ma_target(run)->domain;
    enum ma_role role = ma_role(run);
    bool sends = role == MA_SENDS_AND_RECEIVES || role == MA_SENDS_ONLY;
    const struct ma_senders *s = ma_senders(run);
    if (s->failed != NULL)
        report_lookup(run, s->failed);
    if (s->left_out > 0)
        ma_report(run, &rules[RULE_TOO_MANY], domain, "%zu of %zu were left out", s->left_out,
            s->left_out + s->count);
    if (s->count == 0 && s->failed == NULL && s->from_mx && sends)
        ma_report(run, &rules[RULE_NO_ADDRESS], domain,
            "none was given, and the MX records lead to none");
    for (size_t i = 0; i < s->empty_count; i++)
        ma_report_also(run, &rules[RULE_NO_HOST_ADDRESS], s->empty_hosts[i],
            "%s has neither A nor AAAA records", s->empty_hosts[i]);
    if (s->count > 0 && s->from_mx && sends)
        ma_report(run, &rules[RULE_FROM_MX], domain, "%zu address%s of the mail exchangers",
            s->count, s->count == 1 ? "" : "es");
    report_special(run, s);
}

MA_CHECK(target, .area = "target", .title = "Target", .rules = rules,
    .rule_count = sizeof rules / sizeof *rules, .run = check_target);
