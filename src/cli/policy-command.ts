/** `sealstone policy`: its actions, one file each. */
import { InvalidArgumentError, Option } from "commander";
import { type ActionMaker, actionGroup, type GroupOptions, groupAction } from "./action-group.ts";
import { imageForms, imageOptions } from "./image-options.ts";
import type { PolicyCheckOptions } from "./policy-check.ts";
import { policyCreateAction } from "./policy-create-action.ts";
import { commandValue, repeated, variableValue } from "./policy-create-values.ts";
import type { PolicyDigestOptions } from "./policy-digest.ts";
import type { PolicyTraceOptions } from "./policy-trace.ts";

const file = ["<policy>", "the policy: Rego, or Rego in base64; - for standard input"] as const;

const digest: ActionMaker = groupAction<PolicyDigestOptions>({
  name: "digest",
  operands: [file],
  summary: "print what a policy is measured as: SHA-256 of its exact text",
  options: [
    new Option("--host-data <hex>", "HOST_DATA of an attestation report: ends with 1 where it is another"),
    new Option("--base64", "print the policy as it is transported, in base64, in place of its digest"),
  ],
  help: `
The digest is over the text's bytes, every blank and line end of them; a file that holds base64 is
decoded first. The same digest stands in the SNP report as HOST_DATA. Whether the text is a policy
at all is not looked at: see show.

Examples:
  sealstone policy digest policy.rego
  sealstone policy digest ccepolicy.txt --host-data 9f2c…
  sealstone policy digest policy.rego --base64`,
  run: async (...given) => (await import("./policy-digest.ts")).runPolicyDigest(...given),
});

const trace: ActionMaker = groupAction<PolicyTraceOptions>({
  name: "trace",
  operands: [["<scenario>", "JSON: a policy and a list of requests; - for standard input"]],
  summary: "put requests to a policy one by one, and say what came of each",
  options: [
    new Option("-o, --output <file>", "write the trace there"),
    new Option("--words", "a line for each request, with the reasons of denials, in place of the trace"),
    new Option(
      "--max-error-message-length <n>",
      "shorten denials to that many characters, as guests do to 3072 (default: no limit)",
    ).argParser((text) => {
      if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError("a length is a number of characters");
      return Number(text);
    }),
  ],
  help: `
The scenario:
  {"name": …, "policy": {"raw_rego": "package policy…"},
   "ops": [{"op": "mount_device", "target": "/run/mounts/scsi/m0", "deviceHash": "8b48…"}, …]}
The policy may be {"package": "policy", "data": {…}, "framework_points": […]} too; "enforcer":
"open_door" and "max_error_message_length": 3072 may stand beside it. "op" is the enforcement
point; the other names are those of its input (docs/policy.md). load_fragment takes "issuer",
"feed", "header_svn" and "fragment", which has the forms of the policy.

The trace, as JSON: for each request whether it was allowed, what a process was granted, the denial
as the host is given it, everything that the policy remembers afterwards, and the queries that were
made of it. Ends with 0 whether requests were denied or not, and where the policy is refused
("create_error") too.

Examples:
  sealstone policy trace scenario.json -o trace.json
  sealstone policy trace scenario.json --words`,
  run: async (...given) => (await import("./policy-trace.ts")).runPolicyTrace(...given),
});

const check: ActionMaker = groupAction<PolicyCheckOptions>({
  name: "check",
  operands: [file, ["[images...]", "what is to run under it: see below"]],
  summary: "say whether images would run under a policy, and if not, why",
  options: [
    new Option("--command <json>", "ask for this command in place of the image's").argParser(commandValue),
    new Option("--env <variable>", "ask for this variable too, NAME=value; repeat it").argParser(
      repeated((text) => {
        variableValue(text);
        return text;
      }),
    ),
    ...imageOptions(),
  ],
  help: `
Hashes the layers of each image and asks the policy what a guest asks it: to mount each layer, to
assemble them, to make the container with the image's command, variables, working directory and
user. Nothing is mounted or written. Where the answer is no, it says at which layer and why, which
container comes nearest, and what that lists there. Layers are counted from the base, 1.

What an image does not say is not held against it: capabilities and the like are asked for as the
policy lists them, and platforms add variables of their own (--env). A user's name is not looked up
in the image. Fragments that the policy would load are not known here.
${imageForms}

Ends with 0 where all would run, and with 1 where one would not.

Examples:
  sealstone policy check policy.rego oci:app
  sealstone policy check policy.rego app.tar sidecar.tar --env MODE=prod --json`,
  run: async (...given) => (await import("./policy-check.ts")).runPolicyCheck(...given),
});

const show: ActionMaker = groupAction<GroupOptions>({
  name: "show",
  operands: [file],
  summary: "say in words what a policy allows, and what in it to look at twice",
  options: [],
  help: `
Container by container: what it runs, as whom, its layers from the base up, variables, mounts,
signals, processes, capabilities; then fragments, who decides each kind of request, and flags. At
the end what to look at twice: patterns that match more than they seem to (a|b is taken as ^a|b$,
which matches all that starts with a), unencrypted scratch space, standard streams, privileged
containers, variables that are dropped, requests that are always allowed, layers that nothing uses,
rules of the policy's own. What older versions of the framework add (signals 9 and 15) is shown too.

Examples:
  sealstone policy show policy.rego
  sealstone policy show ccepolicy.txt --json`,
  run: async (...given) => (await import("./policy-show.ts")).runPolicyShow(...given),
});

const diff: ActionMaker = groupAction<GroupOptions>({
  name: "diff",
  operands: [file, ["<other>", "another policy"]],
  summary: "say what one policy has that another has not",
  options: [],
  help: `
A line for each thing: + the other policy alone has it, - the first alone. Containers are paired by
what they are, their names, their layers, their commands, in this order. What is listed is compared,
not what patterns match; rules of a policy's own are compared as text. Blanks, order and comments are
no difference, although the digest differs with them.

Ends with 0 where both allow the same, and with 1 where they differ.

Examples:
  sealstone policy diff old.rego new.rego
  sealstone policy diff old.rego ccepolicy.txt --json`,
  run: async (...given) => (await import("./policy-diff.ts")).runPolicyDiff(...given),
});

/** The `policy` command. */
export const policyCommand: ActionMaker = actionGroup(
  "policy",
  "execution policies: what the host of a confidential container may ask",
  `
Exit codes:
  0  done; it holds, or nothing differs
  1  refused: malformed, unreadable, denied; or it differs
  2  wrong usage
  70  a bug of sealstone's own    130  stopped by a signal`,
  [policyCreateAction, show, check, diff, digest, trace],
);
