import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromHex } from "../../src/bytes/hex.ts";
import { FormatError, IntegrityError, UsageError } from "../../src/errors.ts";
import {
  MAX_ROOT_HASH_SIGNATURE_BYTES,
  type RootHashSignatureOptions,
  verifyRootHashSignature,
} from "../../src/verity/root-hash-signature.ts";
import { hasOpenssl, type KeyKind, OpensslSigner, type Signer } from "./openssl-signer.ts";
import { outcome } from "./signature-outcome.ts";

const golden = new URL("../golden/verity/", import.meta.url);
const goldenHex = readFileSync(new URL("sha256-n129.roothash", golden), "utf8");
const goldenCase: RootHashSignatureOptions = {
  rootHash: fromHex(goldenHex),
  signature: readFileSync(new URL("sha256-n129.roothash.p7s", golden)),
  certificates: [readFileSync(new URL("sig.cert.pem", golden), "utf8")],
};

const mismatch = "IntegrityError signature-mismatch";
const badField = "FormatError bad-field";

describe("the golden signature", () => {
  test("holds, and names its signer", async () => {
    const signers = await verifyRootHashSignature(goldenCase);
    expect(signers).toHaveLength(1);
    expect(signers[0]).toMatchObject({
      certificateIndex: 0,
      digestAlgorithm: "sha256",
      signatureAlgorithm: "rsa",
    });
  });

  test("does not hold for another root hash", async () => {
    const rootHash = fromHex(goldenHex);
    rootHash[31] = (rootHash[31] as number) ^ 1;
    await expect(verifyRootHashSignature({ ...goldenCase, rootHash })).rejects.toThrow(IntegrityError);
    expect(await outcome({ ...goldenCase, rootHash: rootHash.subarray(0, 31) })).toBe(mismatch);
  });

  test("never holds with a bit of any byte flipped", async () => {
    const signature = new Uint8Array(goldenCase.signature);
    for (let index = 0; index < signature.length; index++) {
      const mutated = signature.with(index, (signature[index] as number) ^ (1 << (index % 8)));
      const result = await outcome({ ...goldenCase, signature: mutated });
      expect(result, `byte ${index}`).toMatch(/^(Format|Integrity)Error /);
    }
  });

  test("is refused when cut short anywhere, or followed by anything", async () => {
    const { signature } = goldenCase;
    for (let length = 0; length < signature.length; length++) {
      const cut = await outcome({ ...goldenCase, signature: signature.subarray(0, length) });
      expect(cut, `${length} bytes`).toBe("FormatError truncated");
    }
    for (const tail of [[0], [0, 0], [0x0a], [...signature]]) {
      expect(await outcome({ ...goldenCase, signature: Uint8Array.of(...signature, ...tail) })).toBe(
        badField,
      );
    }
  });
});

describe("the given certificates", () => {
  const pem = goldenCase.certificates[0] as string;
  const base64 = pem.replace(/-----[A-Z ]+-----|\s/g, "");
  const der = Uint8Array.from(Buffer.from(base64, "base64"));

  test("may be DER, PEM as text, PEM as bytes, or a bundle", async () => {
    for (const certificate of [der, pem, Buffer.from(pem), `a comment\n${pem}\r\n`]) {
      const [signer] = await verifyRootHashSignature({ ...goldenCase, certificates: [certificate] });
      expect(signer?.certificate).toEqual(der);
    }
    const signers = await verifyRootHashSignature({ ...goldenCase, certificates: [pem + pem] });
    expect(signers.map((signer) => signer.certificateIndex)).toEqual([0, 1]);
  });

  test.each([
    ["none", []],
    ["an empty text", [""]],
    ["no bytes", [new Uint8Array(0)]],
    ["a private key's PEM", ["-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"]],
    ["bad base64", ["-----BEGIN CERTIFICATE-----\nMAAA=A\n-----END CERTIFICATE-----\n"]],
    ["DER that is no certificate", [Uint8Array.of(0x30, 0x00)]],
    ["a certificate cut short", [der.subarray(0, der.length - 1)]],
    ["a certificate with a byte behind it", [Uint8Array.of(...der, 0)]],
    ["a signature", [goldenCase.signature]],
    ["a good one and a bad one", [pem, Uint8Array.of(0x30, 0x00)]],
  ])("are the caller's fault when bad: %s", async (_, certificates) => {
    await expect(verifyRootHashSignature({ ...goldenCase, certificates })).rejects.toThrow(UsageError);
  });

  test("an empty root hash is the caller's fault", async () => {
    const rootHash = new Uint8Array(0);
    expect(await outcome({ ...goldenCase, rootHash })).toBe("UsageError invalid-argument");
  });
});

