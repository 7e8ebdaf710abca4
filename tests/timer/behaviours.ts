/** Runs the behaviour tests of timers on the current runtime, and prints the results as JSON. */

import { runBehaviours } from "../helpers/behaviour.ts";
import "./cron_test.ts";
import "./idle_connections_test.ts";
import "./native_timer_test.ts";
import "./repeating_test.ts";
import "./service_test.ts";
import "./system_clock_test.ts";
import "./timers_test.ts";
import "./waiting_test.ts";
import "./wheel_test.ts";

console.log(JSON.stringify(await runBehaviours()));
