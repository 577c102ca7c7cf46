/**
 * Linux itself as the judge: a user-mode kernel is booted on the host's own
 * files (no root, no KVM), maps the volumes with dm-verity and reads every block.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A volume to map, and how. */
export interface KernelVolume {
  readonly data: Uint8Array;
  readonly hash: Uint8Array;
  readonly hashType: number;
  readonly dataBlockSize: number;
  readonly dataBlocks: number;
  /** What follows type and devices in the kernel's table line: sizes, first hash block, algorithm, root, salt. */
  readonly table: string;
}

/** What the kernel made of a volume. */
export interface KernelVerdict {
  /** False where it refused the table. */
  readonly mapped: boolean;
  /** Data blocks that it answered with an I/O error, ascending. */
  readonly unreadableBlocks: readonly number[];
}

const sectorSizeBytes = 512;
const tools = ["/usr/bin/linux.uml", "/usr/sbin/insmod", "/usr/sbin/dmsetup"];

/** What is missing on this machine to boot the kernel; empty where nothing is. */
export const missingTools: readonly string[] = tools.filter((tool) => !existsSync(tool));

/** Boots the kernel once, maps each volume and reads all its blocks, each on its own where a read fails. */
export function askKernel(volumes: readonly KernelVolume[]): KernelVerdict[] {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-kernel-"));
  try {
    const disk = layOut(volumes.flatMap(({ data, hash }) => [data, hash]));
    writeFileSync(join(folder, "disk"), disk.bytes);
    writeFileSync(join(folder, "init"), script(volumes, disk.starts), { mode: 0o755 });
    const output = execFileSync(
      "linux.uml",
      [
        `ubd0=${join(folder, "disk")}`,
        ...["root=none", "rootfstype=hostfs", "rootflags=/", `init=${join(folder, "init")}`],
        ...["mem=256M", "con=null", "con0=null,fd:1", "quiet"],
      ],
      { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 300_000 },
    );
    return volumes.map((_, index) => verdict(output, index));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All devices one after the other on one disk: the kernel has few, dm-linear cuts it up. */
function layOut(devices: readonly Uint8Array[]): { bytes: Uint8Array; starts: number[] } {
  const starts: number[] = [];
  let end = 0;
  for (const { length } of devices) {
    starts.push(end / sectorSizeBytes);
    end += Math.ceil(length / sectorSizeBytes) * sectorSizeBytes;
  }
  const bytes = new Uint8Array(end);
  devices.forEach((device, index) => {
    bytes.set(device, (starts[index] ?? 0) * sectorSizeBytes);
  });
  return { bytes, starts };
}

/** The init program of the kernel: everything it needs stands in the host's own file system. */
function script(volumes: readonly KernelVolume[], starts: readonly number[]): string {
  const lines = volumes.map(({ data, hash, hashType, dataBlockSize, dataBlocks, table }, index) => {
    const linear = (name: string, length: number, start: number | undefined): string =>
      `dmsetup create --noudevsync ${name} --table "0 ${Math.ceil(length / sectorSizeBytes)} linear 98:0 ${start}"`;
    const sectors = (dataBlocks * dataBlockSize) / sectorSizeBytes;
    return `
${linear(`d${index}`, data.length, starts[2 * index])}
${linear(`h${index}`, hash.length, starts[2 * index + 1])}
if dmsetup create --noudevsync v${index} --readonly \\
  --table "0 ${sectors} verity ${hashType} /dev/mapper/d${index} /dev/mapper/h${index} ${table}"
then echo "volume ${index} mapped"; scan ${index} ${dataBlockSize}
else echo "volume ${index} refused"; fi
`;
  });
  return `#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin DM_DISABLE_UDEV=1
export PATH DM_DISABLE_UDEV
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs dev /dev
mknod /dev/null c 1 3; mknod /dev/ubda b 98 0
modules=$(echo /usr/lib/uml/modules/*/kernel)
for module in drivers/md/dm-mod drivers/md/dm-bufio drivers/md/dm-verity crypto/sha512_generic; do
  insmod "$modules/$module.ko"
done
# dd goes on after a failed read, and says then how many it has read whole.
scan() { # volume blockSize
  LC_ALL=C dd if=/dev/mapper/v$1 of=/dev/null bs=$2 iflag=direct conv=noerror 2>&1 | sed "s/^/volume $1 /"
}
${lines.join("")}
echo o > /proc/sysrq-trigger
sleep 60
`;
}

function verdict(output: string, index: number): KernelVerdict {
  const lines = output.split(/\r?\n/).filter((line) => line.startsWith(`volume ${index} `));
  if (lines.length === 0) throw new Error(`the kernel said nothing of volume ${index}:\n${output}`);
  const unreadableBlocks: number[] = [];
  for (const [at, line] of lines.entries()) {
    if (!line.includes("error reading")) continue;
    const read = /(\d+)\+0 records in/.exec(lines[at + 1] ?? "")?.[1];
    if (read === undefined) throw new Error(`dd said after an error: ${lines[at + 1]}`);
    unreadableBlocks.push(Number(read) + unreadableBlocks.length);
  }
  return { mapped: lines.includes(`volume ${index} mapped`), unreadableBlocks };
}
