/* SPDX-License-Identifier: MIT */
/*
 * network.c - the network as a source: the resolver's servers, or a server that the question names.
 *
 * c-ares carries the messages (upstream.c); we build the query (its ID is random, RFC 5452), read
 * the answer, go to TCP after truncation and to the next server after SERVFAIL and the like: with
 * ARES_FLAG_NOCHECKRESP c-ares leaves that to us, else it would report all of them as "connection
 * refused". A window bounds what is in flight, and each question has a deadline of its own.
 */
#include "keys.h"
#include "message.h"
#include "slow.h"
#include "upstream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MA_TICK_MSECS 50  /* how often timeouts are looked at */
#define MA_DIRECT_MAX 256 /* servers asked directly whose sockets stay open */

#define MA_QUEUE_WINDOWS   4   /* windows of questions that may wait */
#define MA_QUEUE_SECS      5   /* and seconds, in a lane with a rate */
#define MA_UDP_BYTES_PLAIN 512 /* the largest answer without EDNS, RFC 1035 4.2.1 */

struct ma_network;

struct query {
    struct query *next, *prev; /* of the queue, or of those in flight: oldest first */
    struct ma_network *network;
    struct ma_entry *entry; /* NULL once settled: c-ares still has the query */
    struct ma_upstream *upstream;
    uint64_t sent_msecs, deadline_msecs;
    unsigned server; /* asked first */
    unsigned moves;  /* to another server */
    bool tcp, no_edns;
};

struct direct { /* a server that questions name */
    struct ma_server server;
    struct ma_upstream *upstream;
    bool busy;
};

/* Questions that wait to be sent, first come first served, at a rate. Lane 0 is for all, the others
   for the questions of one zone. */
struct lane {
    struct query queued; /* ring */
    unsigned waiting, qps;
    double tokens; /* questions that may be sent now; they come with time */
    uint64_t tokens_at_msecs;
    uint8_t zone[MA_NAME_WIRE_MAX];
};

struct ma_network {
    uv_loop_t *loop;
    struct ma_store *store;
    struct ma_upstream *resolver;
    struct direct direct[MA_DIRECT_MAX];
    unsigned direct_count, direct_next; /* next: the one to make room first */
    uv_timer_t tick;
    bool ticking, closing, pumping;
    struct lane lanes[1 + MA_LIMITS_MAX];
    unsigned lane_count;
    struct query flying; /* ring */
    unsigned in_flight, waiting, window, question_timeout_msecs;
    bool allow_private;
    const struct ma_keys *keys;
    struct ma_slow slow;
    uint64_t sent;
    uint16_t ids[128];
    unsigned id_next;
};

static void pump(struct ma_network *n);

/* ---- rings ------------------------------------------------------------------------------- */

static void ring_init(struct query *ring)
{
    ring->next = ring->prev = ring;
}

static void ring_add(struct query *ring, struct query *q)
{
    q->prev = ring->prev;
    q->next = ring;
    q->prev->next = q->next->prev = q;
}

static void ring_remove(struct query *q)
{
    q->prev->next = q->next;
    q->next->prev = q->prev;
    q->next = q->prev = q;
}

/* ---- one question ------------------------------------------------------------------------ */

static uint16_t random_id(struct ma_network *n)
{
    if (n->id_next == 0 && getrandom(n->ids, sizeof n->ids, 0) != (ssize_t)sizeof n->ids)
        abort(); /* without random ids answers can be forged (RFC 5452) */
    uint16_t id = n->ids[n->id_next];
    n->id_next = (n->id_next + 1) % (sizeof n->ids / sizeof *n->ids);
    return id;
}

static void on_tick(uv_timer_t *);

static void tick_start(struct ma_network *n)
{
    if (!n->ticking)
        uv_timer_start(&n->tick, on_tick, MA_TICK_MSECS, MA_TICK_MSECS);
    n->ticking = true;
}

static void on_answer(void *, int status, int timeouts, unsigned char *wire, int size);

static void on_worked(void *context)
{
    pump(context);
}

static bool same_server(const struct ma_server *s, const struct ma_question *question)
{
    return s->port == question->port && ma_address_equal(&s->address, &question->server);
}

