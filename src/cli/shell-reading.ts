/** Commands of the shell that look at the root. */
import { posix } from "node:path";
import { printableText } from "../bytes/printable.ts";
import type { NodeType } from "../tree/attributes.ts";
import { treeChangeText } from "../tree/tree-change.ts";
import { walkedPath, walkTree } from "../tree/walk.ts";
import { changeJson } from "./change-json.ts";
import { printContents } from "./file-contents.ts";
import { printDescriptions } from "./file-descriptions.ts";
import { printListing } from "./file-listing.ts";
import { bytesJson } from "./node-text.ts";
import { failure, type ShellCall, type ShellCommand, type ShellSession } from "./shell-session.ts";

const many = Number.POSITIVE_INFINITY;
/** Letters that `find` takes for types: those of find(1). */
const typeLetters: ReadonlyMap<string, NodeType> = new Map([
  ["f", "file"],
  ["d", "directory"],
  ["l", "symlink"],
  ["c", "characterDevice"],
  ["b", "blockDevice"],
  ["p", "fifo"],
  ["s", "socket"],
]);

/** See the head of this file. */
export const readingCommands: readonly ShellCommand[] = [
  {
    name: "pwd",
    usage: "",
    summary: "say which folder this is",
    flags: "",
    operands: [0, 0],
    run: async ({ terminal, folder }) => terminal.out(folder),
  },
  {
    name: "cd",
    usage: "[folder]",
    summary: "go to a folder, or to the root",
    flags: "",
    operands: [0, 1],
    run: changeFolder,
  },
  {
    name: "ls",
    usage: "[-l] [-R] [path...]",
    summary: "list folders",
    flags: "lRa",
    operands: [0, many],
    run: list,
  },
  {
    name: "cat",
    usage: "<file...>",
    summary: "write files out",
    flags: "",
    operands: [1, many],
    run: (session, call) => printEach(printContents, session, call),
  },
  {
    name: "stat",
    usage: "<path...>",
    summary: "show all metadata",
    flags: "",
    operands: [1, many],
    run: (session, call) => printEach(printDescriptions, session, call),
  },
  {
    name: "find",
    usage: "[folder [pattern [type]]]",
    summary: "name all below a folder whose names match, such as '*.conf'; type is f, d, l, …",
    flags: "",
    operands: [0, 3],
    run: find,
  },
  {
    name: "diff",
    usage: "[path]",
    summary: "say what is not as in the image",
    flags: "",
    operands: [0, 1],
    run: showChanges,
  },
];

/** Has files printed as the command of the same name does. */
function printEach(
  print: typeof printContents | typeof printDescriptions,
  session: ShellSession,
  { operands, signal }: ShellCall,
): Promise<void> {
  const paths = operands.map((path) => session.path(path));
  return print({ terminal: session.terminal, signal }, session.root.tree, paths, session);
}

async function changeFolder(
  session: ShellSession,
  { operands: [folder = "/"], signal }: ShellCall,
): Promise<void> {
  const path = await session.root.realpath(session.path(folder), { signal });
  if (!(await session.root.stat(path, { signal })).isDirectory()) throw failure(`cd: ${folder} is no folder`);
  session.folder = path;
}

async function list(session: ShellSession, { operands, flags, signal }: ShellCall): Promise<void> {
  const options = { long: flags.has("l"), recursive: flags.has("R"), json: session.json };
  const { terminal } = session;
  for (const [index, path] of (operands.length === 0 ? [""] : operands).entries()) {
    if (operands.length > 1 && !session.json) terminal.out(`${index === 0 ? "" : "\n"}${path}:`);
    const from = path === "" ? session.folder : session.path(path);
    await printListing({ terminal, signal }, session.root.tree, from, options);
  }
}

async function find(session: ShellSession, { operands, signal }: ShellCall): Promise<void> {
  const [folder = ".", pattern = "*", letter] = operands;
  const type = letter === undefined ? undefined : typeLetters.get(letter);
  if (letter !== undefined && type === undefined) {
    throw failure(`find: a type is one of ${[...typeLetters.keys()].join(" ")}`);
  }
  const matches = namePattern(pattern);
  const { root, terminal, json } = session;
  const { node } = await root.resolve(session.path(folder), { signal });
  const paths: Record<string, string>[] = [];
  for await (const walked of walkTree(root.tree, node, { signal })) {
    if (type !== undefined && walked.attributes.type !== type) continue;
    if (!matches(printableText(walked.name))) continue;
    if (json) paths.push(bytesJson("path", walkedPath(walked)));
    else terminal.out(printableText(walkedPath(walked)));
  }
  if (json) terminal.out(JSON.stringify(paths));
}

/** `*` stands for any characters, `?` for one. Matched from both ends inwards, so that no pattern takes long. */
export function namePattern(pattern: string): (name: string) => boolean {
  const parts = pattern.split(/\*+/);
  const fits = (part: string, name: string, at: number): boolean =>
    at >= 0 && at + part.length <= name.length && [...part].every((c, i) => c === "?" || c === name[at + i]);
  return (name) => {
    const [first = "", ...rest] = parts;
    const last = rest.pop();
    if (last === undefined) return first.length === name.length && fits(first, name, 0);
    if (first.length + last.length > name.length) return false;
    if (!fits(first, name, 0) || !fits(last, name, name.length - last.length)) return false;
    let at = first.length;
    for (const part of rest) {
      while (at + part.length <= name.length - last.length && !fits(part, name, at)) at += 1;
      if (at + part.length > name.length - last.length) return false;
      at += part.length;
    }
    return true;
  };
}

async function showChanges(session: ShellSession, { operands: [path], signal }: ShellCall): Promise<void> {
  const { root, terminal, json } = session;
  const top = path === undefined ? "/" : posix.normalize(session.path(path)).replace(/(?<=.)\/$/, "");
  const found: Record<string, unknown>[] = [];
  for await (const change of root.changes({ signal })) {
    const at = new TextDecoder().decode(change.path);
    if (top !== "/" && at !== top && !at.startsWith(`${top}/`)) continue;
    if (json) found.push(changeJson(change));
    else terminal.out(treeChangeText(change));
  }
  if (json) terminal.out(JSON.stringify(found));
}
