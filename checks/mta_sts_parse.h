/* SPDX-License-Identifier: MIT */
/*
 * mta_sts_parse.h - the record and the policy of MTA-STS (RFC 8461 3.1, 3.2, 4.1).
 *
 * Both parsers read any bytes, allocate nothing and never leave them. Spans and texts given out
 * point into the bytes given in, or are literals.
 */
#ifndef MA_MTA_STS_PARSE_H
#define MA_MTA_STS_PARSE_H

#include "taglist.h"

#include <stdint.h>

#define MTA_STS_VERSION      "v=STSv1"
#define MTA_STS_ID_MAX       32       /* characters of an id */
#define MTA_STS_MAX_AGE_MAX  31557600 /* seconds, a year */
#define MTA_STS_PATTERNS_MAX 512      /* mx lines kept */
#define MTA_STS_FAULTS_MAX   8        /* faults of a policy kept */

/* ---- the record ------------------------------------------------------------------------------ */

struct mta_sts_record {
    struct ma_span id;    /* as written; size 0: none */
    const char *fault;    /* what to write instead, or NULL: the syntax is right */
    struct ma_span at;    /* of the fault */
    struct ma_span again; /* a second id, which senders ignore; size 0: none */
};

/* Senders discard what does not begin so, where there are several records. */
bool mta_sts_is_record(const char *bytes, size_t size);
/* A record that is alone need only begin with the version and a semicolon, blanks between. */
bool mta_sts_is_lone_record(const char *bytes, size_t size);
/* Was it meant to be one? Another case, another version, quotes or blanks before it. */
bool mta_sts_is_lookalike(const char *bytes, size_t size);
void mta_sts_record_parse(struct mta_sts_record *, const char *bytes, size_t size);

/* ---- the policy ------------------------------------------------------------------------------ */

enum mta_sts_mode { MTA_STS_NO_MODE, MTA_STS_NONE, MTA_STS_TESTING, MTA_STS_ENFORCE };

enum mta_sts_fault_kind {
    MTA_STS_SYNTAX,  /* senders take the text for no policy */
    MTA_STS_PATTERN, /* an mx line that names no host */
    MTA_STS_REPEATED /* a field again: only the first counts */
};

struct mta_sts_fault {
    enum mta_sts_fault_kind kind;
    unsigned line; /* from 1; 0: something is missing */
    struct ma_span at;
    const char *expected; /* what to write */
};

struct mta_sts_policy {
    enum mta_sts_mode mode;
    uint64_t max_age_secs;
    struct ma_span patterns[MTA_STS_PATTERNS_MAX]; /* good ones, in order */
    size_t pattern_count;
    size_t patterns_left_out; /* over the cap */
    struct mta_sts_fault faults[MTA_STS_FAULTS_MAX];
    size_t fault_count;
    size_t by_kind[MTA_STS_REPEATED + 1]; /* faults in all, those not kept included */
};

void mta_sts_policy_parse(struct mta_sts_policy *, const char *bytes, size_t size);
/* Does the text apply? No fault of kind MTA_STS_SYNTAX. */
bool mta_sts_policy_holds(const struct mta_sts_policy *);
/* "enforce", ...; NULL for MTA_STS_NO_MODE. */
const char *mta_sts_mode_name(enum mta_sts_mode);

/* Does the pattern match the host? "*." stands for one label; the case of letters does not matter.
 */
bool mta_sts_matches(const char *pattern, size_t size, const char *host);

#endif
