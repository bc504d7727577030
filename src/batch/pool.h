/* SPDX-License-Identifier: MIT */
/*
 * pool.h - the worker processes of a batch, seen from the parent.
 *
 * Every line that a worker has is kept here until its result has come. When a worker dies, its
 * lines are given to its successor one at a time: the one that kills that too is the culprit and
 * is reported as failed, the others are audited as if nothing had happened.
 */
#ifndef MA_POOL_H
#define MA_POOL_H

#include "../observe/slow.h"
#include "batch.h"
#include "frame.h"

#include <uv.h>

#define MA_POOL_MAX 64

struct ma_pool;

/* What the pool tells its owner; context is the owner's. */
struct ma_pool_events {
    void *context;
    /* A report came: the rules' indices, then the text; borrowed. */
    void (*result)(void *context, const struct ma_result_head *, const uint16_t *rules,
        const char *report, const char *line_text, size_t line_size);
    /* This line has killed two workers. */
    void (*crashed)(
        void *context, uint32_t line, const char *line_text, size_t line_size, const char *how);
    /* There is room for more lines. */
    void (*room)(void *context);
    /* A worker's last words: which zones were slow. */
    void (*slow)(void *context, const struct ma_slow_zone *);
    /* A worker cannot even start: the batch is over. */
    void (*broken)(void *context, const char *why);
};

struct ma_pool *ma_pool_new(const struct ma_options *, struct ma_registry *, uv_loop_t *,
    const struct ma_pool_events *, FILE *err);
bool ma_pool_has_room(const struct ma_pool *);
/* Gives a line to a worker that has room (there must be one); lines of the same key go to the same
   one while that has. False without memory. */
bool ma_pool_give(struct ma_pool *, uint32_t line, const char *text, size_t size, uint64_t key);
size_t ma_pool_outstanding(const struct ma_pool *);
/* Looks for workers that have been silent for too long. Call it every second. */
void ma_pool_watch(struct ma_pool *);
/* When all results have come: lets the workers say their last words and end. */
void ma_pool_finish(struct ma_pool *);
/* Ends the workers, frees the pool: at once, what they had not reported is dropped. */
void ma_pool_stop(struct ma_pool *);

#endif
