/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "address.h"
#include "observe/sources.h"

static struct ma_address address(const char *text)
{
    struct ma_address a;
    if (!ma_address_parse(&a, text))
        fail_msg("'%s' is an address", text);
    return a;
}

static void addresses_print_as_rfc_5952(void **state)
{
    static const char *const rows[][2] = {{"192.0.2.1", "192.0.2.1"}, {"0.0.0.0", "0.0.0.0"},
        {"2001:DB8::1", "2001:db8::1"}, {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:0db8:0:0:0:0:0:0", "2001:db8::"}, {"::", "::"}, {"0:0:0:0:0:0:0:1", "::1"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"}, {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}};
    char text[MA_ADDRESS_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ma_address a = address(rows[i][0]);
        assert_int_equal(ma_address_print(text, &a), strlen(rows[i][1]));
        assert_string_equal(text, rows[i][1]);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const bad[] = {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ",
        " 1.2.3.4", "0x1.2.3.4", "1.2.3.4/24", "::1/64", ":::", "2001:db8::1::2", "[::1]",
        "fe80::1%eth0", "1:2:3:4:5:6:7:8:9", "12345::", "example.com"};
    struct ma_address a = {.family = 9};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (ma_address_parse(&a, bad[i]))
            fail_msg("'%s' was taken", bad[i]);
    assert_int_equal(a.family, 9);
}

static void addresses_have_an_order(void **state)
{
    static const char *const sorted[] = {"0.0.0.0", "192.0.2.1", "192.0.2.2", "255.255.255.255",
        "::", "::1", "2001:db8::", "ff02::1"};
    (void)state;
    for (size_t i = 0; i < sizeof sorted / sizeof *sorted; i++) {
        for (size_t k = 0; k < sizeof sorted / sizeof *sorted; k++) {
            struct ma_address a = address(sorted[i]), b = address(sorted[k]);
            int c = ma_address_compare(&a, &b);
            assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
            assert_int_equal(ma_address_equal(&a, &b), i == k);
        }
    }
}

static void blocks_are_compared_bit_by_bit(void **state)
{
    static const struct {
        const char *address, *block;
        unsigned prefix;
        bool in;
    } rows[] = {{"192.0.2.1", "192.0.2.0", 24, true}, {"192.0.3.1", "192.0.2.0", 24, false},
        {"192.0.3.1", "192.0.2.0", 23, true}, {"192.0.2.1", "192.0.2.1", 32, true},
        {"192.0.2.0", "192.0.2.1", 32, false}, {"192.0.2.129", "192.0.2.128", 25, true},
        {"192.0.2.127", "192.0.2.128", 25, false}, {"8.8.8.8", "0.0.0.0", 0, true},
        {"::1", "0.0.0.0", 0, false}, {"::1", "::", 0, true}, {"::1", "::", 127, true},
        {"::1", "::", 128, false}, {"2001:db8:ffff::", "2001:db8::", 32, true},
        {"2001:db9::", "2001:db8::", 32, false}, {"2001:db9::", "2001:db8::", 31, true}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ma_address a = address(rows[i].address), b = address(rows[i].block);
        assert_int_equal(ma_address_in(&a, &b, rows[i].prefix), rows[i].in);
    }
}

/* First and last address of blocks, and the neighbours of both. */
static void special_purpose_addresses_are_known(void **state)
{
    static const char *const special[] = {"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255",
        "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.0.0",
        "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
        "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.7",
        "203.0.113.255", "224.0.0.1", "239.255.255.255", "240.0.0.0", "255.255.255.255",
        "::", "::1", "::ffff:8.8.8.8", "64:ff9b:1::", "100::1", "2001::1", "2001:2::1",
        "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2002::1", "3fff::1", "5f00::1",
        "fc00::", "fdff::1", "fe80::1", "febf::1", "ff02::1"};
    static const char *const global[] = {"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255",
        "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
        "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0",
        "198.17.255.255", "198.20.0.0", "223.255.255.255", "64:ff9b::808:808",
        "2001:4860:4860::8888", "2a00::1", "2003::1", "fb00::1"};
    (void)state;
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        struct ma_address a = address(special[i]);
        if (ma_address_special(&a) == NULL)
            fail_msg("%s is special", special[i]);
    }
    for (size_t i = 0; i < sizeof global / sizeof *global; i++) {
        struct ma_address a = address(global[i]);
        if (ma_address_special(&a) != NULL)
            fail_msg("%s is not %s", global[i], ma_address_special(&a));
    }
}

static void servers_are_addresses_with_ports(void **state)
{
    static const struct {
        const char *text, *address;
        unsigned port;
    } good[] = {{"192.0.2.1", "192.0.2.1", 53}, {"192.0.2.1:5353", "192.0.2.1", 5353},
        {"2001:db8::1", "2001:db8::1", 53}, {"[2001:db8::1]", "2001:db8::1", 53},
        {"[2001:db8::1]:65535", "2001:db8::1", 65535}, {"[192.0.2.1]:1", "192.0.2.1", 1},
        {"::1", "::1", 53}, {"192.0.2.1:00053", "192.0.2.1", 53}};
    static const char *const bad[] = {"", ":", ":53", "[", "[]", "[]:53", "[::1", "[::1]x",
        "[::1]53", "[::1]:", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:65540",
        "192.0.2.1:99999999999999999999", "192.0.2.1:-1", "192.0.2.1:+1", "192.0.2.1: 1",
        "192.0.2.1:53x", "192.0.2.1#53", "localhost", "192.0.2", "[::1]:53:53",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    struct ma_server s;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct ma_address a = address(good[i].address);
        if (!ma_server_parse(&s, good[i].text))
            fail_msg("'%s' is a server", good[i].text);
        assert_true(ma_address_equal(&s.address, &a));
        assert_int_equal(s.port, good[i].port);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (ma_server_parse(&s, bad[i]))
            fail_msg("'%s' was taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_print_as_rfc_5952),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(addresses_have_an_order),
        cmocka_unit_test(blocks_are_compared_bit_by_bit),
        cmocka_unit_test(special_purpose_addresses_are_known),
        cmocka_unit_test(servers_are_addresses_with_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
