/* SPDX-License-Identifier: MIT */
/* A plug-in that crashes on a target whose first label is "crash". */
#include <mailaudit/check.h>

#include <stdlib.h>
#include <string.h>

static void check_crash(struct ma_run *run)
{
    if (strncmp(ma_target(run)->domain, "crash.", 6) == 0)
        abort();
}

MA_CHECK(crash, .area = "crash", .title = "Crashes", .run = check_crash);
