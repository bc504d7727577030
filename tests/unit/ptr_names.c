/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "../../checks/ptr_names.h"
#include "../../checks/ptr_tables.h"

/* "NAME ADDRESS", or a name alone. */
static struct ptr_verdict classify(const char *text)
{
    char name[1024];
    struct ma_address address = {0};
    const char *blank = strchr(text, ' ');
    size_t size = blank != NULL ? (size_t)(blank - text) : strlen(text);
    assert_true(size < sizeof name);
    memcpy(name, text, size);
    name[size] = '\0';
    if (blank != NULL)
        assert_true(ma_address_parse(&address, blank + 1));
    return ptr_classify(name, &address);
}

static void tables_are_sorted_and_have_sources(void **state)
{
    (void)state;
    for (size_t i = 0; i < ptr_word_count; i++) {
        assert_true(i == 0 || strcmp(ptr_words[i - 1].word, ptr_words[i].word) < 0);
        assert_true(ptr_words[i].source[0] != '\0' && ptr_words[i].date[0] == '2');
    }
    for (size_t i = 0; i < ptr_suffix_count; i++) {
        assert_true(i == 0 || strcmp(ptr_suffixes[i - 1].suffix, ptr_suffixes[i].suffix) < 0);
        assert_true(ptr_suffixes[i].source[0] != '\0' && ptr_suffixes[i].date[0] == '2');
    }
}

/* Did the very word, or suffix, decide? */
static bool decides(const char *text, const char *part, struct ptr_verdict *verdict_r)
{
    *verdict_r = classify(text);
    return verdict_r->length == strlen(part) &&
           memcmp(text + verdict_r->offset, part, strlen(part)) == 0;
}

static void each_word_decides_its_example_and_not_its_counter(void **state)
{
    static const struct {
        enum ptr_kind kind;
        enum ptr_heuristic heuristic;
    } classes[] = {
        [PTR_WORD_MAIL] = {PTR_NAMED, PTR_BY_MAIL_WORD},
        [PTR_WORD_DYNAMIC] = {PTR_GENERIC_DYNAMIC, PTR_BY_DYNAMIC_WORD},
        [PTR_WORD_ACCESS] = {PTR_GENERIC_DYNAMIC, PTR_BY_DYNAMIC_WORD},
        [PTR_WORD_CUSTOMER] = {PTR_GENERIC_STATIC, PTR_BY_STATIC_WORD},
        [PTR_WORD_STATIC] = {PTR_GENERIC_STATIC, PTR_BY_STATIC_WORD},
    };
    (void)state;
    for (size_t i = 0; i < ptr_word_count; i++) {
        const struct ptr_word *row = &ptr_words[i];
        struct ptr_verdict verdict;
        if (!decides(row->example, row->word, &verdict) ||
            verdict.kind != classes[row->class].kind ||
            verdict.heuristic != classes[row->class].heuristic)
            fail_msg("%s does not decide %s: %s", row->word, row->example,
                ptr_heuristic_name(verdict.heuristic));
        assert_non_null(strstr(row->counter, row->word));
        if (decides(row->counter, row->word, &verdict) ||
            (verdict.kind == PTR_NAMED) == (row->class == PTR_WORD_MAIL))
            fail_msg("%s, %s: %s", row->word, row->counter, ptr_heuristic_name(verdict.heuristic));
    }
}

static void each_suffix_decides_its_example_and_not_its_counter(void **state)
{
    (void)state;
    for (size_t i = 0; i < ptr_suffix_count; i++) {
        const struct ptr_suffix *row = &ptr_suffixes[i];
        struct ptr_verdict verdict;
        assert_true(decides(row->example, row->suffix, &verdict));
        assert_int_equal(verdict.heuristic, PTR_BY_SUFFIX);
        assert_int_equal(verdict.kind, row->kind);
        if (decides(row->counter, row->suffix, &verdict))
            fail_msg("%s decides %s", row->suffix, row->counter);
    }
}

