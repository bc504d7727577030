/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "report/nagios.h"
#include "sample.h"

static char *render(const struct sample *s, const struct ma_nagios *n, unsigned verbose)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    const struct ma_render_options options = {.columns = 80, .verbose = verbose, .nagios = n};
    assert_non_null(file);
    ma_report_nagios(file, &s->report, &options);
    assert_int_equal(fclose(file), 0);
    return text;
}

/* Whatever the report holds: one '|', no control byte, a short status line. */
static void assert_form(const char *text)
{
    const char *bar = strchr(text, '|');
    assert_non_null(bar);
    assert_true(bar - text - 1 < 80);
    assert_null(strchr(bar + 1, '|'));
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 && *c != '\n')
            fail_msg("the byte %02x", (unsigned char)*c);
}

static void assert_line(const char *text, const char *due)
{
    size_t size = strlen(due);
    if (strncmp(text, due, size) != 0 || strncmp(text + size, " | ", 3) != 0)
        fail_msg("'%.*s', not '%s'", (int)strcspn(text, "|"), text, due);
}

static void an_error_goes_before_what_is_unknown(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    sample_count(&s);
    char *text = render(&s, NULL, 0);
    assert_line(text, "MAILAUDIT CRITICAL: xn--bcher-kva.example 84 C (could be 49 F), 1 error");
    assert_form(text);
    char *by_name = sample_render(&s, "nagios", 80);
    assert_string_equal(text, by_name);
    free(by_name);
    free(text);
    sample_clear(&s);
}

static void muted_findings_do_not_count(void **state)
{
    struct sample s;
    struct ma_nagios n = {.incomplete_ok = false};
    (void)state;
    sample_init(&s);
    s.bad->muted = "until 2030-01-01: known";
    sample_count(&s);
    assert_int_equal(ma_nagios_state(&s.report, &n), MA_SERVICE_UNKNOWN);
    n.incomplete_ok = true;
    assert_int_equal(ma_nagios_state(&s.report, &n), MA_SERVICE_OK);
    s.unanswered->muted = "until 2030-01-01: known";
    n.incomplete_ok = false;
    s.old->muted = NULL;
    assert_int_equal(ma_nagios_state(&s.report, &n), MA_SERVICE_WARNING);
    sample_clear(&s);
}

static void what_was_not_asked_is_not_unknown(void **state)
{
    struct sample s;
    const struct ma_nagios n = {.incomplete_ok = false};
    (void)state;
    sample_init(&s);
    s.bad->muted = "until 2030-01-01: known";
    s.unanswered->failure = MA_FAIL_OFFLINE;
    sample_count(&s);
    assert_int_equal(ma_nagios_state(&s.report, &n), MA_SERVICE_OK);
    sample_clear(&s);
}

static void thresholds_come_last(void **state)
{
    struct sample s;
    struct ma_nagios n = {.incomplete_ok = true};
    (void)state;
    sample_init(&s);
    s.bad->muted = "until 2030-01-01: known";
    sample_count(&s);
    assert_true(s.report.score.lowest < 100 && s.report.score.value == 100);
    assert_true(ma_range_parse(&n.warning, "~:99"));
    assert_int_equal(ma_nagios_state(&s.report, &n), MA_SERVICE_WARNING);
    assert_true(ma_range_parse(&n.critical, "@100"));
    assert_int_equal(ma_nagios_state(&s.report, &n), MA_SERVICE_CRITICAL);
    /* a score that a missing answer may hide */
    n = (struct ma_nagios){.incomplete_ok = false};
    s.unanswered->failure = MA_FAIL_OFFLINE;
    assert_int_equal(ma_nagios_state(&s.report, &n), MA_SERVICE_OK);
    assert_true(ma_range_parse(&n.warning, "100:"));
    assert_int_equal(ma_nagios_state(&s.report, &n), MA_SERVICE_UNKNOWN);
    n.incomplete_ok = true;
    assert_int_equal(ma_nagios_state(&s.report, &n), MA_SERVICE_OK);
    sample_clear(&s);
}

static void a_failed_audit_is_unknown(void **state)
{
    struct sample s;
    const struct ma_nagios n = {.incomplete_ok = true};
    (void)state;
    sample_init(&s);
    sample_count(&s);
    s.report.status = MA_REPORT_FAILED;
    s.report.failure = "no | memory \033[2J for all of this, and a reason that is far too long";
    assert_int_equal(ma_nagios_state(&s.report, &n), MA_SERVICE_UNKNOWN);
    char *text = render(&s, &n, 3);
    assert_form(text);
    assert_non_null(strstr(text, "no \\x7c memory \\x1b[2J"));
    assert_non_null(strstr(text, " | score=U;;;0;100 "));
    free(text);
    sample_clear(&s);
}

static void hostile_text_is_escaped(void **state)
{
    static const char domain[] = "a|very.long\n.and.strange|name\x01.of.a.target.that.is.no.name."
                                 "at.all.but.comes.from.outside\xff.example";
    struct sample s;
    const struct ma_nagios n = {.append = "a|b\r\n"};
    (void)state;
    for (unsigned level = 0; level <= 3; level++) {
        sample_init(&s);
        s.target.domain = domain;
        s.bad->evidence = "| perf=1\n\033]0;title\a";
        s.bad->subject = "a|b";
        sample_count(&s);
        char *text = render(&s, NULL, level);
        assert_form(text);
        free(text);
        text = render(&s, &n, level);
        assert_null(strchr(strchr(text, '|') + 1, '|'));
        free(text);
        sample_clear(&s);
    }
}

static void the_last_known_state_is_repeated(void **state)
{
    struct sample s;
    const struct ma_repeat repeat = {.state = MA_SERVICE_WARNING,
        .summary = "xn--bcher-kva.example 95 A, 1 warning, dmarc.missing and | more",
        .unknowns = 999,
        .limit = 1000};
    const struct ma_nagios n = {.repeat = &repeat};
    (void)state;
    sample_init(&s);
    sample_count(&s);
    char *text = render(&s, &n, 0);
    assert_form(text);
    assert_line(
        text, "MAILAUDIT WARNING: xn--bcher-kva.example ... (before; now unknown, 999 of 1000)");
    free(text);
    sample_clear(&s);
}

static void words_are_cut_where_they_fit(void **state)
{
    char text[100];
    (void)state;
    for (size_t reserve = 0; reserve < 90; reserve++) {
        struct ma_status_line line = {.length = 0};
        ma_status_add(&line, "%s", "MAILAUDIT UNKNOWN: ");
        memset(text, 'x', sizeof text);
        text[sizeof text - 1] = '\0';
        text[reserve] = '|';
        ma_status_add_cut(&line, reserve, text);
        assert_true(line.length < MA_STATUS_BYTES_MAX);
        assert_int_equal(strlen(line.text), line.length);
        assert_null(strchr(line.text, '|'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_goes_before_what_is_unknown),
        cmocka_unit_test(muted_findings_do_not_count),
        cmocka_unit_test(what_was_not_asked_is_not_unknown),
        cmocka_unit_test(thresholds_come_last),
        cmocka_unit_test(a_failed_audit_is_unknown),
        cmocka_unit_test(hostile_text_is_escaped),
        cmocka_unit_test(the_last_known_state_is_repeated),
        cmocka_unit_test(words_are_cut_where_they_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