describe("malformed DER", () => {
  /** A SEQUENCE nested `depth` times, each with a minimal definite length. */
  function nested(depth: number): Uint8Array {
    let bytes: number[] = [];
    for (let i = 0; i < depth; i++) {
      const length =
        bytes.length < 0x80
          ? [bytes.length]
          : bytes.length < 0x100
            ? [0x81, bytes.length]
            : [0x82, bytes.length >> 8, bytes.length & 0xff];
      bytes = [0x30, ...length, ...bytes];
    }
    return Uint8Array.from(bytes);
  }
  test.each([
    ["nothing", [], "FormatError truncated"],
    ["a length of 4 GiB", [0x30, 0x84, 0xff, 0xff, 0xff, 0xff], "FormatError truncated"],
    ["a length of eight bytes", [0x30, 0x88, 0, 0, 0, 0, 0, 0, 0, 1, 0], badField],
    ["a length in more bytes than needed", [0x30, 0x81, 0x02, 0x05, 0x00], badField],
    ["an indefinite length", [0x30, 0x80, 0x05, 0x00, 0x00, 0x00], badField],
    ["a multi-byte tag", [0x3f, 0x81, 0x01, 0x00], badField],
    ["a constructed OCTET STRING", [0x24, 0x03, 0x04, 0x01, 0x61], badField],
    ["a child that reaches past its parent", [0x30, 0x02, 0x04, 0x01], "FormatError truncated"],
    ["an empty SEQUENCE", [0x30, 0x00], badField],
    ["an OID alone", [0x06, 0x03, 0x2a, 0x03, 0x04], badField],
    ["deep nesting", nested(2000), badField],
  ])("%s is refused", async (_, bytes, expected) => {
    expect(await outcome({ ...goldenCase, signature: Uint8Array.from(bytes) })).toBe(expected);
  });

  test("more bytes than the kernel's key takes are refused before parsing", async () => {
    const signature = new Uint8Array(MAX_ROOT_HASH_SIGNATURE_BYTES + 1);
    expect(await outcome({ ...goldenCase, signature })).toBe("FormatError does-not-fit");
  });
});

test("CI has openssl", () => {
  expect(hasOpenssl || process.env["CI"] === undefined).toBe(true);
});

