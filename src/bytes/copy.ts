/**
 * A copy in memory of its own. `bytes.slice()` is none where `bytes` is a Node
 * `Buffer`: there it is a view, and what its owner writes later would show.
 */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
