/* SPDX-License-Identifier: MIT */
/*
 * upstream.h - some servers that are asked through c-ares, on libuv's loop.
 *
 * c-ares has the sockets, the retransmissions and the comparison of question and answer. A channel
 * of it has one fixed list of servers and one transport: channel I asks server I first. Channels
 * are opened when they are needed and stay open.
 */
#ifndef MA_UPSTREAM_H
#define MA_UPSTREAM_H

#include "sources.h"

#include <ares.h>

#define MA_SERVERS_MAX 8

struct ma_upstream;

/* after() is called whenever c-ares has worked: callbacks of ma_upstream_send() may have run.
   NULL without memory. */
struct ma_upstream *ma_upstream_new(uv_loop_t *, const struct ma_server *, unsigned count,
    void (*after)(void *context), void *context);
/* Queries in flight are called back with ARES_EDESTRUCTION. NULL is allowed. */
void ma_upstream_free(struct ma_upstream *);

unsigned ma_upstream_count(const struct ma_upstream *); /* servers */
/* Sends a query; the callback comes once, perhaps at once. First: the server that is asked first.
 */
void ma_upstream_send(struct ma_upstream *, unsigned first, bool tcp, const uint8_t *wire,
    size_t size, ares_callback, void *arg);
/* Lets c-ares look at its timeouts: every 50 ms or so. Returns whether anything is in flight. */
bool ma_upstream_tick(struct ma_upstream *);

/* The servers of /etc/resolv.conf, as c-ares reads it; its search list is never used. */
unsigned ma_system_servers(struct ma_server servers[static MA_SERVERS_MAX]);

#endif
