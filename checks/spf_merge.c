/* SPDX-License-Identifier: MIT */
/* Several records merged into one, and records that look up too much made to look up less. */
#include "spf_report.h"

#include <string.h>
#include <strings.h>

#define RECORDS_MAX    4    /* that are merged */
#define TEXT_BYTES_MAX 1000 /* of a record that is proposed */
#define TERMS_MAX      200
#define LOOKUPS_GOOD   (MA_SPF_LOOKUPS_MAX - 2) /* leaves room for the next service */
#define FLATTEN_DEPTH  10

struct line { /* a record that is being written; full: it would be too long */
    char text[TEXT_BYTES_MAX];
    size_t size;
    bool full;
};

static void add_bytes(struct line *line, const char *bytes, size_t size)
{
    if (line->full || size + 1 > sizeof line->text - line->size) {
        line->full = true;
        return;
    }
    if (line->size > 0)
        line->text[line->size++] = ' ';
    memcpy(line->text + line->size, bytes, size);
    line->size += size;
}

static bool has_term(const struct line *line, const char *bytes, size_t size)
{
    for (size_t i = 0; i + size <= line->size; i++)
        if ((i == 0 || line->text[i - 1] == ' ') &&
            (i + size == line->size || line->text[i + size] == ' ') &&
            strncasecmp(line->text + i, bytes, size) == 0)
            return true;
    return false;
}

/* Each term once. */
static void add_term(
    struct line *line, const struct ma_spf_record *record, const struct ma_spf_term *term)
{
    const char *bytes = record->text + term->offset;
    if (!has_term(line, bytes, term->length))
        add_bytes(line, bytes, term->length);
}

/* ---- several records ------------------------------------------------------------------------- */

/* Only grants may change places. */
static bool add_grants(struct line *line, const struct ma_spf_record *record)
{
    size_t end = record->all >= 0 ? (size_t)record->all : record->term_count;
    if (record->fault_count > 0 || record->term_count > TERMS_MAX || record->redirect >= 0)
        return false;
    for (size_t i = 0; i < end; i++) {
        const struct ma_spf_term *term = &record->terms[i];
        if (term->kind < MA_SPF_REDIRECT && term->qualifier != '+')
            return false;
        if (term->kind < MA_SPF_REDIRECT)
            add_term(line, record, term);
    }
    return true;
}

const char *spf_merged_text(struct ma_run *run, const struct ma_answer *answer, size_t *size_r)
{
    struct line *line = ma_alloc(run, sizeof *line);
    size_t count = 0;
    char qualifier = '\0';
    add_bytes(line, "v=spf1", 6);
    for (size_t i = 0; i < answer->rr_count; i++) {
        const struct ma_rr *rr = &answer->rrs[i];
        if (!ma_spf_record_is(rr->txt.bytes, rr->txt.size))
            continue;
        if (++count > RECORDS_MAX || rr->txt.size > TEXT_BYTES_MAX)
            return NULL;
        const struct ma_spf_record *record =
            ma_spf_record_parse(run, rr->txt.bytes, rr->txt.size, rr);
        if (!add_grants(line, record))
            return NULL;
        char own = record->all >= 0 ? record->terms[record->all].qualifier : '\0';
        if (own == '+')
            return NULL;
        qualifier = count == 1 || own == qualifier ? own : '~';
    }
    add_bytes(line, qualifier == '-' ? "-all" : "~all", 4);
    *size_r = line->size;
    return line->full ? NULL : line->text;
}

const char *spf_merged(struct ma_run *run, const struct ma_answer *answer)
{
    size_t size;
    const char *text = spf_merged_text(run, answer, &size);
    return text != NULL ? ma_txt_rdata(run, text, size) : NULL;
}

/* ---- too many look-ups ----------------------------------------------------------------------- */

struct flat {
    struct spf_audit *audit;
    struct line line;
};

