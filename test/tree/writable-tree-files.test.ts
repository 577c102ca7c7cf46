import { beforeEach, describe, expect, test } from "vitest";
import { FileError, UsageError } from "../../src/errors.ts";
import type { TreeNode, TreeOptions } from "../../src/tree/file-tree.ts";
import { ReadOnlyTree } from "../../src/tree/read-only-tree.ts";
import { WritableTreeFiles } from "../../src/tree/writable-tree-files.ts";
import { bytesOf } from "./memory-tree.ts";
import { WritableMemoryTree } from "./writable-memory-tree.ts";

let tree: WritableMemoryTree;
let files: WritableTreeFiles;

beforeEach(() => {
  tree = new WritableMemoryTree();
  files = new WritableTreeFiles(tree);
});

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => "no error",
    (error: unknown) => error,
  );
}

async function message(promise: Promise<unknown>): Promise<string> {
  return String(((await failure(promise)) as Error).message);
}

describe("a path of bytes", () => {
  test("may be changed while the call is under way", async () => {
    const path = bytesOf("directory/file");
    const made = files.mkdir(path.subarray(0, 9));
    path.fill(0x78);
    await made;
    path.set(bytesOf("directory/file"));
    const written = files.writeFile(path, "content");
    path.fill(0x79);
    await written;
    expect(await files.readdir("/", { recursive: true })).toEqual(["directory", "directory/file"]);
  });
});

describe("open", () => {
  test("of a name that is not there and cannot be made ends", async () => {
    let asked = 0;
    tree.lookup = async () => undefined;
    tree.create = async () => {
      asked += 1;
      throw new FileError("EEXIST", "mknod");
    };
    expect(await failure(files.open("/name", "w"))).toMatchObject({
      code: "EEXIST",
      syscall: "open",
      path: "/name",
    });
    expect(asked).toBe(9);
  });
});

describe("content", () => {
  test("is written from whatever yields it", async () => {
    async function* later(): AsyncGenerator<string | Uint8Array> {
      yield "one ";
      yield bytesOf("two");
    }
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytesOf("web"));
        controller.close();
      },
    });
    const kinds = [
      "text",
      bytesOf("bytes"),
      new DataView(bytesOf("view").buffer),
      ["a", "b"],
      later(),
      stream,
    ];
    for (const [i, data] of kinds.entries()) await files.writeFile(`f${i}`, data as string);
    const read = await Promise.all(kinds.map((_, i) => files.readFile(`f${i}`, "utf8")));
    expect(read).toEqual(["text", "bytes", "view", "ab", "one two", "web"]);
    expect(await failure(files.writeFile("x", 7 as unknown as string))).toBeInstanceOf(UsageError);
    expect(tree.openFiles).toBe(0);
  });

  test("appended at once is all there", async () => {
    const lines = Array.from({ length: 50 }, (_, i) => `${"x".repeat(i)}\n`);
    await Promise.all(lines.map((line) => files.appendFile("log", line)));
    const read = await files.readFile("log", "utf8");
    expect(read.split("\n").sort().join("\n").trim()).toBe(lines.join("").trim());
  });

  test("goes in and out by streams of the web's", async () => {
    const pieces = Array.from({ length: 20 }, (_, i) => new Uint8Array(1000).fill(i));
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces.shift();
        if (piece) controller.enqueue(piece);
        else controller.close();
      },
    });
    await source.pipeTo(files.createWriteStream("a", { flush: true }));
    const from = await files.open("a");
    await from.readableWebStream({ highWaterMark: 999 }).pipeTo(files.createWriteStream("b"));
    await from.close();
    expect(await files.readFile("b")).toEqual(await files.readFile("a"));
    expect((await files.stat("b")).size).toBe(20_000);
    expect(tree.openFiles).toBe(0);
  });

  test("a stream that fails closes its file", async () => {
    const small = new WritableTreeFiles(new WritableMemoryTree({ limitPages: 1 }));
    const writer = small.createWriteStream("a").getWriter();
    const written = writer.write(new Uint8Array(10_000));
    expect(await failure(written)).toMatchObject({ code: "ENOSPC", syscall: "write" });
    expect((small.tree as WritableMemoryTree).openFiles).toBe(0);
    expect((await small.stat("a")).size).toBe(4096);
    const aborted = files.createWriteStream("b");
    await aborted.abort(new Error("enough"));
    expect(tree.openFiles).toBe(0);
  });

  test("reads that go on from each other get every byte once, though they are asked for at once", async () => {
    await files.writeFile(
      "a",
      Uint8Array.from({ length: 100 }, (_, i) => i),
    );
    await using file = await files.open("a", "r+");
    const reads = await Promise.all(Array.from({ length: 10 }, () => file.read(new Uint8Array(10))));
    const bytes = reads.flatMap(({ buffer }) => [...buffer]).sort((a, b) => a - b);
    expect(bytes).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const close = file.close();
    expect(await failure(file.read())).toMatchObject({ code: "EBADF", syscall: "read" });
    await close;
  });

  test("takes space and gives it back", async () => {
    await using file = await files.open("a", "w+");
    await file.allocate(0, 8192);
    expect(await file.stat({ bigint: true })).toMatchObject({ size: 8192n, blocks: 16n });
    await file.punchHole(0, 4096);
    expect((await file.stat()).blocks).toBe(8);
    await file.write("end", 10_000);
    await files.copyFile("a", "b");
    expect((await files.stat("b")).blocks).toBe((await files.stat("a")).blocks);
    expect(await files.readFile("b")).toEqual(await files.readFile("a"));
  });
});

