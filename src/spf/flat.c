/* SPDX-License-Identifier: MIT */
/* check_host() for every address at once. */
#include "flat_work.h"

#include <string.h>

static void visit(struct ma_flattener *f, const struct ma_flat_frame *frame);

/* ---- sets of both families ------------------------------------------------------------------- */

static struct ma_netsets unite(
    struct ma_flattener *f, const struct ma_netsets *a, const struct ma_netsets *b)
{
    return (struct ma_netsets){
        ma_netset_union(&f->space, a->v4, b->v4), ma_netset_union(&f->space, a->v6, b->v6)};
}

static struct ma_netsets both(
    struct ma_flattener *f, const struct ma_netsets *a, const struct ma_netsets *b)
{
    return (struct ma_netsets){
        ma_netset_both(&f->space, a->v4, b->v4), ma_netset_both(&f->space, a->v6, b->v6)};
}

static struct ma_netsets minus(
    struct ma_flattener *f, const struct ma_netsets *a, const struct ma_netsets *b)
{
    return (struct ma_netsets){
        ma_netset_minus(&f->space, a->v4, b->v4), ma_netset_minus(&f->space, a->v6, b->v6)};
}

/* ---- networks -------------------------------------------------------------------------------- */

static void note_grant(struct ma_flattener *f, const struct ma_flat_frame *frame,
    const struct ma_spf_term *term, const struct ma_netsets *networks)
{
    if (ma_flat_is_empty(networks))
        return;
    struct ma_spf_grant *grant = ma_alloc(f->run, sizeof *grant);
    *grant = (struct ma_spf_grant){.owner = ma_flat_owner(frame),
        .record = frame->policy->record,
        .term = term,
        .networks = *networks};
    *f->grants_end = grant;
    f->grants_end = &grant->next;
}

/* All of them are for one qualifier. */
static void decide(struct ma_flattener *f, const struct ma_flat_frame *frame,
    const struct ma_spf_term *term, const struct ma_netsets *networks)
{
    struct ma_flat_flow *flow = frame->flow;
    struct ma_netsets matched = both(f, &flow->open, networks);
    bool passes = term->qualifier == '+', has_let_go = ma_flat_has_let_go(frame);
    struct ma_netsets *to = passes ? &flow->passed : &flow->refused;
    if (frame->own || (frame->grants && passes)) {
        struct ma_spf_piece *piece = ma_flat_piece(f);
        piece->qualifier = term->qualifier;
        piece->networks = has_let_go ? matched : *networks;
        *frame->stuck |= has_let_go && f->loose; /* more may get here than is matched */
    }
    flow->let_go |= !passes && f->loose;
    *to = unite(f, to, &matched);
    flow->open = minus(f, &flow->open, &matched);
}

static bool is_network(const struct ma_spf_term *term)
{
    return term->kind == MA_SPF_IP4 || term->kind == MA_SPF_IP6;
}

static struct ma_range range_of(const struct ma_spf_term *term)
{
    return ma_range_of(&term->network, term->kind == MA_SPF_IP4 ? term->prefix4 : term->prefix6);
}

static struct ma_netsets set_of(
    struct ma_flattener *f, bool four, struct ma_range *ranges, size_t n)
{
    struct ma_netsets sets = {{NULL, 0}, {NULL, 0}};
    *(four ? &sets.v4 : &sets.v6) = ma_netset_of(&f->space, ranges, n);
    return sets;
}

/* ip4: and ip6: terms that follow one another with one qualifier decide at once: thousands of terms
   are no rarity. Returns how many they are. */
