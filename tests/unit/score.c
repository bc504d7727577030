/* SPDX-License-Identifier: MIT */
/* The counting of design section 7: each test is a table of findings and the numbers due. */
#include "unit.h"

#include "score.h"

#define FINDINGS_MAX 8

struct row {
    const char *area, *rule;
    enum ma_severity severity, could_be;
    const char *muted, *cause;
    unsigned points; /* due after the cap */
    bool several;    /* an UNKNOWN that may hide several faults */
};

struct count {
    const char *name;
    struct row rows[FINDINGS_MAX]; /* ends with a NULL area */
    int value, lowest;
    const char *gate;
    enum ma_severity verdict;
};

static const struct count counts[] = {
    {"nothing", {{0}}, 100, 100, NULL, MA_PASS},
    {"passes and remarks cost nothing",
        {{"spf", "spf.a", MA_PASS, 0, 0, 0, 0}, {"mx", "mx.a", MA_INFO, 0, 0, 0, 0}}, 100, 100,
        NULL, MA_INFO},
    {"one of each but critical",
        {{"spf", "spf.a", MA_ERROR, 0, 0, 0, 15}, {"ptr", "ptr.a", MA_WARNING, 0, 0, 0, 5},
            {"mx", "mx.a", MA_NOTICE, 0, 0, 0, 1}},
        79, 79, NULL, MA_ERROR},
    {"an error alone is 85, but no more than 84", {{"spf", "spf.a", MA_ERROR, 0, 0, 0, 15}}, 84, 84,
        "error", MA_ERROR},
    {"a critical alone is 60, but no more than 49", {{"spf", "spf.a", MA_CRITICAL, 0, 0, 0, 40}},
        49, 49, "critical", MA_CRITICAL},
    {"an area's cap",
        {{"spf", "spf.a", MA_ERROR, 0, 0, 0, 15}, {"spf", "spf.b", MA_ERROR, 0, 0, 0, 10},
            {"spf", "spf.c", MA_WARNING, 0, 0, 0, 0}, {"ptr", "ptr.a", MA_WARNING, 0, 0, 0, 5}},
        70, 70, NULL, MA_ERROR},
    {"a small cap: bimi",
        {{"bimi", "bimi.a", MA_WARNING, 0, 0, 0, 3}, {"bimi", "bimi.b", MA_NOTICE, 0, 0, 0, 0}}, 97,
        97, NULL, MA_WARNING},
    {"a critical lifts its area's cap to 40, not that of others",
        {{"bimi", "bimi.a", MA_CRITICAL, 0, 0, 0, 40}, {"dkim", "dkim.a", MA_ERROR, 0, 0, 0, 15},
            {"dkim", "dkim.b", MA_ERROR, 0, 0, 0, 5}, {"bimi", "bimi.b", MA_ERROR, 0, 0, 0, 0}},
        40, 40, NULL, MA_CRITICAL},
    {"never below 0",
        {{"spf", "spf.a", MA_CRITICAL, 0, 0, 0, 40}, {"mx", "mx.a", MA_CRITICAL, 0, 0, 0, 40},
            {"ptr", "ptr.a", MA_CRITICAL, 0, 0, 0, 40}},
        0, 0, NULL, MA_CRITICAL},
    {"an UNKNOWN costs nothing, but could",
        {{"spf", "spf.u", MA_UNKNOWN, MA_CRITICAL, 0, 0, 0},
            {"dmarc", "dmarc.u", MA_UNKNOWN, MA_WARNING, 0, 0, 0}},
        100, 49, NULL, MA_UNKNOWN},
    {"an UNKNOWN that may hide several errors",
        {{"spf", "spf.a", MA_WARNING, 0, 0, 0, 5},
            {"dmarc", "dmarc.u", MA_UNKNOWN, MA_ERROR, 0, 0, 0, true}},
        95, 70, NULL, MA_WARNING},
    {"the same graded down by the operator, who gives it a price",
        {{"dmarc", "dmarc.u", MA_WARNING, MA_ERROR, 0, 0, 5, true}}, 95, 95, NULL, MA_WARNING},
    {"an UNKNOWN that may hide an error in a full area",
        {{"dkim", "dkim.a", MA_ERROR, 0, 0, 0, 15}, {"dkim", "dkim.b", MA_WARNING, 0, 0, 0, 5},
            {"dkim", "dkim.u", MA_UNKNOWN, MA_ERROR, 0, 0, 0}},
        80, 80, NULL, MA_ERROR},
    {"an UNKNOWN that could be critical lifts the cap in the worst case only",
        {{"dkim", "dkim.a", MA_ERROR, 0, 0, 0, 15}, {"dkim", "dkim.b", MA_ERROR, 0, 0, 0, 5},
            {"dkim", "dkim.u", MA_UNKNOWN, MA_CRITICAL, 0, 0, 0}},
        80, 49, NULL, MA_ERROR},
    {"an UNKNOWN that can hide nothing", {{"mx", "mx.u", MA_UNKNOWN, MA_INFO, 0, 0, 0}}, 100, 100,
        NULL, MA_UNKNOWN},
    {"muted findings cost nothing and do not gate",
        {{"spf", "spf.a", MA_CRITICAL, 0, "known", 0, 0},
            {"mx", "mx.a", MA_UNKNOWN, MA_CRITICAL, "known", 0, 0}},
        100, 100, NULL, MA_PASS},
    {"effects cost nothing and do not gate",
        {{"dmarc", "dmarc.a", MA_ERROR, 0, 0, "spf.a", 0},
            {"spf", "spf.a", MA_WARNING, 0, 0, 0, 5}},
        95, 95, NULL, MA_ERROR},
    {"a plug-in's area",
        {{"own", "own.a", MA_ERROR, 0, 0, 0, 15}, {"own", "own.b", MA_ERROR, 0, 0, 0, 5}}, 80, 80,
        NULL, MA_ERROR},
};

