// Reads {configs: [{config, messages: [{events: [[time, event]], end}]}]}: what each message's
// configuration is at its end, in milliseconds since its first event, by XState's own clock.
import { readFileSync } from "node:fs";
import { createActor, createMachine, SimulatedClock } from "xstate";

const leaves = (value) =>
  typeof value === "string"
    ? [value]
    : Object.entries(value).flatMap(([key, inner]) =>
        typeof inner === "object" && !Object.keys(inner).length ? [key] : leaves(inner),
      );

const end = (config, message) => {
  const clock = new SimulatedClock();
  const actor = createActor(createMachine(config), { clock }).start();
  let now = message.events[0][0];
  const until = (time) => {
    clock.increment(0);
    for (; now < time; now++) {
      clock.increment(1);
      clock.increment(0); // what timers of no delay have started
    }
  };
  message.events.forEach(([time, type], number) => {
    if (number) until(time); // nothing happens before the first event
    actor.send({ type });
  });
  until(message.end);
  return leaves(actor.getSnapshot().value).sort();
};

for (const { config, messages } of JSON.parse(readFileSync(0, "utf8")).configs)
  console.log(JSON.stringify(messages.map((message) => end(config, message))));
