/** Messages that are nearly those of a host that means well: each a single thing other, and none of them legal. */

/** Any JSON. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A change, and what it is. */
export interface ChangedMessage {
  readonly what: string;
  /** JSON as text: not all of it is what an object would give. */
  readonly text: string;
}

/** Members whose text is a path that the guest itself knows. */
const pathNames = [
  "MountPath",
  "ContainerRootPath",
  "Path",
  "ScratchPath",
  "OciBundlePath",
  "path",
  "ScratchDirPath",
];
const idNames = ["ContainerId", "ContainerID", "io.kubernetes.cri.sandbox-id"];
/** Members that are texts of JSON, in which there is as much to change. */
const textNames = ["ContainerConfig", "ProcessParameters"];
/** Members that mean nothing, so that no value of them is wrong; or whose absence of a type is their own. */
const freeNames = ["ociVersion"];

/** All single changes of a message. */
export function changedMessages(message: object): readonly ChangedMessage[] {
  const json = JSON.parse(JSON.stringify(message), (name, value: Json) =>
    textNames.includes(name) ? JSON.parse(value as string) : value,
  ) as Json;
  return [
    ...objectPlaces(json).flatMap((place) => unknownMembers(json, place)),
    ...leafPlaces(json).flatMap((place) => otherLeaves(json, place)),
    { what: "the text of a text", text: JSON.stringify(JSON.stringify(json)) },
    { what: "a list", text: `[${JSON.stringify(json)}]` },
    { what: "cut off", text: JSON.stringify(json).slice(0, -1) },
    { what: "more behind", text: `${JSON.stringify(json)}{}` },
  ];
}

type Place = readonly (string | number)[];

function objectPlaces(json: Json, place: Place = []): readonly Place[] {
  if (typeof json !== "object" || json === null) return [];
  const below = Object.entries(json).flatMap(([name, member]) =>
    objectPlaces(member, [...place, Array.isArray(json) ? Number(name) : name]),
  );
  return Array.isArray(json) ? below : [place, ...below];
}

function leafPlaces(json: Json, place: Place = []): readonly Place[] {
  if (typeof json !== "object" || json === null) return [place];
  return Object.entries(json).flatMap(([name, member]) =>
    leafPlaces(member, [...place, Array.isArray(json) ? Number(name) : name]),
  );
}

function unknownMembers(json: Json, place: Place): readonly ChangedMessage[] {
  // A container's annotations and a process's variables may be of any name.
  if (place.at(-1) === "annotations" || place.at(-1) === "Environment") return [];
  const object = at(json, place) as { readonly [name: string]: Json };
  const marker = "@marker@";
  const [first = "Type"] = Object.keys(object);
  const names = ["Extra", "__proto__", "constructor", "toString", first.toLowerCase(), `${first}\u200b`, ""];
  const more = JSON.stringify(changed(json, place, { ...object, [marker]: object[first] ?? 1 }));
  const named = (name: string): string => more.replace(JSON.stringify(marker), () => JSON.stringify(name));
  return [
    ...names
      .filter((name) => !Object.hasOwn(object, name))
      .map((name) => ({ what: `a member ${JSON.stringify(name)} at ${show(place)}`, text: named(name) })),
    ...(Object.hasOwn(object, first)
      ? [{ what: `${first} at ${show(place)} twice`, text: named(first) }]
      : []),
  ];
}

function otherLeaves(json: Json, place: Place): readonly ChangedMessage[] {
  const leaf = at(json, place);
  const name = String(place.findLast((part) => typeof part === "string"));
  if (freeNames.includes(name)) return [];
  const others: readonly (readonly [what: string, value: Json])[] = [
    ...otherTypes(leaf).map((value) => [JSON.stringify(value), value] as const),
    ...(typeof leaf === "string" && pathNames.includes(name) ? otherPaths(leaf) : []),
    ...(typeof leaf === "string" && idNames.includes(name) ? otherIds(leaf) : []),
  ];
  // Of an empty path some are the path itself.
  const changes = others.filter(([, value]) => value !== leaf);
  return changes.map(([what, value]) => ({
    what: `${show(place)}: ${what}`,
    text: JSON.stringify(changed(json, place, value)),
  }));
}

function otherTypes(leaf: Json): readonly Json[] {
  if (typeof leaf === "string") return [7, true, [leaf], { [leaf]: leaf }];
  if (typeof leaf === "number") return [String(leaf), -1, leaf + 0.5, 1e30, 2 ** 32, true, [leaf]];
  return typeof leaf === "boolean" ? [String(leaf), leaf ? 1 : 0, [leaf]] : [];
}

/** None of them is the path, whatever it looks like. */
function otherPaths(path: string): readonly (readonly [string, string])[] {
  const middle = path.indexOf("/", 1);
  const put = (text: string): string => path.slice(0, middle) + text + path.slice(middle);
  return [
    ["a slash at the end", `${path}/`],
    ["a dot at the end", `${path}/.`],
    ["two slashes", put("/")],
    ["two slashes first", `/${path}`],
    ["a dot between", put("/.")],
    ["up and down", put("/x/..")],
    ["up at the end", `${path}/x/..`],
    ["not from the root", path.slice(1)],
    ["above the root", `/..${path}`],
    ["a colon", `${path}:x`],
    ["a comma", `${path},upperdir=`],
    ["a newline", `${path}\n`],
    ["a carriage return", `${path}\r`],
    ["a NUL", `${path}\0`],
    ["a NUL and more", `${path}\0x`],
    ["a space", `${path} `],
    ["a space first", ` ${path}`],
    ["a backslash", path.replace("/", "\\")],
    ["a percent sign", path.replace("/r", "%2fr")],
    ["a wide slash", put("\uff0f").replace("\uff0f/", "\uff0f")],
    ["a wide digit", `${path}\uff10`],
    ["an Arabic digit", `${path}\u0663`],
    ["a Cyrillic letter", path.replace("c", "\u0441").replace("run", "\u0433un")],
    ["a combining mark", `${path}\u0301`],
    ["a letter of no width", put("\u200b")],
    ["a mark of direction", `${path}\u202e`],
    ["half a pair", `${path}\ud800`],
    ["an upper-case letter", path.replace("run", "Run")],
    ["a bit more", `${path}x`],
    ["a folder below", `${path}/x`],
    ["a folder above", path.slice(0, path.lastIndexOf("/"))],
    ["a long one", `${path}${"/x".repeat(3000)}`],
    ["the root", "/"],
    ["a dot", "."],
  ];
}

function otherIds(id: string): readonly (readonly [string, string])[] {
  return [
    ["one digit less", id.slice(1)],
    ["one digit more", `${id}0`],
    ["a newline", `${id}\n`],
    ["a path", `../${id}`],
    ["a NUL", `${id}\0`],
    ["a wide digit", `${id.slice(1)}\uff10`],
    ["no digit", `${id.slice(1)}g`],
    ["a space", `${id} `],
  ];
}

function at(json: Json, place: Place): Json {
  return place.reduce<Json>((part, name) => (part as { readonly [name: string]: Json })[name] as Json, json);
}

function changed(json: Json, [name, ...rest]: Place, value: Json): Json {
  if (name === undefined) return value;
  const member = changed((json as { readonly [name: string]: Json })[name] as Json, rest, value);
  if (Array.isArray(json)) return json.map((item: Json, i) => (i === name ? member : item));
  return { ...(json as { readonly [name: string]: Json }), [name]: member };
}

function show(place: Place): string {
  return place.length === 0 ? "the top" : place.join(".");
}
