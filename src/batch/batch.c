/* SPDX-License-Identifier: MIT */
#include "batch.h"

#include "../output.h"
#include "input.h"
#include "line.h"
#include "pool.h"
#include "progress.h"
#include "sink.h"
#include "tally.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MA_NEIGHBOURS   64 /* lines that go to one worker together */
#define MA_HELD_WINDOWS 4  /* --ordered: results held back, in windows of lines in flight */

struct held { /* --ordered: a result whose turn has not come */
    uint32_t line;
    size_t domain_size, size;
    char *domain, *report;
};

struct batch {
    const struct ma_options *options;
    struct ma_registry *registry;
    FILE *err;
    uv_loop_t loop;
    uv_timer_t second;
    uv_signal_t signals[3];
    uv_poll_t readable; /* of an input that may block */
    bool reading;
    struct ma_input input;
    struct ma_done done;
    struct ma_sink *sink;
    struct ma_pool *pool;
    struct ma_tally tally;
    struct ma_slow slow;
    struct ma_progress progress;
    uint16_t rule_base[MA_CHECKS_MAX];
    /* --ordered: lines given, in order; a ring buffer of their results */
    struct held *held;
    size_t held_room, held_first, held_count;
    bool input_over, failed;
    int signal; /* that ended it, or 0 */
    int exit_code;
};

static void fail(struct batch *b)
{
    b->failed = true;
    uv_stop(&b->loop);
}

static bool is_over(const struct batch *b)
{
    return b->failed || b->signal != 0 || (b->input_over && ma_pool_outstanding(b->pool) == 0);
}

/* ---- results ----------------------------------------------------------------------------- */

static void write_out(struct batch *b, const struct ma_sunk *r)
{
    if (!b->failed && !ma_sink_write(b->sink, r, b->err))
        fail(b);
}

static struct held *held_at(struct batch *b, size_t i)
{
    return &b->held[(b->held_first + i) % b->held_room];
}

/* The results whose turn it is. */
static void write_held(struct batch *b)
{
    while (b->held_count > 0 && held_at(b, 0)->report != NULL) {
        struct held *h = held_at(b, 0);
        struct ma_sunk r = {h->line, h->domain, h->domain_size, h->report, h->size};
        write_out(b, &r);
        free(h->report);
        free(h->domain);
        *h = (struct held){0};
        b->held_first = (b->held_first + 1) % b->held_room;
        b->held_count--;
    }
}

static void hold(struct batch *b, const struct ma_sunk *r)
{
    for (size_t i = 0; i < b->held_count; i++) {
        struct held *h = held_at(b, i);
        if (h->line != r->line)
            continue;
        h->domain = malloc(r->domain_size + 1);
        h->report = malloc(r->size + 1);
        if (h->domain == NULL || h->report == NULL) {
            fputs("out of memory\n", b->err);
            fail(b);
            return;
        }
        memcpy(h->domain, r->domain, r->domain_size);
        memcpy(h->report, r->report, r->size);
        h->domain_size = r->domain_size;
        h->size = r->size;
        break;
    }
    write_held(b);
}

static void deliver(struct batch *b, uint32_t line, const char *report, size_t size,
    const char *text, size_t text_size)
{
    struct ma_sunk r = {.line = line, .report = report, .size = size};
    r.domain = ma_line_domain(text, text_size, &r.domain_size);
    if (b->options->batch.ordered)
        hold(b, &r);
    else
        write_out(b, &r);
}

static void count_exit_code(struct batch *b, int code)
{
    if (code == MA_EXIT_FINDINGS || (code == MA_EXIT_UNKNOWN && b->exit_code == MA_EXIT_OK))
        b->exit_code = code;
}

static void count_grades(struct ma_tally *t, char grade, char lowest)
{
    int i = ma_tally_grade(grade), k = ma_tally_grade(lowest);
    if (i >= 0)
        t->grades[i]++;
    if (k >= 0)
        t->lowest_grades[k]++;
}

/* The rules of one report, each once. */
static void count_rules(struct ma_tally *t, const uint16_t *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool again = false;
        for (size_t k = 0; k < i && !again; k++)
            again = rules[k] == rules[i];
        if (!again && rules[i] < t->rule_count)
            t->rules[rules[i]].count++;
    }
}

