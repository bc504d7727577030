/* SPDX-License-Identifier: MIT */
#include "../../checks/dkim_key.h"

#include "../../checks/dkim_selectors.h"
#include "dkim_keys.h"
#include "unit.h"

#define FAULT(f) (UINT32_C(1) << MA_DKIM_##f)

static void parse(struct ma_dkim_key *key, const char *text)
{
    memset(key, 0xa5, sizeof *key);
    ma_dkim_key_parse(key, text, strlen(text));
}

/* A record, what it should be found to be, and where (the first fault's place). */
struct expected {
    const char *record;
    enum ma_dkim_state state;
    enum ma_dkim_type type;
    unsigned bits;
    uint32_t faults;
    const char *at; /* text at the place of the first fault, or NULL */
};

static const struct expected cases[] = {
    {"v=DKIM1; k=rsa; p=" RSA_2048, MA_DKIM_KEY_GOOD, MA_DKIM_RSA, 2048, 0, NULL},
    {"p=" RSA_2048, MA_DKIM_KEY_GOOD, MA_DKIM_RSA, 2048, 0, NULL},
    {"v=DKIM1;k=RSA;h=sha1:sha256;s=email;t=s;n=a note;p=" RSA_2048 ";", MA_DKIM_KEY_GOOD,
        MA_DKIM_RSA, 2048, FAULT(VALUE_CASE), "RSA"},
    {"v=DKIM1; k=ed25519; p=" ED25519, MA_DKIM_KEY_GOOD, MA_DKIM_ED25519, 256, 0, NULL},
    {"v=DKIM1; p=", MA_DKIM_KEY_REVOKED, MA_DKIM_RSA, 0, 0, NULL},
    {"v=DKIM1; p= ;", MA_DKIM_KEY_REVOKED, MA_DKIM_RSA, 0, 0, NULL},
    {"v=DKIM1; t=y:s; p=" RSA_2048, MA_DKIM_KEY_GOOD, MA_DKIM_RSA, 2048, FAULT(TESTING), "t=y:s"},
    {"v=DKIM1; p=" RSA_1024, MA_DKIM_KEY_WEAK, MA_DKIM_RSA, 1024, FAULT(WEAK), RSA_1024},
    {"v=DKIM1; p=" RSA_512, MA_DKIM_KEY_WEAK, MA_DKIM_RSA, 512, FAULT(SHORT), RSA_512},
    {"v=DKIM1; p=" RSA_4160, MA_DKIM_KEY_GOOD, MA_DKIM_RSA, 4160, FAULT(LONG), RSA_4160},
    {"v=DKIM1; p=" RSA_2048_PKCS1, MA_DKIM_KEY_GOOD, MA_DKIM_RSA, 2048, FAULT(PKCS1),
        RSA_2048_PKCS1},
    {"p=" RSA_2048 "; v=DKIM1", MA_DKIM_KEY_GOOD, MA_DKIM_RSA, 2048, FAULT(VERSION_LATE),
        "v=DKIM1"},
    {"v=DKIM1;; g=*; x=1; p=" RSA_2048, MA_DKIM_KEY_GOOD, MA_DKIM_RSA, 2048,
        FAULT(EMPTY_TAG) | FAULT(GRANULARITY) | FAULT(UNKNOWN_TAG), ""},
    {"v=DKIM1; p=" RSA_2048 "AAAA", MA_DKIM_KEY_GOOD, MA_DKIM_RSA, 2048, FAULT(TRAILING),
        RSA_2048 "AAAA"},
    /* not to be used */
    {"v=DKIM2; p=" RSA_2048, MA_DKIM_KEY_BAD, MA_DKIM_RSA, 2048, FAULT(VERSION), "v=DKIM2"},
    {"v=dkim1; p=" RSA_2048, MA_DKIM_KEY_BAD, MA_DKIM_RSA, 2048, FAULT(VERSION), "v=dkim1"},
    {"v=DKIM1; foo; p=" RSA_2048, MA_DKIM_KEY_BAD, MA_DKIM_RSA, 2048, FAULT(SYNTAX), "foo"},
    {"v=DKIM1; a-b=1; p=" RSA_2048, MA_DKIM_KEY_BAD, MA_DKIM_RSA, 2048, FAULT(SYNTAX), "a-b=1"},
    {"v=DKIM1; 1k=rsa; p=" RSA_2048, MA_DKIM_KEY_BAD, MA_DKIM_RSA, 2048, FAULT(SYNTAX), "1k=rsa"},
    {"v=DKIM1; x=1; p=" RSA_2048 "; x=2", MA_DKIM_KEY_BAD, MA_DKIM_RSA, 2048,
        FAULT(DUPLICATE_TAG) | FAULT(UNKNOWN_TAG), NULL},
    {"v=DKIM1; k=rsa p=" RSA_2048, MA_DKIM_KEY_BAD, MA_DKIM_RSA, 0, FAULT(NO_SEMICOLON), "p"},
    {"v=DKIM1; p=" RSA_2048 "; p=x", MA_DKIM_KEY_BAD, MA_DKIM_RSA, 0, FAULT(DUPLICATE_TAG), "p=x"},
    {"v=DKIM1; k=dsa; p=" RSA_2048, MA_DKIM_KEY_BAD, MA_DKIM_OTHER, 0, FAULT(KEY_TYPE), "k=dsa"},
    {"v=DKIM1; h=sha1; p=" RSA_2048, MA_DKIM_KEY_BAD, MA_DKIM_RSA, 2048, FAULT(HASHES), "h=sha1"},
    {"v=DKIM1; s=tlsrpt; p=" RSA_2048, MA_DKIM_KEY_BAD, MA_DKIM_RSA, 2048, FAULT(SERVICE),
        "s=tlsrpt"},
    {"v=DKIM1; k=rsa;", MA_DKIM_KEY_BAD, MA_DKIM_RSA, 0, FAULT(NO_DATA), "v=DKIM1; k=rsa;"},
    {"v=DKIM1; p=-----BEGIN PUBLIC KEY-----" RSA_2048, MA_DKIM_KEY_BAD, MA_DKIM_RSA, 0,
        FAULT(ARMOUR), "-----"},
    {"v=DKIM1; p=MIIBIj!AN", MA_DKIM_KEY_BAD, MA_DKIM_RSA, 0, FAULT(BASE64), "!"},
    {"v=DKIM1; k=rsa; p=" ED25519, MA_DKIM_KEY_BAD, MA_DKIM_ED25519, 256, FAULT(MISMATCH), ED25519},
    {"v=DKIM1; k=ed25519; p=" RSA_2048, MA_DKIM_KEY_BAD, MA_DKIM_RSA, 2048, FAULT(MISMATCH),
        RSA_2048},
    {"v=DKIM1; k=ed25519; p=" ED25519_SPKI, MA_DKIM_KEY_BAD, MA_DKIM_ED25519, 256,
        FAULT(ED25519_FORM), ED25519_SPKI},
    {"v=DKIM1; k=ed25519; p=aGFsbG8=", MA_DKIM_KEY_BAD, MA_DKIM_ED25519, 0, FAULT(ED25519_FORM),
        "aGFsbG8="},
    {"v=DKIM1; p=" EC_P256, MA_DKIM_KEY_BAD, MA_DKIM_RSA, 0, FAULT(ALGORITHM), EC_P256},
    {"v=DKIM1; p=aGFsbG8=", MA_DKIM_KEY_BAD, MA_DKIM_RSA, 0, FAULT(NO_KEY), "aGFsbG8="},
    {"\"v=DKIM1; p=" RSA_2048 "\"", MA_DKIM_KEY_BAD, MA_DKIM_RSA, 0, FAULT(QUOTES), "\""},
    {"v=DKIM1\\; p=" RSA_2048, MA_DKIM_KEY_BAD, MA_DKIM_RSA, 0, FAULT(QUOTES), "\\;"},
    /* SEQUENCE { INTEGER 6, INTEGER 3 }: an even modulus */
    {"p=MAYCAQYCAQM=", MA_DKIM_KEY_BAD, MA_DKIM_RSA, 0, FAULT(NUMBERS), "MAYCAQYCAQM="},
    /* records of another kind */
    {"v=spf1 -all", MA_DKIM_KEY_BAD, MA_DKIM_RSA, 0, FAULT(NOT_A_KEY), "v=spf1 -all"},
    {"v=DMARC1; p=reject", MA_DKIM_KEY_BAD, MA_DKIM_RSA, 0, FAULT(NOT_A_KEY), "v=DMARC1; p=reject"},
    {"google-site-verification=abc", MA_DKIM_KEY_BAD, MA_DKIM_RSA, 0, FAULT(NOT_A_KEY),
        "google-site-verification=abc"},
    {"", MA_DKIM_KEY_BAD, MA_DKIM_RSA, 0, FAULT(NOT_A_KEY), ""},
};

