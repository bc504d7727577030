/* SPDX-License-Identifier: MIT */
/*
 * network.c - the network as a source: c-ares on libuv's loop.
 *
 * c-ares has the sockets, the ids, the retransmissions and the comparison of question and answer;
 * we build the query (its ID is random, RFC 5452), read the answer, go to TCP after truncation and
 * to the next server after SERVFAIL and the like: with ARES_FLAG_NOCHECKRESP c-ares leaves that to
 * us, else it would report all of them as "connection refused".
 *
 * A channel has one fixed list of servers and one transport; channel I asks server I first. They
 * are opened when needed.
 */
#include "message.h"
#include "sources.h"

#include <ares.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MA_SERVERS_MAX     8
#define MA_TICK_MSECS      50  /* how often timeouts are looked at */
#define MA_UDP_RETRY_MSECS 400 /* first retransmission; doubles */
#define MA_UDP_TRIES       4
#define MA_TCP_TRY_MSECS   2500
#define MA_TCP_TRIES       2
#define MA_SOCKET_BUFFER   (1024 * 1024)
#define MA_UDP_BYTES_PLAIN 512 /* the largest answer without EDNS, RFC 1035 4.2.1 */

struct ma_network;

struct channel {
    struct ma_network *network;
    ares_channel ares;
    bool open, tcp;
    unsigned in_flight;
};

struct watch { /* one socket of a channel on the loop */
    uv_poll_t poll;
    struct channel *channel;
    ares_socket_t fd;
    struct watch *next;
};

struct query {
    struct query *next, *prev; /* of the queue, or of those in flight: oldest first */
    struct ma_network *network;
    struct ma_entry *entry; /* NULL once settled: c-ares still has the query */
    struct channel *channel;
    uint64_t deadline_msecs;
    unsigned server; /* asked first */
    unsigned moves;  /* to another server */
    bool tcp, no_edns;
};

