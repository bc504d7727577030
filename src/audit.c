/* SPDX-License-Identifier: MIT */
#include "audit.h"

#include "run.h"

#include <stdlib.h>
#include <string.h>

#define MA_AUDIT_CHUNK 4096 /* bytes */

struct ma_task {
    struct ma_task *next_ready;
    struct ma_audit *audit;
    const struct ma_registered *registered;
    const struct ma_data *result;
    struct ma_finding *findings;
    unsigned rounds, not_asked;
    bool done;
};

struct ma_audit {
    struct ma_engine *engine;
    const struct ma_spec *spec;
    struct ma_target target;
    struct ma_arena arena; /* findings, results, report */
    struct ma_slots slots;
    struct ma_task *tasks;
    unsigned task_count, tasks_left, runs;
    bool cut_short; /* a check met a bound */
    bool no_memory; /* not even to say so */
    struct ma_report report;
    void (*done)(struct ma_audit *, void *);
    void *context;
};

/* ---- the engine's own rules ---------------------------------------------------------------- */

enum { RULE_ABANDONED, RULE_MUTE_ENDED, RULE_TIME_LIMIT };

static const struct ma_rule engine_rules[] = {
    [RULE_ABANDONED] = {.id = "audit.abandoned",
        .severity = MA_UNKNOWN,
        .could_be = MA_CRITICAL,
        .title = "a check was given up at a bound of the program",
        .why = "what it would have found is not known",
        .fix = "run it alone with --check {subject}; if it happens again, keep the recording made "
               "with --record and report it",
        .reference = "mailaudit(1), BOUNDS"},
    [RULE_MUTE_ENDED] = {.id = "audit.mute-ended",
        .severity = MA_NOTICE,
        .could_be = MA_NOTICE,
        .title = "a finding is no longer muted",
        .why = "the day that the policy file names for it is over, and it is still there",
        .fix = "put the finding right, or give the mute of {subject} a new day and reason",
        .reference = "mailaudit(1), --policy"},
    [RULE_TIME_LIMIT] = {.id = "audit.time-limit",
        .severity = MA_INFO,
        .could_be = MA_INFO,
        .title = "the time for this audit ran out",
        .why = "what was not answered by then is reported as unknown",
        .fix = "give it longer with --timeout, or find out why name servers answer slowly",
        .reference = "mailaudit(1), --timeout"},
};

static void run_nothing(struct ma_run *run)
{
    (void)run;
}

/* ---- observations -------------------------------------------------------------------------- */

static void make_ready(struct ma_engine *e, struct ma_task *t)
{
    t->next_ready = NULL;
    *e->ready_last = t;
    e->ready_last = &t->next_ready;
}

/* A task has all that it waited for. */
static void on_ready(void *context, unsigned task)
{
    struct ma_audit *a = context;
    make_ready(a->engine, &a->tasks[task]);
}

static void touch(struct ma_run *run, struct ma_slot *slot)
{
    if (slot->run == run->id)
        return;
    slot->run = run->id;
    run->touched = ma_arena_grow(
        run->arena, run->touched, run->touched_count, &run->touched_room, sizeof *run->touched);
    run->touched[run->touched_count++] = slot;
    run->pending += slot->pending;
}

const struct ma_answer *ma_run_observe(struct ma_run *run, const struct ma_question *q)
{
    struct ma_audit *a = run->audit;
    struct ma_slot *slot = ma_slots_find(&a->slots, q);
    if (slot == NULL && a->slots.count < MA_AUDIT_QUESTIONS_MAX)
        slot = ma_slots_ask(&a->slots, q);
    if (slot == NULL) {
        char name[MA_NAME_TEXT_MAX];
        a->cut_short = true;
        ma_name_to_text(name, q->name);
        return ma_run_failed(run, ma_text(run, "%s", name), (enum ma_rrtype)q->type, MA_FAIL_BUDGET,
            "too many questions in one audit");
    }
    touch(run, slot);
    return slot->answer;
}

const struct ma_answer *ma_run_seen(const struct ma_run *run, const struct ma_question *q)
{
    const struct ma_slot *slot = ma_slots_find(&run->audit->slots, q);
    return slot != NULL && slot->run == run->id ? slot->answer : NULL;
}

