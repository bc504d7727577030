/* SPDX-License-Identifier: MIT */
#include "record.h"

#include "macro.h"

#include <string.h>
#include <strings.h>

#define VERSION      "v=spf1"
#define VERSION_SIZE (sizeof(VERSION) - 1)
#define PREFIX4_MAX  32
#define PREFIX6_MAX  128

/* The text of a record between two offsets. */
struct part {
    const char *text;
    size_t at, end;
};

struct parser {
    struct ma_run *run;
    struct ma_spf_record *record;
    struct ma_spf_term *term; /* being read */
};

enum value { NO_VALUE, NETWORK, DOMAIN, MAYBE_DOMAIN, MAYBE_DOMAIN_AND_PREFIX };

static const struct mechanism {
    const char *name;
    enum ma_spf_kind kind;
    enum value value;
} mechanisms[] = {
    {"all", MA_SPF_ALL, NO_VALUE},
    {"include", MA_SPF_INCLUDE, DOMAIN},
    {"a", MA_SPF_A, MAYBE_DOMAIN_AND_PREFIX},
    {"mx", MA_SPF_MX, MAYBE_DOMAIN_AND_PREFIX},
    {"ptr", MA_SPF_PTR, MAYBE_DOMAIN},
    {"ip4", MA_SPF_IP4, NETWORK},
    {"ip6", MA_SPF_IP6, NETWORK},
    {"exists", MA_SPF_EXISTS, DOMAIN},
};

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alphanum(char c)
{
    return is_alpha(c) || is_digit(c);
}

static char at(const struct part *p)
{
    return p->at < p->end ? p->text[p->at] : '\0';
}

bool ma_spf_record_is(const char *text, size_t size)
{
    return size >= VERSION_SIZE && strncasecmp(text, VERSION, VERSION_SIZE) == 0 &&
           (size == VERSION_SIZE || text[VERSION_SIZE] == ' ');
}

size_t ma_spf_record_terms(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 1; i < size; i++)
        count += text[i - 1] == ' ' && text[i] != ' ';
    return count;
}

/* Notes a fault of the term that is being read; false, so that it can be returned at once. */
static bool fault(struct parser *p, enum ma_spf_fault_code code, size_t offset, size_t length)
{
    struct ma_spf_record *record = p->record;
    if (record->fault_count < MA_SPF_FAULTS_MAX)
        record->faults[record->fault_count] =
            (struct ma_spf_fault){code, offset, length, p->term->offset, p->term->length};
    record->fault_count++;
    p->term->kind = MA_SPF_BROKEN;
    return false;
}

/* macro-string (7.1): every macro in it is well-formed. ends_r: where the last macro ends. */
static bool read_macros(struct parser *p, struct part s, bool modifier_value, size_t *ends_r)
{
    while (s.at < s.end) {
        if (s.text[s.at] != '%') {
            s.at++;
            continue;
        }
        struct ma_spf_macro macro;
        enum ma_spf_fault_code code = MA_SPF_FINE;
        size_t size = ma_spf_macro_read(s.text + s.at, s.end - s.at, &macro, &code);
        if (code != MA_SPF_FINE)
            return fault(p, code, s.at, size);
        if (is_alpha(macro.letter)) {
            /* the ABNF lets unknown modifiers use any letter, and 6 says to ignore them */
            if (!modifier_value && strchr("crt", macro.letter) != NULL)
                return fault(p, MA_SPF_EXPLANATION_MACRO, s.at, size);
            p->term->letters |= MA_SPF_LETTER(macro.letter);
        }
        s.at += size;
        *ends_r = s.at;
    }
    return true;
}

/* toplabel (7.1): letters, digits and hyphens, no hyphen at an end, not digits alone. */
static bool is_toplabel(const char *label, size_t size)
{
    bool other_than_digit = false;
    if (size == 0 || label[0] == '-' || label[size - 1] == '-')
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!is_alphanum(label[i]) && label[i] != '-')
            return false;
        other_than_digit |= !is_digit(label[i]);
    }
    return other_than_digit;
}

static bool looks_like_ip4(const struct part *s)
{
    unsigned dots = 0;
    for (size_t i = s->at; i < s->end; i++) {
        dots += s->text[i] == '.';
        if (s->text[i] != '.' && !is_digit(s->text[i]))
            return false;
    }
    return dots == 3;
}

