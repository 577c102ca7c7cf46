/** Trees of real files: a Debian root under an overlay on our ext4, and npm's packages copied into it. */
import { spawnSync } from "node:child_process";
import { realpathSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { writeDebianRootTar } from "../../../images/debian-root.ts";
import { LayerArchive } from "../../../images/layer-archive.ts";
import { fromHex } from "../../../src/bytes/index.ts";
import { FileDevice } from "../../../src/device/file-device.node.ts";
import { MemoryDevice } from "../../../src/device/memory-device.ts";
import { type Ext4Tree, openExt4 } from "../../../src/ext4/ext4-tree.ts";
import { formatExt4 } from "../../../src/ext4/format-ext4.ts";
import { openWritableExt4, type WritableExt4Tree } from "../../../src/ext4/writable-ext4-tree.ts";
import { openLayer } from "../../../src/layer/opened-layer.ts";
import { archiveTree } from "../../../src/layer/tree-archive.ts";
import { openOverlay } from "../../../src/overlay/open-overlay.ts";
import type { FileTree } from "../../../src/tree/file-tree.ts";
import { WritableMemoryTree } from "../../tree/writable-memory-tree.ts";
import { buildLayerFile } from "../layer-file.ts";
import { oracleFolder } from "../oracle-cases.ts";
import { describeUnlessMissing } from "../system-tools.ts";
import { copyIntoTree } from "./copied-tree.ts";
import { KernelSession, makeExt4, missingForLists } from "./kernel-session.ts";
import { comparableUpper } from "./overlay-outcomes.ts";
import { TreeExecutor } from "./tree-executor.ts";
import { snapshotOf } from "./tree-snapshot.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const upperBytes = 1500 * 2 ** 20;
const noApt =
  process.env["CI"] === undefined &&
  spawnSync("apt-get", ["download", "--print-uris", "base-files"]).status !== 0;

/** Layers in files, the lowest first. */
async function debianLayers(folder: string): Promise<{ image: string; tree: Ext4Tree }[]> {
  const { path } = await writeDebianRootTar(join(folder, "debian.tar"), { size: "small" });
  const change = new LayerArchive(new Date(1_700_000_000_000));
  change.file("etc/hostname", "container\n");
  change.file("usr/share/.wh.doc", "");
  change.file("var/cache/apt/.wh..wh..opq", "");
  change.file("var/cache/apt/new", "new\n");
  const changed = join(folder, "change.tar");
  writeFileSync(changed, await change.pack());
  const layers = [];
  for (const [index, archive] of [path, changed].entries()) {
    const image = join(folder, `layer-${index}`);
    const { rootHash } = await buildLayerFile(archive, image, { convertWhiteouts: true });
    const device = await FileDevice.open(image);
    const layer = await openLayer(device, { rootHash: fromHex(rootHash) });
    onTestFinished(() => device.close());
    layers.push({ image, tree: await openExt4(layer.device, { closesDevice: true }) });
  }
  return layers;
}

/** Calls on a share of all names, told by where they stand in the list: most change, some fail. */
function listFor(snapshot: readonly string[]): string[] {
  return snapshot.flatMap((line, index): string[] => {
    const [path = "", type] = line.split(" ");
    if (path === ".") return [];
    if (type === "directory") {
      return (
        [[`rename ${path} ${path}.moved`], [`rmdir ${path}`], [`mkdir ${path}/made 750`], []][index % 4] ?? []
      );
    }
    if (type !== "file") return index % 3 === 0 ? [`unlink ${path}`] : [`lchown ${path} 7 8`];
    const written = [`open h ${path} r+ 0`, `write h 10 5000 ${index % 200}`, "close h"];
    const choices = [
      [`unlink ${path}`],
      [`chmod ${path} 600`],
      written,
      [`rename ${path} ${path}.moved`],
      [`truncate ${path} 100`],
      [`setxattr ${path} user.mark 00`],
      // Copied up, and as it was.
      [`lchown ${path} 4294967295 4294967295`],
    ];
    return choices[index % choices.length] ?? [];
  });
}

/** What GNU tar makes of an archive of ours, and of its own of a folder. */
function extract(session: KernelSession, folder: string, archive: string): readonly string[] {
  const keeping = "--xattrs --xattrs-include='*' --numeric-owner --same-permissions --same-owner";
  session.command(`rm -rf '${folder}' && mkdir '${folder}'`);
  session.command(`tar --extract --file '${archive}' ${keeping} --directory '${folder}'`);
  return session.snapshot(folder);
}

async function writeArchive(tree: FileTree, path: string): Promise<void> {
  const file = await open(path, "w");
  for await (const piece of archiveTree(tree)) await file.write(piece);
  await file.close();
}

/** An archive does not say when a file was last read. */
function withoutReading(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/ atime=\S+/, ""));
}

async function makeUpper(): Promise<WritableExt4Tree> {
  const device = new MemoryDevice(upperBytes);
  await formatExt4(device, { isZero: true });
  return openWritableExt4(device, { closesDevice: true });
}

const directory = { type: "directory", permissions: 0o755 } as const;

/** Removes every other name below `node_modules`, with all that is in it. */
function removalOf(snapshot: readonly string[]): string[] {
  const gone = snapshot.filter((line) => {
    const [, name = ""] = /^node_modules\/((?:@[^/ ]+\/)?[^/ ]+)/.exec(line) ?? [];
    return name !== "" && !/^@[^/]+$/.test(name) && name.length % 2 === 0;
  });
  return gone.reverse().map((line) => {
    const [path, type] = line.split(" ");
    return `${type === "directory" ? "rmdir" : "unlink"} ${path}`;
  });
}

