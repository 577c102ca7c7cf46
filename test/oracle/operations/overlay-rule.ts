/** Chosen lists for overlays, as a file of rules writes them down. */
import type { OverlayCase } from "./kernel-outcomes.ts";
import { listOf } from "./operation.ts";

/** Makes a file of 5000 bytes. @param seed also the name of the handle. */
export const written = (path: string, mode: string, seed: number): string => `
  open ${seed} ${path} wx ${mode}
  write ${seed} 0 5000 ${seed}
  close ${seed}`;

/** Files and directories with all that a copy must keep. */
export const furnished: string = `
  mkdir d 750
  lchown d 3 4
  setxattr d user.d 0d
  setxattr d trusted.d 0d
  mkdir d/e 1711
  ${written("d/e/f", "4755", 1)}
  setxattr d/e/f user.f 0f
  setxattr d/e/f trusted.f 0f0f
  setxattr d/e/f security.f 0f0f0f
  lchown d/e/f 5 6
  chmod d/e/f 6755
  utimens d/e/f 100.000000001 200.000000002
  ${written("d/g", "640", 2)}
  link d/g d/h
  utimens d/g 300.000000003 400.000000004
  symlink ../d/g d/s
  lchown d/s 7 8
  setxattr d/s trusted.s 05
  utimens d/s 500.000000005 600.000000006
  mknod d/c characterDevice 640 5 300
  mknod d/p fifo 604
  mknod d/k socket 600
  setxattr d/p trusted.p 0e
  utimens d/c 700.000000007 800.000000008
  mkdir d/empty 700
  mkdir d/full 755
  mknod d/full/x file 644
  utimens d/e 900.000000009 1000.000000010
  utimens d/empty 11.000000000 12.000000000
  utimens d 1100.000000011 1200.000000012`;

/** Layers, the lowest first, and what is to be done with them. */
export interface OverlayRule {
  readonly layers: readonly string[];
  readonly upper?: string;
  readonly list: string;
  readonly options?: string;
}

/** The case that a rule writes down. */
export function overlayCaseOf({ layers, upper, list, options }: OverlayRule): OverlayCase {
  return {
    layers: layers.map(listOf),
    ...(upper !== undefined && { upper: listOf(upper) }),
    list: listOf(list),
    ...(options !== undefined && { options }),
  };
}
