/* SPDX-License-Identifier: MIT */
#include "input.h"

#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool ma_input_open(struct ma_input *in, const char *path, FILE *err)
{
    struct stat st;
    *in = (struct ma_input){.fd = STDIN_FILENO, .name = "standard input"};
    if (path != NULL && strcmp(path, "-") != 0) {
        in->name = path;
        in->fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (in->fd < 0 || fstat(in->fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        fprintf(err, "cannot read '%s': %s\n", in->name,
            in->fd >= 0 ? strerror(EISDIR) : strerror(errno));
        return false;
    }
    in->regular = S_ISREG(st.st_mode);
    in->total = in->regular ? (uint64_t)st.st_size : 0;
    return true;
}

bool ma_input_fill(struct ma_input *in, FILE *err)
{
    unsigned char *p = ma_buffer_room(&in->buffer, MA_LINE_BYTES_MAX);
    ssize_t n = p != NULL ? read(in->fd, p, MA_LINE_BYTES_MAX) : -1;
    if (n < 0 && p != NULL && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n < 0) {
        fprintf(err, "cannot read '%s': %s\n", in->name, strerror(errno));
        return false;
    }
    in->at_end = n == 0;
    in->buffer.end += (size_t)n;
    in->bytes += (uint64_t)n;
    return true;
}

/* One line, whether it is a target or not. */
static enum ma_take take_any(struct ma_input *in, const char **text_r, size_t *size_r, FILE *err)
{
    size_t have = ma_buffer_size(&in->buffer);
    const char *text = have > 0 ? (const char *)in->buffer.bytes + in->buffer.begin : "";
    const char *newline = have > 0 ? memchr(text, '\n', have) : NULL;
    size_t size = newline != NULL ? (size_t)(newline - text) : have;
    if (size > MA_LINE_BYTES_MAX) {
        fprintf(err, "%s:%u: line longer than %d bytes\n", in->name, (unsigned)in->line + 1,
            MA_LINE_BYTES_MAX);
        return MA_TAKE_ERROR;
    }
    if (newline == NULL && !in->at_end)
        return MA_TAKE_MORE;
    if (have == 0)
        return MA_TAKE_END;
    if (in->line == UINT32_MAX) {
        fprintf(err, "%s: more than %u lines\n", in->name, UINT32_MAX);
        return MA_TAKE_ERROR;
    }
    in->line++;
    *text_r = text;
    *size_r = size;
    ma_buffer_taken(&in->buffer, size + (newline != NULL));
    return MA_TAKE_LINE;
}

enum ma_take ma_input_take(struct ma_input *in, const char **text_r, size_t *size_r, FILE *err)
{
    for (;;) {
        enum ma_take t = take_any(in, text_r, size_r, err);
        if (t == MA_TAKE_MORE && in->regular) {
            if (!ma_input_fill(in, err))
                return MA_TAKE_ERROR;
            continue;
        }
        if (t != MA_TAKE_LINE)
            return t;
        if (ma_line_is_target(*text_r, *size_r, !in->any_target)) {
            in->any_target = true;
            return t;
        }
    }
}

void ma_input_close(struct ma_input *in)
{
    if (in->fd > STDIN_FILENO)
        close(in->fd);
    ma_buffer_clear(&in->buffer);
}
