#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boot Verso in QEMU with its console on this terminal.

Ctrl-C goes to the guest. The guest ends when PID 1 exits; Ctrl-A X stops the emulator at once.
"""

import argparse
import os
import shlex
import subprocess
import sys

import machine


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arch", choices=machine.PORTS, default="riscv")
    parser.add_argument("--kernel", help="default: build/ARCH/verso.elf")
    parser.add_argument("--initrd", help="default: build/ARCH/initrd.cpio; 'none' for no initrd")
    parser.add_argument("--append", default="", help="boot parameters")
    parser.add_argument("--levels", type=int, help="depth of the page tables")
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--mem", default="512M")
    parser.add_argument("--icount", action="store_true", help="count instructions: repeatable")
    parser.add_argument("--timeout", type=float, help="seconds until the emulator is stopped")
    parser.add_argument("--gdb", metavar="SOCKET", help="wait for gdb on a Unix socket")
    parser.add_argument("--quiet", action="store_true", help="do not explain how to leave")
    parser.add_argument("extra", nargs="*", help="more QEMU options, after --")
    return parser.parse_args()


def main():
    args = parse_arguments()
    build = os.path.join(machine.ROOT, "build", args.arch)
    kernel = args.kernel or os.path.join(build, "verso.elf")
    initrd = args.initrd or os.path.join(build, "initrd.cpio")
    initrd = None if initrd == "none" else initrd
    for path in filter(None, (kernel, initrd)):
        if not os.path.exists(path):
            sys.exit(f"run: {path} does not exist; `make ARCH={args.arch} all initrd` builds it")
    extra = list(args.extra)
    if args.gdb:
        extra += ["-chardev", f"socket,path={args.gdb},server=on,wait=off,id=gdb",
                  "-gdb", "chardev:gdb", "-S"]
    command = machine.qemu_command(args.arch, kernel, initrd,
                                   machine.boot_words(args.append, args.levels),
                                   args.smp, args.mem, args.icount, extra)
    if not args.quiet:
        print(shlex.join(command))
        print("Leave with `exit` in the shell, which powers the machine off; "
              "Ctrl-C goes to the guest; Ctrl-A X stops the emulator.", flush=True)
    if args.timeout is None:
        os.execvp(command[0], command)
    try:
        sys.exit(subprocess.run(command, timeout=args.timeout, check=False).returncode)
    except subprocess.TimeoutExpired:
        sys.exit(f"run: stopped after {args.timeout:g} seconds")


if __name__ == "__main__":
    main()
