/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "report/range.h"

#define NONE (-1000)

/* Values of which each range alerts of the first two and not of the others. */
static const struct {
    const char *text;
    int alerts[2], silent[2];
} ranges[] = {
    {"10", {-1, 11}, {0, 10}},
    {"0", {-1, 1}, {0, NONE}},
    {"10:", {9, 0}, {10, 100000}},
    {":10", {-1, 11}, {0, 10}},
    {"~:10", {11, 100}, {10, -100000}},
    {"~:-3", {-2, 0}, {-3, -4}},
    {"10:20", {9, 21}, {10, 20}},
    {"-20:-10", {-21, -9}, {-20, -10}},
    {"@10:20", {10, 20}, {9, 21}},
    {"@10", {0, 10}, {-1, 11}},
    {"@~:10", {10, -5}, {11, 100}},
    {"@10:", {10, 11}, {9, 0}},
    {"9.5:10.5", {9, 11}, {10, NONE}},
    {"7:7", {6, 8}, {7, NONE}},
};

static void every_form_alerts_where_it_should(void **state)
{
    struct ma_range r;
    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (!ma_range_parse(&r, ranges[i].text))
            fail_msg("'%s' was not taken", ranges[i].text);
        assert_string_equal(r.text, ranges[i].text);
        for (int k = 0; k < 2; k++) {
            if (!ma_range_alerts(&r, ranges[i].alerts[k]))
                fail_msg("'%s': no alert at %d", ranges[i].text, ranges[i].alerts[k]);
            if (ranges[i].silent[k] != NONE && ma_range_alerts(&r, ranges[i].silent[k]))
                fail_msg("'%s': an alert at %d", ranges[i].text, ranges[i].silent[k]);
        }
    }
}

static void what_is_no_range_is_refused(void **state)
{
    static const char *const bad[] = {"", ":", "@", "@:", "~", "~10", "10:20:30", "20:10", "ten",
        "10 ", " 10", "10:~", "@@10", "1e3", "inf", "nan", "0x10", "--5", "1.2.3", "-", "5:4.9",
        "11111111111111111111111111111111111111"};
    struct ma_range r = {.text = "kept"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (ma_range_parse(&r, bad[i]))
            fail_msg("'%s' was taken", bad[i]);
    assert_string_equal(r.text, "kept");
}

static void no_range_never_alerts(void **state)
{
    struct ma_range r = {.text = NULL};
    (void)state;
    assert_false(ma_range_alerts(&r, 0));
    assert_false(ma_range_alerts(&r, -1));
    assert_true(ma_range_parse(&r, "~:")); /* everything: never an alert */
    assert_false(ma_range_alerts(&r, -1e9));
    assert_false(ma_range_alerts(&r, 1e9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_alerts_where_it_should),
        cmocka_unit_test(what_is_no_range_is_refused),
        cmocka_unit_test(no_range_never_alerts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
