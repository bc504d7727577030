/* SPDX-License-Identifier: MIT */
/*
 * Records whose intent is clear though a receiver cannot read them: written anew. A rewriting is
 * taken only if the parser finds less wrong afterwards, and what is left wrong in the end is not
 * published.
 */
#include "spf_report.h"
#include "typography.h"

#include <string.h>
#include <strings.h>

#define RECORD_BYTES_MAX 1500 /* longer ones are not rewritten */
#define RECORD_TERMS_MAX 120
#define REWRITES_MAX     24
#define ADDRESS_TEXT_MAX 46

struct draft {
    const char *text; /* NULL: this rewriting does not apply */
    size_t size;
};

/* The term with the first fault. */
struct spot {
    struct ma_run *run;
    struct draft draft;
    size_t from, end; /* bytes */
};

static const struct draft none = {NULL, 0};

static struct draft splice(
    const struct spot *s, size_t from, size_t end, const char *replacement, size_t size)
{
    char *text = ma_alloc(s->run, s->draft.size + size + 1);
    memcpy(text, s->draft.text, from);
    memcpy(text + from, replacement, size);
    memcpy(text + from + size, s->draft.text + end, s->draft.size - end);
    return (struct draft){text, from + size + s->draft.size - end};
}

/* ---- bytes that word processors leave -------------------------------------------------------- */

/* How many bytes at the start are such a character, 0 for none: what is meant, or NUL. */
static size_t odd_character(const char *text, size_t size, char *instead_r)
{
    *instead_r = strchr("\t\r\n", text[0]) != NULL ? ' ' : '\0';
    if (text[0] != '\0' && strchr("\"'\t\r\n", text[0]) != NULL)
        return 1;
    return ma_typography(text, size, instead_r);
}

static struct draft plain_bytes(const struct spot *s)
{
    char *text = ma_alloc(s->run, s->draft.size + 1), instead;
    size_t size = 0, at = 0;
    while (at < s->draft.size) {
        size_t n = odd_character(s->draft.text + at, s->draft.size - at, &instead);
        if (n == 0)
            text[size++] = s->draft.text[at++];
        else if (instead != '\0')
            text[size++] = instead;
        at += n;
    }
    return size == s->draft.size && memcmp(text, s->draft.text, size) == 0
               ? none
               : (struct draft){text, size};
}

/* ---- spaces and separators ------------------------------------------------------------------- */

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* "~all;", "a:" */
static struct draft without_tail(const struct spot *s)
{
    size_t end = s->end;
    while (end > s->from && is_one_of(s->draft.text[end - 1], ";,.:/"))
        end--;
    return end < s->end && end > s->from ? splice(s, end, s->end, "", 0) : none;
}

/* "ip4:192.0.2.1,ip4:192.0.2.2" */
static struct draft comma_to_space(const struct spot *s)
{
    for (size_t i = s->from; i < s->end; i++)
        if (is_one_of(s->draft.text[i], ",;"))
            return splice(s, i, i + 1, " ", 1);
    return none;
}

/* "- all", "ip4: 192.0.2.1": the space behind the term goes. */
static struct draft joined(const struct spot *s)
{
    size_t next = s->end;
    bool lone = s->end == s->from + 1 && is_one_of(s->draft.text[s->from], "+-~?");
    if (!lone && !is_one_of(s->draft.text[s->end - 1], ":="))
        return none;
    while (next < s->draft.size && s->draft.text[next] == ' ')
        next++;
    return next > s->end && next < s->draft.size ? splice(s, s->end, next, "", 0) : none;
}

/* "ip4:192.0.2.1include:example.net", "include:example.net-all" */
static struct draft space_between(const struct spot *s)
{
    static const char *const starts[] = {
        "include:", "ip4:", "ip6:", "exists:", "redirect=", "+all", "-all", "~all", "?all"};
    for (size_t i = s->from + 2; i < s->end; i++) {
        for (size_t k = 0; k < sizeof starts / sizeof *starts; k++) {
            size_t n = strlen(starts[k]);
            bool is_all = is_one_of(starts[k][0], "+-~?");
            if (n <= s->end - i && (!is_all || n == s->end - i) &&
                strncasecmp(s->draft.text + i, starts[k], n) == 0)
                return splice(s, i, i, " ", 1);
        }
    }
    return none;
}

/* ---- the wrong mechanism --------------------------------------------------------------------- */

