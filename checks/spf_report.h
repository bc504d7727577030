/* SPDX-License-Identifier: MIT */
/* spf_report.h - what the parts of the check "spf" share. */
#ifndef SPF_REPORT_H
#define SPF_REPORT_H

#include <mailaudit/check.h>

#include "spf/spf.h"

enum spf_rule {
    SPF_MISSING,
    SPF_MISSING_NO_MAIL,
    SPF_RECORD_UNAVAILABLE,
    SPF_INCLUDE_UNAVAILABLE,
    SPF_LOOKUP_FAILED,
    SPF_TOO_LARGE,
    SPF_MULTIPLE,
    SPF_SYNTAX,
    SPF_TOO_MANY_LOOKUPS,
    SPF_NEAR_LOOKUP_LIMIT,
    SPF_TOO_MANY_VOIDS,
    SPF_VOID_LOOKUP,
    SPF_ONE_FAMILY,
    SPF_TOO_MANY_MX,
    SPF_INCLUDE_WITHOUT_RECORD,
    SPF_REDIRECT_WITHOUT_RECORD,
    SPF_LOOP,
    SPF_PASS_ALL,
    SPF_NEUTRAL_DEFAULT,
    SPF_NOT_SENDING,
    SPF_TERMS_AFTER_ALL,
    SPF_REDIRECT_IGNORED,
    SPF_MECHANISM_AS_MODIFIER,
    SPF_UNKNOWN_MODIFIER,
    SPF_VERSION_TWICE,
    SPF_REDUNDANT_TERM,
    SPF_OVERLAP,
    SPF_MISSING_SPACE,
    SPF_UNREACHABLE_TERM,
    SPF_OVER_BROAD,
    SPF_BROAD,
    SPF_SPLIT_TERM,
    SPF_LARGE_ANSWER,
    SPF_LONG_ANSWER,
    SPF_PTR,
    SPF_SENDER_DEPENDENT,
    SPF_EXPLANATION_UNUSABLE,
    SPF_EXPLANATION_HOST_NAME,
    SPF_EXPLANATION_CLIENT,
    SPF_NOT_AUTHORIZED,
    SPF_SOFTFAIL,
    SPF_NEUTRAL,
    SPF_MX_NOT_AUTHORIZED,
    SPF_MX_RELAY,
    SPF_AUTHORIZE,
    SPF_PERMERROR,
    SPF_HELO_NOT_AUTHORIZED,
    SPF_HELO_SOFTFAIL,
    SPF_HELO_UNPROTECTED,
    SPF_HELO_ASSUMED,
    SPF_LIBSPF2_REFUSES,
    SPF_LIBSPF2_DIFFERS,
    SPF_LIBSPF2_EXPLANATION,
    SPF_VALID,
    SPF_NO_MAIL,
    SPF_AUTHORIZED,
    SPF_HELO_AUTHORIZED,
    SPF_RULE_COUNT
};

extern const struct ma_rule spf_rules[SPF_RULE_COUNT];

struct spf_evaluation { /* one address, one identity */
    const struct ma_sender *sender;
    bool is_helo;
    struct ma_spf_client client;
    const struct ma_spf_outcome *outcome;
    struct spf_evaluation *next; /* of a list */
};

struct spf_proposal {   /* of --authorize */
    const char *domain; /* whose record it is */
    const char *evidence, *terms;
    const char *rdata; /* NULL: what the record is to be is not clear */
};

struct spf_audit {
    struct ma_run *run;
    const struct ma_target *target;
    const struct ma_senders *senders;
    bool sends;           /* the role says so */
    const char *receiver; /* for %{r} */
    struct ma_spf spf;
    const struct ma_spf_walk *walk;
    struct spf_evaluation *evaluations;
    size_t evaluation_count;
    bool authorize;                      /* --authorize */
    const struct spf_proposal *proposal; /* of that, or NULL: all of them pass */
    const void *suffixes;                /* for org_domain.h */
    bool mixed_mx;                       /* exchangers of somebody else stand beside own ones */
    const char *home;                    /* what own ones are within; of several exchangers only */
    struct spf_evaluation *relays;       /* those, where they are not audited anyway */
};

/* One address, one identity. */
struct spf_evaluation spf_evaluation_of(struct spf_audit *, const struct ma_sender *, bool is_helo);

