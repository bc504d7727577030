/* SPDX-License-Identifier: MIT */
/* The DMARC record's parser and the tree walk. */
#include "../../checks/dmarc_walk.h"
#include "unit.h"

#define FAULT(f) (UINT32_C(1) << MA_DMARC_##f)

/* ---- records --------------------------------------------------------------------------------- */

static void what_is_a_record(void **state)
{
    (void)state;
    static const char *const records[] = {"v=DMARC1", "v=DMARC1;", "v=DMARC1; p=none",
        "v = DMARC1 ; p=none", "v=DMARC1;p=none", "V=DMARC1; p=none"};
    static const char *const others[] = {"", "v=dmarc1; p=none", " v=DMARC1; p=none",
        "v=DMARC1 p=none", "v=DMARC10; p=none", "p=none; v=DMARC1", "v=spf1 -all", "DMARC1;",
        "\"v=DMARC1; p=none\"", "v=DMARC1\\; p=none"};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        assert_true(ma_dmarc_is_record(records[i], strlen(records[i])));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(ma_dmarc_is_record(others[i], strlen(others[i])));
}

static void assert_miss(const char *text, enum ma_dmarc_miss expected, const char *at)
{
    struct ma_span place = {0, 0};
    assert_int_equal(ma_dmarc_near_miss(text, strlen(text), &place), expected);
    if (at != NULL)
        assert_true(ma_span_is(text, place, at));
}

static void near_misses(void **state)
{
    (void)state;
    assert_miss("v=spf1 -all", MA_DMARC_MISS_NOT, NULL);
    assert_miss("v=DKIM1; p=MIGf", MA_DMARC_MISS_NOT, NULL);
    assert_miss("", MA_DMARC_MISS_NOT, NULL);
    assert_miss("v=dmarc1; p=none", MA_DMARC_MISS_CASE, "v=dmarc1");
    assert_miss(" v=DMARC1; p=none", MA_DMARC_MISS_BLANK, "v=DMARC1");
    assert_miss("v=DMARC1 p=none", MA_DMARC_MISS_SEMICOLON, "v=DMARC1 p=none");
    assert_miss("v=DMARC2; p=none", MA_DMARC_MISS_VERSION, "v=DMARC2");
    assert_miss("DMARC1; p=none", MA_DMARC_MISS_VERSION, "DMARC1");
    assert_miss("p=none; v=DMARC1", MA_DMARC_MISS_LATE, "v=DMARC1");
    assert_miss("p=none; rua=mailto:a@b.c", MA_DMARC_MISS_NO_V, "p=none");
    assert_miss("\"v=DMARC1; p=none\"", MA_DMARC_MISS_QUOTES, "\"");
    assert_miss("v=DMARC1\\; p=none", MA_DMARC_MISS_QUOTES, "\\;");
}

struct expected {
    const char *record;
    enum ma_dmarc_policy p, sp, np; /* in effect: for the domain, for subdomains, for others */
    uint32_t faults;
    const char *at; /* text at the first fault's place, or NULL */
};

#define NONE       MA_DMARC_NONE
#define QUARANTINE MA_DMARC_QUARANTINE
#define REJECT     MA_DMARC_REJECT
#define UNSET      MA_DMARC_UNSET

