/* SPDX-License-Identifier: MIT */
#include "https.h"

#include "../address.h"
#include "curlloop.h"
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

struct https;
struct transfer;

struct lookup { /* of A or AAAA */
    struct ma_waiter waiter;
    struct transfer *transfer;
    struct ma_entry *entry; /* held while the transfer wants it; or NULL */
    bool pending;
};

struct transfer {
    struct transfer *next, *prev; /* of the queue, or of those in flight */
    struct https *https;
    struct ma_page *page;
    uv_timer_t timer; /* the deadline of all of it */
    uint64_t deadline_msecs;
    uint64_t host;     /* of the page: a hash */
    struct ma_url url; /* being fetched: the page's, or where that redirects to */
    unsigned hops;
    struct lookup lookups[2];
    struct ma_address addresses[MA_HTTPS_ADDRESSES_MAX];
    unsigned address_count, address; /* address: being tried */
    struct ma_exchange exchange;     /* running while its easy is not NULL */
};

struct https {
    uv_loop_t *loop;
    struct ma_store *store;
    struct ma_curlloop *curl; /* opened by the first transfer */
    X509_STORE *trusted;      /* likewise; shared by all: reading it is most of what TLS costs */
    const char *ca_file;
    struct transfer queued, flying; /* rings */
    unsigned in_flight, waiting;
    bool allow_private, closing, pumping;
};

/* ---- rings ----------------------------------------------------------------------------------- */

static void ring_init(struct transfer *ring)
{
    ring->next = ring->prev = ring;
}

static void ring_add(struct transfer *ring, struct transfer *t)
{
    t->prev = ring->prev;
    t->next = ring;
    t->prev->next = t->next->prev = t;
}

static void ring_remove(struct transfer *t)
{
    t->prev->next = t->next;
    t->next->prev = t->prev;
    t->next = t->prev = t;
}

/* ---- the end of a transfer ------------------------------------------------------------------- */

static void pump(struct https *h);

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void drop_lookups(struct transfer *t)
{
    for (unsigned i = 0; i < 2; i++) {
        struct lookup *l = &t->lookups[i];
        if (l->entry == NULL)
            continue;
        if (l->pending)
            ma_entry_withdraw(l->entry, &l->waiter);
        ma_store_release(t->https->store, l->entry);
        *l = (struct lookup){.entry = NULL};
    }
}

static void drop_exchange(struct transfer *t)
{
    if (t->exchange.easy != NULL)
        ma_curlloop_remove(t->https->curl, t->exchange.easy);
    ma_exchange_close(&t->exchange);
}

/* The page is settled; the memory goes when the loop has let go of the timer. */
static void end(struct transfer *t, const struct ma_response *response)
{
    struct https *h = t->https;
    drop_lookups(t);
    ma_web_settle(t->page, response);
    drop_exchange(t);
    ring_remove(t);
    h->in_flight--;
    uv_timer_stop(&t->timer);
    uv_close((uv_handle_t *)&t->timer, on_timer_closed);
    pump(h);
}