static size_t decide_networks(
    struct ma_flattener *f, const struct ma_flat_frame *frame, size_t first)
{
    const struct ma_spf_record *record = frame->policy->record;
    const struct ma_spf_term *term = &record->terms[first];
    struct ma_netsets all = {{NULL, 0}, {NULL, 0}};
    size_t end = first, counts[2] = {0, 0};
    while (end < record->term_count && is_network(&record->terms[end]) &&
           record->terms[end].qualifier == term->qualifier)
        end++;
    struct ma_range *ranges = ma_alloc(f->run, 2 * (end - first) * sizeof *ranges);
    for (size_t i = first; i < end; i++) {
        bool six = record->terms[i].kind == MA_SPF_IP6;
        struct ma_range *to = ranges + (six ? end - first : 0);
        to[counts[six]++] = range_of(&record->terms[i]);
        if (frame->grants && term->qualifier == '+') {
            struct ma_netsets granted = {{NULL, 0}, {NULL, 0}};
            struct ma_netset open = six ? frame->flow->open.v6 : frame->flow->open.v4;
            *(six ? &granted.v6 : &granted.v4) =
                ma_netset_clip(&f->space, open, range_of(&record->terms[i]));
            note_grant(f, frame, &record->terms[i], &granted);
        }
    }
    all.v4 = ma_netset_of(&f->space, ranges, counts[0]);
    all.v6 = ma_netset_of(&f->space, ranges + (end - first), counts[1]);
    decide(f, frame, term, &all);
    return end - first;
}

/* ---- a, mx ----------------------------------------------------------------------------------- */

struct gathered { /* the addresses of names */
    struct ma_flattener *f;
    const struct ma_spf_term *term;
    struct ma_netsets sets;
    const struct ma_answer *failed; /* the first one, or NULL */
    bool cut;                       /* hosts were left out */
};

static bool is_failed(const struct ma_answer *answer)
{
    return answer->status == MA_FAILED && answer->failure != MA_FAIL_BAD_NAME;
}

static void gather_answer(struct gathered *g, const struct ma_answer *answer, bool four)
{
    g->f->out->pending |= answer->status == MA_PENDING;
    if (is_failed(answer) && g->failed == NULL)
        g->failed = answer;
    if (answer->rr_count == 0)
        return;
    struct ma_range *ranges = ma_alloc(g->f->run, answer->rr_count * sizeof *ranges);
    size_t count = 0;
    for (size_t i = 0; i < answer->rr_count; i++)
        if (answer->rrs[i].address.family == (four ? 4 : 6))
            ranges[count++] =
                ma_range_of(&answer->rrs[i].address, four ? g->term->prefix4 : g->term->prefix6);
    struct ma_netsets found = set_of(g->f, four, ranges, count);
    g->sets = unite(g->f, &g->sets, &found);
}

static void gather(struct gathered *g, const char *host)
{
    const struct ma_answer *four = ma_dns(g->f->run, MA_A, "%s", host);
    const struct ma_answer *six = ma_dns(g->f->run, MA_AAAA, "%s", host);
    gather_answer(g, four, true);
    gather_answer(g, six, false);
}

static void gather_mx(struct gathered *g, const char *name)
{
    const struct ma_answer *mx = ma_dns(g->f->run, MA_MX, "%s", name);
    g->f->out->pending |= mx->status == MA_PENDING;
    if (is_failed(mx))
        g->failed = mx;
    g->cut = mx->rr_count > MA_SPF_FLAT_HOSTS_MAX;
    for (unsigned pass = 0; pass < 2; pass++) { /* ask for all before the first answer is used */
        for (size_t i = 0; i < mx->rr_count && i < MA_SPF_FLAT_HOSTS_MAX; i++) {
            const char *host = mx->rrs[i].mx.exchange;
            if (host[0] == '.') /* null MX (RFC 7505) */
                continue;
            if (pass == 1)
                gather(g, host);
            else {
                ma_dns(g->f->run, MA_A, "%s", host);
                ma_dns(g->f->run, MA_AAAA, "%s", host);
            }
        }
    }
}

