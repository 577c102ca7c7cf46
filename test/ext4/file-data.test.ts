/** Content written at random: a few file systems of those in the slow tier. */
import { expect, test } from "vitest";
import { exerciseForeign, exerciseKernelFile, exerciseOwn } from "./content-exercise.ts";
import { describeWithLoopMounts } from "./loop-mount.ts";

const mib = 2 ** 20;

describeWithLoopMounts("content", () => {
  test("in a file system of our own, with little memory", async () => {
    expect(await exerciseOwn(64 * mib, { seed: 2, limitBytes: mib, dirtyBytes: 65_536 })).toBeUndefined();
  });

  test("where space runs out", async () => {
    expect(await exerciseOwn(2 * mib, { seed: 3, limitBytes: 500_000 })).toBeUndefined();
  });

  test.each([
    ["a journal", []],
    ["blocks of 1 KiB", ["-b", "1024", "-O", "^has_journal"]],
  ])("in a file that the kernel wrote, with %s", async (_, mkfs) => {
    expect(await exerciseKernelFile(mkfs, 6)).toBeUndefined();
  });

  test.each([
    ["as mkfs.ext4 makes it, with a journal", []],
    ["with blocks of 1 KiB and descriptors with CRC-16", ["-O", "^metadata_csum,uninit_bg", "-b", "1024"]],
  ])("%s", async (_, mkfs) => {
    expect(await exerciseForeign(mkfs, 5)).toBeUndefined();
  });
});
