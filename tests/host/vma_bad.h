/* SPDX-License-Identifier: MIT */
/* tests/host/vma_bad.h - calls that must fail, with the errno of the man page, and change nothing */
#ifndef TESTS_VMA_BAD_H
#define TESTS_VMA_BAD_H

/* A page count that wraps, or reaches beyond the program's part of the address space */
static size_t wrapping_len(unsigned int first)
{
	static const size_t lens[] = { ~0UL, ~0UL - PAGE_SIZE + 1, 1UL << 63 };

	return test_random(4) ? lens[random_below(ARRAY_SIZE(lens))] : 0UL - addr_of(first) + PAGE_SIZE;
}

static void bad_mmap(struct mm_struct *mm, unsigned int first, unsigned int n)
{
	struct { unsigned long addr, len, flags; pgoff_t pgoff; int err; } bad[] = {
		{ addr_of(first), 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0, -EINVAL },
		{ addr_of(first), ~0UL, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0, -ENOMEM },
		{ addr_of(first), mm->task_size, MAP_PRIVATE | MAP_ANONYMOUS, 0, -ENOMEM },
		{ addr_of(first) + 1, PAGE_SIZE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0, -EINVAL },
		{ mm->task_size - PAGE_SIZE, 2 * PAGE_SIZE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0, -ENOMEM },
		{ 0, PAGE_SIZE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0, -EPERM },
		{ addr_of(first), PAGE_SIZE, MAP_ANONYMOUS | MAP_FIXED, 0, -EINVAL },
		{ addr_of(first), PAGE_SIZE, MAP_SHARED_VALIDATE | MAP_ANONYMOUS | MAP_FIXED, 0, -EINVAL },
		{ addr_of(first), PAGE_SIZE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_HUGETLB, 0, -EINVAL },
		{ addr_of(first), PAGE_SIZE, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, 0, -EINVAL },
		{ addr_of(first), n * PAGE_SIZE, MAP_PRIVATE | MAP_FIXED, ~0UL, -EOVERFLOW },
		{ addr_of(first), n * PAGE_SIZE, MAP_SHARED_VALIDATE | MAP_FIXED | 1U << 25, 0, -EOPNOTSUPP },
	};
	unsigned int k = random_below(ARRAY_SIZE(bad));
	struct mmap_request rq = {
		.addr = bad[k].addr, .len = bad[k].len, .prot = RW, .flags = bad[k].flags, .pgoff = bad[k].pgoff,
	};

	if (!(rq.flags & MAP_ANONYMOUS))
		object_request(random_below(NR_FILES), &rq);
	if (mm->def_flags & VM_LOCKED)
		return;			/* RLIMIT_MEMLOCK comes first: EAGAIN */
	assert_int_equal(do_mmap(mm, &rq), bad[k].err);
}

static void bad_mprotect(struct mm_struct *mm, unsigned int first, unsigned int n)
{
	switch (random_below(5)) {
	case 0:
		assert_int_equal(do_mprotect(mm, addr_of(first) + 1, n * PAGE_SIZE, RW), -EINVAL);
		break;
	case 1:
		assert_int_equal(do_mprotect(mm, addr_of(first), 0UL - addr_of(first), RW), -ENOMEM);
		break;
	case 2:
		assert_int_equal(do_mprotect(mm, addr_of(first), PAGE_SIZE, 0x10), -EINVAL);
		break;
	case 3:
		assert_int_equal(do_mprotect(mm, addr_of(first), PAGE_SIZE, PROT_GROWSDOWN | PROT_GROWSUP),
				 -EINVAL);
		break;
	default:
		assert_int_equal(do_mprotect(mm, addr_of(first), 0, PROT_READ), 0);
	}
}

static void bad_mremap(struct mm_struct *mm, unsigned int first, unsigned int n)
{
	const unsigned long move = MREMAP_MAYMOVE, a = addr_of(first), len = n * PAGE_SIZE;
	struct { unsigned long addr, old, new, flags, to; } bad[] = {
		{ a + 8, len, len, move, 0 },
		{ a, len, 0, move, 0 },
		{ a, len, ~0UL, move, 0 },
		{ a, len, len, 8, 0 },
		{ a, len, len, MREMAP_FIXED, a },
		{ a, len, len, MREMAP_DONTUNMAP, 0 },
		{ a, len, len + PAGE_SIZE, move | MREMAP_DONTUNMAP, 0 },
	};
	unsigned int k = random_below(ARRAY_SIZE(bad));

	assert_int_equal(do_mremap(mm, bad[k].addr, bad[k].old, bad[k].new, bad[k].flags, bad[k].to), -EINVAL);
}

