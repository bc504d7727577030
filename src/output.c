/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void forget(struct ma_output *o)
{
    free(o->path);
    free(o->temporary);
    *o = (struct ma_output){0};
}

bool ma_output_open(struct ma_output *o, const char *path, FILE *err)
{
    *o = (struct ma_output){0};
    if (path == NULL) {
        o->file = stdout;
        return true;
    }
    struct stat st;
    int fd = -1;
    o->path = strdup(path);
    bool there = stat(path, &st) == 0;
    if (there && !S_ISREG(st.st_mode)) { /* /dev/stdout, a pipe: nothing to rename */
        o->file = fopen(path, "w");
    } else if (o->path != NULL && asprintf(&o->temporary, "%s.XXXXXX", path) > 0) {
        fd = mkstemp(o->temporary);
        mode_t mask = umask(0);
        umask(mask);
        if (fd >= 0 && fchmod(fd, there ? st.st_mode & 0777 : 0666 & ~mask) == 0)
            o->file = fdopen(fd, "w");
    }
    if (o->file == NULL) {
        fprintf(err, "cannot write '%s': %s\n", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
            unlink(o->temporary);
        }
        forget(o);
        return false;
    }
    return true;
}

bool ma_output_close(struct ma_output *o, FILE *err)
{
    const char *path = o->path != NULL ? o->path : "standard output";
    bool ok = fflush(o->file) == 0 && !ferror(o->file);
    if (ok && o->temporary != NULL)
        ok = fsync(fileno(o->file)) == 0;
    if (o->file != stdout)
        ok = fclose(o->file) == 0 && ok;
    if (ok && o->temporary != NULL)
        ok = rename(o->temporary, o->path) == 0;
    if (!ok) {
        fprintf(err, "cannot write '%s': %s\n", path, strerror(errno));
        if (o->temporary != NULL)
            unlink(o->temporary);
    }
    forget(o);
    return ok;
}

void ma_output_discard(struct ma_output *o)
{
    if (o->file != NULL && o->file != stdout)
        fclose(o->file);
    if (o->temporary != NULL)
        unlink(o->temporary);
    forget(o);
}
