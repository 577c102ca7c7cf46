/** Commands of the shell that change the root, or copy from and to this machine. */
import fs from "node:fs/promises";
import { basename as hostBasename, join, posix } from "node:path";
import { FileDevice } from "../device/file-device.node.ts";
import { FileError } from "../errors.ts";
import type { MountedOverlay } from "../overlay/mounted-overlay.ts";
import { type WalkedNode, walkedPath, walkTree } from "../tree/walk.ts";
import { copyOut } from "./file-copies.ts";
import { failure, type ShellCall, type ShellCommand, type ShellSession } from "./shell-session.ts";

const many = Number.POSITIVE_INFINITY;
/** What is read of a file of this machine at once. */
const pieceBytes = 1 << 20;

/** See the head of this file. */
export const writingCommands: readonly ShellCommand[] = [
  {
    name: "cp",
    usage: "[-r] <path...> <to>",
    summary: "copy files, with -r folders",
    flags: "rR",
    operands: [2, many],
    run: (session, call) => eachTo(session, call, (from, to) => copy(session.root, from, to, call)),
  },
  {
    name: "mv",
    usage: "<path...> <to>",
    summary: "rename, or move into a folder",
    flags: "",
    operands: [2, many],
    run: (session, call) => eachTo(session, call, (from, to) => move(session.root, from, to, call)),
  },
  {
    name: "rm",
    usage: "[-r] [-f] <path...>",
    summary: "remove files, with -r folders; -f: what is not there is no error",
    flags: "rRf",
    operands: [1, many],
    run: remove,
  },
  {
    name: "ln",
    usage: "[-s] <target> <name>",
    summary: "make a link, with -s a symbolic one",
    flags: "s",
    operands: [2, 2],
    run: link,
  },
  {
    name: "mkdir",
    usage: "[-p] <folder...>",
    summary: "make folders, with -p those that lead to them",
    flags: "p",
    operands: [1, many],
    run: async (session, { operands, flags, signal }) => {
      for (const path of operands) {
        await session.root.mkdir(session.path(path), { recursive: flags.has("p"), signal });
      }
    },
  },
  {
    name: "chmod",
    usage: "<octal> <path...>",
    summary: "change permissions, such as 644",
    flags: "",
    operands: [2, many],
    run: changeMode,
  },
  {
    name: "write",
    usage: "[-a] <file> <text...>",
    summary: "put a line into a file, with -a at its end",
    flags: "a",
    operands: [1, many],
    run: async (session, { operands: [path = "", ...words], flags, signal }) =>
      session.root.writeFile(session.path(path), words.length === 0 ? "" : `${words.join(" ")}\n`, {
        flag: flags.has("a") ? "a" : "w",
        signal,
      }),
  },
  {
    name: "put",
    usage: "<file of this machine> <to>",
    summary: "copy a file of this machine in",
    flags: "",
    operands: [2, 2],
    run: put,
  },
  {
    name: "get",
    usage: "<path> <to>",
    summary: "copy a file or a folder out to this machine",
    flags: "",
    operands: [2, 2],
    run: async (session, { operands: [path = "", to = ""], signal }) => {
      const isFolder = await fs.stat(to).then(
        (found) => found.isDirectory(),
        () => false,
      );
      const from = session.path(path);
      const output = isFolder ? join(to, posix.basename(from)) : to;
      await copyOut({ terminal: session.terminal, signal }, session.root.tree, from, {
        output,
        json: session.json,
      });
    },
  },
];

/** Does something with each operand but the last, which is a folder where there are several, or may be. */
async function eachTo(
  session: ShellSession,
  { operands, signal }: ShellCall,
  work: (from: string, to: string) => Promise<void>,
): Promise<void> {
  const sources = operands.slice(0, -1);
  const to = session.path(operands.at(-1) ?? "");
  const isFolder = await session.root.stat(to, { signal }).then(
    (found) => found.isDirectory(),
    (error: unknown) => {
      if (error instanceof FileError && error.code === "ENOENT") return false;
      throw error;
    },
  );
  if (!isFolder && sources.length > 1) throw failure(`${operands.at(-1)} is no folder that is there`);
  for (const source of sources) {
    const from = session.path(source);
    const name = posix.basename(posix.normalize(from));
    await work(from, isFolder ? posix.join(to, name) : to);
  }
}

