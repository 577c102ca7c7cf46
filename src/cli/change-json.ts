/** A change of a tree as JSON. */
import { toHex } from "../bytes/hex.ts";
import { printableText } from "../bytes/printable.ts";
import type { NodeDifference, TreeChange } from "../tree/tree-change.ts";
import { attributesJson, bytesJson } from "./node-text.ts";

/** A change as JSON shows it. */
export function changeJson(change: TreeChange): Record<string, unknown> {
  const { kind, path } = change;
  return {
    kind,
    ...bytesJson("path", path),
    ...("before" in change && { before: attributesJson(change.before) }),
    ...("after" in change && { after: attributesJson(change.after) }),
    ...("differences" in change && { differences: change.differences.map(differenceJson) }),
  };
}

function differenceJson(difference: NodeDifference): Record<string, unknown> {
  switch (difference.field) {
    case "content":
      return { field: "content", offsetBytes: difference.offsetBytes };
    case "target":
      return {
        field: "target",
        before: printableText(difference.before),
        after: printableText(difference.after),
      };
    case "xattr":
      return {
        field: "xattr",
        ...bytesJson("name", difference.name),
        ...(difference.before && { beforeHex: toHex(difference.before) }),
        ...(difference.after && { afterHex: toHex(difference.after) }),
      };
    default:
      return { field: difference.field };
  }
}
