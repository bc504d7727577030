/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MA_FILE_FIRST_BYTES 65536u /* of the first read; doubled from there */

static bool complain(FILE *err, const char *path, const char *what)
{
    fprintf(err, "%s: %s\n", path, what);
    return false;
}

/* Makes room for at least one byte more than are there; false without memory. */
static bool make_room(struct ma_file *f, size_t *room)
{
    if (f->size < *room)
        return true;
    size_t more = *room > 0 ? *room * 2 : MA_FILE_FIRST_BYTES;
    char *p = realloc(f->bytes, more + 1);
    if (p == NULL)
        return false;
    f->bytes = p;
    *room = more;
    return true;
}

static bool find_nul(const struct ma_file *f, size_t from, const char *path, FILE *err)
{
    const char *nul = memchr(f->bytes + from, '\0', f->size - from);
    if (nul == NULL)
        return false;
    unsigned line = 1;
    for (const char *p = f->bytes; p < nul; p++)
        line += *p == '\n';
    fprintf(err, "%s:%u: a binary file: it holds a NUL byte\n", path, line);
    return true;
}

static bool read_all(struct ma_file *f, FILE *in, const char *path, size_t cap_bytes, FILE *err)
{
    size_t room = 0, n;
    do {
        if (!make_room(f, &room))
            return complain(err, path, "out of memory");
        n = fread(f->bytes + f->size, 1, room - f->size, in);
        size_t from = f->size;
        f->size += n;
        if (find_nul(f, from, path, err))
            return false;
        if (f->size > cap_bytes) {
            fprintf(err, "%s: larger than %zu bytes\n", path, cap_bytes);
            return false;
        }
    } while (n > 0);
    f->bytes[f->size] = '\0';
    return ferror(in) == 0 || complain(err, path, strerror(errno));
}

bool ma_file_read_stream(struct ma_file *f, FILE *in, const char *name, size_t cap_bytes, FILE *err)
{
    *f = (struct ma_file){0};
    bool ok = read_all(f, in, name, cap_bytes, err);
    if (!ok)
        ma_file_clear(f);
    return ok;
}

bool ma_file_read(struct ma_file *f, const char *path, size_t cap_bytes, FILE *err)
{
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return complain(err, path, strerror(errno));
    bool ok = ma_file_read_stream(f, in, path, cap_bytes, err);
    fclose(in);
    return ok;
}

void ma_file_clear(struct ma_file *f)
{
    free(f->bytes);
    *f = (struct ma_file){0};
}
