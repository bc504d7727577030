/* SPDX-License-Identifier: MIT */
/*
 * RDAP: answers in the five registries' styles, hostile ones, and the bootstrap table. The answers
 * are the fuzz target's seeds; their folder is the argument.
 */
#include "../../checks/rdap_bootstrap.h"
#include "../../checks/rdap_parse.h"
#include "file.h"
#include "unit.h"

static const char *folder;

static struct ma_address address(const char *text)
{
    struct ma_address a;
    assert_true(ma_address_parse(&a, text));
    return a;
}

static enum rdap_verdict parse(struct rdap_network *n, const char *text, const char *asked)
{
    struct ma_address a = address(asked);
    return rdap_parse(n, text, strlen(text), &a);
}

static enum rdap_verdict parse_file(struct rdap_network *n, const char *name, const char *asked)
{
    struct ma_file file;
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_true(ma_file_read(&file, path, 1024 * 1024, stderr));
    enum rdap_verdict verdict = parse(n, file.bytes, asked);
    ma_file_clear(&file);
    return verdict;
}

/* ---- answers --------------------------------------------------------------------------------- */

struct style {
    const char *file, *asked;
    const char *handle, *name, *holder, *country;
    const char *abuse; /* the only abuse address, or NULL */
    const char *other; /* the first other one, or NULL */
};

static const struct style styles[] = {
    {"arin.json", "198.51.100.7", "NET-198-51-100-0-1", "EXAMPLE-COLO", "Example Colocation, Inc.",
        "", "Abuse@colo.example.com", NULL},
    {"ripe.json", "203.0.113.5", "203.0.113.0 - 203.0.113.127", "EXAMPLE-HOSTING",
        "Voorbeeld Hosting B.V.", "NL", "abuse@example.nl", NULL},
    {"apnic.json", "192.0.2.1", "192.0.2.0 - 192.0.2.255", "EXAMPLE-AP", "Example Pty Ltd", "AU",
        "abuse@example.com.au", NULL},
    {"lacnic.json", "2001:db8:8000::25", "2001:db8:8000::/33", "",
        "Ejemplo Telecomunicaci\303\263n S.A.", "", "abuso@ejemplo.com.ar", NULL},
    {"afrinic.json", "198.18.2.25", "198.18.0.0 - 198.18.3.255", "EXAMPLE-ZA",
        "Example Networks (Pty) Ltd", "ZA", NULL, "noc@example.co.za"},
};

static void registries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
        const struct style *s = &styles[i];
        struct rdap_network n;
        struct ma_address asked = address(s->asked);
        assert_int_equal(parse_file(&n, s->file, s->asked), RDAP_NETWORK);
        assert_string_equal(n.handle, s->handle);
        assert_string_equal(n.name, s->name);
        assert_string_equal(n.holder, s->holder);
        assert_string_equal(n.country, s->country);
        assert_true(rdap_covers(&n, &asked));
        assert_int_equal(n.abuse.count, s->abuse != NULL);
        if (s->abuse != NULL)
            assert_string_equal(n.abuse.list[0], s->abuse);
        assert_int_equal(n.other.count, s->other != NULL);
        if (s->other != NULL)
            assert_string_equal(n.other.list[0], s->other);
    }
}

static void other_answers(void **state)
{
    (void)state;
    struct rdap_network n;
    assert_int_equal(parse_file(&n, "error.json", "192.0.2.1"), RDAP_NOT_NETWORK);
    assert_int_equal(parse_file(&n, "arin.json", "198.51.101.1"), RDAP_ELSEWHERE);
    assert_int_equal(n.abuse.count, 0);
    assert_int_equal(parse_file(&n, "arin.json", "2001:db8::1"), RDAP_ELSEWHERE);
    assert_int_equal(parse(&n, "", "192.0.2.1"), RDAP_NOT_JSON);
    assert_int_equal(parse(&n, "[]", "192.0.2.1"), RDAP_NOT_NETWORK);
    assert_int_equal(parse(&n, "{}", "192.0.2.1"), RDAP_NOT_NETWORK);
    assert_int_equal(parse(&n, "{\"objectClassName\":7}", "192.0.2.1"), RDAP_NOT_NETWORK);
    assert_int_equal(parse(&n, "{\"objectClassName\":\"ip network\"}", "192.0.2.1"), RDAP_NETWORK);
    assert_false(n.has_range);
    assert_int_equal(parse(&n, "<html>", "192.0.2.1"), RDAP_NOT_JSON);
    assert_int_equal(parse(&n, "{\"a\":\"\xff\"}", "192.0.2.1"), RDAP_NOT_JSON);
}

