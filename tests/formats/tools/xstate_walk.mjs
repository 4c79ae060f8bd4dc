// Run an XState machine along walks: for each event, whether it was taken, and what is active then.
import {readFileSync} from 'node:fs';
const {package: name, charts} = JSON.parse(readFileSync(0, 'utf8'));
const {createMachine, getNextSnapshot, getInitialSnapshot} = await import(name);
const old = getNextSnapshot === undefined;
const leaves = nodes => [...nodes].filter(n => !Object.keys(n.states ?? {}).length).map(n => n.id).sort();
for (const {config, guards, walks} of charts) {
  let truth = {};
  const given = Object.fromEntries(guards.map(g => [g, () => truth[g]]));
  const machine = old ? createMachine(config, {guards: given}) : createMachine(config).provide({guards: given});
  const result = [];
  for (const walk of walks) {
    truth = {};
    let at = old ? machine.initialState : getInitialSnapshot(machine);
    const row = [[leaves(old ? at.configuration : at._nodes), false]];
    for (const [event, held] of walk) {
      truth = held;
      const done = old ? at.done : at.status !== 'active';
      let taken = false;
      if (!done && old) {
        taken = (machine.getTransitionData(at, {type: event})?.transitions ?? []).length > 0;
        at = machine.transition(at, {type: event});
      } else if (!done) {
        taken = (machine.getTransitionData(at, {type: event}) ?? []).length > 0;
        at = getNextSnapshot(machine, at, {type: event});
      }
      row.push([leaves(old ? at.configuration : at._nodes), taken]);
    }
    result.push(row);
  }
  console.log(JSON.stringify(result));
}
