/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include "run.h"

const struct ma_verdict *ma_ask_verdicts(
    struct ma_run *run, const struct ma_mail *m, const struct ma_key_record *keys, int64_t at_secs)
{
    struct ma_verdict *verdicts = ma_alloc(run, MA_MAIL_SIGNATURES_MAX * sizeof *verdicts);
    for (size_t i = 0; i < MA_MAIL_SIGNATURES_MAX; i++)
        verdicts[i] = (struct ma_verdict){.result = MA_SIGNATURE_UNCHECKED, .why = MA_WHY_LIBRARY};
    if (run->pending == 0)
        ma_mail_verify_apart(m, keys, at_secs, verdicts);
    return verdicts;
}
