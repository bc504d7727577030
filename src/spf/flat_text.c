/* SPDX-License-Identifier: MIT */
/* A flattened policy as records to publish. */
#include "flat.h"

#include <string.h>

#define SHORT_BYTES 60 /* networks that stay in the record rather than cost an include */

struct word { /* a term of a record */
    const char *text;
    size_t size;
    struct word *next;
};

struct section { /* words that stay together, in order: networks of a qualifier, or one term */
    struct word *words, **end;
    size_t size; /* bytes, a space before each */
    bool is_movable;
    struct section *next;
};

struct writer {
    struct ma_run *run;
    struct ma_netspace space;
    const char *domain;
    struct section *sections, **sections_end;
    size_t limit_bytes;
    unsigned kept_lookups;
    struct ma_spf_flat_records *out;
    struct ma_spf_flat_record **records_end;
};

/* ---- the words --------------------------------------------------------------------------------
 */

static void add_word(struct writer *w, struct section *section, const char *text)
{
    struct word *word = ma_alloc(w->run, sizeof *word);
    *word = (struct word){.text = text, .size = strlen(text)};
    *section->end = word;
    section->end = &word->next;
    section->size += word->size + 1;
}

static struct section *add_section(struct writer *w)
{
    struct section *section = ma_alloc(w->run, sizeof *section);
    section->end = &section->words;
    *w->sections_end = section;
    w->sections_end = &section->next;
    return section;
}

static void add_networks(
    struct writer *w, struct section *section, const char *sign, char family, struct ma_netset set)
{
    struct ma_networks networks;
    struct ma_address address;
    unsigned prefix, width = family == '4' ? 32 : 128;
    ma_networks_begin(&networks, set, family == '4' ? 4 : 6);
    while (ma_networks_next(&networks, &address, &prefix)) {
        const char *text = ma_address_text(w->run, &address);
        if (prefix == width)
            add_word(w, section, ma_text(w->run, "%sip%c:%s", sign, family, text));
        else
            add_word(w, section, ma_text(w->run, "%sip%c:%s/%u", sign, family, text, prefix));
    }
}

/* Are networks at the end decided no otherwise by what follows? */
static bool is_needless(const struct ma_spf_piece *piece, const char *tail)
{
    char rest = tail[0] == '\0' ? '?' : tail[0];
    for (; piece != NULL; piece = piece->next)
        if (piece->term != NULL || piece->qualifier != rest)
            return false;
    return strchr("-~?+", rest) != NULL;
}

static struct ma_netset set_of(const struct ma_spf_piece *piece, char family)
{
    return family == '4' ? piece->networks.v4 : piece->networks.v6;
}

/* The networks of the pieces up to end, together. */
static void join_networks(struct writer *w, struct section *section,
    const struct ma_spf_piece *first, const struct ma_spf_piece *end, char family)
{
    char sign[2] = {first->qualifier == '+' ? '\0' : first->qualifier, '\0'};
    size_t count = 0;
    for (const struct ma_spf_piece *p = first; p != end; p = p->next)
        count += set_of(p, family).count;
    struct ma_range *ranges = ma_alloc(w->run, (count + 1) * sizeof *ranges), *to = ranges;
    for (const struct ma_spf_piece *p = first; p != end; p = p->next) {
        struct ma_netset set = set_of(p, family);
        if (set.count > 0)
            memcpy(to, set.ranges, set.count * sizeof *to);
        to += set.count;
    }
    add_networks(w, section, sign, family, ma_netset_of(&w->space, ranges, count));
}

static void make_sections(struct writer *w, const struct ma_spf_flat *flat)
{
    for (const struct ma_spf_piece *p = flat->pieces; p != NULL && !is_needless(p, flat->tail);) {
        struct section *section = add_section(w);
        const struct ma_spf_piece *end = p->next;
        if (p->term != NULL) {
            add_word(w, section, p->term);
            w->kept_lookups += p->lookups;
        } else {
            while (end != NULL && end->term == NULL && end->qualifier == p->qualifier)
                end = end->next;
            section->is_movable = p->qualifier == '+';
            join_networks(w, section, p, end, '4');
            join_networks(w, section, p, end, '6');
        }
        p = end;
    }
}

/* ---- the records ------------------------------------------------------------------------------
 */

struct page { /* a record that is being written */
    char *text;
    size_t size;
};

