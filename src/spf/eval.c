/* SPDX-License-Identifier: MIT */
/* check_host(), RFC 7208 4. */
#include "eval.h"

#include <string.h>

static enum ma_spf_result check_host(
    struct ma_spf_eval *e, struct ma_spf_visit *visit, bool included);

void ma_spf_problem(struct ma_spf_eval *e, enum ma_spf_problem_kind kind,
    const struct ma_spf_visit *visit, const struct ma_spf_step *step,
    const struct ma_answer *answer)
{
    struct ma_spf_problem *problem = &e->out->problem;
    if (problem->kind != MA_SPF_NO_PROBLEM)
        return;
    problem->kind = kind;
    problem->owner = visit->domain->text != NULL ? visit->domain->text : visit->domain->raw;
    problem->record = visit->policy->record;
    problem->answer = answer;
    if (step == NULL)
        return;
    problem->term = step->term;
    if (answer != NULL)
        problem->name = answer->name;
    else if (step->target != NULL)
        problem->name = step->target->text != NULL ? step->target->text : step->target->raw;
}

static void note_void(struct ma_spf_eval *e, struct ma_spf_step *step)
{
    /* A term counts once, however many of its look-ups find nothing, and each time that it is
       reached, answered from a cache or not: 4.6.4 counts terms. */
    if (!step->is_void)
        e->out->voids++;
    step->is_void = true;
}

static void note_asked(
    struct ma_spf_eval *e, struct ma_spf_step *step, const struct ma_answer *answer)
{
    struct ma_spf_asked *asked = ma_alloc(e->run, sizeof(*asked));
    asked->answer = answer;
    if (step->asked_end == NULL)
        step->asked_end = &step->asked;
    *step->asked_end = asked;
    step->asked_end = &asked->next;
}

static enum ma_spf_look classify(
    struct ma_spf_eval *e, struct ma_spf_step *step, const struct ma_answer *answer)
{
    switch (answer->status) {
    case MA_OK:
        return MA_SPF_GOT;
    case MA_NODATA:
    case MA_NXDOMAIN:
        note_void(e, step);
        return MA_SPF_GOT_NOTHING;
    case MA_FAILED: /* no name, so nothing was asked for (4.8) */
        return answer->failure == MA_FAIL_BAD_NAME ? MA_SPF_GOT_NOTHING : MA_SPF_GOT_ERROR;
    case MA_PENDING:
        break;
    }
    e->out->pending = true;
    return MA_SPF_GOT_LATER;
}

enum ma_spf_look ma_spf_look(struct ma_spf_eval *e, struct ma_spf_step *step, enum ma_rrtype type,
    const char *name, const struct ma_answer **answer_r)
{
    *answer_r = ma_dns(e->run, type, "%s", name);
    note_asked(e, step, *answer_r);
    return classify(e, step, *answer_r);
}

/* ---- include and redirect ----------------------------------------------------------------------
 */

static struct ma_spf_visit *enter(struct ma_spf_eval *e, struct ma_spf_step *step, bool included)
{
    struct ma_spf_visit *inside = ma_alloc(e->run, sizeof(*inside));
    inside->domain = step->target;
    step->inside = inside;
    inside->result = check_host(e, inside, included);
    const struct ma_answer *answer = inside->policy->answer;
    if (answer != NULL) {
        note_asked(e, step, answer);
        if (answer->status == MA_NODATA || answer->status == MA_NXDOMAIN)
            note_void(e, step);
    }
    return inside;
}

static enum ma_spf_verdict match_include(
    struct ma_spf_eval *e, const struct ma_spf_visit *visit, struct ma_spf_step *step)
{
    const struct ma_spf_visit *inside = enter(e, step, true);
    if (e->out->pending && inside->result == MA_SPF_NONE)
        return MA_SPF_NO_MATCH;
    switch (inside->result) { /* the table of 5.2 */
    case MA_SPF_PASS:
        return MA_SPF_MATCH;
    case MA_SPF_FAIL:
    case MA_SPF_SOFTFAIL:
    case MA_SPF_NEUTRAL:
        return MA_SPF_NO_MATCH;
    case MA_SPF_TEMPERROR:
        return MA_SPF_RAISES_TEMPERROR;
    case MA_SPF_PERMERROR:
        return MA_SPF_RAISES_PERMERROR;
    case MA_SPF_NONE:
        break;
    }
    ma_spf_problem(e, MA_SPF_INCLUDE_NONE, visit, step, inside->policy->answer);
    return MA_SPF_RAISES_PERMERROR;
}