static const struct expected cases[] = {
    {"v=DMARC1; p=reject", REJECT, REJECT, REJECT, 0, NULL},
    {"v=DMARC1;p=Reject;sp=NONE;np=quarantine", REJECT, NONE, QUARANTINE, 0, NULL},
    {"v=DMARC1; p=quarantine; sp=reject", QUARANTINE, REJECT, REJECT, 0, NULL},
    {"v=DMARC1; p=none; np=reject; psd=n; t=n; adkim=s; aspf=R; fo=0:d:s; "
     "rua=mailto:a@b.c, mailto:d%2Ce@f.g?x=y;ruf=MAILTO:a@b.c;",
        NONE, NONE, REJECT, 0, NULL},
    /* no valid policy: none with a report address, else nothing */
    {"v=DMARC1", UNSET, UNSET, UNSET, FAULT(NO_P), "v=DMARC1"},
    {"v=DMARC1; rua=mailto:a@b.c", NONE, NONE, NONE, FAULT(NO_P), "v=DMARC1"},
    {"v=DMARC1; p=monitor; rua=mailto:a@b.c", NONE, NONE, NONE, FAULT(BAD_POLICY), "p=monitor"},
    {"v=DMARC1; p=monitor", UNSET, UNSET, UNSET, FAULT(BAD_POLICY), "p=monitor"},
    {"v=DMARC1; p=reject; sp=all; rua=mailto:a@b.c", NONE, NONE, NONE, FAULT(BAD_POLICY), "sp=all"},
    {"v=DMARC1; p=reject; np=; rua=https://b.c/", NONE, NONE, NONE,
        FAULT(BAD_POLICY) | FAULT(OTHER_SCHEME), "np="},
    {"v=DMARC1; p=none rua=mailto:a@b.c", UNSET, UNSET, UNSET, FAULT(NO_SEMICOLON), "rua"},
    /* other tags */
    {"v=DMARC1; p=reject; pct=150", REJECT, REJECT, REJECT, FAULT(BAD_VALUE), "pct=150"},
    {"v=DMARC1; p=reject; pct=5", REJECT, REJECT, REJECT, FAULT(PCT_PART), "pct=5"},
    {"v=DMARC1; p=reject; pct=100; rf=afrf; ri=86400", REJECT, REJECT, REJECT, FAULT(HISTORIC),
        "pct=100"},
    {"v=DMARC1; p=reject; adkim=strict", REJECT, REJECT, REJECT, FAULT(BAD_VALUE), "adkim=strict"},
    {"v=DMARC1; p=reject; fo=1:x", REJECT, REJECT, REJECT, FAULT(BAD_VALUE), "fo=1:x"},
    {"v=DMARC1; p=reject; psd=maybe", REJECT, REJECT, REJECT, FAULT(BAD_VALUE), "psd=maybe"},
    {"v=DMARC1; p=reject; foo", REJECT, REJECT, REJECT, FAULT(SYNTAX), "foo"},
    {"v=DMARC1;; p=reject", REJECT, REJECT, REJECT, FAULT(EMPTY_TAG), ""},
    {"v=DMARC1; P=reject", REJECT, REJECT, REJECT, FAULT(TAG_CASE), "P"},
    {"v=DMARC1; p=reject; x=1", REJECT, REJECT, REJECT, FAULT(UNKNOWN_TAG), "x=1"},
    {"v=DMARC1; p=reject; p=none", REJECT, REJECT, REJECT, FAULT(DUPLICATE_TAG), "p=none"},
    {"v=DMARC1; p=none; v=DMARC1", NONE, NONE, NONE, FAULT(DUPLICATE_TAG), "v=DMARC1"},
    /* report addresses */
    {"v=DMARC1; p=none; rua=a@b.c", NONE, NONE, NONE, FAULT(BAD_URI), "a@b.c"},
    {"v=DMARC1; p=none; rua=mailto:a", NONE, NONE, NONE, FAULT(BAD_URI), "mailto:a"},
    {"v=DMARC1; p=none; rua=mailto:@b.c", NONE, NONE, NONE, FAULT(BAD_URI), "mailto:@b.c"},
    {"v=DMARC1; p=none; rua=mailto:a@", NONE, NONE, NONE, FAULT(BAD_URI), "mailto:a@"},
    {"v=DMARC1; p=none; rua=mailto:a@b.c mailto:d@e.f", NONE, NONE, NONE, FAULT(BAD_URI),
        "mailto:a@b.c mailto:d@e.f"},
    {"v=DMARC1; p=none; rua=mailto:a@b.c,", NONE, NONE, NONE, FAULT(BAD_URI), "mailto:a@b.c,"},
    {"v=DMARC1; p=none; rua=", NONE, NONE, NONE, FAULT(BAD_URI), ""},
    {"v=DMARC1; p=none; rua=mailto:a@b\303\274.c", NONE, NONE, NONE, FAULT(BAD_URI),
        "mailto:a@b\303\274.c"},
    {"v=DMARC1; p=none; rua=mailto:a@b.c!10m", NONE, NONE, NONE, FAULT(SIZE_LIMIT), "!10m"},
    {"v=DMARC1; p=none; rua=mailto:a@b.c!7", NONE, NONE, NONE, FAULT(SIZE_LIMIT), "!7"},
    {"v=DMARC1; p=none; rua=mailto:a@b.c!x", NONE, NONE, NONE, FAULT(BAD_URI), "mailto:a@b.c!x"},
    {"v=DMARC1; p=none; ruf=https://b.c/", NONE, NONE, NONE, FAULT(OTHER_SCHEME), "https://b.c/"},
    {"v=DMARC1; p=none; rua=mailto:a@b.c,mailto:a@b.d,mailto:a@b.e", NONE, NONE, NONE,
        FAULT(MANY_URIS), "mailto:a@b.e"},
};

