/** Layers and images mounted without a policy, and what a container changed in them. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { PolicyError } from "../../src/errors.ts";
import { mountImage } from "../../src/overlay/mount-image.node.ts";
import { mountLayers } from "../../src/overlay/mount-layers.ts";
import type { MountedOverlay } from "../../src/overlay/mounted-overlay.ts";
import { mountScratch } from "../../src/overlay/scratch-disk.ts";
import { type TreeChange, treeChangeText } from "../../src/tree/tree-change.ts";
import { scratchFolder } from "../cli/child-command.ts";
import { ImageBuilder, oneFileTar } from "../oci/image-builder.ts";
import { hashes, twoLayers } from "./mounted-layers.ts";

async function changesOf(root: MountedOverlay): Promise<TreeChange[]> {
  const found: TreeChange[] = [];
  for await (const change of root.changes()) found.push(change);
  return found;
}

const texts = async (root: MountedOverlay): Promise<string[]> => (await changesOf(root)).map(treeChangeText);

describe("mountLayers", () => {
  test("takes the base first, and a disk in memory that ends with it", async () => {
    const layers = await twoLayers();
    const root = await mountLayers(layers, { scratchSizeBytes: 1 << 20 });
    expect(await root.readFile("/etc/release", "utf8")).toBe("new!\n");
    await root.writeFile("/a", "b");
    expect(root.container).toMatch(/^container-[0-9a-f]{16}$/);
    await root.close();
    await Promise.all(layers.map((layer) => layer.close()));
  });

  test("as many times as one likes, each on its own", async () => {
    const layers = await twoLayers();
    await using a = await mountLayers(layers);
    await using b = await mountLayers(layers);
    await a.writeFile("/etc/release", "a's");
    expect(await b.readFile("/etc/release", "utf8")).toBe("new!\n");
    expect(await texts(b)).toEqual([]);
  });

  test("read-only, or on a disk that others use", async () => {
    const layers = await twoLayers();
    await using closed = await mountLayers(layers, { scratch: "none" });
    await expect(closed.mkdir("/a")).rejects.toMatchObject({ code: "EROFS" });
    await using disk = await mountScratch(new MemoryDevice(1 << 22));
    await using root = await mountLayers(layers, { scratch: disk, container: "web" });
    await root.mkdir("/a");
    expect(disk.users).toEqual(["web"]);
  });

  test("held against a policy's lists, if there are any", async () => {
    const [base, top] = await twoLayers();
    const policyLayers = [hashes(base, top)];
    await using root = await mountLayers([base, top], { policyLayers });
    expect(root.lowerLayers).toEqual([top, base]);
    await expect(mountLayers([top, base], { policyLayers })).rejects.toBeInstanceOf(PolicyError);
    await expect(mountLayers([{} as never])).rejects.toBeInstanceOf(PolicyError);
    await expect(mountLayers([])).rejects.toMatchObject({ name: "UsageError" });
  });

  test("a disk that is too small is the caller's mistake, and leaves nothing in use", async () => {
    const [base] = await twoLayers();
    await expect(mountLayers([base], { scratchSizeBytes: 4096 })).rejects.toMatchObject({
      name: "UsageError",
    });
    expect(base.holders).toEqual([]);
  });
});

describe("changes", () => {
  test("what is new, gone and other, and nothing else", async () => {
    await using root = await mountLayers(await twoLayers());
    expect(await texts(root)).toEqual([]);
    await root.mkdir("/srv/data", { recursive: true });
    await root.writeFile("/srv/data/file", "x");
    await root.symlink("data", "/srv/link");
    await root.chmod("/var/log", 0o640);
    await root.appendFile("/etc/release", "more");
    await root.rm("/var/log");
    await root.writeFile("/etc/gone", "back again");
    expect(await texts(root)).toEqual([
      "+ /etc/gone",
      "~ /etc/release (5 to 9 bytes, time of modification)",
      "+ /srv/",
      "+ /srv/data/",
      "+ /srv/data/file",
      "+ /srv/link",
      "- /var/log",
    ]);
  });

  test("what was put back is no change", async () => {
    await using root = await mountLayers(await twoLayers());
    const { mode, uid, gid } = await root.stat("/var/log");
    const { modifiedAt } = await root.tree.getattr((await root.resolve("/var/log")).node);
    await root.chmod("/var/log", 0o777);
    await root.chown("/var/log", 1, 2);
    await root.writeFile("/var/log", "LINE\n");
    expect(await texts(root)).toEqual([
      "~ /var/log (permissions 600 to 777, uid 0 to 1, gid 0 to 2, content from byte 0, time of modification)",
    ]);
    await root.writeFile("/var/log", "line\n");
    await root.chmod("/var/log", mode & 0o7777);
    await root.chown("/var/log", uid, gid);
    await root.tree.setattr((await root.resolve("/var/log")).node, { modifiedAt });
    expect(await texts(root)).toEqual([]);
  });

  test("a directory that took another's place", async () => {
    await using root = await mountLayers(await twoLayers());
    await root.rm("/var", { recursive: true });
    await root.mkdir("/var", { mode: 0o700 });
    await root.writeFile("/var/new", "");
    expect(await texts(root)).toEqual(["- /var/log", "+ /var/new"]);
    await root.rm("/var", { recursive: true });
    await root.writeFile("/var", "");
    expect(await texts(root)).toEqual([expect.stringMatching(/^~ \/var \(directory to file/), "- /var/log"]);
    await root.rm("/var");
    expect(await texts(root)).toEqual(["- /var/", "- /var/log"]);
  });

  test("attributes, those of the root among them", async () => {
    await using root = await mountLayers(await twoLayers());
    await root.setxattr("/var/log", "user.a", new Uint8Array([1]));
    await root.chmod("/", 0o711);
    const changes = await changesOf(root);
    expect(changes.map(treeChangeText)).toEqual([
      "~ / (permissions 755 to 711)",
      "~ /var/log (user.a changed)",
    ]);
    expect(changes[1]).toMatchObject({
      differences: [{ field: "xattr", before: new TextEncoder().encode("b"), after: Uint8Array.of(1) }],
    });
  });

  test("ends with an abort", async () => {
    await using root = await mountLayers(await twoLayers());
    await root.writeFile("/a", "");
    const found: TreeChange[] = [];
    const looking = (async () => {
      for await (const change of root.changes({ signal: AbortSignal.abort(new Error("enough")) }))
        found.push(change);
    })();
    await expect(looking).rejects.toThrow("enough");
    expect(found).toEqual([]);
  });
});

describe("mountImage", () => {
  const builder = new ImageBuilder();
  const image = builder.addImage({
    layers: [{ tar: oneFileTar("a", "base") }, { tar: oneFileTar("b", "top") }],
  });
  builder.layout(image);
  const platform = { platform: { os: "linux", architecture: "amd64", variant: undefined }, required: false };

  test("an image from a layout, all of it gone when it is closed", async () => {
    const temporaryFolder = scratchFolder();
    const root = await mountImage(builder.writeTo(scratchFolder()), { platform, temporaryFolder });
    expect([await root.readFile("/a", "utf8"), await root.readFile("/b", "utf8")]).toEqual(["base", "top"]);
    await root.writeFile("/a", "mine");
    expect(await texts(root)).toEqual(["~ /a (content from byte 0, time of modification)"]);
    const [layer] = root.lowerLayers;
    await root.close();
    expect(readdirSync(temporaryFolder)).toEqual([]);
    await expect(layer?.tree.getattr(layer.tree.root)).rejects.toMatchObject({ code: "closed" });
  });

  test("held against a policy, and its layers let go of where they are others", async () => {
    const temporaryFolder = scratchFolder();
    const path = join(temporaryFolder, "image.tar");
    writeFileSync(path, builder.toTar());
    await using root = await mountImage(path, { platform, temporaryFolder });
    const policyLayers = [hashes(...root.lowerLayers).reverse()];
    await using again = await mountImage(path, { platform, temporaryFolder, policyLayers, scratch: "none" });
    expect(await again.readdir("/")).toEqual(expect.arrayContaining(["a", "b"]));
    const wrong = mountImage(path, { platform, temporaryFolder, policyLayers: [["00".repeat(32)]] });
    await expect(wrong).rejects.toBeInstanceOf(PolicyError);
  });
});
