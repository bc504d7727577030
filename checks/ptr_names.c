/* SPDX-License-Identifier: MIT */
#include "ptr_names.h"
#include "ptr_tables.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define NAME_MAX_BYTES 255 /* of a name; what is longer is not looked at */
#define TOKENS_MAX     96
#define RUN_MIN_DIGITS 6 /* of an address run together, else it is found by chance */

/* What is a serial number: digits, or hexadecimal digits with so many decimal ones among them. */
#define SERIAL_MIN             5
#define HEX_SERIAL_MIN         7
#define HEX_SERIAL_DECIMAL_MIN 2

/* A run of letters or of digits. */
struct token {
    uint16_t at, size;
    bool digits;
    uint32_t value; /* of digits; UINT32_MAX when too large */
};

struct span {
    size_t at, size; /* size 0: nothing found */
};

/* The name in lower case, cut into tokens, and what was found in it. Only what stands left of the
   registered domain was chosen for this address. */
struct scan {
    size_t size, left_size;
    size_t token_count;                    /* of the whole name */
    size_t left_count, number_count;       /* of the left part */
    struct span word_at[PTR_WORD_CLASSES]; /* the first word of each class */
    struct span address;                   /* where the address, or most of it, stands */
    struct span shape;                     /* four numbers that could be an address */
    struct span serial;                    /* the longest number or hexadecimal string */
    char name[NAME_MAX_BYTES + 1];         /* from here on not cleared beforehand */
    struct token tokens[TOKENS_MAX];
};

/* ---- cutting --------------------------------------------------------------------------------- */

static bool is_second_level(const char *label, size_t size)
{
    for (size_t i = 0; i < ptr_second_level_count; i++)
        if (strlen(ptr_second_levels[i]) == size && memcmp(ptr_second_levels[i], label, size) == 0)
            return true;
    return false;
}

/* Where the label that ends before end begins. */
static size_t label_start(const char *name, size_t end)
{
    while (end > 0 && name[end - 1] != '.')
        end--;
    return end;
}

/* The bytes left of the registered domain, without the dot. A guess without the public suffix list:
   two labels, or three where the last is a country's and the one before it is "co" or the like. */
static size_t left_part(const char *name, size_t size)
{
    size_t top = label_start(name, size), second, third;

    if (top == 0)
        return 0;
    second = label_start(name, top - 1);
    if (second == 0)
        return 0;
    if (size - top != 2 || !is_second_level(name + second, top - 1 - second))
        return second - 1;
    third = label_start(name, second - 1);
    return third > 0 ? third - 1 : 0;
}

static void tokenise(struct scan *scan)
{
    size_t at = 0;

    while (at < scan->size && scan->token_count < TOKENS_MAX) {
        struct token *token = &scan->tokens[scan->token_count];
        size_t start = at;
        uint64_t value = 0;
        bool digits = isdigit((unsigned char)scan->name[at]) != 0;
        if (!digits && !islower((unsigned char)scan->name[at])) {
            at++;
            continue;
        }
        for (; at < scan->size; at++) {
            unsigned char c = (unsigned char)scan->name[at];
            if (digits ? !isdigit(c) : !islower(c))
                break;
            if (digits && value < UINT32_MAX)
                value = value * 10 + (uint64_t)(c - '0');
        }
        *token = (struct token){(uint16_t)start, (uint16_t)(at - start), digits,
            value < UINT32_MAX ? (uint32_t)value : UINT32_MAX};
        scan->token_count++;
        if (start < scan->left_size) {
            scan->left_count++;
            scan->number_count += digits;
        }
    }
}

static void load(struct scan *scan, const char *name)
{
    scan->size = strnlen(name, NAME_MAX_BYTES);
    for (size_t i = 0; i < scan->size; i++)
        scan->name[i] = (char)tolower((unsigned char)name[i]);
    if (scan->size > 0 && scan->name[scan->size - 1] == '.')
        scan->size--;
    scan->name[scan->size] = '\0';
    scan->left_size = left_part(scan->name, scan->size);
    tokenise(scan);
}

/* ---- words ----------------------------------------------------------------------------------- */

static int compare_word(const char *key, size_t size, const char *word)
{
    int order = strncmp(key, word, size);

    return order != 0 ? order : (word[size] == '\0' ? 0 : -1);
}

