/* SPDX-License-Identifier: MIT */
/* The catalogue of block lists, the operator's file, and what a code means. */
#include "unit.h"

#include "../../checks/dnsbl_judge.h"

static char error[DNSBL_ERROR_BYTES_MAX];

static struct dnsbl_lists *parse(const char *text)
{
    error[0] = '\0';
    return dnsbl_lists_parse(text, strlen(text), "f", error);
}

static void expect_error(const char *text, const char *due)
{
    assert_null(parse(text));
    assert_string_equal(error, due);
}

/* A good row of which one column (counted from 1) is another. */
static const char *row_with(int column, const char *text)
{
    static const char *const good[] = {"own.example", "me", "ip4", "block", "high", "open",
        "127.0.0.2=bad;127.0.0.4-7 low=worse;&16 info=odd", "127.0.0.1=refused", "rfc5782",
        "https://own.example/?{subject}", "us", "do it", "none", "-", "2026-11-22", "me"};
    static char row[2048];
    size_t at = 0;
    for (int i = 0; i < 16; i++)
        at += (size_t)snprintf(
            row + at, sizeof row - at, "%s%s", i > 0 ? "\t" : "", i + 1 == column ? text : good[i]);
    return row;
}

static struct ma_answer answer_of(struct ma_rr *rrs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rrs[i].type = MA_A;
        rrs[i].address.family = 4;
    }
    return (struct ma_answer){.status = count > 0 ? MA_OK : MA_NXDOMAIN,
        .name = "10.2.0.192.own.example",
        .type = MA_A,
        .rrs = rrs,
        .rr_count = count,
        .detail = ""};
}

static struct dnsbl_reading read_code(
    const struct dnsbl_zone *z, unsigned a, unsigned b, unsigned c, unsigned d)
{
    struct ma_rr rr = {
        .address.bytes = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d},
    };
    struct ma_answer answer = answer_of(&rr, 1);
    struct dnsbl_reading r = dnsbl_read(z, &answer);
    r.rr = NULL;
    r.answer = NULL;
    return r;
}

/* ---- the catalogue --------------------------------------------------------------------------- */

static void name_of(char name[static 256], const char *row)
{
    size_t size = strcspn(row, "\t");
    assert_in_range(size, 1, 255);
    memcpy(name, row, size);
    name[size] = '\0';
}

static void tables_are_sorted_and_without_duplicates(void **state)
{
    (void)state;
    for (int table = 0; table < 2; table++) {
        size_t count;
        char last[256] = "", name[256];
        const char *const *rows =
            table == 0 ? dnsbl_catalogue_rows(&count) : dnsbl_ended_rows(&count);
        assert_in_range(count, 90, 1000);
        for (size_t i = 0; i < count; i++) {
            name_of(name, rows[i]);
            assert_true(strcmp(last, name) < 0);
            memcpy(last, name, sizeof name);
        }
    }
}

static void no_list_that_ended_is_in_the_catalogue(void **state)
{
    (void)state;
    size_t count, ended_count;
    char name[256], ended[256];
    const char *const *rows = dnsbl_catalogue_rows(&count);
    const char *const *ended_rows = dnsbl_ended_rows(&ended_count);
    for (size_t i = 0; i < count; i++) {
        name_of(name, rows[i]);
        for (size_t k = 0; k < ended_count; k++) {
            name_of(ended, ended_rows[k]);
            assert_string_not_equal(name, ended);
        }
    }
}

static void ended_rows_are_whole(void **state)
{
    (void)state;
    size_t count;
    const char *const *rows = dnsbl_ended_rows(&count);
    for (size_t i = 0; i < count; i++) {
        size_t tabs = 0;
        for (const char *c = rows[i]; *c != '\0'; c++) {
            tabs += *c == '\t';
            assert_false(*c == '\t' && (c[1] == '\t' || c[1] == '\0'));
        }
        assert_int_equal(tabs, 3);
    }
}

/* The first address that a pattern takes. */
static const uint8_t *sample(const struct dnsbl_pattern *p, uint8_t address[static 4])
{
    memcpy(address, p->bits != 0 ? (uint8_t[]){127, 0, 0, p->bits} : p->low, 4);
    return address;
}

