/* SPDX-License-Identifier: MIT */
/* The bounds of an audit: memory, rounds, questions, time. */
#include "engine_world.h"

static void ask_without_end(struct ma_run *run)
{
    unsigned i = 0;
    runs++;
    while (ma_dns(run, MA_TXT, "e%u.test", i)->status != MA_PENDING)
        i++;
}

static void ask_very_many(struct ma_run *run)
{
    runs++;
    for (unsigned i = 0; i < MA_AUDIT_QUESTIONS_MAX + 100; i++)
        tell(run, ma_dns(run, MA_TXT, "m%u.test", i));
}

static void take_all_memory(struct ma_run *run)
{
    runs++;
    ma_defer(run, on_release, NULL);
    ma_report(run, &rules[0], "x", "before the end");
    ma_dns(run, MA_TXT, "hog.test");
    for (volatile bool forever = true; forever;)
        ma_alloc(run, 100000);
}

CHECK(without_end, ask_without_end, "{}");
CHECK(very_many, ask_very_many, "{}");
CHECK(hog, take_all_memory, "{\"kept\":null}");

/* The check is given up, with its findings; the others are not. */
static void memory_is_bounded(void **state)
{
    (void)state;
    use(&hog);
    use(&three);
    fake.late = true;
    struct ma_audit *a = start();
    assert_int_equal(runs, 2);
    assert_int_equal(released, 2);
    fake_settle(&fake, fake_find(&fake, "q1.test", MA_TXT));
    fake_settle(&fake, fake_find(&fake, "q0.test", MA_TXT));
    fake_settle(&fake, fake_find(&fake, "q2.test", MA_TXT));
    ma_engine_work(&engine);
    assert_int_equal(done, 1);
    const struct ma_finding *f = finding(a, "audit.abandoned");
    assert_non_null(f);
    assert_string_equal(f->subject, "x");
    assert_non_null(strstr(f->evidence, "MA_AUDIT_BYTES_MAX"));
    assert_non_null(strstr(f->fix, "--check x"));
    assert_int_equal(findings(a, "x.seen"), 3);
    assert_int_equal(ma_audit_report(a)->status, MA_REPORT_INCOMPLETE);
    assert_int_equal(ma_audit_report(a)->verdict, MA_UNKNOWN);
    char *text = json(a);
    assert_non_null(strstr(text, "\"kept\":null"));
    free(text);
    ma_audit_free(a);
    assert_int_equal(fake.pending_count, 1); /* the hog's question */
    fake_settle_all(&fake);
    ma_engine_work(&engine);
}

/* The last question is still open when the audit is over: its answer finds nobody. */
static void rounds_are_bounded(void **state)
{
    (void)state;
    use(&without_end);
    fake.late = true;
    struct ma_audit *a = start();
    while (done == 0) {
        fake_settle_all(&fake);
        ma_engine_work(&engine);
    }
    assert_int_equal(runs, MA_AUDIT_ROUNDS_MAX);
    assert_non_null(strstr(finding(a, "audit.abandoned")->evidence, "MA_AUDIT_ROUNDS_MAX"));
    assert_int_equal(ma_audit_report(a)->questions, 0);
    ma_audit_free(a);
    assert_int_equal(fake.pending_count, 1);
    fake_settle_all(&fake);
    ma_engine_work(&engine);
}

static void questions_are_bounded(void **state)
{
    (void)state;
    use(&very_many);
    struct ma_audit *a = start();
    assert_int_equal(done, 1);
    assert_int_equal(fake.asked, MA_AUDIT_QUESTIONS_MAX);
    assert_int_equal(ma_audit_report(a)->questions, MA_AUDIT_QUESTIONS_MAX);
    assert_int_equal(findings(a, "x.unknown"), 100);
    assert_int_equal(finding(a, "x.unknown")->failure, MA_FAIL_BUDGET);
    assert_int_equal(ma_audit_report(a)->status, MA_REPORT_INCOMPLETE);
    ma_audit_free(a);
}

static void time_is_bounded(void **state)
{
    (void)state;
    use(&three);
    use(&on);
    fake.late = true;
    fake_ok(&fake, "q0.test", MA_TXT, "q0.test 60 IN TXT a");
    fake_ok(&fake, "n0.test", MA_PTR, "n0.test 60 IN PTR n1.test.");
    struct ma_audit *a = start();
    fake_settle(&fake, fake_find(&fake, "q0.test", MA_TXT));
    fake_settle(&fake, fake_find(&fake, "n0.test", MA_PTR));
    ma_audit_expire(a);
    ma_audit_expire(a);
    ma_engine_work(&engine);
    assert_int_equal(done, 1); /* what is asked from now on fails as well */
    const struct ma_report *r = ma_audit_report(a);
    assert_int_equal(findings(a, "x.seen"), 2);
    assert_int_equal(findings(a, "x.unknown"), 3);
    assert_int_equal(finding(a, "x.unknown")->failure, MA_FAIL_BUDGET);
    assert_non_null(finding(a, "audit.time-limit"));
    assert_int_equal(r->questions, 5);
    assert_int_equal(r->unanswered, 3);
    assert_int_equal(r->status, MA_REPORT_INCOMPLETE);
    fake_settle_all(&fake); /* too late, and for others */
    assert_int_equal(findings(a, "x.unknown"), 3);
    ma_audit_free(a);
}

static void time_for_one_is_not_time_for_all(void **state)
{
    (void)state;
    use(&three);
    fake.late = true;
    struct ma_audit *a = start(), *b = start();
    ma_audit_expire(a);
    ma_engine_work(&engine);
    assert_int_equal(done, 1);
    assert_int_equal(findings(a, "x.unknown"), 3);
    ma_audit_free(a);
    fake_settle_all(&fake);
    ma_engine_work(&engine);
    assert_int_equal(done, 2);
    assert_int_equal(findings(b, "x.seen"), 3);
    assert_null(finding(b, "audit.time-limit"));
    ma_audit_free(b);
}

static void expiry_after_the_last_answer_is_nothing(void **state)
{
    (void)state;
    use(&three);
    fake.late = true;
    struct ma_audit *a = start();
    fake_settle_all(&fake);
    ma_audit_expire(a);
    ma_engine_work(&engine);
    assert_int_equal(findings(a, "x.seen"), 3);
    assert_null(finding(a, "audit.time-limit"));
    ma_audit_expire(a);
    ma_audit_free(a);
    ma_audit_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(memory_is_bounded),
        CASE(rounds_are_bounded),
        CASE(questions_are_bounded),
        CASE(time_is_bounded),
        CASE(time_for_one_is_not_time_for_all),
        CASE(expiry_after_the_last_answer_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
