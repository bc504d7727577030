/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "sample.h"

#include <jansson.h>

/* The object's keys, in order, with spaces between. */
static void assert_keys(json_t *object, const char *due)
{
    char text[512] = "";
    const char *key;
    json_t *value;
    assert_true(json_is_object(object));
    size_t length = 0;
    json_object_foreach(object, key, value)
    {
        (void)value;
        length += (size_t)snprintf(
            text + length, sizeof text - length, "%s%s", length > 0 ? " " : "", key);
        assert_true(length < sizeof text);
    }
    assert_string_equal(text, due);
}

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (root == NULL)
        fail_msg("%s at %d: %s", error.text, error.position, text);
    return root;
}

static void has_every_key_in_order(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    sample_count(&s);
    char *text = sample_render(&s, "json", 80);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    json_t *root = parse(text);
    assert_keys(root, "schema program status failure label line audited_at target score verdict "
                      "findings checks");
    assert_keys(json_object_get(root, "target"),
        "domain unicode addresses addresses_from sender helo role");
    json_t *score = json_object_get(root, "score");
    assert_keys(score, "value lowest grade lowest_grade gate deductions questions unanswered "
                       "not_asked");
    assert_keys(json_array_get(json_object_get(score, "deductions"), 0), "rule area points");
    json_t *finding = json_array_get(json_object_get(root, "findings"), 0);
    assert_keys(finding, "id rule check area severity could_be failure points subject also title "
                         "why evidence fix records cause reference place muted "
                         "could_be_several");
    assert_keys(
        json_array_get(json_object_get(finding, "records"), 0), "owner type ttl_secs rdata");
    assert_keys(json_object_get(finding, "place"), "owner type record offset length");
    json_decref(root);
    free(text);
    sample_clear(&s);
}

static void says_what_the_report_says(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    sample_count(&s);
    char *text = sample_render(&s, "json", 80);
    json_t *root = parse(text);
    int schema, value, lowest, points, ttl_secs, offset;
    const char *grade, *lowest_grade, *gate, *verdict, *fix, *unicode, *from;
    assert_int_equal(json_unpack(root, "{s:i, s:s, s:{s:s, s:s}, s:{s:i, s:i, s:s, s:s, s:s}}",
                         "schema", &schema, "verdict", &verdict, "target", "unicode", &unicode,
                         "addresses_from", &from, "score", "value", &value, "lowest", &lowest,
                         "grade", &grade, "lowest_grade", &lowest_grade, "gate", &gate),
        0);
    assert_int_equal(schema, 1);
    assert_string_equal(verdict, "error");
    assert_string_equal(unicode, s.target.unicode);
    assert_string_equal(from, "mx");
    assert_int_equal(value, 84);
    assert_int_equal(lowest, 49);
    assert_string_equal(grade, "C");
    assert_string_equal(lowest_grade, "F");
    assert_string_equal(gate, "error");
    json_t *finding = json_array_get(json_object_get(root, "findings"), 0);
    assert_int_equal(json_unpack(finding, "{s:i, s:s, s:n, s:n, s:[{s:i}], s:{s:i}}", "points",
                         &points, "fix", &fix, "could_be", "muted", "records", "ttl_secs",
                         &ttl_secs, "place", "offset", &offset),
        0);
    assert_int_equal(points, 15);
    assert_int_equal(ttl_secs, 5400);
    assert_int_equal(offset, 10);
    assert_string_equal(fix, "correct ipv4:192.0.2.1 in the record of xn--bcher-kva.example");
    assert_non_null(strstr(text, "\"severity\":\"unknown\",\"could_be\":\"critical\","
                                 "\"failure\":\"timeout\""));
    assert_non_null(strstr(text, "\"muted\":\"until 2030-01-01: planned\""));
    assert_non_null(strstr(text, "\"label\":null,\"line\":null,\"audited_at\":null"));
    json_decref(root);
    free(text);
    sample_clear(&s);
}

/* The check's own part of the report that says {"v": bytes}. */
static char *rendered_bytes(const void *bytes, size_t size)
{
    struct sample s;
    const char *err;
    sample_init(&s);
    struct ma_data *data =
        ma_data_clone(&s.arena, ma_data_template(&s.arena, "{\"v\": null}", &err), NULL);
    ma_put_bytes(data, "v", bytes, size);
    s.result = (struct ma_check_result){&sample_check, data};
    s.report.checks = &s.result;
    s.report.check_count = 1;
    sample_count(&s);
    char *text = sample_render(&s, "json", 80);
    json_decref(parse(text));
    sample_clear(&s);
    char *part = strdup(strstr(text, "\"checks\":"));
    free(text);
    return part;
}

