/** Pulling from a registry that does everything wrong that one can. */
import { describe, expect, test } from "vitest";
import type { Credential } from "../../src/oci/credentials.ts";
import type { LayerBlob, ResolvedImage } from "../../src/oci/image-source.ts";
import { parsePlatform } from "../../src/oci/platform.ts";
import { parseReference } from "../../src/oci/reference.ts";
import type { RegistryOptions } from "../../src/oci/registry-client.ts";
import { RegistrySource } from "../../src/oci/registry-source.ts";
import { collect } from "./collect.ts";
import { type BuiltDescriptor, digestOf, dockerList, ImageBuilder, oneFileTar } from "./image-builder.ts";
import { type Answer, RegistryServer } from "./registry-server.ts";

const tar = oneFileTar("a", "registry".repeat(50_000));
const amd64 = { platform: parsePlatform("linux/amd64"), required: true };
const limits = { retryDelayMs: 1, maxRetryDelayMs: 20, answerTimeoutMs: 2000, stallTimeoutMs: 2000 };

interface Published {
  readonly server: RegistryServer;
  readonly image: BuiltDescriptor;
  readonly layer: BuiltDescriptor;
  readonly source: (options?: RegistryOptions, reference?: string) => RegistrySource;
}

/** A server with one image of one layer, stored uncompressed, as `team/app:1`. */
async function published(): Promise<Published> {
  const server = await RegistryServer.start();
  const builder = new ImageBuilder();
  const image = builder.addImage({ layers: [{ tar, compression: "none" }] });
  server.publish("team/app", "1", builder.files, image);
  const layer = builder.addLayer({ tar, compression: "none" });
  return {
    server,
    image,
    layer,
    source: (options = {}, reference = "team/app:1") =>
      new RegistrySource(parseReference(`${server.host}/${reference}`), { limits, ...options }),
  };
}

async function firstLayer(source: RegistrySource): Promise<LayerBlob> {
  const [layer] = (await source.resolve(amd64)).layers;
  if (layer === undefined) throw new Error("the image has no layer");
  return layer;
}

const password: Credential = { kind: "password", username: "me", password: "hunter2-secret" };

describe("an honest registry", () => {
  test("gives the image by its tag, and its layer", async () => {
    const { image, layer, source } = await published();
    const registry = source();
    const resolved: ResolvedImage = await registry.resolve(amd64);
    expect(resolved).toMatchObject({
      manifestDigest: image.digest,
      layers: [{ digest: layer.digest, diffId: digestOf(tar) }],
    });
    expect(digestOf(await collect(registry.blob(await firstLayer(registry))))).toBe(layer.digest);
  });

  test("gives it by its digest, and is told what we take", async () => {
    const { server, image, source } = await published();
    const resolved = await source({}, `team/app@${image.digest}`).resolve();
    expect(resolved.manifestDigest).toBe(image.digest);
    const [first] = server.requests;
    for (const type of ["oci.image.index", "oci.image.manifest", "docker.distribution.manifest.list"]) {
      expect(first?.headers.accept).toContain(type);
    }
    expect(first?.headers.authorization).toBeUndefined();
  });

  test("gives the platform's image out of Docker's list", async () => {
    const { server, source } = await published();
    const builder = new ImageBuilder();
    const entries = ["amd64", "arm64"].map((architecture) => ({
      ...builder.addImage({ layers: [{ tar }], architecture, docker: true }),
      platform: { os: "linux", architecture },
    }));
    server.publish("team/app", "2", builder.files, builder.addIndex(entries, dockerList));
    const { manifestDigest } = await source({}, "team/app:2").resolve({
      platform: parsePlatform("linux/arm64"),
      required: true,
    });
    expect(manifestDigest).toBe(entries[1]?.digest);
  });
});

