/* SPDX-License-Identifier: MIT */
/* What receivers built on libspf2 decide, where it is not what RFC 7208 says; and why. */
#include "spf_opinion.h"
#include "spf_report.h"

#include <string.h>

#define COMPILED_BYTES_MAX "511"

struct comparison {
    struct spf_audit *audit;
    const struct ma_spf_outcome *ours;
    enum ma_spf_result theirs;
    const struct ma_address *client;
};

/* ---- causes that lie in a record ------------------------------------------------------------- */

/* What the library keeps as a mechanism: directives, and a redirect. */
static bool is_kept_kind(const struct ma_spf_term *term)
{
    return term->kind <= MA_SPF_REDIRECT;
}

/* "it drops ip6:... and all behind it", if it does. */
static const char *dropped(struct ma_run *run, const struct ma_spf_visit *visit)
{
    const struct ma_spf_record *record = visit->policy->record;
    int kept = spf_opinion_kept(record);
    if (kept < 0)
        return NULL;
    for (size_t i = 0; i < record->term_count; i++)
        if (is_kept_kind(&record->terms[i]) && kept-- == 0)
            return ma_text(run,
                "of the record of %s it drops, without a word, what is over " COMPILED_BYTES_MAX
                " bytes compiled: %s and all behind it",
                visit->domain->text, spf_term_excerpt(run, record, &record->terms[i]));
    return NULL;
}

static bool has_zero_prefix(const struct ma_spf_term *term)
{
    bool four = term->kind == MA_SPF_IP4 || term->kind == MA_SPF_A || term->kind == MA_SPF_MX;
    bool six = term->kind == MA_SPF_IP6 || term->kind == MA_SPF_A || term->kind == MA_SPF_MX;
    return (four && term->prefix4 == 0) || (six && term->prefix6 == 0);
}

static const char *zero_prefix(struct ma_run *run, const struct ma_spf_visit *visit)
{
    const struct ma_spf_record *record = visit->policy->record;
    for (size_t i = 0; i < record->term_count; i++)
        if (has_zero_prefix(&record->terms[i]))
            return ma_text(run, "it takes the prefix length /0 for an error: %s",
                spf_term_excerpt(run, record, &record->terms[i]));
    return NULL;
}

/* A digit in a macro that is not smaller than the number of parts eats a letter. */
static const char *digit(struct ma_run *run, const struct ma_spf_visit *visit)
{
    const struct ma_spf_record *record = visit->policy->record;
    for (size_t i = 0; i < record->term_count; i++) {
        const struct ma_spf_term *term = &record->terms[i];
        const char *text = record->text + term->offset;
        for (size_t k = 0; k + 3 < term->length; k++)
            if (text[k] == '%' && text[k + 1] == '{' && text[k + 3] >= '0' && text[k + 3] <= '9')
                return ma_text(run, "it miscounts the parts that a number in a macro keeps: %s",
                    spf_term_excerpt(run, record, term));
    }
    return NULL;
}

/* It follows a redirect= where it stands, instead of after all other terms. */
static const char *early_redirect(struct ma_run *run, const struct ma_spf_visit *visit)
{
    const struct ma_spf_record *record = visit->policy->record;
    if (record->redirect < 0)
        return NULL;
    for (size_t i = (size_t)record->redirect; i < record->term_count; i++)
        if (record->terms[i].kind < MA_SPF_REDIRECT)
            return ma_text(run,
                "it follows redirect= where it stands, instead of behind all other terms: %s",
                spf_term_excerpt(run, record, &record->terms[record->redirect]));
    return NULL;
}

static const char *odd_modifier(struct ma_run *run, const struct ma_spf_visit *visit)
{
    const struct ma_spf_record *record = visit->policy->record;
    if (spf_opinion_kept(record) >= 0)
        return NULL;
    for (size_t i = 0; i < record->term_count; i++)
        if (record->terms[i].kind == MA_SPF_UNKNOWN)
            return ma_text(run, "it takes a modifier that it does not know for an error: %s",
                spf_term_excerpt(run, record, &record->terms[i]));
    return NULL;
}

typedef const char *(*cause_in_record)(struct ma_run *, const struct ma_spf_visit *);

