/* SPDX-License-Identifier: MIT */
#include "selectors.h"

#include "options.h"

#include <string.h>

static bool is_given(const struct ma_spec *s, const char *selector)
{
    for (size_t i = 0; i < s->selector_count; i++)
        if (strcmp(s->selectors[i], selector) == 0)
            return true;
    return false;
}

/* Adds a word to the list; false without memory. */
static bool note(struct ma_options *o, const char **list, const char *word)
{
    *list = word != NULL
                ? ma_arena_printf(&o->arena, "%s%s%s", *list, **list != '\0' ? " " : "", word)
                : NULL;
    return *list != NULL;
}

static bool take(struct ma_options *o, const struct ma_signature *s, const char **list, FILE *err)
{
    if (*s->domain == '\0' || *s->selector == '\0')
        return note(o, list, MA_SELECTORS_UNREADABLE);
    if (strcmp(s->domain, o->spec.domain) != 0)
        return note(
            o, list, ma_arena_printf(&o->arena, "%s._domainkey.%s", s->selector, s->domain));
    return is_given(&o->spec, s->selector) ||
           ma_spec_add_selector(&o->spec, &o->arena, s->selector, err);
}

static bool take_all(struct ma_options *o, const struct ma_mail *m, FILE *err)
{
    const char *list = "";
    for (size_t i = 0; i < m->signature_count; i++)
        if (!take(o, &m->signatures[i], &list, err))
            return false;
    if (m->signature_count == 0)
        list = MA_SELECTORS_UNSIGNED;
    return (*list == '\0' || ma_options_set(o, MA_SELECTORS_ELSEWHERE, list, err)) &&
           ma_options_set(o, MA_SELECTORS_FILE, o->selectors_of, err);
}

bool ma_message_selectors(struct ma_options *o, FILE *err)
{
    struct ma_mail_file mail;
    if (o->selectors_of == NULL || o->action != MA_ACTION_COMMAND)
        return true;
    if (o->command->word != NULL) {
        fputs("--message is for the audit of one domain\n", err);
        return false;
    }
    if (!ma_mail_file_read(&mail, o->selectors_of, err))
        return false;
    bool ok = take_all(o, &mail.mail, err);
    ma_mail_file_clear(&mail);
    return ok;
}
