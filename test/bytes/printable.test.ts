import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printableText } from "../../src/bytes/printable.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("printableText", () => {
  test.each([
    ["usr/bin/naïve 文件", "usr/bin/naïve 文件"],
    ["a\\b", "a\\\\b"],
    ["\u001b[2J", "\\x1b[2J"],
    ["line\nfeed", "line\\x0afeed"],
    ["\u202egpj.exe", "\\xe2\\x80\\xaegpj.exe"],
    ["\ufeffmark", "\\xef\\xbb\\xbfmark"],
    ["no\u00a0break", "no\\xc2\\xa0break"],
    ["", ""],
  ])("%j", (name, text) => {
    expect(printableText(utf8(name))).toBe(text);
  });

  test.each([
    [[0xff, 0x61], "\\xffa"],
    [[0xc3], "\\xc3"],
    [[0xe2, 0x82, 0x61], "\\xe2\\x82a"],
    [[0xc0, 0x80], "\\xc0\\x80"],
    [[0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"],
  ])("bytes that are no UTF-8 (%j)", (bytes, text) => {
    expect(printableText(Uint8Array.from(bytes))).toBe(text);
  });

  test("different bytes are different texts, and no text holds a control character", () => {
    const parse = (text: string): Uint8Array => {
      const bytes: number[] = [];
      for (const [part, hex] of text.matchAll(/\\x([0-9a-f]{2})|\\\\|[^\\]/gu)) {
        if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
        else bytes.push(...utf8(part === "\\\\" ? "\\" : part));
      }
      return Uint8Array.from(bytes);
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
        const text = printableText(bytes);
        expect(parse(text)).toEqual(bytes);
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });
});
