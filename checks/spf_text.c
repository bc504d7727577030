/* SPDX-License-Identifier: MIT */
#include "spf_report.h"

#include <string.h>

#define EXCERPT_BYTES_MAX 120
#define EXCERPT_HEAD      80
#define EXCERPT_TAIL      30
#define VERSION_SIZE      6 /* "v=spf1" */

const char *spf_excerpt(struct ma_run *run, const char *bytes, size_t size)
{
    if (size <= EXCERPT_BYTES_MAX)
        return ma_bytes_text(run, bytes, size);
    return ma_text(run, "%s...%s", ma_bytes_text(run, bytes, EXCERPT_HEAD),
        ma_bytes_text(run, bytes + size - EXCERPT_TAIL, EXCERPT_TAIL));
}

const char *spf_term_excerpt(
    struct ma_run *run, const struct ma_spf_record *record, const struct ma_spf_term *term)
{
    return spf_excerpt(run, record->text + term->offset, term->length);
}

void spf_place_term(
    struct ma_finding *finding, const struct ma_spf_record *record, const struct ma_spf_term *term)
{
    ma_place(finding, record->rr, term->offset, term->length);
}

const char *spf_edited(struct ma_run *run, const struct ma_spf_record *record, size_t offset,
    size_t length, const char *replacement)
{
    size_t inserted = strlen(replacement), rest = record->size - offset - length;
    char *text = ma_alloc(run, record->size + inserted + 1);
    memcpy(text, record->text, offset);
    memcpy(text + offset, replacement, inserted);
    memcpy(text + offset + inserted, record->text + offset + length, rest);
    return ma_txt_rdata(run, text, offset + inserted + rest);
}

const char *spf_edited_as_proposed(const struct spf_audit *a, const struct ma_spf_record *record,
    size_t offset, size_t length, const char *replacement)
{
    const struct spf_proposal *proposal = a->proposal;
    if (proposal == NULL || proposal->rdata == NULL ||
        strcmp(proposal->domain, record->rr->owner) != 0)
        return spf_edited(a->run, record, offset, length, replacement);
    const char *terms = ma_text(a->run, " %s", proposal->terms);
    size_t more = strlen(terms);
    char *text = ma_alloc(a->run, record->size + more + 1);
    memcpy(text, record->text, VERSION_SIZE);
    memcpy(text + VERSION_SIZE, terms, more);
    memcpy(text + VERSION_SIZE + more, record->text + VERSION_SIZE, record->size - VERSION_SIZE);
    struct ma_spf_record grown = {.text = text, .size = record->size + more};
    return spf_edited(a->run, &grown, offset + more, length, replacement);
}
