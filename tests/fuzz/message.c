/* SPDX-License-Identifier: MIT */
/* Bytes from the network, up to the answer that a check sees. Every question, those that aliases
   lead to as well, is answered with the same bytes. */
#include "fuzz.h"

#include "observe/message.h"

struct wire {
    const uint8_t *bytes;
    size_t size;
};

static bool ask(void *state, struct ma_store *store, struct ma_entry *entry)
{
    const struct wire *w = state;
    struct ma_message m;
    enum ma_verdict verdict = ma_message_read(&m, ma_entry_question(entry), w->bytes, w->size);
    if (verdict == MA_MESSAGE_TRUNCATED)
        ma_store_fail(store, entry, MA_FAIL_TRUNCATED, NULL);
    else
        ma_store_settle(store, entry, &m.reply);
    ma_message_clear(&m);
    return true;
}

/* The question is the message's own, as c-ares makes sure; in lower case, as the store wants it. */
static struct ma_question question(uint8_t name[static MA_NAME_WIRE_MAX], const struct wire *w)
{
    struct ma_question q = {.name = name, .name_size = 1, .type = MA_TXT};
    char text[MA_NAME_TEXT_MAX];
    size_t size = w->size > 12 ? ma_name_wire_size(w->bytes + 12, w->size - 12) : 0;
    name[0] = 0;
    if (size > 0 && w->size - 12 - size >= 2) {
        const uint8_t *type = w->bytes + 12 + size;
        ma_name_to_text(text, w->bytes + 12);
        q.name_size = (uint8_t)ma_name_to_wire(name, text);
        q.type = (uint16_t)(type[0] << 8 | type[1]);
    }
    ma_question_seal(&q);
    return q;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire w = {data, size};
    struct ma_source source = {.name = "wire", .ask = ask, .state = &w};
    struct ma_store *store = ma_store_new(&source, 1, 0);
    uint8_t name[MA_NAME_WIRE_MAX];
    struct ma_question q = question(name, &w);
    HOLDS(store != NULL && q.name_size > 0);
    struct ma_entry *e = ma_store_get(store, &q);
    HOLDS(e != NULL);
    fuzz_answer(ma_entry_answer(e));
    ma_store_release(store, e);
    HOLDS(ma_store_counts(store).entries == 0);
    ma_store_free(store);
    return 0;
}
