/** Archives that others wrote: Debian's packages and npm's. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "./system-tools.ts";

/** An archive, as a plain tar. */
export interface PackageArchive {
  readonly name: string;
  readonly path: string;
}

/** Debian packages with set-ID files, FIFOs and devices, long lists and deep folders. */
const debianPackages = [
  "base-files",
  "passwd",
  "sudo",
  "login",
  "libpam-modules",
  "perl-modules-5.36",
  "tzdata",
];

/** The data archives of a few Debian packages, which apt fetches; those that this Debian has. */
export function debianArchives(folder: string): PackageArchive[] {
  for (const name of debianPackages) {
    const known = mustRun("apt-cache", ["pkgnames", name]).split("\n").includes(name);
    if (known) mustRun("apt-get", ["download", "--quiet", "-o", "APT::Sandbox::User=", name], folder);
  }
  const files = readdirSync(folder).filter((file) => file.endsWith(".deb"));
  return files.map((file) => {
    const path = join(folder, `${file}.tar`);
    mustRun("sh", ["-c", `dpkg-deb --fsys-tarfile '${file}' > '${path}'`], folder);
    return { name: file, path };
  });
}

/** Installed npm packages, packed again by npm. */
export function npmArchives(root: string, folder: string): PackageArchive[] {
  return ["commander", "vega", "playwright-core", "@noble/hashes"].map((name) => {
    const installed = join(root, "node_modules", name);
    if (!existsSync(installed)) throw new Error(`${name} is not installed: run npm ci`);
    const options = ["--ignore-scripts", "--offline", "--silent", "--pack-destination", folder];
    const file = mustRun("npm", ["pack", installed, ...options], root).trim();
    const path = join(folder, `${file}.tar`);
    mustRun("sh", ["-c", `gzip --decompress --stdout '${file}' > '${path}'`], folder);
    return { name: file, path };
  });
}