#define ABUSE(properties)                                                                          \
    "{\"objectClassName\":\"ip network\",\"entities\":[{\"roles\":[\"ABUSE\"],\"vcardArray\":["    \
    "\"vcard\",[" properties "]]}]}"

static void mail_addresses(void **state)
{
    (void)state;
    struct rdap_network n;
    parse(&n,
        ABUSE("[\"email\",{\"pref\":\"2\"},\"text\",\"b@example.com\"],"
              "[\"email\",{\"pref\":1},\"text\",\"a@example.com\"],"
              "[\"email\",{\"pref\":\"1\"},\"text\",\"A@EXAMPLE.com\",\"c@example.com\"]"),
        "192.0.2.1");
    assert_int_equal(n.abuse.count, 2);
    assert_string_equal(n.abuse.list[0], "a@example.com");
    assert_string_equal(n.abuse.list[1], "c@example.com");
    parse(&n,
        ABUSE("[\"email\",{},\"text\",\"DATA REDACTED\"],"
              "[\"email\",{},\"text\",\"removed@lacnic.net\"],"
              "[\"email\",{},\"text\",\"two words@example.com\"],"
              "[\"email\",{},\"text\",\"\"],[\"email\",{},\"text\",\"@example.com\"],"
              "[\"email\",{},\"text\",\"a@b\"],[\"email\",{},\"text\",\"a\\u001b@b.example\"],"
              "[\"email\",{},\"text\",7],[\"email\"],[],7"),
        "192.0.2.1");
    assert_int_equal(n.abuse.count, 0);
    parse(&n,
        ABUSE(
            "[\"EMAIL\",{},\"uri\",\"mailto:a@example.com\"],"
            "[\"email\",{},\"text\",\"b@example.com\"],[\"email\",{},\"text\",\"c@example.com\"],"
            "[\"email\",{},\"text\",\"d@example.com\"],[\"email\",{},\"text\",\"e@example.com\"]"),
        "192.0.2.1");
    assert_int_equal(n.abuse.count, RDAP_MAILS_MAX);
    assert_string_equal(n.abuse.list[0], "a@example.com");
}

static void mails_in_txt(void **state)
{
    (void)state;
    static const char text[] = "abuse@example.com, noc@example.net;bad,A@b.example\0x@y.example";
    struct rdap_mails mails = {.count = 0};
    rdap_read_mails(&mails, text, sizeof text - 1);
    assert_int_equal(mails.count, 4);
    assert_string_equal(mails.list[0], "abuse@example.com");
    assert_string_equal(mails.list[1], "noc@example.net");
    assert_string_equal(mails.list[2], "A@b.example");
    assert_string_equal(mails.list[3], "x@y.example");
    mails.count = 0;
    rdap_read_mails(&mails, "none", 4);
    assert_int_equal(mails.count, 0);
}

/* ---- hostile answers ------------------------------------------------------------------------- */

/* "open" so many times, the middle, "close" as often. For free(). */
static char *nest(const char *open, const char *middle, const char *close, size_t times)
{
    size_t size = times * (strlen(open) + strlen(close)) + strlen(middle) + 1, at = 0;
    char *text = malloc(size);
    assert_non_null(text);
    for (size_t i = 0; i < times; i++)
        at += (size_t)snprintf(text + at, size - at, "%s", open);
    at += (size_t)snprintf(text + at, size - at, "%s", middle);
    for (size_t i = 0; i < times; i++)
        at += (size_t)snprintf(text + at, size - at, "%s", close);
    return text;
}

