/* SPDX-License-Identifier: MIT */
/* output.h - a file that is written whole or not at all: a temporary beside it, fsync, rename. */
#ifndef MA_OUTPUT_H
#define MA_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct ma_output {
    FILE *file;
    char *path, *temporary; /* NULL for standard output */
};

/* path NULL is standard output. Errors go to err with path and reason. */
bool ma_output_open(struct ma_output *, const char *path, FILE *err);
/* Puts the file in place. On false the old one, if any, is untouched. */
bool ma_output_close(struct ma_output *, FILE *err);
void ma_output_discard(struct ma_output *);

#endif
