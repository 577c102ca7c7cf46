/** `sealstone policy create`: what it takes, and its help. */
import { Option } from "commander";
import { type ActionMaker, groupAction } from "./action-group.ts";
import { imageForms, imageOptions } from "./image-options.ts";
import type { PolicyCreateOptions } from "./policy-create.ts";
import {
  commandValue,
  containersValue,
  mountValue,
  repeated,
  signalValue,
  svnValue,
  variablePattern,
  variableValue,
} from "./policy-create-values.ts";

/** Options that are the policy's; made anew for each command. */
function policyOptions(): Option[] {
  return [
    new Option("-o, --output <file>", "write the policy there, and print its digest"),
    new Option("--bare", "without what the platform needs: see below"),
    new Option("--command <json>", "run this in place of the image's command").argParser(commandValue),
    new Option("--env <variable>", "a variable that may be set, NAME=value; repeat it").argParser(
      repeated(variableValue),
    ),
    new Option(
      "--env-re2 <pattern>",
      "the same as a regular expression (RE2) for all of NAME=value",
    ).argParser(repeated(variablePattern)),
    new Option("--mount <mount>", "<destination>=<source>[,ro]: see below; repeat it").argParser(
      repeated(mountValue),
    ),
    new Option("--signal <signal>", "may be sent, in place of the image's stop signal; repeat it").argParser(
      repeated(signalValue),
    ),
    new Option("--exec <json>", "a command that may be started in the container; repeat it").argParser(
      repeated(commandValue),
    ),
    new Option("--disable-stdio", "the host may not connect standard streams"),
    new Option("--unencrypted-scratch", "the host may mount scratch space that is not encrypted"),
    new Option("--privileged", "the host may make the containers privileged"),
    new Option("--no-new-privileges", "processes may not gain privileges"),
    new Option("--debug-mode", "allow /bin/sh and /bin/bash, dumps of stacks and the guest's log"),
    new Option("--omit-id", "leave the image's name out"),
    new Option("--with-containers <json>", "containers besides, as policies have them; repeat it").argParser(
      containersValue,
    ),
    new Option("--exclude-default-fragments", "without the fragment of the platform's containers"),
    new Option("--infrastructure-svn <number>", "least svn of that fragment (default: 4)").argParser(
      svnValue,
    ),
    new Option("--rw-unmount", "writable disks may be unmounted, which az confcom's policies never allow"),
    new Option("--indented", "containers over many lines, for reading: another digest than az confcom's"),
  ];
}

/** The action. */
export const policyCreateAction: ActionMaker = groupAction<PolicyCreateOptions>({
  name: "create",
  operands: [["[images...]", "what is to run: see below"]],
  summary: "make the policy for images: they run as their authors say, and nothing else",
  options: [
    ...policyOptions().map((option) =>
      // Both kinds of rules stand in one list, in the order in which they are given.
      option.long === "--env-re2" ? Object.assign(option, { attributeName: () => "env" }) : option,
    ),
    ...imageOptions(),
  ],
  help: `
Writes the policy that \`az confcom acipolicygen\` writes, from images wherever they are and without
Docker: a container for each, with the image's command, variables, working directory, user and
stop signal, and the root hashes of its layers. What the options say holds for every image. For
images that differ in it, make one's container with --json and hand it on by --with-containers.

So that a group deploys, there are also the pause container, rules for variables that the platform
sets (TERM, HOSTNAME, Fabric_…, IDENTITY_…, …), the mount of /etc/resolv.conf, and the fragment of
the platform's own containers. --bare leaves all four out.

A mount's source is a kind of volume (azureFile, secret, emptyDir, gitRepo), a path in the guest,
or sandbox://PATTERN below the pod's folder.

The digest is what HOST_DATA of the attestation report must be; --json gives it with the policy in
base64, as it is transported, and the containers.
${imageForms}

Examples:
  sealstone policy create oci:app -o policy.rego
  sealstone policy create registry.example/team/app:1.2 --mount /data=azureFile --signal SIGTERM
  sealstone policy create app.tar sidecar.tar --bare --disable-stdio --json`,
  run: async (...given) => (await import("./policy-create.ts")).runPolicyCreate(...given),
});
