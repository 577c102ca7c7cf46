/** Mistakes that the guest agent could have, and what finds each of them. */
import type { GuestAgent, MountTable } from "../../../src/agent/index.ts";
import { SeededRandom } from "../../../src/testing/index.ts";
import { type Change, changedCopy } from "../../mutants/changed-copy.ts";
import { expectInterleavedAgreement, failureOf, randomSteps } from "./agreement.ts";
import { expectSingleFetches } from "./changing-disks.ts";
import { failEveryOperation } from "./device-faults.ts";
import { expectChangesRefused, expectFloodRefused } from "./hostile-messages.ts";
import { expectSameTables } from "./mount-tables.ts";
import type { World } from "./world.ts";

/** What a copy of src/agent/ exports, as far as finders use it. */
export interface Subject {
  readonly GuestAgent: typeof GuestAgent;
  readonly MountTable: typeof MountTable;
}

/** What may find a mistake. */
export type FinderName = "lists" | "atOnce" | "faults" | "messages" | "flood" | "fetches" | "table";

/** Each throws where an agent is not as it should be. */
export const finders: {
  readonly [name in FinderName]: (subject: Subject, world: World) => Promise<void>;
} = {
  async lists({ GuestAgent: Agent }, world) {
    for (let seed = 1; seed <= 30; seed += 1) {
      const failure = await failureOf(world, randomSteps(world, seed, 150), { Agent });
      if (failure !== undefined) throw failure;
    }
  },
  async atOnce({ GuestAgent: Agent }, world) {
    for (let seed = 1; seed <= 4; seed += 1) {
      await expectInterleavedAgreement(world, [seed, 60], undefined, { Agent });
    }
  },
  async faults({ GuestAgent: Agent }, world) {
    await failEveryOperation(world, { fault: "before", lasts: false }, { Agent });
  },
  async messages({ GuestAgent: Agent }, world) {
    await expectChangesRefused(world, { Agent });
  },
  async flood({ GuestAgent: Agent }, world) {
    await expectFloodRefused(world, { Agent });
  },
  async fetches({ GuestAgent: Agent }, world) {
    await expectSingleFetches(world, { Agent });
  },
  async table({ MountTable: Table }) {
    for (const seed of [1, 2, 3]) expectSameTables(new Table(), new SeededRandom(seed), 300);
  },
};

/** A mistake: what it is, what finds it, and how it is made. */
export type Mistake = readonly [name: string, found: FinderName, ...changes: readonly Change[]];

/** Each of them is found. */
export const mutants: readonly Mistake[] = [
  ["rollback omitted", "lists", ["guest-agent.ts", "        guest.restore(before);\n", ""]],
  ["use count not raised", "lists", ["mount-table.ts", "    this.#count(references, 1);\n", ""]],
  ["use count not lowered", "lists", ["mount-table.ts", "this.#count(removed.references, -1);", "return;"]],
  [
    "a use counted once where it is two",
    "table",
    ["mount-table.ts", "this.#count(references, 1);", "this.#count([...new Set(references)], 1);"],
  ],
  ["use not looked at", "lists", ["mount-table.ts", "if (mount.usage > 0)", "if (mount.usage > 9)"]],
  [
    "another's disk unmounted",
    "lists",
    ["mount-table.ts", "if (source !== mount.source)", "if (source === undefined)"],
  ],
  [
    "encryption not looked at",
    "lists",
    ["mount-table.ts", "if (encrypted !== mount.encrypted)", "if (encrypted === undefined)"],
  ],
  [
    "prefix instead of component",
    "table",
    ["guest-path.ts", "path === folder || path.startsWith(", "path.startsWith(folder) || path.startsWith("],
  ],
  [
    "metadata fetched twice",
    "fetches",
    [
      "disk-actions.ts",
      "await offer.open({ signal })",
      "await (await offeredLayer(device, { signal })).open({ signal })",
    ],
  ],
  ["options taken as they come", "lists", ["disk-actions.ts", "  checkOptions(command);\n", ""]],
  ["one disk mounted twice", "lists", ["disk-actions.ts", "  checkUnused(turn, source);\n", ""]],
  [
    "the policy set twice",
    "lists",
    ["policy-actions.ts", "guest.policy !== undefined", "guest.policy === null"],
  ],
  ["any enforcer taken", "lists", ["policy-actions.ts", 'enforcer !== "rego"', 'enforcer === ""']],
  [
    "the policy not held against the evidence",
    "lists",
    [
      "policy-actions.ts",
      "import { GuestRequests, openMeasuredPolicy }",
      "import { GuestRequests, openEncodedPolicy as openMeasuredPolicy }",
    ],
  ],
  [
    "requests that overlap",
    "atOnce",
    ["request-queue.ts", "this.#last.then(() => this.#turn(work, signal))", "this.#turn(work, signal)"],
  ],
  ["a queue without end", "flood", ["request-queue.ts", "this.#count > maxWaiting", "this.#count < 0"]],
  ["poison forgotten", "faults", ["guest.ts", "      this.poison(error);\n", ""]],
  [
    "poison ignored",
    "faults",
    ["guest.ts", "if (inconsistent === undefined) return requests;", "if (requests) return requests;"],
  ],
  [
    "fields that nobody knows",
    "messages",
    ["request-reader.ts", "  message.allowOnly(...base, ...(messageFields.get(type) ?? []));\n", ""],
  ],
  [
    "a field that is there twice",
    "messages",
    ["request-text.ts", "if (names.has(name)) throw", "if (names.has(text)) throw"],
  ],
  [
    "a container without a root",
    "lists",
    ["container-actions.ts", "if (root === undefined) throw", "if (turn === undefined) throw"],
  ],
  [
    "the root of a running container unmounted",
    "lists",
    ["overlay-actions.ts", 'container?.status === "running"', "container === null"],
  ],
  [
    "a container forgotten whose root is mounted",
    "lists",
    [
      "container-actions.ts",
      "guest.mounts.hasOverlayAt(rootPathOf(containerId))",
      "containerId === undefined",
    ],
  ],
  [
    "a folder that is shared and not told of",
    "lists",
    ["directory-actions.ts", '  tell({ kind: "shared", path, shareName });\n', ""],
  ],
  [
    "a container without the policy to show",
    "lists",
    ["container-actions.ts", "root.isReadOnly ? made", "root.isReadOnly || rest ? made"],
  ],
  [
    "a part of persistent memory mounted as the whole",
    "lists",
    ["modification-reader.ts", 'settings.has("MappingInfo")', 'settings.has("VerityInfo")'],
  ],
  [
    "programs that outlive the first",
    "lists",
    ["process-actions.ts", "if (isInit) endAll(container);", "if (isInit) container.end();"],
  ],
  [
    "a layer path that is not the container's",
    "lists",
    ["overlay-actions.ts", "path === rootPathOf(containerId)", "path !== undefined"],
  ],
];

/** Copies what changes reach, and imports the copy. */
export async function mutant(name: string, changes: readonly Change[]): Promise<Subject> {
  const place = changedCopy(["agent", "index.ts"], name, changes);
  return (await import(/* @vite-ignore */ place("index.ts"))) as Subject;
}
