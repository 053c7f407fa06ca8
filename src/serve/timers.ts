import type { Timers } from '../base/timers.ts';

/** The system's clock. Its timers do not keep the process alive. */
export const SYSTEM_TIMERS: Timers = {
  nowMs: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms).unref();
    return () => clearTimeout(timer);
  },
  every(ms, call) {
    const timer = setInterval(call, ms).unref();
    return () => clearInterval(timer);
  },
  soon(call) {
    setImmediate(call);
  },
};
