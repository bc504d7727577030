/* SPDX-License-Identifier: MIT */
/* show.c - the answer as text and as JSON. */
#include "../data.h"
#include "../report/sheet.h"
#include "why.h"

#include <string.h>
#include <strings.h>

#define INDENT      13
#define NAMES_SHOWN 4

static const char empty_json[] =
    "{\"result\":null,\"summary\":null,\"identity\":null,\"domain\":null,\"sender\":null,"
    "\"helo\":null,\"helo_result\":null,\"address\":null,\"receiver\":null,\"matched\":null,"
    "\"explanation\":null,"
    "\"places\":[{\"owner\":null,\"type\":null,\"record\":null,\"offset\":null,\"length\":null}],"
    "\"reverse_names\":[],\"confirmed\":null,\"host\":null,"
    "\"advice\":[{\"audience\":null,\"text\":null}],"
    "\"problems\":[{\"rule\":null,\"title\":null,\"evidence\":null,\"fix\":null}],"
    "\"records\":[{\"owner\":null,\"type\":null,\"rdata\":null}]}";

/* ---- text ------------------------------------------------------------------------------------ */

static enum ma_ink ink_of(enum ma_why_result result)
{
    switch (result) {
    case MA_WHY_PASS:
        return MA_INK_GREEN;
    case MA_WHY_FAIL:
    case MA_WHY_PERMERROR:
        return MA_INK_RED;
    case MA_WHY_UNKNOWN:
        return MA_INK_CYAN;
    default:
        return MA_INK_YELLOW;
    }
}

static void show_address(struct ma_sheet *s, const struct ma_why *w)
{
    size_t count = 0;
    ma_sheet_tab(s, 2);
    ma_sheet_ink(s, MA_INK_DIM, "address");
    ma_sheet_tab(s, INDENT);
    ma_sheet_words(s, INDENT, w->address);
    if (w->special != NULL)
        ma_sheet_print(s, INDENT, " (%s)", w->special);
    else if (w->host == MA_WHY_NAMELESS)
        ma_sheet_words(s, INDENT, " (no reverse name)");
    const struct ma_data *name = w->names != NULL ? w->names->children.first : NULL;
    for (; name != NULL && count < NAMES_SHOWN; name = name->next, count++)
        ma_sheet_print(s, INDENT, "%s%s", count == 0 ? " (" : ", ", name->text.bytes);
    if (count > 0)
        ma_sheet_words(s, INDENT, w->confirmed ? ")" : "; does not lead back for certain)");
    ma_sheet_end_line(s);
}

/* "-all", "ALL" */
static bool is_all(const char *term)
{
    return strcasecmp(*term != '\0' && strchr("+-~?", *term) != NULL ? term + 1 : term, "all") == 0;
}

static void show_facts(struct ma_sheet *s, const struct ma_why *w)
{
    s->item_indent = INDENT;
    ma_sheet_item(s, "sender", "%s", *w->sender != '\0' ? w->sender : "<> (none: a bounce)");
    if (w->helo != NULL && w->helo_result != 0)
        ma_sheet_item(s, "HELO", "%s (SPF %s)", w->helo, ma_why_result_name(w->helo_result));
    else if (w->helo != NULL)
        ma_sheet_item(s, "HELO", "%s", w->helo);
    show_address(s, w);
    if (w->receiver != NULL)
        ma_sheet_item(s, "receiver", "%s", w->receiver);
    for (size_t i = 0; i < w->place_count; i++) {
        ma_sheet_item(
            s, i == 0 ? "record" : "leads to", "%s %s", w->places[i].owner, w->places[i].type_name);
        if (w->places[i].length > 0)
            ma_sheet_place(s, &w->places[i]);
        else
            ma_sheet_item(s, "", "%s", w->places[i].record);
    }
    if (w->matched != NULL)
        ma_sheet_item(s, "decided by",
            is_all(w->matched) ? "%s, as no term before it matches" : "%s", w->matched);
    else if (w->result == MA_WHY_NEUTRAL)
        ma_sheet_item(s, "decided by", "no term matches the address, and there is no all term");
    if (w->explanation != NULL)
        ma_sheet_item(s, "it says", "%s", w->explanation);
}

static void show_heading(struct ma_sheet *s, const struct ma_why *w, enum ma_why_audience audience)
{
    const char *text = NULL;
    switch (audience) {
    case MA_WHY_BOUNCED:
        text = "If the mail was in your name";
        break;
    case MA_WHY_DOMAIN:
        text = ma_arena_printf(w->arena, "If you look after %s", w->domain);
        break;
    case MA_WHY_SERVER:
        text = ma_arena_printf(w->arena, "If you look after the server at %s", w->address);
        break;
    case MA_WHY_RECEIVER:
        text = w->receiver != NULL ? ma_arena_printf(w->arena,
                                         "If you look after %s, which refused it", w->receiver)
                                   : "If you look after the server that refused it";
        break;
    }
    ma_sheet_end_line(s);
    ma_sheet_ink(s, MA_INK_BOLD, text != NULL ? text : "");
    ma_sheet_end_line(s);
}

