/** A file's attributes as a person and as a program reads them. */
import { toHex } from "../bytes/hex.ts";
import { printableText } from "../bytes/printable.ts";
import { carried } from "../layer/tree-node-walk.ts";
import type { NodeAttributes, NodeType, Timestamp } from "../tree/attributes.ts";

const typeLetters: Readonly<Record<NodeType, string>> = {
  file: "-",
  directory: "d",
  symlink: "l",
  characterDevice: "c",
  blockDevice: "b",
  fifo: "p",
  socket: "s",
};

/** As `ls` has it: `-rwxr-xr-x`. */
export function modeText({ type, permissions }: Pick<NodeAttributes, "type" | "permissions">): string {
  const bit = (mask: number, letter: string): string => (permissions & mask ? letter : "-");
  const execute = (mask: number, special: number, letter: string): string => {
    if (!(permissions & special)) return bit(mask, "x");
    return permissions & mask ? letter : letter.toUpperCase();
  };
  return [
    typeLetters[type],
    bit(0o400, "r"),
    bit(0o200, "w"),
    execute(0o100, 0o4000, "s"),
    bit(0o040, "r"),
    bit(0o020, "w"),
    execute(0o010, 0o2000, "s"),
    bit(0o004, "r"),
    bit(0o002, "w"),
    execute(0o001, 0o1000, "t"),
  ].join("");
}

/** Seconds since 1970 and nine digits of what is left: `1700000000.000000001`, `-0.500000000`. */
export function secondsText(time: Timestamp): string {
  const { seconds, nanoseconds } = carried(time);
  const total = seconds * 1_000_000_000n + BigInt(nanoseconds);
  const absolute = total < 0n ? -total : total;
  const fraction = String(absolute % 1_000_000_000n).padStart(9, "0");
  return `${total < 0n ? "-" : ""}${absolute / 1_000_000_000n}.${fraction}`;
}

/** In UTC, to the nanosecond: `2023-11-14T22:13:20.000000001Z`. */
export function dateText(time: Timestamp): string {
  const { seconds, nanoseconds } = carried(time);
  // A layer's times are within 34 bits of seconds: years 1901 to 2514.
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${date}.${String(nanoseconds).padStart(9, "0")}Z`;
}

/** Bytes in JSON: as text, and where they are no UTF-8 or hold a NUL as hex digits too. */
export function bytesJson(name: string, bytes: Uint8Array): Record<string, string> {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const same = toHex(new TextEncoder().encode(text)) === toHex(bytes);
  return same ? { [name]: text } : { [name]: text, [`${name}Hex`]: toHex(bytes) };
}

/** What `stat` and `ls` say of a node, but for its name. */
export function attributesJson(attributes: NodeAttributes): Record<string, unknown> {
  const { type, permissions, deviceMajor, deviceMinor, createdAt } = attributes;
  const isDevice = type === "characterDevice" || type === "blockDevice";
  return {
    type,
    mode: permissions.toString(8).padStart(4, "0"),
    inode: attributes.inode,
    links: attributes.linkCount,
    uid: attributes.uid,
    gid: attributes.gid,
    ...(isDevice ? { deviceMajor, deviceMinor } : { sizeBytes: attributes.sizeBytes }),
    modifiedAt: secondsText(attributes.modifiedAt),
    accessedAt: secondsText(attributes.accessedAt),
    changedAt: secondsText(attributes.changedAt),
    ...(createdAt && { createdAt: secondsText(createdAt) }),
  };
}

/** One line as `ls -ln` has it; the name and the target are bytes of the image. */
export function longLine(
  attributes: NodeAttributes,
  name: Uint8Array,
  target: Uint8Array | undefined,
): string {
  const { type, linkCount, uid, gid, sizeBytes, deviceMajor, deviceMinor, modifiedAt } = attributes;
  const isDevice = type === "characterDevice" || type === "blockDevice";
  const size = isDevice ? `${deviceMajor}, ${deviceMinor}` : String(sizeBytes);
  const columns = [
    modeText(attributes),
    String(linkCount).padStart(3),
    String(uid).padStart(5),
    String(gid).padStart(5),
    size.padStart(10),
    dateText(modifiedAt).replace("T", " "),
    printableText(name),
  ];
  return columns.join(" ") + (target === undefined ? "" : ` -> ${printableText(target)}`);
}
