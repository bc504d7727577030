/* SPDX-License-Identifier: MIT */
/* summary.c - `mailaudit summary FILE...`: adds up the reports that a batch wrote. */
#include "batch.h"
#include "tally.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct ma_tally tally;
    struct ma_tally_rule rules[MA_TALLY_RULES_MAX];
    size_t seen[MA_TALLY_RULES_MAX]; /* the report that counted it last */
};

static struct ma_tally_rule *rule_of(struct reader *r, const char *id, enum ma_severity severity)
{
    struct ma_tally *t = &r->tally;
    for (size_t i = 0; i < t->rule_count; i++)
        if (strcmp(t->rules[i].id, id) == 0)
            return &t->rules[i];
    char *copy = t->rule_count < MA_TALLY_RULES_MAX ? strdup(id) : NULL;
    if (copy == NULL)
        return NULL;
    t->rules[t->rule_count] = (struct ma_tally_rule){.id = copy, .severity = severity};
    return &t->rules[t->rule_count++];
}

static enum ma_failure failure_of(const char *name)
{
    for (int i = 1; name != NULL && i < MA_FAIL_COUNT; i++)
        if (strcmp(ma_failure_name((enum ma_failure)i), name) == 0)
            return (enum ma_failure)i;
    return MA_FAIL_NONE;
}

static bool add_finding(struct reader *r, const json_t *finding)
{
    const char *id = json_string_value(json_object_get(finding, "rule"));
    const char *word = json_string_value(json_object_get(finding, "severity"));
    enum ma_severity severity;
    if (id == NULL || word == NULL || !ma_severity_parse(&severity, word))
        return false;
    struct ma_tally_rule *rule = rule_of(r, id, severity);
    if (severity == MA_UNKNOWN)
        r->tally.unknowns[failure_of(json_string_value(json_object_get(finding, "failure")))]++;
    if (rule == NULL || r->seen[rule - r->tally.rules] == r->tally.reports)
        return true;
    r->seen[rule - r->tally.rules] = r->tally.reports;
    rule->count++;
    return true;
}

static void count_grade(uint64_t grades[5], const json_t *score, const char *key)
{
    const char *text = json_string_value(json_object_get(score, key));
    int i = text != NULL ? ma_tally_grade(*text) : -1;
    if (i >= 0)
        grades[i]++;
}

static bool add_report(struct reader *r, const json_t *report)
{
    const char *status = json_string_value(json_object_get(report, "status"));
    const char *verdict = json_string_value(json_object_get(report, "verdict"));
    const json_t *score = json_object_get(report, "score");
    const json_t *findings = json_object_get(report, "findings");
    enum ma_severity severity;
    if (status == NULL || verdict == NULL || !ma_severity_parse(&severity, verdict) ||
        !json_is_array(findings))
        return false;
    struct ma_tally *t = &r->tally;
    t->reports++;
    t->failed += strcmp(status, "failed") == 0;
    t->incomplete += strcmp(status, "incomplete") == 0;
    t->verdicts[severity]++;
    count_grade(t->grades, score, "grade");
    count_grade(t->lowest_grades, score, "lowest_grade");
    for (size_t i = 0; i < json_array_size(findings); i++)
        if (!add_finding(r, json_array_get(findings, i)))
            return false;
    return true;
}

static bool read_file(struct reader *r, const char *path, FILE *file, FILE *err)
{
    char *line = NULL;
    size_t room = 0;
    unsigned number = 0;
    bool ok = true;
    for (ssize_t n; ok && (n = getline(&line, &room, file)) > 0;) {
        json_error_t error;
        json_t *report = json_loadb(line, (size_t)n, JSON_ALLOW_NUL, &error);
        number++;
        ok = report != NULL && add_report(r, report);
        if (report == NULL)
            fprintf(err, "%s:%u:%d: %s\n", path, number, error.column, error.text);
        else if (!ok)
            fprintf(err, "%s:%u: not a report of mailaudit\n", path, number);
        json_decref(report);
    }
    if (ok && ferror(file)) {
        fprintf(err, "cannot read '%s': %s\n", path, strerror(errno));
        ok = false;
    }
    free(line);
    return ok;
}

static enum ma_tally_form form_of(const struct ma_options *o)
{
    if (o->format == NULL || strcmp(o->format->name, "text") == 0)
        return MA_TALLY_TEXT;
    return strcmp(o->format->name, "csv") == 0 ? MA_TALLY_CSV : MA_TALLY_JSON;
}

int ma_summary(const struct ma_options *o, struct ma_registry *registry, FILE *err)
{
    (void)registry;
    struct reader *r = calloc(1, sizeof *r);
    bool ok = r != NULL;
    if (ok)
        r->tally.rules = r->rules;
    if (o->argument_count == 0)
        ok = ok && read_file(r, "standard input", stdin, err);
    for (int i = 0; ok && i < o->argument_count; i++) {
        FILE *file = fopen(o->arguments[i], "r");
        ok = file != NULL && read_file(r, o->arguments[i], file, err);
        if (file == NULL)
            fprintf(err, "cannot read '%s': %s\n", o->arguments[i], strerror(errno));
        else
            fclose(file);
    }
    if (ok)
        ma_tally_print(stdout, &r->tally, form_of(o));
    for (size_t i = 0; r != NULL && i < r->tally.rule_count; i++)
        free((void *)(uintptr_t)r->rules[i].id);
    free(r);
    return ok ? MA_EXIT_OK : MA_EXIT_USAGE;
}
