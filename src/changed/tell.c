/* SPDX-License-Identifier: MIT */
/* tell.c - what changed, for a person: most often in a mail from cron. */
#include "../report/text.h"
#include "changed.h"
#include "known.h"

#include <string.h>
#include <time.h>

#define SUBJECTS_SHOWN 8 /* of one finding */
#define INDENT         9 /* of an item, as in the text report */

static void begin(struct ma_sheet *s, const char *title)
{
    ma_sheet_end_line(s);
    ma_sheet_ink(s, MA_INK_BOLD, title);
    ma_sheet_end_line(s);
}

/* ---- head ------------------------------------------------------------------------------------ */

static void show_score(struct ma_sheet *s, const struct ma_changed *c)
{
    const struct ma_state *old = &c->before, *now = &c->after;
    ma_sheet_ink(s, MA_INK_BOLD, now->domain);
    ma_sheet_print(s, 2, ": %d %c", now->score, now->grade);
    if (c->first)
        ma_sheet_words(s, 2, "; the first run: the next ones tell only what has changed");
    else if (old->score == now->score && old->grade == now->grade)
        ma_sheet_words(s, 2, ", as before");
    else
        ma_sheet_print(s, 2, ", was %d %c", old->score, old->grade);
    ma_sheet_end_line(s);
}

/* The words of the one list that the other does not have. */
static void show_words(struct ma_sheet *s, const char *label, const char *what,
    const struct ma_words *words, const struct ma_words *other)
{
    size_t count = 0;
    for (size_t i = 0; i < words->count; i++) {
        if (ma_words_has(other, words->items[i]))
            continue;
        if (count++ == 0) {
            ma_sheet_tab(s, 2);
            ma_sheet_ink(s, MA_INK_DIM, label);
            ma_sheet_tab(s, 13);
            ma_sheet_words(s, 13, what);
        }
        ma_sheet_print(s, 13, "%s %s", count > 1 ? "," : "", words->items[i]);
    }
    if (count > 0)
        ma_sheet_end_line(s);
}

static void show_target(struct ma_sheet *s, const struct ma_changed *c)
{
    const struct ma_state *old = &c->before, *now = &c->after;
    s->item_indent = 13;
    if (!c->first && strcmp(old->role, now->role) != 0)
        ma_sheet_item(s, "role", "%s, was %s", now->role, old->role);
    s->item_indent = INDENT;
    show_words(s, "addresses", c->first ? "" : "new:", &now->addresses, &old->addresses);
    if (c->first)
        return;
    show_words(s, "addresses", "no longer:", &old->addresses, &now->addresses);
    show_words(s, "checks", "new:", &now->checks, &old->checks);
    show_words(s, "checks", "no longer:", &old->checks, &now->checks);
}

/* ---- findings -------------------------------------------------------------------------------- */

static void show_subjects(struct ma_sheet *s, const struct ma_change *change)
{
    const struct ma_words *w = &change->subjects;
    ma_sheet_tab(s, 2);
    ma_sheet_ink(s, MA_INK_DIM, "at");
    ma_sheet_tab(s, INDENT);
    for (size_t i = 0; i < w->count && i < SUBJECTS_SHOWN; i++)
        ma_sheet_print(s, INDENT, "%s%s", i > 0 ? ", " : "", w->items[i]);
    if (w->count > SUBJECTS_SHOWN)
        ma_sheet_print(s, INDENT, " and %zu more", w->count - SUBJECTS_SHOWN);
    ma_sheet_end_line(s);
}

/* In short: what it was or is, and where. */
static void show_short(struct ma_sheet *s, const struct ma_change *change)
{
    const struct ma_known *k = change->known, *was = change->was;
    ma_sheet_end_line(s);
    ma_text_severity(s, k->severity);
    if (was != NULL && was->severity != k->severity)
        ma_sheet_print(s, INDENT, ", was %s", ma_severity_name(was->severity));
    if (was != NULL ? was->muted != k->muted : k->muted)
        ma_sheet_print(s, INDENT, ", %s", k->muted ? "muted by your policy" : "no longer muted");
    ma_sheet_print(s, INDENT, ": %s", k->title);
    ma_sheet_end_line(s);
    show_subjects(s, change);
    ma_sheet_item(s, "rule", "%s", k->rule);
}

