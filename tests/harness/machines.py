"""How a boot test's machine is started: by the launcher, or from a disk."""

import os
import shlex
import signal
import subprocess
import threading

OVMF = ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_CODE.fd",
        "/usr/share/ovmf/OVMF.fd")
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
    with _making:
        if not os.path.exists(image) or \
                os.path.getmtime(image) < os.path.getmtime(maker):
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


def options(build, run, env):
    """What `nuncio run` and `nuncio image` have in common."""
    test = run.test
    words = [config_path(test["config"])]
    for place in run.places:
        words += ["--place", place]
    if "disk" in test:
        words += ["--disk", "disk=" + image_of(build, test["disk"], env)]
    if "exec" in test:
        words += ["--exec", test["exec"].strip()]
    return words + shlex.split(test.get("args", ""))


def boot(build, run, env):
    """Boots (run) and waits for its end; as execute()."""
    timeout = run.test.getint("timeout", 60)
    words = options(build, run, env)
    if run.machine.startswith("grub"):
        return boot_disk(build, run, words, timeout, env)
    command = [f"{build}/nuncio", "run", *words, "--accel", "tcg",
               "--machine", run.machine, "--timeout", str(timeout)]
    if run.test.getboolean("trace", False):
        command += ["--trace", run.path("rawtrace")]
    return execute(command, timeout + PATIENCE_S, env)


def boot_disk(build, run, words, timeout, env):
    """
    Makes a GRUB disk of the configuration and boots that, with nothing but
    firmware. Its kernel log and its programs share the serial line, so all of
    it is standard output and log at once.
    """
    disk = run.path("disk")
    status, _, log = execute([f"{build}/nuncio", "image", *words, "-o", disk],
                             timeout, env)
    if status != 0:
        return status, b"", log
    command = ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-cpu",
               "max", "-m", "256M", "-nodefaults", "-display", "none",
               "-no-reboot", "-serial", "stdio",
               "-drive", f"if=none,id=boot,format=raw,file={disk}",
               "-device", "virtio-blk-pci,drive=boot,bootindex=0"]
    if run.machine == "grub-uefi":
        command += ["-drive", "if=pflash,format=raw,unit=0,readonly=on,"
                    f"file={ovmf()}"]
    status, stdout, errors = execute(command, timeout, env)
    os.remove(disk)
    return status, stdout, stdout.decode("utf-8", "replace") + errors
