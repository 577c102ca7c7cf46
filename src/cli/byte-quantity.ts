/** Sizes and durations as a person reads them. */

const units: readonly string[] = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** For example `4096 bytes`, `1.5 GiB`: three digits that matter, binary units. */
export function byteQuantity(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  if (unit === 0 || Number.isInteger(value)) return `${value} ${units[unit]}`;
  return `${value.toPrecision(value >= 1000 ? 4 : 3)} ${units[unit]}`;
}

/** For example `0:07`, `12:30`, `1:02:03`. */
export function clockDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const tail = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** `1 block`, `2 blocks`: the count with its noun, digits grouped in threes from 10 000 on. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Digits grouped in threes by a space where there are five or more. */
export function grouped(count: number): string {
  const digits = String(count);
  return digits.length < 5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, " ");
}
