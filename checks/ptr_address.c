/* SPDX-License-Identifier: MIT */
/* ptr_address.c - the address, something like one, or a serial number in a reverse name. */
#include "ptr_scan.h"

#include <string.h>

#define RUN_MIN_DIGITS   6 /* of an address run together, else it is found by chance */
#define THREE_MIN_DIGITS 5 /* of three of the four octets */
#define SHAPE_MIN_DIGITS 5 /* of what looks like another address */
#define GROUPS_MIN       3 /* of the eight of an IPv6 address... */
#define GROUPS_MIN_BYTES 6 /* ...and together so long */

/* What is a serial number: so many digits; hexadecimal digits that change between letters and
   decimal digits so often; a number of so many digits beside the address's last octet. */
#define SERIAL_MIN             6
#define HEX_SERIAL_MIN         7
#define HEX_SERIAL_DECIMAL_MIN 3
#define HEX_SERIAL_CHANGES_MIN 2
#define BESIDE_MIN             3

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- the octets of an IPv4 address ----------------------------------------------------------- */

static void note_address(struct ptr_scan *scan, size_t at, size_t size, bool whole)
{
    scan->address = (struct ptr_span){at, size};
    scan->whole = whole;
}

/* A pattern anywhere left of the registered domain. */
static bool find_text(struct ptr_scan *scan, const char *pattern, bool whole)
{
    size_t size = strlen(pattern);
    const char *found = memmem(scan->name, scan->left_size, pattern, size);

    if (found == NULL)
        return false;
    note_address(scan, (size_t)(found - scan->name), size, whole);
    return true;
}

/* The octets as numbers of their own, in any order, other things between them allowed. */
static bool find_octets(struct ptr_scan *scan, const uint8_t octets[4])
{
    bool used[4] = {false};
    size_t matched = 0, first = 0, last = 0, digits = 0;

    for (size_t i = 0; i < scan->token_count && matched < 4; i++) {
        const struct ptr_token *token = &scan->tokens[i];
        if (!token->digits || token->size > 3)
            continue;
        for (size_t k = 0; k < 4; k++) {
            if (used[k] || octets[k] != token->value)
                continue;
            used[k] = true;
            digits += token->size;
            if (matched++ == 0)
                first = token->at;
            last = token->at + token->size;
            break;
        }
    }
    /* the first octet may be missing, as in "h-2-10.net192": three are hardly chance */
    if (matched < 4 && !(matched == 3 && used[3] && used[2] && digits >= THREE_MIN_DIGITS))
        return false;
    note_address(scan, first, last - first, matched == 4);
    return true;
}

/* Two numbers side by side that are the last two octets, in either order. */
static bool find_tail(struct ptr_scan *scan, const uint8_t octets[4])
{
    for (size_t i = 0; i + 1 < scan->left_count; i++) {
        const struct ptr_token *one = &scan->tokens[i], *two = &scan->tokens[i + 1];
        if (!one->digits || !two->digits || two->at != one->at + one->size + 1)
            continue;
        if ((one->value == octets[2] && two->value == octets[3]) ||
            (one->value == octets[3] && two->value == octets[2])) {
            note_address(scan, one->at, two->at + two->size - one->at, false);
            return true;
        }
    }
    return false;
}

/* Writes an octet as three decimal or two hexadecimal digits; returns how many. */
static size_t put_octet(char *out, uint8_t octet, unsigned base, bool padded)
{
    static const char digits[] = "0123456789abcdef";
    unsigned weight = base == 16 ? 16 : 100;
    size_t size = 0;

    for (; weight > 0; weight /= base)
        if (padded || size > 0 || octet / weight > 0 || weight == 1)
            out[size++] = digits[octet / weight % base];
    return size;
}

/* The octets from first to last (or back) without anything between them. */
static void put_octets(
    char out[16], const uint8_t octets[4], int first, int last, unsigned base, bool padded)
{
    int step = first <= last ? 1 : -1;
    size_t size = 0;

    for (int i = first; i != last + step; i += step)
        size += put_octet(out + size, octets[i], base, padded);
    out[size] = '\0';
}

/* Run together: zero-padded decimal, hexadecimal, plain decimal; then parts of it. */
static bool find_run_together(struct ptr_scan *scan, const uint8_t octets[4])
{
    static const struct {
        int first, last;
        unsigned base;
        bool padded;
    } forms[] = {{0, 3, 10, true}, {3, 0, 10, true}, {0, 3, 16, true}, {3, 0, 16, true},
        {0, 3, 10, false}, {3, 0, 10, false}, {1, 3, 10, true}, {3, 1, 10, true}, {2, 3, 10, true}};
    char text[16];

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        put_octets(text, octets, forms[i].first, forms[i].last, forms[i].base, forms[i].padded);
        if (strlen(text) >= RUN_MIN_DIGITS &&
            find_text(scan, text, forms[i].first + forms[i].last == 3))
            return true;
    }
    return false;
}

static void find_v4(struct ptr_scan *scan, const uint8_t octets[4])
{
    if (scan->number_count > 0 && !find_octets(scan, octets) && !find_run_together(scan, octets))
        (void)find_tail(scan, octets);
}

/* ---- the groups of an IPv6 address ----------------------------------------------------------- */

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

/* A 16-bit group as it is written, standing alone between other characters. */
static size_t find_group(const struct ptr_scan *scan, const char *group, size_t size, size_t from)
{
    for (size_t at = from; at + size <= scan->left_size; at++)
        if (memcmp(scan->name + at, group, size) == 0 && (at == 0 || !is_hex(scan->name[at - 1])) &&
            !is_hex(scan->name[at + size]))
            return at;
    return scan->left_size;
}

