/** Tokens: how they are asked for, and that nothing secret goes where it should not or stands in an error. */
import { describe, expect, test } from "vitest";
import type { Credential } from "../../src/oci/credentials.ts";
import { parseReference } from "../../src/oci/reference.ts";
import { RegistrySource } from "../../src/oci/registry-source.ts";
import { ImageBuilder, oneFileTar } from "./image-builder.ts";
import { type Answer, RegistryServer } from "./registry-server.ts";

const token = "t0ken-very-secret";
const limits = { retryDelayMs: 1, maxAttempts: 2 };

interface Guarded {
  readonly registry: RegistryServer;
  readonly tokens: RegistryServer;
  readonly source: (credential?: Credential) => RegistrySource;
}

/** A registry that wants a token, and the server that gives it. */
async function guarded(answer: Answer = { status: 200, body: JSON.stringify({ token }) }): Promise<Guarded> {
  const [registry, tokens] = [await RegistryServer.start(), await RegistryServer.start()];
  const builder = new ImageBuilder();
  const image = builder.addImage({ layers: [{ tar: oneFileTar("a", "b") }] });
  registry.publish("team/app", "1", builder.files, image);
  const challenge = `Bearer realm="http://${tokens.host}/token?a=b",service="the registry",scope="repository:team/app:pull,push,delete"`;
  registry.misdeed = ({ headers }) =>
    headers.authorization === `Bearer ${token}`
      ? undefined
      : { status: 401, headers: { "WWW-Authenticate": challenge } };
  tokens.misdeed = () => answer;
  return {
    registry,
    tokens,
    source: (credential) =>
      new RegistrySource(parseReference(`${registry.host}/team/app:1`), {
        limits,
        credentials: async () => credential,
      }),
  };
}

describe("a token is asked for", () => {
  test("as nobody, for pulling alone, once", async () => {
    const { tokens, source } = await guarded();
    await expect(source().resolve()).resolves.toMatchObject({ layers: [{ index: 0 }] });
    const [request, ...more] = tokens.requests;
    expect(more).toEqual([]);
    const url = new URL(request?.url ?? "", "http://x");
    expect([...url.searchParams]).toEqual([
      ["a", "b"],
      ["service", "the registry"],
      ["scope", "repository:team/app:pull"],
    ]);
    expect(request?.headers.authorization).toBeUndefined();
  });

  test("with a user and a password, in UTF-8", async () => {
    const { tokens, registry, source } = await guarded();
    await source({ kind: "password", username: "mé", password: "p:w" }).resolve();
    const authorization = tokens.requests[0]?.headers.authorization ?? "";
    expect(Buffer.from(authorization.replace("Basic ", ""), "base64").toString()).toBe("mé:p:w");
    for (const { headers } of registry.requests) expect(headers.authorization ?? "").not.toContain("Basic");
  });

  test("with an identity token", async () => {
    const { tokens, source } = await guarded({ status: 200, body: JSON.stringify({ access_token: token }) });
    let body = "";
    tokens.misdeed = async (request) => {
      for await (const chunk of request) body += String(chunk);
      return { status: 200, body: JSON.stringify({ access_token: token }) };
    };
    await source({ kind: "identity-token", token: "refresh me" }).resolve();
    expect(tokens.requests[0]?.method).toBe("POST");
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      service: "the registry",
      scope: "repository:team/app:pull",
      grant_type: "refresh_token",
      client_id: "sealstone",
      refresh_token: "refresh me",
    });
  });

  test("and not at all where the configuration has one for the registry", async () => {
    const { tokens, source } = await guarded();
    await source({ kind: "registry-token", token }).resolve();
    expect(tokens.requests).toEqual([]);
  });

  test("anew where the first has run out", async () => {
    const { registry, tokens, source } = await guarded();
    const challenge = `Bearer realm="http://${tokens.host}/token"`;
    let valid = 1;
    tokens.misdeed = () => ({ status: 200, body: JSON.stringify({ token: `token-${valid}` }) });
    registry.misdeed = ({ headers, url }) => {
      if (url?.includes("/blobs/") && valid === 1) valid = 2;
      const fits = headers.authorization === `Bearer token-${valid}`;
      return fits ? undefined : { status: 401, headers: { "WWW-Authenticate": challenge } };
    };
    await expect(source().resolve()).resolves.toMatchObject({ layers: [{ index: 0 }] });
    expect(tokens.requests).toHaveLength(2);
  });
});

describe("no secret stands in an error", () => {
  const password: Credential = { kind: "password", username: "me", password: "hunter2" };
  test.each<[string, Answer]>([
    ["a refusal", { status: 401, body: JSON.stringify({ details: "hunter2" }) }],
    ["no JSON", { status: 200, body: token }],
    ["no token", { status: 200, body: JSON.stringify({ hunter2: token }) }],
    [
      "a token that would end the header",
      { status: 200, body: JSON.stringify({ token: `${token}\r\nX: y` }) },
    ],
    ["a token for another registry", { status: 200, body: JSON.stringify({ token: `${token}-other` }) }],
    ["a redirect", { status: 302, headers: { Location: "/elsewhere?token=hunter2" } }],
    ["an answer without an end", { status: 200, body: "x".repeat(1_000_000) }],
  ])("%s", async (_, answer) => {
    const { source } = await guarded(answer);
    const failure: unknown = await source(password)
      .resolve()
      .catch((error) => error);
    expect(failure).toMatchObject({ name: expect.stringMatching(/^(?:Device|Format)Error$/) });
    const { message, stack, cause } = failure as Error;
    expect(`${message}${stack}${String(cause)}`).not.toMatch(/hunter2|t0ken/);
  });
});

test("a password is not sent to a token server without TLS by a registry that has TLS", async () => {
  const asked: string[] = [];
  const fetch = (async (url: string) => {
    asked.push(url);
    const headers = { "WWW-Authenticate": `Bearer realm="http://auth.example/token"` };
    return new Response(null, { status: 401, headers });
  }) as typeof globalThis.fetch;
  const source = new RegistrySource(parseReference("registry.example/app"), {
    fetch,
    limits,
    credentials: async () => ({ kind: "password", username: "me", password: "hunter2" }),
  });
  await expect(source.resolve()).rejects.toMatchObject({ code: "bad-response" });
  expect(asked).toEqual(["https://registry.example/v2/app/manifests/latest"]);
});
