/* SPDX-License-Identifier: MIT */
/* Findings about records that are valid and still do not do what they are there for. */
#include "spf_report.h"

#include <string.h>
#include <strings.h>

/* The record that ends the policy: the domain's own, or the last one that it redirects to. */
static const struct ma_spf_seen *last_own(const struct ma_spf_walk *walk)
{
    const struct ma_spf_seen *last = NULL;
    for (const struct ma_spf_seen *s = walk->seen; s != NULL; s = s->next)
        if (s->own)
            last = s;
    return last;
}

static bool is_reached(const struct ma_spf_record *record, size_t term)
{
    return record->all < 0 || term <= (size_t)record->all;
}

/* ---- who may send ---------------------------------------------------------------------------- */

/* Does the term, with "+", match every address of a family? */
static bool covers_everything(const struct ma_spf_term *term)
{
    switch (term->kind) {
    case MA_SPF_ALL:
        return true;
    case MA_SPF_IP4:
        return term->prefix4 == 0;
    case MA_SPF_IP6:
        return term->prefix6 == 0;
    case MA_SPF_A:
    case MA_SPF_MX:
        return term->prefix4 == 0 || term->prefix6 == 0;
    default:
        return false;
    }
}

/* The audited addresses that pass by that term alone: without it they have to be named. A space
   behind each. */
static const char *named_instead(const struct spf_audit *a, const struct ma_spf_term *all)
{
    const char *terms = "";
    for (size_t i = 0; i < a->evaluation_count && a->sends; i++) {
        const struct spf_evaluation *e = &a->evaluations[i];
        if (e->is_helo || spf_is_repeated(e) || spf_is_relay(a, e->sender) ||
            e->outcome->matched == NULL || e->outcome->matched->term != all)
            continue;
        if (a->senders->from_mx)
            return "mx ";
        terms = ma_text(
            a->run, "%sip%u:%s ", terms, (unsigned)e->sender->address.family, e->sender->text);
    }
    return terms;
}

static void lint_pass_all(struct spf_audit *a, const struct ma_spf_seen *seen)
{
    const struct ma_spf_record *record = seen->policy->record;
    for (size_t i = 0; i < record->term_count && seen->grants; i++) {
        const struct ma_spf_term *term = &record->terms[i];
        if (term->qualifier != '+' || !covers_everything(term) || !is_reached(record, i))
            continue;
        struct ma_finding *finding = ma_report(a->run, &spf_rules[SPF_PASS_ALL], seen->domain->text,
            "%s matches every %saddress", spf_term_excerpt(a->run, record, term),
            term->kind == MA_SPF_ALL   ? ""
            : term->kind == MA_SPF_IP6 ? "IPv6 "
            : term->prefix4 == 0       ? "IPv4 "
                                       : "IPv6 ");
        spf_place_term(finding, record, term);
        if (seen->own && term->kind == MA_SPF_ALL && !a->sends)
            ma_publish(finding, seen->domain->text, MA_TXT, "\"v=spf1 -all\"");
        else if (seen->own && term->kind == MA_SPF_ALL)
            ma_publish(finding, seen->domain->text, MA_TXT,
                spf_edited(a->run, record, term->offset, term->length,
                    ma_text(a->run, "%s~all", named_instead(a, term))));
        return;
    }
}

static void lint_default(struct spf_audit *a)
{
    const struct ma_spf_seen *last = last_own(a->walk);
    if (last == NULL || a->walk->invalid || !a->sends) /* else SPF_NOT_SENDING says it */
        return;
    const struct ma_spf_record *record = last->policy->record;
    if (record->all >= 0) {
        const struct ma_spf_term *all = &record->terms[record->all];
        if (all->qualifier != '?')
            return;
        struct ma_finding *finding = ma_report(
            a->run, &spf_rules[SPF_NEUTRAL_DEFAULT], last->domain->text, "%s", "it ends in ?all");
        spf_place_term(finding, record, all);
        ma_publish(finding, last->domain->text, MA_TXT,
            spf_edited_as_proposed(a, record, all->offset, all->length, "~all"));
        return;
    }
    if (record->redirect >= 0) /* to a record that could not be had, or to a loop */
        return;
    for (size_t i = 0; i < record->term_count; i++)
        if (spf_is_glued(record, &record->terms[i]))
            return;
    size_t end = record->size;
    while (end > 0 && record->text[end - 1] == ' ')
        end--;
    struct ma_finding *finding = ma_report(a->run, &spf_rules[SPF_NEUTRAL_DEFAULT],
        last->domain->text, "%s", "it has neither an all term nor a redirect=");
    ma_place(finding, record->rr, end, 0);
    ma_publish(finding, last->domain->text, MA_TXT,
        spf_edited_as_proposed(a, record, end, record->size - end, " ~all"));
}

