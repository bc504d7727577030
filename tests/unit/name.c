/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "mailaudit/check.h"
#include "name.h"

#define L63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

/* The text that text becomes on its way through the wire format; NULL: it cannot be a name. */
static const char *through(const char *text)
{
    static char back[MA_NAME_TEXT_MAX];
    uint8_t wire[MA_NAME_WIRE_MAX];
    size_t size = ma_name_to_wire(wire, text);
    if (size == 0)
        return NULL;
    assert_int_equal(ma_name_wire_size(wire, size), size);
    assert_int_equal(ma_name_wire_size(wire, size - 1), 0);
    size_t length = ma_name_to_text(back, wire);
    assert_int_equal(length, strlen(back));
    return back;
}

static void names_are_lower_case_and_absolute(void **state)
{
    (void)state;
    assert_string_equal(through("WWW.Example.COM"), "www.example.com");
    assert_string_equal(through("example.com."), "example.com");
    assert_string_equal(through("."), ".");
    assert_string_equal(through("com"), "com");
    assert_string_equal(through("_dmarc.*.example"), "_dmarc.*.example");
    assert_string_equal(through("128/26.2.0.192.in-addr.arpa"), "128/26.2.0.192.in-addr.arpa");
}

static void wire_is_that_of_rfc_1035(void **state)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    (void)state;
    assert_int_equal(ma_name_to_wire(wire, "A.bc"), 6);
    assert_memory_equal(wire, "\001a\002bc", 6);
    assert_int_equal(ma_name_to_wire(wire, "."), 1);
    assert_memory_equal(wire, "", 1);
    assert_int_equal(ma_name_to_wire(wire, "a\\.b.c"), 7);
    assert_memory_equal(wire, "\003a.b\001c", 7);
}

static void escapes_are_read_and_written(void **state)
{
    (void)state;
    assert_string_equal(through("a\\.b.c"), "a\\.b.c");
    assert_string_equal(through("a\\\\b.c"), "a\\\\b.c");
    assert_string_equal(through("\\065\\066.c"), "ab.c");
    assert_string_equal(through("a\\032b.c"), "a\\032b.c");
    assert_string_equal(through("a b.c"), "a\\032b.c");
    assert_string_equal(through("\\000.c"), "\\000.c");
    assert_string_equal(through("\\255.c"), "\\255.c");
    assert_string_equal(through("\xff.c"), "\\255.c");
    assert_string_equal(through("\x1b[31m.c"), "\\027[31m.c");
    assert_string_equal(through("\\a.c"), "a.c");
    assert_string_equal(through("\\..c"), "\\..c");
}