static unsigned family_of(const char *text, size_t size)
{
    char copy[ADDRESS_TEXT_MAX];
    struct ma_address address;
    const char *slash = memchr(text, '/', size);
    if (slash != NULL)
        size = (size_t)(slash - text);
    if (size == 0 || size >= sizeof copy)
        return 0;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return ma_address_parse(&address, copy) ? address.family : 0;
}

/* "ipv4:192.0.2.1", "a:192.0.2.1", "ip4:2001:db8::1", "192.0.2.1" */
static struct draft as_network(const struct spot *s)
{
    const char *text = s->draft.text;
    size_t from = s->from + is_one_of(text[s->from], "+-~?");
    size_t value = from;
    unsigned family = family_of(text + value, s->end - value);
    while (family == 0 && value < s->end && text[value] != ':' && text[value] != '=')
        value++;
    if (family == 0 && value < s->end)
        family = family_of(text + value + 1, s->end - value - 1);
    else
        value--; /* there was no name */
    if (family == 0)
        return none;
    return splice(s, from, value + 1, family == 4 ? "ip4:" : "ip6:", 4);
}

/* "/024" */
static struct draft without_zeros(const struct spot *s)
{
    const char *slash = memrchr(s->draft.text + s->from, '/', s->end - s->from);
    size_t at = slash != NULL ? (size_t)(slash + 1 - s->draft.text) : s->end, digits = at;
    while (digits + 1 < s->end && s->draft.text[digits] == '0')
        digits++;
    return digits > at ? splice(s, at, digits, "", 0) : none;
}

/* ---- all of it ------------------------------------------------------------------------------- */

typedef struct draft (*rewriting)(const struct spot *);

static bool is_better(const struct ma_spf_record *now, const struct ma_spf_record *before)
{
    if (now->fault_count != before->fault_count)
        return now->fault_count < before->fault_count;
    return now->faults[0].term_offset > before->faults[0].term_offset;
}

/* The first rewriting of the first fault that leaves less wrong, or NULL. */
static const struct ma_spf_record *rewrite_once(
    struct ma_run *run, const struct ma_spf_record *record)
{
    static const rewriting rewritings[] = {plain_bytes, joined, without_tail, as_network,
        without_zeros, space_between, comma_to_space};
    const struct ma_spf_fault *fault = &record->faults[0];
    struct spot spot = {.run = run,
        .draft = {record->text, record->size},
        .from = fault->term_offset,
        .end = fault->term_offset + fault->term_length};
    for (size_t i = 0; i < sizeof rewritings / sizeof *rewritings; i++) {
        struct draft draft = rewritings[i](&spot);
        if (draft.text == NULL || !ma_spf_record_is(draft.text, draft.size))
            continue;
        const struct ma_spf_record *now =
            ma_spf_record_parse(run, draft.text, draft.size, record->rr);
        if (is_better(now, record))
            return now;
    }
    return NULL;
}

const struct ma_spf_record *spf_repaired(struct ma_run *run, const struct ma_spf_record *record)
{
    if (record->size > RECORD_BYTES_MAX || record->term_count > RECORD_TERMS_MAX)
        return NULL;
    for (size_t i = 0; i < REWRITES_MAX && record != NULL; i++) {
        if (record->fault_count == 0)
            return record;
        record = rewrite_once(run, record);
    }
    return NULL;
}

/* Where "v=spf1" or what is left of it ends; 0: there is none. */
static size_t behind_version(const char *text, size_t size)
{
    for (size_t i = 0; i + 4 <= size && i < 12; i++) {
        if (strncasecmp(text + i, "spf1", 4) != 0)
            continue;
        i += 4;
        while (i < size && is_one_of(text[i], ";:,. \"'"))
            i++;
        return i;
    }
    return 0;
}

const struct ma_spf_record *spf_meant(struct ma_run *run, const struct ma_rr *rr)
{
    size_t at = behind_version(rr->txt.bytes, rr->txt.size), size = rr->txt.size - at;
    if (at == 0 || rr->txt.size > RECORD_BYTES_MAX)
        return NULL;
    char *text = ma_alloc(run, size + sizeof "v=spf1 ");
    memcpy(text, "v=spf1 ", 7);
    memcpy(text + 7, rr->txt.bytes + at, size);
    return spf_repaired(run, ma_spf_record_parse(run, text, size + 7, rr));
}
