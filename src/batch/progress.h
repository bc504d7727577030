/* SPDX-License-Identifier: MIT */
/* progress.h - how far a batch is: a line on the terminal's standard error, once a second. */
#ifndef MA_PROGRESS_H
#define MA_PROGRESS_H

#include "frame.h"

#include <stdbool.h>

struct ma_progress {
    bool terminal;
    bool shown;
    uint64_t started_msecs, done, unknown;
    uint64_t last_msecs, last_done, last_sent;
    uint64_t sent, hits, asked; /* of all workers */
    uint64_t worker_sent[64], worker_hits[64], worker_asked[64];
};

void ma_progress_init(struct ma_progress *, uint64_t now_msecs);
void ma_progress_count(struct ma_progress *, const struct ma_result_head *);
/* asked: print a line wherever standard error goes (SIGUSR1). total_bytes of the input, or 0. */
void ma_progress_show(
    struct ma_progress *, uint64_t now_msecs, uint64_t bytes, uint64_t total_bytes, bool asked);
void ma_progress_end(struct ma_progress *);

#endif
