/** Lists that let go of their file system in between. */
import type { OperationList } from "./operation.ts";

/** Cuts a list at each `remount`. */
export function segmentsOf(list: OperationList): string[][] {
  const segments: string[][] = [[]];
  for (const line of list) {
    if (line === "remount") segments.push([]);
    else segments.at(-1)?.push(line);
  }
  return segments;
}
