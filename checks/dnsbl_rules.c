/* SPDX-License-Identifier: MIT */
/* All that check dnsbl can say. */
#include "dnsbl_report.h"

#define REMOVAL   "first {before}. Look-up and removal at {operator}: {page}"
#define REFERENCE "RFC 5782 2.1; the list's published codes"

#define WHY_UNKNOWN "whether receivers that use it refuse the mail is not known"
#define RULE_UNKNOWN(id, tier, could_be, users, what, fix)                                         \
    {                                                                                              \
        "dnsbl." id "-" tier, MA_UNKNOWN, could_be, "a block list that " users " use " what,       \
            WHY_UNKNOWN, fix, "RFC 5782 5; the list's published codes"                             \
    }
#define RULES_UNKNOWN(id, what, fix)                                                               \
    RULE_UNKNOWN(id, "critical", MA_CRITICAL, "most big receivers", what, fix),                    \
        RULE_UNKNOWN(id, "error", MA_ERROR, "many receivers", what, fix),                          \
        RULE_UNKNOWN(id, "warning", MA_WARNING, "some receivers", what, fix),                      \
        RULE_UNKNOWN(id, "notice", MA_NOTICE, "few receivers", what, fix)

const struct ma_rule dnsbl_rules[DNSBL_RULE_COUNT] = {
    [DNSBL_RULE_CLEAN] = {"dnsbl.clean", MA_PASS, MA_PASS, "not on the block lists that answered",
        "receivers refuse mail by such lists", NULL, "RFC 5782 2.1"},
    [DNSBL_RULE_LISTED_CRITICAL] = {"dnsbl.listed-critical", MA_CRITICAL, MA_PASS,
        "on a block list that most big receivers use",
        "much of the world refuses this mail until the entry is gone", REMOVAL, REFERENCE},
    [DNSBL_RULE_LISTED_ERROR] = {"dnsbl.listed-error", MA_ERROR, MA_PASS,
        "on a block list that many receivers use", "many receivers refuse this mail", REMOVAL,
        REFERENCE},
    [DNSBL_RULE_LISTED_POLICY] = {"dnsbl.listed-policy", MA_ERROR, MA_PASS,
        "listed as an address that should not send mail itself",
        "normal for homes and dial-up lines, not for a mail server: receivers that use the list "
        "refuse what comes straight from here",
        "send through your provider's mail server; or, if this is a mail server with an address of "
        "its own, first {before}. Look-up and removal at {operator}: {page}",
        REFERENCE},
    [DNSBL_RULE_LISTED_WARNING] = {"dnsbl.listed-warning", MA_WARNING, MA_PASS,
        "on a block list that some receivers use", "some receivers refuse this mail or mark it",
        REMOVAL, REFERENCE},
    [DNSBL_RULE_LISTED_NOTICE] = {"dnsbl.listed-notice", MA_NOTICE, MA_PASS,
        "on a block list that few receivers use",
        "hardly any mail is lost by it, but what led to the entry may lead to worse ones", REMOVAL,
        REFERENCE},
    [DNSBL_RULE_LISTED_INFO] = {"dnsbl.listed-info", MA_INFO, MA_PASS,
        "on a list that blocks nothing by itself",
        "filters may count it among other signs; nobody refuses mail for this alone",
        "nothing has to be done for the mail's sake; the list's page: {page}", REFERENCE},
    [DNSBL_RULE_ALLOWED] = {"dnsbl.allowed", MA_INFO, MA_PASS, "on a list of good senders",
        "receivers that use the list treat this mail better",
        "nothing has to be done; the list's page: {page}", REFERENCE},
    RULES_UNKNOWN("refused", "refused to answer",
        "ask through a resolver of your own, not a public or shared one (--nameserver "
        "ADDR){terms}"),
    RULES_UNKNOWN("no-answer", "gave no answer", "audit again later{terms}"),
    RULES_UNKNOWN("unreliable", "cannot be trusted now",
        "ask through a resolver of your own (--nameserver ADDR); if that changes nothing the list "
        "is not what it was: leave it out (--lists FILE){terms}"),
    RULES_UNKNOWN("undocumented", "gave an answer that it does not document",
        "look the entry up by hand: {page}"),
    [DNSBL_RULE_REWRITTEN] = {"dnsbl.resolver-rewrites", MA_UNKNOWN, MA_CRITICAL,
        "the resolver makes up answers for names that do not exist",
        "who is on no list cannot be told from who was not looked up",
        "ask through a resolver that passes on NXDOMAIN (--nameserver ADDR)", "RFC 5782 5"},
    [DNSBL_RULE_ENDED] = {"dnsbl.ended-list", MA_INFO, MA_PASS,
        "a list that has ended was not asked",
        "dead lists answer nothing, or list the whole world one day",
        "take it out of the file that --lists names (or, to ask it all the same, write: {zone} "
        "force)",
        "the catalogue's table of ended lists"},
    [DNSBL_RULE_EXCLUDED] = {"dnsbl.excluded-list", MA_INFO, MA_PASS,
        "a list was not asked: its terms exclude us",
        "it answers holders of a key or an account only",
        "look it up by hand: {page}. With a key of your own: --dnsbl-keys FILE",
        "the list's terms of use"},
    [DNSBL_RULE_ADDRESSES] = {"dnsbl.addresses-unknown", MA_UNKNOWN, MA_CRITICAL,
        "the addresses to look up are not all known",
        "one that is missing here may be on a block list",
        "name the addresses that the mail comes from: mailaudit {domain} ADDRESS...",
        "RFC 5782 2.1"},
    [DNSBL_RULE_NAMES] = {"dnsbl.names-unknown", MA_UNKNOWN, MA_CRITICAL,
        "the names to look up are not all known",
        "the name of a sending host may be on a block list of domains",
        "audit again when the reverse zone's name servers answer", "RFC 5782 2.3"},
    [DNSBL_RULE_ASKED_AGAIN] = {"dnsbl.resolver-refused", MA_INFO, MA_PASS,
        "a block list refuses the resolver and was asked past it, by full recursion",
        "a mail server that asks through the same resolver gets no answer from the list either",
        "let your mail servers ask through a resolver of their own, not a public or shared one",
        "RFC 5782 5; the list's published codes"},
};
