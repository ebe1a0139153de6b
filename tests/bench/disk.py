"""
The disk that all guests read: an ext4 image, and the same files as a directory.

/bench/file     what single reads are measured with (user/programs/bench.h)
/bench/load/    files of SPECweb99's sizes (user/programs/bench_load.c):
                DIRECTORY/CLASS.FILE, nine of each class, of (n + 1) * 0.1, 1,
                10 or 100 KiB
"""

import os
import shutil
import subprocess

FILE_BYTES = 1024 * 1024
DIRECTORIES = 4
CLASSES = 4
FILES = 9
SMALLEST_BYTES = 102.4
DISK_SIZE = "48M"


def content(size, seed):
    """Bytes that are not the same in any two pages."""
    block = bytes((i * 7 + seed) % 251 for i in range(65521))
    return (block * (size // len(block) + 1))[:size]


def write(path, size, seed):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content(size, seed))


def make(work):
    """(the image, the directory with the same files), below (work)."""
    tree = os.path.join(work, "tree")
    shutil.rmtree(tree, ignore_errors=True)
    write(os.path.join(tree, "bench", "file"), FILE_BYTES, 0)
    for directory in range(DIRECTORIES):
        for kind in range(CLASSES):
            for number in range(FILES):
                size = int((number + 1) * SMALLEST_BYTES * 10 ** kind)
                write(os.path.join(tree, "bench", "load", str(directory),
                                   f"{kind}.{number}"), size, number)
    image = os.path.join(work, "disk.img")
    if os.path.exists(image):
        os.remove(image)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-d", tree, image,
                    DISK_SIZE],
                   check=True, env=dict(os.environ,
                                        PATH=os.environ["PATH"] + ":/sbin"))
    return image, tree
