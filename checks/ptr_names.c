/* SPDX-License-Identifier: MIT */
#include "ptr_names.h"
#include "ptr_scan.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

/* Numbers that say when, not which: "srv2019". */
#define YEAR_FIRST 1990
#define YEAR_LAST  2039

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

static void count_token(struct ptr_scan *scan, const struct ptr_token *token)
{
    bool year = token->size == 4 && token->value >= YEAR_FIRST && token->value <= YEAR_LAST;

    scan->left_count++;
    scan->number_count += token->digits;
    if (token->digits && !year && token->size > scan->long_digits)
        scan->long_digits = token->size;
}

static void tokenise(struct ptr_scan *scan)
{
    size_t at = 0;

    while (at < scan->size && scan->token_count < PTR_TOKENS_MAX) {
        struct ptr_token *token = &scan->tokens[scan->token_count];
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
        *token = (struct ptr_token){(uint16_t)start, (uint16_t)(at - start), digits,
            value < UINT32_MAX ? (uint32_t)value : UINT32_MAX};
        scan->token_count++;
        if (start < scan->left_size)
            count_token(scan, token);
    }
}

static void load(struct ptr_scan *scan, const char *name)
{
    scan->size = strnlen(name, PTR_NAME_MAX_BYTES);
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

static bool says_any(const char *text, size_t size, const char *const parts[], size_t part_count)
{
    for (size_t i = 0; i < part_count; i++)
        if (memmem(text, size, parts[i], strlen(parts[i])) != NULL)
            return true;
    return false;
}

/* "mailout", "bsmtp", "mxchg", "omta": longer words made of a mail word. */
static bool has_mail_part(const char *text, size_t size)
{
    static const char *const parts[] = {"mail", "smtp", "spam"};
    static const char *const heads[] = {"mx", "mta", "mout", "relay"};
    static const char *const tails[] = {"mx", "mta", "out", "relay"};

    if (says_any(text, size, parts, sizeof(parts) / sizeof(parts[0])))
        return true;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        if (size > strlen(heads[i]) && memcmp(text, heads[i], strlen(heads[i])) == 0)
            return true;
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
        if (size > strlen(tails[i]) &&
            memcmp(text + size - strlen(tails[i]), tails[i], strlen(tails[i])) == 0)
            return true;
    return false;
}

static void note_word(
    struct ptr_scan *scan, enum ptr_word_class class, const struct ptr_token *token)
{
    if (scan->word_at[class].size == 0)
        scan->word_at[class] = (struct ptr_span){token->at, token->size};
}

static void find_words(struct ptr_scan *scan)
{
    for (size_t i = 0; i < scan->left_count; i++) {
        const struct ptr_token *token = &scan->tokens[i];
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

/* "zohomail360.com", "messagelabs.com", "iphmx.com": the domain of a mail service. */
static void find_mail_domain(struct ptr_scan *scan)
{
    static const char *const parts[] = {"mail", "smtp", "spam", "message", "messaging"};
    size_t start = scan->left_size > 0 ? scan->left_size + 1 : 0;
    size_t size = strcspn(scan->name + start, ".");
    const char *label = scan->name + start;

    if (says_any(label, size, parts, sizeof(parts) / sizeof(parts[0])) ||
        (size > 2 && memcmp(label + size - 2, "mx", 2) == 0))
        scan->mail_domain = (struct ptr_span){start, size};
}

/* ---- the verdict ----------------------------------------------------------------------------- */

static struct ptr_verdict verdict(
    enum ptr_kind kind, enum ptr_heuristic heuristic, const struct ptr_span *span)
{
    return (struct ptr_verdict){kind, heuristic, span->at, span->size};
}

static bool has(const struct ptr_scan *scan, enum ptr_word_class class)
{
    return scan->word_at[class].size > 0;
}

static bool is_addressed(const struct ptr_scan *scan)
{
    return scan->address.size > 0 || scan->shape.size > 0 || scan->serial.size > 0;
}

/* Numbers that make a word the name of one line among many, not of a thing: the address, a serial,
   a number of so many digits, or so many numbers. */
static bool is_numbered(const struct ptr_scan *scan, size_t min_digits, size_t min_numbers)
{
    return is_addressed(scan) || scan->long_digits >= min_digits ||
           scan->number_count >= min_numbers;
}

/* A mail server's name may hold "pool" or "dial" and a small number: "mta-pool12". */
static bool is_dynamic(const struct ptr_scan *scan)
{
    if (!has(scan, PTR_WORD_DYNAMIC) || has(scan, PTR_WORD_STATIC))
        return false;
    if (has(scan, PTR_WORD_MAIL) || scan->mail_domain.size > 0)
        return is_addressed(scan);
    return scan->last_octet || is_numbered(scan, 3, 2);
}

/* A name that holds an address: whether it changes is said by a word, or not at all. */
static struct ptr_verdict judge_address(
    const struct ptr_scan *scan, enum ptr_heuristic heuristic, const struct ptr_span *span)
{
    if (has(scan, PTR_WORD_ACCESS) && !has(scan, PTR_WORD_STATIC))
        return verdict(PTR_GENERIC_DYNAMIC, PTR_BY_DYNAMIC_WORD, &scan->word_at[PTR_WORD_ACCESS]);
    return verdict(PTR_GENERIC_STATIC, heuristic, span);
}

static const struct ptr_suffix *find_suffix(const struct ptr_scan *scan)
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
static bool judge_words(const struct ptr_scan *scan, struct ptr_verdict *verdict_r)
{
    static const struct {
        enum ptr_word_class class;
        enum ptr_kind kind;
        enum ptr_heuristic heuristic;
        size_t min_digits, min_numbers;
    } classes[] = {
        {PTR_WORD_STATIC, PTR_GENERIC_STATIC, PTR_BY_STATIC_WORD, 4, 3},
        {PTR_WORD_ACCESS, PTR_GENERIC_DYNAMIC, PTR_BY_DYNAMIC_WORD, 4, 3},
        {PTR_WORD_CUSTOMER, PTR_GENERIC_STATIC, PTR_BY_STATIC_WORD, 4, SIZE_MAX},
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

static struct ptr_verdict judge(const struct ptr_scan *scan)
{
    const struct ptr_suffix *suffix;
    struct ptr_verdict by_words;

    if (is_dynamic(scan))
        return verdict(PTR_GENERIC_DYNAMIC, PTR_BY_DYNAMIC_WORD, &scan->word_at[PTR_WORD_DYNAMIC]);
    if (has(scan, PTR_WORD_MAIL))
        return verdict(PTR_NAMED, PTR_BY_MAIL_WORD, &scan->word_at[PTR_WORD_MAIL]);
    suffix = find_suffix(scan);
    if (suffix != NULL)
        return (struct ptr_verdict){suffix->kind, PTR_BY_SUFFIX,
            scan->size - strlen(suffix->suffix), strlen(suffix->suffix)};
    if (scan->address.size > 0 && (scan->whole || scan->mail_domain.size == 0))
        return judge_address(scan, PTR_BY_ADDRESS, &scan->address);
    if (scan->mail_domain.size > 0)
        return verdict(PTR_NAMED, PTR_BY_MAIL_WORD, &scan->mail_domain);
    if (scan->shape.size > 0)
        return judge_address(scan, PTR_BY_ADDRESS_SHAPE, &scan->shape);
    if (judge_words(scan, &by_words))
        return by_words;
    if (scan->serial.size > 0)
        return verdict(PTR_GENERIC_STATIC, PTR_BY_SERIAL, &scan->serial);
    return (struct ptr_verdict){.kind = PTR_NAMED, .heuristic = PTR_BY_OWN_NAME};
}

struct ptr_verdict ptr_classify(const char *name, const struct ma_address *address)
{
    struct ptr_scan scan;

    memset(&scan, 0, offsetof(struct ptr_scan, name));
    load(&scan, name);
    find_words(&scan);
    find_mail_domain(&scan);
    ptr_scan_numbers(&scan, address);
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
