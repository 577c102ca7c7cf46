/** A request as it came, made into one text at once: nothing that its sender does later changes it. */
import { FormatError, UsageError } from "../errors.ts";
import { quoted } from "../oci/quoted-text.ts";

/** How deep objects and lists may stand in each other. */
const mostLevels = 32;
/** With nothing behind it that would be of the same number. */
const wholeNumber = /(?:0|-?[1-9][0-9]*)(?![.eE0-9])/y;
const encoder = new TextEncoder();

/**
 * The text of a request.
 *
 * @param request JSON as text or in UTF-8, or what is to become JSON.
 * @param field names it in errors.
 * @throws {FormatError} `bad-field` for what is no JSON; `does-not-fit` where it is too large.
 */
export function requestText(request: unknown, mostBytes: number): string {
  const text = asText(request);
  // A text is never shorter in UTF-8 than in UTF-16 units.
  if (text.length > mostBytes || encoder.encode(text).length > mostBytes) {
    throw new FormatError("does-not-fit", `a request has at most ${mostBytes} bytes`);
  }
  return text;
}

function asText(request: unknown): string {
  if (typeof request === "string") return request;
  if (request instanceof Uint8Array) {
    try {
      // A byte order mark is left where it is: as text it would be no JSON either.
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(request);
    } catch (cause) {
      throw new FormatError("bad-field", "a request is UTF-8", { cause });
    }
  }
  if (typeof request !== "object" || request === null) {
    throw new UsageError("invalid-argument", "a request is an object, or JSON as text or bytes");
  }
  try {
    return JSON.stringify(request) ?? "";
  } catch (cause) {
    throw new FormatError("bad-field", "the request cannot be made into JSON", { cause });
  }
}

/**
 * What a text of JSON stands for. Every text in it is well-formed and has no NUL, every number is whole and
 * written as Go writes it.
 *
 * @param what names it in errors.
 * @throws {FormatError} `bad-field`.
 */
export function parseText(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the cause, which quotes the text, and with it the values of variables.
    throw new FormatError("bad-field", `${what} is no JSON`);
  }
  checkTexts(value, what);
  checkForms(text, what);
  return value;
}

/**
 * No object has a name twice: of two fields one reader takes the first, another the last. And no number
 * has a fraction or an exponent: this reader takes `0e0` for 0, Go's for none of its whole numbers.
 */
function checkForms(text: string, what: string): void {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === "{") open.push(new Set());
    else if (char === "[") open.push(undefined);
    else if (char === "}" || char === "]") open.pop();
    else if (char === '"') {
      const end = endOfText(text, at);
      const names = open.at(-1);
      if (names !== undefined && isName(text, end)) {
        const name: string = JSON.parse(text.slice(at, end));
        if (names.has(name)) throw new FormatError("bad-field", `${what} has a field twice: ${quoted(name)}`);
        names.add(name);
      }
      at = end - 1;
    } else if (isNumberStart(char)) {
      wholeNumber.lastIndex = at;
      if (!wholeNumber.test(text)) {
        throw new FormatError("bad-field", `${what} has a number that is not written as a whole one`);
      }
      at = wholeNumber.lastIndex - 1;
    }
  }
}

function isNumberStart(char: string | undefined): boolean {
  return char !== undefined && (char === "-" || (char >= "0" && char <= "9"));
}

/** Behind the quotation mark that ends the text which begins here. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; ; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at + 1;
  }
}

/** Whether a colon follows. */
function isName(text: string, end: number): boolean {
  let at = end;
  while (text[at] === " " || text[at] === "\n" || text[at] === "\r" || text[at] === "\t") at += 1;
  return text[at] === ":";
}

function checkTexts(value: unknown, what: string): void {
  let level: unknown[] = [value];
  for (let levels = 0; level.length > 0; levels += 1) {
    if (levels > mostLevels) {
      throw new FormatError(
        "bad-field",
        `${what} has more than ${mostLevels} objects and lists in each other`,
      );
    }
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item === "string") checkText(item, what);
      else if (Array.isArray(item)) pushAll(next, item);
      else if (typeof item === "object" && item !== null) {
        for (const [name, member] of Object.entries(item)) {
          checkText(name, what);
          next.push(member);
        }
      }
    }
    level = next;
  }
}

function pushAll(list: unknown[], items: readonly unknown[]): void {
  for (const item of items) list.push(item);
}

function checkText(text: string, what: string): void {
  if (!/[\0\p{Surrogate}]/u.test(text)) return;
  throw new FormatError("bad-field", `${what} has a text with a NUL or half a surrogate pair in it`);
}
