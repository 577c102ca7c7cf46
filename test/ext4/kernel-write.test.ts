/**
 * File systems that the kernel made and filled, changed by ours at random: e2fsck
 * finds them in order, and the kernel shows what ours shows.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openWritableExt4 } from "../../src/ext4/writable-ext4-tree.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import type { WritableFileTree } from "../../src/tree/writable-file-tree.ts";
import { outcomeOf } from "../tree/contract-model.ts";
import { bytesOf } from "../tree/memory-tree.ts";
import { everything, type Filling, many } from "./fillings.ts";
import { describeWithLoopMounts, makeImage, mounted, run } from "./loop-mount.ts";
import { randomCall } from "./random-calls.ts";
import { fsck, writableDevice } from "./scratch-file.ts";
import { differencesOf, kernelSnapshot, treeSnapshot } from "./snapshot.ts";

const mib = 1 << 20;
/** In each, ours and then the kernel changes the file system. */
const rounds = [1, 2];

/** Two files with the same large attributes: the kernel keeps one block for both. */
const sharedXattrs: Filling = (folder) => {
  for (const name of ["one", "two"]) {
    writeFileSync(`${folder}/${name}`, name);
    run("setfattr", ["-n", "user.large", "-v", "x".repeat(600), `${folder}/${name}`]);
  }
  run("setfacl", ["-m", "u:7:rwx,g:9:r", `${folder}/one`]);
  run("setfacl", ["-d", "-m", "u:7:rwx", folder]);
};

const kinds: readonly [title: string, mkfs: readonly string[]][] = [
  ["mkfs's own choice", ["-b", "4096"]],
  ["blocks of 1 KiB, no checksums", ["-b", "1024", "-O", "^metadata_csum,^64bit,uninit_bg"]],
  [
    "inodes of 128 bytes, no index",
    ["-b", "2048", "-I", "128", "-O", "^dir_index,^has_journal,^metadata_csum"],
  ],
  ["TEA, characters without a sign", ["-b", "1024"]],
];

/** Gives one of the two files that share a block of attributes another value there. */
async function changeShared(tree: WritableFileTree, round: number): Promise<void> {
  const directory = await tree.lookup(tree.root, bytesOf("e"));
  const one = directory && (await tree.lookup(directory, bytesOf("one")));
  if (one) await tree.setxattr(one, bytesOf("user.large"), new Uint8Array(500 + round).fill(round));
}

describeWithLoopMounts("ext4 that the kernel made, changed by ours", () => {
  test.each(kinds)("%s", { timeout: 120_000 }, async (title, mkfs) => {
    const image = makeImage(mkfs, 32 * mib);
    try {
      if (title.startsWith("TEA")) {
        run("tune2fs", ["-E", "hash_alg=tea", image.path]);
        run("debugfs", ["-w", "-R", "set_super_value flags 2", image.path]);
      }
      mounted(image, "rw,user_xattr,acl", (folder) => {
        const fillings: [string, Filling][] = [
          ["d", many(700)],
          ["e", sharedXattrs],
        ];
        for (const [index, fill] of everything.entries()) fillings.push([`f${index}`, fill]);
        for (const [name, fill] of fillings) {
          mkdirSync(`${folder}/${name}`);
          fill(`${folder}/${name}`);
        }
      });
      for (const round of rounds) {
        const tree = await openWritableExt4(await writableDevice(image), { closesDevice: true });
        const random = new SeededRandom(round);
        await changeShared(tree, round);
        for (let i = 0; i < 300; i++) await outcomeOf(tree, randomCall(random));
        const seen = await treeSnapshot(tree);
        await tree.close();
        expect(fsck(image)).toBe("");
        const birth = !mkfs.includes("128");
        const expected = mounted(image, "rw,noatime,user_xattr,acl", (folder) => {
          const snapshot = kernelSnapshot(folder, { birth });
          for (let i = 0; i < 60; i++) writeFileSync(`${folder}/d/kernel ${round} ${i}`, `${i}`);
          return snapshot;
        });
        expect(differencesOf(seen, expected)).toEqual([]);
        expect(fsck(image)).toBe("");
      }
    } finally {
      image.remove();
    }
  });
});
