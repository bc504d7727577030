/* SPDX-License-Identifier: MIT */
/*
 * The report for a person: the verdict first, then what to change, worst first, then what was found
 * good and how the score was counted.
 */
#include "text.h"
#include "mail.h"
#include "report.h"
#include "sheet.h"
#include "trace.h"

#include "../score.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ADDRESSES_SHOWN 8 /* in the head; all of them with --verbose */
#define SUBJECTS_SHOWN  8 /* of one finding */

static const struct {
    const char *word, *one, *many;
    enum ma_ink ink;
} severities[] = {
    [MA_PASS] = {"PASS", "passed", "passed", MA_INK_GREEN},
    [MA_INFO] = {"INFO", "remark", "remarks", MA_INK_BOLD},
    [MA_NOTICE] = {"NOTICE", "notice", "notices", MA_INK_BOLD},
    [MA_UNKNOWN] = {"UNKNOWN", "unknown", "unknown", MA_INK_CYAN},
    [MA_WARNING] = {"WARNING", "warning", "warnings", MA_INK_YELLOW},
    [MA_ERROR] = {"ERROR", "error", "errors", MA_INK_RED},
    [MA_CRITICAL] = {"CRITICAL", "critical", "critical", MA_INK_RED},
};

/* ---- head ------------------------------------------------------------------------------------ */

static enum ma_ink grade_ink(char grade)
{
    return grade <= 'B' ? MA_INK_GREEN : grade <= 'C' ? MA_INK_YELLOW : MA_INK_RED;
}

static const char *domain_of(const struct ma_report *r)
{
    return r->target != NULL && r->target->domain != NULL ? r->target->domain : "the target";
}

/* "1 error, 2 warnings": what is listed below, passes aside. */
static void show_counts(struct ma_sheet *s, const struct ma_report *r)
{
    size_t counts[MA_CRITICAL + 1] = {0}, muted = 0;
    const char *before = ": ";
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct ma_finding *f = r->findings[i];
        counts[f->severity] += f->muted == NULL;
        muted += f->muted != NULL && f->severity != MA_PASS;
    }
    for (int v = MA_CRITICAL; v > MA_PASS; v--) {
        if (counts[v] == 0)
            continue;
        ma_sheet_print(s, 2, "%s%zu %s", before, counts[v],
            counts[v] == 1 ? severities[v].one : severities[v].many);
        before = ", ";
    }
    if (before[0] == ':')
        ma_sheet_words(s, 2, ": nothing to mend");
    if (muted > 0)
        ma_sheet_print(s, 2, ", %zu muted", muted);
}

/* What was not answered; for what that may hide see show_verdict(). */
static void show_questions(struct ma_sheet *s, const struct ma_report *r)
{
    if (r->unanswered == 0)
        return;
    ma_sheet_tab(s, 2);
    ma_sheet_print(s, 2, "%u of %u questions unanswered", r->unanswered, r->questions);
    if (r->not_asked > 0)
        ma_sheet_print(s, 2, ", %u not asked", r->not_asked);
    ma_sheet_end_line(s);
}

/* The score never stands alone over what is not known. */
static void show_verdict(struct ma_sheet *s, const struct ma_report *r)
{
    const struct ma_score *score = &r->score;
    bool sure = score->lowest == score->value;
    char text[64];
    snprintf(text, sizeof text, "%d %c", score->value, score->grade);
    ma_sheet_ink(s, sure ? grade_ink(score->grade) : MA_INK_CYAN, text);
    if (!sure) {
        snprintf(text, sizeof text, " (could be %d %c)", score->lowest, score->lowest_grade);
        ma_sheet_ink(s, MA_INK_CYAN, text);
    }
    ma_sheet_tab(s, s->at + 2);
    ma_sheet_ink(s, MA_INK_BOLD, domain_of(r));
    show_counts(s, r);
    ma_sheet_end_line(s);
    show_questions(s, r);
}

static void show_failure(struct ma_sheet *s, const struct ma_report *r)
{
    ma_sheet_ink(s, MA_INK_RED, "FAILED");
    ma_sheet_print(s, 2, " %s could not be audited: %s", domain_of(r),
        r->failure != NULL ? r->failure : "no reason given");
    ma_sheet_end_line(s);
}

