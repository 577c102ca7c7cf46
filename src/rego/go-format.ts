/**
 * `sprintf` as OPA hands it to Go's `fmt`: whole numbers as integers, other numbers as floats, the rest as text. The
 * directives are Go's (package `fmt`, `print.go`, `doPrintf`): what does not fit is said in the text.
 */

import { floatText, integerText, quoted, quotedRune, unicodeText } from "./go-numerals.ts";
import { valueText } from "./json.ts";
import type { Allocation } from "./program.ts";
import type { RegoValue } from "./value.ts";

/** A width or precision beyond this is none to Go. */
const widthLimit = 1_000_000;

/** What stands between `%` and the letter. */
export interface Directive {
  minus: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
}

/** Formats the values by their verbs; as Go, says in the text what does not fit. */
export function formatted(format: string, given: readonly RegoValue[], budget: Allocation): string {
  return new Formatter(format, given, budget).run();
}

class Formatter {
  readonly #format: readonly string[];
  readonly #given: readonly RegoValue[];
  readonly #budget: Allocation;
  #at = 0;
  #next = 0;
  #isReordered = false;
  #isGoodIndex = true;
  #text = "";

  constructor(format: string, given: readonly RegoValue[], budget: Allocation) {
    this.#format = [...format];
    this.#given = given;
    this.#budget = budget;
  }

  run(): string {
    while (this.#at < this.#format.length) {
      const character = this.#format[this.#at] as string;
      this.#at += 1;
      if (character === "%") this.#directive();
      else this.#text += character;
    }
    const rest = this.#isReordered ? [] : this.#given.slice(this.#next);
    if (rest.length > 0) {
      this.#text += `%!(EXTRA ${rest.map((value) => `${goType(value)}=${plain(value)}`).join(", ")})`;
    }
    return this.#text;
  }

  #directive(): void {
    this.#isGoodIndex = true;
    const directive = this.#flags();
    let isIndexed = this.#index();
    isIndexed = this.#width(directive, isIndexed);
    isIndexed = this.#precision(directive, isIndexed);
    if (!isIndexed) this.#index();
    this.#budget.allocate((directive.width ?? 0) + (directive.precision ?? 0));
    const letter = this.#format[this.#at];
    this.#at += 1;
    if (letter === undefined) this.#text += "%!(NOVERB)";
    else if (letter === "%") this.#text += "%";
    else if (!this.#isGoodIndex) this.#text += `%!${letter}(BADINDEX)`;
    else this.#text += this.#value(letter, directive);
  }

  #flags(): Directive {
    const none = { minus: false, plus: false, sharp: false, space: false, zero: false };
    const directive: Directive = { ...none, width: undefined, precision: undefined };
    for (; ; this.#at += 1) {
      const flag = this.#format[this.#at];
      if (flag === "+") directive.plus = true;
      else if (flag === "#") directive.sharp = true;
      else if (flag === " ") directive.space = true;
      else if (flag === "0") directive.zero = !directive.minus;
      else if (flag === "-") Object.assign(directive, { minus: true, zero: false });
      else return directive;
    }
  }

  /** `[3]`: the value that is meant. */
  #index(): boolean {
    if (this.#format[this.#at] !== "[") return false;
    this.#isReordered = true;
    const end = this.#format.indexOf("]", this.#at);
    const digits = this.#format.slice(this.#at + 1, Math.max(end, 0)).join("");
    const index = /^\d+$/.test(digits) && Number(digits) <= widthLimit ? Number(digits) - 1 : undefined;
    this.#at = end === -1 ? this.#at + 1 : end + 1;
    if (index !== undefined && index >= 0 && index < this.#given.length) this.#next = index;
    else this.#isGoodIndex = false;
    return index !== undefined;
  }

  #width(directive: Directive, isIndexed: boolean): boolean {
    if (this.#format[this.#at] === "*") {
      this.#at += 1;
      const width = this.#numberGiven();
      if (width === undefined) this.#text += "%!(BADWIDTH)";
      else if (width < 0) Object.assign(directive, { minus: true, zero: false, width: -width });
      else directive.width = width;
      return false;
    }
    directive.width = this.#digits();
    if (isIndexed && directive.width !== undefined) this.#isGoodIndex = false;
    return isIndexed;
  }

  #precision(directive: Directive, isIndexed: boolean): boolean {
    if (this.#format[this.#at] !== ".") return isIndexed;
    this.#at += 1;
    if (isIndexed) this.#isGoodIndex = false;
    const isIndexedHere = this.#index();
    if (this.#format[this.#at] !== "*") {
      directive.precision = this.#digits() ?? 0;
      return isIndexedHere;
    }
    this.#at += 1;
    const precision = this.#numberGiven();
    if (precision === undefined || precision < 0) this.#text += "%!(BADPREC)";
    else directive.precision = precision;
    return false;
  }

  /** Digits; one number too large takes all that follows with it. */
  #digits(): number | undefined {
    const start = this.#at;
    while (/^\d$/.test(this.#format[this.#at] ?? "")) this.#at += 1;
    if (this.#at === start) return undefined;
    const number = Number(this.#format.slice(start, this.#at).join(""));
    if (number <= widthLimit) return number;
    this.#at = this.#format.length;
    return undefined;
  }

  /** A width or precision among the values. */
  #numberGiven(): number | undefined {
    const value = this.#given[this.#next];
    if (value !== undefined) this.#next += 1;
    return Number.isInteger(value) && Math.abs(value as number) <= widthLimit ? (value as number) : undefined;
  }

  #value(letter: string, directive: Directive): string {
    const value = this.#given[this.#next];
    this.#next += 1;
    if (value === undefined) return `%!${letter}(MISSING)`;
    if (letter === "T") return shownText(goType(value), "s", directive) as string;
    // `%+v` and `%#v` are verbs of their own: only the latter says something else here, of texts.
    if (letter === "v" && directive.sharp && typeof value !== "number") {
      return shownText(plain(value), "q", { ...directive, plus: false, sharp: false }) as string;
    }
    const flags = letter === "v" ? { ...directive, plus: false, sharp: false } : directive;
    const shown = shownValue(value, letter, flags);
    return shown ?? `%!${letter}(${goType(value)}=${shownValue(value, "v", directive)})`;
  }
}

