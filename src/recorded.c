/* SPDX-License-Identifier: MIT */
/* recorded.c - audit.txt of a recording: what was audited, and how. */
#include "file.h"
#include "observe/recording.h"
#include "recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reading {
    struct ma_options *options;
    struct ma_spec *spec;   /* the options' */
    struct ma_arena *arena; /* the options' */
    bool whole, role_given, sender_given, helo_given, selectors_given, now_given;
    bool checks_given, profile_given;
    size_t settings_given; /* of the options' settings: the user's */
    const char *checks;    /* those of the recording so far, or NULL */
    FILE *err;             /* of what is wrong with a line */
    FILE *notices;
};

const char *const ma_recorded_settings[] = {"authorize", "canary", "dnsbl-scope", "dnssec",
    "keyed-zones", "name-servers", "probe-selectors", "rdap", "receiver", "servers",
    "signed-elsewhere", "void-limit", NULL};
const char *const ma_recorded_files[] = {
    "lists", "message", "private-key", "psl", "rdap-bootstrap", "selectors-of", NULL};

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

static bool is_in(const char *const *names, const char *name)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static bool is_set(const struct reading *r, const char *name)
{
    for (size_t i = 0; i < r->settings_given; i++)
        if (strcmp(r->options->settings[i].name, name) == 0)
            return true;
    return false;
}

/* Cuts "NAME VALUE"; the value is never NULL. */
static char *cut(char *text)
{
    char *value = text + strcspn(text, " ");
    if (*value != '\0')
        *value++ = '\0';
    return value;
}

/* ---- one function a key. What the command line says beats what was recorded ------------------ */

static bool read_clock(struct reading *r, char *text)
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

static bool read_domain(struct reading *r, char *value)
{
    return !r->whole || ma_spec_set_domain(r->spec, r->arena, value, r->err);
}

static bool read_address(struct reading *r, char *value)
{
    return !r->whole || ma_spec_add_address(r->spec, r->arena, value, r->err);
}

static bool read_sender(struct reading *r, char *value)
{
    return !r->whole || r->sender_given || ma_spec_set_sender(r->spec, r->arena, value, r->err);
}

static bool read_helo(struct reading *r, char *value)
{
    return !r->whole || r->helo_given || ma_spec_set_helo(r->spec, r->arena, value, r->err);
}

static bool read_role(struct reading *r, char *value)
{
    return !r->whole || r->role_given || ma_spec_set_role(r->spec, value, r->err);
}

static bool read_selector(struct reading *r, char *value)
{
    return !r->whole || r->selectors_given ||
           ma_spec_add_selector(r->spec, r->arena, value, r->err);
}

static bool read_check(struct reading *r, char *value)
{
    const char *before = r->checks != NULL ? r->checks : "";
    r->checks = ma_arena_printf(r->arena, "%s%s%s", before, r->checks != NULL ? "," : "", value);
    if (r->checks == NULL)
        fputs("no memory left\n", r->err);
    return r->checks != NULL;
}

static const struct ma_option *find_option(const char *name)
{
    for (size_t i = 0; i < ma_option_count; i++)
        if (strcmp(ma_option_table[i].name, name) == 0)
            return &ma_option_table[i];
    return NULL;
}

/* What is no option of its own: check_rbl's. */
static bool add_setting(struct reading *r, const char *name, const char *value)
{
    struct ma_options *o = r->options;
    const char *copy = ma_arena_strdup(r->arena, name);
    if (copy == NULL || o->setting_count == MA_SETTINGS_MAX) {
        fprintf(r->err, "setting '%s': too many settings\n", name);
        return false;
    }
    o->settings[o->setting_count++] = (struct ma_setting_pair){copy, value};
    return true;
}

/* As if the option had been given. A recording may come from anybody: none that reads a file. */
static bool read_setting(struct reading *r, char *name)
{
    const char *value = cut(name);
    if (!is_in(ma_recorded_settings, name)) {
        fprintf(r->err, "setting '%s' is not known here\n", name);
        return false;
    }
    if (is_set(r, name))
        return true;
    const struct ma_option *o = find_option(name);
    value = ma_arena_strdup(r->arena, value); /* the text that it comes from goes */
    if (value == NULL)
        return false;
    return o != NULL ? o->read(r->options, value, r->err) : add_setting(r, name, value);
}