struct ma_network {
    uv_loop_t *loop;
    struct ma_store *store;
    struct ma_server servers[MA_SERVERS_MAX];
    unsigned server_count;
    struct channel udp[MA_SERVERS_MAX], tcp[MA_SERVERS_MAX];
    struct watch *watches;
    uv_timer_t tick;
    bool ticking, closing, pumping;
    struct query queued, flying; /* rings */
    unsigned in_flight, waiting, window, question_timeout_msecs, qps;
    double tokens; /* questions that may be sent now, under qps */
    uint64_t tokens_at_msecs;
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

/* ---- sockets on the loop ----------------------------------------------------------------- */

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    bool readable = status < 0 || (events & UV_READABLE);
    bool writable = status < 0 || (events & UV_WRITABLE);
    struct ma_network *n = w->channel->network;
    ares_process_fd(
        w->channel->ares, readable ? w->fd : ARES_SOCKET_BAD, writable ? w->fd : ARES_SOCKET_BAD);
    pump(n);
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static struct watch *watch_find(struct ma_network *n, ares_socket_t fd)
{
    struct watch *w = n->watches;
    while (w != NULL && w->fd != fd)
        w = w->next;
    return w;
}

static void watch_drop(struct ma_network *n, struct watch *w)
{
    struct watch **p = &n->watches;
    while (*p != w)
        p = &(*p)->next;
    *p = w->next;
    uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

static void on_socket_state(void *data, ares_socket_t fd, int readable, int writable)
{
    struct channel *c = data;
    struct watch *w = watch_find(c->network, fd);
    if (!readable && !writable) {
        if (w != NULL)
            watch_drop(c->network, w);
        return;
    }
    if (w == NULL) {
        w = calloc(1, sizeof *w);
        if (w == NULL || uv_poll_init_socket(c->network->loop, &w->poll, fd) != 0) {
            free(w);
            return; /* nothing will be heard from it: its questions time out */
        }
        w->poll.data = w;
        w->channel = c;
        w->fd = fd;
        w->next = c->network->watches;
        c->network->watches = w;
    }
    uv_poll_start(&w->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0), on_ready);
}

/* ---- channels ---------------------------------------------------------------------------- */

static void channel_servers(struct ma_network *n, struct channel *c, unsigned first)
{
    struct ares_addr_port_node nodes[MA_SERVERS_MAX];
    memset(nodes, 0, sizeof nodes);
    for (unsigned i = 0; i < n->server_count; i++) {
        const struct ma_server *s = &n->servers[(first + i) % n->server_count];
        nodes[i].next = i + 1 < n->server_count ? &nodes[i + 1] : NULL;
        nodes[i].family = s->address.family == 6 ? AF_INET6 : AF_INET;
        nodes[i].udp_port = nodes[i].tcp_port = s->port;
        memcpy(&nodes[i].addr, s->address.bytes, s->address.family == 6 ? 16 : 4);
    }
    ares_set_servers_ports(c->ares, nodes);
}

static bool channel_open(struct ma_network *n, struct channel *c, unsigned first, bool tcp)
{
    struct ares_options o = {
        /* EDNS: what c-ares takes over UDP. It also makes it cut an OPT record off any query that
           is answered FORMERR, whether there is one or not: not over TCP, then. */
        .flags = ARES_FLAG_STAYOPEN | ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC | ARES_FLAG_NOSEARCH |
                 ARES_FLAG_NOALIASES | (tcp ? ARES_FLAG_USEVC : ARES_FLAG_EDNS),
        .timeout = tcp ? MA_TCP_TRY_MSECS : MA_UDP_RETRY_MSECS,
        .tries = tcp ? MA_TCP_TRIES : MA_UDP_TRIES,
        .socket_send_buffer_size = MA_SOCKET_BUFFER,
        .socket_receive_buffer_size = MA_SOCKET_BUFFER,
        .sock_state_cb = on_socket_state,
        .sock_state_cb_data = c,
        .ednspsz = MA_EDNS_BYTES,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_SNDBUF |
               ARES_OPT_SOCK_RCVBUF | ARES_OPT_SOCK_STATE_CB | ARES_OPT_EDNSPSZ;
#ifdef ARES_OPT_QUERY_CACHE
    mask |= ARES_OPT_QUERY_CACHE; /* the store is our cache: qcache_max_ttl stays 0 */
#endif
    *c = (struct channel){.network = n, .tcp = tcp};
    if (ares_init_options(&c->ares, &o, mask) != ARES_SUCCESS)
        return false;
    if (n->server_count > 0)
        channel_servers(n, c, first);
    c->open = true;
    return true;
}

static struct channel *channel_get(struct ma_network *n, unsigned first, bool tcp)
{
    struct channel *c = tcp ? &n->tcp[first] : &n->udp[first];
    return c->open || channel_open(n, c, first, tcp) ? c : NULL;
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

static void send_query(struct query *q)
{
    struct ma_network *n = q->network;
    uint8_t wire[MA_QUERY_BYTES];
    q->channel = channel_get(n, q->server, q->tcp);
    if (q->channel == NULL) {
        on_answer(q, ARES_ENOMEM, 0, NULL, 0);
        return;
    }
    size_t size =
        ma_query_build(wire, ma_entry_question(q->entry), random_id(n), true, !q->no_edns);
    q->channel->in_flight++;
    tick_start(n);
    ares_send(q->channel->ares, wire, (int)size, on_answer, q);
}

/* The question is answered; the query may live on in c-ares until that lets go of it. */
static void settle(struct query *q, const struct ma_reply *reply)
{
    struct ma_entry *entry = q->entry;
    q->entry = NULL;
    ring_remove(q);
    q->network->in_flight--;
    ma_store_settle(q->network->store, entry, reply);
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
    enum ma_verdict verdict = ma_message_read(&m, wire, size);
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
    } else if (verdict != MA_MESSAGE_USE && q->moves + 1 < q->network->server_count) {
        q->moves++;
        q->server = (q->server + 1) % q->network->server_count;
        q->tcp = q->no_edns = false;
        send_query(q);
    } else {
        settle(q, &m.reply);
        free(q);
    }
    ma_message_clear(&m);
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *wire, int size)
{
    struct query *q = arg;
    (void)timeouts;
    if (q->channel != NULL)
        q->channel->in_flight--;
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

/* --qps: tokens come with time, at most a tenth of a second's worth at once. */
static bool may_send(struct ma_network *n)
{
    if (n->qps == 0)
        return true;
    uint64_t now = uv_now(n->loop);
    double most = n->qps / 10.0 + 1;
    n->tokens += (double)(now - n->tokens_at_msecs) * n->qps / 1000.0;
    n->tokens = n->tokens < most ? n->tokens : most;
    n->tokens_at_msecs = now;
    if (n->tokens < 1)
        return false;
    n->tokens -= 1;
    return true;
}

/* Fills the window from the queue. Answers may come at once, from inside ares_send(). */
static void pump(struct ma_network *n)
{
    if (n->pumping || n->closing)
        return;
    n->pumping = true;
    while (n->in_flight < n->window && n->queued.next != &n->queued && may_send(n)) {
        struct query *q = n->queued.next;
        ring_remove(q);
        n->waiting--;
        n->sent++;
        ring_add(&n->flying, q);
        n->in_flight++;
        q->deadline_msecs = uv_now(n->loop) + n->question_timeout_msecs;
        send_query(q);
    }
    n->pumping = false;
    if (n->waiting > 0)
        tick_start(n);
}

static void on_tick(uv_timer_t *timer)
{
    struct ma_network *n = timer->data;
    uint64_t now = uv_now(n->loop);
    bool busy = false;
    for (unsigned i = 0; i < n->server_count; i++) {
        struct channel *both[] = {&n->udp[i], &n->tcp[i]};
        for (unsigned k = 0; k < 2; k++) {
            if (both[k]->in_flight > 0)
                ares_process_fd(both[k]->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
            busy = busy || both[k]->in_flight > 0;
        }
    }
    while (n->flying.next != &n->flying && n->flying.next->deadline_msecs <= now) {
        struct query *q = n->flying.next; /* c-ares frees it through on_answer() */
        settle_silence(q, ARES_ETIMEOUT);
    }
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
    if (question->server.family != 0 || question->validate || question->recursive)
        return false;
    struct query *q = calloc(1, sizeof *q);
    n->store = store;
    if (q == NULL) {
        ma_store_fail(store, entry, MA_FAIL_BUDGET, "out of memory");
        return true;
    }
    q->network = n;
    q->entry = entry;
    ring_add(&n->queued, q);
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
    while (n->queued.next != &n->queued) {
        struct query *q = n->queued.next;
        n->in_flight++;
        settle_failed(q, MA_FAIL_BUDGET, NULL);
        free(q);
    }
    for (unsigned i = 0; i < MA_SERVERS_MAX; i++) {
        if (n->udp[i].open)
            ares_destroy(n->udp[i].ares);
        if (n->tcp[i].open)
            ares_destroy(n->tcp[i].ares);
    }
    while (n->watches != NULL)
        watch_drop(n, n->watches);
    uv_timer_stop(&n->tick);
    uv_close((uv_handle_t *)&n->tick, on_tick_closed);
    ares_library_cleanup();
}

/* The servers of /etc/resolv.conf, as c-ares reads it; its search list is never used. */
static void system_servers(struct ma_network *n)
{
    ares_channel ares;
    struct ares_addr_port_node *list = NULL;
    if (ares_init(&ares) != ARES_SUCCESS)
        return;
    if (ares_get_servers_ports(ares, &list) == ARES_SUCCESS) {
        for (struct ares_addr_port_node *p = list; p != NULL && n->server_count < MA_SERVERS_MAX;
             p = p->next) {
            struct ma_server *s = &n->servers[n->server_count++];
            s->address.family = p->family == AF_INET6 ? 6 : 4;
            memcpy(s->address.bytes, &p->addr, p->family == AF_INET6 ? 16 : 4);
            s->port = p->udp_port > 0 ? (uint16_t)p->udp_port : 53;
        }
        ares_free_data(list);
    }
    ares_destroy(ares);
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
    n->loop = loop;
    n->window = o->window;
    n->question_timeout_msecs = o->question_timeout_msecs;
    n->qps = o->qps;
    ring_init(&n->queued);
    ring_init(&n->flying);
    for (size_t i = 0; i < o->server_count && i < MA_SERVERS_MAX; i++)
        n->servers[n->server_count++] = o->servers[i];
    if (n->server_count == 0)
        system_servers(n);
    if (n->server_count == 0) {
        fputs("no name server: /etc/resolv.conf names none, and no --nameserver is given\n", err);
        ares_library_cleanup();
        free(n);
        return NULL;
    }
    uv_timer_init(loop, &n->tick);
    n->tick.data = n;
    *source = (struct ma_source){.name = "network", .ask = ask, .close = close_network, .state = n};
    return n;
}

struct ma_network_counts ma_network_counts(const struct ma_network *n)
{
    return (struct ma_network_counts){
        .queued = n->waiting, .in_flight = n->in_flight, .sent = n->sent};
}
