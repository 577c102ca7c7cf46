/** Small files that the caller names: read whole, but never more than they can be. */
import { open } from "node:fs/promises";
import { CommandFailure, exitCodes } from "./exit-codes.ts";

/**
 * The bytes of a file.
 *
 * @param what names it in the failure, for example `"root hash file"`.
 * @param maxSizeBytes the most that it may hold.
 * @param rest `"refuse"` a file that holds more, or `"ignore"` what it holds beyond.
 * @throws {CommandFailure} where it cannot be read, or holds more than it may.
 */
export async function readBoundedFile(
  path: string,
  what: string,
  maxSizeBytes: number,
  rest: "refuse" | "ignore" = "refuse",
): Promise<Uint8Array> {
  const bytes = new Uint8Array(maxSizeBytes + 1);
  let length = 0;
  try {
    await using file = await open(path, "r");
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
  } catch (cause) {
    throw new CommandFailure(exitCodes.failure, `Cannot read ${what} ${path}.`, { cause });
  }
  if (length > maxSizeBytes && rest === "refuse") {
    throw new CommandFailure(
      exitCodes.failure,
      `Invalid ${what} ${path}: it holds more than ${maxSizeBytes} bytes.`,
    );
  }
  return bytes.slice(0, Math.min(length, maxSizeBytes));
}
