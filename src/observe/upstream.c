/* SPDX-License-Identifier: MIT */
#include "upstream.h"

#include "message.h"

#include <stdlib.h>
#include <string.h>

#define MA_UDP_RETRY_MSECS 400 /* first retransmission; doubles */
#define MA_UDP_TRIES       4
#define MA_TCP_TRY_MSECS   2500
#define MA_TCP_TRIES       2
#define MA_SOCKET_BUFFER   (1024 * 1024)

struct channel {
    struct ma_upstream *upstream;
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

struct flight { /* one query: who is to be told */
    struct channel *channel;
    ares_callback callback;
    void *arg;
};

struct ma_upstream {
    uv_loop_t *loop;
    struct ma_server servers[MA_SERVERS_MAX];
    unsigned count;
    struct channel udp[MA_SERVERS_MAX], tcp[MA_SERVERS_MAX];
    struct watch *watches;
    void (*after)(void *);
    void *context;
};

/* ---- sockets on the loop ----------------------------------------------------------------- */

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    bool readable = status < 0 || (events & UV_READABLE);
    bool writable = status < 0 || (events & UV_WRITABLE);
    struct ma_upstream *u = w->channel->upstream;
    ares_process_fd(
        w->channel->ares, readable ? w->fd : ARES_SOCKET_BAD, writable ? w->fd : ARES_SOCKET_BAD);
    u->after(u->context);
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static struct watch *watch_find(struct ma_upstream *u, ares_socket_t fd)
{
    struct watch *w = u->watches;
    while (w != NULL && w->fd != fd)
        w = w->next;
    return w;
}

static void watch_drop(struct ma_upstream *u, struct watch *w)
{
    struct watch **p = &u->watches;
    while (*p != w)
        p = &(*p)->next;
    *p = w->next;
    uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

static void on_socket_state(void *data, ares_socket_t fd, int readable, int writable)
{
    struct channel *c = data;
    struct watch *w = watch_find(c->upstream, fd);
    if (!readable && !writable) {
        if (w != NULL)
            watch_drop(c->upstream, w);
        return;
    }
    if (w == NULL) {
        w = calloc(1, sizeof *w);
        if (w == NULL || uv_poll_init_socket(c->upstream->loop, &w->poll, fd) != 0) {
            free(w);
            return; /* nothing will be heard from it: its questions time out */
        }
        w->poll.data = w;
        w->channel = c;
        w->fd = fd;
        w->next = c->upstream->watches;
        c->upstream->watches = w;
    }
    uv_poll_start(&w->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0), on_ready);
}

/* ---- channels ---------------------------------------------------------------------------- */

static void channel_servers(struct ma_upstream *u, struct channel *c, unsigned first)
{
    struct ares_addr_port_node nodes[MA_SERVERS_MAX];
    memset(nodes, 0, sizeof nodes);
    for (unsigned i = 0; i < u->count; i++) {
        const struct ma_server *s = &u->servers[(first + i) % u->count];
        nodes[i].next = i + 1 < u->count ? &nodes[i + 1] : NULL;
        nodes[i].family = s->address.family == 6 ? AF_INET6 : AF_INET;
        nodes[i].udp_port = nodes[i].tcp_port = s->port;
        memcpy(&nodes[i].addr, s->address.bytes, s->address.family == 6 ? 16 : 4);
    }
    ares_set_servers_ports(c->ares, nodes);
}

static bool channel_open(struct ma_upstream *u, struct channel *c, unsigned first, bool tcp)
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
    *c = (struct channel){.upstream = u, .tcp = tcp};
    if (ares_init_options(&c->ares, &o, mask) != ARES_SUCCESS)
        return false;
    if (u->count > 0)
        channel_servers(u, c, first);
    c->open = true;
    return true;
}

static struct channel *channel_get(struct ma_upstream *u, unsigned first, bool tcp)
{
    struct channel *c = tcp ? &u->tcp[first] : &u->udp[first];
    return c->open || channel_open(u, c, first, tcp) ? c : NULL;
}

/* ---- queries ----------------------------------------------------------------------------- */

static void on_answer(void *arg, int status, int timeouts, unsigned char *wire, int size)
{
    struct flight *f = arg;
    f->channel->in_flight--;
    f->callback(f->arg, status, timeouts, wire, size);
    free(f);
}

void ma_upstream_send(struct ma_upstream *u, unsigned first, bool tcp, const uint8_t *wire,
    size_t size, ares_callback callback, void *arg)
{
    struct channel *c = channel_get(u, first, tcp);
    struct flight *f = c != NULL ? malloc(sizeof *f) : NULL;
    if (f == NULL) {
        callback(arg, ARES_ENOMEM, 0, NULL, 0);
        return;
    }
    *f = (struct flight){c, callback, arg};
    c->in_flight++;
    ares_send(c->ares, wire, (int)size, on_answer, f);
}

bool ma_upstream_tick(struct ma_upstream *u)
{
    bool busy = false;
    for (unsigned i = 0; i < u->count; i++) {
        struct channel *both[] = {&u->udp[i], &u->tcp[i]};
        for (unsigned k = 0; k < 2; k++) {
            if (both[k]->in_flight > 0)
                ares_process_fd(both[k]->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        }
    }
    /* only now: what was told of a timeout may have sent the next query */
    for (unsigned i = 0; i < u->count; i++)
        busy = busy || u->udp[i].in_flight > 0 || u->tcp[i].in_flight > 0;
    return busy;
}

unsigned ma_upstream_count(const struct ma_upstream *u)
{
    return u->count;
}

struct ma_upstream *ma_upstream_new(uv_loop_t *loop, const struct ma_server *servers,
    unsigned count, void (*after)(void *context), void *context)
{
    struct ma_upstream *u = calloc(1, sizeof *u);
    if (u == NULL)
        return NULL;
    u->loop = loop;
    u->after = after;
    u->context = context;
    u->count = count < MA_SERVERS_MAX ? count : MA_SERVERS_MAX;
    memcpy(u->servers, servers, u->count * sizeof *servers);
    return u;
}

void ma_upstream_free(struct ma_upstream *u)
{
    if (u == NULL)
        return;
    for (unsigned i = 0; i < MA_SERVERS_MAX; i++) {
        if (u->udp[i].open)
            ares_destroy(u->udp[i].ares);
        if (u->tcp[i].open)
            ares_destroy(u->tcp[i].ares);
    }
    while (u->watches != NULL)
        watch_drop(u, u->watches);
    free(u);
}

unsigned ma_system_servers(struct ma_server servers[static MA_SERVERS_MAX])
{
    ares_channel ares;
    struct ares_addr_port_node *list = NULL;
    unsigned count = 0;
    if (ares_init(&ares) != ARES_SUCCESS)
        return 0;
    if (ares_get_servers_ports(ares, &list) == ARES_SUCCESS) {
        for (struct ares_addr_port_node *p = list; p != NULL && count < MA_SERVERS_MAX;
             p = p->next) {
            struct ma_server *s = &servers[count++];
            s->address.family = p->family == AF_INET6 ? 6 : 4;
            memcpy(s->address.bytes, &p->addr, p->family == AF_INET6 ? 16 : 4);
            s->port = p->udp_port > 0 ? (uint16_t)p->udp_port : 53;
        }
        ares_free_data(list);
    }
    ares_destroy(ares);
    return count;
}