describe("what Linux's common layer does", () => {
  const capability = "security.capability";
  const capabilities = Uint8Array.of(1, 0, 0, 2, ...new Uint8Array(16));

  test("a file that changes loses its capabilities, and with its owner its set-user-id", async () => {
    const changes: ((path: string) => Promise<unknown>)[] = [
      (path) => files.writeFile(path, "x"),
      (path) => files.appendFile(path, "x"),
      (path) => files.truncate(path, 1),
      (path) => files.chown(path, -1, -1),
    ];
    for (const change of changes) {
      await files.writeFile("f", "content");
      await files.chmod("f", 0o6755);
      await files.setxattr("f", capability, capabilities);
      await change("f");
      expect(await failure(files.getxattr("f", capability))).toMatchObject({ code: "ENODATA" });
    }
    expect((await files.stat("f")).mode & 0o7777).toBe(0o755);
    await files.chmod("f", 0o6745);
    await files.chown("f", 1, 2);
    expect((await files.stat("f")).mode & 0o7777).toBe(0o2745);
    await files.mkdir("d");
    await files.chmod("d", 0o6755);
    await files.chown("d", 1, 2);
    expect((await files.stat("d")).mode & 0o7777).toBe(0o6755);
  });

  test("an open file is asked for its capabilities again after one was set", async () => {
    await using file = await files.open("f", "w");
    await file.write("x");
    await files.setxattr("f", capability, capabilities);
    await file.write("y");
    expect(await files.listxattr("f")).toEqual([]);
  });

  test("capabilities are refused that are in none of their forms", async () => {
    await files.writeFile("f", "");
    const forms = [Uint8Array.of(1), new Uint8Array(20), Uint8Array.of(...capabilities, 0, 0, 0, 0)];
    for (const form of forms) {
      expect(await failure(files.setxattr("f", capability, form))).toMatchObject({
        code: "EINVAL",
        path: "f",
      });
    }
    expect(await files.listxattr("f")).toEqual([]);
  });

  test("an attribute of the system's that is no ACL cannot be asked for", async () => {
    await files.writeFile("f", "");
    for (const name of ["system.data", "system.", "system.posix_acl"]) {
      expect(await failure(files.getxattr("f", name))).toMatchObject({ code: "ENOTSUP" });
    }
    expect(await failure(files.getxattr("f", "system.posix_acl_default"))).toMatchObject({ code: "ENODATA" });
  });

  test("an exchange with what is not there says so before it looks at slashes", async () => {
    await files.writeFile("f", "");
    expect(await failure(files.rename("f/", "none", { onto: "exchange" }))).toMatchObject({ code: "ENOENT" });
    expect(await failure(files.rename("f/", "f", { onto: "exchange" }))).toMatchObject({ code: "ENOTDIR" });
  });

  test("a mask takes permissions from what is made", async () => {
    const masked = new WritableTreeFiles(tree, { umask: 0o077 });
    await masked.writeFile("f", "", { mode: "666" });
    await masked.mkdir("d", 0o777);
    await masked.mknod("p", { type: "fifo" });
    await masked.mknod("null", { type: "characterDevice", mode: 0o666, deviceMajor: 1, deviceMinor: 3 });
    const modes = await Promise.all(["f", "d", "p", "null"].map((path) => masked.lstat(path)));
    expect(modes.map(({ mode }) => mode.toString(8))).toEqual(["100600", "40700", "10600", "20600"]);
    expect(modes[3]?.rdev).toBe(0x103);
  });

  test("a socket, a fifo and a device are not to be opened", async () => {
    for (const type of ["socket", "fifo", "characterDevice"] as const) await files.mknod(type, { type });
    expect(await message(files.open("socket", "r"))).toBe("ENXIO: no such device or address, open 'socket'");
    expect(await failure(files.open("fifo", "r"))).toMatchObject({ code: "EINVAL" });
    expect(await failure(files.open("characterDevice", "r+"))).toMatchObject({ code: "EINVAL" });
  });
});

