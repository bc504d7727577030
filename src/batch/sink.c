/* SPDX-License-Identifier: MIT */
#include "sink.h"

#include "../output.h"
#include "frame.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MA_SINK_BYTES    (256 * 1024)
#define MA_LINES_MAX     (64u << 20) /* of the input */
#define MA_HEAD_BYTES    4096        /* of a report, in which its line and domain stand */
#define MA_FILE_NAME_MAX 120         /* bytes of the domain in a file's name */

struct ma_sink {
    int fd; /* -1: a folder */
    const char *path, *dir;
    char *partial; /* NULL: standard output or a folder */
    const char *suffix;
    const char *header; /* of CSV, or "" */
    bool header_due;
    struct ma_buffer buffer;
};

/* ---- what is done ------------------------------------------------------------------------ */

uint64_t ma_done_hash(const char *domain, size_t size)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        h = (h ^ (unsigned char)domain[i]) * 0x100000001b3u;
    return h > MA_DONE_NO_DOMAIN ? h : 2;
}

uint64_t ma_done_of(const struct ma_done *d, uint32_t line)
{
    return line < d->room ? d->hashes[line] : 0;
}

void ma_done_clear(struct ma_done *d)
{
    free(d->hashes);
    *d = (struct ma_done){0};
}

static bool done_add(struct ma_done *d, uint32_t line, uint64_t hash)
{
    if (line == 0 || line > MA_LINES_MAX)
        return false;
    if (line >= d->room) {
        size_t room = d->room > 0 ? d->room : 1024;
        while (line >= room)
            room *= 2;
        uint64_t *more = realloc(d->hashes, room * sizeof *more);
        if (more == NULL)
            return false;
        memset(more + d->room, 0, (room - d->room) * sizeof *more);
        d->hashes = more;
        d->room = room;
    }
    d->count += d->hashes[line] == 0;
    d->hashes[line] = hash;
    return true;
}

static uint32_t read_line_number(const char *text, const char *end)
{
    uint64_t value = 0;
    for (; text < end && *text >= '0' && *text <= '9' && value <= MA_LINES_MAX; text++)
        value = value * 10 + (uint64_t)(*text - '0');
    return (uint32_t)value;
}

/* In JSON text a quote inside a string is escaped: these keys cannot be part of a value. */
static bool done_from_json(struct ma_done *d, const char *text, size_t size)
{
    static const char line_key[] = ",\"line\":", domain_key[] = "\"target\":{\"domain\":";
    const char *end = text + (size < MA_HEAD_BYTES ? size : MA_HEAD_BYTES);
    const char *line = memmem(text, (size_t)(end - text), line_key, sizeof line_key - 1);
    const char *domain = memmem(text, (size_t)(end - text), domain_key, sizeof domain_key - 1);
    if (line == NULL || domain == NULL)
        return false;
    uint64_t hash = MA_DONE_NO_DOMAIN;
    domain += sizeof domain_key - 1;
    const char *quote =
        domain < end && *domain == '"' ? memchr(domain + 1, '"', (size_t)(end - domain) - 1) : NULL;
    if (quote != NULL)
        hash = ma_done_hash(domain + 1, (size_t)(quote - domain) - 1);
    return done_add(d, read_line_number(line + sizeof line_key - 1, end), hash);
}

/* LINE,LABEL,DOMAIN,...: the label is quoted when it holds a comma. */
static bool done_from_csv(struct ma_done *d, const char *text, size_t size)
{
    const char *end = text + size, *p = memchr(text, ',', size);
    bool quoted = false;
    if (p == NULL)
        return false;
    for (p++; p < end && (quoted || *p != ','); p++)
        quoted ^= *p == '"';
    const char *domain = p < end ? p + 1 : end;
    const char *stop = memchr(domain, ',', (size_t)(end - domain));
    uint64_t hash = MA_DONE_NO_DOMAIN;
    if (stop != NULL && stop > domain)
        hash = ma_done_hash(domain, (size_t)(stop - domain));
    return done_add(d, read_line_number(text, end), hash);
}

/* Reads what an earlier run wrote; *size_r is where its last whole line ends. */
static bool read_done(struct ma_sink *s, FILE *file, struct ma_done *d, off_t *size_r, FILE *err)
{
    char *line = NULL;
    size_t room = 0;
    unsigned number = 0;
    ssize_t n;
    bool ok = true;
    bool csv = *s->header != '\0';
    *size_r = 0;
    while (ok && (n = getline(&line, &room, file)) > 0 && line[n - 1] == '\n') {
        size_t size = (size_t)n - 1;
        if (++number == 1 && csv)
            ok = strlen(s->header) == (size_t)n && memcmp(line, s->header, (size_t)n) == 0;
        else
            ok = csv ? done_from_csv(d, line, size) : done_from_json(d, line, size);
        *size_r += n;
    }
    if (!ok)
        fprintf(err, "%s:%u: not a report of a batch in this format\n", s->path, number);
    s->header_due = csv && number == 0;
    free(line);
    return ok;
}

