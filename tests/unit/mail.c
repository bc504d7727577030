/* SPDX-License-Identifier: MIT */
/* The gate of messages, and the verification of their signatures. */
#include "message/body.h"
#include "message/mailfile.h"
#include "message/verify.h"
#include "unit_arena.h"

#include <unistd.h>

/* ---- the gate -------------------------------------------------------------------------------- */

static struct ma_mail read_text(const char *text)
{
    struct ma_mail m;
    ma_mail_read(&m, &arena, text, strlen(text));
    return m;
}

static void a_message_is_split(void **state)
{
    (void)state;
    struct ma_mail m = read_text("From x@y Mon\nFrom: a@b\r\nTo : c\n d\n\nbody\nmore");
    assert_int_equal(m.fault, MA_MAIL_GOOD);
    assert_int_equal(m.field_count, 2);
    assert_true(ma_mail_field_is(&m.fields[0], "from"));
    assert_true(ma_mail_field_is(&m.fields[1], "TO"));
    assert_int_equal(m.fields[1].size, strlen("To : c\r\n d"));
    assert_memory_equal(m.fields[1].bytes, "To : c\r\n d", m.fields[1].size);
    assert_memory_equal(
        m.fields[1].bytes + m.fields[1].value.offset, " c\r\n d", m.fields[1].value.size);
    assert_int_equal(m.body_size, strlen("body\r\nmore\r\n"));
    assert_memory_equal(m.body, "body\r\nmore\r\n", m.body_size);
    assert_int_equal(m.fields[0].line, 2);
    assert_int_equal(m.fields[1].line, 3);
}

/* What reading a message from a file says; NULL: nothing, it was read. */
static const char *complaint(const char *bytes, size_t size)
{
    struct ma_mail_file f;
    char path[] = "/tmp/mailaudit-unit-XXXXXX", *told = NULL;
    size_t told_size = 0;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
    FILE *err = open_memstream(&told, &told_size);
    bool ok = ma_mail_file_read(&f, path, err);
    fclose(err);
    unlink(path);
    assert_int_equal(ok, told_size == 0);
    const char *text = ok ? NULL : ma_arena_strdup(&arena, told + strlen(path));
    if (ok)
        ma_mail_file_clear(&f);
    free(told);
    return text;
}

static void files_are_read(void **state)
{
    (void)state;
    assert_null(complaint("From: a\n\nb\n", 11));
    assert_string_equal(complaint("From: a\nb\n", 10),
        ":2: a line of the header is no field: there is no name and colon\n");
    assert_string_equal(
        complaint("From: a\n\nb\0", 11), ":3: a binary file: it holds a NUL byte\n");
    assert_string_equal(complaint("", 0), ": there is no message in it\n");
}

/* How many bytes of a body are signed with that c=. */
static size_t canonical_size(const char *canon, const char *body)
{
    struct ma_mail m = read_text(ma_arena_printf(&arena,
        "DKIM-Signature: v=1; a=rsa-sha256; d=b; s=s; c=%s; h=from; b=; bh=\n\n%s", canon, body));
    assert_int_equal(m.signature_count, 1);
    return ma_mail_body_size(&m, &m.signatures[0]);
}

/* RFC 6376 3.4.3, 3.4.4, and the example of 3.4.5. */
static void bodies_are_canonical(void **state)
{
    (void)state;
    assert_int_equal(canonical_size("relaxed/relaxed", " C \nD \t E\n\n\n"), 4 + 5);
    assert_int_equal(canonical_size("relaxed/simple", " C \nD \t E\n\n\n"), 5 + 7);
    assert_int_equal(canonical_size("simple", "a\n\nb"), 3 + 2 + 3);
    assert_int_equal(canonical_size("relaxed/relaxed", ""), 0);
    assert_int_equal(canonical_size("relaxed/relaxed", " \n\t\n"), 0);
    assert_int_equal(canonical_size("simple/simple", ""), 2);
    assert_int_equal(canonical_size("relaxed", "\n\n"), 2);
    assert_int_equal(canonical_size("simple/simple", " \n\n"), 3);
}

