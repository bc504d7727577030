/* SPDX-License-Identifier: MIT */
#include "session.h"

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

/* The source that takes what the zones do not have. */
static bool open_last(struct ma_session *s, const struct ma_options *o, FILE *err)
{
    struct ma_network_options network = {.servers = o->nameservers,
        .server_count = o->nameserver_count,
        .window = MA_NETWORK_WINDOW,
        .question_timeout_msecs = MA_NETWORK_QUESTION_TIMEOUT_MSECS,
        .qps = o->batch.qps};
    struct ma_source *last = &s->sources[s->source_count];
    if (o->replay != NULL) {
        if (!ma_replay_open(last, o->replay, err))
            return false;
    } else if (o->offline) {
        ma_offline_open(last);
    } else {
        s->network = ma_network_open(last, &s->loop, &network, err);
        if (s->network == NULL)
            return false;
    }
    s->source_count++;
    return true;
}

bool ma_session_open(struct ma_session *s, const struct ma_options *o, struct ma_registry *registry,
    size_t cache_bytes, FILE *err)
{
    *s = (struct ma_session){.source_count = 0};
    if (uv_loop_init(&s->loop) != 0) {
        fputs("cannot start: no event loop\n", err);
        return false;
    }
    if (!open_zones(s, &o->zones, err) || !open_last(s, o, err))
        return false;
    s->store = ma_store_new(s->sources, s->source_count, cache_bytes);
    if (s->store == NULL) {
        fputs("out of memory\n", err);
        return false;
    }
    ma_engine_init(&s->engine, registry, s->store);
    return true;
}

void ma_session_close(struct ma_session *s)
{
    if (s->store != NULL)
        ma_store_free(s->store);
    else
        for (size_t i = 0; i < s->source_count; i++)
            if (s->sources[i].close != NULL)
                s->sources[i].close(s->sources[i].state);
    uv_run(&s->loop, UV_RUN_DEFAULT); /* handles close in the loop */
    uv_loop_close(&s->loop);
}
