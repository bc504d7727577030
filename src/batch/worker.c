/* SPDX-License-Identifier: MIT */
/*
 * worker.c - one process of a batch: jobs in, audits in flight, results out.
 *
 * The number of audits in flight is not a target: a new one is admitted only while the queue in
 * front of the network's window is short, results do not pile up and memory lasts. So the window
 * stays full, and an audit that has begun is finished soon.
 */
#include "../observe/slow.h"
#include "../session.h"
#include "batch.h"
#include "frame.h"
#include "line.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MA_WORKER_TICK_MSECS 100
#define MA_IN_BYTES          (256 * 1024)      /* of jobs read ahead */
#define MA_OUT_BYTES         (4 * 1024 * 1024) /* of results not yet taken */
#define MA_CACHE_BYTES       (8u << 20)
#define MA_JOB_BYTES_MAX     (256 * 1024)
#define MA_MEMORY_EACH_ADMIT 64 /* admissions between two looks at the memory */

struct worker;

struct job {
    struct job *next, *prev; /* in order of start: the oldest first */
    struct worker *worker;
    struct ma_audit *audit;
    struct ma_arena arena;
    struct ma_spec spec;
    uint64_t deadline_msecs;
    bool expired;
};

struct worker {
    const struct ma_options *options;
    struct ma_session session;
    struct ma_registry *registry;
    const struct ma_format *format;
    uint16_t rule_base[MA_CHECKS_MAX]; /* index of each check's first rule */
    struct job jobs;                   /* ring */
    unsigned in_flight, since_look;
    size_t memory_bytes; /* 0: no cap */
    bool memory_short;
    unsigned index;
    int socket;
    bool closed; /* no more jobs */
    bool failed; /* the parent is gone */
    uv_poll_t poll;
    uv_timer_t tick;
    struct ma_buffer in, out;
    FILE *render; /* a memory stream, used again and again */
    char *rendered;
    size_t rendered_size;
};

/* ---- results ----------------------------------------------------------------------------- */

static uint16_t rule_index(const struct worker *w, const struct ma_finding *f)
{
    for (size_t i = 0; i < w->registry->count; i++)
        if (w->registry->checks[i].check == f->check && f->rule >= f->check->rules &&
            f->rule < f->check->rules + f->check->rule_count)
            return (uint16_t)(w->rule_base[i] + (f->rule - f->check->rules));
    return UINT16_MAX;
}

static void put_head(struct worker *w, struct ma_result_head *h, const struct ma_report *r)
{
    struct ma_store_counts store = ma_store_counts(w->session.store);
    h->line = r->line;
    h->worker = w->index;
    h->exit_code = (uint8_t)ma_exit_code(r, w->options);
    h->status = (uint8_t)r->status;
    h->verdict = (uint8_t)r->verdict;
    h->grade = r->status == MA_REPORT_FAILED ? '-' : r->score.grade;
    h->lowest_grade = r->status == MA_REPORT_FAILED ? '-' : r->score.lowest_grade;
    h->score = (int16_t)r->score.value;
    h->cache_hits = store.hits;
    h->cache_asked = store.asked;
    for (size_t i = 0; i < r->finding_count; i++)
        if (r->findings[i]->severity == MA_UNKNOWN)
            h->unanswered[r->findings[i]->failure]++;
    if (w->session.network != NULL)
        h->questions_sent = ma_network_counts(w->session.network).sent;
}

static void on_report(const struct ma_report *r, struct worker *w)
{
    struct ma_result_head h = {0};
    struct ma_render_options options = {.columns = 80};
    rewind(w->render);
    w->format->render(w->render, r, &options);
    fflush(w->render);
    put_head(w, &h, r);
    size_t rules = r->finding_count < MA_RESULT_RULES_MAX ? r->finding_count : MA_RESULT_RULES_MAX;
    h.rule_count = (uint16_t)rules;
    h.size = (uint32_t)w->rendered_size;
    size_t size = sizeof h + rules * sizeof(uint16_t) + h.size;
    unsigned char *p = ma_buffer_room(&w->out, size);
    if (p == NULL) { /* the parent finds this target unfinished and tries it again */
        w->failed = true;
        return;
    }
    memcpy(p, &h, sizeof h);
    p += sizeof h;
    for (size_t i = 0; i < rules; i++, p += sizeof(uint16_t)) {
        uint16_t index = rule_index(w, r->findings[i]);
        memcpy(p, &index, sizeof index);
    }
    memcpy(p, w->rendered, h.size);
    w->out.end += size;
}

static void job_free(struct job *j)
{
    ma_arena_clear(&j->arena);
    free(j);
}