/* Its other end: the last address, or every single bit. */
static void exercise_ends(const struct dnsbl_zone *z, const struct dnsbl_pattern *p)
{
    const uint8_t *a = p->high;
    if (p->bits == 0)
        assert_int_not_equal(read_code(z, a[0], a[1], a[2], a[3]).sight, DNSBL_UNDOCUMENTED);
    for (unsigned bit = 1; bit < 256; bit <<= 1)
        if ((p->bits & bit) != 0)
            assert_int_not_equal(read_code(z, 127, 0, 0, bit).sight, DNSBL_UNDOCUMENTED);
}

/* The first address of a code means that code, not one that stands before it. */
static void assert_is_not_hidden(
    const struct dnsbl_zone *z, const struct dnsbl_code *c, const uint8_t address[static 4])
{
    struct ma_rr rr = {.type = MA_A, .address.family = 4};
    memcpy(rr.address.bytes, address, 4);
    const struct dnsbl_code *found = dnsbl_code_of(z, &rr);
    if (found != c)
        fail_msg(
            "%s: '%s' hides '%s'", z->name, found != NULL ? found->meaning : "nothing", c->meaning);
}

static void exercise_codes(const struct dnsbl_zone *z)
{
    uint8_t a[4];
    for (size_t i = 0; i < z->code_count; i++) {
        const struct dnsbl_code *c = &z->codes[i];
        sample(&c->pattern, a);
        struct dnsbl_reading r = read_code(z, a[0], a[1], a[2], a[3]);
        assert_int_equal(r.sight, c->weight > DNSBL_NONE ? DNSBL_LISTED : DNSBL_NOTED);
        assert_true(r.weight <= c->weight);
        assert_true(z->listed_test_count > 0 || r.weight <= DNSBL_MEDIUM);
        assert_string_not_equal(c->meaning, "");
        assert_is_not_hidden(z, c, a);
        exercise_ends(z, &c->pattern);
    }
    for (size_t i = 0; i < z->refusal_count; i++) {
        sample(&z->refusals[i].pattern, a);
        struct dnsbl_reading r = read_code(z, a[0], a[1], a[2], a[3]);
        assert_int_equal(r.sight, DNSBL_SAID_NO);
        assert_int_equal(r.refusal, z->refusals[i].why);
    }
}

static void every_row_is_good_and_every_code_counts(void **state)
{
    (void)state;
    size_t count, asked = 0;
    const char *const *rows = dnsbl_catalogue_rows(&count);
    for (size_t i = 0; i < count; i++) {
        struct dnsbl_lists *lists = parse(rows[i]);
        if (lists == NULL) {
            fail_msg("%s", error);
            return;
        }
        const struct dnsbl_zone *z = &lists->zones[0];
        assert_string_not_equal(z->operator_name, "");
        assert_string_not_equal(z->source, "");
        assert_string_not_equal(z->date, "");
        assert_int_equal(z->documented, true);
        asked += z->not_asked == NULL;
        exercise_codes(z);
        dnsbl_lists_free(lists);
    }
    struct dnsbl_lists *all = dnsbl_lists_all(error);
    assert_non_null(all);
    assert_int_equal(all->count, asked);
    dnsbl_lists_free(all);
}

static void the_default_set_is_the_six(void **state)
{
    (void)state;
    static const char *const due[] = {"b.barracudacentral.org", "bl.mailspike.net",
        "bl.spamcop.net", "dbl.spamhaus.org", "psbl.surriel.com", "zen.spamhaus.org"};
    struct dnsbl_lists *lists = dnsbl_lists_default(error);
    assert_non_null(lists);
    assert_int_equal(lists->count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(lists->zones[i].name, due[i]);
        assert_true(lists->zones[i].listed_test_count > 0);
        assert_true(lists->zones[i].clean_test_count > 0);
    }
    dnsbl_lists_free(lists);
}

static void keys_take_the_place_of_public_lists(void **state)
{
    (void)state;
    static const char *const due[] = {"b.barracudacentral.org", "bl.mailspike.net",
        "bl.spamcop.net", "psbl.surriel.com", "{key}.authbl.dq.spamhaus.net",
        "{key}.dbl.dq.spamhaus.net", "{key}.zen.dq.spamhaus.net"};
    struct dnsbl_lists *lists = dnsbl_lists_default(error);
    assert_non_null(lists);
    assert_true(dnsbl_lists_unlock(lists, "pamhaus.net dq.spamhaus.net", error));
    assert_int_equal(lists->count, 7);
    for (size_t i = 0; i < 7; i++) {
        assert_string_equal(lists->zones[i].name, due[i]);
        assert_null(lists->zones[i].not_asked);
        assert_true(lists->zones[i].documented);
    }
    dnsbl_lists_free(lists);
}

