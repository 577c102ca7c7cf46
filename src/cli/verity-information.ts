/** The lines that `format` and `dump` print, veritysetup's to the tab; and the same as JSON. */
import { toHex } from "../bytes/hex.ts";
import type { VerityParameters } from "../verity/identity.ts";
import type { VerityPlacement } from "../verity/placement.ts";
import type { ActionContext } from "./context.ts";

/** What is told of error correction: how much parity there is, and where. */
export interface FecInformation {
  readonly roots: number;
  /** Blocks of parity; 0 where nothing is covered. */
  readonly parityBlocks: number;
  readonly offsetBytes: number;
  readonly onHashDevice: boolean;
}

/** What `format` and `dump` tell of a volume. */
export interface VerityInformation {
  readonly hashDevice: string;
  /** As text; absent without a superblock. */
  readonly uuid?: string | undefined;
  readonly parameters: VerityParameters;
  /** The hash name as the caller wrote it; the superblock's is lower-case. */
  readonly algorithmText?: string;
  /** The superblock's count: 0 leaves it open. */
  readonly dataBlocks: number;
  readonly placement: VerityPlacement;
  readonly firstHashBlock: number;
  readonly hashBlocks: number;
  readonly fec?: FecInformation | undefined;
  /** What `format` computed; `dump` cannot know it. */
  readonly rootHash?: Uint8Array;
}

/** Prints it as the options ask. */
export function printInformation({ options, terminal }: ActionContext, information: VerityInformation): void {
  const text = options.json
    ? JSON.stringify(informationJson(information), undefined, 2)
    : informationText(information);
  terminal.out(text);
}

/** As veritysetup 2.6.1 prints it (`VERITY_dump`), uneven tabs and all. */
function informationText(information: VerityInformation): string {
  const { parameters, fec } = information;
  const { salt, dataBlockSize, hashBlockSize } = parameters;
  const lines = [
    `VERITY header information for ${information.hashDevice}`,
    `UUID:            \t${information.uuid ?? ""}`,
    `Hash type:       \t${parameters.hashType}`,
    `Data blocks:     \t${information.dataBlocks}`,
    `Data block size: \t${dataBlockSize}`,
    `Hash blocks:     \t${information.hashBlocks}`,
    `Hash block size: \t${hashBlockSize}`,
    `Hash algorithm:  \t${information.algorithmText ?? parameters.algorithm}`,
  ];
  if (fec !== undefined && fec.parityBlocks > 0) {
    lines.push(`FEC RS roots:   \t${fec.roots}`, `FEC blocks:     \t${fec.parityBlocks}`);
  }
  lines.push(`Salt:            \t${salt.length === 0 ? "-" : toHex(salt)}`);
  if (information.rootHash !== undefined) lines.push(`Root hash:      \t${toHex(information.rootHash)}`);
  // veritysetup sums up only areas that start their device, and takes parity
  // on the hash device to follow the tree at once.
  if (information.placement.hashOffsetBytes === 0) {
    const parityBlocks = fec?.onHashDevice ? fec.parityBlocks : 0;
    const blocks = information.firstHashBlock + information.hashBlocks + parityBlocks;
    lines.push(`Hash device size: \t${blocks * hashBlockSize} [bytes]`);
  }
  if (fec !== undefined && fec.parityBlocks > 0 && fec.offsetBytes === 0 && !fec.onHashDevice) {
    lines.push(`FEC device size: \t${fec.parityBlocks * dataBlockSize} [bytes]`);
  }
  return lines.join("\n");
}

/** The same as JSON. With a root hash it is what `--identity` takes. */
function informationJson(information: VerityInformation): Record<string, unknown> {
  const { parameters, placement, fec } = information;
  return {
    ...(information.rootHash === undefined ? {} : { rootHash: toHex(information.rootHash) }),
    algorithm: parameters.algorithm,
    hashType: parameters.hashType,
    salt: toHex(parameters.salt),
    dataBlockSize: parameters.dataBlockSize,
    hashBlockSize: parameters.hashBlockSize,
    dataBlocks: information.dataBlocks,
    hashBlocks: information.hashBlocks,
    hashOffsetBytes: placement.hashOffsetBytes,
    superblock: placement.superblock,
    ...(information.uuid === undefined ? {} : { uuid: information.uuid }),
    ...(fec === undefined
      ? {}
      : { fec: { roots: fec.roots, offsetBytes: fec.offsetBytes, parityBlocks: fec.parityBlocks } }),
  };
}