describe("names", () => {
  test("are bytes where they are asked for", async () => {
    const odd = Uint8Array.of(0x64, 0xff);
    const below = Uint8Array.of(...odd, 0x2f, 0xfe);
    await files.mkdir(odd);
    await files.writeFile(below, "odd");
    await files.cp(odd, "copy", { recursive: true });
    expect(await files.readdir("copy", "buffer")).toEqual([Uint8Array.of(0xfe)]);
    await files.symlink(below, "link");
    expect(await files.readlink("link", "buffer")).toEqual(below);
    expect(await files.readFile("link", "utf8")).toBe("odd");
    await files.rm(odd, { recursive: true });
    expect((await files.readdir("/")).sort()).toEqual(["copy", "link"]);
  });

  test("are not copied into themselves for ever, by whatever symlink", async () => {
    await files.mkdir("from");
    await files.mkdir("to");
    await files.symlink("/to", "from/link");
    const copying = files.cp("from", "to/copy", { recursive: true, dereference: true });
    await expect(copying).rejects.toMatchObject({ code: "ENAMETOOLONG", syscall: "stat" });
    await files.rm("to", { recursive: true });
    expect(await files.readdir("/")).toEqual(["from"]);
  });

  test("are swapped, kept and whited out beyond Node", async () => {
    for (const name of ["a", "b"]) await files.writeFile(name, name);
    await files.rename("a", "b", { onto: "exchange" });
    expect(await files.readFile("a", "utf8")).toBe("b");
    expect(await message(files.rename("a", "b", { onto: "refuse" }))).toBe(
      "EEXIST: file already exists, rename 'a' -> 'b'",
    );
    expect(await message(files.rename("a", "b/", { onto: "exchange" }))).toMatch(/^ENOTDIR: /u);
    await files.rename("a", "c", { whiteout: true });
    expect((await files.lstat("a")).isCharacterDevice()).toBe(true);
  });

  test("of temporary directories are new", async () => {
    const made = [await files.mkdtemp("/t-"), await files.mkdtemp("/t-")];
    expect(new Set(made).size).toBe(2);
    for (const path of made) expect(path).toMatch(/^\/t-[A-Za-z0-9]{6}$/u);
    expect((await files.stat(made[0] as string)).mode & 0o777).toBe(0o700);
    expect(await failure(files.mkdtemp("none/t-"))).toMatchObject({ code: "ENOENT", syscall: "mkdtemp" });
  });

  test("are listed by an open directory, one by one", async () => {
    for (const name of ["a", "b", "c"]) await files.mkdir(`d/${name}`, { recursive: true });
    const directory = await files.opendir("d");
    expect((await directory.read())?.name).toBe("a");
    const rest: string[] = [];
    for await (const { name } of directory) rest.push(name);
    expect(rest).toEqual(["b", "c"]);
    expect(await failure(directory.read())).toMatchObject({ code: "closed" });
    expect(await failure(directory.close())).toMatchObject({ code: "closed" });
    expect(await message(files.opendir("d/none"))).toBe(
      "ENOENT: no such file or directory, opendir 'd/none'",
    );
  });

  test("are taken away in depth and in number, while others are made", async () => {
    const deep = Array.from({ length: 300 }, () => "d").join("/");
    await files.mkdir(`top/${deep}`, { recursive: true });
    for (let i = 0; i < 300; i++) await files.writeFile(`top/${i}`, "");
    const removal = files.rm("top", { recursive: true });
    await files.writeFile("top/late", "").catch(() => undefined);
    await removal;
    expect(await files.readdir("/")).toEqual([]);
    await files.mkdir("kept");
    await files.writeFile("kept/file", "");
    expect(await failure(files.rm("kept/..", { recursive: true }))).toMatchObject({ code: "ENOTEMPTY" });
    expect(await files.readdir("kept")).toEqual(["file"]);
  });
});

