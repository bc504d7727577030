/* SPDX-License-Identifier: MIT */
/* Bodies behind URLs: asked for in rounds, fetched once, shared, bounded. */
#include "engine_world.h"

#define ONE "https://one.test/x"
#define TWO "https://two.test/"

static struct fake_web fake_web;
static struct ma_web *web;

static int setup_web(void **state)
{
    int failed = setup(state);
    memset(&fake_web, 0, sizeof fake_web);
    struct ma_web_source source = fake_web_source(&fake_web);
    web = ma_web_new(&source, CACHE_BYTES);
    engine.web = web;
    return failed + (web == NULL);
}

static int teardown_web(void **state)
{
    ma_web_free(web);
    return teardown(state) + !fake_web.closed;
}

static void tell_body(struct ma_run *run, const struct ma_body *b)
{
    if (b->status == MA_FAILED)
        ma_failed_body(
            ma_report(run, &rules[1], b->url, "%s %s", ma_failure_name(b->failure), b->detail), b);
    else
        ma_report(run, &rules[0], b->url, "%u %s %zu '%s'", b->code, b->type, b->size, b->bytes);
}

/* Two bodies and a DNS answer at once; one body twice. */
static void fetch_two(struct ma_run *run)
{
    const struct ma_body *one = ma_https(run, ONE, 100), *two = ma_https(run, TWO, 100);
    const struct ma_answer *a = ma_dns(run, MA_TXT, "q0.test");
    runs++;
    assert_ptr_equal(ma_https(run, "HTTPS://One.test:443/x", 100), one);
    tell_body(run, one);
    tell_body(run, two);
    tell(run, a);
}

/* The second named by the first. */
static void fetch_on(struct ma_run *run)
{
    const struct ma_fetch how = {.follow = true, .accept = "text/plain"};
    const struct ma_body *one = ma_https_how(run, &how, ONE);
    runs++;
    if (one->status == MA_OK)
        tell_body(run, ma_https_how(run, &how, one->bytes));
}

static void fetch_bad(struct ma_run *run)
{
    const struct ma_body *b = ma_https(run, "http://one.test/", 0);
    assert_int_equal(b->status, MA_FAILED);
    assert_int_equal(b->failure, MA_FAIL_BAD_URL);
    assert_string_equal(b->url, "http://one.test/");
    assert_string_equal(b->bytes, "");
}

static void fetch_many(struct ma_run *run)
{
    for (int i = 0; i < MA_AUDIT_PAGES_MAX; i++)
        ma_https(run, ma_text(run, "https://n%d.test/", i), 0);
    assert_int_equal(ma_https(run, "https://last.test/", 0)->failure, MA_FAIL_BUDGET);
}

static void fetch_one(struct ma_run *run)
{
    tell_body(run, ma_https(run, ONE, 100));
}

CHECK(two, fetch_two, "{}");
CHECK(chain, fetch_on, "{}");
CHECK(bad, fetch_bad, "{}");
CHECK(many, fetch_many, "{}");
CHECK(one, fetch_one, "{}");

static const char *evidence(const struct ma_audit *a, size_t nth)
{
    return ma_audit_report(a)->findings[nth]->evidence;
}

static void a_body_is_asked_for_in_rounds(void **state)
{
    (void)state;
    use(&two);
    fake.late = fake_web.late = true;
    fake_body(&fake_web, ONE, "text/plain", "hello");
    struct ma_audit *a = start();
    assert_int_equal(runs, 1);
    assert_int_equal(fake_web.pending_count, 2);
    fake_web_settle_all(&fake_web);
    ma_engine_work(&engine);
    assert_int_equal(runs, 1);
    fake_settle_all(&fake);
    ma_engine_work(&engine);
    assert_int_equal(runs, 2);
    assert_int_equal(done, 1);
    assert_int_equal(fake_web.asked, 2);
    assert_int_equal(ma_audit_report(a)->questions, 3);
    assert_int_equal(ma_audit_report(a)->unanswered, 1);
    assert_int_equal(findings(a, "x.seen"), 2);
    const struct ma_finding *f = finding(a, "x.unknown");
    assert_string_equal(f->evidence, "not-recorded ");
    assert_string_equal(f->failed_name, "two.test");
    assert_int_equal(f->failure, MA_FAIL_NOT_RECORDED);
    ma_audit_free(a);
}