/* Both families, whichever is audited: no address may get lost. */
static bool add_addresses(struct flat *f, const struct ma_spf_name *name)
{
    static const enum ma_rrtype types[] = {MA_A, MA_AAAA};
    struct ma_run *run = f->audit->run;
    const struct ma_answer *answers[2];
    if (name->text == NULL)
        return true;
    for (size_t i = 0; i < 2; i++)
        answers[i] = ma_dns(run, types[i], "%s", name->text);
    for (size_t i = 0; i < 2; i++) {
        if (answers[i]->status == MA_FAILED)
            return false;
        for (size_t k = 0; k < answers[i]->rr_count; k++) {
            const char *term = ma_text(run, "ip%c:%s", types[i] == MA_A ? '4' : '6',
                ma_address_text(run, &answers[i]->rrs[k].address));
            if (!has_term(&f->line, term, strlen(term)))
                add_bytes(&f->line, term, strlen(term));
        }
    }
    return true;
}

/* The addresses of one name, without networks around them and macros. */
static bool is_plain_a(const struct ma_spf_term *term)
{
    return term->prefix4 == 32 && term->prefix6 == 128 &&
           (term->literal != NULL || term->spec_length == 0);
}

static bool flatten(struct flat *f, const struct ma_spf_name *name, unsigned depth);

static bool flatten_term(struct flat *f, const struct ma_spf_name *domain,
    const struct ma_spf_record *record, const struct ma_spf_term *term, unsigned depth)
{
    if (term->kind < MA_SPF_REDIRECT && term->qualifier != '+')
        return false;
    switch (term->kind) {
    case MA_SPF_IP4:
    case MA_SPF_IP6:
        add_term(&f->line, record, term);
        return true;
    case MA_SPF_A:
        return is_plain_a(term) && add_addresses(f, term->literal != NULL ? term->literal : domain);
    case MA_SPF_INCLUDE:
    case MA_SPF_REDIRECT:
        return term->literal != NULL && flatten(f, term->literal, depth + 1);
    case MA_SPF_EXP:
    case MA_SPF_UNKNOWN:
        return true;
    default:
        return false;
    }
}

/* The networks that a tree passes, if it is made of nothing else. */
static bool flatten(struct flat *f, const struct ma_spf_name *name, unsigned depth)
{
    const struct ma_spf_policy *policy = ma_spf_policy(&f->audit->spf, name);
    if (policy->found != MA_SPF_FOUND || policy->record->fault_count > 0 || depth > FLATTEN_DEPTH)
        return false;
    const struct ma_spf_record *record = policy->record;
    for (size_t i = 0; i < record->term_count && !f->line.full; i++) {
        const struct ma_spf_term *term = &record->terms[i];
        if (term->kind == MA_SPF_ALL)
            return term->qualifier != '+';
        bool ignored = term->kind == MA_SPF_REDIRECT && record->all >= 0;
        if (!ignored && !flatten_term(f, name, record, term, depth))
            return false;
    }
    return !f->line.full;
}

static bool may_be_replaced(const struct ma_spf_term *term)
{
    return term->qualifier == '+' && ((term->kind == MA_SPF_INCLUDE && term->literal != NULL) ||
                                         (term->kind == MA_SPF_A && is_plain_a(term)));
}

/* The include or host that costs most and can be replaced; -1: none is left. */
static int next_costly(struct spf_audit *a, const struct ma_spf_record *record, bool *tried)
{
    int best = -1;
    for (size_t i = 0; i < record->term_count; i++) {
        if (!may_be_replaced(&record->terms[i]) || tried[i] || a->walk->costs[i] == 0)
            continue;
        if (best < 0 || a->walk->costs[i] > a->walk->costs[best])
            best = (int)i;
    }
    if (best >= 0)
        tried[best] = true;
    return best;
}

static const char *write_slim(
    struct spf_audit *a, const struct ma_spf_record *record, struct flat **flats)
{
    struct line *line = ma_alloc(a->run, sizeof *line);
    add_bytes(line, "v=spf1", 6);
    for (size_t i = 0; i < record->term_count; i++) {
        if (flats[i] == NULL)
            add_term(line, record, &record->terms[i]);
        else if (flats[i]->line.size > 0)
            add_bytes(line, flats[i]->line.text, flats[i]->line.size);
    }
    return line->full ? NULL : ma_txt_rdata(a->run, line->text, line->size);
}

