/* SPDX-License-Identifier: MIT */
/* flock.h - advisory locks: flock(2), POSIX record locks, open-file-description locks (fs/flock.c) */
#ifndef FS_FLOCK_H
#define FS_FLOCK_H

#include <fs/file.h>

/* locks_remove_file - @f is going away: its flock and OFD locks with it */
void locks_remove_file(struct file *f);
/* locks_remove_posix - a descriptor of @f in @fs was closed: the record locks of that table end */
void locks_remove_posix(struct file *f, struct files_struct *fs);
/* fcntl_lock - F_GETLK, F_SETLK, F_SETLKW and the OFD variants */
long fcntl_lock(struct file *f, unsigned int cmd, struct flock __user *ufl);

#endif