/* domain-end (7.1), where the name does not end in a macro. */
static bool read_domain_end(struct parser *p, struct part s, size_t macros_end)
{
    size_t end = s.end;
    if (s.text[end - 1] == '.')
        end--;
    size_t dot = end;
    while (dot > macros_end && s.text[dot - 1] != '.')
        dot--;
    bool dotted = dot > macros_end;
    if (dotted && is_toplabel(s.text + dot, end - dot))
        return true;
    size_t length = s.end - s.at;
    if (looks_like_ip4(&s))
        return fault(p, MA_SPF_ADDRESS_FOR_NAME, s.at, length);
    const char *slash = memchr(s.text + dot, '/', end - dot);
    if (slash != NULL && p->term->kind != MA_SPF_A && p->term->kind != MA_SPF_MX)
        return fault(
            p, MA_SPF_TAKES_NO_PREFIX, (size_t)(slash - s.text), s.end - (size_t)(slash - s.text));
    if (!dotted && macros_end == s.at)
        return fault(p, MA_SPF_SINGLE_LABEL, s.at, length);
    return fault(
        p, MA_SPF_BAD_TOPLABEL, dot < s.end ? dot : s.at, s.end - (dot < s.end ? dot : s.at));
}

static bool read_domain(struct parser *p, struct part s)
{
    struct ma_spf_term *term = p->term;
    if (s.at == s.end)
        return fault(p, MA_SPF_NEEDS_VALUE, term->offset, term->length);
    size_t macros_end = s.at;
    if (!read_macros(p, s, false, &macros_end))
        return false;
    if (macros_end != s.end && !read_domain_end(p, s, macros_end))
        return false;
    term->spec = (uint32_t)s.at;
    term->spec_length = (uint32_t)(s.end - s.at);
    if (macros_end == s.at)
        term->literal = ma_spf_name(p->run, s.text + s.at, s.end - s.at);
    return true;
}

/* The number behind a slash: digits without a leading zero, up to max. */
static bool read_prefix(struct parser *p, struct part s, unsigned max, uint8_t *prefix_r)
{
    unsigned value = 0;
    bool good = s.at < s.end && !(s.text[s.at] == '0' && s.end - s.at > 1);
    for (size_t i = s.at; good && i < s.end; i++) {
        good = is_digit(s.text[i]);
        value = value * 10 + (unsigned)(s.text[i] - '0');
        good = good && value <= max;
    }
    if (!good) /* the slash belongs to what is wrong */
        return fault(p, MA_SPF_BAD_PREFIX, s.at - 1, s.end - s.at + 1);
    *prefix_r = (uint8_t)value;
    return true;
}

/* dual-cidr-length (5.6): "/24", "//64" or "/24//64"; s starts at the first slash. */
static bool read_dual_prefix(struct parser *p, struct part s)
{
    struct part four = {s.text, s.at + 1, s.at + 1};
    while (four.end < s.end && s.text[four.end] != '/')
        four.end++;
    if (four.end == s.end)
        return read_prefix(p, four, PREFIX4_MAX, &p->term->prefix4);
    struct part six = {s.text, four.end + 1, s.end};
    if (four.at == four.end) /* "//64" */
        return read_prefix(p, six, PREFIX6_MAX, &p->term->prefix6);
    if (!read_prefix(p, four, PREFIX4_MAX, &p->term->prefix4))
        return false;
    if (at(&six) != '/') /* "/24/64" */
        return fault(p, MA_SPF_BAD_PREFIX, six.at - 1, six.end - six.at + 1);
    six.at++;
    return read_prefix(p, six, PREFIX6_MAX, &p->term->prefix6);
}

/* Where the prefix lengths start: neither a name's last label nor a macro holds a slash. */
static size_t prefix_start(const struct part *s)
{
    size_t tail = s->end;
    while (tail > s->at && s->text[tail - 1] != '.' && s->text[tail - 1] != '}')
        tail--;
    const char *slash = memchr(s->text + tail, '/', s->end - tail);
    return slash != NULL ? (size_t)(slash - s->text) : s->end;
}

/* [":" domain-spec] and, with prefixes, [dual-cidr-length]; s starts behind the name. */
static bool read_optional(struct parser *p, struct part s, bool prefixes)
{
    struct part domain = s;
    domain.end = prefixes ? prefix_start(&s) : s.end;
    if (at(&domain) == ':') {
        domain.at++;
        if (!read_domain(p, domain))
            return false;
    } else if (domain.at < domain.end) {
        return fault(p, MA_SPF_TAKES_NO_PREFIX, s.at, s.end - s.at);
    }
    s.at = domain.end;
    return s.at == s.end || read_dual_prefix(p, s);
}

