"""Tries, as root in a job's container or in a host sandbox, what would lead out of it. Prints each probe that succeeds, and how many did."""
import ctypes
import glob
import json
import os
import socket
import stat
import struct
import sys

where = json.load(open(sys.argv[1]))
in_sandbox = where.get('sandbox', False)
libc = ctypes.CDLL(None, use_errno=True)
probes = []


def probe(name):
    def add(work):
        probes.append((name, work))
        return work

    return add


def call(number, *arguments):
    """Whether a system call (x86-64 number) succeeds."""
    return libc.syscall(ctypes.c_long(number), *arguments) >= 0


def in_child(work):
    """In a process of its own, so that one success does not help the next probe."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(42 if work() else 0)
        except BaseException:
            os._exit(0)
    return os.WEXITSTATUS(os.waitpid(pid, 0)[1]) == 42


def can_write(path, text='0'):
    with open(path, 'w') as file:
        file.write(text)
        return True


for path in ['/var/run/docker.sock', '/run/podman/podman.sock', '/run/containerd/containerd.sock', '/run/crio/crio.sock']:
    probe(f'engine socket {path}')(lambda path=path: os.path.exists(path))

for kind in [b'tmpfs', b'proc', b'sysfs', b'cgroup', b'debugfs', b'overlay', b'securityfs']:
    probe(f'mount {kind.decode()}')(lambda kind=kind: libc.mount(b'none', b'/mnt', kind, 0, None) == 0)
probe('mount the root elsewhere')(lambda: libc.mount(b'/', b'/mnt', None, 4096, None) == 0)
probe('mount again what is read-only')(lambda: libc.mount(b'none', b'/proc/sys', None, 32 | 4096, None) == 0)
probe('take a mask away')(lambda: libc.umount2(b'/proc/kcore', 2) == 0)
probe('pivot_root')(lambda: call(155, b'/', b'/'))


def device(kind, major, minor):
    path = f'/tmp/device-{major}-{minor}'
    os.mknod(path, kind | 0o600, os.makedev(major, minor))
    return True


probe('make a disk')(lambda: device(stat.S_IFBLK, 8, 0))
probe('make the virtual disk')(lambda: device(stat.S_IFBLK, 254, 0))
probe('make /dev/mem')(lambda: device(stat.S_IFCHR, 1, 1))
for path in ['/dev/mem', '/dev/kmsg', '/dev/fuse', '/dev/kvm', '/dev/net/tun', '/dev/loop-control', '/dev/mapper/control']:
    probe(f'open {path}')(lambda path=path: os.open(path, os.O_RDWR) >= 0)
probe('see a disk')(lambda: any(stat.S_ISBLK(os.lstat(path).st_mode) for path in glob.glob('/dev/**', recursive=True)))

for path in ['kernel/core_pattern', 'kernel/modprobe', 'vm/panic_on_oom', 'kernel/hostname', 'net/ipv4/ip_forward', 'fs/binfmt_misc/register']:
    probe(f'write /proc/sys/{path}')(lambda path=path: can_write(f'/proc/sys/{path}'))
probe('write /proc/sysrq-trigger')(lambda: can_write('/proc/sysrq-trigger', 'h'))
probe('read /proc/kcore')(lambda: len(open('/proc/kcore', 'rb').read(16)) > 0)
probe('read /proc/keys')(lambda: len(open('/proc/keys', 'rb').read(16)) > 0)
probe('write below /sys')(lambda: can_write('/sys/kernel/uevent_helper', '/bin/true'))
probe('a release agent')(lambda: any(can_write(path, '/bin/true') for path in glob.glob('/sys/fs/cgroup/*/release_agent')))
probe('more memory')(lambda: can_write(next(iter(glob.glob('/sys/fs/cgroup/memory/memory.limit_in_bytes') + glob.glob('/sys/fs/cgroup/memory.max'))), '-1'))
probe('a group of its own')(lambda: any(os.mkdir(os.path.join(path, 'mine')) is None for path in ['/sys/fs/cgroup/memory', '/sys/fs/cgroup']))

for name, flag in [('user', 0x10000000), ('mount', 0x20000), ('network', 0x40000000), ('process', 0x20000000), ('cgroup', 0x2000000)]:
    probe(f'a {name} namespace')(lambda flag=flag: in_child(lambda: libc.unshare(flag) == 0))
probe('a process in namespaces of its own')(lambda: in_child(lambda: call(56, 0x10000011, 0, 0, 0, 0)))
probe('enter a namespace')(lambda: libc.setns(os.open('/proc/1/ns/mnt', os.O_RDONLY), 0) == 0)
probe('load a module')(lambda: call(175, b'', 0, b'') or call(313, 0, b'', 0))
probe('remove a module')(lambda: call(176, b'none', 0))
probe('another kernel')(lambda: call(246, 0, 0, None, 0))
probe('restart')(lambda: call(169, 0xFEE1DEAD, 672274793, 0))
probe('set the time')(lambda: call(227, 0, ctypes.byref((ctypes.c_long * 2)(1, 0))))
probe('set the host name')(lambda: libc.sethostname(b'mine', 4) == 0)
probe('swap')(lambda: call(167, b'/tmp/none', 0) or ctypes.get_errno() not in (1, 38))
probe('bpf')(lambda: call(321, 0, ctypes.create_string_buffer(struct.pack('IIII', 1, 4, 4, 1), 64), 64))
probe('performance events')(lambda: call(298, ctypes.create_string_buffer(struct.pack('II', 1, 112), 112), 0, -1, -1, 0))
probe('keys')(lambda: call(250, 0, -4, 0) or call(248, b'user', b'x', b'y', 1, -4))
probe('files by handle')(lambda: call(304, os.open('/', os.O_RDONLY), ctypes.create_string_buffer(struct.pack('II8s', 8, 1, b'\2'), 64), 0))
probe('ports of the processor')(lambda: call(172, 3) or call(173, 0, 1, 1))
probe('accounting')(lambda: call(163, b'/tmp/none'))
probe('page faults of others')(lambda: call(323, 0))
probe('real-time priority')(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)) is None)
probe('a higher priority')(lambda: in_child(lambda: os.nice(-10) < 0))


probe('raw sockets')(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
probe('packets')(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3))


@probe('an address of its own')
def add_route():
    import fcntl

    request = struct.pack('16sH14s', b'eth0', 0, b'')
    fcntl.ioctl(socket.socket(), 0x8914, request)
    return True


@probe('processes of the machine')
def processes():
    names = [open(path).read().strip() for path in glob.glob('/proc/[0-9]*/comm')]
    return any(name in ('dockerd', 'containerd', 'postgres', 'systemd') for name in names) or len(names) > 60


@probe('folders of the machine')
def folders():
    ours = {'/.rondo', '/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/sbin/docker-init', '/usr/sbin/docker-init', '/dev/init', '/run/podman-init', '/run/.containerenv'}
    found = [line.split() for line in open('/proc/self/mountinfo')]
    if in_sandbox:
        # Its programs are the machine's, read-only.
        ours = {'/tmp', '/home/circleci', '/run/rondo'}
        found = [fields for fields in found if not fields[5].startswith('ro')]
    return any(fields[3] != '/' and fields[4] not in ours and not fields[4].startswith(('/proc', '/sys', '/dev')) for fields in found)


@probe('capabilities')
def capabilities():
    # Who may gain none (no_new_privs) has what it has, whatever the bound.
    which = ('CapPrm', 'CapAmb') if in_sandbox and 'NoNewPrivs:\t1' in open('/proc/self/status').read() else ('CapBnd',)
    bound = sum(int(line.split()[1], 16) for line in open('/proc/self/status') if line.startswith(which))
    # DAC_READ_SEARCH, NET_ADMIN, NET_RAW, SYS_MODULE, SYS_RAWIO, SYS_PTRACE, SYS_ADMIN, SYS_BOOT, SYS_TIME, MKNOD, BPF, and others
    return any(bound >> bit & 1 for bit in [2, 12, 13, 16, 17, 19, 21, 22, 23, 24, 25, 27, 32, 33, 34, 35, 37, 38, 39, 40])


probe('no filter of system calls')(lambda: 'Seccomp:\t2' not in open('/proc/self/status').read())

gateway = socket.inet_ntoa(struct.pack('<L', int(next(line.split()[2] for line in open('/proc/net/route') if line.split()[1] == '00000000'), 16)))


def connects(address, port):
    for found in socket.getaddrinfo(address, port, type=socket.SOCK_STREAM):
        with socket.socket(found[0], socket.SOCK_STREAM) as other:
            other.settimeout(2)
            try:
                other.connect(found[4])
                return True
            except OSError:
                pass
    return False


def datagram(address, port):
    # Whether one arrives, the machine says; here it may be refused.
    for found in socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM):
        with socket.socket(found[0], socket.SOCK_DGRAM) as other:
            other.sendto(b'hello', found[4])
    return False


# A sandbox has the machine's network.
for address in [] if in_sandbox else dict.fromkeys(['host.docker.internal', gateway, *where['addresses']]):
    probe(f'TCP to {address}')(lambda address=address: connects(address, where['port']))
    probe(f'UDP to {address}')(lambda address=address: datagram(address, where['udpPort']))
for address in ['169.254.169.254', 'fd00:ec2::254', '169.254.170.2']:
    probe(f'credentials at {address}')(lambda address=address: connects(address, 80))

succeeded = 0
for name, work in probes:
    try:
        found = work()
    except Exception:
        found = False
    if found:
        succeeded += 1
        print('SUCCEEDED', name)
print(f'{len(probes)} probes, {succeeded} succeeded')
