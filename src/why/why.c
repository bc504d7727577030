/* SPDX-License-Identifier: MIT */
#include "why.h"

#include "../output.h"
#include "org_domain.h"
#include "question.h"

#include <string.h>

#define ARENA_BYTES_MAX (1024 * 1024)
#define SETTING         "receiver" /* known to check "spf", for %{r} */

static const char examples[] =
    "for example: mailaudit why "
    "'http://www.openspf.org/Why?s=mfrom;id=user%40example.com;ip=192.0.2.1;r=mx.example.net'\n"
    "or: mailaudit why user@example.com 192.0.2.1 mx.example.net\n";

static const char *setting(const struct ma_options *o, const char *name)
{
    for (size_t i = 0; i < o->setting_count; i++)
        if (strcmp(o->settings[i].name, name) == 0)
            return o->settings[i].value;
    return NULL;
}

/* ---- the command line ------------------------------------------------------------------------ */

static bool set_receiver(struct ma_options *o, const char *receiver, FILE *err)
{
    for (size_t i = 0; i < o->setting_count; i++) {
        if (strcmp(o->settings[i].name, SETTING) == 0) { /* a recording's: this is another mail */
            o->settings[i].value = receiver != NULL ? receiver : "unknown";
            return true;
        }
    }
    return receiver == NULL || ma_options_set(o, SETTING, receiver, err);
}

/* The sender as it is judged: its domain in A-labels. */
static bool set_sender(struct ma_options *o, const char *sender, FILE *err)
{
    struct ma_spec *s = &o->spec;
    if (!ma_spec_set_sender(s, &o->arena, sender, err))
        return false;
    if (*s->sender == '\0')
        return true;
    const char *at = strrchr(s->sender, '@');
    if (!ma_spec_set_domain(s, &o->arena, at + 1, err))
        return false;
    s->sender = ma_arena_printf(&o->arena, "%.*s@%s", (int)(at - s->sender), s->sender, s->domain);
    return s->sender != NULL;
}

/* What was said twice, by a word and by an option, or not at all. */
static bool is_complete(const struct ma_options *o, const struct ma_why_question *q, FILE *err)
{
    const struct ma_spec *s = &o->spec;
    if (o->argument_count == 0)
        fputs("why: which mail was refused? Give the link that the bounce has\n", err);
    else if (s->sender != NULL && q->sender != NULL)
        fputs("why: --sender is not needed: the sender is there already\n", err);
    else if (s->sender == NULL && q->sender == NULL && s->helo == NULL)
        fputs("why: no sender's address: it is sender= or id= in a link\n", err);
    else if (q->address == NULL && q->from_link)
        fputs("why: no IP address, which is ip= in a link; did the link stand in single quotes? "
              "Without, the shell ends the command at '&' or ';'\n",
            err);
    else if (q->address == NULL)
        fputs("why: no IP address: whose mail was refused?\n", err);
    else
        return true;
    return false;
}

static bool take_question(struct ma_options *o, FILE *err)
{
    struct ma_spec *s = &o->spec;
    struct ma_why_question q;
    if (!ma_why_question_read(
            &q, &o->arena, o->arguments, (size_t)o->argument_count, s->helo != NULL, err) ||
        !is_complete(o, &q, err))
        return false;
    if (s->helo == NULL && q.helo != NULL && !ma_spec_set_helo(s, &o->arena, q.helo, err))
        return false;
    const char *sender = q.sender != NULL ? q.sender : s->sender != NULL ? s->sender : "";
    if (!set_sender(o, sender, err) || !ma_spec_check(s, err))
        return false;
    if (*s->sender == '\0' && !ma_spec_set_domain(s, &o->arena, s->helo, err))
        return false;
    return ma_spec_add_address(s, &o->arena, q.address, err) && set_receiver(o, q.receiver, err);
}

bool ma_why_prepare(struct ma_options *o, FILE *err)
{
    bool recorded = o->argument_count == 0 && o->spec.domain != NULL;
    if (recorded ? o->spec.address_count != 1 : !take_question(o, err)) {
        if (recorded)
            fputs("why: the recording is not of one address\n", err);
        fputs(examples, err);
        return false;
    }
    /* the domain has sent, whatever it says of itself */
    return o->spec.role_given || ma_spec_set_role(&o->spec, "sends-and-receives", err);
}

/* ---- the answer ------------------------------------------------------------------------------ */

static int exit_code(const struct ma_why *w, const struct ma_options *o)
{
    if (w->result == MA_WHY_UNKNOWN || ma_why_helo_is(w, MA_WHY_UNKNOWN))
        return o->incomplete_ok ? MA_EXIT_OK : MA_EXIT_UNKNOWN;
    bool passes = w->result == MA_WHY_PASS && !ma_why_helo_is(w, MA_WHY_FAIL);
    return passes ? MA_EXIT_OK : MA_EXIT_FINDINGS;
}

static bool print(const struct ma_why *w, const struct ma_options *o, FILE *err)
{
    struct ma_output out;
    if (!ma_output_open(&out, o->output, err))
        return false;
    if (o->format_name != NULL && strcmp(o->format_name, "json") == 0) {
        ma_why_show_json(out.file, w);
    } else {
        struct ma_render_options r = ma_render_options_for(o, out.file);
        ma_why_show(out.file, w, &r);
    }
    return ma_output_close(&out, err);
}

int ma_why_print(const struct ma_report *report, const struct ma_session *session,
    const struct ma_options *o, FILE *err)
{
    struct ma_arena arena;
    struct ma_setup setup = {
        .settings = o->settings, .setting_count = o->setting_count, .check = "why", .err = err};
    struct ma_why w = {.arena = &arena};
    void *psl = NULL;
    int code = MA_EXIT_USAGE;
    (void)session;
    if (!ma_org_domain_open(&setup, &psl))
        return code;
    ma_arena_init(&arena, 4096, ARENA_BYTES_MAX);
    ma_why_answer(&w, report, setting(o, SETTING), psl);
    ma_why_advise(&w);
    if (print(&w, o, err))
        code = exit_code(&w, o);
    ma_arena_clear(&arena);
    ma_org_domain_close(psl);
    return code;
}
