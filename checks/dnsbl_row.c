/* SPDX-License-Identifier: MIT */
/* One row of the catalogue: 16 columns, see the head of dnsbl_zones.tsv. */
#include "dnsbl_lists.h"

#include <stdlib.h>
#include <string.h>

enum column {
    COL_ZONE,
    COL_OPERATOR,
    COL_KIND,
    COL_CLASS,
    COL_WEIGHT,
    COL_USE,
    COL_CODES,
    COL_REFUSALS,
    COL_TESTS,
    COL_PAGE,
    COL_USERS,
    COL_BEFORE,
    COL_TERMS,
    COL_PART_OF,
    COL_DATE,
    COL_SOURCE,
    COL_COUNT
};

struct word {
    const char *word;
    int value;
};

static const struct word kinds[] = {{"ip4", DNSBL_IP4}, {"ip6", DNSBL_IP6}, {"ip46", DNSBL_IP46},
    {"domain", DNSBL_DOMAIN}, {NULL, 0}};
static const struct word classes[] = {
    {"block", DNSBL_BLOCK}, {"allow", DNSBL_ALLOW}, {"info", DNSBL_NOTE}, {NULL, 0}};
static const struct word weights[] = {{"critical", DNSBL_CRITICAL}, {"high", DNSBL_HIGH},
    {"policy", DNSBL_POLICY}, {"medium", DNSBL_MEDIUM}, {"low", DNSBL_LOW}, {"info", DNSBL_INFO},
    {"none", DNSBL_NONE}, {NULL, 0}};
enum use { USE_DEFAULT, USE_OPEN, USE_KEY, USE_NEVER };
static const struct word uses[] = {{"default", USE_DEFAULT}, {"open", USE_OPEN}, {"key", USE_KEY},
    {"never", USE_NEVER}, {NULL, 0}};
static const struct word refusals[] = {{"public", DNSBL_PUBLIC_RESOLVER},
    {"limit", DNSBL_OVER_LIMIT}, {"typo", DNSBL_TYPO}, {"account", DNSBL_NO_ACCOUNT},
    {"misuse", DNSBL_MISUSE}, {"refused", DNSBL_REFUSED}, {NULL, 0}};

/* RFC 5782 5: 127.0.0.2 and ::ffff:127.0.0.2 are listed, as is TEST; those with 1, and INVALID,
 * never. */
#define TESTS_IP4 "+2.0.0.127 -1.0.0.127"
#define TESTS_IP6                                                                                  \
    "+2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 "                            \
    "-1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"
#define TESTS_DOMAIN "+test -invalid"

/* ---- words ----------------------------------------------------------------------------------- */

static const char *word_of(const struct word *words, int value)
{
    for (; words->word != NULL; words++)
        if (words->value == value)
            return words->word;
    return "";
}

static bool find_word(const struct word *words, const char *text, int *value_r)
{
    for (; words->word != NULL; words++) {
        if (strcmp(words->word, text) == 0) {
            *value_r = words->value;
            return true;
        }
    }
    return false;
}

const char *dnsbl_weight_word(enum dnsbl_weight w)
{
    return word_of(weights, w);
}

const char *dnsbl_class_word(enum dnsbl_class c)
{
    return word_of(classes, c);
}

bool dnsbl_kind_parse(enum dnsbl_kind *kind_r, const char *word)
{
    int value;
    if (!find_word(kinds, word, &value))
        return false;
    *kind_r = (enum dnsbl_kind)value;
    return true;
}

bool dnsbl_weight_parse(enum dnsbl_weight *weight_r, const char *word)
{
    int value;
    if (!find_word(weights, word, &value))
        return false;
    *weight_r = (enum dnsbl_weight)value;
    return true;
}

/* The value of a word that must be one of those, else the error names them all. */
static bool need_word(
    const struct dnsbl_place *p, const struct word *words, const char *text, int *value_r)
{
    char all[120] = "";
    size_t at = 0;
    if (find_word(words, text, value_r))
        return true;
    for (; words->word != NULL && at + strlen(words->word) + 3 < sizeof all; words++) {
        if (at > 0) {
            memcpy(all + at, ", ", 2);
            at += 2;
        }
        memcpy(all + at, words->word, strlen(words->word) + 1);
        at += strlen(words->word);
    }
    return dnsbl_fault(p, text, "'%s' is none of %s", text, all);
}

