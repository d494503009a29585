/* SPDX-License-Identifier: MIT */
/* epoll.h - what the file code must tell epoll (fs/epoll.c) */
#ifndef FS_EPOLL_H
#define FS_EPOLL_H

struct file;

/* epoll_file_gone - @f is being released: every epoll set forgets it */
void epoll_file_gone(struct file *f);

#endif
