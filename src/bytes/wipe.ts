/** Overwrites secrets. Copies that the engine itself made (registers, spills) are out of reach. */
export function wipe(bytes: Uint8Array): void {
  bytes.fill(0);
}