/* Of a customer's lists, those that are part of another one are not asked twice. */
static void a_key_asks_each_list_once(void **state)
{
    (void)state;
    static const char *const due[] = {
        "{key}.combined.mail.abusix.zone", "{key}.dblack.mail.abusix.zone"};
    struct dnsbl_lists *lists = dnsbl_lists_default(error);
    assert_non_null(lists);
    assert_true(dnsbl_lists_unlock(lists, "mail.abusix.zone", error));
    assert_int_equal(lists->count, 8);
    for (size_t i = 0; i < 2; i++) {
        const struct dnsbl_zone *z = &lists->zones[6 + i];
        assert_string_equal(z->name, due[i]);
        assert_null(z->not_asked);
        assert_true(z->documented && z->listed_test_count > 0 && z->clean_test_count > 0);
    }
    assert_int_equal(read_code(&lists->zones[6], 127, 0, 0, 4).weight, DNSBL_HIGH);
    assert_int_equal(read_code(&lists->zones[6], 127, 0, 0, 12).weight, DNSBL_POLICY);
    dnsbl_lists_free(lists);
}

static void keys_unlock_what_the_operator_names(void **state)
{
    (void)state;
    struct dnsbl_lists *lists = parse("{key}.black.mail.abusix.zone\nzen.spamhaus.org\n"
                                      "{key}.zen.dq.spamhaus.net\n");
    assert_non_null(lists);
    assert_true(dnsbl_lists_unlock(lists, "mail.abusix.zone", error));
    assert_int_equal(lists->count, 3);
    assert_string_equal(lists->zones[1].name, "{key}.black.mail.abusix.zone");
    assert_null(lists->zones[1].not_asked);
    assert_int_equal(read_code(&lists->zones[1], 127, 0, 0, 2).weight, DNSBL_HIGH);
    assert_non_null(lists->zones[2].not_asked);
    dnsbl_lists_free(lists);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void a_row_is_read(void **state)
{
    (void)state;
    struct dnsbl_lists *lists = parse(row_with(0, ""));
    assert_non_null(lists);
    const struct dnsbl_zone *z = &lists->zones[0];
    assert_string_equal(z->name, "own.example");
    assert_int_equal(z->kind, DNSBL_IP4);
    assert_int_equal(z->weight, DNSBL_HIGH);
    assert_int_equal(z->code_count, 3);
    assert_string_equal(z->listed_tests[0], "2.0.0.127.own.example");
    assert_string_equal(z->clean_tests[0], "1.0.0.127.own.example");
    assert_string_equal(z->part_of, "");
    assert_int_equal(read_code(z, 127, 0, 0, 2).weight, DNSBL_HIGH);
    assert_int_equal(read_code(z, 127, 0, 0, 5).weight, DNSBL_LOW);
    assert_int_equal(read_code(z, 127, 0, 0, 17).weight, DNSBL_INFO);
    assert_int_equal(read_code(z, 127, 0, 0, 8).sight, DNSBL_UNDOCUMENTED);
    assert_int_equal(read_code(z, 127, 0, 1, 2).sight, DNSBL_UNDOCUMENTED);
    assert_int_equal(read_code(z, 127, 0, 0, 1).sight, DNSBL_SAID_NO);
    assert_int_equal(read_code(z, 128, 0, 0, 2).sight, DNSBL_FOREIGN);
    dnsbl_lists_free(lists);
}

static void errors_name_line_and_column(void **state)
{
    (void)state;
    static const struct {
        int column;
        const char *text, *due;
    } cases[] = {
        {1, "", "f:1:1: an empty column: write '-' for nothing"},
        {1, "-", "f:1:1: the name of a zone is missing"},
        {1, "own..example", "f:1:5: a label of 'own..example' is empty or over 63 bytes"},
        {1, "own example", "f:1:4: 'own example' is not the name of a zone"},
        {3, "ipv4", "f:1:16: 'ipv4' is none of ip4, ip6, ip46, domain"},
        {4, "bloc", "f:1:20: 'bloc' is none of block, allow, info"},
        {5, "huge", "f:1:26: 'huge' is none of critical, high, policy, medium, low, info, none"},
        {6, "yes", "f:1:31: 'yes' is none of default, open, key, never"},
        {7, "127.0.0.2", "f:1:36: '127.0.0.2' has no meaning: CODE=MEANING"},
        {7, "127.0.0.2=bad;;", "f:1:50: '' has no meaning: CODE=MEANING"},
        {7, "127.0.0=bad", "f:1:36: '127.0.0' is no code: 127.0.0.2, 127.0.0.4-7 or &8"},
        {7, "127.0.0.256=bad", "f:1:36: '127.0.0.256' is no code: 127.0.0.2, 127.0.0.4-7 or &8"},
        {7, "127.0.0.7-4=bad", "f:1:36: '127.0.0.7-4' is no code: 127.0.0.2, 127.0.0.4-7 or &8"},
        {7, "127.0.0.2x=bad", "f:1:36: '127.0.0.2x' does not lie in 127.0.0.0/8"},
        {7, "10.0.0.2=bad", "f:1:36: '10.0.0.2' does not lie in 127.0.0.0/8"},
        {7, "*.0.0.2=bad", "f:1:36: '*.0.0.2' does not lie in 127.0.0.0/8"},
        {7, "&0=bad", "f:1:36: '&0' is no bit mask: &1 to &255"},
        {7, "127.0.0.2 big=bad",
            "f:1:46: 'big' is none of critical, high, policy, medium, low, info, none"},
        {7, "-", "f:1:36: no codes: what would count as a listing?"},
        {8, "127.0.0.1=no",
            "f:1:95: 'no' is none of public, limit, typo, account, misuse, refused"},
        {8, "127.0.0.1", "f:1:85: '127.0.0.1' has no reason: CODE=WHY"},
        {9, "2.0.0.127", "f:1:103: '2.0.0.127' is none of +NAME, -NAME, rfc5782"},
        {9, "+a -b  +c", "f:1:109: '' is none of +NAME, -NAME, rfc5782"},
        {15, "soon", "f:1:158: 'soon' is no date: YYYY-MM-DD"},
        {16, "-", "f:1:169: a row needs its source"},
        {16, "me\tmore", "f:1:172: more than 16 columns (a tab between)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_error(row_with(cases[i].column, cases[i].text), cases[i].due);
    expect_error("own.example\tme", "f:1:13: fewer than 16 columns (a tab between)");
    expect_error("a.example\na.example", "f:2:1: 'a.example' stands here for the second time");
    expect_error("\n  \n# nothing\n", "f: names no list");
}

static void what_cannot_be_tested_is_a_warning_at_most(void **state)
{
    (void)state;
    struct dnsbl_lists *lists = parse(row_with(9, "-"));
    assert_non_null(lists);
    assert_int_equal(lists->zones[0].weight, DNSBL_MEDIUM);
    assert_int_equal(read_code(&lists->zones[0], 127, 0, 0, 2).weight, DNSBL_MEDIUM);
    assert_int_equal(read_code(&lists->zones[0], 127, 0, 0, 4).weight, DNSBL_LOW);
    dnsbl_lists_free(lists);
}

/* ---- plain names ----------------------------------------------------------------------------- */

static void plain_names_are_looked_up(void **state)
{
    (void)state;
    struct dnsbl_lists *lists = parse("ZEN.Spamhaus.org.\r\n"
                                      "my.example\n"
                                      "dom.example  domain low\n"
                                      "ix.dnsbl.manitu.net\n"
                                      "bl.spamcannibal.org force\n"
                                      "secret.zen.dq.spamhaus.net\n"
                                      "psbl.surriel.com critical");
    assert_non_null(lists);
    assert_int_equal(lists->count, 7);
    const struct dnsbl_zone *z = lists->zones;
    assert_string_equal(z[0].name, "bl.spamcannibal.org");
    assert_null(z[0].not_asked);
    assert_false(z[0].documented);
    assert_string_equal(z[1].name, "dom.example");
    assert_int_equal(z[1].kind, DNSBL_DOMAIN);
    assert_int_equal(z[1].weight, DNSBL_LOW);
    assert_string_equal(z[1].listed_tests[0], "test.dom.example");
    assert_string_equal(z[2].name, "ix.dnsbl.manitu.net");
    assert_true(z[2].ended && z[2].not_asked != NULL);
    assert_string_equal(z[3].name, "my.example");
    assert_false(z[3].documented);
    assert_string_equal(z[4].name, "psbl.surriel.com");
    assert_int_equal(read_code(&z[4], 127, 0, 0, 2).weight, DNSBL_CRITICAL);
    assert_string_equal(z[5].name, "zen.spamhaus.org");
    assert_true(z[5].documented);
    assert_string_equal(z[6].name, "{key}.zen.dq.spamhaus.net");
    assert_non_null(z[6].not_asked);
    dnsbl_lists_free(lists);
}

static void the_catalogue_can_be_changed(void **state)
{
    (void)state;
    struct dnsbl_lists *lists = parse("@default\n-b.barracudacentral.org\nzen.spamhaus.org low\n"
                                      "sbl.spamhaus.org\n");
    assert_non_null(lists);
    assert_int_equal(lists->count, 6);
    assert_string_equal(lists->zones[3].name, "psbl.surriel.com");
    const struct dnsbl_zone *sbl = &lists->zones[4], *zen = &lists->zones[5];
    assert_int_equal(read_code(zen, 127, 0, 0, 2).weight, DNSBL_LOW);
    assert_int_equal(read_code(zen, 127, 0, 0, 10).weight, DNSBL_LOW);
    assert_ptr_equal(sbl->parent, zen);
    dnsbl_lists_free(lists);
    expect_error("@default\n@all\n", "f:2:1: '@all' after another @default or @all");
    expect_error("@some\n", "f:1:1: '@some' is neither @default nor @all");
    expect_error("-zen.spamhaus.org\n", "f:1:2: 'zen.spamhaus.org' is not in the set so far");
    expect_error("a.example b\n",
        "f:1:11: 'b' is neither a kind (ip4, ip6, ip46, domain) nor a weight (critical, high, "
        "policy, medium, low, info) nor force");
    expect_error("zen.spamhaus.org domain\n",
        "f:1:18: the catalogue knows 'zen.spamhaus.org' as a list of IPv4 and IPv6 addresses");
    expect_error("a.example 1 2 3 4\n", "f:1:1: more than 4 words");
    expect_error("x.zen.dq.spamhaus.net force\n",
        "f:1:23: '{key}.zen.dq.spamhaus.net' cannot be asked without a key");
}

static void unknown_lists_warn_at_most(void **state)
{
    (void)state;
    struct dnsbl_lists *lists = parse("my.example critical\n");
    assert_non_null(lists);
    const struct dnsbl_zone *z = &lists->zones[0];
    assert_int_equal(z->weight, DNSBL_MEDIUM);
    assert_int_equal(read_code(z, 127, 0, 0, 2).sight, DNSBL_LISTED);
    assert_int_equal(read_code(z, 127, 9, 9, 9).weight, DNSBL_MEDIUM);
    assert_int_equal(read_code(z, 127, 0, 0, 1).sight, DNSBL_UNDOCUMENTED);
    assert_int_equal(read_code(z, 127, 255, 255, 254).refusal, DNSBL_PUBLIC_RESOLVER);
    assert_int_equal(read_code(z, 127, 255, 255, 255).refusal, DNSBL_OVER_LIMIT);
    assert_int_equal(read_code(z, 127, 255, 255, 252).refusal, DNSBL_TYPO);
    assert_int_equal(read_code(z, 127, 255, 255, 250).refusal, DNSBL_REFUSED);
    assert_int_equal(read_code(z, 91, 195, 240, 117).sight, DNSBL_FOREIGN);
    dnsbl_lists_free(lists);
}

static void hostile_files_are_refused(void **state)
{
    (void)state;
    static char text[DNSBL_LINE_BYTES_MAX + 64];
    char binary[] = "a.example\0b";
    error[0] = '\0';
    assert_null(dnsbl_lists_parse(binary, sizeof binary - 1, "f", error));
    assert_string_equal(error, "f:1:10: a NUL byte: this is no text");
    memset(text, 'a', sizeof text - 1);
    assert_null(parse(text));
    assert_string_equal(error, "f:1:1: the line is longer than 4000 bytes");
    text[DNSBL_ZONE_BYTES_MAX + 1] = '\0';
    assert_null(parse(text));
    assert_string_not_equal(error, "");
    memcpy(text, "a.example\n\xff\xfe\x1b[31m.example", 24);
    assert_null(parse(text));
}

static void too_many_zones_are_refused(void **state)
{
    (void)state;
    static char text[(DNSBL_ZONES_MAX + 1) * 16];
    size_t at = 0;
    for (int i = 0; i <= DNSBL_ZONES_MAX; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "z%d.example\n", i);
    expect_error(text, "f:1001:1: more than 1000 zones");
}

/* ---- answers --------------------------------------------------------------------------------- */

static void an_answer_of_several_codes_is_its_weightiest(void **state)
{
    (void)state;
    struct dnsbl_lists *lists = dnsbl_lists_default(error);
    assert_non_null(lists);
    const struct dnsbl_zone *zen = &lists->zones[5];
    struct ma_rr rrs[] = {{.address.bytes = {127, 0, 0, 10}}, {.address.bytes = {127, 0, 0, 4}},
        {.address.bytes = {203, 0, 113, 1}}};
    struct ma_answer a = answer_of(rrs, 3);
    assert_int_equal(dnsbl_read(zen, &a).weight, DNSBL_CRITICAL);
    rrs[2].address.bytes[0] = 127;
    rrs[2].address.bytes[1] = rrs[2].address.bytes[2] = rrs[2].address.bytes[3] = 255;
    assert_int_equal(dnsbl_read(zen, &a).sight, DNSBL_SAID_NO);
    dnsbl_lists_free(lists);
}

static void what_failed_is_not_absent(void **state)
{
    (void)state;
    struct dnsbl_lists *lists = dnsbl_lists_default(error);
    assert_non_null(lists);
    struct ma_answer a = answer_of(NULL, 0);
    assert_int_equal(dnsbl_read(&lists->zones[0], &a).sight, DNSBL_ABSENT);
    a.status = MA_NODATA;
    assert_int_equal(dnsbl_read(&lists->zones[0], &a).sight, DNSBL_ABSENT);
    a.status = MA_PENDING;
    assert_int_equal(dnsbl_read(&lists->zones[0], &a).sight, DNSBL_AWAITED);
    a.status = MA_FAILED;
    for (int f = MA_FAIL_TIMEOUT; f < MA_FAIL_COUNT; f++) {
        bool unsent = f == MA_FAIL_OFFLINE || f == MA_FAIL_BAD_NAME;
        a.failure = (enum ma_failure)f;
        assert_int_equal(
            dnsbl_read(&lists->zones[0], &a).sight, unsent ? DNSBL_NOT_SENT : DNSBL_FAILED);
    }
    dnsbl_lists_free(lists);
}

static void one_test_entry_that_works_is_enough(void **state)
{
    (void)state;
    struct dnsbl_reading entry = {.sight = DNSBL_LISTED}, absent = {.sight = DNSBL_ABSENT},
                         failed = {.sight = DNSBL_FAILED};
    struct dnsbl_reading h = DNSBL_HEALTH_UNTESTED;
    assert_true(dnsbl_is_entry(&h));
    h = dnsbl_health_fold(h, absent, true);
    assert_int_equal(h.sight, DNSBL_ABSENT);
    h = dnsbl_health_fold(h, failed, false);
    assert_int_equal(h.sight, DNSBL_FAILED);
    h = dnsbl_health_fold(h, absent, false);
    assert_int_equal(h.sight, DNSBL_FAILED);
    h = dnsbl_health_fold(h, entry, false);
    assert_true(dnsbl_is_entry(&h));
    h = dnsbl_health_fold(h, failed, false);
    assert_true(dnsbl_is_entry(&h));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_sorted_and_without_duplicates),
        cmocka_unit_test(no_list_that_ended_is_in_the_catalogue),
        cmocka_unit_test(ended_rows_are_whole),
        cmocka_unit_test(every_row_is_good_and_every_code_counts),
        cmocka_unit_test(the_default_set_is_the_six),
        cmocka_unit_test(keys_take_the_place_of_public_lists),
        cmocka_unit_test(a_key_asks_each_list_once),
        cmocka_unit_test(keys_unlock_what_the_operator_names),
        cmocka_unit_test(a_row_is_read),
        cmocka_unit_test(errors_name_line_and_column),
        cmocka_unit_test(what_cannot_be_tested_is_a_warning_at_most),
        cmocka_unit_test(plain_names_are_looked_up),
        cmocka_unit_test(the_catalogue_can_be_changed),
        cmocka_unit_test(unknown_lists_warn_at_most),
        cmocka_unit_test(hostile_files_are_refused),
        cmocka_unit_test(too_many_zones_are_refused),
        cmocka_unit_test(an_answer_of_several_codes_is_its_weightiest),
        cmocka_unit_test(what_failed_is_not_absent),
        cmocka_unit_test(one_test_entry_that_works_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
