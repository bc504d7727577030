/* SPDX-License-Identifier: MIT */
#include "spf/spf.h"
#include "unit.h"
#include "world.h"

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

static const struct ma_spf_outcome *evaluate(const char *address, const char *sender)
{
    struct ma_spf spf;
    struct ma_spf_client client = {.sender = sender,
        .helo = "mail.example.com",
        .receiver = "unknown",
        .now_secs = 1400000000};
    assert_true(ma_address_parse(&client.address, address));
    ma_spf_init(&spf, world_run(world));
    return ma_spf_evaluate(&spf, &client);
}

static void assert_result(const char *address, enum ma_spf_result result)
{
    const struct ma_spf_outcome *out = evaluate(address, "bob@example.com");
    assert_false(out->pending);
    assert_string_equal(ma_spf_result_name(out->result), ma_spf_result_name(result));
}

static void test_a_term_is_void_once(void **state)
{
    (void)state;
    /* four hosts without an address are one void term; the third void term is one too many */
    BUILD("example.com TXT v=spf1 mx a:gone1.example.com ip4:192.0.2.1 a:gone2.example.com ?all",
        "example.com MX 10 h1.example.com", "example.com MX 20 h2.example.com",
        "example.com MX 30 h3.example.com", "example.com MX 40 h4.example.com");
    assert_result("192.0.2.1", MA_SPF_PASS);
    assert_int_equal(evaluate("192.0.2.1", "bob@example.com")->voids, 2);
    assert_result("192.0.2.2", MA_SPF_PERMERROR);
    const struct ma_spf_outcome *out = evaluate("192.0.2.2", "bob@example.com");
    assert_int_equal(out->problem.kind, MA_SPF_VOID_LIMIT);
    assert_string_equal(out->problem.name, "gone2.example.com");
}

static void test_a_repeated_void_counts_again(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 a:gone.example.com a:gone.example.com a:gone.example.com ?all");
    assert_result("192.0.2.1", MA_SPF_PERMERROR);
}

static void test_exp_and_p_are_no_void_terms(void **state)
{
    (void)state;
    BUILD(
        "example.com TXT v=spf1 a:gone1.example.com a:gone2.example.com exists:%{p}.ok.example.com "
        "-all exp=gone3.example.com",
        "unknown.ok.example.com A 127.0.0.2");
    assert_result("192.0.2.1", MA_SPF_PASS);
    BUILD("example.com TXT v=spf1 a:gone1.example.com a:gone2.example.com -all "
          "exp=gone3.example.com");
    assert_result("192.0.2.1", MA_SPF_FAIL);
}

static void test_a_name_that_cannot_be_one_is_not_asked_for(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 a:a..example.com a:b..example.com a:c..example.com -all");
    assert_result("192.0.2.1", MA_SPF_FAIL);
    assert_int_equal(evaluate("192.0.2.1", "bob@example.com")->voids, 0);
    BUILD("example.com TXT v=spf1 include:a..example.com -all");
    assert_result("192.0.2.1", MA_SPF_PERMERROR);
    BUILD("example.com TXT v=spf1 redirect=a..example.com");
    assert_result("192.0.2.1", MA_SPF_PERMERROR);
}

static void test_zero_digits_and_missing_local_part(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 exists:%{d0}.example.com -all");
    assert_result("192.0.2.1", MA_SPF_PERMERROR);
    BUILD("example.com TXT v=spf1 -all exp=why.example.com", "why.example.com TXT %{s}|%{l}|%{o}");
    assert_string_equal(evaluate("192.0.2.1", "@example.com")->explanation,
        "postmaster@example.com|postmaster|example.com");
    assert_string_equal(evaluate("192.0.2.1", "example.com")->explanation,
        "postmaster@example.com|postmaster|example.com");
}

static void test_the_eleventh_lookup(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 a a a a a a a a a a ip4:192.0.2.1 a -all",
        "example.com A 192.0.2.9");
    const struct ma_spf_outcome *out = evaluate("192.0.2.1", "bob@example.com");
    assert_int_equal(out->result, MA_SPF_PASS);
    assert_int_equal(out->lookups, 10);
    out = evaluate("192.0.2.2", "bob@example.com");
    assert_int_equal(out->result, MA_SPF_PERMERROR);
    assert_int_equal(out->lookups, 11);
    assert_int_equal(out->problem.kind, MA_SPF_LOOKUP_LIMIT);
    assert_int_equal(out->problem.term->offset, 41);
}

