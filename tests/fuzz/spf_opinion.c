/* SPDX-License-Identifier: MIT */
/* The guard around libspf2, with our evaluator beside it. */
#include "spf_opinion.h"
#include "spf_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spf_input in;
    struct ma_spf spf;
    if (!spf_input_read(&in, data, size))
        return 0;
    struct ma_run *run = world_run(in.world);
    ma_spf_init(&spf, run);
    const struct ma_spf_outcome *ours = ma_spf_evaluate(&spf, &in.client);
    struct ma_spf_values values = ma_spf_values_of(run, &in.client);
    struct spf_opinion theirs = spf_opinion_of(run, &values);
    HOLDS(ours->lookups <= MA_SPF_LOOKUPS_MAX + 2 && theirs.result <= MA_SPF_PERMERROR);
    if (ours->root->policy->record != NULL)
        HOLDS(spf_opinion_kept(ours->root->policy->record) <= 255);
    spf_input_free(&in);
    return 0;
}
