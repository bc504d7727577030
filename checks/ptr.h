/* SPDX-License-Identifier: MIT */
/* ptr.h - what the files of check "ptr" share: the rules and what was found out of an address. */
#ifndef MA_PTR_H
#define MA_PTR_H

#include "ptr_names.h"

#include <mailaudit/check.h>

/* Names of one address that are looked up; receivers look at one, or at ten (RFC 7208 5.5). */
#define PTR_NAMES_MAX 32

enum ptr_rule {
    PTR_RULE_NONE,
    PTR_RULE_NOT_CONFIRMED,
    PTR_RULE_SOME_NOT_CONFIRMED,
    PTR_RULE_SEVERAL,
    PTR_RULE_NOT_HOSTNAME,
    PTR_RULE_GENERIC_DYNAMIC,
    PTR_RULE_GENERIC_STATIC,
    PTR_RULE_ZONE_LAME,
    PTR_RULE_UNKNOWN,
    PTR_RULE_FORWARD_UNKNOWN,
    PTR_RULE_SOME_FORWARD_UNKNOWN,
    PTR_RULE_OK,
    PTR_RULE_HELO_NOT_FQDN,
    PTR_RULE_HELO_LITERAL,
    PTR_RULE_HELO_UNRESOLVABLE,
    PTR_RULE_HELO_ELSEWHERE,
    PTR_RULE_HELO_NOT_PTR,
    PTR_RULE_HELO_UNKNOWN,
    PTR_RULE_HELO_OK,
    PTR_RULE_COUNT
};

extern const struct ma_rule ptr_rules[PTR_RULE_COUNT];

struct ptr_name {
    const char *name;
    const struct ma_answer *forward; /* A or AAAA, as the address's family is */
    bool confirms;                   /* it leads back to the address */
    struct ptr_verdict verdict;
};

/* An audited address. */
struct ptr_address {
    const struct ma_sender *sender;
    const char *owner; /* the reverse name */
    const struct ma_answer *ptr;
    struct ptr_name *names; /* PTR_NAMES_MAX of them */
    size_t name_count, left_out;
    size_t confirming, failed; /* names that lead back; names whose look-up failed */
    bool zone_asked;           /* from here on filled by ptr_zone.c, NULL where not known */
    const char *zone;          /* where the reverse name is kept */
    const char *contact;       /* of its SOA record, as a mail address */
    const char *servers;       /* the first of its name servers, in words */
};

/* What the name servers of a reverse zone are worth. */
struct ptr_blame {
    const char *zone, *text; /* text: what each of them says, to be appended */
    bool lame;               /* none of them answers for the zone */
    bool told;               /* in a finding, once is enough */
};

#define PTR_BLAMES_MAX 4 /* reverse zones whose servers are asked */

struct ptr_audit {
    struct ptr_address *list;
    size_t count;
    struct ptr_blame blames[PTR_BLAMES_MAX];
    size_t blame_count;
    bool reported[PTR_RULE_COUNT]; /* the rule has its finding; further subjects join it */
};

/* A host name that leads back to the address and is a mail server's own, best one with a mail word;
   or NULL. */
const char *ptr_good_name(const struct ptr_address *);

/* Where the reverse name's record is kept: the last alias (RFC 2317), or the name itself. */
const char *ptr_record_owner(const struct ptr_address *);

/* --- ptr_zone.c: the reverse zone; asks only when called. */
/* Whom to ask for a change, in words that stand after "ask". */
const char *ptr_whom(struct ma_run *, struct ptr_address *);
/* Where a PTR look-up failed: asks the zone's name servers themselves. NULL: nothing is known of
   them. */
struct ptr_blame *ptr_zone_blame(struct ma_run *, struct ptr_audit *, const struct ptr_address *);

/* --- ptr_helo.c: the HELO name that the user gave, against the addresses and their PTR names. */
void ptr_helo_ask(struct ma_run *); /* asks for what the other needs */
void ptr_helo_judge(struct ma_run *, struct ptr_audit *);

#endif
