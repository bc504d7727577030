/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MA_PROGRESS_WORKERS 64

void ma_progress_init(struct ma_progress *p, uint64_t now_msecs)
{
    *p = (struct ma_progress){.terminal = isatty(STDERR_FILENO) == 1,
        .started_msecs = now_msecs,
        .last_msecs = now_msecs};
}

void ma_progress_count(struct ma_progress *p, const struct ma_result_head *h)
{
    unsigned w = h->worker % MA_PROGRESS_WORKERS;
    p->done++;
    /* a worker counts from its own start: one that was started again begins at 0 */
    p->sent += h->questions_sent - (h->questions_sent >= p->worker_sent[w] ? p->worker_sent[w] : 0);
    p->hits += h->cache_hits - (h->cache_hits >= p->worker_hits[w] ? p->worker_hits[w] : 0);
    p->asked += h->cache_asked - (h->cache_asked >= p->worker_asked[w] ? p->worker_asked[w] : 0);
    p->worker_sent[w] = h->questions_sent;
    p->worker_hits[w] = h->cache_hits;
    p->worker_asked[w] = h->cache_asked;
}

static void format_left(char *out, size_t size, double secs)
{
    unsigned long s = secs < 360000 ? (unsigned long)secs : 360000;
    if (s >= 3600)
        snprintf(out, size, "%lu:%02lu:%02lu left", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, size, "%lu:%02lu left", s / 60, s % 60);
}

static double per_second(uint64_t now, uint64_t before, double span_secs)
{
    return span_secs > 0 ? (double)(now - before) / span_secs : 0;
}

static double percent_cached(const struct ma_progress *p)
{
    uint64_t looked = p->hits + p->asked;
    return looked > 0 ? 100.0 * (double)p->hits / (double)looked : 0;
}

void ma_progress_show(
    struct ma_progress *p, uint64_t now_msecs, uint64_t bytes, uint64_t total_bytes, bool asked)
{
    char left[32] = "";
    double span = (double)(now_msecs - p->last_msecs) / 1000;
    double since = (double)(now_msecs - p->started_msecs) / 1000;
    if (!p->terminal && !asked)
        return;
    if (total_bytes > 0 && bytes > 0 && bytes <= total_bytes && since > 0)
        format_left(left, sizeof left, since * (double)(total_bytes - bytes) / (double)bytes);
    p->shown = p->terminal && !asked;
    fprintf(stderr,
        "%s%" PRIu64 " done, %.0f/s, %.0f questions/s, %.0f %% from the cache, %" PRIu64
        " unknown%s%s%s",
        p->shown ? "\r\033[K" : "", p->done, per_second(p->done, p->last_done, span),
        per_second(p->sent, p->last_sent, span), percent_cached(p), p->unknown,
        *left != '\0' ? ", " : "", left, p->shown ? "" : "\n");
    if (!asked || span >= 1) {
        p->last_msecs = now_msecs;
        p->last_done = p->done;
        p->last_sent = p->sent;
    }
}

void ma_progress_end(struct ma_progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}
