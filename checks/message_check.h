/* SPDX-License-Identifier: MIT */
/* message_check.h - what the parts of the check "message" share during one run. */
#ifndef MA_MESSAGE_CHECK_H
#define MA_MESSAGE_CHECK_H

#include "dmarc_check.h"
#include "message_rules.h"

#include "message/ask.h"
#include "message/body.h"
#include "message/facts.h"
#include "spf/spf.h"

/* What open() makes. */
struct message_setup {
    void *psl; /* of org_domain.h */
    struct ma_arena arena;
    struct ma_mail mail;
    const struct ma_mail_facts *facts;
    bool from_nowhere; /* the sending address is not known */
};

/* An answer that may be missing. */
enum message_truth { MESSAGE_NO, MESSAGE_YES, MESSAGE_UNKNOWN };

/* Which rules a receiver follows. */
enum message_reading { MESSAGE_RFC9989, MESSAGE_RFC7489, MESSAGE_READINGS };

/* A name that vouches, or for which is vouched, and its organization. */
struct message_domain {
    const char *name;
    const char *org_psl; /* RFC 7489; NULL: not known */
    size_t count;
    const char *names[MA_DMARC_WALK_MAX];
    struct dmarc_name asked[MA_DMARC_WALK_MAX];
    struct ma_dmarc_step steps[MA_DMARC_WALK_MAX];
    struct ma_dmarc_found found;
};

/* Does an identifier belong to the author? */
struct message_alignment {
    enum message_truth relaxed[MESSAGE_READINGS], strict;
};

struct message_signature {
    const struct ma_signature *is;
    const char *label;              /* "s=selector d=domain (line 3)" */
    const struct ma_answer *answer; /* NULL: its key was not asked for */
    const struct ma_verdict *verdict;
    const struct ma_verdict *untagged;   /* if the Subject had no "[list]"; NULL: not asked */
    const struct message_domain *domain; /* NULL where there is none */
    struct message_alignment alignment;
    enum message_truth good;       /* will a receiver count it? */
    size_t body_size, signed_size; /* of the canonical body */
};

enum message_result {
    MESSAGE_RESULT_NONE, /* no policy */
    MESSAGE_RESULT_PASS,
    MESSAGE_RESULT_FAIL,
    MESSAGE_RESULT_UNKNOWN
};

/* DMARC as one kind of receiver sees it. */
struct message_dmarc {
    const char *org;                  /* NULL: not known */
    bool lost;                        /* whether there is a policy is not known */
    const struct ma_dmarc_step *step; /* whose record applies; NULL: none */
    enum ma_dmarc_policy policy;      /* as written for this domain */
    enum ma_dmarc_policy applied;     /* what a receiver is to do: NONE is "deliver" */
    enum message_truth spf, dkim;     /* passes and is aligned */
    enum message_result result;
};

struct message {
    struct ma_run *run;
    const struct ma_target *target;
    const struct message_setup *setup;
    const struct ma_mail *mail;
    const struct ma_mail_facts *facts;
    struct ma_data *result;
    bool pending;
    const char *author; /* its domain, or NULL */
    struct message_domain *domains;
    size_t domain_count;
    const struct message_domain *author_domain, *spf_domain; /* or NULL */
    const struct ma_answer *exists;                          /* MX of the author's domain */
    int64_t at_secs;                                         /* when the message came in */
    struct ma_spf_client client;
    const struct ma_sender *sender;   /* whose address is evaluated, or NULL */
    const struct ma_spf_outcome *spf; /* NULL: not evaluated */
    enum message_truth spf_passes;
    struct message_alignment spf_alignment;
    struct message_signature signatures[MA_MAIL_SIGNATURES_MAX];
    size_t signature_count;
    struct message_dmarc dmarc[MESSAGE_READINGS];
};

/* ---- asking: nothing is looked at before all is asked ---------------------------------------- */

void message_ask_spf(struct message *);
void message_ask_keys(struct message *);
/* Of each domain once: its walk. */
void message_ask_domains(struct message *);

/* ---- judging --------------------------------------------------------------------------------- */

void message_judge_signatures(struct message *);
void message_judge_dmarc(struct message *);

/* What the signatures would be worth without the tag that lists put into a Subject; NULL where that
   cannot matter. */
const struct ma_verdict *message_untagged(
    struct message *, const struct ma_key_record *, const struct ma_verdict *);

/* ---- telling --------------------------------------------------------------------------------- */

void message_report_author(struct message *);
void message_report_spf(struct message *);
void message_report_signatures(struct message *);
/* Of a signature that does not hold. */
void message_report_change(struct message *, const struct message_signature *);
void message_report_dmarc(struct message *);
void message_report_results(struct message *);
void message_report_one_click(struct message *);
/* checks.message in JSON, as far as the parts above do not fill it themselves. */
void message_put_result(struct message *);

struct ma_finding *message_report(
    struct message *, enum message_rule, const char *subject, const char *evidence);
/* A signature that a receiver counts and that belongs to the author: MESSAGE_UNKNOWN if one may. */
enum message_truth message_counts(const struct message_signature *, enum message_reading);
/* Is nothing said against it by DMARC? */
bool message_may_pass(const struct message *);
const char *message_result_name(enum message_result);

#endif
