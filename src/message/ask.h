/* SPDX-License-Identifier: MIT */
/*
 * ask.h - a message verified for a check. A check starts no process and calls no library that a
 * message may crash; like an answer of the DNS, what the signatures are worth is given to it.
 */
#ifndef MA_MESSAGE_ASK_H
#define MA_MESSAGE_ASK_H

#include "verify.h"

#include <mailaudit/check.h>

/*
 * One verdict for each signature, as of at_secs, by ma_mail_verify_apart(). Nothing is done, and
 * all are MA_SIGNATURE_UNCHECKED, in a run that waits for answers and will be repeated: ask last.
 */
const struct ma_verdict *ma_ask_verdicts(
    struct ma_run *, const struct ma_mail *, const struct ma_key_record *, int64_t at_secs);

#endif
