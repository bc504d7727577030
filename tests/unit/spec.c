/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "spec.h"

static struct ma_arena arena;
static struct ma_spec spec;
static char *said;
static size_t said_size;
static FILE *err;

static int setup(void **state)
{
    (void)state;
    ma_arena_init(&arena, 4096, UNIT_ARENA_BYTES);
    memset(&spec, 0, sizeof spec);
    err = open_memstream(&said, &said_size);
    return err == NULL;
}

static int teardown(void **state)
{
    (void)state;
    ma_arena_clear(&arena);
    fclose(err);
    free(said);
    return 0;
}

/* What was said last, which is one line and names the text. */
static void said_of(const char *text)
{
    fflush(err);
    assert_non_null(strstr(said, text));
    assert_ptr_equal(strrchr(said, '\n'), said + strlen(said) - 1);
    fclose(err);
    free(said);
    err = open_memstream(&said, &said_size);
    assert_non_null(err);
}

static void domains_become_labels(void **state)
{
    static const char *const rows[][3] = {{"Example.COM", "example.com", "example.com"},
        {"example.com.", "example.com", "example.com"}, {"dk.", "dk", "dk"},
        {"_spf.example.com", "_spf.example.com", "_spf.example.com"},
        {"b\303\274cher.example", "xn--bcher-kva.example", "b\303\274cher.example"},
        {"B\303\234CHER.Example.", "xn--bcher-kva.example", "b\303\274cher.example"},
        {"XN--Bcher-KVA.example", "xn--bcher-kva.example", "b\303\274cher.example"},
        {"stra\303\237e.de", "xn--strae-oqa.de", "stra\303\237e.de"},
        {"\344\276\213\343\200\202\346\265\213", "xn--fsq.xn--0zw", "\344\276\213.\346\265\213"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!ma_spec_set_domain(&spec, &arena, rows[i][0], err))
            fail_msg("'%s' is a domain", rows[i][0]);
        assert_string_equal(spec.domain, rows[i][1]);
        assert_string_equal(spec.unicode, rows[i][2]);
    }
}

static void what_is_no_domain_is_refused(void **state)
{
    static const char *const bad[] = {"example", "", "b\303\274cher", "a..b", ".example.com",
        "192.0.2.1", "192.0.2.1.", "2001:db8::1", "https://example.com/", "user@example.com",
        "exa mple.com", "example.com/24", "a\\.b.com", "example.com\n", "\377\376.com",
        "*.example.com", "a\33[31m.com",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example"};
    char longest[400];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (ma_spec_set_domain(&spec, &arena, bad[i], err))
            fail_msg("'%s' was taken", bad[i]);
        said_of(bad[i]);
    }
    for (size_t i = 0; i < sizeof longest - 1; i++)
        longest[i] = i % 2 == 0 ? 'a' : '.';
    longest[sizeof longest - 1] = '\0';
    assert_false(ma_spec_set_domain(&spec, &arena, longest, err));
    said_of("longer than 253");
    assert_null(spec.domain);
}

