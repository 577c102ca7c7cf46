/**
 * Root hash signatures, as the kernel takes them under `root_hash_sig_key_desc`:
 * a detached PKCS#7 (CMS) SignedData over the root hash's lower-case hex digits,
 * without a newline. Sources: RFC 5652; kernel `drivers/md/dm-verity-verify-sig.c`,
 * `crypto/asymmetric_keys/pkcs7_{parser,verify,trust}.c`.
 *
 * What is taken is what the kernel takes, and less in these places:
 * - DER alone, with nothing behind it (the kernel's decoder also knows indefinite
 *   lengths, and does not look at what follows);
 * - RSA PKCS#1 v1.5 and ECDSA with SHA-256, SHA-384 or SHA-512, as the signature's
 *   algorithms say in both their places; no SHA-1, MD5 or SHA-224. RSA-PSS and
 *   Ed25519 the kernel does not know either (Linux 6.1);
 * - the signer's own certificate must be among those given, as a key is in a
 *   keyring. Certificates inside the message are not looked at: the host put
 *   them there, and no chain is built over them.
 *
 * More is taken in one: signed attributes may list S/MIME capabilities, as OpenSSL
 * adds them unless told `-nosmimecap`. The kernel refuses those; nothing follows
 * from them here.
 *
 * As in the kernel, every signer whose certificate was given must hold and there
 * must be one at least; signers that were not given say nothing. Validity dates
 * and key usage are not checked: a guest has no clock that the host does not
 * set, and giving the certificate is the caller's word that it may sign.
 */
import type * as Asn1js from "asn1js";
import type * as Pkijs from "pkijs";
import { equalBytes } from "../bytes/compare.ts";
import { toHex } from "../bytes/hex.ts";
import { FormatError, IntegrityError, StorageError, UsageError } from "../errors.ts";
import { assertDer, assertEcdsaSignatureValue } from "./der.ts";
import {
  type CmsLibrary,
  certificatesOfSigner,
  readSignerCertificates,
  type SignerCertificate,
} from "./signer-certificates.ts";

/** What the kernel's `user` key can hold, in bytes; a longer signature could not be given to it. */
export const MAX_ROOT_HASH_SIGNATURE_BYTES = 32_767;

/** What `verifyRootHashSignature` takes. */
export interface RootHashSignatureOptions {
  /** From the caller: the root hash that the device will be opened with. */
  readonly rootHash: Uint8Array;
  /** From the host: DER, at most `MAX_ROOT_HASH_SIGNATURE_BYTES`. */
  readonly signature: Uint8Array;
  /** From the caller: who may sign. Each DER, or PEM of one certificate or more, as text or bytes. */
  readonly certificates: readonly (Uint8Array | string)[];
}

/** One whose signature over the root hash holds, by the certificate that was given for it. */
export interface RootHashSigner {
  /** The signer's certificate as it was given, in DER. */
  readonly certificate: Uint8Array;
  /** Its place among the given certificates, each of a PEM bundle counted. */
  readonly certificateIndex: number;
  readonly digestAlgorithm: "sha256" | "sha384" | "sha512";
  readonly signatureAlgorithm: "rsa" | "ecdsa";
}

const oidData = "1.2.840.113549.1.7.1";
const oidSignedData = "1.2.840.113549.1.7.2";
const oidContentType = "1.2.840.113549.1.9.3";
const oidMessageDigest = "1.2.840.113549.1.9.4";
const oidRsa = "1.2.840.113549.1.1.1";
const oidEcPublicKey = "1.2.840.10045.2.1";

interface Digest {
  readonly name: RootHashSigner["digestAlgorithm"];
  readonly webCryptoName: string;
  /** The OID of ECDSA with this digest; for RSA the OID names none. */
  readonly ecdsaOid: string;
}

const digests: ReadonlyMap<string, Digest> = new Map([
  ["2.16.840.1.101.3.4.2.1", { name: "sha256", webCryptoName: "SHA-256", ecdsaOid: "1.2.840.10045.4.3.2" }],
  ["2.16.840.1.101.3.4.2.2", { name: "sha384", webCryptoName: "SHA-384", ecdsaOid: "1.2.840.10045.4.3.3" }],
  ["2.16.840.1.101.3.4.2.3", { name: "sha512", webCryptoName: "SHA-512", ecdsaOid: "1.2.840.10045.4.3.4" }],
]);

function badField(field: string, why: string, cause?: unknown): FormatError {
  return new FormatError("bad-field", `root hash signature: ${field}: ${why}; refuse it`, {
    at: { field },
    cause,
  });
}

