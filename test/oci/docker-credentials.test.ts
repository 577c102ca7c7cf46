/** Docker's configuration: who it says that we are, by which helper, and what of it is never said. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { dockerCredentials } from "../../src/oci/docker-credentials.node.ts";
import { scratchFolder } from "../cli/child-command.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function provider(config: unknown, helperTimeoutMs = 5000) {
  const folder = scratchFolder();
  writeFileSync(join(folder, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
  return dockerCredentials({ folder, helperTimeoutMs });
}

/** Puts a helper program in the search path; it gets the host on standard input. */
function helper(name: string, script: string): void {
  const folder = scratchFolder();
  const path = join(folder, `docker-credential-${name}`);
  writeFileSync(path, `#!/bin/sh\nread host\n${script}\n`);
  chmodSync(path, 0o755);
  const before = process.env["PATH"];
  process.env["PATH"] = `${folder}:${before}`;
  onTestFinished(() => {
    process.env["PATH"] = before;
  });
}

describe("stored in the file", () => {
  test.each([
    [{ auth: base64("me:pa:ss") }, { kind: "password", username: "me", password: "pa:ss" }],
    [{ auth: base64("me:pass\0\0") }, { kind: "password", username: "me", password: "pass" }],
    [
      { username: "me", password: "pass" },
      { kind: "password", username: "me", password: "pass" },
    ],
    [
      { auth: base64("me:x"), identitytoken: "id" },
      { kind: "identity-token", token: "id" },
    ],
    [{ auth: base64("<token>:id") }, { kind: "identity-token", token: "id" }],
    [{ registrytoken: "rt" }, { kind: "registry-token", token: "rt" }],
    [{}, undefined],
  ])("%j", async (entry, expected) => {
    const credentials = provider({ auths: { "registry.example:5000": entry } });
    expect(await credentials("registry.example:5000")).toEqual(expected);
    expect(await credentials("registry.example")).toBeUndefined();
  });

  test("under an address instead of a host", async () => {
    const credentials = provider({ auths: { "https://Registry.example/v1/": { auth: base64("a:b") } } });
    expect(await credentials("registry.example")).toMatchObject({ username: "a" });
  });

  test("names of objects' own are hosts like any other", async () => {
    const credentials = provider(`{"auths":{"__proto__":{"auth":"${base64("a:b")}"}}}`);
    expect(await credentials("__proto__")).toMatchObject({ username: "a" });
    expect(await credentials("constructor")).toBeUndefined();
  });

  test("no file, no folder: nobody", async () => {
    expect(await dockerCredentials({ folder: scratchFolder() })("registry.example")).toBeUndefined();
    expect(await dockerCredentials({ folder: "/nowhere/at/all" })("registry.example")).toBeUndefined();
  });

  test.each([
    ["no JSON", `{"auths":{"registry.example":{"auth":"hunter2"`],
    ["no user", { auths: { "registry.example": { auth: base64("hunter2") } } }],
    ["no text", { auths: { "registry.example": { auth: ["hunter2"] } } }],
    ["no object", { auths: { "registry.example": "hunter2" } }],
    ["a list", { auths: ["hunter2"] }],
    ["a helper that is a path", { credsStore: "../hunter" }],
    ["a helper that is not there", { credsStore: "no-such-helper" }],
  ])("%s is an error, which says nothing of what is there", async (_, config) => {
    const failure: unknown = await provider(config)("registry.example").catch((error) => error);
    expect(failure).toMatchObject({ name: expect.stringMatching(/^(?:Usage|Format)Error$/) });
    const { message, stack, cause } = failure as Error;
    expect(`${message}${stack}${String(cause)}`).not.toContain("hunter2");
  });
});

describe("by a helper", () => {
  test("for all hosts, and by one for a host alone", async () => {
    helper("all", `printf '{"ServerURL":"%s","Username":"all","Secret":"s"}' "$host"`);
    helper("one", `printf '{"ServerURL":"%s","Username":"<token>","Secret":"id-%s"}' "$host" "$host"`);
    const credentials = provider({ credsStore: "all", credHelpers: { "one.example": "one" } });
    expect(await credentials("other.example")).toEqual({ kind: "password", username: "all", password: "s" });
    expect(await credentials("one.example")).toEqual({ kind: "identity-token", token: "id-one.example" });
  });

  test("that knows none: what the file says counts", async () => {
    helper("none", "echo 'credentials not found in native keychain'; exit 1");
    const credentials = provider({
      credsStore: "none",
      auths: { "registry.example": { auth: base64("a:b") } },
    });
    expect(await credentials("registry.example")).toMatchObject({ username: "a" });
    expect(await credentials("other.example")).toBeUndefined();
  });

  test.each([
    ["fails", "echo hunter2; exit 3"],
    ["answers with no JSON", "echo hunter2"],
    ["answers without a secret", `echo '{"Username":"hunter2"}'`],
    ["never ends", "exec sleep 60"],
    ["never stops talking", "yes hunter2"],
  ])("that %s is an error, which does not quote it", async (_, script) => {
    helper("bad", script);
    const failure: unknown = await provider(
      { credsStore: "bad" },
      500,
    )("registry.example").catch((error) => error);
    expect(failure).toMatchObject({ name: expect.stringMatching(/^(?:Usage|Format)Error$/) });
    const { message, stack, cause } = failure as Error;
    expect(`${message}${stack}${String(cause)}`).not.toContain("hunter2");
  });
});

test("the folder is Docker's own unless it is said", async () => {
  const folder = join(scratchFolder(), "deep");
  mkdirSync(folder);
  writeFileSync(
    join(folder, "config.json"),
    JSON.stringify({ auths: { "registry.example": { auth: base64("a:b") } } }),
  );
  const before = process.env["DOCKER_CONFIG"];
  process.env["DOCKER_CONFIG"] = folder;
  try {
    expect(await dockerCredentials()("registry.example")).toMatchObject({ username: "a" });
  } finally {
    if (before === undefined) delete process.env["DOCKER_CONFIG"];
    else process.env["DOCKER_CONFIG"] = before;
  }
});
