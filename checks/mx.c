/* SPDX-License-Identifier: MIT */
/*
 * mx - the mail exchangers: the MX RRset, the implicit MX (RFC 5321 5.1), the null MX (RFC 7505),
 * and for each host whether the world can connect to it.
 */
#include "mx_host.h"

#include <mailaudit/check.h>

#include <string.h>

/* Hosts looked up; senders give up far earlier (Postfix after 5 addresses). */
#define MX_HOSTS_MAX 32

enum mx_rule {
    NO_EXCHANGER,
    UNREACHABLE,
    NULL_REFUSES,
    NULL_MIXED,
    NULL_SENDER,
    NULL_PREFERENCE,
    NULL_MISSING,
    NULL_OK,
    NO_RETURN_PATH,
    PARKED_RECEIVES,
    IMPLICIT,
    WITHOUT_ADDRESS,
    ALIAS,
    LITERAL,
    LOCALHOST,
    NOT_HOSTNAME,
    SPECIAL_ADDRESS,
    DUPLICATE,
    TOO_MANY,
    IPV6_ONLY,
    UNKNOWN,
    HOST_UNKNOWN,
    ALL_UNKNOWN,
    OK,
    RULE_COUNT
};

static const struct ma_rule rules[] = {
    [NO_EXCHANGER] = {.id = "mx.no-exchanger",
        .severity = MA_CRITICAL,
        .title = "the domain has neither an MX record nor an address",
        .why = "no mail for the domain can be delivered, and many servers refuse mail from a "
               "sender that they cannot answer",
        .fix = "publish an MX record for {domain} that names the server that takes its mail, and "
               "an A or AAAA record for that server",
        .reference = "RFC 5321 5.1"},
    [UNREACHABLE] = {.id = "mx.unreachable",
        .severity = MA_CRITICAL,
        .title = "no mail exchanger has an address that the world can reach",
        .why = "no mail for the domain can be delivered: all of it is returned to its senders",
        .fix = "give at least one mail exchanger of {domain} a public address: correct the name "
               "in the MX record, or publish an A or AAAA record for the host",
        .reference = "RFC 5321 5.1"},
    [NULL_REFUSES] = {.id = "mx.null-mx-refuses",
        .severity = MA_CRITICAL,
        .title = "the domain is there to receive mail, but its null MX tells senders not to try",
        .why = "every sender returns mail for the domain at once, without a connection",
        .fix = "replace 'MX 0 .' of {domain} by the names of its mail servers; or, if it is to "
               "take no mail, audit it with --role sends-only or --role parked",
        .reference = "RFC 7505 4.1"},
    [NULL_MIXED] = {.id = "mx.null-mx-mixed",
        .severity = MA_WARNING,
        .title = "a null MX stands beside other MX records",
        .why = "a null MX must be the only one: some senders return the mail, some use the other "
               "hosts",
        .fix = "remove 'MX 0 .' from {domain} if it takes mail, or else all the other MX records",
        .reference = "RFC 7505 3"},
    [NULL_SENDER] = {.id = "mx.null-mx-sender",
        .severity = MA_WARNING,
        .title = "the domain sends mail, but its null MX says that it takes no answers",
        .why = "some servers refuse a sender with a null MX (code 5.7.27), and notices of failed "
               "delivery are lost",
        .fix = "publish an MX record for {domain} whose host takes the notices of failed "
               "delivery, or send with the sender address of a domain that has one",
        .reference = "RFC 7505 4.2"},
    [NULL_PREFERENCE] = {.id = "mx.null-mx-preference",
        .severity = MA_NOTICE,
        .title = "the null MX has a preference other than 0",
        .why = "the standard form is 'MX 0 .'; software may take another form for a mistake",
        .fix = "publish the null MX of {domain} with preference 0",
        .reference = "RFC 7505 3"},
    [NULL_MISSING] = {.id = "mx.null-mx-missing",
        .severity = MA_NOTICE,
        .title = "the domain takes no mail, but does not say so with a null MX",
        .why = "senders that mistype an address, or answer forged mail, keep trying for days "
               "instead of hearing at once",
        .fix = "publish a null MX for {domain}",
        .reference = "RFC 7505 3"},
    [NULL_OK] = {.id = "mx.null-mx",
        .severity = MA_PASS,
        .title = "the domain says with a null MX that it takes no mail",
        .why = "senders hear at once that there is no mail here",
        .reference = "RFC 7505 3"},
    [NO_RETURN_PATH] = {.id = "mx.no-return-path",
        .severity = MA_WARNING,
        .title = "the domain sends mail, but has no mail exchanger and no address to answer to",
        .why = "many servers refuse a sender domain without MX and address, and notices of failed "
               "delivery are lost",
        .fix = "publish an MX record for {domain} whose host takes the notices of failed delivery",
        .reference = "RFC 5321 5.1; Postfix reject_unknown_sender_domain"},
    [PARKED_RECEIVES] = {.id = "mx.parked-receives",
        .severity = MA_NOTICE,
        .title = "the domain is parked, but its MX records invite mail",
        .why = "spam and the answers to forged mail arrive at a domain that nobody reads",
        .fix = "replace the MX records of {domain} by a null MX",
        .reference = "RFC 7505 3"},
    [IMPLICIT] = {.id = "mx.implicit",
        .severity = MA_NOTICE,
        .title = "there is no MX record: mail goes to the domain's own address",
        .why = "senders fall back to the address, which is often a web server; some refuse "
               "senders without MX",
        .fix = "publish an MX record that names the host that takes the mail for {domain}",
        .reference = "RFC 5321 5.1"},
    [WITHOUT_ADDRESS] = {.id = "mx.host-without-address",
        .severity = MA_WARNING,
        .title = "a mail exchanger has no address",
        .why = "senders try it in vain: mail is delayed, and lost when the other hosts are down",
        .fix = "publish an A or AAAA record for {subject}, or remove it from the MX records of "
               "{domain}",
        .reference = "RFC 5321 5.1"},
    [ALIAS] = {.id = "mx.host-is-alias",
        .severity = MA_WARNING,
        .title = "a mail exchanger is an alias (CNAME)",
        .why = "an MX record must name the host itself: some servers refuse to deliver to, or to "
               "take mail from, such a domain",
        .fix = "name {host} in the MX record instead of {subject}",
        .reference = "RFC 2181 10.3"},
    [LITERAL] = {.id = "mx.address-literal",
        .severity = MA_WARNING,
        .title = "an MX record holds an IP address instead of a host name",
        .why = "an MX record can only name a host: the address is looked up as a name, in vain",
        .fix = "give the server at {subject} a name with an A or AAAA record, and put that name in "
               "the MX record",
        .reference = "RFC 1035 3.3.9; RFC 5321 5.1"},
    [LOCALHOST] = {.id = "mx.localhost",
        .severity = MA_WARNING,
        .title = "a mail exchanger is localhost",
        .why = "every sender is sent back to itself; many servers refuse such a domain",
        .fix = "remove {subject} from the MX records; if {domain} takes no mail, publish 'MX 0 .' "
               "instead",
        .reference = "RFC 6761 6.3; RFC 7505"},
    [NOT_HOSTNAME] = {.id = "mx.host-not-hostname",
        .severity = MA_WARNING,
        .title = "a mail exchanger's name is no valid host name",
        .why = "host names are letters, digits and hyphens, with at least two labels; some "
               "senders refuse anything else",
        .fix = "rename the host {subject}, in its address record and in the MX record",
        .reference = "RFC 1123 2.1"},
    [SPECIAL_ADDRESS] = {.id = "mx.special-address",
        .severity = MA_WARNING,
        .title = "a mail exchanger has an address that is not public",
        .why = "senders outside cannot reach it: they lose time, or deliver to a machine of their "
               "own network",
        .fix = "remove {address} from the public address records of {subject}",
        .reference = "RFC 6890"},
    [DUPLICATE] = {.id = "mx.duplicate-host",
        .severity = MA_NOTICE,
        .title = "a mail exchanger is listed more than once",
        .why = "the second listing adds nothing: when the host is down, both are down",
        .fix = "keep one MX record for {subject}, the one with the lowest preference",
        .reference = "RFC 5321 5.1"},
    [TOO_MANY] = {.id = "mx.too-many-hosts",
        .severity = MA_NOTICE,
        .title = "there are more mail exchangers than any sender tries",
        .why = "senders stop after a few hosts, and a large answer may not fit into one packet",
        .fix = "cut the MX records of {domain} down to the hosts that are needed, four or fewer",
        .reference = "RFC 5321 5.1; Postfix smtp_mx_address_limit"},
    [IPV6_ONLY] = {.id = "mx.ipv6-only",
        .severity = MA_WARNING,
        .title = "no mail exchanger has an IPv4 address",
        .why = "many senders have IPv4 only: their mail is returned",
        .fix = "publish an A record for at least one mail exchanger of {domain}",
        .reference = "RFC 3974 3"},
    [UNKNOWN] = {.id = "mx.unknown",
        .severity = MA_UNKNOWN,
        .could_be = MA_CRITICAL,
        .title = "the mail exchangers could not be looked up",
        .why = "senders that see the same keep the mail and try again for some days",
        .fix = "see that the name servers of {domain} answer for MX, A and AAAA, then run the "
               "audit again",
        .reference = "RFC 5321 5.1"},
    [HOST_UNKNOWN] = {.id = "mx.host-unknown",
        .severity = MA_UNKNOWN,
        .could_be = MA_WARNING,
        .title = "some addresses of a mail exchanger could not be looked up",
        .why = "whether senders reach this host is not known; another one is there",
        .fix = "see that the name servers answer for A and AAAA of {subject}, then run the audit "
               "again",
        .reference = "RFC 5321 5.1"},
    [ALL_UNKNOWN] = {.id = "mx.hosts-unknown",
        .severity = MA_UNKNOWN,
        .could_be = MA_CRITICAL,
        .title =
            "no mail exchanger with a public address was found, but not all could be looked up",
        .why = "whether any mail for the domain can be delivered is not known",
        .fix = "see that the name servers answer for A and AAAA of {subject}, then run the audit "
               "again",
        .reference = "RFC 5321 5.1"},
    [OK] = {.id = "mx.ok",
        .severity = MA_PASS,
        .title = "every mail exchanger is a host with public addresses",
        .why = "senders can reach each of them",
        .reference = "RFC 5321 5.1"},
};

