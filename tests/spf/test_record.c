/* SPDX-License-Identifier: MIT */
#include "spf/record.h"
#include "unit.h"
#include "world.h"

static struct world *world;

static const struct ma_spf_record *parse(const char *text)
{
    assert_true(ma_spf_record_is(text, strlen(text)));
    return ma_spf_record_parse(world_run(world), text, strlen(text), NULL);
}

static void test_version(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is;
    } rows[] = {{"v=spf1", true}, {"v=spf1 -all", true}, {"V=SpF1 ", true}, {"v=spf10", false},
        {"v=spf1;-all", false}, {" v=spf1", false}, {"v=spf", false}, {"v=spf1\t-all", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(ma_spf_record_is(rows[i].text, strlen(rows[i].text)), rows[i].is);
}

static void test_terms_have_places(void **state)
{
    (void)state;
    const struct ma_spf_record *r =
        parse("v=spf1  ?a:mail.example.com/24//64 ip6:2001:db8::/32 redirect=%{d2}.example.net ");
    assert_int_equal(r->fault_count, 0);
    assert_int_equal(r->term_count, 3);
    const struct ma_spf_term *t = r->terms;
    assert_int_equal(t[0].kind, MA_SPF_A);
    assert_int_equal(t[0].qualifier, '?');
    assert_int_equal(t[0].offset, 8);
    assert_int_equal(t[0].length, 26);
    assert_int_equal(t[0].prefix4, 24);
    assert_int_equal(t[0].prefix6, 64);
    assert_string_equal(t[0].literal->text, "mail.example.com");
    assert_int_equal(t[1].kind, MA_SPF_IP6);
    assert_int_equal(t[1].prefix6, 32);
    assert_int_equal(t[2].kind, MA_SPF_REDIRECT);
    assert_null(t[2].literal);
    assert_int_equal(t[2].letters, MA_SPF_LETTER('d'));
    assert_int_equal(r->redirect, 2);
    assert_int_equal(r->all, -1);
}

struct fault_row {
    const char *term;
    enum ma_spf_fault_code code;
    size_t offset, length; /* in the term */
};

static const struct fault_row fault_rows[] = {
    {"ipv4:192.0.2.1", MA_SPF_UNKNOWN_TERM, 0, 4},
    {"-all.", MA_SPF_UNKNOWN_TERM, 0, 5},
    {"-all:x", MA_SPF_TAKES_NO_VALUE, 4, 2},
    {"all/8", MA_SPF_TAKES_NO_VALUE, 3, 2},
    {"~", MA_SPF_UNKNOWN_TERM, 0, 1},
    {"=all", MA_SPF_UNKNOWN_TERM, 0, 4},
    {"1up=foo", MA_SPF_UNKNOWN_TERM, 0, 7},
    {"moo.cow:far=dog", MA_SPF_UNKNOWN_TERM, 0, 7},
    {"redirect:example.com", MA_SPF_UNKNOWN_TERM, 0, 8},
    {"include", MA_SPF_NEEDS_VALUE, 0, 7},
    {"include:", MA_SPF_NEEDS_VALUE, 0, 8},
    {"include:a.example/24", MA_SPF_TAKES_NO_PREFIX, 17, 3},
    {"include/24", MA_SPF_TAKES_NO_PREFIX, 7, 3},
    {"exists:a.example/24", MA_SPF_TAKES_NO_PREFIX, 16, 3},
    {"ptr/0", MA_SPF_TAKES_NO_PREFIX, 3, 2},
    {"a:", MA_SPF_NEEDS_VALUE, 0, 2},
    {"redirect=", MA_SPF_NEEDS_VALUE, 0, 9},
    {"exp=", MA_SPF_NEEDS_VALUE, 0, 4},
    {"exp=-all", MA_SPF_SINGLE_LABEL, 4, 4},
    {"ip4", MA_SPF_NEEDS_VALUE, 0, 3},
    {"ip4:192.0.2", MA_SPF_BAD_IP4, 4, 7},
    {"ip4:192.0.2.01", MA_SPF_BAD_IP4, 4, 10},
    {"ip4:192.0.2.1:25", MA_SPF_BAD_IP4, 4, 12},
    {"ip4:2001:db8::1", MA_SPF_BAD_IP4, 4, 11},
    {"ip4:192.0.2.1/33", MA_SPF_BAD_PREFIX, 13, 3},
    {"ip4:192.0.2.1/032", MA_SPF_BAD_PREFIX, 13, 4},
    {"ip4:192.0.2.1/", MA_SPF_BAD_PREFIX, 13, 1},
    {"ip4:192.0.2.1//32", MA_SPF_BAD_PREFIX, 13, 4},
    {"ip6:192.0.2.1", MA_SPF_BAD_IP6, 4, 9},
    {"ip6::CAFE::BABE", MA_SPF_BAD_IP6, 4, 11},
    {"ip6:::/129", MA_SPF_BAD_PREFIX, 6, 4},
    {"a/33", MA_SPF_BAD_PREFIX, 1, 3},
    {"a//129", MA_SPF_BAD_PREFIX, 2, 4},
    {"mx/24/64", MA_SPF_BAD_PREFIX, 5, 3},
    {"a/", MA_SPF_BAD_PREFIX, 1, 1},
    {"a:192.0.2.1", MA_SPF_ADDRESS_FOR_NAME, 2, 9},
    {"a:192.0.2.1/24", MA_SPF_ADDRESS_FOR_NAME, 2, 9},
    {"a:museum", MA_SPF_SINGLE_LABEL, 2, 6},
    {"a:museum.", MA_SPF_SINGLE_LABEL, 2, 7},
    {"mx:abc.123", MA_SPF_BAD_TOPLABEL, 7, 3},
    {"a:example.-com", MA_SPF_BAD_TOPLABEL, 10, 4},
    {"a:example.com:8080", MA_SPF_BAD_TOPLABEL, 10, 8},
    {"a:%{d}com", MA_SPF_BAD_TOPLABEL, 6, 3},
    {"exists:%(ir).example", MA_SPF_BAD_PERCENT, 7, 2},
    {"exists:100%", MA_SPF_BAD_PERCENT, 10, 1},
    {"exists:%{i.example", MA_SPF_BAD_MACRO, 7, 11},
    {"exists:%{}.example", MA_SPF_BAD_MACRO, 7, 3},
    {"exists:%{ix}.example", MA_SPF_BAD_MACRO, 7, 5},
    {"exists:%{a}.example", MA_SPF_UNKNOWN_MACRO, 7, 4},
    {"exists:%{c}.example", MA_SPF_EXPLANATION_MACRO, 7, 4},
    {"exists:%{d0}.example", MA_SPF_ZERO_DIGIT, 7, 5},
    {"exists:%{d00r}.example", MA_SPF_ZERO_DIGIT, 7, 7},
    {"foo=%abc", MA_SPF_BAD_PERCENT, 4, 2},
    {"a:\xef\xbb\xbfx.example", MA_SPF_BAD_BYTE, 2, 3},
    {"a\rptr", MA_SPF_BAD_BYTE, 1, 1},
};

static void test_faults_have_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fault_rows / sizeof *fault_rows; i++) {
        const struct fault_row *row = &fault_rows[i];
        char text[200];
        snprintf(text, sizeof text, "v=spf1 mx %s -all", row->term);
        const struct ma_spf_record *r = parse(text);
        print_message("%s\n", row->term);
        assert_int_equal(r->fault_count, 1);
        assert_int_equal(r->faults[0].code, row->code);
        assert_int_equal(r->faults[0].offset, 10 + row->offset);
        assert_int_equal(r->faults[0].length, row->length);
        assert_int_equal(r->faults[0].term_offset, 10);
        assert_int_equal(r->faults[0].term_length, strlen(row->term));
    }
}

