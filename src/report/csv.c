/* SPDX-License-Identifier: MIT */
/* csv.c - one line a report (RFC 4180), for a table of many domains. */
#include "report.h"

#include <string.h>

const char ma_report_csv_header[] =
    "line,label,domain,addresses,status,score,lowest,grade,lowest_grade,verdict,questions,"
    "unanswered,not_asked,findings\n";

/* A field that a spreadsheet would take for a formula gets a quote in front. */
static void put_text(FILE *file, const char *text)
{
    if (text == NULL)
        return;
    bool formula = strchr("=+-@\t\r", *text) != NULL && *text != '\0';
    if (!formula && strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    if (formula)
        fputc('\'', file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text == '\n' || *text == '\r' ? ' ' : *text, file);
    }
    fputc('"', file);
}

static void put_addresses(FILE *file, const struct ma_senders *s)
{
    for (size_t i = 0; s != NULL && i < s->count; i++)
        fprintf(file, "%s%s", i > 0 ? " " : "", s->list[i].text);
}

static void put_findings(FILE *file, const struct ma_report *r)
{
    bool any = false;
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct ma_finding *f = r->findings[i];
        if (f->severity < MA_NOTICE || f->muted != NULL)
            continue;
        fprintf(file, "%s%s", any ? " " : "", f->rule->id);
        any = true;
    }
}

void ma_report_csv(FILE *file, const struct ma_report *r, const struct ma_render_options *options)
{
    static const char *const states[] = {"complete", "incomplete", "failed"};
    bool failed = r->status == MA_REPORT_FAILED;
    (void)options;
    if (r->line == 0) /* not in a batch, which writes it once */
        fputs(ma_report_csv_header, file);
    if (r->line > 0)
        fprintf(file, "%u", (unsigned)r->line);
    fputc(',', file);
    put_text(file, r->label);
    fputc(',', file);
    put_text(file, r->target != NULL ? r->target->domain : NULL);
    fputc(',', file);
    put_addresses(file, r->senders);
    fprintf(file, ",%s,", states[r->status]);
    if (failed)
        fprintf(file, ",,,,unknown,0,0,0,");
    else
        fprintf(file, "%d,%d,%c,%c,%s,%u,%u,%u,", r->score.value, r->score.lowest, r->score.grade,
            r->score.lowest_grade, ma_severity_name(r->verdict), r->questions, r->unanswered,
            r->not_asked);
    if (failed)
        put_text(file, r->failure);
    else
        put_findings(file, r);
    fputc('\n', file);
}
