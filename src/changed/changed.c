/* SPDX-License-Identifier: MIT */
#include "changed.h"

#include "../file.h"
#include "../output.h"
#include "known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARENA_CHUNK_BYTES 16384u
#define ARENA_BYTES_MAX   (256u * 1024 * 1024)

/* ---- open ------------------------------------------------------------------------------------ */

static bool read_file(struct ma_changed *c, const char *domain, FILE *err)
{
    struct ma_file file;
    if (!ma_file_read(&file, c->path, MA_STATE_BYTES_MAX, err))
        return false;
    c->old_text = file.bytes;
    if (!ma_state_read(&c->before, c->path, c->old_text, err))
        return false;
    if (strcmp(c->before.domain, domain) == 0)
        return true;
    fprintf(err, "%s: the state of %s, not of %s: each domain needs a state file of its own\n",
        c->path, c->before.domain, domain);
    return false;
}

bool ma_changed_open(struct ma_changed *c, const char *path, const char *domain, FILE *err)
{
    *c = (struct ma_changed){.path = path};
    ma_arena_init(&c->arena, ARENA_CHUNK_BYTES, ARENA_BYTES_MAX);
    c->before.arena = c->after.arena = &c->arena;
    c->after.domain = domain;
    c->first = access(path, F_OK) != 0 && errno == ENOENT;
    return c->first || read_file(c, domain, err);
}

void ma_changed_close(struct ma_changed *c)
{
    ma_arena_clear(&c->arena);
    free(c->old_text);
    *c = (struct ma_changed){.path = NULL};
}

/* ---- compare --------------------------------------------------------------------------------- */

static bool add_change(struct ma_changed *c, struct ma_changes *to, const struct ma_change *change)
{
    struct ma_change *list = ma_arena_grow(&c->arena, to->list, to->count, &to->room, sizeof *list);
    if (list == NULL)
        return false;
    to->list = list;
    to->list[to->count++] = *change;
    return true;
}

/* The subjects of a finding that another state does not have, or those that it has. */
static bool pick(struct ma_changed *c, struct ma_words *to, const struct ma_known *k,
    const struct ma_state *other, bool there)
{
    for (size_t i = 0; i < k->subjects.count; i++) {
        const char *subject = k->subjects.items[i];
        if ((ma_known_find(other, k->rule, subject) != NULL) == there &&
            !ma_words_add(&c->arena, to, subject))
            return false;
    }
    return true;
}

static bool compare_known(struct ma_changed *c, const struct ma_known *k)
{
    struct ma_change came = {.known = k}, changed = {.known = k};
    if (!pick(c, &came.subjects, k, &c->before, false) ||
        !pick(c, &changed.subjects, k, &c->before, true))
        return false;
    if (came.subjects.count > 0 && !add_change(c, &c->came, &came))
        return false;
    if (changed.subjects.count == 0)
        return true;
    changed.was = ma_known_find(&c->before, k->rule, changed.subjects.items[0]);
    if (changed.was->severity == k->severity && changed.was->muted == k->muted)
        return true;
    return add_change(c, &c->changed, &changed);
}

/* A check that does not run any more is told of as a whole. */
static bool compare_old(struct ma_changed *c, const struct ma_known *k)
{
    struct ma_change went = {.known = k};
    if (!ma_words_has(&c->after.checks, k->check))
        return true;
    return pick(c, &went.subjects, k, &c->after, false) &&
           (went.subjects.count == 0 || add_change(c, &c->went, &went));
}

static bool add_told(struct ma_changed *c, struct ma_silences *to, const struct ma_silence *s)
{
    const struct ma_silence **list =
        ma_arena_grow(&c->arena, to->list, to->count, &to->room, sizeof(struct ma_silence *));
    if (list == NULL)
        return false;
    to->list = list;
    to->list[to->count++] = s;
    return true;
}

static bool compare_silences(struct ma_changed *c, int64_t now_secs)
{
    bool ok = true;
    for (size_t i = 0; ok && i < c->after.silence_count; i++) {
        struct ma_silence *s = &c->after.silences[i];
        if (s->told || s->not_asked || now_secs - s->since_secs < MA_CHANGED_PATIENCE_SECS)
            continue;
        s->told = true;
        ok = add_told(c, &c->began, s);
    }
    for (size_t i = 0; ok && i < c->before.silence_count; i++) {
        const struct ma_silence *s = &c->before.silences[i];
        if (s->told && ma_words_has(&c->after.checks, s->check) &&
            ma_silence_find(&c->after, s->name) == NULL)
            ok = add_told(c, &c->ended, s);
    }
    return ok;
}

static bool differ(const struct ma_words *a, const struct ma_words *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = ma_words_has(b, a->items[i]);
    return !same;
}

static bool is_news(const struct ma_changed *c)
{
    const struct ma_state *a = &c->before, *b = &c->after;
    return c->first || c->came.count + c->went.count + c->changed.count > 0 ||
           c->began.count + c->ended.count > 0 || a->score != b->score || a->grade != b->grade ||
           strcmp(a->role, b->role) != 0 || differ(&a->addresses, &b->addresses) ||
           differ(&a->checks, &b->checks);
}

bool ma_changed_compare(struct ma_changed *c, const struct ma_report *r,
    const struct ma_registry *registry, int64_t now_secs, FILE *err)
{
    bool ok = ma_known_merge(c, r, registry, now_secs);
    for (size_t i = 0; ok && i < c->after.known_count; i++)
        ok = compare_known(c, &c->after.known[i]);
    for (size_t i = 0; ok && i < c->before.known_count; i++)
        ok = compare_old(c, &c->before.known[i]);
    ok = ok && compare_silences(c, now_secs);
    c->news = ok && is_news(c);
    if (!ok)
        fprintf(err, "%s: no memory left to compare with it\n", c->path);
    return ok;
}

/* ---- keep ------------------------------------------------------------------------------------ */

static bool is_same(const char *old, const char *text)
{
    size_t size = strlen(text);
    return old != NULL && strncmp(old, text, size) == 0 && strcmp(old + size, "\n") == 0;
}

bool ma_changed_keep(struct ma_changed *c, FILE *err)
{
    struct ma_output out;
    char *text = ma_state_text(&c->after);
    if (text == NULL) {
        fprintf(err, "cannot write '%s': no memory left\n", c->path);
        return false;
    }
    bool ok = is_same(c->old_text, text);
    if (!ok && ma_output_open(&out, c->path, err)) {
        fprintf(out.file, "%s\n", text);
        ok = ma_output_close(&out, err);
    }
    free(text);
    return ok;
}
