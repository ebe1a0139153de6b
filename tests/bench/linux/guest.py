"""
The Linux guests that Nuncio is compared with: the distribution's kernel, and one
static program as its init. What is downloaded goes to a cache outside the tree.
"""

import glob
import os
import re
import stat
import subprocess

VIRTIO = ("virtio_ring", "virtio", "virtio_pci_legacy_dev",
          "virtio_pci_modern_dev", "virtio_pci")
# The kernel for clouds has no 9p.
DISK_PACKAGE = "linux-image-cloud-amd64"
DISK_MODULES = VIRTIO + ("virtio_blk",)
SHARED_PACKAGE = "linux-image-amd64"
SHARED_MODULES = VIRTIO + ("netfs", "fscache", "9pnet", "9pnet_virtio", "9p")
RUN_TIMEOUT_S = 180
COMMAND_LINE = ("console=ttyS0 quiet loglevel=3 rdinit=/init mitigations=off "
                "nokaslr")


class Unavailable(Exception):
    """The guest cannot be had here; the text says why."""


def cache_dir(package):
    base = os.environ.get("XDG_CACHE_HOME") or \
        os.path.join(os.path.expanduser("~"), ".cache")
    path = os.path.join(base, "nuncio", package)
    os.makedirs(path, exist_ok=True)
    return path


def run(command, **more):
    try:
        return subprocess.run(command, check=True, capture_output=True,
                              text=True, **more).stdout
    except FileNotFoundError as error:
        raise Unavailable(f"{command[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"{command[0]}: {error.stderr.strip()}") from error


def unpacked_kernel(package):
    """The directory of the unpacked kernel that (package) depends on."""
    cache = cache_dir(package)
    if not glob.glob(f"{cache}/root/boot/vmlinuz-*"):
        depends = run(["apt-cache", "depends", package])
        real = re.search(r"Depends: (linux-image-\S+)", depends)
        if not real:
            raise Unavailable(f"apt does not know {package}")
        run(["apt-get", "download", real.group(1)], cwd=cache)
        file = glob.glob(f"{cache}/linux-image-*.deb")[0]
        run(["dpkg-deb", "-x", file, f"{cache}/root"])
        os.remove(file)
    return f"{cache}/root"


def cpio_entry(name, mode, data=b"", device=(0, 0)):
    """One entry of a cpio archive in the newc format."""
    fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + \
        name.encode() + b"\0"
    head += b"\0" * (-len(head) % 4)
    return head + data + b"\0" * (-len(data) % 4)


def write_archive(path, init, root, modules):
    with open(path, "wb") as archive:
        archive.write(cpio_entry("dev", stat.S_IFDIR | 0o755))
        archive.write(cpio_entry("dev/console", stat.S_IFCHR | 0o600,
                                 device=(5, 1)))
        with open(init, "rb") as program:
            archive.write(cpio_entry("init", stat.S_IFREG | 0o755,
                                     program.read()))
        for name in modules:
            found = glob.glob(f"{root}/lib/modules/*/kernel/**/{name}.ko",
                              recursive=True)
            if found:
                with open(found[0], "rb") as module:
                    archive.write(cpio_entry(f"{name}.ko",
                                             stat.S_IFREG | 0o644,
                                             module.read()))
        archive.write(cpio_entry("TRAILER!!!", 0))


def boot(package, modules, init, archive, arguments):
    """Boots (package)'s kernel; (its name, what it printed)."""
    root = unpacked_kernel(package)
    write_archive(archive, init, root, modules)
    kernel = glob.glob(f"{root}/boot/vmlinuz-*")[0]
    command = [
        "qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-cpu", "max",
        "-smp", "1", "-m", "512M", "-nodefaults", "-display", "none",
        "-no-reboot", "-serial", "stdio", "-kernel", kernel,
        "-initrd", archive, "-append", COMMAND_LINE, *arguments]
    try:
        output = run(command, timeout=RUN_TIMEOUT_S, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"no end after {RUN_TIMEOUT_S} s") from error
    return os.path.basename(kernel).replace("vmlinuz-", "Linux "), output


def measure_disk(init, work, disk):
    """Instructions of operations, with the ext4 image (disk)."""
    return boot(
        DISK_PACKAGE, DISK_MODULES, init, os.path.join(work, "linux.cpio"),
        ["-icount", "shift=0,sleep=off",
         "-drive", f"if=none,id=disk,format=raw,readonly=on,file={disk}",
         "-device", "virtio-blk-pci,drive=disk"])


def measure_shared(init, work, tree):
    """Times of reads in (tree), a directory of the host's, by virtio-9p."""
    return boot(
        SHARED_PACKAGE, SHARED_MODULES, init,
        os.path.join(work, "linux-shared.cpio"),
        ["-fsdev", "local,id=bench,security_model=none,readonly=on,"
                   f"multidevs=remap,path={tree}",
         "-device", "virtio-9p-pci,fsdev=bench,mount_tag=bench"])
