/* SPDX-License-Identifier: MIT */
/*
 * DNS block lists (RFC 5782): are the addresses that the domain's mail comes from, or the domain
 * itself, on a list by which receivers refuse mail?
 *
 * All lists are asked at once, each for every subject and for an entry of its own that must be
 * listed. Only where something seems to be listed, the entries that must not be listed and the
 * list's reason are asked as well, all at once again. Special-purpose addresses are asked like any
 * other: check target names them, and a list that knows them is right or shown to be wrong.
 */
#include "dnsbl_report.h"

#include "org_domain.h"

#include <stdlib.h>
#include <string.h>

/* ---- asking ---------------------------------------------------------------------------------- */

/* A list that has not answered by then is dead: the audit does not wait for it as for the domain's
   own name servers. Of 2 s at most, a little is left for all else. From the root on it takes
   longer.
 */
#define DEADLINE_MSECS           1800
#define RECURSION_DEADLINE_MSECS 4000
#define TEST_HOLDS_SECS          3600 /* a batch that takes longer has the lists proved again */

static const struct ma_how as_configured = {.deadline_msecs = DEADLINE_MSECS};
static const struct ma_how by_recursion = {
    .recursive = true, .deadline_msecs = RECURSION_DEADLINE_MSECS};

/* One round of questions: how they are asked, and whether all are answered. */
struct round {
    const struct ma_how *how;
    bool pending;
};

/* A test entry: asked once a process, not once a target. */
static const struct ma_answer *ask_test(
    const struct dnsbl_view *v, struct round *r, const char *name)
{
    struct ma_how how = *r->how;
    how.least_ttl_secs = TEST_HOLDS_SECS;
    const struct ma_answer *a = ma_dns_how(v->run, &how, MA_A, "%s", name);
    r->pending |= a->status == MA_PENDING;
    return a;
}

static bool is_tests_only(const struct dnsbl_view *v)
{
    return (v->setup->scope & DNSBL_SCOPE_TESTS) != 0;
}

/* What the list says of the subject; where only the lists are looked at, of its own test entry. */
static const struct ma_answer *ask_subject(const struct dnsbl_view *v, struct round *r,
    const struct dnsbl_zone *z, const struct dnsbl_subject *s)
{
    if (is_tests_only(v))
        return ask_test(v, r, z->listed_tests[0]);
    const struct ma_answer *a = ma_dns_how(v->run, r->how, MA_A, "%s.%s", s->label, z->name);
    r->pending |= a->status == MA_PENDING;
    return a;
}

/* Is the subject of a kind that the list is for? A list of one address family says that it has no
   word on the other; a list of domains is silent on addresses. */
static bool applies(
    const struct dnsbl_view *v, const struct dnsbl_zone *z, const struct dnsbl_subject *s)
{
    return is_tests_only(v) || (z->kind == DNSBL_DOMAIN) == (s->kind == DNSBL_DOMAIN);
}

/* Why the list is not asked about the subject, or NULL. */
static const char *why_not(
    const struct dnsbl_view *v, const struct dnsbl_zone *z, const struct dnsbl_subject *s)
{
    if (z->not_asked != NULL)
        return z->not_asked;
    if (is_tests_only(v))
        return z->listed_test_count == 0 ? "no test entry of it is known" : NULL;
    if ((z->kind & s->kind) != 0)
        return NULL;
    return s->kind == DNSBL_IP6 ? "the list keeps no IPv6 addresses"
                                : "the list keeps no IPv4 addresses";
}

/* Returns whether any question is sent to the list. */
static bool ask_subjects(struct dnsbl_view *v, struct round *r, const struct dnsbl_zone *z)
{
    bool any = false;
    for (size_t i = 0; i < v->subject_count; i++) {
        const struct dnsbl_subject *s = &v->subjects[i];
        struct dnsbl_row *row = dnsbl_row(v, z, i);
        row->applies = applies(v, z, s);
        if (!row->applies)
            continue;
        const char *reason = why_not(v, z, s);
        if (reason == NULL) {
            row->answer = ask_subject(v, r, z, s);
            any = true;
            continue;
        }
        row->verdict = (struct dnsbl_verdict){.state = DNSBL_STATE_NOT_ASKED, .reason = reason};
        if (z->not_asked != NULL)
            ma_not_asked(v->run);
    }
    return any;
}

