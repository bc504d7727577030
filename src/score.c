/* SPDX-License-Identifier: MIT */
#include "score.h"

#include <stdlib.h>
#include <string.h>

#define AREAS_MAX 64 /* as many as there can be checks */

static const struct {
    const char *name;
    unsigned points;
} caps[] = {
    {"bimi", 3},
    {"dkim", 20},
    {"dmarc", 25},
    {"dnsbl", 40},
    {"dnssec", 15},
    {"mx", 40},
    {"ptr", 20},
    {"smtp", 40},
    {"spf", 25},
    {"tls", 20},
};

struct area {
    const char *name;
    unsigned left; /* points that it may still cost */
};

/* One count over the findings, worst first. */
struct tally {
    struct area areas[AREAS_MAX];
    size_t area_count;
    unsigned points;
    bool critical, error;
};

unsigned ma_severity_points(enum ma_severity s)
{
    switch (s) {
    case MA_CRITICAL:
        return 40;
    case MA_ERROR:
        return 15;
    case MA_WARNING:
        return 5;
    case MA_NOTICE:
        return 1;
    case MA_PASS:
    case MA_INFO:
    case MA_UNKNOWN:
    default:
        return 0;
    }
}

unsigned ma_area_cap(const char *area)
{
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++)
        if (strcmp(caps[i].name, area) == 0)
            return caps[i].points;
    return MA_CAP_DEFAULT;
}

unsigned ma_report_cap(const struct ma_report *r, const char *area)
{
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct ma_finding *f = r->findings[i];
        if (f->severity == MA_CRITICAL && ma_finding_counts(f) && strcmp(f->check->area, area) == 0)
            return MA_CAP_CRITICAL;
    }
    return ma_area_cap(area);
}

char ma_grade(int score)
{
    return score >= 95 ? 'A' : score >= 85 ? 'B' : score >= 70 ? 'C' : score >= 50 ? 'D' : 'F';
}

bool ma_finding_counts(const struct ma_finding *f)
{
    return f->muted == NULL && f->cause == NULL;
}

static enum ma_severity severity_of(const struct ma_finding *f, bool worst_case)
{
    return worst_case && f->severity == MA_UNKNOWN ? f->rule->could_be : f->severity;
}

static struct area *find_area(struct tally *t, const char *name)
{
    for (size_t i = 0; i < t->area_count; i++)
        if (strcmp(t->areas[i].name, name) == 0)
            return &t->areas[i];
    if (t->area_count == AREAS_MAX) /* cannot be: one a check; counted without a cap of its own */
        return &t->areas[AREAS_MAX - 1];
    struct area *a = &t->areas[t->area_count++];
    *a = (struct area){name, ma_area_cap(name)};
    return a;
}

/* Criticals first, so that the cap is lifted before anything is counted against it. */
static void lift_caps(
    struct tally *t, const struct ma_finding *const *findings, size_t count, bool worst_case)
{
    for (size_t i = 0; i < count; i++) {
        const struct ma_finding *f = findings[i];
        enum ma_severity s = severity_of(f, worst_case);
        if (!ma_finding_counts(f) || s < MA_ERROR)
            continue;
        t->critical = t->critical || s == MA_CRITICAL;
        t->error = true;
        if (s == MA_CRITICAL)
            find_area(t, f->check->area)->left = MA_CAP_CRITICAL;
    }
}

unsigned ma_finding_points(const struct ma_finding *f)
{
    return f->own_points >= 0 && f->severity != MA_UNKNOWN ? (unsigned)f->own_points
                                                           : ma_severity_points(f->severity);
}

static unsigned deduct(struct tally *t, const struct ma_finding *f, bool worst_case)
{
    enum ma_severity severity = severity_of(f, worst_case);
    unsigned points =
        f->severity == MA_UNKNOWN ? ma_severity_points(severity) : ma_finding_points(f);
    if (!ma_finding_counts(f) || points == 0)
        return 0;
    struct area *a = find_area(t, f->check->area);
    bool all = f->severity == MA_UNKNOWN && f->hides_several;
    points = points < a->left && !all ? points : a->left;
    a->left -= points;
    t->points += points;
    return points;
}

