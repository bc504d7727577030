/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include "../data.h"

#include <string.h>

#define INDENT_MAX 40 /* columns; deeper includes stay there */

static const struct ma_data *member(const struct ma_data *d, const char *key)
{
    if (d == NULL || d->kind != MA_DATA_OBJECT)
        return NULL;
    for (const struct ma_data *c = d->children.first; c != NULL; c = c->next)
        if (strcmp(c->key, key) == 0)
            return c;
    return NULL;
}

static const char *text_of(const struct ma_data *d, const char *key)
{
    const struct ma_data *m = member(d, key);
    return m != NULL && m->kind == MA_DATA_TEXT ? m->text.bytes : NULL;
}

static long long number_of(const struct ma_data *d, const char *key)
{
    const struct ma_data *m = member(d, key);
    return m != NULL && m->kind == MA_DATA_INT ? (long long)m->number : 0;
}

static const struct ma_data *first_of(const struct ma_data *d, const char *key)
{
    const struct ma_data *m = member(d, key);
    return m != NULL && m->kind == MA_DATA_ARRAY ? m->children.first : NULL;
}

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
    const struct ma_data *answer = first_of(asked, "answer");
    const char *before = ": ";
    start_line(s, indent);
    ma_sheet_print(
        s, indent + 2, "%s %s", known(text_of(asked, "name")), known(text_of(asked, "type")));
    if (answer == NULL)
        ma_sheet_print(s, indent + 2, ": %s", known(text_of(asked, "status")));
    for (; answer != NULL; answer = answer->next, before = ", ")
        if (answer->kind == MA_DATA_TEXT)
            ma_sheet_print(s, indent + 2, "%s%s", before, answer->text.bytes);
    ma_sheet_end_line(s);
}

static void show_visit(struct ma_sheet *, const struct ma_data *visit, unsigned indent);

static void show_term(struct ma_sheet *s, const struct ma_data *term, unsigned indent)
{
    const char *verdict = known(text_of(term, "verdict"));
    bool matched = strcmp(verdict, "match") == 0 || strcmp(verdict, "followed") == 0;
    start_line(s, indent);
    ma_sheet_ink(s, matched ? MA_INK_BOLD : MA_INK_PLAIN, known(text_of(term, "term")));
    ma_sheet_print(s, indent + 2, "  %s", verdict);
    if (number_of(term, "lookups") > 0)
        ma_sheet_print(s, indent + 2, ", look-up %lld", number_of(term, "lookups"));
    ma_sheet_end_line(s);
    for (const struct ma_data *a = first_of(term, "asked"); a != NULL; a = a->next)
        show_asked(s, a, indent + 4);
    for (const struct ma_data *v = first_of(term, "inside"); v != NULL; v = v->next)
        show_visit(s, v, indent + 4);
}

/* One record that was evaluated: itself, then its terms. */
static void show_visit(struct ma_sheet *s, const struct ma_data *visit, unsigned indent)
{
    const char *record = text_of(visit, "record");
    start_line(s, indent);
    ma_sheet_print(s, indent + 2, "%s: %s", known(text_of(visit, "domain")),
        record != NULL ? record : "no record");
    ma_sheet_end_line(s);
    for (const struct ma_data *f = first_of(visit, "faults"); f != NULL; f = f->next) {
        start_line(s, indent + 2);
        ma_sheet_print(
            s, indent + 4, "%s: %s", known(text_of(f, "term")), known(text_of(f, "text")));
        ma_sheet_end_line(s);
    }
    for (const struct ma_data *t = first_of(visit, "terms"); t != NULL; t = t->next)
        show_term(s, t, indent + 2);
}

static void show_result(struct ma_sheet *s, const struct ma_data *result)
{
    const char *identity = known(text_of(result, "identity"));
    start_line(s, 2);
    ma_sheet_print(s, 4, "%s, %s %s:", known(text_of(result, "address")),
        strcmp(identity, "helo") == 0 ? "HELO" : "MAIL FROM", known(text_of(result, "domain")));
    ma_sheet_tab(s, s->at + 1);
    ma_sheet_ink(s, MA_INK_BOLD, known(text_of(result, "result")));
    if (text_of(result, "matched") != NULL)
        ma_sheet_print(s, 4, " by %s", text_of(result, "matched"));
    ma_sheet_print(s, 4, "; look-ups %lld, void %lld", number_of(result, "lookups"),
        number_of(result, "voids"));
    ma_sheet_end_line(s);
    for (const struct ma_data *v = first_of(result, "trace"); v != NULL; v = v->next)
        show_visit(s, v, 4);
}

void ma_trace_show(struct ma_sheet *s, const struct ma_report *r)
{
    const struct ma_data *spf = NULL;
    for (size_t i = 0; i < r->check_count; i++)
        if (strcmp(r->checks[i].check->name, "spf") == 0)
            spf = r->checks[i].data;
    const struct ma_data *result = first_of(spf, "results");
    if (result == NULL)
        return;
    ma_sheet_end_line(s);
    ma_sheet_ink(s, MA_INK_BOLD, "SPF, step by step");
    ma_sheet_end_line(s);
    for (; result != NULL; result = result->next)
        show_result(s, result);
}
