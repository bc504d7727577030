/* SPDX-License-Identifier: MIT */
#include "store.h"

#include "address.h"
#include "answer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MA_BUCKETS_FIRST 256
#define MA_ANSWER_CHUNK  384  /* bytes: most answers fit */
#define MA_NAMES_BYTES   80   /* of the question's name, about, and malloc's own */
#define MA_FAILED_TTL    5    /* seconds a failure is held for others */
#define MA_TTL_MAX       3600 /* seconds an answer is held at the most */

struct ma_entry {
    struct ma_answer answer;
    struct ma_question question;
    struct ma_arena arena;
    struct ma_entry *hash_next;
    struct ma_entry *idle_prev, *idle_next; /* linked while refs is 0 */
    struct ma_entry *tail;                  /* what its aliases led to; held */
    struct ma_entry *settled_next;          /* linked while its waiters have to be told */
    struct ma_waiter *waiters, **waiters_last;
    struct ma_waiter tail_wait;
    struct ma_store *store;
    struct ma_answer_build *build; /* while it waits for its tail */
    int64_t expires_secs;          /* of the monotonic clock */
    unsigned refs;
    unsigned depth; /* aliases that led to this question */
    bool detached;  /* its time is over: no longer in the table */
};

struct ma_store {
    struct ma_source *sources;
    size_t source_count;
    struct ma_entry **buckets;
    size_t bucket_count, entries;
    struct ma_entry idle; /* ring: oldest at idle.idle_next */
    size_t idle_bytes, idle_bytes_max;
    struct ma_entry *settled_first, **settled_last; /* whose waiters have to be told */
    bool telling;
    struct ma_store_counts counts;
};

static int64_t now_secs(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return t.tv_sec;
}

struct ma_store *ma_store_new(const struct ma_source *sources, size_t count, size_t cache_bytes)
{
    struct ma_store *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->sources = calloc(count > 0 ? count : 1, sizeof *s->sources);
    s->buckets = calloc(MA_BUCKETS_FIRST, sizeof(struct ma_entry *));
    if (s->sources == NULL || s->buckets == NULL) {
        free(s->sources);
        free(s->buckets);
        free(s);
        return NULL;
    }
    memcpy(s->sources, sources, count * sizeof *sources);
    s->source_count = count;
    s->bucket_count = MA_BUCKETS_FIRST;
    s->idle.idle_next = s->idle.idle_prev = &s->idle;
    s->settled_last = &s->settled_first;
    s->idle_bytes_max = cache_bytes;
    return s;
}

void ma_question_seal(struct ma_question *q)
{
    uint64_t h = 0xcbf29ce484222325u ^ q->type;
    size_t i = 0;
    for (; i + sizeof h <= q->name_size; i += sizeof h) {
        uint64_t word;
        memcpy(&word, q->name + i, sizeof word);
        h = (h ^ word) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    for (; i < q->name_size; i++)
        h = (h ^ q->name[i]) * 0x100000001b3u;
    if (q->server.family != 0)
        for (i = 0; i < sizeof q->server.bytes; i++)
            h = (h ^ q->server.bytes[i]) * 0x100000001b3u;
    q->hash = (h ^ (h >> 32) ^ q->port) + (q->validate ? 1 : 0) + (q->recursive ? 2 : 0);
}

bool ma_question_equal(const struct ma_question *a, const struct ma_question *b)
{
    return a->hash == b->hash && a->type == b->type && a->name_size == b->name_size &&
           a->validate == b->validate && a->recursive == b->recursive && a->port == b->port &&
           memcmp(a->name, b->name, a->name_size) == 0 && ma_address_equal(&a->server, &b->server);
}

int ma_question_compare(const struct ma_question *a, const struct ma_question *b)
{
    int order = ma_name_compare(a->name, b->name);
    if (order == 0)
        order = (int)a->type - (int)b->type;
    if (order == 0)
        order = (int)a->validate - (int)b->validate;
    if (order == 0)
        order = (int)a->recursive - (int)b->recursive;
    if (order == 0)
        order = ma_address_compare(&a->server, &b->server);
    return order != 0 ? order : (int)a->port - (int)b->port;
}

static struct ma_entry **slot_of(struct ma_store *s, const struct ma_entry *e)
{
    struct ma_entry **p = &s->buckets[e->question.hash & (s->bucket_count - 1)];
    while (*p != e)
        p = &(*p)->hash_next;
    return p;
}

static size_t bytes_of(const struct ma_entry *e)
{
    return sizeof *e + MA_NAMES_BYTES + ma_arena_footprint(&e->arena);
}

static void idle_unlink(struct ma_store *s, struct ma_entry *e)
{
    e->idle_prev->idle_next = e->idle_next;
    e->idle_next->idle_prev = e->idle_prev;
    e->idle_next = e->idle_prev = NULL;
    s->idle_bytes -= bytes_of(e);
}

static void detach(struct ma_store *s, struct ma_entry *e)
{
    *slot_of(s, e) = e->hash_next;
    e->detached = true;
}

static void entry_free(struct ma_store *s, struct ma_entry *e)
{
    struct ma_entry *tail = e->tail;
    if (!e->detached)
        detach(s, e);
    s->entries--;
    ma_arena_clear(&e->arena);
    free(e->build);
    free(e);
    if (tail != NULL)
        ma_store_release(s, tail);
}

static void evict(struct ma_store *s)
{
    while (s->idle_bytes > s->idle_bytes_max) {
        struct ma_entry *e = s->idle.idle_next;
        idle_unlink(s, e);
        entry_free(s, e);
    }
}

void ma_store_free(struct ma_store *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->source_count; i++)
        if (s->sources[i].close != NULL)
            s->sources[i].close(s->sources[i].state);
    s->idle_bytes_max = 0;
    evict(s);
    free(s->sources);
    free(s->buckets);
    free(s);
}

