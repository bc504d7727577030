/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include <stdlib.h>
#include <string.h>

unsigned char *ma_buffer_room(struct ma_buffer *b, size_t size)
{
    if (b->begin > 0 && b->room - b->end < size) {
        memmove(b->bytes, b->bytes + b->begin, b->end - b->begin);
        b->end -= b->begin;
        b->begin = 0;
    }
    if (b->room - b->end < size) {
        size_t room = b->room > 0 ? b->room : 4096;
        while (room - b->end < size)
            room *= 2;
        unsigned char *more = realloc(b->bytes, room);
        if (more == NULL)
            return NULL;
        b->bytes = more;
        b->room = room;
    }
    return b->bytes + b->end;
}

void ma_buffer_taken(struct ma_buffer *b, size_t size)
{
    b->begin += size;
    if (b->begin == b->end)
        b->begin = b->end = 0;
}

void ma_buffer_clear(struct ma_buffer *b)
{
    free(b->bytes);
    *b = (struct ma_buffer){0};
}
