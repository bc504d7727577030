/* SPDX-License-Identifier: MIT */
/* A plug-in that was built against the header of another day. */
#include <mailaudit/check.h>

#undef MA_ABI
#define MA_ABI 4711u

static void old_run(struct ma_run *run)
{
    (void)run;
}

MA_CHECK(old, .area = "old", .title = "Old", .run = old_run);
