"""Enhances a folder with Ray: ray_folder.py IN OUT [--shares N] [--limpid PROGRAM] [more of what limpid enhance takes].

Each share is a task on one core. A task whose worker or program dies is begun again, up to three times, and skips what
it had finished; one in which a file could not be enhanced is done but for that file. All machines of the cluster must
see IN and OUT under the same names. What the programs print, such as with --json, is printed as each share ends, and
the exit code is 1 where a share was not done in whole.
"""

import argparse
import subprocess
import sys

import ray

# What limpid says when it was asked to end.
INTERRUPTED = 130


class DiedError(Exception):
    """A program that was ended from outside."""


@ray.remote(num_cpus=1, max_retries=3, retry_exceptions=[DiedError])
def enhance(command: list[str], share: str) -> tuple[int, str, str]:
    """One share, by a process of its own: its exit code, and what it printed on both streams."""
    done = subprocess.run([*command, "--shard", share], check=False, capture_output=True, text=True)
    if done.returncode < 0 or done.returncode == INTERRUPTED:
        raise DiedError(f"its program was ended from outside ({done.returncode})")
    return done.returncode, done.stdout, done.stderr


def collect(task: ray.ObjectRef, share: str) -> bool:
    """Passes on what a share printed; whether it is done in whole."""
    try:
        code, printed, errors = ray.get(task)
    except ray.exceptions.RayError as error:
        code, printed, errors = 1, "", f"share {share}: {getattr(error, 'cause', None) or error}\n"
    sys.stderr.write(errors)
    sys.stderr.flush()
    print(printed, end="", flush=True)
    return bool(code == 0)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Enhances a folder with Ray")
    parser.add_argument("folder")
    parser.add_argument("out")
    parser.add_argument("--shares", type=int, help="default: four a core of the cluster")
    parser.add_argument("--limpid", default="limpid", help="the program")
    arguments, more = parser.parse_known_args()
    ray.init(log_to_driver=False)
    shares = arguments.shares or 4 * int(ray.cluster_resources()["CPU"])
    options = ("--recursive", "--out-dir", arguments.out, "--resume", "--jobs", "1", "--quiet")
    command = [arguments.limpid, "enhance", arguments.folder, *options, *more]
    names = [f"{number}/{shares}" for number in range(1, shares + 1)]
    tasks = {enhance.remote(command, name): name for name in names}
    failed = []
    left = list(tasks)
    while left:
        ready, left = ray.wait(left)
        share = tasks[ready[0]]
        is_done = collect(ready[0], share)
        if not is_done:
            failed.append(share)
        print(f"share {share} {'is done' if is_done else 'has failed, see above'}, {len(left)} left", flush=True)
    if failed:
        sys.exit(f"{len(failed)} of {shares} shares have failed, at least in part: {', '.join(failed)}")


if __name__ == "__main__":
    main()
