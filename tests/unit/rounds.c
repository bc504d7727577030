/* SPDX-License-Identifier: MIT */
/* The rounds: checks made for the purpose, over a source that answers late and in odd order. */
#include "engine_world.h"

/* Asks more than it needs while it does not know yet. */
static void ask_too_much(struct ma_run *run)
{
    runs++;
    ma_not_asked(run);
    if (ma_dns(run, MA_TXT, "q0.test")->status == MA_PENDING)
        for (int i = 0; i < 5; i++)
            ma_dns(run, MA_TXT, "extra%d.test", i);
}

static void bad_names(struct ma_run *run)
{
    static const char *const bad[] = {"", "a..b", "\\9.test"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(ma_dns(run, MA_A, "%s", bad[i])->failure, MA_FAIL_BAD_NAME);
    assert_int_equal(ma_dns(run, MA_A, "%1100d.test", 1)->failure, MA_FAIL_BAD_NAME);
    assert_int_equal(ma_dns(run, MA_A, "%100d.test", 1)->failure, MA_FAIL_BAD_NAME);
}

CHECK(too_much, ask_too_much, "{}");
CHECK(bad, bad_names, "{}");

/* ---- rounds ---------------------------------------------------------------------------------- */

static void what_is_there_takes_one_run(void **state)
{
    (void)state;
    use(&three);
    struct ma_audit *a = start();
    assert_int_equal(done, 1);
    assert_int_equal(runs, 1);
    assert_int_equal(fake.asked, 3);
    assert_int_equal(ma_audit_report(a)->questions, 3);
    assert_int_equal(ma_audit_report(a)->status, MA_REPORT_COMPLETE);
    assert_int_equal(findings(a, "x.seen"), 3);
    assert_int_equal(released, 0);
    ma_audit_free(a);
    assert_int_equal(released, 1);
}

/* Again only when the last answer has come; what an unfinished run left is gone. */
static void a_check_runs_again_when_all_is_there(void **state)
{
    (void)state;
    use(&three);
    fake.late = true;
    struct ma_audit *a = start();
    assert_int_equal(released, 1); /* the unfinished run's memory is gone */
    for (int left = 3; left > 0; left--) {
        assert_int_equal(runs, 1);
        assert_int_equal(done, 0);
        assert_int_equal(fake.pending_count, left);
        fake_settle(&fake, (size_t)left / 2);
        ma_engine_work(&engine);
    }
    assert_int_equal(runs, 2);
    assert_int_equal(done, 1);
    assert_int_equal(findings(a, "x.seen"), 3);
    assert_int_equal(ma_audit_report(a)->finding_count, 3);
    ma_audit_free(a);
    assert_int_equal(released, 2);
}

static void a_chain_takes_a_run_a_link(void **state)
{
    (void)state;
    use(&on);
    fake.late = true;
    fake_ok(&fake, "n0.test", MA_PTR, "n0.test 60 IN PTR n1.test.");
    fake_ok(&fake, "n1.test", MA_PTR, "n1.test 60 IN PTR n2.test.");
    struct ma_audit *a = start();
    while (done == 0) {
        assert_int_equal(fake.pending_count, 1);
        fake_settle_all(&fake);
        ma_engine_work(&engine);
    }
    assert_int_equal(runs, 4);
    assert_int_equal(findings(a, "x.seen"), 3);
    assert_int_equal(ma_audit_report(a)->questions, 3);
    ma_audit_free(a);
}

static void no_engine_work_inside_an_answer(void **state)
{
    (void)state;
    use(&three);
    fake.late = true;
    struct ma_audit *a = start();
    fake_settle_all(&fake);
    assert_int_equal(runs, 1);
    assert_int_equal(done, 0);
    ma_engine_work(&engine);
    assert_int_equal(done, 1);
    ma_audit_free(a);
}

/* Two checks with questions in common, answered in any order: the same bytes come out. */
static char *result_of_order(unsigned order)
{
    fake.pending_count = 0;
    fake.late = true;
    done = 0;
    struct ma_audit *a = start();
    while (done == 0) {
        size_t i = order % fake.pending_count;
        order /= (unsigned)fake.pending_count;
        fake_settle(&fake, i);
        ma_engine_work(&engine);
    }
    char *text = json(a);
    ma_audit_free(a);
    ma_store_shrink(store);
    return text;
}

static void the_order_of_answers_does_not_matter(void **state)
{
    (void)state;
    use(&three);
    use(&on);
    fake_ok(&fake, "q0.test", MA_TXT, "q0.test 60 IN TXT a");
    fake_fail(&fake, "q1.test", MA_TXT, MA_FAIL_SERVFAIL, NULL);
    fake_ok(&fake, "n0.test", MA_PTR, "n0.test 60 IN PTR n1.test.");
    fake_ok(&fake, "n1.test", MA_PTR, "n1.test 60 IN PTR n2.test.");
    fake_nothing(&fake, "n2.test", MA_PTR, MA_NODATA, 60);
    char *first = result_of_order(0);
    for (unsigned order = 1; order < 4 * 4 * 4 * 3 * 2; order++) {
        char *text = result_of_order(order);
        assert_string_equal(text, first);
        free(text);
    }
    fake.late = false;
    done = 0;
    struct ma_audit *a = start();
    char *text = json(a);
    assert_string_equal(text, first);
    free(text);
    free(first);
    ma_audit_free(a);
}

static void audits_share_what_they_ask(void **state)
{
    (void)state;
    use(&three);
    fake.late = true;
    struct ma_audit *a = start(), *b = start();
    assert_int_equal(fake.asked, 3);
    fake_settle_all(&fake);
    ma_engine_work(&engine);
    assert_int_equal(done, 2);
    ma_audit_free(a);
    assert_int_equal(findings(b, "x.seen"), 3);
    ma_audit_free(b);
}

static void free_when_done(struct ma_audit *a, void *context)
{
    *(unsigned *)context += 1;
    ma_audit_free(a);
}

static void done_may_free_the_audit(void **state)
{
    (void)state;
    use(&three);
    use(&on);
    fake.late = true;
    for (int i = 0; i < 3; i++)
        assert_non_null(ma_audit_start(&engine, &spec, free_when_done, &done));
    ma_engine_work(&engine);
    while (fake.pending_count > 0) {
        fake_settle_all(&fake);
        ma_engine_work(&engine);
    }
    assert_int_equal(done, 3);
    assert_int_equal(engine.audits, 0);
}

/* ---- a source that answers earlier questions while it is asked the next ---------------------- */

static bool ask_and_settle(void *state, struct ma_store *s, struct ma_entry *e)
{
    struct fake *f = state;
    f->store = s;
    if (f->asked++ < 2) {
        f->pending[f->pending_count++] = e;
        return true;
    }
    fake_settle_all(f); /* all that went before; then this one, at once */
    ma_store_fail(s, e, MA_FAIL_SERVFAIL, NULL);
    return true;
}

static void answers_may_come_while_the_check_runs(void **state)
{
    (void)state;
    use(&three);
    struct ma_source source = fake_source(&fake);
    source.ask = ask_and_settle;
    ma_store_free(store);
    store = ma_store_new(&source, 1, CACHE_BYTES);
    ma_engine_init(&engine, &registry, store);
    struct ma_audit *a = start();
    assert_int_equal(done, 1); /* and does not wait for what has come already */
    assert_int_equal(runs, 2);
    assert_int_equal(findings(a, "x.seen"), 2);
    assert_int_equal(findings(a, "x.unknown"), 1);
    ma_audit_free(a);
}

/* ---- what counts ----------------------------------------------------------------------------- */

static void only_final_runs_count(void **state)
{
    (void)state;
    use(&too_much);
    fake.late = true;
    struct ma_audit *a = start();
    assert_int_equal(fake.asked, 6);
    fake_settle_all(&fake);
    ma_engine_work(&engine);
    assert_int_equal(done, 1);
    assert_int_equal(runs, 2);
    assert_int_equal(ma_audit_report(a)->questions, 1);
    assert_int_equal(ma_audit_report(a)->not_asked, 1);
    ma_audit_free(a);
}

static void what_is_not_asked_is_counted_apart(void **state)
{
    (void)state;
    use(&three);
    fake_fail(&fake, "q0.test", MA_TXT, MA_FAIL_OFFLINE, NULL);
    fake_fail(&fake, "q1.test", MA_TXT, MA_FAIL_TIMEOUT, NULL);
    struct ma_audit *a = start();
    const struct ma_report *r = ma_audit_report(a);
    assert_int_equal(r->questions, 2);
    assert_int_equal(r->unanswered, 1);
    assert_int_equal(r->not_asked, 1);
    assert_int_equal(r->status, MA_REPORT_INCOMPLETE);
    assert_int_equal(r->score.value, 99);
    assert_true(r->score.lowest < 99);
    ma_audit_free(a);
}

static void names_that_are_none_are_not_asked(void **state)
{
    (void)state;
    use(&bad);
    struct ma_audit *a = start();
    assert_int_equal(fake.asked, 0);
    assert_int_equal(ma_audit_report(a)->questions, 0);
    ma_audit_free(a);
}

static void observations_are_those_of_final_runs(const struct ma_slot *slot, void *context)
{
    assert_int_equal(ma_entry_question(slot->entry)->type, MA_TXT);
    assert_string_equal(slot->answer->name, "q0.test");
    *(unsigned *)context += 1;
}

static void observations_can_be_seen(void **state)
{
    unsigned seen = 0;
    (void)state;
    use(&too_much);
    fake.late = true;
    struct ma_audit *a = start();
    fake_settle_all(&fake);
    ma_engine_work(&engine);
    ma_audit_observations(a, observations_are_those_of_final_runs, &seen);
    assert_int_equal(seen, 1);
    assert_ptr_equal(ma_audit_spec(a), &spec);
    ma_audit_free(a);
}

/* An audit for which there was no memory has a target and nothing else: it can be printed. */
static void a_failed_report_can_be_printed(void **state)
{
    struct ma_target target = {
        .domain = "example.test", .unicode = "example.test", .sender = "postmaster@example.test"};
    struct ma_report r = {.status = MA_REPORT_FAILED,
        .failure = "out of memory",
        .target = &target,
        .audited_at = -1,
        .verdict = MA_UNKNOWN};
    const struct ma_render_options options = {.columns = 80};
    (void)state;
    for (const struct ma_format *f = ma_formats; f->name != NULL; f++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        f->render(out, &r, &options);
        assert_int_equal(fclose(out), 0);
        assert_non_null(strstr(text, "out of memory"));
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_there_takes_one_run),
        CASE(a_check_runs_again_when_all_is_there),
        CASE(a_chain_takes_a_run_a_link),
        CASE(no_engine_work_inside_an_answer),
        CASE(the_order_of_answers_does_not_matter),
        CASE(audits_share_what_they_ask),
        CASE(done_may_free_the_audit),
        CASE(answers_may_come_while_the_check_runs),
        CASE(only_final_runs_count),
        CASE(what_is_not_asked_is_counted_apart),
        CASE(names_that_are_none_are_not_asked),
        CASE(observations_can_be_seen),
        CASE(a_failed_report_can_be_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
