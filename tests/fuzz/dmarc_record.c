/* SPDX-License-Identifier: MIT */
/* DMARC records: parsed within their bounds, and what is written instead is one. */
#include "dmarc_record.h"

#include "fuzz.h"

static void in_bounds(const struct ma_dmarc_record *r, size_t size)
{
    HOLDS(r->rua.count <= MA_DMARC_URIS_MAX && r->ruf.count <= MA_DMARC_URIS_MAX);
    for (unsigned i = 0; i < MA_DMARC_FAULT_COUNT; i++) {
        struct ma_span place = r->places[i];
        HOLDS(!ma_dmarc_record_has(r, (enum ma_dmarc_fault)i) ||
              (place.offset <= size && place.size <= size - place.offset));
    }
}

static void write_again(const struct ma_dmarc_record *r)
{
    static const char rua[] = "mailto:dmarc@example.com";
    const struct ma_dmarc_edit edit = {
        .which = MA_DMARC_P, .policy = MA_DMARC_REJECT, .default_rua = rua};
    struct ma_dmarc_record again;
    char *out = malloc(r->size + strlen(rua) + MA_DMARC_WRITE_EXTRA);
    HOLDS(out != NULL);
    size_t size = ma_dmarc_record_write(r, &edit, out);
    HOLDS(size < r->size + strlen(rua) + MA_DMARC_WRITE_EXTRA);
    HOLDS(ma_dmarc_is_record(out, size));
    ma_dmarc_record_parse(&again, out, size);
    in_bounds(&again, size);
    HOLDS(again.p == MA_DMARC_REJECT);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ma_dmarc_record r;
    struct ma_span at = {0, 0};
    char *bytes = fuzz_text(data, size);
    char *mended = malloc(size + MA_DMARC_MEND_EXTRA);
    HOLDS(mended != NULL);
    if (ma_dmarc_is_record(bytes, size)) {
        ma_dmarc_record_parse(&r, bytes, size);
        in_bounds(&r, size);
        HOLDS(ma_dmarc_record_effect(&r) != MA_DMARC_NO_EFFECT ||
              ma_dmarc_record_policy(&r, MA_DMARC_NP) == MA_DMARC_UNSET);
        write_again(&r);
    } else if (ma_dmarc_near_miss(bytes, size, &at) != MA_DMARC_MISS_NOT) {
        HOLDS(at.offset <= size && at.size <= size - at.offset);
        size_t length = ma_dmarc_record_mend(mended, bytes, size);
        HOLDS(length <= size + MA_DMARC_MEND_EXTRA);
        if (ma_dmarc_is_record(mended, length)) {
            ma_dmarc_record_parse(&r, mended, length);
            write_again(&r);
        }
    }
    free(mended);
    free(bytes);
    return 0;
}