static MA_PRINTF(3, 4) void end_failed(
    struct transfer *t, enum ma_failure failure, const char *fmt, ...)
{
    char detail[MA_EXCHANGE_DETAIL_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(detail, sizeof detail, fmt, args);
    va_end(args);
    const struct ma_response r = {.failure = failure, .detail = detail, .final_url = t->url.text};
    end(t, &r);
}

static void end_no_memory(struct transfer *t)
{
    end_failed(t, MA_FAIL_BUDGET, "out of memory");
}

/* ---- one exchange after the other ------------------------------------------------------------ */

static void go(struct transfer *t);

static void exchange(struct transfer *t)
{
    const struct ma_request *request = ma_page_request(t->page);
    enum ma_failure failure;
    t->exchange.url = &t->url;
    t->exchange.address = t->addresses[t->address];
    t->exchange.cap_bytes = request->cap_bytes;
    t->exchange.accept = request->accept;
    t->exchange.trusted = t->https->trusted;
    t->exchange.allow_private = t->https->allow_private;
    t->exchange.owner = t;
    if (!ma_exchange_open(&t->exchange, &failure))
        end_failed(t, failure, "%s",
            failure == MA_FAIL_TLS ? "libcurl cannot do it: it has to use OpenSSL"
                                   : "out of memory");
    else if (!ma_curlloop_add(t->https->curl, t->exchange.easy))
        end_no_memory(t);
}

static void follow(struct transfer *t)
{
    struct ma_url next;
    if (t->hops >= MA_REDIRECTS_MAX) {
        end_failed(t, MA_FAIL_REDIRECT, "more than %d redirects", MA_REDIRECTS_MAX);
    } else if (!ma_url_parse(&next, t->exchange.location, true)) {
        end_failed(t, MA_FAIL_REDIRECT, "to '%.200s'", t->exchange.location);
    } else {
        drop_exchange(t);
        t->hops++;
        t->url = next;
        go(t);
    }
}

static void on_done(CURL *easy, CURLcode result, void *context)
{
    struct transfer *t = ma_exchange_of(easy);
    struct ma_response r;
    (void)context;
    bool reached = ma_exchange_result(&t->exchange, result, &r);
    if (!reached && t->address + 1 < t->address_count) {
        drop_exchange(t);
        t->address++;
        exchange(t);
    } else if (t->exchange.location[0] != '\0' && ma_page_request(t->page)->follow) {
        follow(t);
    } else {
        r.final_url = t->url.text;
        end(t, &r);
    }
}

/* ---- whom to connect to ---------------------------------------------------------------------- */

static void take_address(
    struct transfer *t, const struct ma_address *a, const char **refused, struct ma_address *which)
{
    const char *use = t->https->allow_private ? NULL : ma_exchange_refusal(a);
    if (use != NULL) {
        *refused = use;
        *which = *a;
    } else if (t->address_count < MA_HTTPS_ADDRESSES_MAX) {
        t->addresses[t->address_count++] = *a;
    }
}

static void no_address(struct transfer *t, const struct ma_answer *const answers[2])
{
    for (unsigned i = 0; i < 2; i++) {
        const struct ma_answer *a = answers[i];
        if (a != NULL && a->status == MA_FAILED) {
            end_failed(t, a->failure, "%s of %s%s%s", i == 0 ? "A" : "AAAA", t->url.host,
                *a->detail != '\0' ? ": " : "", a->detail);
            return;
        }
    }
    end_failed(t, MA_FAIL_NO_ADDRESS, "%s", t->url.host);
}

/* IPv4 and IPv6 by turns, so that a host is reached by whichever works from here. */
static void looked_up(struct transfer *t)
{
    const struct ma_answer *answers[2] = {NULL, NULL};
    struct ma_address which = {0};
    const char *refused = NULL;
    char text[MA_ADDRESS_TEXT_MAX];
    size_t most = 0;
    t->address = t->address_count = 0;
    for (unsigned i = 0; i < 2; i++) {
        answers[i] = t->lookups[i].entry != NULL ? ma_entry_answer(t->lookups[i].entry) : NULL;
        if (answers[i] != NULL && answers[i]->rr_count > most)
            most = answers[i]->rr_count;
    }
    if (t->url.is_literal)
        take_address(t, &t->url.address, &refused, &which);
    for (size_t n = 0; n < most; n++)
        for (unsigned i = 0; i < 2; i++)
            if (answers[i] != NULL && n < answers[i]->rr_count)
                take_address(t, &answers[i]->rrs[n].address, &refused, &which);
    if (t->address_count > 0) {
        drop_lookups(t);
        exchange(t);
    } else if (refused != NULL) {
        ma_address_print(text, &which);
        end_failed(t, MA_FAIL_FORBIDDEN, "%s is at %s: %s", t->url.host, text, refused);
    } else {
        no_address(t, answers);
    }
}

static void on_lookup(struct ma_waiter *w)
{
    struct lookup *l = (struct lookup *)((char *)w - offsetof(struct lookup, waiter));
    struct transfer *t = l->transfer;
    l->pending = false;
    if (!t->lookups[0].pending && !t->lookups[1].pending)
        looked_up(t);
}

static bool look_up(struct transfer *t, struct lookup *l, enum ma_rrtype type)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    struct ma_question q = {.name = wire, .type = (uint16_t)type};
    q.name_size = (uint8_t)ma_name_to_wire(wire, t->url.host);
    if (q.name_size == 0)
        return false;
    ma_question_seal(&q);
    *l = (struct lookup){.waiter = {.wake = on_lookup}, .transfer = t};
    l->entry = ma_store_get(t->https->store, &q);
    return l->entry != NULL;
}

/* Fetches t->url. */
static void go(struct transfer *t)
{
    if (t->url.is_literal) {
        looked_up(t);
        return;
    }
    if (!look_up(t, &t->lookups[0], MA_A) || !look_up(t, &t->lookups[1], MA_AAAA)) {
        end_no_memory(t);
        return;
    }
    bool pending = false;
    for (unsigned i = 0; i < 2; i++) { /* both have been asked before one is waited for */
        struct lookup *l = &t->lookups[i];
        l->pending = ma_entry_answer(l->entry)->status == MA_PENDING;
        if (l->pending)
            ma_entry_wait(l->entry, &l->waiter);
        pending |= l->pending;
    }
    if (!pending)
        looked_up(t);
}

/* ---- the queue ------------------------------------------------------------------------------- */