void ma_store_shrink(struct ma_store *s)
{
    size_t max = s->idle_bytes_max;
    s->idle_bytes_max = 0;
    evict(s);
    s->idle_bytes_max = max;
}

struct ma_store_counts ma_store_counts(const struct ma_store *s)
{
    struct ma_store_counts c = s->counts;
    c.entries = s->entries;
    c.cached_bytes = s->idle_bytes;
    return c;
}

static void grow(struct ma_store *s)
{
    size_t count = s->bucket_count * 2;
    struct ma_entry **more = calloc(count, sizeof(struct ma_entry *));
    if (more == NULL)
        return; /* longer chains are slower, not wrong */
    for (size_t i = 0; i < s->bucket_count; i++) {
        for (struct ma_entry *e = s->buckets[i], *next; e != NULL; e = next) {
            next = e->hash_next;
            e->hash_next = more[e->question.hash & (count - 1)];
            more[e->question.hash & (count - 1)] = e;
        }
    }
    free(s->buckets);
    s->buckets = more;
    s->bucket_count = count;
}

static bool is_fresh(const struct ma_entry *e)
{
    return e->answer.status == MA_PENDING || now_secs() < e->expires_secs;
}

/* An entry whose time is over still serves those who hold it; a new question is asked anew. */
static void retire(struct ma_store *s, struct ma_entry *e)
{
    detach(s, e);
    if (e->refs == 0) {
        idle_unlink(s, e);
        entry_free(s, e);
    }
}

static struct ma_entry *find(struct ma_store *s, const struct ma_question *q)
{
    for (struct ma_entry *e = s->buckets[q->hash & (s->bucket_count - 1)]; e != NULL;
         e = e->hash_next)
        if (ma_question_equal(&e->question, q))
            return e;
    return NULL;
}

/* Entry, wire name and its text are one piece of memory: most answers need no more. */
static struct ma_entry *entry_new(struct ma_store *s, const struct ma_question *q)
{
    char text[MA_NAME_TEXT_MAX];
    size_t text_size = ma_name_to_text(text, q->name) + 1;
    struct ma_entry *e = malloc(sizeof *e + q->name_size + text_size);
    if (e == NULL)
        return NULL;
    *e = (struct ma_entry){.question = *q, .store = s, .refs = 1};
    uint8_t *tail = (uint8_t *)(e + 1);
    memcpy(tail, q->name, q->name_size);
    memcpy(tail + q->name_size, text, text_size);
    ma_arena_init(&e->arena, MA_ANSWER_CHUNK, MA_ANSWER_BYTES_MAX);
    e->answer = (struct ma_answer){.status = MA_PENDING,
        .name = (const char *)tail + q->name_size,
        .type = (enum ma_rrtype)q->type,
        .detail = ""};
    e->question.name = tail;
    e->waiters_last = &e->waiters;
    if (s->entries >= s->bucket_count)
        grow(s);
    struct ma_entry **bucket = &s->buckets[q->hash & (s->bucket_count - 1)];
    e->hash_next = *bucket;
    *bucket = e;
    s->entries++;
    return e;
}