/* A place for one more server: a new one, or that of a server that is not being asked. */
static struct direct *direct_place(struct ma_network *n)
{
    if (n->direct_count < MA_DIRECT_MAX)
        return &n->direct[n->direct_count++];
    for (unsigned i = 0; i < MA_DIRECT_MAX; i++) {
        struct direct *d = &n->direct[n->direct_next++ % MA_DIRECT_MAX];
        if (!d->busy) {
            ma_upstream_free(d->upstream);
            d->upstream = NULL;
            return d;
        }
    }
    return NULL;
}

static struct ma_upstream *upstream_of(struct ma_network *n, const struct ma_question *question)
{
    if (question->server.family == 0)
        return n->resolver;
    for (unsigned i = 0; i < n->direct_count; i++)
        if (same_server(&n->direct[i].server, question)) {
            n->direct[i].busy = true;
            return n->direct[i].upstream;
        }
    struct direct *d = direct_place(n);
    if (d == NULL)
        return NULL;
    d->server = (struct ma_server){.address = question->server, .port = question->port};
    d->upstream = ma_upstream_new(n->loop, &d->server, 1, on_worked, n);
    d->busy = true;
    return d->upstream;
}

/* Of a question for the resolver: a server that a question names is none of the list's. */
static const struct ma_key *key_of(const struct ma_network *n, const struct ma_question *question)
{
    return question->server.family == 0 ? ma_keys_for(n->keys, question->name) : NULL;
}

static size_t build_query(
    uint8_t wire[static MA_QUERY_BYTES], struct query *q, const struct ma_question *question)
{
    struct ma_question asked = *question;
    uint8_t name[MA_NAME_WIRE_MAX];
    bool recurse = question->server.family == 0;
    const struct ma_key *key = key_of(q->network, question);
    if (key != NULL) {
        asked.name = name;
        asked.name_size = (uint8_t)ma_key_put(key, name, question->name);
    }
    return ma_query_build(wire, &asked, random_id(q->network), recurse, !q->no_edns);
}

static void send_query(struct query *q)
{
    struct ma_network *n = q->network;
    const struct ma_question *question = ma_entry_question(q->entry);
    uint8_t wire[MA_QUERY_BYTES];
    if (q->upstream == NULL)
        q->upstream = upstream_of(n, question);
    if (q->upstream == NULL) {
        on_answer(q, ARES_ENOMEM, 0, NULL, 0);
        return;
    }
    size_t size = build_query(wire, q, question);
    tick_start(n);
    ma_upstream_send(q->upstream, q->server, q->tcp, wire, size, on_answer, q);
}

/* The question is answered; the query may live on in c-ares until that lets go of it. */
static void settle(struct query *q, const struct ma_reply *reply)
{
    struct ma_network *n = q->network;
    struct ma_entry *entry = q->entry;
    uint64_t took = q->sent_msecs > 0 ? uv_now(n->loop) - q->sent_msecs : 0;
    bool timeout = reply->status == MA_FAILED && reply->failure == MA_FAIL_TIMEOUT;
    if (took >= MA_SLOW_MSECS)
        ma_slow_note(&n->slow, ma_entry_question(entry)->name, took, timeout);
    q->entry = NULL;
    ring_remove(q);
    n->in_flight--;
    ma_store_settle(n->store, entry, reply);
}

static void settle_failed(struct query *q, enum ma_failure failure, const char *detail)
{
    struct ma_reply reply = {.status = MA_FAILED, .failure = failure, .detail = detail};
    settle(q, &reply);
}

static enum ma_failure failure_of(int status)
{
    switch (status) {
    case ARES_ETIMEOUT:
        return MA_FAIL_TIMEOUT;
    case ARES_EBADRESP:
        return MA_FAIL_MALFORMED;
    default:
        return MA_FAIL_NETWORK;
    }
}

/* No answer at all, or none over TCP: what there was over UDP is what is said. */
static void settle_silence(struct query *q, int status)
{
    if (q->no_edns)
        settle_failed(q, MA_FAIL_RCODE, "rcode 1 (FORMERR)");
    else if (q->tcp)
        settle_failed(q, MA_FAIL_TRUNCATED, "truncated over UDP, and no answer over TCP");
    else
        settle_failed(q, failure_of(status), NULL);
}

static void not_answered(struct query *q, int status)
{
    settle_silence(q, status);
    free(q);
}