static void on_deadline(uv_timer_t *timer)
{
    struct transfer *t = timer->data;
    if (t->exchange.easy == NULL)
        end_failed(t, MA_FAIL_TIMEOUT, "the addresses of %s", t->url.host);
    else if (!ma_exchange_has_session(&t->exchange))
        end_failed(t, MA_FAIL_TIMEOUT, "no connection to %s", t->url.host);
    else
        end_failed(t, MA_FAIL_TIMEOUT, "after %zu bytes", t->exchange.size);
}

static bool load_trusted(struct https *h, FILE *err)
{
    if (h->trusted != NULL)
        return true;
    X509_STORE *store = X509_STORE_new();
    bool ok = store != NULL && X509_STORE_set_default_paths(store) == 1;
    if (ok && h->ca_file != NULL && X509_STORE_load_file(store, h->ca_file) != 1) {
        fprintf(err, "--ca-file '%s': no certificates in PEM form\n", h->ca_file);
        ok = false;
    }
    /* what the user trusts need not be a root */
    ok = ok && X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1;
    if (ok)
        h->trusted = store;
    else
        X509_STORE_free(store);
    return ok;
}

static void begin(struct transfer *t)
{
    struct https *h = t->https;
    uv_update_time(h->loop);
    uv_timer_start(&t->timer, on_deadline, t->deadline_msecs, 0);
    if (h->curl == NULL)
        h->curl = ma_curlloop_new(h->loop, on_done, h);
    if (h->curl == NULL || !load_trusted(h, stderr)) {
        end_no_memory(t);
        return;
    }
    go(t);
}

static uint64_t hash_of(const char *host)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *host != '\0'; host++)
        h = (h ^ (unsigned char)*host) * 0x100000001b3u;
    return h;
}

static bool is_busy(const struct https *h, uint64_t host)
{
    unsigned count = 0;
    for (const struct transfer *t = h->flying.next; t != &h->flying; t = t->next)
        count += t->host == host;
    return count >= MA_HTTPS_HOST_WINDOW;
}

/* The first in the queue whose host is not busy, or NULL. */
static struct transfer *next_of(struct https *h)
{
    for (struct transfer *t = h->queued.next; t != &h->queued; t = t->next)
        if (!is_busy(h, t->host))
            return t;
    return NULL;
}

static void pump(struct https *h)
{
    struct transfer *t;
    if (h->pumping || h->closing)
        return;
    h->pumping = true;
    while (h->in_flight < MA_HTTPS_WINDOW && (t = next_of(h)) != NULL) {
        ring_remove(t);
        h->waiting--;
        ring_add(&h->flying, t);
        h->in_flight++;
        begin(t);
    }
    h->pumping = false;
}

static void fetch(void *state, struct ma_web *web, struct ma_page *page)
{
    struct https *h = state;
    const struct ma_request *request = ma_page_request(page);
    struct transfer *t = calloc(1, sizeof *t);
    (void)web;
    if (t == NULL || !ma_url_parse(&t->url, request->url, false)) {
        ma_web_fail(page, t == NULL ? MA_FAIL_BUDGET : MA_FAIL_BAD_URL, NULL);
        free(t);
        return;
    }
    t->https = h;
    t->page = page;
    t->host = hash_of(t->url.host);
    t->deadline_msecs =
        request->deadline_msecs > 0 ? request->deadline_msecs : MA_HTTPS_TIMEOUT_MSECS;
    uv_timer_init(h->loop, &t->timer);
    t->timer.data = t;
    ring_add(&h->queued, t);
    h->waiting++;
    pump(h);
}

static bool is_full(const void *state)
{
    const struct https *h = state;
    return h->waiting >= MA_HTTPS_WINDOW;
}

/* ---- open and close -------------------------------------------------------------------------- */

static void close_https(void *state)
{
    struct https *h = state;
    h->closing = true;
    while (h->queued.next != &h->queued) {
        struct transfer *t = h->queued.next;
        h->in_flight++;
        end_failed(t, MA_FAIL_BUDGET, "%s", "");
    }
    while (h->flying.next != &h->flying)
        end_failed(h->flying.next, MA_FAIL_BUDGET, "%s", "");
    ma_curlloop_free(h->curl);
    X509_STORE_free(h->trusted);
    curl_global_cleanup();
    free(h);
}

bool ma_https_open(struct ma_web_source *source, uv_loop_t *loop, struct ma_store *store,
    const struct ma_https_options *o, FILE *err)
{
    struct https *h = calloc(1, sizeof *h);
    if (h == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        fputs("cannot start libcurl: out of memory\n", err);
        free(h);
        return false;
    }
    *h = (struct https){
        .loop = loop, .store = store, .ca_file = o->ca_file, .allow_private = o->allow_private};
    ring_init(&h->queued);
    ring_init(&h->flying);
    *source = (struct ma_web_source){"network", fetch, close_https, is_full, h};
    if (o->ca_file == NULL || load_trusted(h, err)) /* a bad file shows before the first fetch */
        return true;
    close_https(h);
    return false;
}
