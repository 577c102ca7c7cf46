/** Values that options of several commands have. */
import { InvalidArgumentError } from "commander";
import type { HasherChoice } from "../crypto/hasher-choice.node.ts";

/** 1 to 256, of `--threads`. */
export function threadCount(text: string): number {
  const count = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > 256) throw new InvalidArgumentError("a number of threads is 1 to 256");
  return count;
}

const hasherChoices: readonly HasherChoice[] = ["auto", "wasm", "native"];

/** A name, of `--hasher`. */
export function hasherChoice(text: string): HasherChoice {
  const choice = hasherChoices.find((name) => name === text);
  if (choice === undefined) throw new InvalidArgumentError(`a hasher is one of ${hasherChoices.join(", ")}`);
  return choice;
}

const unitPowers: ReadonlyMap<string, number> = new Map([
  ["", 0],
  ["k", 1],
  ["m", 2],
  ["g", 3],
  ["t", 4],
]);

/** `137438953472`, `128GiB`, `128G`: units are powers of 1024. */
export function byteSize(text: string): number {
  const [, digits = "", unit = ""] = /^([0-9]{1,15})(?:([kmgt])(?:i?b)?)?$/i.exec(text) ?? [];
  const sizeBytes = Number(digits) * 1024 ** (unitPowers.get(unit.toLowerCase()) ?? 0);
  if (digits === "" || sizeBytes === 0 || !Number.isSafeInteger(sizeBytes)) {
    throw new InvalidArgumentError("a size is a number of bytes, or of KiB, MiB, GiB, TiB: 128GiB");
  }
  return sizeBytes;
}