static void assert_place(const struct ma_dkim_key *key, const struct expected *c)
{
    unsigned f = 0;
    while (!ma_dkim_key_has(key, (enum ma_dkim_fault)f))
        f++;
    struct ma_span place = key->places[f];
    assert_true(place.offset + place.size <= strlen(c->record));
    assert_true(ma_span_is(c->record, place, c->at));
}

static void records(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct expected *c = &cases[i];
        struct ma_dkim_key key;
        parse(&key, c->record);
        if (key.state != c->state || key.type != c->type || key.bits != c->bits ||
            key.faults != c->faults)
            fail_msg("%s: state %d, type %d, %u bits, faults %x", c->record, (int)key.state,
                (int)key.type, key.bits, (unsigned)key.faults);
        if (c->at != NULL)
            assert_place(&key, c);
    }
}

/* Whatever is cut off a key's end, it is found out, and never taken for a smaller key. */
static void cut_keys(void **state)
{
    (void)state;
    char text[] = "p=" RSA_1024;
    for (size_t size = sizeof text - 2; size > 22; size--) {
        struct ma_dkim_key key;
        ma_dkim_key_parse(&key, text, size);
        if (ma_dkim_key_has(&key, MA_DKIM_UNPADDED)) /* only the padding was lost */
            assert_true(size > sizeof text - 4);
        else
            assert_true(key.state == MA_DKIM_KEY_BAD && ma_dkim_key_has(&key, MA_DKIM_CUT));
    }
}

