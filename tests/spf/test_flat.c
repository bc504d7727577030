/* SPDX-License-Identifier: MIT */
#include "spf/flat.h"
#include "unit.h"
#include "world.h"

static struct world *world;
static struct ma_run *run;

static void build(const char *const *lines)
{
    if (world != NULL)
        world_free(world);
    world = world_new();
    for (; *lines != NULL; lines++)
        assert_true(world_add(world, *lines));
}

#define BUILD(...) build((const char *const[]){__VA_ARGS__, NULL})

static const struct ma_spf_flat *flatten(void)
{
    static struct ma_spf spf;
    run = world_run(world);
    ma_spf_init(&spf, run);
    return ma_spf_flatten(&spf, ma_spf_name(run, "example.com", 11));
}

/* The networks of both families, a space between them. */
static const char *networks(const struct ma_spf_flat *flat)
{
    const char *text = "";
    for (unsigned family = 4; family <= 6; family += 2) {
        struct ma_networks list;
        struct ma_address address;
        unsigned prefix;
        ma_networks_begin(&list, family == 4 ? flat->passed.v4 : flat->passed.v6, family);
        while (ma_networks_next(&list, &address, &prefix))
            text = ma_text(run, "%s%s%s/%u", text, text[0] != '\0' ? " " : "",
                ma_address_text(run, &address), prefix);
    }
    return text;
}

static const char *record(const struct ma_spf_flat *flat)
{
    return ma_spf_flat_write(run, flat, "example.com")->list->text;
}

static void test_neighbours_and_parts_are_merged(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 ip4:192.0.2.128/25 ip4:192.0.2.0/25 ip4:192.0.2.7 "
          "ip4:255.255.255.255 ip4:0.0.0.0 ip6:8000::/1 ip6:::/1 -all");
    assert_string_equal(networks(flatten()), "0.0.0.0/32 192.0.2.0/24 255.255.255.255/32 ::/0");
}

static void test_first_match_counts(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 -ip4:192.0.2.1 ~a:h.example.com ip4:192.0.2.0/30 "
          "-ip4:192.0.2.0/24 ip4:192.0.2.0/23 ~all",
        "h.example.com A 192.0.2.2");
    const struct ma_spf_flat *flat = flatten();
    assert_string_equal(networks(flat), "192.0.2.0/32 192.0.2.3/32 192.0.3.0/24");
    assert_false(flat->partial);
    assert_string_equal(record(flat),
        "v=spf1 -ip4:192.0.2.1 ~ip4:192.0.2.2 ip4:192.0.2.0/30 -ip4:192.0.2.0/24 ip4:192.0.2.0/23 "
        "~all");
}

static void test_an_include_grants_what_it_passes(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 include:i.example.com -include:n.example.com "
          "redirect=r.example.com",
        "i.example.com TXT v=spf1 -ip4:192.0.2.1 ip4:192.0.2.0/31 ?ip4:192.0.2.0/24 -all",
        "n.example.com TXT v=spf1 ip4:198.51.100.0/25 +all",
        "r.example.com TXT v=spf1 ip4:198.51.100.0/24 -all");
    assert_string_equal(networks(flatten()), "192.0.2.0/32");
}

static void test_what_is_no_network_is_told(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 exists:%{i}.x.example.com ptr include:%{l}.example.com a:%{h} "
          "ip4:192.0.2.1 -all");
    const struct ma_spf_flat *flat = flatten();
    const enum ma_spf_why whys[] = {
        MA_SPF_WHY_EXISTS, MA_SPF_WHY_PTR, MA_SPF_WHY_MACRO, MA_SPF_WHY_MACRO};
    const struct ma_spf_left *left = flat->lefts;
    for (size_t i = 0; i < 4; i++, left = left->next)
        assert_int_equal(left->why, whys[i]);
    assert_null(left);
    assert_true(flat->partial);
    assert_string_equal(networks(flat), "192.0.2.1/32");
}

static void test_a_failure_is_no_absence(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 a:h.example.com include:i.example.com ip4:192.0.2.1 -all",
        "h.example.com A !timeout", "h.example.com AAAA 2001:db8::1",
        "i.example.com TXT !servfail");
    const struct ma_spf_flat *flat = flatten();
    assert_non_null(flat->failed);
    assert_string_equal(networks(flat), "192.0.2.1/32 2001:db8::1/128");
    assert_string_equal(record(flat),
        "v=spf1 a:h.example.com ip6:2001:db8::1 include:i.example.com ip4:192.0.2.1 -all");
}

static void test_limits_are_left_out(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 a:a.test.com a:b.test.com a:c.test.com a:d.test.com a:e.test.com "
          "a:f.test.com a:g.test.com a:h.test.com a:i.test.com a:j.test.com a:k.test.com -all",
        "k.test.com A 192.0.2.1");
    const struct ma_spf_flat *flat = flatten();
    assert_false(flat->partial || flat->broken);
    assert_string_equal(networks(flat), "192.0.2.1/32");
}

static void test_a_loop_ends(void **state)
{
    (void)state;
    BUILD("example.com TXT v=spf1 ip4:192.0.2.1 include:b.example.com ip4:192.0.2.2 -all",
        "b.example.com TXT v=spf1 include:example.com -all");
    const struct ma_spf_flat *flat = flatten();
    assert_true(flat->broken);
    assert_string_equal(networks(flat), "192.0.2.1/32");
}

static void test_bounds(void **state)
{
    char line[1000];
    (void)state;
    BUILD("example.com TXT v=spf1 include:l0.test.com -all");
    for (unsigned level = 0; level < 8; level++) { /* 4^8 records */
        snprintf(line, sizeof line,
            "l%u.test.com TXT v=spf1 include:l%u.test.com include:l%u.test.com "
            "include:l%u.test.com "
            "include:l%u.test.com ip4:10.0.%u.0/24",
            level, level + 1, level + 1, level + 1, level + 1, level);
        assert_true(world_add(world, line));
    }
    assert_true(world_add(world, "l8.test.com TXT v=spf1 -ip4:192.0.2.1"));
    const struct ma_spf_flat *flat = flatten();
    assert_true(flat->cut);
}

/* Every other address of 64 kB of terms, refused and passed in turn: as many ranges as can be. */
static void test_a_hostile_record_is_bounded(void **state)
{
    (void)state;
    BUILD("x.example.com A 192.0.2.1");
    char *line = malloc(65000);
    size_t size = (size_t)snprintf(line, 100, "example.com TXT v=spf1");
    for (unsigned i = 0; size < 60000; i += 2)
        size += (size_t)snprintf(line + size, 60, " %sip4:10.%u.%u.%u", i % 4 == 0 ? "-" : "",
            i >> 16, i >> 8 & 255, i & 255);
    assert_true(world_add(world, line));
    free(line);
    const struct ma_spf_flat *flat = flatten();
    assert_true(flat->cut || flat->passed.v4.count > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_neighbours_and_parts_are_merged),
        cmocka_unit_test(test_first_match_counts),
        cmocka_unit_test(test_an_include_grants_what_it_passes),
        cmocka_unit_test(test_what_is_no_network_is_told),
        cmocka_unit_test(test_a_failure_is_no_absence),
        cmocka_unit_test(test_limits_are_left_out),
        cmocka_unit_test(test_a_loop_ends),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_a_hostile_record_is_bounded),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_free(world);
    return failed;
}