static enum ma_spf_result follow_redirect(struct ma_spf_eval *e, const struct ma_spf_visit *visit,
    struct ma_spf_step *step, bool included)
{
    const struct ma_spf_visit *inside = enter(e, step, included);
    step->verdict = MA_SPF_FOLLOWED;
    if (inside->result != MA_SPF_NONE || e->out->pending)
        return inside->result;
    ma_spf_problem(e, MA_SPF_REDIRECT_NONE, visit, step, inside->policy->answer);
    step->verdict = MA_SPF_RAISES_PERMERROR;
    return MA_SPF_PERMERROR;
}

/* ---- one term ----------------------------------------------------------------------------------
 */

static bool over_limit(
    struct ma_spf_eval *e, const struct ma_spf_visit *visit, const struct ma_spf_step *step)
{
    if (e->out->lookups > MA_SPF_LOOKUPS_MAX)
        ma_spf_problem(e, MA_SPF_LOOKUP_LIMIT, visit, step, NULL);
    else if (e->out->voids > e->spf->voids_max)
        ma_spf_problem(e, MA_SPF_VOID_LIMIT, visit, step, NULL);
    else
        return false;
    return true;
}

/* Counts the term; false when it is one too many, or when its name has to wait. */
static bool begin(struct ma_spf_eval *e, const struct ma_spf_visit *visit, struct ma_spf_step *step)
{
    const struct ma_spf_term *term = step->term;
    e->out->letters |= term->letters;
    step->is_lookup = ma_spf_is_lookup(term->kind);
    if (!step->is_lookup)
        return true;
    /* %{p} looks up a PTR RRset of its own (4.6.4) */
    e->out->lookups += term->letters & MA_SPF_LETTER('p') ? 2 : 1;
    if (over_limit(e, visit, step)) {
        step->verdict = MA_SPF_RAISES_PERMERROR;
        return false;
    }
    if (step->target == NULL)
        step->target = ma_spf_target(e, visit, term);
    if (step->target == NULL)
        e->out->pending = true;
    return step->target != NULL;
}

static void run_step(
    struct ma_spf_eval *e, const struct ma_spf_visit *visit, struct ma_spf_step *step)
{
    if (begin(e, visit, step)) {
        if (step->term->kind == MA_SPF_ALL)
            step->verdict = MA_SPF_MATCH;
        else if (step->term->kind == MA_SPF_INCLUDE)
            step->verdict = match_include(e, visit, step);
        else
            step->verdict = ma_spf_match(e, visit, step);
        /* "as soon as more than two" were met (11.1): before a match of the same term counts */
        if (step->verdict != MA_SPF_RAISES_TEMPERROR && over_limit(e, visit, step))
            step->verdict = MA_SPF_RAISES_PERMERROR;
    }
    step->lookups = (uint8_t)(e->out->lookups > UINT8_MAX ? UINT8_MAX : e->out->lookups);
    step->voids = (uint8_t)(e->out->voids > UINT8_MAX ? UINT8_MAX : e->out->voids);
}

/* ---- one record --------------------------------------------------------------------------------
 */

/* Asks for the names of all terms that may be reached, before the first answer is looked at. */
static void ask_all(struct ma_spf_eval *e, struct ma_spf_visit *visit)
{
    unsigned lookups = e->out->lookups;
    for (size_t i = 0; i < visit->step_count; i++) {
        struct ma_spf_step *step = &visit->steps[i];
        const struct ma_spf_term *term = step->term;
        if (term->kind == MA_SPF_ALL || ((term->kind == MA_SPF_IP4 || term->kind == MA_SPF_IP6) &&
                                            ma_spf_match_network(e, term)))
            return;
        bool redirect_ignored = term->kind == MA_SPF_REDIRECT && visit->policy->record->all >= 0;
        if (!ma_spf_is_lookup(term->kind) || redirect_ignored)
            continue;
        if (++lookups > MA_SPF_LOOKUPS_MAX)
            return;
        step->target = ma_spf_target(e, visit, term);
        if (step->target != NULL)
            ma_spf_ask_ahead(e, step);
    }
}

