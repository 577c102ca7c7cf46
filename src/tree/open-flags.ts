/** How a file is opened: Node's flags, text or numbers, in the field's words. */
import { UsageError } from "../errors.ts";
import { constants } from "./constants.ts";

/** What the flags of `open(2)` ask for. */
export interface OpenFlags {
  readonly read: boolean;
  readonly write: boolean;
  /** Make the file where it is not there. */
  readonly create: boolean;
  /** With `create`: refuse what is there. */
  readonly exclusive: boolean;
  readonly truncate: boolean;
  /** Every write goes to the end. */
  readonly append: boolean;
  /** Refuse what is no directory. */
  readonly directory: boolean;
  /** Refuse a symlink. */
  readonly noFollow: boolean;
  /** Every write is on the device before it resolves. */
  readonly sync: boolean;
}

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_SYNC, O_DSYNC } = constants;
const { O_NOCTTY, O_NONBLOCK, O_DIRECT, O_DIRECTORY, O_NOFOLLOW, O_NOATIME } = constants;

const numbers: ReadonlyMap<string, number> = new Map([
  ["r", O_RDONLY],
  ["rs", O_RDONLY | O_SYNC],
  ["sr", O_RDONLY | O_SYNC],
  ["r+", O_RDWR],
  ["rs+", O_RDWR | O_SYNC],
  ["sr+", O_RDWR | O_SYNC],
  ["w", O_WRONLY | O_CREAT | O_TRUNC],
  ["wx", O_WRONLY | O_CREAT | O_TRUNC | O_EXCL],
  ["xw", O_WRONLY | O_CREAT | O_TRUNC | O_EXCL],
  ["w+", O_RDWR | O_CREAT | O_TRUNC],
  ["wx+", O_RDWR | O_CREAT | O_TRUNC | O_EXCL],
  ["xw+", O_RDWR | O_CREAT | O_TRUNC | O_EXCL],
  ["a", O_WRONLY | O_CREAT | O_APPEND],
  ["ax", O_WRONLY | O_CREAT | O_APPEND | O_EXCL],
  ["xa", O_WRONLY | O_CREAT | O_APPEND | O_EXCL],
  ["as", O_WRONLY | O_CREAT | O_APPEND | O_SYNC],
  ["sa", O_WRONLY | O_CREAT | O_APPEND | O_SYNC],
  ["a+", O_RDWR | O_CREAT | O_APPEND],
  ["ax+", O_RDWR | O_CREAT | O_APPEND | O_EXCL],
  ["xa+", O_RDWR | O_CREAT | O_APPEND | O_EXCL],
  ["as+", O_RDWR | O_CREAT | O_APPEND | O_SYNC],
  ["sa+", O_RDWR | O_CREAT | O_APPEND | O_SYNC],
]);

/** What a tree can honour, or what means nothing to it: it has no terminals, no page cache and no access times. */
const knownBits =
  O_WRONLY | O_RDWR | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_SYNC | O_DSYNC | O_DIRECTORY | O_NOFOLLOW;
const idleBits = O_NOCTTY | O_NONBLOCK | O_DIRECT | O_NOATIME;

/**
 * Node's flags, taken apart.
 *
 * @param flags `"r"`, `"w+"`, … or bits of `constants`; `"r"` unless set.
 * @throws {UsageError} `invalid-argument` for flags that Node does not know, `unsupported` for bits that a tree does not.
 */
export function openFlagsOf(flags: string | number | null | undefined): OpenFlags {
  const bits = typeof flags === "number" ? flags : numbers.get(flags ?? "r");
  if (bits === undefined || !Number.isInteger(bits)) {
    throw new UsageError("invalid-argument", `flags ${String(flags)} are none of Node's`);
  }
  if (bits & ~(knownBits | idleBits)) {
    throw new UsageError(
      "unsupported",
      `flags 0o${(bits >>> 0).toString(8)} ask for more than a tree can do`,
    );
  }
  const has = (bit: number): boolean => (bits & bit) === bit;
  const access = bits & (O_WRONLY | O_RDWR);
  return {
    read: access === O_RDONLY || access === O_RDWR,
    write: access === O_WRONLY || access === O_RDWR,
    create: has(O_CREAT),
    exclusive: has(O_CREAT | O_EXCL),
    truncate: has(O_TRUNC),
    append: has(O_APPEND),
    directory: has(O_DIRECTORY),
    noFollow: has(O_NOFOLLOW) || has(O_CREAT | O_EXCL),
    sync: has(O_DSYNC),
  };
}
