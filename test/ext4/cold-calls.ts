/** A file system with a bit of everything that takes blocks of its own, and calls that change each of them. */
import { FileError } from "../../src/errors.ts";
import { formatExt4 } from "../../src/ext4/format-ext4.ts";
import {
  openWritableExt4,
  type WritableExt4Options,
  type WritableExt4Tree,
} from "../../src/ext4/writable-ext4-tree.ts";
import type { Timestamp } from "../../src/tree/attributes.ts";
import type { TreeNode } from "../../src/tree/file-tree.ts";
import type {
  NewNode,
  RenameOptions,
  WritableFileTree,
  WritableOpenFile,
} from "../../src/tree/writable-file-tree.ts";
import { bytesOf } from "../tree/memory-tree.ts";
import { type Chunks, ColdDevice } from "./cold-device.ts";
import { content } from "./fillings.ts";

const mib = 2 ** 20;
export const blockBytes = 4096;
/** Two groups, the second of them small. */
export const preparedBytes: number = 140 * mib;
const fixedBytes = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
const begin: Timestamp = { seconds: 1_700_000_000n, nanoseconds: 1 };

/** A clock that stands still until it is set. */
export class SetClock {
  time: Timestamp = begin;
  readonly now = (): Timestamp => this.time;

  /** The n-th moment. */
  set(moment: number): void {
    this.time = { seconds: begin.seconds + BigInt(moment), nanoseconds: moment };
  }
}

/** One thing that is done to a tree, and what it answers. */
export interface ColdCall {
  readonly name: string;
  readonly run: (tree: WritableFileTree) => Promise<unknown>;
  /** Whose nodes may be others after it. */
  readonly paths?: readonly string[];
}

/** What a call answers: its result, or the code of a `FileError`. */
export async function answerOf(tree: WritableFileTree, { run }: ColdCall): Promise<unknown> {
  try {
    return (await run(tree)) ?? "done";
  } catch (error) {
    if (error instanceof FileError) return error.code;
    throw error;
  }
}

/** The node of a path; `""` is the root. */
export async function nodeAt(tree: WritableFileTree, path: string): Promise<TreeNode> {
  let node = tree.root;
  for (const name of path.split("/").filter((part) => part !== "")) {
    const next = await tree.lookup(node, bytesOf(name));
    if (next === undefined) throw new FileError("ENOENT", "walk");
    node = next;
  }
  return node;
}

/** Parent and name of a path. */
async function placeOf(tree: WritableFileTree, path: string): Promise<[TreeNode, Uint8Array]> {
  const parts = path.split("/");
  const name = parts.pop() as string;
  return [await nodeAt(tree, parts.join("/")), bytesOf(name)];
}

export function make(path: string, what: Partial<NewNode> = {}): ColdCall {
  const node: NewNode = { type: "file", permissions: 0o644, ...what };
  return {
    name: `make ${node.type} ${path}`,
    paths: [path],
    run: async (tree) => {
      await tree.create(...(await placeOf(tree, path)), node);
    },
  };
}

export function makeDirectory(path: string): ColdCall {
  return make(path, { type: "directory", permissions: 0o755 });
}

export function symlink(path: string, targetBytes: number): ColdCall {
  return make(path, { type: "symlink", permissions: 0o777, target: new Uint8Array(targetBytes).fill(0x74) });
}

export function remove(what: "unlink" | "rmdir", path: string): ColdCall {
  return {
    name: `${what} ${path}`,
    paths: [path],
    run: async (tree) => tree[what](...(await placeOf(tree, path))),
  };
}

export function link(path: string, to: string): ColdCall {
  return {
    name: `link ${path} as ${to}`,
    paths: [path, to],
    run: async (tree) => tree.link(await nodeAt(tree, path), ...(await placeOf(tree, to))),
  };
}

export function rename(from: string, to: string, options: RenameOptions = {}): ColdCall {
  return {
    name: `rename ${from} to ${to} ${JSON.stringify(options)}`,
    paths: [from, to],
    run: async (tree) => tree.rename(...(await placeOf(tree, from)), ...(await placeOf(tree, to)), options),
  };
}

export function onFile(
  name: string,
  path: string,
  run: (file: WritableOpenFile) => Promise<unknown>,
): ColdCall {
  return {
    name: `${name} ${path}`,
    run: async (tree) => {
      const file = await tree.openWritable(await nodeAt(tree, path));
      try {
        return await run(file);
      } finally {
        await file.close();
      }
    },
  };
}

