/* SPDX-License-Identifier: MIT */
/* pidfd.h - a process as a descriptor (kernel/pidfd.c) */
#ifndef KERNEL_PIDFD_H
#define KERNEL_PIDFD_H

#include <fs/file.h>
#include <kernel/process.h>

/* pidfd_file - a new file that stands for @p; ERR_PTR(-ENOMEM) */
struct file *pidfd_file(struct process *p, unsigned int flags);
/* pidfd_process_get - the process of descriptor @fd, referenced; the file's O_* in *@flags (or NULL). NULL: EBADF */
struct process *pidfd_process_get(int fd, unsigned int *flags);

#endif