/** A session in which an overlay over layer images, topmost first, stands at `merged`; over an empty one, where there are none. */
function mountedSession(folder: string, images: readonly string[]): KernelSession {
  const session = new KernelSession();
  session.command(`cd '${folder}' && mkdir merged upper extracted empty`);
  const image = join(folder, "upper.image");
  session.command(`${makeExt4(image, 2 * upperBytes)} && mount -o loop,noatime '${image}' '${folder}/upper'`);
  session.command(`cd '${folder}/upper' && mkdir upper work`);
  const lowers = images.map((layer, index) => {
    session.command(
      `cd '${folder}' && mkdir lower-${index} && mount -o loop,ro,noload '${layer}' lower-${index}`,
    );
    return `lower-${index}`;
  });
  const places = `lowerdir=${lowers.join(":") || "empty"},upperdir=upper/upper,workdir=upper/work`;
  const how = "noatime,nodev,redirect_dir=off,metacopy=off,index=off,xino=off";
  session.command(`cd '${folder}' && mount -t overlay -o '${places},${how}' none merged`);
  return session;
}

/** What there is to see of the kernel's overlay: itself, its upper directory, and archives of it and of ours, extracted. */
function lookAt(session: KernelSession, folder: string) {
  const snapshot = session.snapshot(join(folder, "merged"));
  const kernels = join(folder, "kernels.tar");
  const how = "--format=posix --xattrs --xattrs-include='*' --numeric-owner";
  session.command(`tar --create --file '${kernels}' ${how} --directory '${folder}/merged' .`);
  session.command(`umount '${folder}/merged'`);
  const upper = session.snapshot(join(folder, "upper/upper"));
  const place = join(folder, "upper/extracted");
  const fromKernels = extract(session, place, kernels);
  const fromOurs = extract(session, place, join(folder, "ours.tar"));
  return { snapshot, upper, fromKernels, fromOurs };
}

describeUnlessMissing(missingForLists(), "real trees in our overlay and the kernel's", () => {
  test.skipIf(noApt)("a Debian root, changed (skipped where apt-get cannot download)", async () => {
    const folder = oracleFolder();
    const layers = await debianLayers(folder);
    const upperTree = await makeUpper();
    const upper = await upperTree.create(upperTree.root, Buffer.from("upper"), directory);
    const work = await upperTree.create(upperTree.root, Buffer.from("work"), directory);
    const lowers = layers.map(({ tree }) => tree).reverse();
    const overlay = await openOverlay(lowers, { upper: { tree: upperTree, upper, work } });
    const list = listFor(await snapshotOf(overlay));
    const executor = new TreeExecutor(overlay);
    const answers: string[] = [];
    for (const line of list) answers.push(await executor.answer(line));
    await writeArchive(overlay, join(folder, "ours.tar"));
    const ours = { answers, snapshot: await snapshotOf(overlay) };
    const oursAbove = comparableUpper(await snapshotOf(upperTree, upper), false);
    await overlay.close();
    for (const tree of [...lowers, upperTree]) await tree.close();

    const session = mountedSession(folder, layers.map(({ image }) => image).reverse());
    const expected = { answers: session.run(join(folder, "merged"), list), ...lookAt(session, folder) };
    session.play();
    expect(answers.filter((answer) => answer.startsWith("ok")).length).toBeGreaterThan(list.length / 2);
    expect(list.length).toBeGreaterThan(3000);
    expect(ours.answers).toEqual(expected.answers);
    expect(ours.snapshot).toEqual(expected.snapshot);
    expect(oursAbove).toEqual(comparableUpper(expected.upper, false));
    expect(withoutReading(expected.fromOurs)).toEqual(withoutReading(expected.fromKernels));
  });

  test("node_modules, copied in, renamed, half of it removed, and copied out", async () => {
    const folder = oracleFolder();
    const modules = realpathSync(join(root, "node_modules"));
    const upperTree = await makeUpper();
    const upper = await upperTree.create(upperTree.root, Buffer.from("upper"), directory);
    const work = await upperTree.create(upperTree.root, Buffer.from("work"), directory);
    const lower = new WritableMemoryTree();
    const overlay = await openOverlay([lower], { upper: { tree: upperTree, upper, work } });
    const copiedBytes = await copyIntoTree(modules, overlay, overlay.root, "node_modules");
    const packages = (await snapshotOf(overlay)).filter((line) =>
      /^node_modules\/[^/@]+ directory/.test(line),
    );
    const list: string[] = packages.flatMap((line, index) => {
      const [path = ""] = line.split(" ");
      return index % 3 === 0 ? [`rename ${path} ${path}-renamed`] : [];
    });
    const executor = new TreeExecutor(overlay);
    const answers: string[] = [];
    for (const line of list) answers.push(await executor.answer(line));
    const removed = removalOf(await snapshotOf(overlay));
    for (const line of removed) answers.push(await executor.answer(line));
    await writeArchive(overlay, join(folder, "ours.tar"));
    const snapshot = await snapshotOf(overlay);
    await overlay.close();
    await upperTree.close();

    const session = mountedSession(folder, []);
    session.command(`cp -a '${modules}' '${folder}/merged/node_modules'`);
    const expected = {
      answers: session.run(join(folder, "merged"), [...list, ...removed]),
      ...lookAt(session, folder),
    };
    session.play();
    expect(copiedBytes).toBeGreaterThan(100 * 2 ** 20);
    expect(answers).toEqual(expected.answers);
    expect(new Set(answers)).toEqual(new Set(["ok"]));
    expect(withoutReading(snapshot)).toEqual(withoutReading(expected.snapshot));
    expect(withoutReading(expected.fromOurs)).toEqual(withoutReading(expected.fromKernels));
  });
});