static void no_message(void **state)
{
    (void)state;
    struct ma_mail m;
    assert_int_equal(read_text("").fault, MA_MAIL_EMPTY);
    assert_int_equal(read_text("\nbody\n").fault, MA_MAIL_EMPTY);
    assert_int_equal(read_text("From: a\n: b\n").fault, MA_MAIL_NOT_A_FIELD);
    assert_int_equal(read_text(" folded\n").fault, MA_MAIL_NOT_A_FIELD);
    assert_int_equal(read_text("From: a\rTo: b\n\n").fault, MA_MAIL_BARE_CR);
    assert_int_equal(read_text("From: a\nno field\n").line, 2);
    ma_mail_read(&m, &arena, "From: a\n\nb\0c", 12);
    assert_int_equal(m.fault, MA_MAIL_NUL);
}

static void a_header_has_bounds(void **state)
{
    (void)state;
    static char text[MA_MAIL_HEADER_BYTES_MAX + 100];
    struct ma_mail m;
    memset(text, 'x', sizeof text);
    memcpy(text, "A: ", 3);
    ma_mail_read(&m, &arena, text, sizeof text);
    assert_int_equal(m.fault, MA_MAIL_HEADER_TOO_LARGE);
    for (size_t i = 0; i + 4 <= sizeof text; i += 4)
        memcpy(text + i, "a:b\n", 4);
    ma_mail_read(&m, &arena, text, sizeof text);
    assert_int_equal(m.fault, MA_MAIL_TOO_MANY_FIELDS);
}

static void a_body_may_be_missing(void **state)
{
    (void)state;
    assert_int_equal(read_text("From: a").body_size, 0);
    assert_int_equal(read_text("From: a\n").fault, MA_MAIL_GOOD);
    assert_int_equal(read_text("From: a\n\n").body_size, 0);
}

/* ---- signatures ------------------------------------------------------------------------------ */

#define TAGS "v=1; a=rsa-sha256; d=example.com; s=key; bh=AAAA; b=AAAA; "

static void assert_signature(const char *value, enum ma_signature_fault fault)
{
    char *text = ma_arena_printf(&arena, "DKIM-Signature: %s\nFrom: a\n\n", value);
    struct ma_mail m = read_text(text);
    assert_int_equal(m.fault, MA_MAIL_GOOD);
    assert_int_equal(m.signature_count, 1);
    if (m.signatures[0].fault != fault)
        print_error("%s: %s\n", value, ma_signature_fault_phrase(m.signatures[0].fault));
    assert_int_equal(m.signatures[0].fault, fault);
}

static void signatures_are_strict(void **state)
{
    (void)state;
    assert_signature(TAGS "h=From", MA_SIGNATURE_GOOD);
    assert_signature(TAGS "h=to : from;\n ", MA_SIGNATURE_GOOD);
    assert_signature(TAGS "h=from; i=a@sub.Example.com; q=dns/txt; c=simple", MA_SIGNATURE_GOOD);
    assert_signature("", MA_SIGNATURE_MISSING);
    assert_signature(TAGS "h=from;;", MA_SIGNATURE_SYNTAX);
    assert_signature(TAGS "h=from; nothing", MA_SIGNATURE_SYNTAX);
    assert_signature(TAGS "h=from; v=1", MA_SIGNATURE_DUPLICATE);
    assert_signature(TAGS "h=from; odd=1; odd=2", MA_SIGNATURE_DUPLICATE);
    assert_signature("v=1; a=rsa-sha256; d=example.com; s=k; bh=A; h=from", MA_SIGNATURE_MISSING);
    assert_signature(TAGS "h=to:subject", MA_SIGNATURE_NO_FROM);
    assert_signature(TAGS "h=from::to", MA_SIGNATURE_FIELDS);
    assert_signature(TAGS "h=from; i=a@other.com", MA_SIGNATURE_IDENTITY);
    assert_signature(TAGS "h=from; i=a@badexample.com", MA_SIGNATURE_IDENTITY);
    assert_signature(TAGS "h=from; i=example.com", MA_SIGNATURE_IDENTITY);
    assert_signature(TAGS "h=from; i=a@example.com=", MA_SIGNATURE_IDENTITY);
    assert_signature(TAGS "h=from; c=nowsp", MA_SIGNATURE_CANON);
    assert_signature(TAGS "h=from; q=http", MA_SIGNATURE_QUERY);
    assert_signature(TAGS "h=from; l=-1", MA_SIGNATURE_NUMBER);
    assert_signature(TAGS "h=from; l=1234567890123456789", MA_SIGNATURE_NUMBER);
    assert_signature(TAGS "h=from; t=20; x=10", MA_SIGNATURE_NUMBER);
    assert_signature("v=2; a=rsa-sha256; d=e.x; s=k; bh=A; b=A; h=from", MA_SIGNATURE_VERSION);
    assert_signature("v=1; a=rsa-md5; d=e.x; s=k; bh=A; b=A; h=from", MA_SIGNATURE_ALGORITHM);
    assert_signature("v=1; a=rsa-sha256; d=e..x; s=k; bh=A; b=A; h=from", MA_SIGNATURE_DOMAIN);
    assert_signature("v=1; a=rsa-sha256; d=e.x; s=k!; bh=A; b=A; h=from", MA_SIGNATURE_SELECTOR);
    assert_signature("v=1; a=rsa-sha256; d=e.x; s=k; bh=A; b=A=A; h=from", MA_SIGNATURE_BASE64);
}