static void show_addresses(struct ma_sheet *s, const struct ma_senders *senders, bool all)
{
    size_t shown = all || senders->count <= ADDRESSES_SHOWN ? senders->count : ADDRESSES_SHOWN;
    ma_sheet_tab(s, 2);
    ma_sheet_ink(s, MA_INK_DIM, "addresses");
    ma_sheet_tab(s, s->item_indent);
    if (senders->count == 0)
        ma_sheet_words(s, s->item_indent, "none");
    for (size_t i = 0; i < shown; i++) {
        const struct ma_sender *a = &senders->list[i];
        const char *host = a->host;
        ma_sheet_print(s, s->item_indent, host != NULL ? "%s%s (%s)" : "%s%s", i > 0 ? ", " : "",
            a->text, host);
    }
    if (shown < senders->count + senders->left_out)
        ma_sheet_print(
            s, s->item_indent, " and %zu more", senders->count + senders->left_out - shown);
    ma_sheet_words(
        s, s->item_indent, senders->from_mx ? " (found through the MX records)" : " (as given)");
    if (senders->failed != NULL)
        ma_sheet_words(s, s->item_indent, "; a look-up failed: some may be missing");
    ma_sheet_end_line(s);
}

static void show_stamp(struct ma_sheet *s, int64_t at_secs)
{
    char text[32];
    struct tm tm;
    time_t at = (time_t)at_secs;
    if (at_secs >= 0 && gmtime_r(&at, &tm) != NULL &&
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
        ma_sheet_item(s, "audited", "%s", text);
}

static void show_target(struct ma_sheet *s, const struct ma_report *r, bool all)
{
    const struct ma_target *t = r->target;
    if (t == NULL)
        return;
    bool same = t->unicode == NULL || strcmp(t->domain, t->unicode) == 0;
    s->item_indent = 13;
    ma_sheet_end_line(s);
    ma_sheet_item(s, "domain", same ? "%s" : "%s (%s)", t->domain, t->unicode);
    if (r->label != NULL)
        ma_sheet_item(s, "label", "%s", r->label);
    if (r->senders != NULL)
        show_addresses(s, r->senders, all);
    if (t->sender != NULL && *t->sender == '\0')
        ma_sheet_item(s, "sender", "<> (the null sender: the HELO name counts)");
    else if (t->sender != NULL)
        ma_sheet_item(s, "sender", t->sender_given ? "%s" : "%s (assumed)", t->sender);
    if (t->helo != NULL)
        ma_sheet_item(s, "HELO", "%s", t->helo);
    if (r->status != MA_REPORT_FAILED)
        ma_sheet_item(
            s, "role", "%s (%s)", ma_role_name(r->role), r->role_given ? "as given" : "inferred");
    ma_sheet_item(s, "questions",
        r->not_asked > 0 ? "%u asked, %u unanswered; %u not asked" : "%u asked, %u unanswered",
        r->questions, r->unanswered, r->not_asked);
    show_stamp(s, r->audited_at);
    s->item_indent = 9;
}

/* ---- findings -------------------------------------------------------------------------------- */

static void show_also(struct ma_sheet *s, const struct ma_finding *f, bool all)
{
    size_t count = 0;
    if (f->also == NULL)
        return;
    ma_sheet_tab(s, 2);
    ma_sheet_ink(s, MA_INK_DIM, "also");
    ma_sheet_tab(s, s->item_indent);
    for (const struct ma_subject *a = f->also; a != NULL; a = a->next, count++)
        if (all || count < SUBJECTS_SHOWN)
            ma_sheet_print(s, s->item_indent, "%s%s", count > 0 ? ", " : "", a->text);
    if (!all && count > SUBJECTS_SHOWN)
        ma_sheet_print(s, s->item_indent, " and %zu more", count - SUBJECTS_SHOWN);
    ma_sheet_end_line(s);
}

/* A fix may end in a file to paste: only where the rule itself breaks the line, whatever the texts
   filled in hold. Its lines begin in the first column. */
static void show_fix(struct ma_sheet *s, const struct ma_finding *f)
{
    const char *line = f->fix;
    bool has_file = line != NULL && strchr(f->rule->fix, '\n') != NULL;
    int size = has_file ? (int)strcspn(line, "\n") : -1;
    if (line == NULL)
        return;
    ma_sheet_item(s, "fix", "%.*s", size, line);
    if (!has_file)
        return;
    ma_sheet_end_line(s);
    while (line[size] == '\n') {
        line += size + 1;
        size = (int)strcspn(line, "\n");
        ma_sheet_print(s, 0, "%.*s", size, line);
        ma_sheet_end_line(s);
    }
    if (f->records == NULL)
        ma_sheet_end_line(s);
}

static void show_records(struct ma_sheet *s, const struct ma_record *records)
{
    int64_t ttl_secs = -1;
    char duration[MA_DURATION_MAX];
    if (records == NULL)
        return;
    ma_sheet_end_line(s);
    for (const struct ma_record *r = records; r != NULL; r = r->next) {
        ma_sheet_record(s, r);
        ttl_secs = r->ttl_secs > ttl_secs ? r->ttl_secs : ttl_secs;
    }
    ma_sheet_end_line(s);
    if (ttl_secs <= 0)
        return;
    ma_duration_text(duration, ttl_secs);
    ma_sheet_item(s, "", "resolvers may keep the old answer for up to %s", duration);
}

static const char *points_words(const struct ma_finding *f, char *text, size_t size)
{
    unsigned whole = ma_finding_points(f);
    if (!ma_finding_counts(f))
        snprintf(text, size, "no points: an effect of %s", f->cause);
    else if (f->severity == MA_UNKNOWN && f->rule->could_be > MA_INFO)
        snprintf(text, size, "no points, but could be %s%s", ma_severity_name(f->rule->could_be),
            f->hides_several ? ", or several" : "");
    else if (whole == 0)
        snprintf(text, size, "no points");
    else if (whole == f->points)
        snprintf(text, size, whole == 1 ? "%u point" : "%u points", whole);
    else
        snprintf(text, size, "%u of its %u points: see the score", f->points, whole);
    return text;
}

void ma_text_severity(struct ma_sheet *s, enum ma_severity severity)
{
    ma_sheet_ink(s, severities[severity].ink, severities[severity].word);
}

void ma_text_finding(struct ma_sheet *s, const struct ma_finding *f, bool all)
{
    char points[160];
    const struct ma_rule *rule = f->rule;
    ma_sheet_end_line(s);
    ma_text_severity(s, f->severity);
    ma_sheet_print(s, s->item_indent, ": %s", rule->title);
    ma_sheet_end_line(s);
    ma_sheet_item(s, "at", "%s", f->subject);
    show_also(s, f, all);
    if (f->evidence != NULL && f->evidence[0] != '\0')
        ma_sheet_item(s, "seen", "%s", f->evidence);
    if (f->place != NULL) {
        ma_sheet_item(s, "where", "%s %s", f->place->owner, f->place->type_name);
        if (f->place->record_size > 0)
            ma_sheet_place(s, f->place);
    }
    if (rule->why != NULL)
        ma_sheet_item(s, "why", "%s", rule->why);
    show_fix(s, f);
    show_records(s, f->records);
    points_words(f, points, sizeof points);
    ma_sheet_item(s, "rule", rule->reference != NULL ? "%s; %s; %s" : "%s; %s", rule->id, points,
        rule->reference);
}

static bool is_explained(const struct ma_finding *f, const char *cause)
{
    return f->muted == NULL && f->explained && strcmp(f->cause, cause) == 0;
}

/* What is UNKNOWN for one cause that is told above: a line each. */
static void show_explained(
    struct ma_sheet *s, const struct ma_report *r, size_t first, const char *cause)
{
    ma_sheet_end_line(s);
    ma_sheet_ink(s, severities[MA_UNKNOWN].ink, severities[MA_UNKNOWN].word);
    ma_sheet_print(s, s->item_indent, " because of %s", cause);
    ma_sheet_end_line(s);
    for (size_t i = first; i < r->finding_count; i++) {
        const struct ma_finding *f = r->findings[i];
        if (!is_explained(f, cause))
            continue;
        ma_sheet_tab(s, 2);
        ma_sheet_print(s, 4, "%s: %s (%s)", f->rule->id, f->subject, ma_failure_phrase(f->failure));
        ma_sheet_end_line(s);
    }
}

static void show_all_explained(struct ma_sheet *s, const struct ma_report *r)
{
    for (size_t i = 0; i < r->finding_count; i++) {
        const char *cause = r->findings[i]->cause;
        bool first = cause != NULL && is_explained(r->findings[i], cause);
        for (size_t k = 0; k < i && first; k++)
            first = !is_explained(r->findings[k], cause);
        if (first)
            show_explained(s, r, i, cause);
    }
}

static void show_findings(struct ma_sheet *s, const struct ma_report *r, bool all)
{
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct ma_finding *f = r->findings[i];
        if (f->muted == NULL && f->severity > MA_PASS && (all || !f->explained))
            ma_text_finding(s, f, all);
    }
    if (!all)
        show_all_explained(s, r);
}

