/* SPDX-License-Identifier: MIT */
#include "spf/macro.h"
#include "unit.h"
#include "world.h"

static struct world *world;

static struct ma_spf_values values(const char *client)
{
    struct ma_spf_values v = {.sender = "strong-bad@email.example.com",
        .local = "strong-bad",
        .sender_domain = "email.example.com",
        .domain = "email.example.com",
        .helo = "mx.example.org",
        .validated = "mx.example.org",
        .receiver = "unknown",
        .now_secs = 1400000000};
    assert_true(ma_address_parse(&v.client, client));
    return v;
}

static const char *expand(const char *client, const char *text)
{
    struct ma_spf_values v = values(client);
    return ma_spf_explanation_expand(world_run(world), &v, text, strlen(text));
}

/* RFC 7208 7.4 */
static void test_the_rfcs_examples(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"%{s}", "strong-bad@email.example.com"},
        {"%{o}", "email.example.com"}, {"%{d}", "email.example.com"},
        {"%{d4}", "email.example.com"}, {"%{d3}", "email.example.com"}, {"%{d2}", "example.com"},
        {"%{d1}", "com"}, {"%{dr}", "com.example.email"}, {"%{d2r}", "example.email"},
        {"%{l}", "strong-bad"}, {"%{l-}", "strong.bad"}, {"%{lr}", "strong-bad"},
        {"%{lr-}", "bad.strong"}, {"%{l1r-}", "strong"},
        {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
        {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
        {"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
        {"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"},
        {"%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(expand("192.0.2.3", rows[i][0]), rows[i][1]);
    struct ma_spf_values v = values("2001:db8::cb01");
    const char *spec = "%{ir}.%{v}._spf.%{d2}";
    assert_string_equal(ma_spf_expand_name(world_run(world), &v, spec, strlen(spec))->text,
        "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com");
}

static void test_the_rest(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"%%%_%-.", "% %20."}, {"%{c}", "192.0.2.3"},
        {"%{t} %{r} %{h} %{p}", "1400000000 unknown mx.example.org mx.example.org"},
        {"%{S}", "strong-bad%40email.example.com"}, {"%{L1r-}", "strong"}, {"%{i2}", "2.3"},
        {"", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(expand("192.0.2.3", rows[i][0]), rows[i][1]);
    assert_string_equal(expand("2001:db8::cb01", "%{c} %{v}"), "2001:db8::cb01 ip6");
}

static void test_parts_may_be_empty(void **state)
{
    (void)state;
    struct ma_spf_values v = values("192.0.2.3");
    v.local = "-a--b-";
    v.helo = "";
    struct ma_run *run = world_run(world);
    static const char *const rows[][2] = {{"%{l-}", ".a..b."}, {"%{lr-}", ".b..a."},
        {"%{l2-}", "b."}, {"%{l2r-}", "a."}, {"%{h}x", "x"}, {"%{hr}", ""}, {"%{h2}", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(
            ma_spf_explanation_expand(run, &v, rows[i][0], strlen(rows[i][0])), rows[i][1]);
}

static void test_long_names_lose_labels_on_the_left(void **state)
{
    (void)state;
    struct ma_spf_values v = values("192.0.2.3");
    static char spec[60000];
    size_t size = 0;
    while (size + 20 < sizeof spec) {
        memcpy(spec + size, "%{d}.", 5);
        size += 5;
    }
    memcpy(spec + size, "example.com", 11);
    const struct ma_spf_name *name = ma_spf_expand_name(world_run(world), &v, spec, size + 11);
    assert_non_null(name->text);
    assert_true(strlen(name->text) <= 253 && strlen(name->text) > 240);
}

static void test_explanations_are_checked(void **state)
{
    (void)state;
    size_t offset, length;
    uint32_t letters;
    assert_int_equal(
        ma_spf_explanation_check("see %{c} %{R}%%", 15, &offset, &length, &letters), MA_SPF_FINE);
    assert_int_equal(letters, MA_SPF_LETTER('c') | MA_SPF_LETTER('r'));
    assert_int_equal(
        ma_spf_explanation_check("a 100% b", 8, &offset, &length, &letters), MA_SPF_BAD_PERCENT);
    assert_int_equal(offset, 5);
    assert_int_equal(
        ma_spf_explanation_check("caf\xc3\xa9", 5, &offset, &length, &letters), MA_SPF_BAD_BYTE);
    assert_int_equal(offset, 3);
    assert_int_equal(
        ma_spf_explanation_check("a\0b", 3, &offset, &length, &letters), MA_SPF_BAD_BYTE);
}

static void test_explanations_are_capped(void **state)
{
    (void)state;
    struct ma_spf_values v = values("192.0.2.3");
    static char text[65000];
    memset(text, 'x', sizeof text);
    const char *out = ma_spf_explanation_expand(world_run(world), &v, text, sizeof text);
    assert_int_equal(strlen(out), MA_SPF_EXPLANATION_BYTES_MAX);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_rfcs_examples),
        cmocka_unit_test(test_the_rest), cmocka_unit_test(test_parts_may_be_empty),
        cmocka_unit_test(test_long_names_lose_labels_on_the_left),
        cmocka_unit_test(test_explanations_are_checked),
        cmocka_unit_test(test_explanations_are_capped)};
    world = world_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_free(world);
    return failed;
}
