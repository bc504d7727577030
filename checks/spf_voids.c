/* SPDX-License-Identifier: MIT */
/* Look-ups that find nothing: names that are not there, and hosts with addresses of one family. */
#include "spf_report.h"

#include <string.h>

#define VOIDS_SHOWN 8

/* Where the host has no address of one family: the question for the other. Else NULL. */
static const struct ma_answer *other_family(struct spf_audit *a, const struct ma_spf_problem *p)
{
    if (p->term->kind != MA_SPF_A || p->answer->status != MA_NODATA)
        return NULL;
    return ma_dns(a->run, p->answer->type == MA_A ? MA_AAAA : MA_A, "%s", p->name);
}

static const char *nothing(struct spf_audit *a, const struct ma_spf_problem *p)
{
    if (p->answer->status == MA_NXDOMAIN)
        return "does not exist";
    return ma_text(a->run, "has no %s record", ma_type_name(a->run, p->answer->type));
}

void spf_report_void(struct spf_audit *a, const struct ma_spf_problem *p)
{
    const struct ma_answer *other = other_family(a, p);
    if (other != NULL && other->status == MA_FAILED) {
        spf_report_lost(a, other); /* whether the host is there is not known */
        return;
    }
    bool is_there = other != NULL && other->status == MA_OK;
    enum spf_rule rule = is_there ? SPF_ONE_FAMILY : SPF_VOID_LOOKUP;
    bool own = strcmp(p->owner, a->target->domain) == 0;
    struct ma_finding *finding = ma_report_also(a->run, &spf_rules[rule], p->name, "%s: %s %s%s",
        spf_term_excerpt(a->run, p->record, p->term), p->name, nothing(a, p),
        own ? "" : ma_text(a->run, ", in the record of %s", p->owner));
    spf_place_term(finding, p->record, p->term);
    if (spf_is_glued(p->record, p->term))
        ma_effect_of(finding, spf_rules[SPF_MISSING_SPACE].id);
    else if (a->walk->voids > a->spf.voids_max)
        ma_effect_of(finding, spf_rules[SPF_TOO_MANY_VOIDS].id);
}

/* A name that is asked for twice, for its A and its AAAA records, is one name. */
static bool is_named_before(const struct ma_spf_walk *walk, const struct ma_spf_problem *problem)
{
    for (const struct ma_spf_problem *p = walk->problems; p != problem; p = p->next)
        if (p->kind == MA_SPF_VOID && strcmp(p->name, problem->name) == 0)
            return true;
    return false;
}

static const char *voids_text(struct spf_audit *a)
{
    const char *text = "";
    unsigned count = 0;
    for (const struct ma_spf_problem *p = a->walk->problems; p != NULL; p = p->next)
        if (p->kind == MA_SPF_VOID && !is_named_before(a->walk, p) && count++ < VOIDS_SHOWN)
            text =
                ma_text(a->run, "%s%s%s %s", text, count > 1 ? ", " : "", p->name, nothing(a, p));
    return count > VOIDS_SHOWN ? ma_text(a->run, "%s, and %u more", text, count - VOIDS_SHOWN)
                               : text;
}

void spf_report_void_limit(struct spf_audit *a, const struct ma_spf_problem *p)
{
    const char *text = voids_text(a);
    if (text[0] == '\0')
        text = ma_text(a->run, "nothing found: %s", p->name);
    struct ma_finding *finding =
        ma_report(a->run, &spf_rules[SPF_TOO_MANY_VOIDS], a->target->domain, "%s%s", text,
            a->spf.voids_max == MA_SPF_VOIDS_MAX
                ? ""
                : ma_text(a->run, "; the limit was set to %u", a->spf.voids_max));
    if (p->record != NULL && p->term != NULL)
        spf_place_term(finding, p->record, p->term);
    const char *rdata = spf_without_voids(a);
    if (rdata != NULL)
        ma_publish(finding, a->target->domain, MA_TXT, rdata);
}
