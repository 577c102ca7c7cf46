/** The guest's root file system: busybox, veritysetup, dmsetup, GNU dd, their libraries, and kernel modules. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CpioArchive } from "./cpio-archive.ts";
import { packageRoot } from "./debian-packages.ts";
import { readKernelModules } from "./kernel-modules.ts";

/** The programs of the guest, as paths on this machine. */
export interface GuestPrograms {
  readonly busybox: string;
  readonly others: readonly string[];
}

const searched = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

function findProgram(name: string): string | undefined {
  return searched.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Finds the guest's programs; those that are missing are named by package. */
export function findGuestPrograms(): GuestPrograms | { missing: string[] } {
  const missing: string[] = [];
  const others: string[] = [];
  for (const [program, packageName] of [
    ["veritysetup", "cryptsetup-bin"],
    ["dmsetup", "dmsetup"],
    ["dd", "coreutils"],
  ] as const) {
    const path = findProgram(program);
    if (path === undefined) missing.push(packageName);
    else others.push(path);
  }
  const root = packageRoot("busybox-static", "/bin/busybox");
  if (root === undefined) missing.push("busybox-static");
  return missing.length > 0 || root === undefined
    ? { missing }
    : { busybox: join(root, "bin/busybox"), others };
}

/** The libraries that the dynamic linker would load, itself included; none for a static program. */
function librariesOf(program: string): string[] {
  const { stdout = "" } = spawnSync("ldd", [program], { encoding: "utf8" });
  return [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path = ""]) => path);
}

/** Needed on top of what the disk needs; a kernel that has one built in has no file for it. */
const verityModules = [
  ...["dm-verity", "reed_solomon"],
  ...["sha1_generic", "sha256_generic", "sha512_generic", "sha3_generic", "blake2b_generic"],
];

/** Builds the archive that both engines take as their initrd. */
export function buildInitramfs(
  programs: GuestPrograms,
  modulesFolder: string,
  diskModules: readonly string[],
  files: ReadonlyMap<string, Uint8Array>,
): Buffer {
  const archive = new CpioArchive();
  for (const folder of ["/dev", "/proc", "/sys", "/tmp", "/run"]) archive.addFolder(folder);
  archive.addCharacterDevice("/dev/console", 5, 1);
  for (const program of [programs.busybox, ...programs.others]) {
    archive.addFile(`/bin/${program.slice(program.lastIndexOf("/") + 1)}`, readFileSync(program));
    for (const library of librariesOf(program)) archive.addFile(library, readFileSync(library));
  }
  const modules = readKernelModules(modulesFolder, [...diskModules, ...verityModules]);
  for (const { name, content } of modules) archive.addFile(`/modules/${name}.ko`, content);
  archive.addFile("/modules/order", Buffer.from(modules.map(({ name }) => name).join("\n")));
  for (const [path, content] of files) archive.addFile(path, content);
  return archive.finish();
}
