/* SPDX-License-Identifier: MIT */
/* dmarc_check.h - what the parts of the dmarc check share during one run. */
#ifndef MA_DMARC_CHECK_H
#define MA_DMARC_CHECK_H

#include "dmarc_rules.h"
#include "dmarc_walk.h"
#include "org_domain.h"

/* What a name of the walk answered. */
enum dmarc_seen { DMARC_NOTHING, DMARC_RECORD, DMARC_SEVERAL, DMARC_MISS };

struct dmarc_name {
    const struct ma_answer *answer; /* TXT at _dmarc below the name */
    enum dmarc_seen seen;
    const struct ma_rr *rr; /* the record, or what nearly is one */
};

struct dmarc {
    struct ma_run *run;
    const struct ma_target *target;
    const void *psl; /* of org_domain.h */
    enum ma_role role;
    struct ma_data *result;
    const char *org_psl;            /* RFC 7489's organizational domain; NULL: not known */
    const struct ma_answer *apex;   /* TXT at the domain itself */
    const struct ma_answer *exists; /* MX at the domain: NXDOMAIN if it does not exist */
    size_t count;
    const char *name[MA_DMARC_WALK_MAX];
    struct dmarc_name names[MA_DMARC_WALK_MAX];
    struct ma_dmarc_step steps[MA_DMARC_WALK_MAX];
    struct ma_dmarc_found own, below;
    const struct dmarc_name *at;          /* whose record applies; NULL: none */
    const struct ma_dmarc_record *record; /* that record */
    bool lost;                            /* own.lost, or sp and np differ and exists failed */
    enum ma_dmarc_policy policy, subdomain_policy, nonexistent_policy;
};

/* The names of one walk, read: fills seen, rr and the step's record. */
void dmarc_read_name(struct ma_run *, struct dmarc_name *, struct ma_dmarc_step *);

/* The question of the walk, from its start, that was not answered; NULL: there is none. */
const struct ma_answer *dmarc_first_failed(const struct dmarc *);
/* May the failed question of step i of a walk count as "no record there"? */
bool dmarc_may_be_left_out(const void *psl, size_t i, const char *name, const struct ma_answer *);

/* The faults of the record that applies, and what its policy leaves open. */
void dmarc_lint(struct dmarc *);
/* Reports, and returns true, when the domain's own mail can pass neither SPF nor DKIM, or may not,
   as far as is known: all is not well then. For a policy of reject. Asks further questions. */
bool dmarc_own_mail(struct dmarc *);
/* The report destinations outside the organization, and whether reports can be delivered at all.
   Asks further questions. */
void dmarc_external(struct dmarc *);

/* A finding about the record that applies, with its place and the record to publish instead. */
struct ma_finding *dmarc_report(struct dmarc *, enum dmarc_rule, struct ma_span place,
    const struct ma_dmarc_edit *, const char *evidence);
/* Publishes a record, changed, at an owner. */
void dmarc_publish(struct dmarc *, struct ma_finding *, const char *owner,
    const struct ma_dmarc_record *, const struct ma_dmarc_edit *);
const char *dmarc_default_rua(struct dmarc *); /* NULL where the domain takes no mail */

#endif
