// Walk every reachable state of a configuration with every input, and tell where each leads.
import {readFileSync} from 'node:fs';
import {initialTransition, setup, transition} from 'xstate';

const {config, inputs} = JSON.parse(readFileSync(0, 'utf8'));
const is = ({context}, wanted) => Object.entries(wanted).every(([n, truth]) => context[n] === truth);
const machine = setup({guards: {is}}).createMachine(config);
const name = snapshot => Object.values(snapshot.getMeta()).find(m => m.name !== undefined).name;
const [first] = initialTransition(machine);
const seen = new Map([[name(first), first]]);
const cells = [];
for (const [state, snapshot] of seen)
  for (const {symbol, event, truth} of inputs) {
    const asked = machine.resolveState({...snapshot, context: truth});
    if (snapshot.status !== 'active' || !asked.can({type: event})) continue;
    const [next] = transition(machine, asked, {type: event});
    cells.push([state, symbol, name(next)]);
    if (!seen.has(name(next))) seen.set(name(next), next);
  }
const tags = [...seen].map(([state, snapshot]) => [state, [...snapshot.tags]]);
console.log(JSON.stringify({start: name(first), cells, tags}));