static void a_body_may_name_the_next(void **state)
{
    (void)state;
    use(&chain);
    fake_web.late = true;
    fake_body(&fake_web, ONE, "", TWO);
    fake_body(&fake_web, TWO, "text/html", "there");
    struct ma_audit *a = start();
    for (int i = 1; i < 3; i++) {
        assert_int_equal(runs, i);
        fake_web_settle_all(&fake_web);
        ma_engine_work(&engine);
    }
    assert_int_equal(done, 1);
    assert_string_equal(evidence(a, 0), "200 text/html 5 'there'");
    ma_audit_free(a);
}

static void audits_share_a_body(void **state)
{
    struct ma_audit *a[3];
    (void)state;
    use(&one);
    fake_web.late = true;
    fake_body(&fake_web, ONE, "", "x");
    for (int i = 0; i < 2; i++)
        a[i] = start();
    assert_int_equal(fake_web.asked, 1);
    fake_web_settle_all(&fake_web);
    ma_engine_work(&engine);
    assert_int_equal(done, 2);
    a[2] = start();
    assert_int_equal(done, 3);
    assert_int_equal(fake_web.asked, 1);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(evidence(a[i], 0), "200  1 'x'");
        ma_audit_free(a[i]);
    }
    ma_web_shrink(web);
    fake_web.late = false;
    ma_audit_free(start());
    assert_int_equal(fake_web.asked, 2);
}

static void what_is_no_url_is_not_fetched(void **state)
{
    (void)state;
    use(&bad);
    struct ma_audit *a = start();
    assert_int_equal(done, 1);
    assert_int_equal(fake_web.asked, 0);
    assert_int_equal(ma_audit_report(a)->questions, 0);
    ma_audit_free(a);
}

static void the_number_of_urls_is_bounded(void **state)
{
    (void)state;
    use(&many);
    struct ma_audit *a = start();
    assert_int_equal(fake_web.asked, MA_AUDIT_PAGES_MAX);
    assert_int_equal(ma_audit_report(a)->status, MA_REPORT_INCOMPLETE);
    ma_audit_free(a);
}

static void time_runs_out(void **state)
{
    (void)state;
    use(&two);
    fake_web.late = true;
    fake_body(&fake_web, ONE, "", "x");
    struct ma_audit *a = start();
    ma_audit_expire(a);
    ma_engine_work(&engine);
    assert_int_equal(done, 1);
    assert_int_equal(findings(a, "x.unknown"), 2);
    assert_int_equal(findings(a, "audit.time-limit"), 1);
    assert_string_equal(
        finding(a, "x.unknown")->evidence, "budget the time for this audit ran out");
    ma_audit_free(a);
    fake_web_settle_all(&fake_web);
}

/* What is wrong with a certificate is known then. */
static void a_bad_certificate_is_an_answer(void **state)
{
    (void)state;
    use(&one);
    fake_response(&fake_web, ONE,
        &(struct ma_response){.failure = MA_FAIL_CERTIFICATE, .certificate = "expired"});
    struct ma_audit *a = start();
    assert_int_equal(ma_audit_report(a)->questions, 1);
    assert_int_equal(ma_audit_report(a)->unanswered, 0);
    ma_audit_free(a);
}

static void without_a_source_nothing_is_fetched(void **state)
{
    (void)state;
    use(&one);
    engine.web = NULL;
    struct ma_audit *a = start();
    assert_string_equal(evidence(a, 0), "offline ");
    ma_audit_free(a);
    struct ma_web_source source;
    ma_web_offline_open(&source);
    engine.web = ma_web_new(&source, 0);
    a = start();
    assert_string_equal(evidence(a, 0), "offline ");
    assert_int_equal(ma_audit_report(a)->not_asked, 1);
    ma_audit_free(a);
    ma_web_free(engine.web);
}

#define WEB(name) cmocka_unit_test_setup_teardown(name, setup_web, teardown_web)

int main(void)
{
    (void)three;
    (void)on;
    (void)json;
    const struct CMUnitTest tests[] = {
        WEB(a_body_is_asked_for_in_rounds),
        WEB(a_body_may_name_the_next),
        WEB(audits_share_a_body),
        WEB(what_is_no_url_is_not_fetched),
        WEB(the_number_of_urls_is_bounded),
        WEB(time_runs_out),
        WEB(a_bad_certificate_is_an_answer),
        WEB(without_a_source_nothing_is_fetched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