static struct dnsbl_reading ask_health(
    const struct dnsbl_view *v, struct round *r, const struct dnsbl_zone *z)
{
    struct dnsbl_reading health = DNSBL_HEALTH_UNTESTED;
    for (size_t i = 0; i < z->listed_test_count; i++) {
        const struct ma_answer *a = ask_test(v, r, z->listed_tests[i]);
        health = dnsbl_health_fold(health, dnsbl_read(z, a), i == 0);
    }
    return health;
}

/* False while answers are missing. */
static bool look(struct dnsbl_view *v)
{
    struct round r = {.how = &as_configured};
    struct dnsbl_reading *health = ma_alloc(v->run, (v->lists->count + 1) * sizeof *health);
    v->rows = ma_alloc(v->run, (v->lists->count * v->subject_count + 1) * sizeof *v->rows);
    for (size_t k = 0; k < v->lists->count; k++)
        if (ask_subjects(v, &r, &v->lists->zones[k]))
            health[k] = ask_health(v, &r, &v->lists->zones[k]);
    if (r.pending)
        return false;
    for (size_t k = 0; k < v->lists->count; k++) {
        for (size_t i = 0; i < v->subject_count; i++) {
            struct dnsbl_row *row = &v->rows[k * v->subject_count + i];
            if (row->answer != NULL)
                row->verdict = dnsbl_judge(v->run, &v->lists->zones[k], row->answer, &health[k]);
        }
    }
    return true;
}

/* "its test entry NAME: why": what both begin with is said once. */
static const char *without_repeat(const char *first, const char *second)
{
    const char *end = strstr(first, ": ");
    size_t size = end != NULL ? (size_t)(end - first) + 2 : 0;
    return strncmp(first, second, size) == 0 ? second + size : second;
}

/* ---- past a resolver that is refused --------------------------------------------------------- */

/* What the list says when it is asked by full recursion; if it says no more than before, that is
   told as well. */
static void look_again(struct dnsbl_view *v, struct round *r, const struct dnsbl_zone *z,
    struct dnsbl_row *row, const struct dnsbl_subject *s)
{
    struct dnsbl_reading health = ask_health(v, r, z);
    const struct ma_answer *answer = ask_subject(v, r, z, s);
    if (r->pending)
        return;
    struct dnsbl_verdict again = dnsbl_judge(v->run, z, answer, &health);
    bool better = again.state != DNSBL_STATE_NOT_ASKED &&
                  (again.state != DNSBL_STATE_UNKNOWN ||
                      (again.cause != DNSBL_CAUSE_REFUSED && again.cause != DNSBL_CAUSE_NO_ANSWER));
    if (better) {
        row->refused = row->verdict.reason;
        row->answer = answer;
        row->verdict = again;
    } else {
        row->verdict.reason = ma_text(v->run, "%s; asked again by full recursion: %s",
            row->verdict.reason, without_repeat(row->verdict.reason, again.reason));
    }
}

static bool look_again_all(struct dnsbl_view *v)
{
    struct round all = {.how = &by_recursion};
    for (size_t k = 0; k < v->lists->count; k++) {
        for (size_t i = 0; i < v->subject_count; i++) {
            struct dnsbl_row *row = &v->rows[k * v->subject_count + i];
            struct round r = {.how = &by_recursion};
            if (row->verdict.elsewhere)
                look_again(v, &r, &v->lists->zones[k], row, &v->subjects[i]);
            all.pending |= r.pending;
        }
    }
    return !all.pending;
}

/* ---- proof ----------------------------------------------------------------------------------- */

/* Does the way off the list go by the address's reverse name? */
static bool wants_reverse_name(
    const struct dnsbl_zone *z, const struct dnsbl_subject *s, const struct dnsbl_row *row)
{
    return row->verdict.state == DNSBL_STATE_LISTED && s->kind != DNSBL_DOMAIN &&
           strstr(dnsbl_before(z, row->verdict.weight), DNSBL_RDNS) != NULL;
}