export function write(path: string, offsetBytes: number, lengthBytes: number): ColdCall {
  return onFile(`write ${lengthBytes} at ${offsetBytes} of`, path, (file) =>
    file.write(offsetBytes, content(offsetBytes & 0xff, lengthBytes)),
  );
}

export function setXattr(path: string, name: string, valueBytes: number): ColdCall {
  return {
    name: `set ${name} of ${path} to ${valueBytes} bytes`,
    run: async (tree) =>
      tree.setxattr(await nodeAt(tree, path), bytesOf(name), new Uint8Array(valueBytes).fill(valueBytes)),
  };
}

export function removeXattr(path: string, name: string): ColdCall {
  return {
    name: `remove ${name} of ${path}`,
    run: async (tree) => tree.removexattr(await nodeAt(tree, path), bytesOf(name)),
  };
}

function setMode(path: string, permissions: number): ColdCall {
  return {
    name: `set the mode of ${path}`,
    run: async (tree) => tree.setattr(await nodeAt(tree, path), { permissions, uid: 70_000 }),
  };
}

/** A default ACL with a group that is named, and so with a mask. */
const acl = Buffer.from(
  `02000000${"01000700ffffffff"}${"04000500ffffffff"}${"08000700d0070000"}${"10000700ffffffff"}${"20000500ffffffff"}`,
  "hex",
);

function setAcl(path: string, name: string): ColdCall {
  return {
    name: `set ${name} of ${path}`,
    run: async (tree) => tree.setxattr(await nodeAt(tree, path), bytesOf(name), new Uint8Array(acl)),
  };
}

/** All names of a directory, in the tree's order. */
export function list(path: string): ColdCall {
  return {
    name: `list ${path}`,
    run: async (tree) => {
      const names: string[] = [];
      for await (const { name, node } of tree.readdir(await nodeAt(tree, path)))
        names.push(`${node.inode} ${Buffer.from(name).toString("latin1")}`);
      return names.join(", ");
    },
  };
}

/** Takes away each name of a directory while it is listed. */
function empty(path: string): ColdCall {
  return {
    name: `empty ${path}`,
    run: async (tree) => {
      const directory = await nodeAt(tree, path);
      const names: string[] = [];
      for await (const { name } of tree.readdir(directory)) {
        await tree.unlink(directory, name);
        names.push(Buffer.from(name).toString("latin1"));
      }
      return names.join(", ");
    },
  };
}

export function read(path: string, offsetBytes: number, lengthBytes: number): ColdCall {
  return onFile(`read ${lengthBytes} at ${offsetBytes} of`, path, async (file) => {
    const into = new Uint8Array(lengthBytes).fill(0xee);
    const readBytes = await file.read(offsetBytes, into);
    const data = await file.nextData(offsetBytes);
    return `${Buffer.from(into.subarray(0, readBytes)).toString("base64")} ${JSON.stringify(data)}`;
  });
}

/** A name of which a block holds some 40. */
export const longName = (i: number): string => `${i}`.padEnd(90, "n");

/** A directory of more blocks than the smallest cache has. */
export function wideDirectory(): ColdCall[] {
  const names = Array.from({ length: 250 }, (_, i) => make(`wide/${`${i}`.padEnd(255, "w")}`));
  return [makeDirectory("wide"), ...names];
}

/** What `preparedImage` makes. */
function preparation(): ColdCall[] {
  const names = (path: string, count: number): ColdCall[] =>
    Array.from({ length: count }, (_, i) => make(`${path}/${longName(i)}`));
  return [
    ...["many", "from", "from/deep", "from/deep/er", "to", "to/empty", "emptied"].map(makeDirectory),
    ...names("many", 70),
    ...names("emptied", 70),
    empty("emptied"),
    make("content"),
    write("content", 0, 200_000),
    make("sparse"),
    onFile("scatter", "sparse", async (file) => {
      for (let i = 0; i < 350; i++) await file.allocate(2 * i * blockBytes, blockBytes);
    }),
    make("attributes"),
    setXattr("attributes", "user.small", 10),
    setXattr("attributes", "user.large", 1000),
    make("from/linked"),
    link("from/linked", "to/linked"),
    make("to/file"),
    write("to/file", 5000, 10_000),
    make("from/deep/file"),
    symlink("link", 200),
  ];
}