/* These need a mapping at the old place to get that far; without one EFAULT comes first. */
static void bad_destination(struct mspace *s, unsigned int first, unsigned int n)
{
	const unsigned long fixed = MREMAP_MAYMOVE | MREMAP_FIXED, a = addr_of(first), len = n * PAGE_SIZE;
	const unsigned long to[] = { a, a + len - PAGE_SIZE, addr_of(0) + 1, s->mm->task_size, ~0UL & PAGE_MASK };
	int err = m_at(s, first) ? -EINVAL : -EFAULT;

	assert_int_equal(do_mremap(s->mm, a, len, len, fixed, to[random_below(ARRAY_SIZE(to))]), err);
	assert_int_equal(do_mremap(s->mm, a, len, s->mm->task_size + PAGE_SIZE, fixed, a), err);
}

static void bad_madvise(struct mm_struct *mm, unsigned int first, unsigned int n)
{
	static const int no_advice[] = { -1, 5, 7, 99, 1 << 16 };
	int advice = no_advice[random_below(ARRAY_SIZE(no_advice))];

	assert_int_equal(do_madvise(mm, addr_of(first), n * PAGE_SIZE, advice), -EINVAL);
	assert_int_equal(do_madvise(mm, addr_of(first) + 1, n * PAGE_SIZE, MADV_DONTNEED), -EINVAL);
	assert_int_equal(do_madvise(mm, addr_of(first), ~0UL, MADV_DONTNEED), -EINVAL);
	assert_int_equal(do_madvise(mm, addr_of(first), 0UL - addr_of(first) + PAGE_SIZE,
				    MADV_DONTFORK), -EINVAL);
	assert_int_equal(do_madvise(mm, addr_of(first), 0, MADV_DONTNEED), 0);
}

static void bad_munmap(struct mm_struct *mm, unsigned int first, unsigned int n)
{
	assert_int_equal(do_munmap(mm, addr_of(first) + 1, n * PAGE_SIZE), -EINVAL);
	assert_int_equal(do_munmap(mm, addr_of(first), 0), -EINVAL);
	assert_int_equal(do_munmap(mm, addr_of(first), wrapping_len(first)), -EINVAL);
	assert_int_equal(do_munmap(mm, mm->task_size, PAGE_SIZE), -EINVAL);
}

static void bad_mlock(struct mm_struct *mm, unsigned int first, unsigned int n)
{
	assert_int_equal(do_mlock(mm, addr_of(first), 0UL - addr_of(first), VM_LOCKED, ~0UL), -EINVAL);
	assert_int_equal(do_mlock(mm, addr_of(first), 0UL - addr_of(first), 0, ~0UL), -EINVAL);
	assert_int_equal(do_mlock(mm, addr_of(first), n * PAGE_SIZE, VM_LOCKED, 0), -EPERM);
	assert_int_equal(do_mlock(mm, addr_of(first), 0, VM_LOCKED, ~0UL), 0);
}

/* brk has no errno: the break stays where it is */
static void bad_brk(struct mm_struct *mm)
{
	unsigned long before = mm->brk;

	assert_int_equal(do_brk(mm, 0), before);
	assert_int_equal(do_brk(mm, mm->start_brk - 1), before);
	assert_int_equal(do_brk(mm, mm->task_size + 1), before);
	assert_int_equal(do_brk(mm, ~0UL), before);
}

static void step_bad(struct mspace *s, unsigned int first, unsigned int n)
{
	switch (random_below(8)) {
	case 0:
		bad_mmap(s->mm, first, n);
		break;
	case 1:
		bad_munmap(s->mm, first, n);
		break;
	case 2:
		bad_mprotect(s->mm, first, n);
		break;
	case 3:
		bad_mremap(s->mm, first, n);
		break;
	case 4:
		bad_destination(s, first, n);
		break;
	case 5:
		bad_madvise(s->mm, first, n);
		break;
	case 6:
		bad_mlock(s->mm, first, n);
		break;
	default:
		bad_brk(s->mm);
	}
}

#endif