static void on_result(void *context, const struct ma_result_head *h, const uint16_t *rules,
    const char *report, const char *text, size_t text_size)
{
    struct batch *b = context;
    struct ma_tally *t = &b->tally;
    t->reports++;
    t->failed += h->status == MA_REPORT_FAILED;
    t->incomplete += h->status == MA_REPORT_INCOMPLETE;
    t->verdicts[h->verdict <= MA_CRITICAL ? h->verdict : MA_UNKNOWN]++;
    count_grades(t, h->grade, h->lowest_grade);
    count_rules(t, rules, h->rule_count);
    for (unsigned i = 0; i < MA_FAIL_COUNT; i++) {
        t->unknowns[i] += h->unanswered[i];
        b->progress.unknown += h->unanswered[i];
    }
    ma_progress_count(&b->progress, h);
    count_exit_code(b, h->exit_code);
    deliver(b, h->line, report, h->size, text, text_size);
}

static void on_crashed(
    void *context, uint32_t line, const char *text, size_t text_size, const char *how)
{
    struct batch *b = context;
    struct ma_arena arena;
    struct ma_spec spec = {.line = line};
    char *report = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&report, &size), *nowhere = fopen("/dev/null", "w");
    const struct ma_format *format =
        b->options->format != NULL ? b->options->format : ma_format_find("json");
    struct ma_render_options options = {.columns = 80};
    ma_arena_init(&arena, 1024, MA_LINE_BYTES_MAX * 8);
    if (file == NULL || nowhere == NULL) {
        fputs("out of memory\n", b->err);
        fail(b);
        return;
    }
    ma_line_read(&spec, &arena, text, text_size, nowhere);
    struct ma_target target = {.domain = spec.domain, .unicode = spec.unicode};
    struct ma_report r = {.status = MA_REPORT_FAILED,
        .failure = how,
        .label = spec.label,
        .line = line,
        .audited_at = b->options->spec.audited_at,
        .target = &target,
        .verdict = MA_UNKNOWN};
    format->render(file, &r, &options);
    fclose(file);
    fclose(nowhere);
    b->tally.reports++;
    b->tally.failed++;
    b->tally.verdicts[MA_UNKNOWN]++;
    count_exit_code(b, MA_EXIT_UNKNOWN);
    deliver(b, line, report, size, text, text_size);
    free(report);
    ma_arena_clear(&arena);
}

static void on_slow(void *context, const struct ma_slow_zone *zone)
{
    struct batch *b = context;
    ma_slow_add(&b->slow, zone);
}

static void on_broken(void *context, const char *why)
{
    struct batch *b = context;
    fprintf(b->err, "%s\n", why);
    fail(b);
}

/* ---- input ------------------------------------------------------------------------------- */

/* An earlier run has it. Returns false when that run was of another list. */
static bool is_done(struct batch *b, const char *text, size_t size, bool *done_r)
{
    uint64_t hash = ma_done_of(&b->done, b->input.line);
    *done_r = hash != 0;
    if (hash <= MA_DONE_NO_DOMAIN)
        return true;
    struct ma_arena arena;
    struct ma_spec spec = {.line = 0};
    FILE *nowhere = fopen("/dev/null", "w");
    ma_arena_init(&arena, 1024, MA_LINE_BYTES_MAX * 8);
    bool same = nowhere != NULL && ma_line_read(&spec, &arena, text, size, nowhere) &&
                ma_done_hash(spec.domain, strlen(spec.domain)) == hash;
    if (nowhere != NULL)
        fclose(nowhere);
    ma_arena_clear(&arena);
    if (!same)
        fprintf(b->err, "%s:%u: not what it was when this batch began: cannot resume\n",
            b->input.name, (unsigned)b->input.line);
    return same;
}

static bool is_in_shard(const struct batch *b, const char *text, size_t size)
{
    const struct ma_batch_options *o = &b->options->batch;
    size_t length;
    uint64_t h = 0xcbf29ce484222325u;
    if (o->shards == 1)
        return true;
    const char *domain = ma_line_domain(text, size, &length);
    for (size_t i = 0; i < length; i++) { /* the same in every spelling */
        char c = domain[i];
        h = (h ^ (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c)) * 0x100000001b3u;
    }
    h ^= h >> 29;
    return h % o->shards == o->shard - 1;
}

/* Which worker: the lines of one provider, told by the network of their address, ask the same
   questions, and a worker asks each once. Lines without an address: runs of neighbours, as a list
   tends to have a provider's customers together. */