static void decide_hosts(struct ma_flattener *f, const struct ma_flat_frame *frame,
    const struct ma_spf_term *term, const struct ma_spf_name *name)
{
    struct gathered g = {.f = f, .term = term};
    if (name->text == NULL) /* no name to ask for (4.8): no match */
        return;
    if (term->kind == MA_SPF_MX)
        gather_mx(&g, name->text);
    else
        gather(&g, name->text);
    if (g.failed != NULL || g.cut) {
        ma_flat_leave(
            f, frame, term, g.cut ? MA_SPF_WHY_BOUND : MA_SPF_WHY_FAILED, name->text, g.failed);
        ma_flat_keep(f, frame, term, 1);
    }
    struct ma_netsets granted = both(f, &frame->flow->open, &g.sets);
    if (frame->grants && term->qualifier == '+')
        note_grant(f, frame, term, &granted);
    if (!ma_flat_is_empty(&g.sets))
        decide(f, frame, term, &g.sets);
}

/* ---- include, redirect ----------------------------------------------------------------------- */

/* The name that a term leads to; NULL where it depends on the message. */
static const struct ma_spf_name *target(
    struct ma_flattener *f, const struct ma_flat_frame *frame, const struct ma_spf_term *term)
{
    struct ma_spf_values values = {.domain = frame->domain->raw};
    if (term->spec_length == 0)
        return frame->domain;
    if (term->literal != NULL)
        return term->literal;
    if (term->letters & MA_SPF_LETTERS_DYNAMIC)
        return NULL;
    return ma_spf_expand_name(
        f->run, &values, frame->policy->record->text + term->spec, term->spec_length);
}

static bool leads_back(const struct ma_flat_frame *frame, const struct ma_spf_policy *policy)
{
    for (; frame != NULL; frame = frame->parent)
        if (frame->policy == policy && policy->record != NULL)
            return true;
    return false;
}

/* Why the record that a term leads to cannot be looked through: false where it can. */
static bool is_dead_end(const struct ma_flattener *f, const struct ma_flat_frame *frame,
    const struct ma_spf_policy *policy, enum ma_spf_why *why_r)
{
    if (policy->found == MA_SPF_NONE_THERE)
        *why_r = MA_SPF_WHY_NO_RECORD;
    else if (policy->found == MA_SPF_SEVERAL)
        *why_r = MA_SPF_WHY_SEVERAL;
    else if (policy->found == MA_SPF_LOST)
        *why_r = MA_SPF_WHY_FAILED;
    else if (policy->found == MA_SPF_FOUND && policy->record->fault_count > 0)
        *why_r = MA_SPF_WHY_SYNTAX;
    else if (leads_back(frame, policy))
        *why_r = MA_SPF_WHY_LOOP;
    else if (policy->found == MA_SPF_TOO_MUCH || f->names >= MA_SPF_NAMES_MAX ||
             frame->depth >= MA_SPF_DEPTH_MAX)
        *why_r = MA_SPF_WHY_BOUND;
    else
        return false;
    return true;
}

/* True: the record behind the term is to be visited. */
static bool may_enter(struct ma_flattener *f, const struct ma_flat_frame *frame,
    const struct ma_spf_term *term, const struct ma_spf_name *name,
    const struct ma_spf_policy *policy)
{
    enum ma_spf_why why = MA_SPF_WHY_MACRO;
    if (policy != NULL && policy->found == MA_SPF_WAITING) {
        f->out->pending = true;
        return false;
    }
    if (policy != NULL && !is_dead_end(f, frame, policy, &why))
        return true;
    ma_flat_leave(f, frame, term, why, name != NULL ? name->raw : NULL,
        policy != NULL ? policy->answer : NULL);
    ma_flat_keep(f, frame, term, 1);
    if (why >= MA_SPF_WHY_SYNTAX) /* permerror: nothing is decided any more */
        frame->flow->open = (struct ma_netsets){{NULL, 0}, {NULL, 0}};
    return false;
}

