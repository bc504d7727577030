/* SPDX-License-Identifier: MIT */
/* Zone files: what is refused, with which words; and answers from memory. */
#include "unit.h"

#include "observe/sources.h"

#include <unistd.h>

#define HEAD "$ORIGIN example.com.\n$TTL 300\n@ SOA ns hm 1 2 3 4 60\n@ NS ns\n"

/* Writes a file, loads it, and gives back what was said of it; free() it. zs may be NULL. */
static char *load(struct ma_zones *zs, const char *origin, const void *text, size_t size)
{
    struct ma_zones *own = zs != NULL ? zs : ma_zones_new();
    char name[] = "/tmp/mailaudit-unit-XXXXXX", spec[128];
    char *said = NULL;
    size_t said_size = 0;
    FILE *err = open_memstream(&said, &said_size);
    int fd = mkstemp(name);
    assert_true(fd >= 0 && err != NULL && own != NULL);
    assert_int_equal(write(fd, text, size), size);
    close(fd);
    snprintf(spec, sizeof spec, "%s%s", origin, name);
    bool ok = ma_zones_add(own, spec, err);
    fclose(err);
    assert_true(ok == (*said == '\0'));
    if (zs == NULL)
        ma_zones_free(own);
    unlink(name);
    if (ok) {
        free(said);
        return NULL;
    }
    assert_int_equal(strncmp(said, name, strlen(name)), 0);
    memmove(said, said + strlen(name), strlen(said) - strlen(name) + 1);
    said[strcspn(said, "\n")] = '\0';
    return said;
}

static void refused(const char *text, const char *why)
{
    char *said = load(NULL, "", text, strlen(text));
    if (said == NULL)
        fail_msg("loaded: %s", text);
    assert_string_equal(said, why);
    free(said);
}

static void loaded(const char *origin, const char *text)
{
    char *said = load(NULL, origin, text, strlen(text));
    if (said != NULL)
        fail_msg("%s: %s", said, text);
}

static void bad_files_are_refused(void **state)
{
    (void)state;
    refused("", ": no SOA record: not a whole zone");
    refused("; nothing\n\n", ": no SOA record: not a whole zone");
    refused("$ORIGIN example.com.\nwww A 192.0.2.1\n", ": no SOA record: not a whole zone");
    refused(
        "www A 192.0.2.1\n", ":1: relative name 'www', but there is no origin yet (no $ORIGIN)");
    refused("$ORIGIN example\n",
        ":1: relative name 'example', but there is no origin yet (no $ORIGIN)");
    refused("@ SOA a. b. 1 2 3 4 5\n",
        ":1: relative name '@', but there is no origin yet (no $ORIGIN)");
    refused("a. MX 10 mail\n", ":1: relative name 'mail', but there is no origin yet (no $ORIGIN)");
    refused(
        HEAD "\n$INCLUDE other\n", ":6: $INCLUDE is not followed: put that file's records here");
    refused(
        HEAD "$GENERATE 1-9 a$ A 192.0.2.$\n", ":5: $GENERATE is not known: write its records out");
    refused(HEAD "$FOO\n", ":5: unknown directive '$FOO'");
    refused(HEAD "$TTL\n", ":5: $TTL without a value");
    refused(HEAD "$TTL soon\n", ":5: 'soon' is no time to live");
    refused(HEAD "$TTL 1 2\n", ":5: too much behind $TTL");
    refused("\xef\xbb\xbf" HEAD, ":1: a byte order mark: save the file without it");
    char *said = load(NULL, "", HEAD "a\0b", sizeof HEAD "a\0b" - 1);
    assert_string_equal(said, ":5: a binary file: it holds a NUL byte");
    free(said);
    said = load(NULL, "example.org=", HEAD, sizeof HEAD - 1);
    assert_string_equal(
        said, ":3: example.com: the SOA record stands at another name than the origin given");
    free(said);
}