static bool read_address(struct ma_address *address_r, const struct part *s, unsigned family)
{
    char text[64];
    size_t size = s->end - s->at;
    if (size >= sizeof(text))
        return false;
    memcpy(text, s->text + s->at, size);
    text[size] = '\0';
    return ma_address_parse(address_r, text) && address_r->family == family;
}

/* ip4-network or ip6-network with its prefix length (5.6); s starts behind the name. */
static bool read_network(struct parser *p, struct part s)
{
    struct ma_spf_term *term = p->term;
    if (at(&s) != ':' || s.at + 1 == s.end)
        return fault(p, MA_SPF_NEEDS_VALUE, term->offset, term->length);
    s.at++;
    term->spec = (uint32_t)s.at;
    term->spec_length = (uint32_t)(s.end - s.at);
    const char *slash = memchr(s.text + s.at, '/', s.end - s.at);
    struct part network = {s.text, s.at, slash != NULL ? (size_t)(slash - s.text) : s.end};
    bool four = term->kind == MA_SPF_IP4;
    if (!read_address(&term->network, &network, four ? 4 : 6))
        return fault(p, four ? MA_SPF_BAD_IP4 : MA_SPF_BAD_IP6, network.at,
            network.end > network.at ? network.end - network.at : 1);
    if (slash == NULL)
        return true;
    struct part prefix = {s.text, network.end + 1, s.end};
    return four ? read_prefix(p, prefix, PREFIX4_MAX, &term->prefix4)
                : read_prefix(p, prefix, PREFIX6_MAX, &term->prefix6);
}

static const struct mechanism *find_mechanism(const struct part *name)
{
    size_t size = name->end - name->at;
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
        if (strlen(mechanisms[i].name) == size &&
            strncasecmp(mechanisms[i].name, name->text + name->at, size) == 0)
            return &mechanisms[i];
    return NULL;
}

/* Reads qualifier and name. NULL, and the fault is noted, where there is no such mechanism. */
static const struct mechanism *read_mechanism(struct parser *p, struct part *s)
{
    struct ma_spf_term *term = p->term;
    term->qualifier = '+';
    if (s->at < s->end && strchr("+-~?", s->text[s->at]) != NULL)
        term->qualifier = s->text[s->at++];
    struct part name = {s->text, s->at, s->at};
    while (name.end < s->end && is_alphanum(s->text[name.end]))
        name.end++;
    const struct mechanism *mechanism = find_mechanism(&name);
    s->at = name.end;
    if (mechanism != NULL && (s->at == s->end || at(s) == ':' || at(s) == '/'))
        return mechanism;
    size_t end = name.end;
    while (end < s->end && s->text[end] != ':' && s->text[end] != '/')
        end++;
    fault(p, MA_SPF_UNKNOWN_TERM, term->offset,
        end > term->offset ? end - term->offset : term->length);
    return NULL;
}

static bool read_needed_domain(struct parser *p, struct part s)
{
    const struct ma_spf_term *term = p->term;
    if (at(&s) == ':') {
        s.at++;
        return read_domain(p, s);
    }
    if (s.at < s.end)
        return fault(p, MA_SPF_TAKES_NO_PREFIX, s.at, s.end - s.at);
    return fault(p, MA_SPF_NEEDS_VALUE, term->offset, term->length);
}

static bool read_directive(struct parser *p, struct part s)
{
    const struct mechanism *mechanism = read_mechanism(p, &s);
    if (mechanism == NULL)
        return false;
    p->term->kind = (uint8_t)mechanism->kind;
    switch (mechanism->value) {
    case NO_VALUE:
        return s.at == s.end || fault(p, MA_SPF_TAKES_NO_VALUE, s.at, s.end - s.at);
    case NETWORK:
        return read_network(p, s);
    case DOMAIN:
        return read_needed_domain(p, s);
    case MAYBE_DOMAIN:
        return read_optional(p, s, false);
    case MAYBE_DOMAIN_AND_PREFIX:
        return read_optional(p, s, true);
    }
    return false;
}

