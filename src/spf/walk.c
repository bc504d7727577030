/* SPDX-License-Identifier: MIT */
/*
 * The whole tree of a policy, not only as far as one client gets: how many look-ups and voids it
 * takes at worst, and whether any client runs into a permerror.
 */
#include "spf.h"

struct frame { /* the records that lead to this one */
    const struct ma_spf_name *domain;
    const struct ma_spf_policy *policy;
    const struct frame *parent;
    unsigned depth;
    bool own, grants; /* see struct ma_spf_seen */
};

struct walker {
    struct ma_spf *spf;
    struct ma_spf_walk *out;
    struct ma_spf_problem **problems_end;
    struct ma_spf_seen *seen, **seen_end;
    struct ma_spf_values values;
    unsigned families;
    bool has_client;
    unsigned voids[2]; /* by family */
    unsigned asked;    /* names of records that were asked for */
};

static void visit(struct walker *w, const struct frame *frame);

static void problem(struct walker *w, enum ma_spf_problem_kind kind, const struct frame *frame,
    const struct ma_spf_term *term, const char *name, const struct ma_answer *answer)
{
    struct ma_spf_walk *out = w->out;
    out->invalid |= kind != MA_SPF_LOOKUP_FAILED && kind != MA_SPF_CUT && kind != MA_SPF_VOID;
    out->failed += kind == MA_SPF_LOOKUP_FAILED;
    for (const struct ma_spf_problem *p = out->problems; p != NULL; p = p->next)
        if (p->kind == kind && p->record == frame->policy->record && p->term == term &&
            p->answer == answer)
            return;
    if (out->problem_count == MA_SPF_FAULTY_MAX)
        return;
    struct ma_spf_problem *new = ma_alloc(w->spf->run, sizeof(*new));
    *new = (struct ma_spf_problem){.kind = kind,
        .owner = frame->domain->text != NULL ? frame->domain->text : frame->domain->raw,
        .record = frame->policy->record,
        .term = term,
        .name = name,
        .answer = answer};
    *w->problems_end = new;
    w->problems_end = &new->next;
    out->problem_count++;
}

/* The name that a term leads to; NULL where it depends on a client and there is none to ask about.
 */
static const struct ma_spf_name *target(
    struct walker *w, const struct frame *frame, const struct ma_spf_term *term)
{
    if (term->spec_length == 0)
        return frame->domain;
    if (term->literal != NULL)
        return term->literal;
    if (term->letters & MA_SPF_LETTERS_DYNAMIC) {
        bool follows = term->kind == MA_SPF_INCLUDE || term->kind == MA_SPF_REDIRECT;
        if (!w->has_client || !follows || term->letters & MA_SPF_LETTER('p'))
            return NULL;
    }
    w->values.domain = frame->domain->raw;
    return ma_spf_expand_name(
        w->spf->run, &w->values, frame->policy->record->text + term->spec, term->spec_length);
}

static bool reaches(const struct frame *frame, const struct ma_spf_term *term)
{
    const struct ma_spf_record *record = frame->policy->record;
    if (term->kind == MA_SPF_REDIRECT)
        return record->all < 0;
    return record->all < 0 || term <= &record->terms[record->all];
}

/* Behind the tenth look-up no evaluation gets to ask. */
static bool within_limit(const struct walker *w)
{
    return w->out->lookups <= MA_SPF_LOOKUPS_MAX;
}

static void ask(struct walker *w, const struct ma_spf_term *term, const struct ma_spf_name *name)
{
    struct ma_run *run = w->spf->run;
    if (name == NULL || name->text == NULL)
        return;
    switch (term->kind) {
    case MA_SPF_INCLUDE:
    case MA_SPF_REDIRECT:
        ma_spf_policy(w->spf, name);
        return;
    case MA_SPF_A:
        if (w->families & 1)
            ma_dns(run, MA_A, "%s", name->text);
        if (w->families & 2)
            ma_dns(run, MA_AAAA, "%s", name->text);
        return;
    case MA_SPF_MX:
        ma_dns(run, MA_MX, "%s", name->text);
        return;
    case MA_SPF_EXISTS:
        ma_dns(run, MA_A, "%s", name->text);
        return;
    default:
        return;
    }
}

static bool may_follow(const struct frame *frame, unsigned names)
{
    return names < MA_SPF_NAMES_MAX && frame->depth < MA_SPF_DEPTH_MAX;
}

static bool is_lookup(const struct ma_spf_term *term)
{
    return term->kind == MA_SPF_INCLUDE || term->kind == MA_SPF_A || term->kind == MA_SPF_MX ||
           term->kind == MA_SPF_PTR || term->kind == MA_SPF_EXISTS || term->kind == MA_SPF_REDIRECT;
}

