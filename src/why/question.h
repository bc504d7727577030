/* SPDX-License-Identifier: MIT */
/*
 * question.h - `mailaudit why`: which mail was refused, as somebody pastes it.
 *
 * What SPF libraries put into their refusals is a link to a page that is long gone, with the facts
 * as its parameters: why.html?sender=S&ip=I&receiver=R, Why?s=mfrom;id=S;ip=I;r=R, ?id=S&ip=I,
 * ?scope=mfrom;identity=S;ip=I. It comes with words before and after it, wrapped, in angle
 * brackets, percent-encoded once or twice, with the =3D of quoted-printable. The same facts stand
 * in a Received-SPF header, and in a log line behind the link. Or they are given one by one.
 *
 * All of it is hostile input, of MA_WHY_BYTES_MAX at most; nothing is fetched.
 */
#ifndef MA_WHY_QUESTION_H
#define MA_WHY_QUESTION_H

#include "../arena.h"
#include "mailaudit/check.h"

#include <stdio.h>

#define MA_WHY_BYTES_MAX 8192 /* of all words together */

enum ma_link_key { MA_LINK_SENDER, MA_LINK_ADDRESS, MA_LINK_RECEIVER, MA_LINK_SCOPE, MA_LINK_HELO };
#define MA_LINK_KEYS 5

/* The parameters: decoded, without control characters, in the arena; NULL where not there. */
struct ma_why_link {
    const char *values[MA_LINK_KEYS];
    const char *keys[MA_LINK_KEYS]; /* as each is called there, for errors; static */
};

/* Looks for parameters in any text. False, told to err, when a value cannot be used. No parameter
   at all is no error. */
bool ma_why_link_read(struct ma_why_link *, struct ma_arena *, const char *text, FILE *err);

/* Strings live in the arena. */
struct ma_why_question {
    const char *sender;   /* a mail address; "" is the null sender; NULL: not said */
    const char *address;  /* a valid IP address; NULL: not said */
    const char *receiver; /* a host name; or NULL */
    const char *helo;     /* or NULL */
    bool of_helo;         /* the HELO name was refused, whoever sent: sender is "" */
    bool from_link;       /* parameters were found */
};

/* The words of the command line. helo_given: --helo says the name. On false err has one line that
   names what is wrong. What is missing altogether is left to the caller. */
bool ma_why_question_read(struct ma_why_question *, struct ma_arena *, char *const *words,
    size_t count, bool helo_given, FILE *err);

#endif
