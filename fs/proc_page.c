/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_page.c - /proc/kpageflags, kpagecount (a 64-bit word per frame, Linux's binary format), page_kinds
 *
 * The word of frame n is at offset 8 n. Reads start and end between words. `buddymap` draws them.
 */
#include <fs/proc.h>
#include <fs/uio.h>
#include <mm/page_kind.h>
#include <mm/show_mem.h>
#include <uapi/errno.h>

#define WORDS	64		/* copied at a time */

static u64 flags_of(const struct page *p)
{
	return stable_page_flags(p);
}

static u64 count_of(const struct page *p)
{
	return PageSlab(p) || PageTable(p) || page_mapcount(p) < 0 ? 0 : (u64)page_mapcount(p);
}

static ssize_t read_words(struct iov_iter *it, loff_t *pos, u64 (*word)(const struct page *), u64 absent)
{
	pfn_t pfn = (pfn_t)*pos / sizeof(u64);
	ssize_t total = 0;

	if (*pos % (loff_t)sizeof(u64) || it->count % sizeof(u64))
		return -EINVAL;
	while (pfn < max_pfn && it->count && !cond_resched_killable()) {
		u64 words[WORDS];
		size_t n = min(min(it->count / sizeof(u64), (size_t)WORDS), (size_t)(max_pfn - pfn));

		for (size_t i = 0; i < n; i++)
			words[i] = pfn_valid(pfn + i) ? word(pfn_to_page(pfn + i)) : absent;
		if (copy_to_iter(words, n * sizeof(u64), it) < n * sizeof(u64))
			return -EFAULT;
		pfn += n;
		total += (ssize_t)(n * sizeof(u64));
	}
	*pos += total;
	return total;
}

static ssize_t kpageflags_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	return read_words(it, pos, flags_of, 1ULL << KPF_NOPAGE);
}

static ssize_t kpagecount_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	return read_words(it, pos, count_of, 0);
}

static loff_t kpage_llseek(struct file *f, loff_t off, int whence)
{
	return whence == SEEK_END ? -EINVAL : llseek_to(f, off, whence, 0);
}

static const struct file_ops kpageflags_fops = { .read = kpageflags_read, .llseek = kpage_llseek };
static const struct file_ops kpagecount_fops = { .read = kpagecount_read, .llseek = kpage_llseek };

/* page_kinds: which pages may be taken away and shared, and how many there are of each kind; Verso's own */
static int show_page_kinds(struct seq_file *m)
{
	seq_puts(m, "kind    swappable shareable      pages  what\n");
	for (unsigned int i = 0; i < NR_PAGE_KINDS; i++)
		seq_printf(m, "%-8s%-10s%-9s%11lu  %s\n", page_kinds[i].name, page_kinds[i].swappable ? "yes" : "no",
			   page_kinds[i].shareable ? "yes" : "no", page_kind_count((enum page_kind)i),
			   page_kinds[i].what);
	return 0;
}

const struct proc_entry proc_page_entries[] = {
	{ .name = "kpagecount", .mode = S_IFREG | 0400, .fops = &kpagecount_fops },
	{ .name = "kpageflags", .mode = S_IFREG | 0400, .fops = &kpageflags_fops },
	{ .name = "page_kinds", .mode = S_IFREG | 0444, .show = show_page_kinds },
	{ .mode = 0 },
};
