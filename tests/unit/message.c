/* SPDX-License-Identifier: MIT */
/* DNS messages made by hand: what we send, and what we make of what comes back. */
#include "unit.h"

#include "fake.h"
#include "observe/message.h"

#define QUESTION "\1a\4test\0\0\20\0\1" /* a.test TXT IN, 12 bytes */
#define TO_NAME  "\300\14"              /* a pointer to the question's name */
#define TXT_X    TO_NAME "\0\20\0\1\0\0\1\54\0\2\1x"
#define SOA      TO_NAME "\0\6\0\1\0\0\0\144\0\26\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\62"
#define NS       TO_NAME "\0\2\0\1\0\0\0\144\0\1\0"
#define OPT      "\0\0\51\4\320\0\0\0\0\0\0"
#define OPT_HIGH "\0\0\51\4\320\1\0\0\0\0\0" /* the rcode's upper bits are 1 */

enum { QR = 0x80, AA = 0x04, TC = 0x02, RD = 0x01, RA = 0x80 };

struct wire {
    uint8_t bytes[4096];
    size_t size;
};

static struct wire message(unsigned flags, unsigned low, const unsigned counts[4])
{
    struct wire w = {.size = 12};
    w.bytes[2] = (uint8_t)flags;
    w.bytes[3] = (uint8_t)low;
    for (int i = 0; i < 4; i++)
        w.bytes[5 + 2 * i] = (uint8_t)counts[i];
    return w;
}

static void put(struct wire *w, const char *bytes, size_t size)
{
    assert_true(size <= sizeof w->bytes - w->size);
    memcpy(w->bytes + w->size, bytes, size);
    w->size += size;
}

/* A message with the question, and records as given: PUT(&w, TXT_X). */
#define PUT(w, literal)    put(w, literal, sizeof(literal) - 1)
#define COUNTS(an, ns, ar) ((const unsigned[4]){1, an, ns, ar})

static struct wire begin(unsigned flags, unsigned low, const unsigned counts[4])
{
    struct wire w = message(flags, low, counts);
    PUT(&w, QUESTION);
    return w;
}

/* Reads from a heap copy of the right size: a byte too far is seen by the sanitizer. */
static enum ma_verdict take_for(
    struct ma_message *m, const struct ma_question *q, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    enum ma_verdict v = ma_message_read(m, q, copy, size);
    free(copy);
    return v;
}

/* As the answer of the resolver. */
static enum ma_verdict take(struct ma_message *m, const uint8_t *bytes, size_t size)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    struct ma_question q = fake_question(wire, "a.test", MA_TXT);
    return take_for(m, &q, bytes, size);
}

/* As the answer of a server that the question names. */
static enum ma_verdict take_direct(struct ma_message *m, enum ma_rrtype type, const struct wire *w)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    struct ma_question q = fake_question(wire, "a.test", type);
    q.server = (struct ma_address){.family = 4, .bytes = {192, 0, 2, 1}};
    q.port = 53;
    return take_for(m, &q, w->bytes, w->size);
}

static void negative(const struct wire *w, enum ma_status status, uint32_t ttl)
{
    struct ma_message m;
    assert_int_equal(take(&m, w->bytes, w->size), MA_MESSAGE_USE);
    assert_int_equal(m.reply.status, status);
    assert_int_equal(m.reply.negative_ttl_secs, ttl);
    assert_int_equal(m.reply.rr_count, 0);
    ma_message_clear(&m);
}

static void unusable(const struct wire *w, enum ma_failure failure, const char *detail)
{
    struct ma_message m;
    assert_int_equal(take(&m, w->bytes, w->size), MA_MESSAGE_OTHER);
    assert_int_equal(m.reply.status, MA_FAILED);
    assert_int_equal(m.reply.failure, failure);
    if (detail != NULL)
        assert_string_equal(m.reply.detail, detail);
    ma_message_clear(&m);
}

/* ---- queries --------------------------------------------------------------------------------- */

