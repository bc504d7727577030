/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "policy.h"

#include <unistd.h>

static struct ma_registry registry;

/* Reads the text as a policy file; the error, or "" when it is good. */
static const char *read_text(struct ma_policy *p, const char *text, size_t size)
{
    static char error[512];
    char path[] = "/tmp/policy.XXXXXX";
    int fd = mkstemp(path);
    FILE *err = fmemopen(error, sizeof error, "w");
    assert_true(fd >= 0 && err != NULL);
    assert_int_equal(write(fd, text, size), (ssize_t)size);
    close(fd);
    bool ok = ma_policy_read(p, &registry, path, err);
    fclose(err);
    unlink(path);
    return ok ? "" : error + strlen(path);
}

static void assert_error(const char *text, const char *where_and_what)
{
    struct ma_policy *p = ma_policy_new();
    const char *error = read_text(p, text, strlen(text));
    if (strncmp(error, where_and_what, strlen(where_and_what)) != 0)
        fail_msg("'%s': '%s', not '%s'", text, error, where_and_what);
    ma_policy_free(p);
}

static void errors_name_the_place(void **state)
{
    (void)state;
    assert_error("nope.rule notice\n", ":1:1: no rule has this name");
    assert_error("\n# x\n  dmarc.missing\n", ":3:17: a severity, 'points' or 'mute' is missing");
    assert_error("dmarc.missing bad", ":1:15: not a severity, 'points' or 'mute': 'bad'");
    assert_error("dmarc.missing pass", ":1:15: not a severity that a rule can be given");
    assert_error("dmarc.missing notice x", ":1:22: unexpected at the end");
    assert_error("dmarc.missing notice\ndmarc.missing info", ":2:15: the severity of this rule is");
    assert_error("dmarc.missing points 101", ":1:22: not a number of points");
    assert_error("dmarc.missing points -1", ":1:22: not a number of points");
    assert_error("dmarc.missing points 1 2", ":1:24: unexpected");
    assert_error("dmarc.missing mute", ":1:19: expected 'until DATE'");
    assert_error("dmarc.missing mute until 2026-02-29 because x", ":1:26: not a day");
    assert_error("dmarc.missing mute until 2026-2-3 because x", ":1:26: not a day");
    assert_error("dmarc.missing mute until 2026-02-28 x", ":1:37: expected 'because'");
    assert_error("dmarc.missing mute until 2026-02-28 because  \n", ":1:45: the reason is missing");
    assert_error("audit.abandoned notice", ":1:17: what could not be answered");
}

static void a_nul_byte_is_an_error(void **state)
{
    struct ma_policy *p = ma_policy_new();
    (void)state;
    assert_int_equal(strncmp(read_text(p, "# a\0b\n", 6), ":1: a NUL byte", 14), 0);
    ma_policy_free(p);
}

static struct ma_finding *finding(struct ma_arena *arena, const char *id)
{
    const struct ma_rule *rule = ma_registry_rule(&registry, id);
    assert_non_null(rule);
    return ma_finding_new(arena, registry.checks[0].check, rule, "example.com", "");
}

static void says_what_it_holds(void **state)
{
    static const char text[] = "dmarc.missing error\n"
                               "dmarc.missing points 2\n"
                               "audit.abandoned mute until 2026-01-31 because\tof a  reason \n";
    struct ma_policy *p = ma_policy_new();
    struct ma_arena arena;
    (void)state;
    ma_arena_init(&arena, 1024, UNIT_ARENA_BYTES);
    assert_string_equal(read_text(p, text, sizeof text - 1), "");
    struct ma_finding *f = finding(&arena, "dmarc.missing");
    assert_null(ma_policy_apply(p, f, 0));
    assert_int_equal(f->severity, MA_ERROR);
    assert_int_equal(f->own_points, 2);
    assert_null(f->muted);
    f = finding(&arena, "audit.abandoned");
    assert_null(ma_policy_apply(p, f, 1769903999)); /* its last second */
    assert_string_equal(f->muted, "until 2026-01-31: of a  reason");
    f = finding(&arena, "audit.abandoned");
    assert_string_equal(ma_policy_apply(p, f, 1769904000), "2026-01-31");
    assert_null(f->muted);
    ma_arena_clear(&arena);
    ma_policy_free(p);
}

static void the_strict_profile_yields_to_the_file(void **state)
{
    static const char text[] = "tls_rpt.missing info\n";
    struct ma_policy *p = ma_policy_new();
    struct ma_arena arena;
    (void)state;
    ma_arena_init(&arena, 1024, UNIT_ARENA_BYTES);
    assert_string_equal(read_text(p, text, sizeof text - 1), "");
    assert_true(ma_policy_profile(p, &registry, "strict"));
    assert_false(ma_policy_profile(p, &registry, "lenient"));
    struct ma_finding *f = finding(&arena, "tls_rpt.missing");
    ma_policy_apply(p, f, 0);
    assert_int_equal(f->severity, MA_INFO);
    f = finding(&arena, "dmarc.policy-none");
    ma_policy_apply(p, f, 0);
    assert_int_equal(f->severity, MA_WARNING);
    ma_arena_clear(&arena);
    ma_policy_free(p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_name_the_place),
        cmocka_unit_test(a_nul_byte_is_an_error),
        cmocka_unit_test(says_what_it_holds),
        cmocka_unit_test(the_strict_profile_yields_to_the_file),
    };
    if (!ma_registry_init(&registry, stderr))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ma_registry_close(&registry);
    return failed;
}
