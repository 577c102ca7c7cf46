/** Texts as base64 and hex. What decodes to no UTF-8 has no value here, as texts are text. */
import { type NamedBuiltin, unary } from "./builtin.ts";
import type { RegoValue } from "./value.ts";

function ofText(name: string, apply: (text: string) => RegoValue | undefined): NamedBuiltin {
  return unary(name, (a, budget) => {
    if (typeof a !== "string") return undefined;
    budget.allocate(a.length);
    return apply(a);
  });
}

function latin1Of(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

function textOf(latin1: string): string | undefined {
  const bytes = Uint8Array.from(latin1, (char) => char.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const base64Form = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** As Go's encoding with padding takes it: line ends count for nothing. */
function fromBase64(text: string): string | undefined {
  const compact = text.replace(/[\r\n]/g, "");
  return base64Form.test(compact) ? atob(compact) : undefined;
}

function toUrl(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}

/** Padding may be missing. */
function fromUrl(text: string): string | undefined {
  if (/[+/]/.test(text)) return undefined;
  const padded = text.endsWith("=") ? text : text + "=".repeat((4 - (text.length % 4)) % 4);
  return fromBase64(padded.replaceAll("-", "+").replaceAll("_", "/"));
}

function decoded(latin1: string | undefined): string | undefined {
  return latin1 === undefined ? undefined : textOf(latin1);
}

function fromHex(text: string): string | undefined {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) return undefined;
  return text.replace(/../g, (digits) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** See the head of this file. */
export const encodingBuiltins: readonly NamedBuiltin[] = [
  ofText("base64.encode", (text) => btoa(latin1Of(text))),
  ofText("base64.decode", (text) => decoded(fromBase64(text))),
  unary("base64.is_valid", (a) => typeof a === "string" && fromBase64(a) !== undefined),
  ofText("base64url.encode", (text) => toUrl(btoa(latin1Of(text)))),
  ofText("base64url.encode_no_pad", (text) => toUrl(btoa(latin1Of(text))).replace(/=+$/, "")),
  ofText("base64url.decode", (text) => decoded(fromUrl(text))),
  ofText("hex.encode", (text) =>
    Array.from(latin1Of(text), (char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join(""),
  ),
  ofText("hex.decode", (text) => decoded(fromHex(text))),
];
