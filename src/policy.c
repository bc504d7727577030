/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MA_POLICY_POINTS_MAX 100
#define MA_SECS_A_DAY        86400

/* What is said of one rule. */
struct entry {
    const struct ma_rule *rule;
    bool graded, pointed;
    enum ma_severity severity;
    unsigned points;
    const char *mute;      /* the reason, or NULL */
    const char *mute_date; /* as written */
    int64_t mute_until;    /* the first second after it */
    unsigned line;         /* 0: a profile's */
};

struct ma_policy {
    struct ma_arena arena;
    struct entry *entries;
    size_t count, room;
};

/* One word of a line. */
struct word {
    const char *text; /* NUL-terminated; "" at the end of the line */
    unsigned column;  /* from 1 */
};

struct reader {
    struct ma_policy *policy;
    const struct ma_registry *registry;
    const char *file;
    unsigned line;
    char *text; /* of the line */
    size_t at;
    FILE *err;
};

/* Which findings only say that good practice is missing: --profile strict makes them warnings. */
static const char *const strict_rules[] = {
    "dkim.test-mode",
    "dmarc.policy-none",
    "dmarc.weaker-subdomains",
    "mta_sts.missing",
    "mta_sts.testing",
    "tls_rpt.missing",
};

struct ma_policy *ma_policy_new(void)
{
    struct ma_policy *p = calloc(1, sizeof *p);
    if (p != NULL)
        ma_arena_init(&p->arena, 1024, 4 * MA_POLICY_BYTES_MAX);
    return p;
}

void ma_policy_free(struct ma_policy *p)
{
    if (p == NULL)
        return;
    ma_arena_clear(&p->arena);
    free(p);
}

/* ---- words ------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct word next_word(struct reader *r)
{
    while (is_blank(r->text[r->at]))
        r->at++;
    struct word w = {r->text + r->at, (unsigned)r->at + 1};
    while (r->text[r->at] != '\0' && !is_blank(r->text[r->at]))
        r->at++;
    if (r->text[r->at] != '\0')
        r->text[r->at++] = '\0';
    return w;
}

static bool is(struct word w, const char *text)
{
    return strcmp(w.text, text) == 0;
}

static bool say(const struct reader *r, struct word w, const char *what)
{
    fprintf(r->err, "%s:%u:%u: %s", r->file, r->line, w.column, what);
    if (*w.text != '\0')
        fprintf(r->err, ": '%s'", w.text);
    fputc('\n', r->err);
    return false;
}

/* ---- lines ------------------------------------------------------------------------------- */

static struct entry *entry_of(struct ma_policy *p, const struct ma_rule *rule)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->entries[i].rule == rule)
            return &p->entries[i];
    struct entry *grown =
        ma_arena_grow(&p->arena, p->entries, p->count, &p->room, sizeof *p->entries);
    if (grown == NULL)
        return NULL;
    p->entries = grown;
    grown[p->count] = (struct entry){.rule = rule};
    return &grown[p->count++];
}

/* YYYY-MM-DD, a day that there is, as the first second after it. */
static bool read_date(int64_t *after_r, const char *text)
{
    struct tm tm = {0};
    char back[16];
    const char *end = strlen(text) == 10 ? strptime(text, "%Y-%m-%d", &tm) : NULL;
    if (end == NULL || *end != '\0')
        return false;
    time_t at = timegm(&tm); /* which makes the 31st of February the 3rd of March */
    struct tm again;
    if (gmtime_r(&at, &again) == NULL || strftime(back, sizeof back, "%Y-%m-%d", &again) == 0 ||
        strcmp(back, text) != 0)
        return false;
    *after_r = (int64_t)at + MA_SECS_A_DAY;
    return true;
}

static bool read_mute(struct reader *r, struct entry *e, struct word verb)
{
    struct word until = next_word(r), date = next_word(r), because = next_word(r);
    if (e->mute != NULL)
        return say(r, verb, "this rule is muted already, by an earlier line");
    if (!is(until, "until"))
        return say(r, until, "expected 'until DATE' after mute");
    if (!read_date(&e->mute_until, date.text))
        return say(r, date, "not a day as YYYY-MM-DD");
    if (!is(because, "because"))
        return say(r, because, "expected 'because' and the reason");
    const char *reason = r->text + r->at + strspn(r->text + r->at, " \t");
    size_t size = strlen(reason);
    while (size > 0 && is_blank(reason[size - 1]))
        size--;
    if (size == 0)
        return say(r, (struct word){"", (unsigned)r->at + 1}, "the reason is missing");
    e->mute = ma_arena_copy(&r->policy->arena, reason, size);
    e->mute_date = ma_arena_strdup(&r->policy->arena, date.text);
    return e->mute != NULL && e->mute_date != NULL;
}

static bool read_points(struct reader *r, struct entry *e, struct word verb)
{
    struct word number = next_word(r), rest = next_word(r);
    char *end;
    unsigned long value = strtoul(number.text, &end, 10);
    if (e->pointed)
        return say(r, verb, "the points of this rule are set already, by an earlier line");
    if (end == number.text || *end != '\0' || *number.text == '-' || value > MA_POLICY_POINTS_MAX)
        return say(r, number, "not a number of points from 0 to 100");
    if (*rest.text != '\0')
        return say(r, rest, "unexpected at the end of the line");
    e->pointed = true;
    e->points = (unsigned)value;
    return true;
}

