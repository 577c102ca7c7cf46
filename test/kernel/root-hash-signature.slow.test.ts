/**
 * Root hash signatures before Debian's kernel. Its keyring cannot be given our
 * key, so none opens; but a message that carries its signer's certificate is checked
 * against that first, and what the kernel says then tells a signature that holds,
 * for want of a trusted key alone, from one that does not.
 */
import { afterAll, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { hasOpenssl, OpensslSigner } from "../verity/openssl-signer.ts";
import { outcome } from "../verity/signature-outcome.ts";
import { describeWithKernel } from "./describe-with-kernel.ts";
import type { KernelCase } from "./kernel-case.ts";
import { runKernelCases } from "./kernel-engine.ts";
import { formatVolume, volumeCase } from "./volume.ts";

const holds = /Required key not available$/;
const rejected = /Key was rejected by service$/;
const malformed = /Bad message$/;
const unsupported = /(Package not installed|Invalid argument)$/;

interface SignatureCase {
  readonly name: string;
  /** What is signed, made of the root hash's digits. */
  readonly content?: (hex: string) => string;
  readonly command?: "smime" | "cms";
  readonly extra?: readonly string[];
  /** What is done to the message. */
  readonly change?: (signature: Uint8Array) => Uint8Array;
  readonly kernel: RegExp;
  readonly ours: string;
}

const mismatch = "IntegrityError signature-mismatch";
const badField = "FormatError bad-field";
const bare = ["-noattr"];
const attributes = ["-nosmimecap"];

const table: readonly SignatureCase[] = [
  ...["sha256", "sha384", "sha512"].flatMap((digest): SignatureCase[] => [
    { name: digest, extra: [...bare, "-md", digest], kernel: holds, ours: "holds" },
    { name: `${digest}-attributes`, extra: [...attributes, "-md", digest], kernel: holds, ours: "holds" },
    {
      name: `${digest}-another-hash`,
      ...{ content: (hex) => hex.replace(/^./, "g"), extra: [...bare, "-md", digest] },
      ...{ kernel: rejected, ours: mismatch },
    },
  ]),
  { name: "no-certificate", extra: [...bare, "-nocerts"], kernel: holds, ours: "holds" },
  { name: "key-identifier", command: "cms", extra: [...bare, "-keyid"], kernel: holds, ours: "holds" },
  { name: "newline", content: (hex) => `${hex}\n`, extra: bare, kernel: rejected, ours: mismatch },
  {
    name: "upper-case",
    ...{ content: (hex) => hex.toUpperCase(), extra: attributes },
    ...{ kernel: rejected, ours: mismatch },
  },
  {
    name: "cut-short",
    ...{ extra: bare, change: (signature) => signature.subarray(0, -1) },
    ...{ kernel: malformed, ours: "FormatError truncated" },
  },
  { name: "attached", extra: [...bare, "-nodetach"], kernel: malformed, ours: badField },
  {
    name: "another-type",
    ...{ command: "cms", extra: [...bare, "-econtent_type", "1.2.3.4"] },
    ...{ kernel: unsupported, ours: badField },
  },
  {
    name: "pss",
    ...{ command: "cms", extra: [...bare, "-keyopt", "rsa_padding_mode:pss"] },
    ...{ kernel: unsupported, ours: badField },
  },
  // Where we take less than the kernel, and the one place where more.
  { name: "sha1", extra: [...bare, "-md", "sha1"], kernel: holds, ours: badField },
  { name: "md5", extra: [...bare, "-md", "md5"], kernel: holds, ours: badField },
  {
    name: "trailing-zeros",
    ...{ extra: bare, change: (signature) => Uint8Array.of(...signature, 0, 0) },
    ...{ kernel: holds, ours: badField },
  },
  { name: "smime-capabilities", kernel: rejected, ours: "holds" },
];

describeWithKernel("qemu", "Debian's kernel checks root hash signatures", (engine) => {
  const openssl = new OpensslSigner();
  afterAll(() => openssl.close());

  test.skipIf(!hasOpenssl && process.env["CI"] === undefined)(
    "and says what we say (needs openssl)",
    async () => {
      const volume = await formatVolume({
        ...{ algorithm: "sha256", hashType: 1, salt: new Uint8Array(32), dataBlocks: 2 },
        ...{ dataBlockSize: 4096, hashBlockSize: 4096 },
      });
      const { rootHash } = volume.identity;
      const hex = toHex(rootHash);
      const signer = openssl.makeSigner("signer", "rsa");
      const cases = table.map(({ name, command = "smime", content, extra, change }): KernelCase => {
        const signature = openssl.sign(command, content?.(hex) ?? hex, [signer], extra);
        return { ...volumeCase(name, volume), signature: change?.(signature) ?? signature };
      });
      const { results } = await runKernelCases(engine, cases);
      for (const [index, { name, kernel, ours }] of table.entries()) {
        expect(results[index]?.openOutput, name).toMatch(kernel);
        const signature = cases[index]?.signature ?? new Uint8Array(0);
        expect(await outcome({ rootHash, signature, certificates: [signer.certificatePem] }), name).toBe(
          ours,
        );
      }
    },
  );
});
