/* SPDX-License-Identifier: MIT */
/* run.h - one run of one check, as the engine sees it. */
#ifndef MA_RUN_H
#define MA_RUN_H

#include "audit.h"

struct ma_audit;

struct ma_run {
    struct ma_audit *audit;
    struct ma_arena *arena;
    const struct ma_registered *registered;
    unsigned task;    /* index in the audit */
    unsigned id;      /* of this run */
    unsigned pending; /* distinct answers that are not there yet */
    unsigned not_asked;
    struct ma_slot **touched; /* the observations that this run used */
    size_t touched_count, touched_room;
    struct ma_finding *findings, **findings_last;
    struct ma_data *result;
};

const struct ma_spec *ma_run_spec(const struct ma_run *);
/* Finds or asks; the question is sealed. Marks the run pending if need be. */
const struct ma_answer *ma_run_observe(struct ma_run *, const struct ma_question *);
/* What this run has observed already, or NULL; see seen.h. */
const struct ma_answer *ma_run_seen(const struct ma_run *, const struct ma_question *);
/* An answer that no source gave. */
const struct ma_answer *ma_run_failed(
    struct ma_run *, const char *name, enum ma_rrtype, enum ma_failure, const char *detail);

/* The same for a URL; the request is sealed. */
const struct ma_body *ma_run_fetch(struct ma_run *, const struct ma_request *);
/* A body that no source gave. */
const struct ma_body *ma_run_no_body(
    struct ma_run *, const char *url, enum ma_failure, const char *detail);

#endif
