/* SPDX-License-Identifier: MIT */
#include "name.h"

#include "mailaudit/check.h"

#include <string.h>
#include <strings.h>

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One escape, *p just behind the backslash (RFC 1035 5.1). Returns -1 when it is none. */
static int unescape(const char **p)
{
    const char *s = *p;
    if (s[0] == '\0')
        return -1;
    if (!is_digit(s[0])) {
        *p = s + 1;
        return (uint8_t)s[0];
    }
    if (!is_digit(s[1]) || !is_digit(s[2]))
        return -1;
    int value = (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
    *p = s + 3;
    return value <= 255 ? value : -1;
}

/* A byte in lower case; 0 for those that mean something else in text: NUL, '.' and backslash. */
static const uint8_t plain[256] = {
    /* clang-format off */
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 0, 47,
    48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
    64, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
    112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 91, 0, 93, 94, 95,
    96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
    112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
    128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143,
    144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159,
    160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175,
    176, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191,
    192, 193, 194, 195, 196, 197, 198, 199, 200, 201, 202, 203, 204, 205, 206, 207,
    208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218, 219, 220, 221, 222, 223,
    224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239,
    240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255,
    /* clang-format on */
};

/* One label, *text at its first byte; it ends before a dot or at the end. Returns its size, or 0.
 */
static size_t read_label(uint8_t *out, size_t room, const char **text)
{
    const char *p = *text;
    size_t n = 0, most = room < MA_LABEL_MAX ? room : MA_LABEL_MAX;
    for (;;) {
        uint8_t c;
        while (n < most && (c = plain[(uint8_t)*p]) != 0) {
            out[n++] = c;
            p++;
        }
        if (*p == '\0' || *p == '.')
            break;
        if (n == most)
            return 0;
        p++; /* a backslash */
        int value = unescape(&p);
        if (value < 0)
            return 0;
        out[n++] = lower((uint8_t)value);
    }
    *text = p;
    return n;
}

size_t ma_name_to_wire(uint8_t wire[static MA_NAME_WIRE_MAX], const char *text)
{
    size_t at = 0;
    if (text[0] == '.' && text[1] == '\0') {
        wire[0] = 0;
        return 1;
    }
    do {
        /* room for the label behind its size, and for the root label behind it */
        size_t room = MA_NAME_WIRE_MAX - 1 - at;
        size_t n = room > 1 ? read_label(wire + at + 1, room - 1, &text) : 0;
        if (n == 0)
            return 0;
        wire[at] = (uint8_t)n;
        at += n + 1;
        text += *text == '.';
    } while (*text != '\0');
    wire[at] = 0;
    return at + 1;
}

size_t ma_name_to_text(char text[static MA_NAME_TEXT_MAX], const uint8_t *wire)
{
    char *t = text;
    if (*wire == 0)
        *t++ = '.';
    while (*wire != 0) {
        uint8_t n = *wire++;
        for (; n > 0; n--) {
            uint8_t c = lower(*wire++);
            if (c > 0x20 && c < 0x7f && c != '.' && c != '\\') {
                *t++ = (char)c;
            } else if (c > 0x20 && c < 0x7f) {
                *t++ = '\\';
                *t++ = (char)c;
            } else {
                *t++ = '\\';
                *t++ = (char)('0' + c / 100);
                *t++ = (char)('0' + c / 10 % 10);
                *t++ = (char)('0' + c % 10);
            }
        }
        if (*wire != 0)
            *t++ = '.';
    }
    *t = '\0';
    return (size_t)(t - text);
}

size_t ma_name_wire_size(const uint8_t *wire, size_t size)
{
    size_t at = 0;
    while (at < size && at < MA_NAME_WIRE_MAX) {
        if (wire[at] == 0)
            return at + 1;
        if (wire[at] > MA_LABEL_MAX)
            return 0;
        at += 1u + wire[at];
    }
    return 0;
}

unsigned ma_name_labels(const uint8_t *wire)
{
    unsigned n = 0;
    for (; *wire != 0; wire += 1 + *wire)
        n++;
    return n;
}

bool ma_name_is_below(const uint8_t *name, const uint8_t *ancestor)
{
    unsigned have = ma_name_labels(name), want = ma_name_labels(ancestor);
    for (; have > want; have--)
        name += 1 + *name;
    size_t size = ma_name_wire_size(ancestor, MA_NAME_WIRE_MAX);
    return have == want && ma_name_wire_size(name, MA_NAME_WIRE_MAX) == size &&
           memcmp(name, ancestor, size) == 0;
}

/* The length of a host name's label, or 0; alpha_r: does it hold anything but digits? */
static size_t host_label(const char *p, bool *alpha_r)
{
    size_t n = 0;
    *alpha_r = false;
    for (; is_letter(p[n]) || is_digit(p[n]) || p[n] == '-'; n++)
        *alpha_r = *alpha_r || !is_digit(p[n]);
    return n > 0 && n <= MA_LABEL_MAX && p[0] != '-' && p[n - 1] != '-' ? n : 0;
}

bool ma_is_hostname(const char *name)
{
    bool alpha; /* a last label of digits only is an address, not a name (RFC 1123 2.1) */
    size_t labels = 0;
    if (strlen(name) > 253)
        return false;
    for (const char *p = name;; p++) {
        size_t length = host_label(p, &alpha);
        if (length == 0)
            return false;
        labels++;
        p += length;
        if (*p != '.')
            return *p == '\0' && labels >= 2 && alpha;
    }
}

bool ma_is_within(const char *name, const char *domain)
{
    size_t n = strlen(name), d = strlen(domain);
    if (n > 1 && name[n - 1] == '.')
        n--;
    if (d > 0 && domain[d - 1] == '.')
        d--;
    if (d == 0 || n == d)
        return strncasecmp(name, domain, d) == 0;
    if (n < d || name[n - d - 1] != '.' || strncasecmp(name + n - d, domain, d) != 0)
        return false;
    size_t escapes = 0; /* a dot behind an odd number of backslashes is part of a label */
    while (escapes < n - d - 1 && name[n - d - 2 - escapes] == '\\')
        escapes++;
    return escapes % 2 == 0;
}

int ma_name_compare(const uint8_t *a, const uint8_t *b)
{
    unsigned n = ma_name_labels(a), m = ma_name_labels(b);
    for (unsigned k = 1; k <= n && k <= m; k++) {
        const uint8_t *x = a, *y = b;
        for (unsigned i = k; i < n; i++)
            x += 1 + *x;
        for (unsigned i = k; i < m; i++)
            y += 1 + *y;
        int order = memcmp(x + 1, y + 1, *x < *y ? *x : *y);
        if (order != 0 || *x != *y)
            return order != 0 ? order : (int)*x - (int)*y;
    }
    return (int)n - (int)m;
}
