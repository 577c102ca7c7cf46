/** Reading an object whose every field is known. */
import { expect, test } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { JsonObject } from "../../src/oci/json-document.ts";

const object = JsonObject.of(JSON.parse('{"a":1,"list":[0,3],"__proto__":{"b":2},"none":null}'), "it");

test("fields that are not listed refuse the object, whatever they are called", () => {
  expect(object.allowOnly("a", "list", "__proto__", "none")).toBe(object);
  expect(() => object.allowOnly("a", "list", "none")).toThrow('it: "__proto__" is a field that is not known');
});

test("counts are integers within their bounds, 0 where there are none", () => {
  expect([object.count("a", 1), object.count("none", 1), object.count("other", 1)]).toEqual([1, 0, 0]);
  expect(Object.is(JsonObject.of({ a: -0 }, "it").count("a", 1), 0)).toBe(true);
  for (const a of [-1, 0.5, 2, Number.NaN, "1", true, [1]]) {
    expect(() => JsonObject.of({ a }, "it").count("a", 1)).toThrow(FormatError);
  }
  expect(object.optionalCounts("list", 3)).toEqual([0, 3]);
  expect(object.optionalCounts("other", 3)).toBeUndefined();
  expect(() => object.optionalCounts("list", 2)).toThrow("list[1]");
});

test("a field of any type is there, or is not", () => {
  expect([object.any("__proto__"), object.any("none"), object.any("b")]).toEqual([
    { b: 2 },
    undefined,
    undefined,
  ]);
  expect(() => JsonObject.of([], "it")).toThrow(FormatError);
});