/* Findings about the records: what is wrong for any sender. */
void spf_report_records(struct spf_audit *);
/* One problem, of the walk or of an evaluation. */
void spf_report_problem(struct spf_audit *, const struct ma_spf_problem *);
/* A look-up that finds nothing, and more of them than are allowed. */
void spf_report_void(struct spf_audit *, const struct ma_spf_problem *);
void spf_report_void_limit(struct spf_audit *, const struct ma_spf_problem *);
/* A look-up failed. */
struct ma_finding *spf_report_lost(struct spf_audit *, const struct ma_answer *);
/* The rule that tells of it. */
enum spf_rule spf_problem_rule(const struct spf_audit *, const struct ma_spf_problem *);
/* Findings about records that are valid and still not good. */
void spf_report_lint(struct spf_audit *);
/* About terms that are repeated or too wide, and how the record is stored. */
void spf_report_terms(struct spf_audit *);
/* IPv4 addresses that the ip4: terms of the whole tree authorise, each counted once. */
uint64_t spf_ipv4_granted(const struct spf_audit *);
/* Does the name in the term end in "-all", which must have been a term of its own? */
bool spf_is_glued(const struct ma_spf_record *, const struct ma_spf_term *);
/* Is the term a second "v=spf1"? */
bool spf_is_version(const struct ma_spf_record *, const struct ma_spf_term *);
/* Is it MAIL FROM of the null sender, so the HELO name once more (RFC 7208 2.4)? Findings are told
   of that one; the result of both is in the report. */
bool spf_is_repeated(const struct spf_evaluation *);
/* Findings about the audited addresses and the HELO name. */
void spf_report_senders(struct spf_audit *);
/* --authorize: one record for all audited addresses that do not pass, as the audit's proposal. */
void spf_propose(struct spf_audit *);
void spf_report_authorize(struct spf_audit *);
/* Exchangers of somebody else that pass mail on to own ones: fills in mixed_mx and relays. True:
   something is pending. */
bool spf_ask_relays(struct spf_audit *);
/* Is an address audited only because it is one of such an exchanger? */
bool spf_is_relay(const struct spf_audit *, const struct ma_sender *);
void spf_report_relays(struct spf_audit *);
/* What receivers built on libspf2 decide. Only once nothing is pending. */
void spf_report_opinion(struct spf_audit *);
/* checks.spf in JSON. */
void spf_report_result(struct spf_audit *);

/* A faulty record as it was meant, without a fault; NULL where that is not clear. */
const struct ma_spf_record *spf_repaired(struct ma_run *, const struct ma_spf_record *);
/* What a TXT record that is no SPF record for its beginning alone was meant to be, or NULL. */
const struct ma_spf_record *spf_meant(struct ma_run *, const struct ma_rr *);
/* The SPF records of an RRset in one, as rdata; NULL where more than grants would have to be put
   together. */
const char *spf_merged(struct ma_run *, const struct ma_answer *);
/* The same as text; it belongs to the run. */
const char *spf_merged_text(struct ma_run *, const struct ma_answer *, size_t *size_r);
/* The domain's own record with includes replaced by their networks, so that it stays within the
   limit of look-ups; NULL where that is not possible. replaced_r: their names. */
const char *spf_slimmed(struct spf_audit *, const char **replaced_r);
/* The domain's own record without look-ups that find nothing: names that are not there are left
   out, hosts replaced by their addresses. NULL where that is not possible, or nothing is left. */
const char *spf_without_voids(struct spf_audit *);

/* Bytes for a sentence: shortened in the middle where they are many. */
const char *spf_excerpt(struct ma_run *, const char *bytes, size_t size);
const char *spf_term_excerpt(
    struct ma_run *, const struct ma_spf_record *, const struct ma_spf_term *);
void spf_place_term(struct ma_finding *, const struct ma_spf_record *, const struct ma_spf_term *);
/* The record with length bytes at offset replaced, as the rdata of a TXT record to publish. */
const char *spf_edited(struct ma_run *, const struct ma_spf_record *, size_t offset, size_t length,
    const char *replacement);
/* The same, with the terms of --authorize in it where that proposes a record for the same name: two
   records to paste must not undo one another. Nothing of the version may be replaced. */
const char *spf_edited_as_proposed(const struct spf_audit *, const struct ma_spf_record *,
    size_t offset, size_t length, const char *replacement);

#endif