describe("times", () => {
  test("are kept to the nanosecond where they are told to it", async () => {
    await files.writeFile("f", "");
    await files.utimes("f", 1n, -1n);
    const stats = await files.stat("f", { bigint: true });
    expect([stats.atimeNs, stats.mtimeNs]).toEqual([1n, -1n]);
    await files.utimes("f", new Date(1500), "2.25");
    expect(await files.stat("f")).toMatchObject({ atimeMs: 1500, mtimeMs: 2250 });
    await files.cp("f", "g", { preserveTimestamps: true });
    expect((await files.stat("g")).mtimeMs).toBe(2250);
    expect(await failure(files.utimes("f", Number.NaN, 1))).toBeInstanceOf(UsageError);
  });
});

describe("calls that meet", () => {
  /** A tree in which what a path leads to is gone by the time that it is asked, so often. */
  class RacedTree extends WritableMemoryTree {
    races = 0;

    override async getattr(node: TreeNode, options?: TreeOptions): ReturnType<WritableMemoryTree["getattr"]> {
      if (node.inode === this.root.inode || this.races === 0) return super.getattr(node, options);
      this.races -= 1;
      throw new FileError("ESTALE", "getattr");
    }
  }

  test("are walked anew where a node was gone, and not for ever", async () => {
    const raced = new RacedTree();
    const racing = new WritableTreeFiles(raced);
    await racing.writeFile("f", "content");
    raced.races = 3;
    expect(await racing.readFile("f", "utf8")).toBe("content");
    raced.races = 1000;
    expect(await message(racing.stat("f"))).toBe("ENOENT: no such file or directory, stat 'f'");
  });

  test("end with the reason of their signal", async () => {
    await files.writeFile("f", "content");
    const reason = new Error("never mind");
    const aborted = { signal: AbortSignal.abort(reason) };
    const calls: Promise<unknown>[] = [
      files.writeFile("g", "x", aborted),
      files.open("f", "r+", null, aborted),
      files.mkdir("d", { recursive: true, ...aborted }),
      files.rename("f", "g", aborted),
      files.cp("f", "g", aborted),
      files.rm("f", aborted),
      files.chown("f", 1, 1, aborted),
      files.readdir("/", { recursive: true, ...aborted }),
      files.symlink("a", "b", null, aborted),
      files.sync(aborted),
    ];
    for (const call of calls) await expect(call).rejects.toBe(reason);
    expect(await files.readdir("/")).toEqual(["f"]);
  });
});

describe("a tree that cannot be changed", () => {
  test("says EROFS, and EEXIST of what is there", async () => {
    await files.mkdir("d");
    await files.writeFile("f", "content");
    const frozen = new WritableTreeFiles(new ReadOnlyTree(tree));
    const calls: [code: string, call: Promise<unknown>][] = [
      ["EROFS", frozen.writeFile("f", "x")],
      ["EROFS", frozen.writeFile("g", "x")],
      ["EISDIR", frozen.writeFile("d", "x")],
      ["EROFS", frozen.mkdir("e")],
      ["EEXIST", frozen.mkdir("d")],
      ["EROFS", frozen.rename("f", "g")],
      ["EROFS", frozen.link("f", "g")],
      ["EROFS", frozen.unlink("f")],
      ["EROFS", frozen.rm("d", { recursive: true })],
      ["EROFS", frozen.chmod("f", 0)],
      ["EROFS", frozen.chown("f", 1, 1)],
      ["EROFS", frozen.utimes("f", 1, 1)],
      ["EROFS", frozen.setxattr("f", "user.a", bytesOf("x"))],
      ["EROFS", frozen.removexattr("f", "user.a")],
      ["EROFS", frozen.access("f", 2)],
      ["EROFS", frozen.cp("f", "g")],
      ["ENOENT", frozen.unlink("none/f")],
      ["ENAMETOOLONG", frozen.mkdir("n".repeat(256))],
    ];
    for (const [code, call] of calls) expect(await failure(call)).toMatchObject({ name: "FileError", code });
    expect(await frozen.readFile("f", "utf8")).toBe("content");
    expect(await frozen.access("f", 4)).toBeUndefined();
    await frozen.sync();
    expect(await files.access("f", 2)).toBeUndefined();
  });
});
