# SPDX-License-Identifier: MIT
"""Write newc cpio archives byte by byte, for tests that need a special or a broken one."""

MAGIC = b"070701"
TRAILER = "TRAILER!!!"


def _pad(data):
    return data + b"\0" * (-len(data) % 4)


def entry(name, data=b"", mode=0o100755, inode=1):
    """One member: header, name, contents."""
    encoded = name.encode() + b"\0"
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
