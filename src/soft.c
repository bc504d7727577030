/* SPDX-License-Identifier: MIT */
#include "soft.h"

#include "file.h"
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char magic[] = "mailaudit-soft 1";

/* What the file holds. */
struct memory {
    unsigned unknowns; /* in a row */
    bool known;        /* there was a known state, and what follows is it */
    enum ma_service_state state;
    char summary[MA_STATUS_BYTES_MAX];
};

/* ---- reading --------------------------------------------------------------------------------- */

/* The rest of the line at *text if it begins with the key; *text goes to the next line. */
static char *take_line(char **text, const char *key)
{
    size_t key_size = strlen(key);
    char *line = *text;
    char *end = strchr(line, '\n');
    if (end == NULL || strncmp(line, key, key_size) != 0)
        return NULL;
    *end = '\0';
    *text = end + 1;
    return line + key_size;
}

static bool take_number(char **text, const char *key, unsigned most, unsigned *number_r)
{
    char *end;
    const char *word = take_line(text, key);
    if (word == NULL || *word < '0' || *word > '9')
        return false;
    errno = 0;
    unsigned long value = strtoul(word, &end, 10);
    *number_r = (unsigned)value;
    return *end == '\0' && errno == 0 && value <= most;
}

static bool parse(struct memory *m, char *text, const char *target, bool *other_r)
{
    unsigned state = MA_SERVICE_UNKNOWN;
    const char *rest = take_line(&text, magic);
    if (rest == NULL || *rest != '\0')
        return false;
    rest = take_line(&text, "target ");
    if (rest == NULL)
        return false;
    *other_r = strcmp(rest, target) != 0;
    if (!take_number(&text, "unknowns ", MA_SOFT_LIMIT_MAX, &m->unknowns))
        return false;
    if (*text == '\0')
        return true;
    rest = take_number(&text, "state ", MA_SERVICE_CRITICAL, &state) ? take_line(&text, "summary ")
                                                                     : NULL;
    if (rest == NULL || strlen(rest) >= sizeof m->summary || *text != '\0')
        return false;
    m->known = true;
    m->state = (enum ma_service_state)state;
    memcpy(m->summary, rest, strlen(rest) + 1);
    return true;
}

static bool read_memory(struct memory *m, const char *path, const char *target, FILE *err)
{
    struct ma_file file;
    bool other = false;
    *m = (struct memory){.unknowns = 0};
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return true;
    if (!ma_file_read(&file, path, MA_SOFT_BYTES_MAX, err))
        return false;
    bool ok = parse(m, file.bytes, target, &other);
    ma_file_clear(&file);
    if (!ok)
        fprintf(err, "%s: not a state file of --soft, or damaged: remove it\n", path);
    else if (other)
        fprintf(err, "%s: the state of another target: give each its own --state\n", path);
    return ok && !other;
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool write_memory(const struct memory *m, const char *path, const char *target, FILE *err)
{
    struct ma_output out;
    if (!ma_output_open(&out, path, err))
        return false;
    fprintf(out.file, "%s\ntarget %s\nunknowns %u\n", magic, target, m->unknowns);
    if (m->known)
        fprintf(out.file, "state %d\nsummary %s\n", (int)m->state, m->summary);
    return ma_output_close(&out, err);
}

/* Domain and addresses, as they were given; NULL without memory. */
static char *target_text(const struct ma_spec *spec)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL)
        return NULL;
    fputs(spec->domain, file);
    for (size_t i = 0; i < spec->address_count; i++)
        fprintf(file, " %s", spec->addresses[i]);
    if (fclose(file) == 0)
        return text;
    free(text);
    return NULL;
}

/* ---- the decision ---------------------------------------------------------------------------- */

static void decide(struct ma_soft *soft, struct memory *m, const struct ma_report *report,
    struct ma_nagios *nagios)
{
    enum ma_service_state state = ma_nagios_state(report, nagios);
    if (state != MA_SERVICE_UNKNOWN) {
        *m = (struct memory){.known = true, .state = state};
        ma_nagios_summary(m->summary, report, nagios, state);
        return;
    }
    m->unknowns += m->unknowns < MA_SOFT_LIMIT_MAX;
    if (!m->known || m->unknowns >= soft->limit)
        return;
    memcpy(soft->summary, m->summary, sizeof soft->summary);
    soft->repeat = (struct ma_repeat){
        .state = m->state, .summary = soft->summary, .unknowns = m->unknowns, .limit = soft->limit};
    nagios->repeat = &soft->repeat;
}

bool ma_soft_apply(struct ma_soft *soft, const struct ma_spec *spec, const struct ma_report *report,
    struct ma_nagios *nagios, FILE *err)
{
    struct memory m;
    if (soft->file == NULL)
        return true;
    char *target = target_text(spec);
    if (target == NULL) {
        fputs("out of memory\n", err);
        return false;
    }
    bool ok = read_memory(&m, soft->file, target, err);
    if (ok) {
        decide(soft, &m, report, nagios);
        ok = write_memory(&m, soft->file, target, err);
    }
    free(target);
    return ok;
}