async function copy(
  root: MountedOverlay,
  from: string,
  to: string,
  { flags, signal }: ShellCall,
): Promise<void> {
  const recursive = flags.has("r") || flags.has("R");
  await root.cp(from, to, { recursive, verbatimSymlinks: true, signal });
}

/** What a lower layer has of a folder cannot be renamed: as mv does, it is copied then, and removed. */
async function move(root: MountedOverlay, from: string, to: string, { signal }: ShellCall): Promise<void> {
  try {
    await root.rename(from, to, { signal });
  } catch (error) {
    if (!(error instanceof FileError) || error.code !== "EXDEV") throw error;
    await root.cp(from, to, { recursive: true, verbatimSymlinks: true, signal });
    await carryOver(root, from, to, signal);
    await root.rm(from, { recursive: true, signal });
  }
}

/** Gives a copy what else its original had, what is in a folder before the folder. */
async function carryOver(root: MountedOverlay, from: string, to: string, signal: AbortSignal): Promise<void> {
  const { tree } = root;
  const how = { signal, followSymlinks: false };
  const top = await root.resolve(from, how);
  const below: WalkedNode[] = [];
  for await (const walked of walkTree(tree, top.node, { signal })) below.push(walked);
  const pairs = below.map((walked) => ({ ...walked, to: [to, "/", walkedPath(walked)] }));
  for (const { node, attributes, to: path } of [{ ...top, to: [to] }, ...pairs].reverse()) {
    const copied = await root.resolve(Buffer.concat(path.map((part) => Buffer.from(part))), how);
    for (const name of await tree.listxattr(node, { signal })) {
      const value = await tree.getxattr(node, name, { signal });
      if (value !== undefined) await tree.setxattr(copied.node, name, value, { signal });
    }
    const { permissions, uid, gid, accessedAt, modifiedAt } = attributes;
    await tree.setattr(copied.node, { permissions, uid, gid, accessedAt, modifiedAt }, { signal });
  }
}

async function remove(session: ShellSession, { operands, flags, signal }: ShellCall): Promise<void> {
  const recursive = flags.has("r") || flags.has("R");
  for (const path of operands)
    await session.root.rm(session.path(path), { recursive, force: flags.has("f"), signal });
}

async function link(session: ShellSession, { operands, flags, signal }: ShellCall): Promise<void> {
  const [target = "", name = ""] = operands;
  if (flags.has("s")) await session.root.symlink(target, session.path(name), null, { signal });
  else await session.root.link(session.path(target), session.path(name), { signal });
}

async function changeMode(
  session: ShellSession,
  { operands: [mode = "", ...paths], signal }: ShellCall,
): Promise<void> {
  if (!/^[0-7]{1,4}$/.test(mode))
    throw failure("chmod: permissions are up to four octal digits, such as 0644");
  for (const path of paths)
    await session.root.chmod(session.path(path), Number.parseInt(mode, 8), { signal });
}

async function put(
  session: ShellSession,
  { operands: [from = "", to = ""], signal }: ShellCall,
): Promise<void> {
  const { root } = session;
  await using device = await FileDevice.open(from);
  const isFolder = await root.stat(session.path(to), { signal }).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const path = isFolder ? posix.join(session.path(to), hostBasename(from)) : session.path(to);
  await root.writeFile(path, pieces(device, signal), { signal });
}

async function* pieces(device: FileDevice, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < device.sizeBytes; at += pieceBytes) {
    const piece = new Uint8Array(Math.min(pieceBytes, device.sizeBytes - at));
    await device.read(at, piece, { signal });
    yield piece;
  }
}
