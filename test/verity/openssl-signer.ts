/**
 * Keys, certificates and root hash signatures made by the `openssl` command, in
 * a temporary folder: a signer that shares no code with what is tested.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** True where the command is there. CI must have it. */
export const hasOpenssl: boolean = spawnSync("openssl", ["version"]).status === 0;

/** Arguments of `openssl req -newkey` for each kind of key. */
const newKeyArguments = {
  rsa: ["rsa:2048"],
  p256: ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
  p384: ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
  p521: ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
} as const;

export type KeyKind = keyof typeof newKeyArguments;

/** A signer of the given name: files of its key and its self-signed certificate. */
export interface Signer {
  readonly keyFile: string;
  readonly certificateFile: string;
  readonly certificatePem: string;
}

export class OpensslSigner {
  readonly folder: string = mkdtempSync(join(tmpdir(), "sealstone-signer-"));

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** Makes a key and certificate; `extra` goes to `openssl req`. A name used twice is made anew. */
  makeSigner(name: string, kind: KeyKind, extra: readonly string[] = []): Signer {
    const keyFile = join(this.folder, `${name}.key.pem`);
    const certificateFile = join(this.folder, `${name}.cert.pem`);
    this.#run([
      ...["req", "-x509", "-nodes", "-subj", `/CN=${name}`, "-days", "3650"],
      ...["-newkey", ...newKeyArguments[kind], "-keyout", keyFile, "-out", certificateFile],
      ...extra,
    ]);
    return { keyFile, certificateFile, certificatePem: readFileSync(certificateFile, "utf8") };
  }

  /** `openssl smime` (PKCS#7) or `openssl cms` -sign over `content`, DER unless said otherwise. */
  sign(
    command: "smime" | "cms",
    content: string,
    signers: readonly Signer[],
    extra: readonly string[] = [],
  ): Uint8Array {
    const contentFile = join(this.folder, "content");
    const signatureFile = join(this.folder, "signature.p7s");
    writeFileSync(contentFile, content);
    const who = signers.flatMap((signer) => ["-signer", signer.certificateFile, "-inkey", signer.keyFile]);
    this.#run([
      ...[command, "-sign", "-binary", "-outform", "der", "-in", contentFile, "-out", signatureFile],
      ...who,
      ...extra,
    ]);
    return readFileSync(signatureFile);
  }

  #run(args: readonly string[]): void {
    execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
  }
}