static void on_done(struct ma_audit *audit, void *context)
{
    struct job *j = context;
    on_report(ma_audit_report(audit), j->worker);
    ma_audit_free(audit);
    j->prev->next = j->next;
    j->next->prev = j->prev;
    j->worker->in_flight--;
    job_free(j);
}

/* A line that is no target, or for which there is no memory, gets its report too. */
static void report_failed(struct worker *w, const struct ma_spec *spec, const char *why)
{
    struct ma_target target = {.domain = spec->domain, .unicode = spec->unicode};
    struct ma_report r = {.status = MA_REPORT_FAILED,
        .failure = why,
        .label = spec->label,
        .line = spec->line,
        .audited_at = spec->audited_at,
        .target = &target,
        .verdict = MA_UNKNOWN};
    on_report(&r, w);
}

/* ---- jobs -------------------------------------------------------------------------------- */

static struct job *job_new(struct worker *w, uint32_t line)
{
    struct job *j = calloc(1, sizeof *j);
    if (j == NULL)
        return NULL;
    ma_arena_init(&j->arena, 512, MA_JOB_BYTES_MAX);
    j->worker = w;
    j->spec = w->options->spec; /* --sender and the like hold for all */
    j->spec.line = line;
    return j;
}

static void job_start(struct worker *w, uint32_t line, const char *text, size_t size)
{
    char why[512] = "out of memory";
    struct job *j = job_new(w, line);
    if (j == NULL) {
        struct ma_spec spec = {.line = line, .audited_at = -1};
        report_failed(w, &spec, why);
        return;
    }
    FILE *err = fmemopen(why, sizeof why, "w");
    bool ok = err != NULL && ma_line_read(&j->spec, &j->arena, text, size, err);
    if (err != NULL)
        fclose(err);
    if (ok) {
        j->audit = ma_audit_start(&w->session.engine, &j->spec, on_done, j);
        snprintf(why, sizeof why, "out of memory");
    }
    if (j->audit == NULL) {
        why[strcspn(why, "\n")] = '\0';
        report_failed(w, &j->spec, why);
        job_free(j);
        return;
    }
    j->deadline_msecs = uv_now(&w->session.loop) + w->options->timeout_msecs;
    j->next = &w->jobs;
    j->prev = w->jobs.prev;
    j->prev->next = w->jobs.prev = j;
    w->in_flight++;
}