const struct ma_body *ma_run_fetch(struct ma_run *run, const struct ma_request *r)
{
    struct ma_audit *a = run->audit;
    struct ma_slot *slot = ma_slots_find_page(&a->slots, r);
    if (a->slots.web == NULL)
        return ma_run_no_body(run, r->url, MA_FAIL_OFFLINE, "");
    if (slot == NULL && a->slots.page_count < MA_AUDIT_PAGES_MAX)
        slot = ma_slots_fetch(&a->slots, r);
    if (slot == NULL) {
        a->cut_short = true;
        return ma_run_no_body(run, r->url, MA_FAIL_BUDGET, "too many URLs in one audit");
    }
    touch(run, slot);
    return slot->body;
}

/* ---- the rounds ---------------------------------------------------------------------------- */

static struct ma_run run_begin(struct ma_task *t)
{
    struct ma_audit *a = t->audit;
    return (struct ma_run){.audit = a,
        .arena = &a->arena,
        .registered = t->registered,
        .task = (unsigned)(t - a->tasks),
        .id = ++a->runs};
}

/* Returns false when the memory for the audit is used up. */
static bool run_check(struct ma_run *run)
{
    jmp_buf full;
    if (setjmp(full) != 0) {
        run->arena->on_full = NULL;
        return false;
    }
    run->arena->on_full = &full;
    run->findings_last = &run->findings;
    run->result = ma_data_clone(run->arena, run->registered->empty, NULL);
    run->registered->check->run(run);
    for (struct ma_finding *f = run->findings; f != NULL; f = f->next)
        ma_finding_finish(f, ma_target(run)->domain);
    run->arena->on_full = NULL;
    return true;
}

static void task_finish(struct ma_task *t)
{
    t->done = true;
    t->audit->tasks_left--;
}

static void add_finding(struct ma_task *t, struct ma_finding *f, const char *domain)
{
    if (f == NULL) {
        t->audit->no_memory = true;
        return;
    }
    ma_finding_finish(f, domain);
    f->next = t->findings;
    t->findings = f;
}

static void abandon(struct ma_task *t, const char *bound)
{
    struct ma_audit *a = t->audit;
    a->cut_short = true;
    a->arena.cap_bytes += MA_AUDIT_CHUNK; /* room to say so */
    t->result = t->registered->empty;
    add_finding(t,
        ma_finding_new(&a->arena, &ma_check_audit, &engine_rules[RULE_ABANDONED],
            t->registered->check->name, bound),
        a->target.domain);
    task_finish(t);
}

static void keep(struct ma_task *t, const struct ma_run *run)
{
    t->result = run->result;
    t->findings = run->findings;
    t->not_asked = run->not_asked;
    for (size_t i = 0; i < run->touched_count; i++)
        run->touched[i]->used = true;
    task_finish(t);
}

/* The touched list dies with the rollback: first let each pending slot know who waits. What was
   pending when it was asked for may have been answered by the end of the run. */
static void wait_for(struct ma_task *t, const struct ma_run *run)
{
    t->audit->slots.missing[run->task] = 0;
    for (size_t i = 0; i < run->touched_count; i++)
        ma_slot_await(run->touched[i], run->task);
    if (t->audit->slots.missing[run->task] == 0)
        make_ready(t->audit->engine, t);
}

static void task_run(struct ma_task *t)
{
    struct ma_arena_mark mark = ma_arena_mark(&t->audit->arena);
    struct ma_run run = run_begin(t);
    t->rounds++;
    bool ok = run_check(&run);
    if (ok && run.pending == 0) {
        keep(t, &run);
        return;
    }
    if (ok && t->rounds < MA_AUDIT_ROUNDS_MAX)
        wait_for(t, &run);
    ma_arena_rollback(&t->audit->arena, &mark);
    if (!ok)
        abandon(t, "more than 16 MiB of memory (MA_AUDIT_BYTES_MAX)");
    else if (t->rounds >= MA_AUDIT_ROUNDS_MAX)
        abandon(t, "more than 64 rounds of questions (MA_AUDIT_ROUNDS_MAX)");
}

/* ---- the report ---------------------------------------------------------------------------- */