static enum ma_spf_result qualified(char qualifier)
{
    switch (qualifier) {
    case '-':
        return MA_SPF_FAIL;
    case '~':
        return MA_SPF_SOFTFAIL;
    case '?':
        return MA_SPF_NEUTRAL;
    default:
        return MA_SPF_PASS;
    }
}

/* Everything up to the first match; MA_SPF_NONE where nothing matched. */
static enum ma_spf_result run_directives(
    struct ma_spf_eval *e, struct ma_spf_visit *visit, bool included)
{
    for (size_t i = 0; i < visit->step_count; i++) {
        struct ma_spf_step *step = &visit->steps[i];
        if (step->term->kind >= MA_SPF_REDIRECT) {
            step->verdict = MA_SPF_SKIPPED;
            continue;
        }
        run_step(e, visit, step);
        if (step->verdict == MA_SPF_RAISES_TEMPERROR)
            return MA_SPF_TEMPERROR;
        if (step->verdict == MA_SPF_RAISES_PERMERROR)
            return MA_SPF_PERMERROR;
        if (step->verdict != MA_SPF_MATCH)
            continue;
        if (!included) {
            e->out->decisive = visit;
            e->out->matched = step;
        }
        return qualified(step->term->qualifier);
    }
    return MA_SPF_NONE;
}

static enum ma_spf_result run_redirect(
    struct ma_spf_eval *e, struct ma_spf_visit *visit, bool included)
{
    const struct ma_spf_record *record = visit->policy->record;
    if (record->redirect < 0 || record->all >= 0)
        return MA_SPF_NEUTRAL; /* 4.7 */
    struct ma_spf_step *step = &visit->steps[record->redirect];
    enum ma_spf_result result = MA_SPF_NONE;
    step->verdict = MA_SPF_NOT_REACHED;
    if (begin(e, visit, step)) {
        result = follow_redirect(e, visit, step, included);
        if (result != MA_SPF_TEMPERROR && over_limit(e, visit, step))
            result = MA_SPF_PERMERROR;
    } else if (step->verdict == MA_SPF_RAISES_PERMERROR) {
        result = MA_SPF_PERMERROR;
    }
    step->lookups = (uint8_t)e->out->lookups;
    step->voids = (uint8_t)e->out->voids;
    return result;
}

static enum ma_spf_result evaluate_record(
    struct ma_spf_eval *e, struct ma_spf_visit *visit, bool included)
{
    const struct ma_spf_record *record = visit->policy->record;
    visit->step_count = record->term_count;
    visit->steps = ma_alloc(e->run, (record->term_count + 1) * sizeof(*visit->steps));
    for (size_t i = 0; i < record->term_count; i++)
        visit->steps[i].term = &record->terms[i];
    if (record->fault_count > 0) { /* anywhere in the record, before anything is evaluated (4.6) */
        ma_spf_problem(e, MA_SPF_SYNTAX, visit, NULL, visit->policy->answer);
        return MA_SPF_PERMERROR;
    }
    ask_all(e, visit);
    enum ma_spf_result result = run_directives(e, visit, included);
    return result == MA_SPF_NONE ? run_redirect(e, visit, included) : result;
}

static enum ma_spf_result check_host(
    struct ma_spf_eval *e, struct ma_spf_visit *visit, bool included)
{
    visit->policy = ma_spf_policy(e->spf, visit->domain);
    switch (visit->policy->found) {
    case MA_SPF_FOUND:
        return evaluate_record(e, visit, included);
    case MA_SPF_NONE_THERE:
        return MA_SPF_NONE;
    case MA_SPF_SEVERAL:
        ma_spf_problem(e, MA_SPF_MULTIPLE, visit, NULL, visit->policy->answer);
        return MA_SPF_PERMERROR;
    case MA_SPF_LOST:
        ma_spf_problem(e, MA_SPF_LOOKUP_FAILED, visit, NULL, visit->policy->answer);
        return MA_SPF_TEMPERROR;
    case MA_SPF_TOO_MUCH:
        ma_spf_problem(e, MA_SPF_CUT, visit, NULL, visit->policy->answer);
        return MA_SPF_TEMPERROR;
    case MA_SPF_WAITING:
        e->out->pending = true;
        break;
    }
    return MA_SPF_NONE;
}

/* ---- explanation (6.2)
 * --------------------------------------------------------------------------- */