describe("what is not what its digest says is refused", () => {
  test("a manifest asked for by digest", async () => {
    const { image, server, source } = await published();
    server.misdeed = () => ({ status: 200, headers: { "Content-Type": image.mediaType }, body: "{}" });
    await expect(source({}, `team/app@${image.digest}`).resolve()).rejects.toMatchObject({
      name: "IntegrityError",
      code: "digest-mismatch",
    });
  });

  test("a manifest that is another than the server's own header says", async () => {
    const { image, server, source } = await published();
    const bytes = server.resources.get("/v2/team/app/manifests/1")?.bytes ?? new Uint8Array();
    const headers = { "Content-Type": image.mediaType, "Docker-Content-Digest": digestOf(tar) };
    server.misdeed = () => ({ status: 200, headers, body: bytes });
    await expect(source().resolve()).rejects.toMatchObject({ code: "digest-mismatch" });
  });

  test.each([
    ["another byte", (bytes: Uint8Array) => bytes.with(1000, 1)],
    ["a byte too many", (bytes: Uint8Array) => Uint8Array.of(...bytes.subarray(0, 5000), 0)],
    ["a byte too few", (bytes: Uint8Array) => bytes.subarray(1)],
    ["nothing", () => new Uint8Array()],
  ])("a blob with %s", async (_, change) => {
    const { server, layer, source } = await published();
    const registry = source();
    const blob = await firstLayer(registry);
    server.misdeed = ({ url }) =>
      url?.endsWith(layer.digest) ? { status: 200, body: change(tar) } : undefined;
    await expect(collect(registry.blob(blob))).rejects.toMatchObject({
      name: "IntegrityError",
      code: "digest-mismatch",
    });
  });
});

describe("malformed answers are refused", () => {
  test.each<[string, Answer, object]>([
    [
      "schema 1",
      {
        status: 200,
        headers: { "Content-Type": "application/vnd.docker.distribution.manifest.v1+json" },
        body: `{"schemaVersion":1}`,
      },
      { name: "FormatError", code: "bad-version" },
    ],
    [
      "a login page",
      { status: 200, headers: { "Content-Type": "text/html" }, body: "<html>" },
      { name: "FormatError" },
    ],
    [
      "a manifest without an end",
      { status: 200, body: "x".repeat(5 * 1024 * 1024) },
      { name: "FormatError", code: "does-not-fit" },
    ],
    ["a redirect to nowhere", { status: 307, headers: {} }, { name: "DeviceError", code: "bad-response" }],
    [
      "a redirect to a file",
      { status: 307, headers: { Location: "file:///etc/passwd" } },
      { name: "DeviceError", code: "bad-response" },
    ],
    [
      "a redirect to itself",
      { status: 302, headers: { Location: "#" } },
      { name: "DeviceError", code: "bad-response" },
    ],
    ["no way to log in", { status: 401 }, { name: "DeviceError", code: "bad-response" }],
    [
      "a way that we do not know",
      { status: 401, headers: { "WWW-Authenticate": "Negotiate" } },
      { name: "DeviceError", code: "bad-response" },
    ],
    [
      "a token server that is none",
      { status: 401, headers: { "WWW-Authenticate": `Bearer realm="x"` } },
      { name: "DeviceError", code: "bad-response" },
    ],
    [
      "a wish for a password",
      { status: 401, headers: { "WWW-Authenticate": `Basic realm="x"` } },
      { name: "DeviceError", message: expect.stringContaining("log in") },
    ],
    ["a refusal", { status: 403 }, { name: "DeviceError", code: "device-failed" }],
    ["teapots", { status: 418 }, { name: "DeviceError", code: "bad-response" }],
    [
      "a part of what was asked for",
      { status: 206, body: "{}" },
      { name: "DeviceError", code: "bad-response" },
    ],
  ])("%s", async (_, answer, expected) => {
    const { server, source } = await published();
    server.misdeed = () => answer;
    await expect(source().resolve()).rejects.toMatchObject(expected);
  });

  test("what is not there is said to be missing, in the registry's code and not in its words", async () => {
    const { source } = await published();
    await expect(source({}, "team/nothing:1").resolve()).rejects.toMatchObject({
      code: "device-missing",
      message: expect.stringMatching(/team\/nothing\/manifests\/1 does not exist \(404, MANIFEST_UNKNOWN\)$/),
    });
  });

  test("an index that names thousands of images is not followed through all of them", async () => {
    const { server, source } = await published();
    const builder = new ImageBuilder();
    const entries = Array.from({ length: 200 }, (_, i) =>
      builder.addImage({ layers: [], architecture: "s390x", configuration: { author: String(i) } }),
    );
    server.publish("team/app", "many", builder.files, builder.addIndex(entries));
    await expect(source({}, "team/app:many").resolve(amd64)).rejects.toMatchObject({ name: "FormatError" });
    expect(server.requests.length).toBeLessThan(70);
  });
});