static int64_t ttl_of(struct ma_audit *a, const struct ma_record *r)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    struct ma_question q = {.name = wire, .type = (uint16_t)r->type};
    q.name_size = (uint8_t)ma_name_to_wire(wire, r->owner);
    ma_question_seal(&q);
    const struct ma_slot *slot = q.name_size > 0 ? ma_slots_find(&a->slots, &q) : NULL;
    if (slot == NULL || slot->answer->status >= MA_FAILED)
        return -1;
    return slot->answer->ttl_secs;
}

/* Some failures to fetch say how it is, as a response would; see struct ma_body. */
static bool is_answered(const struct ma_slot *slot, enum ma_failure failure)
{
    bool told = failure == MA_FAIL_CERTIFICATE || failure == MA_FAIL_NO_ADDRESS ||
                failure == MA_FAIL_REDIRECT || failure == MA_FAIL_TOO_LARGE;
    return failure == MA_FAIL_NONE || (slot->body != NULL && told);
}

static void count_slot(const struct ma_slot *slot, void *context)
{
    struct ma_report *r = context;
    enum ma_failure failure = slot->answer != NULL ? slot->answer->failure : slot->body->failure;
    if (failure == MA_FAIL_OFFLINE) {
        r->not_asked++;
        return;
    }
    r->questions++;
    r->unanswered += !is_answered(slot, failure);
}

static void count_questions(struct ma_audit *a, struct ma_report *r)
{
    ma_slots_each(&a->slots, count_slot, r);
    for (unsigned i = 0; i < a->task_count; i++)
        r->not_asked += a->tasks[i].not_asked;
}

static struct ma_finding *all_findings(struct ma_audit *a)
{
    struct ma_finding *first = NULL, **last = &first;
    for (unsigned i = 0; i < a->task_count; i++) {
        *last = a->tasks[i].findings;
        for (; *last != NULL; last = &(*last)->next)
            for (struct ma_record *r = (*last)->records; r != NULL; r = r->next)
                r->ttl_secs = ttl_of(a, r);
    }
    return first;
}

/* What the target turned out to be, from answers that are there by now. */
static void describe_target(struct ma_audit *a, struct ma_report *r)
{
    struct ma_run run = run_begin(&a->tasks[0]);
    r->target = &a->target;
    r->senders = ma_senders(&run);
    r->role = ma_role(&run);
    r->role_given = a->spec->role_given;
}

/* The operator's word on each finding; a mute that is over is said once a rule. */
static void apply_policy(struct ma_audit *a)
{
    const struct ma_rule *said = NULL;
    for (unsigned i = 0; a->engine->policy != NULL && i < a->task_count; i++) {
        for (struct ma_finding *f = a->tasks[i].findings; f != NULL; f = f->next) {
            const char *ended = ma_policy_apply(a->engine->policy, f, a->spec->now_secs);
            if (ended == NULL || f->rule == said)
                continue;
            said = f->rule;
            add_finding(&a->tasks[0],
                ma_finding_new(&a->arena, &ma_check_audit, &engine_rules[RULE_MUTE_ENDED],
                    f->rule->id, ma_arena_printf(&a->arena, "it was muted until %s", ended)),
                a->target.domain);
        }
    }
}

static bool build_report(struct ma_audit *a)
{
    struct ma_report *r = &a->report;
    jmp_buf full;
    if (setjmp(full) != 0)
        return false;
    a->arena.cap_bytes += MA_AUDIT_BYTES_MAX; /* the report of what fitted always fits */
    a->arena.on_full = &full;
    describe_target(a, r);
    count_questions(a, r);
    struct ma_check_result *results =
        ma_arena_alloc(&a->arena, (a->task_count + 1) * sizeof *results);
    for (unsigned i = 0; i < a->task_count; i++)
        results[i] = (struct ma_check_result){a->tasks[i].registered->check, a->tasks[i].result};
    r->checks = results;
    r->check_count = a->task_count;
    if (a->slots.expired_short)
        add_finding(&a->tasks[0],
            ma_finding_new(&a->arena, &ma_check_audit, &engine_rules[RULE_TIME_LIMIT],
                a->target.domain, "--timeout was reached"),
            a->target.domain);
    apply_policy(a);
    r->status = r->unanswered > 0 || a->cut_short ? MA_REPORT_INCOMPLETE : MA_REPORT_COMPLETE;
    struct ma_finding *findings = all_findings(a);
    ma_findings_explain(findings);
    ma_report_count(r, &a->arena, findings);
    a->arena.on_full = NULL;
    return !a->no_memory;
}

