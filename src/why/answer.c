/* SPDX-License-Identifier: MIT */
/* answer.c - what the checks found, looked at from the refused mail. */
#include "org_domain.h"
#include "why.h"

#include <string.h>

static const struct {
    const char *name;
    enum ma_why_result result;
} results[] = {
    {"pass", MA_WHY_PASS},
    {"fail", MA_WHY_FAIL},
    {"softfail", MA_WHY_SOFTFAIL},
    {"neutral", MA_WHY_NEUTRAL},
    {"none", MA_WHY_NONE},
    {"permerror", MA_WHY_PERMERROR},
    {"unknown", MA_WHY_UNKNOWN},
};

const char *ma_why_result_name(enum ma_why_result result)
{
    size_t i = 0;
    while (results[i].result != result)
        i++;
    return results[i].name;
}

static enum ma_why_result result_of(const char *name)
{
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (strcmp(results[i].name, name) == 0)
            return results[i].result;
    return MA_WHY_UNKNOWN; /* temperror */
}

static const struct ma_data *check_data(const struct ma_report *r, const char *name)
{
    for (size_t i = 0; i < r->check_count; i++)
        if (strcmp(r->checks[i].check->name, name) == 0)
            return r->checks[i].data;
    return NULL;
}

static const struct ma_data *first_of(const struct ma_data *array)
{
    return array != NULL && array->kind == MA_DATA_ARRAY ? array->children.first : NULL;
}

/* ---- SPF ------------------------------------------------------------------------------------- */

/* Of a term: did the evaluation end there? */
static bool decides(const char *verdict)
{
    static const char *const words[] = {"match", "followed", "permerror", "temperror"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(verdict, words[i]) == 0)
            return true;
    return false;
}

/* The record of a visit with the term that decided; the visit that it led into, or NULL. */
static const struct ma_data *add_place(struct ma_why *w, const struct ma_data *visit)
{
    const struct ma_data *record = ma_data_member(visit, "record");
    if (record == NULL || record->kind != MA_DATA_TEXT || w->place_count == MA_WHY_PLACES_MAX)
        return NULL;
    struct ma_place *place = &w->places[w->place_count++];
    *place = (struct ma_place){.owner = ma_data_text(visit, "domain"),
        .type_name = "TXT",
        .record = record->text.bytes,
        .record_size = record->text.size};
    const struct ma_data *term = first_of(ma_data_member(visit, "terms"));
    for (; term != NULL; term = term->next) {
        const char *verdict = ma_data_text(term, "verdict");
        if (verdict == NULL || !decides(verdict))
            continue;
        const struct ma_data *text = ma_data_member(term, "term");
        const struct ma_data *offset = ma_data_member(term, "offset");
        place->offset = offset->kind == MA_DATA_INT ? (size_t)offset->number : 0;
        place->length = text->kind == MA_DATA_TEXT ? text->text.size : 0;
        if (place->offset > place->record_size ||
            place->length > place->record_size - place->offset)
            place->offset = place->length = 0;
        return first_of(ma_data_member(term, "inside"));
    }
    return NULL;
}

static enum ma_why_result row_result(const struct ma_data *row)
{
    const char *result = ma_data_text(row, "result");
    bool known = result != NULL && ma_data_text(row, "doubt") == NULL;
    return known ? result_of(result) : MA_WHY_UNKNOWN;
}

static void read_row(struct ma_why *w, const struct ma_data *row)
{
    w->result = row_result(row);
    w->domain = ma_data_text(row, "domain");
    w->matched = ma_data_text(row, "matched");
    w->explanation = ma_data_text(row, "explanation");
    const struct ma_data *visit = first_of(ma_data_member(row, "trace"));
    while (visit != NULL)
        visit = add_place(w, visit);
}

static void read_spf(struct ma_why *w)
{
    const struct ma_data *spf = check_data(w->report, "spf");
    const struct ma_data *row = spf != NULL ? first_of(ma_data_member(spf, "results")) : NULL;
    for (; row != NULL; row = row->next) {
        const char *identity = ma_data_text(row, "identity");
        bool helo = identity != NULL && strcmp(identity, "helo") == 0;
        if (helo && !w->of_helo)
            w->helo_result = row_result(row);
        else if (!helo)
            read_row(w, row);
    }
}

/* ---- the sending host ------------------------------------------------------------------------ */

