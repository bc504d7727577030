/* SPDX-License-Identifier: MIT */
/* dkim_check.h - what the parts of the dkim check share during one run. */
#ifndef MA_DKIM_CHECK_H
#define MA_DKIM_CHECK_H

#include "dkim_private.h"
#include "dkim_rules.h"

/* What open() makes, for --probe-selectors and --private-key. */
struct dkim_setup {
    bool probe_all;
    bool has_private;
    const char *elsewhere; /* what a message given has signatures of, see below; or NULL */
    struct ma_dkim_private private_key;
};

struct dkim_probe {
    const char *selector;
    bool given; /* by the user */
    const struct ma_answer *answer;
    const struct ma_rr *key; /* the one record, where it is a key that can be used */
    struct ma_span p;        /* in it */
    struct ma_data *row;     /* in the result; NULL: none yet */
    bool compared;           /* with the private key */
    bool matches;
};

struct dkim {
    struct ma_run *run;
    const struct ma_target *target;
    const struct dkim_setup *setup;
    enum ma_role role;
    struct ma_data *result;
    const struct ma_answer *nobody; /* the selector that nobody has */
    const struct ma_answer *parent; /* _domainkey */
    struct dkim_probe *probes;
    size_t probe_count, probe_room;
    unsigned seen;   /* selectors that are there, wildcards left out */
    unsigned faulty; /* of them: bad keys, several records, dangling aliases */
    unsigned usable; /* of them: good or weak keys */
    unsigned usable_rsa;
};

/* A finding of which there may be one a selector: the first stands for all. */
struct ma_finding *dkim_report(
    struct dkim *, enum dkim_rule, const struct dkim_probe *, const char *evidence);

/* Calls ask for each selector that the patterns of dkim_patterns.c make for the domain and the
   years before now. */
void dkim_patterns(struct dkim *, void (*ask)(struct dkim *, const char *selector, bool given));

/* What receivers that use OpenDKIM make of a record, where it differs from the standard. */
void dkim_opendkim(
    struct dkim *, struct dkim_probe *, const struct ma_rr *, const struct ma_dkim_key *);

/* Compares a key that is published with the private one, if there is one. */
void dkim_private_compare(struct dkim *, struct dkim_probe *, const struct ma_dkim_key *);
/* The record that the private key asks for, where one is missing. */
void dkim_private_publish(struct dkim *, const struct dkim_probe *, struct ma_finding *);
/* What the comparisons have shown. */
void dkim_private_report(struct dkim *);

#endif
