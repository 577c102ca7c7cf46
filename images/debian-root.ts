/**
 * A Debian root file system as one tar, for what needs a large real layer: its
 * packages are fetched by apt, unpacked without running their scripts, and
 * archived by GNU tar. It is a real file system's files, and boots nothing.
 * Needs Debian with apt, dpkg-deb and tar, the network once, and about 3 GB of
 * disk; owners are kept where it runs as root. Which package versions it holds
 * is Debian's word of the day: two machines get the same bytes from the same
 * mirror state only.
 */
import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** What a root file system is for. */
export type DebianRootSize = "small" | "large";

const packageSets: Readonly<Record<DebianRootSize, readonly string[]>> = {
  small: ["?essential", "apt"],
  // Compilers, interpreters and their libraries: with the archives of the packages over 1 GiB.
  large: [
    ...["?essential", "apt", "gcc", "g++", "make", "perl", "python3", "git"],
    ...["golang-go", "openjdk-17-jdk-headless", "nodejs"],
  ],
};

/** What to write. */
export interface DebianRootOptions {
  /** `small` is the essential packages (some 200 MB), `large` more than 1 GiB. */
  readonly size: DebianRootSize;
  /** How often the root stands in the archive, each time below a folder of its own after the first; once by default. */
  readonly copies?: number;
  /** Where fetched and unpacked packages are kept for the next time; below the system's temporary folder by default. */
  readonly keptFolder?: string;
}

/** What was written. */
export interface DebianRootArchive {
  readonly path: string;
  readonly sizeBytes: number;
  readonly packages: number;
}

/**
 * Writes the archive to `path`, which exists afterwards whole or not at all.
 *
 * @throws Error where a program is missing or fails, with what it said.
 */
export async function writeDebianRootTar(
  path: string,
  options: DebianRootOptions,
): Promise<DebianRootArchive> {
  const kept = options.keptFolder ?? join(tmpdir(), "sealstone-debian-root");
  const root = await unpackedRoot(join(kept, options.size), packageSets[options.size]);
  const partial = `${path}.partial`;
  try {
    await archive(root, partial, options.copies ?? 1);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  const packages = await readdir(join(root, cacheFolder));
  return { path, sizeBytes: (await stat(path)).size, packages: packages.length };
}

const cacheFolder = "var/cache/apt/archives";

/** The folder of the unpacked packages; made under another name, so that one that is there is whole. */
async function unpackedRoot(folder: string, packages: readonly string[]): Promise<string> {
  const root = join(folder, "root");
  if (await exists(root)) return root;
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, "unpacking-"));
  try {
    await populate(work, packages);
    await rename(work, root);
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
  return root;
}

async function populate(root: string, packages: readonly string[]): Promise<void> {
  const archives = join(root, cacheFolder);
  await mkdir(join(archives, "partial"), { recursive: true });
  // An empty status: apt takes nothing for installed, and fetches every dependency.
  const status = join(root, "status");
  await writeFile(status, "");
  await run("apt-get", [
    ...["--quiet", "--assume-yes", "--no-install-recommends", "--download-only"],
    ...["-o", `Dir::State::status=${status}`, "-o", `Dir::Cache::archives=${archives}`],
    ...["-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=", "install", ...packages],
  ]);
  await rm(status);
  for (const left of ["partial", "lock"]) await rm(join(archives, left), { recursive: true, force: true });
  await mkdir(join(root, "usr"));
  for (const name of ["bin", "sbin", "lib", "lib32", "lib64"]) {
    await mkdir(join(root, "usr", name));
    await symlink(`usr/${name}`, join(root, name));
  }
  const files = (await readdir(archives)).filter((name) => name.endsWith(".deb")).sort();
  await run("bash", ["-c", unpackScript, "unpack", ...files.map((name) => join(archives, name))], root);
}

/** Unpacks the packages in `$@`; `/bin` and its like stay links into `/usr`, as Debian has had them since 12. */
const unpackScript = `set -eo pipefail
for package in "$@"; do
  dpkg-deb --fsys-tarfile "$package" | tar -x --numeric-owner --same-permissions --keep-directory-symlink
done`;

/** GNU tar in a fixed order, with no time that is later than the packages' own. */
async function archive(root: string, path: string, copies: number): Promise<void> {
  const owners = process.getuid?.() === 0 ? [] : ["--owner=0", "--group=0"];
  const options = [
    ...["--sort=name", "--numeric-owner", ...owners, "--format=pax"],
    "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime",
    ...["--mtime=2024-01-01 00:00:00Z", "--clamp-mtime", "--directory", root],
  ];
  await mkdir(dirname(path), { recursive: true });
  await run("tar", ["--create", "--file", path, ...options, "."]);
  for (let copy = 2; copy <= copies; copy++) {
    // Names and hard links move below the copy's folder; what a symlink holds stays.
    const moved = `flags=rhS;s,^\\.,./copy-${copy},`;
    await run("tar", ["--append", "--file", path, ...options, `--transform=${moved}`, "."]);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function run(program: string, args: readonly string[], folder?: string): Promise<void> {
  await promisify(execFile)(program, args, {
    cwd: folder,
    maxBuffer: 2 ** 26,
    env: { ...process.env, LC_ALL: "C" },
  });
}