static void what_is_no_name_is_refused(void **state)
{
    static const char *const bad[] = {"", "..", ".a", "a..b", "a..", "a.b..", "\\", "a\\", "a\\2",
        "a\\25", "a\\256", "a\\999", "a\\1x2", L63 "l", L63 "l.com", "a." L63 "l"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (through(bad[i]) != NULL)
            fail_msg("'%s' was taken", bad[i]);
}

/* 255 bytes on the wire are allowed, 256 are not; with and without the last dot. */
static void lengths_are_bounded(void **state)
{
    char text[MA_NAME_TEXT_MAX];
    uint8_t wire[MA_NAME_WIRE_MAX];
    (void)state;
    assert_string_equal(through(L63), L63);
    for (int last = 58; last <= 63; last++) {
        size_t expected = last <= 61 ? 3 * 64 + (size_t)last + 2 : 0;
        snprintf(text, sizeof text, L63 "." L63 "." L63 ".%.*s", last, L63);
        assert_int_equal(ma_name_to_wire(wire, text), expected);
        snprintf(text, sizeof text, L63 "." L63 "." L63 ".%.*s.", last, L63);
        assert_int_equal(ma_name_to_wire(wire, text), expected);
    }
}

static void the_longest_text_fits(void **state)
{
    char text[MA_NAME_TEXT_MAX], back[MA_NAME_TEXT_MAX];
    uint8_t wire[MA_NAME_WIRE_MAX], again[MA_NAME_WIRE_MAX];
    size_t at = 0;
    (void)state;
    for (int i = 0; i < 250; i++) {
        if (i == 63 || i == 126 || i == 189)
            text[at++] = '.';
        memcpy(text + at, "\\001", 4);
        at += 4;
    }
    text[at] = '\0';
    assert_int_equal(ma_name_to_wire(wire, text), 255);
    assert_int_equal(ma_name_to_text(back, wire), at);
    assert_int_equal(ma_name_to_wire(again, back), 255);
    assert_memory_equal(wire, again, 255);
}

static void sizes_on_the_wire_are_bounded(void **state)
{
    uint8_t wire[300] = {0};
    (void)state;
    assert_int_equal(ma_name_wire_size(wire, 0), 0);
    memset(wire, 1, sizeof wire); /* labels of one byte without an end */
    assert_int_equal(ma_name_wire_size(wire, sizeof wire), 0);
    wire[254] = 0;
    assert_int_equal(ma_name_wire_size(wire, sizeof wire), 255);
    assert_int_equal(ma_name_wire_size((const uint8_t *)"\100", 2), 0);
    assert_int_equal(ma_name_wire_size((const uint8_t *)"\300\000", 2), 0);
    assert_int_equal(ma_name_wire_size((const uint8_t *)"\001a", 2), 0);
    assert_int_equal(ma_name_wire_size((const uint8_t *)"\077a", 2), 0);
}

static bool is_below(const char *name, const char *ancestor)
{
    uint8_t a[MA_NAME_WIRE_MAX], b[MA_NAME_WIRE_MAX];
    assert_true(ma_name_to_wire(a, name) > 0 && ma_name_to_wire(b, ancestor) > 0);
    return ma_name_is_below(a, b);
}

static void descent_goes_by_labels(void **state)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    (void)state;
    assert_true(is_below("a.example.com", "example.com"));
    assert_true(is_below("example.com", "example.com"));
    assert_true(is_below("example.com", "."));
    assert_true(is_below(".", "."));
    assert_false(is_below("example.com", "a.example.com"));
    assert_false(is_below("badexample.com", "example.com"));
    assert_false(is_below("a\\.example.com", "example.com"));
    assert_false(is_below(".", "com"));
    ma_name_to_wire(wire, "a.b.c");
    assert_int_equal(ma_name_labels(wire), 3);
    ma_name_to_wire(wire, ".");
    assert_int_equal(ma_name_labels(wire), 0);
}

static void within_goes_by_labels_too(void **state)
{
    (void)state;
    assert_true(ma_is_within("mail.Example.com", "example.COM"));
    assert_true(ma_is_within("example.com.", "example.com"));
    assert_true(ma_is_within("a.example.com", "example.com."));
    assert_true(ma_is_within("example.com", "."));
    assert_true(ma_is_within(".", "."));
    assert_false(ma_is_within("example.com", "mail.example.com"));
    assert_false(ma_is_within("badexample.com", "example.com"));
    assert_false(ma_is_within(".", "com"));
    /* "bad.example" is one label here: what belongs to com does not belong to example.com */
    assert_false(ma_is_within("bad\\.example.com", "example.com"));
    assert_true(ma_is_within("bad\\\\.example.com", "example.com"));
    assert_false(ma_is_within("\\.example.com", "example.com"));
}

static void host_names_are_those_of_rfc_1123(void **state)
{
    static const char *const good[] = {"mail.example.com", "MAIL.Example.Com", "3com.com",
        "a-b.c-d.e", "x.1a", L63 ".com", "mail.xn--p1ai"};
    static const char *const bad[] = {"", ".", "mail", "192.0.2.1", "a.1", "-a.com", "a-.com",
        "a.-b", "a.b-", "a_b.com", "a..com", ".a.com", "a.com.", "a b.com", "a\\046b.com",
        L63 "l.com", L63 "." L63 "." L63 "." L63, "b\xc3\xbc.de", "a.com\n"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!ma_is_hostname(good[i]))
            fail_msg("'%s' is a host name", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (ma_is_hostname(bad[i]))
            fail_msg("'%s' is no host name", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_lower_case_and_absolute),
        cmocka_unit_test(wire_is_that_of_rfc_1035),
        cmocka_unit_test(escapes_are_read_and_written),
        cmocka_unit_test(what_is_no_name_is_refused),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(the_longest_text_fits),
        cmocka_unit_test(sizes_on_the_wire_are_bounded),
        cmocka_unit_test(descent_goes_by_labels),
        cmocka_unit_test(within_goes_by_labels_too),
        cmocka_unit_test(host_names_are_those_of_rfc_1123),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
