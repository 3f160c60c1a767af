// Numbers with units, as people write them. Units are CloudWatch's words, and `Fraction` for what lies in 0..1.

export const MILLISECONDS = { Microseconds: 0.001, Milliseconds: 1, Seconds: 1000 };
const BYTES = { Bytes: 1, Kilobytes: 1024, Megabytes: 1024 ** 2, Gigabytes: 1024 ** 3, Terabytes: 1024 ** 4 };
const BYTE_NAMES = ["B", "KB", "MB", "GB", "TB"];
export const GAP = "\u202f";
export const NONE = "–";

// [figure, unit] of one value.
export function parts(value, unit) {
  if (value === null || value === undefined || !Number.isFinite(value)) return [NONE, ""];
  if (unit in MILLISECONDS) return duration(value * MILLISECONDS[unit]);
  if (unit in BYTES) return bytes(value * BYTES[unit]);
  if (unit === "Percent") return [plain(value), "%"];
  if (unit === "Count") return [count(value), ""];
  if (unit === "Fraction") return [value.toFixed(3), ""];
  return [plain(value), unit === "None" || !unit ? "" : unit];
}

export function format(value, unit) {
  const [figure, name] = parts(value, unit);
  return name ? figure + GAP + name : figure;
}

function duration(ms) {
  const size = Math.abs(ms);
  if (size < 9.95) return [String(Number(ms.toPrecision(2))), "ms"];
  if (size < 999.5) return [ms.toFixed(0), "ms"];
  if (size < 60_000) return [String(Number((ms / 1000).toPrecision(3))), "s"];
  const [step, name] = size < 7_200_000 ? [60_000, "min"] : size < 172_800_000 ? [3_600_000, "h"] : [86_400_000, "d"];
  return [String(Number((ms / step).toPrecision(3))), name];
}

function bytes(value) {
  let size = value;
  let step = 0;
  while (Math.abs(size) >= 1024 && step < BYTE_NAMES.length - 1) {
    size /= 1024;
    step += 1;
  }
  return [String(Number(size.toPrecision(3))), BYTE_NAMES[step]];
}

function count(value) {
  const size = Math.abs(value);
  if (size >= 1e9) return `${(value / 1e9).toPrecision(3)}G`;
  if (size >= 1e6) return `${(value / 1e6).toPrecision(3)}M`;
  if (size >= 1e5) return `${(value / 1e3).toFixed(0)}k`;
  return Number.isInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(3)));
}

function plain(value) {
  const size = Math.abs(value);
  if (size !== 0 && size < 0.001) return value.toExponential(1);
  if (size <= 1) return String(Number(value.toFixed(3)));
  if (size < 1e5) return Number(value.toPrecision(4)).toLocaleString("en");
  return count(value);
}
