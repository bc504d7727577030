/* SPDX-License-Identifier: MIT */
/* recorded.c - audit.txt of a recording: what was audited. */
#include "file.h"
#include "observe/recording.h"
#include "recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reading {
    struct ma_spec *spec;
    bool whole, role_given, sender_given, helo_given, selectors_given, now_given;
    struct ma_arena *arena;
    FILE *err;
};

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

static bool read_clock(const struct reading *r, const char *text)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 0) {
        fprintf(r->err, "'%s' is no clock\n", text);
        return false;
    }
    if (!r->now_given)
        r->spec->now_secs = value;
    return true;
}

/* What the command line says beats what was recorded. */
static bool read_pair(const struct reading *r, const char *key, char *value)
{
    struct ma_spec *s = r->spec;
    if (!unescape(value)) {
        fputs("a bad escape: \\DDD is a byte from 001 to 255\n", r->err);
        return false;
    }
    if (strcmp(key, "now") == 0)
        return read_clock(r, value);
    if (!r->whole || strcmp(key, "observations") == 0)
        return true;
    if (strcmp(key, "domain") == 0)
        return ma_spec_set_domain(s, r->arena, value, r->err);
    if (strcmp(key, "address") == 0)
        return ma_spec_add_address(s, r->arena, value, r->err);
    if (strcmp(key, "sender") == 0)
        return r->sender_given || ma_spec_set_sender(s, r->arena, value, r->err);
    if (strcmp(key, "helo") == 0)
        return r->helo_given || ma_spec_set_helo(s, r->arena, value, r->err);
    if (strcmp(key, "role") == 0)
        return r->role_given || ma_spec_set_role(s, value, r->err);
    if (strcmp(key, "selector") == 0)
        return r->selectors_given || ma_spec_add_selector(s, r->arena, value, r->err);
    fprintf(r->err, "'%s' is not known here\n", key);
    return false;
}

static bool read_line(const struct reading *r, unsigned number, char *line)
{
    if (number == 1) {
        bool ok = strcmp(line, MA_RECORDING_AUDIT) == 0;
        if (!ok)
            fputs("not what a recording has: no line '" MA_RECORDING_AUDIT "'\n", r->err);
        return ok;
    }
    if (*line == '\0' || *line == ';')
        return true;
    char *value = strchr(line, ' ');
    if (value == NULL) {
        fputs("a line needs KEY VALUE\n", r->err);
        return false;
    }
    *value++ = '\0';
    return read_pair(r, line, value);
}

/* What is wrong with a line comes from many places: put FILE:LINE in front of it. */
static bool read_text(struct reading *r, const char *path, char *text, FILE *err)
{
    char *why = NULL;
    size_t size = 0;
    unsigned number = 0;
    bool ok = true;
    r->err = open_memstream(&why, &size);
    if (r->err == NULL)
        return false;
    while (ok && text != NULL)
        ok = read_line(r, ++number, strsep(&text, "\n"));
    if (fclose(r->err) != 0 || why == NULL)
        ok = false;
    if (!ok)
        fprintf(err, "%s:%u: %s", path, number, why != NULL ? why : "no memory left\n");
    free(why);
    return ok;
}

bool ma_recorded_spec(
    struct ma_spec *s, struct ma_arena *arena, const char *dir, bool whole, FILE *err)
{
    struct reading r = {.spec = s,
        .whole = whole,
        .role_given = s->role_given,
        .sender_given = s->sender != NULL,
        .helo_given = s->helo != NULL,
        .selectors_given = s->selector_count > 0,
        .now_given = s->now_secs >= 0,
        .arena = arena};
    struct ma_file file;
    const char *path = ma_arena_printf(arena, "%s/audit.txt", dir);
    if (path == NULL || (access(path, F_OK) != 0 && errno == ENOENT))
        return path != NULL;
    if (!ma_file_read(&file, path, MA_RECORDING_BYTES_MAX, err))
        return false;
    bool ok = read_text(&r, path, file.bytes, err);
    ma_file_clear(&file);
    if (ok && whole && s->domain == NULL) {
        fprintf(err, "%s: no domain\n", path);
        return false;
    }
    return ok;
}
