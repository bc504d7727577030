/* SPDX-License-Identifier: MIT */
/*
 * engine_world.h - an engine over a source that answers late and in odd order, and what checks made
 * for the purpose share. For the one .c file that is the test.
 */
#ifndef MA_ENGINE_WORLD_H
#define MA_ENGINE_WORLD_H

#include "unit.h"

#include "audit.h"
#include "fake.h"
#include "report/report.h"

#define CACHE_BYTES (1024 * 1024)

/* What the checks leave here is for the tests alone: a real check keeps nothing. */
static unsigned runs, released;

static const struct ma_rule rules[] = {
    {.id = "x.seen",
        .severity = MA_NOTICE,
        .title = "seen",
        .why = "it is there",
        .fix = "nothing",
        .reference = "none"},
    {.id = "x.unknown",
        .severity = MA_UNKNOWN,
        .could_be = MA_CRITICAL,
        .title = "not seen",
        .why = "it failed",
        .fix = "wait",
        .reference = "none"},
};

static inline void on_release(void *object)
{
    (void)object;
    released++;
}

static inline void tell(struct ma_run *run, const struct ma_answer *a)
{
    if (a->status == MA_FAILED)
        ma_failed(ma_report(run, &rules[1], a->name, "%s", ma_failure_name(a->failure)), a);
    else
        ma_report(run, &rules[0], a->name, "status %d", (int)a->status);
}

/* Three questions at once. */
static inline void ask_three(struct ma_run *run)
{
    const struct ma_answer *a[3];
    runs++;
    ma_defer(run, on_release, NULL);
    for (int i = 0; i < 3; i++)
        a[i] = ma_dns(run, MA_TXT, "q%d.test", i);
    ma_dns(run, MA_TXT, "Q0.test.");
    for (int i = 0; i < 3; i++)
        tell(run, a[i]);
    ma_put_int(ma_result(run), "runs", 1);
}

/* One after the other, each named by the one before. */
static inline void ask_on(struct ma_run *run)
{
    const char *name = "n0.test";
    runs++;
    while (name != NULL) {
        const struct ma_answer *a = ma_dns(run, MA_PTR, "%s", name);
        tell(run, a);
        name = a->rr_count > 0 ? a->rrs[0].name : NULL;
    }
}

#define CHECK(ident, function, empty)                                                              \
    static const struct ma_check ident = {.abi = MA_ABI,                                           \
        .name = "x",                                                                               \
        .area = "x",                                                                               \
        .title = "X",                                                                              \
        .empty_result = (empty),                                                                   \
        .rules = rules,                                                                            \
        .rule_count = 2,                                                                           \
        .run = (function)}
CHECK(three, ask_three, "{\"runs\": null}");
CHECK(on, ask_on, "{}");

/* ---- one engine ------------------------------------------------------------------------------ */

static struct fake fake;
static struct ma_registry registry;
static struct ma_store *store;
static struct ma_engine engine;
static struct ma_spec spec;
static const char *address = "192.0.2.1";
static unsigned done;

static inline int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof fake);
    memset(&registry, 0, sizeof registry);
    ma_arena_init(&registry.arena, 4096, UNIT_ARENA_BYTES);
    runs = released = done = 0;
    struct ma_source source = fake_source(&fake);
    store = ma_store_new(&source, 1, CACHE_BYTES);
    ma_engine_init(&engine, &registry, store);
    spec = (struct ma_spec){.domain = "example.test",
        .unicode = "example.test",
        .addresses = &address,
        .address_count = 1,
        .role_given = true,
        .role = MA_SENDS_ONLY,
        .audited_at = -1};
    return store == NULL;
}

static inline int teardown(void **state)
{
    (void)state;
    assert_int_equal(engine.audits, 0);
    ma_store_free(store);
    ma_arena_clear(&registry.arena);
    return 0;
}

static inline void use(const struct ma_check *c)
{
    const char *why;
    struct ma_registered *r = &registry.checks[registry.count++];
    *r = (struct ma_registered){.check = c,
        .empty = ma_data_template(
            &registry.arena, c->empty_result != NULL ? c->empty_result : "{}", &why),
        .enabled = true};
    assert_non_null(r->empty);
}

static inline void on_done(struct ma_audit *a, void *context)
{
    (void)a;
    *(unsigned *)context += 1;
}

static inline struct ma_audit *start(void)
{
    struct ma_audit *a = ma_audit_start(&engine, &spec, on_done, &done);
    assert_non_null(a);
    ma_engine_work(&engine);
    return a;
}

static inline const struct ma_finding *finding(const struct ma_audit *a, const char *rule)
{
    const struct ma_report *r = ma_audit_report(a);
    for (size_t i = 0; i < r->finding_count; i++)
        if (strcmp(r->findings[i]->rule->id, rule) == 0)
            return r->findings[i];
    return NULL;
}

static inline size_t findings(const struct ma_audit *a, const char *rule)
{
    const struct ma_report *r = ma_audit_report(a);
    size_t count = 0;
    for (size_t i = 0; i < r->finding_count; i++)
        count += strcmp(r->findings[i]->rule->id, rule) == 0;
    return count;
}

static inline char *json(const struct ma_audit *a)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    const struct ma_render_options options = {.columns = 80};
    assert_non_null(out);
    ma_format_find("json")->render(out, ma_audit_report(a), &options);
    assert_int_equal(fclose(out), 0);
    return text;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
