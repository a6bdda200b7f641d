"""Enhances a folder with Ray: ray_folder.py IN OUT [--shares N] [--limpid PROGRAM] [more of what limpid enhance takes].

Each share is a task on one core. A task whose worker or program dies is begun again, up to three times, and skips what
it had finished. All machines of the cluster must see IN and OUT under the same names. What the programs print, such as
with --json, is printed as each share ends.
"""

import argparse
import subprocess

import ray


@ray.remote(num_cpus=1, max_retries=3, retry_exceptions=True)
def enhance(command: list[str], share: str) -> tuple[str, str]:
    """One share, by a process of its own: its name, and what was printed. Its error is in what is raised."""
    done = subprocess.run([*command, "--shard", share], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"share {share} ended with {done.returncode}: {done.stderr.strip()}")
    return share, done.stdout


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
    left = [enhance.remote(command, f"{number}/{shares}") for number in range(1, shares + 1)]
    while left:
        ready, left = ray.wait(left)
        share, printed = ray.get(ready[0])
        print(f"{printed}share {share} is done, {len(left)} left", flush=True)


if __name__ == "__main__":
    main()
