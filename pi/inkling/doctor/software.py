"""Checks of what it reads with: Python, NumPy and its BLAS, the settings, the model; and of what it was taught."""

from pathlib import Path

from ..device import NO_BLAS, REFERENCE
from ..errors import DeviceError, SamplesError, UsageError, told
from ..settings import DEFAULT
from .findings import Finding, Patient, failure, note, ok, warning

OLDEST_PYTHON = (3, 11)
APT_NUMPY = "sudo apt install --reinstall python3-numpy libopenblas0-pthread"
FROM_APT = "/usr/lib/python3"  # where Debian's packages are


def python(patient: Patient) -> Finding:
    """The interpreter: its version, and that it sees what apt has installed."""
    machine = patient.machine
    version = ".".join(map(str, machine.python))
    if machine.python < OLDEST_PYTHON:
        return failure(f"Python {version}; 3.11 or later is needed", "use Raspberry Pi OS bookworm or later")
    if machine.is_pi and machine.in_environment:
        return note(
            f"Python {version}, in a virtual environment",
            "camera and pins come from apt: if they are not found, make it with python3 -m venv --system-site-packages",
        )
    return ok(f"Python {version}")


def numpy(patient: Patient) -> Finding:
    """NumPy in a Python of its own, which a wrong one may end."""
    machine = patient.machine
    try:
        found = machine.numpy
    except DeviceError as error:
        repair = f"{APT_NUMPY}; a NumPy from pip has to go: python3 -m pip uninstall numpy"
        return failure(str(error), repair if machine.is_pi else "install NumPy: python3 -m pip install numpy")
    if machine.is_pi and not found.file.startswith(FROM_APT):
        return warning(
            f"NumPy {found.version} is not the one from apt: {found.file}",
            "another one breaks the camera's libraries: python3 -m pip uninstall numpy; sudo apt install python3-numpy",
        )
    return ok(f"NumPy {found.version}")


def blas(patient: Patient) -> Finding:
    """The library that multiplies matrices: it decides how much is learnt in a night."""
    try:
        found = patient.machine.numpy
    except DeviceError:
        return note("not looked at: NumPy does not load")
    speed = f"{found.gflops:.3g} GFLOP/s"
    if found.blas is None:
        return note(f"which library multiplies cannot be seen here; {speed}")
    if found.blas in (REFERENCE, NO_BLAS):
        seen = f"{REFERENCE} ({found.library})" if found.library else "NumPy multiplies by itself, without a BLAS"
        return warning(
            f"{seen}, {speed}: training takes many times as long as with OpenBLAS",
            "sudo apt install libopenblas0-pthread",
        )
    return ok(f"{found.blas} ({Path(found.library).name}), {speed}")


def settings(patient: Patient) -> Finding:
    """The settings: all problems at once."""
    found = patient.settings
    if isinstance(found, UsageError):
        return failure(str(found), "correct what is named; `inkling config show` then says what holds")
    changed = {name: each for name, each in found.effective.items() if each.source != DEFAULT}
    return ok(", ".join(f"{name} = {_plain(e.value)} ({e.source})" for name, e in changed.items()) or "all as shipped")


def _plain(value: object) -> str:
    """A setting's value as it is written in the environment."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def model(patient: Patient) -> Finding:
    """The model that reads: whole, for digits, and where it comes from."""
    try:
        patient.machine.numpy  # noqa: B018  # a NumPy that ends the process would end this one
    except DeviceError:
        return note("not looked at: NumPy does not load")
    from inknet.errors import InknetError

    from ..listing import named
    from ..models import current_model, identity, load_model
    from ..shelf import open_shelf

    problems: list[str] = []
    path, shelf = patient.usable["reading.model"], open_shelf(patient.usable, patient.state_folder)
    try:
        network = load_model(path) if path else current_model(shelf, problems.append)
    except (InknetError, OSError) as error:
        another = "take another copy of it, or none: without reading.model in the settings, the shelf's reads"
        return failure(told(error), another if path else "the package is damaged: install it again")
    if problems:
        return warning("; ".join(problems), "inkling model list shows what is there; inkling model rollback goes back")
    name = path.name if path else named(shelf.listing().current)
    about = network.about
    says = [f"{key.replace('_', ' ')} {about[key]}" for key in ("recipe", "epochs", "images") if about.get(key)]
    accuracy = about.get("held_back_accuracy")
    says += [f"{accuracy:.2%} of held-back images read right"] if accuracy else []
    return ok(f"{name}, {identity(network)}: {', '.join(says) or 'it says nothing of itself'}")


def samples(patient: Patient) -> Finding:
    """What the owner has taught it: whether it is all there; a damaged database stays as it is."""
    try:
        patient.machine.numpy  # noqa: B018  # as above
    except DeviceError:
        return note("not looked at: NumPy does not load")
    from ..samples import Samples, samples_file

    file = samples_file(patient.usable, patient.state_folder)
    if not file.exists():
        return ok(f"none yet ({file})")
    try:
        with Samples(file, heal=False) as kept:
            counts = kept.counts()
    except SamplesError as error:
        return failure(str(error), "`inkling learn list` sets aside a damaged one, and saves what can be read of it")
    return ok(f"{counts.total()} in {file}, {counts[None]} of them without a label")