static void assert_record(const struct expected *c)
{
    struct ma_dmarc_record r;
    assert_true(ma_dmarc_is_record(c->record, strlen(c->record)));
    ma_dmarc_record_parse(&r, c->record, strlen(c->record));
    if (r.faults != c->faults || ma_dmarc_record_policy(&r, MA_DMARC_P) != c->p ||
        ma_dmarc_record_policy(&r, MA_DMARC_SP) != c->sp ||
        ma_dmarc_record_policy(&r, MA_DMARC_NP) != c->np)
        fail_msg("%s: faults %x", c->record, (unsigned)r.faults);
    unsigned f = 0;
    while (f < MA_DMARC_FAULT_COUNT && !ma_dmarc_record_has(&r, (enum ma_dmarc_fault)f))
        f++;
    if (f < MA_DMARC_FAULT_COUNT && !ma_span_is(c->record, r.places[f], c->at))
        fail_msg("%s: %.*s", c->record, (int)r.places[f].size, c->record + r.places[f].offset);
}

static void records(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_record(&cases[i]);
}

static void report_hosts(void **state)
{
    (void)state;
    static const char text[] = "v=DMARC1; p=none; rua=mailto:\"a@b\"@c.d, mailto:x@E.example?a=@b";
    struct ma_dmarc_record r;
    ma_dmarc_record_parse(&r, text, strlen(text));
    assert_int_equal(r.rua.count, 2);
    assert_int_equal(r.rua.list[0].kind, MA_DMARC_NO_URI); /* quotes must be encoded */
    assert_true(ma_span_is(text, r.rua.list[1].host, "E.example"));
}

static void assert_written(
    const char *record, const struct ma_dmarc_edit *edit, const char *expected)
{
    struct ma_dmarc_record r, again;
    char mended[500], out[700];
    if (!ma_dmarc_is_record(record, strlen(record)) || strstr(record, "none rua=") != NULL) {
        ma_dmarc_record_mend(mended, record, strlen(record));
        record = mended;
    }
    ma_dmarc_record_parse(&r, record, strlen(record));
    size_t size = ma_dmarc_record_write(&r, edit, out);
    assert_string_equal(out, expected);
    assert_int_equal(size, strlen(out));
    assert_true(ma_dmarc_is_record(out, size));
    ma_dmarc_record_parse(&again, out, size);
    assert_true(ma_dmarc_record_valid(&again));
}

static void the_record_as_it_should_be(void **state)
{
    (void)state;
    static const struct ma_dmarc_edit as_is = {.which = MA_DMARC_P};
    assert_written("v=DMARC1;p=reject ; pct=100;ri=5; x=1;;rua=mailto:a@b.c!5k", &as_is,
        "v=DMARC1; p=reject; rua=mailto:a@b.c");
    assert_written("p=none; v=DMARC1", &as_is, "v=DMARC1; p=none");
    assert_written(
        "v=DMARC1 p=none rua=mailto:a@b.c", &as_is, "v=DMARC1; p=none; rua=mailto:a@b.c");
    assert_written(
        "v=DMARC1; p=none rua=mailto:a@b.c", &as_is, "v=DMARC1; p=none; rua=mailto:a@b.c");
    assert_written("\"v=dmarc1\\; p=reject\"", &as_is, "v=DMARC1; p=reject");
    assert_written("v=DMARC1; rua=a@b.c,mailto:d@e.f; adkim=q; fo=1", &as_is,
        "v=DMARC1; p=none; rua=mailto:a@b.c,mailto:d@e.f; fo=1");
    assert_written("v=DMARC1; p=reject; pct=0", &as_is, "v=DMARC1; p=reject; t=y");
    assert_written("v=DMARC1; p=none; sp=none",
        &(struct ma_dmarc_edit){.which = MA_DMARC_SP, .policy = REJECT},
        "v=DMARC1; p=none; sp=reject");
    assert_written("v=DMARC1; sp=none; p=none; t=y",
        &(struct ma_dmarc_edit){.which = MA_DMARC_P,
            .policy = QUARANTINE,
            .drop = UINT32_C(1) << MA_DMARC_SP | UINT32_C(1) << MA_DMARC_T,
            .default_rua = "mailto:r@e.f"},
        "v=DMARC1; p=quarantine; rua=mailto:r@e.f");
}

