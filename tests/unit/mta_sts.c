/* SPDX-License-Identifier: MIT */
/* MTA-STS: the record, the policy, and which hosts a policy names. */
#include "../../checks/mta_sts_parse.h"
#include "unit.h"

/* ---- records --------------------------------------------------------------------------------- */

struct record_case {
    const char *text;
    const char *id;    /* or NULL */
    const char *at;    /* the text at the fault, or NULL: it is right */
    const char *again; /* a second id, or NULL */
};

static const struct record_case records[] = {
    {"v=STSv1; id=20160831085700Z;", "20160831085700Z", NULL, NULL},
    {"v=STSv1;id=1", "1", NULL, NULL},
    {"v=STSv1 ; id=1 ; ext=a:b,c", "1", NULL, NULL},
    {"v=STSv1; ext.a-b_c=1; id=abc", "abc", NULL, NULL},
    {"v=STSv1; id=12345678901234567890123456789012", "12345678901234567890123456789012", NULL,
        NULL},
    {"v=STSv1; id=1; id=2", "1", NULL, "id=2"},
    {"v=STSv1;", NULL, "v=STSv1;", NULL},
    {"v=STSv1", NULL, "v=STSv1", NULL},
    {"v=STSv1; id=", NULL, "id=", NULL},
    {"v=STSv1; id=2024-01-01", "2024-01-01", "id=2024-01-01", NULL},
    {"v=STSv1; id=123456789012345678901234567890123", "123456789012345678901234567890123",
        "id=123456789012345678901234567890123", NULL},
    {"v=STSv1; ID=1", "1", "ID", NULL},
    {"v=STSv1; id = 1", "1", "id = 1", NULL},
    {"v=STSv1; 1", NULL, "1", NULL},
    {"v=STSv1; id=1;; ext=1", "1", "", NULL},
    {"v=STSv1; id=1; trailing garbage", "1", "trailing garbage", NULL},
    {"v=STSv1; id=1; -x=1", "1", "-x", NULL},
    {"v=STSv1; id=1; x=", "1", "x=", NULL},
    {"v=STSv1 id=1", NULL, "v=STSv1 id=1", NULL},
    {"v=STSv1; id=1 mode=enforce", "1 mode=enforce", "id=1 mode=enforce", NULL},
};

static void assert_span(const char *text, struct ma_span span, const char *expected)
{
    assert_true(span.offset + span.size <= strlen(text));
    if (expected == NULL)
        assert_int_equal(span.size, 0);
    else
        assert_true(ma_span_is(text, span, expected));
}

static void the_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        const struct record_case *c = &records[i];
        struct mta_sts_record r;
        assert_true(mta_sts_is_lone_record(c->text, strlen(c->text)));
        mta_sts_record_parse(&r, c->text, strlen(c->text));
        if ((r.fault == NULL) != (c->at == NULL))
            fail_msg("%s: %s", c->text, r.fault != NULL ? r.fault : "no fault");
        assert_span(c->text, r.id, c->id);
        assert_span(c->text, r.again, c->again);
        if (c->at != NULL)
            assert_span(c->text, r.at, c->at);
    }
}

static void what_is_a_record(void **state)
{
    (void)state;
    static const char *const others[] = {"", "v=STSv", "v=STSv10; id=1", "V=STSv1; id=1",
        "v=STSV1; id=1", " v=STSv1; id=1", "id=1; v=STSv1", "v=spf1 -all"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(mta_sts_is_record(others[i], strlen(others[i])));
        assert_false(mta_sts_is_lone_record(others[i], strlen(others[i])));
    }
    assert_true(mta_sts_is_record("v=STSv1;", 8));
    assert_false(mta_sts_is_record("v=STSv1 ; id=1", 14)); /* discarded, beside others */
    assert_true(mta_sts_is_lookalike("V=STSv1; id=1", 13));
    assert_true(mta_sts_is_lookalike("\"v=STSv1; id=1\"", 15));
    assert_true(mta_sts_is_lookalike("id=1; v=STSv1", 13));
    assert_true(mta_sts_is_lookalike("v = STSv2", 9));
    assert_false(mta_sts_is_lookalike("v=spf1 -all", 11));
    assert_false(mta_sts_is_lookalike("v", 1));
    assert_false(mta_sts_is_lookalike("", 0));
}

/* ---- policies -------------------------------------------------------------------------------- */

struct policy_case {
    const char *text;
    enum mta_sts_mode mode;
    uint64_t max_age_secs;
    size_t patterns;
    const char *faults; /* a word each: kind and line, "s2 p3 r4" */
};

#define MODE(m) MTA_STS_##m
#define GOOD    "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n"

