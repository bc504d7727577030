/* SPDX-License-Identifier: MIT */
/* mailfile.h - a message of the user's: read from a file or standard input, and split. */
#ifndef MA_MESSAGE_MAILFILE_H
#define MA_MESSAGE_MAILFILE_H

#include "file.h"
#include "gate.h"

struct ma_mail_file {
    struct ma_file file; /* as it came; NUL-terminated */
    struct ma_arena arena;
    struct ma_mail mail; /* without fault; borrows nothing of file */
};

/* Reads path, "-" is standard input. What cannot be read, is larger than MA_MAIL_BYTES_MAX or no
   message is told to err as "PATH: what" or "PATH:LINE: what"; false then, and nothing to clear. */
bool ma_mail_file_read(struct ma_mail_file *, const char *path, FILE *err);
void ma_mail_file_clear(struct ma_mail_file *);

#endif