/* Cuts off what stands before the separator; the rest is NULL after the last piece. */
static char *cut(char **rest, char separator)
{
    char *piece = *rest;
    char *end = strchr(piece, separator);
    *rest = NULL;
    if (end != NULL) {
        *end = '\0';
        *rest = end + 1;
    }
    return piece;
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* {key}, which stands for a customer's label, is allowed in front. */
static bool check_name(const struct dnsbl_place *p, const char *name)
{
    const char *label = strncmp(name, "{key}.", 6) == 0 ? name + 6 : name;
    const char *c = label;
    if (*label == '\0')
        return dnsbl_fault(p, name, "the name of a zone is missing");
    for (; *c != '\0'; c++) {
        if (!is_name_byte(*c))
            return dnsbl_fault(p, c, "'%s' is not the name of a zone", name);
        if (*c != '.')
            continue;
        if (c == label || c - label > 63)
            return dnsbl_fault(p, label, "a label of '%s' is empty or over 63 bytes", name);
        label = c + 1;
    }
    if (c == label || c - label > 63)
        return dnsbl_fault(p, label, "a label of '%s' is empty or over 63 bytes", name);
    if (strlen(name) > DNSBL_ZONE_BYTES_MAX)
        return dnsbl_fault(p, name, "the name is longer than %d bytes", DNSBL_ZONE_BYTES_MAX);
    return true;
}

bool dnsbl_name_parse(const struct dnsbl_place *p, char *name)
{
    size_t size = strlen(name);
    if (size > 1 && name[size - 1] == '.')
        name[size - 1] = '\0';
    for (char *c = name; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return check_name(p, name);
}

/* ---- codes ----------------------------------------------------------------------------------- */

static bool parse_number(const char **at, uint8_t *number_r)
{
    unsigned n = 0;
    const char *start = *at;
    while (**at >= '0' && **at <= '9' && n < 256)
        n = n * 10 + (unsigned)(*(*at)++ - '0');
    *number_r = (uint8_t)n;
    return *at > start && n < 256;
}

static bool parse_octet(const char **at, uint8_t *low_r, uint8_t *high_r)
{
    if (**at == '*') {
        ++*at;
        *low_r = 0;
        *high_r = 255;
        return true;
    }
    if (!parse_number(at, low_r))
        return false;
    *high_r = *low_r;
    if (**at != '-')
        return true;
    ++*at;
    return parse_number(at, high_r) && *high_r >= *low_r;
}

static bool parse_pattern(
    const struct dnsbl_place *p, const char *text, struct dnsbl_pattern *pattern_r)
{
    const char *at = text;
    if (*at == '&') {
        at++;
        if (!parse_number(&at, &pattern_r->bits) || *at != '\0' || pattern_r->bits == 0)
            return dnsbl_fault(p, text, "'%s' is no bit mask: &1 to &255", text);
        return true;
    }
    for (int i = 0; i < 4; i++) {
        if (i > 0 && *at++ != '.')
            return dnsbl_fault(p, text, "'%s' is no code: 127.0.0.2, 127.0.0.4-7 or &8", text);
        if (!parse_octet(&at, &pattern_r->low[i], &pattern_r->high[i]))
            return dnsbl_fault(p, text, "'%s' is no code: 127.0.0.2, 127.0.0.4-7 or &8", text);
    }
    if (*at != '\0' || pattern_r->low[0] != 127 || pattern_r->high[0] != 127)
        return dnsbl_fault(p, text, "'%s' does not lie in 127.0.0.0/8", text);
    return true;
}

bool dnsbl_matches(const struct dnsbl_pattern *pattern, const uint8_t address[static 4])
{
    if (pattern->bits != 0)
        return address[0] == 127 && address[1] == 0 && address[2] == 0 &&
               (address[3] & pattern->bits) != 0;
    for (int i = 0; i < 4; i++)
        if (address[i] < pattern->low[i] || address[i] > pattern->high[i])
            return false;
    return true;
}

static size_t count_pieces(const char *text)
{
    size_t count = 1;
    for (; *text != '\0'; text++)
        count += *text == ';';
    return count;
}

static bool out_of_memory(const struct dnsbl_place *p)
{
    return dnsbl_fault(p, p->start, "no memory");
}

static bool parse_code(
    const struct dnsbl_place *p, const struct dnsbl_zone *z, char *text, struct dnsbl_code *code)
{
    char *rest = text;
    char *head = cut(&rest, '=');
    if (rest == NULL || *rest == '\0')
        return dnsbl_fault(p, head, "'%s' has no meaning: CODE=MEANING", head);
    code->meaning = rest;
    char *word = head;
    head = cut(&word, ' ');
    int weight = z->weight;
    if (word != NULL && !need_word(p, weights, word, &weight))
        return false;
    code->weight = (enum dnsbl_weight)weight;
    return parse_pattern(p, head, &code->pattern);
}

static bool parse_codes(
    struct dnsbl_lists *lists, struct dnsbl_zone *z, const struct dnsbl_place *p, char *text)
{
    size_t room = count_pieces(text), count = 0;
    if (*text == '\0')
        return true;
    if (room > DNSBL_CODES_MAX)
        return dnsbl_fault(p, text, "more than %d codes", DNSBL_CODES_MAX);
    struct dnsbl_code *codes = dnsbl_memory(lists, room * sizeof *codes);
    if (codes == NULL)
        return out_of_memory(p);
    for (char *rest = text; rest != NULL;) {
        char *piece = cut(&rest, ';');
        if (!parse_code(p, z, piece, &codes[count++]))
            return false;
    }
    z->codes = codes;
    z->code_count = count;
    return true;
}

static bool parse_refusals(
    struct dnsbl_lists *lists, struct dnsbl_zone *z, const struct dnsbl_place *p, char *text)
{
    size_t room = count_pieces(text), count = 0;
    if (*text == '\0')
        return true;
    if (room > DNSBL_CODES_MAX)
        return dnsbl_fault(p, text, "more than %d refusals", DNSBL_CODES_MAX);
    struct dnsbl_refusal_code *codes = dnsbl_memory(lists, room * sizeof *codes);
    if (codes == NULL)
        return out_of_memory(p);
    for (char *rest = text; rest != NULL;) {
        char *word = cut(&rest, ';');
        char *head = cut(&word, '=');
        int why = 0;
        if (word == NULL)
            return dnsbl_fault(p, head, "'%s' has no reason: CODE=WHY", head);
        if (!need_word(p, refusals, word, &why) || !parse_pattern(p, head, &codes[count].pattern))
            return false;
        codes[count++].why = (enum dnsbl_refusal)why;
    }
    z->refusals = codes;
    z->refusal_count = count;
    return true;
}

/* ---- test entries ---------------------------------------------------------------------------- */

/* NAME.ZONE, or NULL without memory. */
static const char *below(struct dnsbl_lists *lists, const char *name, const char *zone)
{
    size_t size = strlen(name), zone_size = strlen(zone);
    char *text = dnsbl_memory(lists, size + zone_size + 2);
    if (text == NULL)
        return NULL;
    memcpy(text, name, size);
    text[size] = '.';
    memcpy(text + size + 1, zone, zone_size);
    return text;
}

static bool add_tests(
    struct dnsbl_lists *lists, struct dnsbl_zone *z, const struct dnsbl_place *p, char *text)
{
    const char **listed = dnsbl_memory(lists, DNSBL_TESTS_MAX * sizeof *listed);
    const char **clean = dnsbl_memory(lists, DNSBL_TESTS_MAX * sizeof *clean);
    if (listed == NULL || clean == NULL)
        return out_of_memory(p);
    z->listed_tests = listed;
    z->clean_tests = clean;
    for (char *rest = text; rest != NULL;) {
        char *piece = cut(&rest, ' ');
        bool plus = *piece == '+';
        size_t *count = plus ? &z->listed_test_count : &z->clean_test_count;
        if (!plus && *piece != '-')
            return dnsbl_fault(p, piece, "'%s' is none of +NAME, -NAME, rfc5782", piece);
        if (*count == DNSBL_TESTS_MAX)
            return dnsbl_fault(p, piece, "more than %d test entries", DNSBL_TESTS_MAX);
        if (!dnsbl_name_parse(p, piece + 1))
            return false;
        const char *name = below(lists, piece + 1, z->name);
        if (name == NULL)
            return out_of_memory(p);
        (plus ? listed : clean)[(*count)++] = name;
    }
    return true;
}

bool dnsbl_zone_tests_rfc5782(struct dnsbl_lists *lists, struct dnsbl_zone *z)
{
    const char *tests = z->kind == DNSBL_DOMAIN ? TESTS_DOMAIN
                        : z->kind == DNSBL_IP6  ? TESTS_IP6
                                                : TESTS_IP4;
    char error[DNSBL_ERROR_BYTES_MAX];
    char *text = dnsbl_copy(lists, tests, strlen(tests));
    struct dnsbl_place nowhere = {.file = "", .start = text, .error = error};
    z->listed_test_count = z->clean_test_count = 0;
    return text != NULL && add_tests(lists, z, &nowhere, text);
}

static bool parse_tests(
    struct dnsbl_lists *lists, struct dnsbl_zone *z, const struct dnsbl_place *p, char *text)
{
    if (*text == '\0')
        return true;
    if (strcmp(text, "rfc5782") == 0)
        return dnsbl_zone_tests_rfc5782(lists, z) || out_of_memory(p);
    return add_tests(lists, z, p, text);
}

/* ---- the row --------------------------------------------------------------------------------- */

/* YYYY, YYYY-MM or YYYY-MM-DD. */
static bool is_date(const char *text)
{
    size_t size = strlen(text);
    if (size != 4 && size != 7 && size != 10)
        return false;
    for (size_t i = 0; i < size; i++) {
        bool dash = i == 4 || i == 7;
        if (dash ? text[i] != '-' : text[i] < '0' || text[i] > '9')
            return false;
    }
    return true;
}

static bool split(const struct dnsbl_place *p, char *line, char *columns[static COL_COUNT])
{
    char *rest = line, *at = line;
    for (int i = 0; i < COL_COUNT; i++) {
        if (rest == NULL) {
            dnsbl_fault(p, at, "fewer than %d columns (a tab between)", COL_COUNT);
            return false;
        }
        columns[i] = at = cut(&rest, '\t');
    }
    if (rest != NULL)
        return dnsbl_fault(p, rest, "more than %d columns (a tab between)", COL_COUNT);
    for (int i = 0; i < COL_COUNT; i++) {
        if (columns[i][0] == '\0')
            return dnsbl_fault(p, columns[i], "an empty column: write '-' for nothing");
        if (strcmp(columns[i], "-") == 0)
            columns[i][0] = '\0';
    }
    return true;
}

static bool parse_words(
    struct dnsbl_zone *z, const struct dnsbl_place *p, char *const columns[static COL_COUNT])
{
    int kind = 0, class = 0, weight = 0, use = 0;
    if (!need_word(p, kinds, columns[COL_KIND], &kind) ||
        !need_word(p, classes, columns[COL_CLASS], &class) ||
        !need_word(p, weights, columns[COL_WEIGHT], &weight) ||
        !need_word(p, uses, columns[COL_USE], &use))
        return false;
    z->kind = (enum dnsbl_kind)kind;
    z->class = (enum dnsbl_class) class;
    z->weight = (enum dnsbl_weight)weight;
    if (use == USE_KEY || use == USE_NEVER || z->name[0] == '{')
        z->keyed = z->name[0] == '{';
    if (use == USE_KEY || use == USE_NEVER || z->name[0] == '{')
        z->not_asked = columns[COL_TERMS][0] != '\0' ? columns[COL_TERMS] : "its terms exclude us";
    return true;
}

/* Listings of a list that cannot be seen to work are a warning at most. */
static void cap_weight(struct dnsbl_zone *z)
{
    if (z->listed_test_count == 0 && z->weight > DNSBL_MEDIUM)
        z->weight = DNSBL_MEDIUM;
}

bool dnsbl_row_parse(
    struct dnsbl_lists *lists, struct dnsbl_zone *z, const struct dnsbl_place *p, char *line)
{
    char *columns[COL_COUNT];
    if (!split(p, line, columns) || !dnsbl_name_parse(p, columns[COL_ZONE]))
        return false;
    *z = (struct dnsbl_zone){.name = columns[COL_ZONE],
        .operator_name = columns[COL_OPERATOR],
        .documented = true,
        .page = columns[COL_PAGE],
        .users = columns[COL_USERS],
        .before = columns[COL_BEFORE],
        .terms = columns[COL_TERMS],
        .part_of = columns[COL_PART_OF],
        .date = columns[COL_DATE],
        .source = columns[COL_SOURCE]};
    if (!parse_words(z, p, columns))
        return false;
    if (!is_date(z->date))
        return dnsbl_fault(p, z->date, "'%s' is no date: YYYY-MM-DD", z->date);
    if (z->source[0] == '\0')
        return dnsbl_fault(p, z->source, "a row needs its source");
    if (!parse_codes(lists, z, p, columns[COL_CODES]) ||
        !parse_refusals(lists, z, p, columns[COL_REFUSALS]) ||
        !parse_tests(lists, z, p, columns[COL_TESTS]))
        return false;
    if (z->code_count == 0 && z->not_asked == NULL)
        return dnsbl_fault(p, columns[COL_CODES], "no codes: what would count as a listing?");
    cap_weight(z);
    return true;
}

bool dnsbl_zone_plain(struct dnsbl_lists *lists, struct dnsbl_zone *z, const char *name)
{
    *z = (struct dnsbl_zone){.name = name,
        .operator_name = "",
        .kind = DNSBL_IP46,
        .weight = DNSBL_MEDIUM,
        .page = "",
        .users = "",
        .before = "",
        .terms = "",
        .part_of = "",
        .date = "",
        .source = ""};
    return dnsbl_zone_tests_rfc5782(lists, z);
}
