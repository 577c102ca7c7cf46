/** `sprintf` as OPA hands it to Go's `fmt`: whole numbers as integers, other numbers as floats, the rest as text. */
import { valueText } from "./json.ts";
import type { Allocation } from "./program.ts";
import type { RegoValue } from "./value.ts";

/** One verb: flags, width, precision, letter. */
const verb = /%([-+# 0]*)(\d*)(?:\.(\d*))?(.)/gsu;

/** A width or precision beyond this is Go's `%!(BADWIDTH)`. */
const widthLimit = 1_000_000;

interface Verb {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly letter: string;
}

/** Formats the values by their verbs; as Go, says in the text what does not fit. */
export function formatted(format: string, given: readonly RegoValue[], budget: Allocation): string {
  let next = 0;
  const text = format.replaceAll(
    verb,
    (_whole, flags: string, width: string, precision: string | undefined, letter: string) => {
      if (letter === "%") return "%";
      if (Number(width) > widthLimit || Number(precision ?? 0) > widthLimit) return "%!(BADWIDTH)";
      budget.allocate(Number(width) + Number(precision ?? 0));
      const value = given[next];
      next += 1;
      if (value === undefined) return `%!${letter}(MISSING)`;
      const one = {
        flags,
        width: Number(width),
        precision: precision === undefined ? undefined : Number(precision),
        letter,
      };
      return padded(shown(value, one), one, typeof value === "number");
    },
  );
  const rest = given.slice(next).map((value) => `${goType(value)}=${plain(value)}`);
  return rest.length === 0 ? text : `${text}%!(EXTRA ${rest.join(", ")})`;
}

function goType(value: RegoValue): string {
  if (typeof value !== "number") return "string";
  return Number.isInteger(value) ? "int" : "float64";
}

function plain(value: RegoValue): string {
  return typeof value === "string" ? value : valueText(value);
}

function shown(value: RegoValue, { flags, precision, letter }: Verb): string {
  const wrong = (): string => `%!${letter}(${goType(value)}=${plain(value)})`;
  if (typeof value !== "number") {
    const text = plain(value);
    if (letter === "s" || letter === "v")
      return precision === undefined ? text : [...text].slice(0, precision).join("");
    if (letter === "q") return JSON.stringify(text);
    if (letter === "x" || letter === "X") {
      const digits = [...new TextEncoder().encode(text)]
        .map((byte) => byte.toString(16).padStart(2, "0"))
        .join("");
      return letter === "X" ? digits.toUpperCase() : digits;
    }
    return wrong();
  }
  const sign = value < 0 ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  const digits = Number.isInteger(value)
    ? integerDigits(value, letter)
    : floatDigits(value, letter, precision);
  return digits === undefined ? wrong() : sign + digits;
}

const bases: ReadonlyMap<string, number> = new Map([
  ["b", 2],
  ["o", 8],
  ["d", 10],
  ["v", 10],
  ["x", 16],
  ["X", 16],
]);

function integerDigits(value: number, letter: string): string | undefined {
  const base = bases.get(letter);
  if (base === undefined) return undefined;
  const digits = Math.abs(value).toString(base);
  return letter === "X" ? digits.toUpperCase() : digits;
}

function floatDigits(value: number, letter: string, precision: number | undefined): string | undefined {
  const size = Math.abs(value);
  if (letter === "f" || letter === "F") return size.toFixed(Math.min(precision ?? 6, 100));
  if (letter === "e" || letter === "E") {
    const text = size.toExponential(Math.min(precision ?? 6, 100)).replace(/e([+-])(\d)$/, "e$10$2");
    return letter === "E" ? text.toUpperCase() : text;
  }
  if (letter !== "g" && letter !== "v" && letter !== "G") return undefined;
  const exponent = Math.floor(Math.log10(size));
  if (exponent < -4 || exponent >= 21) return size.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  return precision === undefined
    ? String(size)
    : String(Number(size.toPrecision(Math.max(1, Math.min(precision, 100)))));
}

function padded(text: string, { flags, width }: Verb, isNumber: boolean): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes("-")) return text + " ".repeat(missing);
  if (!flags.includes("0") || !isNumber) return " ".repeat(missing) + text;
  const signed = /^[-+ ]/.test(text) ? 1 : 0;
  return text.slice(0, signed) + "0".repeat(missing) + text.slice(signed);
}
