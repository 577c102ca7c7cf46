/** What a verified device says about blocks that were not the true ones. */
import { IntegrityError, type IntegrityErrorCode } from "../errors.ts";

/** What came of a block that was not the true one. */
export type CorruptionOutcome =
  /** The read that needed it was refused. */
  | "refused"
  /** Forward error correction rebuilt it, and the tree agreed. */
  | "repaired"
  /** The caller asked for corrupt data and was given it. */
  | "ignored";

/** One block that was not the true one. */
export interface CorruptionEvent {
  /** Name of the device that held it. */
  readonly device: string;
  /** Data block number, or with `level` the hash block's number within its level. */
  readonly block: number;
  /** Tree level of a hash block, 0 = leaves; `undefined` for a data block. */
  readonly level: number | undefined;
  readonly outcome: CorruptionOutcome;
}

/**
 * `"V"` while every block that was read was the true one (or was repaired),
 * `"C"` for good after the first that was not: the letters of the kernel's status line.
 */
export type VerityStatus = "V" | "C";

/** The sticky status of one device, and the way events go out. */
export class CorruptionLog {
  status: VerityStatus = "V";
  /** Corrupt data is handed to the caller, who asked for it twice. */
  readonly ignore: boolean;
  readonly #onCorruption: ((event: CorruptionEvent) => void) | undefined;

  constructor(ignore: boolean, onCorruption: ((event: CorruptionEvent) => void) | undefined) {
    this.ignore = ignore;
    this.#onCorruption = onCorruption;
  }

  /** A block was rebuilt: worth an event, but nothing false was served. */
  repaired(device: string, level: number | undefined, block: number): void {
    this.#onCorruption?.({ device, block, level, outcome: "repaired" });
  }

  /** A block is corrupt. The returned error is to be thrown unless `ignore` is set. */
  corrupt(
    code: IntegrityErrorCode,
    device: string,
    level: number | undefined,
    block: number,
  ): IntegrityError {
    this.status = "C";
    this.#onCorruption?.({ device, block, level, outcome: this.ignore ? "ignored" : "refused" });
    const what = level === undefined ? `data block ${block}` : `hash block ${block} of level ${level}`;
    const why =
      code === "spare-not-zero"
        ? "holds more digests than the identity has blocks"
        : "is not the one that the root hash pins";
    return new IntegrityError(code, `${what} on ${device} ${why}: restore the device from a good copy`, {
      at: level === undefined ? { device, block } : { device, block, level },
    });
  }
}
