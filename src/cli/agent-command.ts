/** `sealstone agent`: a guest agent to send requests to. */
import { Option } from "commander";
import { type ActionMaker, actionGroup, groupAction } from "./action-group.ts";
import { type AgentRunOptions, diskArgument, hostDataArgument, type NamedDisk } from "./agent-arguments.ts";

const help = `
Starts a guest agent, attaches the disks, sends the requests one after the other as a hostile
host might, and prints what the agent decides and does, a line an event. Nothing runs: of a
container there are its files, its command and its environment.

--requests is a file of JSON lines, one request a line as the real host shim sends it; - is
standard input. A request that is refused changes nothing, its line is named, and the next one
is sent. While a request waits for a process, those behind it are sent.
--host-data is what the attestation report would say: the SHA-256 of the policy's text.
--policy is sent first; without it the requests must bring the policy, or nothing is allowed.
A scratch disk is sealed under a key that is gone afterwards: what it held is lost.

Exit codes:
  0  every request was allowed
  1  at least one was refused, or a file cannot be read
  2  wrong usage

Examples:
  sealstone agent run --policy policy.rego --host-data $(sha256sum policy.rego | cut -c-64) \\
    --disk 0:0=base.vhd --disk 0:1=app.vhd --disk 0:2=scratch.img,rw --requests requests.jsonl
  sealstone agent run --host-data 5a… --requests - --json < requests.jsonl`;

const runAction = groupAction<AgentRunOptions>({
  name: "run",
  operands: [],
  summary: "start a guest agent, send it a host's requests, and print what it decides",
  help,
  options: [
    new Option("--host-data <hex>", "SHA-256 of the policy that the machine was launched for")
      .argParser(hostDataArgument)
      .makeOptionMandatory(),
    new Option("--policy <file>", "a policy's text, sent as the first request"),
    new Option("--requests <file>", "requests as JSON lines; - for standard input"),
    new Option("--disk <address=file[,rw]>", "a disk at controller:slot; repeat it for more").argParser(
      (text: string, before: readonly NamedDisk[] = []) => [...before, diskArgument(text)],
    ),
  ],
  run: async (context, _, options) => (await import("./agent-run.ts")).runAgent(context, options),
});

/** The `agent` command. */
export const agentCommand: ActionMaker = actionGroup(
  "agent",
  "the guest agent: requests of a host, decided by a policy",
  `
Exit codes:
  0  every request was allowed
  1  at least one was refused, or a file cannot be read
  2  wrong usage
  70  a bug of sealstone's own    130  stopped by a signal`,
  [runAction],
);
