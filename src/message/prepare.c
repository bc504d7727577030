/* SPDX-License-Identifier: MIT */
#include "prepare.h"

#include "address.h"
#include "facts.h"
#include "options.h"

#include <stdlib.h>
#include <string.h>

/* Tries what may fail: what is found in a message is no mistake of the user's. */
static FILE *nowhere(char **text, size_t *size)
{
    *text = NULL;
    return open_memstream(text, size);
}

static bool set_domain(struct ma_options *o, const struct ma_mail_facts *f, FILE *err)
{
    char *ignored;
    size_t size;
    const char *recorded = o->spec.domain;
    FILE *null = nowhere(&ignored, &size);
    bool found = null != NULL && f->authors.count > 0 &&
                 ma_spec_set_domain(&o->spec, &o->arena, f->authors.list[0].domain, null);
    if (null != NULL)
        fclose(null);
    free(ignored);
    if (!found && !ma_spec_set_domain(&o->spec, &o->arena, MA_MAIL_NO_AUTHOR, err))
        return false;
    if (recorded == NULL || strcmp(recorded, o->spec.domain) == 0)
        return true;
    fprintf(err, "message: the recording is of a message from %s, this one is from %s\n", recorded,
        o->spec.domain);
    return false;
}

static bool set_address(struct ma_options *o, const struct ma_received *hop, FILE *err)
{
    char text[MA_ADDRESS_TEXT_MAX];
    for (int i = 1; i < o->argument_count; i++)
        if (!ma_spec_add_address(&o->spec, &o->arena, o->arguments[i], err))
            return false;
    if (o->spec.address_count > 0)
        return true;
    if (hop == NULL) /* else those of the MX records would be taken for it */
        return ma_options_set(o, "message-from-nowhere", "yes", err);
    ma_address_print(text, &hop->address);
    return ma_spec_add_address(&o->spec, &o->arena, text, err);
}

/* What the message says of its sender, where the user has not said it. An address of the user's
   is not that of the hop: the hop's HELO name does not go with it. */
static void set_envelope(struct ma_options *o, const struct ma_mail_facts *f)
{
    char *ignored;
    size_t size;
    FILE *null = nowhere(&ignored, &size);
    const struct ma_received *hop = f->received.taken;
    if (null == NULL)
        return;
    if (o->spec.helo == NULL && hop != NULL && hop->helo != NULL && o->argument_count < 2)
        ma_spec_set_helo(&o->spec, &o->arena, hop->helo, null);
    bool usable = f->sender != NULL && (*f->sender != '\0' || o->spec.helo != NULL);
    if (o->spec.sender == NULL && usable)
        ma_spec_set_sender(&o->spec, &o->arena, f->sender, null);
    fclose(null);
    free(ignored);
}

bool ma_message_prepare(struct ma_options *o, FILE *err)
{
    if (o->argument_count < 1 || o->argument_count > 2) {
        fputs(o->argument_count < 1 ? "message: no file given ('-' is standard input)\n"
                                    : "message: one file, and one address at most\n",
            err);
        return false;
    }
    if (!ma_mail_file_read(&o->message, o->arguments[0], err))
        return false;
    o->has_message = true;
    const struct ma_mail_facts *f = ma_mail_facts_read(&o->message.arena, &o->message.mail);
    if (f == NULL) {
        fputs("out of memory\n", err);
        return false;
    }
    if (!set_domain(o, f, err) || !set_address(o, f->received.taken, err))
        return false;
    set_envelope(o, f);
    /* it was sent, whatever its domain is for: nothing has to be asked to know */
    return (o->spec.role_given || ma_spec_set_role(&o->spec, "sends-and-receives", err)) &&
           ma_options_set(o, "message-text", o->message.file.bytes, err);
}
