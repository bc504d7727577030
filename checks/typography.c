/* SPDX-License-Identifier: MIT */
#include "typography.h"

#include <string.h>

static const struct {
    const char *bytes;
    char instead;
} table[] = {
    {"\xe2\x80\x9c", '\0'}, /* quotation marks */
    {"\xe2\x80\x9d", '\0'},
    {"\xe2\x80\x9e", '\0'},
    {"\xe2\x80\x98", '\0'},
    {"\xe2\x80\x99", '\0'},
    {"\xc2\xab", '\0'},
    {"\xc2\xbb", '\0'},
    {"\xe2\x80\x8b", '\0'}, /* zero width */
    {"\xef\xbb\xbf", '\0'},
    {"\xc2\xa0", ' '},     /* no-break space */
    {"\xe2\x80\x90", '-'}, /* hyphens, dashes, the minus sign */
    {"\xe2\x80\x91", '-'},
    {"\xe2\x80\x92", '-'},
    {"\xe2\x80\x93", '-'},
    {"\xe2\x80\x94", '-'},
    {"\xe2\x88\x92", '-'},
};

size_t ma_typography(const char *text, size_t size, char *instead_r)
{
    if (size < 2 || (text[0] & 0x80) == 0)
        return 0;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t n = strlen(table[i].bytes);
        if (size < n || memcmp(text, table[i].bytes, n) != 0)
            continue;
        *instead_r = table[i].instead;
        return n;
    }
    return 0;
}

bool ma_typography_find(const char *text, size_t size, size_t *at_r)
{
    char instead;
    for (size_t i = 0; i < size; i++) {
        if (ma_typography(text + i, size - i, &instead) == 0)
            continue;
        *at_r = i;
        return true;
    }
    return false;
}