/* ---- terms that do nothing ------------------------------------------------------------------- */

static bool is_mechanism_name(const char *text, size_t size)
{
    for (int kind = MA_SPF_ALL; kind < MA_SPF_REDIRECT; kind++) {
        const char *name = ma_spf_kind_name((enum ma_spf_kind)kind);
        if (strlen(name) == size && strncasecmp(name, text, size) == 0)
            return true;
    }
    return false;
}

static void lint_modifier(
    struct spf_audit *a, const struct ma_spf_seen *seen, const struct ma_spf_term *term)
{
    const struct ma_spf_record *record = seen->policy->record;
    const char *text = record->text + term->offset;
    size_t name_size = term->spec - term->offset - 1;
    bool mistaken = is_mechanism_name(text, name_size);
    struct ma_finding *finding = ma_report_also(a->run,
        &spf_rules[mistaken ? SPF_MECHANISM_AS_MODIFIER : SPF_UNKNOWN_MODIFIER], seen->domain->text,
        "%s is ignored", spf_term_excerpt(a->run, record, term));
    spf_place_term(finding, record, term);
    if (mistaken)
        ma_publish(finding, seen->domain->text, MA_TXT,
            spf_edited(a->run, record, term->offset + name_size, 1, ":"));
}

/* The record with its all term at the end. */
static const char *all_moved(struct ma_run *run, const struct ma_spf_record *record)
{
    const struct ma_spf_term *all = &record->terms[record->all];
    size_t behind = all->offset + all->length, end = record->size;
    while (behind < end && record->text[behind] == ' ')
        behind++;
    while (end > behind && record->text[end - 1] == ' ')
        end--;
    char *text = ma_alloc(run, record->size + 2);
    size_t size = 0;
    memcpy(text, record->text, all->offset);
    size += all->offset;
    memcpy(text + size, record->text + behind, end - behind);
    size += end - behind;
    text[size++] = ' ';
    memcpy(text + size, record->text + all->offset, all->length);
    return ma_txt_rdata(run, text, size + all->length);
}

static void lint_behind_all(
    struct spf_audit *a, const struct ma_spf_seen *seen, const struct ma_spf_term *term)
{
    const struct ma_spf_record *record = seen->policy->record;
    const struct ma_spf_term *last = term;
    for (const struct ma_spf_term *t = term; t < record->terms + record->term_count; t++)
        if (t->kind < MA_SPF_REDIRECT)
            last = t;
    size_t length = last->offset + last->length - term->offset;
    struct ma_finding *finding =
        ma_report(a->run, &spf_rules[SPF_TERMS_AFTER_ALL], seen->domain->text, "behind %s: %s",
            spf_term_excerpt(a->run, record, &record->terms[record->all]),
            spf_excerpt(a->run, record->text + term->offset, length));
    ma_place(finding, record->rr, term->offset, length);
    ma_publish(finding, seen->domain->text, MA_TXT, all_moved(a->run, record));
}

bool spf_is_glued(const struct ma_spf_record *record, const struct ma_spf_term *term)
{
    const char *tail = record->text + term->offset + term->length - 4;
    return record->all < 0 && term->literal != NULL && term->spec_length > 4 &&
           strncasecmp(tail, "-all", 4) == 0;
}

/* "include:example.net-all" is well-formed: no fault tells of it. */
static bool lint_glued(
    struct spf_audit *a, const struct ma_spf_seen *seen, const struct ma_spf_term *term)
{
    const struct ma_spf_record *record = seen->policy->record;
    size_t at = term->offset + term->length - 4;
    if (!spf_is_glued(record, term))
        return false;
    struct ma_finding *finding = ma_report(a->run, &spf_rules[SPF_MISSING_SPACE],
        seen->domain->text, "%s", spf_term_excerpt(a->run, record, term));
    ma_place(finding, record->rr, at, 4);
    ma_publish(finding, seen->domain->text, MA_TXT, spf_edited(a->run, record, at, 0, " "));
    return true;
}

