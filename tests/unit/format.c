/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "format.h"

#include <limits.h>

static int call(int (*function)(char *, size_t, const char *, va_list), char *out, size_t size,
    const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = function(out, size, fmt, args);
    va_end(args);
    return n;
}

/* The same text and the same length as of vsnprintf(), in a buffer of any size. */
#define SAME(...)                                                                                  \
    for (size_t size = 0; size < 48; size++) {                                                     \
        char ours[48] = "x", theirs[48] = "x";                                                     \
        int n = call(vsnprintf, theirs, size, __VA_ARGS__);                                        \
        assert_int_equal(call(ma_format, ours, size, __VA_ARGS__), n);                             \
        assert_string_equal(ours, theirs);                                                         \
    }

static void formats_as_printf_does(void **state)
{
    (void)state;
    SAME("");
    SAME("plain");
    SAME("%s", "");
    SAME("_dmarc.%s", "example.com");
    SAME("%s %s: %u%%", "a", "b", 17u);
    SAME("%d %d %d", 0, INT_MIN, INT_MAX);
    SAME("%u %zu", UINT_MAX, SIZE_MAX);
    SAME("%c%c", 'a', 'b');
}

static void hands_on_what_it_does_not_know(void **state)
{
    (void)state;
    SAME("%5d|%-6s|%.2s", 7, "ab", "abcd");
    SAME("%s %x %s", "a", 255u, "b");
    SAME("%ld", LONG_MAX);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_as_printf_does),
        cmocka_unit_test(hands_on_what_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
