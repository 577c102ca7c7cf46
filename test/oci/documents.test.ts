/** Documents from outside: read where they are well-formed, refused with the field's name where not. */
import { describe, expect, test } from "vitest";
import { layerHistory, parseConfiguration } from "../../src/oci/configuration.ts";
import { isDigest } from "../../src/oci/digest.ts";
import { JsonObject } from "../../src/oci/json-document.ts";
import { parseManifest } from "../../src/oci/manifest.ts";
import { documentKind, isConfigMediaType, layerKind } from "../../src/oci/media-types.ts";
import { formatPlatform, parsePlatform, samePlatform } from "../../src/oci/platform.ts";
import { quoted } from "../../src/oci/quoted-text.ts";

const hex = "ab".repeat(32);
const digest = `sha256:${hex}`;
const ociManifest = "application/vnd.oci.image.manifest.v1+json";
const descriptor = { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: 7 };

const encode = (document: unknown): Uint8Array =>
  new TextEncoder().encode(typeof document === "string" ? document : JSON.stringify(document));
const manifest = (fields: object, mediaType?: string) =>
  parseManifest(encode({ schemaVersion: 2, config: descriptor, layers: [], ...fields }), mediaType, "m");

describe("digests", () => {
  test.each([
    [digest, true],
    [`sha512:${"0".repeat(128)}`, true],
    [digest.toUpperCase(), false],
    [`sha256:${"AB".repeat(32)}`, false],
    [`sha256:${hex}0`, false],
    [`sha256:${hex}\n`, false],
    [`sha512:${hex}`, false],
    [`md5:${"0".repeat(32)}`, false],
    ["sha256:../../../etc/passwd", false],
    ["__proto__", false],
    ["", false],
  ])("%j: %s", (text, expected) => {
    expect(isDigest(text)).toBe(expected);
  });
});

describe("manifests", () => {
  test("a manifest's configuration and layers, in order", () => {
    const layers = [1, 2].map((size) => ({ ...descriptor, size, annotations: { a: "b" } }));
    const parsed = manifest({ layers, mediaType: ociManifest }, `${ociManifest}; charset=utf-8`);
    expect(parsed).toMatchObject({
      kind: "manifest",
      config: { digest, sizeBytes: 7 },
      layers: [{ sizeBytes: 1 }, { sizeBytes: 2 }],
    });
  });

  test("an index's entries with their platforms", () => {
    const platform = { os: "linux", architecture: "arm", variant: "v7", "os.version": "x" };
    const index = { schemaVersion: 2, manifests: [{ ...descriptor, platform }] };
    expect(parseManifest(encode(index), undefined, "i")).toMatchObject({
      kind: "index",
      manifests: [{ platform: { os: "linux", architecture: "arm", variant: "v7" } }],
    });
  });

  test.each([
    ["no JSON", "{", "no JSON"],
    ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22), "no JSON"],
    ["a list", [], "no object"],
    ["null", "null", "no object"],
    ["no schema version", {}, "schemaVersion"],
    ["schema 1", { schemaVersion: 1, fsLayers: [] }, "schema 1"],
    ["schema 3", { schemaVersion: 3 }, "version 3"],
    ["a version that is text", { schemaVersion: "2" }, "schemaVersion"],
    ["no configuration", { schemaVersion: 2, layers: [] }, "config"],
    ["no layers", { schemaVersion: 2, config: descriptor }, "layers"],
    ["layers that are none", { schemaVersion: 2, config: descriptor, layers: {} }, "layers"],
    ["a layer that is null", { schemaVersion: 2, config: descriptor, layers: [null] }, "layers[0]"],
    ["a field in another case", { schemaVersion: 2, config: descriptor, Layers: [], layers: [] }, "Layers"],
    [
      "manifest and index at once",
      { schemaVersion: 2, config: descriptor, layers: [], manifests: [] },
      "manifests",
    ],
    [
      "a descriptor without a size",
      { schemaVersion: 2, config: { ...descriptor, size: undefined }, layers: [] },
      "config.size",
    ],
    ["a negative size", { schemaVersion: 2, config: { ...descriptor, size: -1 }, layers: [] }, "config.size"],
    [
      "a size that is no integer",
      { schemaVersion: 2, config: { ...descriptor, size: 1.5 }, layers: [] },
      "config.size",
    ],
    [
      "a size beyond 2^53",
      `{"schemaVersion":2,"config":{"mediaType":"a","digest":"${digest}","size":9007199254740993},"layers":[]}`,
      "config.size",
    ],
    [
      "a path for a digest",
      { schemaVersion: 2, config: { ...descriptor, digest: "sha256:../x" }, layers: [] },
      "config.digest",
    ],
    [
      "annotations that are no texts",
      { schemaVersion: 2, config: { ...descriptor, annotations: { a: 1 } }, layers: [] },
      "annotations",
    ],
    [
      "another type in itself",
      {
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        config: descriptor,
        layers: [],
      },
      "shape of manifest",
    ],
  ])("%s is refused", (_, document, message) => {
    const bytes = document instanceof Uint8Array ? document : encode(document);
    expect(() => parseManifest(bytes, undefined, "m")).toThrow(
      expect.objectContaining({ name: "FormatError", message: expect.stringContaining(message) }),
    );
  });

  test.each([
    ["application/vnd.docker.distribution.manifest.v1+prettyjws", "schema 1"],
    ["application/vnd.oci.image.index.v1+json", "shape of manifest"],
    ["text/html", "no manifest"],
  ])("one that was said to be %s is refused", (mediaType, message) => {
    expect(() => manifest({}, mediaType)).toThrow(message);
  });

  test.each(["application/json", "application/octet-stream", undefined])(
    "said to be %s, its shape decides",
    (type) => {
      expect(manifest({}, type).kind).toBe("manifest");
    },
  );
});