static void depth_bombs(void **state)
{
    (void)state;
    struct rdap_network n;
    char *text = nest("[", "", "]", 100000);
    assert_int_equal(parse(&n, text, "192.0.2.1"), RDAP_NOT_JSON);
    free(text);
    text = nest("{\"objectClassName\":\"ip network\",\"entities\":[", ABUSE("[]"), "]}", 1000);
    assert_int_equal(parse(&n, text, "192.0.2.1"), RDAP_NETWORK);
    assert_int_equal(n.abuse.count, 0);
    free(text);
    /* an abuse contact deeper than we look is not found, one at the last depth is */
    static const char entity[] = "{\"objectClassName\":\"ip network\",\"entities\":[";
    for (size_t depth = RDAP_DEPTH_MAX - 1; depth <= RDAP_DEPTH_MAX; depth++) {
        text = nest(entity, ABUSE("[\"email\",{},\"text\",\"a@example.com\"]"), "]}", depth);
        assert_int_equal(parse(&n, text, "192.0.2.1"), RDAP_NETWORK);
        assert_int_equal(n.abuse.count, depth < RDAP_DEPTH_MAX);
        free(text);
    }
}

static void large_answers(void **state)
{
    (void)state;
    struct rdap_network n;
    const size_t size = (size_t)10 * 1024 * 1024;
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, ' ', size);
    memcpy(text, ABUSE("[]"), sizeof ABUSE("[]") - 1);
    text[size] = '\0';
    assert_int_equal(parse(&n, text, "192.0.2.1"), RDAP_NOT_JSON);
    free(text);
    text = nest("{},", "{\"roles\":[\"abuse\"]}", "", 80000);
    char *whole = malloc(strlen(text) + 100);
    assert_non_null(whole);
    snprintf(
        whole, strlen(text) + 100, "{\"objectClassName\":\"ip network\",\"entities\":[%s]}", text);
    assert_int_equal(parse(&n, whole, "192.0.2.1"), RDAP_NETWORK);
    free(whole);
    free(text);
}

static void duplicate_keys(void **state)
{
    (void)state;
    struct rdap_network n;
    assert_int_equal(parse(&n,
                         "{\"objectClassName\":\"entity\",\"objectClassName\":\"ip network\","
                         "\"handle\":\"A\",\"handle\":\"B\"}",
                         "192.0.2.1"),
        RDAP_NETWORK);
    assert_string_equal(n.handle, "B"); /* the last one, always */
}

static void long_texts(void **state)
{
    (void)state;
    struct rdap_network n;
    char *name = nest("\303\266", "", "", 200), text[1024];
    snprintf(text, sizeof text, "{\"objectClassName\":\"ip network\",\"name\":\"x%s\"}", name);
    assert_int_equal(parse(&n, text, "192.0.2.1"), RDAP_NETWORK);
    assert_int_equal(strlen(n.name), RDAP_TEXT_MAX - 1); /* an odd number: x and whole letters */
    snprintf(text, sizeof text, "{\"objectClassName\":\"ip network\",\"name\":\"%s\"}", name);
    assert_int_equal(parse(&n, text, "192.0.2.1"), RDAP_NETWORK);
    assert_int_equal(strlen(n.name), RDAP_TEXT_MAX - 2); /* no half letter */
    free(name);
}

/* ---- the bootstrap table --------------------------------------------------------------------- */

static void assert_service(const struct rdap_bootstrap *b, const char *asked, const char *url)
{
    struct ma_address a = address(asked);
    const char *found = rdap_bootstrap_find(b, &a);
    if (url == NULL)
        assert_null(found);
    else
        assert_string_equal(found != NULL ? found : "none", url);
}

static void built_in_table(void **state)
{
    (void)state;
    struct rdap_bootstrap *b = rdap_bootstrap_new();
    assert_non_null(b);
    assert_service(b, "193.0.0.1", "https://rdap.db.ripe.net/");
    assert_service(b, "8.8.8.8", "https://rdap.arin.net/registry/");
    assert_service(b, "1.1.1.1", "https://rdap.apnic.net/");
    assert_service(b, "200.3.14.10", "https://rdap.lacnic.net/rdap/");
    assert_service(b, "196.216.2.1", "https://rdap.afrinic.net/rdap/");
    assert_service(b, "2001:67c::1", "https://rdap.db.ripe.net/");
    assert_service(b, "2620:0:860::1", "https://rdap.arin.net/registry/");
    assert_service(b, "2410::1", "https://rdap.apnic.net/");
    assert_service(b, "2803::1", "https://rdap.lacnic.net/rdap/");
    assert_service(b, "2c0f::1", "https://rdap.afrinic.net/rdap/");
    assert_service(b, "10.0.0.1", NULL);
    assert_service(b, "224.0.0.1", NULL);
    assert_service(b, "fe80::1", NULL);
    for (unsigned i = 1; i < 224; i++) { /* all that the registries have */
        char text[16];
        snprintf(text, sizeof text, "%u.1.2.3", i);
        struct ma_address a = address(text);
        assert_int_equal(rdap_bootstrap_find(b, &a) != NULL, i != 10 && i != 127);
    }
    rdap_bootstrap_free(b);
}

