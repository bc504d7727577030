/* SPDX-License-Identifier: MIT */
/* slots.h - the observations of one audit, DNS and HTTPS, and which of its checks wait for them. */
#ifndef MA_SLOTS_H
#define MA_SLOTS_H

#include "observe/store.h"
#include "observe/web.h"

#define MA_TASKS_MAX 64 /* checks of one audit */

struct ma_slots;

/* One observation. Exactly one of the two kinds is there. */
struct ma_slot {
    struct ma_entry *entry;         /* DNS, or NULL */
    const struct ma_answer *answer; /* the entry's, or one of the audit's own after expiry */
    struct ma_page *page;           /* HTTPS, or NULL */
    const struct ma_body *body;     /* likewise */
    struct ma_slot *next_page;      /* of an HTTPS one */
    struct ma_waiter waiter;        /* linked while pending */
    struct ma_slots *slots;
    uint64_t waiting; /* bit I: task I waits for it */
    unsigned run;     /* the run that touched it last */
    bool pending;
    bool used; /* by a run that counted */
};

struct ma_slots {
    struct ma_store *store;
    struct ma_web *web;     /* NULL: nothing is fetched */
    struct ma_arena arena;  /* slots: not rolled back; and what else lives as long as the audit */
    struct ma_slot **table; /* of DNS slots: open addressing by hash */
    size_t room, count;     /* count: of both kinds */
    struct ma_slot *pages;  /* HTTPS slots, the newest first */
    size_t page_count;
    unsigned missing[MA_TASKS_MAX]; /* what each task waits for */
    void (*ready)(void *context, unsigned task);
    void *context;
    bool expired, expired_short; /* expired, and something was still missing */
};

/* ready() is told when a task has all that it waited for. False without memory. */
bool ma_slots_init(struct ma_slots *, struct ma_store *, struct ma_web *, size_t cap_bytes,
    void (*ready)(void *context, unsigned task), void *context);
void ma_slots_clear(struct ma_slots *);

/* The slot of a question, or NULL. */
struct ma_slot *ma_slots_find(const struct ma_slots *, const struct ma_question *);
/* The same, asked now if need be. NULL without memory. */
struct ma_slot *ma_slots_ask(struct ma_slots *, const struct ma_question *);
struct ma_slot *ma_slots_find_page(const struct ma_slots *, const struct ma_request *);
struct ma_slot *ma_slots_fetch(struct ma_slots *, const struct ma_request *);

/* The task waits for it, if it is pending. */
void ma_slot_await(struct ma_slot *, unsigned task);
/* What is pending is MA_FAIL_BUDGET from now on. */
void ma_slots_expire(struct ma_slots *);
/* Calls see() for each slot that was used, in no order. */
void ma_slots_each(const struct ma_slots *, void (*see)(const struct ma_slot *, void *), void *);

#endif
