import { describe, expect, test } from "vitest";
import { FileError, FormatError, StateError, UsageError } from "../../src/errors.ts";
import { TreeFiles } from "../../src/tree/tree-files.ts";
import { walkedPath, walkTree } from "../../src/tree/walk.ts";
import { bytesOf, type MemoryNode, MemoryTree } from "./memory-tree.ts";

const file = (text: string): MemoryNode => ({ content: bytesOf(text) });
const link = (target: string): MemoryNode => ({ target });
const odd = Uint8Array.of(0xff, 0x2e);

function chain(length: number): [string, MemoryNode][] {
  return Array.from({ length }, (_, i) => [`l${i}`, link(i + 1 === length ? "etc/hosts" : `l${i + 1}`)]);
}

const hosts: MemoryNode = {
  content: bytesOf("localhost"),
  attributes: { permissions: 0o600 },
  xattrs: [["user.note", "hello"]],
};
const tree = new MemoryTree({
  entries: [
    [
      "etc",
      {
        entries: [
          ["hosts", hosts],
          ["up", link("../../..//etc/./hosts")],
          ["self", link("self")],
        ],
      },
    ],
    ["bin", { entries: [["run", { ...file("#!"), attributes: { permissions: 0o755 } }]], typeless: true }],
    ["abs", link("/etc")],
    ["absfile", link("/etc/hosts")],
    ["slashed", link("etc/hosts/")],
    ["gone", link("nowhere")],
    ["empty", link("")],
    ["long", { target: "x", attributes: { sizeBytes: 4096 } }],
    ["wide", link("y".repeat(256))],
    ["null", { type: "characterDevice", attributes: { deviceMajor: 1, deviceMinor: 3 } }],
    [odd, file("odd")],
    ["__proto__", file("proto")],
    ["deep", { entries: chain(41) }],
    ...chain(40),
  ],
});
const files = new TreeFiles(tree);

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => "no error",
    (error: unknown) => error,
  );
}

describe("paths", () => {
  test.each([
    ["/etc/hosts", "/etc/hosts"],
    ["etc//hosts", "/etc/hosts"],
    ["./etc/../etc/./hosts", "/etc/hosts"],
    ["../../etc/hosts", "/etc/hosts"],
    ["abs/hosts", "/etc/hosts"],
    ["absfile", "/etc/hosts"],
    ["abs/../bin", "/bin"],
    ["etc/up", "/etc/hosts"],
    ["/", "/"],
    ["..", "/"],
    ["abs/.", "/etc"],
    ["l0", "/etc/hosts"],
  ])("%s leads to %s", async (path, real) => {
    expect(await files.realpath(path)).toBe(real);
    expect(await files.realpath(bytesOf(path))).toBe(real);
  });

  test.each([
    ["nowhere", "ENOENT", -2],
    ["", "ENOENT", -2],
    ["gone", "ENOENT", -2],
    ["empty", "ENOENT", -2],
    ["etc/hosts/x", "ENOTDIR", -20],
    ["etc/hosts/", "ENOTDIR", -20],
    ["etc/hosts/.", "ENOTDIR", -20],
    ["etc/hosts/..", "ENOTDIR", -20],
    ["slashed", "ENOTDIR", -20],
    ["etc/self", "ELOOP", -40],
    ["deep/l0", "ELOOP", -40],
    ["long", "ENAMETOOLONG", -36],
    ["wide", "ENAMETOOLONG", -36],
    ["z".repeat(256), "ENAMETOOLONG", -36],
  ])("%s fails with %s, as Node words it", async (path, code, errno) => {
    const error = await failure(files.stat(path));
    expect(error).toBeInstanceOf(FileError);
    expect(error).toMatchObject({ name: "FileError", code, errno, syscall: "stat", path });
    expect((error as FileError).message).toMatch(new RegExp(`^${code}: .*, stat '`));
  });

  test("forty symlinks are followed, not one more", async () => {
    const more = new TreeFiles(
      new MemoryTree({ entries: [["etc", { entries: [["hosts", hosts]] }], ...chain(41)] }),
    );
    expect(await more.realpath("l1")).toBe("/etc/hosts");
    expect(await failure(more.realpath("l0"))).toMatchObject({ code: "ELOOP" });
  });

  test("a NUL and what is no path are the caller's mistake", async () => {
    expect(await failure(files.stat("a\0b"))).toBeInstanceOf(UsageError);
    expect(await failure(files.stat(7 as unknown as string))).toBeInstanceOf(UsageError);
  });
});

