/* SPDX-License-Identifier: MIT */
/* The lists that are asked: the catalogue's default set, or what the operator's file says. */
#include "dnsbl_lists.h"

#include "dnsbl_ended.h"
#include "dnsbl_zones.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 16384 /* more than the longest line */
#define WORDS_MAX   4     /* on a line that is no row: ZONE KIND WEIGHT force */

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

struct dnsbl_block {
    struct dnsbl_block *next;
    size_t used;
    _Alignas(max_align_t) char bytes[BLOCK_BYTES];
};

/* ---- memory and errors ----------------------------------------------------------------------- */

void *dnsbl_memory(struct dnsbl_lists *lists, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    size = (size + align - 1) / align * align;
    if (size > BLOCK_BYTES)
        return NULL;
    if (lists->blocks == NULL || lists->blocks->used + size > BLOCK_BYTES) {
        struct dnsbl_block *b = calloc(1, sizeof *b);
        if (b == NULL)
            return NULL;
        b->next = lists->blocks;
        lists->blocks = b;
    }
    void *memory = lists->blocks->bytes + lists->blocks->used;
    lists->blocks->used += size;
    return memory;
}

char *dnsbl_copy(struct dnsbl_lists *lists, const char *text, size_t size)
{
    char *copy = dnsbl_memory(lists, size + 1);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

bool dnsbl_fault(const struct dnsbl_place *p, const char *at, const char *fmt, ...)
{
    va_list args;
    int n = snprintf(p->error, DNSBL_ERROR_BYTES_MAX, "%s:%u:%u: ", p->file, p->line,
        (unsigned)(at - p->start) + 1);
    if (n < 0 || n >= DNSBL_ERROR_BYTES_MAX)
        return false;
    va_start(args, fmt);
    vsnprintf(p->error + n, DNSBL_ERROR_BYTES_MAX - (size_t)n, fmt, args);
    va_end(args);
    return false;
}

static struct dnsbl_lists *new_lists(char *error)
{
    struct dnsbl_lists *lists = calloc(1, sizeof *lists);
    if (lists == NULL)
        snprintf(error, DNSBL_ERROR_BYTES_MAX, "no memory");
    return lists;
}

void dnsbl_lists_free(struct dnsbl_lists *lists)
{
    if (lists == NULL)
        return;
    while (lists->blocks != NULL) {
        struct dnsbl_block *b = lists->blocks;
        lists->blocks = b->next;
        free(b);
    }
    free(lists->zones);
    free(lists);
}

/* ---- the set --------------------------------------------------------------------------------- */

static struct dnsbl_zone *find_zone(const struct dnsbl_lists *lists, const char *name)
{
    for (size_t i = 0; i < lists->count; i++)
        if (strcmp(lists->zones[i].name, name) == 0)
            return &lists->zones[i];
    return NULL;
}

static bool add_zone(
    struct dnsbl_lists *lists, const struct dnsbl_place *p, const struct dnsbl_zone *z)
{
    struct dnsbl_zone *there = find_zone(lists, z->name);
    if (there != NULL && !there->replaceable && !z->replaceable)
        return dnsbl_fault(p, p->start, "'%s' stands here for the second time", z->name);
    if (there != NULL) {
        *there = there->replaceable ? *z : *there;
        return true;
    }
    if (lists->count == DNSBL_ZONES_MAX)
        return dnsbl_fault(p, p->start, "more than %d zones", DNSBL_ZONES_MAX);
    if (lists->count == lists->room) {
        size_t room = lists->room > 0 ? 2 * lists->room : 16;
        struct dnsbl_zone *zones = realloc(lists->zones, room * sizeof *zones);
        if (zones == NULL)
            return dnsbl_fault(p, p->start, "no memory");
        lists->zones = zones;
        lists->room = room;
    }
    lists->zones[lists->count++] = *z;
    return true;
}

static int by_name(const void *left, const void *right)
{
    return strcmp(
        ((const struct dnsbl_zone *)left)->name, ((const struct dnsbl_zone *)right)->name);
}

static void finish(struct dnsbl_lists *lists)
{
    if (lists->count > 0)
        qsort(lists->zones, lists->count, sizeof *lists->zones, by_name);
    for (size_t i = 0; i < lists->count; i++) {
        struct dnsbl_zone *z = &lists->zones[i];
        struct dnsbl_zone *parent = z->part_of[0] != '\0' ? find_zone(lists, z->part_of) : NULL;
        z->parent = parent != NULL && parent->not_asked == NULL ? parent : NULL;
    }
}

/* ---- the catalogue --------------------------------------------------------------------------- */

const char *const *dnsbl_catalogue_rows(size_t *count_r)
{
    *count_r = COUNT(dnsbl_zones);
    return dnsbl_zones;
}

const char *const *dnsbl_ended_rows(size_t *count_r)
{
    *count_r = COUNT(dnsbl_ended);
    return dnsbl_ended;
}

static int compare_row(const char *name, const char *row)
{
    while (*name != '\0' && *name == *row)
        name++, row++;
    unsigned char a = (unsigned char)*name, b = *row == '\t' ? 0 : (unsigned char)*row;
    return (a > b) - (a < b);
}

/* The row whose first column is name, or NULL. */
static const char *find_row(const char *const *rows, size_t count, const char *name)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_row(name, rows[middle]);
        if (order == 0)
            return rows[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool parse_copy(struct dnsbl_lists *lists, struct dnsbl_zone *z, struct dnsbl_place *p,
    const char *line, size_t size)
{
    char *copy = dnsbl_copy(lists, line, size);
    if (copy == NULL) {
        dnsbl_fault(p, p->start, "no memory");
        return false;
    }
    p->start = copy;
    return dnsbl_row_parse(lists, z, p, copy);
}

/* All rows that are to be asked, or those of the default set. */
static bool add_catalogue(struct dnsbl_lists *lists, char *error, bool all)
{
    struct dnsbl_place p = {.file = "dnsbl_zones.tsv", .start = "", .error = error};
    lists->seeded = true;
    for (size_t i = 0; i < COUNT(dnsbl_zones); i++) {
        const char *row = dnsbl_zones[i];
        struct dnsbl_zone z;
        p.line = (unsigned)i + 1;
        if (strstr(row, "\tdefault\t") == NULL && !(all && strstr(row, "\topen\t") != NULL))
            continue;
        if (!parse_copy(lists, &z, &p, row, strlen(row)))
            return false;
        z.replaceable = true;
        if (!add_zone(lists, &p, &z))
            return false;
    }
    return true;
}

/* "its key".zen.dq.spamhaus.net: the row of {key}.zen.dq.spamhaus.net. The key stays out of sight.
 */
static const char *find_key_row(const char *name)
{
    char text[DNSBL_ZONE_BYTES_MAX + 8];
    const char *dot = strchr(name, '.');
    if (dot == NULL || strlen(dot) > DNSBL_ZONE_BYTES_MAX)
        return NULL;
    snprintf(text, sizeof text, "{key}%s", dot);
    return find_row(dnsbl_zones, COUNT(dnsbl_zones), text);
}

/* ---- the operator's file --------------------------------------------------------------------- */

/* A zone by its name alone: the catalogue's row, what became of it, or nothing known. */
static bool known_zone(
    struct dnsbl_lists *lists, struct dnsbl_zone *z, const struct dnsbl_place *p, const char *name)
{
    struct dnsbl_place inside = *p;
    const char *row = find_row(dnsbl_zones, COUNT(dnsbl_zones), name);
    if (row == NULL)
        row = find_key_row(name);
    if (row != NULL)
        return parse_copy(lists, z, &inside, row, strlen(row));
    if (!dnsbl_zone_plain(lists, z, name))
        return dnsbl_fault(p, p->start, "no memory");
    row = find_row(dnsbl_ended, COUNT(dnsbl_ended), name);
    if (row == NULL)
        return true;
    char *text = dnsbl_copy(lists, row, strlen(row));
    if (text == NULL)
        return dnsbl_fault(p, p->start, "no memory");
    /* zone, since, how, source */
    char *since = strchr(text, '\t') + 1;
    char *how = strchr(since, '\t') + 1;
    how[-1] = '\0';
    *strchr(how, '\t') = '\0';
    z->ended = true;
    z->not_asked = how;
    z->date = since;
    return true;
}

static bool force(struct dnsbl_zone *z, const struct dnsbl_place *p, const char *at)
{
    if (z->name[0] == '{')
        return dnsbl_fault(p, at, "'%s' cannot be asked without a key", z->name);
    z->ended = false;
    z->not_asked = NULL;
    z->documented = z->code_count > 0;
    return true;
}

/* The operator's own weight, for every code that is a listing. */
static bool reweigh(struct dnsbl_lists *lists, struct dnsbl_zone *z, enum dnsbl_weight weight)
{
    bool proved = z->documented && z->listed_test_count > 0;
    z->weight = !proved && weight > DNSBL_MEDIUM ? DNSBL_MEDIUM : weight;
    if (z->code_count == 0)
        return true;
    struct dnsbl_code *codes = dnsbl_memory(lists, z->code_count * sizeof *codes);
    if (codes == NULL)
        return false;
    memcpy(codes, z->codes, z->code_count * sizeof *codes);
    for (size_t i = 0; i < z->code_count; i++)
        codes[i].weight = codes[i].weight != DNSBL_NONE ? z->weight : DNSBL_NONE;
    z->codes = codes;
    return true;
}

static const char *kind_phrase(enum dnsbl_kind kind)
{
    if (kind == DNSBL_DOMAIN)
        return "domains";
    return kind == DNSBL_IP4   ? "IPv4 addresses"
           : kind == DNSBL_IP6 ? "IPv6 addresses"
                               : "IPv4 and IPv6 addresses";
}

static bool apply_word(
    struct dnsbl_lists *lists, struct dnsbl_zone *z, const struct dnsbl_place *p, const char *word)
{
    enum dnsbl_kind kind;
    enum dnsbl_weight weight;
    if (strcmp(word, "force") == 0)
        return force(z, p, word);
    if (dnsbl_weight_parse(&weight, word))
        return reweigh(lists, z, weight) || dnsbl_fault(p, word, "no memory");
    if (!dnsbl_kind_parse(&kind, word))
        return dnsbl_fault(p, word,
            "'%s' is neither a kind (ip4, ip6, ip46, domain) nor a weight (critical, high, "
            "policy, medium, low, info) nor force",
            word);
    if (z->documented)
        return kind == z->kind || dnsbl_fault(p, word, "the catalogue knows '%s' as a list of %s",
                                      z->name, kind_phrase(z->kind));
    z->kind = kind;
    return dnsbl_zone_tests_rfc5782(lists, z) || dnsbl_fault(p, word, "no memory");
}

/* Cuts the line into words; returns how many, or WORDS_MAX + 1. */
static size_t split_words(char *line, char *words[static WORDS_MAX])
{
    size_t count = 0;
    char *at = line + strspn(line, " ");
    while (*at != '\0' && count <= WORDS_MAX) {
        if (count < WORDS_MAX)
            words[count] = at;
        count++;
        at += strcspn(at, " ");
        if (*at != '\0')
            *at++ = '\0';
        at += strspn(at, " ");
    }
    return count;
}

static bool remove_zone(struct dnsbl_lists *lists, const struct dnsbl_place *p, char *name)
{
    if (!dnsbl_name_parse(p, name))
        return false;
    struct dnsbl_zone *z = find_zone(lists, name);
    if (z == NULL)
        return dnsbl_fault(p, name, "'%s' is not in the set so far", name);
    *z = lists->zones[--lists->count];
    return true;
}

static bool seed(struct dnsbl_lists *lists, const struct dnsbl_place *p, const char *word)
{
    if (strcmp(word, "@default") != 0 && strcmp(word, "@all") != 0)
        return dnsbl_fault(p, word, "'%s' is neither @default nor @all", word);
    if (lists->seeded)
        return dnsbl_fault(p, word, "'%s' after another @default or @all", word);
    return add_catalogue(lists, p->error, strcmp(word, "@all") == 0);
}

/* @default, @all, -ZONE, or ZONE with the words that change its row. */
static bool parse_plain(struct dnsbl_lists *lists, const struct dnsbl_place *p, char *line)
{
    char *words[WORDS_MAX];
    struct dnsbl_zone z;
    size_t count = split_words(line, words);
    if (count == 0)
        return true;
    if (count > WORDS_MAX)
        return dnsbl_fault(p, words[0], "more than %d words", WORDS_MAX);
    if (words[0][0] == '@' && count == 1)
        return seed(lists, p, words[0]);
    if (words[0][0] == '-' && count == 1)
        return remove_zone(lists, p, words[0] + 1);
    if (!dnsbl_name_parse(p, words[0]) || !known_zone(lists, &z, p, words[0]))
        return false;
    for (size_t i = 1; i < count; i++)
        if (!apply_word(lists, &z, p, words[i]))
            return false;
    return add_zone(lists, p, &z);
}

static bool parse_line(
    struct dnsbl_lists *lists, struct dnsbl_place *p, const char *line, size_t size)
{
    struct dnsbl_zone z;
    if (size > 0 && line[size - 1] == '\r')
        size--;
    p->start = line;
    if (size > DNSBL_LINE_BYTES_MAX)
        return dnsbl_fault(p, line, "the line is longer than %d bytes", DNSBL_LINE_BYTES_MAX);
    const char *nul = memchr(line, '\0', size);
    if (nul != NULL)
        return dnsbl_fault(p, nul, "a NUL byte: this is no text");
    if (size > 0 && line[0] == '#')
        return true;
    char *copy = dnsbl_copy(lists, line, size);
    if (copy == NULL)
        return dnsbl_fault(p, line, "no memory");
    p->start = copy;
    if (memchr(copy, '\t', size) == NULL)
        return parse_plain(lists, p, copy);
    return dnsbl_row_parse(lists, &z, p, copy) && add_zone(lists, p, &z);
}

static bool parse_text(
    struct dnsbl_lists *lists, const char *text, size_t size, const char *file, char *error)
{
    struct dnsbl_place p = {.file = file, .error = error};
    const char *end = text + size;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line_size = (size_t)((newline != NULL ? newline : end) - text);
        p.line++;
        if (!parse_line(lists, &p, text, line_size))
            return false;
        text += line_size + (newline != NULL);
    }
    if (lists->count > 0)
        return true;
    snprintf(error, DNSBL_ERROR_BYTES_MAX, "%s: names no list", file);
    return false;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static bool is_below(const char *name, const char *zone, size_t zone_size)
{
    for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
        if (strlen(dot + 1) == zone_size && memcmp(dot + 1, zone, zone_size) == 0)
            return true;
    return false;
}

/* Is the name below one of the zones? */
static bool has_key(const char *name, const char *zones)
{
    while (*zones != '\0') {
        size_t size = strcspn(zones, " ");
        if (size > 0 && is_below(name, zones, size))
            return true;
        zones += size;
        zones += strspn(zones, " ");
    }
    return false;
}

/* Codes that are not documented count as those of any list that nothing is known of. */
static void unlock(struct dnsbl_zone *z)
{
    z->not_asked = NULL;
    z->keyed = false;
    z->documented = z->code_count > 0;
}

/* A row that only documents what is no listing would say nothing. */
static bool says_something(const struct dnsbl_zone *z)
{
    bool listing = z->code_count == 0;
    for (size_t i = 0; i < z->code_count; i++)
        listing = listing || z->codes[i].weight > DNSBL_NONE;
    return listing && z->class == DNSBL_BLOCK;
}

static bool add_keyed(struct dnsbl_lists *lists, const char *row, struct dnsbl_place *p)
{
    struct dnsbl_zone z = {.part_of = ""};
    if (!parse_copy(lists, &z, p, row, strlen(row)))
        return false;
    if (!says_something(&z) || find_zone(lists, z.name) != NULL)
        return true;
    if (z.part_of[0] == '{') /* the list that holds all of it is asked */
        return true;
    struct dnsbl_zone *open = find_zone(lists, z.part_of);
    if (open != NULL && open->replaceable)
        *open = lists->zones[--lists->count];
    z.replaceable = true;
    return add_zone(lists, p, &z);
}

bool dnsbl_lists_unlock(
    struct dnsbl_lists *lists, const char *zones, char error[static DNSBL_ERROR_BYTES_MAX])
{
    struct dnsbl_place p = {.file = "dnsbl_zones.tsv", .start = "", .error = error};
    for (size_t i = 0; lists->seeded && i < COUNT(dnsbl_zones); i++) {
        const char *row = dnsbl_zones[i];
        char name[DNSBL_ZONE_BYTES_MAX + 1];
        size_t size = strcspn(row, "\t");
        p.line = (unsigned)i + 1;
        if (row[0] != '{' || size >= sizeof name)
            continue;
        memcpy(name, row, size);
        name[size] = '\0';
        if (has_key(name, zones) && !add_keyed(lists, row, &p))
            return false;
    }
    for (size_t i = 0; i < lists->count; i++)
        if (lists->zones[i].keyed && has_key(lists->zones[i].name, zones))
            unlock(&lists->zones[i]);
    finish(lists);
    return true;
}

/* ---- the ways in ----------------------------------------------------------------------------- */

static struct dnsbl_lists *finished(struct dnsbl_lists *lists, bool good)
{
    if (good) {
        finish(lists);
        return lists;
    }
    dnsbl_lists_free(lists);
    return NULL;
}

struct dnsbl_lists *dnsbl_lists_default(char error[static DNSBL_ERROR_BYTES_MAX])
{
    struct dnsbl_lists *lists = new_lists(error);
    return lists != NULL ? finished(lists, add_catalogue(lists, error, false)) : NULL;
}

struct dnsbl_lists *dnsbl_lists_all(char error[static DNSBL_ERROR_BYTES_MAX])
{
    struct dnsbl_lists *lists = new_lists(error);
    return lists != NULL ? finished(lists, add_catalogue(lists, error, true)) : NULL;
}

struct dnsbl_lists *dnsbl_lists_parse(
    const char *text, size_t size, const char *file, char error[static DNSBL_ERROR_BYTES_MAX])
{
    struct dnsbl_lists *lists = new_lists(error);
    return lists != NULL ? finished(lists, parse_text(lists, text, size, file, error)) : NULL;
}

/* The file's bytes, to be freed; NULL with errno. */
static char *file_load(const char *file, size_t *size_r)
{
    FILE *in = fopen(file, "re");
    char *bytes = in != NULL ? malloc(DNSBL_FILE_BYTES_MAX + 1) : NULL;
    if (bytes == NULL) {
        if (in != NULL)
            fclose(in);
        return NULL;
    }
    *size_r = fread(bytes, 1, DNSBL_FILE_BYTES_MAX + 1, in);
    int error = ferror(in) ? errno : *size_r > DNSBL_FILE_BYTES_MAX ? EFBIG : 0;
    fclose(in);
    if (error == 0)
        return bytes;
    free(bytes);
    errno = error;
    return NULL;
}

struct dnsbl_lists *dnsbl_lists_load(const char *file, char error[static DNSBL_ERROR_BYTES_MAX])
{
    size_t size;
    char *text = file_load(file, &size);
    if (text == NULL) {
        snprintf(error, DNSBL_ERROR_BYTES_MAX, "cannot read '%s': %s", file, strerror(errno));
        return NULL;
    }
    struct dnsbl_lists *lists = dnsbl_lists_parse(text, size, file, error);
    free(text);
    return lists;
}
