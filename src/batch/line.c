/* SPDX-License-Identifier: MIT */
#include "line.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts blanks, and the quotes that a spreadsheet puts around a field, off both ends. */
static const char *trim(const char *text, size_t *size)
{
    while (*size > 0 && is_blank(*text)) {
        text++;
        (*size)--;
    }
    while (*size > 0 && is_blank(text[*size - 1]))
        (*size)--;
    if (*size >= 2 && text[0] == '"' && text[*size - 1] == '"') {
        text++;
        *size -= 2;
    }
    return text;
}

bool ma_line_is_target(const char *line, size_t size, bool first)
{
    size_t length = size;
    const char *text = trim(line, &length);
    if (length == 0 || *text == '#')
        return false;
    if (!first)
        return true;
    const char *domain = ma_line_domain(line, size, &length);
    return !(length == 6 && strncasecmp(domain, "domain", 6) == 0);
}

/* What stands behind the first key, a JSON string as it is written; NULL: it is not there. gcc's
   sanitizers take it for possible that there is no text. */
static const char *behind(const char *text, size_t size, const char *key)
{
    const char *found = text != NULL ? memmem(text, size, key, strlen(key)) : NULL;
    return found != NULL ? found + strlen(key) : NULL;
}

const char *ma_line_domain(const char *line, size_t size, size_t *size_r)
{
    size_t length = size;
    const char *text = trim(line, &length);
    if (length > 0 && *text == '{') { /* good enough to spread lines: the value of "domain" */
        const char *from = behind(text, length, "\"domain\"");
        const char *end = text + length;
        const char *value = from != NULL ? memchr(from, '"', (size_t)(end - from)) : NULL;
        const char *quote =
            value != NULL ? memchr(value + 1, '"', (size_t)(end - value) - 1) : NULL;
        if (quote != NULL) {
            *size_r = (size_t)(quote - value) - 1;
            return value + 1;
        }
    }
    const char *comma = memchr(text, ',', length);
    *size_r = comma != NULL ? (size_t)(comma - text) : length;
    return trim(text, size_r);
}

/* The first address as it is written: the second field, or the first string in "addresses". */
static const char *first_address(const char *line, size_t size, size_t *size_r)
{
    const char *text = trim(line, &size), *end = text + size;
    const char *from = NULL;
    if (size > 0 && *text == '{') {
        from = behind(text, size, "\"addresses\"");
        from = from != NULL ? memchr(from, '"', (size_t)(end - from)) : NULL;
        from = from != NULL ? from + 1 : NULL;
        const char *stop = from != NULL ? memchr(from, '"', (size_t)(end - from)) : NULL;
        *size_r = stop != NULL ? (size_t)(stop - from) : 0;
        return from;
    }
    from = size > 0 ? memchr(text, ',', size) : NULL;
    if (from == NULL)
        return NULL;
    from++;
    const char *stop = memchr(from, ',', (size_t)(end - from));
    *size_r = (size_t)((stop != NULL ? stop : end) - from);
    return trim(from, size_r);
}

uint64_t ma_line_network(const char *line, size_t size)
{
    char text[64];
    size_t length = 0;
    struct ma_address a;
    const char *address = first_address(line, size, &length);
    if (address == NULL || length == 0 || length >= sizeof text)
        return 0;
    memcpy(text, address, length);
    text[length] = '\0';
    if (!ma_address_parse(&a, text))
        return 0;
    uint64_t key = a.family; /* a /24, or a /48 */
    for (unsigned i = 0; i < (a.family == 6 ? 6u : 3u); i++)
        key = key * 0x100000001b3u + a.bytes[i] + 1;
    return (key ^ key >> 29) | 1;
}

/* A field as a string; NULL when it holds a NUL or there is no memory. */
static const char *field(struct ma_arena *arena, const char *text, size_t size)
{
    text = trim(text, &size);
    return memchr(text, '\0', size) == NULL ? ma_arena_copy(arena, text, size) : NULL;
}

