/* SPDX-License-Identifier: MIT */
#include "state.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define PLACE_BYTES 96
#define FORMAT      "mailaudit-state"

/* A file while it is read. */
struct reading {
    struct ma_state *state;
    const char *path;
    char place[PLACE_BYTES]; /* of the present object: "", "known[3]." */
    FILE *err;
};

bool ma_words_add(struct ma_arena *arena, struct ma_words *w, const char *text)
{
    const char **items = ma_arena_grow(arena, w->items, w->count, &w->room, sizeof(const char *));
    if (items == NULL || text == NULL)
        return false;
    w->items = items;
    w->items[w->count++] = text;
    return true;
}

bool ma_words_has(const struct ma_words *w, const char *text)
{
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->items[i], text) == 0)
            return true;
    return false;
}

struct ma_known *ma_state_add_known(struct ma_state *s)
{
    struct ma_known *list =
        ma_arena_grow(s->arena, s->known, s->known_count, &s->known_room, sizeof *list);
    if (list == NULL)
        return NULL;
    s->known = list;
    list[s->known_count] = (struct ma_known){.own_points = -1};
    return &list[s->known_count++];
}

struct ma_silence *ma_state_add_silence(struct ma_state *s)
{
    struct ma_silence *list =
        ma_arena_grow(s->arena, s->silences, s->silence_count, &s->silence_room, sizeof *list);
    if (list == NULL)
        return NULL;
    s->silences = list;
    list[s->silence_count] = (struct ma_silence){.since_secs = 0};
    return &list[s->silence_count++];
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool complain(const struct reading *r, const char *key, const char *what)
{
    fprintf(r->err, "%s: %s%s: %s\n", r->path, r->place, key, what);
    return false;
}

static bool get_text(const struct reading *r, const json_t *o, const char *key, const char **out)
{
    const char *text = json_string_value(json_object_get(o, key));
    if (text == NULL)
        return complain(r, key, "no text");
    *out = ma_arena_strdup(r->state->arena, text);
    return *out != NULL || complain(r, key, "no memory left");
}

static bool get_number(const struct reading *r, const json_t *o, const char *key, int64_t least,
    int64_t most, int64_t *out)
{
    const json_t *number = json_object_get(o, key);
    *out = json_integer_value(number);
    if (json_is_integer(number) && *out >= least && *out <= most)
        return true;
    return complain(r, key, "no number, or one that cannot be");
}

static bool get_truth(const struct reading *r, const json_t *o, const char *key, bool *out)
{
    const json_t *truth = json_object_get(o, key);
    *out = json_is_true(truth);
    return json_is_boolean(truth) || complain(r, key, "neither true nor false");
}

static bool get_words(
    const struct reading *r, const json_t *o, const char *key, struct ma_words *words)
{
    const json_t *list = json_object_get(o, key);
    if (!json_is_array(list))
        return complain(r, key, "no list");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text == NULL)
            return complain(r, key, "something in the list is no text");
        if (!ma_words_add(r->state->arena, words, ma_arena_strdup(r->state->arena, text)))
            return complain(r, key, "no memory left");
    }
    return true;
}

/* What a known finding need not have. */
static bool read_rest(const struct reading *r, const json_t *o, struct ma_known *k)
{
    int64_t points = -1;
    if (json_object_get(o, "points") != NULL && !get_number(r, o, "points", 0, 100, &points))
        return false;
    k->own_points = (int)points;
    return json_object_get(o, "cause") == NULL || get_text(r, o, "cause", &k->cause);
}

static bool read_known(const struct reading *r, const json_t *o)
{
    const char *severity = NULL;
    struct ma_known *k = ma_state_add_known(r->state);
    if (k == NULL)
        return complain(r, "", "no memory left");
    if (!get_text(r, o, "id", &k->id) || !get_text(r, o, "rule", &k->rule) ||
        !get_text(r, o, "check", &k->check) || !get_text(r, o, "title", &k->title) ||
        !get_text(r, o, "severity", &severity) || !get_truth(r, o, "muted", &k->muted) ||
        !get_words(r, o, "subjects", &k->subjects) || !get_words(r, o, "beside", &k->beside))
        return false;
    if (!ma_severity_parse(&k->severity, severity) || k->severity == MA_UNKNOWN)
        return complain(r, "severity", "no severity of a finding");
    if (k->subjects.count == 0)
        return complain(r, "subjects", "an empty list");
    return read_rest(r, o, k);
}

static bool read_silence(const struct reading *r, const json_t *o)
{
    struct ma_silence *s = ma_state_add_silence(r->state);
    if (s == NULL)
        return complain(r, "", "no memory left");
    if (!get_text(r, o, "rule", &s->rule) || !get_text(r, o, "check", &s->check) ||
        !get_text(r, o, "title", &s->title) || !get_text(r, o, "subject", &s->subject) ||
        !get_number(r, o, "since", 0, INT64_MAX, &s->since_secs) ||
        !get_truth(r, o, "told", &s->told) || !get_truth(r, o, "not_asked", &s->not_asked))
        return false;
    s->name = ma_arena_printf(r->state->arena, "%s %s", s->rule, s->subject);
    return s->name != NULL || complain(r, "", "no memory left");
}