/* https, a source and a date in each; the text from the column on. */
static const char *column(const char *row, unsigned number)
{
    while (number-- > 0) {
        row = strchr(row, '\t');
        assert_non_null(row);
        row++;
    }
    return row;
}

static void rows_of_the_table(void **state)
{
    (void)state;
    size_t count;
    const char *const *rows = rdap_bootstrap_rows(&count);
    assert_true(count > 10);
    for (size_t i = 0; i < count; i++) {
        const char *source = column(rows[i], 1), *date = column(rows[i], 2);
        assert_memory_equal(rows[i], "https://", 8);
        assert_true(rows[i][strcspn(rows[i], "\t") - 1] == '/');
        assert_true(*source != '\t');
        assert_true(strcspn(date, "\t") == 10 && date[4] == '-' && date[7] == '-');
        assert_true(*column(rows[i], 3) != '\0');
        assert_null(strchr(column(rows[i], 3), '\t'));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(rows[k], rows[i]);
    }
}

static void iana_files(void **state)
{
    (void)state;
    char path[4096], error[RDAP_ERROR_BYTES_MAX] = "";
    struct rdap_bootstrap *b = rdap_bootstrap_new();
    size_t v6 = rdap_bootstrap_count(b, 6);
    snprintf(path, sizeof path, "%s/bootstrap.json", folder);
    if (!rdap_bootstrap_load(b, path, error))
        fail_msg("%s", error);
    assert_service(b, "192.0.2.1", "https://rdap.example.net/"); /* https first, slash added */
    assert_service(b, "198.51.100.1", "https://rdap.example.net/");
    assert_service(b, "198.51.100.200", "https://rdap.example.org/rdap/"); /* longest match */
    assert_service(b, "203.0.113.1", NULL);                                /* http only */
    assert_service(b, "8.8.8.8", NULL);
    assert_service(b, "2620:0:860::1", "https://rdap.arin.net/registry/"); /* IPv6 is as it was */
    assert_int_equal(rdap_bootstrap_count(b, 6), v6);
    rdap_bootstrap_free(b);
}

static void faulty_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "1:0: '[' or '{' expected near end of file"},
        {"{}", "no RDAP bootstrap file: there is no list 'services'"},
        {"{\"services\":[]}", "no network in it has an https service"},
        {"{\"services\":[7]}", "a service is not a list of networks and a list of URLs"},
        {"{\"services\":[[[\"com\"],[\"https://a.b/\"]]]}",
            "'com' is no network such as 192.0.2.0/24"},
        {"{\"services\":[[[\"10.0.0.1/8\"],[\"https://a.b/\"]]]}",
            "'10.0.0.1/8' is no network such as 192.0.2.0/24"},
        {"{\"services\":[[[\"10.0.0.0/33\"],[\"https://a.b/\"]]]}",
            "'10.0.0.0/33' is no network such as 192.0.2.0/24"},
        {"{\"services\":[[[7],[\"https://a.b/\"]]]}", "'?' is no network such as 192.0.2.0/24"},
    };
    struct rdap_bootstrap *b = rdap_bootstrap_new();
    size_t v4 = rdap_bootstrap_count(b, 4);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[RDAP_ERROR_BYTES_MAX] = "";
        assert_false(rdap_bootstrap_read(b, cases[i].text, strlen(cases[i].text), error));
        assert_string_equal(error, cases[i].error);
        assert_int_equal(rdap_bootstrap_count(b, 4), v4);
    }
    rdap_bootstrap_free(b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registries),
        cmocka_unit_test(other_answers),
        cmocka_unit_test(mail_addresses),
        cmocka_unit_test(mails_in_txt),
        cmocka_unit_test(depth_bombs),
        cmocka_unit_test(large_answers),
        cmocka_unit_test(duplicate_keys),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(built_in_table),
        cmocka_unit_test(rows_of_the_table),
        cmocka_unit_test(iana_files),
        cmocka_unit_test(faulty_files),
    };
    folder = argc > 1 ? argv[1] : ".";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