struct hosts {
    struct mx_host *list;
    size_t count, left_out;
    size_t good, unknown;
    bool reported[RULE_COUNT]; /* the rule has its finding; further hosts join it */
};

/* ---- reporting ------------------------------------------------------------------------------- */

static void put_host(struct ma_run *run, const struct mx_host *host)
{
    struct ma_data *row = ma_append(ma_result(run), "hosts");
    const struct ma_answer *const answers[] = {host->v4, host->v6};

    ma_put_int(row, "preference", host->preference);
    ma_put(row, "name", host->name);
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; answers[k] != NULL && i < answers[k]->rr_count; i++)
            ma_append_text(row, "addresses", ma_address_text(run, &answers[k]->rrs[i].address));
}

/* The whole MX RRset as it should be: each host that takes mail once, by its own name. */
static void publish_corrected(
    struct ma_run *run, struct ma_finding *finding, const struct hosts *set)
{
    if (set->unknown > 0 || set->left_out > 0)
        return;
    for (size_t i = 0; i < set->count; i++) {
        const char *name = mx_host_canonical(&set->list[i]);
        bool seen = set->list[i].state != MX_HOST_GOOD;
        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(mx_host_canonical(&set->list[k]), name) == 0;
        if (!seen)
            ma_publish(finding, ma_target(run)->domain, MA_MX,
                ma_text(run, "%u %s.", set->list[i].preference, name));
    }
}

