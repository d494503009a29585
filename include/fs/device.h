/* SPDX-License-Identifier: MIT */
/* device.h - device numbers and what is behind them (fs/devfs.c) */
#ifndef FS_DEVICE_H
#define FS_DEVICE_H

#include <lib/types.h>

struct file_ops;

#define MKDEV(ma, mi)	((((dev_t)(ma) & 0xfff) << 8) | ((dev_t)(mi) & 0xff) | \
			 (((dev_t)(mi) & ~0xffUL) << 12))
#define MAJOR(d)	((unsigned int)(((d) >> 8) & 0xfff))
#define MINOR(d)	((unsigned int)(((d) & 0xff) | (((d) >> 12) & 0xfff00)))
/* devmem_init - /dev/mem; 0 or -errno */
int devmem_init(void);
/* device_register - node /dev/@name of @mode (S_IFCHR or S_IFBLK and permissions) with @ops */
int device_register(const char *name, mode_t mode, dev_t dev, const struct file_ops *ops);
const struct file_ops *device_find(mode_t mode, dev_t dev);	/* or NULL */
void device_for_each(void (*fn)(const char *name, mode_t type, dev_t dev, void *arg), void *arg);

extern const struct file_ops userfaultfd_device_fops;	/* fs/userfaultfd.c */

#endif