/* The folder's files are LINE-DOMAIN.SUFFIX, each whole. */
static bool read_done_dir(const struct ma_sink *s, struct ma_done *d, FILE *err)
{
    DIR *dir = opendir(s->dir);
    if (dir == NULL && errno == ENOENT)
        return true;
    if (dir == NULL) {
        fprintf(err, "cannot read '%s': %s\n", s->dir, strerror(errno));
        return false;
    }
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        size_t size = strlen(e->d_name), digits = strspn(e->d_name, "0123456789");
        size_t suffix = strlen(s->suffix);
        if (digits == 0 || e->d_name[digits] != '-' || size < digits + 1 + suffix ||
            strcmp(e->d_name + size - suffix, s->suffix) != 0)
            continue;
        uint32_t line = read_line_number(e->d_name, e->d_name + digits);
        done_add(d, line, MA_DONE_NO_DOMAIN);
    }
    closedir(dir);
    return true;
}

/* ---- opening ----------------------------------------------------------------------------- */

static bool open_resumed(struct ma_sink *s, struct ma_done *d, FILE *err)
{
    off_t size = 0;
    /* a batch that was complete already left no partial file */
    if (access(s->partial, F_OK) != 0 && access(s->path, F_OK) == 0 &&
        rename(s->path, s->partial) != 0) {
        fprintf(err, "cannot resume '%s': %s\n", s->path, strerror(errno));
        return false;
    }
    FILE *file = fopen(s->partial, "r");
    if (file == NULL && errno == ENOENT)
        return true;
    bool ok = file != NULL && read_done(s, file, d, &size, err);
    if (file == NULL)
        fprintf(err, "cannot read '%s': %s\n", s->partial, strerror(errno));
    else
        fclose(file);
    if (ok && truncate(s->partial, size) != 0) {
        fprintf(err, "cannot resume '%s': %s\n", s->partial, strerror(errno));
        return false;
    }
    return ok;
}

/* A device or a pipe is written as it is: it cannot be renamed into place, nor resumed. */
static bool open_special(struct ma_sink *s, bool resume, FILE *err)
{
    s->header_due = *s->header != '\0';
    s->fd = resume ? -1 : open(s->path, O_WRONLY | O_CLOEXEC);
    if (s->fd < 0)
        fprintf(err, "cannot %s '%s': %s\n", resume ? "resume" : "write", s->path,
            resume ? "not a regular file" : strerror(errno));
    return s->fd >= 0;
}

static bool open_file(struct ma_sink *s, bool resume, struct ma_done *d, FILE *err)
{
    struct stat st;
    if (stat(s->path, &st) == 0 && !S_ISREG(st.st_mode))
        return open_special(s, resume, err);
    if (asprintf(&s->partial, "%s.partial", s->path) < 0) {
        s->partial = NULL;
        fputs("out of memory\n", err);
        return false;
    }
    s->header_due = *s->header != '\0';
    if (resume && !open_resumed(s, d, err))
        return false;
    int mode = resume ? O_APPEND : O_TRUNC;
    s->fd = open(s->partial, O_WRONLY | O_CREAT | O_CLOEXEC | mode, 0666);
    if (s->fd < 0)
        fprintf(err, "cannot write '%s': %s\n", s->partial, strerror(errno));
    return s->fd >= 0;
}

static bool open_dir(struct ma_sink *s, bool resume, struct ma_done *d, FILE *err)
{
    if (mkdir(s->dir, 0777) != 0 && errno != EEXIST) {
        fprintf(err, "cannot make folder '%s': %s\n", s->dir, strerror(errno));
        return false;
    }
    s->fd = -1;
    return !resume || read_done_dir(s, d, err);
}

struct ma_sink *ma_sink_open(const struct ma_options *o, struct ma_done *d, FILE *err)
{
    bool csv = o->format != NULL && strcmp(o->format->name, "csv") == 0;
    bool ok = true;
    struct ma_sink *s = calloc(1, sizeof *s);
    if (s == NULL) {
        fputs("out of memory\n", err);
        return NULL;
    }
    s->path = o->output;
    s->dir = o->batch.dir;
    s->header = csv && s->dir == NULL ? ma_report_csv_header : "";
    s->suffix = csv                                                         ? ".csv"
                : o->format != NULL && strcmp(o->format->name, "text") == 0 ? ".txt"
                                                                            : ".json";
    if (s->dir != NULL) {
        ok = open_dir(s, o->batch.resume, d, err);
    } else if (s->path != NULL) {
        ok = open_file(s, o->batch.resume, d, err);
    } else {
        s->fd = STDOUT_FILENO;
        s->header_due = *s->header != '\0';
    }
    if (!ok) {
        free(s->partial);
        free(s);
        return NULL;
    }
    return s;
}