static void show_paragraph(struct ma_sheet *s, const char *text)
{
    ma_sheet_tab(s, 2);
    ma_sheet_print(s, 4, "- %s", text);
    ma_sheet_end_line(s);
}

/* What the domain's postmaster has to change, with the records to paste. */
static void show_findings(struct ma_sheet *s, const struct ma_why *w)
{
    s->item_indent = 9;
    for (size_t i = 0; i < w->report->finding_count; i++) {
        const struct ma_finding *f = w->report->findings[i];
        if (!ma_why_is_told(w, f))
            continue;
        if (w->result == MA_WHY_PERMERROR || w->result == MA_WHY_UNKNOWN) {
            ma_sheet_item(s, "seen", "%s", f->evidence);
            if (f->place != NULL && f->place->record_size > 0)
                ma_sheet_place(s, f->place);
        }
        if (f->fix != NULL)
            ma_sheet_item(s, "fix", "%s", f->fix);
        if (f->records != NULL)
            ma_sheet_end_line(s);
        for (const struct ma_record *r = f->records; r != NULL; r = r->next)
            ma_sheet_record(s, r);
    }
}

void ma_why_show(FILE *file, const struct ma_why *w, const struct ma_render_options *options)
{
    struct ma_sheet s;
    ma_sheet_init(&s, file, options->columns, options->colour);
    ma_sheet_ink(&s, ink_of(w->result), "SPF ");
    ma_sheet_ink(&s, ink_of(w->result), ma_why_result_name(w->result));
    ma_sheet_print(&s, 2, ": %s", ma_why_summary(w));
    ma_sheet_end_line(&s);
    ma_sheet_end_line(&s);
    show_facts(&s, w);
    for (int audience = MA_WHY_BOUNCED; audience <= MA_WHY_RECEIVER; audience++) {
        bool any = false;
        for (size_t i = 0; i < w->advice_count; i++) {
            if (w->advice[i].audience != (enum ma_why_audience)audience)
                continue;
            if (!any)
                show_heading(&s, w, (enum ma_why_audience)audience);
            any = true;
            show_paragraph(&s, w->advice[i].text);
        }
        if (any && audience == MA_WHY_DOMAIN)
            show_findings(&s, w);
    }
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void put_places(struct ma_data *d, const struct ma_why *w)
{
    for (size_t i = 0; i < w->place_count; i++) {
        struct ma_data *row = ma_append(d, "places");
        ma_put(row, "owner", w->places[i].owner);
        ma_put(row, "type", w->places[i].type_name);
        ma_put_bytes(row, "record", w->places[i].record, w->places[i].record_size);
        ma_put_int(row, "offset", (int64_t)w->places[i].offset);
        ma_put_int(row, "length", (int64_t)w->places[i].length);
    }
}

static void put_findings(struct ma_data *d, const struct ma_why *w)
{
    for (size_t i = 0; i < w->report->finding_count; i++) {
        const struct ma_finding *f = w->report->findings[i];
        if (!ma_why_is_told(w, f))
            continue;
        struct ma_data *row = ma_append(d, "problems");
        ma_put(row, "rule", f->rule->id);
        ma_put(row, "title", f->rule->title);
        ma_put(row, "evidence", f->evidence);
        ma_put(row, "fix", f->fix);
        for (const struct ma_record *r = f->records; r != NULL; r = r->next) {
            row = ma_append(d, "records");
            ma_put(row, "owner", r->owner);
            ma_put(row, "type", r->type_name);
            ma_put(row, "rdata", r->rdata);
        }
    }
}

void ma_why_show_json(FILE *file, const struct ma_why *w)
{
    const char *err = NULL;
    const struct ma_data *empty = ma_data_template(w->arena, empty_json, &err);
    struct ma_data *d = empty != NULL ? ma_data_clone(w->arena, empty, NULL) : NULL;
    if (d == NULL)
        return;
    ma_put(d, "result", ma_why_result_name(w->result));
    ma_put(d, "summary", ma_why_summary(w));
    ma_put(d, "identity", w->of_helo ? "helo" : "mailfrom");
    ma_put(d, "domain", w->domain);
    ma_put(d, "sender", w->sender);
    ma_put(d, "helo", w->helo);
    if (w->helo_result != 0)
        ma_put(d, "helo_result", ma_why_result_name(w->helo_result));
    ma_put(d, "address", w->address);
    ma_put(d, "receiver", w->receiver);
    ma_put(d, "matched", w->matched);
    ma_put(d, "explanation", w->explanation);
    put_places(d, w);
    const struct ma_data *name = w->names != NULL ? w->names->children.first : NULL;
    for (; name != NULL; name = name->next)
        ma_append_text(d, "reverse_names", name->text.bytes);
    ma_put_bool(d, "confirmed", w->confirmed);
    ma_put(d, "host", ma_why_host_name(w->host));
    for (size_t i = 0; i < w->advice_count; i++) {
        struct ma_data *row = ma_append(d, "advice");
        ma_put(row, "audience", ma_why_audience_name(w->advice[i].audience));
        ma_put(row, "text", w->advice[i].text);
    }
    put_findings(d, w);
    ma_report_object_json(file, d);
}
