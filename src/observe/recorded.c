/* SPDX-License-Identifier: MIT */
/* recorded.c - audit.txt of a recording: what was audited. */
#include "../file.h"
#include "recording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char header[] = "mailaudit-audit 1";

struct reading {
    struct ma_recorded_audit *audit;
    struct ma_arena *arena;
    const char *path;
    unsigned line;
    FILE *err;
};

static bool complain(const struct reading *r, const char *what)
{
    fprintf(r->err, "%s:%u: %s\n", r->path, r->line, what);
    return false;
}

static bool add(struct reading *r, const char ***list, size_t *count, size_t *room, char *value)
{
    const char **more = ma_arena_grow(r->arena, *list, *count, room, sizeof *more);
    if (more == NULL)
        return complain(r, "no memory left");
    *list = more;
    more[(*count)++] = value;
    return true;
}

/* Resolves \DDD in place. */
static bool unescape(char *text)
{
    char *to = text;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p != '\\') {
            *to++ = *p;
            continue;
        }
        int value = 0;
        for (int i = 1; i <= 3; i++) {
            if (p[i] < '0' || p[i] > '9')
                return false;
            value = value * 10 + p[i] - '0';
        }
        if (value == 0 || value > 255)
            return false;
        *to++ = (char)value;
        p += 3;
    }
    *to = '\0';
    return true;
}

static bool read_number(const struct reading *r, const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    *out = value;
    return (errno == 0 && end != text && *end == '\0' && value >= 0) ||
           complain(r, "not a number where one belongs");
}

static bool read_pair(struct reading *r, const char *key, char *value)
{
    struct ma_recorded_audit *a = r->audit;
    int64_t number = 0;
    if (!unescape(value))
        return complain(r, "a bad escape: \\DDD is a byte from 001 to 255");
    if (strcmp(key, "domain") == 0)
        a->domain = value;
    else if (strcmp(key, "sender") == 0)
        a->sender = value;
    else if (strcmp(key, "helo") == 0)
        a->helo = value;
    else if (strcmp(key, "role") == 0)
        a->role = value;
    else if (strcmp(key, "address") == 0)
        return add(r, &a->addresses, &a->address_count, &a->address_room, value);
    else if (strcmp(key, "selector") == 0)
        return add(r, &a->selectors, &a->selector_count, &a->selector_room, value);
    else if (strcmp(key, "now") == 0)
        return read_number(r, value, &a->now_secs);
    else if (strcmp(key, "observations") != 0)
        return complain(r, "not known here");
    else if (!read_number(r, value, &number))
        return false;
    else
        a->observations = (size_t)number;
    return true;
}

static bool read_text(struct reading *r, char *text)
{
    for (char *line = strsep(&text, "\n"); line != NULL; line = strsep(&text, "\n")) {
        r->line++;
        if (r->line == 1 && strcmp(line, header) != 0)
            return complain(r, "not the head of a recording: no line 'mailaudit-audit 1'");
        if (r->line == 1 || *line == '\0' || *line == ';')
            continue;
        char *value = strchr(line, ' ');
        if (value == NULL)
            return complain(r, "a line needs KEY VALUE");
        *value++ = '\0';
        if (!read_pair(r, line, value))
            return false;
    }
    return r->audit->domain != NULL || complain(r, "no domain");
}

bool ma_recording_audit(
    struct ma_recorded_audit *audit, struct ma_arena *arena, const char *dir, FILE *err)
{
    struct reading r = {.audit = audit, .arena = arena, .err = err};
    struct ma_file file;
    *audit = (struct ma_recorded_audit){.now_secs = -1};
    r.path = ma_arena_printf(arena, "%s/audit.txt", dir);
    if (r.path == NULL)
        return false;
    if (access(r.path, F_OK) != 0 && errno == ENOENT)
        return true;
    if (!ma_file_read(&file, r.path, MA_RECORDING_BYTES_MAX, err))
        return false;
    char *text = ma_arena_copy(arena, file.bytes, file.size);
    bool ok = text != NULL && read_text(&r, text);
    ma_file_clear(&file);
    return ok;
}
