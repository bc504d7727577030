/* SPDX-License-Identifier: MIT */
/* input.h - a batch's list, read line by line as a stream. */
#ifndef MA_INPUT_H
#define MA_INPUT_H

#include "frame.h"

#include <stdbool.h>
#include <stdio.h>

struct ma_input {
    int fd;
    const char *name;
    bool regular; /* a file: reading does not block */
    bool at_end;
    uint32_t line;  /* number of the line that was taken last */
    uint64_t bytes; /* read so far */
    uint64_t total; /* of a file, else 0 */
    bool any_target;
    struct ma_buffer buffer;
};

enum ma_take { MA_TAKE_LINE, MA_TAKE_MORE, MA_TAKE_END, MA_TAKE_ERROR };

bool ma_input_open(struct ma_input *, const char *path, FILE *err); /* NULL: standard input */
/* The next line that says a target; text_r points into the buffer until the next call.
   MA_TAKE_MORE: call ma_input_fill() when the descriptor is readable. */
enum ma_take ma_input_take(struct ma_input *, const char **text_r, size_t *size_r, FILE *err);
bool ma_input_fill(struct ma_input *, FILE *err);
void ma_input_close(struct ma_input *);

#endif