static void assert_rendered(const void *bytes, size_t size, const char *due)
{
    char expected[256];
    char *text = rendered_bytes(bytes, size);
    snprintf(expected, sizeof expected, "\"checks\":{\"spf\":{\"v\":\"%s\"}}}\n", due);
    assert_string_equal(text, expected);
    free(text);
}
#define RENDERED(literal, due) assert_rendered(literal, sizeof(literal) - 1, due)

static void strings_are_escaped(void **state)
{
    (void)state;
    RENDERED("plain ~ /", "plain ~ /");
    RENDERED("\"\\\b\f\n\r\t", "\\\"\\\\\\b\\f\\n\\r\\t");
    RENDERED("a\0b\033\x7f", "a\\u0000b\\u001b\\u007f");
    RENDERED("\xc3\xbc \xf0\x9f\x93\xa7", "\xc3\xbc \xf0\x9f\x93\xa7");
    RENDERED("\xff\xc3", "\\u00ff\\u00c3"); /* not UTF-8: \u00XX of the byte */
    RENDERED("\xc0\xaf\xed\xa0\x80", "\\u00c0\\u00af\\u00ed\\u00a0\\u0080");
    /* UTF-8, but better not seen raw on a terminal: the same string to a parser */
    static const char hidden[] = {
        '\xc2', '\x9b', '\xe2', '\x80', '\xae', '\xf3', '\xa0', '\x81', '\x81'};
    assert_rendered(hidden, sizeof hidden, "\\u009b\\u202e\\udb40\\udc41");
}

static void long_strings_pass_the_buffer(void **state)
{
    enum { SIZE = 100000 };
    char *bytes = malloc(SIZE);
    (void)state;
    for (size_t step = 1; step <= 3; step++) {
        for (size_t i = 0; i < SIZE; i++)
            bytes[i] = i % 7 == 0 && step > 1 ? '\n' : i % 5 == 0 && step > 2 ? '\xff' : 'x';
        char *text = rendered_bytes(bytes, SIZE);
        size_t due = strlen("\"checks\":{\"spf\":{\"v\":\"\"}}}\n");
        for (size_t i = 0; i < SIZE; i++)
            due += bytes[i] == 'x' ? 1 : bytes[i] == '\n' ? 2 : 6;
        assert_int_equal(strlen(text), due);
        free(text);
    }
    free(bytes);
}

static void numbers_are_exact(void **state)
{
    struct sample s;
    const char *err;
    (void)state;
    sample_init(&s);
    const struct ma_data *template =
        ma_data_template(&s.arena, "{\"a\": null, \"b\": null, \"c\": 0, \"d\": false}", &err);
    struct ma_data *data = ma_data_clone(&s.arena, template, NULL);
    ma_put_int(data, "a", INT64_MIN);
    ma_put_int(data, "b", INT64_MAX);
    ma_put_bool(data, "d", true);
    s.result = (struct ma_check_result){&sample_check, data};
    s.report.checks = &s.result;
    s.report.check_count = 1;
    sample_count(&s);
    char *text = sample_render(&s, "json", 80);
    assert_non_null(strstr(text, "{\"a\":-9223372036854775808,\"b\":9223372036854775807,\"c\":0,"
                                 "\"d\":true}"));
    free(text);
    sample_clear(&s);
}

static void a_stamp_is_utc(void **state)
{
    struct sample s;
    (void)state;
    sample_init(&s);
    s.report.audited_at = 1700000000;
    sample_count(&s);
    char *text = sample_render(&s, "json", 80);
    assert_non_null(strstr(text, "\"audited_at\":\"2023-11-14T22:13:20Z\""));
    free(text);
    sample_clear(&s);
}

/* An audit that came to nothing has its object with every key, and no score. */
static void a_failed_audit_has_no_score(void **state)
{
    struct ma_target target = {.domain = "example.com", .unicode = "example.com"};
    struct sample s = {.report = {.status = MA_REPORT_FAILED, .audited_at = -1}};
    (void)state;
    ma_arena_init(&s.arena, 4096, UNIT_ARENA_BYTES);
    s.report.failure = "no \"memory\"";
    for (int i = 0; i < 2; i++) {
        ma_report_count(&s.report, &s.arena, NULL);
        char *text = sample_render(&s, "json", 80);
        json_t *root = parse(text);
        assert_non_null(strstr(text, "\"status\":\"failed\",\"failure\":\"no \\\"memory\\\"\""));
        assert_non_null(strstr(text, "\"score\":{\"value\":null,\"lowest\":null,\"grade\":null"));
        assert_non_null(strstr(text, "\"verdict\":\"unknown\""));
        json_decref(root);
        free(text);
        s.report.target = &target; /* known or not */
    }
    sample_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_every_key_in_order),
        cmocka_unit_test(says_what_the_report_says),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(long_strings_pass_the_buffer),
        cmocka_unit_test(numbers_are_exact),
        cmocka_unit_test(a_stamp_is_utc),
        cmocka_unit_test(a_failed_audit_has_no_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
