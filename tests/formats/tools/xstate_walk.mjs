// Run an XState machine along walks: for each event, whether it was taken, and what is active then.
import {readFileSync} from 'node:fs';
const {package: name, charts} = JSON.parse(readFileSync(0, 'utf8'));
const {createMachine, getNextSnapshot, getInitialSnapshot, raise} = await import(name);
const old = getNextSnapshot === undefined;
// In version 5 an action that raises is made by a function, which JSON cannot hold.
const revived = (_, value) => !old && value?.type === 'xstate.raise' ? raise({type: value.event}) : value;
const leaves = nodes => [...nodes].filter(n => !Object.keys(n.states ?? {}).length).map(n => n.id).sort();
for (const {config: given, guards: names, starts, walks} of charts) {
  const config = JSON.parse(JSON.stringify(given), revived);
  let truth = {};
  const guards = Object.fromEntries(names.map(g => [g, () => truth[g]]));
  const machine = old ? createMachine(config, {guards}) : createMachine(config).provide({guards});
  const result = [];
  for (const [i, walk] of walks.entries()) {
    truth = starts[i];
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
