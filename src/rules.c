/* SPDX-License-Identifier: MIT */
/* What the checks can say, without an audit: --rules (docs/rules.md) and --explain. */
#include "registry.h"
#include "report/sheet.h"
#include "score.h"

#include <string.h>

/* Markdown that shows the text as it is. */
static void put_markdown(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\`*_<>[]|", *text) != NULL)
            putc('\\', out);
        putc(*text, out);
    }
}

static void put_line(FILE *out, const char *label, const char *text)
{
    if (text == NULL)
        return;
    fprintf(out, "- %s: ", label);
    put_markdown(out, text);
    putc('\n', out);
}

static void put_severity(FILE *out, const struct ma_rule *rule)
{
    unsigned points = ma_severity_points(rule->severity);
    fputs(ma_severity_name(rule->severity), out);
    if (rule->severity == MA_UNKNOWN)
        fprintf(out, ", could be %s", ma_severity_name(rule->could_be));
    if (points > 0)
        fprintf(out, points == 1 ? ", %u point" : ", %u points", points);
}

static void print_rule(FILE *out, const struct ma_rule *rule)
{
    fprintf(out, "\n### %s\n\n", rule->id);
    put_markdown(out, rule->title);
    fputs("\n\n- severity: ", out);
    put_severity(out, rule);
    putc('\n', out);
    put_line(out, "why", rule->why);
    put_line(out, "fix", rule->fix);
    put_line(out, "reference", rule->reference);
}

void ma_rules_print(FILE *out, const struct ma_registry *registry)
{
    fputs("# Rules\n\nWhat mailaudit can say, by check. Made by `mailaudit --rules`: do not edit.\n"
          "Ids are stable; severity and points can be changed by a policy file.\n",
        out);
    for (size_t i = 0; i < registry->count; i++) {
        const struct ma_check *c = registry->checks[i].check;
        fprintf(out, "\n## %s: ", c->name);
        put_markdown(out, c->title);
        fprintf(out, "\n\nArea %s: costs at most %u points", c->area, ma_area_cap(c->area));
        fprintf(out,
            ma_area_cap(c->area) < MA_CAP_CRITICAL ? ", %u with a critical finding.\n" : ".\n",
            MA_CAP_CRITICAL);
        for (size_t k = 0; k < c->rule_count; k++)
            print_rule(out, &c->rules[k]);
    }
}

void ma_rule_explain(FILE *out, const struct ma_check *check, const struct ma_rule *rule)
{
    struct ma_sheet s;
    unsigned points = ma_severity_points(rule->severity);
    ma_sheet_init(&s, out, 80, false);
    ma_sheet_print(&s, 2, "%s: %s", rule->id, rule->title);
    ma_sheet_end_line(&s);
    s.item_indent = 13;
    ma_sheet_item(&s, "check", "%s (%s)", check->name, check->title);
    if (rule->severity == MA_UNKNOWN)
        ma_sheet_item(&s, "severity", "unknown, could be %s", ma_severity_name(rule->could_be));
    else
        ma_sheet_item(&s, "severity", points > 0 ? "%s, %u of 100 points" : "%s",
            ma_severity_name(rule->severity), points);
    if (rule->why != NULL)
        ma_sheet_item(&s, "why", "%s", rule->why);
    if (rule->fix != NULL)
        ma_sheet_item(&s, "fix", "%.*s", (int)strcspn(rule->fix, "\n"), rule->fix);
    if (rule->fix != NULL && strchr(rule->fix, '\n') != NULL)
        ma_sheet_item(&s, "", "%s", strchr(rule->fix, '\n') + 1); /* a file, {policy} */
    if (rule->reference != NULL)
        ma_sheet_item(&s, "reference", "%s", rule->reference);
}
