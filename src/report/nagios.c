/* SPDX-License-Identifier: MIT */
#include "nagios.h"

#include "../data.h"
#include "escape.h"
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define OBJECT_COLUMNS_MAX 34 /* of a domain in the status line: its middle is left out */
#define SPF_LOOKUPS_MAX    10 /* RFC 7208 4.6.4 */
#define LEVEL_FINDINGS     1  /* -v: a line a finding */
#define LEVEL_EVIDENCE     2  /* -vv: what was seen, and the fix */
#define LEVEL_REPORT       3  /* -vvv: the whole report */

static const struct ma_nagios as_is;

const char *ma_service_state_name(enum ma_service_state s)
{
    static const char *const names[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    return names[s];
}

/* ---- text ------------------------------------------------------------------------------------ */

static void next_piece(struct ma_piece *piece, const char *text, size_t size)
{
    ma_piece_next(piece, (const unsigned char *)text, size);
    if (piece->length == 1 && piece->text[0] == '|') {
        memcpy(piece->text, "\\x7c", 5);
        piece->length = piece->columns = 4;
    }
}

static void put_bytes(FILE *file, const char *text, size_t size)
{
    struct ma_piece piece;
    for (size_t done = 0; done < size; done += piece.consumed) {
        next_piece(&piece, text + done, size - done);
        fwrite(piece.text, 1, piece.length, file);
    }
}

void ma_nagios_put(FILE *file, const char *text)
{
    put_bytes(file, text, strlen(text));
}

bool ma_status_add(struct ma_status_line *line, const char *fmt, ...)
{
    char text[MA_STATUS_BYTES_MAX];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof line->text - line->length)
        return false;
    memcpy(line->text + line->length, text, (size_t)n + 1);
    line->length += (size_t)n;
    return true;
}

void ma_status_add_cut(struct ma_status_line *line, size_t reserve, const char *text)
{
    static const char dots[] = "...";
    struct ma_piece piece;
    size_t room = sizeof line->text - 1 - line->length;
    size_t size = strlen(text), start = line->length, cut = start;
    room = room > reserve ? room - reserve : 0;
    for (size_t done = 0; done < size; done += piece.consumed) {
        next_piece(&piece, text + done, size - done);
        if (line->length - start + piece.length > room) {
            line->length = cut;
            line->text[cut] = '\0';
            ma_status_add(line, "%s", dots);
            return;
        }
        memcpy(line->text + line->length, piece.text, piece.length + 1);
        line->length += piece.length;
        if (line->length - start + sizeof dots - 1 <= room)
            cut = line->length;
    }
}

/* A long name without its middle: both ends tell more. */
static void add_object(struct ma_status_line *line, const char *name)
{
    char text[OBJECT_COLUMNS_MAX + 1];
    const size_t size = strlen(name), part = (OBJECT_COLUMNS_MAX - 3) / 2;
    if (size > OBJECT_COLUMNS_MAX) {
        snprintf(text, sizeof text, "%.*s...%s", (int)part, name, name + size - part);
        name = text;
    }
    ma_status_add_cut(line, 0, name);
}

static const char *object_of(const struct ma_report *r, const struct ma_nagios *n)
{
    if (n->object != NULL)
        return n->object;
    return r->target != NULL && r->target->domain != NULL ? r->target->domain : "the target";
}

/* ---- state ----------------------------------------------------------------------------------- */

/* Could what was not answered hide a critical finding or an error? What was deliberately not asked
   does not count. */
static bool hides_error(const struct ma_finding *f)
{
    return f->severity == MA_UNKNOWN && f->rule->could_be >= MA_ERROR &&
           f->failure != MA_FAIL_OFFLINE;
}

static enum ma_service_state findings_state(const struct ma_report *r, bool incomplete_ok)
{
    bool unknown = false, warning = false;
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct ma_finding *f = r->findings[i];
        if (f->muted != NULL)
            continue;
        if (f->severity >= MA_ERROR)
            return MA_SERVICE_CRITICAL;
        unknown |= hides_error(f) && !incomplete_ok;
        warning |= f->severity == MA_WARNING;
    }
    return unknown ? MA_SERVICE_UNKNOWN : warning ? MA_SERVICE_WARNING : MA_SERVICE_OK;
}

