/* SPDX-License-Identifier: MIT */
/*
 * The guard around libspf2, with our evaluator beside it. The first line is ADDRESS, HELO and
 * SENDER, separated by blanks; each other line a record as in tests/spf/world.h.
 */
#include "spf_opinion.h"
#include "fuzz.h"
#include "world.h"

#define LINES_MAX 64

static void evaluate(struct world *world, char *first)
{
    char *rest = first;
    const char *address = strsep(&rest, " "), *helo = rest != NULL ? strsep(&rest, " ") : "";
    struct ma_spf_client client = {.helo = helo,
        .sender = rest != NULL ? rest : "joe@n0.example.com",
        .receiver = "unknown",
        .now_secs = 1700000000};
    struct ma_run *run = world_run(world);
    struct ma_spf spf;
    if (!ma_address_parse(&client.address, address))
        ma_address_parse(&client.address, "192.0.2.1");
    ma_spf_init(&spf, run);
    const struct ma_spf_outcome *ours = ma_spf_evaluate(&spf, &client);
    struct ma_spf_values values = ma_spf_values_of(run, &client);
    struct spf_opinion theirs = spf_opinion_of(run, &values);
    HOLDS(ours->lookups <= MA_SPF_LOOKUPS_MAX + 2 && theirs.result <= MA_SPF_PERMERROR);
    if (ours->root->policy->record != NULL)
        HOLDS(spf_opinion_kept(ours->root->policy->record) <= 255);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *rest = text;
    if (text == NULL || size > 16384) {
        free(text);
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    struct world *world = world_new();
    char *first = strsep(&rest, "\n");
    for (int i = 0; rest != NULL && i < LINES_MAX; i++)
        world_add(world, strsep(&rest, "\n"));
    evaluate(world, first);
    world_free(world);
    free(text);
    return 0;
}
