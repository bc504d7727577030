/* SPDX-License-Identifier: MIT */
#include "format.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct target {
    char *out;
    size_t size, at;
};

static bool put(struct target *t, const char *bytes, size_t n)
{
    if (n >= t->size - t->at)
        return false;
    memcpy(t->out + t->at, bytes, n);
    t->at += n;
    return true;
}

static bool put_number(struct target *t, uint64_t value, bool negative)
{
    char digits[21];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    if (negative)
        digits[--at] = '-';
    return put(t, digits + at, sizeof digits - at);
}

/* One conversion, *fmt behind its '%'; false: not one of ours, or no room. */
static bool convert(struct target *t, const char **fmt, va_list *args)
{
    char c;
    int number;
    const char *text;
    switch (*(*fmt)++) {
    case 's':
        text = va_arg(*args, const char *);
        return text != NULL && put(t, text, strlen(text));
    case 'u':
        return put_number(t, va_arg(*args, unsigned), false);
    case 'd':
        number = va_arg(*args, int);
        return put_number(t, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, number < 0);
    case 'z':
        return *(*fmt)++ == 'u' && put_number(t, va_arg(*args, size_t), false);
    case 'c':
        c = (char)va_arg(*args, int);
        return put(t, &c, 1);
    case '%':
        return put(t, "%", 1);
    default:
        return false;
    }
}

int ma_format(char *out, size_t size, const char *fmt, va_list args)
{
    struct target t = {out, size, 0};
    const char *p = fmt;
    va_list mine;
    bool ok = size > 0;
    va_copy(mine, args);
    while (ok && *p != '\0') {
        size_t plain = strcspn(p, "%");
        ok = put(&t, p, plain);
        p += plain;
        if (ok && *p == '%') {
            p++;
            ok = convert(&t, &p, &mine);
        }
    }
    va_end(mine);
    if (!ok)
        return vsnprintf(out, size, fmt, args);
    out[t.at] = '\0';
    return (int)t.at;
}
