/* SPDX-License-Identifier: MIT */
/* dnsbl_report.h - what check dnsbl has seen, and what it says about it. */
#ifndef DNSBL_REPORT_H
#define DNSBL_REPORT_H

#include "dnsbl_judge.h"

/* What open() makes. */
struct dnsbl_setup {
    struct dnsbl_lists *lists;
    void *suffixes; /* the public suffix list */
    unsigned scope; /* enum dnsbl_scope */
    bool any_domain_list;
};

/* What is looked up, as --dnsbl-scope says; bits. */
enum dnsbl_scope {
    DNSBL_SCOPE_SENDERS = 1, /* the addresses that the mail comes from */
    DNSBL_SCOPE_MX = 2,      /* those of the mail exchangers */
    DNSBL_SCOPE_NAMES = 4,   /* the domain, its organizational domain, HELO and PTR names */
    DNSBL_SCOPE_TESTS = 8    /* nothing but the lists' own test entries */
};
#define DNSBL_SCOPE_DEFAULT (DNSBL_SCOPE_SENDERS | DNSBL_SCOPE_NAMES)
/* "senders,mx"; 0 if a word is none of these. */
unsigned dnsbl_scope_parse(const char *words);

/* What is looked up: an address or a domain. */
struct dnsbl_subject {
    const char *text;     /* as shown */
    const char *label;    /* as asked: what stands before the zone */
    enum dnsbl_kind kind; /* DNSBL_IP4, DNSBL_IP6 or DNSBL_DOMAIN */
};

/* One subject at one list. */
struct dnsbl_row {
    bool applies;                   /* the list is for such subjects, or says that it is not */
    const struct ma_answer *answer; /* A; NULL when not asked */
    const struct ma_answer *why;    /* TXT, of a listing; else NULL */
    const struct ma_answer *ptr;    /* PTR, where what to do before hangs on it; else NULL */
    struct dnsbl_verdict verdict;
    const char *refused; /* why the list was asked again by full recursion, or NULL */
};

struct dnsbl_view {
    struct ma_run *run;
    const struct dnsbl_lists *lists;
    const struct dnsbl_setup *setup;
    const struct ma_answer *failed_address; /* MX scope: a look-up that failed, or NULL */
    const struct ma_answer *failed_name;    /* a reverse look-up that failed, or NULL */
    const struct dnsbl_subject *subjects;
    size_t subject_count;
    struct dnsbl_row *rows; /* list by list, subject by subject */
};

enum dnsbl_rule {
    DNSBL_RULE_CLEAN,
    DNSBL_RULE_LISTED_CRITICAL,
    DNSBL_RULE_LISTED_ERROR,
    DNSBL_RULE_LISTED_POLICY,
    DNSBL_RULE_LISTED_WARNING,
    DNSBL_RULE_LISTED_NOTICE,
    DNSBL_RULE_LISTED_INFO,
    DNSBL_RULE_ALLOWED,
    DNSBL_RULE_UNKNOWN, /* the first of four each for the first four causes */
    DNSBL_RULE_REWRITTEN = DNSBL_RULE_UNKNOWN + 16,
    DNSBL_RULE_ENDED,
    DNSBL_RULE_EXCLUDED,
    DNSBL_RULE_ADDRESSES,
    DNSBL_RULE_NAMES,
    DNSBL_RULE_ASKED_AGAIN,
    DNSBL_RULE_COUNT
};
extern const struct ma_rule dnsbl_rules[DNSBL_RULE_COUNT];

static inline struct dnsbl_row *dnsbl_row(
    const struct dnsbl_view *v, const struct dnsbl_zone *z, size_t subject)
{
    return &v->rows[(size_t)(z - v->lists->zones) * v->subject_count + subject];
}

/* Asks who is to be looked up, and fills the subjects and what failed on the way. */
void dnsbl_collect(struct dnsbl_view *);

/* checks.dnsbl of the report: all rows. */
void dnsbl_put_rows(const struct dnsbl_view *);
/* The same of the lists themselves, where only they are looked at. */
void dnsbl_put_states(const struct dnsbl_view *);
/* The findings. */
void dnsbl_put_findings(const struct dnsbl_view *);

/* What is to be put right before an entry of that weight is removed; with {rdns} still in it. */
#define DNSBL_RDNS "{rdns}"
const char *dnsbl_before(const struct dnsbl_zone *, enum dnsbl_weight);

/* Texts owned by the run. */
const char *dnsbl_meaning(
    struct ma_run *, const struct dnsbl_zone *, const struct ma_answer *); /* or NULL */
const char *dnsbl_why(struct ma_run *, const struct ma_answer *);          /* or NULL; any byte */
const char *dnsbl_page(
    struct ma_run *, const struct dnsbl_zone *, const struct dnsbl_subject *); /* or NULL */

#endif