static bool is_same_organization(const void *psl, const char *name, const char *domain)
{
    const char *theirs = ma_org_domain(psl, name), *ours = ma_org_domain(psl, domain);
    return theirs != NULL && ours != NULL && strcmp(theirs, ours) == 0;
}

static enum ma_why_host host_of(const struct ma_why *w, const struct ma_data *row, const void *psl)
{
    const char *kind = row != NULL ? ma_data_text(row, "kind") : NULL;
    bool same = false;
    if (w->special != NULL)
        return MA_WHY_SPECIAL;
    if (kind == NULL || strcmp(kind, "unknown") == 0)
        return MA_WHY_UNSURE;
    if (first_of(w->names) == NULL)
        return MA_WHY_NAMELESS;
    if (strcmp(kind, "generic-dynamic") == 0)
        return MA_WHY_ACCESS_LINE;
    for (const struct ma_data *n = first_of(w->names); n != NULL; n = n->next)
        same = same || (n->kind == MA_DATA_TEXT &&
                           is_same_organization(psl, n->text.bytes, w->report->target->domain));
    if (same && !w->confirmed) /* anybody can claim it */
        return MA_WHY_UNSURE;
    return same ? MA_WHY_OWN : MA_WHY_OTHER;
}

static void read_ptr(struct ma_why *w, const void *psl)
{
    const struct ma_data *ptr = check_data(w->report, "ptr");
    const struct ma_data *row = ptr != NULL ? first_of(ma_data_member(ptr, "addresses")) : NULL;
    if (row != NULL) {
        const struct ma_data *confirmed = ma_data_member(row, "confirmed");
        w->names = ma_data_member(row, "names");
        w->confirmed = confirmed != NULL && confirmed->kind == MA_DATA_BOOL && confirmed->truth;
    }
    w->host = host_of(w, row, psl);
}

const char *ma_why_host_name(enum ma_why_host host)
{
    switch (host) {
    case MA_WHY_OWN:
        return "own";
    case MA_WHY_OTHER:
        return "other";
    case MA_WHY_ACCESS_LINE:
        return "access-line";
    case MA_WHY_NAMELESS:
        return "nameless";
    case MA_WHY_SPECIAL:
        return "special";
    case MA_WHY_UNSURE:
    default:
        return "unknown";
    }
}

const char *ma_why_host_text(const struct ma_why *w)
{
    const struct ma_data *name = first_of(w->names);
    return name != NULL && name->kind == MA_DATA_TEXT ? name->text.bytes : w->address;
}

/* ---- all of it ------------------------------------------------------------------------------- */

void ma_why_answer(
    struct ma_why *w, const struct ma_report *report, const char *receiver, const void *psl)
{
    const struct ma_target *t = report->target;
    w->report = report;
    w->result = MA_WHY_UNKNOWN;
    w->sender = t->sender;
    w->helo = t->helo;
    w->of_helo = *t->sender == '\0';
    w->receiver = receiver != NULL && ma_is_hostname(receiver) ? receiver : NULL;
    w->domain = t->domain;
    w->address = "the address";
    if (report->senders != NULL && report->senders->count > 0) {
        w->address = report->senders->list[0].text;
        w->special = ma_address_special(&report->senders->list[0].address);
    }
    read_spf(w);
    if (w->domain == NULL)
        w->domain = t->domain;
    read_ptr(w, psl);
}

bool ma_why_is_told(const struct ma_why *w, const struct ma_finding *f)
{
    static const char *const publishing[] = {"spf.not-authorized", "spf.softfail", "spf.neutral",
        "spf.missing", "spf.helo-not-authorized", "spf.helo-softfail", "spf.helo-unprotected"};
    if (strcmp(f->check->name, "spf") != 0 || f->muted != NULL)
        return false;
    if (w->result == MA_WHY_UNKNOWN)
        return f->severity == MA_UNKNOWN;
    if (w->result == MA_WHY_PERMERROR)
        return f->rule->severity == MA_ERROR && f->cause == NULL;
    if (w->result == MA_WHY_PASS || w->host == MA_WHY_SPECIAL)
        return false;
    for (size_t i = 0; i < sizeof publishing / sizeof *publishing; i++)
        if (strcmp(f->rule->id, publishing[i]) == 0)
            return w->of_helo == (strncmp(f->rule->id, "spf.helo-", 9) == 0);
    return false;
}
