/** Content written at random in many file systems, our own and such as mkfs.ext4 makes. */
import { expect, test } from "vitest";
import { exerciseForeign, exerciseOwn } from "./content-exercise.ts";
import { describeWithLoopMounts } from "./loop-mount.ts";

const mib = 2 ** 20;
const seeds = [11, 12, 13, 14, 15];

describeWithLoopMounts("content, in file systems of our own", () => {
  test.each([
    ["with room for all", 64 * mib, { limitBytes: 4 * mib }],
    ["with little memory", 300 * mib, { limitBytes: 4 * mib, dirtyBytes: 65_536 }],
    ["where space runs out", 3 * mib, { limitBytes: mib }],
    ["where space runs out, with little memory", 2 * mib, { limitBytes: 300_000, dirtyBytes: 65_536 }],
  ])("%s", async (_, sizeBytes, how) => {
    for (const seed of seeds) expect(await exerciseOwn(sizeBytes, { ...how, seed })).toBeUndefined();
  });
});

describeWithLoopMounts("content, in file systems that mkfs.ext4 makes", () => {
  test.each([
    ["as it comes, with a journal", []],
    ["without a journal", ["-O", "^has_journal"]],
    ["blocks of 1 KiB", ["-O", "^has_journal", "-b", "1024"]],
    ["blocks of 2 KiB, inodes of 128 bytes", ["-O", "^has_journal", "-b", "2048", "-I", "128"]],
    ["descriptors with CRC-16", ["-O", "^has_journal,^metadata_csum,uninit_bg", "-b", "1024"]],
    ["no checksums, 32 bits", ["-O", "^has_journal,^metadata_csum,^64bit", "-b", "1024"]],
    ["no flex_bg, no resize_inode", ["-O", "^has_journal,^flex_bg,^resize_inode", "-b", "1024"]],
    ["tables that were not zeroed", ["-E", "lazy_itable_init=1", "-O", "^has_journal"]],
  ])("%s", async (_, mkfs) => {
    for (const seed of seeds) expect(await exerciseForeign(mkfs, seed)).toBeUndefined();
  });
});