static void lint_order(struct spf_audit *a, const struct ma_spf_seen *seen)
{
    const struct ma_spf_record *record = seen->policy->record;
    bool told = false;
    for (size_t i = 0; i < record->term_count; i++) {
        const struct ma_spf_term *term = &record->terms[i];
        if (spf_is_version(record, term) || lint_glued(a, seen, term))
            continue; /* told by itself */
        if (term->kind == MA_SPF_UNKNOWN) {
            lint_modifier(a, seen, term);
        } else if (term->kind == MA_SPF_REDIRECT && record->all >= 0) {
            struct ma_finding *finding = ma_report(a->run, &spf_rules[SPF_REDIRECT_IGNORED],
                seen->domain->text, "%s, beside %s", spf_term_excerpt(a->run, record, term),
                spf_term_excerpt(a->run, record, &record->terms[record->all]));
            spf_place_term(finding, record, term);
        } else if (term->kind < MA_SPF_REDIRECT && !is_reached(record, i) && !told) {
            lint_behind_all(a, seen, term);
            told = true;
        }
    }
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void lint_ptr(struct spf_audit *a, const struct ma_spf_seen *seen)
{
    const struct ma_spf_record *record = seen->policy->record;
    for (size_t i = 0; i < record->term_count; i++) {
        const struct ma_spf_term *term = &record->terms[i];
        bool uses_ptr = term->kind == MA_SPF_PTR || term->letters & MA_SPF_LETTER('p');
        if (!uses_ptr || term->kind == MA_SPF_EXP || !is_reached(record, i))
            continue;
        struct ma_finding *finding = ma_report_also(a->run, &spf_rules[SPF_PTR], seen->domain->text,
            "%s", spf_term_excerpt(a->run, record, term));
        spf_place_term(finding, record, term);
        return;
    }
}

static const char *letters_text(struct ma_run *run, uint32_t letters)
{
    const char *text = "";
    for (const char *c = "slohipvcrt"; *c != '\0'; c++)
        if (letters & MA_SPF_LETTER(*c))
            text = ma_text(run, "%s%s%%{%c}", text, text[0] != '\0' ? ", " : "", *c);
    return text;
}

static const char *text_trouble(struct ma_run *run, const struct ma_spf_text *text)
{
    switch (text->state) {
    case MA_SPF_TEXT_SEVERAL:
        return ma_text(run, "there are %zu TXT records", text->answer->rr_count);
    case MA_SPF_TEXT_BAD:
        return ma_text(run, "the text %s", ma_spf_fault_text(text->fault.code));
    default:
        return "there is no TXT record";
    }
}

/* Marks the first use of a macro. */
static void place_macro(struct ma_finding *finding, const struct ma_spf_text *text, char letter)
{
    size_t size = text->rr->txt.size;
    const char *bytes = text->rr->txt.bytes;
    for (size_t i = 0; i + 2 < size; i++) {
        if (bytes[i] == '%' && bytes[i + 1] == '%') {
            i++;
        } else if (bytes[i] == '%' && bytes[i + 1] == '{' && (bytes[i + 2] | 0x20) == letter) {
            const char *end = memchr(bytes + i, '}', size - i);
            ma_place(finding, text->rr, i, end != NULL ? (size_t)(end + 1 - (bytes + i)) : 3);
            return;
        }
    }
}

static void lint_text_macros(struct spf_audit *a, const struct ma_spf_text *text)
{
    const char *shown = spf_excerpt(a->run, text->rr->txt.bytes, text->rr->txt.size);
    uint32_t twice = MA_SPF_LETTER('i') | MA_SPF_LETTER('c');
    if (text->letters & MA_SPF_LETTER('p'))
        place_macro(
            ma_report(a->run, &spf_rules[SPF_EXPLANATION_HOST_NAME], text->name, "%s", shown), text,
            'p');
    if ((text->letters & twice) == twice)
        place_macro(ma_report(a->run, &spf_rules[SPF_EXPLANATION_CLIENT], text->name, "%s", shown),
            text, 'c');
}

static void lint_text(struct spf_audit *a)
{
    const struct ma_spf_text *text = a->walk->text;
    if (text == NULL)
        return;
    if (text->state == MA_SPF_TEXT_GOOD) {
        lint_text_macros(a, text);
        return;
    }
    if (text->state == MA_SPF_TEXT_LOST) {
        spf_report_lost(a, text->answer);
        return;
    }
    struct ma_finding *finding = ma_report(a->run, &spf_rules[SPF_EXPLANATION_UNUSABLE], text->name,
        "%s: %s", text->name, text_trouble(a->run, text));
    if (text->state == MA_SPF_TEXT_BAD)
        ma_place(finding, text->rr, text->fault.offset, text->fault.length);
}

void spf_report_lint(struct spf_audit *a)
{
    for (const struct ma_spf_seen *s = a->walk->seen; s != NULL; s = s->next) {
        if (s->policy->record->fault_count > 0)
            continue;
        lint_pass_all(a, s);
        lint_ptr(a, s);
        if (s->own)
            lint_order(a, s);
    }
    lint_default(a);
    lint_text(a);
    uint32_t letters = a->walk->letters & MA_SPF_LETTERS_ENVELOPE;
    if (letters != 0)
        ma_report(a->run, &spf_rules[SPF_SENDER_DEPENDENT], a->target->domain, "%s",
            letters_text(a->run, letters));
}
