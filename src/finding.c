/* SPDX-License-Identifier: MIT */
#include "finding.h"

#include <string.h>

static const char *const severity_names[] = {
    [MA_PASS] = "pass",
    [MA_INFO] = "info",
    [MA_NOTICE] = "notice",
    [MA_UNKNOWN] = "unknown",
    [MA_WARNING] = "warning",
    [MA_ERROR] = "error",
    [MA_CRITICAL] = "critical",
};
#define SEVERITY_COUNT (sizeof severity_names / sizeof severity_names[0])

const char *ma_severity_name(enum ma_severity s)
{
    return (size_t)s < SEVERITY_COUNT ? severity_names[s] : "unknown";
}

bool ma_severity_parse(enum ma_severity *severity_r, const char *text)
{
    for (size_t i = 0; i < SEVERITY_COUNT; i++) {
        if (strcmp(text, severity_names[i]) == 0) {
            *severity_r = (enum ma_severity)i;
            return true;
        }
    }
    return false;
}

const char *ma_role_name(enum ma_role role)
{
    switch (role) {
    case MA_SENDS_ONLY:
        return "sends-only";
    case MA_RECEIVES_ONLY:
        return "receives-only";
    case MA_PARKED:
        return "parked";
    case MA_SENDS_AND_RECEIVES:
    default:
        return "sends-and-receives";
    }
}

static uint64_t hash(uint64_t h, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        h = (h ^ *p) * UINT64_C(0x100000001b3);
    return h;
}

/* FNV-1a over rule, NUL and subject: never to be changed, since users keep these ids. */
static void set_id(struct ma_finding *f)
{
    uint64_t h = hash(UINT64_C(0xcbf29ce484222325), f->rule->id);
    h = hash(h * UINT64_C(0x100000001b3), f->subject);
    for (size_t i = 0; i < sizeof f->id - 1; i++)
        f->id[i] = "0123456789abcdef"[h >> (60 - 4 * i) & 15];
}

struct ma_finding *ma_finding_new(struct ma_arena *arena, const struct ma_check *check,
    const struct ma_rule *rule, const char *subject, const char *evidence)
{
    struct ma_finding *f = ma_arena_alloc(arena, sizeof *f);
    if (f == NULL)
        return NULL;
    f->arena = arena;
    f->rule = rule;
    f->check = check;
    f->severity = rule->severity;
    f->own_points = -1;
    f->subject = ma_arena_strdup(arena, subject);
    f->evidence = evidence;
    if (f->subject == NULL)
        return NULL;
    set_id(f);
    return f;
}

static bool is(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

/* The text for the placeholder of length bytes at text, or NULL. */
static const char *filling(
    const struct ma_finding *f, const char *domain, const char *text, size_t length)
{
    for (const struct ma_placeholder *p = f->fills; p != NULL; p = p->next)
        if (is(p->name, text, length))
            return p->text;
    if (is("domain", text, length))
        return domain;
    return is("subject", text, length) ? f->subject : NULL;
}

/* Writes the filled text to out, or only measures it when out is NULL. Returns its length. */
static size_t expand(const struct ma_finding *f, const char *domain, char *out)
{
    size_t length = 0;
    const char *p = f->rule->fix;
    while (*p != '\0') {
        const char *end = *p == '{' ? strchr(p, '}') : NULL;
        const char *text = end != NULL ? filling(f, domain, p + 1, (size_t)(end - p - 1)) : NULL;
        const char *from = text != NULL ? text : p;
        size_t size = text != NULL ? strlen(text) : 1;
        if (out != NULL)
            memcpy(out + length, from, size);
        length += size;
        p = text != NULL ? end + 1 : p + 1;
    }
    return length;
}

void ma_finding_finish(struct ma_finding *f, const char *domain)
{
    if (f->rule->fix == NULL)
        return;
    f->fix = f->rule->fix;
    if (strchr(f->fix, '{') == NULL)
        return;
    size_t length = expand(f, domain, NULL);
    char *text = ma_arena_bytes(f->arena, length + 1);
    if (text == NULL)
        return;
    expand(f, domain, text);
    text[length] = '\0';
    f->fix = text;
}

/* ---- causes that lie outside of a check ---------------------------------------------------- */

/* The rules that say why questions went unanswered: all of them, or those below the subject. */
static const struct {
    const char *rule;
    bool below;
} causes[] = {
    {"dns.resolver-dead", false},
    {"dns.all-servers-silent", true},
    {"dns.all-servers-lame", true},
    {"dns.bogus", true},
    {"dns.signatures-expired", true},
};

/* A failure that a dead server makes; with it, the audit's time may run out. */
static bool is_explicable(const struct ma_finding *f)
{
    return f->severity == MA_UNKNOWN && f->cause == NULL &&
           (f->failure == MA_FAIL_TIMEOUT || f->failure == MA_FAIL_NETWORK ||
               f->failure == MA_FAIL_SERVFAIL || f->failure == MA_FAIL_BUDGET);
}

static void explain(struct ma_finding *list, const struct ma_finding *cause, bool below)
{
    for (struct ma_finding *f = list; f != NULL; f = f->next) {
        if (f == cause || !is_explicable(f))
            continue;
        if (below && (f->failed_name == NULL || !ma_is_within(f->failed_name, cause->subject)))
            continue;
        f->cause = cause->rule->id;
        f->explained = true;
    }
}

void ma_findings_explain(struct ma_finding *list)
{
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        for (const struct ma_finding *f = list; f != NULL; f = f->next)
            if (strcmp(f->rule->id, causes[i].rule) == 0)
                explain(list, f, causes[i].below);
}