describe("a server that is busy, slow or gone", () => {
  test.each([429, 500, 502, 503])("%i is asked again, and not for ever", async (status) => {
    const { server, source } = await published();
    let refusals = 2;
    server.misdeed = () => (refusals-- > 0 ? { status, headers: { "Retry-After": "0" } } : undefined);
    await expect(source().resolve()).resolves.toMatchObject({ layers: [{ index: 0 }] });
    const before = server.requests.length;
    server.misdeed = () => ({ status });
    await expect(source().resolve()).rejects.toMatchObject({
      name: "DeviceError",
      message: expect.stringContaining(String(status)),
    });
    expect(server.requests.length - before).toBe(5);
  });

  test("a wait that it asks for is bounded", async () => {
    const { server, source } = await published();
    let refusals = 1;
    server.misdeed = () =>
      refusals-- > 0 ? { status: 429, headers: { "Retry-After": "999999" } } : undefined;
    const startMs = performance.now();
    await source().resolve();
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });

  test("one that never answers is not waited for", async () => {
    const { server, source } = await published();
    server.misdeed = () => "answered";
    const registry = source({ limits: { ...limits, answerTimeoutMs: 50, maxAttempts: 2 } });
    await expect(registry.resolve()).rejects.toMatchObject({ code: "device-timeout" });
  });

  test("one that stops in the middle of a blob is taken up where it stopped", async () => {
    const { server, layer, source } = await published();
    const registry = source({ limits: { ...limits, stallTimeoutMs: 100 } });
    const blob = await firstLayer(registry);
    let breaks = 0;
    server.misdeed = ({ url, headers }, response) => {
      if (!url?.endsWith(layer.digest) || breaks >= 3) return undefined;
      breaks++;
      const first = Number(/\d+/.exec(headers.range ?? "0")?.[0]);
      const range = { "Content-Range": `bytes ${first}-${tar.length - 1}/${tar.length}` };
      response.writeHead(first === 0 ? 200 : 206, { "Content-Length": String(tar.length - first), ...range });
      response.write(tar.subarray(first, first + 100_000));
      // Once by closing the connection, else by saying nothing more.
      if (breaks === 1) setTimeout(() => response.destroy(), 50);
      return "answered";
    };
    expect(digestOf(await collect(registry.blob(blob)))).toBe(layer.digest);
    expect(breaks).toBe(3);
    expect(server.requests.at(-1)?.headers.range).toBe("bytes=300000-");
  });

  test("one that knows no ranges sends the blob anew", async () => {
    const { server, layer, source } = await published();
    const registry = source();
    const blob = await firstLayer(registry);
    let answers = 0;
    server.misdeed = ({ url }, response) => {
      if (!url?.endsWith(layer.digest)) return undefined;
      if (answers++ > 0) return { status: 200, body: tar };
      response.writeHead(200, { "Content-Length": String(tar.length) });
      response.write(tar.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
      return "answered";
    };
    expect(digestOf(await collect(registry.blob(blob)))).toBe(layer.digest);
  });

  test("one that goes on somewhere else is refused", async () => {
    const { server, layer, source } = await published();
    const registry = source();
    const blob = await firstLayer(registry);
    server.misdeed = ({ url, headers }, response) => {
      if (!url?.endsWith(layer.digest)) return undefined;
      if (headers.range !== undefined) {
        return {
          status: 206,
          headers: { "Content-Range": `bytes 5-${tar.length - 1}/${tar.length}` },
          body: tar,
        };
      }
      response.writeHead(200, { "Content-Length": String(tar.length) });
      response.write(tar.subarray(0, 1000), () => setTimeout(() => response.destroy(), 50));
      return "answered";
    };
    await expect(collect(registry.blob(blob))).rejects.toMatchObject({ code: "bad-response" });
  });

  test("a blob that breaks off each time fails", async () => {
    const { server, layer, source } = await published();
    const registry = source();
    const blob = await firstLayer(registry);
    server.misdeed = ({ url }, response) => {
      if (!url?.endsWith(layer.digest)) return undefined;
      response.writeHead(200, { "Content-Length": String(tar.length) });
      response.write(tar.subarray(0, 1000), () => response.destroy());
      return "answered";
    };
    await expect(collect(registry.blob(blob))).rejects.toMatchObject({ code: "short-read" });
  });

  test("nobody at the port", async () => {
    const registry = new RegistrySource(parseReference("127.0.0.1:1/app"), { limits });
    await expect(registry.resolve()).rejects.toMatchObject({ code: "device-failed" });
  });

  test("an abort ends the waiting, with its own reason", async () => {
    const { server, source } = await published();
    server.misdeed = () => "answered";
    const controller = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), 50);
    await expect(source().resolve(undefined, { signal: controller.signal })).rejects.toBe(reason);
  });
});

