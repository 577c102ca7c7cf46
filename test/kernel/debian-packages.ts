/**
 * Files of Debian packages: where they are installed, or else fetched with
 * `apt-get download` and unpacked, unprivileged, into a folder that is kept for
 * the next run (a kernel is 70 MB). Nothing is installed and nothing else on the
 * machine changes; without apt the packages are just missing.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const keptFolder = join(tmpdir(), "sealstone-debian-packages");

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

function fetchPackage(name: string): string {
  mkdirSync(keptFolder, { recursive: true });
  const work = mkdtempSync(join(keptFolder, "unpacking-"));
  try {
    run("apt-get", ["download", name], work);
    const archive = readdirSync(work).find((file) => file.endsWith(".deb"));
    if (archive === undefined) throw new Error(`apt-get download ${name} left no .deb`);
    run("dpkg-deb", ["-x", archive, "root"], work);
    const kept = join(keptFolder, name);
    // Another test process may have been faster; what it unpacked is the same.
    if (!existsSync(kept)) renameSync(join(work, "root"), kept);
    return kept;
  } finally {
    rmSync(work, { recursive: true });
  }
}

/**
 * The root folder below which a package's files are: "/" where `installed`
 * is there, else the folder of the unpacked package. Undefined where it can be had in neither way.
 *
 * @param installed an absolute path that the package installs.
 */
export function packageRoot(name: string, installed: string): string | undefined {
  if (existsSync(installed)) return "/";
  const kept = join(keptFolder, name);
  if (existsSync(kept)) return kept;
  try {
    return fetchPackage(name);
  } catch {
    return undefined;
  }
}

/** The package that a meta-package such as `linux-image-amd64` stands for at present. */
function dependencyOf(metaPackage: string, pattern: RegExp): string | undefined {
  try {
    return run("apt-cache", ["depends", metaPackage], "/").match(pattern)?.[1];
  } catch {
    return undefined;
  }
}

/** A kernel to boot: its image, and the folder of its modules. */
export interface KernelFiles {
  readonly image: string;
  readonly modulesFolder: string;
}

/** Debian's amd64 kernel (package `linux-image-amd64`), installed or fetched. */
export function debianKernel(): KernelFiles | undefined {
  const installed = kernelBelow("/");
  if (installed !== undefined) return installed;
  const name = dependencyOf("linux-image-amd64", /Depends: (linux-image-\S+)/);
  if (name === undefined) return undefined;
  const root = packageRoot(name, `/boot/${name.replace("linux-image", "vmlinuz")}`);
  return root === undefined ? undefined : kernelBelow(root);
}

function kernelBelow(root: string): KernelFiles | undefined {
  const boot = join(root, "boot");
  const images = existsSync(boot) ? readdirSync(boot).filter((file) => /^vmlinuz-.*-amd64$/.test(file)) : [];
  for (const image of images.sort().reverse()) {
    const modulesFolder = join(root, "lib/modules", image.replace("vmlinuz-", ""));
    if (existsSync(join(modulesFolder, "kernel/drivers/md"))) {
      return { image: join(boot, image), modulesFolder };
    }
  }
  return undefined;
}

/** Debian's kernel that runs as a plain process (package `user-mode-linux`), where it is installed. */
export function userModeLinux(): KernelFiles | undefined {
  const [image, modules] = ["/usr/bin/linux.uml", "/usr/lib/uml/modules"];
  if (!existsSync(image) || !existsSync(modules)) return undefined;
  const [version] = readdirSync(modules);
  return version === undefined ? undefined : { image, modulesFolder: join(modules, version) };
}