/* Would the range alert at a score that the unanswered questions may hide? */
static bool may_alert(const struct ma_range *range, const struct ma_score *score)
{
    for (int value = score->lowest; value < score->value; value++)
        if (ma_range_alerts(range, value))
            return true;
    return false;
}

static enum ma_service_state score_state(
    const struct ma_report *r, const struct ma_nagios *n, enum ma_service_state state)
{
    const struct ma_score *score = &r->score;
    if (state == MA_SERVICE_CRITICAL || ma_range_alerts(&n->critical, score->value))
        return MA_SERVICE_CRITICAL;
    if (!n->incomplete_ok && may_alert(&n->critical, score))
        return MA_SERVICE_UNKNOWN;
    if (state != MA_SERVICE_OK)
        return state;
    if (ma_range_alerts(&n->warning, score->value))
        return MA_SERVICE_WARNING;
    return !n->incomplete_ok && may_alert(&n->warning, score) ? MA_SERVICE_UNKNOWN : MA_SERVICE_OK;
}

enum ma_service_state ma_nagios_state(const struct ma_report *r, const struct ma_nagios *n)
{
    if (r->status == MA_REPORT_FAILED)
        return MA_SERVICE_UNKNOWN;
    if (n->check_rbl)
        return ma_rbl_state(r, n);
    return score_state(r, n, findings_state(r, n->incomplete_ok));
}

/* ---- status line ----------------------------------------------------------------------------- */

struct counts {
    unsigned of[MA_CRITICAL + 1];
    const struct ma_finding *worst; /* the first that is no remark, or NULL */
};

static struct counts count_findings(const struct ma_report *r)
{
    struct counts c = {.worst = NULL};
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct ma_finding *f = r->findings[i];
        if (f->muted != NULL)
            continue;
        c.of[f->severity]++;
        if (c.worst == NULL && f->severity >= MA_UNKNOWN)
            c.worst = f;
    }
    return c;
}

static void add_score(struct ma_status_line *line, const struct ma_score *s)
{
    ma_status_add(line, " %d %c", s->value, s->grade);
    if (s->lowest != s->value)
        ma_status_add(line, " (could be %d %c)", s->lowest, s->lowest_grade);
}

static void add_counts(struct ma_status_line *line, const struct ma_report *r)
{
    static const struct {
        enum ma_severity severity;
        const char *one, *many;
    } words[] = {
        {MA_CRITICAL, "critical", "critical"},
        {MA_ERROR, "error", "errors"},
        {MA_WARNING, "warning", "warnings"},
    };
    struct counts c = count_findings(r);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        unsigned count = c.of[words[i].severity];
        if (count > 0)
            ma_status_add(line, ", %u %s", count, count == 1 ? words[i].one : words[i].many);
    }
    if (r->unanswered > 0)
        ma_status_add(line, ", %u of %u unanswered", r->unanswered, r->questions);
    if (c.worst != NULL)
        ma_status_add(line, ", %s", c.worst->rule->id);
}

static void start_line(struct ma_status_line *line, enum ma_service_state state)
{
    *line = (struct ma_status_line){.length = 0};
    ma_status_add(line, "MAILAUDIT %s: ", ma_service_state_name(state));
}

void ma_nagios_summary(char text[static MA_STATUS_BYTES_MAX], const struct ma_report *r,
    const struct ma_nagios *n, enum ma_service_state state)
{
    struct ma_status_line line;
    start_line(&line, state);
    size_t start = line.length;
    add_object(&line, object_of(r, n));
    if (r->status == MA_REPORT_FAILED) {
        ma_status_add_cut(&line, 0, ": ");
        ma_status_add_cut(&line, 0, r->failure != NULL ? r->failure : "no reason given");
    } else if (n->check_rbl) {
        ma_rbl_summary(&line, r, n);
    } else {
        add_score(&line, &r->score);
        add_counts(&line, r);
    }
    memcpy(text, line.text + start, line.length - start + 1);
}

