/* SPDX-License-Identifier: MIT */
/*
 * mta_sts_check.h - what the parts of check mta_sts share: the record and the fetch (mta_sts.c),
 * the policy and the hosts that it names (mta_sts_policy.c). All strings belong to the run.
 */
#ifndef MA_MTA_STS_CHECK_H
#define MA_MTA_STS_CHECK_H

#include "mta_sts_parse.h"
#include "mta_sts_rules.h"

#define MTA_STS_HOSTS_MAX 64 /* mail exchangers matched */

/* One audit: what was asked for and what came of it. */
struct sts {
    struct ma_run *run;
    const char *owner, *host, *url; /* of the record, of the policy */
    const struct ma_answer *record_answer, *mx;
    const struct ma_rr *rr; /* the record, or NULL */
    const char *id;         /* to publish after a change */
    const char *hosts[MTA_STS_HOSTS_MAX];
    size_t host_count;
    bool hosts_left_out;            /* over the cap */
    const struct ma_answer *failed; /* the look-up without which hosts is not whole, or NULL */
    const struct ma_body *body;
    struct mta_sts_policy *policy; /* NULL: none was read */
};

/* The bytes as evidence, cut short where they are many. */
const char *mta_sts_shown(struct ma_run *, const char *bytes, struct ma_span);
struct ma_finding *mta_sts_report(
    struct sts *, enum mta_sts_rule, const char *subject, const char *evidence);
/* The record with that id, as the fix to paste. */
void mta_sts_publish(struct sts *, struct ma_finding *, const char *id);
/* The policy file as it should be, for {policy}. */
void mta_sts_propose_policy(struct sts *, struct ma_finding *);
/* Judges the text in body, and the hosts by it. */
void mta_sts_judge_policy(struct sts *);

#endif
