/** `sealstone policy digest`: what a policy is measured as. */
import { toHex } from "../bytes/hex.ts";
import { policyDigest } from "../policy/policy.ts";
import type { GroupContext, GroupOptions } from "./action-group.ts";
import { CommandFailure, type ExitCode, exitCodes } from "./exit-codes.ts";
import { policyMeasures, readPolicyFile } from "./policy-file.ts";

/** As commander hands them over. */
export interface PolicyDigestOptions extends GroupOptions {
  readonly hostData?: string;
  readonly base64?: boolean;
}

/** Prints the digest of the policy that is the one operand. */
export async function runPolicyDigest(
  { terminal }: GroupContext,
  [path = ""]: readonly string[],
  options: PolicyDigestOptions,
): Promise<ExitCode> {
  const { hostData } = options;
  if (hostData !== undefined && !/^[0-9a-fA-F]{64}$/.test(hostData)) {
    throw new CommandFailure(exitCodes.usage, "--host-data is 64 hex digits: HOST_DATA of a report.");
  }
  const { name, bytes } = await readPolicyFile(path);
  const digest = toHex(await policyDigest(bytes));
  const isMeasured = hostData === undefined || hostData.toLowerCase() === digest;
  if (options.json) {
    const measured = hostData === undefined ? {} : { hostData: hostData.toLowerCase(), isMeasured };
    terminal.out(JSON.stringify({ ...(await policyMeasures(bytes)), ...measured }));
  } else if (options.base64) terminal.out((await policyMeasures(bytes)).base64);
  else terminal.out(digest);
  if (isMeasured) return exitCodes.success;
  terminal.err(
    `${name} is not the policy that was measured: its digest is ${digest}, HOST_DATA ${hostData}.`,
  );
  return exitCodes.failure;
}
