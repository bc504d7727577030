/* SPDX-License-Identifier: MIT */
/*
 * frame.h - what the parent of a batch and its workers say to each other over a socket pair: a job
 * is a line of the input, a result the rendered report and what the summary counts.
 *
 * Both ends are the same program on the same machine (a fork): native byte order, no version.
 */
#ifndef MA_FRAME_H
#define MA_FRAME_H

#include "mailaudit/check.h"

#include <stddef.h>
#include <stdint.h>

#define MA_LINE_BYTES_MAX   65536               /* of one line of the input */
#define MA_RESULT_BYTES_MAX (64u * 1024 * 1024) /* of one rendered report */
#define MA_RESULT_RULES_MAX 512                 /* findings counted of one report */
#define MA_RESULT_SLOW_MAX  64                  /* slow zones told by one worker */

struct ma_job_head {
    uint32_t line; /* number in the input, from 1 */
    uint32_t size; /* bytes that follow: the line, without its newline */
};

struct ma_result_head {
    uint32_t line;       /* 0: the worker's last words, an array of struct ma_slow_zone */
    uint32_t size;       /* bytes of the rendered report, which follow the rules */
    uint16_t rule_count; /* that many uint16_t follow: indices into the registry's rules */
    uint16_t unanswered[MA_FAIL_COUNT]; /* UNKNOWN findings, by what failed */
    uint8_t exit_code, status, verdict;
    char grade, lowest_grade;
    int16_t score;
    uint32_t worker;                  /* which one it is */
    uint64_t questions_sent;          /* by it so far */
    uint64_t cache_hits, cache_asked; /* of it so far */
};

/* Bytes that grow at the end and are taken from the front. */
struct ma_buffer {
    unsigned char *bytes;
    size_t begin, end, room;
};

/* Room for size more bytes at the end; NULL without memory. */
unsigned char *ma_buffer_room(struct ma_buffer *, size_t size);
void ma_buffer_taken(struct ma_buffer *, size_t size); /* from the front */
void ma_buffer_clear(struct ma_buffer *);

static inline size_t ma_buffer_size(const struct ma_buffer *b)
{
    return b->end - b->begin;
}

#endif