/* The second figure of statm, in pages; 0: not known. */
static size_t resident_bytes(void)
{
    char text[128] = "", *second;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL)
        return 0;
    (void)!fgets(text, sizeof text, f);
    fclose(f);
    strtoul(text, &second, 10);
    return strtoul(second, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static void look_at_memory(struct worker *w)
{
    w->since_look = 0;
    if (w->memory_bytes == 0)
        return;
    w->memory_short = resident_bytes() > w->memory_bytes;
    if (w->memory_short && w->in_flight == 0) {
        ma_store_shrink(w->session.store);
        ma_web_shrink(w->session.web);
        malloc_trim(0);
        w->memory_short = false; /* with nothing in flight there is nothing to wait for */
    }
}

static bool may_admit(struct worker *w)
{
    if (w->failed || w->in_flight >= w->options->batch.in_flight ||
        ma_buffer_size(&w->out) >= MA_OUT_BYTES)
        return false;
    if (++w->since_look >= MA_MEMORY_EACH_ADMIT)
        look_at_memory(w);
    if (w->memory_short)
        return false;
    if (ma_web_is_full(w->session.web))
        return false;
    return w->session.network == NULL || !ma_network_counts(w->session.network).full;
}

/* Starts what may be started. Returns whether anything was. */
static bool admit(struct worker *w)
{
    struct ma_job_head h;
    bool any = false;
    while (ma_buffer_size(&w->in) >= sizeof h && may_admit(w)) {
        memcpy(&h, w->in.bytes + w->in.begin, sizeof h);
        if (ma_buffer_size(&w->in) < sizeof h + h.size)
            break;
        job_start(w, h.line, (const char *)w->in.bytes + w->in.begin + sizeof h, h.size);
        ma_buffer_taken(&w->in, sizeof h + h.size);
        ma_engine_work(&w->session.engine);
        any = true;
    }
    return any;
}

/* ---- the socket -------------------------------------------------------------------------- */

static void receive(struct worker *w)
{
    unsigned char *p = ma_buffer_room(&w->in, MA_LINE_BYTES_MAX);
    if (p == NULL)
        return;
    ssize_t n = recv(w->socket, p, MA_LINE_BYTES_MAX, MSG_DONTWAIT);
    if (n > 0)
        w->in.end += (size_t)n;
    else if (n == 0)
        w->closed = true;
    else if (errno != EAGAIN && errno != EINTR)
        w->failed = true;
}

static void transmit(struct worker *w)
{
    while (ma_buffer_size(&w->out) > 0) {
        ssize_t n = send(w->socket, w->out.bytes + w->out.begin, ma_buffer_size(&w->out),
            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            ma_buffer_taken(&w->out, (size_t)n);
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR) {
            w->failed = true;
            return;
        }
    }
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct worker *w = poll->data;
    if (status < 0 || (events & UV_READABLE))
        receive(w);
    if (events & UV_WRITABLE)
        transmit(w);
}

static void watch_socket(struct worker *w)
{
    int events = 0;
    if (!w->closed && ma_buffer_size(&w->in) < MA_IN_BYTES)
        events |= UV_READABLE;
    if (ma_buffer_size(&w->out) > 0)
        events |= UV_WRITABLE;
    if (events != 0)
        uv_poll_start(&w->poll, events, on_socket);
    else
        uv_poll_stop(&w->poll);
}

static void on_tick(uv_timer_t *timer)
{
    struct worker *w = timer->data;
    uint64_t now = uv_now(&w->session.loop);
    for (struct job *j = w->jobs.next; j != &w->jobs && j->deadline_msecs <= now; j = j->next) {
        if (!j->expired)
            ma_audit_expire(j->audit);
        j->expired = true;
    }
    look_at_memory(w);
}

/* The last frame: which zones were slow, for the summary. */
static void put_slow(struct worker *w)
{
    const struct ma_slow_zone *zones[MA_RESULT_SLOW_MAX];
    if (w->session.network == NULL)
        return;
    size_t count = ma_slow_worst(ma_network_slow(w->session.network), zones, MA_RESULT_SLOW_MAX);
    struct ma_result_head h = {.size = (uint32_t)(count * sizeof **zones), .worker = w->index};
    unsigned char *p = ma_buffer_room(&w->out, sizeof h + h.size);
    if (p == NULL)
        return;
    memcpy(p, &h, sizeof h);
    for (size_t i = 0; i < count; i++)
        memcpy(p + sizeof h + i * sizeof **zones, zones[i], sizeof **zones);
    w->out.end += sizeof h + h.size;
}

static bool is_finished(const struct worker *w)
{
    return w->failed || (w->closed && w->in_flight == 0 && ma_buffer_size(&w->in) == 0 &&
                            ma_buffer_size(&w->out) == 0);
}

static void serve(struct worker *w)
{
    while (!is_finished(w)) {
        bool busy = admit(w);
        ma_engine_work(&w->session.engine);
        transmit(w);
        watch_socket(w);
        if (!is_finished(w))
            uv_run(&w->session.loop, busy ? UV_RUN_NOWAIT : UV_RUN_ONCE);
    }
}

static void say_last_words(struct worker *w)
{
    if (w->failed)
        return;
    put_slow(w);
    transmit(w); /* it fits: the parent waits for it and has taken all else */
}

static bool open_worker(struct worker *w, FILE *err)
{
    uint16_t base = 0;
    for (size_t i = 0; i < w->registry->count; i++) {
        w->rule_base[i] = base;
        base = (uint16_t)(base + w->registry->checks[i].check->rule_count);
    }
    w->jobs.next = w->jobs.prev = &w->jobs;
    if (w->options->batch.memory_bytes > 0)
        w->memory_bytes = w->options->batch.memory_bytes / w->options->batch.workers;
    w->format = w->options->format != NULL ? w->options->format : ma_format_find("json");
    w->render = open_memstream(&w->rendered, &w->rendered_size);
    return w->render != NULL &&
           ma_session_open(&w->session, w->options, w->registry, MA_CACHE_BYTES, err);
}

int ma_worker(const struct ma_options *options, struct ma_registry *registry, unsigned index,
    int socket, FILE *err)
{
    static struct worker w; /* large, and one a process */
    w = (struct worker){.options = options, .registry = registry, .index = index, .socket = socket};
    if (!open_worker(&w, err))
        return MA_EXIT_USAGE;
    uv_poll_init(&w.session.loop, &w.poll, socket);
    uv_timer_init(&w.session.loop, &w.tick);
    w.poll.data = w.tick.data = &w;
    uv_timer_start(&w.tick, on_tick, MA_WORKER_TICK_MSECS, MA_WORKER_TICK_MSECS);
    serve(&w);
    say_last_words(&w);
    return w.failed ? MA_EXIT_USAGE : MA_EXIT_OK; /* the process ends: nothing is torn down */
}
