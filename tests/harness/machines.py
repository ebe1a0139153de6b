"""How a boot test's machine is started: by the launcher, or from a disk."""

import glob
import os
import re
import shlex
import signal
import subprocess
import threading

OVMF = ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_CODE.fd",
        "/usr/share/ovmf/OVMF.fd")
LOG_PORT, EXIT_PORT = 0xe9, 0xf4
EXIT_LINE = re.compile(r"^nuncio: exit (-?\d+)\r?$", re.M)
# Lines of OVMF, SeaBIOS and GRUB: with escape codes, or known by their words.
FIRMWARE = re.compile(rb".*\x1b|BdsDxe:|SeaBIOS|Booting from|WARNING: no console|"
                      rb"Press any key|error: no suitable video mode")
PATIENCE_S = 15  # that the launcher is given beyond its own time limit
_making = threading.Lock()


def ovmf():
    return next((path for path in OVMF if os.path.exists(path)), None)


def missing(machine):
    """What this machine needs and the host lacks."""
    if machine == "grub-uefi" and ovmf() is None:
        return ["OVMF firmware"]
    if machine == "grub-bios" and not os.path.isdir("/usr/lib/grub/i386-pc"):
        return ["GRUB for BIOS"]
    if machine.startswith("grub") and \
            not os.path.isdir("/usr/lib/grub/x86_64-efi"):
        return ["GRUB for UEFI"]
    return []


def config_path(name):
    local = os.path.join("tests/boot", name)
    return local if os.path.exists(local) else os.path.join("configs", name)


def image_of(build, name, env):
    """The disk image (name), made once in a test run by tests/boot/make-NAME."""
    image = os.path.join(build, "boot", name + ".img")
    maker = os.path.join("tests/boot", "make-" + name)
    # Makers call each other, so any newer one is reason enough.
    newest = max(map(os.path.getmtime, glob.glob("tests/boot/make-*")))
    with _making:
        if not os.path.exists(image) or os.path.getmtime(image) < newest:
            subprocess.run([maker, image], check=True, env=env,
                           stdin=subprocess.DEVNULL)
    return image


def execute(command, timeout_s, env):
    """(status or None, standard output, standard error) under a time limit."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          start_new_session=True) as child:
        try:
            stdout, stderr = child.communicate(timeout=timeout_s)
            status = child.returncode
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            stdout, stderr = child.communicate()
            status = None
    return status, stdout, stderr.decode("utf-8", "replace")


def disk_of(build, run, env):
    """The image of the system's disk, or None when the test has its own."""
    return image_of(build, run.test["disk"], env) if "disk" in run.test \
        else None


def options(run):
    """What `nuncio run` and `nuncio image` have in common."""
    words = [config_path(run.test["config"])]
    for place in run.places:
        words += ["--place", place]
    if "exec" in run.test:
        words += ["--exec", run.test["exec"].strip()]
    return words


def boot(build, run, env):
    """Boots (run) and waits for its end; as execute()."""
    timeout = int(run.test.get("timeout", 60))
    disk = disk_of(build, run, env)
    if run.machine.startswith("grub"):
        return boot_grub(build, run, disk, timeout, env)
    command = [f"{build}/nuncio", "run", *options(run), "--accel", "tcg",
               "--machine", run.machine, "--timeout", str(timeout),
               "--archive", run.path("cpio")]
    if disk:
        command += ["--disk", "disk=" + disk]
    if run.test.get("trace") == "yes":
        command += ["--trace", run.path("rawtrace")]
    command += shlex.split(run.test.get("args", ""))
    return execute(command, timeout + PATIENCE_S, env)


def without_firmware(output):
    """What follows the last line of firmware or GRUB on the serial line."""
    lines = output.splitlines(keepends=True)
    theirs = [i for i, line in enumerate(lines) if FIRMWARE.match(line)]
    ours = lines[theirs[-1] + 1:] if theirs else lines
    while ours and not ours[0].strip():
        ours.pop(0)
    return b"".join(ours)


def boot_grub(build, run, disk, timeout, env):
    """
    Makes a GRUB disk of the configuration and boots that with nothing but
    firmware. The boot disk is an IDE disk, so the system's own is the first of
    the virtio disks here as elsewhere.
    """
    boot_disk, log = run.path("disk"), run.path("debugcon")
    status, _, errors = execute(
        [f"{build}/nuncio", "image", *options(run), "--output", boot_disk,
         "--append", f"log={LOG_PORT:x} exit={EXIT_PORT:#x}"], timeout, env)
    if status != 0:
        return status, b"", errors
    command = ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-cpu",
               "max", "-m", "256M", "-nodefaults", "-display", "none",
               "-no-reboot", "-serial", "stdio",
               "-chardev", f"file,id=log,path={log}",
               "-device", f"isa-debugcon,iobase={LOG_PORT:#x},chardev=log",
               "-device", f"isa-debug-exit,iobase={EXIT_PORT:#x},iosize=4",
               "-drive", f"if=none,id=boot,format=raw,file={boot_disk}",
               "-device", "ide-hd,drive=boot,bootindex=0"]
    if disk:
        command += ["-drive", "if=none,id=disk0,format=raw,readonly=on,"
                    f"file={disk}", "-device", "virtio-blk-pci,drive=disk0"]
    if run.machine == "grub-uefi":
        command += ["-drive", "if=pflash,format=raw,unit=0,readonly=on,"
                    f"file={ovmf()}"]
    status, stdout, errors = execute(command, timeout, env)
    os.remove(boot_disk)
    with open(log, encoding="utf-8", errors="replace") as file:
        text = file.read()
    # isa-debug-exit makes 2 * N + 1 of N; the kernel's own words count.
    said = EXIT_LINE.search(text)
    if status is not None and said:
        status = int(said.group(1))
    return status, without_firmware(stdout), text + errors