static int gated(const struct tally *t, const char **gate_r)
{
    int value = t->points < 100 ? 100 - (int)t->points : 0;
    *gate_r = NULL;
    if (t->critical && value > MA_GATE_CRITICAL) {
        *gate_r = "critical";
        return MA_GATE_CRITICAL;
    }
    if (t->error && value > MA_GATE_ERROR) {
        *gate_r = "error";
        return MA_GATE_ERROR;
    }
    return value;
}

static int by_weight(const void *left, const void *right)
{
    const struct ma_finding *a = *(const struct ma_finding *const *)left;
    const struct ma_finding *b = *(const struct ma_finding *const *)right;
    if (a->severity != b->severity)
        return a->severity < b->severity ? 1 : -1;
    int order = strcmp(a->rule->id, b->rule->id);
    if (order == 0)
        order = strcmp(a->subject, b->subject);
    return order != 0 ? order : strcmp(a->evidence, b->evidence);
}

/* The list as a sorted array; NULL without memory. */
static struct ma_finding **sorted(struct ma_arena *arena, struct ma_finding *list, size_t *count_r)
{
    size_t count = 0;
    for (const struct ma_finding *f = list; f != NULL; f = f->next)
        count++;
    struct ma_finding **all = ma_arena_alloc(arena, (count + 1) * sizeof(struct ma_finding *));
    if (all == NULL)
        return NULL;
    *count_r = 0;
    for (struct ma_finding *f = list; f != NULL; f = f->next)
        all[(*count_r)++] = f;
    qsort(all, count, sizeof(struct ma_finding *), by_weight);
    return all;
}

static int lowest(const struct ma_finding *const *findings, size_t count)
{
    struct tally t = {.area_count = 0};
    const char *gate;
    lift_caps(&t, findings, count, true);
    for (size_t i = 0; i < count; i++)
        deduct(&t, findings[i], true);
    return gated(&t, &gate);
}

static void count_value(struct ma_report *r, struct ma_finding **all, struct ma_deduction *list)
{
    struct tally t = {.area_count = 0};
    lift_caps(&t, r->findings, r->finding_count, false);
    for (size_t i = 0; i < r->finding_count; i++) {
        all[i]->points = deduct(&t, all[i], false);
        if (all[i]->points > 0)
            list[r->score.deduction_count++] = (struct ma_deduction){all[i], all[i]->points};
        if (all[i]->muted == NULL && all[i]->severity > r->verdict)
            r->verdict = all[i]->severity;
    }
    r->score.deductions = list;
    r->score.value = gated(&t, &r->score.gate);
}

/* An audit that failed, or that we cannot even count, has no score to be proud of. */
static void count_nothing(struct ma_report *r)
{
    r->score = (struct ma_score){.grade = 'F', .lowest_grade = 'F'};
    if (r->verdict < MA_UNKNOWN)
        r->verdict = MA_UNKNOWN;
}

void ma_report_count(struct ma_report *r, struct ma_arena *arena, struct ma_finding *findings)
{
    size_t count = 0;
    struct ma_finding **all = sorted(arena, findings, &count);
    struct ma_deduction *list =
        all != NULL ? ma_arena_alloc(arena, (count + 1) * sizeof *list) : NULL;
    const struct ma_finding **shown =
        list != NULL ? ma_arena_alloc(arena, (count + 1) * sizeof(struct ma_finding *)) : NULL;
    r->score = (struct ma_score){.value = 0};
    r->verdict = MA_PASS;
    r->finding_count = 0;
    if (shown == NULL) {
        r->status = MA_REPORT_FAILED;
        r->failure = "no memory";
        count_nothing(r);
        return;
    }
    for (size_t i = 0; i < count; i++)
        shown[i] = all[i];
    r->findings = shown;
    r->finding_count = count;
    count_value(r, all, list);
    r->score.lowest = lowest(shown, count);
    if (r->status == MA_REPORT_FAILED)
        count_nothing(r);
    r->score.grade = ma_grade(r->score.value);
    r->score.lowest_grade = ma_grade(r->score.lowest);
}