describe("configurations", () => {
  const rootfs = { type: "layers", diff_ids: [digest] };

  test("all that is used of one", () => {
    const document = {
      architecture: "arm64",
      os: "linux",
      config: {
        Env: ["A=b", "__proto__=c"],
        Cmd: ["sh"],
        Entrypoint: null,
        User: "1000:1000",
        WorkingDir: "/srv",
        StopSignal: "SIGINT",
        ExposedPorts: { "80/tcp": {} },
        Volumes: { "/data": {}, constructor: {} },
        Labels: { hasOwnProperty: "x" },
      },
      rootfs,
      history: [{ created_by: "a" }, { created_by: "b", empty_layer: true, comment: "c" }],
    };
    const parsed = parseConfiguration(encode(document), "c");
    expect(parsed).toEqual({
      platform: { os: "linux", architecture: "arm64", variant: undefined },
      env: ["A=b", "__proto__=c"],
      entrypoint: undefined,
      command: ["sh"],
      user: "1000:1000",
      workingDir: "/srv",
      stopSignal: "SIGINT",
      exposedPorts: ["80/tcp"],
      volumes: ["/data", "constructor"],
      labels: new Map([["hasOwnProperty", "x"]]),
      diffIds: [digest],
      history: [
        { createdBy: "a", comment: undefined, emptyLayer: false },
        { createdBy: "b", comment: "c", emptyLayer: true },
      ],
    });
    expect(layerHistory(parsed).map((entry) => entry?.createdBy)).toEqual(["a"]);
  });

  test("a __proto__ of the document's is a name like any other", () => {
    const text = `{"os":"linux","architecture":"amd64","__proto__":{"rootfs":1},"rootfs":{"type":"layers","diff_ids":[]},"config":{"Labels":{"__proto__":"x"}}}`;
    expect(parseConfiguration(encode(text), "c").labels.get("__proto__")).toBe("x");
  });

  test("history that counts other layers names none", () => {
    const parsed = parseConfiguration(encode({ rootfs, history: [{}, {}] }), "c");
    expect(layerHistory(parsed)).toEqual([undefined]);
  });

  test.each([
    [{}, "rootfs"],
    [{ rootfs: { type: "tape", diff_ids: [] } }, "rootfs.type"],
    [{ rootfs: { type: "layers", diff_ids: ["x"] } }, "rootfs.diff_ids[0]"],
    [{ rootfs: { type: "layers", diff_ids: [1] } }, "diff_ids[0]"],
    [{ rootfs, config: { Env: "A=b" } }, "config.Env"],
    [{ rootfs, config: { Labels: { a: [] } } }, "config.Labels"],
    [{ rootfs, history: [{ empty_layer: "yes" }] }, "empty_layer"],
    [{ rootfs, config: [] }, "config"],
  ])("%j is refused", (document, message) => {
    expect(() => parseConfiguration(encode(document), "c")).toThrow(
      expect.objectContaining({ name: "FormatError", message: expect.stringContaining(message) }),
    );
  });
});