static void bad_zones_are_refused(void **state)
{
    (void)state;
    refused(HEAD "a.example.org. A 192.0.2.1\n", ":5: a.example.org: a record outside the zone");
    refused(HEAD "@ SOA ns hm 2 2 3 4 60\n", ":5: example.com: a second SOA record");
    refused(HEAD "b SOA ns hm 1 2 3 4 60\n", ":5: b.example.com: a second SOA record");
    refused(HEAD "a A 192.0.2.1\n b CNAME c\n", ":6: 'b' is no type of record");
    refused(HEAD "a A 192.0.2.1\na CNAME b\n",
        ":6: a.example.com: a CNAME record and other records: an alias can have no records of its "
        "own");
    refused(HEAD "a CNAME b\na TXT x\n",
        ":6: a.example.com: a CNAME record and other records: an alias can have no records of its "
        "own");
    refused(HEAD "a CNAME b\na CNAME c\n",
        ":6: a.example.com: a second CNAME record: a name can be an alias of one name only");
    refused(HEAD "@ CNAME b\n",
        ":5: example.com: a CNAME record and other records: an alias can have no records of its "
        "own");
    refused(HEAD "d DNAME b\nd DNAME c\n", ":6: d.example.com: a second DNAME record");
    refused(
        HEAD "x.d A 192.0.2.1\nd DNAME b\n", ":5: x.d.example.com: a record below a DNAME record");
    struct ma_zones *zs = ma_zones_new();
    assert_null(load(zs, "", HEAD, sizeof HEAD - 1));
    char *said = load(zs, "", HEAD, sizeof HEAD - 1);
    assert_non_null(strstr(said, ": zone example.com was given already: /tmp/"));
    free(said);
    ma_zones_free(zs);
}

static void bad_records_are_refused(void **state)
{
    static const struct {
        const char *line, *why;
    } rows[] = {
        {"a A 192.0.2", "the data of this A record cannot be read: '192.0.2'"},
        {"a A 192.0.2.1 192.0.2.2",
            "the data of this A record has more in it than belongs there: '192.0.2.1 192.0.2.2'"},
        {"a MX 10", "the data of this MX record is not complete: '10'"},
        {"a MX 70000 b", "the number 70000 is too large here"},
        {"a MX -1 b", "'-1' where a number belongs"},
        {"a MX mail", "'mail' where a number belongs"},
        {"a SRV 0 0 99999 b", "the number 99999 is too large here"},
        {"a TLSA 300 1 1 abcd", "the number 300 is too large here"},
        {"a TLSA 3 1 1 abc", "an odd number of hexadecimal digits"},
        {"a CNAME", "the data of this CNAME record is not complete: ''"},
        {"a CNAME a..b", "'a..b' is no domain name"},
        {"a CNAME \"b c\"", "a quoted string where none belongs: 'b c'"},
        {"a TXT", "the data of this TXT record is not complete: ''"},
        {"a TXT \"b", "a quote is not closed at the end of the file"},
        {"a TXT \"b\nc\"", "a quote is not closed on its line"},
        {"a TXT b\"c d\"e", "a quote inside a word: 'b\"c d\"e'"},
        {"a TXT \"\\256\"", "a bad escape in '\\256': \\DDD is a byte from 000 to 255"},
        {"a TXT \"\\2\"", "a bad escape in '\\2': \\DDD is a byte from 000 to 255"},
        {"a TXT b\\", "a backslash at the end of a line"},
        {"a TXT ( b", "a parenthesis is not closed at the end of the file"},
        {"a TXT b )", "a closing parenthesis without an opening one"},
        {"a TXT ( ( b ) )", "an opening parenthesis within parentheses"},
        {"a 99999999999 A 192.0.2.1", "the TTL 99999999999 is too large"},
        {"a 2147483648 A 192.0.2.1", "the TTL 2147483648 is too large"},
        {"a CH A 192.0.2.1", "class CH: only IN is of use here"},
        {"a BOGUS b", "'BOGUS' is no type of record"},
        {"a ANY b", "'ANY' is no type of record"},
        {"a OPT b", "'OPT' is no type of record"},
        {"a 300 IN", "no type of record"},
        {"\"a\" A 192.0.2.1", "a quoted owner name: 'a'"},
        {"a TYPE65280 b", "the data of this type must be written as \\# SIZE HEXADECIMAL"},
        {"a TYPE65280 \\# 2 abc", "3 hexadecimal digits where 2 bytes were announced"},
        {"a TYPE65280 \\# 2 abxy", "'abxy' is not hexadecimal"},
        {"a A \\# 3 c00002", "these bytes are no data of a A record"},
        {"a\x1b[31m A 192.0.2.x", "the data of this A record cannot be read: '192.0.2.x'"},
        {"a FOO\x1b[31m b", "'FOO?[31m' is no type of record"},
    };
    char text[512], why[512];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(text, sizeof text, HEAD "%s", rows[i].line);
        snprintf(why, sizeof why, ":5: %s", rows[i].why);
        refused(text, why);
    }
}

