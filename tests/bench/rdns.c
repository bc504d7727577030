/* SPDX-License-Identifier: MIT */
/*
 * How many generic names are found, and how many mail servers' own names are flagged, in a file of
 * labelled names: name, address (or "-"), label, basis. By cross-validation: names are split into
 * ten folds by registered domain, and for each fold the table of words holds only what comes from a
 * published source or is seen in the other folds' names; the table of suffixes is left out, since
 * no suffix is seen outside its own fold. The rules were written with folds 0 to 6 in sight; 7 to 9
 * were kept aside until they were done.
 *
 * usage: rdns MISLABELLED [NAMES [misses]]     NAMES or $MAILAUDIT_RDNS; skipped (77) without one
 *
 * MISLABELLED: names whose label we hold to be wrong, and why; figures are given with and without
 * them. "misses" prints what was not found or was flagged.
 */
#include "ptr_tables.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FOLDS    10
#define HELD_OUT 7 /* the first of the folds that the rules were not written for */
#define WORDS    512
#define ROWS     20000
#define DOMAINS  4000
#define ROUNDS   20

static struct ptr_word active_words[WORDS];
static size_t active_word_count, active_suffix_count;

/* the classifier itself, with tables that change from fold to fold */
#define ptr_words        active_words
#define ptr_word_count   active_word_count
#define ptr_suffix_count active_suffix_count
#include "../../checks/ptr_names.c" /* NOLINT(bugprone-suspicious-include) */
#undef ptr_words
#undef ptr_word_count
#undef ptr_suffix_count

struct row {
    char *name;
    struct ma_address address;
    bool generic, dynamic, mislabelled;
    unsigned fold, domain;
};

struct tally {
    unsigned generic, found, named, flagged;
    unsigned kind_right; /* generic names whose kind, static or dynamic, is as labelled */
};

static struct row rows[ROWS];
static size_t row_count;
static uint32_t domains[DOMAINS]; /* checksums of registered domains */
static unsigned domain_count;
static struct tally by_domain[DOMAINS];
static bool seen[WORDS][FOLDS]; /* the word stands in a name of the fold */

/* ---- reading --------------------------------------------------------------------------------- */

