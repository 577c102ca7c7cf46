/** What a newcomer would do first with the package, in whatever runtime this is. */
import { createBlockHasher, hashAlgorithms } from "sealstone";
import { fromHex, toHex } from "sealstone/bytes";

/** One block's digest under each algorithm: the name, then the hex. */
export async function smoke() {
  const lines = [];
  for (const algorithm of hashAlgorithms) {
    const salt = fromHex("00ff");
    const hasher = await createBlockHasher({ algorithm, salt, saltPosition: "first", capacityBytes: 4096 });
    lines.push(`${algorithm} ${toHex(hasher.digest(0, 4096, 1))}`);
    hasher.close();
  }
  return lines;
}