/* Returns the finding, or NULL when the host has joined that of an earlier one. */
static struct ma_finding *report_host(struct ma_run *run, struct hosts *set,
    const struct mx_host *host, enum mx_rule rule, const char *text)
{
    struct ma_finding *finding = ma_report_also(
        run, &rules[rule], host->name, "MX %u %s: %s", host->preference, host->name, text);

    if (set->reported[rule])
        return NULL;
    set->reported[rule] = true;
    return finding;
}

/* Check "target" speaks of the audited addresses. */
static bool is_audited(struct ma_run *run, const struct ma_address *address)
{
    const struct ma_senders *senders = ma_senders(run);

    for (size_t i = 0; i < senders->count; i++)
        if (ma_address_equal(&senders->list[i].address, address))
            return true;
    return false;
}

static void report_special(
    struct ma_run *run, struct hosts *set, const struct mx_host *host, const char *text)
{
    struct ma_finding *finding = report_host(run, set, host, SPECIAL_ADDRESS, text);

    if (finding == NULL)
        return;
    ma_fix(finding, "address", "%s", ma_address_text(run, host->special));
    if (is_audited(run, host->special))
        ma_effect_of(finding, "target.special-address");
}

static void report_dead(struct ma_run *run, struct hosts *set, const struct mx_host *host)
{
    static const enum mx_rule by_state[] = {
        [MX_HOST_LITERAL] = LITERAL,
        [MX_HOST_LOCALHOST] = LOCALHOST,
        [MX_HOST_WITHOUT_ADDRESS] = WITHOUT_ADDRESS,
    };
    const char *text = mx_host_fault(run, host);

    if (host->state == MX_HOST_SPECIAL_ONLY)
        report_special(run, set, host, text);
    else
        report_host(run, set, host, by_state[host->state], text);
}

