/** Files of a tree copied to this machine, as a directory or as a tar. */
import fs from "node:fs/promises";
import { toHex } from "../bytes/hex.ts";
import { printableText } from "../bytes/printable.ts";
import { DeviceError, UsageError } from "../errors.ts";
import { extractTree } from "../layer/extract-tree.node.ts";
import { archiveTree } from "../layer/tree-archive.ts";
import type { LeftOut } from "../layer/tree-node-walk.ts";
import type { FileTree } from "../tree/file-tree.ts";
import type { TreePath } from "../tree/path.ts";
import { TreeFiles } from "../tree/tree-files.ts";
import type { GroupOptions } from "./action-group.ts";
import { counted } from "./byte-quantity.ts";
import type { CommandContext } from "./context.ts";
import type { Terminal } from "./terminal.ts";

/** As commander hands them over. */
export interface CopyOptions extends GroupOptions {
  /** A directory, a file that ends in `.tar`, or `-`. */
  readonly output: string;
  /** A tar whatever the output is called. */
  readonly tar?: boolean;
}

/** What was left out, in bounded memory: all of it is counted, so much is kept. */
const keptLimit = 1000;
/** So much of it is named on standard error. */
const namedLimit = 20;

class Findings {
  names = 0;
  /** Of all nodes of others than the caller, unless the caller is the superuser: counted, not named. */
  ownersLeftOut = 0;
  /** All but owners. */
  leftOutCount = 0;
  readonly kept: LeftOut[] = [];

  readonly onName = (): void => {
    this.names++;
  };

  readonly onLeftOut = (leftOut: LeftOut): void => {
    if (leftOut.kind === "owner") {
      this.ownersLeftOut++;
      return;
    }
    this.leftOutCount++;
    if (this.kept.length < keptLimit) this.kept.push(leftOut);
  };
}

/**
 * Copies what a path leads to, and all that is below it.
 *
 * @param more stands in the JSON too.
 */
export async function copyOut(
  { terminal, signal }: Pick<CommandContext, "terminal" | "signal">,
  tree: FileTree,
  path: TreePath,
  { output, tar, json }: CopyOptions,
  more: Record<string, unknown> = {},
): Promise<void> {
  const asTar = tar || output === "-" || output.endsWith(".tar");
  if (output === "-" && json) {
    throw new UsageError("invalid-argument", "--json and a tar on standard output do not go together");
  }
  const { node, names } = await new TreeFiles(tree).resolve(path, { signal, followSymlinks: false });
  const findings = new Findings();
  const how = { start: node, signal, onLeftOut: findings.onLeftOut, onName: findings.onName };
  if (asTar) {
    const pieces = archiveTree(tree, { ...how, startName: names.at(-1) ?? new Uint8Array(0) });
    if (output === "-") await writeToTerminal(terminal, pieces);
    else await writeToFile(output, pieces);
  } else {
    await extractTree(tree, output, how);
  }
  for (const line of leftOutLines(findings)) terminal.err(line);
  if (json) terminal.out(JSON.stringify({ output, ...more, ...findingsJson(findings) }));
}

async function writeToTerminal(terminal: Terminal, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) if (!(await terminal.write(piece))) return;
}

/** Under a temporary name, which becomes the file's at the end; nothing that is there is replaced. */
async function writeToFile(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  await refuseExisting(path);
  const temporary = `${path}.sealstone-${toHex(crypto.getRandomValues(new Uint8Array(6)))}`;
  const attempt = <Result>(step: Promise<Result>): Promise<Result> =>
    step.catch((cause: Error) => {
      const message = `${path} cannot be written: ${cause.message}`;
      throw new DeviceError("device-failed", message, { at: { path }, cause });
    });
  const file = await attempt(fs.open(temporary, "wx"));
  try {
    try {
      for await (const piece of pieces) await attempt(file.appendFile(piece));
    } finally {
      await file.close();
    }
    await refuseExisting(path);
    await attempt(fs.rename(temporary, path));
  } finally {
    await fs.rm(temporary, { force: true });
  }
}

async function refuseExisting(path: string): Promise<void> {
  if ((await fs.lstat(path).catch(() => undefined)) === undefined) return;
  throw new UsageError("invalid-argument", `${path} is there already: name a file that is not`, {
    at: { path },
  });
}

function leftOutLines({ kept, leftOutCount, ownersLeftOut }: Findings): string[] {
  const lines = kept
    .slice(0, namedLimit)
    .map(({ path, what }) => `${printableText(path) || "."}: left out ${what}.`);
  const more = leftOutCount - lines.length;
  if (more > 0) lines.push(`${counted(more, "more thing")} left out (--json lists them).`);
  if (ownersLeftOut > 0) {
    lines.push(
      `${counted(ownersLeftOut, "owner")} left out: only the superuser can set them, and a tar keeps them.`,
    );
  }
  return lines;
}

function findingsJson({ names, kept, leftOutCount, ownersLeftOut }: Findings): Record<string, unknown> {
  return {
    names,
    ownersLeftOut,
    leftOutCount,
    leftOut: kept.map(({ path, kind, what }) => ({ path: printableText(path) || ".", kind, what })),
  };
}