static void queries_are_those_of_rfc_1035(void **state)
{
    uint8_t out[MA_QUERY_BYTES], wire[MA_NAME_WIRE_MAX];
    struct ma_question q = fake_question(wire, "a.test", MA_TXT);
    (void)state;
    assert_int_equal(ma_query_build(out, &q, 0xabcd, true, false), 24);
    assert_memory_equal(out, "\xab\xcd\1\0\0\1\0\0\0\0\0\0" QUESTION, 24);
    assert_int_equal(ma_query_build(out, &q, 1, false, true), 35);
    assert_memory_equal(out, "\0\1\0\0\0\1\0\0\0\0\0\1" QUESTION OPT, 35);
}

static void the_longest_query_fits(void **state)
{
    uint8_t out[MA_QUERY_BYTES + 1], wire[MA_NAME_WIRE_MAX];
    char name[300];
    (void)state;
    for (int i = 0; i < 254; i += 2)
        memcpy(name + i, "a.", 3);
    struct ma_question q = fake_question(wire, name, MA_TXT);
    assert_int_equal(q.name_size, 255);
    out[MA_QUERY_BYTES] = 0x55;
    assert_int_equal(ma_query_build(out, &q, 1, true, true), MA_QUERY_BYTES);
    assert_int_equal(out[MA_QUERY_BYTES], 0x55);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void answers_are_read(void **state)
{
    struct wire w = begin(QR | RD, RA, COUNTS(1, 0, 1));
    struct ma_message m;
    (void)state;
    PUT(&w, TXT_X);
    PUT(&w, OPT);
    assert_int_equal(take(&m, w.bytes, w.size), MA_MESSAGE_USE);
    assert_int_equal(m.reply.status, MA_OK);
    assert_int_equal(m.reply.rr_count, 1);
    assert_true(m.reply.chase);
    ma_message_clear(&m);
    ma_message_clear(&m);
}

/* A server that knows the end of the aliases says so with a SOA record. */
static void the_end_of_aliases_is_known_or_not(void **state)
{
    struct wire w = begin(QR, RA, COUNTS(1, 1, 0));
    struct ma_message m;
    (void)state;
    PUT(&w, TO_NAME "\0\5\0\1\0\0\1\54\0\3\1b\0");
    PUT(&w, SOA);
    assert_int_equal(take(&m, w.bytes, w.size), MA_MESSAGE_USE);
    assert_false(m.reply.chase);
    assert_int_equal(m.reply.negative_ttl_secs, 50);
    ma_message_clear(&m);
    w.bytes[3] = RA | 3;
    assert_int_equal(take(&m, w.bytes, w.size), MA_MESSAGE_USE);
    assert_int_equal(m.reply.status, MA_NXDOMAIN);
    assert_false(m.reply.chase);
    ma_message_clear(&m);
}

static void absence_has_its_time(void **state)
{
    struct wire w = begin(QR, RA, COUNTS(0, 1, 1));
    (void)state;
    PUT(&w, SOA);
    PUT(&w, OPT);
    negative(&w, MA_NODATA, 50); /* MINIMUM is less than the TTL, RFC 2308 5 */
    w.bytes[3] = RA | 3;
    negative(&w, MA_NXDOMAIN, 50);
    w.bytes[24 + 9] = 7; /* now the TTL is less */
    negative(&w, MA_NXDOMAIN, 7);
    w.bytes[24 + 6] = 0x80;
    w.bytes[24 + 12 + 18] = 0x80;
    negative(&w, MA_NXDOMAIN, 0); /* over 31 bits: RFC 2181 8 */
}

static void absence_without_soa_is_one(void **state)
{
    struct wire w = begin(QR, RA, COUNTS(0, 0, 0));
    (void)state;
    negative(&w, MA_NODATA, 0);
    w = begin(QR | AA, 0, COUNTS(0, 0, 0));
    negative(&w, MA_NODATA, 0);
    w = begin(QR, 3, COUNTS(0, 0, 0));
    negative(&w, MA_NXDOMAIN, 0);
    w = begin(QR | AA, 0, COUNTS(0, 1, 0));
    PUT(&w, NS);
    negative(&w, MA_NODATA, 0);
}

static void referrals_are_no_absence(void **state)
{
    struct wire w = begin(QR, 0, COUNTS(0, 1, 0));
    (void)state;
    PUT(&w, NS);
    unusable(&w, MA_FAIL_RCODE, "a referral instead of an answer");
    w.bytes[3] = RA;
    unusable(&w, MA_FAIL_RCODE, "a referral instead of an answer");
    w = begin(QR, 0, COUNTS(0, 0, 0));
    unusable(&w, MA_FAIL_RCODE, "an empty answer of a server that is not the zone's");
}

/* BADVERS has 0 in the header's four bits, and would pass for "no such record". */
static void upper_bits_of_the_rcode_count(void **state)
{
    struct wire w = begin(QR, RA, COUNTS(0, 0, 1));
    (void)state;
    PUT(&w, OPT_HIGH);
    unusable(&w, MA_FAIL_RCODE, "rcode 16");
    w.bytes[3] = RA | 3;
    unusable(&w, MA_FAIL_RCODE, "rcode 19");
    w = begin(QR, RA, COUNTS(1, 0, 1));
    PUT(&w, TXT_X);
    PUT(&w, OPT_HIGH);
    unusable(&w, MA_FAIL_RCODE, "rcode 16");
}

static void rcodes_are_told_apart(void **state)
{
    struct ma_message m;
    (void)state;
    for (unsigned rcode = 0; rcode < 16; rcode++) {
        struct wire w = begin(QR, RA | rcode, COUNTS(0, 0, 0));
        if (rcode == 0 || rcode == 3)
            continue;
        if (rcode == 1) {
            assert_int_equal(take(&m, w.bytes, w.size), MA_MESSAGE_NO_EDNS);
            assert_int_equal(m.reply.failure, MA_FAIL_RCODE);
            ma_message_clear(&m);
            continue;
        }
        unusable(&w,
            rcode == 2   ? MA_FAIL_SERVFAIL
            : rcode == 5 ? MA_FAIL_REFUSED
                         : MA_FAIL_RCODE,
            rcode == 4 ? "rcode 4 (NOTIMP)" : NULL);
    }
}

static void truncation_is_seen_first(void **state)
{
    struct ma_message m;
    (void)state;
    for (unsigned rcode = 0; rcode < 16; rcode++) {
        struct wire w = begin(QR | TC, rcode, COUNTS(9, 9, 9));
        assert_int_equal(take(&m, w.bytes, w.size), MA_MESSAGE_TRUNCATED);
        assert_int_equal(m.reply.failure, MA_FAIL_NONE);
        ma_message_clear(&m);
    }
}

static void what_is_no_response_is_malformed(void **state)
{
    struct wire w = begin(RD, RA, COUNTS(0, 0, 0));
    (void)state;
    unusable(&w, MA_FAIL_MALFORMED, NULL);
    w.bytes[2] = QR | 0x28; /* opcode 5, UPDATE */
    unusable(&w, MA_FAIL_MALFORMED, NULL);
    w.size = 11;
    unusable(&w, MA_FAIL_MALFORMED, NULL);
    w.size = 0;
    unusable(&w, MA_FAIL_MALFORMED, NULL);
}

/* Cut off anywhere, a message is malformed and never an absence. */
static void cut_off(const struct wire *whole)
{
    struct ma_message m;
    for (size_t size = 0; size < whole->size; size++) {
        assert_int_equal(take(&m, whole->bytes, size), MA_MESSAGE_OTHER);
        assert_int_equal(m.reply.failure, MA_FAIL_MALFORMED);
        ma_message_clear(&m);
    }
}

static void messages_cut_off_are_malformed(void **state)
{
    struct wire w = begin(QR | AA, 0, COUNTS(1, 1, 1));
    (void)state;
    PUT(&w, TXT_X);
    PUT(&w, NS);
    PUT(&w, OPT);
    cut_off(&w);
    w = begin(QR | AA, 0, COUNTS(0, 2, 1));
    PUT(&w, SOA);
    PUT(&w, NS);
    PUT(&w, OPT);
    cut_off(&w);
    w = begin(QR | AA, 3, COUNTS(0, 1, 0));
    PUT(&w, SOA);
    cut_off(&w);
}

static void counts_that_lie_are_malformed(void **state)
{
    (void)state;
    for (int section = 0; section < 4; section++) {
        for (unsigned lie = 2; lie < 256; lie += 50) {
            unsigned counts[4] = {1, 0, 1, 0};
            counts[section] = lie;
            struct wire w = begin(QR | AA, 0, counts);
            PUT(&w, SOA);
            unusable(&w, MA_FAIL_MALFORMED, NULL);
        }
    }
    struct wire w = begin(QR | AA, 0, COUNTS(0, 1, 0));
    PUT(&w, SOA);
    w.bytes[24 + 11] = 0xff; /* RDLENGTH goes past the end */
    unusable(&w, MA_FAIL_MALFORMED, NULL);
}

static void loops_of_pointers_end(void **state)
{
    struct wire w = begin(QR, RA, COUNTS(1, 0, 0));
    (void)state;
    PUT(&w, "\300\30\0\20\0\1\0\0\1\54\0\2\1x"); /* the owner's pointer points to itself */
    unusable(&w, MA_FAIL_MALFORMED, NULL);
    w = begin(QR, RA, COUNTS(1, 0, 0));
    PUT(&w, "\1b\300\30\0\20\0\1\0\0\1\54\0\2\1x"); /* b.b.b.b... */
    unusable(&w, MA_FAIL_MALFORMED, NULL);
    w = begin(QR, RA, COUNTS(1, 0, 0));
    PUT(&w, "\377\377\0\20\0\1\0\0\1\54\0\2\1x"); /* past the end */
    unusable(&w, MA_FAIL_MALFORMED, NULL);
    w = begin(QR, RA, COUNTS(1, 0, 0));
    PUT(&w, "\100\14\0\20\0\1\0\0\1\54\0\2\1x"); /* a label type that does not exist */
    unusable(&w, MA_FAIL_MALFORMED, NULL);
    w = begin(QR, RA, COUNTS(0, 1, 0));
    PUT(&w, "\200\14\0\6\0\1\0\0\1\54\0\2\1x");
    unusable(&w, MA_FAIL_MALFORMED, NULL);
}

/* ---- servers asked themselves ---------------------------------------------------------------- */

static void direct_fails(const struct wire *w, enum ma_rrtype type, const char *detail)
{
    struct ma_message m;
    assert_int_equal(take_direct(&m, type, w), MA_MESSAGE_OTHER);
    assert_int_equal(m.reply.failure, MA_FAIL_RCODE);
    assert_string_equal(m.reply.detail, detail);
    ma_message_clear(&m);
}

static void direct_works(const struct wire *w, enum ma_rrtype type, enum ma_status status)
{
    struct ma_message m;
    assert_int_equal(take_direct(&m, type, w), MA_MESSAGE_USE);
    assert_int_equal(m.reply.status, status);
    assert_int_equal(m.reply.rr_count > 0, status == MA_OK);
    ma_message_clear(&m);
}

static void a_server_asked_itself_needs_authority(void **state)
{
    static const char detail[] = "an answer without authority (AA)";
    struct wire w = begin(QR, RA, COUNTS(1, 0, 0));
    (void)state;
    PUT(&w, TXT_X);
    direct_fails(&w, MA_TXT, detail);
    w.bytes[2] |= AA;
    direct_works(&w, MA_TXT, MA_OK);
    w = begin(QR, RA, COUNTS(0, 1, 0));
    PUT(&w, SOA);
    direct_fails(&w, MA_SOA, detail);
    w.bytes[3] |= 3;
    direct_fails(&w, MA_SOA, detail);
    w.bytes[2] |= AA;
    direct_works(&w, MA_SOA, MA_NXDOMAIN);
}

/* The parent has no authority over a delegation, but it is where it is kept. */
static void a_delegation_is_taken_from_a_referral(void **state)
{
    static const char detail[] = "a referral instead of an answer";
    struct wire w = begin(QR, 0, COUNTS(0, 1, 1));
    (void)state;
    PUT(&w, NS);
    PUT(&w, TO_NAME "\0\1\0\1\0\0\1\54\0\4\300\0\2\1");
    direct_works(&w, MA_NS, MA_OK);
    direct_works(&w, MA_A, MA_OK);
    direct_works(&w, MA_AAAA, MA_NODATA);
    direct_fails(&w, MA_SOA, detail);
    direct_fails(&w, MA_TXT, detail);
    unusable(&w, MA_FAIL_RCODE, detail);
}

static void a_delegation_of_another_name_is_none(void **state)
{
    static const char detail[] = "a referral instead of an answer";
    struct wire w = begin(QR, 0, COUNTS(0, 1, 1));
    (void)state;
    PUT(&w, "\300\16\0\2\0\1\0\0\0\144\0\1\0"); /* of test, above a.test */
    PUT(&w, "\300\16\0\1\0\1\0\0\1\54\0\4\300\0\2\1");
    direct_fails(&w, MA_NS, detail);
    direct_fails(&w, MA_A, detail);
}

/* From the wire into the store: what ldns lets through, the answer need not. */
static void short_rdata_is_malformed(void **state)
{
    static const uint8_t types[] = {
        MA_A, MA_NS, MA_CNAME, MA_SOA, MA_PTR, MA_MX, MA_AAAA, MA_DNAME};
    static struct fake fake;
    struct ma_source source = fake_source(&fake);
    struct ma_store *store = ma_store_new(&source, 1, 0);
    (void)state;
    fake.late = true;
    for (size_t i = 0; i < sizeof types; i++) {
        struct ma_entry *e = fake_ask(store, "a.test", (enum ma_rrtype)types[i]);
        struct wire w = begin(QR, RA, COUNTS(1, 0, 0));
        struct ma_message m;
        PUT(&w, TO_NAME "\0\0\0\1\0\0\1\54\0\0");
        w.bytes[21] = w.bytes[24 + 3] = types[i];
        ma_message_read(&m, ma_entry_question(e), w.bytes, w.size);
        fake.pending_count = 0;
        ma_store_settle(store, e, &m.reply);
        assert_int_equal(ma_entry_answer(e)->status, MA_FAILED);
        assert_int_equal(ma_entry_answer(e)->failure, MA_FAIL_MALFORMED);
        ma_message_clear(&m);
        ma_store_release(store, e);
    }
    ma_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_are_those_of_rfc_1035),
        cmocka_unit_test(the_longest_query_fits),
        cmocka_unit_test(answers_are_read),
        cmocka_unit_test(the_end_of_aliases_is_known_or_not),
        cmocka_unit_test(absence_has_its_time),
        cmocka_unit_test(absence_without_soa_is_one),
        cmocka_unit_test(referrals_are_no_absence),
        cmocka_unit_test(upper_bits_of_the_rcode_count),
        cmocka_unit_test(rcodes_are_told_apart),
        cmocka_unit_test(truncation_is_seen_first),
        cmocka_unit_test(what_is_no_response_is_malformed),
        cmocka_unit_test(messages_cut_off_are_malformed),
        cmocka_unit_test(counts_that_lie_are_malformed),
        cmocka_unit_test(loops_of_pointers_end),
        cmocka_unit_test(a_server_asked_itself_needs_authority),
        cmocka_unit_test(a_delegation_is_taken_from_a_referral),
        cmocka_unit_test(a_delegation_of_another_name_is_none),
        cmocka_unit_test(short_rdata_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