static void show_pass(struct ma_sheet *s, const struct ma_change *change)
{
    const struct ma_words *w = &change->subjects;
    ma_sheet_tab(s, 2);
    ma_sheet_ink(s, MA_INK_GREEN, change->known->rule);
    ma_sheet_tab(s, 28);
    ma_sheet_print(s, 28, "%s: %s", change->known->title, w->items[0]);
    if (w->count > 1)
        ma_sheet_print(s, 28, " and %zu more", w->count - 1);
    ma_sheet_end_line(s);
}

/* All of it where all of it is new: why it matters and what to do. */
static void show_came(struct ma_sheet *s, const struct ma_change *change, bool all)
{
    const struct ma_known *k = change->known;
    if (k->found != NULL && !k->muted && change->subjects.count == k->subjects.count)
        ma_text_finding(s, k->found, all);
    else
        show_short(s, change);
}

enum kind { CAME, WENT, CHANGED };

static void show_changes(struct ma_sheet *s, const struct ma_changes *changes, bool passes,
    enum kind kind, const char *title, bool all)
{
    bool any = false;
    for (size_t i = 0; i < changes->count; i++) {
        const struct ma_change *change = &changes->list[i];
        if ((change->known->severity == MA_PASS) != passes)
            continue;
        if (!any)
            begin(s, title);
        any = true;
        if (passes && kind != CHANGED)
            show_pass(s, change);
        else if (kind == CAME)
            show_came(s, change, all);
        else
            show_short(s, change);
    }
}

/* ---- what is not answered -------------------------------------------------------------------- */

static void show_silences(struct ma_sheet *s, const struct ma_silences *silences, const char *title)
{
    char since[32];
    struct tm tm;
    if (silences->count > 0)
        begin(s, title);
    for (size_t i = 0; i < silences->count; i++) {
        const struct ma_silence *q = silences->list[i];
        time_t at = (time_t)q->since_secs;
        if (gmtime_r(&at, &tm) == NULL ||
            strftime(since, sizeof since, "%Y-%m-%d %H:%M UTC", &tm) == 0)
            since[0] = '\0';
        ma_sheet_tab(s, 2);
        ma_sheet_print(s, 4, "%s (%s; %s), since %s", q->title, q->subject, q->rule, since);
        ma_sheet_end_line(s);
    }
}

static void show_remembered(struct ma_sheet *s, const struct ma_changed *c)
{
    size_t silent = 0;
    for (size_t i = 0; i < c->after.silence_count; i++)
        silent += !c->after.silences[i].not_asked;
    if (silent == 0)
        return;
    ma_sheet_end_line(s);
    ma_sheet_tab(s, 2);
    ma_sheet_print(s, 2, "%zu %s not be answered now", silent,
        silent == 1 ? "question could" : "questions could");
    if (c->remembered > 0)
        ma_sheet_print(s, 2, ": %zu %s as last known", c->remembered,
            c->remembered == 1 ? "finding or pass is taken" : "findings and passes are taken");
    ma_sheet_words(s, 2, ".");
    ma_sheet_end_line(s);
}

void ma_changed_print(
    FILE *file, const struct ma_changed *c, const struct ma_render_options *options)
{
    struct ma_sheet s;
    bool all = options->verbose;
    ma_sheet_init(&s, file, options->columns, options->colour);
    show_score(&s, c);
    show_target(&s, c);
    s.item_indent = INDENT;
    show_changes(&s, &c->came, false, CAME, c->first ? "Found" : "New", all);
    show_changes(&s, &c->changed, false, CHANGED, "Changed", all);
    show_changes(&s, &c->changed, true, CHANGED, "Changed, and good", all);
    show_changes(&s, &c->went, true, WENT, "No longer good", all);
    show_changes(&s, &c->went, false, WENT, "Gone", all);
    show_changes(&s, &c->came, true, CAME, c->first ? "Good" : "Good now", all);
    show_silences(&s, &c->began, "No answer for a day: taken as last known");
    show_silences(&s, &c->ended, "Answered again");
    show_remembered(&s, c);
}