static void put_status(FILE *file, const struct ma_report *r, const struct ma_nagios *n)
{
    struct ma_status_line line;
    char text[MA_STATUS_BYTES_MAX], note[MA_STATUS_BYTES_MAX] = "";
    enum ma_service_state state = n->repeat != NULL ? n->repeat->state : ma_nagios_state(r, n);
    start_line(&line, state);
    if (n->repeat != NULL) {
        snprintf(note, sizeof note, " (before; now unknown, %u of %u)", n->repeat->unknowns,
            n->repeat->limit);
        ma_status_add_cut(&line, strlen(note), n->repeat->summary);
        ma_status_add(&line, "%s", note);
    } else {
        ma_nagios_summary(text, r, n, state);
        ma_status_add(&line, "%s", text);
    }
    fputs(line.text, file);
    if (n->append != NULL) {
        putc(' ', file);
        ma_nagios_put(file, n->append);
    }
}

bool ma_nagios_failure(FILE *file, const char *text)
{
    struct ma_status_line line;
    start_line(&line, MA_SERVICE_UNKNOWN);
    bool whole = line.length + strlen(text) < sizeof line.text;
    ma_status_add_cut(&line, 0, text);
    fprintf(file, "%s\n", line.text);
    return whole;
}

/* ---- performance data ------------------------------------------------------------------------ */

const struct ma_data *ma_nagios_data(const struct ma_report *r, const char *check)
{
    for (size_t i = 0; i < r->check_count; i++)
        if (strcmp(r->checks[i].check->name, check) == 0)
            return r->checks[i].data;
    return NULL;
}

const struct ma_data *ma_nagios_member(const struct ma_data *object, const char *key)
{
    if (object == NULL || object->kind != MA_DATA_OBJECT)
        return NULL;
    for (const struct ma_data *d = object->children.first; d != NULL; d = d->next)
        if (strcmp(d->key, key) == 0)
            return d;
    return NULL;
}

static const char *range_text(const struct ma_range *r)
{
    return r->text != NULL ? r->text : "";
}

static void put_score(FILE *file, const struct ma_report *r, const struct ma_nagios *n)
{
    static const char *const labels[] = {"score", "score_lowest"};
    const int values[] = {r->score.value, r->score.lowest};
    for (int i = 0; i < 2; i++) {
        fprintf(file, "%s%s=", i > 0 ? " " : "", labels[i]);
        if (r->status == MA_REPORT_FAILED)
            putc('U', file);
        else
            fprintf(file, "%d", values[i]);
        fprintf(file, ";%s;%s;0;100", i == 0 ? range_text(&n->warning) : "",
            i == 0 ? range_text(&n->critical) : "");
    }
}

static void put_counts(FILE *file, const struct ma_report *r)
{
    struct counts c = count_findings(r);
    if (r->status == MA_REPORT_FAILED) {
        fputs(" findings=U critical=U errors=U warnings=U unknown=U", file);
        return;
    }
    fprintf(file, " findings=%u critical=%u errors=%u warnings=%u unknown=%u",
        c.of[MA_CRITICAL] + c.of[MA_ERROR] + c.of[MA_WARNING], c.of[MA_CRITICAL], c.of[MA_ERROR],
        c.of[MA_WARNING], c.of[MA_UNKNOWN]);
}

/* Of a check that did not run there is nothing, so that a command always gives the same labels. */
static void put_dnsbl(FILE *file, const struct ma_report *r)
{
    struct ma_list_counts c = ma_nagios_lists(r, "block");
    if (ma_nagios_data(r, "dnsbl") == NULL)
        return;
    if (c.listed + c.clean == 0)
        fputs(" dnsbl_listed=U", file); /* no list gave an answer */
    else
        fprintf(file, " dnsbl_listed=%u", c.listed);
    fprintf(file, " dnsbl_unknown=%u", c.unknown);
}

