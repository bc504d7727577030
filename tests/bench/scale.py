#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What an audit of a batch costs as the list grows: CPU an audit, and the memory of the largest
process, for 1,000, 10,000 and 100,000 domains served by nsd; and with more audits in flight.

usage: scale.py MAILAUDIT [TARGETS...]
"""
import os
import resource
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[1:1] = [os.path.join(HERE, "..", "batch"), os.path.join(HERE, "..", "live")]
import batchlib  # noqa: E402
import nsd  # noqa: E402

SPREAD = .15  # of the CPU an audit, smallest to largest list
BASE_KB, EACH_KB = 48 * 1024, 16


def child(program, port, targets, in_flight):
    """CPU seconds and the largest process in kB, in a process of its own so that both are its."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        subprocess.run([program, "batch", "--nameserver", "127.0.0.1:%d" % port, "--no-check",
                        "dnsbl", "--in-flight", str(in_flight), targets],
                       stdout=subprocess.DEVNULL)
        use = resource.getrusage(resource.RUSAGE_CHILDREN)
        os.write(write, b"%f %d" % (use.ru_utime + use.ru_stime, use.ru_maxrss))
        os._exit(0)
    os.close(write)
    os.waitpid(pid, 0)
    cpu, memory = os.read(read, 100).split()
    os.close(read)
    return float(cpu), int(memory)


def main():
    program = os.path.abspath(sys.argv[1])
    counts = [int(x) for x in sys.argv[2:]] or [1000, 10000, 100000]
    if not nsd.program():
        print("skipped: nsd is not installed")
        return 0
    good, costs = True, []
    with tempfile.TemporaryDirectory() as folder:
        zone = batchlib.write_zone(folder, max(counts))
        with nsd.Nsd([zone]) as server:
            for count in counts:
                targets = batchlib.write_list(folder, count)
                cpu, memory = child(program, server.port, targets, 1000)
                costs.append(cpu / count)
                good = good and memory <= BASE_KB + 1000 * EACH_KB
                print("%7d domains: %4.0f us of CPU an audit, %d kB" %
                      (count, 1e6 * cpu / count, memory), flush=True)
            for in_flight in (1000, 10000):
                cpu, memory = child(program, server.port, targets, in_flight)
                good = good and memory <= BASE_KB + in_flight * EACH_KB
                print("%7d in flight at the most: %d kB, bar %d kB" %
                      (in_flight, memory, BASE_KB + in_flight * EACH_KB), flush=True)
    spread = max(costs) / min(costs) - 1
    print("CPU an audit: %.0f %% between the cheapest and the dearest, bar %.0f %%" %
          (100 * spread, 100 * SPREAD))
    return 0 if good else 1  # time is shown, not judged: the machine may be busy


sys.exit(main())
