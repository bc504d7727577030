/* SPDX-License-Identifier: MIT */
/* sources.h - the sources of observations, each opened from what the command line says. */
#ifndef MA_SOURCES_H
#define MA_SOURCES_H

#include "store.h"

#include <stdio.h>
#include <uv.h>

/* A server's address and port, as in --nameserver ADDR[:PORT] or [ADDR6]:PORT. */
struct ma_server {
    struct ma_address address;
    uint16_t port;
};
bool ma_server_parse(struct ma_server *, const char *text);

/* Every error text goes to err and names what and where; false then, and nothing is left open. */

/* --- network: c-ares on the loop. */
struct ma_network;
struct ma_slow;
struct ma_keys;

struct ma_limit { /* questions about names under a zone */
    const char *zone;
    unsigned qps;
};
#define MA_LIMITS_MAX 32

struct ma_network_options {
    const struct ma_server *servers; /* the resolver: at least one */
    size_t server_count;
    unsigned window;                 /* questions in flight at the most */
    unsigned question_timeout_msecs; /* the deadline of one question */
    unsigned qps;                    /* questions sent a second at the most; 0 is no limit */
    const struct ma_limit *limits;   /* those of single zones */
    size_t limit_count;
    bool allow_private;         /* may questions name a server at a special-purpose address? */
    const struct ma_keys *keys; /* of block lists, or NULL; borrowed */
};
#define MA_NETWORK_WINDOW                 1000
#define MA_NETWORK_QUESTION_TIMEOUT_MSECS 5000

struct ma_network_counts {
    unsigned queued, in_flight;
    bool full;     /* more questions would wait for long: begin nothing new */
    uint64_t sent; /* messages, repeated ones not counted */
};

/* NULL: why is in err. The handle lives as long as the source. */
struct ma_network *ma_network_open(
    struct ma_source *, uv_loop_t *, const struct ma_network_options *, FILE *err);
struct ma_network_counts ma_network_counts(const struct ma_network *);
const struct ma_slow *ma_network_slow(const struct ma_network *);

/* --- zone files: answers as the authoritative server would after loading them. */
struct ma_zones;
struct ma_zones *ma_zones_new(void);
/* spec is [ORIGIN=]FILE. Errors are "FILE:LINE: what". */
bool ma_zones_add(struct ma_zones *, const char *spec, FILE *err);
void ma_zones_open(struct ma_source *, struct ma_zones *); /* takes the zones over */
void ma_zones_free(struct ma_zones *);                     /* not taken over; NULL is allowed */

/* --- offline: settles every question as MA_FAIL_OFFLINE. */
void ma_offline_open(struct ma_source *);

/* --- a recording: what was observed before; all else is MA_FAIL_NOT_RECORDED. */
bool ma_replay_open(struct ma_source *, const char *dir, FILE *err);

#endif