static void padding(void **state)
{
    (void)state;
    struct ma_dkim_key key;
    parse(&key, "p=MAYCAQYCAQM"); /* the padding is missing, and the modulus is even */
    assert_true(ma_dkim_key_has(&key, MA_DKIM_CUT) || ma_dkim_key_has(&key, MA_DKIM_NUMBERS));
    parse(&key, "p=MA==AB");
    assert_int_equal(key.faults, FAULT(BASE64));
    assert_int_equal(key.places[MA_DKIM_BASE64].offset, 6);
    parse(&key, "p=MAY===");
    assert_int_equal(key.faults, FAULT(BASE64));
}

static void blanks_are_allowed(void **state)
{
    (void)state;
    char text[1000] = "v=DKIM1; p=", *to = text + strlen(text);
    for (const char *p = RSA_2048; *p != '\0'; p++) {
        *to++ = *p;
        if ((p - text) % 60 == 0)
            *to++ = ' ';
    }
    *to = '\0';
    struct ma_dkim_key key;
    parse(&key, text);
    assert_int_equal(key.state, MA_DKIM_KEY_GOOD);
    assert_int_equal(key.bits, 2048);
}

static void assert_written(const char *record, const char *expected)
{
    struct ma_dkim_key key;
    char out[MA_DKIM_RECORD_MAX], mended[2000];
    parse(&key, record);
    size_t size = ma_dkim_key_write(&key, out);
    if (size == 0) {
        size_t length = ma_dkim_key_mend(mended, record, strlen(record));
        assert_true(length <= strlen(record));
        parse(&key, mended);
        size = ma_dkim_key_write(&key, out);
    }
    assert_int_equal(size, strlen(out));
    assert_string_equal(out, expected);
    if (size > 0) {
        parse(&key, out);
        assert_int_equal(key.faults & ((UINT32_C(1) << MA_DKIM_FATAL_COUNT) - 1), 0);
    }
}