static void long_things_are_refused(void **state)
{
    static char text[400000], label[65], big[301];
    (void)state;
    memset(label, 'l', 64);
    memset(big, 'x', 300);
    snprintf(text, sizeof text, HEAD "%s A 192.0.2.1\n", label);
    refused(text, ":5: 'llllllllllllllllllllllllllllllllllllllllllll...' is no domain name");
    snprintf(text, sizeof text, HEAD "%.63s.%.63s.%.63s.%.60s A 192.0.2.1\n", label, label, label,
        label);
    refused(text,
        ":5: the name 'llllllllllllllllllllllllllllllllllllllllllll...' is longer than 255 bytes");
    snprintf(text, sizeof text, HEAD "a TXT \"%s\"\n", big);
    refused(text,
        ":5: a string of 300 bytes: one holds at most 255, write it as several strings in "
        "a row");
    snprintf(text, sizeof text, HEAD "a TXT %.40s\n", big);
    size_t size = strlen(text) - 1;
    for (; size < sizeof text - 10; size += 4)
        memcpy(text + size, " abc", 5);
    refused(text, ":5: a record of more than 140,000 bytes as text");
}

static void forms_that_are_read(void **state)
{
    (void)state;
    loaded("example.com=", "@ SOA ns hm 1 2 3 4 5\n");
    loaded("example.com.=", "@ SOA ns hm 1 2 3 4 5\n");
    loaded("", "example.com. SOA ns hm 1 2 3 4 5\n@ NS ns\n NS ns2\nwww A 192.0.2.1");
    loaded("", HEAD "@ SOA ns hm 1 2 3 4 60\n"); /* as at the end of a transfer */
    loaded("", "$ORIGIN com.\nexample SOA ns.example hm.example ( 1 ; serial\n 2\n 3 4 5 )\n");
    loaded("", HEAD "a\tIN\t1h30m\tA\t192.0.2.1\r\n");
    loaded("", HEAD "a A 192.0.2.1\na A 192.0.2.1\n");
    loaded("", HEAD "a CNAME b\na CNAME B\n");
    loaded("", HEAD "a CNAME b\na NSEC b CNAME\n");
    loaded("", HEAD "a TXT \"\xc3\xa9\xff\"\n");
    loaded("", HEAD "a HTTPS 1 . alpn=\"h2,h3\"\n");
    loaded("", HEAD "a CAA 0 issue letsencrypt.org\n");
    loaded("2.0.192.in-addr.arpa=", "@ SOA ns. hm. 1 2 3 4 5\n0/26 NS ns.\n65 CNAME 65.64/26\n");
}

/* ---- answers ------------------------------------------------------------------------------- */

struct world {
    struct ma_store *store;
};

