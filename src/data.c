/* SPDX-License-Identifier: MIT */
#include "data.h"

#include <jansson.h>
#include <string.h>

/* ---- values ---------------------------------------------------------------------------------- */

/* NULL without memory, where the arena has no way out. */
static struct ma_data *new_value(
    struct ma_arena *arena, const char *key, enum ma_data_kind kind, bool open)
{
    struct ma_data *d = ma_arena_alloc(arena, sizeof *d);
    if (d == NULL)
        return NULL;
    d->arena = arena;
    d->key = key;
    d->kind = kind;
    d->open = open;
    return d;
}

static void link_child(struct ma_data *parent, struct ma_data *child)
{
    if (parent->children.last != NULL)
        parent->children.last->next = child;
    else
        parent->children.first = child;
    parent->children.last = child;
}

static bool has_children(const struct ma_data *d)
{
    return d->kind == MA_DATA_ARRAY || d->kind == MA_DATA_OBJECT;
}

/* ---- templates ------------------------------------------------------------------------------- */

static struct ma_data *from_json(struct ma_arena *, json_t *, const char *key, const char **err);

static bool add_members(struct ma_data *d, json_t *json, const char **err)
{
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        const char *copy = ma_arena_strdup(d->arena, key);
        struct ma_data *child = copy != NULL ? from_json(d->arena, value, copy, err) : NULL;
        if (child == NULL)
            return false;
        link_child(d, child);
    }
    return true;
}

static bool add_elements(struct ma_data *d, json_t *json, const char **err)
{
    size_t count = json_array_size(json);
    if (count == 1 && json_is_object(json_array_get(json, 0))) {
        d->children.row = from_json(d->arena, json_array_get(json, 0), NULL, err);
        return d->children.row != NULL;
    }
    for (size_t i = 0; i < count; i++) {
        struct ma_data *child = from_json(d->arena, json_array_get(json, i), NULL, err);
        if (child == NULL)
            return false;
        link_child(d, child);
    }
    return true;
}

static bool set_text(struct ma_data *d, const void *bytes, size_t size)
{
    d->kind = MA_DATA_TEXT;
    d->text.size = size;
    d->text.bytes = ma_arena_copy(d->arena, bytes, size);
    return d->text.bytes != NULL;
}

static bool fill(struct ma_data *d, json_t *json, const char **err)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        d->kind = MA_DATA_OBJECT;
        return add_members(d, json, err);
    case JSON_ARRAY:
        d->kind = MA_DATA_ARRAY;
        return add_elements(d, json, err);
    case JSON_STRING:
        return set_text(d, json_string_value(json), json_string_length(json));
    case JSON_INTEGER:
        d->kind = MA_DATA_INT;
        d->number = json_integer_value(json);
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        d->kind = MA_DATA_BOOL;
        d->truth = json_is_true(json);
        return true;
    case JSON_REAL:
        *err = "a number is not an integer";
        return false;
    case JSON_NULL:
    default:
        return true;
    }
}

static struct ma_data *from_json(
    struct ma_arena *arena, json_t *json, const char *key, const char **err)
{
    struct ma_data *d = new_value(arena, key, MA_DATA_NULL, false);
    return d != NULL && fill(d, json, err) ? d : NULL;
}

const struct ma_data *ma_data_template(struct ma_arena *arena, const char *json, const char **err)
{
    json_error_t error;
    *err = "no memory";
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (root == NULL) {
        char *text =
            ma_arena_printf(arena, "%s (line %d, column %d)", error.text, error.line, error.column);
        *err = text != NULL ? text : *err;
        return NULL;
    }
    const struct ma_data *d = NULL;
    if (json_is_object(root))
        d = from_json(arena, root, NULL, err);
    else
        *err = "not an object";
    json_decref(root);
    return d;
}

/* Keys and the texts and rows of a template outlive every clone: they are shared. The members of
   an object are made in one piece: a report has hundreds of rows. */
static bool clone_into(
    struct ma_arena *arena, struct ma_data *d, const struct ma_data *from, const char *key)
{
    size_t count = 0;
    *d = *from;
    d->arena = arena;
    d->key = key;
    d->next = NULL;
    if (!has_children(from))
        return true;
    d->children.first = d->children.last = NULL;
    for (const struct ma_data *c = from->children.first; c != NULL; c = c->next)
        count++;
    struct ma_data *child = count > 0 ? ma_arena_alloc(arena, count * sizeof *child) : NULL;
    if (count > 0 && child == NULL)
        return false;
    for (const struct ma_data *c = from->children.first; c != NULL; c = c->next, child++) {
        if (!clone_into(arena, child, c, c->key))
            return false;
        link_child(d, child);
    }
    return true;
}

struct ma_data *ma_data_clone(struct ma_arena *arena, const struct ma_data *from, const char *key)
{
    struct ma_data *d = ma_arena_alloc(arena, sizeof *d);
    return d != NULL && clone_into(arena, d, from, key) ? d : NULL;
}

/* ---- what a check fills in ------------------------------------------------------------------- */

