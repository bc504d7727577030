/* SPDX-License-Identifier: MIT */
/*
 * audit.h - the rounds: runs the checks of an audit, collects what they wait for, runs each again
 * when all that it waited for is there.
 *
 * An engine belongs to one thread and one loop. Audits are started with ma_audit_start() and tell
 * by done() when their report is ready; thousands may be in flight.
 */
#ifndef MA_AUDIT_H
#define MA_AUDIT_H

#include "finding.h"
#include "policy.h"
#include "registry.h"
#include "slots.h"
#include "spec.h"

/* Bounds of one audit. Reaching one is said in the report, with its name. */
#define MA_AUDIT_ROUNDS_MAX    64                  /* runs of one check */
#define MA_AUDIT_QUESTIONS_MAX 4000                /* distinct observations */
#define MA_AUDIT_PAGES_MAX     64                  /* of them, URLs fetched */
#define MA_AUDIT_BYTES_MAX     (16u * 1024 * 1024) /* memory for findings and results */

struct ma_engine {
    struct ma_registry *registry;
    struct ma_store *store;
    struct ma_web *web;                        /* NULL: nothing is fetched by HTTPS */
    const struct ma_policy *policy;            /* borrowed; NULL: the rules as they are */
    struct ma_task *ready_first, **ready_last; /* check runs that can go on */
    size_t audits;                             /* in flight */
};

struct ma_audit;

/* The engine's own rules, as a check that finds nothing by itself. */
extern const struct ma_check ma_check_audit;

void ma_engine_init(struct ma_engine *, struct ma_registry *, struct ma_store *);
/* NULL without memory. done() is called once, from ma_engine_work(); it may free the audit. */
struct ma_audit *ma_audit_start(struct ma_engine *, const struct ma_spec *,
    void (*done)(struct ma_audit *, void *), void *context);
/* Runs all that can be run now. Call it after every turn of the loop. */
void ma_engine_work(struct ma_engine *);
/* The wall clock has run out: what is not answered by now is MA_FAIL_BUDGET for this audit. */
void ma_audit_expire(struct ma_audit *);
/* Valid after done(), until ma_audit_free(). */
const struct ma_report *ma_audit_report(const struct ma_audit *);
const struct ma_spec *ma_audit_spec(const struct ma_audit *); /* what it was started with */
/* Calls see() for each observation of the audit, in no order. */
void ma_audit_observations(
    const struct ma_audit *, void (*see)(const struct ma_slot *, void *), void *context);
void ma_audit_free(struct ma_audit *); /* NULL is allowed; not before done() */

#endif
