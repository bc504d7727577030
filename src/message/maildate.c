/* SPDX-License-Identifier: MIT */
#include "maildate.h"

#include "words.h"

#include <string.h>
#include <time.h>

#define YEAR_MAX 9999
#define SECS_MAX INT64_C(253402300799) /* of that year */

/* All digits, as many as allowed; -1 else. */
static int number(const char *bytes, struct ma_span s, size_t least, size_t most)
{
    int value = 0;
    if (s.size < least || s.size > most)
        return -1;
    for (size_t i = 0; i < s.size; i++) {
        char c = bytes[s.offset + i];
        if (c < '0' || c > '9')
            return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

/* Days since the epoch of a date of the Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int month_of(const char *bytes, struct ma_span s)
{
    static const char *const names[] = {
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
    for (int i = 0; i < 12; i++)
        if (ma_span_is_nocase(bytes, s, names[i]))
            return i + 1;
    return -1;
}

/* HH:MM[:SS] in seconds; -1 else. */
static int time_of(const char *bytes, struct ma_span s)
{
    struct ma_items items;
    struct ma_span part;
    int parts[3] = {0, 0, 0}, count = 0;
    ma_items_init(&items, bytes, s, ':');
    while (ma_items_next(&items, &part)) {
        if (count == 3)
            return -1;
        parts[count] = number(bytes, part, 1, 2);
        if (parts[count++] < 0)
            return -1;
    }
    if (count < 2 || parts[0] > 23 || parts[1] > 59 || parts[2] > 60)
        return -1;
    return parts[0] * 3600 + parts[1] * 60 + parts[2];
}

/* Seconds east of Greenwich; a name that is not known counts as UTC (RFC 5322 4.3). */
static int zone_of(const char *bytes, struct ma_span s)
{
    static const struct {
        const char *name;
        int hours;
    } zones[] = {{"est", -5}, {"edt", -4}, {"cst", -6}, {"cdt", -5}, {"mst", -7}, {"mdt", -6},
        {"pst", -8}, {"pdt", -7}};
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
        if (ma_span_is_nocase(bytes, s, zones[i].name))
            return zones[i].hours * 3600;
    char sign = s.size == 5 ? bytes[s.offset] : '\0';
    int value = number(bytes, (struct ma_span){s.offset + 1, 4}, sign != '\0' ? 4 : 5, 4);
    if (value < 0 || (sign != '+' && sign != '-'))
        return 0;
    int secs = value / 100 * 3600 + value % 100 * 60;
    return sign == '-' ? -secs : secs;
}

int64_t ma_mail_date(const char *bytes, struct ma_span s)
{
    struct ma_words words;
    struct ma_word w;
    struct ma_span parts[5] = {{0, 0}};
    size_t count = 0;
    ma_words_init(&words, bytes, s, ",");
    while (count < 5 && ma_words_next(&words, &w)) {
        if (w.special == ',') /* the day of the week */
            count = 0;
        else if (w.kind == MA_WORD_ATOM)
            parts[count++] = w.at;
    }
    if (count < 4)
        return -1;
    int day = number(bytes, parts[0], 1, 2), month = month_of(bytes, parts[1]);
    int year = number(bytes, parts[2], 4, 4), time = time_of(bytes, parts[3]);
    if (day < 1 || day > 31 || month < 0 || year < 1970 || year > YEAR_MAX || time < 0)
        return -1;
    int64_t secs = days_of(year, month, day) * 86400 + time - zone_of(bytes, parts[4]);
    return secs >= 0 ? secs : -1;
}

void ma_mail_date_print(char out[static MA_MAIL_DATE_MAX], int64_t secs)
{
    struct tm tm;
    time_t at = (time_t)secs;
    out[0] = '\0';
    if (secs >= 0 && secs <= SECS_MAX && gmtime_r(&at, &tm) != NULL)
        strftime(out, MA_MAIL_DATE_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm);
}