static bool read_profile(struct reading *r, char *value)
{
    if (!r->profile_given)
        r->options->profile = ma_arena_strdup(r->arena, value);
    return r->options->profile != NULL;
}

/* Another file than the one that was used may be given, but not none by accident. Only a private
   key is not to be asked for: it stays with its owner. */
static bool read_file(struct reading *r, char *option)
{
    const char *name = cut(option);
    bool policy = strcmp(option, "policy") == 0;
    if (!policy && !is_in(ma_recorded_files, option)) {
        fprintf(r->err, "file '%s' is not known here\n", option);
        return false;
    }
    if (policy ? r->options->policy != NULL : is_set(r, option))
        return true;
    if (strcmp(option, "selectors-of") == 0) /* they stand beside it */
        return true;
    if (strcmp(option, "private-key") == 0) {
        fprintf(r->notices,
            "the audit was made with --private-key '%s': without it the report is another one\n",
            name);
        return true;
    }
    if (strcmp(option, "message") == 0)
        fprintf(r->err, "it is of the message '%s': mailaudit message FILE --replay ...\n", name);
    else
        fprintf(r->err, "the audit was made with --%s '%s': give that file again\n", option, name);
    return false;
}

static bool pass_over(struct reading *r, char *value)
{
    (void)r;
    (void)value;
    return true;
}

static const struct {
    const char *key;
    bool (*read)(struct reading *, char *value);
} keys[] = {
    {"address", read_address},
    {"bodies", pass_over}, /* observe/webrecording.c looks at it */
    {"check", read_check},
    {"domain", read_domain},
    {"file", read_file},
    {"helo", read_helo},
    {"now", read_clock},
    {"observations", pass_over}, /* observe/recording.c looks at it */
    {"profile", read_profile},
    {"role", read_role},
    {"selector", read_selector},
    {"sender", read_sender},
    {"setting", read_setting},
};

static bool read_pair(struct reading *r, const char *key, char *value)
{
    if (!unescape(value)) {
        fputs("a bad escape: \\DDD is a byte from 001 to 255\n", r->err);
        return false;
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i].key, key) == 0)
            return keys[i].read(r, value);
    fprintf(r->err, "'%s' is not known here\n", key);
    return false;
}

/* ---- the file -------------------------------------------------------------------------------- */

static bool read_line(struct reading *r, unsigned number, char *line)
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

/* The checks that ran, unless the user chooses. */
static bool finish(const struct reading *r, const char *path, FILE *err)
{
    struct ma_options *o = r->options;
    if (!r->checks_given && r->checks != NULL) {
        o->only = r->checks;
        o->recorded_checks = true;
    }
    if (!r->whole || o->spec.domain != NULL)
        return true;
    fprintf(err, "%s: no domain\n", path);
    return false;
}

bool ma_recorded_options(struct ma_options *o, const char *dir, bool whole, FILE *err)
{
    const struct ma_spec *s = &o->spec;
    struct reading r = {.options = o,
        .spec = &o->spec,
        .arena = &o->arena,
        .whole = whole,
        .role_given = s->role_given,
        .sender_given = s->sender != NULL,
        .helo_given = s->helo != NULL,
        .selectors_given = s->selector_count > 0,
        .now_given = s->now_secs >= 0,
        .checks_given = o->only != NULL,
        .profile_given = o->profile != NULL,
        .settings_given = o->setting_count,
        .notices = err};
    struct ma_file file;
    const char *path = ma_arena_printf(r.arena, "%s/audit.txt", dir);
    if (path == NULL || (access(path, F_OK) != 0 && errno == ENOENT))
        return path != NULL;
    if (!ma_file_read(&file, path, MA_RECORDING_BYTES_MAX, err))
        return false;
    bool ok = read_text(&r, path, file.bytes, err);
    ma_file_clear(&file);
    return ok && finish(&r, path, err);
}
