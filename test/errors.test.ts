import { describe, expect, test } from "vitest";
import {
  AttestationError,
  DeviceError,
  type ErrorDetails,
  errorFromMessage,
  errorToMessage,
  FormatError,
  IntegrityError,
  InvariantError,
  invariant,
  PolicyError,
  StateError,
  StorageError,
  UsageError,
} from "../src/errors.ts";

const reasons = ["the layer is not in the policy"];

/** Each class, how it is made, and the code that comes of it. */
const makers: [
  name: string,
  make: (message: string, details?: ErrorDetails) => StorageError,
  code: string,
][] = [
  ["UsageError", (message, details) => new UsageError("out-of-bounds", message, details), "out-of-bounds"],
  ["DeviceError", (message, details) => new DeviceError("short-read", message, details), "short-read"],
  ["FormatError", (message, details) => new FormatError("bad-magic", message, details), "bad-magic"],
  [
    "IntegrityError",
    (message, details) => new IntegrityError("block-mismatch", message, details),
    "block-mismatch",
  ],
  ["PolicyError", (message, details) => new PolicyError(message, reasons, details), "denied"],
  [
    "AttestationError",
    (message, details) => new AttestationError("not-attested", message, details),
    "not-attested",
  ],
  ["StateError", (message, details) => new StateError("closed", message, details), "closed"],
  ["InvariantError", (message, details) => new InvariantError(message, details), "invariant"],
];

describe.each(makers)("%s", (name, make, code) => {
  test("has its name, its code, its message and its place", () => {
    const at = { device: "disk", block: 7, level: 0, offsetBytes: 28_672 };
    const error = make("block 7 is broken", { at });
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ name, code, message: "block 7 is broken", at });
    expect(String(error)).toBe(`${name}: block 7 is broken`);
    expect(error.stack).toContain("errors.test.ts");
  });

  test("has a cause where it was given one, be it undefined, and no such property otherwise", () => {
    const cause = new Error("EIO");
    expect(make("m", { cause }).cause).toBe(cause);
    expect("cause" in make("m", { cause: undefined })).toBe(true);
    expect("cause" in make("m")).toBe(false);
    expect("cause" in make("m", { at: {} })).toBe(false);
  });

  test("has a place without fields where none was given", () => {
    expect(make("m").at).toEqual({});
    expect(make("m").at).not.toBe(make("m").at);
  });

  test("arrives from another thread as what it was, without its cause", () => {
    const sent = make("block 7 is broken", { at: { block: 7 }, cause: new Error("secret") });
    const received = errorFromMessage(structuredClone(errorToMessage(sent)));
    expect(received.constructor).toBe(sent.constructor);
    expect(received).toMatchObject({ name, code, message: sent.message, at: { block: 7 } });
    expect(received.cause).toBeUndefined();
    expect(JSON.stringify(errorToMessage(sent))).not.toContain("secret");
  });
});

test("a PolicyError carries its reasons, over threads too", () => {
  const error = new PolicyError("denied", reasons);
  expect(error.reasons).toEqual(reasons);
  expect(errorFromMessage(structuredClone(errorToMessage(error)))).toMatchObject({ reasons });
});

describe("an error of no class of ours", () => {
  test.each([
    [new TypeError("undefined is not a function"), "undefined is not a function"],
    ["just text", "just text"],
    [undefined, "undefined"],
  ])("%s arrives as an InvariantError", (thrown, message) => {
    const received = errorFromMessage(structuredClone(errorToMessage(thrown)));
    expect(received).toBeInstanceOf(InvariantError);
    expect(received).toMatchObject({ code: "invariant", message, at: {} });
  });

  test.each(["__proto__", "constructor", "toString", "Error", ""])(
    "nor does the name %j choose one",
    (name) => {
      const received = errorFromMessage({ name, code: "closed", message: "m", at: undefined });
      expect(received.constructor).toBe(InvariantError);
    },
  );
});

describe("invariant", () => {
  test("passes what holds", () => {
    expect(() => invariant(true, "never said")).not.toThrow();
  });

  test("throws what does not", () => {
    expect(() => invariant(false, "the tree has a root")).toThrow(new InvariantError("the tree has a root"));
    expect(() => invariant(false, "m")).toThrow(InvariantError);
  });
});