static void answered(struct query *q, const uint8_t *wire, size_t size)
{
    struct ma_message m;
    enum ma_verdict verdict = ma_message_read(&m, ma_entry_question(q->entry), wire, size);
    /* after one FORMERR without EDNS c-ares cuts all further answers of the channel there */
    if (!q->tcp && size == MA_UDP_BYTES_PLAIN && m.reply.failure == MA_FAIL_MALFORMED)
        verdict = MA_MESSAGE_TRUNCATED;
    if (verdict == MA_MESSAGE_TRUNCATED && !q->tcp) {
        q->tcp = true;
        send_query(q);
    } else if (verdict == MA_MESSAGE_NO_EDNS && !q->no_edns) {
        q->no_edns = q->tcp = true; /* over TCP c-ares leaves the query as it is */
        send_query(q);
    } else if (verdict == MA_MESSAGE_TRUNCATED) {
        settle_failed(q, MA_FAIL_TRUNCATED, "truncated over TCP");
        free(q);
    } else if (verdict != MA_MESSAGE_USE && q->moves + 1 < ma_upstream_count(q->upstream)) {
        q->moves++;
        q->server = (q->server + 1) % ma_upstream_count(q->upstream);
        q->tcp = q->no_edns = false;
        send_query(q);
    } else {
        const struct ma_question *question = ma_entry_question(q->entry);
        const struct ma_key *key = key_of(q->network, question);
        if (key != NULL)
            ma_key_hide(key, question->name, &m.reply);
        settle(q, &m.reply);
        free(q);
    }
    ma_message_clear(&m);
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *wire, int size)
{
    struct query *q = arg;
    (void)timeouts;
    if (q->entry == NULL) {
        free(q);
    } else if (status == ARES_EDESTRUCTION) {
        settle_failed(q, MA_FAIL_BUDGET, NULL);
        free(q);
    } else if (status == ARES_SUCCESS && wire != NULL && size > 0) {
        answered(q, wire, (size_t)size);
    } else {
        not_answered(q, status);
    }
}

/* At most a tenth of a second's worth at once. */
static bool has_token(struct ma_network *n, struct lane *l)
{
    if (l->qps == 0)
        return true;
    uint64_t now = uv_now(n->loop);
    double most = l->qps / 10.0 + 1;
    l->tokens += (double)(now - l->tokens_at_msecs) * l->qps / 1000.0;
    l->tokens = l->tokens < most ? l->tokens : most;
    l->tokens_at_msecs = now;
    return l->tokens >= 1;
}

static void take_token(struct lane *l)
{
    if (l->qps > 0)
        l->tokens -= 1;
}

static void take_off(struct ma_network *n, struct lane *l)
{
    struct query *q = l->queued.next;
    ring_remove(q);
    l->waiting--;
    n->waiting--;
    n->sent++;
    take_token(l);
    if (l != &n->lanes[0])
        take_token(&n->lanes[0]); /* which counts all */
    ring_add(&n->flying, q);
    n->in_flight++;
    q->sent_msecs = uv_now(n->loop);
    unsigned deadline_msecs = ma_entry_question(q->entry)->deadline_msecs;
    q->deadline_msecs =
        q->sent_msecs + (deadline_msecs > 0 ? deadline_msecs : n->question_timeout_msecs);
    send_query(q);
}

/* Fills the window from the lanes. Answers may come at once, from inside ares_send(). */
static void pump(struct ma_network *n)
{
    if (n->pumping || n->closing)
        return;
    n->pumping = true;
    for (unsigned i = n->lane_count; i-- > 0;) {
        struct lane *l = &n->lanes[i];
        while (n->in_flight < n->window && l->waiting > 0 && has_token(n, l) &&
               has_token(n, &n->lanes[0]))
            take_off(n, l);
    }
    n->pumping = false;
    if (n->waiting > 0)
        tick_start(n);
}

static struct lane *lane_of(struct ma_network *n, const struct ma_question *question)
{
    for (unsigned i = 1; i < n->lane_count; i++)
        if (ma_name_is_below(question->name, n->lanes[i].zone))
            return &n->lanes[i];
    return &n->lanes[0];
}

static void on_tick(uv_timer_t *timer)
{
    struct ma_network *n = timer->data;
    uint64_t now = uv_now(n->loop);
    bool busy = ma_upstream_tick(n->resolver);
    for (unsigned i = 0; i < n->direct_count; i++) {
        n->direct[i].busy =
            n->direct[i].upstream != NULL && ma_upstream_tick(n->direct[i].upstream);
        busy = busy || n->direct[i].busy;
    }
    n->pumping = true; /* nothing is sent, and no other query ends, while the ring is walked */
    for (struct query *q = n->flying.next, *next; q != &n->flying; q = next) {
        next = q->next; /* c-ares frees q through on_answer() */
        if (q->deadline_msecs <= now)
            settle_silence(q, ARES_ETIMEOUT);
    }
    n->pumping = false;
    pump(n);
    if (!busy && n->in_flight == 0 && n->waiting == 0) {
        uv_timer_stop(&n->tick);
        n->ticking = false;
    }
}

