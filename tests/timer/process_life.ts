/** A program that only timers keep alive, until the last referenced one has fired. */

import { timers, TimingWheel } from "../../mod.ts";

timers.after(86_400_000, () => console.log("never"), { ref: false });
timers.every(86_400_000, () => console.log("never")).unref();
timers.after(86_400_000, () => console.log("never")).cancel();
new TimingWheel().after(86_400_000, () => console.log("never"), { ref: false });

timers.after(10, () => {
  console.log("held 1");
  timers.after(30, () => console.log("held 3"));
});
const unheld = timers.after(20, () => console.log("held 2"), { ref: false });
unheld.ref();
