/** All that a tree says of a file beside its content. */
import { toHex } from "../bytes/hex.ts";
import { printableText } from "../bytes/printable.ts";
import { copiedXattrs } from "../layer/tree-node-walk.ts";
import type { NodeAttributes } from "../tree/attributes.ts";
import type { FileTree } from "../tree/file-tree.ts";
import { pathBytes, type TreePath } from "../tree/path.ts";
import { TreeFiles } from "../tree/tree-files.ts";
import type { GroupOptions } from "./action-group.ts";
import type { CommandContext } from "./context.ts";
import { attributesJson, bytesJson, dateText, modeText, secondsText } from "./node-text.ts";

interface Described {
  readonly path: Uint8Array;
  readonly attributes: NodeAttributes;
  readonly target: Uint8Array | undefined;
  readonly xattrs: readonly { readonly name: Uint8Array; readonly value: Uint8Array }[];
  /** Attributes that have no value the kernel would show. */
  readonly unreadable: readonly Uint8Array[];
}

/** Describes files; symlinks themselves, not what they lead to. */
export async function printDescriptions(
  { terminal, signal }: Pick<CommandContext, "terminal" | "signal">,
  tree: FileTree,
  paths: readonly TreePath[],
  { json }: GroupOptions,
): Promise<void> {
  const files = new TreeFiles(tree);
  const all: Record<string, unknown>[] = [];
  for (const path of paths) {
    const { node, attributes } = await files.resolve(path, { signal, followSymlinks: false });
    const unreadable: Uint8Array[] = [];
    const xattrs = await copiedXattrs(tree, node, (_, name) => unreadable.push(name), { signal });
    const target = attributes.type === "symlink" ? await tree.readlink(node, { signal }) : undefined;
    const described = { path: pathBytes(path), attributes, target, xattrs, unreadable };
    if (json) all.push(describedJson(described));
    else terminal.out(describedText(described));
  }
  if (json) terminal.out(JSON.stringify(all));
}

function describedJson({ path, attributes, target, xattrs, unreadable }: Described): Record<string, unknown> {
  return {
    ...bytesJson("path", path),
    ...attributesJson(attributes),
    allocatedBytes: attributes.allocatedBytes,
    generation: attributes.generation,
    ...(target && bytesJson("target", target)),
    xattrs: xattrs.map(({ name, value }) => ({ ...bytesJson("name", name), valueHex: toHex(value) })),
    ...(unreadable.length > 0 && { unreadableXattrs: unreadable.map((name) => bytesJson("name", name)) }),
  };
}

function describedText({ path, attributes, target, xattrs, unreadable }: Described): string {
  const { type, permissions, sizeBytes, allocatedBytes, deviceMajor, deviceMinor } = attributes;
  const isDevice = type === "characterDevice" || type === "blockDevice";
  const times = [
    ["modified", attributes.modifiedAt],
    ["accessed", attributes.accessedAt],
    ["changed", attributes.changedAt],
    ["created", attributes.createdAt],
  ] as const;
  const lines = [
    `${printableText(path)}: ${type}`,
    ...(target === undefined ? [] : [`  target    ${printableText(target)}`]),
    `  mode      ${permissions.toString(8).padStart(4, "0")} ${modeText(attributes)}`,
    `  owner     ${attributes.uid}:${attributes.gid}`,
    isDevice
      ? `  device    ${deviceMajor}:${deviceMinor}`
      : `  size      ${sizeBytes} (${allocatedBytes} on the device)`,
    `  inode     ${attributes.inode}, ${attributes.linkCount} links`,
    ...times.flatMap(([name, time]) =>
      time === undefined ? [] : [`  ${name.padEnd(9)} ${dateText(time)} (${secondsText(time)})`],
    ),
    ...xattrs.map(({ name, value }) => `  xattr     ${printableText(name)} = ${printableText(value)}`),
    ...unreadable.map((name) => `  xattr     ${printableText(name)} (no value that the kernel would show)`),
  ];
  return lines.join("\n");
}
