/* SPDX-License-Identifier: MIT */
#include "known.h"

#include "../report/escape.h"

#include <stdlib.h>
#include <string.h>

/* One merge. */
struct merge {
    struct ma_changed *changed;
    const struct ma_report *report;
    const struct ma_registry *registry;
    int64_t now_secs;
    bool doubtful; /* role or addresses may be others than it seems */
    bool no_memory;
};

const struct ma_known *ma_known_find(
    const struct ma_state *s, const char *rule, const char *subject)
{
    for (size_t i = 0; i < s->known_count; i++)
        if (strcmp(s->known[i].rule, rule) == 0 && ma_words_has(&s->known[i].subjects, subject))
            return &s->known[i];
    return NULL;
}

const struct ma_silence *ma_silence_find(const struct ma_state *s, const char *name)
{
    for (size_t i = 0; i < s->silence_count; i++)
        if (strcmp(s->silences[i].name, name) == 0)
            return &s->silences[i];
    return NULL;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static size_t put_utf8(char *to, unsigned char byte)
{
    to[0] = (char)(0xC0 | byte >> 6);
    to[1] = (char)(0x80 | (byte & 0x3F));
    return 2;
}

/* As UTF-8, which is all that JSON takes: a byte that is none is the character of its number. */
static const char *clean(struct merge *m, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t size = strlen(text), used = 0;
    char *out = ma_arena_bytes(&m->changed->arena, 2 * size + 1);
    if (out == NULL) {
        m->no_memory = true;
        return "";
    }
    for (size_t i = 0, length; i < size; i += length) {
        uint32_t code;
        length = ma_utf8_decode(p + i, size - i, &code);
        if (length > 0) {
            memcpy(out + used, p + i, length);
            used += length;
        } else {
            used += put_utf8(out + used, p[i]);
            length = 1;
        }
    }
    out[used] = '\0';
    return out;
}

static void add_word(struct merge *m, struct ma_words *words, const char *text)
{
    if (!ma_words_add(&m->changed->arena, words, text))
        m->no_memory = true;
}

static void add_words(struct merge *m, struct ma_words *to, const struct ma_words *from)
{
    for (size_t i = 0; i < from->count; i++)
        add_word(m, to, from->items[i]);
}

/* ---- silences -------------------------------------------------------------------------------- */

static void add_silence(struct merge *m, const struct ma_silence *like, const char *subject)
{
    struct ma_changed *c = m->changed;
    const char *name = ma_arena_printf(&c->arena, "%s %s", like->rule, subject);
    if (name == NULL || ma_silence_find(&c->after, name) != NULL) {
        m->no_memory = m->no_memory || name == NULL;
        return;
    }
    const struct ma_silence *before = ma_silence_find(&c->before, name);
    struct ma_silence *s = ma_state_add_silence(&c->after);
    if (s == NULL) {
        m->no_memory = true;
        return;
    }
    *s = *like;
    s->name = name;
    s->subject = subject;
    /* a clock that was set back begins anew */
    bool lasts = before != NULL && before->since_secs <= m->now_secs;
    s->since_secs = lasts ? before->since_secs : m->now_secs;
    s->told = before != NULL && before->told;
}

static void add_silences(struct merge *m)
{
    const struct ma_report *r = m->report;
    static const struct ma_silence failed = {.rule = "audit.failed",
        .check = "audit",
        .title = "the domain could not be audited at all"};
    if (r->status == MA_REPORT_FAILED)
        add_silence(m, &failed, m->changed->after.domain);
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct ma_finding *f = r->findings[i];
        struct ma_silence like = {.rule = f->rule->id,
            .check = f->check->name,
            .title = clean(m, f->rule->title),
            .not_asked = f->failure == MA_FAIL_OFFLINE};
        if (f->severity != MA_UNKNOWN)
            continue;
        add_silence(m, &like, clean(m, f->subject));
        for (const struct ma_subject *a = f->also; a != NULL; a = a->next)
            add_silence(m, &like, clean(m, a->text));
    }
}

/* May it hide a finding of that check? Without target and engine there is nothing to be seen. */
static bool concerns(const struct ma_silence *s, const char *check)
{
    return strcmp(s->check, check) == 0 || strcmp(s->check, "target") == 0 ||
           strcmp(s->check, "audit") == 0;
}

/* Is there a silence that was not there when this was last seen? */
static bool is_hidden(const struct merge *m, const struct ma_known *k)
{
    const struct ma_state *now = &m->changed->after;
    for (size_t i = 0; i < now->silence_count; i++)
        if (concerns(&now->silences[i], k->check) &&
            !ma_words_has(&k->beside, now->silences[i].name))
            return true;
    return m->doubtful;
}

/* ---- role and addresses ---------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool same_words(const struct ma_words *a, const struct ma_words *b)
{
    for (size_t i = 0; a->count == b->count && i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return a->count == b->count;
}

static void add_target(struct merge *m)
{
    struct ma_changed *c = m->changed;
    struct ma_state *now = &c->after;
    bool new_silence = false;
    now->role = ma_role_name(m->report->role);
    for (size_t i = 0; m->report->senders != NULL && i < m->report->senders->count; i++)
        add_word(m, &now->addresses, clean(m, m->report->senders->list[i].text));
    if (now->addresses.count > 0)
        qsort(now->addresses.items, now->addresses.count, sizeof(char *), by_text);
    for (size_t i = 0; i < now->silence_count; i++) {
        add_word(m, &now->beside, now->silences[i].name);
        new_silence = new_silence || !ma_words_has(&c->before.beside, now->silences[i].name);
    }
    m->doubtful = !c->first && new_silence &&
                  (strcmp(now->role, c->before.role) != 0 ||
                      !same_words(&now->addresses, &c->before.addresses));
    if (!m->doubtful)
        return;
    now->role = c->before.role;
    now->addresses = c->before.addresses;
    now->beside = c->before.beside;
}

/* ---- findings -------------------------------------------------------------------------------- */

