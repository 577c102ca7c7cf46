/** Who a process is to be: numbers as the host says, names as the container's own files have them. */
import { FileError, FormatError } from "../errors.ts";
import type { MountedOverlay } from "../overlay/mounted-overlay.ts";
import type { PolicyIdentity } from "../policy/index.ts";
import { refused } from "./guest-path.ts";
import type { ProcessCommand } from "./host-command.ts";

/** A user and groups, each with number and name; the name is empty where nothing is known of it. */
export interface ProcessIdentity {
  readonly user: PolicyIdentity;
  readonly groups: readonly PolicyIdentity[];
}

/** A line of `/etc/passwd` or `/etc/group`. */
interface Account {
  readonly name: string;
  readonly id: number;
  /** Of a user: its group. */
  readonly groupId: number | undefined;
}

const mostBytes = 1024 * 1024;
const mostU32 = 0xffff_ffff;

/**
 * Looks a user up (hcsshim, `GetAllUserInfo`). A name that is given counts for more than the numbers.
 *
 * @param root the container's files, or undefined where there are none.
 * @throws {PolicyError} for a name that the files do not have.
 * @throws {FormatError} for files that are too large.
 */
export async function lookUpUser(
  root: MountedOverlay | undefined,
  { uid, gid, additionalGids, username }: ProcessCommand["user"],
  signal: AbortSignal,
): Promise<ProcessIdentity> {
  const users = await readAccounts(root, "/etc/passwd", signal);
  const groups = await readAccounts(root, "/etc/group", signal);
  const named = username === "" ? undefined : findNamed(username, users, groups);
  const ids = named ?? { userId: uid, groupId: gid };
  return {
    user: identity(ids.userId, users),
    groups: [ids.groupId, ...additionalGids].map((id) => identity(id, groups)),
  };
}

function identity(id: number, accounts: readonly Account[]): PolicyIdentity {
  return { id: String(id), name: accounts.find((account) => account.id === id)?.name ?? "" };
}

/** `user` or `user:group`, each a name or a number. */
function findNamed(
  username: string,
  users: readonly Account[],
  groups: readonly Account[],
): { readonly userId: number; readonly groupId: number } {
  const [userText = "", groupText, ...more] = username.split(":");
  const user = users.find(({ name }) => name === userText);
  const userId = user?.id ?? numberIn(userText);
  const primary = user ?? users.find(({ id }) => id === userId);
  const group = groups.find(({ name }) => name === groupText);
  const groupId = groupText === undefined ? (primary?.groupId ?? 0) : (group?.id ?? numberIn(groupText));
  if (userId === undefined || groupId === undefined || more.length > 0) {
    throw refused("username is none that the container's files know", "username");
  }
  return { userId, groupId };
}

function numberIn(text: string): number | undefined {
  const number = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return number <= mostU32 ? number : undefined;
}

async function readAccounts(
  root: MountedOverlay | undefined,
  path: string,
  signal: AbortSignal,
): Promise<readonly Account[]> {
  if (root === undefined) return [];
  let bytes: Uint8Array;
  try {
    const { size } = await root.stat(path, { signal });
    if (size > mostBytes)
      throw new FormatError("does-not-fit", `${path} has ${size} bytes, more than ${mostBytes}`);
    bytes = await root.readFile(path, { signal });
  } catch (error) {
    // Whatever stands in its place is the image's to answer for: it names nobody.
    if (error instanceof FileError) return [];
    throw error;
  }
  return new TextDecoder().decode(bytes).split("\n").flatMap(readLine);
}

/** `name:password:number[:group …]`; what is no such line names nobody. */
function readLine(line: string): Account[] {
  const [name = "", , idText = "", groupText = ""] = line.split(":");
  const id = numberIn(idText);
  return name === "" || id === undefined ? [] : [{ name, id, groupId: numberIn(groupText) }];
}
