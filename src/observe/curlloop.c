/* SPDX-License-Identifier: MIT */
#include "curlloop.h"

#include <stdlib.h>

struct watch { /* one socket of libcurl's on the loop */
    uv_poll_t poll;
    struct ma_curlloop *owner;
    curl_socket_t fd;
    struct watch *next;
};

struct ma_curlloop {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t timer;
    struct watch *watches;
    void (*done)(CURL *, CURLcode, void *);
    void *context;
};

static void tell_done(struct ma_curlloop *c)
{
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(c->multi, &left)) != NULL)
        if (m->msg == CURLMSG_DONE)
            c->done(m->easy_handle, m->data.result, c->context);
}

/* ---- sockets --------------------------------------------------------------------------------- */

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    struct ma_curlloop *c = w->owner;
    int running, what = 0;
    if (status < 0)
        what = CURL_CSELECT_ERR;
    if (events & UV_READABLE)
        what |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        what |= CURL_CSELECT_OUT;
    curl_multi_socket_action(c->multi, w->fd, what, &running);
    tell_done(c);
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void watch_drop(struct watch *w)
{
    struct watch **p = &w->owner->watches;
    while (*p != w)
        p = &(*p)->next;
    *p = w->next;
    uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

static struct watch *watch_new(struct ma_curlloop *c, curl_socket_t fd)
{
    struct watch *w = calloc(1, sizeof *w);
    if (w == NULL || uv_poll_init_socket(c->loop, &w->poll, fd) != 0) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    w->owner = c;
    w->fd = fd;
    w->next = c->watches;
    c->watches = w;
    curl_multi_assign(c->multi, fd, w);
    return w;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
    struct ma_curlloop *c = context;
    struct watch *w = socket_context;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w != NULL)
            watch_drop(w);
        curl_multi_assign(c->multi, fd, NULL);
        return 0;
    }
    if (w == NULL)
        w = watch_new(c, fd);
    if (w == NULL)
        return 0; /* nothing will be heard from it: its transfer runs into its deadline */
    uv_poll_start(&w->poll,
        (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0),
        on_ready);
    return 0;
}

/* ---- time ------------------------------------------------------------------------------------ */

static void on_timer(uv_timer_t *timer)
{
    struct ma_curlloop *c = timer->data;
    int running;
    curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    tell_done(c);
}

static int on_timeout(CURLM *multi, long msecs, void *context)
{
    struct ma_curlloop *c = context;
    (void)multi;
    if (msecs < 0)
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, on_timer, (uint64_t)msecs, 0);
    return 0;
}

/* ---- open and close -------------------------------------------------------------------------- */

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

struct ma_curlloop *ma_curlloop_new(
    uv_loop_t *loop, void (*done)(CURL *, CURLcode, void *context), void *context)
{
    struct ma_curlloop *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    *c = (struct ma_curlloop){
        .loop = loop, .multi = curl_multi_init(), .done = done, .context = context};
    if (c->multi == NULL) {
        free(c);
        return NULL;
    }
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    return c;
}

void ma_curlloop_free(struct ma_curlloop *c)
{
    if (c == NULL)
        return;
    curl_multi_cleanup(c->multi);
    while (c->watches != NULL)
        watch_drop(c->watches);
    uv_timer_stop(&c->timer);
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

bool ma_curlloop_add(struct ma_curlloop *c, CURL *easy)
{
    uv_update_time(c->loop); /* libcurl reckons its timeouts from now */
    return curl_multi_add_handle(c->multi, easy) == CURLM_OK;
}

void ma_curlloop_remove(struct ma_curlloop *c, CURL *easy)
{
    curl_multi_remove_handle(c->multi, easy);
}
