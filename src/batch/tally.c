/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MA_TALLY_SHOWN 20 /* findings in the text form */
#define MA_TALLY_SLOW  10 /* zones */

static const char grade_letters[] = "ABCDF";

int ma_tally_grade(char grade)
{
    const char *p = grade != '\0' ? strchr(grade_letters, grade) : NULL;
    return p != NULL ? (int)(p - grade_letters) : -1;
}

/* Commonest first, then worst, then by name. */
static int by_count(const void *a, const void *b)
{
    const struct ma_tally_rule *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    if (x->severity != y->severity)
        return x->severity < y->severity ? 1 : -1;
    return strcmp(x->id, y->id);
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static void print_slow(FILE *file, const struct ma_slow *slow)
{
    const struct ma_slow_zone *zones[MA_TALLY_SLOW];
    size_t count = slow != NULL ? ma_slow_worst(slow, zones, MA_TALLY_SLOW) : 0;
    if (count == 0)
        return;
    fputs("\nslowest name servers, by zone\n", file);
    for (size_t i = 0; i < count; i++)
        fprintf(file, "  %9.1f s in all  %7u slow answers  %7u without one  %s\n",
            (double)zones[i]->waited_msecs / 1000, (unsigned)zones[i]->answers,
            (unsigned)zones[i]->timeouts, zones[i]->name);
}

static void print_text(FILE *file, const struct ma_tally *t)
{
    fprintf(file,
        "%" PRIu64 " targets, %" PRIu64 " with unanswered questions, %" PRIu64 " failed\n",
        t->reports, t->incomplete, t->failed);
    fputs("\ngrades\n", file);
    for (unsigned i = 0; i < 5; i++)
        fprintf(file, "  %c %9" PRIu64 "  %5.1f %%   at worst %9" PRIu64 "\n", grade_letters[i],
            t->grades[i], percent(t->grades[i], t->reports), t->lowest_grades[i]);
    fputs("\nworst finding\n", file);
    for (int i = MA_CRITICAL; i >= 0; i--)
        if (t->verdicts[i] > 0)
            fprintf(file, "  %-9s %9" PRIu64 "\n", ma_severity_name((enum ma_severity)i),
                t->verdicts[i]);
    fputs("\ncommonest findings\n", file);
    unsigned shown = 0;
    for (size_t i = 0; i < t->rule_count && shown < MA_TALLY_SHOWN; i++) {
        const struct ma_tally_rule *r = &t->rules[i];
        if (r->count == 0 || r->severity < MA_NOTICE)
            continue;
        shown++;
        fprintf(file, "  %9" PRIu64 "  %5.1f %%  %-8s %s\n", r->count,
            percent(r->count, t->reports), ma_severity_name(r->severity), r->id);
    }
    if (shown == 0)
        fputs("  none\n", file);
    fputs("\nunknown, by cause\n", file);
    bool any = false;
    for (int i = 0; i < MA_FAIL_COUNT; i++) {
        if (t->unknowns[i] == 0)
            continue;
        any = true;
        fprintf(file, "  %9" PRIu64 "  %s\n", t->unknowns[i],
            i == MA_FAIL_NONE ? "no single answer" : ma_failure_phrase((enum ma_failure)i));
    }
    if (!any)
        fputs("  none\n", file);
    print_slow(file, t->slow);
}

/* Backslashes and quotes, all that a name can have of what JSON escapes. */
static const char *json_name(const char *name)
{
    static char text[2 * MA_SLOW_NAME];
    char *to = text;
    for (; *name != '\0'; name++) {
        if (*name == '\\' || *name == '"')
            *to++ = '\\';
        *to++ = *name;
    }
    *to = '\0';
    return text;
}

static void print_json(FILE *file, const struct ma_tally *t)
{
    fprintf(file,
        "{\"schema\":1,\"targets\":%" PRIu64 ",\"incomplete\":%" PRIu64 ",\"failed\":%" PRIu64
        ",\"grades\":{",
        t->reports, t->incomplete, t->failed);
    for (unsigned i = 0; i < 5; i++)
        fprintf(file, "%s\"%c\":%" PRIu64, i > 0 ? "," : "", grade_letters[i], t->grades[i]);
    fputs("},\"lowest_grades\":{", file);
    for (unsigned i = 0; i < 5; i++)
        fprintf(file, "%s\"%c\":%" PRIu64, i > 0 ? "," : "", grade_letters[i], t->lowest_grades[i]);
    fputs("},\"verdicts\":{", file);
    for (int i = 0; i <= MA_CRITICAL; i++)
        fprintf(file, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", ma_severity_name((enum ma_severity)i),
            t->verdicts[i]);
    fputs("},\"findings\":[", file);
    bool any = false;
    for (size_t i = 0; i < t->rule_count; i++) {
        if (t->rules[i].count == 0)
            continue;
        fprintf(file, "%s{\"rule\":\"%s\",\"severity\":\"%s\",\"targets\":%" PRIu64 "}",
            any ? "," : "", t->rules[i].id, ma_severity_name(t->rules[i].severity),
            t->rules[i].count);
        any = true;
    }
    fputs("],\"unknowns\":{", file);
    for (int i = 0; i < MA_FAIL_COUNT; i++)
        fprintf(file, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", ma_failure_name((enum ma_failure)i),
            t->unknowns[i]);
    fputs("},\"slow_zones\":[", file);
    const struct ma_slow_zone *zones[MA_TALLY_SLOW];
    size_t slow = t->slow != NULL ? ma_slow_worst(t->slow, zones, MA_TALLY_SLOW) : 0;
    for (size_t i = 0; i < slow; i++) /* a name in presentation format has a backslash at worst */
        fprintf(file,
            "%s{\"zone\":\"%s\",\"waited_msecs\":%" PRIu64 ",\"slow_answers\":%u,\"timeouts\":%u}",
            i > 0 ? "," : "", json_name(zones[i]->name), zones[i]->waited_msecs,
            (unsigned)zones[i]->answers, (unsigned)zones[i]->timeouts);
    fputs("]}\n", file);
}

static void print_csv(FILE *file, const struct ma_tally *t)
{
    fprintf(file,
        "what,name,targets\ntotal,targets,%" PRIu64 "\ntotal,incomplete,%" PRIu64
        "\ntotal,failed,%" PRIu64 "\n",
        t->reports, t->incomplete, t->failed);
    for (unsigned i = 0; i < 5; i++)
        fprintf(file, "grade,%c,%" PRIu64 "\n", grade_letters[i], t->grades[i]);
    for (int i = 0; i <= MA_CRITICAL; i++)
        fprintf(file, "verdict,%s,%" PRIu64 "\n", ma_severity_name((enum ma_severity)i),
            t->verdicts[i]);
    for (size_t i = 0; i < t->rule_count; i++)
        if (t->rules[i].count > 0)
            fprintf(file, "finding,%s,%" PRIu64 "\n", t->rules[i].id, t->rules[i].count);
    for (int i = 0; i < MA_FAIL_COUNT; i++)
        if (t->unknowns[i] > 0)
            fprintf(file, "unknown,%s,%" PRIu64 "\n", ma_failure_name((enum ma_failure)i),
                t->unknowns[i]);
    const struct ma_slow_zone *zones[MA_TALLY_SLOW];
    size_t slow = t->slow != NULL ? ma_slow_worst(t->slow, zones, MA_TALLY_SLOW) : 0;
    for (size_t i = 0; i < slow; i++)
        fprintf(file, "slow-zone-msecs,%s,%" PRIu64 "\n", zones[i]->name, zones[i]->waited_msecs);
}

void ma_tally_print(FILE *file, const struct ma_tally *t, enum ma_tally_form form)
{
    if (t->rule_count > 1)
        qsort(t->rules, t->rule_count, sizeof *t->rules, by_count);
    switch (form) {
    case MA_TALLY_TEXT:
        print_text(file, t);
        break;
    case MA_TALLY_JSON:
        print_json(file, t);
        break;
    case MA_TALLY_CSV:
        print_csv(file, t);
        break;
    }
}