static void mutations(void **state)
{
    (void)state;
    static const char seed[] = "v=DMARC1; p=reject; sp=none; pct=50; fo=1:d; t=y; psd=n; "
                               "rua=mailto:a@example.com!10m,mailto:b@example.net; ruf=x:y";
    uint64_t random = 1;
    for (unsigned round = 0; round < 60000; round++) {
        char bytes[sizeof seed], out[sizeof seed + MA_DMARC_WRITE_EXTRA];
        size_t size = sizeof seed - 1 - round % 5;
        memcpy(bytes, seed, sizeof seed);
        for (unsigned n = round % 9 + 1; n > 0; n--) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            bytes[9 + (random >> 33) % (size - 9)] =
                (random & 4096) != 0 ? seed[(random >> 50) % size] : (char)(random >> 20);
        }
        struct ma_dmarc_record r;
        struct ma_span at = {0, 0};
        ma_dmarc_record_parse(&r, bytes, size);
        for (unsigned f = 0; f < MA_DMARC_FAULT_COUNT; f++)
            assert_true(r.places[f].offset + r.places[f].size <= size);
        assert_true(ma_dmarc_record_write(&r, &(struct ma_dmarc_edit){0}, out) < sizeof out);
        ma_dmarc_near_miss(bytes, size, &at);
        assert_true(at.offset + at.size <= size);
        assert_true(ma_dmarc_record_mend(out, bytes, size) < size + MA_DMARC_MEND_EXTRA);
    }
}

/* ---- the walk -------------------------------------------------------------------------------- */

static void assert_names(const char *domain, const char *expected)
{
    const char *names[MA_DMARC_WALK_MAX];
    char text[600];
    size_t at = 0, count = ma_dmarc_walk_names(domain, names);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", i > 0 ? " " : "", names[i]);
    assert_string_equal(text, expected);
}

static void names_of_the_walk(void **state)
{
    (void)state;
    assert_names("example.com", "example.com com");
    assert_names("com", "com");
    assert_names(".", "");
    assert_names("a\\.b.c", "a\\.b.c c");
    assert_names("a.b.c.d.e.f.g", "a.b.c.d.e.f.g b.c.d.e.f.g c.d.e.f.g d.e.f.g e.f.g f.g g");
    assert_names("a.b.c.d.e.f.g.h",
        "a.b.c.d.e.f.g.h b.c.d.e.f.g.h c.d.e.f.g.h d.e.f.g.h e.f.g.h f.g.h g.h h");
    /* the example of RFC 9989 4.10 */
    assert_names("a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "a.b.c.d.e.f.g.h.i.j.mail.example.com g.h.i.j.mail.example.com h.i.j.mail.example.com "
        "i.j.mail.example.com j.mail.example.com mail.example.com example.com com");
    assert_int_equal(ma_dmarc_labels("a\\.b.c.d"), 3);
}

/*
 * One walk. answers has a letter for each name: '-' nothing, 'F' not answered, 'u', 'y' or 'n' a
 * record with that psd. The rest is what is to be found: org ("?" for not known), the name whose
 * record applies to the domain and to names below it ("-" for none, "?" for not known).
 */
struct walk_case {
    const char *domain, *answers, *org, *own, *below;
};

