/* SPDX-License-Identifier: MIT */
/* --changed: what is remembered, what is told, and that the state file holds all of it. */
#include "unit.h"

#include "changed/changed.h"
#include "changed/known.h"

#include <sys/stat.h>
#include <unistd.h>

#define NOW 1767225600

enum { BAD, ODD, GOOD, SILENT, OTHER_SILENT };
static const struct ma_rule rules[] = {
    [BAD] = {"one.bad", MA_ERROR, MA_PASS, "it is bad", "it matters", "mend it", "RFC 1"},
    [ODD] = {"one.odd", MA_WARNING, MA_PASS, "it is odd", "it matters", "mend it", "RFC 1"},
    [GOOD] = {"one.good", MA_PASS, MA_PASS, "it is good", "it matters", NULL, "RFC 1"},
    [SILENT] = {"one.silent", MA_UNKNOWN, MA_ERROR, "no answer", "it matters", "wait", "RFC 1"},
    [OTHER_SILENT] = {"one.other", MA_UNKNOWN, MA_ERROR, "none", "it matters", "wait", "RFC 1"},
};
static const struct ma_rule two_rules[] = {
    {"two.bad", MA_WARNING, MA_PASS, "two is bad", "it matters", "mend it", "RFC 2"},
};
static const struct ma_check one = {
    .name = "one", .area = "spf", .title = "One", .rules = rules, .rule_count = 5};
static const struct ma_check two = {
    .name = "two", .area = "mx", .title = "Two", .rules = two_rules, .rule_count = 1};
static struct ma_registry registry = {.checks = {{.check = &one}, {.check = &two}}, .count = 2};

static char folder[] = "/tmp/mailaudit-unit-XXXXXX";
static char path[64];

/* One run: findings are added, then it is compared with the state in the file. */
struct run {
    struct ma_arena arena;
    struct ma_finding *list;
    struct ma_check_result results[2];
    struct ma_sender sender;
    struct ma_senders senders;
    struct ma_report report;
    struct ma_changed changed;
};

static void begin(struct run *r)
{
    *r = (struct run){.results = {{&one, NULL}, {&two, NULL}},
        .sender = {.text = "192.0.2.1"},
        .senders = {.count = 1}};
    ma_arena_init(&r->arena, 4096, UNIT_ARENA_BYTES);
    r->senders.list = &r->sender;
    r->report = (struct ma_report){.status = MA_REPORT_COMPLETE,
        .senders = &r->senders,
        .checks = r->results,
        .check_count = 2,
        .audited_at = -1};
}

static struct ma_finding *find(struct run *r, const struct ma_check *check,
    const struct ma_rule *rule, const char *subject, const char *also)
{
    struct ma_finding *f = ma_finding_new(&r->arena, check, rule, subject, "");
    if (also != NULL) {
        f->also = ma_arena_alloc(&r->arena, sizeof *f->also);
        f->also->text = also;
    }
    f->next = r->list;
    r->list = f;
    return f;
}

static void compare(struct run *r, int64_t now_secs)
{
    ma_report_count(&r->report, &r->arena, r->list);
    assert_true(ma_changed_open(&r->changed, path, "a.example", stderr));
    assert_true(ma_changed_compare(&r->changed, &r->report, &registry, now_secs, stderr));
    assert_true(ma_changed_keep(&r->changed, stderr));
}

static void end(struct run *r)
{
    ma_changed_close(&r->changed);
    ma_arena_clear(&r->arena);
}

/* The run whole; whether there was something to tell. */
static bool has_news(struct run *r, int64_t now_secs)
{
    compare(r, now_secs);
    bool news = r->changed.news;
    end(r);
    return news;
}