static void eight_signatures_at_the_most(void **state)
{
    (void)state;
    char text[2000] = "";
    for (unsigned i = 0; i < 10; i++)
        memcpy(text + strlen(text), "DKIM-Signature: v=1\n", sizeof "DKIM-Signature: v=1\n");
    struct ma_mail m = read_text(text);
    assert_int_equal(m.signature_count, MA_MAIL_SIGNATURES_MAX);
    assert_int_equal(m.signatures_left_out, 2);
}

/* ---- verification ---------------------------------------------------------------------------- */

/* RFC 8463 A.3 */
#define SIGNED_BY_ED25519                                                                          \
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\n"                                  \
    " d=football.example.com; i=@football.example.com;\n"                                          \
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n"                                        \
    " subject : date : message-id : from : subject : date;\n"                                      \
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"                                          \
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n"                                \
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\n"
#define SIGNED_BY_RSA                                                                              \
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n"                                      \
    " d=football.example.com; i=@football.example.com;\n"                                          \
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\n"                                  \
    " date : message-id : from : subject : date;\n"                                                \
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"                                          \
    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\n"                                \
    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\n"                                \
    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\n"
#define HEADER                                                                                     \
    "From: Joe SixPack <joe@football.example.com>\n"                                               \
    "To: Suzie Q <suzie@shopping.example.net>\n"                                                   \
    "Subject: Is dinner ready?\n"                                                                  \
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\n"                                                \
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\n"
#define BODY                                                                                       \
    "\nHi.\n\n"                                                                                    \
    "We lost the game.  Are you hungry yet?\n\nJoe.\n"
#define ED25519 "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define RSA                                                                                        \
    "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3id"             \
    "Y6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKr" \
    "M3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
#define AT_THAT_TIME 1528637910

static struct ma_key_record record(const char *text)
{
    return (struct ma_key_record){MA_KEY_ANSWER_RECORD, text, strlen(text)};
}

static void assert_verdicts(const char *text, struct ma_key_record first,
    struct ma_key_record second, const struct ma_verdict *expected)
{
    struct ma_verdict v[MA_MAIL_SIGNATURES_MAX], apart[MA_MAIL_SIGNATURES_MAX];
    const struct ma_key_record keys[] = {first, second};
    struct ma_mail m = read_text(text);
    assert_int_equal(m.fault, MA_MAIL_GOOD);
    assert_in_range(m.signature_count, 1, 2);
    ma_mail_verify(&m, keys, AT_THAT_TIME, v);
    ma_mail_verify_apart(&m, keys, AT_THAT_TIME, apart);
    for (size_t i = 0; i < m.signature_count; i++) {
        assert_string_equal(
            ma_signature_why_phrase(v[i].why), ma_signature_why_phrase(expected[i].why));
        assert_int_equal(v[i].result, expected[i].result);
        assert_int_equal(apart[i].result, v[i].result);
        assert_int_equal(apart[i].why, v[i].why);
    }
}

static const struct ma_verdict passes = {.result = MA_SIGNATURE_PASS};

static void the_example_of_rfc_8463_passes(void **state)
{
    (void)state;
    assert_verdicts(SIGNED_BY_ED25519 SIGNED_BY_RSA HEADER BODY, record(ED25519), record(RSA),
        (const struct ma_verdict[]){passes, passes});
}

