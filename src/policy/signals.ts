/** Signals of Linux by their names (signal(7), x86 and ARM). */

const names: readonly (readonly string[])[] = [
  ["HUP"],
  ["INT"],
  ["QUIT"],
  ["ILL"],
  ["TRAP"],
  ["ABRT", "IOT"],
  ["BUS"],
  ["FPE"],
  ["KILL"],
  ["USR1"],
  ["SEGV"],
  ["USR2"],
  ["PIPE"],
  ["ALRM"],
  ["TERM"],
  ["STKFLT"],
  ["CHLD"],
  ["CONT"],
  ["STOP"],
  ["TSTP"],
  ["TTIN"],
  ["TTOU"],
  ["URG"],
  ["XCPU"],
  ["XFSZ"],
  ["VTALRM"],
  ["PROF"],
  ["WINCH"],
  ["IO", "POLL"],
  ["PWR"],
  ["SYS", "UNUSED"],
];

/** The first and the last of the signals that have no names of their own, as the C library counts them. */
const firstRealTime = 34;
const lastRealTime = 64;

/** The number of `SIGTERM`, `term`, `SIGRTMIN+3` or `15`; undefined for what is no signal. */
export function signalNumber(text: string): number | undefined {
  const name = text.toUpperCase().replace(/^SIG/, "");
  const known = names.findIndex((own) => own.includes(name));
  if (known !== -1) return known + 1;
  const [, base, sign = "+", offset = "0"] = /^(RTMIN|RTMAX|)(?:([+-])?([0-9]{1,2}))?$/.exec(name) ?? [];
  if (base === undefined) return undefined;
  const start = base === "RTMIN" ? firstRealTime : base === "RTMAX" ? lastRealTime : 0;
  const number = start + Number(`${sign}${offset}`);
  return number >= 1 && number <= lastRealTime ? number : undefined;
}

/** A signal's name, or its number where it has none. */
export function signalName(signal: number): string {
  const [name] = names[signal - 1] ?? [];
  return name === undefined ? `signal ${signal}` : `SIG${name}`;
}
