/* SPDX-License-Identifier: MIT */
/* https URLs: what is fetched, in which form, and what is refused. */
#include "unit.h"

#include "url.h"

static const struct {
    const char *text, *canonical, *host;
    unsigned port;
    bool literal;
} good[] = {
    {"https://a.example/x?y=1", "https://a.example/x?y=1", "a.example", 443, false},
    {"HTTPS://A.Example", "https://a.example/", "a.example", 443, false},
    {"https://a.example.:443/X", "https://a.example/X", "a.example", 443, false},
    {"https://a.example:8443?q", "https://a.example:8443/?q", "a.example", 8443, false},
    {"https://192.0.2.1/", "https://192.0.2.1/", "192.0.2.1", 443, true},
    {"https://[2001:DB8:0::1]:1/", "https://[2001:db8::1]:1/", "2001:db8::1", 1, true},
    {"https://a.example/@x:y", "https://a.example/@x:y", "a.example", 443, false},
};

static const char *const bad[] = {
    "",
    "https://",
    "https:///x",
    "http://a.example/",
    "ftp://a.example/",
    "file:///etc/passwd",
    "//a.example/",
    "a.example",
    "https:a.example",
    "https://localhost/",
    "https://user@a.example/",
    "https://user:secret@a.example/",
    "https://a.example\\@b.example/",
    "https://a.example /",
    "https://a.example/x y",
    "https://a.example/x\ty",
    "https://a.example/\r\nHost: b",
    "https://a.example/\xc3\xa4",
    "https://\xc3\xa4.example/",
    "https://a.example/#part",
    "https://a.example:/",
    "https://a.example:0/",
    "https://a.example:65536/",
    "https://a.example:443443/",
    "https://a.example:4x/",
    "https://a..example/",
    "https://.a.example/",
    "https://-a.example/",
    "https://a_b.example/",
    "https://[192.0.2.1]/",
    "https://[fe80::1%25eth0]/",
    "https://[2001:db8::1/",
    "https://[]/",
    "https://127.1/",
    "https://2130706433/",
    "https://2001:db8::1/",
};

static void urls_are_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct ma_url u, again;
        assert_true(ma_url_parse(&u, good[i].text, false));
        assert_string_equal(u.text, good[i].canonical);
        assert_string_equal(u.host, good[i].host);
        assert_int_equal(u.port, good[i].port);
        assert_int_equal(u.is_literal, good[i].literal);
        assert_true(ma_url_parse(&again, u.text, false));
        assert_string_equal(again.text, u.text);
    }
}

static void what_is_ambiguous_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct ma_url u;
        if (ma_url_parse(&u, bad[i], false))
            fail_msg("taken: '%s'", bad[i]);
    }
}

static void a_fragment_can_be_dropped(void **state)
{
    struct ma_url u;
    (void)state;
    assert_true(ma_url_parse(&u, "https://a.example/x#y z", true));
    assert_string_equal(u.text, "https://a.example/x");
    assert_true(ma_url_parse(&u, "https://a.example#", true));
    assert_string_equal(u.text, "https://a.example/");
}

static void long_ones_are_refused(void **state)
{
    char text[MA_URL_MAX + 64] = "https://a.example/";
    size_t head = strlen(text);
    struct ma_url u;
    (void)state;
    memset(text + head, 'x', MA_URL_MAX - 1 - head);
    assert_true(ma_url_parse(&u, text, false));
    assert_int_equal(strlen(u.text), MA_URL_MAX - 1);
    text[MA_URL_MAX - 1] = 'x';
    assert_false(ma_url_parse(&u, text, false));
    memset(text, 'a', sizeof text - 1);
    memcpy(text, "https://", 8);
    assert_false(ma_url_parse(&u, text, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(what_is_ambiguous_is_refused),
        cmocka_unit_test(a_fragment_can_be_dropped),
        cmocka_unit_test(long_ones_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
