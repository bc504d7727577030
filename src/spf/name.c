/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <string.h>

#define NAME_BYTES_MAX  253 /* RFC 7208 7.3 */
#define LABEL_BYTES_MAX 63

/* Labels, or 0 when a label is empty or too long. */
static unsigned count_labels(const char *bytes, size_t size)
{
    unsigned labels = 1;
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != '.') {
            if (++length > LABEL_BYTES_MAX)
                return 0;
            continue;
        }
        if (length == 0)
            return 0;
        length = 0;
        labels++;
    }
    return length > 0 ? labels : 0;
}

/* In the presentation format of the program: lower case, odd bytes escaped. */
static const char *escape(struct ma_run *run, const char *bytes, size_t size)
{
    char *text = ma_alloc(run, 4 * size + 1), *t = text;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = (uint8_t)bytes[i];
        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c + 'a' - 'A');
        if (c == '\\') {
            *t++ = '\\';
            *t++ = '\\';
        } else if (c > 0x20 && c < 0x7f) {
            *t++ = (char)c;
        } else {
            *t++ = '\\';
            *t++ = (char)('0' + c / 100);
            *t++ = (char)('0' + c / 10 % 10);
            *t++ = (char)('0' + c % 10);
        }
    }
    *t = '\0';
    return text;
}

const struct ma_spf_name *ma_spf_name(struct ma_run *run, const char *bytes, size_t size)
{
    if (size > 0 && bytes[size - 1] == '.')
        size--;
    while (size > NAME_BYTES_MAX) {
        const char *dot = memchr(bytes, '.', size);
        if (dot == NULL)
            break;
        size -= (size_t)(dot + 1 - bytes);
        bytes = dot + 1;
    }
    struct ma_spf_name *name = ma_alloc(run, sizeof(*name));
    size_t kept = size > NAME_BYTES_MAX ? NAME_BYTES_MAX : size;
    char *raw = ma_alloc(run, kept + 1);
    memcpy(raw, bytes, kept);
    name->raw = raw;
    name->labels = count_labels(bytes, size);
    if (name->labels > 0 && memchr(bytes, '\0', size) == NULL)
        name->text = escape(run, bytes, size);
    return name;
}