/* Every name of the record, before the first answer is looked at. */
static void ask_all(struct walker *w, const struct frame *frame)
{
    const struct ma_spf_record *record = frame->policy->record;
    unsigned lookups = w->out->lookups;
    for (size_t i = 0; i < record->term_count; i++) {
        const struct ma_spf_term *term = &record->terms[i];
        if (!is_lookup(term) || !reaches(frame, term))
            continue;
        bool follows = term->kind == MA_SPF_INCLUDE || term->kind == MA_SPF_REDIRECT;
        lookups++;
        w->asked += follows;
        if (follows ? may_follow(frame, w->asked) : lookups <= MA_SPF_LOOKUPS_MAX)
            ask(w, term, target(w, frame, term));
    }
}

static void note_void(struct walker *w, const struct frame *frame, const struct ma_spf_term *term,
    unsigned families, const struct ma_answer *answer)
{
    bool was_over = w->out->voids > w->spf->voids_max;
    for (unsigned i = 0; i < 2; i++) {
        w->voids[i] += families >> i & 1;
        if (w->voids[i] > w->out->voids)
            w->out->voids = w->voids[i];
    }
    if (term->kind != MA_SPF_INCLUDE && term->kind != MA_SPF_REDIRECT) /* told already */
        problem(w, MA_SPF_VOID, frame, term, answer->name, answer);
    if (!was_over && w->out->voids > w->spf->voids_max)
        problem(w, MA_SPF_VOID_LIMIT, frame, term, answer->name, answer);
}

/* Looks at an answer that a term of the record leads to; counts it when it is void. */
static bool look(struct walker *w, const struct frame *frame, const struct ma_spf_term *term,
    unsigned families, const struct ma_answer *answer)
{
    switch (answer->status) {
    case MA_OK:
        return true;
    case MA_NODATA:
    case MA_NXDOMAIN:
        note_void(w, frame, term, families, answer);
        return false;
    case MA_FAILED:
        if (answer->failure != MA_FAIL_BAD_NAME)
            problem(w, MA_SPF_LOOKUP_FAILED, frame, term, answer->name, answer);
        return false;
    case MA_PENDING:
        w->out->pending = true;
    }
    return false;
}

static void follow(struct walker *w, const struct frame *frame, const struct ma_spf_term *term,
    const struct ma_spf_name *name)
{
    struct ma_spf_walk *out = w->out;
    if (name == NULL)
        return;
    if (!may_follow(frame, out->names)) {
        if (!out->cut)
            problem(w, MA_SPF_CUT, frame, term, name->raw, NULL);
        out->cut = true;
        return;
    }
    struct frame inside = {.domain = name,
        .policy = ma_spf_policy(w->spf, name),
        .parent = frame,
        .depth = frame->depth + 1,
        .own = frame->own && term->kind == MA_SPF_REDIRECT,
        .grants = frame->grants && (term->kind == MA_SPF_REDIRECT || term->qualifier == '+')};
    if (inside.policy->found == MA_SPF_NONE_THERE) {
        problem(w, term->kind == MA_SPF_INCLUDE ? MA_SPF_INCLUDE_NONE : MA_SPF_REDIRECT_NONE, frame,
            term, name->text != NULL ? name->text : name->raw, inside.policy->answer);
        if (inside.policy->answer != NULL)
            look(w, frame, term, w->families, inside.policy->answer);
        return;
    }
    if (inside.policy->found == MA_SPF_LOST) {
        problem(w, MA_SPF_LOOKUP_FAILED, frame, term, name->text, inside.policy->answer);
        return;
    }
    for (const struct frame *f = frame; f != NULL; f = f->parent) {
        if (f->policy == inside.policy) {
            out->endless = true;
            problem(w, MA_SPF_LOOP, frame, term, name->text, inside.policy->answer);
            return;
        }
    }
    visit(w, &inside);
}

static void walk_a(
    struct walker *w, const struct frame *frame, const struct ma_spf_term *term, const char *name)
{
    for (unsigned family = 1; family <= 2; family++)
        if (w->families & family)
            look(w, frame, term, family,
                ma_dns(w->spf->run, family == 1 ? MA_A : MA_AAAA, "%s", name));
}

static void walk_mx(
    struct walker *w, const struct frame *frame, const struct ma_spf_term *term, const char *name)
{
    const struct ma_answer *answer = ma_dns(w->spf->run, MA_MX, "%s", name);
    if (look(w, frame, term, w->families, answer) && answer->rr_count > MA_SPF_HOSTS_MAX)
        problem(w, MA_SPF_MX_LIMIT, frame, term, name, answer);
}

