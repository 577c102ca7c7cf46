/**
 * The certificates that a caller trusts to sign root hashes: read from PEM or
 * DER, and found by what a CMS signer says of itself (RFC 5652 §5.3
 * SignerIdentifier): issuer and serial number, or subject key identifier.
 * Compared byte for byte, as the kernel's `asymmetric_key_id` is.
 */
import type * as Asn1js from "asn1js";
import type * as Pkijs from "pkijs";
import { equalBytes } from "../bytes/compare.ts";
import { UsageError } from "../errors.ts";
import { assertDer } from "./der.ts";

/** The library that parses CMS, as two modules that are loaded on first use. */
export interface CmsLibrary {
  readonly asn1js: typeof Asn1js;
  readonly pkijs: typeof Pkijs;
}

/** A certificate that the caller trusts, and the fields by which a signer names it. */
export interface SignerCertificate {
  /** Position in the caller's list, counting each certificate of a PEM bundle. */
  readonly index: number;
  readonly der: Uint8Array<ArrayBuffer>;
  readonly parsed: Pkijs.Certificate;
  readonly issuer: Uint8Array;
  readonly serialNumber: Uint8Array;
  /** Absent where the certificate has no such extension. */
  readonly subjectKeyIdentifier: Uint8Array | undefined;
}

const subjectKeyIdentifierOid = "2.5.29.14";
const pemCertificate = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g;

function derFromPem(text: string, position: number): Uint8Array<ArrayBuffer>[] {
  const found = [...text.matchAll(pemCertificate)].map(([, base64 = ""]) => {
    try {
      return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    } catch (cause) {
      throw new UsageError("invalid-argument", `certificates[${position}]: its PEM holds bad base64`, {
        cause,
      });
    }
  });
  if (found.length === 0) {
    throw new UsageError(
      "invalid-argument",
      `certificates[${position}] is neither DER nor PEM ("-----BEGIN CERTIFICATE-----"); pass one of them`,
    );
  }
  return found;
}

/** DER starts with a SEQUENCE; anything else is taken for the text of a PEM file. */
function derOf(given: Uint8Array | string, position: number): Uint8Array<ArrayBuffer>[] {
  if (typeof given === "string") return derFromPem(given, position);
  if (given[0] === 0x30) return [new Uint8Array(given)];
  return derFromPem(new TextDecoder("latin1").decode(given), position);
}

/** RFC 5280 §4.2.1.2: an OCTET STRING (one length byte) inside the extension's own. */
function keyIdentifierOf(extension: Pkijs.Extension): Uint8Array | undefined {
  const value = extension.extnValue.valueBlock.valueHexView;
  return value[0] === 0x04 && value[1] === value.length - 2 ? value.slice(2) : undefined;
}

function parseCertificate(
  pkijs: typeof Pkijs,
  der: Uint8Array<ArrayBuffer>,
  index: number,
): SignerCertificate {
  try {
    assertDer(der, "certificate");
    const parsed = pkijs.Certificate.fromBER(der);
    const extension = parsed.extensions?.find(({ extnID }) => extnID === subjectKeyIdentifierOid);
    return {
      index,
      der,
      parsed,
      issuer: new Uint8Array(parsed.issuer.valueBeforeDecode),
      serialNumber: parsed.serialNumber.valueBlock.valueHexView.slice(),
      subjectKeyIdentifier: extension && keyIdentifierOf(extension),
    };
  } catch (cause) {
    throw new UsageError(
      "invalid-argument",
      `certificate ${index} is no X.509 certificate; pass PEM or DER`,
      {
        cause,
      },
    );
  }
}

/**
 * Reads the caller's certificates.
 *
 * @param given each DER, or PEM with one certificate or more, as text or as a file's bytes.
 * @throws {UsageError} `invalid-argument` when there is none, or one cannot be read.
 */
export function readSignerCertificates(
  { pkijs }: CmsLibrary,
  given: readonly (Uint8Array | string)[],
): SignerCertificate[] {
  const certificates = given.flatMap(derOf).map((der, index) => parseCertificate(pkijs, der, index));
  if (certificates.length === 0) {
    throw new UsageError("invalid-argument", "no certificates were given: pass those that may sign");
  }
  return certificates;
}

/** The caller's certificates that a signer names; several where one key has been certified twice. */
export function certificatesOfSigner(
  { asn1js, pkijs }: CmsLibrary,
  signer: Pkijs.SignerInfo,
  certificates: readonly SignerCertificate[],
): SignerCertificate[] {
  const sid: unknown = signer.sid;
  if (sid instanceof pkijs.IssuerAndSerialNumber) {
    const issuer = new Uint8Array(sid.issuer.valueBeforeDecode);
    const serialNumber = sid.serialNumber.valueBlock.valueHexView;
    return certificates.filter(
      (candidate) => equalBytes(candidate.issuer, issuer) && equalBytes(candidate.serialNumber, serialNumber),
    );
  }
  if (!(sid instanceof asn1js.Primitive)) return [];
  const identifier = sid.valueBlock.valueHexView;
  return certificates.filter(
    ({ subjectKeyIdentifier }) =>
      subjectKeyIdentifier !== undefined && equalBytes(subjectKeyIdentifier, identifier),
  );
}
