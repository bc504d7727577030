/* SPDX-License-Identifier: MIT */
/*
 * dkim_patterns.c - selectors that are made after a pattern: of the date when the key was made, or
 * of the domain's name. Asked for with --probe-selectors all only.
 */
#include "dkim_check.h"

#include <string.h>

#define SECS_PER_DAY 86400
#define MONTHS_BACK  24
#define YEARS_BACK   10
#define LETTERS      5 /* a to e: keys of one year */

/* What a pattern is counted through. */
enum step { ONCE, YEARS, LETTERED_YEARS, MONTHS };

/* %Y the year, %y its last two digits, %m the month, %l a letter, %D the domain with hyphens. */
struct pattern {
    const char *text;
    enum step step;
    const char *provider; /* NULL: of many */
    const char *source, *date;
};

/* clang-format off: one row a line */
static const struct pattern patterns[] = {
    {"selector1-%D", ONCE, "Microsoft 365", "DKIM-Signature headers", "2026-11"},
    {"selector2-%D", ONCE, "Microsoft 365", "DKIM-Signature headers", "2026-11"},
    {"%Y", YEARS, NULL, "DKIM-Signature headers", "2026-11"},
    {"s%Y", YEARS, NULL, "DKIM-Signature headers", "2026-11"},
    {"%Y%l", LETTERED_YEARS, NULL, "DKIM-Signature headers", "2026-11"},
    {"%Y%m", MONTHS, NULL, "DKIM-Signature headers", "2026-11"},
    {"%Y%m01", MONTHS, NULL, "DKIM-Signature headers", "2026-11"},
    {"dkim%Y%m", MONTHS, NULL, "DKIM-Signature headers", "2026-11"},
    {"scph%m%y", MONTHS, "SparkPost / MessageBird", "list in public Go sources", "2026-11"},
    {"mimecast%Y%m01", MONTHS, "Mimecast", "DKIM-Signature headers", "2026-11"},
};
/* clang-format on */

/* A month of the proleptic Gregorian calendar, counted from January of the year 0. */
static int64_t month_of(int64_t secs)
{
    /* days from 1 March of the year 0, in eras of 400 years (Hinnant, civil_from_days) */
    int64_t days = secs / SECS_PER_DAY + 719468;
    int64_t era = days / 146097, of_era = days % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    return (era * 400 + year) * 12 + from_march + 2;
}

static const char *dashed(struct dkim *d)
{
    const char *domain = d->target->domain;
    char *out = ma_alloc(d->run, strlen(domain) + 1);
    for (size_t i = 0; domain[i] != '\0'; i++)
        out[i] = (char)(domain[i] == '.' ? '-' : domain[i]);
    return out;
}

static const char *piece(struct dkim *d, char what, int64_t month, unsigned letter)
{
    unsigned year = (unsigned)(month / 12);
    switch (what) {
    case 'Y':
        return ma_text(d->run, "%04u", year);
    case 'y':
        return ma_text(d->run, "%02u", year % 100);
    case 'm':
        return ma_text(d->run, "%02u", (unsigned)(month % 12) + 1);
    case 'l':
        return ma_text(d->run, "%c", (int)('a' + letter));
    default:
        return dashed(d);
    }
}

static const char *fill(struct dkim *d, const char *text, int64_t month, unsigned letter)
{
    const char *out = "";
    while (*text != '\0') {
        size_t plain = strcspn(text, "%");
        out = ma_text(d->run, "%s%.*s", out, (int)plain, text);
        text += plain;
        if (*text == '\0')
            break;
        out = ma_text(d->run, "%s%s", out, piece(d, text[1], month, letter));
        text += 2;
    }
    return out;
}

void dkim_patterns(struct dkim *d, void (*ask)(struct dkim *, const char *selector, bool given))
{
    static const struct {
        unsigned count, months, letters;
    } steps[] = {
        [ONCE] = {1, 0, 1},
        [YEARS] = {YEARS_BACK, 12, 1},
        [LETTERED_YEARS] = {2, 12, LETTERS},
        [MONTHS] = {MONTHS_BACK, 1, 1},
    };
    int64_t now = month_of(d->target->now_secs);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        for (unsigned n = 0; n < steps[patterns[i].step].count; n++)
            for (unsigned l = 0; l < steps[patterns[i].step].letters; l++)
                ask(d,
                    fill(d, patterns[i].text, now - (int64_t)n * steps[patterns[i].step].months, l),
                    false);
}