static void add_found(struct merge *m, const struct ma_finding *f)
{
    const struct ma_state *now = &m->changed->after;
    struct ma_known *k = ma_state_add_known(&m->changed->after);
    if (k == NULL) {
        m->no_memory = true;
        return;
    }
    *k = (struct ma_known){.id = f->id,
        .rule = f->rule->id,
        .check = f->check->name,
        .title = clean(m, f->rule->title),
        .cause = f->cause != NULL ? clean(m, f->cause) : NULL,
        .severity = f->severity,
        .own_points = f->own_points,
        .muted = f->muted != NULL,
        .found = f};
    add_word(m, &k->subjects, clean(m, f->subject));
    for (const struct ma_subject *a = f->also; a != NULL; a = a->next)
        add_word(m, &k->subjects, clean(m, a->text));
    for (size_t i = 0; i < now->silence_count; i++)
        if (concerns(&now->silences[i], k->check))
            add_word(m, &k->beside, now->silences[i].name);
}

/* This run's finding that one of before goes on in, or NULL. */
static struct ma_known *continued(const struct merge *m, const struct ma_known *old)
{
    const struct ma_state *now = &m->changed->after;
    for (size_t i = 0; i < now->known_count; i++)
        for (size_t k = 0; k < old->subjects.count; k++)
            if (strcmp(now->known[i].rule, old->rule) == 0 &&
                ma_words_has(&now->known[i].subjects, old->subjects.items[k]))
                return &now->known[i];
    return NULL;
}

/* What of an old finding is not in this report, though it may only be hidden. */
static void remember(struct merge *m, const struct ma_known *old)
{
    struct ma_state *now = &m->changed->after;
    struct ma_words rest = {.count = 0};
    if (!ma_words_has(&now->checks, old->check) ||
        ma_registry_rule(m->registry, old->rule) == NULL || !is_hidden(m, old))
        return;
    for (size_t i = 0; i < old->subjects.count; i++)
        if (ma_known_find(now, old->rule, old->subjects.items[i]) == NULL)
            add_word(m, &rest, old->subjects.items[i]);
    if (rest.count == 0)
        return;
    m->changed->remembered++;
    struct ma_known *k = continued(m, old);
    if (k != NULL) {
        add_words(m, &k->subjects, &rest);
        k->beside = old->beside;
        return;
    }
    k = ma_state_add_known(now);
    if (k == NULL) {
        m->no_memory = true;
        return;
    }
    *k = *old;
    k->subjects = rest;
    k->found = NULL;
}

/* ---- the score of what is known -------------------------------------------------------------- */

static const struct ma_check *find_check(const struct ma_registry *registry, const char *name)
{
    for (size_t i = 0; i < registry->count; i++)
        if (strcmp(registry->checks[i].check->name, name) == 0)
            return registry->checks[i].check;
    return NULL;
}

static struct ma_finding *as_finding(struct merge *m, const struct ma_known *k)
{
    struct ma_arena *arena = &m->changed->arena;
    struct ma_finding *f = NULL;
    if (k->found != NULL) {
        f = ma_arena_alloc(arena, sizeof *f);
        if (f != NULL)
            *f = *k->found;
        return f;
    }
    const struct ma_check *check = find_check(m->registry, k->check);
    const struct ma_rule *rule = ma_registry_rule(m->registry, k->rule);
    if (check == NULL || rule == NULL)
        return NULL;
    f = ma_finding_new(arena, check, rule, k->subjects.items[0], "");
    if (f == NULL)
        return NULL;
    f->severity = k->severity;
    f->own_points = k->own_points;
    f->muted = k->muted ? "" : NULL;
    f->cause = k->cause;
    return f;
}

static void count_score(struct merge *m)
{
    struct ma_state *now = &m->changed->after;
    struct ma_finding *list = NULL;
    for (size_t i = 0; i < now->known_count; i++) {
        struct ma_finding *f = as_finding(m, &now->known[i]);
        if (f == NULL) {
            m->no_memory = true;
            return;
        }
        f->next = list;
        list = f;
    }
    struct ma_report known = *m->report;
    known.status = MA_REPORT_COMPLETE;
    ma_report_count(&known, &m->changed->arena, list);
    now->score = known.score.value;
    now->grade = known.score.grade;
}

bool ma_known_merge(struct ma_changed *c, const struct ma_report *r,
    const struct ma_registry *registry, int64_t now_secs)
{
    struct merge m = {.changed = c, .report = r, .registry = registry, .now_secs = now_secs};
    for (size_t i = 0; i < r->check_count; i++)
        add_word(&m, &c->after.checks, r->checks[i].check->name);
    /* of an audit that failed nothing is known, not even what it would have looked at */
    if (r->status == MA_REPORT_FAILED && !c->first)
        c->after.checks = c->before.checks;
    add_silences(&m);
    add_target(&m);
    for (size_t i = 0; i < r->finding_count; i++)
        if (r->findings[i]->severity != MA_UNKNOWN)
            add_found(&m, r->findings[i]);
    for (size_t i = 0; i < c->before.known_count && !m.no_memory; i++)
        remember(&m, &c->before.known[i]);
    if (!m.no_memory)
        count_score(&m);
    return !m.no_memory;
}
