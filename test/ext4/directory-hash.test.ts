/** Hashes of names, as debugfs' `dx_hash` shows them. */
import { expect, test } from "vitest";
import { type DirectoryHash, directoryHashSeed, hashName } from "../../src/ext4/directory-hash.ts";

const names = ["abc", "hello world", "y".repeat(32), `${"q".repeat(200)}e`, "äöü-ß"];
const seed = directoryHashSeed(Uint8Array.from({ length: 16 }, (_, i) => i + 1));

function hashes(hash: DirectoryHash): string[] {
  return names.map((name) => {
    const { major, minor } = hashName(hash, new TextEncoder().encode(name));
    return `${major.toString(16)} ${minor.toString(16)}`;
  });
}

test.each([
  [0, ["75afd992 0", "e0a6a922 0", "71586034 0", "856691e6 0", "3a63e702 0"]],
  [
    1,
    ["f54f014a d928c19d", "9cab15b2 1abe63a6", "eeaf58fa c93259b0", "a23ad60e d8644e0b", "b2fbd508 38cc45d7"],
  ],
  [
    2,
    ["e5b24162 9ac5292e", "8afa1f6 1bd348ac", "3d540ffe a5896898", "45349128 1572ed01", "5adf8f52 7048e489"],
  ],
])("version %i with signed characters", (version, expected) => {
  expect(hashes({ version, unsigned: false, seed })).toEqual(expected);
});

test("a seed of zeros is none", () => {
  const own = { unsigned: false, seed: directoryHashSeed(new Uint8Array(16)) };
  expect(hashes({ version: 1, ...own })[0]).toBe("d196a868 c420eb28");
  expect(hashes({ version: 2, ...own })[0]).toBe("b1435ec4 3f7eaa0e");
});

test("a sign counts in bytes above 0x7f alone", () => {
  for (const version of [0, 1, 2]) {
    const [signed, unsigned] = [false, true].map((each) => hashes({ version, unsigned: each, seed }));
    expect(unsigned?.slice(0, 4)).toEqual(signed?.slice(0, 4));
    expect(unsigned?.[4]).not.toBe(signed?.[4]);
  }
});
