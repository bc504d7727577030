/* SPDX-License-Identifier: MIT */
/* session.h - loop, sources, store and engine of one process, opened from the command line. */
#ifndef MA_SESSION_H
#define MA_SESSION_H

#include "options.h"

#define MA_SOURCES_MAX 4

struct ma_session {
    uv_loop_t loop;
    struct ma_source sources[MA_SOURCES_MAX];
    size_t source_count;
    struct ma_server servers[MA_NAMESERVERS_MAX]; /* the resolver */
    size_t server_count;
    struct ma_network *network; /* the source that asks the network, or NULL */
    struct ma_store *store;
    struct ma_web *web;
    struct ma_engine engine;
    struct ma_policy *policy;
    char *policy_file; /* that was read, or NULL */
};

/* The registry is open and outlives the session. cache_bytes is what the store may keep of answers
   that no audit uses. On false err says why; the session is to be closed then, too. */
bool ma_session_open(struct ma_session *, const struct ma_options *, struct ma_registry *,
    size_t cache_bytes, FILE *err);
void ma_session_close(struct ma_session *);

#endif
