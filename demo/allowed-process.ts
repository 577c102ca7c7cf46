/** The one process besides the first that the demonstration's policy lets a host start. */
export const allowedProcess: readonly string[] = ["node", "/usr/bin/attw", "--version"];