static void show_muted(struct ma_sheet *s, const struct ma_report *r)
{
    bool any = false;
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct ma_finding *f = r->findings[i];
        if (f->muted == NULL || f->severity == MA_PASS)
            continue;
        if (!any) {
            ma_sheet_end_line(s);
            ma_sheet_ink(s, MA_INK_BOLD, "Muted by your policy");
            ma_sheet_end_line(s);
        }
        any = true;
        ma_sheet_tab(s, 2);
        ma_sheet_print(s, 4, "%s: %s (%s; %s): %s", severities[f->severity].word, f->rule->title,
            f->subject, f->rule->id, f->muted);
        ma_sheet_end_line(s);
    }
}

/* ---- passes ---------------------------------------------------------------------------------- */

static void show_pass(struct ma_sheet *s, const struct ma_report *r, const struct ma_finding *f)
{
    size_t more = 0;
    for (const struct ma_subject *a = f->also; a != NULL; a = a->next)
        more++;
    ma_sheet_tab(s, 2);
    ma_sheet_ink(s, MA_INK_GREEN, f->rule->id);
    ma_sheet_tab(s, 28);
    ma_sheet_words(s, 28, f->rule->title);
    if (r->target == NULL || strcmp(f->subject, domain_of(r)) != 0)
        ma_sheet_print(s, 28, ": %s", f->subject);
    if (more > 0)
        ma_sheet_print(s, 28, " and %zu more", more);
    ma_sheet_end_line(s);
}

