/** Numbers and quoted texts as Go writes them (packages `fmt`, `format.go`, and `strconv`). */

/** Flags of a directive that matter here. */
interface Flags {
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

const bases: ReadonlyMap<string, number> = new Map([
  ["b", 2],
  ["o", 8],
  ["O", 8],
  ["d", 10],
  ["v", 10],
  ["x", 16],
  ["X", 16],
]);

/** A whole number; undefined for a letter that is none for it. */
export function integerText(value: number, letter: string, flags: Flags): string | undefined {
  const base = bases.get(letter);
  if (base === undefined) return undefined;
  const { sharp, zero, width = 0, precision } = flags;
  if (precision === 0 && value === 0) return "";
  const sign = signOf(value < 0, flags);
  const least = precision ?? (zero ? width - sign.length : 0);
  const digits = Math.abs(value).toString(base).padStart(least, "0");
  const front = letter === "O" ? "0o" : sharp ? frontOf(base, digits) : "";
  return sign + (letter === "X" ? (front + digits).toUpperCase() : front + digits);
}

function frontOf(base: number, digits: string): string {
  if (base === 2) return "0b";
  if (base === 8) return digits.startsWith("0") ? "" : "0";
  return base === 16 ? "0x" : "";
}

function signOf(isNegative: boolean, { plus, space }: Pick<Flags, "plus" | "space">): string {
  return isNegative ? "-" : plus ? "+" : space ? " " : "";
}

/** More digits than these are not known here. */
const mostDigits = 100;

/** A number that is not whole; undefined for a letter that is none for it, or none here (`b` and `x`). */
export function floatText(value: number, letter: string, flags: Flags): string | undefined {
  const size = Math.abs(value);
  const precision = flags.precision === undefined ? undefined : Math.min(flags.precision, mostDigits);
  const digits = digitsOf(size, letter, precision);
  if (digits === undefined) return undefined;
  const sign = signOf(value < 0, flags);
  const { zero, width = 0 } = flags;
  return sign + (zero ? digits.padStart(width - sign.length, "0") : digits);
}

function digitsOf(size: number, letter: string, precision: number | undefined): string | undefined {
  switch (letter) {
    case "f":
    case "F":
      return size.toFixed(precision ?? 6);
    case "e":
      return exponential(size.toExponential(precision ?? 6));
    case "E":
      return exponential(size.toExponential(precision ?? 6)).toUpperCase();
    case "v":
    case "g":
      return general(size, precision);
    case "G":
      return general(size, precision).toUpperCase();
    default:
      return undefined;
  }
}

/** The exponent has two digits at the least. */
function exponential(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

/** With an exponent where it is small or large, in as many digits as it takes, or as are wanted. */
function general(size: number, precision: number | undefined): string {
  const wanted = precision === undefined ? undefined : Math.max(1, precision);
  const text = size.toExponential(wanted === undefined ? undefined : wanted - 1);
  const [mantissa = "", power = ""] = text.replace(/\.?0*e/, "e").split("e");
  const exponent = Number(power);
  const known = mantissa.replace(".", "").length;
  const isExact = wanted !== undefined && wanted > known && known >= exponent + 1;
  const most = wanted === undefined ? shortestExponent : isExact ? known : wanted;
  if (exponent < -4 || exponent >= most) return exponential(`${mantissa}e${power}`);
  return size.toFixed(Math.min(mostDigits, Math.max(0, known - exponent - 1)));
}

/** From here on a number of no wanted precision has an exponent. */
const shortestExponent = 6;

/** `U+0041`. */
export function unicodeText(value: number, { sharp, precision = 0 }: Flags): string {
  const digits = BigInt.asUintN(64, BigInt(value))
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, precision), "0");
  const isShown = sharp && value >= 0 && value <= 0x10ffff && isPrinted(String.fromCodePoint(value));
  return `U+${digits}${isShown ? ` '${String.fromCodePoint(value)}'` : ""}`;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
]);

/** A text as a Go literal; with `plus` in ASCII alone, with `sharp` in backquotes where it can be. */
export function quoted(
  text: string,
  { plus, sharp }: { readonly plus: boolean; readonly sharp: boolean },
): string {
  if (sharp && /^[^`\ufeff\ufffd\x7f\p{Cc}]*$/u.test(text.replaceAll("\t", ""))) return `\`${text}\``;
  return `"${[...text].map((character) => escaped(character, '"', plus)).join("")}"`;
}

/** A character as a Go literal. */
export function quotedRune(character: string, plus: boolean): string {
  return `'${escaped(character, "'", plus)}'`;
}

function escaped(character: string, quote: string, isAscii: boolean): string {
  if (character === quote) return `\\${quote}`;
  const known = escapes.get(character);
  if (known !== undefined) return known;
  const point = character.codePointAt(0) as number;
  if (isPrinted(character) && (!isAscii || point < 0x80)) return character;
  if (point < 0x20 || point === 0x7f) return `\\x${point.toString(16).padStart(2, "0")}`;
  const digits = point.toString(16);
  return point > 0xffff ? `\\U${digits.padStart(8, "0")}` : `\\u${digits.padStart(4, "0")}`;
}

/** Letters, marks, numbers, punctuation, symbols and the space. */
function isPrinted(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);
}