/* An include that is not "+", in the domain's own record: what it matches, at once. */
static void add_refusal(struct ma_flattener *f, const struct ma_flat_frame *frame,
    const struct ma_spf_term *term, const struct ma_netsets *matched)
{
    if (!frame->own || ma_flat_is_empty(matched))
        return;
    struct ma_spf_piece *piece = ma_flat_piece(f);
    piece->qualifier = term->qualifier;
    piece->networks = *matched;
}

static void decide_include(
    struct ma_flattener *f, const struct ma_flat_frame *frame, const struct ma_spf_term *term)
{
    struct ma_flat_flow *flow = frame->flow;
    const struct ma_spf_name *name = target(f, frame, term);
    const struct ma_spf_policy *policy = name != NULL ? ma_spf_policy(f->spf, name) : NULL;
    if (!may_enter(f, frame, term, name, policy))
        return;
    bool plus = term->qualifier == '+', stuck = false, was_loose = f->loose;
    struct ma_flat_flow inner = {.open = flow->open};
    unsigned lookups = f->lookups;
    struct ma_spf_piece **before = f->pieces_end;
    struct ma_flat_frame inside = {.domain = name,
        .policy = policy,
        .parent = frame,
        .flow = &inner,
        .depth = frame->depth + 1,
        .grants = frame->grants && plus,
        .stuck = &stuck};
    visit(f, &inside);
    if (stuck || (!plus && was_loose)) { /* the include stays as it is */
        ma_flat_take_back(f, before);
        ma_flat_keep(f, frame, term, 1 + f->lookups - lookups);
        stuck = true;
    }
    inner.refused = unite(f, &inner.refused, &inner.open); /* neutral (4.7) */
    if (!plus && !stuck)
        add_refusal(f, frame, term, &inner.passed);
    struct ma_netsets *to = plus ? &flow->passed : &flow->refused;
    *to = unite(f, to, &inner.passed);
    flow->open = inner.refused;
}

static void follow_redirect(struct ma_flattener *f, const struct ma_flat_frame *frame)
{
    const struct ma_spf_record *record = frame->policy->record;
    const struct ma_spf_term *term = &record->terms[record->redirect];
    const struct ma_spf_name *name = target(f, frame, term);
    const struct ma_spf_policy *policy = name != NULL ? ma_spf_policy(f->spf, name) : NULL;
    struct ma_spf_piece **before = f->pieces_end;
    f->lookups++;
    if (!may_enter(f, frame, term, name, policy)) {
        const struct ma_spf_piece *kept = *before;
        if (kept != NULL && frame->own) { /* a redirect is the end of a record */
            f->out->tail = kept->term;
            ma_flat_take_back(f, before);
        }
        return;
    }
    struct ma_flat_frame inside = *frame;
    inside.domain = name;
    inside.policy = policy;
    inside.parent = frame;
    inside.depth++;
    visit(f, &inside);
}

/* ---- records --------------------------------------------------------------------------------- */

static struct ma_netsets all_of(struct ma_flattener *f)
{
    return (struct ma_netsets){ma_netset_all(&f->space, 4), ma_netset_all(&f->space, 6)};
}

static void decide_all(
    struct ma_flattener *f, const struct ma_flat_frame *frame, const struct ma_spf_term *term)
{
    struct ma_flat_flow *flow = frame->flow;
    struct ma_netsets everything = flow->open;
    if (frame->grants && term->qualifier == '+')
        note_grant(f, frame, term, &everything);
    if (!frame->own) {
        everything = all_of(f);
        decide(f, frame, term, &everything);
        return;
    }
    struct ma_netsets *to = term->qualifier == '+' ? &flow->passed : &flow->refused;
    *to = unite(f, to, &everything);
    flow->open = (struct ma_netsets){{NULL, 0}, {NULL, 0}};
    f->out->tail = ma_text(
        f->run, "%sall", term->qualifier == '+' ? "+" : ma_text(f->run, "%c", term->qualifier));
}