static const struct ptr_word *find_word(const char *key, size_t size)
{
    size_t low = 0, high = ptr_word_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_word(key, size, ptr_words[middle].word);
        if (order == 0)
            return &ptr_words[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* "mailout", "bsmtp", "mxchg": longer words made of a mail word. */
static bool has_mail_part(const char *text, size_t size)
{
    static const char *const heads[] = {"mx", "mta", "mout", "relay"};

    if (memmem(text, size, "mail", 4) != NULL || memmem(text, size, "smtp", 4) != NULL)
        return true;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        if (size > strlen(heads[i]) && memcmp(text, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

static void note_word(struct scan *scan, enum ptr_word_class class, const struct token *token)
{
    if (scan->word_at[class].size == 0)
        scan->word_at[class] = (struct span){token->at, token->size};
}

static void find_words(struct scan *scan)
{
    for (size_t i = 0; i < scan->left_count; i++) {
        const struct token *token = &scan->tokens[i];
        const char *text = scan->name + token->at;
        const struct ptr_word *word;
        if (token->digits)
            continue;
        word = find_word(text, token->size);
        if (word != NULL)
            note_word(scan, word->class, token);
        else if (token->size > 2 && has_mail_part(text, token->size))
            note_word(scan, PTR_WORD_MAIL, token);
    }
}

/* ---- the address in the name ----------------------------------------------------------------- */

static void note_address(struct scan *scan, size_t at, size_t size)
{
    scan->address = (struct span){at, size};
}

/* A pattern anywhere left of the registered domain. */
static bool find_text(struct scan *scan, const char *pattern)
{
    size_t size = strlen(pattern);
    const char *found = memmem(scan->name, scan->left_size, pattern, size);

    if (found == NULL)
        return false;
    note_address(scan, (size_t)(found - scan->name), size);
    return true;
}

/* The octets as numbers of their own, in any order, other things between them allowed. */
static bool find_octets(struct scan *scan, const uint8_t octets[4])
{
    bool used[4] = {false};
    size_t matched = 0, first = 0, last = 0;

    for (size_t i = 0; i < scan->token_count && matched < 4; i++) {
        const struct token *token = &scan->tokens[i];
        if (!token->digits || token->size > 3)
            continue;
        for (size_t k = 0; k < 4; k++) {
            if (used[k] || octets[k] != token->value)
                continue;
            used[k] = true;
            if (matched++ == 0)
                first = token->at;
            last = token->at + token->size;
            break;
        }
    }
    /* the first octet may be missing, as in "h-2-10.net192": three are hardly chance */
    if (matched < 4 && !(matched == 3 && used[3] && used[2]))
        return false;
    note_address(scan, first, last - first);
    return true;
}

/* Two numbers side by side that are the last two octets, in either order. */
static bool find_tail(struct scan *scan, const uint8_t octets[4])
{
    for (size_t i = 0; i + 1 < scan->left_count; i++) {
        const struct token *one = &scan->tokens[i], *two = &scan->tokens[i + 1];
        if (!one->digits || !two->digits || two->at != one->at + one->size + 1)
            continue;
        if ((one->value == octets[2] && two->value == octets[3]) ||
            (one->value == octets[3] && two->value == octets[2])) {
            note_address(scan, one->at, two->at + two->size - one->at);
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
static bool find_run_together(struct scan *scan, const uint8_t octets[4])
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
        if (strlen(text) >= RUN_MIN_DIGITS && find_text(scan, text))
            return true;
    }
    return false;
}

static void find_v4(struct scan *scan, const uint8_t octets[4])
{
    if (scan->number_count > 0 && !find_octets(scan, octets) && !find_run_together(scan, octets))
        (void)find_tail(scan, octets);
}

static bool is_hex(char c)
{
    return isdigit((unsigned char)c) || (c >= 'a' && c <= 'f');
}

/* A 16-bit group as it is written, standing alone between other characters. */
static size_t find_group(const struct scan *scan, const char *group, size_t size, size_t from)
{
    for (size_t at = from; at + size <= scan->left_size; at++)
        if (memcmp(scan->name + at, group, size) == 0 && (at == 0 || !is_hex(scan->name[at - 1])) &&
            !is_hex(scan->name[at + size]))
            return at;
    return scan->left_size;
}

/* Three groups or more of the address, in order: "2001-db8-1--25". */
static bool find_groups(struct scan *scan, const char nibbles[33])
{
    size_t count = 0, first = 0, from = 0;

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
    }
    if (count >= 3)
        note_address(scan, first, from - first);
    return count >= 3;
}

/* Nibbles as they are written, dots and hyphens left out: the interface half, either way round. */
static void find_v6(struct scan *scan, const uint8_t bytes[16])
{
    static const char digits[] = "0123456789abcdef";
    char nibbles[33], reversed[33], compact[NAME_MAX_BYTES + 1];
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
        note_address(scan, 0, scan->left_size);
}

/* Four numbers up to 255 with one character between each two: somebody's address. In the registered
   domain's own label three are enough ("ip-192-0-2.example"). */
static void find_shape(struct scan *scan)
{
    size_t run = 0;

    for (size_t i = 0; i < scan->token_count; i++) {
        const struct token *token = &scan->tokens[i];
        bool octet = token->digits && token->size <= 3 && token->value <= 255;
        bool joined = run > 0 && token->at == token[-1].at + token[-1].size + 1;
        if (i == scan->left_count)
            joined = false;
        run = !octet ? 0 : joined ? run + 1 : 1;
        if (run == (i < scan->left_count ? 4 : 3)) {
            size_t at = scan->tokens[i + 1 - run].at;
            scan->shape = (struct span){at, token->at + token->size - at};
            return;
        }
    }
}

/* The longest number, or string of hexadecimal digits that holds both digits and letters. */
static void find_serial(struct scan *scan)
{
    size_t at = 0;

    while (at < scan->left_size) {
        size_t start = at, decimal = 0;
        for (; at < scan->left_size && is_hex(scan->name[at]); at++)
            decimal += isdigit((unsigned char)scan->name[at]) != 0;
        if (at - start >= HEX_SERIAL_MIN && decimal >= HEX_SERIAL_DECIMAL_MIN &&
            at - start > scan->serial.size)
            scan->serial = (struct span){start, at - start};
        if (at == start)
            at++;
    }
    for (size_t i = 0; i < scan->left_count; i++) {
        const struct token *token = &scan->tokens[i];
        if (token->digits && token->size >= SERIAL_MIN && token->size > scan->serial.size)
            scan->serial = (struct span){token->at, token->size};
    }
}

/* ---- the verdict ----------------------------------------------------------------------------- */

static struct ptr_verdict verdict(
    enum ptr_kind kind, enum ptr_heuristic heuristic, const struct span *span)
{
    return (struct ptr_verdict){kind, heuristic, span->at, span->size};
}

static bool has(const struct scan *scan, enum ptr_word_class class)
{
    return scan->word_at[class].size > 0;
}

/* Numbers that make a word the name of one line among many, not of a thing: the address, a serial,
   a number of so many digits, or so many numbers. */
static bool is_numbered(const struct scan *scan, size_t min_digits, size_t min_numbers)
{
    if (scan->address.size > 0 || scan->shape.size > 0 || scan->serial.size > 0 ||
        scan->number_count >= min_numbers)
        return true;
    for (size_t i = 0; i < scan->left_count; i++)
        if (scan->tokens[i].digits && scan->tokens[i].size >= min_digits)
            return true;
    return false;
}

/* Is the kind of a name that is generic for another reason said by a word? */
static enum ptr_kind kind_by_words(const struct scan *scan)
{
    if (has(scan, PTR_WORD_STATIC))
        return PTR_GENERIC_STATIC;
    return has(scan, PTR_WORD_DYNAMIC) || has(scan, PTR_WORD_ACCESS) ? PTR_GENERIC_DYNAMIC
                                                                     : PTR_GENERIC_STATIC;
}

static const struct ptr_suffix *find_suffix(const struct scan *scan)
{
    for (size_t i = 0; i < ptr_suffix_count; i++) {
        size_t size = strlen(ptr_suffixes[i].suffix);
        if (scan->size > size + 1 && scan->name[scan->size - size - 1] == '.' &&
            memcmp(scan->name + scan->size - size, ptr_suffixes[i].suffix, size) == 0)
            return &ptr_suffixes[i];
    }
    return NULL;
}

/* The first class of words that is there, and numbered as its names are. */
static bool judge_words(const struct scan *scan, struct ptr_verdict *verdict_r)
{
    static const struct {
        enum ptr_word_class class;
        enum ptr_kind kind;
        enum ptr_heuristic heuristic;
        size_t min_digits, min_numbers;
    } classes[] = {
        {PTR_WORD_STATIC, PTR_GENERIC_STATIC, PTR_BY_STATIC_WORD, 4, 2},
        {PTR_WORD_ACCESS, PTR_GENERIC_DYNAMIC, PTR_BY_DYNAMIC_WORD, 3, 2},
        {PTR_WORD_CUSTOMER, PTR_GENERIC_STATIC, PTR_BY_STATIC_WORD, 3, SIZE_MAX},
    };

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (!has(scan, classes[i].class) ||
            !is_numbered(scan, classes[i].min_digits, classes[i].min_numbers))
            continue;
        *verdict_r =
            verdict(classes[i].kind, classes[i].heuristic, &scan->word_at[classes[i].class]);
        return true;
    }
    return false;
}

static struct ptr_verdict judge(const struct scan *scan)
{
    const struct ptr_suffix *suffix;
    struct ptr_verdict by_words;

    if (has(scan, PTR_WORD_DYNAMIC) && !has(scan, PTR_WORD_STATIC) && is_numbered(scan, 3, 2))
        return verdict(PTR_GENERIC_DYNAMIC, PTR_BY_DYNAMIC_WORD, &scan->word_at[PTR_WORD_DYNAMIC]);
    if (has(scan, PTR_WORD_MAIL))
        return verdict(PTR_NAMED, PTR_BY_MAIL_WORD, &scan->word_at[PTR_WORD_MAIL]);
    suffix = find_suffix(scan);
    if (suffix != NULL)
        return (struct ptr_verdict){suffix->kind, PTR_BY_SUFFIX,
            scan->size - strlen(suffix->suffix), strlen(suffix->suffix)};
    if (scan->address.size > 0)
        return verdict(kind_by_words(scan), PTR_BY_ADDRESS, &scan->address);
    if (scan->shape.size > 0)
        return verdict(kind_by_words(scan), PTR_BY_ADDRESS_SHAPE, &scan->shape);
    if (judge_words(scan, &by_words))
        return by_words;
    if (scan->serial.size > 0)
        return verdict(PTR_GENERIC_STATIC, PTR_BY_SERIAL, &scan->serial);
    return (struct ptr_verdict){.kind = PTR_NAMED, .heuristic = PTR_BY_OWN_NAME};
}

struct ptr_verdict ptr_classify(const char *name, const struct ma_address *address)
{
    struct scan scan;

    memset(&scan, 0, offsetof(struct scan, name));
    load(&scan, name);
    find_words(&scan);
    if (address->family == 4)
        find_v4(&scan, address->bytes);
    else if (address->family == 6)
        find_v6(&scan, address->bytes);
    find_shape(&scan);
    find_serial(&scan);
    return judge(&scan);
}

static const struct {
    const char *name, *phrase;
} heuristics[] = {
    [PTR_BY_OWN_NAME] = {"own-name", "nothing in it is generic"},
    [PTR_BY_MAIL_WORD] = {"mail-word", "is a mail server's word"},
    [PTR_BY_DYNAMIC_WORD] = {"dynamic-word", "is a word for access lines with changing addresses"},
    [PTR_BY_ADDRESS] = {"address", "is the address itself, or part of it"},
    [PTR_BY_ADDRESS_SHAPE] = {"address-shape", "looks like an address"},
    [PTR_BY_STATIC_WORD] = {"static-word", "is a word of names that a provider gives by default"},
    [PTR_BY_SUFFIX] = {"suffix", "is where a large provider keeps its default names"},
    [PTR_BY_SERIAL] = {"serial", "is a serial number"},
};

const char *ptr_heuristic_name(enum ptr_heuristic heuristic)
{
    return heuristics[heuristic].name;
}

const char *ptr_heuristic_phrase(enum ptr_heuristic heuristic)
{
    return heuristics[heuristic].phrase;
}
