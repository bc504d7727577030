/* SPDX-License-Identifier: MIT */
/* DKIM keys: any record is parsed within its bounds, and what is written instead is good. */
#include "dkim_key.h"

#include "fuzz.h"

static void in_bounds(const struct ma_dkim_key *key, size_t size)
{
    HOLDS(key->data_size <= sizeof key->data);
    HOLDS(key->p.offset <= size && key->p.size <= size - key->p.offset);
    for (unsigned i = 0; i < MA_DKIM_FAULT_COUNT; i++) {
        struct ma_span place = key->places[i];
        HOLDS(!ma_dkim_key_has(key, (enum ma_dkim_fault)i) ||
              (place.offset <= size && place.size <= size - place.offset));
    }
}

/* A key that can be used is the same one after it was written anew, and then faultless. */
static void write_again(const struct ma_dkim_key *key)
{
    char record[MA_DKIM_RECORD_MAX];
    struct ma_dkim_key again;
    size_t size = ma_dkim_key_write(key, record);
    HOLDS(size < sizeof record);
    if (size == 0)
        return;
    ma_dkim_key_parse(&again, record, size);
    in_bounds(&again, size);
    HOLDS(key->state > MA_DKIM_KEY_WEAK || again.state <= MA_DKIM_KEY_WEAK);
    HOLDS(key->state > MA_DKIM_KEY_WEAK || again.bits == key->bits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ma_dkim_key key;
    char *bytes = fuzz_text(data, size);
    char *mended = malloc(size + 1);
    HOLDS(mended != NULL);
    ma_dkim_key_parse(&key, bytes, size);
    in_bounds(&key, size);
    write_again(&key);
    size_t length = ma_dkim_key_mend(mended, bytes, size);
    HOLDS(length <= size);
    ma_dkim_key_parse(&key, mended, length);
    write_again(&key);
    free(mended);
    free(bytes);
    return 0;
}
