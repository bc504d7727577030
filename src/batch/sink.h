/* SPDX-License-Identifier: MIT */
/*
 * sink.h - where a batch's reports go: standard output, a file, or a folder with a file each.
 *
 * A file is written as FILE.partial and renamed when the batch is complete, so an older FILE stays
 * whole until then. Every report in it is one line that says which line of the input it is of: the
 * output is its own journal. --resume cuts a half-written last line off and goes on behind it.
 * The data is synced to disk every second and at the end: after a power failure at most the last
 * second's targets are audited again; after kill -9 none whose report was written.
 */
#ifndef MA_SINK_H
#define MA_SINK_H

#include "../options.h"

struct ma_sink;

/* What an earlier run has done: for each line of the input, 0, or a hash of its domain. */
struct ma_done {
    uint64_t *hashes;
    size_t room;
    size_t count;
};

#define MA_DONE_NO_DOMAIN 1u /* the report is of a line without a domain */

uint64_t ma_done_hash(const char *domain, size_t size);
uint64_t ma_done_of(const struct ma_done *, uint32_t line);
void ma_done_clear(struct ma_done *);

/* NULL: why is in err. With options->batch.resume the done lines are read from what is there. */
struct ma_sink *ma_sink_open(const struct ma_options *, struct ma_done *, FILE *err);
struct ma_sunk { /* a report that is finished; all borrowed */
    uint32_t line;
    const char *domain; /* as the input has it, for a file's name */
    size_t domain_size;
    const char *report;
    size_t size;
};

/* One report; false, with the reason in err, when it cannot be written. */
bool ma_sink_write(struct ma_sink *, const struct ma_sunk *, FILE *err);
bool ma_sink_flush(struct ma_sink *, FILE *err);
void ma_sink_sync(struct ma_sink *); /* what was flushed survives a power failure */
/* complete: the whole input is done, the file gets its name. Frees the sink. */
bool ma_sink_close(struct ma_sink *, bool complete, FILE *err);

#endif