static bool read_list(struct reading *r, const json_t *root, const char *key,
    bool (*read)(const struct reading *, const json_t *))
{
    const json_t *list = json_object_get(root, key);
    bool ok = true;
    if (!json_is_array(list))
        return complain(r, key, "no list");
    for (size_t i = 0; ok && i < json_array_size(list); i++) {
        snprintf(r->place, sizeof r->place, "%s[%zu].", key, i);
        ok = read(r, json_array_get(list, i));
    }
    r->place[0] = '\0';
    return ok;
}

static bool read_head(const struct reading *r, const json_t *root)
{
    struct ma_state *s = r->state;
    int64_t score = 0;
    const char *grade = NULL;
    if (!get_text(r, root, "domain", &s->domain) || !get_text(r, root, "role", &s->role) ||
        !get_number(r, root, "score", 0, 100, &score) || !get_text(r, root, "grade", &grade) ||
        !get_words(r, root, "addresses", &s->addresses) ||
        !get_words(r, root, "checks", &s->checks) || !get_words(r, root, "beside", &s->beside))
        return false;
    if (strlen(grade) != 1 || strchr("ABCDF", *grade) == NULL)
        return complain(r, "grade", "not one of A, B, C, D, F");
    s->score = (int)score;
    s->grade = *grade;
    return true;
}

static bool read_root(struct reading *r, const json_t *root)
{
    const json_t *version = json_object_get(root, FORMAT);
    if (!json_is_integer(version)) {
        fprintf(
            r->err, "%s: not a state of mailaudit --changed: it has no \"" FORMAT "\"\n", r->path);
        return false;
    }
    if (json_integer_value(version) != MA_STATE_VERSION) {
        fprintf(r->err, "%s: a state of version %lld: this mailaudit reads version %d\n", r->path,
            (long long)json_integer_value(version), MA_STATE_VERSION);
        return false;
    }
    return read_head(r, root) && read_list(r, root, "known", read_known) &&
           read_list(r, root, "unanswered", read_silence);
}

bool ma_state_read(struct ma_state *s, const char *path, const char *text, FILE *err)
{
    struct reading r = {.state = s, .path = path, .err = err};
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        fprintf(err, "%s:%d:%d: not a state of mailaudit --changed, or a damaged one: %s\n", path,
            error.line, error.column, error.text);
        return false;
    }
    bool ok = read_root(&r, root);
    json_decref(root);
    return ok;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* jansson's *_new functions take a NULL value as a failure, so what fails inside fails here. */
static json_t *words_json(const struct ma_words *w)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < w->count; i++)
        ok = json_array_append_new(list, json_string(w->items[i])) == 0;
    if (ok)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *known_json(const struct ma_known *k)
{
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o}", "id", k->id, "rule", k->rule,
        "check", k->check, "title", k->title, "severity", ma_severity_name(k->severity), "muted",
        (int)k->muted, "subjects", words_json(&k->subjects), "beside", words_json(&k->beside));
    bool ok = o != NULL;
    if (ok && k->own_points >= 0)
        ok = json_object_set_new(o, "points", json_integer(k->own_points)) == 0;
    if (ok && k->cause != NULL)
        ok = json_object_set_new(o, "cause", json_string(k->cause)) == 0;
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *silence_json(const struct ma_silence *s)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:b}", "rule", s->rule, "check", s->check,
        "title", s->title, "subject", s->subject, "since", (json_int_t)s->since_secs, "told",
        (int)s->told, "not_asked", (int)s->not_asked);
}

static bool fill_lists(const struct ma_state *s, json_t *known, json_t *silences)
{
    bool ok = known != NULL && silences != NULL;
    for (size_t i = 0; ok && i < s->known_count; i++)
        ok = json_array_append_new(known, known_json(&s->known[i])) == 0;
    for (size_t i = 0; ok && i < s->silence_count; i++)
        ok = json_array_append_new(silences, silence_json(&s->silences[i])) == 0;
    return ok;
}

char *ma_state_text(const struct ma_state *s)
{
    json_t *known = json_array(), *silences = json_array();
    char *text = NULL;
    if (!fill_lists(s, known, silences)) {
        json_decref(known);
        json_decref(silences);
        return NULL;
    }
    const char grade[] = {s->grade, '\0'};
    json_t *root = json_pack("{s:i, s:s, s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:o}", FORMAT,
        MA_STATE_VERSION, "domain", s->domain, "role", s->role, "score", s->score, "grade", grade,
        "addresses", words_json(&s->addresses), "checks", words_json(&s->checks), "beside",
        words_json(&s->beside), "known", known, "unanswered", silences);
    if (root != NULL)
        text = json_dumps(root, JSON_INDENT(1));
    json_decref(root);
    return text;
}
