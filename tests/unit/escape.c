/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "report/escape.h"

/* What a terminal is shown of a text. */
static const char *shown(const char *text, size_t size)
{
    static char out[1024];
    size_t length = 0;
    struct ma_piece piece;
    for (size_t done = 0; done < size; done += piece.consumed) {
        ma_piece_next(&piece, (const unsigned char *)text + done, size - done);
        assert_true(piece.consumed > 0 && piece.consumed <= size - done);
        assert_int_equal(piece.length, strlen(piece.text));
        memcpy(out + length, piece.text, piece.length + 1);
        length += piece.length;
    }
    out[length] = '\0';
    return out;
}
#define SHOWN(literal) shown(literal, sizeof(literal) - 1)

static void plain_text_stays(void **state)
{
    (void)state;
    assert_string_equal(SHOWN("v=spf1 ip4:192.0.2.1 ~all \\ \" ' | < &"),
        "v=spf1 ip4:192.0.2.1 ~all \\ \" ' | < &");
    assert_string_equal(SHOWN("b\xc3\xbc"
                              "cher \xe4\xbe\x8b\xe3\x81\x88"),
        "b\xc3\xbc"
        "cher \xe4\xbe\x8b\xe3\x81\x88");
}

static void what_drives_a_terminal_is_escaped(void **state)
{
    /* spelt byte by byte, or this file itself would be misleading */
    static const struct {
        const char bytes[5];
        const char *due;
    } hidden[] = {
        {{'\xe2', '\x80', '\xae'}, "\\xe2\\x80\\xae"},              /* right-to-left override */
        {{'\xe2', '\x81', '\xa6'}, "\\xe2\\x81\\xa6"},              /* isolate */
        {{'\xe2', '\x80', '\x8b'}, "\\xe2\\x80\\x8b"},              /* zero width space */
        {{'\xf3', '\xa0', '\x81', '\x81'}, "\\xf3\\xa0\\x81\\x81"}, /* tag */
    };
    (void)state;
    assert_string_equal(SHOWN("\033[31m"), "\\x1b[31m");
    assert_string_equal(SHOWN("a\0b\n\r\t\x7f"), "a\\x00b\\x0a\\x0d\\x09\\x7f");
    assert_string_equal(SHOWN("\xc2\x9b"
                              "31m"),
        "\\xc2\\x9b31m"); /* CSI as a C1 control */
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        assert_string_equal(shown(hidden[i].bytes, strlen(hidden[i].bytes)), hidden[i].due);
}

static void what_is_not_utf8_is_escaped_byte_by_byte(void **state)
{
    (void)state;
    assert_string_equal(SHOWN("\x80"), "\\x80");
    assert_string_equal(SHOWN("\xff\xfe"), "\\xff\\xfe");
    assert_string_equal(SHOWN("\xc0\xaf"), "\\xc0\\xaf");                   /* overlong */
    assert_string_equal(SHOWN("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");          /* overlong */
    assert_string_equal(SHOWN("\xed\xa0\x80"), "\\xed\\xa0\\x80");          /* surrogate */
    assert_string_equal(SHOWN("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"); /* over 10FFFF */
    assert_string_equal(SHOWN("\xc3"), "\\xc3");                            /* cut off */
    assert_string_equal(SHOWN("\xe2\x82"), "\\xe2\\x82");
    assert_string_equal(SHOWN("\xc3("), "\\xc3(");
}

static void columns_are_those_of_a_terminal(void **state)
{
    struct ma_piece piece;
    (void)state;
    ma_piece_next(&piece, (const unsigned char *)"\xe4\xbe\x8b", 3);
    assert_int_equal(piece.columns, 2);
    ma_piece_next(&piece, (const unsigned char *)"\xcc\x88", 2);
    assert_int_equal(piece.columns, 0);
    ma_piece_next(&piece, (const unsigned char *)"\xc3\xbc", 2);
    assert_int_equal(piece.columns, 1);
    ma_piece_next(&piece, (const unsigned char *)"\x01", 1);
    assert_int_equal(piece.columns, 4);
}

/* Every code point, encoded by hand, is decoded to itself, and is printed or escaped as a whole. */
static void every_code_point_decodes(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        unsigned char b[4];
        uint32_t code = ~c;
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (size_t i = n; i-- > 1;)
            b[i] = (unsigned char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3F));
        b[0] = (unsigned char)(n == 1 ? c : (0xF00u >> n & 0xFF) | c >> 6 * (n - 1));
        if (c >= 0xD800 && c <= 0xDFFF) {
            assert_int_equal(ma_utf8_decode(b, n, &code), 0);
            continue;
        }
        if (ma_utf8_decode(b, n, &code) != n || code != c)
            fail_msg("U+%04X", (unsigned)c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays),
        cmocka_unit_test(what_drives_a_terminal_is_escaped),
        cmocka_unit_test(what_is_not_utf8_is_escaped_byte_by_byte),
        cmocka_unit_test(columns_are_those_of_a_terminal),
        cmocka_unit_test(every_code_point_decodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
