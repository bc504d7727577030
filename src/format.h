/* SPDX-License-Identifier: MIT */
/* format.h - vsnprintf() for the formats that an audit makes by the hundred. */
#ifndef MA_FORMAT_H
#define MA_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* As vsnprintf(). "%s", "%u", "%d", "%zu", "%c" and "%%" are done here, a format with anything else
   is handed on to it. */
int ma_format(char *out, size_t size, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