function mismatch(why: string, cause?: unknown): IntegrityError {
  return new IntegrityError(
    "signature-mismatch",
    `root hash signature: ${why}; do not open the device with this root hash`,
    { at: { field: "signature" }, cause },
  );
}

/** Parses and checks what concerns the whole message, not one signer (RFC 5652 §5.1). */
function parseMessage({ pkijs }: CmsLibrary, signature: Uint8Array<ArrayBuffer>): Pkijs.SignedData {
  assertDer(signature, "signature");
  let message: Pkijs.SignedData;
  try {
    const { contentType, content } = pkijs.ContentInfo.fromBER(signature);
    if (contentType !== oidSignedData) throw badField("contentType", `${contentType} is not SignedData`);
    message = new pkijs.SignedData({ schema: content });
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw badField("signature", "no CMS SignedData", error);
  }
  const { eContentType, eContent } = message.encapContentInfo;
  if (eContentType !== oidData) throw badField("eContentType", `${eContentType} is not plain data`);
  if (eContent !== undefined) throw badField("eContent", "it holds content; it must be detached");
  const version = message.signerInfos.some((signer) => signer.version === 3) ? 3 : 1;
  if (message.version !== version) throw badField("version", `${message.version} must be ${version}`);
  for (const algorithm of message.digestAlgorithms) assertNoParameters(algorithm, "digestAlgorithms");
  return message;
}

/** None of the algorithms taken here has parameters; NULL says the same (RFC 5754 §2). */
function assertNoParameters(algorithm: Pkijs.AlgorithmIdentifier, field: string): void {
  const parameters: { idBlock?: { tagClass: number; tagNumber: number }; blockLength?: number } | undefined =
    algorithm.algorithmParams;
  if (parameters?.idBlock === undefined) return;
  const { tagClass, tagNumber } = parameters.idBlock;
  if (tagClass !== 1 || tagNumber !== 5 || parameters.blockLength !== 2) {
    throw badField(field, "its parameters must be absent or NULL");
  }
}

/** The algorithms a known signer used, or the refusal of them. */
function algorithmsOf(
  { pkijs }: CmsLibrary,
  message: Pkijs.SignedData,
  signer: Pkijs.SignerInfo,
): { digest: Digest; signatureAlgorithm: "rsa" | "ecdsa" } {
  const version = signer.sid instanceof pkijs.IssuerAndSerialNumber ? 1 : 3;
  if (signer.version !== version)
    throw badField("SignerInfo.version", `${signer.version} must be ${version}`);
  const { digestAlgorithm, signatureAlgorithm } = signer;
  assertNoParameters(digestAlgorithm, "digestAlgorithm");
  assertNoParameters(signatureAlgorithm, "signatureAlgorithm");
  const digest = digests.get(digestAlgorithm.algorithmId);
  if (digest === undefined) {
    throw badField(
      "digestAlgorithm",
      `${digestAlgorithm.algorithmId} is not taken; sign with SHA-256, SHA-384 or SHA-512`,
    );
  }
  if (!message.digestAlgorithms.some(({ algorithmId }) => algorithmId === digestAlgorithm.algorithmId)) {
    throw badField("digestAlgorithms", `${digest.name} is used but not announced`);
  }
  if (signatureAlgorithm.algorithmId === oidRsa) return { digest, signatureAlgorithm: "rsa" };
  if (signatureAlgorithm.algorithmId === digest.ecdsaOid) return { digest, signatureAlgorithm: "ecdsa" };
  throw badField(
    "signatureAlgorithm",
    `${signatureAlgorithm.algorithmId} with ${digest.name} is not taken; sign with RSA PKCS#1 v1.5 or ECDSA`,
  );
}

/** The one value of the one attribute of a type, which signed attributes must hold. */
function singleAttribute(signer: Pkijs.SignerInfo, type: string, name: string): unknown {
  const found = signer.signedAttrs?.attributes.filter((attribute) => attribute.type === type) ?? [];
  const values: readonly unknown[] = found.flatMap((attribute) => attribute.values);
  if (found.length !== 1 || values.length !== 1)
    throw badField(name, "it must be there once, with one value");
  return values[0];
}

