/* SPDX-License-Identifier: MIT */
/* A plug-in with the name of a built-in check. */
#include <mailaudit/check.h>

static void target_run(struct ma_run *run)
{
    (void)run;
}

MA_CHECK(target, .area = "target", .title = "An impostor", .run = target_run);
