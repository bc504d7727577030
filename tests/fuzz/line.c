/* SPDX-License-Identifier: MIT */
/* A line of a batch: what is taken is a target whose parts are what they should be. */
#include "fuzz.h"

#include "batch/line.h"

static void is_name(const char *name)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    HOLDS(ma_name_to_wire(wire, name) > 0);
}

static void look(const struct ma_spec *s)
{
    HOLDS(s->domain != NULL && s->unicode != NULL);
    is_name(s->domain);
    for (size_t i = 0; i < s->address_count; i++) {
        struct ma_address address;
        HOLDS(ma_address_parse(&address, s->addresses[i]) || ma_is_hostname(s->addresses[i]));
    }
    for (size_t i = 0; i < s->selector_count; i++)
        is_name(s->selectors[i]);
    HOLDS(s->sender == NULL || strchr(s->sender, '@') != NULL ||
          (*s->sender == '\0' && s->helo != NULL));
    HOLDS(s->helo == NULL || *s->helo != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    size_t domain_size;
    struct ma_arena arena;
    struct ma_spec spec = {0};
    ma_arena_init(&arena, 4096, 1024 * 1024);
    for (int first = 0; first < 2; first++)
        ma_line_is_target(text, size, first != 0);
    const char *domain = ma_line_domain(text, size, &domain_size);
    HOLDS(domain == NULL || (domain >= text && domain + domain_size <= text + size));
    if (ma_line_read(&spec, &arena, text, size, fuzz_errors()))
        look(&spec);
    ma_arena_clear(&arena);
    free(text);
    return 0;
}
