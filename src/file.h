/* SPDX-License-Identifier: MIT */
/* file.h - text files of the user's, read whole and within a cap. */
#ifndef MA_FILE_H
#define MA_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct ma_file {
    char *bytes; /* NUL-terminated; holds no other NUL */
    size_t size;
};

/*
 * Reads all of path. A file that cannot be read, is larger than cap_bytes or holds a NUL byte (so
 * is not text) is told to err as "PATH: what" or "PATH:LINE: what"; false then, and nothing to
 * clear.
 */
bool ma_file_read(struct ma_file *, const char *path, size_t cap_bytes, FILE *err);
/* The same of a stream, which the caller closes; name is what err is told. */
bool ma_file_read_stream(struct ma_file *, FILE *in, const char *name, size_t cap_bytes, FILE *err);
void ma_file_clear(struct ma_file *);

#endif
