/* SPDX-License-Identifier: MIT */
#include "mailfile.h"

#include <string.h>

#define CHUNK_BYTES 65536
/* The message with each line's end made CRLF, and what is kept of its fields. */
#define ARENA_BYTES_MAX (3 * MA_MAIL_BYTES_MAX + ((size_t)4 << 20))

static bool read_bytes(struct ma_mail_file *f, const char **name, FILE *err)
{
    if (strcmp(*name, "-") != 0)
        return ma_file_read(&f->file, *name, MA_MAIL_BYTES_MAX, err);
    *name = "standard input";
    return ma_file_read_stream(&f->file, stdin, *name, MA_MAIL_BYTES_MAX, err);
}

bool ma_mail_file_read(struct ma_mail_file *f, const char *path, FILE *err)
{
    const char *name = path;
    if (!read_bytes(f, &name, err))
        return false;
    ma_arena_init(&f->arena, CHUNK_BYTES, ARENA_BYTES_MAX);
    ma_mail_read(&f->mail, &f->arena, f->file.bytes, f->file.size);
    if (f->mail.fault == MA_MAIL_GOOD)
        return true;
    fputs(name, err);
    if (f->mail.line > 0)
        fprintf(err, ":%zu", f->mail.line);
    fprintf(err, ": %s\n", ma_mail_fault_phrase(f->mail.fault));
    ma_mail_file_clear(f);
    return false;
}

void ma_mail_file_clear(struct ma_mail_file *f)
{
    ma_arena_clear(&f->arena);
    ma_file_clear(&f->file);
}
