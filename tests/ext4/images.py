#!/usr/bin/env python3
"""Makes the ext4 images that the tests read, and the trees they were made from.

    images.py DIRECTORY [NAME...]

writes DIRECTORY/tree (everything an ext4 image can hold), DIRECTORY/small (a
few of each, for the hostile variants), DIRECTORY/tiny (for the fuzzer), one image for each entry of IMAGES, and
DIRECTORY/images with a line "NAME TREE" for each image that must read like
its tree. With names, only those images are made. Only mke2fs, debugfs, tune2fs and e2fsck are used; the result is the
same every time but for the times in it.
"""

import os
import random
import subprocess
import sys

MIB = 1 << 20
UUID = "6e756e63-696f-4000-8000-000000000001"
# (name, tree, options of mke2fs, [(tool, argument)...] afterwards)
INDEX = [("e2fsck", "-fyD")]
IMAGES = [
    ("default-1k", "tree", "-b 1024", INDEX),
    ("default-2k", "tree", "-b 2048", INDEX),
    ("default-4k", "tree", "-b 4096", INDEX),
    ("linear-4k", "tree", "-b 4096", []),
    ("nocsum-1k", "tree", "-b 1024 -O ^metadata_csum,uninit_bg", INDEX),
    ("nocsum-4k", "tree", "-b 4096 -O ^metadata_csum,^64bit", INDEX),
    ("blockmap-1k", "tree", "-b 1024 -O ^extents,^64bit,^flex_bg", INDEX),
    ("blockmap-4k", "tree", "-b 4096 -O ^extents,^64bit", INDEX),
    ("seed-orphan", "tree", "-b 1024 -O metadata_csum_seed,orphan_file",
     [("tune2fs", "-U random")] + INDEX),
    ("super2", "tree", "-b 1024 -O sparse_super2,^resize_inode", INDEX),
    ("meta-bg", "tree",
     "-b 1024 -O meta_bg,^resize_inode,^flex_bg -g 256 -N 512", INDEX),
    ("no-flex", "tree", "-b 1024 -O ^flex_bg -g 1024", INDEX),
    ("inode-128", "tree", "-b 1024 -I 128", INDEX),
    ("inode-512", "tree", "-b 4096 -I 512", INDEX),
    ("no-filetype", "tree", "-b 1024 -O ^filetype", INDEX),
    ("no-journal", "tree", "-b 1024 -O ^has_journal,^huge_file", INDEX),
    ("large-dir", "tree", "-b 1024 -O large_dir,ea_inode", INDEX),
    ("bigalloc", "tree", "-b 1024 -O bigalloc -C 4096", INDEX),
    ("ext2", "tree", "-t ext2 -b 1024", []),
    ("ext3", "tree", "-t ext3 -b 1024", INDEX),
    ("hash-tea", "tree", "-b 1024",
     [("tune2fs", "-E hash_alg=tea")] + INDEX),
    ("hash-legacy", "tree", "-b 1024",
     [("tune2fs", "-E hash_alg=legacy")] + INDEX),
    ("hash-unsigned", "tree", "-b 1024",
     [("debugfs", "ssv flags 2")] + INDEX),
    ("hash-tea-unsigned", "tree", "-b 1024",
     [("debugfs", "ssv flags 2"), ("tune2fs", "-E hash_alg=tea")] + INDEX),
    ("hash-legacy-unsigned", "tree", "-b 1024",
     [("debugfs", "ssv flags 2"), ("tune2fs", "-E hash_alg=legacy")] + INDEX),
    # Blocks that were allocated but never written hold what was there before.
    ("unwritten", "small", "-b 1024 -E nodiscard",
     INDEX + [("debugfs", "fallocate /sparse/hole 3 200"),
              ("debugfs", "fallocate /sparse/middle 0 290")]),
    ("small-1k", "small", "-b 1024", INDEX),
    ("small-4k", "small", "-b 4096", INDEX),
    ("tiny", "tiny", "-b 1024 -O ^has_journal", INDEX),
    ("small-nocsum", "small", "-b 1024 -O ^metadata_csum", INDEX),
    ("small-blockmap", "small",
     "-b 1024 -O ^extents,^64bit,^metadata_csum", INDEX),
]
# These must be refused, and why.
REFUSED = [
    ("refuse-recover", "-b 1024", "feature needs_recovery"),
    ("refuse-unknown", "-b 1024", "feature FEATURE_I30"),
    ("refuse-casefold", "-b 1024 -O casefold", None),
    ("refuse-encrypt", "-b 1024 -O encrypt", None),
    ("refuse-inline", "-b 1024 -O inline_data", None),
    ("refuse-mmp", "-b 1024 -O mmp", None),
]


