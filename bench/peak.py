"""The most memory that a backend and its parallel workers hold at one moment."""
import os
import re
import threading
import time


def read_file(path):
    try:
        with open(path) as f:
            return f.read()
    except OSError:
        return ""


class Peak:
    """In MB, looked at again and again: what each process has for itself (RssAnon), and once what the dynamic shared memory takes that they map
    and that the backend did not map before. A mapping may leave room for more than that."""
    def __init__(self, pid, pause=0.01):
        self.pid, self.pause, self.most, self.over = pid, pause, 0, threading.Event()
        self.server = re.search(r"PPid:\s+(\d+)", read_file(f"/proc/{pid}/status")).group(1)
        self.before = self.segments([pid])
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def processes(self):
        children = read_file(f"/proc/{self.server}/task/{self.server}/children").split()
        return [self.pid] + [c for c in children if re.search(rf"PID {self.pid}\b", read_file(f"/proc/{c}/cmdline"))]

    def segments(self, processes):
        return {name for p in processes for name in re.findall(r"/dev/shm/PostgreSQL\.\d+", read_file(f"/proc/{p}/maps"))}

    def held(self):
        processes, total = self.processes(), 0
        for p in processes:
            found = re.search(r"RssAnon:\s+(\d+) kB", read_file(f"/proc/{p}/status"))
            total += int(found.group(1)) * 1024 if found else 0
        for name in self.segments(processes) - self.before:
            try:
                total += os.stat(name).st_blocks * 512
            except OSError:
                pass  # the last to use it is gone
        return total / 2 ** 20

    def look(self):
        while not self.over.is_set():
            self.most = max(self.most, self.held())
            time.sleep(self.pause)

    def end(self):
        self.over.set()
        self.thread.join()
        return self.most
