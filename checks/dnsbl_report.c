/* SPDX-License-Identifier: MIT */
/* Findings: one for each list that lists something, one for each cause of not knowing. */
#include "dnsbl_report.h"

#include "ptr_names.h"

#include <string.h>

#define ENTRIES_SHOWN 8   /* in one evidence */
#define WHY_BYTES_MAX 400 /* of a list's own words, in evidence and rows */
#define WHY_RRS_MAX   4
#define TIERS         4
#define BEFORE        "find what sent the mail that led to the entry and stop it"
#define BEFORE_POLICY "give it a fixed reverse name that looks like a mail server's" DNSBL_RDNS

/* ---- texts ----------------------------------------------------------------------------------- */

static const char *joined(struct ma_run *run, const char *before, const char *sep, const char *text)
{
    return before == NULL ? text : ma_text(run, "%s%s%s", before, sep, text);
}

/* Meanings of a record's codes: of all bits that are set, or of the first code that matches. */
static const char *add_meanings(
    struct ma_run *run, const struct dnsbl_zone *z, const struct ma_rr *rr, const char *text)
{
    for (size_t i = 0; i < z->code_count; i++) {
        const struct dnsbl_code *c = &z->codes[i];
        if (!dnsbl_matches(&c->pattern, rr->address.bytes))
            continue;
        if (text == NULL || strstr(text, c->meaning) == NULL)
            text = joined(run, text, "; ", c->meaning);
        if (c->pattern.bits == 0)
            break;
    }
    return text;
}

const char *dnsbl_meaning(struct ma_run *run, const struct dnsbl_zone *z, const struct ma_answer *a)
{
    const char *text = NULL;
    for (size_t i = 0; i < a->rr_count; i++)
        text = add_meanings(run, z, &a->rrs[i], text);
    return text;
}

const char *dnsbl_why(struct ma_run *run, const struct ma_answer *a)
{
    const char *text = NULL;
    if (a == NULL || a->status != MA_OK)
        return NULL;
    for (size_t i = 0; i < a->rr_count && i < WHY_RRS_MAX; i++) {
        size_t size = a->rrs[i].txt.size;
        size = size > WHY_BYTES_MAX ? WHY_BYTES_MAX : size;
        text = joined(run, text, "; ", ma_bytes_text(run, a->rrs[i].txt.bytes, size));
    }
    return text;
}

const char *dnsbl_page(
    struct ma_run *run, const struct dnsbl_zone *z, const struct dnsbl_subject *s)
{
    const char *hole = strstr(z->page, "{subject}");
    if (z->page[0] == '\0')
        return NULL;
    if (hole == NULL)
        return z->page;
    return ma_text(run, "%s%s%s", ma_bytes_text(run, z->page, (size_t)(hole - z->page)), s->text,
        hole + strlen("{subject}"));
}