static void the_record_as_it_should_be(void **state)
{
    (void)state;
    assert_written("p=" RSA_2048 "; v=DKIM1", "v=DKIM1; k=rsa; p=" RSA_2048);
    assert_written("v=DKIM1; t=y:s; p=" RSA_2048_PKCS1, "v=DKIM1; k=rsa; t=s; p=" RSA_2048);
    assert_written("v=DKIM1; p=" RSA_1024_PKCS1, "v=DKIM1; k=rsa; p=" RSA_1024);
    assert_written("\"v=DKIM1\\; k=rsa\\; p=" RSA_2048 "\"", "v=DKIM1; k=rsa; p=" RSA_2048);
    assert_written("v=DKIM1 k=rsa p=" RSA_2048, "v=DKIM1; k=rsa; p=" RSA_2048);
    assert_written("v=DKIM1; p=-----BEGIN PUBLIC KEY-----" RSA_2048 "-----END PUBLIC KEY-----",
        "v=DKIM1; k=rsa; p=" RSA_2048);
    assert_written("v=DKIM1; p=-----BEGIN RSA PUBLIC KEY----- " RSA_1024_PKCS1
                   " -----END RSA PUBLIC KEY----- ; t=s",
        "v=DKIM1; k=rsa; t=s; p=" RSA_1024);
    assert_written("v=DKIM1; p=-----" RSA_2048, "");
    assert_written("k=ed25519; p=" ED25519_SPKI, "v=DKIM1; k=ed25519; p=" ED25519);
    assert_written("k=rsa; p=" ED25519, "v=DKIM1; k=ed25519; p=" ED25519);
    assert_written("p=" RSA_2048 "AAAA", "v=DKIM1; k=rsa; p=" RSA_2048);
    assert_written("p=", "");
    assert_written("p=MIIB", "");
}

/* Mutated bytes: whatever comes, the places stay inside and the record written is good. */
static void mutations(void **state)
{
    (void)state;
    static const char *const seeds[] = {"v=DKIM1; k=rsa; h=sha256; s=*; t=y; p=" RSA_1024,
        "v=DKIM1; k=ed25519; p=" ED25519, "v=DKIM1; p=" RSA_1024_PKCS1, "\"v=DKIM1\\; p=\""};
    uint64_t random = 1;
    for (unsigned round = 0; round < 40000; round++) {
        char bytes[1000];
        const char *seed = seeds[round % 4];
        size_t size = strlen(seed);
        memcpy(bytes, seed, size);
        for (unsigned n = round % 7 + 1; n > 0; n--) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            bytes[(random >> 33) % size] = (char)(random >> 20);
        }
        struct ma_dkim_key key;
        char out[MA_DKIM_RECORD_MAX], mended[1001];
        ma_dkim_key_parse(&key, bytes, size - round % 3);
        for (unsigned f = 0; f < MA_DKIM_FAULT_COUNT; f++)
            assert_true(key.places[f].offset + key.places[f].size <= size);
        ma_dkim_key_write(&key, out);
        ma_dkim_key_mend(mended, bytes, size);
    }
}

static void the_table_of_selectors(void **state)
{
    (void)state;
    unsigned probed = 0;
    for (size_t i = 0; i < MA_DKIM_SELECTOR_COUNT; i++) {
        const struct ma_dkim_selector *a = &ma_dkim_selectors[i];
        assert_true(a->source[0] != '\0' && strlen(a->date) == 7);
        probed += a->probe;
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(a->name, ma_dkim_selectors[k].name);
        if (i == 0)
            continue;
        const struct ma_dkim_selector *before = a - 1;
        assert_true(before->domains_seen >= a->domains_seen);
        if (before->domains_seen == a->domains_seen)
            assert_true(strcmp(before->name, a->name) < 0);
    }
    assert_true(probed >= 9 && probed <= 24); /* PROBED_MAX of checks/dkim.c */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records),
        cmocka_unit_test(cut_keys),
        cmocka_unit_test(padding),
        cmocka_unit_test(blanks_are_allowed),
        cmocka_unit_test(the_record_as_it_should_be),
        cmocka_unit_test(mutations),
        cmocka_unit_test(the_table_of_selectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