static bool read_severity(struct reader *r, struct entry *e, struct word verb)
{
    enum ma_severity severity;
    if (!ma_severity_parse(&severity, verb.text))
        return say(r, verb, "not a severity, 'points' or 'mute'");
    if (severity == MA_UNKNOWN || severity == MA_PASS)
        return say(r, verb, "not a severity that a rule can be given");
    if (e->rule->severity == MA_UNKNOWN)
        return say(r, verb, "what could not be answered has no severity: mute it, if you must");
    if (e->graded && e->line > 0)
        return say(r, verb, "the severity of this rule is set already, by an earlier line");
    struct word rest = next_word(r);
    if (*rest.text != '\0')
        return say(r, rest, "unexpected at the end of the line");
    e->graded = true;
    e->severity = severity;
    e->line = r->line;
    return true;
}

static bool read_line(struct reader *r)
{
    struct word id = next_word(r);
    if (*id.text == '\0' || *id.text == '#')
        return true;
    const struct ma_rule *rule = ma_registry_rule(r->registry, id.text);
    if (rule == NULL)
        return say(r, id, "no rule has this name (mailaudit --rules lists them)");
    struct entry *e = entry_of(r->policy, rule);
    struct word verb = next_word(r);
    if (e == NULL)
        return say(r, id, "out of memory");
    if (*verb.text == '\0')
        return say(r, verb, "a severity, 'points' or 'mute' is missing");
    if (is(verb, "mute"))
        return read_mute(r, e, verb);
    return is(verb, "points") ? read_points(r, e, verb) : read_severity(r, e, verb);
}

bool ma_policy_read(
    struct ma_policy *p, const struct ma_registry *registry, const char *file, FILE *err)
{
    struct reader r = {.policy = p, .registry = registry, .file = file, .err = err};
    FILE *in = fopen(file, "r");
    size_t room = 0, bytes = 0;
    bool ok = in != NULL;
    if (in == NULL)
        fprintf(err, "cannot read '%s': %s\n", file, strerror(errno));
    for (ssize_t n; ok && (n = getline(&r.text, &room, in)) > 0;) {
        r.line++;
        r.at = 0;
        bytes += (size_t)n;
        if (bytes > MA_POLICY_BYTES_MAX || strlen(r.text) != (size_t)n) {
            fprintf(err, "%s:%u: %s\n", file, r.line,
                bytes > MA_POLICY_BYTES_MAX ? "the file is larger than 1 MiB" : "a NUL byte");
            ok = false;
        }
        ok = ok && read_line(&r);
    }
    if (ok && ferror(in)) {
        fprintf(err, "cannot read '%s': %s\n", file, strerror(errno));
        ok = false;
    }
    free(r.text);
    if (in != NULL)
        fclose(in);
    return ok;
}

bool ma_policy_profile(struct ma_policy *p, const struct ma_registry *registry, const char *name)
{
    if (strcmp(name, "default") == 0)
        return true;
    if (strcmp(name, "strict") != 0)
        return false;
    for (size_t i = 0; i < sizeof strict_rules / sizeof *strict_rules; i++) {
        const struct ma_rule *rule = ma_registry_rule(registry, strict_rules[i]);
        struct entry *e = rule != NULL ? entry_of(p, rule) : NULL;
        if (e == NULL || e->graded)
            continue;
        e->graded = true;
        e->severity = MA_WARNING;
    }
    return true;
}

/* ---- where it is ------------------------------------------------------------------------- */

static char *readable(const char *folder, size_t size, const char *below)
{
    char *path;
    if (size == 0 || *folder != '/' || /* XDG: relative paths are to be ignored */
        asprintf(&path, "%.*s%s/mailaudit/policy", (int)size, folder, below) < 0)
        return NULL;
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}

char *ma_policy_find(void)
{
    const char *home = getenv("XDG_CONFIG_HOME"), *dirs = getenv("XDG_CONFIG_DIRS");
    char *found = NULL;
    if (home != NULL && *home != '\0')
        found = readable(home, strlen(home), "");
    else if ((home = getenv("HOME")) != NULL)
        found = readable(home, strlen(home), "/.config");
    if (dirs == NULL || *dirs == '\0')
        dirs = "/etc/xdg";
    while (found == NULL && *dirs != '\0') {
        size_t size = strcspn(dirs, ":");
        found = readable(dirs, size, "");
        dirs += size + (dirs[size] == ':');
    }
    return found != NULL ? found : readable(MA_SYSCONF_DIR, strlen(MA_SYSCONF_DIR), "");
}

/* ---- its effect -------------------------------------------------------------------------- */

const char *ma_policy_apply(const struct ma_policy *p, struct ma_finding *f, int64_t now_secs)
{
    const struct entry *e = NULL;
    for (size_t i = 0; i < p->count && e == NULL; i++)
        if (p->entries[i].rule == f->rule)
            e = &p->entries[i];
    if (e == NULL)
        return NULL;
    if (e->graded)
        f->severity = e->severity;
    if (e->pointed)
        f->own_points = (int)e->points;
    if (e->mute == NULL)
        return NULL;
    if (now_secs >= e->mute_until)
        return e->mute_date;
    f->muted = ma_arena_printf(f->arena, "until %s: %s", e->mute_date, e->mute);
    return NULL;
}