static void put_spf(FILE *file, const struct ma_report *r)
{
    const struct ma_data *spf = ma_nagios_data(r, "spf");
    const struct ma_data *lookups = ma_nagios_member(spf, "lookups_worst_case");
    if (spf == NULL)
        return;
    if (lookups != NULL && lookups->kind == MA_DATA_INT)
        fprintf(file, " spf_lookups=%" PRId64, lookups->number);
    else
        fputs(" spf_lookups=U", file);
    fprintf(file, ";;%d;0", SPF_LOOKUPS_MAX);
}

static void put_perfdata(FILE *file, const struct ma_report *r, const struct ma_nagios *n)
{
    if (n->check_rbl) {
        ma_rbl_perfdata(file, r, n);
    } else {
        put_score(file, r, n);
        put_counts(file, r);
        put_dnsbl(file, r);
        put_spf(file, r);
    }
    if (r->status == MA_REPORT_FAILED)
        fputs(" questions=U unanswered=U", file);
    else
        fprintf(file, " questions=%u unanswered=%u", r->questions, r->unanswered);
}

/* ---- further lines --------------------------------------------------------------------------- */

static void put_labelled(FILE *file, const char *label, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    fprintf(file, "  %s: ", label);
    ma_nagios_put(file, text);
    putc('\n', file);
}

/* The lines of a file to paste, where the rule itself breaks the line, are lines here, too. */
static void put_fix(FILE *file, const struct ma_finding *f)
{
    if (f->fix == NULL || strchr(f->rule->fix, '\n') == NULL) {
        put_labelled(file, "fix", f->fix);
        return;
    }
    char *copy = strdup(f->fix), *rest = copy;
    const char *label = "  fix: ";
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        fputs(label, file);
        ma_nagios_put(file, line);
        putc('\n', file);
        label = "    ";
    }
    free(copy);
}

static void put_finding(FILE *file, const struct ma_finding *f, unsigned level)
{
    char severity[16] = "";
    const char *name = ma_severity_name(f->severity);
    for (size_t i = 0; name[i] != '\0' && i + 1 < sizeof severity; i++)
        severity[i] = (char)(name[i] - ('a' - 'A'));
    fprintf(file, "%s %s ", severity, f->rule->id);
    ma_nagios_put(file, f->subject);
    fputs(": ", file);
    ma_nagios_put(file, f->rule->title);
    putc('\n', file);
    if (level < LEVEL_EVIDENCE)
        return;
    put_labelled(file, "seen", f->evidence);
    put_fix(file, f);
}

static void put_findings(FILE *file, const struct ma_report *r, unsigned level)
{
    enum ma_severity least = level < LEVEL_EVIDENCE ? MA_UNKNOWN : MA_INFO;
    for (size_t i = 0; i < r->finding_count; i++)
        if (r->findings[i]->muted == NULL && r->findings[i]->severity >= least)
            put_finding(file, r->findings[i], level);
}

static void put_report(FILE *file, const struct ma_report *r)
{
    char *text = NULL;
    size_t size = 0;
    const struct ma_render_options plain = {.columns = 80, .verbose = 1, .trace = true};
    FILE *memory = open_memstream(&text, &size);
    if (memory == NULL)
        return;
    ma_report_text(memory, r, &plain);
    if (fclose(memory) == 0) {
        for (const char *line = text; *line != '\0';) {
            size_t length = strcspn(line, "\n");
            put_bytes(file, line, length);
            putc('\n', file);
            line += length + (line[length] == '\n');
        }
    }
    free(text);
}

void ma_report_nagios(
    FILE *file, const struct ma_report *r, const struct ma_render_options *options)
{
    const struct ma_nagios *n = options->nagios != NULL ? options->nagios : &as_is;
    put_status(file, r, n);
    fputs(" | ", file);
    put_perfdata(file, r, n);
    putc('\n', file);
    if (options->verbose >= LEVEL_REPORT)
        put_report(file, r);
    else if (n->check_rbl && options->verbose >= LEVEL_FINDINGS)
        ma_rbl_details(file, r, options->verbose);
    else if (options->verbose >= LEVEL_FINDINGS)
        put_findings(file, r, options->verbose);
}
