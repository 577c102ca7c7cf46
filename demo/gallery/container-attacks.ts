/** What a host makes of the container: other commands, variables, mounts, processes. */
import type { HostRequest } from "sealstone/node";
import { allowedProcess } from "../allowed-process.ts";
import { container, type SimulatedHost } from "../simulated-host.ts";
import type { Attack, AttackFamily } from "./attack.ts";

/** Mounts the container's root, and makes the container in a way. */
async function create(host: SimulatedHost, make: () => Promise<void>): Promise<void> {
  await host.setPolicy();
  await host.mountDisks();
  await host.combineLayers();
  await make();
}

/** Starts the container, then asks for something. */
async function whileRunning(host: SimulatedHost, ask: () => Promise<void>): Promise<void> {
  await host.run();
  await host.startContainer();
  await ask();
}

const listProcesses: HostRequest = { Type: "GetProperties", ContainerId: container };

const attacks: readonly Attack[] = [
  {
    name: "changed command",
    point: 5,
    does: "starts another program than the image's",
    attack: (host) =>
      create(host, () => host.createContainer({ args: ["/bin/sh", "-c", "cat /etc/shadow"] })),
    twin: (host) => create(host, () => host.createContainer()),
    refusal: "PolicyError",
  },
  {
    name: "changed environment",
    point: 4,
    does: "adds a variable that has node load the host's code",
    attack: (host) =>
      create(host, () =>
        host.createContainer({ env: [...(host.process.env ?? []), "NODE_OPTIONS=--require=/tmp/host.js"] }),
      ),
    twin: (host) => create(host, () => host.createContainer()),
    refusal: "PolicyError",
  },
  {
    name: "rogue mount",
    point: 6,
    does: "mounts a folder of its own over the container's /etc",
    attack: (host) =>
      create(host, () =>
        host.createContainer({
          mounts: [{ destination: "/etc", type: "bind", source: "/run/mounts/scsi/m9", options: ["rbind"] }],
        }),
      ),
    twin: (host) => create(host, () => host.createContainer()),
    refusal: "PolicyError",
  },
  {
    name: "process of the host's own",
    point: 8,
    does: "starts a shell in the running container",
    attack: (host) => whileRunning(host, () => host.execute("/bin/sh")),
    twin: (host) => whileRunning(host, () => host.execute(...allowedProcess)),
    refusal: "PolicyError",
  },
  {
    name: "stacks asked for",
    point: 9,
    does: "asks for the stacks of the guest's processes, and what is in them",
    attack: (host) => whileRunning(host, () => host.send({ Type: "DumpStacks" })),
    twin: (host) => whileRunning(host, () => host.send(listProcesses)),
    refusal: "PolicyError",
  },
];

/** See the head of this file. */
export const containerAttacks: AttackFamily = { title: "The container and its processes", attacks };