static uint64_t affinity(const struct batch *b, const char *text, size_t size)
{
    uint64_t network = ma_line_network(text, size);
    return network != 0 ? network >> 1 : b->input.line / MA_NEIGHBOURS;
}

static bool has_room(const struct batch *b)
{
    return ma_pool_has_room(b->pool) &&
           !(b->options->batch.ordered && b->held_count == b->held_room);
}

static void give(struct batch *b, const char *text, size_t size)
{
    if (b->options->batch.ordered)
        *held_at(b, b->held_count++) = (struct held){.line = b->input.line};
    if (!ma_pool_give(b->pool, b->input.line, text, size, affinity(b, text, size))) {
        fputs("out of memory\n", b->err);
        fail(b);
    }
}

/* Gives lines to the workers while they have room. */
static void feed(void *context)
{
    struct batch *b = context;
    const char *text;
    size_t size;
    while (!b->input_over && !b->failed && b->signal == 0) {
        bool done = false;
        if (!has_room(b))
            return;
        enum ma_take take = ma_input_take(&b->input, &text, &size, b->err);
        if (take == MA_TAKE_MORE)
            return;
        if (take == MA_TAKE_ERROR || (take == MA_TAKE_LINE && !is_done(b, text, size, &done))) {
            fail(b);
            return;
        }
        b->input_over = take == MA_TAKE_END;
        if (!b->input_over && !done && is_in_shard(b, text, size))
            give(b, text, size);
    }
    if (is_over(b))
        uv_stop(&b->loop);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct batch *b = poll->data;
    (void)status;
    (void)events;
    if (!ma_input_fill(&b->input, b->err))
        fail(b);
    if (b->input.at_end)
        uv_poll_stop(poll);
    feed(b);
}

/* ---- the loop ---------------------------------------------------------------------------- */

static void show_progress(struct batch *b, bool asked)
{
    ma_progress_show(&b->progress, uv_now(&b->loop), b->input.bytes, b->input.total, asked);
}

static void on_second(uv_timer_t *timer)
{
    struct batch *b = timer->data;
    ma_pool_watch(b->pool);
    if (!ma_sink_flush(b->sink, b->err))
        fail(b);
    ma_sink_sync(b->sink);
    show_progress(b, false);
    feed(b);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct batch *b = handle->data;
    if (number == SIGUSR1) {
        show_progress(b, true);
        return;
    }
    b->signal = number;
    uv_stop(&b->loop);
}

static bool watch_input(struct batch *b)
{
    if (b->input.regular)
        return true;
    if (uv_poll_init(&b->loop, &b->readable, b->input.fd) != 0) {
        fprintf(b->err, "cannot read '%s' as a stream\n", b->input.name);
        return false;
    }
    b->reading = true;
    b->readable.data = b;
    return uv_poll_start(&b->readable, UV_READABLE, on_readable) == 0;
}

static void start_handles(struct batch *b)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGUSR1};
    uv_timer_init(&b->loop, &b->second);
    b->second.data = b;
    uv_timer_start(&b->second, on_second, 1000, 1000);
    for (unsigned i = 0; i < 3; i++) {
        uv_signal_init(&b->loop, &b->signals[i]);
        b->signals[i].data = b;
        uv_signal_start(&b->signals[i], on_signal, numbers[i]);
    }
}

static void stop_handles(struct batch *b)
{
    uv_close((uv_handle_t *)&b->second, NULL);
    for (unsigned i = 0; i < 3; i++)
        uv_close((uv_handle_t *)&b->signals[i], NULL);
    if (b->reading)
        uv_close((uv_handle_t *)&b->readable, NULL);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    uv_loop_close(&b->loop);
}

static bool prepare_tally(struct batch *b)
{
    size_t count = 0;
    for (size_t i = 0; i < b->registry->count; i++)
        count += b->registry->checks[i].check->rule_count;
    b->tally.rules = calloc(count + 1, sizeof *b->tally.rules);
    if (b->tally.rules == NULL)
        return false;
    for (size_t i = 0; i < b->registry->count; i++) {
        const struct ma_check *c = b->registry->checks[i].check;
        for (size_t k = 0; k < c->rule_count; k++)
            b->tally.rules[b->tally.rule_count++] =
                (struct ma_tally_rule){.id = c->rules[k].id, .severity = c->rules[k].severity};
    }
    return true;
}