static void ask(struct ma_store *s, struct ma_entry *e)
{
    s->counts.asked++;
    for (size_t i = 0; i < s->source_count; i++)
        if (s->sources[i].ask(s->sources[i].state, s, e))
            return;
    ma_store_fail(s, e, MA_FAIL_NETWORK, "no source can ask in that way");
}

/* A question that aliases led to is now asked for on its own as well: it may lead on as far. */
static void set_depth(struct ma_entry *e, unsigned depth)
{
    for (; e != NULL && e->answer.status == MA_PENDING && depth < e->depth; e = e->tail) {
        e->depth = depth;
        depth += (unsigned)e->answer.chain_count;
    }
}

static struct ma_entry *get(struct ma_store *s, const struct ma_question *q, unsigned depth)
{
    struct ma_entry *e = find(s, q);
    if (e != NULL && !is_fresh(e)) {
        retire(s, e);
        e = NULL;
    }
    if (e != NULL) {
        s->counts.hits++;
        if (e->idle_next != NULL)
            idle_unlink(s, e);
        e->refs++;
        set_depth(e, depth);
        return e;
    }
    e = entry_new(s, q);
    if (e != NULL) {
        e->depth = depth;
        ask(s, e);
    }
    return e;
}

struct ma_entry *ma_store_get(struct ma_store *s, const struct ma_question *q)
{
    return get(s, q, 0);
}

void ma_store_release(struct ma_store *s, struct ma_entry *e)
{
    if (--e->refs > 0)
        return;
    if (e->answer.status == MA_PENDING)
        return; /* its source still has it; it goes idle when settled */
    if (e->detached) {
        entry_free(s, e);
        return;
    }
    e->idle_prev = s->idle.idle_prev;
    e->idle_next = &s->idle;
    e->idle_prev->idle_next = e->idle_next->idle_prev = e;
    s->idle_bytes += bytes_of(e);
    evict(s);
}

const struct ma_answer *ma_entry_answer(const struct ma_entry *e)
{
    return &e->answer;
}

const struct ma_question *ma_entry_question(const struct ma_entry *e)
{
    return &e->question;
}

void ma_entry_wait(struct ma_entry *e, struct ma_waiter *w)
{
    w->next = NULL;
    *e->waiters_last = w;
    e->waiters_last = &w->next;
}

void ma_entry_withdraw(struct ma_entry *e, struct ma_waiter *w)
{
    struct ma_waiter **p = &e->waiters;
    while (*p != NULL && *p != w)
        p = &(*p)->next;
    if (*p == NULL)
        return;
    *p = w->next;
    if (e->waiters_last == &w->next)
        e->waiters_last = p;
}

static void tell(struct ma_entry *e)
{
    struct ma_waiter *w = e->waiters;
    e->waiters = NULL;
    e->waiters_last = &e->waiters;
    while (w != NULL) {
        struct ma_waiter *next = w->next;
        w->wake(w);
        w = next;
    }
}

/* The answer is there: sets its time and tells all who wait. Telling one may settle the next, for
   as long as aliases lead on: they queue up here, so that the stack does not grow. */
static void finish(struct ma_store *s, struct ma_entry *e)
{
    uint32_t ttl = e->answer.status == MA_FAILED ? MA_FAILED_TTL : e->answer.ttl_secs;
    if (e->answer.status != MA_FAILED && ttl < e->question.least_ttl_secs)
        ttl = e->question.least_ttl_secs;
    e->expires_secs = now_secs() + (ttl < MA_TTL_MAX ? ttl : MA_TTL_MAX);
    e->refs++; /* a waiter may let go of it */
    *s->settled_last = e;
    s->settled_last = &e->settled_next;
    if (s->telling)
        return;
    s->telling = true;
    while (s->settled_first != NULL) {
        e = s->settled_first;
        s->settled_first = e->settled_next;
        if (s->settled_first == NULL)
            s->settled_last = &s->settled_first;
        tell(e);
        ma_store_release(s, e);
    }
    s->telling = false;
}