static uint32_t checksum(const char *domain)
{
    uint32_t crc = UINT32_MAX;
    for (; *domain != '\0'; domain++) {
        crc ^= (uint8_t)*domain;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static unsigned domain_of(uint32_t crc)
{
    unsigned i = 0;
    while (i < domain_count && domains[i] != crc)
        i++;
    if (i == domain_count && domain_count < DOMAINS - 1)
        domains[domain_count++] = crc;
    return i;
}

static void add_row(char *name, const char *address, const char *label)
{
    struct row *row = &rows[row_count++];
    struct ptr_scan scan;
    *row = (struct row){.name = strdup(name),
        .generic = strncmp(label, "generic", 7) == 0,
        .dynamic = strcmp(label, "generic-dynamic") == 0};
    if (row->name == NULL)
        abort();
    (void)ma_address_parse(&row->address, address);
    memset(&scan, 0, offsetof(struct ptr_scan, name));
    load(&scan, name);
    uint32_t crc = checksum(scan.name + (scan.left_size > 0 ? scan.left_size + 1 : 0));
    row->fold = crc % FOLDS;
    row->domain = domain_of(crc);
    for (size_t i = 0; i < scan.left_count; i++)
        for (size_t w = 0; w < ptr_word_count && !scan.tokens[i].digits; w++)
            if (compare_word(
                    scan.name + scan.tokens[i].at, scan.tokens[i].size, ptr_words[w].word) == 0)
                seen[w][row->fold] = true;
}

static bool read_names(const char *path)
{
    char line[1024];
    FILE *in = fopen(path, "r");
    if (in == NULL)
        return false;
    while (fgets(line, sizeof line, in) != NULL && row_count < ROWS) {
        char *rest = line, *name = strsep(&rest, "\t\n"), *address = strsep(&rest, "\t\n");
        char *label = strsep(&rest, "\t\n");
        if (*line != '#' && label != NULL)
            add_row(name, address, label);
    }
    return fclose(in) == 0;
}

static bool read_mislabelled(const char *path)
{
    char line[1024];
    FILE *in = fopen(path, "r");
    if (in == NULL)
        return false;
    while (fgets(line, sizeof line, in) != NULL) {
        char *rest = line, *name = strsep(&rest, "\t\n");
        bool known = *name == '#' || *name == '\0';
        for (size_t i = 0; i < row_count; i++)
            if (strcmp(rows[i].name, name) == 0)
                known = rows[i].mislabelled = true;
        if (!known)
            printf("not among the names: %s\n", name);
    }
    return fclose(in) == 0;
}

/* ---- judging --------------------------------------------------------------------------------- */

static bool is_ours(const struct ptr_word *word)
{
    return strncmp(word->source, "reverse names", 13) == 0;
}

/* The words for a fold: those of a published source, and those that the other folds show. */
static void activate_for(unsigned fold)
{
    active_suffix_count = active_word_count = 0;
    for (size_t w = 0; w < ptr_word_count; w++) {
        bool use = !is_ours(&ptr_words[w]);
        for (unsigned other = 0; other < FOLDS; other++)
            use = use || (other != fold && seen[w][other]);
        if (use)
            active_words[active_word_count++] = ptr_words[w];
    }
}

static void activate_all(void)
{
    memcpy(active_words, ptr_words, ptr_word_count * sizeof *ptr_words);
    active_word_count = ptr_word_count;
    active_suffix_count = ptr_suffix_count;
}

static void count(struct tally *tally, const struct row *row, const struct ptr_verdict *verdict)
{
    bool called_generic = verdict->kind != PTR_NAMED;
    if (row->generic) {
        tally->generic++;
        tally->found += called_generic;
        tally->kind_right +=
            verdict->kind == (row->dynamic ? PTR_GENERIC_DYNAMIC : PTR_GENERIC_STATIC);
    } else {
        tally->named++;
        tally->flagged += called_generic;
    }
}

static void judge_fold(unsigned fold, struct tally *raw, struct tally *adjusted, bool misses)
{
    for (size_t i = 0; i < row_count; i++) {
        const struct row *row = &rows[i];
        struct ptr_verdict verdict;
        if (fold < FOLDS && row->fold != fold)
            continue;
        verdict = ptr_classify(row->name, &row->address);
        count(raw, row, &verdict);
        if (!row->mislabelled)
            count(adjusted, row, &verdict);
        if (!row->mislabelled && fold < FOLDS)
            count(&by_domain[row->domain], row, &verdict);
        if (misses && row->generic != (verdict.kind != PTR_NAMED))
            printf("  %s\t%s\t%s\t%.*s%s\n", row->name, row->generic ? "generic" : "named",
                ptr_heuristic_name(verdict.heuristic), (int)verdict.length,
                row->name + verdict.offset, row->mislabelled ? "\tmislabelled" : "");
    }
}

static double percent(unsigned part, unsigned whole)
{
    return whole > 0 ? 100.0 * part / whole : 0;
}

static void add(struct tally *sum, const struct tally *part)
{
    sum->generic += part->generic;
    sum->found += part->found;
    sum->named += part->named;
    sum->flagged += part->flagged;
    sum->kind_right += part->kind_right;
}

static void show(const char *what, const struct tally *t)
{
    printf("%-28s %5u/%5u %6.2f %%   %4u/%4u %6.2f %%   %6.2f %%\n", what, t->found, t->generic,
        percent(t->found, t->generic), t->flagged, t->named, percent(t->flagged, t->named),
        percent(t->kind_right, t->generic));
}

/* The same with each registered domain counted once, however many names of it there are. */
static void show_by_domain(void)
{
    double found = 0, flagged = 0;
    unsigned generic = 0, named = 0;
    for (unsigned i = 0; i < domain_count; i++) {
        const struct tally *t = &by_domain[i];
        generic += t->generic > 0;
        named += t->named > 0;
        found += percent(t->found, t->generic);
        flagged += percent(t->flagged, t->named);
    }
    printf("%-28s %5u domains %5.2f %%  %4u domains %4.2f %%\n", "  mean of the domains", generic,
        found / (generic > 0 ? generic : 1), named, flagged / (named > 0 ? named : 1));
}

static void cross_validate(bool misses)
{
    struct tally raw[2] = {{0}}, adjusted[2] = {{0}}, all = {0};
    printf("%-28s %20s   %18s   %8s\n", "", "generic names found", "named flagged", "kind");
    for (unsigned fold = 0; fold < FOLDS; fold++) {
        struct tally r = {0}, a = {0};
        char what[64];
        activate_for(fold);
        judge_fold(fold, &r, &a, misses);
        snprintf(what, sizeof what, "fold %u%s", fold, fold >= HELD_OUT ? ", held out" : "");
        show(what, &r);
        add(&raw[fold >= HELD_OUT], &r);
        add(&adjusted[fold >= HELD_OUT], &a);
    }
    show("folds 0-6", &raw[0]);
    show("  without mislabelled", &adjusted[0]);
    show("folds 7-9, held out", &raw[1]);
    show("  without mislabelled", &adjusted[1]);
    add(&raw[0], &raw[1]);
    add(&adjusted[0], &adjusted[1]);
    show("all, by cross-validation", &raw[0]);
    show("  without mislabelled", &adjusted[0]);
    show_by_domain();
    raw[0] = (struct tally){0};
    activate_all();
    judge_fold(FOLDS, &raw[0], &all, false);
    show("all, with all tables", &raw[0]);
    printf("bar: 95 %% found, 0.5 %% flagged\n");
}

static void measure(void)
{
    struct timespec from, to;
    unsigned sum = 0;
    double nsecs;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < row_count; i++)
            sum += ptr_classify(rows[i].name, &rows[i].address).kind;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    nsecs = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    printf("%.2f us a name (bar: 2), %zu names, checksum %u\n",
        nsecs / 1e3 / ROUNDS / (double)row_count, row_count, sum / ROUNDS);
}

int main(int argc, char **argv)
{
    const char *path = argc > 2 ? argv[2] : getenv("MAILAUDIT_RDNS");
    if (argc < 2 || ptr_word_count > WORDS)
        return 2;
    if (path == NULL) {
        puts("skipped: no file of labelled names given");
        return 77;
    }
    if (!read_names(path) || !read_mislabelled(argv[1]) || row_count == 0) {
        perror(path);
        return 1;
    }
    cross_validate(argc > 3);
    measure();
    for (size_t i = 0; i < row_count; i++)
        free(rows[i].name);
    return 0;
}
