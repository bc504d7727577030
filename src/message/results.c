/* SPDX-License-Identifier: MIT */
#include "results.h"

#include "words.h"

#include <stdlib.h>
#include <string.h>

#define INSTANCE_MAX 50 /* RFC 8617 4.2.1 */

/* A field between two semicolons. */
struct part {
    struct ma_results *results;
    struct ma_arena *arena;
    const char *bytes;
    struct ma_result_item *item; /* NULL: its method is yet to come, or there is no room */
    struct ma_span name;         /* waits for '=' and a value */
    bool has_name, has_equals;
    struct ma_span first; /* the first word: a server's name, if nothing is equal to it */
    size_t pairs;
};

/* "dkim/1" is method dkim. */
static struct ma_span without_version(const char *bytes, struct ma_span s)
{
    const char *slash = memchr(bytes + s.offset, '/', s.size);
    return slash != NULL ? (struct ma_span){s.offset, (size_t)(slash - bytes) - s.offset} : s;
}

static void add_item(struct part *p, struct ma_span value)
{
    struct ma_results *r = p->results;
    if (r->item_count == MA_RESULTS_ITEMS_MAX) {
        r->left_out++;
        return;
    }
    p->item = &r->items[r->item_count++];
    p->item->method = ma_word_lower(p->arena, p->bytes, without_version(p->bytes, p->name));
    p->item->result = ma_word_lower(p->arena, p->bytes, value);
}

static void add_property(struct part *p, struct ma_span value)
{
    struct ma_result_item *i = p->item;
    if (i == NULL || i->property_count == MA_RESULTS_PROPERTIES_MAX)
        return;
    i->properties[i->property_count++] =
        (struct ma_result_property){.name = ma_word_lower(p->arena, p->bytes, p->name),
            .value = ma_word_text(p->arena, p->bytes, value)};
}

/* "i=1" of an ARC field stands where the server's name would. */
static bool take_instance(struct part *p, struct ma_span value)
{
    unsigned number = 0;
    if (!p->results->arc || !ma_span_is_nocase(p->bytes, p->name, "i"))
        return false;
    p->first.size = 0;
    for (size_t i = 0; i < value.size && number <= INSTANCE_MAX; i++) {
        char c = p->bytes[value.offset + i];
        if (c < '0' || c > '9')
            return true;
        number = number * 10 + (unsigned)(c - '0');
    }
    p->results->instance = number <= INSTANCE_MAX ? number : 0;
    return true;
}

static void take_pair(struct part *p, struct ma_span value)
{
    p->has_name = p->has_equals = false;
    if (p->pairs == 0 && take_instance(p, value))
        return;
    if (p->pairs++ == 0)
        add_item(p, value);
    else
        add_property(p, value);
}

static void take_word(struct part *p, const struct ma_word *w)
{
    if (w->kind == MA_WORD_COMMENT || w->kind == MA_WORD_END)
        return;
    if (w->special == '=') {
        p->has_equals = p->has_name;
    } else if (p->has_equals) {
        take_pair(p, w->at);
    } else if (w->kind != MA_WORD_SPECIAL) {
        if (p->first.size == 0)
            p->first = w->at;
        p->name = w->at;
        p->has_name = true;
    }
}

static void end_part(struct part *p)
{
    bool named = p->results->server[0] != '\0' || p->results->item_count > 0;
    if (p->pairs == 0 && p->first.size > 0 && !named && !p->has_equals)
        p->results->server = ma_word_lower(p->arena, p->bytes, p->first);
    *p = (struct part){.results = p->results, .arena = p->arena, .bytes = p->bytes};
}

static void read_field(
    struct ma_results *r, struct ma_arena *arena, const struct ma_mail_field *field)
{
    struct ma_words words;
    struct ma_word w;
    struct part p = {.results = r, .arena = arena, .bytes = field->bytes};
    r->field = field;
    r->server = "";
    ma_words_init(&words, field->bytes, field->value, ";=<>");
    while (ma_words_next(&words, &w)) {
        if (w.special == ';')
            end_part(&p);
        else
            take_word(&p, &w);
    }
    end_part(&p);
}

void ma_results_read(struct ma_results_list *l, struct ma_arena *arena, const struct ma_mail *m)
{
    *l = (struct ma_results_list){.count = 0};
    l->list = ma_arena_alloc(arena, MA_RESULTS_MAX * sizeof *l->list);
    for (size_t i = 0; l->list != NULL && i < m->field_count; i++) {
        bool arc = ma_mail_field_is(&m->fields[i], "ARC-Authentication-Results");
        if (!arc && !ma_mail_field_is(&m->fields[i], "Authentication-Results"))
            continue;
        if (l->count == MA_RESULTS_MAX) {
            l->left_out++;
            continue;
        }
        l->list[l->count].arc = arc;
        read_field(&l->list[l->count++], arena, &m->fields[i]);
    }
}

const char *ma_result_property(const struct ma_result_item *i, const char *name)
{
    for (size_t k = 0; k < i->property_count; k++)
        if (strcmp(i->properties[k].name, name) == 0)
            return i->properties[k].value;
    return NULL;
}
