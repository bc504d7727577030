/* SPDX-License-Identifier: MIT */
/*
 * dnsbl_judge.h - what a block list's answer means: pure, one answer at a time.
 *
 * An answer is a listing only if it lies in 127.0.0.0/8, is a code that the list documents and no
 * refusal, and if in the same run the list was seen to work: a test entry that must be listed is,
 * and one that must not be is not (RFC 5782 5). All else is unknown, with its reason.
 */
#ifndef DNSBL_JUDGE_H
#define DNSBL_JUDGE_H

#include "dnsbl_lists.h"
#include "mailaudit/check.h"

/* What one answer says by itself, in order of what counts most where an answer has several codes.
 */
enum dnsbl_sight {
    DNSBL_ABSENT,       /* NXDOMAIN or NODATA */
    DNSBL_FOREIGN,      /* only addresses outside 127.0.0.0/8 */
    DNSBL_NOTED,        /* a documented code that is no listing */
    DNSBL_UNDOCUMENTED, /* a code in 127.0.0.0/8 that the list does not document */
    DNSBL_LISTED,       /* a documented code that is a listing */
    DNSBL_SAID_NO,      /* a code by which the list refuses */
    DNSBL_FAILED,       /* no answer */
    DNSBL_NOT_SENT,     /* the question was not asked: offline, or no name */
    DNSBL_AWAITED       /* pending */
};

struct dnsbl_reading {
    enum dnsbl_sight sight;
    enum dnsbl_weight weight;       /* DNSBL_LISTED: the worst */
    enum dnsbl_refusal refusal;     /* DNSBL_SAID_NO */
    const struct ma_rr *rr;         /* the record that decided, or NULL */
    const struct ma_answer *answer; /* borrowed */
};

struct dnsbl_reading dnsbl_read(const struct dnsbl_zone *, const struct ma_answer *);

/* The code of a record's address, or NULL. */
const struct dnsbl_code *dnsbl_code_of(const struct dnsbl_zone *, const struct ma_rr *);

/* Is the list seen to work, by its entries that must be listed? One that is listed is enough: fold
   the readings of all into one, beginning with DNSBL_HEALTH_UNTESTED. */
#define DNSBL_HEALTH_UNTESTED ((struct dnsbl_reading){.sight = DNSBL_LISTED})
struct dnsbl_reading dnsbl_health_fold(
    struct dnsbl_reading health, struct dnsbl_reading test, bool first);
bool dnsbl_is_entry(const struct dnsbl_reading *); /* in 127.0.0.0/8, and no refusal */

enum dnsbl_state {
    DNSBL_STATE_CLEAN,
    DNSBL_STATE_LISTED,
    DNSBL_STATE_UNKNOWN,
    DNSBL_STATE_NOT_ASKED
};

/* Why a state is unknown. */
enum dnsbl_cause {
    DNSBL_CAUSE_REFUSED,    /* the list, or the server, refused */
    DNSBL_CAUSE_NO_ANSWER,  /* none, or one that is no answer */
    DNSBL_CAUSE_UNRELIABLE, /* the list is dead, parked, or lists the world */
    DNSBL_CAUSE_CODE,       /* an undocumented code */
    DNSBL_CAUSE_REWRITTEN,  /* the resolver makes up answers */
    DNSBL_CAUSE_COUNT
};

/* One subject at one list. */
struct dnsbl_verdict {
    enum dnsbl_state state;
    enum dnsbl_cause cause;         /* DNSBL_STATE_UNKNOWN */
    const char *reason;             /* UNKNOWN, NOT_ASKED: why, in words; else NULL */
    const struct ma_answer *failed; /* UNKNOWN by an answer that failed, else NULL */
    enum dnsbl_weight weight;       /* LISTED */
    bool whole_list;                /* UNKNOWN for every subject alike */
    bool wants_proof;               /* CLEAN entries must be asked before it is final */
    bool elsewhere;                 /* UNKNOWN: it refuses the resolver, not the question */
};

/* From the answer for the subject and the list's health. Nothing may be pending. */
struct dnsbl_verdict dnsbl_judge(struct ma_run *, const struct dnsbl_zone *,
    const struct ma_answer *, const struct dnsbl_reading *health);
/* The same, after the answer for an entry that must not be listed. */
struct dnsbl_verdict dnsbl_judge_proof(struct ma_run *, const struct dnsbl_zone *,
    struct dnsbl_verdict, const struct ma_answer *clean_test);

#endif