static const struct policy_case policies[] = {
    {GOOD, MODE(ENFORCE), 604800, 1, ""},
    {"version: STSv1\r\nmode: testing\r\nmx: a.example.com\r\nmx: *.example.net\r\nmax_age: 1\r\n",
        MODE(TESTING), 1, 2, ""},
    {"version:STSv1\nmode:none\nmax_age:\t86400", MODE(NONE), 86400, 0, ""},
    {"max_age: 604800\nmx: a.b\nmode: testing\nversion: STSv1", MODE(TESTING), 604800, 1, ""},
    {GOOD "x-y_z: something else \303\244\n\n\n", MODE(ENFORCE), 604800, 1, ""},
    {GOOD "max_age: 1\nmode: none\nversion: 2\n", MODE(ENFORCE), 604800, 1, "r5 r6 r7"},
    {GOOD "mx: MAIL.example.com\n", MODE(ENFORCE), 604800, 1, "r5"},
    {GOOD "mx: *\nmx: a.*.b\nmx: a.b.\nmx: .a.b\nmx: localhost\nmx: a..b\nmx: -a.b\nmx:\n",
        MODE(ENFORCE), 604800, 1, "p5 p6 p7 p8 p9 p10 p11 p12"},
    {GOOD "mx: a.b c.d\nmx: a.b,c.d\nmx: user@a.b\nmx: *.*.a.b\nmx: *.com\n", MODE(ENFORCE), 604800,
        1, "p5 p6 p7 p8 p9"},
    {"", MODE(NO_MODE), 0, 0, "s0 s0 s0 s0"},
    {"<html><body>404</body></html>", MODE(NO_MODE), 0, 0, "s1 s0 s0 s0 s0"},
    {"version: STSv1\nmx: a.b\nmax_age: 1\n", MODE(NO_MODE), 1, 1, "s0"},
    {"version: STSv2\nmode: Enforce\nmx: a.b\nmax_age: 1d\n", MODE(NO_MODE), 0, 1, "s1 s2 s4"},
    {"Version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 604800\n", MODE(ENFORCE), 604800, 1,
        "s1 s0"},
    {"version: STSv1\nmode = enforce\nmx: a.b\nmax_age: 604800\n", MODE(NO_MODE), 604800, 1,
        "s2 s0"},
    {"version: STSv1\n mode: enforce\nmx : a.b\nmax_age: 604800\n", MODE(NO_MODE), 604800, 0,
        "s2 s3 s0 s0"},
    {"\357\273\277" GOOD, MODE(ENFORCE), 604800, 1, "s1"},
    {"version: STSv1\rmode: enforce\rmx: a.b\rmax_age: 1\r", MODE(NO_MODE), 0, 0, "s1 s0 s0 s0 s0"},
    {GOOD "foo\n: bar\nfoo:\n", MODE(ENFORCE), 604800, 1, "s5 s6 s7"},
    {"version: STSv1\nmode: enforce\nmx: a.b\nmax_age: -1\n", MODE(ENFORCE), 0, 1, "s4"},
    {"version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 9999999999\n", MODE(ENFORCE), 9999999999, 1,
        ""},
    {"version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 99999999999\n", MODE(ENFORCE), 0, 1, "s4"},
};

static void faults_text(const struct mta_sts_policy *p, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < p->fault_count && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%c%u", i > 0 ? " " : "",
            "spr"[p->faults[i].kind], p -> faults[i].line);
}

static void the_policy(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        const struct policy_case *c = &policies[i];
        struct mta_sts_policy p;
        char faults[128];
        mta_sts_policy_parse(&p, c->text, strlen(c->text));
        faults_text(&p, faults, sizeof faults);
        if (p.mode != c->mode || p.max_age_secs != c->max_age_secs ||
            p.pattern_count != c->patterns || strcmp(faults, c->faults) != 0)
            fail_msg("%s: mode %d, max_age %llu, %zu patterns, faults '%s'", c->text, (int)p.mode,
                (unsigned long long)p.max_age_secs, p.pattern_count, faults);
        assert_int_equal(mta_sts_policy_holds(&p), strchr(c->faults, 's') == NULL);
    }
}

static void too_much_of_it(void **state)
{
    (void)state;
    static char text[64 * 1024];
    struct mta_sts_policy p;
    size_t at = 0;
    for (unsigned i = 0; i < 600; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "mx: h%u.example.com\nbad line\n", i);
    mta_sts_policy_parse(&p, text, at);
    assert_int_equal(p.pattern_count, MTA_STS_PATTERNS_MAX);
    assert_int_equal(p.patterns_left_out, 600 - MTA_STS_PATTERNS_MAX);
    assert_int_equal(p.fault_count, MTA_STS_FAULTS_MAX);
    assert_int_equal(p.by_kind[MTA_STS_SYNTAX], 600 + 3);
}

static void which_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *host;
        bool matches;
    } cases[] = {
        {"mail.example.com", "mail.example.com", true},
        {"Mail.Example.COM", "mail.example.com", true},
        {"mail.example.com", "mail.example.org", false},
        {"mail.example.com", "xmail.example.com", false},
        {"*.example.com", "mail.example.com", true},
        {"*.example.com", "a.mail.example.com", false},
        {"*.example.com", "example.com", false},
        {"*.example.com", "mailexample.com", false},
        {"*.example.com", ".example.com", false},
        {"*.example.com", "com", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (mta_sts_matches(cases[i].pattern, strlen(cases[i].pattern), cases[i].host) !=
            cases[i].matches)
            fail_msg("%s %s", cases[i].pattern, cases[i].host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_record),
        cmocka_unit_test(what_is_a_record),
        cmocka_unit_test(the_policy),
        cmocka_unit_test(too_much_of_it),
        cmocka_unit_test(which_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
