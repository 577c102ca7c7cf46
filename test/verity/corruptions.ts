/** The golden corruptions: patches of golden volumes, and what veritysetup and kernels made of them. */
import { readFileSync } from "node:fs";
import { fromHex } from "../../src/bytes/hex.ts";
import { type GoldenVolume, goldenData, goldenFile, goldenVolume } from "./golden.ts";

/** One entry of `corruptions.json`. */
export interface Corruption {
  readonly name: string;
  readonly base: string;
  /** `[file, offset, hex]`: the bytes at the offset are XORed; `xx*n` stands for the byte xx n times. */
  readonly patches: readonly (readonly ["data" | "hash" | "fec", number, string])[];
  readonly open_opts: string;
  readonly root_used: string;
  readonly userspace_verify: { readonly rc: number; readonly out: string };
  /** By kernel: `6.12` with FEC, `uml` without. */
  readonly kernel: Record<string, KernelAnswer>;
}

/** What a kernel did on opening, and on reading every block. */
export interface KernelAnswer {
  readonly open_rc: number;
  readonly bad_blocks?: readonly number[];
  /** The status line's letter. */
  readonly status?: "V" | "C";
  /** Of what could be read before the first error. */
  readonly read_sha256?: string;
}

/** All entries of `corruptions.json`. */
export const corruptions: readonly Corruption[] = JSON.parse(
  readFileSync(new URL("../golden/verity/corruptions.json", import.meta.url), "utf8"),
);

/** The entry of that name. */
export function goldenCorruption(name: string): Corruption {
  const found = corruptions.find((corruption) => corruption.name === name);
  if (found === undefined) throw new Error(`no golden corruption ${name}`);
  return found;
}

/** A corrupted volume's bytes, for a base whose data and tree are in two files. */
export interface CorruptedVolume {
  readonly volume: GoldenVolume;
  readonly data: Uint8Array;
  readonly hash: Uint8Array;
  /** Empty for a volume without FEC. */
  readonly fec: Uint8Array;
  readonly rootHash: Uint8Array;
}

/** Applies the patches of a corruption to its base. */
export function corruptedVolume(corruption: Corruption): CorruptedVolume {
  const volume = goldenVolume(corruption.base);
  const data = goldenData(volume);
  const hash = goldenFile(volume.hash_file);
  const fec = volume.fec_file === undefined ? new Uint8Array(0) : goldenFile(volume.fec_file);
  const files = { data, hash, fec };
  for (const [file, offset, text] of corruption.patches) {
    const [byte, times] = text.split("*") as [string, string | undefined];
    const patch =
      times === undefined ? fromHex(byte) : new Uint8Array(Number(times)).fill(fromHex(byte)[0] ?? 0);
    const target = files[file];
    for (const [i, bits] of patch.entries()) target[offset + i] = (target[offset + i] as number) ^ bits;
  }
  return { volume, ...files, rootHash: fromHex(corruption.root_used) };
}
