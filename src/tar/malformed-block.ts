/** Thrown for a malformed zstd block; whoever knows where the block lies makes a `FormatError` of it. */
export class MalformedBlock extends Error {}

/** @throws {MalformedBlock} where `condition` is false. */
export function checkBlock(condition: boolean, why: string): asserts condition {
  if (!condition) throw new MalformedBlock(why);
}
