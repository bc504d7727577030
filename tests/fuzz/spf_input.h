/* SPDX-License-Identifier: MIT */
/*
 * spf_input.h - an input as a client and a DNS in memory. The first line is ADDRESS, HELO and
 * SENDER, separated by blanks; each other line a record as in tests/spf/world.h.
 */
#ifndef SPF_INPUT_H
#define SPF_INPUT_H

#include "fuzz.h"
#include "spf/spf.h"
#include "world.h"

#define SPF_INPUT_BYTES_MAX 16384
#define SPF_INPUT_LINES_MAX 64

struct spf_input {
    char *text;
    struct world *world;
    struct ma_spf_client client; /* its strings are in text, or static */
};

/* False: the input is too large. */
static inline bool spf_input_read(struct spf_input *in, const uint8_t *data, size_t size)
{
    *in = (struct spf_input){.client = {.receiver = "unknown", .now_secs = 1700000000}};
    in->text = size <= SPF_INPUT_BYTES_MAX ? malloc(size + 1) : NULL;
    if (in->text == NULL)
        return false;
    memcpy(in->text, data, size);
    in->text[size] = '\0';
    in->world = world_new();
    char *rest = in->text, *first = strsep(&rest, "\n");
    for (int i = 0; rest != NULL && i < SPF_INPUT_LINES_MAX; i++)
        world_add(in->world, strsep(&rest, "\n"));
    rest = first;
    const char *address = strsep(&rest, " ");
    in->client.helo = rest != NULL ? strsep(&rest, " ") : "";
    in->client.sender = rest != NULL ? rest : "joe@n0.example.com";
    if (!ma_address_parse(&in->client.address, address))
        ma_address_parse(&in->client.address, "192.0.2.1");
    return true;
}

static inline void spf_input_free(struct spf_input *in)
{
    world_free(in->world);
    free(in->text);
}

#endif