/* The records that were gone through, the first one with the cause. */
static const char *find_in(
    struct ma_run *run, const struct ma_spf_visit *visit, cause_in_record cause)
{
    if (visit->policy->record == NULL)
        return NULL;
    const char *text = cause(run, visit);
    for (size_t i = 0; i < visit->step_count && text == NULL; i++)
        if (visit->steps != NULL && visit->steps[i].inside != NULL)
            text = find_in(run, visit->steps[i].inside, cause);
    return text;
}

/* ---- the known causes ------------------------------------------------------------------------ */

static const char *by_limits(const struct comparison *c)
{
    switch (c->ours->problem.kind) {
    case MA_SPF_LOOKUP_LIMIT:
    case MA_SPF_LOOP:
        return "it counts look-ups anew in every include, instead of over the whole policy";
    case MA_SPF_VOID_LIMIT:
        return "it has no limit for names that do not exist";
    case MA_SPF_SYNTAX:
        return "it overlooks the fault in the record";
    case MA_SPF_MX_LIMIT:
        return "it looks at the first 10 mail exchangers and goes on";
    default:
        return NULL;
    }
}

static const char *known_cause(const struct comparison *c)
{
    static const cause_in_record in_record[] = {
        dropped, zero_prefix, early_redirect, odd_modifier, digit};
    if (spf_opinion_is_loopback(c->client))
        return "it lets every loopback address pass, whatever the record says";
    const char *cause = by_limits(c);
    for (size_t i = 0; i < sizeof in_record / sizeof *in_record && cause == NULL; i++)
        cause = find_in(c->audit->run, c->ours->root, in_record[i]);
    return cause;
}

static void report_difference(const struct comparison *c, const struct spf_evaluation *e)
{
    const char *cause = known_cause(c);
    bool refuses = c->ours->result == MA_SPF_PASS;
    ma_report_also(c->audit->run, &spf_rules[refuses ? SPF_LIBSPF2_REFUSES : SPF_LIBSPF2_DIFFERS],
        ma_text(c->audit->run, "%s%s", e->sender->text, e->is_helo ? " (HELO)" : ""),
        "%s for %s: libspf2 comes to %s instead%s%s", ma_spf_result_name(c->ours->result),
        c->ours->domain, ma_spf_result_name(c->theirs), cause != NULL ? "; " : " ",
        cause != NULL ? cause : "without a known cause");
}

/* ---- exp= ------------------------------------------------------------------------------------ */

static const char *without_spaces(struct ma_run *run, const struct ma_rr *rr)
{
    char *text = ma_alloc(run, rr->txt.size * 2 + 1);
    size_t size = 0;
    for (size_t i = 0; i < rr->txt.size; i++) {
        char c = rr->txt.bytes[i];
        text[size++] = c == ' ' ? '%' : c;
        if (c == ' ')
            text[size++] = '_';
    }
    return ma_txt_rdata(run, text, size);
}

/* It takes each space of the text for a percent sign. */
static void report_explanation(struct spf_audit *a)
{
    const struct ma_spf_text *text = a->walk->text;
    if (text == NULL || text->state != MA_SPF_TEXT_GOOD)
        return;
    const char *space = memchr(text->rr->txt.bytes, ' ', text->rr->txt.size);
    if (space == NULL)
        return;
    struct ma_finding *finding = ma_report(a->run, &spf_rules[SPF_LIBSPF2_EXPLANATION], text->name,
        "%s", spf_excerpt(a->run, text->rr->txt.bytes, text->rr->txt.size));
    ma_place(finding, text->rr, (size_t)(space - text->rr->txt.bytes), 1);
    ma_publish(finding, text->name, MA_TXT, without_spaces(a->run, text->rr));
}

void spf_report_opinion(struct spf_audit *a)
{
    bool told = false;
    for (size_t i = 0; i < a->evaluation_count; i++) {
        const struct spf_evaluation *e = &a->evaluations[i];
        struct ma_spf_values values = ma_spf_values_of(a->run, &e->client);
        struct spf_opinion opinion = spf_opinion_of(a->run, &values);
        if (!told && !e->is_helo)
            ma_put(ma_object(ma_result(a->run), "second_opinion"), "libspf2",
                opinion.comparable ? ma_spf_result_name(opinion.result) : "not comparable");
        told |= !e->is_helo;
        struct comparison c = {a, e->outcome, opinion.result, &values.client};
        if (opinion.comparable && opinion.result != e->outcome->result &&
            e->outcome->doubt == NULL && !spf_is_repeated(e))
            report_difference(&c, e);
    }
    report_explanation(a);
}
