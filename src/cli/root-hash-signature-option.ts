/** `--root-hash-signature`: who vouches for the root hash, before anything is checked against it. */
import { MAX_ROOT_HASH_SIGNATURE_BYTES, verifyRootHashSignature } from "../verity/root-hash-signature.ts";
import { readBoundedFile } from "./bounded-file.ts";
import type { ActionContext } from "./context.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";

/** A bundle of hundreds. */
const maxCertificateBytes = 1_048_576;

/**
 * Checks the signature, where the options name one.
 *
 * @throws {CommandFailure} for files that cannot be read, or one option without the other.
 * @throws {IntegrityError} `signature-mismatch` where no given certificate's signature holds.
 * @throws {FormatError} where the signature is none.
 */
export async function checkRootHashSignature(
  { options, terminal }: ActionContext,
  rootHash: Uint8Array,
): Promise<void> {
  const { rootHashSignature, rootHashCertificate = [] } = options;
  if (rootHashSignature === undefined) {
    if (rootHashCertificate.length > 0) throw failure("--root-hash-certificate needs --root-hash-signature.");
    return;
  }
  if (rootHashCertificate.length === 0) {
    throw failure(
      "--root-hash-signature needs --root-hash-certificate: a signature says something only with a certificate you trust.",
    );
  }
  const signature = await readBoundedFile(rootHashSignature, "signature file", MAX_ROOT_HASH_SIGNATURE_BYTES);
  const certificates: Uint8Array[] = [];
  for (const path of rootHashCertificate) {
    certificates.push(await readBoundedFile(path, "certificate file", maxCertificateBytes));
  }
  const signers = await verifyRootHashSignature({ rootHash, signature, certificates });
  if (!options.verbose && !options.debug) return;
  for (const { digestAlgorithm, signatureAlgorithm } of signers) {
    terminal.err(`The root hash's signature holds (${signatureAlgorithm} with ${digestAlgorithm}).`);
  }
}

function failure(message: string): CommandFailure {
  return new CommandFailure(exitCodes.failure, message);
}
