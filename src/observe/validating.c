/* SPDX-License-Identifier: MIT */
#include "validating.h"

#include "keys.h"
#include "message.h"
#include "upstream.h"

#include "../address.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unbound.h>
#include <unistd.h>

#define MA_TICK_MSECS 100

/* The root's key signing keys. Source: IANA, https://data.iana.org/root-anchors/root-anchors.xml,
   read 2026-11: 20326 since 2017, 38696 published 2024-07, signing from 2026-10. */
static const char *const root_keys[] = {
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

/*
 * What libunbound does by itself and we do not want: a whole answer lost because one server was
 * slow once (the infra cache), own NXDOMAIN for reverse zones of private addresses and for
 * documentation names, few ports. num-queries and outgoing-range: a batch asks hundreds at once.
 */
static const char settings[] = "server:\n"
                               "  outgoing-range: 512\n"
                               "  num-queries-per-thread: 4096\n"
                               "  edns-buffer-size: 1232\n"
                               "  infra-cache-max-rtt: 2000\n"
                               "  infra-host-ttl: 2\n"
                               "  unblock-lan-zones: yes\n"
                               "  insecure-lan-zones: yes\n"
                               "  trust-anchor-signaling: no\n"
                               "  aggressive-nsec: no\n"
                               "  do-not-query-localhost: no\n"
                               "  verbosity: 0\n"
                               "  use-syslog: no\n"
                               "  msg-cache-size: 4m\n"
                               "  rrset-cache-size: 8m\n"
                               "  key-cache-size: 2m\n"
                               "  neg-cache-size: 1m\n"
                               "  local-zone: \"test.\" nodefault\n"
                               "  local-zone: \"invalid.\" nodefault\n"
                               "  local-zone: \"localhost.\" nodefault\n"
                               "  local-zone: \"127.in-addr.arpa.\" nodefault\n"
                               "  local-zone: \"2.0.192.in-addr.arpa.\" nodefault\n"
                               "  local-zone: \"100.51.198.in-addr.arpa.\" nodefault\n"
                               "  local-zone: \"113.0.203.in-addr.arpa.\" nodefault\n"
                               "  local-zone: \"8.b.d.0.1.0.0.2.ip6.arpa.\" nodefault\n";

struct validating;

struct query {
    struct query *next, *prev; /* ring: oldest first */
    struct resolver *resolver;
    struct ma_entry *entry;
    uint64_t deadline_msecs;
    int id; /* libunbound's, to cancel it */
};

struct resolver {
    struct validating *owner;
    struct ub_ctx *ctx;
    uv_poll_t poll;
    bool failed; /* could not be set up: why is in the owner */
};

struct validating {
    uv_loop_t *loop;
    struct ma_store *store;
    struct ma_validating_options options;
    struct resolver forwarding, recursive;
    uv_timer_t tick;
    struct query queries;
    unsigned open_handles;
    bool ticking;
};

/* ---- answers ----------------------------------------------------------------------------- */

static void query_end(struct query *q)
{
    q->prev->next = q->next;
    q->next->prev = q->prev;
    free(q);
}

static void settle(struct query *q, struct ma_reply *reply)
{
    const struct validating *v = q->resolver->owner;
    struct ma_entry *entry = q->entry;
    const struct ma_question *question = ma_entry_question(entry);
    const struct ma_key *key = ma_keys_for(v->options.keys, question->name);
    if (key != NULL)
        ma_key_hide(key, question->name, reply);
    query_end(q);
    ma_store_settle(v->store, entry, reply);
}

static void settle_failed(struct query *q, enum ma_failure failure, const char *detail)
{
    struct ma_reply reply = {.status = MA_FAILED, .failure = failure, .detail = detail};
    settle(q, &reply);
}

static void on_result(void *arg, int error, struct ub_result *r)
{
    struct query *q = arg;
    struct ma_message m;
    if (error != 0 || r == NULL) {
        settle_failed(q, MA_FAIL_NETWORK, ub_strerror(error));
    } else if (r->bogus) { /* the data is handed over all the same, with rcode 0 */
        settle_failed(q, MA_FAIL_BOGUS, r->why_bogus);
    } else if (r->rcode != 0 && r->rcode != 3) {
        settle_failed(q, r->rcode == 5 ? MA_FAIL_REFUSED : MA_FAIL_SERVFAIL, r->why_bogus);
    } else if (r->answer_packet == NULL || r->answer_len < 12) {
        settle_failed(q, MA_FAIL_MALFORMED, NULL);
    } else {
        const struct ma_question *question = ma_entry_question(q->entry);
        ma_message_read(&m, question, r->answer_packet, (size_t)r->answer_len);
        m.reply.security = r->secure ? MA_SECURE : MA_INSECURE;
        m.reply.chase = false;
        settle(q, &m.reply);
        ma_message_clear(&m);
    }
    ub_resolve_free(r);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    const struct resolver *r = poll->data;
    (void)status;
    (void)events;
    ub_process(r->ctx);
}

/* libunbound has no deadline for a query: a silent delegation takes half a minute. */
static void on_tick(uv_timer_t *timer)
{
    struct validating *v = timer->data;
    uint64_t now = uv_now(v->loop);
    for (struct query *q = v->queries.next, *next; q != &v->queries; q = next) {
        next = q->next;
        if (q->deadline_msecs > now)
            continue;
        ub_cancel(q->resolver->ctx, q->id);
        settle_failed(q, MA_FAIL_TIMEOUT, NULL);
    }
    if (v->queries.next == &v->queries) {
        uv_timer_stop(&v->tick);
        v->ticking = false;
    }
}

/* ---- setting up -------------------------------------------------------------------------- */

/* "nodefault" can be said in a configuration file only: here is one without a name. */
static bool load_settings(struct ub_ctx *ctx)
{
    char path[64];
    int fd = memfd_create("unbound.conf", MFD_CLOEXEC);
    if (fd < 0)
        return false;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    bool ok = write(fd, settings, sizeof settings - 1) == (ssize_t)sizeof settings - 1 &&
              ub_ctx_config(ctx, path) == 0;
    close(fd);
    return ok;
}

static bool add_anchors(struct ub_ctx *ctx, const struct ma_validating_options *o)
{
    if (o->trust_anchor_file != NULL)
        return ub_ctx_add_ta_file(ctx, o->trust_anchor_file) == 0;
    for (size_t i = 0; i < sizeof root_keys / sizeof *root_keys; i++)
        if (ub_ctx_add_ta(ctx, root_keys[i]) != 0)
            return false;
    return true;
}

static bool forward_to(struct ub_ctx *ctx, const struct ma_validating_options *o)
{
    for (size_t i = 0; i < o->server_count; i++) {
        char address[MA_ADDRESS_TEXT_MAX], text[MA_ADDRESS_TEXT_MAX + 8];
        ma_address_print(address, &o->servers[i].address);
        snprintf(text, sizeof text, "%s@%u", address, (unsigned)o->servers[i].port);
        if (ub_ctx_set_fwd(ctx, text) != 0)
            return false;
    }
    return true;
}

static bool resolver_open(struct validating *v, struct resolver *r, bool recursive)
{
    if (r->ctx != NULL || r->failed)
        return !r->failed;
    const struct ma_validating_options *o = &v->options;
    r->owner = v;
    r->ctx = ub_ctx_create();
    r->failed = r->ctx == NULL || !load_settings(r->ctx) || !add_anchors(r->ctx, o) ||
                (!recursive && !forward_to(r->ctx, o)) ||
                (recursive && o->root_hints_file != NULL &&
                    ub_ctx_set_option(r->ctx, "root-hints:", o->root_hints_file) != 0) ||
                ub_ctx_async(r->ctx, 1) != 0 || uv_poll_init(v->loop, &r->poll, ub_fd(r->ctx)) != 0;
    if (r->failed) {
        if (r->ctx != NULL)
            ub_ctx_delete(r->ctx);
        r->ctx = NULL;
        return false;
    }
    r->poll.data = r;
    v->open_handles++;
    uv_poll_start(&r->poll, UV_READABLE, on_readable);
    return true;
}

/* The name to ask for, with the key where there is one. */
static bool put_name(
    const struct validating *v, const struct ma_entry *entry, char text[static MA_NAME_TEXT_MAX])
{
    const struct ma_question *question = ma_entry_question(entry);
    const struct ma_key *key = ma_keys_for(v->options.keys, question->name);
    uint8_t name[MA_NAME_WIRE_MAX];
    if (key != NULL && ma_key_put(key, name, question->name) == 0)
        return false;
    ma_name_to_text(text, key != NULL ? name : question->name);
    return true;
}

static bool ask(void *state, struct ma_store *store, struct ma_entry *entry)
{
    char name[MA_NAME_TEXT_MAX];
    struct validating *v = state;
    const struct ma_question *question = ma_entry_question(entry);
    bool recursive = question->recursive || v->options.all || v->options.server_count == 0;
    if (question->server.family != 0 ||
        (!question->validate && !question->recursive && !v->options.all))
        return false;
    if (!put_name(v, entry, name)) {
        ma_store_fail(store, entry, MA_FAIL_BAD_NAME, NULL);
        return true;
    }
    struct resolver *r = recursive ? &v->recursive : &v->forwarding;
    struct query *q = calloc(1, sizeof *q);
    v->store = store;
    if (q == NULL || !resolver_open(v, r, recursive)) {
        free(q);
        ma_store_fail(store, entry, MA_FAIL_NETWORK, "the validating resolver cannot be set up");
        return true;
    }
    q->resolver = r;
    q->entry = entry;
    q->deadline_msecs =
        uv_now(v->loop) + (question->deadline_msecs > 0 ? question->deadline_msecs
                                                        : v->options.question_timeout_msecs);
    q->next = &v->queries;
    q->prev = v->queries.prev;
    q->prev->next = v->queries.prev = q;
    if (!v->ticking)
        uv_timer_start(&v->tick, on_tick, MA_TICK_MSECS, MA_TICK_MSECS);
    v->ticking = true;
    int error = ub_resolve_async(r->ctx, name, question->type, 1, q, on_result, &q->id);
    if (error != 0)
        settle_failed(q, MA_FAIL_NETWORK, ub_strerror(error));
    return true;
}

/* ---- open and close ---------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct validating *v =
        handle->type == UV_TIMER ? handle->data : ((struct resolver *)handle->data)->owner;
    if (--v->open_handles == 0)
        free(v);
}

static void close_resolver(struct resolver *r)
{
    if (r->ctx == NULL)
        return;
    uv_poll_stop(&r->poll);
    uv_close((uv_handle_t *)&r->poll, on_closed);
    ub_ctx_delete(r->ctx);
    r->ctx = NULL;
}

static void close_validating(void *state)
{
    struct validating *v = state;
    while (v->queries.next != &v->queries) {
        struct query *q = v->queries.next;
        ub_cancel(q->resolver->ctx, q->id);
        settle_failed(q, MA_FAIL_BUDGET, NULL);
    }
    close_resolver(&v->forwarding);
    close_resolver(&v->recursive);
    uv_timer_stop(&v->tick);
    uv_close((uv_handle_t *)&v->tick, on_closed);
}

bool ma_validating_open(
    struct ma_source *source, uv_loop_t *loop, const struct ma_validating_options *o, FILE *err)
{
    struct validating *v = calloc(1, sizeof *v);
    if (v == NULL) {
        fputs("out of memory\n", err);
        return false;
    }
    v->loop = loop;
    v->options = *o;
    v->queries.next = v->queries.prev = &v->queries;
    uv_timer_init(loop, &v->tick);
    v->tick.data = v;
    v->open_handles = 1;
    *source =
        (struct ma_source){.name = "validating", .ask = ask, .close = close_validating, .state = v};
    return true;
}
