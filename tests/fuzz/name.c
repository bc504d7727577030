/* SPDX-License-Identifier: MIT */
/* Names: what is taken as one survives the way to the wire and back, whichever way it came. */
#include "fuzz.h"

static void from_text(const char *text)
{
    uint8_t wire[MA_NAME_WIRE_MAX], again[MA_NAME_WIRE_MAX];
    char back[MA_NAME_TEXT_MAX], twice[MA_NAME_TEXT_MAX];
    size_t size = ma_name_to_wire(wire, text);
    ma_is_hostname(text);
    if (size == 0)
        return;
    HOLDS(size <= MA_NAME_WIRE_MAX && ma_name_wire_size(wire, size) == size);
    size_t length = ma_name_to_text(back, wire);
    HOLDS(length < MA_NAME_TEXT_MAX && strlen(back) == length);
    HOLDS(ma_name_to_wire(again, back) == size && memcmp(wire, again, size) == 0);
    HOLDS(ma_name_to_text(twice, again) == length && strcmp(back, twice) == 0);
    HOLDS(ma_name_is_below(wire, again) && ma_is_within(back, back));
    for (const char *p = back; *p != '\0'; p++)
        HOLDS(*p > 0x20 && *p < 0x7f);
}

/* The text names the same bytes, but for the case of letters. */
static void from_wire(const uint8_t *data, size_t size)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    char text[MA_NAME_TEXT_MAX];
    size_t used = ma_name_wire_size(data, size);
    if (used == 0)
        return;
    HOLDS(used <= size && used <= MA_NAME_WIRE_MAX);
    HOLDS(ma_name_to_text(text, data) < MA_NAME_TEXT_MAX);
    HOLDS(ma_name_to_wire(wire, text) == used);
    HOLDS(ma_name_labels(wire) == ma_name_labels(data));
}

/* Two names, parted by the first line end: both ways to compare them agree. */
static void compare(const char *text)
{
    uint8_t a[MA_NAME_WIRE_MAX], b[MA_NAME_WIRE_MAX];
    char one[MA_NAME_TEXT_MAX], two[MA_NAME_TEXT_MAX];
    const char *end = strchr(text, '\n');
    if (end == NULL || (size_t)(end - text) >= sizeof one)
        return;
    memcpy(one, text, (size_t)(end - text));
    one[end - text] = '\0';
    if (ma_name_to_wire(a, one) == 0 || ma_name_to_wire(b, end + 1) == 0)
        return;
    ma_name_to_text(one, a);
    ma_name_to_text(two, b);
    HOLDS(ma_name_is_below(a, b) == ma_is_within(one, two));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    from_text(text);
    from_wire(data, size);
    compare(text);
    free(text);
    return 0;
}
