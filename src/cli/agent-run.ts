/** `sealstone agent run`: a guest agent, the host's requests, and what comes of them. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline/promises";
import { GuestAgent } from "../agent/index.ts";
import { FileDevice } from "../device/file-device.node.ts";
import { StorageError } from "../errors.ts";
import type { GroupContext } from "./action-group.ts";
import type { AgentRunOptions, NamedDisk } from "./agent-arguments.ts";
import { eventText } from "./agent-log.ts";
import { readBoundedFile } from "./bounded-file.ts";
import { CommandFailure, type ExitCode, exitCodes } from "./exit-codes.ts";

/** Larger than any policy that a request may bring. */
const maxPolicyBytes = 3 * 2 ** 20;

/** Sends the requests, prints the events. */
export async function runAgent(context: GroupContext, options: AgentRunOptions): Promise<ExitCode> {
  const { hostData, policy, requests, disk: named = [] } = options;
  refuseSharedAddresses(named);
  const disks: FileDevice[] = [];
  try {
    for (const { path, isWritable } of named) {
      disks.push(await FileDevice.open(path, { writable: isWritable }));
    }
    await using agent = await GuestAgent.start({
      evidence: { hostData },
      disks: named.map(({ address }, i) => [address, disks[i] as FileDevice] as const),
    });
    const printing = printEvents(context, agent, options.json ?? false);
    let areAllowed = true;
    for await (const request of allRequests(policy, requests)) {
      if (!(await isAllowed(agent, request, context.signal))) areAllowed = false;
    }
    await agent.close();
    await printing;
    return areAllowed ? exitCodes.success : exitCodes.failure;
  } finally {
    for (const disk of disks) await disk.close();
  }
}

/** What the agent refuses is told by its events. */
async function isAllowed(agent: GuestAgent, request: string, signal: AbortSignal): Promise<boolean> {
  try {
    await agent.handle(request, { signal });
    return true;
  } catch (error) {
    if (!(error instanceof StorageError) || signal.aborted) throw error;
    return false;
  }
}

async function printEvents({ terminal }: GroupContext, agent: GuestAgent, isJson: boolean): Promise<void> {
  for await (const event of agent.events()) {
    terminal.out(isJson ? JSON.stringify(event) : eventText(event));
  }
}

async function* allRequests(
  policy: string | undefined,
  requests: string | undefined,
): AsyncGenerator<string, void, undefined> {
  if (policy !== undefined) yield policyRequest(await readBoundedFile(policy, "policy", maxPolicyBytes));
  if (requests === undefined) return;
  const input = requests === "-" ? process.stdin : createReadStream(requests);
  // Before the lines are asked for, a file that cannot be read would be nobody's error.
  const failed = new Promise<never>((_, reject) => input.once("error", reject));
  failed.catch(() => undefined);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await Promise.race([lines.next(), failed]).catch((cause: unknown) => {
      throw new CommandFailure(exitCodes.failure, `Cannot read requests ${requests}.`, { cause });
    });
    if (done) return;
    if (value.trim() !== "") yield value;
  }
}

function policyRequest(text: Uint8Array): string {
  const EncodedSecurityPolicy = Buffer.from(text).toString("base64");
  const Settings = { EnforcerType: "rego", EncodedSecurityPolicy };
  return JSON.stringify({ Type: "ModifySettings", Request: { ResourceType: "SecurityPolicy", Settings } });
}

function refuseSharedAddresses(disks: readonly NamedDisk[]): void {
  const addresses = disks.map(({ address }) => address);
  const twice = addresses.find((address, i) => addresses.indexOf(address) < i);
  if (twice === undefined) return;
  throw new CommandFailure(exitCodes.usage, `sealstone agent: two disks are at ${twice}.`);
}