static void addresses_are_addresses_or_hosts(void **state)
{
    static const char *const good[][2] = {{"192.0.2.1", "192.0.2.1"},
        {"2001:DB8::1", "2001:DB8::1"}, {"Mail.Example.com", "mail.example.com"},
        {"mail.example.com.", "mail.example.com"}, {"m\303\244il.example", "xn--mil-qla.example"}};
    static const char *const bad[] = {"mail", "192.0.2.256", "192.0.2.1/24", "[192.0.2.1]",
        "2001:db8::g", "_x.example.com", "a b.com", "m\303\244il", "m\303\244_.example"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(ma_spec_add_address(&spec, &arena, good[i][0], err));
        assert_string_equal(spec.addresses[i], good[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (ma_spec_add_address(&spec, &arena, bad[i], err))
            fail_msg("'%s' was taken", bad[i]);
        said_of(bad[i]);
    }
    assert_int_equal(spec.address_count, sizeof good / sizeof *good);
}

static void lists_are_bounded(void **state)
{
    (void)state;
    for (int i = 0; i < MA_SPEC_LIST_MAX; i++) {
        assert_true(ma_spec_add_address(&spec, &arena, "192.0.2.1", err));
        assert_true(ma_spec_add_selector(&spec, &arena, "s1", err));
    }
    assert_false(ma_spec_add_address(&spec, &arena, "192.0.2.1", err));
    said_of("too many addresses: at most 256");
    assert_false(ma_spec_add_selector(&spec, &arena, "s1", err));
    said_of("too many selectors: at most 256");
    assert_string_equal(spec.selectors[255], "s1");
}

static void selectors_may_have_dots(void **state)
{
    (void)state;
    assert_true(ma_spec_add_selector(&spec, &arena, "S1.2024", err));
    assert_string_equal(spec.selectors[0], "s1.2024");
    assert_false(ma_spec_add_selector(&spec, &arena, "", err));
    said_of("selector ''");
    assert_false(ma_spec_add_selector(&spec, &arena, "a..b", err));
    said_of("a..b");
}

static void senders_are_mail_addresses(void **state)
{
    char longest[1100];
    (void)state;
    assert_true(ma_spec_set_sender(&spec, &arena, "a@b@example.com", err));
    assert_string_equal(spec.sender, "a@b@example.com");
    assert_false(ma_spec_set_sender(&spec, &arena, "example.com", err));
    said_of("'example.com'");
    assert_false(ma_spec_set_sender(&spec, &arena, "a@", err));
    said_of("'a@'");
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    longest[3] = '@';
    assert_false(ma_spec_set_sender(&spec, &arena, longest, err));
    said_of("sender");
    assert_false(ma_spec_set_helo(&spec, &arena, longest, err));
    said_of("helo");
    assert_false(ma_spec_set_helo(&spec, &arena, "", err));
    said_of("helo");
    assert_true(ma_spec_set_helo(&spec, &arena, "mail.example.com", err));
    assert_string_equal(spec.sender, "a@b@example.com");
}

static void a_null_sender_needs_a_helo_name(void **state)
{
    static const char *const forms[] = {"", "<>"};
    (void)state;
    assert_true(ma_spec_check(&spec, err));
    for (size_t i = 0; i < 2; i++) {
        spec.helo = NULL;
        assert_true(ma_spec_set_sender(&spec, &arena, forms[i], err));
        assert_string_equal(spec.sender, "");
        assert_false(ma_spec_check(&spec, err));
        said_of("--helo");
        assert_true(ma_spec_set_helo(&spec, &arena, "mail.example.com", err));
        assert_true(ma_spec_check(&spec, err));
    }
    assert_true(ma_spec_set_sender(&spec, &arena, "<a@example.com>", err));
    assert_string_equal(spec.sender, "a@example.com");
    assert_false(ma_spec_set_sender(&spec, &arena, "<", err));
    said_of("'<'");
    assert_false(ma_spec_set_sender(&spec, &arena, "<a@>", err));
    said_of("'<a@>'");
}

static void roles_have_names(void **state)
{
    (void)state;
    assert_true(ma_spec_set_role(&spec, "parked", err));
    assert_true(spec.role_given);
    assert_int_equal(spec.role, MA_PARKED);
    assert_false(ma_spec_set_role(&spec, "Parked", err));
    said_of("'Parked'");
    assert_int_equal(spec.role, MA_PARKED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(domains_become_labels),
        CASE(what_is_no_domain_is_refused),
        CASE(addresses_are_addresses_or_hosts),
        CASE(lists_are_bounded),
        CASE(selectors_may_have_dots),
        CASE(senders_are_mail_addresses),
        CASE(a_null_sender_needs_a_helo_name),
        CASE(roles_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