/* RFC 6376 A.2, with the key of C.1 */
static void the_example_of_rfc_6376_passes(void **state)
{
    (void)state;
    static const char key[] =
        "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7"
        "/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfV"
        "jH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB";
    assert_verdicts("DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\n"
                    "      c=simple/simple; q=dns/txt; i=joe@football.example.com;\n"
                    "      h=Received : From : To : Subject : Date : Message-ID;\n"
                    "      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
                    "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\n"
                    "      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\n"
                    "      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\n"
                    "      4bmp/YzhwvcubU4=;\n"
                    "Received: from client1.football.example.com  [192.0.2.1]\n"
                    "      by submitserver.example.com with SUBMISSION;\n"
                    "      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\n" HEADER
                    "\nHi.\n\nWe lost the game. Are you hungry yet?\n\nJoe.\n",
        record(key), record(key), &passes);
}

static void a_footer_breaks_the_body_hash(void **state)
{
    (void)state;
    const struct ma_verdict broken = {.result = MA_SIGNATURE_FAIL, .why = MA_WHY_BODY};
    assert_verdicts(SIGNED_BY_ED25519 SIGNED_BY_RSA HEADER BODY "-- \nThe list\n", record(ED25519),
        record(RSA), (const struct ma_verdict[]){broken, broken});
}

static void a_changed_subject_breaks_the_signature(void **state)
{
    (void)state;
    const struct ma_verdict broken = {.result = MA_SIGNATURE_FAIL, .why = MA_WHY_HEADER};
    assert_verdicts(SIGNED_BY_ED25519 SIGNED_BY_RSA "Subject: [list]\n" HEADER BODY,
        record(ED25519), record(RSA), (const struct ma_verdict[]){broken, broken});
}

static void keys_are_judged_by_us(void **state)
{
    (void)state;
    static const struct {
        struct ma_key_record key;
        enum ma_signature_result result;
        enum ma_signature_why why;
    } rows[] = {
        {{MA_KEY_ANSWER_FAILED, "", 0}, MA_SIGNATURE_TEMPERROR, MA_WHY_LOOKUP},
        {{MA_KEY_ANSWER_NONE, "", 0}, MA_SIGNATURE_PERMERROR, MA_WHY_NO_KEY},
        {{MA_KEY_ANSWER_SEVERAL, "", 0}, MA_SIGNATURE_PERMERROR, MA_WHY_KEYS},
        {{MA_KEY_ANSWER_RECORD, "v=DKIM1; p=", 11}, MA_SIGNATURE_PERMERROR, MA_WHY_REVOKED},
        {{MA_KEY_ANSWER_RECORD, "v=spf1 -all", 11}, MA_SIGNATURE_PERMERROR, MA_WHY_BAD_KEY},
        {{MA_KEY_ANSWER_RECORD, ED25519, sizeof ED25519 - 1}, MA_SIGNATURE_PERMERROR,
            MA_WHY_KEY_TYPE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_verdicts(SIGNED_BY_RSA HEADER BODY, rows[i].key, rows[i].key,
            &(const struct ma_verdict){.result = rows[i].result, .why = rows[i].why});
}

/* What made Debian's build write past its buffer: h= uses all fields up and names one more. */
static void crafted_messages_do_no_harm(void **state)
{
    (void)state;
    const struct ma_verdict broken = {.result = MA_SIGNATURE_FAIL, .why = MA_WHY_HEADER};
    assert_verdicts("DKIM-Signature: v=1; a=rsa-sha256; d=football.example.com; s=test;\n"
                    " h=from:to:from:to:subject:x:y; bh=AAAA; b=AAAA\nFrom: a\nTo: b\n\n",
        record(RSA), record(RSA), &broken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_is_split, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bodies_are_canonical, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_header_has_bounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_may_be_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(signatures_are_strict, set_up, tear_down),
        cmocka_unit_test_setup_teardown(eight_signatures_at_the_most, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_example_of_rfc_8463_passes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_example_of_rfc_6376_passes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_footer_breaks_the_body_hash, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_changed_subject_breaks_the_signature, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_are_judged_by_us, set_up, tear_down),
        cmocka_unit_test_setup_teardown(crafted_messages_do_no_harm, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
