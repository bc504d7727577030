/* SPDX-License-Identifier: MIT */
/*
 * Messages: the gate, and libopendkim behind it, in this process. The first line of the input is
 * the key record of all signatures, the rest is the message.
 */
#include "fuzz.h"
#include "message/body.h"
#include "message/facts.h"
#include "message/verify.h"

#define ARENA_BYTES ((size_t)8 << 20)

static void in_bounds(const struct ma_mail *m)
{
    HOLDS(m->field_count <= MA_MAIL_FIELDS_MAX && m->signature_count <= MA_MAIL_SIGNATURES_MAX);
    for (size_t i = 0; i < m->field_count; i++) {
        const struct ma_mail_field *f = &m->fields[i];
        HOLDS(f->name_size > 0 && f->value.offset + f->value.size == f->size);
        HOLDS(memchr(f->bytes, '\0', f->size) == NULL);
    }
    HOLDS(m->body_size == 0 || m->body[m->body_size - 1] == '\n');
}

static void verify(const struct ma_mail *m, const char *key, size_t key_size)
{
    struct ma_key_record keys[MA_MAIL_SIGNATURES_MAX];
    struct ma_verdict v[MA_MAIL_SIGNATURES_MAX];
    for (size_t i = 0; i < MA_MAIL_SIGNATURES_MAX; i++)
        keys[i] = (struct ma_key_record){MA_KEY_ANSWER_RECORD, key, key_size};
    ma_mail_verify(m, keys, 1528637910, v);
    for (size_t i = 0; i < m->signature_count; i++) {
        const struct ma_signature *s = &m->signatures[i];
        HOLDS((v[i].result == MA_SIGNATURE_PASS) == (v[i].why == MA_WHY_NONE));
        HOLDS(ma_mail_body_size(m, s) <= m->body_size + 2);
        HOLDS(ma_mail_body_signed(m, s) <= m->body_size);
        if (v[i].result == MA_SIGNATURE_PASS || v[i].why == MA_WHY_BODY)
            HOLDS(ma_mail_body_matches(m, s) == (v[i].why != MA_WHY_BODY));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ma_arena arena;
    struct ma_mail m;
    char *bytes = fuzz_text(data, size);
    const char *end = memchr(bytes, '\n', size);
    size_t key_size = end != NULL ? (size_t)(end - bytes) : 0;
    size_t at = end != NULL ? key_size + 1 : 0;
    ma_arena_init(&arena, 4096, ARENA_BYTES);
    ma_mail_read(&m, &arena, bytes + at, size - at);
    if (m.fault == MA_MAIL_GOOD) {
        in_bounds(&m);
        HOLDS(ma_mail_facts_read(&arena, &m) != NULL);
        verify(&m, bytes, key_size);
    }
    ma_arena_clear(&arena);
    free(bytes);
    return 0;
}