test("a document deeper than any stack is read or refused, and nothing else", () => {
  const deep = "[".repeat(1_000_000);
  expect(() => JsonObject.parse(encode(deep), "d")).toThrow(expect.objectContaining({ name: "FormatError" }));
});

test("an error does not quote what it could not parse", () => {
  let thrown: unknown;
  try {
    JsonObject.parse(encode(`{"auth": "hunter2`), "d");
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ message: "d is no JSON" });
  expect(thrown).not.toHaveProperty("cause");
});

describe("media types", () => {
  test.each([
    ["application/vnd.oci.image.layer.v1.tar", "tar"],
    ["application/vnd.oci.image.layer.v1.tar+gzip", "tar"],
    ["application/vnd.oci.image.layer.v1.tar+zstd", "tar"],
    ["application/vnd.docker.image.rootfs.diff.tar", "tar"],
    ["application/vnd.docker.image.rootfs.diff.tar.gzip", "tar"],
    ["application/vnd.docker.image.rootfs.diff.tar.zstd", "tar"],
    ["application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "foreign"],
    ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "foreign"],
    ["application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "encrypted"],
    ["application/vnd.oci.image.layer.v1.tar+lz4", "other"],
    ["application/vnd.cncf.helm.chart.content.v1.tar+gzip", "other"],
    ["", "other"],
  ])("layer %s: %s", (mediaType, kind) => {
    expect(layerKind(mediaType)).toBe(kind);
  });

  test("of documents", () => {
    expect(documentKind("Application/vnd.docker.distribution.manifest.list.v2+json ; q=1")).toBe("index");
    expect(documentKind("application/vnd.in-toto+json")).toBe("other");
    expect(isConfigMediaType("application/vnd.cncf.helm.config.v1+json")).toBe(false);
  });
});

describe("platforms", () => {
  test.each([
    ["linux/amd64", "linux/amd64"],
    ["Linux/x86_64", "linux/amd64"],
    ["linux/aarch64", "linux/arm64"],
    ["linux/arm/v6", "linux/arm/v6"],
  ])("%s is %s", (text, expected) => {
    expect(formatPlatform(parsePlatform(text))).toBe(expected);
  });

  test.each(["linux", "", "linux/", "/amd64", "linux/amd64/v1/x", "linux/amd 64", "linux/../x"])(
    "%j is none",
    (text) => {
      expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ name: "UsageError" }));
    },
  );

  test.each([
    ["linux/arm64", "linux/arm64/v8", true],
    ["linux/arm", "linux/arm/v7", true],
    ["linux/arm", "linux/arm/v6", false],
    ["linux/amd64", "linux/amd64/v3", false],
    ["linux/amd64", "windows/amd64", false],
  ])("%s and %s are one: %s", (a, b, expected) => {
    expect(samePlatform(parsePlatform(a), parsePlatform(b))).toBe(expected);
  });
});

test("quoted text cannot act on a terminal, and is cut", () => {
  expect(quoted("a\u001b[2Jb\u009bc\u202ed\n")).toBe('"a\\u001b[2Jb\\u009bc\\u202ed\\n"');
  expect(quoted("x".repeat(1000)).length).toBeLessThan(130);
});