static const char *codes_text(struct ma_run *run, const struct ma_answer *a)
{
    const char *text = NULL;
    for (size_t i = 0; i < a->rr_count; i++)
        text = joined(run, text, ", ", ma_address_text(run, &a->rrs[i].address));
    return text;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static const char *const state_words[] = {
    [DNSBL_STATE_CLEAN] = "clean",
    [DNSBL_STATE_LISTED] = "listed",
    [DNSBL_STATE_UNKNOWN] = "unknown",
    [DNSBL_STATE_NOT_ASKED] = "not-asked",
};

static void put_row(
    const struct dnsbl_view *v, struct ma_data *result, const struct dnsbl_zone *z, size_t subject)
{
    const struct dnsbl_row *row = dnsbl_row(v, z, subject);
    const struct dnsbl_verdict *verdict = &row->verdict;
    bool listed = verdict->state == DNSBL_STATE_LISTED;
    struct ma_data *d = ma_append(result, "lists");
    ma_put(d, "zone", z->name);
    ma_put(d, "subject", v->subjects[subject].text);
    ma_put_bool(d, "recursive", row->refused != NULL);
    ma_put(d, "class", dnsbl_class_word(z->class));
    ma_put(d, "weight", dnsbl_weight_word(listed ? verdict->weight : z->weight));
    ma_put(d, "state", state_words[verdict->state]);
    if (verdict->reason != NULL)
        ma_put(d, "reason", verdict->reason);
    if (row->answer == NULL || row->answer->status != MA_OK)
        return;
    for (size_t i = 0; i < row->answer->rr_count; i++)
        ma_append_text(d, "codes", ma_address_text(v->run, &row->answer->rrs[i].address));
    ma_put(d, "meaning", dnsbl_meaning(v->run, z, row->answer));
    if (!listed)
        return;
    ma_put(d, "reason", dnsbl_why(v->run, row->why));
    ma_put(d, "removal", dnsbl_page(v->run, z, &v->subjects[subject]));
}

void dnsbl_put_rows(const struct dnsbl_view *v)
{
    struct ma_data *result = ma_result(v->run);
    for (size_t k = 0; k < v->lists->count; k++)
        for (size_t i = 0; i < v->subject_count; i++)
            if (dnsbl_row(v, &v->lists->zones[k], i)->applies)
                put_row(v, result, &v->lists->zones[k], i);
}

/* ---- listings -------------------------------------------------------------------------------- */

static enum dnsbl_rule rule_of_weight(const struct dnsbl_zone *z, enum dnsbl_weight weight)
{
    static const enum dnsbl_rule rules[] = {
        [DNSBL_NONE] = DNSBL_RULE_LISTED_INFO,
        [DNSBL_INFO] = DNSBL_RULE_LISTED_INFO,
        [DNSBL_LOW] = DNSBL_RULE_LISTED_NOTICE,
        [DNSBL_MEDIUM] = DNSBL_RULE_LISTED_WARNING,
        [DNSBL_POLICY] = DNSBL_RULE_LISTED_POLICY,
        [DNSBL_HIGH] = DNSBL_RULE_LISTED_ERROR,
        [DNSBL_CRITICAL] = DNSBL_RULE_LISTED_CRITICAL,
    };
    if (z->class == DNSBL_BLOCK)
        return rules[weight];
    return z->class == DNSBL_ALLOW ? DNSBL_RULE_ALLOWED : DNSBL_RULE_LISTED_INFO;
}

/* The worst row of a list that lists something, or NULL. */
static const struct dnsbl_row *worst_row(const struct dnsbl_view *v, const struct dnsbl_zone *z)
{
    const struct dnsbl_row *worst = NULL;
    for (size_t i = 0; i < v->subject_count; i++) {
        const struct dnsbl_row *row = dnsbl_row(v, z, i);
        if (row->verdict.state == DNSBL_STATE_LISTED &&
            (worst == NULL || row->verdict.weight > worst->verdict.weight))
            worst = row;
    }
    return worst;
}

static const char *listing_text(
    const struct dnsbl_view *v, const struct dnsbl_zone *z, const struct dnsbl_row *row)
{
    const char *meaning = dnsbl_meaning(v->run, z, row->answer);
    const char *why = dnsbl_why(v->run, row->why);
    const char *text = ma_text(v->run, "%s (%s)", codes_text(v->run, row->answer),
        meaning != NULL ? meaning : "what its codes mean is not in the catalogue");
    if (why != NULL)
        return ma_text(v->run, "%s, in the list's words \"%s\"", text, why);
    if (row->why->status == MA_FAILED)
        return ma_text(v->run, "%s; the list's reason was not to be had: %s", text,
            ma_failure_phrase(row->why->failure));
    return text;
}

/* All subjects that the list lists; with their names when there are several. */
static const char *listings_text(
    const struct dnsbl_view *v, const struct dnsbl_zone *z, const struct dnsbl_row *worst)
{
    const char *text = NULL;
    size_t count = 0;
    for (size_t i = 0; i < v->subject_count; i++)
        count += dnsbl_row(v, z, i)->verdict.state == DNSBL_STATE_LISTED;
    if (count == 1)
        return listing_text(v, z, worst);
    size_t shown = 0;
    for (size_t i = 0; i < v->subject_count && shown < ENTRIES_SHOWN; i++) {
        const struct dnsbl_row *row = dnsbl_row(v, z, i);
        if (row->verdict.state != DNSBL_STATE_LISTED)
            continue;
        text = joined(v->run, text, "; ",
            ma_text(v->run, "%s: %s", v->subjects[i].text, listing_text(v, z, row)));
        shown++;
    }
    return count > shown ? ma_text(v->run, "%s; and %zu more", text, count - shown) : text;
}

/* Is everything that the list lists also on the list that holds all of it? Then it is no news. */
static bool is_effect(const struct dnsbl_view *v, const struct dnsbl_zone *z)
{
    if (z->parent == NULL)
        return false;
    for (size_t i = 0; i < v->subject_count; i++)
        if (dnsbl_row(v, z, i)->verdict.state == DNSBL_STATE_LISTED &&
            dnsbl_row(v, z->parent, i)->verdict.state != DNSBL_STATE_LISTED)
            return false;
    return true;
}

const char *dnsbl_before(const struct dnsbl_zone *z, enum dnsbl_weight weight)
{
    if (weight == DNSBL_POLICY)
        return BEFORE_POLICY;
    return z->before[0] != '\0' ? z->before : BEFORE;
}

/* The reverse name as it is, by which such a list goes; the check "ptr" says the rest. */
static const char *rdns_text(
    struct ma_run *run, const struct dnsbl_row *row, const struct dnsbl_subject *s)
{
    struct ma_address address;
    if (row->ptr == NULL || !ma_address_parse(&address, s->text))
        return "";
    if (row->ptr->status == MA_FAILED)
        return " (whether it has one could not be looked up)";
    if (row->ptr->rr_count == 0)
        return " (it has none now: ptr.none)";
    const char *name = row->ptr->rrs[0].name;
    switch (ptr_classify(name, &address).kind) {
    case PTR_GENERIC_DYNAMIC:
        return ma_text(
            run, " (it is %s now, like that of an access line: ptr.generic-dynamic)", name);
    case PTR_GENERIC_STATIC:
        return ma_text(
            run, " (it is %s now, as a provider names every address: ptr.generic-static)", name);
    case PTR_NAMED:
    default:
        return ma_text(run, " (it has %s, which looks like one already)", name);
    }
}

static const char *before_text(const struct dnsbl_view *v, const struct dnsbl_zone *z,
    const struct dnsbl_row *row, const struct dnsbl_subject *s)
{
    const char *text = dnsbl_before(z, row->verdict.weight);
    const char *hole = strstr(text, DNSBL_RDNS);
    if (hole == NULL)
        return text;
    return ma_text(v->run, "%s%s%s", ma_bytes_text(v->run, text, (size_t)(hole - text)),
        rdns_text(v->run, row, s), hole + strlen(DNSBL_RDNS));
}

static void report_listing(const struct dnsbl_view *v, const struct dnsbl_zone *z)
{
    const struct dnsbl_row *worst = worst_row(v, z);
    if (worst == NULL)
        return;
    const struct dnsbl_subject *s = &v->subjects[(size_t)(worst - v->rows) % v->subject_count];
    const char *page = dnsbl_page(v->run, z, s);
    const char *users = z->users[0] != '\0' ? z->users : NULL;
    struct ma_finding *f = ma_report(v->run, &dnsbl_rules[rule_of_weight(z, worst->verdict.weight)],
        ma_text(v->run, "%s at %s", s->text, z->name), users != NULL ? "%s; used by %s" : "%s",
        listings_text(v, z, worst), users);
    ma_fix(f, "before", "%s", before_text(v, z, worst, s));
    ma_fix(f, "operator", "%s", z->operator_name[0] != '\0' ? z->operator_name : z->name);
    ma_fix(f, "page", "%s", page != NULL ? page : "see the list's own pages");
    if (is_effect(v, z))
        ma_effect_of(
            f, dnsbl_rules[rule_of_weight(z->parent, worst_row(v, z->parent)->verdict.weight)].id);
}

/* ---- what is not known ----------------------------------------------------------------------- */

/* What a missing answer may hide, as the four rules of a cause have it. */
static size_t tier_of(const struct dnsbl_zone *z)
{
    if (z->class != DNSBL_BLOCK)
        return 3;
    switch (z->weight) {
    case DNSBL_CRITICAL:
        return 0;
    case DNSBL_HIGH:
    case DNSBL_POLICY:
        return 1;
    case DNSBL_MEDIUM:
        return 2;
    default:
        return 3;
    }
}

/* The first subject of which the list says nothing for that cause, or NULL. */
static const struct dnsbl_row *unknown_row(
    const struct dnsbl_view *v, const struct dnsbl_zone *z, enum dnsbl_cause cause)
{
    for (size_t i = 0; i < v->subject_count; i++) {
        const struct dnsbl_row *row = dnsbl_row(v, z, i);
        if (row->verdict.state == DNSBL_STATE_UNKNOWN && row->verdict.cause == cause)
            return row;
    }
    return NULL;
}

/* Lists that are unknown for one cause and at one tier. */
struct group {
    const struct dnsbl_zone *zones[ENTRIES_SHOWN];
    size_t count; /* of all, shown or not */
    const char *evidence, *terms, *pages;
    const struct ma_answer *failed;
};

static const char *unknown_text(
    const struct dnsbl_view *v, const struct dnsbl_zone *z, const struct dnsbl_row *row)
{
    size_t more = 0;
    size_t first = (size_t)(row - v->rows) % v->subject_count;
    if (row->verdict.whole_list)
        return ma_text(v->run, "%s: %s", z->name, row->verdict.reason);
    for (size_t i = first + 1; i < v->subject_count; i++) {
        const struct dnsbl_verdict *other = &dnsbl_row(v, z, i)->verdict;
        more += other->state == DNSBL_STATE_UNKNOWN && other->cause == row->verdict.cause;
    }
    const char *others = more > 0 ? ma_text(v->run, " and %zu more", more) : "";
    return ma_text(v->run, "%s, asked for %s%s: %s", z->name, v->subjects[first].text, others,
        row->verdict.reason);
}

/* Do the list's conditions of use explain why it says nothing? */
static bool explains(const struct dnsbl_zone *z, const struct dnsbl_verdict *verdict)
{
    const struct ma_answer *failed = verdict->failed;
    return z->terms[0] != '\0' && (failed == NULL || failed->failure == MA_FAIL_TIMEOUT ||
                                      failed->failure == MA_FAIL_REFUSED);
}

static void add_to_group(const struct dnsbl_view *v, struct group *g, const struct dnsbl_zone *z,
    const struct dnsbl_row *row)
{
    if (g->count++ >= ENTRIES_SHOWN)
        return;
    g->zones[g->count - 1] = z;
    g->evidence = joined(v->run, g->evidence, "; ", unknown_text(v, z, row));
    if (g->failed == NULL)
        g->failed = row->verdict.failed;
    if (explains(z, &row->verdict) && (g->terms == NULL || strstr(g->terms, z->terms) == NULL))
        g->terms =
            joined(v->run, g->terms, ". ", ma_text(v->run, "%s: %s", z->operator_name, z->terms));
    const char *page =
        dnsbl_page(v->run, z, &v->subjects[(size_t)(row - v->rows) % v->subject_count]);
    g->pages = joined(v->run, g->pages, " ", page != NULL ? page : z->name);
}

static void report_group(
    const struct dnsbl_view *v, const struct group *g, const struct ma_rule *rule)
{
    if (g->count == 0)
        return;
    size_t more = g->count > ENTRIES_SHOWN ? g->count - ENTRIES_SHOWN : 0;
    const char *evidence =
        more > 0 ? ma_text(v->run, "%s; and %zu more lists", g->evidence, more) : g->evidence;
    struct ma_finding *f = ma_report(v->run, rule, g->zones[0]->name, "%s", evidence);
    for (size_t i = 1; i < g->count - more; i++) /* the same evidence is told once */
        ma_report_also(v->run, rule, g->zones[i]->name, "%s", evidence);
    ma_fix(f, "terms", g->terms != NULL ? ". %s" : "%s", g->terms != NULL ? g->terms : "");
    ma_fix(f, "page", "%s", g->pages);
    ma_fix(f, "zone", "%s", g->zones[0]->name);
    if (g->failed != NULL)
        ma_failed(f, g->failed);
}

static void report_cause(const struct dnsbl_view *v, enum dnsbl_cause cause)
{
    struct group groups[TIERS] = {{.count = 0}};
    for (size_t k = 0; k < v->lists->count; k++) {
        const struct dnsbl_zone *z = &v->lists->zones[k];
        const struct dnsbl_row *row = unknown_row(v, z, cause);
        size_t tier = cause == DNSBL_CAUSE_REWRITTEN ? 0 : tier_of(z);
        if (row != NULL)
            add_to_group(v, &groups[tier], z, row);
    }
    if (cause == DNSBL_CAUSE_REWRITTEN) {
        report_group(v, &groups[0], &dnsbl_rules[DNSBL_RULE_REWRITTEN]);
        return;
    }
    for (size_t tier = 0; tier < TIERS; tier++)
        report_group(v, &groups[tier], &dnsbl_rules[DNSBL_RULE_UNKNOWN + cause * TIERS + tier]);
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* The page for the first subject that the list would be asked for; NULL if there is none. */
static const char *left_out_page(const struct dnsbl_view *v, const struct dnsbl_zone *z)
{
    for (size_t i = 0; i < v->subject_count; i++) {
        const char *page = dnsbl_page(v->run, z, &v->subjects[i]);
        if (dnsbl_row(v, z, i)->applies)
            return page != NULL ? page : z->name;
    }
    return NULL;
}

/* Lists that the operator named and that we do not ask. */
static void report_left_out(const struct dnsbl_view *v, bool ended)
{
    struct group g = {.count = 0};
    for (size_t k = 0; k < v->lists->count; k++) {
        const struct dnsbl_zone *z = &v->lists->zones[k];
        if (z->not_asked == NULL || z->ended != ended)
            continue;
        const char *page = left_out_page(v, z);
        if (page == NULL || g.count++ >= ENTRIES_SHOWN)
            continue;
        g.zones[g.count - 1] = z;
        g.evidence = joined(v->run, g.evidence, "; ",
            ended ? ma_text(v->run, "%s: %s (%s)", z->name, z->not_asked, z->date)
                  : ma_text(v->run, "%s: %s", z->name, z->not_asked));
        g.pages = joined(v->run, g.pages, " ", page);
    }
    report_group(v, &g, &dnsbl_rules[ended ? DNSBL_RULE_ENDED : DNSBL_RULE_EXCLUDED]);
}

static bool is_clean(const struct dnsbl_view *v, const struct dnsbl_zone *z, size_t subject)
{
    const struct dnsbl_row *row = dnsbl_row(v, z, subject);
    return z->class == DNSBL_BLOCK && row->answer != NULL &&
           row->verdict.state == DNSBL_STATE_CLEAN;
}

/* A pass names what was looked up and where: it says nothing of lists that gave no answer. */
static void report_clean(const struct dnsbl_view *v)
{
    const char *text = NULL;
    for (size_t i = 0; i < v->subject_count; i++) {
        size_t count = 0;
        const char *first = NULL;
        for (size_t k = 0; k < v->lists->count; k++) {
            const struct dnsbl_row *row = dnsbl_row(v, &v->lists->zones[k], i);
            if (v->lists->zones[k].class == DNSBL_BLOCK && row->verdict.state == DNSBL_STATE_LISTED)
                return;
            if (!is_clean(v, &v->lists->zones[k], i))
                continue;
            first = first != NULL ? first : v->lists->zones[k].name;
            count++;
        }
        if (count > 0)
            text = joined(v->run, text, "; ",
                count == 1 ? ma_text(v->run, "%s: %s", v->subjects[i].text, first)
                           : ma_text(v->run, "%s: %zu lists", v->subjects[i].text, count));
    }
    if (text != NULL)
        ma_report(v->run, &dnsbl_rules[DNSBL_RULE_CLEAN], ma_target(v->run)->domain, "%s", text);
}

/* What reached the list in spite of its refusal. */
static void report_asked_again(const struct dnsbl_view *v)
{
    struct group g = {.count = 0};
    for (size_t k = 0; k < v->lists->count; k++) {
        const struct dnsbl_row *row = NULL;
        for (size_t i = 0; row == NULL && i < v->subject_count; i++)
            if (dnsbl_row(v, &v->lists->zones[k], i)->refused != NULL)
                row = dnsbl_row(v, &v->lists->zones[k], i);
        if (row == NULL || g.count++ >= ENTRIES_SHOWN)
            continue;
        g.zones[g.count - 1] = &v->lists->zones[k];
        g.evidence = joined(v->run, g.evidence, "; ",
            ma_text(v->run, "%s: %s", v->lists->zones[k].name, row->refused));
    }
    report_group(v, &g, &dnsbl_rules[DNSBL_RULE_ASKED_AGAIN]);
}

static void report_names(const struct dnsbl_view *v)
{
    const struct ma_answer *failed = v->failed_name;
    if (failed == NULL || failed->failure == MA_FAIL_OFFLINE)
        return;
    struct ma_finding *f = ma_report(v->run, &dnsbl_rules[DNSBL_RULE_NAMES],
        ma_target(v->run)->domain, "%s PTR: %s", failed->name, ma_failure_phrase(failed->failure));
    ma_failed(f, failed);
}

static void report_addresses(const struct dnsbl_view *v)
{
    bool of_senders = (v->setup->scope & (DNSBL_SCOPE_SENDERS | DNSBL_SCOPE_NAMES)) != 0;
    const struct ma_answer *cause = of_senders ? ma_senders(v->run)->failed : NULL;
    const struct ma_answer *failed = cause != NULL ? cause : v->failed_address;
    if (failed == NULL || failed->failure == MA_FAIL_OFFLINE)
        return;
    struct ma_finding *f = ma_report(v->run, &dnsbl_rules[DNSBL_RULE_ADDRESSES],
        ma_target(v->run)->domain, "%s %s: %s", failed->name, ma_type_name(v->run, failed->type),
        ma_failure_phrase(failed->failure));
    ma_failed(f, failed);
    if (cause != NULL)
        ma_effect_of(f, "target.address-lookup-failed");
}

/* Which states there are: most audits have clean rows only, and end here. */
static unsigned states_of(const struct dnsbl_view *v)
{
    unsigned states = 0;
    for (size_t i = 0; i < v->lists->count * v->subject_count; i++)
        if (v->rows[i].applies)
            states |= 1u << v->rows[i].verdict.state;
    return states;
}

void dnsbl_put_findings(const struct dnsbl_view *v)
{
    unsigned states = states_of(v);
    if ((states & 1u << DNSBL_STATE_LISTED) != 0)
        for (size_t k = 0; k < v->lists->count; k++)
            report_listing(v, &v->lists->zones[k]);
    if ((states & 1u << DNSBL_STATE_UNKNOWN) != 0)
        for (int cause = 0; cause < DNSBL_CAUSE_COUNT; cause++)
            report_cause(v, (enum dnsbl_cause)cause);
    if ((states & 1u << DNSBL_STATE_NOT_ASKED) != 0) {
        report_left_out(v, true);
        report_left_out(v, false);
    }
    report_asked_again(v);
    report_clean(v);
    report_addresses(v);
    report_names(v);
}
