/**
 * A real image of four layers: the command-line tool `attw`, from the npm
 * packages that the lockfile pins. It holds no Node and is not run; what it
 * has of a real image is what a layer can hold: long names, hard links,
 * symlinks, attributes in and outside the inode, whiteouts, an opaque folder,
 * owners, set-ID bits and nanoseconds.
 */
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { LayerArchive } from "./layer-archive.ts";
import { type LockedPackage, lockedPackages } from "./locked-packages.ts";
import { digestOf, type RecipeImage, type RecipeLayer, recipeImage } from "./recipe-image.ts";

const tool = "@arethetypeswrong/cli";
const createdAt = new Date("2025-01-01T00:00:00Z");
const library = "usr/lib";
const documents = "usr/share/doc";

/** CAP_NET_BIND_SERVICE, permitted and effective, as Linux stores it (revision 2, little endian). */
const capability = "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";

/**
 * Makes the image.
 *
 * @param root the repository's folder, after `npm ci`.
 * @throws Error where a package is not installed, or would not be the same everywhere.
 */
export async function makeAttwImage(root: string): Promise<RecipeImage> {
  const packages = await lockedPackages(root, tool);
  const layers = [
    await finish("base system", systemLayer()),
    await finish(
      "dependencies",
      await packagesLayer(
        root,
        packages.filter(({ name }) => name !== tool),
      ),
    ),
    await finish("tool", await toolLayer(root, packages)),
    await finish("without documentation", trimmedLayer(packages)),
  ];
  return recipeImage("attw", layers, {
    createdAt,
    user: "1000:1000",
    environment: ["PATH=/usr/bin"],
    entrypoint: ["node", "/usr/bin/attw"],
  });
}

async function finish(name: string, archive: LayerArchive): Promise<RecipeLayer> {
  const tar = await archive.pack();
  return { name, entries: archive.length, tar, diffId: digestOf(tar) };
}

/** The folders and files that every system has. */
function systemLayer(): LayerArchive {
  const layer = new LayerArchive(createdAt);
  layer.symlink("bin", "usr/bin");
  layer.folder("etc");
  layer.file("etc/group", "root:x:0:\nmail:x:8:\nshadow:x:42:\nattw:x:1000:\n");
  layer.file("etc/hosts", "");
  layer.file("etc/motd", "To be replaced by the layers above.\n");
  layer.symlink("etc/os-release", "../usr/lib/os-release");
  layer.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nattw:x:1000:1000::/home/attw:/bin/sh\n");
  layer.file("etc/shadow", "root:*:::::::\nattw:*:::::::\n", { mode: 0o640, gid: 42 });
  layer.folder("home");
  layer.folder("home/attw", { mode: 0o750, uid: 1000, gid: 1000 });
  layer.file("home/attw/.profile", "umask 027\n", { uid: 1000, gid: 1000 });
  layer.folder("root", { mode: 0o700 });
  layer.folder("run");
  layer.fifo("run/attw.pipe", { mode: 0o620, uid: 1000, gid: 1000 });
  layer.folder("tmp", { mode: 0o1777 });
  layer.file(`${library}/os-release`, 'ID=attw\nNAME="The attw image"\n', {
    modifiedAt: "1735689600.123456789",
  });
  layer.folder(`${library}/attw`);
  layer.file(`${library}/attw/as-owner`, "#!/bin/sh\nexec id\n", { mode: 0o4755, uid: 1000 });
  layer.folder("var");
  layer.folder("var/mail", { mode: 0o2775, gid: 8 });
  layer.symlink("var/run", "/run");
  return layer;
}

/** The packages' files; a file that was there before under another name is a hard link to it. */
async function packagesLayer(root: string, packages: readonly LockedPackage[]): Promise<LayerArchive> {
  const layer = new LayerArchive(createdAt);
  const seen = new Map<string, string>();
  for (const each of packages) {
    await addPackage(layer, root, each, seen);
    const licence = each.files.find((file) => /^licen[cs]e[^/]*$/i.test(file));
    if (licence !== undefined) {
      layer.hardLink(`${documents}/${slug(each)}/licence`, `${library}/${each.path}/${licence}`);
    }
  }
  return layer;
}

/** The tool itself, and the commands of all packages. */
async function toolLayer(root: string, packages: readonly LockedPackage[]): Promise<LayerArchive> {
  const layer = new LayerArchive(createdAt);
  for (const each of packages) {
    if (each.name === tool) await addPackage(layer, root, each, new Map());
    for (const [command, file] of each.commands) {
      layer.symlink(`usr/bin/${command}`, relative("usr/bin", `${library}/${each.path}/${file}`));
    }
  }
  layer.file("etc/motd", "attw: are the types wrong?\n");
  layer.file(`${library}/attw/serve`, "#!/bin/sh\nexec node /usr/bin/attw --serve\n", {
    mode: 0o755,
    xattrs: new Map([
      ["security.capability", capability],
      ["user.comment", "may bind to port 80"],
    ]),
  });
  layer.hardLink(`${library}/attw/serve-now`, `${library}/attw/serve`, { mode: 0o755 });
  return layer;
}

/** What a last step of a build takes away again. */
function trimmedLayer(packages: readonly LockedPackage[]): LayerArchive {
  const layer = new LayerArchive(createdAt);
  layer.whiteout("etc/motd");
  for (const { path, files } of packages) {
    for (const file of files) {
      if (/^(?:readme|changelog|history)/i.test(file)) layer.whiteout(`${library}/${path}/${file}`);
    }
  }
  layer.folder(documents);
  layer.opaque(documents);
  const list = packages.map(({ name, version, integrity }) => `${name} ${version} ${integrity}\n`);
  layer.file(`${documents}/packages`, list.join(""), { modifiedAt: "1735689600.5" });
  return layer;
}

async function addPackage(
  layer: LayerArchive,
  root: string,
  each: LockedPackage,
  seen: Map<string, string>,
): Promise<void> {
  const commands = new Set(each.commands.values());
  const xattrs = new Map([["user.npm.version", each.version]]);
  layer.folder(`${library}/${each.path}`, { xattrs });
  for (const file of each.files) {
    const content = await readFile(join(root, each.path, file));
    const mode = commands.has(file) ? 0o755 : 0o644;
    const name = `${library}/${each.path}/${file}`;
    // Too long for the inode: it gets a block of its own.
    const about = file === "package.json" ? new Map([["user.npm.integrity", each.integrity]]) : undefined;
    const key = `${mode} ${digestOf(content)}`;
    const known = about === undefined && content.length > 0 ? seen.get(key) : undefined;
    if (known !== undefined) {
      layer.hardLink(name, known, { mode });
      continue;
    }
    layer.file(name, content, about === undefined ? { mode } : { mode, xattrs: about });
    if (about === undefined) seen.set(key, name);
  }
}

function slug({ path }: LockedPackage): string {
  return path.slice("node_modules/".length).replaceAll("/", "-");
}
