/* SPDX-License-Identifier: MIT */
#include "spf/spf.h"
#include "unit.h"
#include "world.h"

#define IPV4 1u
#define IPV6 2u

static struct world *world;

static void build(const char *const *lines)
{
    if (world != NULL)
        world_free(world);
    world = world_new();
    for (; *lines != NULL; lines++)
        assert_true(world_add(world, *lines));
}

#define BUILD(...) build((const char *const[]){__VA_ARGS__, NULL})

static const struct ma_spf_walk *walk(unsigned families)
{
    static struct ma_spf spf;
    struct ma_run *run = world_run(world);
    ma_spf_init(&spf, run);
    return ma_spf_walk(&spf, ma_spf_name(run, "example.com", 11), families, NULL);
}

static void test_every_branch_counts(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 +all", "x.test.com TXT v=spf1 -all");
    assert_int_equal(walk(IPV4)->lookups, 0);
    BUILD("example.com TXT v=spf1 ip6:::/0 include:i.test a mx ptr exists:e.test redirect=r.test",
        "i.test TXT v=spf1 a -all", "r.test TXT v=spf1 mx -all a a a redirect=x.test",
        "example.com A 192.0.2.1", "example.com MX 10 example.com", "i.test A 192.0.2.1",
        "e.test A 192.0.2.1", "r.test MX 10 example.com");
    const struct ma_spf_walk *out = walk(IPV4);
    assert_false(out->invalid);
    assert_int_equal(out->lookups, 8);
    assert_int_equal(out->voids, 0);
    assert_int_equal(out->costs[1], 2);
    assert_int_equal(out->costs[6], 2);
}

static void test_voids_by_family(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 a:h1.example.com a:h2.example.com a:h3.example.com -all",
        "h1.example.com A 192.0.2.1", "h2.example.com A 192.0.2.2", "h3.example.com A 192.0.2.3");
    assert_int_equal(walk(IPV4)->voids, 0);
    assert_false(walk(IPV4)->invalid);
    assert_int_equal(walk(IPV4 | IPV6)->voids, 3);
    assert_true(walk(IPV6)->invalid);
}

static void test_a_loop_has_no_end(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 include:b.example.com -all",
        "b.example.com TXT v=spf1 include:EXAMPLE.com. -all");
    const struct ma_spf_walk *out = walk(IPV4);
    assert_true(out->endless);
    assert_true(out->invalid);
    assert_int_equal(out->problems->kind, MA_SPF_LOOP);
    assert_string_equal(out->problems->owner, "b.example.com");
}

static void test_the_same_record_twice_is_no_loop(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 include:b.example.com include:b.example.com -all",
        "b.example.com TXT v=spf1 a:h.example.com -all", "h.example.com A 192.0.2.1");
    const struct ma_spf_walk *out = walk(IPV4);
    assert_false(out->endless);
    assert_false(out->invalid);
    assert_int_equal(out->lookups, 4);
}

static void test_the_walk_is_bounded(void **state)
{
    (void)state;
    char line[2000];
    BUILD("example.com TXT v=spf1 include:d0.example.com -all");
    for (int depth = 0; depth < 30; depth++) {
        int at = snprintf(line, sizeof line, "d%d.example.com TXT v=spf1", depth);
        for (int i = 0; i < 10; i++)
            at += snprintf(
                line + at, sizeof line - (size_t)at, " include:d%d.example.com", depth + 1);
        assert_true(world_add(world, line));
    }
    const struct ma_spf_walk *out = walk(IPV4);
    assert_true(out->cut);
    assert_true(out->invalid);
    assert_true(out->names <= MA_SPF_NAMES_MAX);
    assert_true(world_questions(world) < 5000);
}

static void test_a_failure_is_not_an_error(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 include:b.example.com a:h.example.com -all",
        "b.example.com TXT !servfail", "h.example.com A !timeout");
    const struct ma_spf_walk *out = walk(IPV4);
    assert_false(out->invalid);
    assert_int_equal(out->failed, 2);
    assert_int_equal(out->lookups, 2);
}

static void test_names_that_hang_on_the_client_are_not_asked_for(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 exists:%{i}.x.example.com include:%{l}.y.example.com -all");
    const struct ma_spf_walk *out = walk(IPV4);
    assert_int_equal(world_questions(world), 1);
    assert_int_equal(out->lookups, 2);
    assert_false(out->invalid);
    assert_int_equal(out->letters, MA_SPF_LETTER('i') | MA_SPF_LETTER('l'));
}

static void test_exp_of_the_own_record_only(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 include:i.example.com redirect=r.example.com exp=a.example.com",
        "i.example.com TXT v=spf1 -all exp=b.example.com",
        "r.example.com TXT v=spf1 -all exp=c.example.com", "c.example.com TXT no: %{i}");
    const struct ma_spf_walk *out = walk(IPV4);
    assert_string_equal(out->text->name, "c.example.com");
    assert_int_equal(out->text->state, MA_SPF_TEXT_GOOD);
}

static void test_grants(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 include:i.example.com ?include:j.example.com -all",
        "i.example.com TXT v=spf1 redirect=k.example.com", "j.example.com TXT v=spf1 -all",
        "k.example.com TXT v=spf1 -all");
    for (const struct ma_spf_seen *s = walk(IPV4)->seen; s != NULL; s = s->next) {
        assert_int_equal(s->own, strcmp(s->domain->text, "example.com") == 0);
        assert_int_equal(s->grants, strcmp(s->domain->text, "j.example.com") != 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_branch_counts),
        cmocka_unit_test(test_voids_by_family), cmocka_unit_test(test_a_loop_has_no_end),
        cmocka_unit_test(test_the_same_record_twice_is_no_loop),
        cmocka_unit_test(test_the_walk_is_bounded),
        cmocka_unit_test(test_a_failure_is_not_an_error),
        cmocka_unit_test(test_names_that_hang_on_the_client_are_not_asked_for),
        cmocka_unit_test(test_exp_of_the_own_record_only), cmocka_unit_test(test_grants)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_free(world);
    return failed;
}