static int setup(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static int make_folder(void **state)
{
    (void)state;
    bool ok = mkdtemp(folder) != NULL;
    snprintf(path, sizeof path, "%s/state", folder);
    return !ok;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void came_went_and_stayed(void **state)
{
    struct run r;
    (void)state;
    begin(&r);
    find(&r, &one, &rules[BAD], "a.example", NULL);
    find(&r, &one, &rules[ODD], "b", "c");
    assert_true(has_news(&r, NOW)); /* the first */
    begin(&r);
    find(&r, &one, &rules[ODD], "c", "b"); /* another order is no change */
    find(&r, &one, &rules[BAD], "a.example", NULL);
    assert_false(has_news(&r, NOW + 1));
    begin(&r);
    find(&r, &one, &rules[ODD], "c", "d");
    compare(&r, NOW + 2);
    assert_int_equal(r.changed.came.count, 1);
    assert_string_equal(r.changed.came.list[0].subjects.items[0], "d");
    assert_int_equal(r.changed.went.count, 2);
    assert_int_equal(r.changed.changed.count, 0);
    assert_int_equal(r.changed.after.score, 95);
    end(&r);
}

static void severity_and_mute_change(void **state)
{
    struct run r;
    (void)state;
    begin(&r);
    find(&r, &one, &rules[ODD], "b", NULL);
    has_news(&r, NOW);
    begin(&r);
    find(&r, &one, &rules[ODD], "b", NULL)->severity = MA_NOTICE;
    compare(&r, NOW);
    assert_int_equal(r.changed.changed.count, 1);
    assert_int_equal(r.changed.changed.list[0].was->severity, MA_WARNING);
    end(&r);
    begin(&r);
    struct ma_finding *f = find(&r, &one, &rules[ODD], "b", NULL);
    f->severity = MA_NOTICE;
    f->muted = "until then";
    assert_true(has_news(&r, NOW));
}

/* What gives no answer stays as it was, in the score, too. */
static void unknown_is_no_change(void **state)
{
    struct run r;
    (void)state;
    begin(&r);
    find(&r, &one, &rules[BAD], "a.example", NULL);
    find(&r, &one, &rules[GOOD], "a.example", NULL);
    find(&r, &two, &two_rules[0], "m", NULL)->own_points = 3;
    has_news(&r, NOW);
    begin(&r);
    find(&r, &one, &rules[SILENT], "a.example", NULL);
    compare(&r, NOW + 1);
    assert_int_equal(r.changed.went.count, 1); /* two's: nothing of two is unanswered */
    assert_int_equal(r.changed.remembered, 2);
    assert_int_equal(r.changed.after.score, 84); /* an error's gate */
    end(&r);
    begin(&r);
    find(&r, &one, &rules[SILENT], "a.example", NULL);
    assert_false(has_news(&r, NOW + 2));
    begin(&r);
    find(&r, &one, &rules[GOOD], "a.example", NULL);
    compare(&r, NOW + 3); /* answered: the error is gone after all */
    assert_int_equal(r.changed.went.count, 1);
    assert_int_equal(r.changed.came.count, 0);
    assert_int_equal(r.changed.after.score, 100);
    end(&r);
}

/* A finding over several hosts, of which one gives no answer now. */
static void a_subject_is_remembered(void **state)
{
    struct run r;
    (void)state;
    begin(&r);
    find(&r, &one, &rules[ODD], "b", "c");
    has_news(&r, NOW);
    begin(&r);
    find(&r, &one, &rules[ODD], "c", NULL);
    find(&r, &one, &rules[SILENT], "b", NULL);
    compare(&r, NOW + 1);
    assert_false(r.changed.news);
    assert_int_equal(r.changed.after.known_count, 1);
    assert_int_equal(r.changed.after.known[0].subjects.count, 2);
    assert_int_equal(r.changed.after.score, 95);
    end(&r);
    begin(&r);
    find(&r, &one, &rules[ODD], "c", NULL);
    find(&r, &one, &rules[SILENT], "b", NULL);
    assert_false(has_news(&r, NOW + 2)); /* the same silence still hides it */
}

/* It was seen in spite of that silence: so it would be seen again. */
static void an_old_silence_hides_nothing(void **state)
{
    struct run r;
    (void)state;
    begin(&r);
    find(&r, &one, &rules[ODD], "b", NULL);
    find(&r, &one, &rules[SILENT], "x", NULL);
    has_news(&r, NOW);
    begin(&r);
    find(&r, &one, &rules[SILENT], "x", NULL);
    compare(&r, NOW + 1);
    assert_int_equal(r.changed.went.count, 1);
    end(&r);
    begin(&r);
    find(&r, &one, &rules[ODD], "b", NULL);
    find(&r, &one, &rules[SILENT], "x", NULL);
    has_news(&r, NOW + 2);
    begin(&r);
    find(&r, &one, &rules[OTHER_SILENT], "x", NULL);
    assert_false(has_news(&r, NOW + 3));
}

static void a_day_of_silence_is_told(void **state)
{
    struct run r;
    (void)state;
    begin(&r);
    has_news(&r, NOW);
    for (int hours = 1; hours <= 50; hours++) {
        begin(&r);
        find(&r, &one, &rules[SILENT], "x", NULL);
        find(&r, &one, &rules[OTHER_SILENT], "x", NULL)->failure = MA_FAIL_OFFLINE;
        compare(&r, NOW + hours * 3600);
        assert_int_equal(r.changed.news, hours == 25);
        assert_int_equal(r.changed.began.count, hours == 25);
        end(&r);
    }
    begin(&r);
    compare(&r, NOW + 51 * 3600);
    assert_true(r.changed.news);
    assert_int_equal(r.changed.ended.count, 1);
    end(&r);
    begin(&r);
    assert_false(has_news(&r, NOW + 52 * 3600));
}

/* A clock that was set back: the day begins anew. */
static void the_clock_goes_back(void **state)
{
    struct run r;
    (void)state;
    begin(&r);
    find(&r, &one, &rules[SILENT], "x", NULL);
    has_news(&r, NOW);
    begin(&r);
    find(&r, &one, &rules[SILENT], "x", NULL);
    compare(&r, NOW - 100 * MA_CHANGED_PATIENCE_SECS);
    assert_false(r.changed.news);
    assert_int_equal(r.changed.after.silences[0].since_secs, NOW - 100 * MA_CHANGED_PATIENCE_SECS);
    end(&r);
}

static void role_and_addresses_are_remembered(void **state)
{
    struct run r;
    (void)state;
    begin(&r);
    find(&r, &two, &two_rules[0], "m", NULL);
    has_news(&r, NOW);
    for (int i = 0; i < 2; i++) {
        begin(&r);
        find(&r, &one, &rules[SILENT], "x", NULL);
        r.report.role = MA_PARKED;
        r.senders.count = 0;
        assert_false(has_news(&r, NOW)); /* nor is two.bad gone: there was no host to ask */
    }
    begin(&r);
    r.report.role = MA_PARKED;
    r.senders.count = 0;
    compare(&r, NOW);
    assert_true(r.changed.news);
    assert_string_equal(r.changed.after.role, "parked");
    assert_int_equal(r.changed.after.addresses.count, 0);
    assert_int_equal(r.changed.went.count, 1);
    end(&r);
}

static void a_failed_audit_changes_nothing(void **state)
{
    struct run r;
    (void)state;
    begin(&r);
    find(&r, &one, &rules[BAD], "a.example", NULL);
    has_news(&r, NOW);
    begin(&r);
    r.report.status = MA_REPORT_FAILED;
    r.report.check_count = 0;
    r.report.senders = NULL;
    compare(&r, NOW + 1);
    assert_false(r.changed.news);
    assert_int_equal(r.changed.after.known_count, 1);
    assert_int_equal(r.changed.after.score, 84);
    end(&r);
    begin(&r);
    find(&r, &one, &rules[BAD], "a.example", NULL);
    assert_false(has_news(&r, NOW + 2));
}

static void checks_that_do_not_run(void **state)
{
    struct run r;
    (void)state;
    begin(&r);
    find(&r, &one, &rules[BAD], "a.example", NULL);
    has_news(&r, NOW);
    begin(&r);
    r.report.checks = &r.results[1];
    r.report.check_count = 1;
    compare(&r, NOW);
    assert_true(r.changed.news);
    assert_int_equal(r.changed.went.count, 0); /* told as a check, not finding by finding */
    assert_int_equal(r.changed.after.known_count, 0);
    end(&r);
}

/* Bytes that are no text, and all that a state holds, go to the file and back. */
static void the_state_is_read_back(void **state)
{
    struct run r;
    (void)state;
    begin(&r);
    struct ma_finding *f = find(&r, &one, &rules[BAD], "\xff \x01\"\xc3\xa4", "\xc3");
    f->cause = "one.odd";
    f->own_points = 7;
    find(&r, &one, &rules[SILENT], "\xfe", NULL);
    has_news(&r, NOW);
    begin(&r);
    f = find(&r, &one, &rules[BAD], "\xff \x01\"\xc3\xa4", "\xc3");
    f->cause = "one.odd";
    f->own_points = 7;
    find(&r, &one, &rules[SILENT], "\xfe", NULL);
    compare(&r, NOW);
    assert_false(r.changed.news);
    const struct ma_known *k = &r.changed.before.known[0];
    assert_string_equal(k->subjects.items[0], "\xc3\xbf \x01\"\xc3\xa4");
    assert_string_equal(k->subjects.items[1], "\xc3\x83");
    assert_string_equal(k->cause, "one.odd");
    assert_int_equal(k->own_points, 7);
    assert_string_equal(k->beside.items[0], "one.silent \xc3\xbe");
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(came_went_and_stayed, setup),
        cmocka_unit_test_setup(severity_and_mute_change, setup),
        cmocka_unit_test_setup(unknown_is_no_change, setup),
        cmocka_unit_test_setup(a_subject_is_remembered, setup),
        cmocka_unit_test_setup(an_old_silence_hides_nothing, setup),
        cmocka_unit_test_setup(a_day_of_silence_is_told, setup),
        cmocka_unit_test_setup(the_clock_goes_back, setup),
        cmocka_unit_test_setup(role_and_addresses_are_remembered, setup),
        cmocka_unit_test_setup(a_failed_audit_changes_nothing, setup),
        cmocka_unit_test_setup(checks_that_do_not_run, setup),
        cmocka_unit_test_setup(the_state_is_read_back, setup),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
