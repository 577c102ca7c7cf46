/** Mounts that a container may have without its policy naming them (hcsshim, `securitypolicy_linux.go`). */

/** A mount as a request or a policy has it. */
export interface PolicyMount {
  readonly type: string;
  readonly source: string;
  readonly destination: string;
  readonly options: readonly string[];
}

function mount(type: string, source: string, destination: string, options: string): PolicyMount {
  return { type, source, destination, options: options.split(",") };
}

/** Of any container. */
export const defaultPolicyMounts: readonly PolicyMount[] = [
  mount("proc", "proc", "/proc", "nosuid,noexec,nodev"),
  mount("tmpfs", "tmpfs", "/dev", "nosuid,strictatime,mode=755,size=65536k"),
  mount("devpts", "devpts", "/dev/pts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"),
  mount("tmpfs", "shm", "/dev/shm", "nosuid,noexec,nodev,mode=1777,size=65536k"),
  mount("mqueue", "mqueue", "/dev/mqueue", "nosuid,noexec,nodev"),
  mount("sysfs", "sysfs", "/sys", "nosuid,noexec,nodev,ro"),
  mount("tmpfs", "tmpfs", "/run", "nosuid,strictatime,mode=755,size=65536k"),
  mount("cgroup", "cgroup", "/sys/fs/cgroup", "nosuid,noexec,nodev,relatime,ro"),
  mount("cgroup2", "cgroup2", "/sys/fs/cgroup", "nosuid,noexec,nodev,relatime,ro"),
];

/** Of a container that may be privileged. */
export const privilegedPolicyMounts: readonly PolicyMount[] = [
  mount("cgroup", "cgroup", "/sys/fs/cgroup", "nosuid,noexec,nodev,relatime,rw"),
  mount("cgroup2", "cgroup2", "/sys/fs/cgroup", "nosuid,noexec,nodev,relatime,rw"),
  mount("sysfs", "sysfs", "/sys", "nosuid,noexec,nodev,rw"),
];