static const struct ma_answer *ask(struct world *w, const char *name, enum ma_rrtype type)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    struct ma_question q = {.name = wire, .type = (uint16_t)type};
    q.name_size = (uint8_t)ma_name_to_wire(wire, name);
    assert_int_not_equal(q.name_size, 0);
    ma_question_seal(&q);
    struct ma_entry *e = ma_store_get(w->store, &q);
    assert_non_null(e);
    const struct ma_answer *a = ma_entry_answer(e);
    ma_store_release(w->store, e); /* stays in the cache */
    return a;
}

static int setup(void **state)
{
    static const char parent[] =
        HEAD "a A 192.0.2.1\n"
             "*.w TXT wild\n"
             "x.y.ent A 192.0.2.2\n"
             "alias CNAME a\n"
             "wild-alias CNAME q.w\n"
             "out CNAME www.example.org.\n"
             "in CNAME www.child\n"
             "loop CNAME loop\n"
             "child NS ns.child\n"
             "child DS 1 8 2 abababababababababababababababababababababababababababababababab\n"
             "ns.child A 192.0.2.3\n"
             "lost NS ns.lost\n"
             "to-lost CNAME www.lost\n"
             "tree DNAME a.w\n"
             "long DNAME a.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n";
    static const char child[] = "$ORIGIN child.example.com.\n@ 60 SOA ns hm 1 2 3 4 600\n"
                                "@ NS ns\nwww A 192.0.2.4\n";
    static struct world w;
    struct ma_source sources[2];
    struct ma_zones *zs = ma_zones_new();
    assert_null(load(zs, "", parent, sizeof parent - 1));
    assert_null(load(zs, "", child, sizeof child - 1));
    ma_zones_open(&sources[0], zs);
    ma_offline_open(&sources[1]);
    w.store = ma_store_new(sources, 2, 1024 * 1024);
    *state = &w;
    return w.store != NULL ? 0 : 1;
}

static int teardown(void **state)
{
    struct world *w = *state;
    ma_store_free(w->store);
    return 0;
}

static void names_of_the_zone(void **state)
{
    const struct ma_answer *a = ask(*state, "A.Example.COM.", MA_A);
    assert_int_equal(a->status, MA_OK);
    assert_int_equal(a->rr_count, 1);
    assert_int_equal(a->ttl_secs, 300);
    assert_string_equal(a->rrs[0].owner, "a.example.com");
    a = ask(*state, "a.example.com", MA_TXT);
    assert_int_equal(a->status, MA_NODATA);
    assert_int_equal(a->ttl_secs, 60);
    assert_int_equal(ask(*state, "b.example.com", MA_TXT)->status, MA_NXDOMAIN);
    assert_int_equal(ask(*state, "y.ent.example.com", MA_TXT)->status, MA_NODATA);
    assert_int_equal(ask(*state, "ent.example.com", MA_TXT)->status, MA_NODATA);
    assert_int_equal(ask(*state, "z.ent.example.com", MA_TXT)->status, MA_NXDOMAIN);
    assert_int_equal(ask(*state, "example.com", MA_SOA)->status, MA_OK);
    assert_int_equal(ask(*state, "a.example.com", (enum ma_rrtype)255)->failure, MA_FAIL_RCODE);
}

static void wildcards(void **state)
{
    const struct ma_answer *a = ask(*state, "q.r.w.example.com", MA_TXT);
    assert_int_equal(a->status, MA_OK);
    assert_string_equal(a->rrs[0].owner, "q.r.w.example.com");
    assert_string_equal(a->rrs[0].txt.bytes, "wild");
    assert_int_equal(ask(*state, "q.w.example.com", MA_A)->status, MA_NODATA);
    assert_int_equal(ask(*state, "w.example.com", MA_TXT)->status, MA_NODATA);
    assert_string_equal(ask(*state, "*.w.example.com", MA_TXT)->rrs[0].owner, "*.w.example.com");
    a = ask(*state, "wild-alias.example.com", MA_TXT);
    assert_int_equal(a->chain_count, 1);
    assert_string_equal(a->rrs[0].owner, "q.w.example.com");
}

