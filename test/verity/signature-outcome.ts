import { StorageError } from "../../src/errors.ts";
import {
  type RootHashSignatureOptions,
  verifyRootHashSignature,
} from "../../src/verity/root-hash-signature.ts";

/** What a signature comes to: `"holds"`, or a `StorageError`'s class and code; anything else is thrown on. */
export async function outcome(options: RootHashSignatureOptions): Promise<string> {
  try {
    const signers = await verifyRootHashSignature(options);
    return signers.length > 0 ? "holds" : "no signers";
  } catch (error) {
    if (error instanceof StorageError) return `${error.name} ${error.code}`;
    throw error;
  }
}