static bool open_batch(struct batch *b)
{
    const struct ma_options *o = b->options;
    struct ma_pool_events events = {.context = b,
        .result = on_result,
        .crashed = on_crashed,
        .room = feed,
        .slow = on_slow,
        .broken = on_broken};
    if (o->batch.ordered) {
        b->held_room = (size_t)o->batch.in_flight * o->batch.workers * MA_HELD_WINDOWS;
        b->held = calloc(b->held_room, sizeof *b->held);
    }
    if (!prepare_tally(b) || (o->batch.ordered && b->held == NULL)) {
        fputs("out of memory\n", b->err);
        return false;
    }
    if (!ma_input_open(&b->input, o->argument_count > 0 ? o->arguments[0] : NULL, b->err))
        return false;
    b->sink = ma_sink_open(o, &b->done, b->err);
    if (b->sink == NULL)
        return false;
    b->pool = ma_pool_new(o, b->registry, &b->loop, &events, b->err);
    return b->pool != NULL && watch_input(b);
}

static bool close_batch(struct batch *b)
{
    bool ok = !b->failed;
    bool complete = ok && b->signal == 0;
    if (b->pool != NULL && complete)
        ma_pool_finish(b->pool);
    if (b->pool != NULL)
        ma_pool_stop(b->pool);
    for (size_t i = 0; i < b->held_count; i++) {
        free(held_at(b, i)->report);
        free(held_at(b, i)->domain);
    }
    free(b->held);
    if (b->sink != NULL)
        ok = ma_sink_close(b->sink, complete, b->err) && ok;
    ma_input_close(&b->input);
    ma_done_clear(&b->done);
    return ok;
}

static bool check_options(const struct ma_options *o, FILE *err)
{
    const char *why = NULL;
    if (o->argument_count > 1)
        why = "batch takes one list: FILE, or standard input";
    else if (o->output != NULL && o->batch.dir != NULL)
        why = "--output and --output-dir exclude each other";
    else if (o->batch.resume && o->output == NULL && o->batch.dir == NULL)
        why = "--resume needs --output or --output-dir: standard output cannot be taken up again";
    else if (o->format != NULL && strcmp(o->format->name, "text") == 0 && o->batch.dir == NULL)
        why = "--format text needs --output-dir: in one file use json or csv";
    else if (o->record != NULL || o->replay != NULL)
        why = "batch neither records nor replays: audit one target for that";
    if (why != NULL)
        fprintf(err, "%s\n", why);
    return why == NULL;
}

/* --summary FILE, by the ending of its name; else as text where there is somebody to read it. */
static bool print_summary(struct batch *b)
{
    const char *path = b->options->batch.summary;
    const char *dot = path != NULL ? strrchr(path, '.') : NULL;
    struct ma_output out;
    if (path == NULL) {
        if (isatty(STDERR_FILENO) == 1)
            ma_tally_print(stderr, &b->tally, MA_TALLY_TEXT);
        return true;
    }
    if (!ma_output_open(&out, path, b->err))
        return false;
    ma_tally_print(out.file, &b->tally,
        dot == NULL                 ? MA_TALLY_TEXT
        : strcmp(dot, ".json") == 0 ? MA_TALLY_JSON
        : strcmp(dot, ".csv") == 0  ? MA_TALLY_CSV
                                    : MA_TALLY_TEXT);
    return ma_output_close(&out, b->err);
}

int ma_batch(const struct ma_options *o, struct ma_registry *registry, FILE *err)
{
    static struct batch b; /* large, and one a process */
    if (!check_options(o, err))
        return MA_EXIT_USAGE;
    b = (struct batch){.options = o, .registry = registry, .err = err};
    if (uv_loop_init(&b.loop) != 0) {
        fputs("cannot start: no event loop\n", err);
        return MA_EXIT_USAGE;
    }
    start_handles(&b);
    ma_progress_init(&b.progress, uv_now(&b.loop));
    bool ok = open_batch(&b);
    if (ok) {
        feed(&b);
        if (!is_over(&b))
            uv_run(&b.loop, UV_RUN_DEFAULT);
        ma_progress_end(&b.progress);
    }
    ok = close_batch(&b) && ok;
    stop_handles(&b);
    b.tally.slow = &b.slow;
    if (ok && b.signal == 0)
        ok = print_summary(&b);
    free(b.tally.rules);
    if (b.signal != 0)
        return 128 + b.signal;
    return ok ? b.exit_code : MA_EXIT_USAGE;
}
