/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "batch/line.h"

static uint64_t network(const char *line)
{
    return ma_line_network(line, strlen(line));
}

static void lines_of_one_network_share_a_key(void **state)
{
    (void)state;
    uint64_t key = network("a.example,192.0.2.10");
    assert_int_not_equal(key, 0);
    assert_int_equal(network("b.example, 192.0.2.99 ,198.51.100.1"), key);
    assert_int_equal(network("{\"addresses\": [\"192.0.2.7\"], \"domain\": \"c.example\"}"), key);
    assert_int_not_equal(network("a.example,192.0.3.10"), key);
    assert_int_not_equal(network("a.example,2001:db8:1::1"), 0);
    assert_int_equal(network("a.example,2001:db8:1::1"), network("b.example,2001:db8:1:ffff::2"));
}

static void lines_without_an_address_have_none(void **state)
{
    (void)state;
    assert_int_equal(network(""), 0);
    assert_int_equal(network("a.example"), 0);
    assert_int_equal(network("a.example,"), 0);
    assert_int_equal(network("a.example,mail.example"), 0);
    assert_int_equal(network("{\"domain\":\"a.example\"}"), 0);
    assert_int_equal(network("{\"addresses\""), 0);
    assert_int_equal(network("{\"addresses\":[\""), 0);
}

static void the_domain_is_found_in_every_form(void **state)
{
    static const char *const lines[] = {"a.example", " a.example \r", "\"a.example\",192.0.2.1",
        "{\"label\": \"x\", \"domain\": \"a.example\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        size_t size;
        const char *domain = ma_line_domain(lines[i], strlen(lines[i]), &size);
        assert_int_equal(size, 9);
        assert_memory_equal(domain, "a.example", 9);
    }
}

static void what_is_no_target(void **state)
{
    (void)state;
    assert_false(ma_line_is_target("", 0, false));
    assert_false(ma_line_is_target("  \r", 3, false));
    assert_false(ma_line_is_target("# x", 3, false));
    assert_false(ma_line_is_target("Domain,address", 14, true));
    assert_true(ma_line_is_target("domain,address", 14, false));
    assert_true(ma_line_is_target("a.example", 9, true));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_one_network_share_a_key),
        cmocka_unit_test(lines_without_an_address_have_none),
        cmocka_unit_test(the_domain_is_found_in_every_form),
        cmocka_unit_test(what_is_no_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