static void count_row(const struct count *c)
{
    struct ma_arena arena;
    struct ma_rule rules[FINDINGS_MAX] = {{0}};
    struct ma_check checks[FINDINGS_MAX] = {{0}};
    struct ma_finding *findings[FINDINGS_MAX] = {NULL}, *list = NULL;
    struct ma_report r = {.status = MA_REPORT_COMPLETE};
    unsigned sum = 0;
    ma_arena_init(&arena, 4096, UNIT_ARENA_BYTES);
    for (size_t i = 0; i < FINDINGS_MAX && c->rows[i].area != NULL; i++) {
        const struct row *row = &c->rows[i];
        rules[i] = (struct ma_rule){row->rule, row->severity, row->could_be, "", "", "", ""};
        checks[i].area = row->area;
        findings[i] = ma_finding_new(&arena, &checks[i], &rules[i], "example.com", "");
        findings[i]->muted = row->muted;
        findings[i]->cause = row->cause;
        findings[i]->hides_several = row->several;
        findings[i]->next = list; /* the order of report does not matter */
        list = findings[i];
    }
    ma_report_count(&r, &arena, list);
    for (size_t i = 0; i < FINDINGS_MAX && findings[i] != NULL; i++)
        if (findings[i]->points != c->rows[i].points)
            fail_msg("%s: %s has %u points", c->name, c->rows[i].rule, findings[i]->points);
    for (size_t i = 0; i < r.score.deduction_count; i++)
        sum += r.score.deductions[i].points;
    if (r.score.value != c->value || r.score.lowest != c->lowest)
        fail_msg("%s: %d, lowest %d", c->name, r.score.value, r.score.lowest);
    assert_int_equal(r.score.grade, ma_grade(c->value));
    assert_int_equal(r.score.lowest_grade, ma_grade(c->lowest));
    assert_int_equal(r.verdict, c->verdict);
    if (c->gate == NULL) {
        assert_null(r.score.gate);
        assert_int_equal(r.score.value, sum < 100 ? 100 - (int)sum : 0);
    } else {
        assert_non_null(r.score.gate);
        assert_string_equal(r.score.gate, c->gate);
    }
    ma_arena_clear(&arena);
}

static void scores(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        count_row(&counts[i]);
}

static void grades(void **state)
{
    (void)state;
    assert_int_equal(ma_grade(100), 'A');
    assert_int_equal(ma_grade(95), 'A');
    assert_int_equal(ma_grade(94), 'B');
    assert_int_equal(ma_grade(85), 'B');
    assert_int_equal(ma_grade(84), 'C');
    assert_int_equal(ma_grade(70), 'C');
    assert_int_equal(ma_grade(69), 'D');
    assert_int_equal(ma_grade(50), 'D');
    assert_int_equal(ma_grade(49), 'F');
    assert_int_equal(ma_grade(0), 'F');
}

static void findings_are_sorted_worst_first(void **state)
{
    static const struct ma_check check = {.name = "spf", .area = "spf"};
    static const struct ma_rule rules[] = {
        {"spf.b", MA_WARNING, 0, "", "", "", ""},
        {"spf.a", MA_WARNING, 0, "", "", "", ""},
        {"spf.u", MA_UNKNOWN, MA_ERROR, "", "", "", ""},
        {"spf.n", MA_NOTICE, 0, "", "", "", ""},
    };
    static const struct {
        int rule;
        const char *subject;
    } given[] = {{3, "x"}, {0, "z"}, {2, "x"}, {1, "b"}, {0, "y"}, {1, "a"}};
    static const char *const due[] = {
        "spf.a a", "spf.a b", "spf.b y", "spf.b z", "spf.u x", "spf.n x"};
    struct ma_arena arena;
    struct ma_finding *list = NULL;
    struct ma_report r = {.status = MA_REPORT_COMPLETE};
    (void)state;
    ma_arena_init(&arena, 4096, UNIT_ARENA_BYTES);
    for (size_t i = 0; i < 6; i++) {
        struct ma_finding *f =
            ma_finding_new(&arena, &check, &rules[given[i].rule], given[i].subject, "");
        f->next = list;
        list = f;
    }
    ma_report_count(&r, &arena, list);
    assert_int_equal(r.finding_count, 6);
    for (size_t i = 0; i < 6; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s %s", r.findings[i]->rule->id, r.findings[i]->subject);
        assert_string_equal(text, due[i]);
    }
    ma_arena_clear(&arena);
}

/* What could not be counted must never look good. */
static void a_failure_is_never_good(void **state)
{
    struct ma_arena arena;
    struct ma_report failed = {.status = MA_REPORT_FAILED, .failure = "no such name"};
    struct ma_report poor = {.status = MA_REPORT_COMPLETE};
    (void)state;
    ma_arena_init(&arena, 4096, UNIT_ARENA_BYTES);
    ma_report_count(&failed, &arena, NULL);
    assert_int_equal(failed.verdict, MA_UNKNOWN);
    assert_int_equal(failed.score.lowest, 0);
    ma_arena_clear(&arena);
    ma_arena_init(&arena, 4096, 0);
    ma_report_count(&poor, &arena, NULL);
    assert_int_equal(poor.status, MA_REPORT_FAILED);
    assert_int_equal(poor.verdict, MA_UNKNOWN);
    assert_int_equal(poor.score.grade, 'F');
    ma_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores),
        cmocka_unit_test(grades),
        cmocka_unit_test(findings_are_sorted_worst_first),
        cmocka_unit_test(a_failure_is_never_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
