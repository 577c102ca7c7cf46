import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Call, NodePair, skipUnlessRoot } from "./node-pair.ts";

const scene: readonly Call[] = [
  ["mkdir", "/a/b/c", { recursive: true }],
  ["mkdir", "/empty"],
  ["writeFile", "/f", "hello"],
  ["writeFile", "/g", "there"],
  ["symlink", "f", "/l"],
  ["symlink", "nowhere", "/dangling"],
  ["symlink", "slashed/", "/dangling-slash"],
  ["symlink", "f/", "/file-slash"],
  ["symlink", "a", "/la"],
  ["symlink", "self", "/self"],
  ["mkdir", "/tree/inner", { recursive: true }],
  ["writeFile", "/tree/inner/file", "content", { mode: 0o640 }],
  ["symlink", "inner/file", "/tree/link"],
];

const { O_NOFOLLOW, O_DIRECTORY, O_CREAT } = { O_NOFOLLOW: 0o400000, O_DIRECTORY: 0o200000, O_CREAT: 0o100 };

/** One after the other, on what those before have left. */
const calls: readonly Call[] = [
  ...["/a", "/l", "/f/", "/l/", "/new/", "/a/.", "/a/..", "/self", "/none/x", "/f/x", "/la"].flatMap(
    (path): Call[] => ["r", "r+", "w", "wx", "a+"].map((flags) => ["handle", path, flags]),
  ),
  ["handle", "/dangling", "wx"],
  ["handle", "/dangling-slash", "w"],
  ["handle", "/dangling", "w"],
  ...["/file-slash", "/file-slash/", "/file-slash/.", "/dangling-slash/."].flatMap((path): Call[] =>
    ["r", "w"].map((flags) => ["handle", path, flags]),
  ),
  ["realpath", "/la/.."],
  ["handle", "/l", O_NOFOLLOW],
  ["handle", "/f", O_DIRECTORY],
  ["handle", "/f", O_DIRECTORY | O_CREAT],
  ["handle", "/f", "r", 0o666, ["write", "x"], ["truncate", 1], ["readFile", "utf8"], ["readFile", "utf8"]],
  ["handle", "/a", "r", 0o666, ["readFile"], ["write", "x"], ["truncate"], ["chmod", 0o700], ["sync"]],
  [
    "handle",
    "/g",
    "w",
    0o666,
    ["read"],
    ["readFile"],
    ["write", "x", -5],
    ["write", "y", 10],
    ["write", "z"],
  ],
  [
    "handle",
    "/g",
    "a+",
    0o666,
    ["write", "x", 0],
    ["read"],
    ["write", "y"],
    ["read"],
    ["read", { position: 0 }],
  ],
  ...["/a", "/f/x", "/a/.", "/a/..", "/new/", "/l", "/l/", "/dangling-slash/", "/none/x"].map(
    (path): Call => ["mkdir", path],
  ),
  ...[
    "/a/b/c/d/e",
    "/a/b",
    "/f",
    "/f/g/h",
    "/x/../y/z",
    "/q//r/./s/",
    "/self/x",
    "/la/n",
    "/la",
    "/l",
    "/./m/n",
  ].map((path): Call => ["mkdir", path, { recursive: true }]),
  ["mkdir", `/n/${"x".repeat(256)}`, { recursive: true }],
  ...["/a", "/f/", "/l/", "/la/", "/none/", "/a/", "/a/.", "/a/.."].map((path): Call => ["unlink", path]),
  ...["/a/.", "/a/b/..", "/f", "/la", "/la/", "/new/", "/a"].map((path): Call => ["rmdir", path]),
  ["rename", "/f/", "/h"],
  ["rename", "/f", "/h/"],
  ["rename", "/a/.", "/x1"],
  ["rename", "/f", "/a/.."],
  ["rename", "/none", "/a/."],
  ["rename", "/a", "/a/x"],
  ["rename", "/a/b", "/a"],
  ["rename", "/f", "/a"],
  ["rename", "/a", "/f"],
  ["rename", "/none/x", "/y1"],
  ["rename", "/f", "/none/y"],
  ["rename", "/empty", "/moved/"],
  ["rename", "/la/", "/k"],
  ["rename", "/tree", "/moved"],
  ["rename", "/moved", "/tree"],
  ["link", "/a", "/al"],
  ["link", "/a", "/f"],
  ["link", "/f", "/x2/"],
  ["link", "/f/", "/x2"],
  ["link", "/l", "/ll"],
  ["lstat", "/ll"],
  ["link", "/f", "/a/."],
  ["link", "/none", "/a/."],
  ["symlink", "x", "/f"],
  ["symlink", "x", "/sl/"],
  ["symlink", "x", "/f/"],
  ["symlink", "", "/sl"],
  ["symlink", "x".repeat(4096), "/sl"],
  ["readlink", "/f"],
  ["rm", "/a"],
  ["rm", "/none"],
  ["rm", "/none", { force: true }],
  ["rm", "/f/"],
  ["rm", "/f/x", { force: true }],
  ["rm", "/a/.", { recursive: true }],
  ["rm", "/q", { recursive: true }],
  ["truncate", "/a"],
  ["truncate", "/none"],
  ["truncate", "/f", 3],
  ["copyFile", "/f", "/a"],
  ["copyFile", "/a", "/ff"],
  ["copyFile", "/f", "/f"],
  ["copyFile", "/f", "/l", 1],
  ["copyFile", "/none", "/x3"],
  ["copyFile", "/f", "/none/x"],
  ["cp", "/a", "/z"],
  ["cp", "/none", "/z"],
  ["cp", "/a", "/a/b/z", { recursive: true }],
  ["cp", "/a", "/la/b/z", { recursive: true }],
  ["cp", "/f", "/f"],
  ["cp", "/f", "/a"],
  ["cp", "/a", "/f", { recursive: true }],
  ["cp", "/f", "/g", { force: false, errorOnExist: true }],
  ["cp", "/f", "/g", { force: false }],
  ["cp", "/tree", "/made/on/the/way", { recursive: true }],
  ["cp", "/tree", "/made/on/the/way", { recursive: true }],
  ["cp", "/tree", "/verbatim", { recursive: true, verbatimSymlinks: true }],
  ["cp", "/tree/link", "/followed", { dereference: true }],
  ["cp", "/la", "/tree/link"],
  ["cp", "/tree", "/filtered", { recursive: true, filter: (from: string) => !from.endsWith("link") }],
  ...["chmod", "chown", "lchown", "utimes", "lutimes"].map((name): Call => [name, "/none", 1, 2]),
  ["opendir", "/f"],
  ["opendir", "/none"],
  ["realpath", "/none"],
  ["access", "/none"],
  ["statfs", "/none"],
  ["readdir", "/f"],
  ["readdir", "/tree", { recursive: true, withFileTypes: true }],
];

