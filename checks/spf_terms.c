/* SPDX-License-Identifier: MIT */
/* Findings about the terms of sound records: twice there, never reached, too wide; and about how
   the record is stored: strings, sizes. */
#include "spf_report.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TERMS_MAX    400  /* of a record that are compared with one another */
#define RANGES_MAX   4096 /* networks of the whole tree that are added up */
#define SHOWN_MAX    6
#define SIZE_UDP     512  /* bytes of an answer without EDNS (RFC 7208 3.4) */
#define SIZE_EDNS    1232 /* and with it, as resolvers ask since the flag day of 2020 */
#define STRING_MAX   255
#define WIDE_PREFIX4 14 /* the widest that large providers list is /14 */
#define WIDE_PREFIX6 28
#define HUGE_PREFIX4 8
#define HUGE_PREFIX6 16

/* ---- duplicates ------------------------------------------------------------------------------ */

static bool is_network(const struct ma_spf_term *term)
{
    return term->kind == MA_SPF_IP4 || term->kind == MA_SPF_IP6;
}

static unsigned prefix_of(const struct ma_spf_term *term)
{
    return term->kind == MA_SPF_IP4 ? term->prefix4 : term->prefix6;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned rest = bits % 8;
    return memcmp(a, b, bits / 8) == 0 &&
           (rest == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0);
}

/* The name that a term leads to, whatever the message; NULL where it depends on one. */
static const char *name_of(const struct ma_spf_seen *seen, const struct ma_spf_term *term)
{
    if (term->spec_length == 0)
        return seen->domain->text;
    return term->literal != NULL ? term->literal->text : NULL;
}

static bool same_name(
    const struct ma_spf_seen *seen, const struct ma_spf_term *one, const struct ma_spf_term *other)
{
    const char *text = seen->policy->record->text;
    const char *a = name_of(seen, one), *b = name_of(seen, other);
    if (a != NULL && b != NULL)
        return ma_is_within(a, b) && ma_is_within(b, a);
    return one->spec_length == other->spec_length &&
           strncasecmp(text + one->spec, text + other->spec, one->spec_length) == 0;
}

/* Does the wide term match everything that the other one matches? */
static bool covers(
    const struct ma_spf_seen *seen, const struct ma_spf_term *wide, const struct ma_spf_term *term)
{
    if (wide->kind != term->kind)
        return false;
    if (is_network(term))
        return prefix_of(wide) <= prefix_of(term) &&
               same_bits(wide->network.bytes, term->network.bytes, prefix_of(wide));
    return wide->prefix4 <= term->prefix4 && wide->prefix6 <= term->prefix6 &&
           same_name(seen, wide, term);
}

static const struct ma_spf_term *covering(const struct ma_spf_seen *seen, size_t index)
{
    const struct ma_spf_record *record = seen->policy->record;
    const struct ma_spf_term *term = &record->terms[index];
    if (term->kind == MA_SPF_ALL || term->kind >= MA_SPF_REDIRECT)
        return NULL;
    for (size_t i = 0; i < index; i++)
        if (covers(seen, &record->terms[i], term))
            return &record->terms[i];
    return NULL;
}

/* A network that a wider one behind it has as well, with nothing between that decides otherwise. */
static const struct ma_spf_term *covering_later(const struct ma_spf_seen *seen, size_t index)
{
    const struct ma_spf_record *record = seen->policy->record;
    const struct ma_spf_term *term = &record->terms[index];
    if (!is_network(term))
        return NULL;
    for (size_t i = index + 1; i < record->term_count; i++) {
        const struct ma_spf_term *later = &record->terms[i];
        if (later->kind >= MA_SPF_REDIRECT)
            continue;
        if (later->qualifier != term->qualifier)
            return NULL;
        if (covers(seen, later, term))
            return later;
    }
    return NULL;
}

struct repeats { /* terms that an earlier one covers, with the same or another qualifier */
    const char *text;
    unsigned count;
    const struct ma_spf_term *first;
};