static bool ask(void *state, struct ma_store *store, struct ma_entry *entry)
{
    struct ma_network *n = state;
    const struct ma_question *question = ma_entry_question(entry);
    if (question->validate || question->recursive)
        return false;
    n->store = store;
    if (question->server.family != 0 && !n->allow_private &&
        ma_address_special(&question->server) != NULL) {
        ma_store_fail(store, entry, MA_FAIL_FORBIDDEN, NULL);
        return true;
    }
    const struct ma_key *key = key_of(n, question);
    uint8_t name[MA_NAME_WIRE_MAX];
    if (key != NULL && ma_key_put(key, name, question->name) == 0) {
        ma_store_fail(store, entry, MA_FAIL_BAD_NAME, NULL);
        return true;
    }
    struct query *q = calloc(1, sizeof *q);
    if (q == NULL) {
        ma_store_fail(store, entry, MA_FAIL_BUDGET, "out of memory");
        return true;
    }
    q->network = n;
    q->entry = entry;
    struct lane *lane = lane_of(n, question);
    ring_add(&lane->queued, q);
    lane->waiting++;
    n->waiting++;
    pump(n);
    return true;
}

/* ---- open and close ---------------------------------------------------------------------- */

static void on_tick_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_network(void *state)
{
    struct ma_network *n = state;
    n->closing = true;
    for (unsigned i = 0; i < n->lane_count; i++) {
        while (n->lanes[i].queued.next != &n->lanes[i].queued) {
            struct query *q = n->lanes[i].queued.next;
            n->in_flight++;
            settle_failed(q, MA_FAIL_BUDGET, NULL);
            free(q);
        }
    }
    ma_upstream_free(n->resolver);
    for (unsigned i = 0; i < n->direct_count; i++)
        ma_upstream_free(n->direct[i].upstream);
    uv_timer_stop(&n->tick);
    uv_close((uv_handle_t *)&n->tick, on_tick_closed);
    ares_library_cleanup();
}

static void lane_add(struct ma_network *n, const char *zone, unsigned qps)
{
    struct lane *l = &n->lanes[n->lane_count];
    *l = (struct lane){.qps = qps};
    ring_init(&l->queued);
    if (ma_name_to_wire(l->zone, zone) > 0)
        n->lane_count++;
}

struct ma_network *ma_network_open(
    struct ma_source *source, uv_loop_t *loop, const struct ma_network_options *o, FILE *err)
{
    struct ma_network *n = calloc(1, sizeof *n);
    if (n == NULL || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        fputs("cannot start the resolver: out of memory\n", err);
        free(n);
        return NULL;
    }
    n->resolver = ma_upstream_new(loop, o->servers, (unsigned)o->server_count, on_worked, n);
    if (n->resolver == NULL) {
        fputs("cannot start the resolver: out of memory\n", err);
        ares_library_cleanup();
        free(n);
        return NULL;
    }
    n->loop = loop;
    n->window = o->window;
    n->question_timeout_msecs = o->question_timeout_msecs;
    n->allow_private = o->allow_private;
    n->keys = o->keys;
    ring_init(&n->flying);
    lane_add(n, ".", o->qps);
    for (size_t i = 0; i < o->limit_count && i < MA_LIMITS_MAX; i++)
        lane_add(n, o->limits[i].zone, o->limits[i].qps);
    uv_timer_init(loop, &n->tick);
    n->tick.data = n;
    *source = (struct ma_source){.name = "network", .ask = ask, .close = close_network, .state = n};
    return n;
}

struct ma_network_counts ma_network_counts(const struct ma_network *n)
{
    bool full = n->waiting >= MA_QUEUE_WINDOWS * n->window;
    for (unsigned i = 0; i < n->lane_count; i++)
        if (n->lanes[i].qps > 0 && n->lanes[i].waiting > n->lanes[i].qps * MA_QUEUE_SECS)
            full = true;
    return (struct ma_network_counts){
        .queued = n->waiting, .in_flight = n->in_flight, .full = full, .sent = n->sent};
}

const struct ma_slow *ma_network_slow(const struct ma_network *n)
{
    return &n->slow;
}
