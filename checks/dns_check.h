/* SPDX-License-Identifier: MIT */
/*
 * dns_check.h - the parts of check dns: what the resolver is worth, which of the zone's name
 * servers answers, what DNSSEC says. Each part asks, judges and reports; pure, as checks are.
 */
#ifndef MA_DNS_CHECK_H
#define MA_DNS_CHECK_H

#include <mailaudit/check.h>

enum dns_rule {
    DNS_ANSWERS,
    DNS_LOOKUP_FAILED,
    DNS_RESOLVER_DEAD,
    DNS_RESOLVER_REWRITES,
    DNS_PROBE_FAILED,
    DNS_WILDCARD,
    DNS_ALL_SILENT,
    DNS_ALL_LAME,
    DNS_SERVER_SILENT,
    DNS_SERVER_LAME,
    DNS_SERVER_REFUSES,
    DNS_SERVER_WITHOUT_ADDRESS,
    DNS_SERIAL_DIFFERS,
    DNS_SERVERS_UNKNOWN,
    DNS_SERVERS_GOOD,
    DNS_SECURE,
    DNS_INSECURE,
    DNS_BOGUS,
    DNS_EXPIRED,
    DNS_STRIPS,
    DNS_VALIDATION_FAILED,
    DNS_RULE_COUNT
};

extern const struct ma_rule dns_rules[DNS_RULE_COUNT];

/* What the user asks for; lives as long as the process. */
struct dns_settings {
    const char *canary; /* the name whose NS tell that our resolver works */
    bool dnssec, name_servers;
};

/* One run of the check. */
struct dns {
    struct ma_run *run;
    const struct dns_settings *settings;
    const char *domain;
    const struct ma_answer *mx, *txt;
    const struct ma_answer *failed; /* the one of them that failed, or NULL */
    const struct ma_answer *probe;  /* A of a name that cannot exist; NULL: there is none */
    bool trouble;                   /* it failed by a name server or by our resolver */
    bool explained;                 /* a finding says why */
    size_t good_servers;            /* addresses that answered with authority */
    const char *unfound;            /* why the servers could not be asked, or NULL */
};

/* No answer, SERVFAIL, or not reached: a server is to blame, though not said which. */
bool dns_is_trouble(const struct ma_answer *);
/* Did anybody answer, whatever it was? */
bool dns_is_heard(const struct ma_answer *);

/* ---- dns_resolver.c: our own resolver -------------------------------------------------------- */

enum dns_health { DNS_ALIVE, DNS_DEAD, DNS_HEALTH_UNKNOWN };

/* Asks for the A of a name below the domain that cannot exist; NULL when none fits. */
const struct ma_answer *dns_probe_ask(struct dns *);
/* Told by what was answered, else by the canary; reports a dead one. */
enum dns_health dns_resolver_health(struct dns *);
/* Does it make up answers? Reports. */
void dns_probe_judge(struct dns *);

/* ---- dns_walk.c: from the parent zone down to the zone of the domain ------------------------- */

#define DNS_SERVERS_MAX   13 /* of a zone */
#define DNS_ADDRESSES_MAX 4  /* of a server */

enum dns_state {
    DNS_GOOD,
    DNS_SILENT,
    DNS_LAME,
    DNS_REFUSING,
    DNS_NOT_ASKED /* or its answer cannot be read */
};

struct dns_asked { /* a server at one of its addresses */
    struct ma_address address;
    const struct ma_answer *soa;
    enum dns_state state;
};

struct dns_server {
    const char *name;
    struct dns_asked asked[DNS_ADDRESSES_MAX];
    size_t count, left_out;
    const struct ma_answer *failed; /* the look-up of its addresses, or NULL */
};

struct dns_zone {
    const char *name; /* NULL: its servers were not found */
    struct dns_server servers[DNS_SERVERS_MAX];
    size_t count, left_out;
    const struct ma_answer *failed; /* why they were not found, or NULL */
    const char *unfound;            /* the same in words, when name is NULL */
};

/* Finds the zone that the domain lies in and asks each of its servers for its SOA. */
void dns_walk(struct dns *, struct dns_zone *zone_r);

/* ---- dns_servers.c, dns_dnssec.c ------------------------------------------------------------- */

/* Walks, and reports what the servers of the zone are worth. */
void dns_servers_judge(struct dns *);

/* Validates SOA, MX and TXT of the domain and reports; all: also when all is well. */
void dns_dnssec_judge(struct dns *, bool all);

#endif