/* The member at key; in an open object it is made, as kind. NULL: not declared. */
static struct ma_data *member(struct ma_data *d, const char *key, enum ma_data_kind kind)
{
    if (d == NULL || d->kind != MA_DATA_OBJECT)
        return NULL;
    for (struct ma_data *c = d->children.first; c != NULL; c = c->next)
        if (c->key == key || strcmp(c->key, key) == 0)
            return c;
    if (!d->open)
        return NULL;
    const char *copy = ma_arena_strdup(d->arena, key);
    struct ma_data *child = copy != NULL ? new_value(d->arena, copy, kind, true) : NULL;
    if (child != NULL)
        link_child(d, child);
    return child;
}

/* The member at key where a plain value goes: an array or an object is never overwritten. */
static struct ma_data *plain(struct ma_data *d, const char *key)
{
    struct ma_data *m = member(d, key, MA_DATA_NULL);
    return m != NULL && !has_children(m) ? m : NULL;
}

static struct ma_data *array(struct ma_data *d, const char *key)
{
    struct ma_data *m = member(d, key, MA_DATA_ARRAY);
    return m != NULL && m->kind == MA_DATA_ARRAY ? m : NULL;
}

/* What a check may write to after its own mistake: linked nowhere. NULL if d is. */
static struct ma_data *nowhere(const struct ma_data *d)
{
    return d != NULL ? new_value(d->arena, NULL, MA_DATA_OBJECT, true) : NULL;
}

static struct ma_data *append(struct ma_data *d, const char *key, bool open)
{
    struct ma_data *list = array(d, key);
    if (list == NULL)
        return nowhere(d);
    struct ma_data *row = !open && list->children.row != NULL
                              ? ma_data_clone(d->arena, list->children.row, NULL)
                              : new_value(d->arena, NULL, MA_DATA_OBJECT, true);
    if (row != NULL)
        link_child(list, row);
    return row;
}

struct ma_data *ma_append(struct ma_data *d, const char *key)
{
    return append(d, key, false);
}

struct ma_data *ma_append_free(struct ma_data *d, const char *key)
{
    return append(d, key, true);
}

struct ma_data *ma_object(struct ma_data *d, const char *key)
{
    struct ma_data *m = member(d, key, MA_DATA_OBJECT);
    return m != NULL && m->kind == MA_DATA_OBJECT ? m : nowhere(d);
}

void ma_append_text(struct ma_data *d, const char *key, const char *text)
{
    struct ma_data *list = array(d, key);
    struct ma_data *item = list != NULL ? new_value(d->arena, NULL, MA_DATA_NULL, false) : NULL;
    if (item != NULL && (text == NULL || set_text(item, text, strlen(text))))
        link_child(list, item);
}

void ma_put_bytes(struct ma_data *d, const char *key, const void *bytes, size_t size)
{
    struct ma_data *m = plain(d, key);
    if (m != NULL && !set_text(m, bytes, size))
        m->kind = MA_DATA_NULL;
}

void ma_put(struct ma_data *d, const char *key, const char *text)
{
    if (text != NULL) {
        ma_put_bytes(d, key, text, strlen(text));
        return;
    }
    struct ma_data *m = plain(d, key);
    if (m != NULL)
        m->kind = MA_DATA_NULL;
}

void ma_put_int(struct ma_data *d, const char *key, int64_t number)
{
    struct ma_data *m = plain(d, key);
    if (m == NULL)
        return;
    m->kind = MA_DATA_INT;
    m->number = number;
}

void ma_put_bool(struct ma_data *d, const char *key, bool truth)
{
    struct ma_data *m = plain(d, key);
    if (m == NULL)
        return;
    m->kind = MA_DATA_BOOL;
    m->truth = truth;
}

/* ---- reading --------------------------------------------------------------------------------- */

const struct ma_data *ma_data_member(const struct ma_data *object, const char *key)
{
    if (object == NULL || object->kind != MA_DATA_OBJECT)
        return NULL;
    const struct ma_data *d = object->children.first;
    while (d != NULL && strcmp(d->key, key) != 0)
        d = d->next;
    return d;
}

static const struct ma_data *member_of(
    const struct ma_data *object, const char *key, enum ma_data_kind kind)
{
    const struct ma_data *d = ma_data_member(object, key);
    return d != NULL && d->kind == kind ? d : NULL;
}

const char *ma_data_text(const struct ma_data *object, const char *key)
{
    const struct ma_data *d = member_of(object, key, MA_DATA_TEXT);
    return d != NULL ? d->text.bytes : NULL;
}

long long ma_data_number(const struct ma_data *object, const char *key)
{
    const struct ma_data *d = member_of(object, key, MA_DATA_INT);
    return d != NULL ? d->number : 0;
}

bool ma_data_truth(const struct ma_data *object, const char *key)
{
    const struct ma_data *d = member_of(object, key, MA_DATA_BOOL);
    return d != NULL && d->truth;
}

const struct ma_data *ma_data_first(const struct ma_data *object, const char *array)
{
    const struct ma_data *d = member_of(object, array, MA_DATA_ARRAY);
    return d != NULL ? d->children.first : NULL;
}
