/* SPDX-License-Identifier: MIT */
/*
 * store.h - all observations of a process: asked once, shared by every audit that wants them.
 *
 * A question is looked up in a table; one that is not there is handed to the sources in order, and
 * the first that takes it settles it with ma_store_settle(), at once or later. Whoever waits is
 * told then. An entry is held by the audits that use it and stays for a while after the last of
 * them has gone, for the next. One thread, one loop.
 */
#ifndef MA_STORE_H
#define MA_STORE_H

#include "../arena.h"
#include "../name.h"
#include "mailaudit/check.h"

#include <ldns/ldns.h>

#define MA_CNAME_MAX        10              /* aliases followed in one answer */
#define MA_ANSWER_BYTES_MAX (1024u * 1024u) /* of memory, for one answer */

struct ma_store;
struct ma_entry;

/* A question. In an entry the name is the entry's; else it is borrowed. */
struct ma_question {
    const uint8_t *name; /* lower-case wire format */
    uint8_t name_size;   /* bytes */
    uint16_t type;
    bool validate, recursive; /* see struct ma_how */
    uint16_t port;            /* of server */
    uint16_t
        deadline_msecs; /* 0: the source's own; makes no other question: the first one's holds */
    uint16_t least_ttl_secs;  /* in the store; the first one's holds, too */
    struct ma_address server; /* family 0: the configured source */
    uint64_t hash;            /* by ma_question_seal() */
};

/* Computes the hash: the last step of making a question. */
void ma_question_seal(struct ma_question *);
bool ma_question_equal(const struct ma_question *, const struct ma_question *);
/* The order in which recordings list questions; 0 where they are equal. */
int ma_question_compare(const struct ma_question *, const struct ma_question *);

/* What a source says. Everything is borrowed for the call and copied. */
struct ma_reply {
    enum ma_status status;   /* OK, NODATA, NXDOMAIN or FAILED */
    enum ma_failure failure; /* of MA_FAILED */
    const char *detail;      /* of MA_FAILED; or NULL */
    ldns_rr *const *rrs;     /* an answer section, in any order: aliases and the RRset */
    size_t rr_count;
    bool chase; /* the aliases lead to a name that this source did not answer for: ask on there */
    uint32_t negative_ttl_secs; /* NODATA, NXDOMAIN: RFC 2308 5 */
    enum ma_security security;
};

/*
 * Where observations come from. ask() returns false when the question is not for this source (the
 * next one is tried), else it has called or will call ma_store_settle() exactly once.
 */
struct ma_source {
    const char *name;
    bool (*ask)(void *state, struct ma_store *, struct ma_entry *);
    void (*close)(void *state);
    void *state;
};

/* One waiting for an entry: told once, by wake(). Lives in the waiter; linked by the store. */
struct ma_waiter {
    struct ma_waiter *next;
    void (*wake)(struct ma_waiter *);
};

struct ma_store_counts {
    uint64_t asked; /* handed to a source */
    uint64_t hits;  /* found, answered or in flight */
    size_t entries;
    size_t cached_bytes; /* of answers that no audit uses */
};

/* Takes the sources over, in order; the last must take every question. cache_bytes bounds the
   answers kept that no audit uses: the least recently used go first. NULL without memory. */
struct ma_store *ma_store_new(const struct ma_source *sources, size_t count, size_t cache_bytes);
void ma_store_free(struct ma_store *); /* NULL is allowed; no entry may be held any more */
/* Lets go of all answers that no audit uses. */
void ma_store_shrink(struct ma_store *);
struct ma_store_counts ma_store_counts(const struct ma_store *);

/* Finds or asks; the question is sealed. The caller holds the entry until ma_store_release(). NULL
 * without memory. */
struct ma_entry *ma_store_get(struct ma_store *, const struct ma_question *);
void ma_store_release(struct ma_store *, struct ma_entry *);
const struct ma_answer *ma_entry_answer(const struct ma_entry *);
const struct ma_question *ma_entry_question(const struct ma_entry *);
/* Waits for an entry that is MA_PENDING; the waiter must live until woken or withdrawn. */
void ma_entry_wait(struct ma_entry *, struct ma_waiter *);
void ma_entry_withdraw(struct ma_entry *, struct ma_waiter *);

/* For sources. */
void ma_store_settle(struct ma_store *, struct ma_entry *, const struct ma_reply *);
void ma_store_fail(struct ma_store *, struct ma_entry *, enum ma_failure, const char *detail);

#endif