/* What seems to be listed: is the list right, and what does it say? */
static void prove(struct dnsbl_view *v, struct round *r, const struct dnsbl_zone *z,
    const struct dnsbl_subject *s, struct dnsbl_row *row)
{
    r->how = row->refused != NULL ? &by_recursion : &as_configured;
    if (row->verdict.state == DNSBL_STATE_LISTED && !is_tests_only(v)) {
        row->why = ma_dns_how(v->run, r->how, MA_TXT, "%s.%s", s->label, z->name);
        r->pending |= row->why->status == MA_PENDING;
    }
    if (wants_reverse_name(z, s, row)) {
        row->ptr = ma_dns(
            v->run, MA_PTR, "%s.%s", s->label, s->kind == DNSBL_IP6 ? "ip6.arpa" : "in-addr.arpa");
        r->pending |= row->ptr->status == MA_PENDING;
    }
    for (size_t i = 0; i < z->clean_test_count; i++) {
        const struct ma_answer *a = ask_test(v, r, z->clean_tests[i]);
        if (a->status != MA_PENDING && row->verdict.wants_proof)
            row->verdict = dnsbl_judge_proof(v->run, z, row->verdict, a);
    }
}

static bool prove_all(struct dnsbl_view *v)
{
    struct round r = {.pending = false};
    for (size_t k = 0; k < v->lists->count; k++) {
        for (size_t i = 0; i < v->subject_count; i++) {
            struct dnsbl_row *row = &v->rows[k * v->subject_count + i];
            if (row->verdict.wants_proof)
                prove(v, &r, &v->lists->zones[k], &v->subjects[i], row);
        }
    }
    return !r.pending;
}

/* ---- the check ------------------------------------------------------------------------------- */

static void run(struct ma_run *run)
{
    const struct dnsbl_setup *setup = ma_state(run);
    struct dnsbl_view v = {.run = run, .setup = setup, .lists = setup->lists};
    dnsbl_collect(&v);
    if (!look(&v) || !look_again_all(&v) || !prove_all(&v))
        return;
    if (is_tests_only(&v)) {
        dnsbl_put_states(&v);
        return;
    }
    dnsbl_put_rows(&v);
    dnsbl_put_findings(&v);
}

static void close_lists(void *state)
{
    struct dnsbl_setup *s = state;
    if (s == NULL)
        return;
    dnsbl_lists_free(s->lists);
    ma_org_domain_close(s->suffixes);
    free(s);
}

/* Those named one by one, those of a file, or the default set. */
static struct dnsbl_lists *open_set(const struct ma_setup *setup, char *error)
{
    const char *file = ma_setting(setup, "lists"), *servers = ma_setting(setup, "servers");
    if (servers != NULL)
        return dnsbl_lists_parse(servers, strlen(servers), "--server", error);
    return file != NULL ? dnsbl_lists_load(file, error) : dnsbl_lists_default(error);
}

static bool open_lists(const struct ma_setup *setup, void **state_r)
{
    char error[DNSBL_ERROR_BYTES_MAX] = "no memory";
    const char *scope = ma_setting(setup, "dnsbl-scope");
    struct dnsbl_setup *s = calloc(1, sizeof *s);
    if (s != NULL)
        s->lists = open_set(setup, error);
    const char *keyed = ma_setting(setup, "keyed-zones");
    if (s != NULL && s->lists != NULL && keyed != NULL &&
        !dnsbl_lists_unlock(s->lists, keyed, error)) {
        dnsbl_lists_free(s->lists);
        s->lists = NULL;
    }
    if (s == NULL || s->lists == NULL) {
        ma_setup_error(setup, "%s", error);
        close_lists(s);
        return false;
    }
    *state_r = s;
    for (size_t k = 0; k < s->lists->count; k++)
        s->any_domain_list |=
            s->lists->zones[k].kind == DNSBL_DOMAIN && s->lists->zones[k].not_asked == NULL;
    s->scope = scope != NULL ? dnsbl_scope_parse(scope) : DNSBL_SCOPE_DEFAULT;
    if (ma_setting(setup, "dnsbl-tests") != NULL)
        s->scope = DNSBL_SCOPE_TESTS;
    if (s->scope == 0)
        ma_setup_error(setup, "--dnsbl-scope '%s': not of senders, mx, names", scope);
    return s->scope != 0 && ma_org_domain_open(setup, &s->suffixes);
}

MA_CHECK(dnsbl, .area = "dnsbl", .title = "DNS block lists",
    .empty_result = "{\"lists\": [{\"zone\": null, \"subject\": null, \"recursive\": false, "
                    "\"class\": null, \"weight\": null, \"state\": null, \"codes\": [], "
                    "\"meaning\": null, \"reason\": null, \"removal\": null}]}",
    .rules = dnsbl_rules, .rule_count = DNSBL_RULE_COUNT, .open = open_lists, .run = run,
    .close = close_lists);