static void aliases(void **state)
{
    const struct ma_answer *a = ask(*state, "alias.example.com", MA_A);
    assert_int_equal(a->status, MA_OK);
    assert_int_equal(a->chain_count, 1);
    assert_string_equal(a->chain[0].name, "a.example.com");
    assert_int_equal(ask(*state, "alias.example.com", MA_TXT)->status, MA_NODATA);
    a = ask(*state, "alias.example.com", MA_CNAME);
    assert_int_equal(a->rr_count, 1);
    assert_int_equal(a->chain_count, 0);
    assert_int_equal(ask(*state, "out.example.com", MA_A)->failure, MA_FAIL_OFFLINE);
    assert_int_equal(ask(*state, "loop.example.com", MA_A)->failure, MA_FAIL_CNAME_LOOP);
    a = ask(*state, "x.tree.example.com", MA_TXT);
    assert_int_equal(a->status, MA_OK);
    assert_string_equal(a->chain[0].name, "x.a.w.example.com");
    assert_int_equal(ask(*state, "tree.example.com", MA_TXT)->status, MA_NODATA);
    assert_int_equal(ask(*state, "x.tree.example.com", MA_CNAME)->status, MA_OK);
    char name[300];
    snprintf(name, sizeof name, "%0*d.%0*d.%0*d.long.example.com", 60, 1, 60, 1, 60, 1);
    a = ask(*state, name, MA_A);
    assert_int_equal(a->failure, MA_FAIL_RCODE);
    assert_string_equal(a->detail, "rcode 6");
}

static void zone_cuts(void **state)
{
    assert_int_equal(ask(*state, "www.lost.example.com", MA_A)->failure, MA_FAIL_OFFLINE);
    assert_int_equal(ask(*state, "lost.example.com", MA_NS)->failure, MA_FAIL_OFFLINE);
    assert_int_equal(ask(*state, "to-lost.example.com", MA_A)->failure, MA_FAIL_OFFLINE);
    assert_int_equal(ask(*state, "lost.example.com", MA_DS)->status, MA_NODATA);
    assert_int_equal(ask(*state, "x.lost.example.com", MA_DS)->failure, MA_FAIL_OFFLINE);
    assert_int_equal(ask(*state, "child.example.com", MA_DS)->status, MA_OK);
    assert_int_equal(ask(*state, "example.com", MA_DS)->failure, MA_FAIL_OFFLINE);
    const struct ma_answer *a = ask(*state, "in.example.com", MA_A);
    assert_int_equal(a->status, MA_OK);
    assert_string_equal(a->rrs[0].owner, "www.child.example.com");
    a = ask(*state, "x.child.example.com", MA_A);
    assert_int_equal(a->status, MA_NXDOMAIN);
    assert_int_equal(a->ttl_secs, 60);
    assert_int_equal(ask(*state, "ns.child.example.com", MA_A)->status, MA_NXDOMAIN);
    assert_int_equal(ask(*state, "com", MA_A)->failure, MA_FAIL_OFFLINE);
    assert_int_equal(ask(*state, ".", MA_NS)->failure, MA_FAIL_OFFLINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(bad_zones_are_refused),
        cmocka_unit_test(bad_records_are_refused),
        cmocka_unit_test(long_things_are_refused),
        cmocka_unit_test(forms_that_are_read),
        cmocka_unit_test_setup_teardown(names_of_the_zone, setup, teardown),
        cmocka_unit_test_setup_teardown(wildcards, setup, teardown),
        cmocka_unit_test_setup_teardown(aliases, setup, teardown),
        cmocka_unit_test_setup_teardown(zone_cuts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
