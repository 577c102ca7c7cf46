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
