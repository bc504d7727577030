/* SPDX-License-Identifier: MIT */
#include "escape.h"

#include <string.h>

struct range {
    uint32_t first, last;
};

/* Unicode 15, 2022: format characters and separators that cannot be seen or that reorder text. */
static const struct range hidden[] = {
    {0x0000, 0x001F},    /* C0 */
    {0x007F, 0x009F},    /* DEL, C1 */
    {0x00AD, 0x00AD},    /* soft hyphen */
    {0x034F, 0x034F},    /* combining grapheme joiner */
    {0x061C, 0x061C},    /* Arabic letter mark */
    {0x115F, 0x1160},    /* Hangul fillers */
    {0x17B4, 0x17B5},    /* Khmer inherent vowels */
    {0x180B, 0x180F},    /* Mongolian selectors and separator */
    {0x200B, 0x200F},    /* zero width, left-to-right and right-to-left marks */
    {0x2028, 0x202E},    /* line and paragraph separators, bidi embeddings and overrides */
    {0x2060, 0x206F},    /* word joiner, bidi isolates, deprecated format characters */
    {0x3164, 0x3164},    /* Hangul filler */
    {0xD800, 0xF8FF},    /* surrogates, private use */
    {0xFDD0, 0xFDEF},    /* noncharacters */
    {0xFE00, 0xFE0F},    /* variation selectors */
    {0xFEFF, 0xFEFF},    /* byte order mark */
    {0xFFA0, 0xFFA0},    /* halfwidth Hangul filler */
    {0xFFF0, 0xFFFB},    /* interlinear annotation */
    {0xFFFE, 0xFFFF},    /* noncharacters */
    {0x1D173, 0x1D17A},  /* musical format characters */
    {0xE0000, 0x10FFFF}, /* tags, more selectors, private use */
};

static const struct range zero_width[] = {
    {0x0300, 0x036F},
    {0x0483, 0x0489},
    {0x0591, 0x05BD},
    {0x064B, 0x065F},
    {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF},
    {0x20D0, 0x20FF},
    {0xFE20, 0xFE2F},
};

/* Unicode 15 EastAsianWidth W and F, in whole blocks. */
static const struct range double_width[] = {
    {0x1100, 0x115F},
    {0x2E80, 0x303E},
    {0x3041, 0xA4CF},
    {0xA960, 0xA97F},
    {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F},
    {0x1F900, 0x1F9FF},
    {0x20000, 0x3FFFD},
};

static bool within(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count && code >= ranges[i].first; i++)
        if (code <= ranges[i].last)
            return true;
    return false;
}
#define WITHIN(code, table) within(code, table, sizeof(table) / sizeof(table)[0])

bool ma_is_printable(uint32_t code)
{
    if (code >= 0x20 && code < 0x7F)
        return true;
    return (code & 0xFFFE) != 0xFFFE && !WITHIN(code, hidden);
}

unsigned ma_code_columns(uint32_t code)
{
    if (code < 0x300)
        return 1;
    return WITHIN(code, zero_width) ? 0 : WITHIN(code, double_width) ? 2 : 1;
}

size_t ma_utf8_decode(const unsigned char *bytes, size_t size, uint32_t *code_r)
{
    const unsigned char *p = bytes;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (length == 0 || length > size || p[0] > 0xF4)
        return 0;
    uint32_t code = length == 1 ? p[0] : p[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3Fu);
    }
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return 0;
    *code_r = code;
    return length;
}

void ma_piece_next(struct ma_piece *piece, const unsigned char *bytes, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    uint32_t code = 0;
    size_t length = ma_utf8_decode(bytes, size, &code);
    piece->consumed = length > 0 ? length : 1;
    piece->escaped = length == 0 || !ma_is_printable(code);
    if (!piece->escaped) {
        memcpy(piece->text, bytes, length);
        piece->length = (unsigned)length;
        piece->columns = ma_code_columns(code);
    } else {
        for (size_t i = 0; i < piece->consumed; i++) {
            char *at = piece->text + 4 * i;
            at[0] = '\\';
            at[1] = 'x';
            at[2] = hex[bytes[i] >> 4];
            at[3] = hex[bytes[i] & 15];
        }
        piece->length = piece->columns = (unsigned)piece->consumed * 4;
    }
    piece->text[piece->length] = '\0';
}
