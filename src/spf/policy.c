/* SPDX-License-Identifier: MIT */
#include "spf.h"

static const struct ma_spf_policy nothing = {.found = MA_SPF_NONE_THERE};

void ma_spf_init(struct ma_spf *spf, struct ma_run *run)
{
    *spf =
        (struct ma_spf){.run = run, .terms_left = MA_SPF_TERMS_MAX, .voids_max = MA_SPF_VOIDS_MAX};
}

/* Selects (4.5), and parses the first record that was selected. */
static void select_records(struct ma_spf *spf, struct ma_spf_policy *policy)
{
    const struct ma_answer *answer = policy->answer;
    const struct ma_rr *first = NULL;
    for (size_t i = 0; i < answer->rr_count && policy->second == NULL; i++) {
        const struct ma_rr *rr = &answer->rrs[i];
        if (!ma_spf_record_is(rr->txt.bytes, rr->txt.size))
            continue;
        if (first == NULL)
            first = rr;
        else
            policy->second = rr;
    }
    policy->found = MA_SPF_NONE_THERE;
    if (first == NULL)
        return;
    size_t terms = ma_spf_record_terms(first->txt.bytes, first->txt.size);
    policy->found = MA_SPF_TOO_MUCH;
    if (terms > spf->terms_left)
        return;
    spf->terms_left -= terms;
    policy->record = ma_spf_record_parse(spf->run, first->txt.bytes, first->txt.size, first);
    policy->found = policy->second != NULL ? MA_SPF_SEVERAL : MA_SPF_FOUND;
}

static void classify(struct ma_spf *spf, struct ma_spf_policy *policy)
{
    switch (policy->answer->status) {
    case MA_OK:
        select_records(spf, policy);
        return;
    case MA_NODATA:
    case MA_NXDOMAIN:
        policy->found = MA_SPF_NONE_THERE;
        return;
    case MA_FAILED:
        policy->found =
            policy->answer->failure == MA_FAIL_BAD_NAME ? MA_SPF_NONE_THERE : MA_SPF_LOST;
        return;
    case MA_PENDING:
        policy->found = MA_SPF_WAITING;
        return;
    }
}

const struct ma_spf_policy *ma_spf_policy(struct ma_spf *spf, const struct ma_spf_name *name)
{
    /* not a name, not a multi-label one, or an address literal: "none" (4.3), nothing is asked */
    if (name->text == NULL || name->labels < 2 || name->text[0] == '[')
        return &nothing;
    const struct ma_answer *answer = ma_dns(spf->run, MA_TXT, "%s", name->text);
    for (const struct ma_spf_policy *p = spf->policies; p != NULL; p = p->next)
        if (p->answer == answer)
            return p;
    struct ma_spf_policy *policy = ma_alloc(spf->run, sizeof(*policy));
    policy->answer = answer;
    policy->next = spf->policies;
    spf->policies = policy;
    classify(spf, policy);
    return policy;
}

/* exp= text (6.2): exactly one TXT record, well-formed. */
struct ma_spf_text ma_spf_text(struct ma_spf *spf, const struct ma_spf_name *name)
{
    struct ma_spf_text text = {.state = MA_SPF_TEXT_MISSING, .name = name->raw};
    if (name->text == NULL)
        return text;
    text.name = name->text;
    text.answer = ma_dns(spf->run, MA_TXT, "%s", name->text);
    if (text.answer->status == MA_PENDING)
        text.state = MA_SPF_TEXT_WAITING;
    else if (text.answer->status == MA_FAILED && text.answer->failure != MA_FAIL_BAD_NAME)
        text.state = MA_SPF_TEXT_LOST;
    else if (text.answer->status == MA_OK && text.answer->rr_count > 1)
        text.state = MA_SPF_TEXT_SEVERAL;
    if (text.answer->status != MA_OK)
        return text;
    text.rr = &text.answer->rrs[0];
    if (text.state == MA_SPF_TEXT_SEVERAL)
        return text;
    struct ma_spf_fault *fault = &text.fault;
    fault->code = ma_spf_explanation_check(
        text.rr->txt.bytes, text.rr->txt.size, &fault->offset, &fault->length, &text.letters);
    text.state = fault->code == MA_SPF_FINE ? MA_SPF_TEXT_GOOD : MA_SPF_TEXT_BAD;
    return text;
}