/* Three groups or more of the address, in order: "2001-db8-1--25". */
static bool find_groups(struct ptr_scan *scan, const char nibbles[33])
{
    size_t count = 0, first = 0, from = 0, bytes = 0;

    for (size_t k = 0; k < 8; k++) {
        const char *group = nibbles + 4 * k;
        size_t size = 4, at;
        while (size > 1 && *group == '0') {
            group++;
            size--;
        }
        at = find_group(scan, group, size, from);
        if (*group == '0' || at == scan->left_size)
            continue;
        if (count++ == 0)
            first = at;
        from = at + size;
        bytes += size;
    }
    if (count < GROUPS_MIN || bytes < GROUPS_MIN_BYTES)
        return false;
    note_address(scan, first, from - first, true);
    return true;
}

/* Nibbles as they are written, dots and hyphens left out: the interface half, either way round. */
static void find_v6(struct ptr_scan *scan, const uint8_t bytes[16])
{
    static const char digits[] = "0123456789abcdef";
    char nibbles[33], reversed[33], compact[PTR_NAME_MAX_BYTES + 1];
    size_t size = 0;

    for (size_t i = 0; i < 32; i++) {
        nibbles[i] = digits[i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15];
        reversed[31 - i] = nibbles[i];
    }
    nibbles[32] = reversed[32] = '\0';
    if (find_groups(scan, nibbles))
        return;
    for (size_t i = 0; i < scan->left_size; i++)
        if (scan->name[i] != '-' && scan->name[i] != '.')
            compact[size++] = scan->name[i];
    if (memmem(compact, size, nibbles + 16, 16) != NULL ||
        memmem(compact, size, reversed, 16) != NULL)
        note_address(scan, 0, scan->left_size, true);
}

/* ---- what is like an address, or a serial number --------------------------------------------- */

/* Four numbers up to 255 with one character between each two: somebody's address. In the registered
   domain's own label three are enough ("ip-192-0-2.example"). */
static void find_shape(struct ptr_scan *scan)
{
    size_t run = 0, digits = 0;

    for (size_t i = 0; i < scan->token_count; i++) {
        const struct ptr_token *token = &scan->tokens[i];
        bool octet = token->digits && token->size <= 3 && token->value <= 255;
        bool joined = run > 0 && token->at == token[-1].at + token[-1].size + 1;
        if (i == scan->left_count)
            joined = false;
        run = !octet ? 0 : joined ? run + 1 : 1;
        digits = run > 1 ? digits + token->size : token->size;
        if (run == (i < scan->left_count ? 4 : 3) && digits >= SHAPE_MIN_DIGITS) {
            size_t at = scan->tokens[i + 1 - run].at;
            scan->shape = (struct ptr_span){at, token->at + token->size - at};
            return;
        }
    }
}

static void note_serial(struct ptr_scan *scan, size_t at, size_t size)
{
    if (size > scan->serial.size)
        scan->serial = (struct ptr_span){at, size};
}

/* Hexadecimal digits that are no word with a number: "00306548b0d2", not "dec2023". */
static void judge_hex(struct ptr_scan *scan, size_t from, size_t to)
{
    const char *name = scan->name;
    size_t decimal = 0, changes = 0;

    if (from > 0 && is_letter(name[from - 1]))
        while (from < to && !is_digit(name[from]))
            from++;
    if (is_letter(name[to]))
        while (to > from && !is_digit(name[to - 1]))
            to--;
    for (size_t i = from; i < to; i++) {
        decimal += is_digit(name[i]);
        changes += i > from && is_digit(name[i]) != is_digit(name[i - 1]);
    }
    if (to - from >= HEX_SERIAL_MIN && decimal >= HEX_SERIAL_DECIMAL_MIN &&
        changes >= HEX_SERIAL_CHANGES_MIN)
        note_serial(scan, from, to - from);
}

static void find_hex(struct ptr_scan *scan)
{
    size_t at = 0;

    while (at < scan->left_size) {
        size_t start = at;
        while (at < scan->left_size && is_hex(scan->name[at]))
            at++;
        if (at - start >= HEX_SERIAL_MIN)
            judge_hex(scan, start, at);
        if (at == start)
            at++;
    }
}

/* "li1843-50" of 192.0.2.50. */
static void find_last_octet(struct ptr_scan *scan, uint8_t octet)
{
    for (size_t i = 0; i < scan->left_count; i++) {
        const struct ptr_token *token = &scan->tokens[i], *before = token - 1;
        if (!token->digits || token->size > 3 || token->value != octet)
            continue;
        scan->last_octet = scan->last_octet || token->size > 1;
        if (i > 0 && before->digits && before->size >= BESIDE_MIN &&
            before->at + before->size + 1 == token->at)
            note_serial(scan, before->at, token->at + token->size - before->at);
    }
}

static void find_serial(struct ptr_scan *scan)
{
    find_hex(scan);
    for (size_t i = 0; i < scan->left_count; i++) {
        const struct ptr_token *token = &scan->tokens[i];
        if (token->digits && token->size >= SERIAL_MIN)
            note_serial(scan, token->at, token->size);
    }
}

void ptr_scan_numbers(struct ptr_scan *scan, const struct ma_address *address)
{
    if (address->family == 4) {
        find_v4(scan, address->bytes);
        find_last_octet(scan, address->bytes[3]);
    } else if (address->family == 6) {
        find_v6(scan, address->bytes);
    }
    find_shape(scan);
    find_serial(scan);
}
