/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "finding.h"

static const struct ma_check check = {.name = "spf", .area = "spf"};

static int setup(void **state)
{
    static struct ma_arena arena;
    ma_arena_init(&arena, 4096, UNIT_ARENA_BYTES);
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    ma_arena_clear(*state);
    return 0;
}

static const char *filled(void **state, const char *fix, struct ma_placeholder *fills)
{
    const struct ma_rule rule = {.id = "spf.x", .severity = MA_ERROR, .fix = fix};
    struct ma_finding *f = ma_finding_new(*state, &check, &rule, "mail.example.com", "seen");
    f->fills = fills;
    ma_finding_finish(f, "example.com");
    return f->fix;
}

static void placeholders_are_filled(void **state)
{
    struct ma_placeholder host = {"host", "mx.example.net", NULL};
    struct ma_placeholder earlier = {"host", "mx2.example.net", NULL};
    struct ma_placeholder hostile = {"host", "{domain}%s", NULL};
    assert_string_equal(filled(state, "no change", NULL), "no change");
    assert_string_equal(
        filled(state, "{domain} and {subject}.", NULL), "example.com and mail.example.com.");
    assert_string_equal(
        filled(state, "point {host} to {domain}", &host), "point mx.example.net to example.com");
    assert_string_equal(filled(state, "{host}{host}", &hostile), "{domain}%s{domain}%s");
    host.next = &earlier;
    assert_string_equal(filled(state, "{host}", &host), "mx.example.net");
    assert_null(filled(state, NULL, NULL));
}

static void what_has_no_text_stays(void **state)
{
    assert_string_equal(filled(state, "{host} %{i} {", NULL), "{host} %{i} {");
    assert_string_equal(filled(state, "{{domain}", NULL), "{example.com");
    assert_string_equal(filled(state, "}{}", NULL), "}{}");
}

static void ids_are_those_of_rule_and_subject(void **state)
{
    static const struct ma_rule rule = {.id = "spf.x"}, longer = {.id = "spf.xa"};
    struct ma_finding *f = ma_finding_new(*state, &check, &rule, "a", "one");
    struct ma_finding *same = ma_finding_new(*state, &check, &rule, "a", "two");
    struct ma_finding *other = ma_finding_new(*state, &check, &rule, "b", "one");
    struct ma_finding *shifted = ma_finding_new(*state, &check, &longer, "", "one");
    assert_int_equal(strlen(f->id), 16);
    assert_string_equal(f->id, same->id);
    assert_string_not_equal(f->id, other->id);
    assert_string_not_equal(f->id, shifted->id);
    /* Users keep these: the hash is never to change. */
    assert_string_equal(f->id, "9089734ace85b1c9");
}

static void severities_have_names(void **state)
{
    enum ma_severity s;
    (void)state;
    for (int i = MA_PASS; i <= MA_CRITICAL; i++) {
        assert_true(ma_severity_parse(&s, ma_severity_name((enum ma_severity)i)));
        assert_int_equal(s, i);
    }
    assert_false(ma_severity_parse(&s, "fatal"));
    assert_false(ma_severity_parse(&s, ""));
    assert_string_equal(ma_role_name(MA_SENDS_AND_RECEIVES), "sends-and-receives");
    assert_string_equal(ma_role_name(MA_PARKED), "parked");
}

/* An UNKNOWN finding whose question for name failed so, put before list. */
static struct ma_finding *unknown(
    void **state, struct ma_finding *list, enum ma_failure failure, const char *name)
{
    static const struct ma_rule rule = {.id = "spf.unknown", .severity = MA_UNKNOWN};
    struct ma_finding *f = ma_finding_new(*state, &check, &rule, name, "seen");
    f->failure = failure;
    f->failed_name = name;
    f->next = list;
    return f;
}

static struct ma_finding *cause(void **state, const struct ma_rule *rule)
{
    return ma_finding_new(*state, &check, rule, "example.com", "seen");
}

static void a_dead_resolver_explains_all(void **state)
{
    static const struct ma_rule dead = {.id = "dns.resolver-dead", .severity = MA_UNKNOWN};
    struct ma_finding *c = cause(state, &dead);
    c->failure = MA_FAIL_TIMEOUT;
    struct ma_finding *slow = unknown(state, c, MA_FAIL_TIMEOUT, "10.114.0.203.in-addr.arpa");
    struct ma_finding *late = unknown(state, slow, MA_FAIL_BUDGET, "example.com");
    struct ma_finding *huge = unknown(state, late, MA_FAIL_TOO_LARGE, "example.com");
    struct ma_finding *known = unknown(state, huge, MA_FAIL_TIMEOUT, "example.com");
    known->cause = "spf.syntax";
    ma_findings_explain(known);
    assert_string_equal(slow->cause, "dns.resolver-dead");
    assert_true(slow->explained && late->explained);
    assert_false(huge->explained || known->explained || c->explained);
    assert_null(c->cause);
    assert_string_equal(known->cause, "spf.syntax");
}

static void dead_servers_explain_their_zone(void **state)
{
    static const struct ma_rule dead = {
        .id = "dns.all-servers-silent", .severity = MA_CRITICAL, .fix = ""};
    struct ma_finding *c = cause(state, &dead);
    struct ma_finding *below = unknown(state, c, MA_FAIL_SERVFAIL, "_dmarc.example.com");
    struct ma_finding *other = unknown(state, below, MA_FAIL_TIMEOUT, "notexample.com");
    struct ma_finding *nameless = unknown(state, other, MA_FAIL_TIMEOUT, "x");
    nameless->failed_name = NULL;
    ma_findings_explain(nameless);
    assert_true(below->explained);
    assert_false(other->explained || nameless->explained);
}

static void without_a_cause_nothing_is_explained(void **state)
{
    struct ma_finding *f = unknown(state, NULL, MA_FAIL_TIMEOUT, "example.com");
    ma_findings_explain(f);
    ma_findings_explain(NULL);
    assert_false(f->explained);
    assert_null(f->cause);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(placeholders_are_filled),
        cmocka_unit_test(what_has_no_text_stays),
        cmocka_unit_test(ids_are_those_of_rule_and_subject),
        cmocka_unit_test(severities_have_names),
        cmocka_unit_test(a_dead_resolver_explains_all),
        cmocka_unit_test(dead_servers_explain_their_zone),
        cmocka_unit_test(without_a_cause_nothing_is_explained),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
