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

size_t ma_name_to_wire(uint8_t wire[static MA_NAME_WIRE_MAX], const char *text)
{
    if (text[0] == '.' && text[1] == '\0') {
        wire[0] = 0;
        return 1;
    }
    size_t label_at = 0, at = 1;
    for (const char *p = text; *p != '\0';) {
        int c = (uint8_t)*p++;
        if (c == '.') {
            if (at - label_at == 1)
                return 0;
            wire[label_at] = (uint8_t)(at - label_at - 1);
            label_at = at++;
            continue;
        }
        if (c == '\\' && (c = unescape(&p)) < 0)
            return 0;
        /* room for this byte and for the root label behind it */
        if (at - label_at > MA_LABEL_MAX || at + 1 >= MA_NAME_WIRE_MAX)
            return 0;
        wire[at++] = lower((uint8_t)c);
    }
    if (at - label_at > 1) {
        wire[label_at] = (uint8_t)(at - label_at - 1);
        label_at = at;
    } else if (label_at == 0) {
        return 0; /* the empty string */
    }
    wire[label_at] = 0;
    return label_at + 1;
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