static const struct walk_case walks[] = {
    {"example.com", "u-", "example.com", "example.com", "example.com"},
    {"example.com", "--", "example.com", "-", "-"},
    {"mail.example.com", "-u-", "example.com", "example.com", "example.com"},
    {"mail.example.com", "u--", "mail.example.com", "mail.example.com", "mail.example.com"},
    {"mail.example.com", "uu-", "example.com", "mail.example.com", "example.com"},
    {"mail.example.com", "nu-", "mail.example.com", "mail.example.com", "mail.example.com"},
    /* the examples of RFC 9989 4.10.2 */
    {"a.mail.example.com", "-uu-", "example.com", "example.com", "example.com"},
    {"a.mail.example.com", "-nu-", "mail.example.com", "mail.example.com", "mail.example.com"},
    {"a.mail.example.com", "---y", "example.com", "com", "com"},
    {"mail.example.com", "-y-", "mail.example.com", "example.com", "example.com"},
    /* psd=y at the domain itself: its own organization; one label below is one each */
    {"example.com", "y-", "example.com", "example.com", "example.com"},
    {"example.com", "yu", "example.com", "example.com", "example.com"},
    /* the organization's record goes before the public suffix's */
    {"a.example.com", "-uy", "example.com", "example.com", "example.com"},
    {"a.example.com", "u-y", "example.com", "a.example.com", "com"},
    /* a public suffix without psd=y is taken for the organization */
    {"example.com", "uu", "com", "example.com", "com"},
    /* answers that did not come */
    {"example.com", "F-", "?", "?", "?"},
    {"example.com", "uF", "?", "example.com", "?"},
    {"example.com", "nF", "example.com", "example.com", "example.com"},
    {"example.com", "-F", "?", "?", "?"},
    {"a.example.com", "-nF", "example.com", "example.com", "example.com"},
    {"a.example.com", "Fn-", "?", "?", "?"},
    {"a.example.com", "-yF", "a.example.com", "example.com", "example.com"},
    /* eight labels and more: the walk from below leaps over the domain itself */
    {"a.b.c.d.e.f.g.h", "u-------", "a.b.c.d.e.f.g.h", "a.b.c.d.e.f.g.h", "-"},
    {"a.b.c.d.e.f.g.h", "-y------", "a.b.c.d.e.f.g.h", "b.c.d.e.f.g.h", "b.c.d.e.f.g.h"},
    {"b.c.d.e.f.g.h", "u------", "b.c.d.e.f.g.h", "b.c.d.e.f.g.h", "b.c.d.e.f.g.h"},
    {"x.y.a.b.c.d.e.f.g", "-y------", "y.a.b.c.d.e.f.g", "a.b.c.d.e.f.g", "a.b.c.d.e.f.g"},
};

static const char *applied(const struct ma_dmarc_found *found)
{
    if (found->lost)
        return "?";
    return found->applied != NULL ? found->applied->name : "-";
}

static void assert_walk(const struct walk_case *c)
{
    static const struct ma_dmarc_record u = {.psd = 'u'}, y = {.psd = 'y'}, n = {.psd = 'n'};
    const char *names[MA_DMARC_WALK_MAX];
    struct ma_dmarc_step steps[MA_DMARC_WALK_MAX];
    size_t count = ma_dmarc_walk_names(c->domain, names);
    assert_int_equal(count, strlen(c->answers));
    for (size_t i = 0; i < count; i++) {
        char a = c->answers[i];
        steps[i] = (struct ma_dmarc_step){.name = names[i], .failed = a == 'F'};
        steps[i].record = a == 'u' ? &u : a == 'y' ? &y : a == 'n' ? &n : NULL;
    }
    struct ma_dmarc_found own, below;
    ma_dmarc_discover(&own, c->domain, steps, count);
    ma_dmarc_discover_below(&below, c->domain, steps, count);
    const char *org = own.org_domain != NULL ? own.org_domain : "?";
    if (strcmp(org, c->org) != 0 || strcmp(applied(&own), c->own) != 0 ||
        strcmp(applied(&below), c->below) != 0)
        fail_msg("%s %s: org %s, own %s, below %s", c->domain, c->answers, org, applied(&own),
            applied(&below));
    assert_true(own.inherited == (own.applied != NULL && own.applied != steps));
}

static void walk(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++)
        assert_walk(&walks[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_a_record),
        cmocka_unit_test(near_misses),
        cmocka_unit_test(records),
        cmocka_unit_test(report_hosts),
        cmocka_unit_test(the_record_as_it_should_be),
        cmocka_unit_test(mutations),
        cmocka_unit_test(names_of_the_walk),
        cmocka_unit_test(walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