const char *spf_slimmed(struct spf_audit *a, const char **replaced_r)
{
    const struct ma_spf_record *record = a->walk->policy->record;
    *replaced_r = "";
    if (a->walk->costs == NULL || a->walk->cut || a->walk->endless ||
        record->term_count > TERMS_MAX)
        return NULL;
    struct flat **flats = ma_alloc(a->run, (record->term_count + 1) * sizeof *flats);
    bool *tried = ma_alloc(a->run, record->term_count + 1);
    unsigned lookups = a->walk->lookups;
    const char *best = NULL, *domain = a->target->domain;
    const struct ma_spf_name *own = ma_spf_name(a->run, domain, strlen(domain));
    for (int i; lookups > LOOKUPS_GOOD && (i = next_costly(a, record, tried)) >= 0;) {
        struct flat *f = ma_alloc(a->run, sizeof *f);
        f->audit = a;
        const struct ma_spf_term *term = &record->terms[i];
        const struct ma_spf_name *name = term->literal != NULL ? term->literal : own;
        if (!(term->kind == MA_SPF_A ? add_addresses(f, name) : flatten(f, name, 0)))
            continue;
        flats[i] = f;
        const char *text = write_slim(a, record, flats);
        if (text == NULL) {
            flats[i] = NULL;
            continue;
        }
        lookups -= a->walk->costs[i];
        best = lookups <= MA_SPF_LOOKUPS_MAX ? text : NULL;
        *replaced_r =
            ma_text(a->run, "%s%s%s", *replaced_r, **replaced_r != '\0' ? ", " : "", name->text);
    }
    return best;
}

/* ---- look-ups that find nothing ---------------------------------------------------------------
 */

/* What stands for a term that finds nothing, or finds nothing in one family. */
static struct flat *instead_of(struct spf_audit *a, const struct ma_spf_problem *p)
{
    const struct ma_spf_term *term = p->term;
    struct flat *f = ma_alloc(a->run, sizeof *f);
    f->audit = a;
    if ((term->literal == NULL && term->spec_length > 0) || spf_is_glued(p->record, term))
        return NULL;
    if (term->kind != MA_SPF_A)
        return term->kind == MA_SPF_MX || term->kind == MA_SPF_EXISTS ? f : NULL;
    if (!add_addresses(f, ma_spf_name(a->run, p->name, strlen(p->name))))
        return NULL;
    bool same = f->line.size == 0 || (term->qualifier == '+' && is_plain_a(term));
    return same && !f->line.full ? f : NULL;
}

/* Does a mechanism stay that may match? */
static bool is_left(const struct ma_spf_record *record, struct flat **flats)
{
    for (size_t i = 0; i < record->term_count; i++)
        if (record->terms[i].kind != MA_SPF_ALL && record->terms[i].kind <= MA_SPF_REDIRECT &&
            (flats[i] == NULL || flats[i]->line.size > 0))
            return true;
    return false;
}

const char *spf_without_voids(struct spf_audit *a)
{
    const struct ma_spf_record *record = a->walk->policy->record;
    if (a->walk->policy->found != MA_SPF_FOUND || record->fault_count > 0 ||
        record->term_count > TERMS_MAX)
        return NULL;
    struct flat **flats = ma_alloc(a->run, (record->term_count + 1) * sizeof *flats);
    for (const struct ma_spf_problem *p = a->walk->problems; p != NULL; p = p->next) {
        if (p->kind != MA_SPF_VOID)
            continue;
        struct flat *f = p->record == record ? instead_of(a, p) : NULL;
        if (f == NULL)
            return NULL;
        flats[p->term - record->terms] = f;
    }
    return is_left(record, flats) ? write_slim(a, record, flats) : NULL;
}
