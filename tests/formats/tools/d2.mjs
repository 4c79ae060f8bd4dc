// Lay D2 diagrams out, parted by NUL; tell the labels of each, or the error.
import {readFileSync} from 'node:fs';
import {D2} from '@terrastruct/d2';

const d2 = new D2();
for (const text of readFileSync(0, 'utf8').split('\0')) {
  try {
    const {diagram} = await d2.compile(text);
    console.log(JSON.stringify([...diagram.shapes, ...diagram.connections].map(p => p.label)));
  } catch (error) {
    console.log(JSON.stringify(`${error.message}`));
  }
}
process.exit(0);
