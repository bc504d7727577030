/* SPDX-License-Identifier: MIT */
#include "web.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MA_BUCKETS     1024
#define MA_PAGE_CHUNK  1024 /* bytes */
#define MA_PAGE_SECS   600  /* a response is held for others */
#define MA_FAILED_SECS 5    /* and a failure */

struct ma_page {
    struct ma_body body;
    struct ma_request request;
    struct ma_arena arena;
    struct ma_web *web;
    struct ma_page *hash_next;
    struct ma_page *idle_prev, *idle_next; /* linked while refs is 0 */
    struct ma_waiter *waiters, **waiters_last;
    int64_t expires_secs; /* of the monotonic clock */
    unsigned refs;
    bool detached; /* its time is over: no longer in the table */
};

struct ma_web {
    struct ma_web_source source;
    struct ma_page *buckets[MA_BUCKETS];
    struct ma_page idle; /* ring: oldest at idle.idle_next */
    size_t idle_bytes, idle_bytes_max;
};

static int64_t now_secs(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return t.tv_sec;
}

/* ---- requests -------------------------------------------------------------------------------- */

void ma_request_seal(struct ma_request *r)
{
    uint64_t h = 0xcbf29ce484222325u ^ r->cap_bytes ^ ((uint64_t)r->follow << 63);
    for (const char *p = r->url; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * 0x100000001b3u;
    r->hash = h ^ (h >> 32);
}

bool ma_request_equal(const struct ma_request *a, const struct ma_request *b)
{
    return a->hash == b->hash && a->cap_bytes == b->cap_bytes && a->follow == b->follow &&
           strcmp(a->url, b->url) == 0;
}

/* ---- the table ------------------------------------------------------------------------------- */

struct ma_web *ma_web_new(const struct ma_web_source *source, size_t cache_bytes)
{
    struct ma_web *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->source = *source;
    w->idle.idle_next = w->idle.idle_prev = &w->idle;
    w->idle_bytes_max = cache_bytes;
    return w;
}

static struct ma_page **bucket_of(struct ma_web *w, const struct ma_request *r)
{
    return &w->buckets[r->hash % MA_BUCKETS];
}

static void detach(struct ma_page *p)
{
    struct ma_page **at = bucket_of(p->web, &p->request);
    while (*at != p)
        at = &(*at)->hash_next;
    *at = p->hash_next;
    p->detached = true;
}

static size_t bytes_of(const struct ma_page *p)
{
    return sizeof *p + ma_arena_footprint(&p->arena);
}

static void idle_unlink(struct ma_page *p)
{
    p->idle_prev->idle_next = p->idle_next;
    p->idle_next->idle_prev = p->idle_prev;
    p->idle_next = p->idle_prev = NULL;
    p->web->idle_bytes -= bytes_of(p);
}

static void page_free(struct ma_page *p)
{
    if (!p->detached)
        detach(p);
    ma_arena_clear(&p->arena);
    free(p);
}

static void evict(struct ma_web *w, size_t most)
{
    while (w->idle_bytes > most) {
        struct ma_page *p = w->idle.idle_next;
        idle_unlink(p);
        page_free(p);
    }
}

void ma_web_free(struct ma_web *w)
{
    if (w == NULL)
        return;
    if (w->source.close != NULL)
        w->source.close(w->source.state);
    evict(w, 0);
    free(w);
}

void ma_web_shrink(struct ma_web *w)
{
    evict(w, 0);
}

bool ma_web_is_full(const struct ma_web *w)
{
    return w->source.is_full != NULL && w->source.is_full(w->source.state);
}

static struct ma_page *page_new(struct ma_web *w, const struct ma_request *r)
{
    struct ma_page *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    *p = (struct ma_page){.request = *r, .web = w, .refs = 1};
    ma_arena_init(&p->arena, MA_PAGE_CHUNK, MA_PAGE_BYTES_MAX);
    p->request.url = ma_arena_strdup(&p->arena, r->url);
    if (r->accept != NULL)
        p->request.accept = ma_arena_strdup(&p->arena, r->accept);
    if (p->request.url == NULL || (r->accept != NULL && p->request.accept == NULL)) {
        ma_arena_clear(&p->arena);
        free(p);
        return NULL;
    }
    p->waiters_last = &p->waiters;
    p->body = (struct ma_body){.status = MA_PENDING,
        .url = p->request.url,
        .final_url = p->request.url,
        .type = "",
        .location = "",
        .bytes = "",
        .certificate = "",
        .detail = ""};
    struct ma_page **bucket = bucket_of(w, r);
    p->hash_next = *bucket;
    *bucket = p;
    return p;
}

static bool is_fresh(const struct ma_page *p)
{
    return p->body.status == MA_PENDING || now_secs() < p->expires_secs;
}

/* A page whose time is over still serves those who hold it; who asks now has it fetched anew. */
static void retire(struct ma_page *p)
{
    detach(p);
    if (p->refs == 0) {
        idle_unlink(p);
        page_free(p);
    }
}

struct ma_page *ma_web_get(struct ma_web *w, const struct ma_request *r)
{
    struct ma_page *p = *bucket_of(w, r);
    while (p != NULL && !ma_request_equal(&p->request, r))
        p = p->hash_next;
    if (p != NULL && !is_fresh(p)) {
        retire(p);
        p = NULL;
    }
    if (p != NULL) {
        if (p->idle_next != NULL)
            idle_unlink(p);
        p->refs++;
        return p;
    }
    p = page_new(w, r);
    if (p != NULL)
        w->source.fetch(w->source.state, w, p);
    return p;
}

void ma_page_release(struct ma_page *p)
{
    struct ma_web *w = p->web;
    if (--p->refs > 0)
        return;
    if (p->body.status == MA_PENDING)
        return; /* its source still has it; it goes idle when settled */
    if (p->detached) {
        page_free(p);
        return;
    }
    p->idle_prev = w->idle.idle_prev;
    p->idle_next = &w->idle;
    p->idle_prev->idle_next = p->idle_next->idle_prev = p;
    w->idle_bytes += bytes_of(p);
    evict(w, w->idle_bytes_max);
}

const struct ma_body *ma_page_body(const struct ma_page *p)
{
    return &p->body;
}

const struct ma_request *ma_page_request(const struct ma_page *p)
{
    return &p->request;
}

void ma_page_wait(struct ma_page *p, struct ma_waiter *w)
{
    w->next = NULL;
    *p->waiters_last = w;
    p->waiters_last = &w->next;
}

void ma_page_withdraw(struct ma_page *p, struct ma_waiter *w)
{
    struct ma_waiter **at = &p->waiters;
    while (*at != NULL && *at != w)
        at = &(*at)->next;
    if (*at == NULL)
        return;
    *at = w->next;
    if (p->waiters_last == &w->next)
        p->waiters_last = at;
}

/* ---- for sources ----------------------------------------------------------------------------- */

static const char *keep(struct ma_page *p, const char *text, bool *ok)
{
    const char *kept = text != NULL && *text != '\0' ? ma_arena_strdup(&p->arena, text) : "";
    *ok = *ok && kept != NULL;
    return kept != NULL ? kept : "";
}

/* False when there is no memory for it. */
static bool fill(struct ma_page *p, const struct ma_response *r)
{
    struct ma_body *b = &p->body;
    bool ok = true;
    b->status = r->failure == MA_FAIL_NONE ? MA_OK : MA_FAILED;
    b->failure = r->failure;
    b->detail = keep(p, r->detail, &ok);
    b->certificate = keep(p, r->certificate, &ok);
    if (r->final_url != NULL)
        b->final_url = keep(p, r->final_url, &ok);
    if (b->status == MA_FAILED)
        return ok;
    b->code = r->code;
    b->type = keep(p, r->type, &ok);
    b->location = keep(p, r->location, &ok);
    b->size = r->size;
    b->bytes = r->size > 0 ? ma_arena_copy(&p->arena, r->bytes, r->size) : "";
    return ok && b->bytes != NULL;
}

void ma_web_settle(struct ma_page *p, const struct ma_response *r)
{
    if (!fill(p, r))
        p->body = (struct ma_body){.status = MA_FAILED,
            .failure = MA_FAIL_BUDGET,
            .url = p->request.url,
            .final_url = p->request.url,
            .type = "",
            .location = "",
            .bytes = "",
            .certificate = "",
            .detail = "out of memory"};
    p->expires_secs = now_secs() + (p->body.status == MA_OK ? MA_PAGE_SECS : MA_FAILED_SECS);
    p->refs++; /* a waiter may let go of it */
    struct ma_waiter *w = p->waiters;
    p->waiters = NULL;
    p->waiters_last = &p->waiters;
    while (w != NULL) {
        struct ma_waiter *next = w->next;
        w->wake(w);
        w = next;
    }
    ma_page_release(p);
}

void ma_web_fail(struct ma_page *p, enum ma_failure failure, const char *detail)
{
    const struct ma_response r = {.failure = failure, .detail = detail};
    ma_web_settle(p, &r);
}

/* ---- the source under --offline -------------------------------------------------------------- */

static void fetch_nothing(void *state, struct ma_web *w, struct ma_page *p)
{
    (void)state;
    (void)w;
    ma_web_fail(p, MA_FAIL_OFFLINE, NULL);
}

void ma_web_offline_open(struct ma_web_source *source)
{
    *source = (struct ma_web_source){.name = "offline", .fetch = fetch_nothing};
}
