/* SPDX-License-Identifier: MIT */
/* render_options.c - how a report is to look, from the command line and the terminal. */
#include "options.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct ma_render_options ma_render_options_for(const struct ma_options *o, FILE *out)
{
    struct winsize size;
    bool tty = isatty(fileno(out)) == 1;
    const char *no_colour = getenv("NO_COLOR");
    struct ma_render_options r = {
        .columns = 80, .trace = o->trace, .verbose = o->verbose, .nagios = &o->plug_in.nagios};
    if (tty && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        r.columns = size.ws_col < 120 ? size.ws_col : 120;
    r.colour = o->colour == MA_COLOUR_ALWAYS ||
               (o->colour == MA_COLOUR_AUTO && tty && (no_colour == NULL || *no_colour == '\0'));
    return r;
}
