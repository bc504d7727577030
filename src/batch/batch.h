/* SPDX-License-Identifier: MIT */
/*
 * batch.h - `mailaudit batch`: every line of a list, thousands of audits in flight.
 *
 * The parent reads the list, hands lines to worker processes, writes what comes back and counts
 * the summary. A worker (worker.c) has a loop, a store and an engine of its own. A target that
 * crashes its worker is found out and reported; the rest goes on.
 */
#ifndef MA_BATCH_H
#define MA_BATCH_H

#include "../options.h"

/* Returns the program's exit code. */
int ma_batch(const struct ma_options *, struct ma_registry *, FILE *err);
/* `mailaudit summary FILE...` */
int ma_summary(const struct ma_options *, struct ma_registry *, FILE *err);

/* Worker number INDEX: serves jobs from the socket until that is closed. Returns the process's exit
   code. */
int ma_worker(
    const struct ma_options *, struct ma_registry *, unsigned index, int socket, FILE *err);

#endif