describe("redirects", () => {
  test("to another host are followed without what we said to the first", async () => {
    const { server, layer, source } = await published();
    const store = await RegistryServer.start();
    store.resources.set("/store", { mediaType: "application/octet-stream", bytes: tar });
    server.misdeed = ({ url, headers }) => {
      if (headers.authorization === undefined)
        return { status: 401, headers: { "WWW-Authenticate": "Basic realm=r" } };
      if (!url?.endsWith(layer.digest)) return undefined;
      return { status: 307, headers: { Location: `http://${store.host}/store?signature=secret` } };
    };
    const registry = source({ credentials: async () => password });
    expect(digestOf(await collect(registry.blob(await firstLayer(registry))))).toBe(layer.digest);
    expect(store.requests).toHaveLength(1);
    expect(store.requests[0]?.headers.authorization).toBeUndefined();
  });

  test("a store's own 401 is not answered with our password", async () => {
    const { server, layer, source } = await published();
    const store = await RegistryServer.start();
    store.misdeed = () => ({ status: 401, headers: { "WWW-Authenticate": "Basic realm=r" } });
    server.misdeed = ({ url }) =>
      url?.endsWith(layer.digest)
        ? { status: 307, headers: { Location: `http://a:b@${store.host}/x?signature=secret` } }
        : undefined;
    const registry = source({ credentials: async () => password });
    const failure: unknown = await collect(registry.blob(await firstLayer(registry))).catch((error) => error);
    expect(failure).toMatchObject({ name: "DeviceError", code: "device-failed" });
    expect(String(failure)).not.toContain("secret");
    expect(store.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test("from TLS to plain HTTP are refused", async () => {
    const fetch = (async () =>
      new Response(null, {
        status: 307,
        headers: { Location: "http://store.example/x" },
      })) as typeof globalThis.fetch;
    const registry = new RegistrySource(parseReference("registry.example/app"), { fetch, limits });
    await expect(registry.resolve()).rejects.toMatchObject({
      code: "bad-response",
      message: expect.stringContaining("TLS"),
    });
  });
});

test("a host elsewhere is spoken to by TLS, unless the caller says otherwise", async () => {
  const asked: string[] = [];
  const fetch = (async (url: string) => {
    asked.push(url);
    return new Response(null, { status: 403 });
  }) as typeof globalThis.fetch;
  const reference = parseReference("registry.example/app");
  for (const insecure of [false, true]) {
    await expect(new RegistrySource(reference, { fetch, limits, insecure }).resolve()).rejects.toThrow();
  }
  expect(asked).toEqual([
    "https://registry.example/v2/app/manifests/latest",
    "http://registry.example/v2/app/manifests/latest",
  ]);
});