static const struct row {
    const char *text;
    enum ptr_kind kind;
    enum ptr_heuristic heuristic;
    const char *part;
} rows[] = {
    {"mail.example.com 192.0.2.7", PTR_NAMED, PTR_BY_MAIL_WORD, "mail"},
    {"bsmtp7.example.com 192.0.2.7", PTR_NAMED, PTR_BY_MAIL_WORD, "bsmtp"},
    {"gandalf.example.com 192.0.2.7", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    {"example.com 192.0.2.7", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    {"out192-0-2-7.mail.example.com 192.0.2.7", PTR_NAMED, PTR_BY_MAIL_WORD, "out"},
    {"a7-2.smtp-out.example.com 192.0.2.7", PTR_NAMED, PTR_BY_MAIL_WORD, "smtp"},
    {"resqmta-a2p-640029.example.com 192.0.2.7", PTR_NAMED, PTR_BY_MAIL_WORD, "resqmta"},
    {"mta-pool3-12.example.com 192.0.2.7", PTR_NAMED, PTR_BY_MAIL_WORD, "mta"},
    /* the domain of a mail service: wins over all but the whole address */
    {"m2-7.examplemail.com 192.0.2.7", PTR_NAMED, PTR_BY_MAIL_WORD, "examplemail"},
    {"d192456a.labs.example 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_SERIAL, "d192456a"},
    {"d192456a.iphmx.com 192.0.2.7", PTR_NAMED, PTR_BY_MAIL_WORD, "iphmx"},
    {"192-0-2-7.examplemail.com 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_ADDRESS, "192-0-2-7"},
    /* the address: forward, back, mixed, padded, run together, hexadecimal, in part */
    {"192-0-2-7.example.com 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_ADDRESS, "192-0-2-7"},
    {"7.2.0.192.rev.example.com 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_ADDRESS, "7.2.0.192"},
    {"7.red-192-0-2.example.com 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_ADDRESS, "7.red-192-0-2"},
    {"h192000002007.example.com 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_ADDRESS, "192000002007"},
    {"ip19202147.example.com 192.0.2.147", PTR_GENERIC_STATIC, PTR_BY_ADDRESS, "19202147"},
    {"hC0000207.Example.COM. 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_ADDRESS, "C0000207"},
    {"host-2-7.example.com 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_ADDRESS, "2-7"},
    {"ip7.ip-192-0-2.example 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_ADDRESS, "7.ip-192-0-2"},
    {"198-51-100-1.example.com 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_ADDRESS_SHAPE,
        "198-51-100-1"},
    {"2001-db8-0-17--19.example.com 2001:db8:0:17::19", PTR_GENERIC_STATIC, PTR_BY_ADDRESS,
        "2001-db8-0-17--19"},
    {"mx.example.com 2001:db8::25", PTR_NAMED, PTR_BY_MAIL_WORD, "mx"},
    {"web-0-2.example.com 192.0.2.7", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    {"a1-2-3-4.example.com 192.0.2.7", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    {"a.1-2-3.example 192.0.2.7", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    {"web.a-1-b-2.example.com 2001:db8:1::a:b:2", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    /* words */
    {"c-192-0-2-7.dyn.example.com 192.0.2.7", PTR_GENERIC_DYNAMIC, PTR_BY_DYNAMIC_WORD, "dyn"},
    {"mail.adsl-192-0-2-7.example.com 192.0.2.7", PTR_GENERIC_DYNAMIC, PTR_BY_DYNAMIC_WORD, "adsl"},
    {"adsl-192-0-2-7.static.example.com 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_ADDRESS,
        "192-0-2-7"},
    {"cable7.home.example.com 192.0.2.9", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    {"dsl.example.com 192.0.2.7", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    {"vps12345.example.com 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_STATIC_WORD, "vps"},
    {"c-192-0-2-7.res.example.com 192.0.2.7", PTR_GENERIC_DYNAMIC, PTR_BY_DYNAMIC_WORD, "res"},
    {"30.dsl.example.com 192.0.2.30", PTR_GENERIC_DYNAMIC, PTR_BY_DYNAMIC_WORD, "dsl"},
    {"srv2019.example.com 192.0.2.7", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    /* serial numbers, and what is none */
    {"li1843-7.example.com 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_SERIAL, "1843-7"},
    {"li1843-8.example.com 192.0.2.7", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    {"h00306548b0d2.example.com 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_SERIAL, "00306548b0d2"},
    {"dec2023.example.com 192.0.2.7", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    {"vwp12212.example.com 192.0.2.7", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    {"ns312345.example.co.uk 192.0.2.7", PTR_GENERIC_STATIC, PTR_BY_SERIAL, "312345"},
    /* what is no name of a host at all */
    {" 192.0.2.7", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    {". 192.0.2.7", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    {"localhost 192.0.2.7", PTR_NAMED, PTR_BY_OWN_NAME, ""},
    {"...... 192.0.2.7", PTR_NAMED, PTR_BY_OWN_NAME, ""},
};

static void verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ptr_verdict verdict = classify(rows[i].text);
        char part[256];
        snprintf(part, sizeof part, "%.*s", (int)verdict.length, rows[i].text + verdict.offset);
        if (verdict.kind != rows[i].kind || verdict.heuristic != rows[i].heuristic ||
            strcmp(part, rows[i].part) != 0)
            fail_msg("%s: kind %d by %s, '%s'", rows[i].text, verdict.kind,
                ptr_heuristic_name(verdict.heuristic), part);
    }
}

/* Hostile names: as long as they come, of one kind of byte. */
static void long_names_are_bounded(void **state)
{
    static const char bytes[] = "a0-.\\_\xff";
    char name[1024];
    struct ma_address v4, v6;
    (void)state;
    assert_true(ma_address_parse(&v4, "192.0.2.7") && ma_address_parse(&v6, "2001:db8::7"));
    for (size_t i = 0; i < sizeof bytes - 1; i++) {
        memset(name, bytes[i], sizeof name - 1);
        name[sizeof name - 1] = '\0';
        for (size_t k = 1; k < sizeof name - 1; k += 1 + k / 3) {
            name[k] = bytes[(i + k) % (sizeof bytes - 1)];
            struct ptr_verdict a = ptr_classify(name, &v4), b = ptr_classify(name, &v6);
            assert_true(a.offset + a.length < 256 && b.offset + b.length < 256);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_sorted_and_have_sources),
        cmocka_unit_test(each_word_decides_its_example_and_not_its_counter),
        cmocka_unit_test(each_suffix_decides_its_example_and_not_its_counter),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(long_names_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
