/** `sealstone agent run`: a guest agent, the host's requests, and what comes of them. */
import { createReadStream } from "node:fs";
import { addAbortSignal } from "node:stream";
import { GuestAgent } from "../agent/index.ts";
import { unheard } from "../device/abortable.ts";
import { FileDevice } from "../device/file-device.node.ts";
import { StorageError } from "../errors.ts";
import type { GroupContext } from "./action-group.ts";
import type { AgentRunOptions, NamedDisk } from "./agent-arguments.ts";
import { readBoundedFile } from "./bounded-file.ts";
import { CommandFailure, type ExitCode, exitCodes } from "./exit-codes.ts";
import { requestLines } from "./request-lines.ts";
import { RequestLog } from "./request-log.ts";

/** Larger than any policy that a request may bring. */
const maxPolicyBytes = 3 * 2 ** 20;
const maxRequestBytes = 4 * 2 ** 20;

/** A request, and the line that it stands in; undefined for the one of `--policy`. */
type NumberedRequest = readonly [line: number | undefined, request: string | Uint8Array];

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
      maxRequestBytes,
    });
    const log = new RequestLog((text) => context.terminal.out(text), options.json ?? false);
    const printing = log.print(agent.events());
    const answers: Promise<void>[] = [];
    for await (const request of allRequests(policy, requests, context.signal)) {
      const answer = send(context, agent, log, request);
      unheard(answer);
      answers.push(answer);
      // Until its turn is over, and no longer: only a later request ends a process that this one waits for.
      await Promise.race([answer.then(() => log.settled()), log.settled()]);
    }
    await agent.close();
    await Promise.all([printing, ...answers]);
    return log.refused === 0 ? exitCodes.success : exitCodes.failure;
  } finally {
    for (const disk of disks) await disk.close();
  }
}

/** Sends a request. What the agent refuses is told by its events; that a process did not end, here. */
async function send(
  { terminal, signal }: GroupContext,
  agent: GuestAgent,
  log: RequestLog,
  [line, request]: NumberedRequest,
): Promise<void> {
  const sent = log.add(line);
  try {
    await agent.handle(request, { signal });
  } catch (error) {
    if (!(error instanceof StorageError) || signal.aborted) throw error;
    if (sent.outcome === "done") terminal.err(`Line ${line} has waited in vain: ${error.message}`);
  }
}

async function* allRequests(
  policy: string | undefined,
  requests: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<NumberedRequest, void, undefined> {
  if (policy !== undefined) {
    yield [undefined, policyRequest(await readBoundedFile(policy, "policy", maxPolicyBytes))];
  }
  if (requests === undefined) return;
  // Whoever stops the command does not wait for a line that may never come.
  const input = addAbortSignal(signal, requests === "-" ? process.stdin : createReadStream(requests));
  try {
    for await (const { number, bytes } of requestLines(input, maxRequestBytes)) yield [number, bytes];
  } catch (cause) {
    signal.throwIfAborted();
    throw new CommandFailure(exitCodes.failure, `Cannot read requests ${requests}.`, { cause });
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
