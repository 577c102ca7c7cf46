/**
 * A real kernel as the judge of verity volumes. Two can be had from Debian:
 *
 * - `uml`, user-mode-linux: a kernel that is a plain process and boots in about
 *   two seconds; its dm-verity has no FEC;
 * - `qemu`: the distribution's own kernel in an emulated machine, with FEC and with
 *   signatures of root hashes. Emulated even where KVM could be had, so that every
 *   machine runs the same.
 */
import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { debianKernel, type KernelFiles, userModeLinux } from "./debian-packages.ts";
import { type DiskSlice, guestScript, type PlacedCase, parseConsole, signaturePath } from "./guest-script.ts";
import { buildInitramfs, findGuestPrograms, type GuestPrograms } from "./initramfs.ts";
import type { KernelCase, KernelResult } from "./kernel-case.ts";

export type EngineName = "uml" | "qemu";

/** A kernel that can be booted. */
export interface KernelEngine {
  readonly name: EngineName;
  readonly kernel: KernelFiles;
  readonly programs: GuestPrograms;
}

/** What cannot be booted, and the Debian packages for want of which. */
export interface MissingEngine {
  readonly name: EngineName;
  readonly missing: readonly string[];
}

const qemuPath = "/usr/bin/qemu-system-x86_64";

/** Looks for an engine, and fetches packages where that is enough (see `debian-packages.ts`). */
export function findEngine(name: EngineName): KernelEngine | MissingEngine {
  const programs = findGuestPrograms();
  const missing = "missing" in programs ? [...programs.missing] : [];
  if (name === "qemu" && !existsSync(qemuPath)) missing.push("qemu-system-x86");
  const kernel = name === "uml" ? userModeLinux() : debianKernel();
  if (kernel === undefined) missing.push(name === "uml" ? "user-mode-linux" : "linux-image-amd64");
  return "missing" in programs || kernel === undefined || missing.length > 0
    ? { name, missing }
    : { name, kernel, programs };
}

const sectorBytes = 512;
/** Devices start at a boundary of this, so that no block size is at odds with where it lies. */
const alignmentBytes = 64 * 1024;

/** Writes all devices of all cases to one sparse disk. */
function layOut(diskPath: string, cases: readonly KernelCase[]): PlacedCase[] {
  const disk = openSync(diskPath, "w");
  let position = 0;
  const placed = cases.map((kernelCase) => {
    const slices = new Map<"data" | "hash" | "fec", DiskSlice>();
    for (const device of ["data", "hash", "fec"] as const) {
      const bytes = kernelCase[device];
      if (bytes === undefined || typeof bytes === "string") continue;
      if (bytes.length % sectorBytes !== 0) {
        throw new Error(
          `${kernelCase.name}: ${device} is ${bytes.length} bytes, no multiple of ${sectorBytes}`,
        );
      }
      writeSync(disk, bytes, 0, bytes.length, position);
      slices.set(device, { firstSector: position / sectorBytes, sectors: bytes.length / sectorBytes });
      position = Math.ceil((position + bytes.length) / alignmentBytes) * alignmentBytes;
    }
    return { kernelCase, slices };
  });
  ftruncateSync(disk, Math.max(position, alignmentBytes));
  closeSync(disk);
  return placed;
}

function commandOf({ name, kernel }: KernelEngine, folder: string): [command: string, ...args: string[]] {
  const [disk, initrd] = [join(folder, "disk"), join(folder, "initrd")];
  const quiet = ["quiet", "loglevel=1", "panic=-1"];
  if (name === "uml") {
    const console = ["con0=null,fd:1", "con=null", "ssl=null"];
    return [
      kernel.image,
      "mem=512M",
      `initrd=${initrd}`,
      `ubd0r=${disk}`,
      ...console,
      `uml_dir=${folder}/`,
      ...quiet,
    ];
  }
  return [
    ...[qemuPath, "-machine", "pc", "-accel", "tcg", "-cpu", "max", "-m", "512"],
    ...["-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"],
    ...["-kernel", kernel.image, "-initrd", initrd, "-append", `console=ttyS0 ${quiet.join(" ")}`],
    ...["-drive", `file=${disk},if=virtio,format=raw,readonly=on`],
  ] as [string, ...string[]];
}

/**
 * Runs the guest to its end; what it wrote to its console. `timeout` kills it and
 * all its processes, also where this one is no longer there to do so.
 */
function boot(engine: KernelEngine, folder: string, timeoutMs: number): Promise<string> {
  const seconds = Math.ceil(timeoutMs / 1000);
  return new Promise((resolve, reject) => {
    const guest = spawn("timeout", ["--signal=KILL", `${seconds}`, ...commandOf(engine, folder)], {
      // UML keeps its memory in a file below TMPDIR.
      env: { ...process.env, TMPDIR: folder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const parts: Buffer[] = [];
    guest.stdout.on("data", (part: Buffer) => parts.push(part));
    guest.stderr.on("data", (part: Buffer) => parts.push(part));
    guest.on("error", reject);
    guest.on("close", () => resolve(Buffer.concat(parts).toString("latin1")));
  });
}

const diskModules: Record<EngineName, readonly string[]> = { uml: [], qemu: ["virtio_pci", "virtio_blk"] };
const diskPaths: Record<EngineName, string> = { uml: "/dev/ubda", qemu: "/dev/vda" };

/** What a boot came to. */
export interface KernelRun {
  /** `uname -r` of the guest. */
  readonly release: string;
  /** From start to end of the guest's process. */
  readonly elapsedMs: number;
  /** In the order of the cases. */
  readonly results: readonly KernelResult[];
}

/**
 * Boots a kernel once and has it open and read every case, one after the other.
 *
 * @throws {Error} with the end of its console, when the guest does not come to its end in
 *   `timeoutMs` (default: a quarter of an hour), or answers other than one result a case.
 */
export async function runKernelCases(
  engine: KernelEngine,
  cases: readonly KernelCase[],
  timeoutMs = 900_000,
): Promise<KernelRun> {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-kernel-"));
  try {
    const placed = layOut(join(folder, "disk"), cases);
    const files = new Map([["/init", Buffer.from(guestScript(diskPaths[engine.name], placed))]]);
    for (const { name, signature } of cases) {
      if (signature !== undefined) files.set(signaturePath(name), Buffer.from(signature));
    }
    const { kernel, programs } = engine;
    const initramfs = buildInitramfs(programs, kernel.modulesFolder, diskModules[engine.name], files);
    writeFileSync(join(folder, "initrd"), initramfs);
    const startMs = performance.now();
    const { release, results } = parseConsole(await boot(engine, folder, timeoutMs));
    const elapsedMs = performance.now() - startMs;
    if (results.map(({ name }) => name).join() !== cases.map(({ name }) => name).join()) {
      throw new Error(`the guest answered ${results.length} cases of ${cases.length}`);
    }
    return { release, elapsedMs, results };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