static void report_alias(struct ma_run *run, struct hosts *set, const struct mx_host *host)
{
    const char *canonical = mx_host_canonical(host);
    struct ma_finding *finding =
        report_host(run, set, host, ALIAS, ma_text(run, "an alias of %s", canonical));

    if (finding == NULL)
        return;
    ma_fix(finding, "host", "%s", canonical);
    publish_corrected(run, finding, set);
}

/* A host that can be reached, or may: what else is wrong with it. Returns whether nothing is. */
static bool report_flaws(struct ma_run *run, struct hosts *set, const struct mx_host *host)
{
    bool named_well = ma_is_hostname(host->name), alias = mx_host_is_alias(host);

    if (!named_well)
        report_host(run, set, host, NOT_HOSTNAME, "not letters, digits and hyphens in two labels");
    if (alias)
        report_alias(run, set, host);
    if (host->special != NULL)
        report_special(run, set, host,
            ma_text(run, "%s is set aside for %s", ma_address_text(run, host->special),
                ma_address_special(host->special)));
    return named_well && !alias && host->special == NULL;
}

static void report_unknown(struct ma_run *run, struct hosts *set, const struct mx_host *host)
{
    enum mx_rule rule = set->good > 0 ? HOST_UNKNOWN : ALL_UNKNOWN;
    struct ma_finding *finding = report_host(run, set, host, rule,
        ma_text(run, "%s of %s: %s", ma_type_name(run, host->failed->type), host->failed->name,
            ma_failure_phrase(host->failed->failure)));

    if (finding != NULL)
        ma_failed(finding, host->failed);
}

/* Nobody can deliver: one finding that tells what is wrong with each host. */
static void report_unreachable(struct ma_run *run, const struct hosts *set)
{
    const char *text = "";

    for (size_t i = 0; i < set->count; i++)
        text = ma_text(run, "%s%sMX %u %s: %s", text, i > 0 ? "; " : "", set->list[i].preference,
            set->list[i].name, mx_host_fault(run, &set->list[i]));
    ma_report(run, &rules[UNREACHABLE], ma_target(run)->domain, "%s", text);
}

static void report_good(struct ma_run *run, const struct hosts *set)
{
    const char *text = "";

    for (size_t i = 0; i < set->count; i++)
        text = ma_text(run, "%s%sMX %u %s (%s)", text, i > 0 ? ", " : "", set->list[i].preference,
            set->list[i].name, mx_host_addresses(run, &set->list[i]));
    ma_report(run, &rules[OK], ma_target(run)->domain, "%s", text);
}