static void note_repeat(struct spf_audit *a, const struct ma_spf_record *record,
    const struct ma_spf_term *term, const struct ma_spf_term *by, struct repeats *r)
{
    if (r->first == NULL)
        r->first = term;
    if (r->count++ < SHOWN_MAX)
        r->text = ma_text(a->run, "%s%s%s, %s %s", r->text, r->count > 1 ? "; " : "",
            spf_term_excerpt(a->run, record, term), by < term ? "behind" : "before",
            spf_term_excerpt(a->run, record, by));
}

/* The terms that are to stay, one space between them. */
static const char *with_kept(
    struct ma_run *run, const struct ma_spf_record *record, const bool *gone)
{
    char *text = ma_alloc(run, record->size + 2);
    size_t size = strlen("v=spf1");
    memcpy(text, record->text, size);
    for (size_t i = 0; i < record->term_count; i++) {
        if (gone[i])
            continue;
        text[size++] = ' ';
        memcpy(text + size, record->text + record->terms[i].offset, record->terms[i].length);
        size += record->terms[i].length;
    }
    return ma_txt_rdata(run, text, size);
}

static void lint_repeats(struct spf_audit *a, const struct ma_spf_seen *seen)
{
    const struct ma_spf_record *record = seen->policy->record;
    struct repeats same = {.text = ""}, other = {.text = ""};
    size_t count = record->all >= 0 ? (size_t)record->all : record->term_count;
    if (count > TERMS_MAX)
        return;
    bool *gone = ma_alloc(a->run, record->term_count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct ma_spf_term *by = covering(seen, i);
        if (by == NULL)
            by = covering_later(seen, i);
        if (by == NULL)
            continue;
        bool differs = by->qualifier != record->terms[i].qualifier;
        gone[i] = !differs;
        note_repeat(a, record, &record->terms[i], by, differs ? &other : &same);
    }
    if (same.count > 0) {
        struct ma_finding *finding = ma_report(a->run, &spf_rules[SPF_REDUNDANT_TERM],
            seen->domain->text, "%s%s", same.text, same.count > SHOWN_MAX ? "; and more" : "");
        spf_place_term(finding, record, same.first);
        ma_publish(finding, seen->domain->text, MA_TXT, with_kept(a->run, record, gone));
    }
    if (other.count > 0)
        spf_place_term(ma_report(a->run, &spf_rules[SPF_UNREACHABLE_TERM], seen->domain->text,
                           "%s%s", other.text, other.count > SHOWN_MAX ? "; and more" : ""),
            record, other.first);
}

/* A network of the domain's own record that is in an included one, too. */
static const struct ma_spf_term *covering_included(
    const struct spf_audit *a, const struct ma_spf_term *term, const struct ma_spf_seen **where_r)
{
    size_t compared = 0;
    for (const struct ma_spf_seen *s = a->walk->seen; s != NULL; s = s->next) {
        const struct ma_spf_record *record = s->policy->record;
        if (s->own || !s->grants || record->fault_count > 0)
            continue;
        for (size_t i = 0; i < record->term_count && compared++ < RANGES_MAX; i++) {
            if (!is_network(&record->terms[i]) || !covers(s, &record->terms[i], term))
                continue;
            *where_r = s;
            return record->terms[i].qualifier == '+' ? &record->terms[i] : NULL;
        }
    }
    return NULL;
}

static void lint_overlap(struct spf_audit *a, const struct ma_spf_seen *seen)
{
    const struct ma_spf_record *record = seen->policy->record;
    struct repeats r = {.text = ""};
    size_t count = record->all >= 0 ? (size_t)record->all : record->term_count;
    for (size_t i = 0; i < count && i < TERMS_MAX; i++) {
        const struct ma_spf_term *term = &record->terms[i];
        const struct ma_spf_seen *where = NULL;
        if (!is_network(term) || term->qualifier != '+')
            continue;
        const struct ma_spf_term *by = covering_included(a, term, &where);
        if (by == NULL)
            continue;
        if (r.first == NULL)
            r.first = term;
        if (r.count++ < SHOWN_MAX)
            r.text = ma_text(a->run, "%s%s%s, in %s of %s", r.text, r.count > 1 ? "; " : "",
                spf_term_excerpt(a->run, record, term),
                spf_term_excerpt(a->run, where->policy->record, by), where->domain->text);
    }
    if (r.count > 0)
        spf_place_term(ma_report(a->run, &spf_rules[SPF_OVERLAP], seen->domain->text, "%s%s",
                           r.text, r.count > SHOWN_MAX ? "; and more" : ""),
            record, r.first);
}

