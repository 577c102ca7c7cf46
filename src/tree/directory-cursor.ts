/** Where the listing of a directory goes on. */
import { FileError } from "../errors.ts";

/**
 * Makes sure that a cursor may be one: what it leads to, the tree knows.
 *
 * @throws {FileError} `EINVAL`, without a path.
 */
export function checkCursor(cursor: number): void {
  if (!Number.isSafeInteger(cursor) || cursor < 0) throw new FileError("EINVAL", "readdir");
}