describe.skipIf(!hasOpenssl)("signatures by openssl (skipped where it is missing)", () => {
  const openssl = new OpensslSigner();
  const signers = new Map<KeyKind | "other", Signer>();
  const rootHash = Uint8Array.from({ length: 64 }, (_, i) => i * 37 + 11);
  const hex = Buffer.from(rootHash).toString("hex");

  function signerOf(kind: KeyKind | "other"): Signer {
    const signer = signers.get(kind);
    if (signer === undefined) throw new Error(`no signer ${kind}`);
    return signer;
  }
  function checked(signature: Uint8Array, ...kinds: (KeyKind | "other")[]): RootHashSignatureOptions {
    return { rootHash, signature, certificates: kinds.map((kind) => signerOf(kind).certificatePem) };
  }

  beforeAll(() => {
    for (const kind of ["rsa", "p256", "p384", "p521"] as const) {
      signers.set(kind, openssl.makeSigner(kind, kind));
    }
    signers.set("other", openssl.makeSigner("other", "rsa"));
  });
  afterAll(() => openssl.close());

  const variants = (["rsa", "p256", "p384", "p521"] as const).flatMap((kind) =>
    (["sha256", "sha384", "sha512"] as const).map((digest) => ({ kind, digest })),
  );
  test.each(variants)("$kind with $digest holds for its hash and key alone", async ({ kind, digest }) => {
    const layouts = [
      { command: "smime", extra: ["-nocerts", "-noattr"] },
      { command: "smime", extra: ["-nocerts"] },
      { command: "smime", extra: ["-noattr"] },
      { command: "smime", extra: [] },
      { command: "cms", extra: ["-nocerts", "-noattr"] },
      { command: "cms", extra: ["-keyid"] },
    ] as const;
    for (const { command, extra } of layouts) {
      const signature = openssl.sign(command, hex, [signerOf(kind)], ["-md", digest, ...extra]);
      const what = `${command} ${extra.join(" ")}`;
      const held = await verifyRootHashSignature(checked(signature, "other", kind));
      expect(held, what).toMatchObject([
        {
          certificateIndex: 1,
          digestAlgorithm: digest,
          signatureAlgorithm: kind === "rsa" ? "rsa" : "ecdsa",
        },
      ]);
      expect(await outcome(checked(signature, "other")), what).toBe(mismatch);
      expect(await outcome({ ...checked(signature, kind), rootHash: rootHash.subarray(1) }), what).toBe(
        mismatch,
      );
    }
  });

  test("a certificate inside the message is trusted by nobody", async () => {
    const signature = openssl.sign("smime", hex, [signerOf("p256")]);
    expect(await outcome(checked(signature, "rsa"))).toBe(mismatch);
  });

  test("an impostor's certificate of the same issuer and serial does not sign", async () => {
    const serial = ["-set_serial", "7"];
    const real = openssl.makeSigner("twin", "rsa", serial);
    const signature = openssl.sign("smime", hex, [real], ["-nocerts"]);
    const impostor = openssl.makeSigner("twin", "rsa", serial);
    const options = { rootHash, signature };
    expect(await outcome({ ...options, certificates: [impostor.certificatePem] })).toBe(mismatch);
    expect(await outcome({ ...options, certificates: [real.certificatePem] })).toBe("holds");
  });

  test.each([
    ["upper-case digits", hex.toUpperCase()],
    ["a newline", `${hex}\n`],
    ["half the digits", hex.slice(0, 64)],
    ["nothing", ""],
  ])("a signature over %s does not hold", async (_, content) => {
    for (const extra of [["-noattr"], []]) {
      const signature = openssl.sign("smime", content, [signerOf("rsa")], extra);
      expect(await outcome(checked(signature, "rsa"))).toBe(mismatch);
    }
  });

  test.each([
    ["SHA-1", "smime", ["-md", "sha1"]],
    ["MD5", "smime", ["-md", "md5"]],
    ["SHA-224", "smime", ["-md", "sha224"]],
    ["RSA-PSS", "cms", ["-keyopt", "rsa_padding_mode:pss"]],
    ["attached content", "smime", ["-nodetach"]],
    ["an indefinite length", "cms", ["-stream"]],
    ["another content type", "cms", ["-econtent_type", "1.2.3.4"]],
    ["text armour", "smime", ["-outform", "pem"]],
  ] as const)("%s is refused", async (_, command, extra) => {
    const signature = openssl.sign(command, hex, [signerOf("rsa")], extra);
    expect(await outcome(checked(signature, "rsa"))).toMatch(/^FormatError (bad-field|truncated)$/);
  });

  test("of several signers, each that was given must hold, and one must", async () => {
    const signature = openssl.sign("cms", hex, [signerOf("rsa"), signerOf("p256")], ["-noattr", "-nocerts"]);
    const both = await verifyRootHashSignature(checked(signature, "p256", "rsa"));
    expect(both.map((signer) => signer.certificateIndex).sort()).toEqual([0, 1]);
    expect(await outcome(checked(signature, "rsa"))).toBe("holds");
    expect(await outcome(checked(signature, "p256"))).toBe("holds");
    expect(await outcome(checked(signature, "other"))).toBe(mismatch);
    // The last signature's bytes end the message: broken, it fails the whole wherever its key was given.
    const broken = signature.with(-1, (signature.at(-1) as number) ^ 1);
    expect(await outcome(checked(broken, "rsa", "p256"))).toBe(mismatch);
    const one = [await outcome(checked(broken, "rsa")), await outcome(checked(broken, "p256"))].sort();
    expect(one).toEqual([mismatch, "holds"]);
  });

  test("mutated anywhere but in the certificates it carries, it never holds", async () => {
    for (const [kind, extra] of [
      ["p256", []],
      ["p384", ["-nocerts", "-noattr"]],
    ] as const) {
      const signature = openssl.sign("smime", hex, [signerOf(kind)], extra);
      const carried = carriedCertificate(signature, signerOf(kind));
      for (let index = 0; index < signature.length; index++) {
        const mutated = signature.with(index, (signature[index] as number) ^ (1 << (index % 8)));
        const result = await outcome(checked(mutated, kind));
        const free = index >= carried.start && index < carried.end;
        expect(result, `${kind} byte ${index}`).toMatch(
          free ? /^(FormatError|IntegrityError|holds)/ : /^(Format|Integrity)Error /,
        );
      }
    }
  });

  /** Where the signer's certificate lies in the message; an empty range where it is not there. */
  function carriedCertificate(signature: Uint8Array, signer: Signer): { start: number; end: number } {
    const der = Buffer.from(signer.certificatePem.replace(/-----[A-Z ]+-----|\s/g, ""), "base64");
    const start = Buffer.from(signature).indexOf(der);
    return start === -1 ? { start: 0, end: 0 } : { start, end: start + der.length };
  }
});

test("a FormatError says which field", async () => {
  const signature = Uint8Array.of(...goldenCase.signature, 0);
  const error = await verifyRootHashSignature({ ...goldenCase, signature }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(FormatError);
  expect((error as FormatError).at).toEqual({ field: "signature", offsetBytes: goldenCase.signature.length });
});