static void test_sound_terms(void **state)
{
    (void)state;
    static const char *const terms[] = {"a:foo:bar/baz.example.com", "a/0", "a//0",
        "a:x.example/0//0", "A:X.EXAMPLE.XN--ZCKZAH", "include:o.example.com.",
        "exists:%{i}.%{l2r-+,/_=}.x.example", "exists:%%%_%-.x.example", "a:%{H}", "exists:x%%",
        "moo.cow-far_out=man:dog/cat", "default=+", "x=%{c}%{r}%{t}", "ip4=192.0.2.1",
        "ip6:::1.1.1.1/0", "a:a..b.example", "a:x.1-2", "exists:%{d127}.example",
        "exists:%{D99999999999999999999}.example"};
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        char text[200];
        snprintf(text, sizeof text, "v=spf1 %s -all", terms[i]);
        print_message("%s\n", terms[i]);
        assert_int_equal(parse(text)->fault_count, 0);
    }
}

static void test_duplicate_modifiers(void **state)
{
    (void)state;
    const struct ma_spf_record *r = parse("v=spf1 exp=a.example exp=b.example x=1 x=1 -all");
    assert_int_equal(r->fault_count, 1);
    assert_int_equal(r->faults[0].code, MA_SPF_DUPLICATE_MODIFIER);
    assert_int_equal(r->faults[0].offset, 21);
    assert_int_equal(r->exp, 0);
}

static void test_all_faults_are_kept(void **state)
{
    (void)state;
    char text[400] = "v=spf1";
    for (int i = 0; i < MA_SPF_FAULTS_MAX + 4; i++)
        strncat(text, " bad", sizeof text - strlen(text) - 1);
    const struct ma_spf_record *r = parse(text);
    assert_int_equal(r->fault_count, MA_SPF_FAULTS_MAX + 4);
    assert_int_equal(r->faults[MA_SPF_FAULTS_MAX - 1].offset, 7 + 4 * (MA_SPF_FAULTS_MAX - 1));
}

static void test_names(void **state)
{
    (void)state;
    struct ma_run *run = world_run(world);
    char text[400];
    assert_string_equal(ma_spf_name(run, "Mail.Example.", 13)->text, "mail.example");
    assert_string_equal(ma_spf_name(run, "a b.\\x.example", 14)->text, "a\\032b.\\\\x.example");
    assert_null(ma_spf_name(run, "a..example", 10)->text);
    assert_null(ma_spf_name(run, "", 0)->text);
    assert_null(ma_spf_name(run, "a\0b.example", 11)->text);
    memset(text, 'a', sizeof text);
    assert_null(ma_spf_name(run, text, 64)->text);
    assert_non_null(ma_spf_name(run, text, 63)->text);
    for (size_t i = 49; i < sizeof text; i += 50)
        text[i] = '.';
    /* 399 bytes in labels of 49: cut from the left to 249 */
    const struct ma_spf_name *cut = ma_spf_name(run, text, 399);
    assert_int_equal(strlen(cut->raw), 249);
    assert_int_equal(cut->labels, 5);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_version),
        cmocka_unit_test(test_terms_have_places), cmocka_unit_test(test_faults_have_places),
        cmocka_unit_test(test_sound_terms), cmocka_unit_test(test_duplicate_modifiers),
        cmocka_unit_test(test_all_faults_are_kept), cmocka_unit_test(test_names)};
    world = world_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_free(world);
    return failed;
}
