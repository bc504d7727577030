/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "options.h"

#define WORDS_MAX 1200

static struct ma_options options;
static char *said;

/* The command line after the program's name, split at blanks. */
static bool read_line(const char *line)
{
    static char copy[16 * 1024];
    static char *argv[WORDS_MAX + 2];
    static char program[] = "mailaudit";
    size_t size = 0;
    int argc = 1;
    ma_options_clear(&options);
    free(said);
    said = NULL;
    argv[0] = program;
    assert_true(strlen(line) < sizeof copy);
    memcpy(copy, line, strlen(line) + 1);
    for (char *p = copy; *p != '\0' && argc <= WORDS_MAX;) {
        argv[argc++] = p;
        p += strcspn(p, " ");
        if (*p == ' ')
            *p++ = '\0';
    }
    argv[argc] = NULL;
    FILE *err = open_memstream(&said, &size);
    assert_non_null(err);
    bool ok = ma_options_read(&options, argc, argv, err);
    assert_int_equal(fclose(err), 0);
    return ok;
}

static int teardown(void **state)
{
    (void)state;
    ma_options_clear(&options);
    free(said);
    said = NULL;
    return 0;
}

static void a_line_is_read(void **state)
{
    (void)state;
    assert_true(read_line("--nameserver 192.0.2.53:5353 --nameserver ::1 Example.com 192.0.2.1 "
                          "mail.example.com --timeout 2.5 --role parked --selector s1 "
                          "--selector s2 --sender a@example.com --helo h --offline --trace -v "
                          "--fail-on warning --now 5 --stamp --check mx --no-check spf --zone a "
                          "--zone b=c --output o --record r --lists l --color never"));
    assert_null(options.command->word);
    assert_string_equal(options.spec.domain, "example.com");
    assert_int_equal(options.spec.address_count, 2);
    assert_int_equal(options.nameserver_count, 2);
    assert_int_equal(options.nameservers[0].port, 5353);
    assert_int_equal(options.nameservers[1].port, 53);
    assert_int_equal(options.timeout_msecs, 2500);
    assert_int_equal(options.spec.selector_count, 2);
    assert_int_equal(options.spec.role, MA_PARKED);
    assert_int_equal(options.spec.now_secs, 5);
    assert_int_equal(options.spec.audited_at, 5);
    assert_int_equal(options.zones.count, 2);
    assert_int_equal(options.fail_on, MA_WARNING);
    assert_int_equal(options.colour, MA_COLOUR_NEVER);
    assert_true(options.offline && options.trace && options.verbose && options.stamp);
    assert_string_equal(options.settings[0].value, "l");
    assert_string_equal(said, "");
}

static void defaults_are_those_of_the_manual(void **state)
{
    (void)state;
    assert_true(read_line("example.com"));
    assert_int_equal(options.timeout_msecs, 30000);
    assert_int_equal(options.fail_on, MA_ERROR);
    assert_int_equal(options.nameserver_count, 0);
    assert_true(options.spec.now_secs > 1700000000);
    assert_int_equal(options.spec.audited_at, -1);
    assert_false(options.spec.role_given);
    assert_false(options.offline || options.stamp || options.incomplete_ok);
}

static void options_may_stand_anywhere(void **state)
{
    (void)state;
    assert_true(read_line("example.com --offline 192.0.2.1"));
    assert_int_equal(options.spec.address_count, 1);
    assert_true(options.offline);
    assert_true(read_line("--offline -- example.com"));
    assert_string_equal(options.spec.domain, "example.com");
    assert_true(read_line("--timeout=3 example.com"));
    assert_int_equal(options.timeout_msecs, 3000);
    assert_true(read_line("--incomplete example.com")); /* an abbreviation */
    assert_true(options.incomplete_ok);
}