/* ---- who may send: how many ------------------------------------------------------------------ */

struct range {
    uint32_t first, last;
};

static uint32_t number_of(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int by_first(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

static bool is_granting(const struct ma_spf_seen *seen, size_t term)
{
    const struct ma_spf_record *record = seen->policy->record;
    return seen->grants && record->fault_count == 0 && record->terms[term].qualifier == '+' &&
           (record->all < 0 || term <= (size_t)record->all);
}

/* The networks, or only their number. */
static size_t collect(const struct ma_spf_seen *seen, struct range *ranges)
{
    size_t count = 0;
    for (; seen != NULL; seen = seen->next) {
        const struct ma_spf_record *record = seen->policy->record;
        for (size_t i = 0; i < record->term_count && count < RANGES_MAX; i++) {
            const struct ma_spf_term *term = &record->terms[i];
            if (term->kind != MA_SPF_IP4 || !is_granting(seen, i))
                continue;
            uint32_t host = term->prefix4 == 0
                                ? UINT32_MAX
                                : (uint32_t)((UINT64_C(1) << (32 - term->prefix4)) - 1);
            if (ranges == NULL) {
                count++;
                continue;
            }
            uint32_t first = number_of(term->network.bytes) & ~host;
            ranges[count++] = (struct range){first, first | host};
        }
    }
    return count;
}

uint64_t spf_ipv4_granted(const struct spf_audit *a)
{
    size_t count = collect(a->walk->seen, NULL);
    struct range *ranges = ma_alloc(a->run, (count + 1) * sizeof *ranges);
    collect(a->walk->seen, ranges);
    uint64_t total = 0, next = 0;
    qsort(ranges, count, sizeof *ranges, by_first);
    for (size_t i = 0; i < count; i++) {
        uint64_t first = ranges[i].first > next ? ranges[i].first : next;
        if (ranges[i].last < first)
            continue;
        total += ranges[i].last - first + 1;
        next = (uint64_t)ranges[i].last + 1;
    }
    return total;
}

static const char *addresses_text(struct ma_run *run, uint64_t count)
{
    double share = (double)count * 100 / 4294967296.0;
    return ma_text(run, "%llu addresses, %.*f %% of IPv4", (unsigned long long)count,
        share < 1 ? 3 : 1, share);
}

static const char *width_text(struct ma_run *run, const struct ma_spf_term *term)
{
    if (term->kind != MA_SPF_IP6 && term->prefix4 < WIDE_PREFIX4)
        return addresses_text(run, UINT64_C(1) << (32 - term->prefix4));
    return ma_text(run, "2^%u addresses of IPv6", 128u - term->prefix6);
}

/* 2: as wide as no sender is; 1: wider than the largest providers list; 0. */
static int width_of(unsigned prefix, unsigned huge, unsigned wide)
{
    return prefix <= huge ? 2 : prefix < wide;
}

/* The wider of both families. A prefix of 0 is told as "the whole world". */
static int wideness(const struct ma_spf_term *term)
{
    bool both = term->kind == MA_SPF_A || term->kind == MA_SPF_MX;
    int four = 0, six = 0;
    if (both || term->kind == MA_SPF_IP4)
        four = width_of(term->prefix4, HUGE_PREFIX4, WIDE_PREFIX4);
    if (both || term->kind == MA_SPF_IP6)
        six = width_of(term->prefix6, HUGE_PREFIX6, WIDE_PREFIX6);
    if ((four != 0 && term->prefix4 == 0) || (six != 0 && term->prefix6 == 0))
        return 0;
    return four > six ? four : six;
}

static bool lint_wide(struct spf_audit *a, const struct ma_spf_seen *seen)
{
    const struct ma_spf_record *record = seen->policy->record;
    bool huge = false;
    for (size_t i = 0; i < record->term_count; i++) {
        const struct ma_spf_term *term = &record->terms[i];
        int width = is_granting(seen, i) ? wideness(term) : 0;
        if (width == 0)
            continue;
        huge |= width == 2;
        spf_place_term(ma_report_also(a->run, &spf_rules[width == 2 ? SPF_OVER_BROAD : SPF_BROAD],
                           ma_text(a->run, "%s", spf_term_excerpt(a->run, record, term)),
                           "%s in %s: %s", spf_term_excerpt(a->run, record, term),
                           seen->domain->text, width_text(a->run, term)),
            record, term);
    }
    return huge;
}

/* Many terms may add up to what none of them is. */
static void lint_total(struct spf_audit *a, bool told)
{
    uint64_t total = spf_ipv4_granted(a);
    if (total > UINT32_MAX) /* a term of /0, or as good as one */
        told = true;
    if (!told && total > UINT64_C(1) << (32 - HUGE_PREFIX4))
        ma_report(a->run, &spf_rules[SPF_OVER_BROAD], a->target->domain, "all ip4: terms: %s",
            addresses_text(a->run, total));
}

/* ---- how it is stored ------------------------------------------------------------------------ */

/* A string that ends inside a term, and not because it is full. */
static void lint_split(struct spf_audit *a, const struct ma_spf_seen *seen)
{
    const struct ma_spf_record *record = seen->policy->record;
    const struct ma_rr *rr = record->rr;
    size_t end = 0;
    for (size_t s = 0; s + 1 < rr->txt.string_count; s++) {
        end += rr->txt.string_sizes[s];
        if (rr->txt.string_sizes[s] == STRING_MAX || end == 0 || end >= record->size ||
            record->text[end - 1] == ' ' || record->text[end] == ' ')
            continue;
        size_t from = end, to = end;
        while (from > 0 && record->text[from - 1] != ' ')
            from--;
        while (to < record->size && record->text[to] != ' ')
            to++;
        struct ma_finding *finding = ma_report(a->run, &spf_rules[SPF_SPLIT_TERM],
            seen->domain->text, "%s | %s", spf_excerpt(a->run, record->text + from, end - from),
            spf_excerpt(a->run, record->text + end, to - end));
        ma_place(finding, rr, from, to - from);
        return;
    }
}

static void lint_size(struct spf_audit *a, const struct ma_spf_seen *seen)
{
    const struct ma_answer *answer = seen->policy->answer;
    if (answer->size_bytes <= SIZE_UDP)
        return;
    bool large = answer->size_bytes > SIZE_EDNS;
    ma_report(a->run, &spf_rules[large ? SPF_LARGE_ANSWER : SPF_LONG_ANSWER], seen->domain->text,
        "%zu bytes, with %zu TXT record%s; the SPF record takes %zu", answer->size_bytes,
        answer->rr_count, answer->rr_count == 1 ? "" : "s", seen->policy->record->size);
}

static void lint_version(struct spf_audit *a, const struct ma_spf_seen *seen)
{
    const struct ma_spf_record *record = seen->policy->record;
    bool *gone = ma_alloc(a->run, record->term_count + 1);
    const struct ma_spf_term *first = NULL;
    for (size_t i = 0; i < record->term_count; i++) {
        const struct ma_spf_term *term = &record->terms[i];
        gone[i] = spf_is_version(record, term);
        if (gone[i] && first == NULL)
            first = term;
    }
    if (first == NULL)
        return;
    struct ma_finding *finding = ma_report(a->run, &spf_rules[SPF_VERSION_TWICE],
        seen->domain->text, "%s", spf_excerpt(a->run, record->text, record->size));
    spf_place_term(finding, record, first);
    ma_publish(finding, seen->domain->text, MA_TXT, with_kept(a->run, record, gone));
}

bool spf_is_version(const struct ma_spf_record *record, const struct ma_spf_term *term)
{
    return term->kind == MA_SPF_UNKNOWN && term->length == strlen("v=spf1") &&
           strncasecmp(record->text + term->offset, "v=spf1", term->length) == 0;
}

void spf_report_terms(struct spf_audit *a)
{
    bool huge = false;
    for (const struct ma_spf_seen *s = a->walk->seen; s != NULL; s = s->next) {
        if (s->own)
            lint_size(a, s);
        if (s->own)
            lint_split(a, s);
        if (s->policy->record->fault_count > 0)
            continue;
        huge |= lint_wide(a, s);
        if (!s->own)
            continue;
        lint_repeats(a, s);
        lint_overlap(a, s);
        lint_version(a, s);
    }
    lint_total(a, huge);
}