/** The bytes that the key signed: the text itself, or the attributes that hold its digest (§5.4). */
async function signedBytes(
  { asn1js }: CmsLibrary,
  signer: Pkijs.SignerInfo,
  digest: Digest,
  text: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  if (signer.signedAttrs === undefined) return text;
  const contentType = singleAttribute(signer, oidContentType, "contentType attribute");
  if (!(contentType instanceof asn1js.ObjectIdentifier) || contentType.getValue() !== oidData) {
    throw badField("contentType attribute", "it is not plain data");
  }
  const messageDigest = singleAttribute(signer, oidMessageDigest, "messageDigest attribute");
  if (!(messageDigest instanceof asn1js.OctetString)) {
    throw badField("messageDigest attribute", "it is no OCTET STRING");
  }
  const expected = new Uint8Array(await crypto.subtle.digest(digest.webCryptoName, text));
  if (!equalBytes(messageDigest.valueBlock.valueHexView, expected)) {
    throw mismatch("it signs another root hash");
  }
  return new Uint8Array(signer.signedAttrs.encodedValue);
}

function keyMatches(certificate: SignerCertificate, signatureAlgorithm: "rsa" | "ecdsa"): boolean {
  const keyOid = certificate.parsed.subjectPublicKeyInfo.algorithm.algorithmId;
  return keyOid === (signatureAlgorithm === "rsa" ? oidRsa : oidEcPublicKey);
}

/** Checks one signer against its given certificate. */
async function verifySigner(
  library: CmsLibrary,
  message: Pkijs.SignedData,
  signer: Pkijs.SignerInfo,
  certificate: SignerCertificate,
  text: Uint8Array<ArrayBuffer>,
): Promise<RootHashSigner> {
  const { digest, signatureAlgorithm } = algorithmsOf(library, message, signer);
  const bytes = await signedBytes(library, signer, digest, text);
  const who = `the signer of certificate ${certificate.index}`;
  if (!keyMatches(certificate, signatureAlgorithm)) throw mismatch(`${who} has no ${signatureAlgorithm} key`);
  if (signatureAlgorithm === "ecdsa") {
    assertEcdsaSignatureValue(signer.signature.valueBlock.valueHexView, "ECDSA signature");
  }
  const engine = new library.pkijs.CryptoEngine({ name: "webcrypto", crypto: globalThis.crypto });
  let holds: boolean;
  try {
    holds = await engine.verifyWithPublicKey(
      bytes,
      signer.signature,
      certificate.parsed.subjectPublicKeyInfo,
      signer.signatureAlgorithm,
      digest.webCryptoName,
    );
  } catch (error) {
    throw mismatch(`that of ${who} cannot be checked`, error);
  }
  if (!holds) throw mismatch(`that of ${who} does not hold`);
  return {
    certificate: certificate.der,
    certificateIndex: certificate.index,
    digestAlgorithm: digest.name,
    signatureAlgorithm,
  };
}

async function loadLibrary(): Promise<CmsLibrary> {
  const [asn1js, pkijs]: [typeof Asn1js, typeof Pkijs] = await Promise.all([
    import("asn1js"),
    import("pkijs"),
  ]);
  return { asn1js, pkijs };
}

/**
 * Checks that a root hash was signed by someone the caller trusts.
 *
 * The CMS library is loaded on the first call, so that who checks no signature pays nothing.
 *
 * @returns the signers that were given and hold, in the message's order; never empty.
 * @throws {IntegrityError} `signature-mismatch` when no signer is among `certificates`, or one
 *   that is does not hold: another root hash, another key, changed attributes.
 * @throws {FormatError} `truncated`, `bad-field`, `does-not-fit` when the signature is not DER,
 *   not a detached SignedData over plain data, or uses a digest or signature algorithm not taken here.
 * @throws {UsageError} `invalid-argument` for an empty root hash, no or unreadable certificates.
 */
export async function verifyRootHashSignature(
  options: RootHashSignatureOptions,
): Promise<readonly RootHashSigner[]> {
  const { rootHash, signature, certificates: given } = options;
  if (rootHash.length === 0) throw new UsageError("invalid-argument", "the root hash is empty");
  if (signature.length > MAX_ROOT_HASH_SIGNATURE_BYTES) {
    throw new FormatError(
      "does-not-fit",
      `root hash signature of ${signature.length} bytes: the kernel takes ${MAX_ROOT_HASH_SIGNATURE_BYTES} at most`,
      { at: { field: "signature" } },
    );
  }
  const text = new TextEncoder().encode(toHex(rootHash));
  // One copy, so that the checks and the parser see the same bytes should the host's change meanwhile.
  const received = new Uint8Array(signature);
  const library = await loadLibrary();
  const certificates = readSignerCertificates(library, given);
  const message = parseMessage(library, received);
  const holding: RootHashSigner[] = [];
  for (const signer of message.signerInfos) {
    for (const certificate of certificatesOfSigner(library, signer, certificates)) {
      holding.push(await verifySigner(library, message, signer, certificate, text));
    }
  }
  if (holding.length === 0) {
    throw mismatch("none of its signers is among the given certificates");
  }
  return holding;
}
