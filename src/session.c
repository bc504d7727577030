/* SPDX-License-Identifier: MIT */
#include "session.h"

#include "observe/https.h"
#include "observe/upstream.h"
#include "observe/validating.h"

#include <stdlib.h>
#include <string.h>

#define MA_QUESTION_TIMEOUT_MSECS_LEAST 1000

static bool open_zones(struct ma_session *s, const struct ma_list *files, FILE *err)
{
    if (files->count == 0)
        return true;
    struct ma_zones *zones = ma_zones_new();
    bool ok = zones != NULL;
    for (size_t i = 0; ok && i < files->count; i++)
        ok = ma_zones_add(zones, files->items[i], err);
    if (zones != NULL)
        ma_zones_open(&s->sources[s->source_count++], zones);
    return ok;
}

/* A dead resolver must show by the second round of questions: the first one, and the canary. But
   one that has to ask around itself is given its time. */
static unsigned question_timeout_msecs(const struct ma_options *o)
{
    unsigned share = o->timeout_msecs / 3;
    if (share < MA_QUESTION_TIMEOUT_MSECS_LEAST)
        return MA_QUESTION_TIMEOUT_MSECS_LEAST;
    return share < MA_NETWORK_QUESTION_TIMEOUT_MSECS ? share : MA_NETWORK_QUESTION_TIMEOUT_MSECS;
}

static bool open_network(struct ma_session *s, const struct ma_options *o, FILE *err)
{
    struct ma_validating_options validating = {.servers = s->servers,
        .server_count = s->server_count,
        .trust_anchor_file = o->trust_anchor,
        .root_hints_file = o->root_hints,
        .question_timeout_msecs = MA_VALIDATING_TIMEOUT_MSECS,
        .keys = &o->keys,
        .all = o->recursive};
    struct ma_network_options network = {.servers = s->servers,
        .server_count = s->server_count,
        .window = MA_NETWORK_WINDOW,
        .question_timeout_msecs = question_timeout_msecs(o),
        .qps = o->batch.qps / o->batch.workers + (o->batch.qps > 0),
        .limits = o->batch.limits,
        .limit_count = o->batch.limit_count,
        .allow_private = o->allow_private,
        .keys = &o->keys};
    if (!ma_validating_open(&s->sources[s->source_count], &s->loop, &validating, err))
        return false;
    s->source_count++;
    s->network = ma_network_open(&s->sources[s->source_count], &s->loop, &network, err);
    s->source_count += s->network != NULL;
    return s->network != NULL;
}

/* Those named by the user, or the system's. */
static bool find_servers(struct ma_session *s, const struct ma_options *o, FILE *err)
{
    for (; s->server_count < o->nameserver_count; s->server_count++)
        s->servers[s->server_count] = o->nameservers[s->server_count];
    if (s->server_count == 0)
        s->server_count = ma_system_servers(s->servers);
    if (s->server_count == 0 && !o->recursive)
        fputs("no name server: /etc/resolv.conf names none, and no --nameserver is given\n", err);
    return s->server_count > 0 || o->recursive;
}

/* The sources that take what the zones do not have. */
static bool open_rest(struct ma_session *s, const struct ma_options *o, FILE *err)
{
    struct ma_source *last = &s->sources[s->source_count];
    if (o->replay != NULL) {
        s->source_count++;
        return ma_replay_open(last, o->replay, err);
    }
    if (o->offline) {
        s->source_count++;
        ma_offline_open(last);
        return true;
    }
    return find_servers(s, o, err) && open_network(s, o, err);
}

#define MA_WEB_CACHE_BYTES (8u * 1024 * 1024)

/* Where bodies come from. */
static bool open_web(
    struct ma_session *s, const struct ma_options *o, size_t cache_bytes, FILE *err)
{
    const struct ma_https_options network = {
        .allow_private = o->allow_private, .ca_file = o->ca_file};
    struct ma_web_source source;
    bool ok = true;
    if (o->replay != NULL)
        ok = ma_web_replay_open(&source, o->replay, err);
    else if (o->offline)
        ma_web_offline_open(&source);
    else
        ok = ma_https_open(&source, &s->loop, s->store, &network, err);
    if (!ok)
        return false;
    s->web =
        ma_web_new(&source, cache_bytes < MA_WEB_CACHE_BYTES ? cache_bytes : MA_WEB_CACHE_BYTES);
    if (s->web == NULL) {
        if (source.close != NULL)
            source.close(source.state);
        fputs("out of memory\n", err);
    }
    return s->web != NULL;
}

/* The file that is named, or the operator's own where there is one; then the profile. A replay is
   to be the same for everybody: only what is named. */
static bool open_policy(
    struct ma_session *s, const struct ma_options *o, const struct ma_registry *registry, FILE *err)
{
    if (o->policy != NULL)
        s->policy_file = strdup(o->policy);
    else if (o->replay == NULL)
        s->policy_file = ma_policy_find();
    s->policy = ma_policy_new();
    bool ok = s->policy != NULL && (s->policy_file != NULL || o->policy == NULL);
    if (ok && s->policy_file != NULL)
        ok = ma_policy_read(s->policy, registry, s->policy_file, err);
    if (ok && o->profile != NULL && !ma_policy_profile(s->policy, registry, o->profile)) {
        fprintf(err, "--profile '%s': not one of default, strict\n", o->profile);
        ok = false;
    }
    return ok;
}

bool ma_session_open(struct ma_session *s, const struct ma_options *o, struct ma_registry *registry,
    size_t cache_bytes, FILE *err)
{
    *s = (struct ma_session){.source_count = 0};
    if (uv_loop_init(&s->loop) != 0) {
        fputs("cannot start: no event loop\n", err);
        return false;
    }
    if (!open_policy(s, o, registry, err) || !open_zones(s, &o->zones, err) ||
        !open_rest(s, o, err))
        return false;
    s->store = ma_store_new(s->sources, s->source_count, cache_bytes);
    if (s->store == NULL) {
        fputs("out of memory\n", err);
        return false;
    }
    if (!open_web(s, o, cache_bytes, err))
        return false;
    ma_engine_init(&s->engine, registry, s->store);
    s->engine.web = s->web;
    s->engine.policy = s->policy;
    return true;
}

void ma_session_close(struct ma_session *s)
{
    ma_web_free(s->web);
    if (s->store != NULL)
        ma_store_free(s->store);
    else
        for (size_t i = 0; i < s->source_count; i++)
            if (s->sources[i].close != NULL)
                s->sources[i].close(s->sources[i].state);
    uv_run(&s->loop, UV_RUN_DEFAULT); /* handles close in the loop */
    uv_loop_close(&s->loop);
    ma_policy_free(s->policy);
    free(s->policy_file);
}
