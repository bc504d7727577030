/* SPDX-License-Identifier: MIT */
/*
 * dmarc_walk.h - the DNS tree walk (RFC 9989 4.10): which names to ask, which of them is the
 * organizational domain and whose record applies. Pure: the caller has asked and parsed.
 */
#ifndef MA_DMARC_WALK_H
#define MA_DMARC_WALK_H

#include "dmarc_record.h"

#define MA_DMARC_WALK_MAX 8 /* names; RFC 9989 4.10 */

/* Fills names with suffixes of domain (pointers into it), longest first; returns how many. */
size_t ma_dmarc_walk_names(const char *domain, const char *names[static MA_DMARC_WALK_MAX]);

/* Labels of a name in presentation format; an escaped dot parts no labels. */
size_t ma_dmarc_labels(const char *name);

struct ma_dmarc_step {
    const char *name;                     /* of ma_dmarc_walk_names() */
    const struct ma_dmarc_record *record; /* the one record there, or NULL */
    bool failed;                          /* the question was not answered */
};

struct ma_dmarc_found {
    /* NULL when not known: a question that could change it was not answered */
    const char *org_domain;
    /* The step whose record applies; NULL when there is none - or, with lost, it is not known */
    const struct ma_dmarc_step *applied;
    bool lost;
    bool inherited; /* the record is another domain's: sp, or np, is the policy */
};

/* For mail from the domain that the names were made from. */
void ma_dmarc_discover(
    struct ma_dmarc_found *, const char *domain, const struct ma_dmarc_step *, size_t count);
/* For mail from a name below it that has no record: org_domain is left NULL. */
void ma_dmarc_discover_below(
    struct ma_dmarc_found *, const char *domain, const struct ma_dmarc_step *, size_t count);

#endif