# For tests that know what is special about them; made from the small tree.
OTHERS = [
    ("times", "-b 1024",
     [("debugfs", "set_inode_field /file1 mtime @0xf4865700"),
      ("debugfs", "set_inode_field /file1 mtime_extra 493827157")]),
    ("verity", "-b 1024",
     [("debugfs", "set_inode_field /file5000 flags 0x180000"),
      ("debugfs", "set_inode_field /file1024 flags 0x80800"),
      ("debugfs", "set_inode_field /file40000 flags 0x10080000")]),
    ("no-csum-bit", "-b 1024 -O ^metadata_csum",
     [("tune2fs", "-O metadata_csum"), ("e2fsck", "-fy"),
      ("tune2fs", "-O ^metadata_csum"), ("e2fsck", "-fy")]),
]


def tool(*words):
    """Runs one tool; e2fsck's 1 means that it changed something."""
    done = subprocess.run(words, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode not in (0, 1 if words[0] == "e2fsck" else 0):
        sys.exit("%s: %s" % (" ".join(words),
                             done.stdout.decode(errors="replace")))


def write(path, data):
    with open(path, "wb") as out:
        out.write(data)


def sparse(path, parts, size):
    """A file of (size) with holes between the parts (offset, data)."""
    with open(path, "wb") as out:
        out.truncate(size)
        for offset, data in parts:
            out.seek(offset)
            out.write(data)


def place(path, i, files):
    """File (i): one of its own, or another name of an earlier one."""
    if i < files:
        write(path, b"%d\n" % i)
        place.paths[i] = path
    else:
        os.link(place.paths[i % files], path)


place.paths = {}


def make_links(top):
    """Symbolic links of every kind."""
    os.mkdir(top + "/links")
    at = top + "/links/"
    write(at + "target", b"reached\n")
    os.mkdir(at + "inner")
    write(at + "inner/file", b"inner\n")
    os.symlink("target", at + "fast")
    os.symlink("x" * 59, at + "fast-59")
    os.symlink("y" * 60, at + "slow-60")
    os.symlink("./" * 400 + "target", at + "slow")
    os.symlink("z/" * 500 + "z", at + "slow-dangling")
    os.symlink("/links/target", at + "absolute")
    os.symlink("../../../links/target", at + "above")
    os.symlink("inner", at + "directory")
    os.symlink("loop-b", at + "loop-a")
    os.symlink("loop-a", at + "loop-b")
    os.symlink("nowhere", at + "dangling")
    os.symlink("../absolute", at + "inner/up")
    os.symlink("target", at + "chain-0")
    os.symlink("./" * 40 + "target", at + "slow-chain-0")
    for i in range(1, 45):
        os.symlink("chain-%d" % (i - 1), at + "chain-%d" % i)
        os.symlink("./" * 40 + "slow-chain-%d" % (i - 1),
                   at + "slow-chain-%d" % i)


def make_sparse(top, rng, extents, huge):
    """Files with holes, with many extents, and over 4 GiB."""
    os.mkdir(top + "/sparse")
    at = top + "/sparse/"
    sparse(at + "hole", [], 300000)
    sparse(at + "middle", [(0, b"first"), (150000, b"middle")], 300000)
    # One block in every three of 4 KiB: as many extents as blocks.
    parts = [(i * 12288, rng.randbytes(700)) for i in range(extents)]
    sparse(at + "extents", parts, extents * 12288 + 5)
    if huge:
        sparse(at + "huge", [(0, b"begin"), (4 << 30, b"at 4 GiB"),
                             ((5 << 30) + 12345, b"end")],
               (5 << 30) + 20000)


def make_tree(top, rng):
    os.mkdir(top)
    os.mkdir(top + "/sizes")
    for size in (0, 1, 2, 511, 512, 513, 1023, 1024, 1025, 4095, 4096, 4097,
                 12287, 12288, 12289, 65535, 65536, 65537, 131071, 131072,
                 131073, 700001):
        write(top + "/sizes/%d" % size, rng.randbytes(size))
    # Two levels of hash tree with 1 KiB blocks; names beyond ASCII.
    os.mkdir(top + "/many")
    for i in range(2600):
        name = ("%04d-" % i).encode() + b"n" * (i % 90)
        if i % 3 == 0:
            name += bytes((0xc3, 0xa0 + i % 16)) + b"\xe2\x82\xac"
        place(os.fsencode(top + "/many/") + name, i, 40)
    os.mkdir(top + "/some")
    for i in range(400):
        place(os.fsencode(top + "/some/entry%d" % i), i, 40)
    write(top + "/some/" + "l" * 255, b"longest name\n")
    deep = top
    for i in range(30):
        deep += "/d%d" % i
        os.mkdir(deep)
    write(deep + "/bottom", b"bottom\n")
    os.mkfifo(top + "/pipe")
    write(top + "/mode", b"mode\n")
    os.chmod(top + "/mode", 0o4751)
    os.link(top + "/mode", top + "/hard")
    os.utime(top + "/mode", ns=(10 ** 18, 10 ** 18 // 2))
    os.mkdir(top + "/empty")
    make_links(top)
    make_sparse(top, rng, 420, True)


def make_small(top, rng):
    os.mkdir(top)
    for size in (0, 1, 1024, 5000, 40000):
        write(top + "/file%d" % size, rng.randbytes(size))
    os.mkdir(top + "/index")
    for i in range(150):
        place(os.fsencode(top + "/index/name-%d" % i), i, 10)
    os.mkdir(top + "/a")
    os.mkdir(top + "/a/b")
    write(top + "/a/b/c", b"c\n")
    make_links(top)
    make_sparse(top, rng, 100, False)


def make_tiny(top, rng):
    """One of each, for the fuzzer, which reads all of it for every input."""
    os.mkdir(top)
    write(top + "/file", b"content\n")
    os.mkdir(top + "/index")
    for i in range(60):
        place(os.fsencode(top + "/index/name-number-%d" % i), i, 1)
    os.symlink("file", top + "/fast")
    os.symlink("./" * 40 + "file", top + "/slow")
    sparse(top + "/extents", [(i * 12288, rng.randbytes(9))
                              for i in range(90)], 90 * 12288)


def make_image(out, name, options, tree, after):
    if sys.argv[2:] and name not in sys.argv[2:]:
        return
    path = "%s/%s.img" % (out, name)
    kind = [] if "-t " in options else ["-t", "ext4"]
    with open(path, "wb") as image:
        if name == "unwritten":
            image.write(b"\xaa" * (16 * MIB))
        image.truncate((1 if name == "tiny" else 16) * MIB)
    tool("mke2fs", "-q", "-F", *kind, "-N",
         "64" if name == "tiny" else "1024", "-U", UUID, "-E",
         "hash_seed=" + UUID, *options.split(), "-d", tree, path)
    for program, argument in after:
        if program == "debugfs":
            tool("debugfs", "-w", "-R", argument, path)
        else:
            tool(program, *argument.split(), path)


def main():
    out = sys.argv[1]
    rng = random.Random(35)
    make_tree(out + "/tree", rng)
    make_small(out + "/small", rng)
    make_tiny(out + "/tiny", rng)
    # e2fsck and debugfs keep to this clock, so that checksums repeat.
    os.environ["E2FSCK_TIME"] = os.environ["E2FSPROGS_FAKE_TIME"] = "1700000000"
    with open(out + "/images", "w", encoding="ascii") as names:
        for name, tree, options, after in IMAGES:
            make_image(out, name, options, "%s/%s" % (out, tree), after)
            names.write("%s %s\n" % (name, tree))
    for name, options, command in REFUSED:
        make_image(out, name, options, out + "/small/a",
                   [("debugfs", command)] if command else [])
    for name, options, after in OTHERS:
        make_image(out, name, options, out + "/small", after)


if __name__ == "__main__":
    main()
