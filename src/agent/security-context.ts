/**
 * What a container is given to show to whoever is to trust it: the policy, and what the host says of the machine, in
 * files of its own (hcsshim, `internal/guest/runtime/hcsv2/uvm.go`). A verifier holds the policy against the
 * attestation report; the certificate and the reference are signed, and nothing is believed of them here.
 */
import type { WritableTreeFiles } from "../tree/writable-tree-files.ts";
import type { Turn } from "./guest.ts";

/** Where they are, in the environment of a container's first process. */
const variable = "UVM_SECURITY_CONTEXT_DIR";
const folderPrefix = "/security-context-";
const folderMode = 0o755;
const fileMode = 0o744;

/**
 * Writes the files of a container that is made.
 *
 * @param root the container's, which can be written.
 * @param hostCertificate the host's, in base64; empty for none.
 * @returns the folder in the container: `/security-context-` and six letters.
 * @throws {FileError} `ENOSPC`; whatever it throws, nothing of it remains.
 */
export async function writeSecurityContext(
  turn: Turn,
  root: WritableTreeFiles,
  hostCertificate: string,
): Promise<string> {
  const { encoded, referenceInfo } = turn.policy;
  const { signal } = turn;
  const files = [
    ["security-policy-base64", encoded],
    ["reference-info-base64", referenceInfo],
    ["host-amd-cert-base64", hostCertificate],
  ] as const;
  const folder = await root.mkdtemp(folderPrefix);
  try {
    await root.chmod(folder, folderMode, { signal });
    for (const [name, content] of files) {
      if (content === "") continue;
      const path = `${folder}/${name}`;
      await root.writeFile(path, content, { signal });
      await root.chmod(path, fileMode, { signal });
    }
    signal.throwIfAborted();
    return folder;
  } catch (error) {
    await turn.undo(() => root.rm(folder, { recursive: true }));
    throw error;
  }
}

/** An environment with the folder in it. What the host calls by that name is left out: of two, programs take either. */
export function withSecurityContext(environment: readonly string[], folder: string): string[] {
  return [...environment.filter((each) => !each.startsWith(`${variable}=`)), `${variable}=${folder}`];
}