static void walk_term(struct walker *w, const struct frame *frame, const struct ma_spf_term *term)
{
    w->out->letters |= term->letters;
    if (!is_lookup(term))
        return;
    bool was_within = within_limit(w);
    w->out->lookups += term->letters & MA_SPF_LETTER('p') ? 2 : 1;
    if (was_within && !within_limit(w))
        problem(w, MA_SPF_LOOKUP_LIMIT, frame, term, NULL, NULL);
    if (term->kind == MA_SPF_INCLUDE || term->kind == MA_SPF_REDIRECT) {
        follow(w, frame, term, target(w, frame, term));
        return;
    }
    const struct ma_spf_name *name = within_limit(w) ? target(w, frame, term) : NULL;
    if (name == NULL || name->text == NULL)
        return;
    if (term->kind == MA_SPF_A)
        walk_a(w, frame, term, name->text);
    else if (term->kind == MA_SPF_MX)
        walk_mx(w, frame, term, name->text);
    else if (term->kind == MA_SPF_EXISTS)
        look(w, frame, term, w->families, ma_dns(w->spf->run, MA_A, "%s", name->text));
}

/* exp= counts in the record itself and in those it redirects to, not below an include (6.2). */
static void look_at_text(struct walker *w, const struct frame *frame)
{
    const struct ma_spf_record *record = frame->policy->record;
    if (record->exp < 0 || !frame->own)
        return;
    const struct ma_spf_name *name = target(w, frame, &record->terms[record->exp]);
    if (name == NULL)
        return;
    struct ma_spf_text *text = ma_alloc(w->spf->run, sizeof(*text));
    *text = ma_spf_text(w->spf, name);
    w->out->pending |= text->state == MA_SPF_TEXT_WAITING;
    w->out->text = text;
}

static void note_seen(struct walker *w, const struct frame *frame)
{
    for (struct ma_spf_seen *s = w->seen; s != NULL; s = s->next) {
        if (s->policy == frame->policy) {
            s->own |= frame->own;
            s->grants |= frame->grants;
            return;
        }
    }
    struct ma_spf_seen *seen = ma_alloc(w->spf->run, sizeof(*seen));
    *seen = (struct ma_spf_seen){.domain = frame->domain,
        .policy = frame->policy,
        .own = frame->own,
        .grants = frame->grants};
    *w->seen_end = seen;
    w->seen_end = &seen->next;
}

/* The directives in their order, then the redirect: what a client that nothing matches goes
   through. */
static void walk_terms(struct walker *w, const struct frame *frame)
{
    const struct ma_spf_record *record = frame->policy->record;
    unsigned *costs = NULL;
    if (frame->parent == NULL) {
        costs = ma_alloc(w->spf->run, (record->term_count + 1) * sizeof(*costs));
        w->out->costs = costs;
    }
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < record->term_count; i++) {
            const struct ma_spf_term *term = &record->terms[i];
            unsigned before = w->out->lookups;
            if ((term->kind == MA_SPF_REDIRECT) != (pass == 1) || !reaches(frame, term))
                continue;
            walk_term(w, frame, term);
            if (costs != NULL)
                costs[i] = w->out->lookups - before;
        }
    }
}

static void visit_record(struct walker *w, const struct frame *frame)
{
    note_seen(w, frame);
    if (frame->policy->record->fault_count > 0) {
        problem(w, MA_SPF_SYNTAX, frame, NULL, NULL, frame->policy->answer);
        return;
    }
    ask_all(w, frame);
    look_at_text(w, frame);
    walk_terms(w, frame);
}

static void visit(struct walker *w, const struct frame *frame)
{
    w->out->names++;
    switch (frame->policy->found) {
    case MA_SPF_FOUND:
        visit_record(w, frame);
        return;
    case MA_SPF_SEVERAL:
        problem(w, MA_SPF_MULTIPLE, frame, NULL, NULL, frame->policy->answer);
        return;
    case MA_SPF_LOST:
        problem(w, MA_SPF_LOOKUP_FAILED, frame, NULL, frame->policy->answer->name,
            frame->policy->answer);
        return;
    case MA_SPF_TOO_MUCH:
        w->out->cut = true;
        problem(w, MA_SPF_CUT, frame, NULL, NULL, frame->policy->answer);
        return;
    case MA_SPF_WAITING:
        w->out->pending = true;
        return;
    case MA_SPF_NONE_THERE:
        return;
    }
}

const struct ma_spf_walk *ma_spf_walk(struct ma_spf *spf, const struct ma_spf_name *domain,
    unsigned families, const struct ma_spf_client *client)
{
    struct ma_spf_walk *out = ma_alloc(spf->run, sizeof(*out));
    struct walker walker = {.spf = spf,
        .out = out,
        .problems_end = &out->problems,
        .families = families,
        .has_client = client != NULL};
    walker.seen_end = &walker.seen;
    if (client != NULL)
        walker.values = ma_spf_values_of(spf->run, client);
    struct frame root = {
        .domain = domain, .policy = ma_spf_policy(spf, domain), .own = true, .grants = true};
    out->policy = root.policy;
    visit(&walker, &root);
    out->seen = walker.seen;
    return out;
}