/* The length of a modifier's name, or 0 where the term is none (4.6.1). */
static size_t modifier_name(const struct part *s)
{
    size_t i = s->at;
    if (i >= s->end || !is_alpha(s->text[i]))
        return 0;
    while (i < s->end && (is_alphanum(s->text[i]) || strchr("-_.", s->text[i]) != NULL))
        i++;
    return i < s->end && s->text[i] == '=' ? i - s->at : 0;
}

static bool is_word(const struct part *s, size_t size, const char *word)
{
    return size == strlen(word) && strncasecmp(s->text + s->at, word, size) == 0;
}

static bool read_modifier(struct parser *p, struct part s, size_t name_size)
{
    struct ma_spf_term *term = p->term;
    struct part value = {s.text, s.at + name_size + 1, s.end};
    bool redirect = is_word(&s, name_size, "redirect");
    if (!redirect && !is_word(&s, name_size, "exp")) {
        size_t macros_end = 0;
        term->kind = MA_SPF_UNKNOWN;
        term->spec = (uint32_t)value.at;
        term->spec_length = (uint32_t)(value.end - value.at);
        return read_macros(p, value, true, &macros_end);
    }
    term->kind = redirect ? MA_SPF_REDIRECT : MA_SPF_EXP;
    if ((redirect ? p->record->redirect : p->record->exp) >= 0)
        return fault(p, MA_SPF_DUPLICATE_MODIFIER, term->offset, term->length);
    return read_domain(p, value);
}

static void read_term(struct parser *p, struct part s)
{
    struct ma_spf_term *term = p->term;
    *term = (struct ma_spf_term){.kind = MA_SPF_BROKEN,
        .prefix4 = PREFIX4_MAX,
        .prefix6 = PREFIX6_MAX,
        .offset = (uint32_t)s.at,
        .length = (uint32_t)(s.end - s.at)};
    for (size_t i = s.at; i < s.end; i++) {
        if (s.text[i] <= ' ' || s.text[i] > '~') {
            size_t last = i;
            while (last + 1 < s.end && (s.text[last + 1] <= ' ' || s.text[last + 1] > '~'))
                last++;
            fault(p, MA_SPF_BAD_BYTE, i, last + 1 - i);
            return;
        }
    }
    size_t name_size = modifier_name(&s);
    if (name_size > 0)
        read_modifier(p, s, name_size);
    else
        read_directive(p, s);
}

static void note_index(struct ma_spf_record *record, const struct ma_spf_term *term)
{
    int index = (int)(term - record->terms);
    if (term->kind == MA_SPF_ALL && record->all < 0)
        record->all = index;
    else if (term->kind == MA_SPF_REDIRECT)
        record->redirect = index;
    else if (term->kind == MA_SPF_EXP)
        record->exp = index;
}

const struct ma_spf_record *ma_spf_record_parse(
    struct ma_run *run, const char *text, size_t size, const struct ma_rr *rr)
{
    struct ma_spf_record *record = ma_alloc(run, sizeof(*record));
    *record = (struct ma_spf_record){
        .text = text, .size = size, .rr = rr, .all = -1, .redirect = -1, .exp = -1};
    struct ma_spf_term *terms =
        ma_alloc(run, (ma_spf_record_terms(text, size) + 1) * sizeof(*terms));
    record->terms = terms;
    struct parser parser = {.run = run, .record = record};
    size_t i = VERSION_SIZE;
    while (i < size) {
        if (text[i] == ' ') {
            i++;
            continue;
        }
        const char *space = memchr(text + i, ' ', size - i);
        size_t end = space != NULL ? (size_t)(space - text) : size;
        parser.term = &terms[record->term_count++];
        read_term(&parser, (struct part){text, i, end});
        note_index(record, parser.term);
        i = end;
    }
    return record;
}

const char *ma_spf_kind_name(enum ma_spf_kind kind)
{
    static const char *const names[] = {[MA_SPF_ALL] = "all",
        [MA_SPF_INCLUDE] = "include",
        [MA_SPF_A] = "a",
        [MA_SPF_MX] = "mx",
        [MA_SPF_PTR] = "ptr",
        [MA_SPF_IP4] = "ip4",
        [MA_SPF_IP6] = "ip6",
        [MA_SPF_EXISTS] = "exists",
        [MA_SPF_REDIRECT] = "redirect",
        [MA_SPF_EXP] = "exp",
        [MA_SPF_UNKNOWN] = "unknown-modifier",
        [MA_SPF_BROKEN] = ""};
    return names[kind];
}
