/** `sealstone policy create`: a policy from images. */
import { type PolicyContent, policyContent, policyText } from "../policy/create-policy.ts";
import type { PolicyMount } from "../policy/default-mounts.ts";
import type { EnvironmentRule, ListedContainer } from "../policy/listed-container.ts";
import { openPolicy } from "../policy/policy.ts";
import type { GroupContext, GroupOptions } from "./action-group.ts";
import { CommandFailure, type ExitCode, exitCodes } from "./exit-codes.ts";
import type { ImageOptions } from "./image-options.ts";
import { policyMeasures, writeTextFile } from "./policy-file.ts";
import { hashImages } from "./policy-images.ts";

/** As commander hands them over. */
export interface PolicyCreateOptions extends ImageOptions, GroupOptions {
  readonly output?: string;
  readonly bare?: boolean;
  readonly indented?: boolean;
  readonly rwUnmount?: boolean;
  readonly omitId?: boolean;
  readonly command?: readonly string[];
  readonly env?: readonly EnvironmentRule[];
  readonly mount?: readonly PolicyMount[];
  readonly signal?: readonly number[];
  readonly exec?: readonly (readonly string[])[];
  readonly disableStdio?: boolean;
  readonly debugMode?: boolean;
  readonly privileged?: boolean;
  /** Commander's reading of `--no-new-privileges`: false where it is given. */
  readonly newPrivileges?: boolean;
  readonly unencryptedScratch?: boolean;
  readonly excludeDefaultFragments?: boolean;
  readonly infrastructureSvn?: string;
  readonly withContainers?: readonly ListedContainer[];
}

/** Makes the policy of the images that are the operands. */
export async function runPolicyCreate(
  context: GroupContext,
  names: readonly string[],
  options: PolicyCreateOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  if (names.length === 0 && options.withContainers === undefined) {
    throw new CommandFailure(exitCodes.usage, "sealstone policy create: name the images that are to run.");
  }
  const content = policyContent(await hashImages(context, names, options), {
    bare: options.bare ?? false,
    omitId: options.omitId ?? false,
    ...(options.command && { command: options.command }),
    environmentRules: options.env ?? [],
    mounts: options.mount ?? [],
    ...(options.signal && { signals: options.signal }),
    processes: (options.exec ?? []).map((command) => ({ command, signals: [] })),
    stdio: !options.disableStdio,
    debugMode: options.debugMode ?? false,
    elevated: options.privileged ?? false,
    noNewPrivileges: options.newPrivileges === false,
    writableUnmount: options.rwUnmount ?? false,
    unencryptedScratch: options.unencryptedScratch ?? false,
    excludeDefaultFragments: options.excludeDefaultFragments ?? false,
    ...(options.infrastructureSvn !== undefined && { infrastructureSvn: options.infrastructureSvn }),
    containers: options.withContainers ?? [],
  });
  const text = policyText(content, options.indented ? "indented" : "compact");
  // What is handed out is a policy that is read again here: patterns and all.
  const { bytes } = await openPolicy(text);
  if (options.output !== undefined) await writeTextFile(options.output, text);
  if (options.json) terminal.out(JSON.stringify(await createdJson(content, bytes)));
  else if (options.output === undefined) terminal.out(text);
  else terminal.out(`${(await policyMeasures(bytes)).digest}  ${options.output}`);
  return exitCodes.success;
}

async function createdJson(content: PolicyContent, bytes: Uint8Array): Promise<Record<string, unknown>> {
  const { containers, fragments } = content;
  return { ...(await policyMeasures(bytes)), containers, fragments };
}