/* Whatever is wrong, the argument is named. */
static void errors_name_the_argument(void **state)
{
    static const char *const rows[][2] = {{"", "no domain given"}, {"example", "'example'"},
        {"example.com 192.0.2.300", "'192.0.2.300'"}, {"example.com mail", "'mail'"},
        {"--frobnicate example.com", "'--frobnicate'"}, {"-x example.com", "'-x'"},
        {"-vx example.com", "'-x'"}, {"example.com --timeout", "'--timeout' needs a value"},
        {"--offline=yes example.com", "'--offline=yes' takes no value"},
        {"--timeout 0 example.com", "--timeout '0'"},
        {"--timeout -1 example.com", "--timeout '-1'"},
        {"--timeout nan example.com", "--timeout 'nan'"},
        {"--timeout 1e9 example.com", "--timeout '1e9'"},
        {"--timeout 3s example.com", "--timeout '3s'"}, {"--timeout= example.com", "--timeout ''"},
        {"--now -5 example.com", "--now '-5'"}, {"--now 1e300 example.com", "--now '1e300'"},
        {"--nameserver localhost example.com", "--nameserver 'localhost'"},
        {"--nameserver 192.0.2.1:0 example.com", "--nameserver '192.0.2.1:0'"},
        {"--role postman example.com", "role 'postman'"},
        {"--sender me example.com", "sender 'me'"}, {"--sender <> example.com", "--helo NAME"},
        {"--selector a..b example.com", "selector 'a..b'"},
        {"--fail-on pass example.com", "--fail-on 'pass'"},
        {"--fail-on unknown example.com", "--fail-on 'unknown'"},
        {"--fail-on bad example.com", "--fail-on 'bad'"},
        {"--format nosuch example.com", "--format 'nosuch'"},
        {"--color pink example.com", "--color 'pink'"}, {"--workers 0 batch", "--workers '0'"},
        {"--memory 1 batch", "--memory '1'"}, {"--memory -1G batch", "--memory '-1G'"},
        {"--memory 99999999999G batch", "--memory"}, {"--memory 1GG batch", "--memory '1GG'"},
        {"--shard 3/2 batch", "--shard '3/2'"}, {"--shard 0/2 batch", "--shard '0/2'"},
        {"--shard 1/2x batch", "--shard '1/2x'"}, {"--replay /nonexistent", "/nonexistent"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (read_line(rows[i][0]))
            fail_msg("'%s' was taken", rows[i][0]);
        if (strstr(said, rows[i][1]) == NULL)
            fail_msg("'%s': %s", rows[i][0], said);
    }
}

static void repetition_is_bounded(void **state)
{
    static char line[16 * 1024];
    (void)state;
    const struct {
        const char *option;
        int most;
    } rows[] = {{"--zone z ", MA_REPEAT_MAX}, {"--plugin p ", MA_REPEAT_MAX},
        {"--nameserver ::1 ", MA_NAMESERVERS_MAX}, {"--lists l ", MA_SETTINGS_MAX}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t at = 0;
        for (int n = 0; n < rows[i].most; n++)
            at += (size_t)snprintf(line + at, sizeof line - at, "%s", rows[i].option);
        snprintf(line + at, sizeof line - at, "example.com");
        assert_true(read_line(line));
        snprintf(line + at, sizeof line - at, "%sexample.com", rows[i].option);
        assert_false(read_line(line));
        assert_non_null(strstr(said, "too many"));
    }
}

static void commands_are_words(void **state)
{
    (void)state;
    assert_true(read_line("--rules"));
    assert_int_equal(options.action, MA_ACTION_RULES);
    assert_true(read_line("--explain mx.none"));
    assert_int_equal(options.action, MA_ACTION_EXPLAIN);
    assert_string_equal(options.explain, "mx.none");
    assert_true(read_line("batch file"));
    assert_string_equal(options.command->word, "batch");
    assert_int_equal(options.argument_count, 1);
    assert_string_equal(options.arguments[0], "file");
    assert_true(read_line("batch. 192.0.2.1")); /* a domain */
    assert_null(options.command->word);
    assert_false(read_line("batches"));
}

static void the_table_has_no_name_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < ma_option_count; i++) {
        assert_non_null(ma_option_table[i].read);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(ma_option_table[i].name, ma_option_table[k].name);
            assert_true(ma_option_table[i].letter == 0 ||
                        ma_option_table[i].letter != ma_option_table[k].letter);
        }
        if (i > 0 && strcmp(ma_option_table[i - 1].name, ma_option_table[i].name) > 0)
            fail_msg("--%s is out of order", ma_option_table[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_line_is_read, teardown),
        cmocka_unit_test_teardown(defaults_are_those_of_the_manual, teardown),
        cmocka_unit_test_teardown(options_may_stand_anywhere, teardown),
        cmocka_unit_test_teardown(errors_name_the_argument, teardown),
        cmocka_unit_test_teardown(repetition_is_bounded, teardown),
        cmocka_unit_test_teardown(commands_are_words, teardown),
        cmocka_unit_test(the_table_has_no_name_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
