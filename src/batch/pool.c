/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MA_AHEAD           256 /* lines given beyond those in flight */
#define MA_LAST_WORDS_SECS 2
#define MA_RECEIVE_BYTES   262144
#define MA_SILENCE_SECS    90 /* beyond --timeout: then a worker hangs */

struct line { /* given to a worker, its result not yet here */
    struct line *next, *prev;
    uint32_t number;
    uint32_t size;
    char *text; /* in the same piece of memory */
};

struct worker {
    struct ma_pool *pool;
    pid_t pid; /* 0: not running */
    int fd;
    uv_poll_t *poll; /* on the heap: it closes later than its worker */
    struct ma_buffer jobs, results;
    struct line given;   /* ring: it has them */
    struct line waiting; /* ring: left by its predecessor, to be given one by one */
    size_t given_count, waiting_count;
    uint64_t heard_msecs; /* when it reported last */
    bool proved;          /* this process has reported at least once, or was given nothing */
};

struct ma_pool {
    const struct ma_options *options;
    struct ma_registry *registry;
    uv_loop_t *loop;
    struct ma_pool_events events;
    FILE *err;
    struct worker workers[MA_POOL_MAX];
    unsigned count, deaths_in_a_row;
};

static void ring_add(struct line *ring, struct line *l)
{
    l->prev = ring->prev;
    l->next = ring;
    l->prev->next = ring->prev = l;
}

static void ring_remove(struct line *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
}

/* ---- a worker's process ------------------------------------------------------------------ */

