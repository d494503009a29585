/* SPDX-License-Identifier: MIT */
/* pipe.h - what fcntl asks of pipes (fs/pipe.c) */
#ifndef FS_PIPE_H
#define FS_PIPE_H

struct file;

/* pipe_create - a new pipe as two files, [0] to read and [1] to write; 0 or -ENFILE */
int pipe_create(struct file *ends[2], unsigned int flags);
/* pipe_set_size / pipe_get_size - capacity in bytes, or -errno (-EBADF: no pipe) */
long pipe_set_size(struct file *f, unsigned int size);
long pipe_get_size(struct file *f);

#endif