/* What concerns the RRset as a whole. Returns whether nothing is wrong. */
static bool report_set(struct ma_run *run, struct hosts *set)
{
    const char *domain = ma_target(run)->domain;
    bool flawless = true, any_v4 = set->left_out > 0;
    struct ma_finding *finding;

    for (size_t i = 0; i < set->count; i++) {
        const struct mx_host *host = &set->list[i];
        any_v4 = any_v4 || host->public_v4 || host->failed != NULL;
        if (!host->repeated)
            continue;
        finding = report_host(run, set, host, DUPLICATE, "named by an earlier MX record");
        if (finding != NULL)
            publish_corrected(run, finding, set);
    }
    if (!any_v4) {
        ma_report(run, &rules[IPV6_ONLY], domain, "%s", mx_host_addresses(run, &set->list[0]));
        flawless = false;
    }
    if (set->left_out > 0) {
        ma_report(run, &rules[TOO_MANY], domain, "%zu MX records; the first %d were looked at",
            set->count + set->left_out, MX_HOSTS_MAX);
        flawless = false;
    }
    return flawless;
}

static void report_hosts(struct ma_run *run, struct hosts *set)
{
    bool flawless;

    if (set->good == 0 && set->unknown == 0 && set->left_out == 0) {
        report_unreachable(run, set);
        return;
    }
    flawless = report_set(run, set);
    for (size_t i = 0; i < set->count; i++) {
        const struct mx_host *host = &set->list[i];
        if (host->repeated)
            continue;
        if (host->state <= MX_HOST_DEAD_LAST) {
            report_dead(run, set, host);
            flawless = false;
            continue;
        }
        flawless = report_flaws(run, set, host) && flawless;
        if (host->failed != NULL) {
            report_unknown(run, set, host);
            flawless = false;
        }
    }
    if (flawless)
        report_good(run, set);
}

/* ---- the RRset ------------------------------------------------------------------------------- */

static void add_host(struct hosts *set, const char *name, uint16_t preference)
{
    struct mx_host *host = &set->list[set->count];

    *host = (struct mx_host){.name = name, .preference = preference};
    for (size_t i = 0; i < set->count; i++)
        host->repeated = host->repeated || strcmp(set->list[i].name, name) == 0;
    set->count++;
}

static void judge_hosts(struct ma_run *run, struct hosts *set)
{
    for (size_t i = 0; i < set->count; i++)
        mx_host_ask(run, &set->list[i]);
    for (size_t i = 0; i < set->count; i++) {
        struct mx_host *host = &set->list[i];
        mx_host_judge(host);
        set->good += host->state == MX_HOST_GOOD;
        set->unknown += host->failed != NULL;
        put_host(run, host);
    }
}

static bool is_null(const struct ma_rr *rr)
{
    return strcmp(rr->mx.exchange, ".") == 0;
}

static void judge_null_mx(struct ma_run *run, const struct ma_rr *rr, enum ma_role role)
{
    const char *domain = ma_target(run)->domain;
    enum mx_rule rule = NULL_OK;

    if (role == MA_SENDS_AND_RECEIVES || role == MA_RECEIVES_ONLY)
        rule = NULL_REFUSES;
    else if (role == MA_SENDS_ONLY)
        rule = NULL_SENDER;
    ma_report(run, &rules[rule], domain, "%s MX %u .", domain, rr->mx.preference);
    if (rr->mx.preference != 0)
        ma_publish(ma_report(run, &rules[NULL_PREFERENCE], domain, "%s MX %u .", domain,
                       rr->mx.preference),
            domain, MA_MX, "0 .");
}

static const char *rrset_text(struct ma_run *run, const struct ma_answer *answer)
{
    const char *text = "";
    size_t count = answer->rr_count < MX_HOSTS_MAX ? answer->rr_count : MX_HOSTS_MAX;

    for (size_t i = 0; i < count; i++)
        text = ma_text(run, "%s%sMX %u %s", text, i > 0 ? ", " : "", answer->rrs[i].mx.preference,
            answer->rrs[i].mx.exchange);
    return text;
}

