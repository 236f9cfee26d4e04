import { readFileSync } from 'node:fs';

/**
 * Preloaded into a service (`--import`), so that its wall clock can be moved while it runs: on SIGUSR2 the file in
 * CHAOS_CLOCK_FILE is read, which says by how many milliseconds. Steady clocks and timers stay as they are, as they
 * would when an operator or NTP sets the time.
 */
const file = process.env['CHAOS_CLOCK_FILE'];
if (file === undefined) throw new Error('CHAOS_CLOCK_FILE must name the file that says how far the clock is moved');

const RealDate = Date;
let offsetMs = 0;

class MovedDate extends RealDate {
  constructor(...args: [] | [number | string | Date]) {
    if (args.length === 0) super(RealDate.now() + offsetMs);
    else super(...(args as [number]));
  }

  static override now(): number {
    return RealDate.now() + offsetMs;
  }
}

globalThis.Date = MovedDate as DateConstructor;
process.on('SIGUSR2', () => {
  offsetMs = Number(readFileSync(file, 'utf8'));
});
