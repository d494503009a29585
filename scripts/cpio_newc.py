# SPDX-License-Identifier: MIT
"""Write newc cpio archives byte by byte: the first file system, and special or broken ones for tests.

run as a program: cpio_newc.py DIRECTORY >ARCHIVE packs a tree, owned by root and without times. Contents
of a page or more begin on a page boundary, so that the kernel can keep those pages where they lie.
"""

import os
import stat
import sys

MAGIC = b"070701"
TRAILER = "TRAILER!!!"
HEADER_SIZE = 110
PAGE = 4096
NAME_MAX = 4096         # of readers, with the NULs


def _pad(data):
    return data + b"\0" * (-len(data) % 4)


def entry(name, data=b"", mode=0o100755, inode=1, at=None):
    """One member: header, name, contents. With @at, its place in the archive, contents are page aligned."""
    encoded = name.encode() + b"\0"
    if at is not None and len(data) >= PAGE:
        padding = -(at + HEADER_SIZE + len(encoded)) % PAGE       # more NULs behind the name
        if len(encoded) + padding <= NAME_MAX:
            encoded += b"\0" * padding
    fields = [inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0]
    header = MAGIC + b"".join(b"%08X" % field for field in fields)
    return _pad(header + encoded) + _pad(data)


def archive(members):
    """A whole archive of (name, data, mode)."""
    body = b"".join(entry(name, data, mode, inode)
                    for inode, (name, data, mode) in enumerate(members, 1))
    return body + entry(TRAILER, mode=0, inode=0)


def with_file(original, name, data, mode=0o100755):
    """A copy of an archive with one more file in front of the others."""
    return entry(name, data, mode, inode=0x7fffffff) + original


def members_of(root):
    """(name, contents, mode) of everything below a directory, parents first."""
    for directory, directories, files in os.walk(root):
        directories.sort()
        for name in sorted(directories + files):
            path = os.path.join(directory, name)
            mode = os.lstat(path).st_mode
            data = b""
            if stat.S_ISLNK(mode):
                data = os.readlink(path).encode()
            elif stat.S_ISREG(mode):
                with open(path, "rb") as file:
                    data = file.read()
            yield os.path.relpath(path, root), data, mode


def pack(root):
    """The archive of a tree."""
    body = bytearray()
    for inode, (name, data, mode) in enumerate(members_of(root), 1):
        body += entry(name, data, mode, inode, at=len(body))
    return body + entry(TRAILER, mode=0, inode=0)


if __name__ == "__main__":
    sys.stdout.buffer.write(pack(sys.argv[1]))
