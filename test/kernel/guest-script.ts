/**
 * The script that runs as the guest's first process: it cuts the cases' devices
 * out of the one disk (dm-linear), opens each case with `veritysetup open`, reads
 * every data block with direct I/O, and says what came of it in lines that start
 * with `@@`. All else on the console is the kernel's. Nothing is closed: starting a
 * program takes longer here than most else, and the power goes off in the end.
 */
import type { KernelCase, KernelResult } from "./kernel-case.ts";

/** Where on the disk a case's device lies, in sectors of 512 bytes. */
export interface DiskSlice {
  readonly firstSector: number;
  readonly sectors: number;
}

/** A case with its devices laid out on the disk. */
export interface PlacedCase {
  readonly kernelCase: KernelCase;
  readonly slices: ReadonlyMap<"data" | "hash" | "fec", DiskSlice>;
}

/** Path of a case's signature file in the guest. */
export function signaturePath(name: string): string {
  return `/signatures/${name}`;
}

/*
 * busybox has a dd of its own, and its shell would take that for the name alone. GNU dd tells after each failed block how many it has read so far ("5+0 records in"), and skips
 * the block: the k-th failure (from 0) after N good blocks is block N + k.
 */
const prelude = `#!/bin/busybox sh
PATH=/bin; export PATH
export DM_DISABLE_UDEV=1 LC_ALL=C
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox mount -t devtmpfs dev /dev
busybox mkdir -p /run/cryptsetup
for module in $(busybox cat /modules/order); do
  busybox insmod /modules/$module.ko || echo "module $module was not loaded"
done
echo "@@ up $(busybox uname -r)"
read_blocks() { # device, block size
  /bin/dd if=$1 ibs=$2 obs=65536 iflag=direct conv=noerror 2>/tmp/dd | busybox sha256sum >/tmp/sum
  busybox awk '
    /dd: error reading/ { failed = 1; next }
    / records in$/ && failed {
      split($1, read, "+"); bad = read[1] + errors; errors++; failed = 0
      if (spans > 0 && bad == last + 1) last = bad
      else { if (spans > 0) text = text " " first "-" last; spans++; first = bad; last = bad }
    }
    END { if (spans > 0) text = text " " first "-" last; print "@@ unreadable" text }' /tmp/dd
  read sum rest </tmp/sum
  echo "@@ sha256 $sum"
}
`;

/** A word that the shell takes as it stands. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Name of a case's device-mapper device: the case's number, and `verity` or what is cut from the disk. */
function deviceName(index: number, device: "data" | "hash" | "fec" | "verity"): string {
  return `${index}-${device}`;
}

/** One command that cuts all devices of all cases out of the disk. */
function cutScript(diskPath: string, cases: readonly PlacedCase[]): string {
  const devices = cases.flatMap(({ slices }, index) =>
    [...slices].map(
      ([device, { firstSector, sectors }]) =>
        `${deviceName(index, device)},,,ro,0 ${sectors} linear ${diskPath} ${firstSector}`,
    ),
  );
  return `dmsetup create --concise ${quoted(devices.join(";"))}`;
}

function caseScript({ kernelCase, slices }: PlacedCase, index: number): string {
  const { name, rootHash, dataBlockSize, options = [], signature, fec } = kernelCase;
  const pathOf = (device: "data" | "hash" | "fec" | "verity"): string =>
    `/dev/mapper/${deviceName(index, device)}`;
  const hash = slices.has("hash") ? "hash" : "data";
  const args = [pathOf("data"), deviceName(index, "verity"), pathOf(hash), rootHash];
  if (fec !== undefined) args.push(`--fec-device=${pathOf(typeof fec === "string" ? fec : "fec")}`);
  if (signature !== undefined) args.push(`--root-hash-signature=${signaturePath(name)}`);
  args.push(...options);
  return [
    `echo "@@ case ${name}"`,
    `output=$(veritysetup open ${args.map(quoted).join(" ")} 2>&1); status=$?`,
    `echo "@@ output $(echo "$output" | busybox tr '\\n' ' ')"`,
    `echo "@@ open $status"`,
    `if [ $status = 0 ]; then read_blocks ${pathOf("verity")} ${dataBlockSize}; fi`,
  ].join("\n");
}

/** The whole script, for a guest that sees the disk as `diskPath`. */
export function guestScript(diskPath: string, cases: readonly PlacedCase[]): string {
  return [
    prelude,
    cutScript(diskPath, cases),
    ...cases.map(caseScript),
    "dmsetup status --target verity | busybox sed 's/^/@@ status /'",
    "echo @@ end",
    // Setting a terminal waits until all is sent; with the power off, the rest would be lost.
    "busybox stty sane </dev/console",
    "busybox poweroff -f",
  ].join("\n");
}

type MutableResult = { -readonly [K in keyof KernelResult]: KernelResult[K] };

/** Reads what the script said on the console. Throws where it did not come to its end. */
export function parseConsole(text: string): { release: string; results: KernelResult[] } {
  const results: MutableResult[] = [];
  let release = "";
  let ended = false;
  for (const line of text.split(/\r?\n/)) {
    const [, key = "", rest = ""] = line.match(/^@@ (\w+) ?(.*)$/) ?? [];
    const result = results.at(-1);
    if (key === "up") release = rest;
    else if (key === "end") ended = true;
    else if (key === "case") results.push(emptyResult(rest));
    else if (result === undefined) continue;
    else if (key === "output") result.openOutput = rest.trim();
    else if (key === "open") result.openStatus = Number(rest);
    else if (key === "sha256") result.readableSha256 = rest;
    else if (key === "status") {
      // A line of dmsetup: the device, its sectors, the target and dm-verity's letter.
      const [, index, letter] = rest.match(/^(\d+)-verity: .* verity ([VC])/) ?? [];
      const ofCase = results[Number(index)];
      if (ofCase !== undefined) ofCase.status = letter === "C" ? "C" : "V";
    } else if (key === "unreadable") {
      result.unreadable = [...rest.matchAll(/(\d+)-(\d+)/g)].map(([, a, b]) => [Number(a), Number(b)]);
    }
  }
  if (!ended) throw new Error(`the guest did not come to its end; its console said:\n${text.slice(-4000)}`);
  return { release, results };
}

function emptyResult(name: string): MutableResult {
  return {
    name,
    openStatus: -1,
    openOutput: "",
    unreadable: [],
    readableSha256: undefined,
    status: undefined,
  };
}