describe("stat", () => {
  test("follows, lstat does not", async () => {
    expect((await files.stat("absfile")).isFile()).toBe(true);
    const stats = await files.lstat("absfile");
    expect([stats.isSymbolicLink(), stats.isFile(), stats.size, stats.mode]).toEqual([
      true,
      false,
      10,
      0o120644,
    ]);
    expect((await files.lstat("abs/")).isDirectory()).toBe(true);
  });

  test("shows device numbers and times as Node does", async () => {
    const accessedAt = { seconds: -2n, nanoseconds: 500_000_000 };
    const device = {
      type: "blockDevice",
      attributes: { deviceMajor: 0x1234, deviceMinor: 0x56789, accessedAt },
    };
    const stats = await new TreeFiles(new MemoryTree({ entries: [["d", device as MemoryNode]] })).stat("d");
    expect(stats.rdev).toBe(0x89 + 0x234 * 256 + 0x567 * 2 ** 20 + 2 ** 44);
    expect([stats.atimeNs, stats.atimeMs, stats.atime.toISOString()]).toEqual([
      -1_500_000_000n,
      -1500,
      "1969-12-31T23:59:58.500Z",
    ]);
    expect([stats.birthtimeMs, stats.isBlockDevice()]).toEqual([0, true]);
  });
});

describe("content", () => {
  test("whole, as bytes or text", async () => {
    expect(await files.readFile("etc/up")).toEqual(bytesOf("localhost"));
    expect(await files.readFile("etc/up", "utf8")).toBe("localhost");
    expect(await files.readFile("__proto__", { encoding: "utf8" })).toBe("proto");
  });

  test("in pieces, from and to where it is asked for", async () => {
    const pieces = async (options: object): Promise<string[]> => {
      const texts: string[] = [];
      for await (const piece of files.createReadStream("etc/hosts", options))
        texts.push(String.fromCharCode(...piece));
      return texts;
    };
    expect(await pieces({ highWaterMark: 4 })).toEqual(["loca", "lhos", "t"]);
    expect(await pieces({ start: 2, end: 4 })).toEqual(["cal"]);
    expect(await pieces({ start: 9 })).toEqual([]);
    expect(tree.openFiles.size).toBe(0);
  });

  test("a handle reads where it is told, and closes", async () => {
    const handle = await files.open("etc/hosts");
    const into = new Uint8Array(4);
    expect(await handle.read(into, 0, 4, 7)).toEqual({ bytesRead: 2, buffer: into });
    expect(into).toEqual(Uint8Array.of(0x73, 0x74, 0, 0));
    expect(await handle.nextData(3)).toEqual({ offsetBytes: 3, lengthBytes: 6 });
    expect(await failure(handle.read(into, -1))).toBeInstanceOf(UsageError);
    expect(await failure(handle.read(into, 2, 3))).toBeInstanceOf(UsageError);
    await handle.close();
    expect(tree.openFiles.size).toBe(0);
  });

  test("is not to be had of a directory, nor past the limit", async () => {
    expect(await failure(files.readFile("etc"))).toMatchObject({
      message: "EISDIR: illegal operation on a directory, read",
      code: "EISDIR",
      syscall: "read",
    });
    expect(await failure(files.readFile("null"))).toMatchObject({ code: "EINVAL" });
    expect(await failure(files.readFile("etc/hosts", { limitBytes: 8 }))).toMatchObject({ code: "EFBIG" });
    const huge = new MemoryTree({ entries: [["f", { ...file("x"), attributes: { sizeBytes: 2 ** 52 } }]] });
    const read = new TreeFiles(huge).readFile("f", { limitBytes: Number.MAX_SAFE_INTEGER });
    expect(await failure(read)).toMatchObject({ code: "ENOMEM" });
  });
});