static void with_mx(struct ma_run *run, const struct ma_answer *answer, enum ma_role role)
{
    const char *domain = ma_target(run)->domain;
    struct hosts set = {.list = ma_alloc(run, sizeof(struct mx_host) * MX_HOSTS_MAX)};
    bool mixed = false;
    bool null_mx = answer->rr_count == 1 && is_null(&answer->rrs[0]);

    ma_put_bool(ma_result(run), "implicit", false);
    ma_put_bool(ma_result(run), "null_mx", null_mx);
    if (null_mx) {
        judge_null_mx(run, &answer->rrs[0], role);
        return;
    }
    for (size_t i = 0; i < answer->rr_count; i++) {
        if (is_null(&answer->rrs[i]))
            mixed = true;
        else if (set.count < MX_HOSTS_MAX)
            add_host(&set, answer->rrs[i].mx.exchange, answer->rrs[i].mx.preference);
        else
            set.left_out++;
    }
    if (mixed)
        ma_report(run, &rules[NULL_MIXED], domain, "%s", rrset_text(run, answer));
    if (role == MA_PARKED) {
        for (size_t i = 0; i < set.count; i++)
            put_host(run, &set.list[i]);
        ma_publish(ma_report(run, &rules[PARKED_RECEIVES], domain, "%s", rrset_text(run, answer)),
            domain, MA_MX, "0 .");
        return;
    }
    judge_hosts(run, &set);
    report_hosts(run, &set);
}

/* No MX record: RFC 5321 5.1 makes the domain its own mail exchanger if it has an address. */
static void without_mx(struct ma_run *run, enum ma_role role)
{
    const char *domain = ma_target(run)->domain;
    struct mx_host self = {.name = domain};
    struct hosts set = {.list = &self, .count = 1};
    struct ma_finding *finding;

    ma_put_bool(ma_result(run), "null_mx", false);
    if (role == MA_PARKED) {
        finding = ma_report(run, &rules[NULL_MISSING], domain, "%s has no MX record", domain);
        ma_publish(finding, domain, MA_MX, "0 .");
        return;
    }
    mx_host_ask(run, &self);
    mx_host_judge(&self);
    if (self.state != MX_HOST_UNKNOWN)
        ma_put_bool(ma_result(run), "implicit", self.state != MX_HOST_WITHOUT_ADDRESS);
    if (self.state == MX_HOST_GOOD || self.state == MX_HOST_SPECIAL_ONLY)
        put_host(run, &self);
    if (self.state == MX_HOST_SPECIAL_ONLY) {
        report_unreachable(run, &set);
    } else if (self.state == MX_HOST_GOOD) {
        finding = ma_report(run, &rules[IMPLICIT], domain, "%s has no MX record; its address is %s",
            domain, mx_host_addresses(run, &self));
        ma_publish(finding, domain, MA_MX, ma_text(run, "10 %s.", domain));
    } else if (self.failed != NULL) {
        finding = ma_report(run, &rules[UNKNOWN], domain, "%s has no MX record; its %s record: %s",
            domain, ma_type_name(run, self.failed->type), ma_failure_phrase(self.failed->failure));
        ma_failed(finding, self.failed);
    } else {
        ma_report(run, &rules[role == MA_SENDS_ONLY ? NO_RETURN_PATH : NO_EXCHANGER], domain,
            "%s %s", domain,
            self.v4 == NULL                  ? "is a name for the host itself"
            : self.v4->status == MA_NXDOMAIN ? "does not exist (NXDOMAIN)"
                                             : "has no MX, A or AAAA record");
    }
}

static void run_mx(struct ma_run *run)
{
    const char *domain = ma_target(run)->domain;
    enum ma_role role = ma_role(run);
    const struct ma_answer *answer = ma_dns(run, MA_MX, "%s", domain);

    if (answer->status == MA_PENDING)
        return;
    if (answer->status == MA_OK)
        with_mx(run, answer, role);
    else if (answer->status != MA_FAILED)
        without_mx(run, role);
    else
        ma_failed(ma_report(run, &rules[UNKNOWN], domain, "MX of %s: %s", domain,
                      ma_failure_phrase(answer->failure)),
            answer);
}

MA_CHECK(mx, .area = "mx", .title = "mail exchangers (MX)",
    .empty_result = "{\"hosts\":[{\"preference\":null,\"name\":null,\"addresses\":[]}],"
                    "\"implicit\":null,\"null_mx\":null}",
    .rules = rules, .rule_count = sizeof(rules) / sizeof(rules[0]), .run = run_mx);