/** Opens a tree with nothing in memory. */
export function openCold(
  device: ColdDevice,
  clock: SetClock,
  options: WritableExt4Options = {},
): Promise<WritableExt4Tree> {
  return openWritableExt4(device, { now: clock.now, ...options });
}

/** An empty file system, the same bytes each time. */
export async function formatted(sizeBytes: number, inodes: number): Promise<Chunks> {
  const device = new ColdDevice(sizeBytes);
  await formatExt4(device, { inodes, isZero: true, uuid: fixedBytes, hashSeed: fixedBytes, time: begin });
  return device.content();
}

/** The file system of the head of this file and what else is to be made in it, the same bytes each time. */
export async function preparedImage(besides: readonly ColdCall[] = []): Promise<Chunks> {
  const device = new ColdDevice(preparedBytes, await formatted(preparedBytes, 4096));
  const clock = new SetClock();
  const tree = await openCold(device, clock);
  for (const call of [...preparation(), ...besides]) await call.run(tree);
  await tree.close();
  return device.content();
}

/** Calls on the prepared file system, one of each way that leads to other blocks. Each stands on those before it. */
export function chosenCalls(): ColdCall[] {
  return [
    make(`many/${longName(1000)}`),
    make(`many/${longName(5)}`),
    makeDirectory("many/directory"),
    makeDirectory("fresh"),
    symlink("to/short", 59),
    symlink("to/long", 60),
    symlink("from/longest", 4095),
    symlink("from/longer", 4096),
    make("to/device", { type: "characterDevice", deviceMajor: 4095, deviceMinor: 1_048_575 }),
    make("to/fifo", { type: "fifo" }),
    link("attributes", `many/${longName(2000)}`),
    link("from", "to/hard"),
    rename(`many/${longName(7)}`, `many/${longName(3000)}`),
    rename(`many/${longName(8)}`, "to/file"),
    rename("from/deep", "to/empty"),
    rename("to/empty/er", "to/back"),
    rename("to", "to/empty/in itself"),
    rename("to/empty", "many"),
    rename("from/linked", "to/linked"),
    rename("to/back", "emptied", { onto: "exchange" }),
    rename("to/back", "content", { onto: "exchange" }),
    rename("attributes", "from/whiteout", { whiteout: true }),
    rename("many/directory", "to/empty/whiteout", { whiteout: true }),
    rename(`many/${longName(9)}`, "from/linked", { onto: "refuse" }),
    rename("content", "to/content"),
    rename("to/back", "content"),
    write("content", 3000, 100),
    write("content", 70_001, 100_000),
    write("content", 300_000, 9000),
    onFile("append to", "content", (file) => file.append(content(3, 5000)).then(JSON.stringify)),
    onFile("punch", "content", (file) => file.punchHole(10_000, 50_000)),
    onFile("allocate in", "content", (file) => file.allocate(0, 250_000)),
    onFile("allocate behind", "content", (file) => file.allocate(400_000, 9000, { keepSize: true })),
    onFile("truncate", "content", (file) => file.truncate(101_001)),
    write("sparse", 280 * blockBytes + 7, 50),
    onFile("punch", "sparse", (file) => file.punchHole(101 * blockBytes - 3, 300 * blockBytes)),
    write("sparse", 150 * blockBytes, 20 * blockBytes),
    onFile("truncate", "sparse", (file) => file.truncate(700 * blockBytes + 1)),
    setXattr("from/whiteout", "user.small", 100),
    setXattr("from/whiteout", "user.large", 3000),
    setXattr("from/whiteout", "user.larger", 3000),
    removeXattr("from/whiteout", "user.absent"),
    removeXattr("from/whiteout", "user.large"),
    setXattr("to", "user.block", 900),
    setAcl("from", "system.posix_acl_default"),
    make("from/heir"),
    makeDirectory("from/heirs"),
    setMode("from/heir", 0o640),
    list("many"),
    empty("many"),
    remove("rmdir", "to"),
    remove("unlink", "to"),
    remove("rmdir", "to/back"),
    remove("rmdir", "many"),
    remove("unlink", "from/whiteout"),
    remove("unlink", "sparse"),
    remove("unlink", "link"),
    remove("unlink", "absent"),
    read("content", 50_000, 60_000),
  ];
}
