// Read Mermaid diagrams, parted by NUL; tell the labels of each, or the error.
import {readFileSync} from 'node:fs';
import {JSDOM} from 'jsdom';

globalThis.window = new JSDOM('<body></body>').window;
globalThis.document = window.document;
const {default: mermaid} = await import('mermaid');
for (const text of readFileSync(0, 'utf8').split('\0')) {
  try {
    await mermaid.parse(text);
    const {nodes, edges} = (await mermaid.mermaidAPI.getDiagramFromText(text)).db.getData();
    console.log(JSON.stringify([...nodes, ...edges].map(part => part.label ?? '')));
  } catch (error) {
    console.log(JSON.stringify(`${error.message}`));
  }
}