/* ---- writing ----------------------------------------------------------------------------- */

static bool say_error(const struct ma_sink *s, FILE *err)
{
    const char *path = s->partial != NULL ? s->partial : s->path;
    fprintf(
        err, "cannot write '%s': %s\n", path != NULL ? path : "standard output", strerror(errno));
    return false;
}

bool ma_sink_flush(struct ma_sink *s, FILE *err)
{
    while (ma_buffer_size(&s->buffer) > 0) {
        ssize_t n = write(s->fd, s->buffer.bytes + s->buffer.begin, ma_buffer_size(&s->buffer));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return say_error(s, err);
        ma_buffer_taken(&s->buffer, (size_t)n);
    }
    return true;
}

static bool put(struct ma_sink *s, const char *bytes, size_t size, FILE *err)
{
    unsigned char *p = ma_buffer_room(&s->buffer, size);
    if (p == NULL) {
        errno = ENOMEM;
        return say_error(s, err);
    }
    memcpy(p, bytes, size);
    s->buffer.end += size;
    return true;
}

/* LINE-DOMAIN.SUFFIX: the line is the key, the domain is for the eye. */
static char *file_name(const struct ma_sink *s, uint32_t line, const char *domain, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    char name[MA_FILE_NAME_MAX + 1], *path;
    size_t length = size < MA_FILE_NAME_MAX ? size : MA_FILE_NAME_MAX;
    for (size_t i = 0; i < length; i++)
        name[i] = domain[i] != '\0' && strchr(plain, domain[i]) != NULL ? domain[i] : '_';
    name[length] = '\0';
    return asprintf(&path, "%s/%08u-%s%s", s->dir, (unsigned)line, name, s->suffix) >= 0 ? path
                                                                                         : NULL;
}

static bool write_file(struct ma_sink *s, const struct ma_sunk *r, FILE *err)
{
    struct ma_output out;
    char *path = file_name(s, r->line, r->domain, r->domain_size);
    if (path == NULL)
        return say_error(s, err);
    bool ok = ma_output_open(&out, path, err);
    if (ok && fwrite(r->report, 1, r->size, out.file) != r->size) {
        fprintf(err, "cannot write '%s': %s\n", path, strerror(errno));
        ma_output_discard(&out);
        ok = false;
    } else if (ok) {
        ok = ma_output_close(&out, err);
    }
    free(path);
    return ok;
}

bool ma_sink_write(struct ma_sink *s, const struct ma_sunk *r, FILE *err)
{
    if (s->dir != NULL)
        return write_file(s, r, err);
    if (s->header_due && !put(s, s->header, strlen(s->header), err))
        return false;
    s->header_due = false;
    if (!put(s, r->report, r->size, err))
        return false;
    return ma_buffer_size(&s->buffer) < MA_SINK_BYTES || ma_sink_flush(s, err);
}

void ma_sink_sync(struct ma_sink *s)
{
    if (s->partial != NULL)
        fdatasync(s->fd);
}

/* Cuts off what a full disk left of the last report. */
static void cut_partial(struct ma_sink *s)
{
    off_t size = 0;
    FILE *file = fopen(s->partial, "r");
    char *line = NULL;
    size_t room = 0;
    for (ssize_t n; file != NULL && (n = getline(&line, &room, file)) > 0 && line[n - 1] == '\n';)
        size += n;
    if (file != NULL)
        fclose(file);
    free(line);
    if (ftruncate(s->fd, size) != 0)
        return; /* --resume does it, too */
}

bool ma_sink_close(struct ma_sink *s, bool complete, FILE *err)
{
    bool ok = ma_sink_flush(s, err);
    if (s->partial != NULL) {
        if (!ok)
            cut_partial(s);
        ok = fsync(s->fd) == 0 && ok;
        ok = close(s->fd) == 0 && ok;
        if (ok && complete && rename(s->partial, s->path) != 0)
            ok = say_error(s, err);
    } else if (s->path != NULL)
        ok = close(s->fd) == 0 && ok;
    ma_buffer_clear(&s->buffer);
    free(s->partial);
    free(s);
    return ok;
}