static void explain(struct ma_spf_eval *e)
{
    struct ma_spf_outcome *out = e->out;
    const struct ma_spf_visit *visit = out->decisive;
    if (out->result != MA_SPF_FAIL || visit == NULL || visit->policy->record->exp < 0)
        return;
    const struct ma_spf_term *term = &visit->policy->record->terms[visit->policy->record->exp];
    const struct ma_spf_name *name = ma_spf_target(e, visit, term);
    if (name == NULL) {
        out->pending = true;
        return;
    }
    struct ma_spf_text text = ma_spf_text(e->spf, name);
    struct ma_spf_step *step = &visit->steps[visit->policy->record->exp];
    step->target = name;
    if (text.answer != NULL)
        note_asked(e, step, text.answer);
    out->explained = MA_SPF_EXPLANATION_UNUSABLE;
    if (text.state == MA_SPF_TEXT_WAITING)
        out->pending = true;
    if (text.state != MA_SPF_TEXT_GOOD)
        return;
    struct ma_spf_values values = e->values;
    values.domain = visit->domain->raw;
    if (text.letters & MA_SPF_LETTER('p')) {
        values.validated = ma_spf_validated_name(e, visit->domain);
        out->pending |= values.validated == NULL;
        if (values.validated == NULL)
            return;
    }
    const char *explanation =
        ma_spf_explanation_expand(e->run, &values, text.rr->txt.bytes, text.rr->txt.size);
    out->letters |= term->letters | text.letters;
    for (const char *c = explanation; *c != '\0'; c++)
        if (*c < ' ' || *c > '~') /* a sender that is not ASCII: an SMTP reply has to be (6.2) */
            return;
    out->explained = MA_SPF_EXPLAINED;
    out->explanation = explanation;
    step->verdict = MA_SPF_TOLD;
}

/* ---- the arguments (4.1, 4.3)
 * --------------------------------------------------------------------- */

/* An IPv4-mapped IPv6 address is an IPv4 one (5). */
static struct ma_address unmapped(const struct ma_address *address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (address->family != 6 || memcmp(address->bytes, mapped, sizeof(mapped)) != 0)
        return *address;
    struct ma_address four = {.family = 4};
    memcpy(four.bytes, address->bytes + sizeof(mapped), 4);
    return four;
}

struct ma_spf_values ma_spf_values_of(struct ma_run *run, const struct ma_spf_client *client)
{
    struct ma_spf_values values = {.helo = client->helo,
        .validated = "unknown",
        .receiver = client->receiver,
        .now_secs = client->now_secs,
        .client = unmapped(&client->address)};
    const char *sender = client->sender, *at = strrchr(sender, '@');
    values.local = "postmaster"; /* where there is no local-part (4.3), and for HELO (2.4) */
    if (sender[0] == '\0')
        values.sender_domain = client->helo;
    else if (at == NULL)
        values.sender_domain = sender;
    else {
        values.sender_domain = at + 1;
        if (at > sender)
            values.local = ma_text(run, "%.*s", (int)(at - sender), sender);
    }
    values.sender = ma_text(run, "%s@%s", values.local, values.sender_domain);
    return values;
}

const struct ma_spf_outcome *ma_spf_evaluate(struct ma_spf *spf, const struct ma_spf_client *client)
{
    struct ma_spf_outcome *out = ma_alloc(spf->run, sizeof(*out));
    struct ma_spf_visit *root = ma_alloc(spf->run, sizeof(*root));
    struct ma_spf_eval e = {.spf = spf,
        .run = spf->run,
        .out = out,
        .values = ma_spf_values_of(spf->run, client),
        .own_domain = client->own_domain};
    root->domain = ma_spf_name(spf->run, e.values.sender_domain, strlen(e.values.sender_domain));
    out->root = root;
    out->domain = root->domain->text != NULL ? root->domain->text : root->domain->raw;
    out->result = check_host(&e, root, false);
    root->result = out->result;
    explain(&e);
    return out;
}

const char *ma_spf_result_name(enum ma_spf_result result)
{
    static const char *const names[] = {
        "none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"};
    return names[result];
}

const char *ma_spf_verdict_name(enum ma_spf_verdict verdict)
{
    static const char *const names[] = {"not-reached", "no-match", "match", "temperror",
        "permerror", "followed", "skipped", "told"};
    return names[verdict];
}
