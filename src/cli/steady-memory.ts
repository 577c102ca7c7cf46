/** Keeps the memory of a long run at that of a short one. */
import v8 from "node:v8";

/**
 * V8 doubles the space for new objects with all that has ever outlived a
 * collection, up to 48 MiB in a run of minutes, and lets old objects pile up to
 * a multiple of what lives. Here all but numbers in arrays lives as long as one
 * entry of a tar: the first is to stay as it is, the second to be a tenth. The
 * collections are then so short that several threads are no faster at them, and
 * take a core from those that hash.
 */
const flags: readonly string[] = [
  "--semi-space-growth-factor=1",
  "--heap-growing-percent=10",
  "--no-parallel-scavenge",
];

/** Says so to V8, which forgets it whenever a thread starts. */
export function keepMemorySteady(): void {
  try {
    for (const flag of flags) v8.setFlagsFromString(flag);
  } catch {
    // Another engine than V8, or one that takes no flags: it runs in more memory.
  }
}
