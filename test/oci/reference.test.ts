/** References to images in registries, and the challenges that registries answer with. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseChallenges } from "../../src/oci/auth-challenge.ts";
import { formatReference, isLoopback, parseReference } from "../../src/oci/reference.ts";

const digest = `sha256:${"0a".repeat(32)}`;

describe("parseReference", () => {
  test.each([
    ["registry.example/app", "registry.example", "app", "latest", undefined],
    ["docker://registry.example/app:1.2", "registry.example", "app", "1.2", undefined],
    ["registry.example:5000/team/app:a_B-c", "registry.example:5000", "team/app", "a_B-c", undefined],
    ["Registry.Example/app", "registry.example", "app", "latest", undefined],
    ["localhost/app", "localhost", "app", "latest", undefined],
    ["localhost:5000/a__b/c.d-e--f", "localhost:5000", "a__b/c.d-e--f", "latest", undefined],
    ["[::1]:5000/app:1", "[::1]:5000", "app", "1", undefined],
    [`registry.example/app@${digest}`, "registry.example", "app", undefined, digest],
    [`registry.example/app:1@${digest}`, "registry.example", "app", "1", digest],
  ])("%s", (text, host, repository, tag, expected) => {
    expect(parseReference(text)).toEqual({ host, repository, tag, digest: expected });
  });

  test.each([
    ["app", "write its host out"],
    ["app:1", "write its host out"],
    ["team/app", "write its host out"],
    ["docker://app", "write its host out"],
    ["", "write its host out"],
    ["user@registry.example/app", "write its host out"],
    ["registry.example/App", "repository"],
    ["registry.example/", "repository"],
    ["registry.example/a//b", "repository"],
    ["registry.example/../v2", "repository"],
    ["registry.example/a/.b", "repository"],
    [`registry.example/${"a".repeat(256)}`, "repository"],
    ["registry.example/app:", "tag"],
    ["registry.example/app:-x", "tag"],
    [`registry.example/app:${"t".repeat(129)}`, "tag"],
    ["registry.example/app:a/b:c d", "repository"],
    ["registry.example/app@sha256:ab", "digest"],
    [`registry.example/app@${digest}@${digest}`, "digest"],
    ["registry.example:99999999/app", "write its host out"],
    ["registry.example/app?x", "repository"],
  ])("%j is refused: %s", (text, message) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ name: "UsageError", message: expect.stringContaining(message) }),
    );
  });

  test("what it takes reads the same when written again, and makes a URL without surprises", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        let reference: ReturnType<typeof parseReference>;
        try {
          reference = parseReference(`registry.example/${text}`);
        } catch (error) {
          expect(error).toMatchObject({ name: "UsageError" });
          return;
        }
        expect(parseReference(formatReference(reference))).toEqual(reference);
        const url = new URL(`https://${reference.host}/v2/${reference.repository}/manifests/x`);
        expect(url.href).toBe(`https://registry.example/v2/${reference.repository}/manifests/x`);
      }),
    );
  });

  test.each([
    ["localhost", true],
    ["localhost:5000", true],
    ["127.0.0.1:80", true],
    ["127.8.9.1", true],
    ["[::1]:5000", true],
    ["localhost.registry.example", false],
    ["127.0.0.1.registry.example", false],
    ["registry.example", false],
  ])("%s is this machine: %s", (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

describe("parseChallenges", () => {
  const list = (header: string): unknown[] =>
    parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

  test.each([
    [
      `Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a:pull,push"`,
      [
        [
          "bearer",
          {
            realm: "https://auth.example/token",
            service: "registry.example",
            scope: "repository:a:pull,push",
          },
        ],
      ],
    ],
    ["Basic realm=x", [["basic", { realm: "x" }]]],
    ["Negotiate", [["negotiate", {}]]],
    [
      'Negotiate abc==, Basic realm="a\\"b"',
      [
        ["negotiate", {}],
        ["basic", { realm: 'a"b' }],
      ],
    ],
    [
      `Bearer  Realm = "r" , Service = s , Basic realm="b"`,
      [
        ["bearer", { realm: "r", service: "s" }],
        ["basic", { realm: "b" }],
      ],
    ],
    [", ,Basic realm=x,", [["basic", { realm: "x" }]]],
    [`Basic realm="never ends`, [["basic", {}]]],
    ["", []],
    ["=", []],
  ])("%j", (header, expected) => {
    expect(list(header)).toEqual(expected);
  });

  test("any header ends in a list, soon", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(Array.isArray(parseChallenges(text))).toBe(true);
      }),
    );
    const startMs = performance.now();
    for (const text of ["a=", '"\\', "a ", "a=b,", ", "]) parseChallenges(text.repeat(100_000));
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });
});