void ma_store_fail(
    struct ma_store *s, struct ma_entry *e, enum ma_failure failure, const char *detail)
{
    const char *kept = detail != NULL ? ma_arena_strdup(&e->arena, detail) : NULL;
    e->answer = (struct ma_answer){.status = MA_FAILED,
        .failure = failure,
        .name = e->answer.name,
        .type = e->answer.type,
        .security = failure == MA_FAIL_BOGUS ? MA_BOGUS : MA_SECURITY_UNASKED,
        .detail = kept != NULL ? kept : ""};
    /* too far from where the aliases began: asked for on its own it may well be answered */
    if (failure == MA_FAIL_CNAME_LOOP && e->depth > 0 && !e->detached)
        detach(s, e);
    finish(s, e);
}

static void finish_join(struct ma_store *s, struct ma_entry *e)
{
    struct ma_entry *tail = e->tail;
    enum ma_failure failure = ma_answer_join(e->build, &e->question, &tail->answer);
    free(e->build);
    e->build = NULL;
    if (failure == MA_FAIL_NONE) {
        finish(s, e);
        return;
    }
    e->tail = NULL; /* nothing of it is in the answer */
    ma_store_fail(s, e, failure, tail->answer.detail);
    ma_store_release(s, tail);
}

static void tail_is_there(struct ma_waiter *w)
{
    struct ma_entry *e = (struct ma_entry *)((char *)w - offsetof(struct ma_entry, tail_wait));
    finish_join(e->store, e);
}

/* Would waiting for tail come round to e? */
static bool is_loop(const struct ma_entry *e, const struct ma_entry *tail)
{
    for (; tail != NULL; tail = tail->tail)
        if (tail == e)
            return true;
    return false;
}

/* The aliases lead away from what the source answered: ask for their end on its own. */
static void chase(struct ma_store *s, struct ma_entry *e, const struct ma_answer_build *b)
{
    struct ma_question q = e->question;
    q.name = b->at;
    q.name_size = (uint8_t)b->at_size;
    ma_question_seal(&q);
    e->answer.status = MA_PENDING;
    e->build = malloc(sizeof *e->build);
    if (e->build != NULL)
        *e->build = *b;
    e->refs++; /* the tail may be settled at once, and this entry with it */
    unsigned depth = e->depth + (unsigned)e->answer.chain_count;
    bool too_deep = depth > MA_CNAME_MAX;
    struct ma_entry *tail = e->build != NULL && !too_deep ? get(s, &q, depth) : NULL;
    if (too_deep) {
        ma_store_fail(s, e, MA_FAIL_CNAME_LOOP, NULL);
    } else if (tail == NULL) {
        ma_store_fail(s, e, MA_FAIL_TOO_LARGE, "out of memory");
    } else if (is_loop(e, tail)) {
        ma_store_release(s, tail);
        ma_store_fail(s, e, MA_FAIL_CNAME_LOOP, NULL);
    } else {
        e->tail = tail;
        e->tail_wait.wake = tail_is_there;
        if (tail->answer.status == MA_PENDING)
            ma_entry_wait(tail, &e->tail_wait);
        else
            finish_join(s, e);
    }
    ma_store_release(s, e);
}

void ma_store_settle(struct ma_store *s, struct ma_entry *e, const struct ma_reply *reply)
{
    if (reply->status == MA_FAILED) {
        ma_store_fail(s, e, reply->failure, reply->detail);
        return;
    }
    struct ma_answer_build b = {.arena = &e->arena, .answer = &e->answer};
    enum ma_failure failure = ma_answer_fill(&b, &e->question, reply);
    if (failure != MA_FAIL_NONE)
        ma_store_fail(s, e, failure, NULL);
    else if (reply->chase && e->answer.chain_count > 0 && e->answer.rr_count == 0)
        chase(s, e, &b);
    else
        finish(s, e);
}
