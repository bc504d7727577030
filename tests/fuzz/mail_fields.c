/* SPDX-License-Identifier: MIT */
/*
 * The fields that tell how a message came: the input is the value of a From, a Received, an
 * Authentication-Results and a Return-Path at once, and of a date.
 */
#include "fuzz.h"
#include "message/body.h"
#include "message/facts.h"
#include "message/maildate.h"

#define ARENA_BYTES ((size_t)8 << 20)

static const char *const names[] = {"Return-Path", "Received", "From", "Authentication-Results",
    "ARC-Authentication-Results", "DKIM-Signature"};
#define NAMES (sizeof names / sizeof *names)

/* A field as the gate makes it: NAME, a colon, the input. */
static void make_field(struct ma_mail_field *f, struct ma_arena *arena, const char *name,
    const char *value, size_t size)
{
    size_t length = strlen(name);
    char *bytes = ma_arena_bytes(arena, length + 1 + size);
    memcpy(bytes, name, length);
    bytes[length] = ':';
    if (size > 0)
        memcpy(bytes + length + 1, value, size);
    *f = (struct ma_mail_field){.bytes = bytes,
        .size = length + 1 + size,
        .name_size = length,
        .line = 1,
        .value = {length + 1, size}};
}

static void look_at_hops(const struct ma_received_chain *c)
{
    HOLDS(c->count <= MA_RECEIVED_MAX);
    for (size_t i = 0; i < c->count; i++) {
        const struct ma_received *r = &c->list[i];
        HOLDS(r->has_address || !r->internal);
        HOLDS(!r->has_address || r->address.family == 4 || r->address.family == 6);
        HOLDS(r->at_secs >= -1);
    }
    HOLDS(c->taken == NULL || (c->taken->has_address && !c->taken->internal));
}

static void look_at_results(const struct ma_results_list *l)
{
    HOLDS(l->count <= MA_RESULTS_MAX);
    for (size_t i = 0; i < l->count; i++) {
        const struct ma_results *r = &l->list[i];
        HOLDS(r->item_count <= MA_RESULTS_ITEMS_MAX && r->server != NULL && r->instance <= 50);
        for (size_t k = 0; k < r->item_count; k++) {
            const struct ma_result_item *item = &r->items[k];
            HOLDS(item->property_count <= MA_RESULTS_PROPERTIES_MAX);
            HOLDS(item->method != NULL && item->result != NULL);
            HOLDS(ma_result_property(item, "\t") == NULL || item->property_count > 0);
        }
    }
}

static void look_at_authors(const struct ma_mailboxes *m)
{
    HOLDS(m->count <= MA_MAILBOXES_MAX);
    for (size_t i = 0; i < m->count; i++)
        HOLDS(strlen(m->list[i].address) <= MA_MAILBOX_BYTES_MAX &&
              strlen(m->list[i].domain) <= strlen(m->list[i].address));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ma_arena arena;
    struct ma_mail_field fields[NAMES];
    struct ma_mail m = {.fault = MA_MAIL_GOOD, .fields = fields, .field_count = NAMES};
    char *bytes = fuzz_text(data, size);
    if (memchr(bytes, '\0', size) != NULL || size > MA_MAIL_HEADER_BYTES_MAX) {
        free(bytes); /* the gate lets no such thing in */
        return 0;
    }
    ma_arena_init(&arena, 4096, ARENA_BYTES);
    for (size_t i = 0; i < NAMES; i++)
        make_field(&fields[i], &arena, names[i], bytes, size);
    const struct ma_mail_facts *f = ma_mail_facts_read(&arena, &m);
    HOLDS(f != NULL && f->from_count == 1);
    look_at_hops(&f->received);
    look_at_results(&f->results);
    look_at_authors(&f->authors);
    HOLDS(ma_mail_date(bytes, (struct ma_span){0, size}) >= -1);
    struct ma_signature s;
    ma_signature_read(&s, &arena, &fields[NAMES - 1]);
    HOLDS(ma_signature_names(&s, "from") <= size);
    ma_arena_clear(&arena);
    free(bytes);
    return 0;
}
