/* SPDX-License-Identifier: MIT */
/* selectors.h - the DKIM selectors that a message of the user's is signed with (--message). */
#ifndef MA_MESSAGE_SELECTORS_H
#define MA_MESSAGE_SELECTORS_H

#include <stdbool.h>
#include <stdio.h>

struct ma_options;

/* The setting that tells the dkim check of what gives no selector: names of keys with blanks
   between them, MA_SELECTORS_UNREADABLE for a signature that cannot be read, or
   MA_SELECTORS_UNSIGNED alone where there is none. */
#define MA_SELECTORS_ELSEWHERE  "signed-elsewhere"
#define MA_SELECTORS_UNREADABLE "?"
#define MA_SELECTORS_UNSIGNED   "-"
/* The setting that keeps the name of the file for a recording. */
#define MA_SELECTORS_FILE "selectors-of"

/*
 * Reads the message in o->selectors_of, when there is one: the selectors of its signatures for the
 * domain to audit are given to the check as if by --selector. For when the target is known. False,
 * and a word to err, when it cannot be read.
 */
bool ma_message_selectors(struct ma_options *, FILE *err);

#endif