static void put(struct page *page, const char *text, size_t size)
{
    if (page->size > 0 && size > 0)
        page->text[page->size++] = ' ';
    memcpy(page->text + page->size, text, size);
    page->size += size;
}

static struct ma_spf_flat_record *add_record(struct writer *w, const char *owner)
{
    struct ma_spf_flat_record *record = ma_alloc(w->run, sizeof *record);
    record->owner = owner;
    *w->records_end = record;
    w->records_end = &record->next;
    w->out->count++;
    return record;
}

static void finish(struct writer *w, struct ma_spf_flat_record *record, const struct page *page)
{
    record->text = ma_text(w->run, "%.*s", (int)page->size, page->text);
    w->out->large |= page->size > MA_SPF_FLAT_SMALL_BYTES;
    w->out->over |= page->size > MA_SPF_FLAT_LARGE_BYTES;
}

/* Moves a section's words into records of their own, which the page then includes. */
static void move(struct writer *w, struct page *main_page, const struct section *section)
{
    static const char head[] = "v=spf1", rest[] = "-all";
    struct page page = {.text = ma_alloc(w->run, w->limit_bytes + 64)};
    const struct word *word = section->words;
    while (word != NULL) {
        const char *owner = ma_text(w->run, "_spf%zu.%s", w->out->count, w->domain);
        const char *include = ma_text(w->run, "include:%s", owner);
        page.size = 0;
        put(&page, head, sizeof head - 1);
        do {
            put(&page, word->text, word->size);
            word = word->next;
        } while (word != NULL && page.size + 1 + word->size + sizeof rest <= w->limit_bytes);
        put(&page, rest, sizeof rest - 1);
        finish(w, add_record(w, owner), &page);
        put(main_page, include, strlen(include));
        w->out->lookups++;
    }
}

static bool moves(const struct writer *w, const struct section *section, size_t total)
{
    return total > w->limit_bytes && section->is_movable && section->size > SHORT_BYTES;
}

static void write_records(struct writer *w, const struct ma_spf_flat *flat)
{
    size_t total = strlen("v=spf1") + strlen(flat->tail) + strlen(flat->exp) + 2;
    for (const struct section *s = w->sections; s != NULL; s = s->next)
        total += s->size;
    struct ma_spf_flat_record *own = add_record(w, w->domain);
    /* an include takes fewer bytes than what it stands for, but for the last of a section */
    size_t room = total + (strlen(w->domain) + 32) * (total / (w->limit_bytes / 2) + 2);
    for (const struct section *s = w->sections; s != NULL; s = s->next)
        room += strlen(w->domain) + 32;
    struct page page = {.text = ma_alloc(w->run, room)};
    put(&page, "v=spf1", 6);
    for (const struct section *s = w->sections; s != NULL; s = s->next) {
        if (moves(w, s, total)) {
            move(w, &page, s);
            continue;
        }
        for (const struct word *word = s->words; word != NULL; word = word->next)
            put(&page, word->text, word->size);
    }
    put(&page, flat->tail, strlen(flat->tail));
    put(&page, flat->exp, strlen(flat->exp));
    finish(w, own, &page);
}

static struct ma_spf_flat_records *attempt(
    struct writer *w, const struct ma_spf_flat *flat, size_t limit_bytes)
{
    struct ma_spf_flat_records *out = ma_alloc(w->run, sizeof *out);
    w->out = out;
    w->records_end = &out->list;
    w->limit_bytes = limit_bytes;
    out->lookups = w->kept_lookups + (strchr(flat->tail, '=') != NULL);
    write_records(w, flat);
    out->over |= out->lookups > MA_SPF_LOOKUPS_MAX;
    return out;
}

const struct ma_spf_flat_records *ma_spf_flat_write(
    struct ma_run *run, const struct ma_spf_flat *flat, const char *domain)
{
    struct writer w = {.run = run, .domain = domain};
    w.sections_end = &w.sections;
    ma_netspace_init(&w.space, run);
    make_sections(&w, flat);
    if (w.space.full)
        return NULL;
    const struct ma_spf_flat_records *small = attempt(&w, flat, MA_SPF_FLAT_SMALL_BYTES);
    return small->lookups > MA_SPF_LOOKUPS_MAX ? attempt(&w, flat, MA_SPF_FLAT_LARGE_BYTES) : small;
}
