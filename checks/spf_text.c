/* SPDX-License-Identifier: MIT */
#include "spf_report.h"

#include <string.h>

#define EXCERPT_BYTES_MAX 120
#define EXCERPT_HEAD      80
#define EXCERPT_TAIL      30

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