static void decide_term(
    struct ma_flattener *f, const struct ma_flat_frame *frame, const struct ma_spf_term *term)
{
    const struct ma_spf_name *name;
    f->lookups += term->kind != MA_SPF_ALL;
    if (f->lookups > MA_SPF_FLAT_LOOKUPS_MAX && term->kind != MA_SPF_ALL) {
        ma_flat_leave(f, frame, term, MA_SPF_WHY_BOUND, NULL, NULL);
        ma_flat_keep(f, frame, term, 1);
        return;
    }
    switch (term->kind) {
    case MA_SPF_ALL:
        decide_all(f, frame, term);
        return;
    case MA_SPF_INCLUDE:
        decide_include(f, frame, term);
        return;
    case MA_SPF_A:
    case MA_SPF_MX:
        name = target(f, frame, term);
        if (name != NULL) {
            decide_hosts(f, frame, term, name);
            return;
        }
        ma_flat_leave(f, frame, term, MA_SPF_WHY_MACRO, NULL, NULL);
        break;
    case MA_SPF_PTR:
        ma_flat_leave(f, frame, term, MA_SPF_WHY_PTR, NULL, NULL);
        break;
    default:
        ma_flat_leave(f, frame, term, MA_SPF_WHY_EXISTS, NULL, NULL);
        break;
    }
    ma_flat_keep(f, frame, term, 1);
}

/* Every name of the record, before the first answer is looked at. */
static void ask_all(struct ma_flattener *f, const struct ma_flat_frame *frame)
{
    const struct ma_spf_record *record = frame->policy->record;
    size_t count = f->lookups;
    for (size_t i = 0; i < record->term_count && count < MA_SPF_FLAT_LOOKUPS_MAX; i++) {
        const struct ma_spf_term *term = &record->terms[i];
        if (term->kind == MA_SPF_ALL)
            return;
        if (term->kind == MA_SPF_EXP || term->kind == MA_SPF_UNKNOWN || is_network(term))
            continue;
        const struct ma_spf_name *name = target(f, frame, term);
        count++;
        if (name == NULL || name->text == NULL)
            continue;
        if (term->kind == MA_SPF_A) {
            ma_dns(f->run, MA_A, "%s", name->text);
            ma_dns(f->run, MA_AAAA, "%s", name->text);
        } else if (term->kind == MA_SPF_MX) {
            ma_dns(f->run, MA_MX, "%s", name->text);
        } else if ((term->kind == MA_SPF_INCLUDE ||
                       (term->kind == MA_SPF_REDIRECT && record->all < 0)) &&
                   f->names + i < MA_SPF_NAMES_MAX) {
            ma_spf_policy(f->spf, name);
        }
    }
}

/* May any address get to the next term? */
static bool is_reached(const struct ma_flattener *f, const struct ma_flat_flow *flow)
{
    return !ma_flat_is_empty(&flow->open) || (f->loose && !f->out->broken);
}

/* Terms that no address gets to. */
static void pass_over(struct ma_flattener *f, const struct ma_flat_frame *frame,
    const struct ma_spf_term *term, bool behind_all)
{
    if (behind_all) {
        ma_flat_leave(f, frame, term, MA_SPF_WHY_IGNORED, NULL, NULL);
        return;
    }
    if (!f->out->broken || f->out->pending)
        return; /* everything has matched before */
    if (term->kind != MA_SPF_ALL || term->qualifier == '+')
        ma_flat_leave(f, frame, term, MA_SPF_WHY_BEHIND, NULL, NULL);
    if (frame->own && term->kind == MA_SPF_ALL)
        f->out->tail = ma_flat_rewritten(f, frame, term);
    else
        ma_flat_keep(f, frame, term, is_network(term) ? 0 : 1); /* the error may be mended */
}

/* One behind an error. */
static void keep_redirect(
    struct ma_flattener *f, const struct ma_flat_frame *frame, const struct ma_spf_term *term)
{
    const char *text = frame->own ? ma_flat_rewritten(f, frame, term) : NULL;
    ma_flat_leave(f, frame, term, MA_SPF_WHY_BEHIND, NULL, NULL);
    if (text != NULL)
        f->out->tail = text;
    else
        ma_flat_keep(f, frame, term, 1);
}