describe("directories", () => {
  test("are listed by name, as text or bytes", async () => {
    expect(await files.readdir("abs")).toEqual(["hosts", "up", "self"]);
    expect(await files.readdir("/", { encoding: "buffer" })).toContainEqual(odd);
    expect(await files.readdir("/")).toContain("\ufffd.");
    expect(await failure(files.readdir("etc/hosts"))).toMatchObject({ code: "ENOTDIR", syscall: "scandir" });
  });

  test("with types, whether the directory has them or not, and with all below", async () => {
    const found = await files.readdir("/", { withFileTypes: true, recursive: true });
    const told = found.map(({ parentPath, name, type }) => `${parentPath} ${name} ${type}`);
    expect(told).toEqual(
      expect.arrayContaining([
        "/ etc directory",
        "/etc up symlink",
        "/bin run file",
        "/ null characterDevice",
      ]),
    );
    expect(told.indexOf("/ etc directory")).toBe(told.indexOf("/etc hosts file") - 1);
    expect(await files.readdir("", {}).catch(String)).toContain("ENOENT");
    expect((await files.readdir("/", { recursive: true })).slice(0, 3)).toEqual([
      "etc",
      "etc/hosts",
      "etc/up",
    ]);
    const names: string[] = [];
    for await (const { name } of await files.opendir("etc")) names.push(name);
    expect(names).toEqual(["hosts", "up", "self"]);
  });

  test("in a circle are refused, not walked for ever", async () => {
    const entries: [string, MemoryNode][] = [];
    const circle: MemoryNode = { entries };
    entries.push(["again", circle]);
    const hostile = new MemoryTree(circle);
    expect(await failure(new TreeFiles(hostile).readdir("/", { recursive: true }))).toBeInstanceOf(
      FormatError,
    );
    const walk = async (): Promise<void> => {
      for await (const { depth } of walkTree(hostile)) expect(depth).toBe(1);
    };
    expect(await failure(walk())).toBeInstanceOf(FormatError);
  });

  test("are walked with all that is below", async () => {
    const paths: string[] = [];
    for await (const walked of walkTree(tree)) paths.push(new TextDecoder().decode(walkedPath(walked)));
    expect(paths.slice(0, 6)).toEqual(["etc", "etc/hosts", "etc/up", "etc/self", "bin", "bin/run"]);
    expect(paths).toHaveLength(98);
  });
});

describe("the rest", () => {
  test("access answers as to the superuser of a read-only file system", async () => {
    expect(await files.access("etc/hosts", 4)).toBeUndefined();
    expect(await files.access("bin/run", 5)).toBeUndefined();
    expect(await files.access("bin", 1)).toBeUndefined();
    expect(await files.access("null", 2)).toBeUndefined();
    expect(await failure(files.access("etc/hosts", 2))).toMatchObject({ code: "EROFS", errno: -30 });
    expect(await failure(files.access("etc/hosts", 1))).toMatchObject({ code: "EACCES" });
    expect(await failure(files.access("etc/hosts", 8))).toBeInstanceOf(UsageError);
  });

  test("symlinks are read", async () => {
    expect(await files.readlink("abs")).toBe("/etc");
    expect(await files.readlink("abs", { encoding: "buffer" })).toEqual(bytesOf("/etc"));
    expect(await failure(files.readlink("etc"))).toMatchObject({ code: "EINVAL", path: "etc" });
  });

  test("extended attributes are listed and read", async () => {
    expect(await files.listxattr("absfile")).toEqual(["user.note"]);
    expect(await files.listxattr("absfile", { followSymlinks: false })).toEqual([]);
    expect(await files.listxattr("absfile", { encoding: "buffer" })).toEqual([bytesOf("user.note")]);
    expect(await files.getxattr("absfile", "user.note")).toEqual(bytesOf("hello"));
    expect(await failure(files.getxattr("etc", "user.note"))).toMatchObject({ code: "ENODATA", errno: -61 });
    expect(await failure(files.getxattr("etc", "note"))).toMatchObject({ code: "ENOTSUP", path: "etc" });
    expect(await failure(files.getxattr("etc", "user."))).toMatchObject({ code: "EINVAL" });
    const long = `user.${"n".repeat(251)}`;
    expect(await failure(files.getxattr("nothing", long))).toMatchObject({ code: "ERANGE", path: "nothing" });
  });

  test("statfs is the tree's own; what a tree throws passes through", async () => {
    expect(await files.statfs("/")).toMatchObject({ bsize: 4096, statistics: { nameLimitBytes: 255 } });
    expect(await files.statfs("etc", { bigint: true })).toMatchObject({ bsize: 4096n });
    const closed = new MemoryTree({ entries: [] });
    await closed.close();
    expect(await failure(new TreeFiles(closed).stat("/"))).toBeInstanceOf(StateError);
  });
});
