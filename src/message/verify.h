/* SPDX-License-Identifier: MIT */
/*
 * verify.h - the DKIM signatures of a message verified by libopendkim, with keys that were looked
 * up before: nothing here asks for anything. What libopendkim gets wrong is decided by us (the
 * key record, rsa-sha1, t=s, times), so that it is left with hashes and the signature itself.
 */
#ifndef MA_MESSAGE_VERIFY_H
#define MA_MESSAGE_VERIFY_H

#include "gate.h"

enum ma_key_answer {
    MA_KEY_ANSWER_RECORD,
    MA_KEY_ANSWER_NONE, /* no such name, or no TXT record */
    MA_KEY_ANSWER_SEVERAL,
    MA_KEY_ANSWER_FAILED /* the look-up failed */
};

struct ma_key_record {
    enum ma_key_answer answer;
    const char *bytes; /* of the record; borrowed */
    size_t size;
};

enum ma_signature_result {
    MA_SIGNATURE_PASS,
    MA_SIGNATURE_FAIL,      /* it is checked, and wrong */
    MA_SIGNATURE_PERMERROR, /* it cannot be checked, and never will */
    MA_SIGNATURE_TEMPERROR, /* the key could not be looked up */
    MA_SIGNATURE_UNCHECKED  /* the library gave no answer: a bound, or a fault of ours */
};

enum ma_signature_why {
    MA_WHY_NONE,
    MA_WHY_GATE, /* the signature's own fault */
    MA_WHY_SHA1, /* RFC 8301 3.1 */
    MA_WHY_NO_KEY,
    MA_WHY_KEYS, /* several records */
    MA_WHY_LOOKUP,
    MA_WHY_BAD_KEY,
    MA_WHY_REVOKED,
    MA_WHY_SHORT_KEY, /* RFC 8301 3.2 */
    MA_WHY_KEY_TYPE,  /* the key is of another type than a= */
    MA_WHY_SUBDOMAIN, /* t=s, and i= is below d= */
    MA_WHY_BODY,      /* the body's hash: the body was changed */
    MA_WHY_HEADER,    /* the signature: the header was changed, or the key is another */
    MA_WHY_LIBRARY,
    MA_WHY_COUNT
};

struct ma_verdict {
    enum ma_signature_result result;
    enum ma_signature_why why;
    unsigned key_bits;
    bool body_matches;    /* of passed and failed ones */
    bool key_testing;     /* t=y */
    bool expired, future; /* by now_secs; the result is that of the signature all the same */
};

const char *ma_signature_result_name(enum ma_signature_result); /* as in RFC 8601 2.7.1 */
const char *ma_signature_why_phrase(enum ma_signature_why);

/* One key and one verdict for each of mail->signatures. For a mail without fault. In this process:
   for tests, and for a child. */
void ma_mail_verify(const struct ma_mail *, const struct ma_key_record *, int64_t now_secs,
    struct ma_verdict *verdicts_r);

/* The same in a child with bounds on time and memory: if it dies, the verdicts are UNCHECKED. */
void ma_mail_verify_apart(const struct ma_mail *, const struct ma_key_record *, int64_t now_secs,
    struct ma_verdict *verdicts_r);

#endif