static void note_modifier(
    struct ma_flattener *f, const struct ma_flat_frame *frame, const struct ma_spf_term *term)
{
    if (!frame->own)
        return;
    if (term->kind == MA_SPF_UNKNOWN)
        ma_flat_leave(f, frame, term, MA_SPF_WHY_MODIFIER, NULL, NULL);
    else if (term->kind == MA_SPF_REDIRECT && frame->policy->record->all >= 0)
        ma_flat_leave(f, frame, term, MA_SPF_WHY_IGNORED, NULL, NULL);
    else if (term->kind == MA_SPF_EXP) {
        const char *text = ma_flat_rewritten(f, frame, term);
        f->out->exp = text != NULL ? text : "";
    }
}

static void visit(struct ma_flattener *f, const struct ma_flat_frame *frame)
{
    const struct ma_spf_record *record = frame->policy->record;
    struct ma_flat_flow *flow = frame->flow;
    bool behind_all = false;
    f->names++;
    ask_all(f, frame);
    if (frame->own)
        f->out->exp = "";
    for (size_t i = 0; i < record->term_count && !f->space.full;) {
        const struct ma_spf_term *term = &record->terms[i];
        size_t count = 1;
        if (term->kind >= MA_SPF_REDIRECT)
            note_modifier(f, frame, term);
        else if (behind_all || !is_reached(f, flow))
            pass_over(f, frame, term, behind_all);
        else if (is_network(term))
            count = decide_networks(f, frame, i);
        else
            decide_term(f, frame, term);
        behind_all |= term->kind == MA_SPF_ALL;
        i += count;
    }
    if (record->redirect < 0 || record->all >= 0 || f->space.full)
        return;
    if (is_reached(f, flow))
        follow_redirect(f, frame);
    else if (f->out->broken)
        keep_redirect(f, frame, &record->terms[record->redirect]);
}

/* ---- the domain itself ----------------------------------------------------------------------- */

static void start(struct ma_flattener *f, const struct ma_flat_frame *frame)
{
    enum ma_spf_why why;
    const struct ma_spf_policy *policy = frame->policy;
    if (policy->found == MA_SPF_WAITING)
        f->out->pending = true;
    else if (policy->found == MA_SPF_FOUND && policy->record->fault_count == 0)
        visit(f, frame);
    else if (policy->found != MA_SPF_NONE_THERE && is_dead_end(f, frame, policy, &why))
        ma_flat_leave(f, frame, NULL, why == MA_SPF_WHY_LOOP ? MA_SPF_WHY_SYNTAX : why,
            ma_flat_owner(frame), policy->answer);
}

const struct ma_spf_flat *ma_spf_flatten(struct ma_spf *spf, const struct ma_spf_name *domain)
{
    struct ma_spf_flat *out = ma_alloc(spf->run, sizeof *out);
    struct ma_flattener f = {.spf = spf, .run = spf->run, .out = out};
    struct ma_flat_flow flow = {
        {{NULL, 0}, {NULL, 0}}, {{NULL, 0}, {NULL, 0}}, {{NULL, 0}, {NULL, 0}}};
    bool stuck = false;
    ma_netspace_init(&f.space, spf->run);
    f.grants_end = &out->grants;
    f.lefts_end = &out->lefts;
    f.pieces_end = &out->pieces;
    out->tail = out->exp = "";
    flow.open = all_of(&f);
    struct ma_flat_frame root = {.domain = domain,
        .policy = ma_spf_policy(spf, domain),
        .flow = &flow,
        .own = true,
        .grants = true,
        .stuck = &stuck};
    out->policy = root.policy;
    start(&f, &root);
    if (f.space.full)
        ma_flat_leave(&f, &root, NULL, MA_SPF_WHY_BOUND, NULL, NULL);
    out->passed = flow.passed;
    return out;
}