function goType(value: RegoValue): string {
  if (typeof value !== "number") return "string";
  return Number.isInteger(value) ? "int" : "float64";
}

function plain(value: RegoValue): string {
  if (typeof value === "string") return value;
  return typeof value === "number" ? (shownNumber(value, "v", bare) ?? "") : valueText(value);
}

const bare: Directive = {
  minus: false,
  plus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
};

/** Undefined where the letter is none for the value. */
function shownValue(value: RegoValue, letter: string, directive: Directive): string | undefined {
  if (typeof value === "number") return shownNumber(value, letter, directive);
  return shownText(plain(value), letter, directive);
}

function shownNumber(value: number, letter: string, flags: Directive): string | undefined {
  const isCharacter = letter === "c" || letter === "q" || letter === "U";
  if (!Number.isInteger(value)) return padded(floatText(value, letter, flags), flags);
  if (!isCharacter) return padded(integerText(value, letter, flags), { ...flags, zero: false });
  if (letter === "U") return padded(unicodeText(value, flags), { ...flags, zero: false });
  return padded(letter === "c" ? runeOf(value) : quotedRune(runeOf(value), flags.plus), flags);
}

function runeOf(value: number): string {
  const isRune = value >= 0 && value <= 0x10ffff && !(value >= 0xd800 && value <= 0xdfff);
  return isRune ? String.fromCodePoint(value) : "\ufffd";
}

function shownText(text: string, letter: string, directive: Directive): string | undefined {
  const { precision, sharp, plus } = directive;
  if (letter === "x" || letter === "X") return hexText(text, letter, directive);
  const cut = precision === undefined ? text : [...text].slice(0, precision).join("");
  if (letter === "q") return padded(quoted(cut, { plus, sharp }), directive);
  return letter === "s" || letter === "v" ? padded(cut, directive) : undefined;
}

function hexText(text: string, letter: "x" | "X", directive: Directive): string {
  const bytes = [...new TextEncoder().encode(text)].slice(0, directive.precision);
  const pairs = bytes.map((byte) => byte.toString(16).padStart(2, "0"));
  const front = directive.sharp && pairs.length > 0 ? "0x" : "";
  const hex = directive.space ? pairs.map((pair) => front + pair).join(" ") : front + pairs.join("");
  return padded(letter === "X" ? hex.toUpperCase() : hex, directive);
}

function padded<Text extends string | undefined>(text: Text, { minus, zero, width = 0 }: Directive): Text {
  if (text === undefined) return text;
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  return (minus ? text + " ".repeat(missing) : (zero ? "0" : " ").repeat(missing) + text) as Text;
}
