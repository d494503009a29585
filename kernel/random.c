/* SPDX-License-Identifier: MIT */
/*
 * kernel/random.c - where do unpredictable bytes come from?
 *
 * One ChaCha20 generator (lib/random.c) for the machine. Its key is made from arch_entropy() at boot,
 * and what that offers is mixed in again every RESEED_NS.
 *
 * LOCKS          random_lock (RANK_RANDOM, interrupts off).
 * LEFT OUT       counting entropy, blocking: there is one quality of randomness.
 */
#include <kernel/random.h>
#include <kernel/spinlock.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <lib/random.h>
#include <lib/string.h>

#define RESEED_NS	(60 * NSEC_PER_SEC)

#define GRND_NONBLOCK	1u
#define GRND_RANDOM	2u
#define GRND_INSECURE	4u

static DEFINE_SPINLOCK(random_lock, RANK_RANDOM);
static struct random_state state = RANDOM_STATE_INIT;
static u64 next_seed_ns;	/* random_lock */

static void seed_locked(void)
{
	u8 entropy[64];
	u64 now = arch_clock_ns();

	if (now < next_seed_ns)
		return;
	next_seed_ns = now + RESEED_NS;
	arch_entropy(entropy, sizeof(entropy));
	random_seed(&state, entropy, sizeof(entropy));
	memset(entropy, 0, sizeof(entropy));
}

void random_init(void)
{
	unsigned long flags;

	spin_lock_irqsave(&random_lock, flags);
	seed_locked();
	spin_unlock_irqrestore(&random_lock, flags);
}

void get_random_bytes(void *buf, size_t n)
{
	unsigned long flags;

	spin_lock_irqsave(&random_lock, flags);
	seed_locked();
	random_bytes(&state, buf, n);
	spin_unlock_irqrestore(&random_lock, flags);
}

/* The range is far below 2^64 everywhere we use it, so that the bias of the remainder is nothing. */
u64 random_below(u64 n)
{
	u64 r;

	get_random_bytes(&r, sizeof(r));
	return r % n;
}

void random_add(const void *buf, size_t n)
{
	unsigned long flags;

	spin_lock_irqsave(&random_lock, flags);
	random_seed(&state, buf, n);
	spin_unlock_irqrestore(&random_lock, flags);
}

SYSCALL_DEFINE3(getrandom, void __user *, ubuf, size_t, n, unsigned int, how)
{
	u8 chunk[256];
	size_t done = 0;

	if (how & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((how & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	n = min(n, (size_t)__INT_MAX__ & PAGE_MASK);
	while (done < n) {
		size_t part = min(n - done, sizeof(chunk));

		get_random_bytes(chunk, part);
		if (copy_to_user((u8 __user *)ubuf + done, chunk, part))
			return done ? (long)done : -EFAULT;
		done += part;
		if (signal_pending(current) && done >= 256)
			break;
	}
	return (long)done;
}
