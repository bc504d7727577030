/* SPDX-License-Identifier: MIT */
/*
 * The SPF evaluator and the walk of the whole tree, in a DNS in memory; and the sender as the text
 * of an explanation.
 */
#include "spf_input.h"

#include "spf/flat.h"

/* Whatever the records say: what an evaluation may ask for, all look-ups and their addresses. */
#define QUESTIONS_MAX 2000

static void explain(struct ma_run *run, const struct ma_spf_client *client)
{
    struct ma_spf_values values = ma_spf_values_of(run, client);
    const char *text = client->sender;
    size_t size = strlen(text), offset = 0, length = 0;
    uint32_t letters = 0;
    values.domain = "n0.example.com";
    values.validated = "mail.example.com";
    if (ma_spf_explanation_check(text, size, &offset, &length, &letters) == MA_SPF_FINE)
        HOLDS(strlen(ma_spf_explanation_expand(run, &values, text, size)) <=
              MA_SPF_EXPLANATION_BYTES_MAX);
    else
        HOLDS(offset <= size && length <= size - offset);
}

/* Whatever is passed is so by somebody's word; what is written can be read. */
static void flatten(struct ma_run *run, struct ma_spf *spf, const struct ma_spf_name *domain)
{
    const struct ma_spf_flat *flat = ma_spf_flatten(spf, domain);
    bool passes = flat->passed.v4.count + flat->passed.v6.count > 0;
    HOLDS(flat->cut || passes == (flat->grants != NULL));
    const struct ma_spf_flat_records *records = ma_spf_flat_write(run, flat, "n0.example.com");
    for (const struct ma_spf_flat_record *r = records != NULL ? records->list : NULL; r != NULL;
         r = r->next)
        HOLDS(ma_spf_record_parse(run, r->text, strlen(r->text), NULL)->fault_count == 0);
}

static void in_bounds(const struct ma_spf_record *r)
{
    for (size_t i = 0; r != NULL && i < r->term_count; i++)
        HOLDS((size_t)r->terms[i].offset + r->terms[i].length <= r->size);
    for (size_t i = 0; r != NULL && i < r->fault_count && i < MA_SPF_FAULTS_MAX; i++)
        HOLDS(r->faults[i].offset + r->faults[i].length <= r->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spf_input in;
    struct ma_spf spf;
    if (!spf_input_read(&in, data, size))
        return 0;
    struct ma_run *run = world_run(in.world);
    ma_spf_init(&spf, run);
    const struct ma_spf_outcome *o = ma_spf_evaluate(&spf, &in.client);
    HOLDS(o->lookups <= MA_SPF_LOOKUPS_MAX + 1 && o->voids <= MA_SPF_VOIDS_MAX + 1);
    HOLDS((o->result == MA_SPF_PERMERROR || o->result == MA_SPF_TEMPERROR) ==
          (o->problem.kind != MA_SPF_NO_PROBLEM));
    in_bounds(o->root->policy != NULL ? o->root->policy->record : NULL);
    const struct ma_spf_walk *walk = ma_spf_walk(&spf, o->root->domain, 3, &in.client);
    HOLDS(walk->names <= MA_SPF_NAMES_MAX);
    HOLDS(world_questions(in.world) <= QUESTIONS_MAX);
    explain(run, &in.client);
    flatten(run, &spf, o->root->domain);
    spf_input_free(&in);
    return 0;
}
