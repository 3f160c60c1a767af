"""Put uv into a folder of the checkout: `python3 get_uv.py .uv`. Standard library only, any Python from 3.8 on.

With pip where there is one (it knows the machine's index, proxies and certificates); otherwise the wheel is
fetched from the package index and checked against the hash pinned below.
"""

import hashlib
import io
import os
import platform
import re
import subprocess
import sys
import urllib.parse
import urllib.request
import zipfile

VERSION = "0.13.8"
# file name on the package index -> sha256
WHEELS = {
    ("Linux", "x86_64", "glibc"): (
        "uv-0.13.8-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984",
    ),
    ("Linux", "x86_64", "musl"): (
        "uv-0.13.8-py3-none-musllinux_1_1_x86_64.whl",
        "29451c60f5e8b07403e0a175d5229efc36b0289b34143ff4aaa499a5dd52553a",
    ),
    ("Linux", "aarch64", "glibc"): (
        "uv-0.13.8-py3-none-manylinux_2_28_aarch64.whl",
        "5337c30bb893b4f9ce0ceb921ba2da0d13f649da644f40ad3bef84083bef0203",
    ),
    ("Linux", "aarch64", "musl"): (
        "uv-0.13.8-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
        "0b3e8b1a4f5e405e31e2ff33de8af4744831e9f7338539671efbd8c3c94e791d",
    ),
    ("Darwin", "x86_64", ""): (
        "uv-0.13.8-py3-none-macosx_10_12_x86_64.whl",
        "b7124ca1956ec2e476a1003ea5715a15f0266afaec37f4dc9c6972ba8183e6d1",
    ),
    ("Darwin", "arm64", ""): (
        "uv-0.13.8-py3-none-macosx_11_0_arm64.whl",
        "62b6943c7fd64fac6854f780bea6e0359e5a5bc3241f83ee357bb38276afac49",
    ),
}
INDEX = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")


def with_pip(folder):
    """True if pip put uv into `folder`."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--upgrade", "--target", folder, "uv==" + VERSION]
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    except OSError:
        return False
    return done.returncode == 0 and os.path.exists(os.path.join(folder, "bin", "uv"))


def by_wheel(folder):
    """Fetch the pinned wheel, check its hash, and take the one program out of it."""
    system = platform.system()
    libc = ("glibc" if platform.libc_ver()[0] == "glibc" else "musl") if system == "Linux" else ""
    key = (system, platform.machine(), libc)
    if key not in WHEELS:
        sys.exit(f"no wheel of uv is pinned for {key}; install uv by hand: https://docs.astral.sh/uv/")
    name, sha256 = WHEELS[key]
    page = fetch(INDEX + "/uv/").decode("utf-8", "replace")
    link = re.search(r'href="([^"#]*/' + re.escape(name) + r')[#"]', page)
    if link is None:
        sys.exit(f"the package index {INDEX} does not list {name}")
    wheel = fetch(urllib.parse.urljoin(INDEX + "/uv/", link.group(1)))
    if hashlib.sha256(wheel).hexdigest() != sha256:
        sys.exit(f"the wheel that {INDEX} serves as {name} is not the pinned one; nothing was installed")
    program = os.path.join(folder, "bin", "uv")
    os.makedirs(os.path.dirname(program), exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive, open(program + ".new", "wb") as out:
        out.write(archive.read(f"uv-{VERSION}.data/scripts/uv"))
    os.chmod(program + ".new", 0o755)
    os.replace(program + ".new", program)


def fetch(url):
    """The bytes behind `url`; ends the program with one line if they cannot be had."""
    try:
        with urllib.request.urlopen(url, timeout=120) as answer:
            return answer.read()
    except OSError as error:
        sys.exit(f"cannot fetch {url}: {error}")


if __name__ == "__main__":
    target = sys.argv[1]
    print(f"putting uv {VERSION} into {target}", file=sys.stderr)
    if not with_pip(target):
        by_wheel(target)