describe.skipIf(skipUnlessRoot)("chosen calls (skipped unless run by the superuser)", () => {
  let pair: NodePair;
  beforeAll(async () => {
    pair = await NodePair.make();
    for (const call of scene) await Promise.all([pair.host(call), pair.own(call)]);
  });
  afterAll(() => pair.remove());

  test.each(calls.map((call) => [JSON.stringify(call).slice(0, 100), call] as const))(
    "%s",
    async (_, call) => {
      expect(await pair.own(call)).toBe(await pair.host(call));
    },
  );

  test("leave the same", async () => {
    const [host, own] = await pair.states();
    expect(own).toEqual(host);
    expect(pair.tree.openFiles).toBe(0);
  });

  test.each([0, 1.5, 1.0000019, 1e9 + 0.123456789, -1, "12.5", new Date(1234), new Date(-1500)])(
    "keep the time %s",
    async (time) => {
      const shown: unknown[] = [];
      for (const [name, call] of [
        ["own", pair.own],
        ["host", pair.host],
      ] as const) {
        await call.call(pair, ["utimes", "/f", time, time]);
        const stats = await pair.statOf(name, "/f");
        // What is negative as a number stands for now.
        shown.push(
          time === -1 ? stats.mtimeMs > 1e12 : [stats.mtimeMs, stats.mtime.getTime(), stats.atimeMs],
        );
      }
      expect(shown[0]).toEqual(shown[1]);
    },
  );
});
