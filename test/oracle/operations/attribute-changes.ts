/** What the calls that change attributes ask of a file system, below the kernel's common layer. */
import type { NodeAttributes, Timestamp } from "../../../src/tree/attributes.ts";
import type { AttributeChanges } from "../../../src/tree/writable-file-tree.ts";

/** Stands for "as it is" in `chown(2)`. */
const unchanged = "4294967295";

/** As `chown(2)` of the superuser has it: what is no directory loses set-user-id, and set-group-id where it runs. */
export function ownerChanges(
  { type, permissions }: NodeAttributes,
  uid: string,
  gid: string,
): AttributeChanges {
  const kept = permissions & (permissions & 0o010 ? ~0o6000 : ~0o4000);
  const owner = {
    ...(uid !== unchanged && { uid: Number(uid) }),
    ...(gid !== unchanged && { gid: Number(gid) }),
  };
  return type === "directory" || kept === permissions ? owner : { ...owner, permissions: kept };
}

/** As `utimensat(2)`; `-` keeps a time. */
export function timeChanges(accessed: string, modified: string): AttributeChanges {
  const accessedAt = timeOf(accessed);
  const modifiedAt = timeOf(modified);
  return { ...(accessedAt && { accessedAt }), ...(modifiedAt && { modifiedAt }) };
}

function timeOf(text: string): Timestamp | undefined {
  if (text === "-") return undefined;
  const [seconds = "", nanoseconds = ""] = text.split(".");
  return { seconds: BigInt(seconds), nanoseconds: Number(nanoseconds) };
}
