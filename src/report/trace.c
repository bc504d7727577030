/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include "../data.h"

#include <string.h>

#define INDENT_MAX  40 /* columns; deeper includes stay there */
#define LOOKUPS_MAX 10 /* RFC 7208 4.6.4 */

static const char *known(const char *text)
{
    return text != NULL ? text : "?";
}

static void start_line(struct ma_sheet *s, unsigned indent)
{
    ma_sheet_tab(s, indent < INDENT_MAX ? indent : INDENT_MAX);
}

/* "mail.example.com A: 192.0.2.10, 192.0.2.11" */
static void show_asked(struct ma_sheet *s, const struct ma_data *asked, unsigned indent)
{
    const struct ma_data *answer = ma_data_first(asked, "answer");
    const char *before = ": ";
    start_line(s, indent);
    ma_sheet_print(s, indent + 2, "%s %s", known(ma_data_text(asked, "name")),
        known(ma_data_text(asked, "type")));
    if (answer == NULL)
        ma_sheet_print(s, indent + 2, ": %s", known(ma_data_text(asked, "status")));
    for (; answer != NULL; answer = answer->next, before = ", ")
        if (answer->kind == MA_DATA_TEXT)
            ma_sheet_print(s, indent + 2, "%s%s", before, answer->text.bytes);
    ma_sheet_end_line(s);
}

struct view {
    struct ma_sheet *sheet;
    long long void_limit;
};

static void show_visit(
    const struct view *, const struct ma_data *visit, unsigned indent, bool decides);

/* Is the term where the evaluation ended, or on the way there? */
static bool is_decisive(const char *verdict)
{
    return strcmp(verdict, "match") == 0 || strcmp(verdict, "followed") == 0 ||
           strcmp(verdict, "permerror") == 0 || strcmp(verdict, "temperror") == 0;
}

/* What is used up of the limits. */
static void show_limits(const struct view *v, const struct ma_data *term, unsigned indent)
{
    struct ma_sheet *s = v->sheet;
    if (ma_data_number(term, "lookups") > 0)
        ma_sheet_print(
            s, indent, ", look-ups %lld/%d", ma_data_number(term, "lookups"), LOOKUPS_MAX);
    if (ma_data_number(term, "voids") > 0)
        ma_sheet_print(s, indent, ", void %lld/%lld", ma_data_number(term, "voids"), v->void_limit);
}

static void show_term(
    const struct view *v, const struct ma_data *term, unsigned indent, bool decides)
{
    struct ma_sheet *s = v->sheet;
    const char *verdict = known(ma_data_text(term, "verdict"));
    decides = decides && is_decisive(verdict);
    start_line(s, indent - 2);
    ma_sheet_ink(s, MA_INK_BOLD, decides ? ">" : "");
    start_line(s, indent);
    ma_sheet_ink(s, decides ? MA_INK_BOLD : MA_INK_PLAIN, known(ma_data_text(term, "term")));
    ma_sheet_print(s, indent + 2, "  %s", verdict);
    show_limits(v, term, indent + 2);
    ma_sheet_end_line(s);
    for (const struct ma_data *a = ma_data_first(term, "asked"); a != NULL; a = a->next)
        show_asked(s, a, indent + 4);
    for (const struct ma_data *i = ma_data_first(term, "inside"); i != NULL; i = i->next)
        show_visit(v, i, indent + 4, decides);
}

/* One record that was evaluated: itself, then its terms. */
static void show_visit(
    const struct view *v, const struct ma_data *visit, unsigned indent, bool decides)
{
    struct ma_sheet *s = v->sheet;
    const char *record = ma_data_text(visit, "record");
    start_line(s, indent);
    ma_sheet_print(s, indent + 2, "%s: %s", known(ma_data_text(visit, "domain")),
        record != NULL ? record : "no record");
    ma_sheet_end_line(s);
    for (const struct ma_data *f = ma_data_first(visit, "faults"); f != NULL; f = f->next) {
        start_line(s, indent + 2);
        ma_sheet_print(s, indent + 4, "%s: %s", known(ma_data_text(f, "term")),
            known(ma_data_text(f, "text")));
        ma_sheet_end_line(s);
    }
    for (const struct ma_data *t = ma_data_first(visit, "terms"); t != NULL; t = t->next)
        show_term(v, t, indent + 2, decides);
}

static void show_result(const struct view *v, const struct ma_data *result)
{
    struct ma_sheet *s = v->sheet;
    const char *identity = known(ma_data_text(result, "identity"));
    start_line(s, 2);
    ma_sheet_print(s, 4, "%s, %s %s:", known(ma_data_text(result, "address")),
        strcmp(identity, "helo") == 0 ? "HELO" : "MAIL FROM",
        known(ma_data_text(result, "domain")));
    ma_sheet_tab(s, s->at + 1);
    ma_sheet_ink(s, MA_INK_BOLD, known(ma_data_text(result, "result")));
    if (ma_data_text(result, "matched") != NULL)
        ma_sheet_print(s, 4, " by %s", ma_data_text(result, "matched"));
    ma_sheet_print(s, 4, "; look-ups %lld/%d, void %lld/%lld", ma_data_number(result, "lookups"),
        LOOKUPS_MAX, ma_data_number(result, "voids"), v->void_limit);
    ma_sheet_end_line(s);
    for (const struct ma_data *t = ma_data_first(result, "trace"); t != NULL; t = t->next)
        show_visit(v, t, 4, true);
}

/* Of all clients there can be. */
static void show_worst(const struct view *v, const struct ma_data *spf)
{
    struct ma_sheet *s = v->sheet;
    const struct ma_data *lookups = ma_data_member(spf, "lookups_worst_case");
    if (ma_data_text(spf, "record") == NULL || lookups == NULL)
        return;
    start_line(s, 2);
    if (lookups->kind == MA_DATA_INT)
        ma_sheet_print(s, 4, "at worst: look-ups %lld/%d, void %lld/%lld",
            ma_data_number(spf, "lookups_worst_case"), LOOKUPS_MAX,
            ma_data_number(spf, "voids_worst_case"), v->void_limit);
    else
        ma_sheet_print(s, 4, "at worst: look-ups without end, or not counted to the end");
    ma_sheet_end_line(s);
}

void ma_trace_show(struct ma_sheet *s, const struct ma_report *r)
{
    const struct ma_data *spf = NULL;
    for (size_t i = 0; i < r->check_count; i++)
        if (strcmp(r->checks[i].check->name, "spf") == 0)
            spf = r->checks[i].data;
    const struct ma_data *result = ma_data_first(spf, "results");
    if (result == NULL)
        return;
    struct view view = {.sheet = s, .void_limit = ma_data_number(spf, "void_limit")};
    ma_sheet_end_line(s);
    ma_sheet_ink(s, MA_INK_BOLD, "SPF, step by step");
    ma_sheet_end_line(s);
    for (; result != NULL; result = result->next)
        show_result(&view, result);
    show_worst(&view, spf);
}