static void audit_finish(struct ma_audit *a)
{
    if (!build_report(a)) {
        a->report = (struct ma_report){.status = MA_REPORT_FAILED,
            .failure = "out of memory",
            .target = &a->target,
            .verdict = MA_UNKNOWN};
        a->arena.on_full = NULL;
    }
    a->report.label = a->spec->label;
    a->report.line = a->spec->line;
    a->report.audited_at = a->spec->audited_at;
    a->engine->audits--;
    a->done(a, a->context);
}

/* ---- the engine ---------------------------------------------------------------------------- */

const struct ma_check ma_check_audit = {
    .abi = MA_ABI,
    .name = "audit",
    .area = "audit",
    .title = "The audit itself",
    .rules = engine_rules,
    .rule_count = sizeof engine_rules / sizeof *engine_rules,
    .run = run_nothing,
};

void ma_engine_init(struct ma_engine *e, struct ma_registry *registry, struct ma_store *store)
{
    *e = (struct ma_engine){.registry = registry, .store = store};
    e->ready_last = &e->ready_first;
}

static bool add_tasks(struct ma_audit *a)
{
    const struct ma_registry *registry = a->engine->registry;
    a->tasks = calloc(registry->count, sizeof *a->tasks);
    if (a->tasks == NULL)
        return false;
    for (size_t i = 0; i < registry->count; i++) {
        const struct ma_registered *r = &registry->checks[i];
        if (!r->enabled)
            continue;
        a->tasks[a->task_count++] = (struct ma_task){.audit = a, .registered = r};
    }
    a->tasks_left = a->task_count;
    return true;
}

static void set_target(struct ma_audit *a, const struct ma_spec *s)
{
    a->target = (struct ma_target){.domain = s->domain,
        .unicode = s->unicode,
        .sender = s->sender,
        .helo = s->helo,
        .sender_given = s->sender != NULL,
        .selectors = s->selectors,
        .selector_count = s->selector_count,
        .now_secs = s->now_secs};
    if (s->sender == NULL)
        a->target.sender = ma_arena_printf(&a->slots.arena, "postmaster@%s", s->domain);
}

struct ma_audit *ma_audit_start(struct ma_engine *e, const struct ma_spec *spec,
    void (*done)(struct ma_audit *, void *), void *context)
{
    struct ma_audit *a = calloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    *a = (struct ma_audit){.engine = e, .spec = spec, .done = done, .context = context};
    ma_arena_init(&a->arena, MA_AUDIT_CHUNK, MA_AUDIT_BYTES_MAX);
    bool ok = ma_slots_init(&a->slots, e->store, e->web, MA_AUDIT_BYTES_MAX, on_ready, a);
    set_target(a, spec);
    if (!ok || a->target.sender == NULL || !add_tasks(a)) {
        ma_slots_clear(&a->slots);
        free(a);
        return NULL;
    }
    e->audits++;
    for (unsigned i = 0; i < a->task_count; i++)
        make_ready(e, &a->tasks[i]);
    return a;
}

void ma_engine_work(struct ma_engine *e)
{
    while (e->ready_first != NULL) {
        struct ma_task *t = e->ready_first;
        e->ready_first = t->next_ready;
        if (e->ready_first == NULL)
            e->ready_last = &e->ready_first;
        task_run(t);
        if (t->audit->tasks_left == 0)
            audit_finish(t->audit);
    }
}

void ma_audit_expire(struct ma_audit *a)
{
    ma_slots_expire(&a->slots);
}

const struct ma_report *ma_audit_report(const struct ma_audit *a)
{
    return &a->report;
}

void ma_audit_observations(
    const struct ma_audit *a, void (*see)(const struct ma_slot *, void *), void *context)
{
    ma_slots_each(&a->slots, see, context);
}

const struct ma_spec *ma_audit_spec(const struct ma_audit *a)
{
    return a->spec;
}

const struct ma_spec *ma_run_spec(const struct ma_run *run)
{
    return run->audit->spec;
}

const struct ma_target *ma_target(const struct ma_run *run)
{
    return &run->audit->target;
}

void ma_audit_free(struct ma_audit *a)
{
    if (a == NULL)
        return;
    ma_slots_clear(&a->slots);
    ma_arena_clear(&a->arena);
    free(a->tasks);
    free(a);
}
