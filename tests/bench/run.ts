/**
 * `npm run bench`: all figures, or with names (`npm run bench -- link message`) only those. One JSON line each; `ratio`
 * is ours divided by a peer that was measured in the same run, so that it holds on any machine.
 */
import { benchBacklog } from './backlog.ts';
import { benchBulk } from './bulk.ts';
import { benchCall } from './call.ts';
import { benchFile } from './file.ts';
import { benchGroup } from './group.ts';
import { benchLink } from './link.ts';
import { benchLoad } from './load.ts';
import { benchMessage } from './message.ts';
import { benchRatchet } from './ratchet.ts';
import { benchShelf } from './shelf.ts';
import { benchUnlock } from './unlock.ts';

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  load: benchLoad,
  link: benchLink,
  message: benchMessage,
  backlog: benchBacklog,
  ratchet: benchRatchet,
  unlock: benchUnlock,
  group: benchGroup,
  shelf: benchShelf,
  bulk: benchBulk,
  call: benchCall,
  file: benchFile,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`There is no benchmark "${unknown.join('", "')}"; there are: ${Object.keys(BENCHES).join(', ')}.`);
  process.exitCode = 1;
} else {
  for (const [name, measure] of Object.entries(BENCHES)) if (wanted.length === 0 || wanted.includes(name)) await measure();
}