static void test_an_include_bomb_is_cheap(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 include:%{d1r}.example.com", "com.example.com TXT v=spf1");
    world_free(world);
    world = world_new();
    char line[600];
    for (int depth = 0; depth < 6; depth++) {
        int at = snprintf(line, sizeof line, "d%d.example.com TXT v=spf1", depth);
        for (int i = 0; i < 10; i++)
            at += snprintf(
                line + at, sizeof line - (size_t)at, " include:d%d.example.com", depth + 1);
        assert_true(world_add(world, line));
    }
    assert_true(world_add(world, "d6.example.com TXT v=spf1 -all"));
    const struct ma_spf_outcome *out = evaluate("192.0.2.1", "bob@d0.example.com");
    assert_int_equal(out->result, MA_SPF_PERMERROR);
    assert_int_equal(out->lookups, 11);
    assert_true(world_questions(world) < 200);
}

static void test_all_names_are_asked_before_the_first_answer(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 include:i.test a:h.test mx exists:%{i}.x.test redirect=r.test",
        "i.test TXT !pending", "h.test A !pending", "example.com MX !pending",
        "192.0.2.1.x.test A !pending", "r.test TXT !pending");
    const struct ma_spf_outcome *out = evaluate("192.0.2.1", "bob@example.com");
    assert_true(out->pending);
    assert_true(world_questions(world) >= 6);
    const struct ma_spf_step *steps = out->root->steps;
    for (size_t i = 0; i < out->root->step_count; i++)
        assert_non_null(steps[i].target);
}

static void test_a_local_match_asks_for_nothing_behind_it(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 ip4:192.0.2.0/24 include:i.example.com -all",
        "i.example.com TXT !timeout");
    assert_result("192.0.2.1", MA_SPF_PASS);
    assert_int_equal(world_questions(world), 1);
    assert_result("198.51.100.1", MA_SPF_TEMPERROR);
}

static void test_mapped_addresses_are_ipv4(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 ip4:192.0.2.1 ip6:::ffff:192.0.2.2 -all");
    assert_result("::ffff:192.0.2.1", MA_SPF_PASS);
    assert_result("::ffff:192.0.2.2", MA_SPF_FAIL);
}

static void test_a_failed_ptr_lookup_leaves_a_doubt(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 ptr -all", "1.2.0.192.in-addr.arpa PTR !servfail");
    const struct ma_spf_outcome *out = evaluate("192.0.2.1", "bob@example.com");
    assert_int_equal(out->result, MA_SPF_FAIL); /* 5.5 */
    assert_non_null(out->doubt);
}

static void test_the_matching_path_is_known(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 redirect=_spf.example.com",
        "_spf.example.com TXT v=spf1 include:i.example.com -all",
        "i.example.com TXT v=spf1 ip4:192.0.2.1 -all");
    const struct ma_spf_outcome *out = evaluate("192.0.2.1", "bob@example.com");
    assert_int_equal(out->result, MA_SPF_PASS);
    assert_string_equal(out->decisive->domain->text, "_spf.example.com");
    assert_int_equal(out->matched->term->kind, MA_SPF_INCLUDE);
    assert_int_equal(out->matched->inside->steps[0].verdict, MA_SPF_MATCH);
    assert_int_equal(out->root->steps[0].verdict, MA_SPF_FOLLOWED);
    assert_int_equal(out->lookups, 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_term_is_void_once),
        cmocka_unit_test(test_a_repeated_void_counts_again),
        cmocka_unit_test(test_exp_and_p_are_no_void_terms),
        cmocka_unit_test(test_a_name_that_cannot_be_one_is_not_asked_for),
        cmocka_unit_test(test_zero_digits_and_missing_local_part),
        cmocka_unit_test(test_the_eleventh_lookup), cmocka_unit_test(test_an_include_bomb_is_cheap),
        cmocka_unit_test(test_all_names_are_asked_before_the_first_answer),
        cmocka_unit_test(test_a_local_match_asks_for_nothing_behind_it),
        cmocka_unit_test(test_mapped_addresses_are_ipv4),
        cmocka_unit_test(test_a_failed_ptr_lookup_leaves_a_doubt),
        cmocka_unit_test(test_the_matching_path_is_known)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_free(world);
    return failed;
}
