/* SPDX-License-Identifier: MIT */
#include "taglist.h"

#include <string.h>
#include <strings.h>

bool ma_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct ma_span ma_span_trim(const char *bytes, struct ma_span s)
{
    while (s.size > 0 && ma_is_blank(bytes[s.offset])) {
        s.offset++;
        s.size--;
    }
    while (s.size > 0 && ma_is_blank(bytes[s.offset + s.size - 1]))
        s.size--;
    return s;
}

bool ma_span_is(const char *bytes, struct ma_span s, const char *text)
{
    return strlen(text) == s.size && memcmp(bytes + s.offset, text, s.size) == 0;
}

bool ma_span_is_nocase(const char *bytes, struct ma_span s, const char *text)
{
    return strlen(text) == s.size && strncasecmp(bytes + s.offset, text, s.size) == 0;
}

void ma_taglist_init(struct ma_taglist *list, const char *bytes, size_t size)
{
    *list = (struct ma_taglist){.bytes = bytes, .size = size};
}

bool ma_taglist_next(struct ma_taglist *list, struct ma_tag *tag_r)
{
    if (list->at >= list->size)
        return false;
    const char *start = list->bytes + list->at;
    const char *end = memchr(start, ';', list->size - list->at);
    bool last = end == NULL;
    if (last)
        end = list->bytes + list->size;
    struct ma_span whole = {list->at, (size_t)(end - start)};
    list->at += whole.size + 1;
    whole = ma_span_trim(list->bytes, whole);
    *tag_r = (struct ma_tag){.shape = MA_TAG_EMPTY, .whole = whole};
    if (whole.size == 0)
        return !last;
    start = list->bytes + whole.offset;
    const char *equals = memchr(start, '=', whole.size);
    tag_r->shape = MA_TAG_NO_EQUALS;
    if (equals == NULL || equals == start)
        return true;
    size_t name_size = (size_t)(equals - start);
    tag_r->shape = MA_TAG_GOOD;
    tag_r->name = ma_span_trim(list->bytes, (struct ma_span){whole.offset, name_size});
    tag_r->value = ma_span_trim(
        list->bytes, (struct ma_span){whole.offset + name_size + 1, whole.size - name_size - 1});
    return true;
}

bool ma_tag_is_named(const char *bytes, const struct ma_tag *tag)
{
    const char *name = bytes + tag->name.offset;
    if (tag->name.size == 0 || !is_letter(name[0]))
        return false;
    for (size_t i = 1; i < tag->name.size; i++)
        if (!is_letter(name[i]) && !(name[i] >= '0' && name[i] <= '9') && name[i] != '_')
            return false;
    return true;
}

void ma_items_init(struct ma_items *items, const char *bytes, struct ma_span s, char separator)
{
    *items = (struct ma_items){
        .bytes = bytes, .at = s.offset, .end = s.offset + s.size, .separator = separator};
}

bool ma_items_next(struct ma_items *items, struct ma_span *item_r)
{
    if (items->done)
        return false;
    const char *start = items->bytes + items->at;
    const char *end = NULL;
    if (items->at < items->end)
        end = memchr(start, items->separator, items->end - items->at);
    items->done = end == NULL;
    size_t size = end != NULL ? (size_t)(end - start) : items->end - items->at;
    *item_r = ma_span_trim(items->bytes, (struct ma_span){items->at, size});
    items->at += size + 1;
    return true;
}

bool ma_tag_runs_on(const char *bytes, const struct ma_tag *tag, struct ma_span *next_r)
{
    size_t end = tag->value.offset + tag->value.size;
    for (size_t i = tag->value.offset; i < end; i++) {
        if (!ma_is_blank(bytes[i]))
            continue;
        size_t name = i + 1, at = name;
        while (at < end && is_letter(bytes[at]))
            at++;
        if (at > name && at < end && bytes[at] == '=') {
            *next_r = (struct ma_span){name, at - name};
            return true;
        }
    }
    return false;
}

bool ma_find_zone_quoting(const char *bytes, size_t size, struct ma_span *at_r)
{
    if (size == 0)
        return false;
    *at_r = (struct ma_span){0, 1};
    if (bytes[0] == '"')
        return true;
    const char *end = bytes + size;
    for (const char *p = bytes; (p = memchr(p, '\\', (size_t)(end - p))) != NULL; p++)
        if (p + 1 < end && (p[1] == ';' || p[1] == '"')) {
            *at_r = (struct ma_span){(size_t)(p - bytes), 2};
            return true;
        }
    at_r->offset = size - 1;
    return bytes[size - 1] == '"';
}