static void show_passes(struct ma_sheet *s, const struct ma_report *r, bool all)
{
    bool any = false;
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct ma_finding *f = r->findings[i];
        if (f->severity != MA_PASS)
            continue;
        if (!any) {
            ma_sheet_end_line(s);
            ma_sheet_ink(s, MA_INK_BOLD, "Good");
            ma_sheet_end_line(s);
        }
        any = true;
        show_pass(s, r, f);
        if (all && f->evidence != NULL && f->evidence[0] != '\0') {
            ma_sheet_tab(s, 28);
            ma_sheet_words(s, 28, f->evidence);
            ma_sheet_end_line(s);
        }
    }
}

/* ---- how the score was counted --------------------------------------------------------------- */

static void show_deductions(struct ma_sheet *s, const struct ma_report *r, int *sum_r)
{
    *sum_r = 100;
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct ma_finding *f = r->findings[i];
        unsigned whole = ma_finding_points(f);
        if (whole == 0 || !ma_finding_counts(f))
            continue;
        ma_sheet_print(s, 8, "  %4d  %s", -(int)f->points, f->rule->id);
        if (f->points < whole)
            ma_sheet_print(s, 8, " (%u, but %s costs at most %u)", whole, f->check->area,
                ma_report_cap(r, f->check->area));
        ma_sheet_end_line(s);
        *sum_r -= (int)f->points;
    }
}

static void show_score(struct ma_sheet *s, const struct ma_report *r)
{
    const struct ma_score *score = &r->score;
    int sum;
    ma_sheet_end_line(s);
    ma_sheet_ink(s, MA_INK_BOLD, "Score");
    ma_sheet_end_line(s);
    ma_sheet_words(s, 8, "   100  to begin with");
    ma_sheet_end_line(s);
    show_deductions(s, r, &sum);
    if (score->gate != NULL || sum < 0) {
        ma_sheet_print(s, 8, "  %4d", sum);
        ma_sheet_end_line(s);
    }
    ma_sheet_print(s, 8, "  %4d  %c", score->value, score->grade);
    if (score->gate != NULL)
        ma_sheet_print(s, 8, ", the most that %s leaves",
            strcmp(score->gate, "error") == 0 ? "an error" : "a critical finding");
    ma_sheet_end_line(s);
    if (score->lowest != score->value) {
        ma_sheet_print(s, 8, "  %4d  %c, if what is unknown is as bad as it can be", score->lowest,
            score->lowest_grade);
        ma_sheet_end_line(s);
    }
}

void ma_report_text(FILE *file, const struct ma_report *r, const struct ma_render_options *options)
{
    struct ma_sheet s;
    bool all = options->verbose > 0;
    ma_sheet_init(&s, file, options->columns, options->colour);
    if (r->status == MA_REPORT_FAILED)
        show_failure(&s, r);
    else
        show_verdict(&s, r);
    if (!ma_mail_show(&s, r, all))
        show_target(&s, r, all);
    show_findings(&s, r, all);
    show_muted(&s, r);
    show_passes(&s, r, all);
    if (options->trace)
        ma_trace_show(&s, r);
    if (r->status != MA_REPORT_FAILED)
        show_score(&s, r);
}
