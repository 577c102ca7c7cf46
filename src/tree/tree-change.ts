/** How two trees differ, node by node: what `compareTrees` finds. */
import { printableText } from "../bytes/printable.ts";
import type { NodeAttributes } from "./attributes.ts";

/** What differs in a node that both trees have; values that are not here stand in the attributes. */
export type NodeDifference =
  | { readonly field: "type" | "permissions" | "uid" | "gid" | "device" | "sizeBytes" | "modifiedAt" }
  /** Of files of one size: the first byte that is another. */
  | { readonly field: "content"; readonly offsetBytes: number }
  | { readonly field: "target"; readonly before: Uint8Array; readonly after: Uint8Array }
  /** An extended attribute, by its full name; undefined on the side that has none. */
  | {
      readonly field: "xattr";
      readonly name: Uint8Array;
      readonly before: Uint8Array | undefined;
      readonly after: Uint8Array | undefined;
    };

interface Changed {
  /** From where the comparison began, with a slash in front. */
  readonly path: Uint8Array;
}

/** A node of one tree that the other has not, or has otherwise. */
export type TreeChange =
  | (Changed & { readonly kind: "added"; readonly after: NodeAttributes })
  | (Changed & { readonly kind: "removed"; readonly before: NodeAttributes })
  | (Changed & {
      readonly kind: "modified";
      readonly before: NodeAttributes;
      readonly after: NodeAttributes;
      /** At least one. */
      readonly differences: readonly NodeDifference[];
    });

const signs: Readonly<Record<TreeChange["kind"], string>> = { added: "+", removed: "-", modified: "~" };

/** One line for a person: `+ /a`, `- /b/`, `~ /c (permissions 644 to 755, content from byte 12)`. */
export function treeChangeText(change: TreeChange): string {
  const { type } = change.kind === "removed" ? change.before : change.after;
  const end = type === "directory" && change.path.length > 1 ? "/" : "";
  const line = `${signs[change.kind]} ${printableText(change.path)}${end}`;
  if (change.kind !== "modified") return line;
  return `${line} (${change.differences.map((difference) => differenceText(difference, change)).join(", ")})`;
}

function differenceText(
  difference: NodeDifference,
  { before, after }: { readonly before: NodeAttributes; readonly after: NodeAttributes },
): string {
  switch (difference.field) {
    case "type":
      return `${before.type} to ${after.type}`;
    case "permissions":
      return `permissions ${octal(before)} to ${octal(after)}`;
    case "sizeBytes":
      return `${before.sizeBytes} to ${after.sizeBytes} bytes`;
    case "uid":
    case "gid":
      return `${difference.field} ${before[difference.field]} to ${after[difference.field]}`;
    case "device":
      return `device ${device(before)} to ${device(after)}`;
    case "modifiedAt":
      return "time of modification";
    case "content":
      return `content from byte ${difference.offsetBytes}`;
    case "target":
      return `target ${printableText(difference.before)} to ${printableText(difference.after)}`;
    case "xattr":
      return `${printableText(difference.name)} ${xattrVerb(difference)}`;
  }
}

function xattrVerb({
  before,
  after,
}: {
  before: Uint8Array | undefined;
  after: Uint8Array | undefined;
}): string {
  if (before === undefined) return "added";
  return after === undefined ? "removed" : "changed";
}

function octal({ permissions }: NodeAttributes): string {
  return permissions.toString(8);
}

function device({ deviceMajor, deviceMinor }: NodeAttributes): string {
  return `${deviceMajor}:${deviceMinor}`;
}