/* In the child: nothing of the parent's loop is touched. */
static void be_worker(struct ma_pool *p, unsigned index, int socket)
{
    signal(SIGINT, SIG_IGN); /* the parent decides */
    signal(SIGTERM, SIG_DFL);
    signal(SIGUSR1, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* no parent, nobody to report to */
    for (unsigned i = 0; i < p->count; i++)
        if (p->workers[i].pid > 0)
            close(p->workers[i].fd);
    int code = ma_worker(p->options, p->registry, index, socket, stderr);
    _exit(code);
}

static void on_socket(uv_poll_t *, int status, int events);

static void watch(struct worker *w)
{
    uv_poll_start(
        w->poll, UV_READABLE | (ma_buffer_size(&w->jobs) > 0 ? UV_WRITABLE : 0), on_socket);
}

static bool start(struct worker *w)
{
    int pair[2];
    w->poll = calloc(1, sizeof *w->poll);
    if (w->poll == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        free(w->poll);
        return false;
    }
    fflush(NULL); /* the child must not write what the parent has buffered */
    pid_t pid = fork();
    if (pid == 0) {
        close(pair[0]);
        be_worker(w->pool, (unsigned)(w - w->pool->workers), pair[1]);
    }
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        free(w->poll);
        return false;
    }
    w->pid = pid;
    w->fd = pair[0];
    w->proved = false;
    w->heard_msecs = uv_now(w->pool->loop);
    uv_poll_init(w->pool->loop, w->poll, w->fd);
    w->poll->data = w;
    watch(w);
    return true;
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

/* How it ended, in words. */
static void bury(struct worker *w, char *how, size_t size, bool *tool_error)
{
    int status = 0;
    uv_poll_stop(w->poll);
    uv_close((uv_handle_t *)w->poll, on_poll_closed);
    close(w->fd);
    if (w->given_count > 0)
        kill(w->pid, SIGKILL); /* it has died of a target, or is to drop what it has */
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    w->pid = 0;
    w->jobs.begin = w->jobs.end = w->results.begin = w->results.end = 0;
    *tool_error = WIFEXITED(status) && WEXITSTATUS(status) == MA_EXIT_USAGE;
    if (WIFSIGNALED(status))
        snprintf(how, size, "this target crashed the audit (signal %d, %s)", WTERMSIG(status),
            strsignal(WTERMSIG(status)));
    else
        snprintf(how, size, "this target ended the audit (exit code %d)", WEXITSTATUS(status));
}

/* ---- lines ------------------------------------------------------------------------------- */

static bool send_line(struct worker *w, struct line *l)
{
    struct ma_job_head h = {.line = l->number, .size = l->size};
    unsigned char *p = ma_buffer_room(&w->jobs, sizeof h + l->size);
    if (p == NULL)
        return false;
    memcpy(p, &h, sizeof h);
    memcpy(p + sizeof h, l->text, l->size);
    w->jobs.end += sizeof h + l->size;
    if (w->given_count == 0)
        w->heard_msecs = uv_now(w->pool->loop); /* its silence begins now */
    ring_add(&w->given, l);
    w->given_count++;
    return true;
}

static void transmit(struct worker *w)
{
    while (ma_buffer_size(&w->jobs) > 0) {
        ssize_t n = send(w->fd, w->jobs.bytes + w->jobs.begin, ma_buffer_size(&w->jobs),
            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break; /* full; or it is gone, which reading tells */
        ma_buffer_taken(&w->jobs, (size_t)n);
    }
    watch(w);
}

static struct line *line_new(uint32_t number, const char *text, size_t size)
{
    struct line *l = malloc(sizeof *l + size);
    if (l == NULL)
        return NULL;
    l->text = (char *)(l + 1);
    l->number = number;
    l->size = (uint32_t)size;
    memcpy(l->text, text, size);
    return l;
}

static bool has_room(const struct worker *w)
{
    return w->pid > 0 && w->waiting_count == 0 &&
           w->given_count < w->pool->options->batch.in_flight + MA_AHEAD;
}

bool ma_pool_has_room(const struct ma_pool *p)
{
    for (unsigned i = 0; i < p->count; i++)
        if (has_room(&p->workers[i]))
            return true;
    return false;
}

bool ma_pool_give(struct ma_pool *p, uint32_t number, const char *text, size_t size, uint64_t key)
{
    struct worker *w = &p->workers[key % p->count];
    for (unsigned i = 0; i < p->count && !has_room(w); i++)
        w = &p->workers[i];
    if (!has_room(w))
        return false;
    struct line *l = line_new(number, text, size);
    if (l == NULL || !send_line(w, l)) {
        free(l);
        return false;
    }
    transmit(w);
    return true;
}

size_t ma_pool_outstanding(const struct ma_pool *p)
{
    size_t n = 0;
    for (unsigned i = 0; i < p->count; i++)
        n += p->workers[i].given_count + p->workers[i].waiting_count;
    return n;
}

/* After a death: the lines it left are given one at a time. */
static void give_next_waiting(struct worker *w)
{
    if (w->waiting_count == 0 || w->given_count > 0 || w->pid <= 0)
        return;
    struct line *l = w->waiting.next;
    ring_remove(l);
    w->waiting_count--;
    if (send_line(w, l))
        transmit(w);
}

static void line_is_done(struct worker *w, struct line *l)
{
    ring_remove(l);
    w->given_count--;
    free(l);
}

/* ---- death ------------------------------------------------------------------------------- */

static void on_death(struct worker *w)
{
    struct ma_pool *p = w->pool;
    char how[128];
    bool tool_error;
    bury(w, how, sizeof how, &tool_error);
    if (tool_error && !w->proved) { /* it has said why on standard error */
        p->events.broken(p->events.context, "a worker process cannot start");
        return;
    }
    if (w->given_count == 1) { /* alone with it: this is the culprit */
        struct line *l = w->given.next;
        p->events.crashed(p->events.context, l->number, l->text, l->size, how);
        line_is_done(w, l);
    }
    while (w->given.prev != &w->given) { /* in front of those that wait already */
        struct line *l = w->given.prev;
        ring_remove(l);
        w->given_count--;
        l->next = w->waiting.next;
        l->prev = &w->waiting;
        l->next->prev = w->waiting.next = l;
        w->waiting_count++;
    }
    if (!start(w)) {
        p->events.broken(p->events.context, "cannot start a worker process");
        return;
    }
    give_next_waiting(w);
    p->events.room(p->events.context);
}

/* ---- results ----------------------------------------------------------------------------- */

static struct line *find_line(struct worker *w, uint32_t number)
{
    for (struct line *l = w->given.next; l != &w->given; l = l->next)
        if (l->number == number)
            return l;
    return NULL;
}

/* One result, when it is there whole. */
static bool take_result(struct worker *w)
{
    struct ma_result_head h;
    uint16_t rules[MA_RESULT_RULES_MAX];
    if (ma_buffer_size(&w->results) < sizeof h)
        return false;
    const unsigned char *p = w->results.bytes + w->results.begin;
    memcpy(&h, p, sizeof h);
    size_t size = sizeof h + h.rule_count * sizeof *rules + h.size;
    if (ma_buffer_size(&w->results) < size)
        return false;
    memcpy(rules, p + sizeof h, h.rule_count * sizeof *rules);
    struct line *l = find_line(w, h.line);
    if (l != NULL) {
        w->pool->events.result(w->pool->events.context, &h, rules,
            (const char *)p + sizeof h + h.rule_count * sizeof *rules, l->text, l->size);
        line_is_done(w, l);
    }
    ma_buffer_taken(&w->results, size);
    return true;
}

/* Returns false when the worker is gone. */
static bool receive(struct worker *w)
{
    unsigned char *p = ma_buffer_room(&w->results, MA_RECEIVE_BYTES);
    ssize_t n = p != NULL ? recv(w->fd, p, MA_RECEIVE_BYTES, MSG_DONTWAIT) : 0;
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    w->results.end += (size_t)n;
    w->heard_msecs = uv_now(w->pool->loop);
    return true;
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct worker *w = poll->data;
    bool alive = true;
    if (status < 0 || (events & (UV_READABLE | UV_DISCONNECT)))
        alive = receive(w);
    while (take_result(w))
        w->proved = true;
    if (!alive) {
        on_death(w);
        return;
    }
    transmit(w);
    give_next_waiting(w);
    w->pool->events.room(w->pool->events.context);
}

void ma_pool_watch(struct ma_pool *p)
{
    uint64_t limit = p->options->timeout_msecs + MA_SILENCE_SECS * 1000u;
    for (unsigned i = 0; i < p->count; i++) {
        struct worker *w = &p->workers[i];
        if (w->pid > 0 && w->given_count > 0 && uv_now(p->loop) - w->heard_msecs > limit)
            kill(w->pid, SIGKILL); /* the socket tells of its death */
    }
}

/* ---- open and close ---------------------------------------------------------------------- */

struct ma_pool *ma_pool_new(const struct ma_options *o, struct ma_registry *registry,
    uv_loop_t *loop, const struct ma_pool_events *events, FILE *err)
{
    struct ma_pool *p = calloc(1, sizeof *p);
    bool ok = p != NULL;
    if (ok) {
        p->options = o;
        p->registry = registry;
        p->loop = loop;
        p->events = *events;
        p->err = err;
    }
    for (unsigned i = 0; ok && i < o->batch.workers && i < MA_POOL_MAX; i++) {
        struct worker *w = &p->workers[p->count++];
        w->pool = p;
        w->given.next = w->given.prev = &w->given;
        w->waiting.next = w->waiting.prev = &w->waiting;
        ok = start(w);
    }
    if (!ok) {
        fprintf(err, "cannot start worker processes: %s\n", strerror(errno));
        if (p != NULL)
            ma_pool_stop(p);
        return NULL;
    }
    return p;
}

/* The last frame of a worker that has nothing more to do. */
static void take_last_words(struct worker *w)
{
    struct ma_result_head h;
    struct ma_slow_zone zone;
    if (ma_buffer_size(&w->results) < sizeof h)
        return;
    const unsigned char *p = w->results.bytes + w->results.begin;
    memcpy(&h, p, sizeof h);
    if (h.line != 0 || ma_buffer_size(&w->results) < sizeof h + h.size)
        return;
    for (size_t at = 0; at + sizeof zone <= h.size; at += sizeof zone) {
        memcpy(&zone, p + sizeof h + at, sizeof zone);
        zone.name[sizeof zone.name - 1] = '\0';
        w->pool->events.slow(w->pool->events.context, &zone);
    }
}

void ma_pool_finish(struct ma_pool *p)
{
    struct timeval patience = {.tv_sec = MA_LAST_WORDS_SECS};
    for (unsigned i = 0; i < p->count; i++)
        if (p->workers[i].pid > 0)
            shutdown(p->workers[i].fd, SHUT_WR);
    for (unsigned i = 0; i < p->count; i++) {
        struct worker *w = &p->workers[i];
        unsigned char *room;
        ssize_t n = 1;
        if (w->pid == 0)
            continue;
        int flags = fcntl(w->fd, F_GETFL);
        fcntl(w->fd, F_SETFL, flags & ~O_NONBLOCK);
        setsockopt(w->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        while (n > 0 && (room = ma_buffer_room(&w->results, MA_RECEIVE_BYTES)) != NULL) {
            n = recv(w->fd, room, MA_RECEIVE_BYTES, 0);
            w->results.end += n > 0 ? (size_t)n : 0;
        }
        take_last_words(w);
    }
}

static void free_ring(struct line *ring)
{
    while (ring->next != ring) {
        struct line *l = ring->next;
        ring_remove(l);
        free(l);
    }
}

void ma_pool_stop(struct ma_pool *p)
{
    char how[128];
    bool tool_error;
    for (unsigned i = 0; i < p->count; i++) {
        struct worker *w = &p->workers[i];
        if (w->pid > 0)
            bury(w, how, sizeof how, &tool_error);
        free_ring(&w->given);
        free_ring(&w->waiting);
        ma_buffer_clear(&w->jobs);
        ma_buffer_clear(&w->results);
    }
    free(p);
}
