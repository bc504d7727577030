/* SPDX-License-Identifier: MIT */
/* answer.h - from ldns' records to ours. The only place where an answer is made, so that every
   source yields the same bytes for the same records. */
#ifndef MA_ANSWER_H
#define MA_ANSWER_H

#include "store.h"

/* An answer with the memory behind it. */
struct ma_answer_build {
    struct ma_arena *arena;       /* of the answer; its cap is the answer's */
    struct ma_answer *answer;     /* name and type are set; the rest is filled in */
    uint8_t at[MA_NAME_WIRE_MAX]; /* where the aliases have led */
    size_t at_size;
};

/*
 * Fills the answer from a reply that is not MA_FAILED: follows the aliases from the question's
 * name and takes the RRset at their end. Returns MA_FAIL_NONE, or why it cannot be used. When the
 * aliases end at a name that the reply has no RRset of, build->at is that name.
 */
enum ma_failure ma_answer_fill(
    struct ma_answer_build *, const struct ma_question *, const struct ma_reply *);

/* Joins what the aliases led to: the answer for build->at, asked for on its own.
   It is pointed into: it must live as long as this one. */
enum ma_failure ma_answer_join(
    struct ma_answer_build *, const struct ma_question *, const struct ma_answer *tail);

/* Is it the owner of the record? wire is a name in lower case; case does not matter. */
bool ma_answer_owner_is(const ldns_rr *, const uint8_t *wire, size_t size);

#endif