static bool read_csv(
    struct ma_spec *s, struct ma_arena *arena, const char *line, size_t size, FILE *err)
{
    const char *end = line + size;
    bool first = true;
    for (const char *p = line; p <= end; first = false) {
        const char *comma = p < end ? memchr(p, ',', (size_t)(end - p)) : NULL;
        const char *stop = comma != NULL ? comma : end;
        const char *text = field(arena, p, (size_t)(stop - p));
        p = stop + 1;
        if (text == NULL) {
            fputs("a field holds a NUL byte\n", err);
            return false;
        }
        if (first) {
            if (!ma_spec_set_domain(s, arena, text, err))
                return false;
        } else if (*text != '\0' && !ma_spec_add_address(s, arena, text, err)) {
            return false;
        }
    }
    return true;
}

static bool read_list(struct ma_spec *s, struct ma_arena *arena, const json_t *list,
    const char *key, bool (*add)(struct ma_spec *, struct ma_arena *, const char *, FILE *),
    FILE *err)
{
    if (list == NULL || json_is_null(list))
        return true;
    if (json_is_string(list))
        return add(s, arena, json_string_value(list), err);
    if (!json_is_array(list)) {
        fprintf(err, "\"%s\" is not an array of strings\n", key);
        return false;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *item = json_string_value(json_array_get(list, i));
        if (item == NULL) {
            fprintf(err, "\"%s\" is not an array of strings\n", key);
            return false;
        }
        if (!add(s, arena, item, err))
            return false;
    }
    return true;
}

static bool set_domain(struct ma_spec *s, struct ma_arena *arena, const char *text, FILE *err)
{
    return ma_spec_set_domain(s, arena, text, err);
}

static bool set_role(struct ma_spec *s, struct ma_arena *arena, const char *text, FILE *err)
{
    (void)arena;
    return ma_spec_set_role(s, text, err);
}

static bool set_label(struct ma_spec *s, struct ma_arena *arena, const char *text, FILE *err)
{
    (void)err;
    s->label = ma_arena_strdup(arena, text);
    return s->label != NULL;
}

static const struct {
    const char *key;
    bool many;
    bool (*set)(struct ma_spec *, struct ma_arena *, const char *, FILE *);
} keys[] = {
    {"label", false, set_label}, /* first: an error still says whose it is */
    {"domain", false, set_domain},
    {"addresses", true, ma_spec_add_address},
    {"selectors", true, ma_spec_add_selector},
    {"sender", false, ma_spec_set_sender},
    {"helo", false, ma_spec_set_helo},
    {"role", false, set_role},
};

static bool is_known(const char *name)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i].key, name) == 0)
            return true;
    return false;
}

static bool read_object(struct ma_spec *s, struct ma_arena *arena, json_t *object, FILE *err)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (!is_known(name)) {
            fprintf(err, "unknown key \"%s\"\n", name);
            return false;
        }
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        value = json_object_get(object, keys[i].key);
        if (keys[i].many) {
            if (!read_list(s, arena, value, keys[i].key, keys[i].set, err))
                return false;
        } else if (value != NULL && !json_is_null(value)) {
            if (!json_is_string(value)) {
                fprintf(err, "\"%s\" is not a string\n", keys[i].key);
                return false;
            }
            if (!keys[i].set(s, arena, json_string_value(value), err))
                return false;
        }
    }
    if (s->domain == NULL)
        fputs("no \"domain\"\n", err);
    return s->domain != NULL;
}

static bool read_json(
    struct ma_spec *s, struct ma_arena *arena, const char *line, size_t size, FILE *err)
{
    json_error_t error;
    json_t *object = json_loadb(line, size, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL) {
        fprintf(err, "not JSON at byte %d: %s\n", error.position, error.text);
        return false;
    }
    bool ok = read_object(s, arena, object, err);
    json_decref(object);
    return ok;
}

bool ma_line_read(
    struct ma_spec *s, struct ma_arena *arena, const char *line, size_t size, FILE *err)
{
    line = trim(line, &size);
    bool json = size > 0 && *line == '{';
    return (json ? read_json(s, arena, line, size, err) : read_csv(s, arena, line, size, err)) &&
           ma_spec_check(s, err);
}
